"""Runs the suite: every contestant on every case, in random order, round by round."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from random import Random
from typing import Final

from benchmarks.measure.calibration import PlainLoopFailedError, amount_for, rate_of
from benchmarks.measure.contestants import (
    ACCOUNT,
    AGAIN,
    NOTEBOOK,
    ORACLE,
    OURS,
    PEERS,
    PLAIN,
    grid,
)
from benchmarks.measure.oracle import choose
from benchmarks.measure.proc import usable_cores
from benchmarks.measure.racing import race
from benchmarks.measure.records import Case, Results
from benchmarks.measure.runner import Runner
from benchmarks.measure.trial import Check, Request
from benchmarks.runs.forms import Form
from benchmarks.workloads.registry import workload_named

RACE: Final = (PLAIN, AGAIN, *PEERS, OURS, NOTEBOOK, ORACLE)
SEED: Final = 3

Say = Callable[[str], None]
"""Takes a line about how far the run is."""


@dataclass(slots=True, kw_only=True)
class Suite:
    """One run of a form."""

    form: Form
    runner: Runner
    say: Say
    clock: Callable[[], float] = time.monotonic
    random: Random = field(default_factory=lambda: Random(SEED))
    rates: dict[str, float] = field(default_factory=dict)
    """Amounts per millisecond, filled as workloads come up."""

    def run(self, circumstances: Results, keep: Callable[[Results], None]) -> Results:
        """Measure case by case; ``keep`` gets what there is after each."""
        began, so_far = self.clock(), circumstances
        for number, (name, size_ms) in enumerate(self.form.cases, 1):
            title = f"{name} {size_ms} ms"
            if self._is_late(self.clock() - began):
                so_far = replace(so_far, left_out=(*so_far.left_out, title))
                continue
            self.say(f"[{number}/{len(self.form.cases)}] {title}")
            try:
                case = self.case(name, size_ms)
            except PlainLoopFailedError as error:
                so_far = replace(so_far, left_out=(*so_far.left_out, f"{title}: {error}"))
                continue
            so_far = replace(
                so_far,
                cases=(*so_far.cases, case),
                seconds=self.clock() - began,
                disturbance=asdict(self.runner.seen),
            )
            keep(so_far)
        return so_far

    def _is_late(self, elapsed_s: float) -> bool:
        return self.form.minutes is not None and elapsed_s > 60 * self.form.minutes

    def case(self, name: str, size_ms: float) -> Case:
        """Measure one workload at one size."""
        workload = workload_named(name)
        if name not in self.rates:
            self.rates[name] = rate_of(workload, self.runner.run)
        asked = Request(
            workload=name,
            amount=amount_for(self.rates[name], size_ms),
            contestant=ACCOUNT,
            check=Check.ALL,
            limit_s=self.form.limit_s,
        )
        first = self.runner.run(asked)
        items = first.items or self.runner.run(replace(asked, contestant=PLAIN)).items
        oracle = choose(
            grid(items, usable_cores()),
            lambda chosen, limit_s: self.runner.run(
                replace(asked, contestant=chosen, check=Check.SPOT, limit_s=limit_s)
            ),
            rounds=self.form.choosing,
            limit_s=self.form.limit_s,
            random=self.random,
        )
        playing = {ORACLE: oracle.chosen}
        return Case(
            workload=name,
            family=workload.family,
            kind=workload.kind,
            size_ms=size_ms,
            amount=asked.amount,
            items=items,
            oracle=oracle,
            series=race(
                {name: replace(asked, contestant=playing.get(name, name)) for name in RACE},
                self.runner.run,
                rounds=self.form.repetitions,
                random=self.random,
                once_over_s=self.form.once_over_s,
            ),
            account=first.account or {"failure": first.failure},
        )
