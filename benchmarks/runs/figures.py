"""The figures that one ratio each decides: early gain, arrays, heavy functions, and waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import geometric_mean
from typing import Final

from benchmarks.measure.contestants import AGAIN, OURS, PLAIN, THREAD_COUNTS
from benchmarks.measure.oracle import choose
from benchmarks.measure.racing import race
from benchmarks.measure.trial import Request
from benchmarks.report.summary import noise_between
from benchmarks.runs.pairs import Pairs
from benchmarks.runs.size import Sized
from benchmarks.workloads.base import Kind
from benchmarks.workloads.registry import SUITE

POOL, THREADS = "pool", "threads"
LIMIT_S: Final = 20.0

EARLY_GAIN: Final = {60: 1.3, 300: 1.8}
"""Milliseconds of pure Python, and how much faster than the plain loop they shall run."""

ARRAYS_OVER_PLAIN: Final = 1.5
ARRAYS_OVER_POOL: Final = 5.0
AS_FAST_AS_EMPTY: Final = 1.0

NEAR_BEST_THREADS: Final = 1 / 1.3
OVER_DEFAULT_THREADS: Final = 2.5

WAITING_MS: Final = (100, 1000)
CHOOSING: Final = 3
BEST: Final = "best fixed number of threads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A ratio of two times, and what it shall be at least."""

    title: str
    found: float | None
    """``None`` where one of the two failed."""
    goal: float
    noise: float = 1.0
    """How far the plain loop was from itself in the same race."""

    @property
    def verdict(self) -> str:
        if self.found is None:
            return "failed"
        if self.found >= self.goal:
            return "reached"
        return "within the noise" if self.found * self.noise >= self.goal else "MISSED"


Say = Callable[[Figure], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Measures them all."""

    pairs: Pairs

    def all(self, say: Say) -> None:
        """Measure each, the quick ones first."""
        for size_ms, goal in EARLY_GAIN.items():
            say(self.against(Sized(workload="medium-1ms", size_ms=size_ms), PLAIN, goal))
        arrays = Sized(workload="arrays-out")
        say(self.against(arrays, PLAIN, ARRAYS_OVER_PLAIN))
        say(self.against(arrays, POOL, ARRAYS_OVER_POOL))
        for what in ("closure", "self"):
            say(self.heavy(what))
        for figure in self.waiting():
            say(figure)

    def against(self, sized: Sized, other: str, goal: float) -> Figure:
        """Time of another contestant over ours."""
        asked = self._asked(sized)
        names = dict.fromkeys((PLAIN, AGAIN, other, OURS))
        times = self._race({name: replace(asked, contestant=name) for name in names})
        return Figure(
            title=f"{sized.title}, {other} / ours",
            found=_ratio(times[other], times[OURS]),
            goal=goal,
            noise=noise_between(times[PLAIN], times[AGAIN]),
        )

    def heavy(self, what: str) -> Figure:
        """Ours with an empty closure or ``self``, over ours with one of 32 MB."""
        light = self._asked(Sized(workload=f"light-{what}"))
        entries = {
            PLAIN: replace(light, contestant=PLAIN),
            AGAIN: replace(light, contestant=PLAIN),
            "light": light,
            "heavy": replace(light, workload=f"heavy-{what}"),
        }
        times = self._race(entries)
        return Figure(
            title=f"empty {what} / {what} of 32 MB",
            found=_ratio(times["light"], times["heavy"]),
            goal=AS_FAST_AS_EMPTY,
            noise=noise_between(times[PLAIN], times[AGAIN]),
        )

    def waiting(self) -> list[Figure]:
        """Everything that only waits, against fixed numbers of threads."""
        sizes = [
            Sized(workload=workload.name, size_ms=size_ms)
            for size_ms in WAITING_MS
            for workload in SUITE
            if workload.kind is Kind.WAITS
        ]
        near: list[float] = []
        over: list[float] = []
        figures: list[Figure] = []
        for sized in sizes:
            best, default, ours = self._waiting(sized)
            found = _ratio(best, ours)
            figures.append(Figure(title=f"{sized.title}, {BEST} / ours", found=found, goal=0.5))
            near += [found] if found else []
            if best and default and ours and default / best >= OVER_DEFAULT_THREADS:
                over.append(default / ours)
        return [
            *figures,
            *_mean(f"waiting: {BEST} / ours", near, NEAR_BEST_THREADS),
            *_mean(
                "waiting, where it allows it: default threads / ours", over, OVER_DEFAULT_THREADS
            ),
        ]

    def _waiting(self, sized: Sized) -> tuple[float | None, float | None, float | None]:
        asked = self._asked(sized)
        best = choose(
            [f"threads:{count}" for count in THREAD_COUNTS],
            lambda name, limit_s: self.pairs.runner.run(
                replace(asked, contestant=name, limit_s=limit_s)
            ),
            rounds=CHOOSING,
            limit_s=LIMIT_S,
            random=self.pairs.random,
        )
        entries = {BEST: best.chosen, THREADS: THREADS, OURS: OURS}
        times = self._race(
            {name: replace(asked, contestant=player) for name, player in entries.items()}
        )
        return times[BEST], times[THREADS], times[OURS]

    def _asked(self, sized: Sized) -> Request:
        return Request(workload=sized.workload, amount=self.pairs.amount_of(sized), contestant=OURS)

    def _race(self, entries: dict[str, Request]) -> dict[str, float | None]:
        series = race(
            entries,
            self.pairs.runner.run,
            rounds=self.pairs.repetitions,
            random=self.pairs.random,
        )
        return {name: one.median_s for name, one in series.items()}


def _ratio(over_s: float | None, by_s: float | None) -> float | None:
    return over_s / by_s if over_s and by_s else None


def _mean(title: str, ratios: list[float], goal: float) -> list[Figure]:
    return [Figure(title=title, found=geometric_mean(ratios), goal=goal)] if ratios else []
