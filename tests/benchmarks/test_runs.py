from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from benchmarks.measure.contestants import ACCOUNT, AGAIN, NOTEBOOK, ORACLE, OURS, PEERS, PLAIN
from benchmarks.measure.records import Results, Series
from benchmarks.measure.runner import Runner
from benchmarks.measure.trial import Reply, Request
from benchmarks.runs.figures import Figure, Figures
from benchmarks.runs.forms import FULL, QUICK, SIZES_MS, Form
from benchmarks.runs.pairs import Pairs, Verdict, judged, spinners
from benchmarks.runs.size import Sized, parsed_size
from benchmarks.runs.suite import Suite
from benchmarks.workloads.registry import SUITE
from tests.benchmarks.made import results

FORM = Form(
    name="tiny",
    cases=(("medium-1ms", 100), ("few-2", 10)),
    repetitions=3,
    choosing=2,
    once_over_s=5.0,
    minutes=None,
)


@dataclass
class Nursery:
    """Everybody takes as long as the plain loop would, unless it is said otherwise."""

    factors: dict[str, float] = field(default_factory=dict)
    engine: str = "serial"
    asked: list[Request] = field(default_factory=list)

    def run(self, request: Request) -> Reply:
        self.asked.append(request)
        factor = self.factors.get(request.contestant, 1.0)
        if factor < 0:
            return Reply(failure="cannot")
        account = {"engine": self.engine, "workers": 1} if request.contestant == ACCOUNT else None
        seconds = request.amount * 1e-3 * factor
        return Reply(seconds=seconds, items=request.amount, account=account)

    def close(self) -> None:
        pass

    def runner(self) -> Runner:
        return Runner(gate=None, open_nursery=lambda _: self)

    def count(self, contestant: str) -> int:
        return sum(request.contestant == contestant for request in self.asked)


def run(nursery: Nursery, form: Form = FORM) -> Results:
    kept: list[Results] = []
    suite = Suite(form=form, runner=nursery.runner(), say=lambda _: None, clock=lambda: 0.0)
    done = suite.run(results(), kept.append)
    assert len(kept) == len(done.cases)
    return done


def test_everybody_runs_every_case_as_often_as_the_form_says() -> None:
    nursery = Nursery({"threads:4": 0.5})

    first = run(nursery).cases[0]

    assert (first.amount, first.items) == (100, 100)
    assert set(first.series) == {PLAIN, AGAIN, *PEERS, OURS, NOTEBOOK, ORACLE}
    assert all(len(one.seconds) == 3 for one in first.series.values())
    assert first.oracle.chosen == "threads:4"
    assert first.median_s(ORACLE) == pytest.approx(0.05)
    assert first.account == {"engine": "serial", "workers": 1}


def test_the_same_items_are_used_for_everybody() -> None:
    nursery = Nursery()
    run(nursery, replace(FORM, cases=(("medium-1ms", 100),)))

    assert {request.amount for request in nursery.asked[-50:]} == {100}


def test_failures_stay_in_the_figures() -> None:
    found = run(Nursery({"mpire": -1, ACCOUNT: -1})).cases[0]

    assert found.series["mpire"].failure == "cannot"
    assert found.account == {"failure": "cannot"}
    assert found.items == 100


def test_a_case_whose_plain_loop_fails_is_left_out_and_named() -> None:
    done = run(Nursery({PLAIN: -1}))

    assert done.cases == ()
    assert done.left_out == ("medium-1ms 100 ms: cannot", "few-2 10 ms: cannot")


def test_no_case_begins_when_the_time_is_up() -> None:
    nursery, times = Nursery(), iter([0.0, 0.0, 100.0, 100.0])
    suite = Suite(
        form=replace(FORM, minutes=1.0),
        runner=nursery.runner(),
        say=lambda _: None,
        clock=lambda: next(times),
    )

    done = suite.run(results(), lambda _: None)

    assert [case.title for case in done.cases] == ["medium-1ms 100 ms"]
    assert done.left_out == ("few-2 10 ms",)


def test_the_full_form_has_every_workload_at_every_size() -> None:
    assert len(FULL.cases) == len(SIZES_MS) * len(SUITE)
    assert len(set(FULL.cases)) == len(FULL.cases)
    assert FULL.repetitions >= 9


def test_the_quick_form_has_every_workload_once_and_some_at_other_sizes() -> None:
    assert {name for name, size in QUICK.cases if size == 100} == {w.name for w in SUITE}
    assert {size for _, size in QUICK.cases} == set(SIZES_MS)
    assert set(QUICK.cases) < set(FULL.cases)
    assert QUICK.repetitions >= 5
    assert QUICK.minutes is not None
    assert QUICK.minutes < 30


