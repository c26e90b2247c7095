"""What is wanted of each item, put around the user's function for one run, and undone after."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from amorsize.engines.collected import Failure, Skipped, TriedAgain, text_of
from amorsize.engines.per_item import PerItem
from amorsize.engines.rate import RateLimit
from amorsize.engines.worker_state import Setup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from amorsize.vocab.policies import Policies


@contextmanager
def applied(
    func: Callable[..., Any], policies: Policies, *, awaits: bool = False
) -> Iterator[PerItem]:
    """A function of ``(index, item)`` pairs, with what its workers share.

    ``awaits``: ``func`` is a coroutine function, and so is what is given.

    Raises:
        OSError: there is no place for the file by which workers keep to a rate.
    """
    with ExitStack() as undo:
        rate = setup = None
        if policies.rate_per_s is not None:
            rate = RateLimit(policies.rate_per_s)
            undo.callback(rate.close)
        if policies.setup is not None:
            setup = Setup(policies.setup, policies.teardown)
            undo.callback(setup.end)
        yield _kind(awaits=awaits)(
            func=func,
            on_error=policies.on_error,
            retries=policies.retries,
            rate=rate,
            seed=policies.seed,
            setup=setup,
        )


def _kind(*, awaits: bool) -> type[PerItem]:
    if not awaits:
        return PerItem
    from amorsize.engines.awaited_item import AwaitedItem

    return AwaitedItem


def users_view(results: Sequence[Any]) -> list[Any]:
    """Results as the user is given them: without marks, and without what was skipped."""
    return [
        result.result if type(result) is TriedAgain else result
        for result in results
        if type(result) is not Skipped
    ]


def notes_on(results: Sequence[Any]) -> list[str]:
    """What the policies did that the user should know."""
    notes = []
    skipped = [result for result in results if type(result) is Skipped]
    failed = [result for result in results if type(result) is Failure]
    again = [result for result in results if type(result) is TriedAgain]
    if skipped:
        first = skipped[0]
        notes.append(
            f"{len(skipped):,} of {len(results):,} items failed and were left out;"
            f" the first is item {first.index}: {first.error}"
        )
    if failed:
        notes.append(
            f"{len(failed):,} of {len(results):,} items failed, and a Failure stands in the place"
            f" of the result; the first is item {failed[0].index}: {text_of(failed[0].exception)}"
        )
    if again:
        first_again = again[0]
        notes.append(
            f"{len(again):,} items ran more than once before they succeeded;"
            f" the first is item {first_again.index}, with {first_again.attempts} attempts"
        )
    return notes
