"""Async functions, streams and sessions meet policies, limits, checkpoints and refusals."""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import amorsize
from amorsize.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    Run = Callable[..., Any]


class BusyError(Exception):
    """The other side refused."""


def is_busy(error: BaseException) -> bool:
    return isinstance(error, BusyError)


def in_plain_code(func: Callable[[Any], Awaitable[Any]], data: Any, **options: Any) -> Any:
    return amorsize.execute(func, data, **options)


def in_a_loop(func: Callable[[Any], Awaitable[Any]], data: Any, **options: Any) -> Any:
    return asyncio.run(amorsize.aexecute(func, data, **options))


both = pytest.mark.parametrize("run", [in_plain_code, in_a_loop])


async def odd_fails(item: int) -> int:
    await asyncio.sleep(0)
    if item % 2:
        raise ValueError(item)
    return item


async def draw(item: int) -> float:
    await asyncio.sleep(0)
    return item + amorsize.item_rng().random()


def plain_draw(item: int) -> float:
    return item + amorsize.item_rng().random()


class Flaky:
    """Refuses, or fails, each item the first so many times."""

    def __init__(self, error: type[Exception], times: int) -> None:
        self.error = error
        self.times = times
        self.calls: dict[int, int] = {}
        self.began: list[float] = []
        self._lock = threading.Lock()

    def plain(self, item: int) -> int:
        with self._lock:
            self.began.append(time.monotonic())
            calls = self.calls[item] = self.calls.get(item, 0) + 1
        if calls <= self.times:
            raise self.error(item)
        return item

    async def awaited(self, item: int) -> int:
        await asyncio.sleep(0)
        return self.plain(item)


@both
def test_errors_of_async_functions_are_collected(run: Run) -> None:
    results = run(odd_fails, range(6), on_error="collect")
    assert results[::2] == [0, 2, 4]
    assert [(type(failure), failure.index, failure.item) for failure in results[1::2]] == [
        (amorsize.Failure, index, str(index)) for index in (1, 3, 5)
    ]


@both
def test_errors_of_async_functions_are_skipped_and_told_of(run: Run) -> None:
    results, told = run(odd_fails, range(6), on_error="skip", return_optimization_result=True)
    assert results == [0, 2, 4]
    assert any("3 of 6 items failed" in warning for warning in told.warnings)


@both
def test_async_items_are_tried_again(run: Run) -> None:
    flaky = Flaky(ValueError, 2)
    assert run(flaky.awaited, range(5), retries=2) == list(range(5))
    assert set(flaky.calls.values()) == {3}


@both
def test_the_last_error_of_an_async_item_is_raised_as_itself(run: Run) -> None:
    flaky = Flaky(ValueError, 9)
    with pytest.raises(ValueError, match="0") as raised:
        run(flaky.awaited, [0], retries=1)
    assert flaky.calls == {0: 2}
    assert any("2 attempts" in note for note in raised.value.__notes__)


@both
def test_async_items_draw_what_plain_ones_draw(run: Run) -> None:
    state = random.getstate()
    expected = amorsize.execute(plain_draw, range(20), seed=7, n_jobs=1)
    assert run(draw, range(20), seed=7) == expected
    assert random.getstate() == state


@both
def test_async_items_start_no_faster_than_the_rate(run: Run) -> None:
    flaky = Flaky(ValueError, 1)
    assert run(flaky.awaited, range(10), max_rate=100, retries=1) == list(range(10))
    starts = sorted(flaky.began)
    assert len(starts) == 20
    assert starts[-1] - starts[0] >= 19 / 100 * 0.95  # never earlier, however slow this machine


REFUSED: list[tuple[str, Any]] = [
    ("timeout", 5),
    ("deadline", 5),
    ("on_crash", "retry"),
    ("isolate", True),
    ("setup", dict),
    ("checkpoint", "never_made"),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_what_async_functions_cannot_have_is_refused_by_name(
    name: str, value: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"{name} is not for async functions: ") as raised:
        amorsize.execute(odd_fails, [0], **{name: value})
    assert raised.value.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "value"), [*REFUSED, ("teardown", print)])
@pytest.mark.parametrize("func", [odd_fails, abs])
def test_aexecute_and_astream_refuse_what_they_would_not_heed(
    func: Any, name: str, value: Any
) -> None:
    options: dict[str, Any] = {name: value}
    with pytest.raises(UsageError, match=f"aexecute has no option {name}"):
        asyncio.run(amorsize.aexecute(func, [0], **options))
    with pytest.raises(UsageError, match=f"astream has no option {name}"):
        amorsize.astream(func, [0], **options)


@pytest.mark.parametrize(
    ("name", "value"),
    [*REFUSED, ("on_error", "skip"), ("retries", 1), ("max_rate", 1), ("seed", 1)],
)
def test_streams_do_not_take_what_they_would_not_heed(name: str, value: Any) -> None:
    options: dict[str, Any] = {name: value}
    with pytest.raises(TypeError, match=name):
        amorsize.stream(abs, [0], **options)
    with pytest.raises(TypeError, match=name):
        amorsize.process_in_batches(abs, [0], **options)


