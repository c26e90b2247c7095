"""Is it ever slower than the plain loop? Interleaved pairs, and the loop against itself."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Final

from benchmarks.measure.calibration import amount_for, rate_of
from benchmarks.measure.contestants import ACCOUNT, AGAIN, OURS, PLAIN
from benchmarks.measure.racing import race
from benchmarks.measure.runner import Runner
from benchmarks.measure.trial import Check, Request
from benchmarks.report.summary import SERIAL, SERIAL_S, SLOWER_S, SLOWER_SHARE, paired_s
from benchmarks.workloads.registry import workload_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.measure.records import Series
    from benchmarks.runs.size import Sized

ACCOUNTS: Final = 3
"""So often it is asked which engine it chose; it stayed serial if it always says so."""

SEED: Final = 3
BUSY: Final = "while True: pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How much longer than the plain loop a job may take."""

    share: float
    constant_s: float

    def allowed_s(self, plain_s: float) -> float:
        """What that is for a loop of this length."""
        return self.share * plain_s + self.constant_s


QUIET: Final = Limit(share=SLOWER_SHARE, constant_s=SLOWER_S)
STAYS_SERIAL: Final = Limit(share=SLOWER_SHARE, constant_s=SERIAL_S)
BESIDE_OTHERS: Final = Limit(share=0.15, constant_s=5e-3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the pairs of one workload say."""

    title: str
    items: int
    plain_s: float
    own_s: float
    """Middle difference of the plain loop from itself, without its sign."""
    lost_s: float
    """Middle of ours less plain, pair by pair; negative where we are faster."""
    allowed_s: float
    engines: tuple[str, ...]
    failures: tuple[str, ...] = ()

    @property
    def excess_s(self) -> float:
        return self.lost_s - self.own_s

    @property
    def holds(self) -> bool:
        return not self.failures and self.excess_s <= self.allowed_s


@dataclass(slots=True, kw_only=True)
class Pairs:
    """Runs pairs of workloads."""

    runner: Runner
    repetitions: int
    beside_others: bool = False
    warm: bool = False
    random: Random = field(default_factory=lambda: Random(SEED))
    rates: dict[str, float] = field(default_factory=dict)

    def amount_of(self, sized: Sized) -> int:
        """Calibrate the workload where its amount is not given."""
        if sized.amount is not None:
            return sized.amount
        if sized.workload not in self.rates:
            self.rates[sized.workload] = rate_of(workload_named(sized.workload), self.runner.run)
        return amount_for(self.rates[sized.workload], sized.size_ms)

    def run(self, sized: Sized) -> Verdict:
        """Measure and judge one workload."""
        asked = Request(
            workload=sized.workload,
            amount=self.amount_of(sized),
            contestant=ACCOUNT,
            check=Check.SPOT,
            warm=self.warm,
        )
        accounts = [self.runner.run(asked) for _ in range(ACCOUNTS)]
        engines = tuple(str((reply.account or {}).get("engine")) for reply in accounts)
        series = race(
            {name: replace(asked, contestant=name) for name in (PLAIN, AGAIN, OURS)},
            self.runner.run,
            rounds=self.repetitions,
            random=self.random,
        )
        return judged(
            series,
            title=sized.title,
            items=accounts[0].items,
            engines=engines,
            beside_others=self.beside_others,
        )


def judged(
    series: Mapping[str, Series],
    *,
    title: str,
    items: int,
    engines: Sequence[str],
    beside_others: bool,
) -> Verdict:
    """Compare the pairs with the limit that holds for this job."""
    plain = series[PLAIN]
    plain_s = plain.median_s or 0.0
    stays_serial = set(engines) == {SERIAL}
    limit = BESIDE_OTHERS if beside_others else STAYS_SERIAL if stays_serial else QUIET
    failed = [f"{name}: {one.failure}" for name, one in series.items() if one.failure]
    return Verdict(
        title=title,
        items=items,
        plain_s=plain_s,
        own_s=abs(paired_s(plain.seconds, series[AGAIN].seconds)),
        lost_s=paired_s(plain.seconds, series[OURS].seconds),
        allowed_s=limit.allowed_s(plain_s),
        engines=tuple(dict.fromkeys(engines)),
        failures=tuple(failed),
    )


@contextmanager
def spinners(count: int) -> Iterator[None]:
    """Keep so many foreign processes busy."""
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()
