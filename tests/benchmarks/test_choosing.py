"""The oracle, the race and the calibration: who is tried how often, and what follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import pytest

from benchmarks.measure.calibration import PlainLoopFailedError, amount_for, rate_of
from benchmarks.measure.oracle import HOPELESS, LEAST_LIMIT_S, choose
from benchmarks.measure.racing import race
from benchmarks.measure.trial import Check, Reply, Request
from benchmarks.workloads.registry import workload_named

FAST, MIDDLE, BEHIND, SLOW = 1.0, 1.5, 1.7, 4.0


@dataclass
class World:
    """Each name takes a fixed time; a time over the limit is a failure."""

    times: dict[str, float]
    calls: list[tuple[str, float]] = field(default_factory=list)

    def measure(self, name: str, limit_s: float) -> Reply:
        self.calls.append((name, limit_s))
        seconds = self.times[name]
        return Reply(failure="over") if seconds > limit_s else Reply(seconds=seconds)

    def count(self, name: str) -> int:
        return sum(called == name for called, _ in self.calls)


def test_the_fastest_is_chosen_and_only_the_hopeless_are_given_up() -> None:
    world = World({"plain": MIDDLE, "b": FAST, "c": SLOW, "d": BEHIND})

    oracle = choose([*world.times], world.measure, rounds=3, limit_s=20, random=Random(1))

    assert oracle.chosen == "b"
    assert {name: world.count(name) for name in world.times} == {"plain": 3, "b": 3, "c": 1, "d": 1}
    assert oracle.tried["plain"].seconds == (MIDDLE,) * 3


@pytest.mark.parametrize("seed", range(5))
def test_the_plain_loop_goes_first_and_sets_the_others_a_limit(seed: int) -> None:
    world = World({"plain": FAST, "b": SLOW})

    oracle = choose(["plain", "b"], world.measure, rounds=2, limit_s=20, random=Random(seed))

    assert world.calls[:2] == [("plain", 20), ("b", HOPELESS * FAST)]
    assert oracle.tried["b"].failure == "over"


def test_the_hopeless_of_short_jobs_finish_and_are_not_tried_again() -> None:
    world = World({"plain": 0.01, "b": 0.031})

    oracle = choose(["plain", "b"], world.measure, rounds=3, limit_s=20, random=Random(1))

    assert oracle.tried["b"].seconds == (0.031,)
    assert oracle.tried["b"].failure is None


def test_configurations_come_up_in_changing_order() -> None:
    names = ["plain", *"bcdef"]
    world = World(dict.fromkeys(names, FAST))

    choose(names, world.measure, rounds=3, limit_s=20, random=Random(1))

    order = [name for name, _ in world.calls]
    assert len({tuple(order[at : at + 6]) for at in (0, 6, 12)}) == 3


def test_short_jobs_leave_everybody_a_second() -> None:
    world = World({"plain": 0.01, "b": 0.02})

    choose(["plain", "b"], world.measure, rounds=1, limit_s=20, random=Random(1))

    assert world.calls[1] == ("b", LEAST_LIMIT_S)


def test_where_all_fail_the_plain_loop_is_left() -> None:
    world = World({"plain": 30.0, "b": 30.0})

    oracle = choose(["plain", "b"], world.measure, rounds=2, limit_s=20, random=Random(1))

    assert oracle.chosen == "plain"
    assert len(world.calls) == 2


def test_a_lucky_figure_does_not_win_against_a_better_middle() -> None:
    figures = {"plain": [2.0, 2.0, 2.0], "b": [1.0, 2.6, 2.6]}

    oracle = choose(
        ["plain", "b"],
        lambda name, _: Reply(seconds=figures[name].pop(0)),
        rounds=3,
        limit_s=20,
        random=Random(1),
    )

    assert oracle.chosen == "plain"


def entries(*names: str) -> dict[str, Request]:
    return {
        name: Request(workload="medium-1ms", amount=1, contestant=name, check=Check.SPOT)
        for name in names
    }


def test_a_race_runs_everybody_in_every_round_in_changing_order() -> None:
    order: list[str] = []

    def measure(request: Request) -> Reply:
        order.append(request.contestant)
        return Reply(seconds=float(len(order)))

    series = race(entries("a", "b", "c"), measure, rounds=8, random=Random(1))

    rounds = [tuple(order[at : at + 3]) for at in range(0, len(order), 3)]
    assert all(sorted(turn) == ["a", "b", "c"] for turn in rounds)
    assert len(set(rounds)) > 1
    assert {name: len(one.seconds) for name, one in series.items()} == {"a": 8, "b": 8, "c": 8}


def test_only_the_first_round_is_compared_in_full() -> None:
    checks: list[Check] = []

    def measure(request: Request) -> Reply:
        checks.append(request.check)
        return Reply(seconds=1.0)

    race(entries("a"), measure, rounds=3, random=Random(1))

    assert checks == [Check.ALL, Check.SPOT, Check.SPOT]


def test_who_fails_or_takes_too_long_runs_once() -> None:
    world = World({"a": 1.0, "b": 9.0, "c": 99.0})

    series = race(
        entries("a", "b", "c"),
        lambda request: world.measure(request.contestant, 20),
        rounds=3,
        random=Random(1),
        once_over_s=5.0,
    )

    assert [world.count(name) for name in "abc"] == [3, 1, 1]
    assert series["b"].median_s == 9.0
    assert series["c"].failure == "over"


@pytest.mark.parametrize("per_ms", [1.0, 7.0, 500.0])
def test_the_rate_is_found_whatever_the_first_guess_was(per_ms: float) -> None:
    asked: list[int] = []

    def run(request: Request) -> Reply:
        asked.append(request.amount)
        return Reply(seconds=request.amount / per_ms / 1e3)

    rate = rate_of(workload_named("medium-1ms"), run)

    assert rate == pytest.approx(per_ms)
    assert max(asked) / per_ms >= 50


def test_a_loop_that_does_not_run_cannot_be_calibrated() -> None:
    with pytest.raises(PlainLoopFailedError, match="no reason"):
        rate_of(workload_named("medium-1ms"), lambda _: Reply(failure="no reason"))


@pytest.mark.parametrize(
    ("rate", "size_ms", "amount"), [(1.26, 10, 13), (20123.4, 100, 2_000_000), (0.01, 10, 1)]
)
def test_amounts_are_round_and_at_least_one(rate: float, size_ms: float, amount: int) -> None:
    assert amount_for(rate, size_ms) == amount
