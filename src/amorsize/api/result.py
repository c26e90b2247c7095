"""What ``optimize`` returns: the advice, in the fields that users know, and the reasons for it."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any, Final, Self

from amorsize.plan.facts import Case
from amorsize.plan.hindsight import predicted_for, serial_for
from amorsize.plan.pool_search import all_items_s
from amorsize.plan.recall import profile_of_run
from amorsize.plan.wording import warnings_about
from amorsize.report.advice import advice_line, advice_text, explain_advice
from amorsize.report.page import wrapped
from amorsize.report.text import decision_line, explain, summary
from amorsize.vocab.advice import Advice, PricedPool
from amorsize.vocab.estimate import Measured
from amorsize.vocab.options import DEFAULT_OPTIONS, Options
from amorsize.vocab.plan import Decision, EngineKind
from amorsize.vocab.profile import Profile
from amorsize.vocab.record import RunRecord
from amorsize.vocab.situation import Situation

if TYPE_CHECKING:
    from os import PathLike

    from amorsize.api.pool_advice import PoolAdvice
    from amorsize.cache.entries import CacheEntry

_SHOWN: Final = (
    *("n_jobs", "chunksize", "executor_type", "estimated_speedup", "reason", "warnings"),
    *("cache_hit", "memory", "predicted_s", "serial_s", "profile", "machine"),
)
"""Attributes that ``to_dict`` shows as they are."""

_EXECUTORS: Final = {EngineKind.THREADS: "thread", EngineKind.ASYNC: "async"}


@dataclass(slots=True, repr=False, eq=False)
class OptimizationResult:
    """How to run a function on its data, how long that takes, and how sure it is.

    With ``executor_type`` ``"process"`` the numbers are for
    ``multiprocessing.Pool(n_jobs).map(func, data, chunksize)``, with ``"thread"`` for
    ``concurrent.futures.ThreadPoolExecutor(n_jobs).map(func, data)``; one job is the plain loop.
    After ``execute`` on an async function it is ``"async"``, and ``n_jobs`` the most that were
    in flight at once.
    """

    n_jobs: int
    chunksize: int
    reason: str
    estimated_speedup: float = 1.0
    """The plain loop's time over that of the whole ``with`` block, pool made and closed."""
    warnings: list[str] = field(default_factory=list)
    data: Any = None
    """Still yields every item, whatever the input was."""
    profile: Profile | None = None
    """What was measured."""
    executor_type: str = "process"
    cache_hit: bool = False
    _: KW_ONLY
    decision: Advice | Decision | None = None
    """The choice: among the standard pools, or the one that ``execute`` followed."""
    predicted_s: Measured | None = None
    """Time of the ``with`` block, if the items left cost as expected, as little or as much as
    they may."""
    serial_s: Measured | None = None
    """The same for the plain loop."""
    candidates: tuple[PricedPool, ...] = ()
    """Every pool that was looked at: what it would take, and why it lost."""
    run: RunRecord | None = None
    """What really happened, where ``execute`` ran the items."""
    machine: Situation | None = None
    memory: str = ""
    """What earlier calls contributed, in a sentence."""
    options: Options = DEFAULT_OPTIONS
    """What the caller asked for."""
    longest_chunk_s: float = inf
    """No chunk is advised that takes longer."""

    @classmethod
    def from_advice(
        cls,
        advice: Advice,
        profile: Profile,
        *,
        machine: Situation,
        data: object = None,
        options: Options = DEFAULT_OPTIONS,
        longest_chunk_s: float = inf,
    ) -> Self:
        """The result of ``optimize``."""
        left, seen = profile.remaining, profile.sampled
        return cls(
            advice.chosen.n_jobs,
            advice.chosen.chunksize,
            advice_line(advice),
            advice.speedup,
            warnings_about(pool.reason for pool in advice.considered if pool.reason),
            data=data,
            profile=profile,
            executor_type=advice.chosen.kind.value,
            decision=advice,
            predicted_s=Measured(
                median_s=advice.expected.total_s,
                low_s=advice.low_s,
                high_s=advice.high_s,
                samples=seen,
            ),
            serial_s=Measured(
                median_s=advice.serial_s,
                low_s=all_items_s(profile, left.low_s),
                high_s=all_items_s(profile, left.high_s),
                samples=seen,
            ),
            candidates=advice.considered,
            machine=machine,
            options=options,
            longest_chunk_s=longest_chunk_s,
        )

    @classmethod
    def from_entry(cls, entry: CacheEntry) -> Self:
        """A decision that was stored without measurements, as it stands."""
        return cls(
            entry.n_jobs,
            entry.chunksize,
            entry.reason,
            entry.estimated_speedup,
            list(entry.warnings),
            executor_type=entry.executor_type,
            cache_hit=True,
        )

    @classmethod
    def from_run(cls, record: RunRecord, *, data: object = None) -> Self:
        """The result of ``execute``: what it decided, and what came of it."""
        decision = record.decision
        return cls(
            record.workers,
            decision.chosen.chunk if decision is not None and decision.is_parallel else 1,
            explain(record) if decision is None else decision_line(decision),
            record.speedup if record.engine is EngineKind.ASYNC else record.predicted_speedup,
            list(record.warnings),
            data,
            record.profile,
            _EXECUTORS.get(record.engine, "process"),
            record.memory.startswith("remembered"),
            decision=decision,
            predicted_s=predicted_for(record),
            serial_s=serial_for(record),
            run=record,
            machine=record.situation,
            options=record.options,
        )

    def explain(self) -> str:
        """Tell what was measured, what each choice would take, and why this one."""
        if self.run is not None:
            return explain(self.run)
        if isinstance(self.decision, Advice) and self.profile is not None:
            page = explain_advice(self.decision, self.profile, self.machine, options=self.options)
            return "\n".join([page, *wrapped([self.memory] if self.memory else [])])
        return self.reason

    def save_config(
        self,
        path: str | PathLike[str],
        function_name: str | None = None,
        notes: str | None = None,
        overwrite: bool = False,
    ) -> None:
        """Keep the advice in a file, JSON or YAML by its ending, for ``load_config``.

        Raises:
            FileThereError: a ``FileExistsError``: it is there, and ``overwrite`` is not set.
            UsageError: a value that no configuration can have.
            ExtraMissingError: YAML without the extra ``yaml``.
            OSError: the file cannot be written.
        """
        from amorsize.api.configs import ConfigData, save_config

        config = ConfigData(
            self.n_jobs,
            self.chunksize,
            self.executor_type,
            self.estimated_speedup,
            function_name,
            len(self.data) if hasattr(self.data, "__len__") else None,
            None if self.profile is None else self.profile.mean_s,
            notes,
            source="optimize" if self.run is None else "execute",
        )
        save_config(config, path, overwrite=overwrite)

    def for_pool(self, name: str) -> PoolAdvice:
        """Give the best arguments for one named pool, and the time that its use would take.

        The pool is taken as given, also where the plain loop, or another pool, would be faster:
        ``notes`` says so, and whether the pool is installed. After ``execute`` the times are
        those of all the items that were run.

        Args:
            name: ``"multiprocessing"``, ``"concurrent.futures"`` (processes), ``"joblib"``,
                ``"loky"`` or ``"threads"`` (``concurrent.futures.ThreadPoolExecutor``).

        Raises:
            UsageError: a ``ValueError``: no pool is called so.
        """
        from amorsize.api.pool_advice import measured, pool_called, unmeasured

        pool, case = pool_called(name), self._case()
        if case is None:
            return unmeasured(
                pool,
                n_jobs=self.n_jobs,
                chunksize=self.chunksize,
                why=f"not measured: {self.reason}",
            )
        return measured(pool, case, longest_chunk_s=self.longest_chunk_s, by_name=self.run is None)

    def to_dict(self) -> dict[str, Any]:
        """Everything but the items, for programs: ``json.dumps(..., allow_nan=False)`` takes it.

        What is not known is ``None``. Times are in seconds, sizes in bytes. Keys:

        - ``n_jobs``, ``chunksize``, ``executor_type``, ``estimated_speedup``, ``reason``,
          ``warnings``, ``cache_hit``, ``memory``: the attributes of the same names;
        - ``predicted_s``, ``serial_s``: ``median_s``, ``low_s``, ``high_s`` and ``samples`` of the
          predicted time, and of the plain loop's, for all items;
        - ``profile``, ``machine``: what was measured, by the names of their fields;
        - ``candidates``: what was compared, the choice first, each with a ``name``, its
          arguments, ``expected`` (the parts of the makespan and ``total_s``) and the ``reason``
          why it lost;
        - ``limits``: of the choice, or of the best beside the plain loop: ``candidate``,
          ``total_s`` and ``parts``, each with ``cause``, ``time_s``, ``share`` and ``at_once``;
        - ``changes``: what would help, the best first, each with ``what``, ``gain``, ``remedy``,
          ``before``, ``after``, ``now_s`` and ``then_s``;
        - ``run``: of ``execute``: ``items``, ``engine``, ``workers``, ``wall_s``, ``work_s``,
          ``speedup``, ``predicted_speedup``, ``serial_items``, ``warnings`` and ``reruns``.
        """
        from amorsize.plan.changes import told_about
        from amorsize.report.fields import result_fields

        shown = {name: getattr(self, name) for name in _SHOWN}
        told = told_about(
            self.decision, profile=self.profile, situation=self.machine, options=self.options
        )
        return result_fields(shown, told, decision=self.decision, run=self.run)

    def _case(self) -> Case | None:
        """All items, as they were measured; a run has shown what they cost."""
        profile, machine, run = self.profile, self.machine, self.run
        if profile is None or machine is None or not profile.sampled:
            return None
        if run is not None and run.items:
            profile = profile_of_run(run, profile)
        return Case(profile=profile, situation=machine, options=self.options)

    def __str__(self) -> str:
        if self.run is not None:
            return summary(self.run)
        lines = [self.reason]
        if isinstance(self.decision, Advice) and self.profile is not None:
            lines = advice_text(self.decision, self.profile)
        return "\n".join([*lines, *wrapped(f"warning: {text}" for text in self.warnings)])

    def __repr__(self) -> str:
        return (
            f"OptimizationResult(n_jobs={self.n_jobs}, chunksize={self.chunksize}, "
            f"executor_type={self.executor_type!r}, "
            f"estimated_speedup={self.estimated_speedup:.2f}x)"
        )
