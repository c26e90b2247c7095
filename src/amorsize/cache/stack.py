"""A stack of one's own, for what a caller that is almost as deep as Python allows cannot do."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

AnswerT = TypeVar("AnswerT")


def on_a_fresh_stack(ask: Callable[[], AnswerT]) -> AnswerT:
    """Ask in a thread, and wait for it; ``ask`` itself must not raise.

    Raises:
        RecursionError: no thread can be started, for want of stack or of threads.
    """
    answers: list[AnswerT] = []
    thread = Thread(target=lambda: answers.append(ask()), daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        raise RecursionError(*error.args) from error
    thread.join()
    return answers[0]
