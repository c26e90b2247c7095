"""What is wanted of each item holds whoever runs it: serial, threads, forked, spawned."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

import amorsize
from amorsize import Failure, RetryPolicy, UsageError, execute, item_rng
from amorsize.engines.item_rng import DRAW
from amorsize.engines.per_item import PerItem
from amorsize.engines.source import source_of
from amorsize.engines.worker_state import Setup
from amorsize.runtime.ledger import Hooks, Ledger
from amorsize.runtime.trial import try_threads
from tests.support.ways import WAYS, Way, dismiss_workers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ITEMS = 60
COST_S = 1e-3
CALLER = os.getpid()


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[Way]:
    yield Way(request.param)
    dismiss_workers()


def worker() -> str:
    return f"{os.getpid()}/{threading.get_ident()}"


def slow(item: Any) -> Any:
    time.sleep(COST_S)
    return item


def fails_at_sevens(item: int) -> int:
    slow(item)
    if item % 7 == 3:
        raise ValueError(item)
    return -item


def note(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, f"{text}\n".encode())
    os.close(descriptor)


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


# -- errors


def test_failures_are_collected_in_their_places(way: Way) -> None:
    results = way.run(fails_at_sevens, range(ITEMS), on_error="collect")

    assert len(results) == ITEMS
    for item, result in enumerate(results):
        if item % 7 != 3:
            assert result == -item
            continue
        assert isinstance(result, Failure)
        assert (result.index, result.item) == (item, repr(item))
        assert type(result.exception) is ValueError
        assert result.exception.args == (item,)
        assert result.traceback.splitlines()[1].endswith("in fails_at_sevens")


@pytest.mark.parametrize("one_shot", [False, True], ids=["indexed", "iterated"])
def test_failures_are_left_out_and_told_of(way: Way, one_shot: bool) -> None:
    data = iter(range(ITEMS)) if one_shot else range(ITEMS)
    results = way.run(fails_at_sevens, data, on_error="skip")

    assert results == [-item for item in range(ITEMS) if item % 7 != 3]
    assert "9 of 60 items failed and were left out" in way.warnings
    assert "the first is item 3: ValueError: 3" in way.warnings


def test_failures_are_raised_as_ever_where_nothing_else_is_said(way: Way) -> None:
    with pytest.raises(ValueError, match="3") as caught:
        way.run(fails_at_sevens, range(ITEMS), retries=1)

    notes = caught.value.__notes__
    assert any("raised in the last of 2 attempts" in text for text in notes)
    assert any("raised at item 3," in text for text in notes)


class EndError(BaseException):
    pass


def ends(item: int, *, error: type[BaseException]) -> int:
    slow(item)
    if item == ITEMS // 2:
        raise error
    return item


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, EndError])
def test_what_ends_a_program_is_never_swallowed(way: Way, error: type[BaseException]) -> None:
    policies: list[dict[str, Any]] = [{"on_error": "collect"}, {"on_error": "skip", "retries": 3}]
    for policy in policies:
        with pytest.raises(error):
            way.run(partial(ends, error=error), range(ITEMS), **policy)


def fails_with_a_lock(item: int) -> NoReturn:
    slow(item)
    raise ValueError(threading.Lock())


def test_an_exception_that_cannot_travel_costs_no_second_call(way: Way, tmp_path: Path) -> None:
    calls = tmp_path / "calls"

    def func(item: int) -> NoReturn:
        note(calls, str(item))
        fails_with_a_lock(item)

    results = way.run(func, range(ITEMS), on_error="collect")

    assert [result.index for result in results] == list(range(ITEMS))
    assert all("ValueError" in result.traceback for result in results)
    assert Counter(lines(calls)) == Counter(map(str, range(ITEMS)))


def test_failures_of_the_input_are_no_items_failures() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError(5)

    with pytest.raises(OSError, match="5"):
        execute(slow, broken(), on_error="collect")


def stops(item: int) -> int:
    slow(item)
    if item == ITEMS - 1:
        raise KeyboardInterrupt
    if item % 7 == 3 or (item % 7 == 5 and item not in tried):
        tried.add(item)
        raise ValueError(item)
    return -item


tried: set[int] = set()


def test_what_a_stopped_run_had_done_is_told_in_the_users_terms() -> None:
    tried.clear()
    with pytest.raises(KeyboardInterrupt) as caught:
        execute(stops, range(ITEMS), on_error="skip", retries=1, backend="serial")
    error: Any = caught.value

    assert dict(error.results) == {n: -n for n in range(ITEMS - 1) if n % 7 != 3}
    assert list(error.remaining) == [ITEMS - 1]


# -- retries


def flaky(item: int, *, calls: Path, times: int) -> int:
    slow(item)
    note(calls, str(item))
    if item % 5 == 0 and lines(calls).count(str(item)) <= times:
        raise OSError(item)
    return -item


def test_items_are_tried_again(way: Way, tmp_path: Path) -> None:
    func = partial(flaky, calls=tmp_path / "calls", times=2)
    results = way.run(func, range(ITEMS), retries=2)

    assert results == [-item for item in range(ITEMS)]
    counts = Counter(lines(tmp_path / "calls"))
    assert counts == {str(item): 3 if item % 5 == 0 else 1 for item in range(ITEMS)}
    assert "12 items ran more than once before they succeeded" in way.warnings
    assert "the first is item 0, with 3 attempts" in way.warnings


def test_only_the_named_exceptions_are_tried_again(way: Way, tmp_path: Path) -> None:
    policy = RetryPolicy(retry_if_exception_type=KeyError, wait_exponential_multiplier_s=0)
    func = partial(flaky, calls=tmp_path / "calls", times=1)

    results = way.run(func, range(ITEMS), retries=policy, on_error="collect")

    assert sum(isinstance(result, Failure) for result in results) == ITEMS / 5
    assert Counter(lines(tmp_path / "calls")) == Counter(map(str, range(ITEMS)))


def test_waits_grow_up_to_their_bound() -> None:
    policy = RetryPolicy(wait_exponential_multiplier_s=0.5, exp_base=3, wait_max_s=10, jitter_s=2)

    assert [policy.wait_s(attempt, 0.0) for attempt in (1, 2, 3, 4)] == [0.5, 1.5, 4.5, 10]
    assert policy.wait_s(1, 0.5) == 1.5
    assert policy.wait_s(10_000, 0.0) == 10


# -- random numbers


def draws(item: int) -> tuple[Any, ...]:
    slow(item)
    first = item_rng().random()
    return item, first, item_rng().random(), item_rng(numpy=True).integers(10**9)


def test_random_numbers_depend_on_seed_and_index_only(way: Way) -> None:
    expected = execute(draws, range(ITEMS), seed=11, backend="serial")
    results = way.run(draws, range(ITEMS), seed=11)

    assert results == expected
    assert len({first for _, first, _, _ in results}) == ITEMS
    assert results[0][1] != results[0][2]
    assert execute(draws, range(3), seed=12) != results[:3]


def draws_until_it_is_lucky(item: int) -> float:
    drawn = item_rng().random()
    if drawn_before.setdefault(item, drawn) != drawn:
        raise AssertionError(item)
    if drawn_before.pop((item, "tried"), None) is None:
        drawn_before[item, "tried"] = 1.0
        raise ValueError(item)
    return drawn


drawn_before: dict[Any, float] = {}


def test_a_retry_draws_the_same_numbers() -> None:
    drawn_before.clear()
    assert len(execute(draws_until_it_is_lucky, range(5), seed=1, retries=1)) == 5


def nested(item: int) -> tuple[float, float, list[tuple[Any, ...]]]:
    before = item_rng().random()
    inner = execute(draws, [item, item], seed=5)
    return before, item_rng().random(), inner


def test_a_nested_run_has_its_own_numbers_and_gives_back_the_outer_ones(way: Way) -> None:
    results = way.run(nested, range(10), seed=11)
    plain = execute(draws, range(10), seed=11)

    assert [(a, b) for a, b, _ in results] == [(a, b) for _, a, b, _ in plain]
    assert all(
        inner == execute(draws, [item] * 2, seed=5) for item, (*_, inner) in enumerate(results)
    )


def test_without_a_seed_there_is_no_generator() -> None:
    with pytest.raises(UsageError, match="outside a run with a seed"):
        item_rng()
    with pytest.raises(UsageError, match="outside a run with a seed"):
        execute(draws, range(3))
    execute(draws, range(3), seed=1)
    assert DRAW.get() is None


# -- setup and teardown


class Connection:
    def __init__(self, log: Path) -> None:
        self.log = log
        self.made_by = worker()
        self.open = True
        note(log, f"open {self.made_by}")

    def close(self) -> None:
        assert self.made_by == worker()
        self.open = False
        time.sleep(COST_S if os.getpid() == CALLER else 100 * COST_S)
        note(self.log, f"close {self.made_by}")


def uses(item: int, connection: Connection) -> str:
    slow(item)
    assert connection.open
    assert connection.made_by == worker()
    return connection.made_by


def test_each_worker_has_a_value_of_its_own_and_ends_it(way: Way, tmp_path: Path) -> None:
    log = tmp_path / "log"
    results = way.run(uses, range(ITEMS), setup=partial(Connection, log), teardown=Connection.close)
    workers = set(results)

    opened = [line.split()[1] for line in lines(log) if line.startswith("open")]
    closed = [line.split()[1] for line in lines(log) if line.startswith("close")]
    assert len(workers) == (1 if way.name == "serial" else 2) or way.name == "threads"
    assert set(opened) == workers
    assert sorted(opened) == sorted(closed)
    assert len(opened) == len(set(opened))


def test_the_next_run_begins_anew(way: Way, tmp_path: Path) -> None:
    for name in ("first", "second"):
        results = way.run(uses, range(ITEMS), setup=partial(Connection, tmp_path / name))

        assert {f"open {who}" for who in results} == set(lines(tmp_path / name))


class Noticed:
    """Notes when it is let go of."""

    def __init__(self, log: Path) -> None:
        self.log = log

    def __del__(self) -> None:
        note(self.log, f"gone from {os.getpid()}")


def two(item: int, state: object) -> object:
    slow(item)
    return state


def whose(item: int, _: Noticed) -> int:
    slow(item)
    return os.getpid()


def test_a_worker_lets_go_of_what_belonged_to_an_earlier_run(way: Way, tmp_path: Path) -> None:
    log = tmp_path / "log"
    workers = set(way.run(whose, range(ITEMS), setup=partial(Noticed, log)))
    way.run(two, range(ITEMS), setup=int)

    assert {f"gone from {worker}" for worker in workers} == set(lines(log))


def test_both_threads_of_a_trial_end_what_they_made(tmp_path: Path) -> None:
    log = tmp_path / "log"
    setup = Setup(partial(Connection, log), Connection.close)
    source = source_of(range(8), numbered=True)
    ledger = Ledger(Hooks(), 8)
    func = PerItem(func=partial(meet, both=threading.Barrier(2)), setup=setup)
    try_threads(func, source, ledger, most=2)
    setup.end()

    assert sorted(ledger.results) == [0, 1]
    assert sorted(line.split()[0] for line in lines(log)) == ["close"] * 2 + ["open"] * 2


def meet(item: int, _: Connection, *, both: threading.Barrier) -> int:
    both.wait()
    return item


def refuses() -> NoReturn:
    raise ConnectionError(111)


def test_what_setup_raises_is_raised_whatever_the_policy(way: Way) -> None:
    with pytest.raises(ConnectionError, match="111"):
        way.run(uses, range(ITEMS), setup=refuses, on_error="collect", retries=2)


def breaks(_: object) -> NoReturn:
    raise ValueError(9)


def test_what_teardown_raises_is_warned_of() -> None:
    for way in map(Way, ("serial", "threads", "forked")):
        if way.name not in WAYS:
            continue
        with pytest.warns(RuntimeWarning, match="teardown raised ValueError: 9"):
            results = way.run(two, range(ITEMS), setup=int, teardown=breaks)

        assert results == [0] * ITEMS


def test_teardown_is_run_after_a_failure_too(way: Way, tmp_path: Path) -> None:
    if way.name == "spawned":
        pytest.skip("its workers are killed when a run is broken off")
    log = tmp_path / "log"

    def func(item: int, _connection: Connection) -> int:
        return fails_at_sevens(item)

    with pytest.raises(ValueError, match="3"):
        way.run(func, range(ITEMS), setup=partial(Connection, log), teardown=Connection.close)

    assert sorted(line.split()[1] for line in lines(log) if line.startswith("open")) == sorted(
        line.split()[1] for line in lines(log) if line.startswith("close")
    )


# -- nothing else changes


def test_explanations_speak_of_the_users_function_and_items() -> None:
    _, told = execute(slow, list(range(300)), on_error="collect", return_optimization_result=True)

    assert told.run is not None
    assert told.run.profile is None or told.run.profile.item_kind in {"", "builtins.int"}
    assert "PerItem" not in told.explain()
    assert told.data == list(range(300))


def test_one_shot_input_is_given_back_as_it_was() -> None:
    _, told = execute(slow, iter(range(30)), seed=1, return_optimization_result=True)

    assert list(told.data) == list(range(30))


def test_a_function_that_returns_its_item_is_seen_as_such() -> None:
    data = [[item] for item in range(300)]
    _, told = execute(slow, data, on_error="collect", return_optimization_result=True)

    assert told.run is not None
    assert told.run.profile is None or told.run.profile.returns_its_item


WRONG: list[dict[str, Any]] = [
    {"on_error": "ignore"},
    {"retries": -1},
    {"retries": "many"},
    {"retries": True},
    {"max_rate": "20/d"},
    {"max_rate": 0},
    {"max_rate": "0/s"},
    {"max_rate": "fast"},
    {"max_rate": "1.2.3/s"},
    {"seed": 1.5},
    {"seed": "a"},
    {"setup": 3},
    {"teardown": print},
    {"setup": int, "teardown": 3},
]


@pytest.mark.parametrize("policy", WRONG, ids=repr)
def test_a_policy_that_makes_no_sense_is_refused(policy: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="Invalid parameter") as caught:
        execute(abs, [1], **policy)

    assert list(policy)[-1] in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"stop_after_attempt": 0},
        {"stop_after_attempt": 1.5},
        {"wait_max_s": -1},
        {"jitter_s": "a"},
        {"retry_if_exception_type": KeyboardInterrupt},
        {"retry_if_exception_type": (ValueError, 3)},
    ],
    ids=repr,
)
def test_a_retry_policy_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        RetryPolicy(**wrong)


def test_their_names_are_public() -> None:
    assert {"Failure", "RetryPolicy", "item_rng"} <= set(amorsize.__all__)
