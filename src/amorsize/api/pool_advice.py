"""``result.for_pool(name)``: what one named pool is to be given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Self

from amorsize.errors import UsageError
from amorsize.plan.any_pool import as_sent_by, best_use
from amorsize.report.pools import map_arguments, pool_arguments, pool_code, pool_notes, pool_text
from amorsize.vocab.advice import PoolKind, PoolName, PoolUse
from amorsize.vocab.estimate import Measured

if TYPE_CHECKING:
    from amorsize.plan.facts import Case

OPTIONAL: Final = {PoolName.JOBLIB, PoolName.LOKY}
"""The others come with Python."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolAdvice:
    """The best arguments for one pool, and how long it would take with them.

    ``print`` it for the code. In a program::

        advice = result.for_pool("multiprocessing")
        with multiprocessing.Pool(**advice.arguments) as pool:
            results = pool.map(func, data, **advice.map_arguments)
    """

    pool: str
    arguments: dict[str, Any]
    """Keywords for what makes the pool: ``Pool``, an executor, ``joblib.Parallel``, ..."""
    map_arguments: dict[str, Any]
    """Keywords for its ``map``, beside function and data; none where it takes none."""
    predicted_s: Measured | None
    """From making the pool to closing it, if items cost as expected, as little or as much as they
    may; ``None`` where the pool cannot do it, or nothing was measured."""
    speedup: float | None
    """The plain loop's time over it."""
    installed: bool
    notes: tuple[str, ...] = ()
    """What speaks against it, and what was not measured."""
    code: str = field(default="", repr=False)
    """Lines that run ``func`` on ``data``."""
    _text: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self._text

    @classmethod
    def of(cls, use: PoolUse, *, samples: int, remark: str = "") -> Self:
        """In the words of the pool."""
        installed = use.pool not in OPTIONAL or find_spec(use.pool.value) is not None
        notes = (*pool_notes(use, installed=installed), *([remark] if remark else []))
        total_s = None if use.expected is None else use.expected.total_s
        return cls(
            pool=use.pool.value,
            arguments=pool_arguments(use),
            map_arguments=map_arguments(use),
            predicted_s=None if total_s is None else _interval(use, total_s, samples),
            speedup=use.serial_s / total_s if total_s else None,
            installed=installed,
            notes=notes,
            code="\n".join(pool_code(use)),
            _text=pool_text(use, notes),
        )


def pool_called(name: object) -> PoolName:
    """The pool that a user means.

    Raises:
        UsageError: a ``ValueError``: no pool is called so.
    """
    if isinstance(name, str) and name in set(PoolName):
        return PoolName(name)
    msg = f"Invalid parameter: no pool is called {name!r}"
    raise UsageError(msg, hint=f"one of {', '.join(map(repr, map(str, PoolName)))}")


def unmeasured(pool: PoolName, *, n_jobs: int, chunksize: int, why: str) -> PoolAdvice:
    """Arguments as they are, where there is nothing to foretell a time from."""
    threads = pool is PoolName.THREADS
    kind = PoolKind.THREADS if threads else PoolKind.PROCESSES
    use = PoolUse(pool=pool, kind=kind, n_jobs=n_jobs, chunksize=chunksize)
    return PoolAdvice.of(use, samples=0, remark=why)


def measured(pool: PoolName, case: Case, *, longest_chunk_s: float, by_name: bool) -> PoolAdvice:
    """The best arguments, searched; ``by_name`` is how the function's travel was measured."""
    profile = as_sent_by(pool, case.profile, by_name=by_name)
    use = best_use(pool, replace(case, profile=profile), longest_chunk_s=longest_chunk_s)
    return PoolAdvice.of(use, samples=profile.sampled)


def _interval(use: PoolUse, total_s: float, samples: int) -> Measured:
    return Measured(median_s=total_s, low_s=use.low_s, high_s=use.high_s, samples=samples)
