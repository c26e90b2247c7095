"""What the figures say. Pure: results in, numbers out, and no word about them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import geometric_mean, median
from typing import TYPE_CHECKING, Final

from benchmarks.measure.contestants import AGAIN, NOTEBOOK, ORACLE, OURS, PEERS, PLAIN
from benchmarks.workloads.base import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.measure.records import Case, Results

SLOWER_SHARE: Final = 0.03
SLOWER_S: Final = 3e-3
"""Never slower than the plain loop by more than 3 % + 3 ms beyond the loop's own difference."""

SERIAL_S: Final = 20e-6
"""Jobs that stay serial: 3 % + 20 us."""

SERIAL: Final = "serial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A ratio over cases: larger is better for us."""

    cases: int
    mean: float
    """Geometric."""
    worst: float
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """What a case lost against the plain loop, beyond what the loop differs from itself."""

    case: str
    seconds: float
    allowed_s: float

    @property
    def holds(self) -> bool:
        return self.seconds <= self.allowed_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """The plain loop against itself, as a factor that is at least one."""

    typical: float
    worst: float
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Somebody did not get through a case."""

    case: str
    contestant: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of a run; ``None`` where no case gives one."""

    cases: int
    noise: Noise | None
    speedup: Ratio | None
    """The plain loop's time over ours."""
    notebook: Ratio | None
    """The same with another thread alive."""
    oracle: Ratio | None
    """The oracle's time over ours, on all cases and by what the time goes into."""
    oracle_by_kind: Mapping[str, Ratio | None]
    within_5: float
    """Share of the cases in which we take at most 5 % longer than the oracle."""
    within_20: float
    slowest: Excess | None
    """The case nearest to its limit, or furthest beyond it."""
    slowest_serial: Excess | None
    """The same among the jobs that stayed serial, which have a closer limit."""
    peers: Mapping[str, Ratio | None]
    """A peer's time over ours, where both got through."""
    failures: tuple[Failed, ...]


def summary_of(results: Results) -> Summary:
    """Compute every figure of the report."""
    cases = results.cases
    serial = [case for case in cases if (case.account or {}).get("engine") == SERIAL]
    return Summary(
        cases=len(cases),
        noise=noise_of(cases),
        speedup=ratio_over(cases, PLAIN),
        notebook=ratio_over(cases, PLAIN, by=NOTEBOOK),
        oracle=ratio_over(cases, ORACLE),
        oracle_by_kind={
            str(kind): ratio_over([case for case in cases if case.kind == kind], ORACLE)
            for kind in Kind
        },
        within_5=share_within(cases, 1.05),
        within_20=share_within(cases, 1.2),
        slowest=worst_excess(cases, SLOWER_S),
        slowest_serial=worst_excess(serial, SERIAL_S),
        peers={name: ratio_over(cases, name) for name in PEERS},
        failures=tuple(failures_in(cases)),
    )


def ratio(case: Case, over: str, by: str = OURS) -> float | None:
    """Time of ``over`` divided by time of ``by``."""
    theirs, ours = case.median_s(over), case.median_s(by)
    return None if theirs is None or not ours else theirs / ours


def ratio_over(cases: Iterable[Case], over: str, by: str = OURS) -> Ratio | None:
    """Ratio over the cases that have both figures."""
    known = {case.title: found for case in cases if (found := ratio(case, over, by)) is not None}
    if not known:
        return None
    where = min(known, key=known.__getitem__)
    return Ratio(
        cases=len(known), mean=geometric_mean(known.values()), worst=known[where], where=where
    )


def share_within(cases: Sequence[Case], factor: float) -> float:
    """Share of all cases in which we take at most ``factor`` times what the oracle takes."""
    ratios = [ratio(case, ORACLE) for case in cases]
    near = sum(found is not None and found >= 1 / factor for found in ratios)
    return near / len(cases) if cases else 0.0


def noise_of(cases: Iterable[Case]) -> Noise | None:
    """How far the plain loop is from itself."""
    factors = {
        case.title: noise_between(case.median_s(PLAIN), case.median_s(AGAIN)) for case in cases
    }
    if not factors:
        return None
    where = max(factors, key=factors.__getitem__)
    typical = math.exp(median(math.log(factor) for factor in factors.values()))
    return Noise(typical=typical, worst=factors[where], where=where)


def noise_between(one_s: float | None, again_s: float | None) -> float:
    """Factor between two times of the same thing; one where one of them is not known."""
    return max(one_s / again_s, again_s / one_s) if one_s and again_s else 1.0


def excess(case: Case, constant_s: float) -> Excess | None:
    """Middle of the paired differences, less the middle difference of the loop from itself."""
    plain_s, ours = case.median_s(PLAIN), case.series.get(OURS)
    if plain_s is None or ours is None or ours.median_s is None:
        return None
    plain, again = case.series[PLAIN].seconds, case.series[AGAIN].seconds
    lost_s = paired_s(plain, ours.seconds)
    own_s = abs(paired_s(plain, again))
    return Excess(
        case=case.title, seconds=lost_s - own_s, allowed_s=SLOWER_SHARE * plain_s + constant_s
    )


def paired_s(before: Sequence[float], after: Sequence[float]) -> float:
    """Middle of the differences, round by round; nothing where there are no pairs."""
    pairs = zip(before, after, strict=False)
    return median([late - early for early, late in pairs] or [0.0])


def worst_excess(cases: Iterable[Case], constant_s: float) -> Excess | None:
    """The case that uses the largest part of what it is allowed."""
    found = [lost for case in cases if (lost := excess(case, constant_s)) is not None]
    return max(found, key=lambda lost: lost.seconds / lost.allowed_s, default=None)


def failures_in(cases: Iterable[Case]) -> Iterable[Failed]:
    """Everything that did not get through, ours too."""
    for case in cases:
        for name, series in case.series.items():
            if series.failure is not None:
                yield Failed(case=case.title, contestant=name, why=series.failure)


def profile(cases: Sequence[Case], names: Sequence[str]) -> dict[str, list[float]]:
    """Dolan and Moré's performance profile: each one's ratios to the best, in rising order.

    The share of cases within a factor is the share of ratios up to it; failures are infinite.
    """
    ratios: dict[str, list[float]] = {name: [] for name in names}
    for case in cases:
        times = {name: case.median_s(name) or math.inf for name in names}
        best = min(times.values(), default=math.inf)
        for name, time in times.items():
            ratios[name].append(time / best if time < math.inf else math.inf)
    return {name: sorted(found) for name, found in ratios.items()}