@pytest.mark.parametrize(
    ("text", "sized"),
    [
        ("few-2", Sized(workload="few-2", size_ms=100)),
        ("few-2@60", Sized(workload="few-2", size_ms=60)),
        ("few-2=1000", Sized(workload="few-2", amount=1000)),
    ],
)
def test_sizes_are_read(text: str, sized: Sized) -> None:
    assert parsed_size(text) == sized
    assert text in {sized.title, sized.title.removesuffix("@100")}


@pytest.mark.parametrize("text", ["few-2@0", "few-2@x", "few-2=0", "few-2=1.5", "few-2@nan"])
def test_sizes_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"above zero|could not convert|invalid literal"):
        parsed_size(text)


def verdict(
    plain: float, ours: float, *, again: float | None = None, engines: tuple[str, ...] = ("team",)
) -> Verdict:
    times = {PLAIN: plain, AGAIN: plain if again is None else again, OURS: ours}
    return judged(
        {name: Series(seconds=(time,) * 9) for name, time in times.items()},
        title="x",
        items=1,
        engines=engines,
        beside_others=False,
    )


@pytest.mark.parametrize(
    ("ours", "engines", "holds"),
    [
        (0.1059, ("team",), True),
        (0.1061, ("team",), False),
        (0.1030, ("serial",), True),
        (0.1031, ("serial",), False),
        (0.1059, ("serial", "team"), True),
    ],
)
def test_limits(ours: float, engines: tuple[str, ...], *, holds: bool) -> None:
    assert verdict(0.1, ours, engines=engines).holds is holds


def test_the_loops_own_difference_is_granted_in_either_direction() -> None:
    assert not verdict(0.1, 0.108).holds
    assert verdict(0.1, 0.108, again=0.103).holds
    assert verdict(0.1, 0.108, again=0.097).holds


def test_a_failure_never_holds() -> None:
    broken = judged(
        {
            PLAIN: Series(seconds=(1.0,)),
            AGAIN: Series(seconds=(1.0,)),
            OURS: Series(failure="died"),
        },
        title="x",
        items=1,
        engines=["None"],
        beside_others=True,
    )

    assert broken.failures == ("ours: died",)
    assert not broken.holds


@pytest.mark.parametrize(("beside_others", "holds"), [(True, True), (False, False)])
def test_beside_others_more_is_allowed(*, beside_others: bool, holds: bool) -> None:
    nursery = Nursery({OURS: 1.19}, engine="team")
    pairs = Pairs(runner=nursery.runner(), repetitions=9, beside_others=beside_others)

    found = pairs.run(Sized(workload="medium-1ms", amount=100))

    assert nursery.count(OURS) == nursery.count(PLAIN) == nursery.count(AGAIN) == 9
    assert found.lost_s == pytest.approx(0.019)
    assert found.holds is holds


def test_a_workload_is_calibrated_once() -> None:
    nursery = Nursery()
    pairs = Pairs(runner=nursery.runner(), repetitions=1)

    assert pairs.amount_of(Sized(workload="medium-1ms", size_ms=60)) == 60
    before = len(nursery.asked)
    assert pairs.amount_of(Sized(workload="medium-1ms", size_ms=10)) == 10
    assert len(nursery.asked) == before


@pytest.mark.slow
def test_spinners_end_with_the_block() -> None:
    with spinners(2):
        pass  # what is left behind fails the test


@pytest.mark.parametrize(
    ("found", "noise", "said"),
    [
        (1.3, 1.0, "reached"),
        (1.29, 1.0, "MISSED"),
        (1.29, 1.02, "within the noise"),
        (None, 1.0, "failed"),
    ],
)
def test_figures_are_judged(found: float | None, noise: float, said: str) -> None:
    assert Figure(title="x", found=found, goal=1.3, noise=noise).verdict == said


def test_every_figure_is_measured() -> None:
    nursery = Nursery({OURS: 0.5, "threads": 2.0, "threads:8": 0.4})
    seen: list[Figure] = []

    Figures(pairs=Pairs(runner=nursery.runner(), repetitions=2)).all(seen.append)

    found = {figure.title: figure.found for figure in seen}
    assert found["medium-1ms@60, plain / ours"] == pytest.approx(2.0)
    assert found["medium-1ms@300, plain / ours"] == pytest.approx(2.0)
    assert found["arrays-out@100, pool / ours"] == pytest.approx(2.0)
    assert found["empty self / self of 32 MB"] == pytest.approx(1.0)
    assert found["waiting: best fixed number of threads / ours"] == pytest.approx(0.8)
    assert found["waiting, where it allows it: default threads / ours"] == pytest.approx(4.0)
