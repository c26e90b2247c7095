"""A caller that holds a long item keeps nobody waiting, however small the pipe is."""

from __future__ import annotations

from contextlib import nullcontext
from itertools import count
from typing import TYPE_CHECKING

import pytest

from amorsize.engines.tokens import TokenPipe
from tests.stress import kit
from tests.stress.long_item import hold, pipes_of_one_page
from tests.stress.marks import on_linux

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

pytestmark = [on_linux, pytest.mark.slow]

ITEMS = 500
PIPES: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "usual pipe": nullcontext,
    "one page": pipes_of_one_page,
}


@pytest.fixture(params=list(PIPES))
def pipe(request: pytest.FixtureRequest) -> AbstractContextManager[None]:
    return PIPES[request.param]()


def test_the_worker_runs_all_but_the_callers_chunk(pipe: AbstractContextManager[None]) -> None:
    # the caller holds its item for as long as all others take, four times over
    with pipe:
        held = hold(ITEMS, item_s=0.2e-3, hold_s=0.5)

    assert held.others < ITEMS // 10
    assert len(held.meanwhile) > ITEMS // 2


def test_chunks_that_find_no_room_in_the_pipe_are_run_by_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # a page whose end was reached takes nothing more while a single token in it is unclaimed
    usual, tries = TokenPipe.issue, count(1)

    def full_now_and_then(pipe: TokenPipe, tokens: Iterable[tuple[int, int]]) -> None:
        if next(tries) % 3 == 0:
            raise BlockingIOError
        usual(pipe, tokens)

    monkeypatch.setattr(TokenPipe, "issue", full_now_and_then)
    recorder = kit.team(lambda index: -index, iter(range(ITEMS)), chunksize=1)

    assert kit.in_order(recorder) == [-index for index in range(ITEMS)]
    assert next(tries) > ITEMS


@pytest.mark.parametrize("chunksize", [None, 1, 7])
@pytest.mark.parametrize("kind", ["list", "generator"])
def test_a_pipe_of_one_page_changes_nothing(kind: str, chunksize: int | None) -> None:
    items = 3000
    with pipes_of_one_page():
        data = range(items) if kind == "list" else iter(range(items))
        recorder = kit.team(lambda index: -index, data, item_s=1e-5, chunksize=chunksize, workers=3)

    assert kit.in_order(recorder) == [-index for index in range(items)]
    assert (recorder.failures, recorder.lost) == ([], {})