def test_plain_functions_have_policies_in_aexecute() -> None:
    flaky = Flaky(ValueError, 1)
    run = amorsize.aexecute(flaky.plain, range(4), retries=1, backend="serial")
    assert asyncio.run(run) == list(range(4))


@pytest.mark.parametrize("backend", ["serial", "threads"])
def test_refused_calls_are_made_again_before_a_policy_sees_them(backend: Any) -> None:
    flaky = Flaky(BusyError, 2)
    results, told = amorsize.execute(
        flaky.plain,
        range(4),
        backend=backend,
        is_overload=is_busy,
        on_error="collect",
        retries=1,
        return_optimization_result=True,
    )
    assert results == list(range(4))
    assert set(flaky.calls.values()) == {3}
    assert not any("more than once" in warning for warning in told.warnings)


@both
def test_refused_coroutines_are_awaited_again_before_a_policy_sees_them(run: Run) -> None:
    flaky = Flaky(BusyError, 2)
    results = run(flaky.awaited, range(4), is_overload=is_busy, on_error="collect", retries=1)
    assert results == list(range(4))
    assert set(flaky.calls.values()) == {3}


def double_when_calm(item: int) -> int:
    if TOLD.setdefault(item, 0) == 0:
        TOLD[item] = 1
        raise BusyError(item)
    TOLD[item] += 1
    return 2 * item


TOLD: dict[int, int] = {}


@pytest.mark.parametrize("backend", ["serial", "threads"])
def test_results_of_calls_made_again_are_kept_in_a_checkpoint(backend: Any, tmp_path: Path) -> None:
    TOLD.clear()
    for _ in range(2):
        results = amorsize.execute(
            double_when_calm,
            range(4),
            backend=backend,
            checkpoint=tmp_path / "kept",
            is_overload=is_busy,
        )
        assert results == [0, 2, 4, 6]
    assert set(TOLD.values()) == {2}


@pytest.mark.parametrize("backend", ["serial", "threads"])
def test_refused_calls_keep_to_the_rate(backend: Any) -> None:
    flaky = Flaky(BusyError, 1)
    results = amorsize.execute(
        flaky.plain, range(8), backend=backend, is_overload=is_busy, max_rate=50, max_concurrency=4
    )
    assert results == list(range(8))
    starts = sorted(flaky.began)
    assert len(starts) == 16
    assert starts[-1] - starts[0] >= 15 / 50 * 0.95


def test_no_more_calls_than_allowed_whatever_the_rate() -> None:
    inside, most, lock = 0, 0, threading.Lock()

    def wait(item: int) -> int:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.02)
        with lock:
            inside -= 1
        return item

    assert amorsize.execute(wait, range(60), max_rate=1000, max_concurrency=3) == list(range(60))
    assert most <= 3


def seen_busy(item: int) -> int:
    raise BusyError(item)


def test_watched_processes_are_no_more_than_allowed() -> None:
    _, told = amorsize.execute(
        abs, range(50), isolate=True, max_concurrency=1, return_optimization_result=True
    )
    assert told.run is not None
    assert told.run.workers == 1


def test_watched_items_are_called_again_where_they_were_refused() -> None:
    with pytest.raises(BusyError) as raised:
        amorsize.execute(
            seen_busy, [3], isolate=True, is_overload=lambda _: 1e-3, n_jobs=1, retries=1
        )
    assert any("2 attempts" in note for note in raised.value.__notes__)


def test_what_stops_an_async_run_tells_what_is_done() -> None:
    with pytest.raises(ValueError, match="1") as raised:
        amorsize.execute(odd_fails, range(4), n_jobs=1)
    assert dict(raised.value.results) == {0: 0}  # type: ignore[attr-defined]  # put there
    assert list(raised.value.remaining) == [1, 2, 3]  # type: ignore[attr-defined]  # likewise


def place_of(folder: Path) -> Path:
    return folder / str(os.getpid())


def end_at(place: Path) -> None:
    place.write_text("ended")


def maker_of(_: int, place: Path, *, caller: int) -> int:
    time.sleep(1e-3)
    if os.getpid() != caller:
        place.with_name("joined").touch()
    return int(place.name)


def items_until(joined: Path) -> Iterator[int]:
    """Enough for a worker to take part, however long it takes to start."""
    until = time.monotonic() + 20
    while not joined.exists() and time.monotonic() < until:
        yield 0


def test_workers_of_a_session_come_to_their_teardown(tmp_path: Path) -> None:
    with amorsize.Session(2) as session:
        assert session.submit(abs, -1).result() == 1  # from here on nothing is forked
        makers = session.execute(
            partial(maker_of, caller=os.getpid()),
            items_until(tmp_path / "joined"),
            setup=partial(place_of, tmp_path),
            teardown=end_at,
            backend="processes",
            n_jobs=2,
        )
        assert len(set(makers)) == 2
        assert set(makers) <= {int(file.name) for file in tmp_path.iterdir() if file.name.isdigit()}
