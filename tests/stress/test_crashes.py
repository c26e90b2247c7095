"""A worker that dies with an item is an error that names both; nothing hangs."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import re
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

import pytest

from amorsize.api.run import run
from amorsize.engines.base import Job
from amorsize.engines.source import source_of
from amorsize.engines.team import TeamEngine
from amorsize.errors import WorkerCrashedError
from amorsize.vocab.options import Backend, Options
from tests.conformance.jobs import Recorder, Tally
from tests.stress import kit
from tests.stress.kit import Elsewhere
from tests.stress.marks import on_linux

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = on_linux

ITEMS = 60


def die_of_sigkill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_of_sigterm() -> None:
    signal.raise_signal(signal.SIGTERM)


def die_of_a_segmentation_fault() -> None:
    faulthandler.disable()
    ctypes.string_at(0)


def die_of_abort() -> None:
    faulthandler.disable()
    os.abort()


def leave() -> NoReturn:
    os._exit(3)


DEATHS = {
    die_of_sigkill: "was killed by SIGKILL",
    die_of_sigterm: "was killed by SIGTERM",
    die_of_a_segmentation_fault: "was killed by SIGSEGV",
    die_of_abort: "was killed by SIGABRT",
    leave: "exited with status 3",
}


@pytest.fixture
def deadly(tmp_path: Path) -> Callable[[Callable[[], None]], Callable[[int], int]]:
    """Makes a function that dies with the first item that a worker gets; it notes which."""
    elsewhere, last_words = Elsewhere(), Tally(tmp_path / "last words")

    def make(die: Callable[[], None]) -> Callable[[int], int]:
        def item(index: int) -> int:
            if elsewhere:
                last_words.note(index)
                die()
            last_words.wait_for(1)
            return index

        return item

    return make


@pytest.mark.parametrize("die", DEATHS, ids=lambda die: die.__name__)
@pytest.mark.parametrize("kind", ["list", "generator"])
def test_the_error_names_the_item_and_how_the_worker_died(
    deadly: Callable[[Callable[[], None]], Callable[[int], int]],
    tmp_path: Path,
    die: Callable[[], None],
    kind: str,
) -> None:
    data = range(ITEMS) if kind == "list" else iter(range(ITEMS))

    with pytest.raises(WorkerCrashedError) as caught:
        kit.team(deadly(die), data, item_s=0.1)

    (index,) = Tally(tmp_path / "last words").counts()
    message = str(caught.value)
    assert re.search(
        rf"^worker process \d+ {DEATHS[die]} while it ran item {index}$", message, re.MULTILINE
    )
    assert "backend='serial'" in message


def test_of_several_workers_the_others_finish_what_they_hold(tmp_path: Path) -> None:
    elsewhere = Elsewhere()
    began, ended = Tally(tmp_path / "began"), Tally(tmp_path / "ended")

    def item(index: int) -> None:
        began.note(index)
        began.wait_for(4)  # one each
        if index == 2 and elsewhere:
            os._exit(1)
        time.sleep(0.05)
        ended.note(index)

    def mine(index: int) -> None:
        if not elsewhere and index == 2:
            began.note(index)
            began.wait_for(4)  # once it has failed, nobody starts a larger item
            raise LookupError  # the caller was first to claim the deadly item
        item(index)

    try:
        recorder = kit.team(mine, range(100), workers=4, chunksize=1)
    except WorkerCrashedError:
        pass
    else:
        assert isinstance(recorder.failure.error, LookupError)
        pytest.skip("the caller was first to claim the deadly item")

    assert set(began.counts()) - set(ended.counts()) == {2}
    assert began.counts().total() <= 8  # what each held, and one more where the word came late


def test_the_users_call_ends_in_that_error_too(tmp_path: Path) -> None:
    elsewhere, last_words = Elsewhere(), Tally(tmp_path / "last words")

    def item(index: int) -> int:
        if elsewhere and index > 200:
            last_words.note(index)
            os.kill(os.getpid(), signal.SIGKILL)
        kit.compute(1e-3)
        return index

    with pytest.raises(WorkerCrashedError) as caught:
        run(item, range(2000), Options(backend=Backend.PROCESSES, n_jobs=2))

    (index,) = last_words.counts()
    assert f"was killed by SIGKILL while it ran item {index}\n" in str(caught.value)
    assert run(abs, [-1]).results == [1]


def test_the_block_is_named_where_items_run_in_blocks(tmp_path: Path) -> None:
    elsewhere, last_words = Elsewhere(), Tally(tmp_path / "last words")

    def item(index: int) -> int:
        if elsewhere and index % 1000 == 777:
            last_words.note(index)
            os.kill(os.getpid(), signal.SIGKILL)
        return index

    with pytest.raises(WorkerCrashedError) as caught:
        kit.team(item, range(1_000_000), item_s=0.2e-6)

    (index,) = last_words.counts()
    named = re.search(
        r"while it ran (?:one of the )?items? (\d+)(?: to (\d+))?$", str(caught.value), re.MULTILINE
    )
    assert named is not None
    assert int(named[1]) <= index <= int(named[2] or named[1])


def test_a_worker_killed_while_the_caller_is_busy_is_found_out_after() -> None:
    elsewhere = Elsewhere()

    def item(index: int) -> int:
        if elsewhere:
            os.kill(os.getpid(), signal.SIGKILL)
        while not has_a_dead_child():
            time.sleep(1e-3)
        return index

    with pytest.raises(WorkerCrashedError, match="was killed by SIGKILL"):
        kit.team(item, range(ITEMS), chunksize=1)


def has_a_dead_child() -> bool:
    return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def test_the_others_finish_the_whole_chunk_that_they_hold(tmp_path: Path) -> None:
    elsewhere, ended, gate = Elsewhere(), Tally(tmp_path / "ended"), tmp_path / "gate"
    began = Tally(tmp_path / "began")

    def item(index: int) -> None:
        began.note(index)
        if elsewhere:
            began.wait_for(3)  # one each
            with suppress(FileExistsError):
                gate.touch(exist_ok=False)
                os._exit(1)
            time.sleep(0.02)
        ended.note(index)

    recorder = Recorder()
    job = Job(func=item, source=source_of(range(600)), workers=3, item_s=1e-3, chunksize=6)
    with pytest.raises(WorkerCrashedError) as caught:
        TeamEngine().run(job, recorder)

    (culprit,) = set(began.counts()) - set(ended.counts())
    assert caught.value.index == culprit
    assert set(recorder.results) == set(ended.counts())
    assert max(began.counts().values()) == 1
    assert len(ended.counts()) % 6 == 0
    assert len(ended.counts()) < 600
