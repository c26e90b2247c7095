from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from benchmarks.measure.proc import NOTHING, CpuTime, foreign_share, parsed_stat
from benchmarks.measure.runner import PATIENCE_S, WINDOW_S, Disturbance, Gate, Runner
from benchmarks.measure.trial import Reply, Request

REQUEST = Request(workload="medium-1ms", amount=1, contestant="plain")
BUSY_CORE = 0.5
"""Share of two cores."""


@dataclass
class Machine:
    """Two cores; the others use some of them until a moment comes."""

    busy_until_s: float
    now_s: float = 0.0

    def clock(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def cpu(self) -> CpuTime:
        used_s = min(self.now_s, self.busy_until_s)
        return CpuTime(busy_s=2 * used_s, total_s=2 * self.now_s)

    def gate(self) -> Gate:
        return Gate(clock=self.clock, sleep=self.sleep, cpu=self.cpu)


@dataclass
class Scripted:
    """A nursery whose trials come out as written."""

    shares: list[float]
    closed: list[bool] = field(default_factory=list)

    def run(self, _request: Request) -> Reply:
        return Reply(seconds=1.0, foreign_share=self.shares.pop(0))

    def close(self) -> None:
        self.closed.append(True)


def test_a_quiet_machine_is_watched_for_one_window() -> None:
    machine, seen = Machine(busy_until_s=0.0), Disturbance()

    machine.gate().wait(seen)

    assert machine.now_s == WINDOW_S
    assert (seen.waited_s, seen.not_quiet) == (WINDOW_S, 0)


def test_the_gate_opens_when_the_others_have_stopped() -> None:
    machine, seen = Machine(busy_until_s=1.0), Disturbance()

    machine.gate().wait(seen)

    assert 1.0 < machine.now_s <= 1.0 + 2 * WINDOW_S
    assert seen.not_quiet == 0


def test_patience_ends() -> None:
    machine, seen = Machine(busy_until_s=1e9), Disturbance()

    machine.gate().wait(seen)

    assert machine.now_s == pytest.approx(PATIENCE_S, abs=2 * WINDOW_S)
    assert seen.not_quiet == 1


@pytest.mark.parametrize(
    ("shares", "trials", "discarded", "disturbed"),
    [([0.0], 1, 0, 0), ([0.9, 0.1], 2, 1, 0), ([0.9, 0.9, 0.9], 3, 2, 1)],
)
def test_disturbed_trials_are_repeated_and_counted(
    shares: list[float], trials: int, discarded: int, disturbed: int
) -> None:
    scripted = Scripted(shares)
    quiet = Machine(busy_until_s=0.0)
    with Runner(gate=quiet.gate(), open_nursery=lambda _: scripted) as runner:
        runner.run(REQUEST)

    assert shares == []
    assert scripted.closed == [True]
    assert (runner.seen.trials, runner.seen.discarded) == (trials, discarded)
    assert runner.seen.disturbed == disturbed


def test_without_a_gate_everything_counts() -> None:
    with Runner(gate=None, open_nursery=lambda _: Scripted([0.9])) as runner:
        assert runner.run(REQUEST).seconds == 1.0

    assert runner.seen == Disturbance(trials=1)


def test_the_kernels_ticks_are_read() -> None:
    text = "cpu  100 10 50 800 20 1 2 17 5 0\ncpu0 1 1 1 1\n"

    found = parsed_stat(text, 100)

    assert found == CpuTime(busy_s=1.8, total_s=10.0)
    assert found.since(CpuTime(busy_s=0.8, total_s=8.0)) == CpuTime(busy_s=1.0, total_s=2.0)


def test_our_own_work_is_not_foreign() -> None:
    window = CpuTime(busy_s=1.52, total_s=2.0)

    assert foreign_share(window, own_s=0.5) == pytest.approx(BUSY_CORE)
    assert foreign_share(window, own_s=1.6) == 0.0
    assert foreign_share(NOTHING, own_s=0.0) == 0.0
