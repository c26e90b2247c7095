"""``optimize_streaming``: advice for users of ``Pool.imap`` and ``imap_unordered``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from amorsize.api.checks import check_flags, positive_integer
from amorsize.api.optimize import optimize
from amorsize.plan.advise import advise
from amorsize.vocab.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from amorsize.api.result import OptimizationResult

UNEVEN: Final = 0.5
"""Where calls vary by more than this share of their mean, results in order wait for the slow ones.
Not tuned."""


@dataclass(slots=True, repr=False)
class StreamingOptimizationResult:
    """Arguments for ``Pool(n_jobs).imap(func, data, chunksize)``, or ``imap_unordered``."""

    n_jobs: int
    chunksize: int
    use_ordered: bool
    """Whether ``imap`` is advised; else ``imap_unordered``."""
    reason: str
    estimated_speedup: float = 1.0
    warnings: list[str] = field(default_factory=list)
    data: Any = None
    """Still yields every item, whatever the input was."""
    profile: Profile | None = None
    executor_type: str = "process"
    """``"thread"``: ``multiprocessing.pool.ThreadPool`` has the same methods."""

    def __repr__(self) -> str:
        method = "imap" if self.use_ordered else "imap_unordered"
        return (
            f"StreamingOptimizationResult(n_jobs={self.n_jobs}, chunksize={self.chunksize}, "
            f"method={method!r}, estimated_speedup={self.estimated_speedup:.2f}x)"
        )


def optimize_streaming(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    sample_size: int = 5,
    target_chunk_duration: float = 0.2,
    prefer_ordered: bool | None = None,
    buffer_size: int | None = None,
    verbose: bool = False,
    use_spawn_benchmark: bool = True,
    use_chunking_benchmark: bool = True,
    profile: bool = False,
    *,
    use_cache: bool = True,
) -> StreamingOptimizationResult:
    """Advise how to run ``func`` on ``data`` with ``imap``, as ``optimize`` does for ``map``.

    The advice is for all items, as many as there are, or as many again as were seen where the
    input does not know its length: start-up and the last chunks weigh on few items, and not on
    many. ``stream`` needs no advice, and reads no further ahead than its window; a pool's
    ``imap`` reads all of its input at once.

    Args:
        func: Called with one item; a plain function.
        data: Any iterable. ``result.data`` still yields every item, whatever it was.
        sample_size: Run at least so many items, as far as the budget of ``optimize`` allows.
        target_chunk_duration: No chunk is advised that takes longer than this, in seconds.
        prefer_ordered: Advise ``imap``, or with ``False`` ``imap_unordered``; ``None``: unordered
            only where calls are so uneven that others would wait for the slow ones.
        buffer_size: Items that may be on their way at once: all workers' chunks together.
        verbose: Print what was found to stdout.
        use_spawn_benchmark: As in ``optimize``.
        use_chunking_benchmark: Kept for callers of 0.1; has no effect.
        profile: Kept likewise; what was measured is always in ``result.profile``.
        use_cache: As in ``optimize``.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong.
        BaseException: whatever ``func`` raises for a sampled item, as itself.
    """
    check_flags(prefer_ordered=bool(prefer_ordered) if prefer_ordered is None else prefer_ordered)
    most = None if buffer_size is None else positive_integer("buffer_size", buffer_size)
    found = optimize(
        func,
        data,
        sample_size,
        target_chunk_duration,
        verbose,
        use_spawn_benchmark,
        use_chunking_benchmark,
        profile,
        use_cache=use_cache,
    )
    result = StreamingOptimizationResult(
        found.n_jobs,
        found.chunksize,
        _is_even(found) if prefer_ordered is None else bool(prefer_ordered),
        found.reason,
        found.estimated_speedup,
        found.warnings,
        found.data,
        found.profile,
        found.executor_type,
    )
    if most is not None and result.n_jobs * result.chunksize > most:
        _fit(result, found, most)
    return result


def _is_even(found: OptimizationResult) -> bool:
    return found.profile is None or found.profile.spread <= UNEVEN * found.profile.mean_s


def _fit(result: StreamingOptimizationResult, found: OptimizationResult, most: int) -> None:
    """Smaller chunks, and what they cost; with less room than workers, fewer of those."""
    result.n_jobs = min(result.n_jobs, most)
    result.chunksize = max(1, most // result.n_jobs)
    result.reason += f"; at most {most} items at once"
    if found.profile is not None and found.machine is not None:
        options = replace(found.options, n_jobs=result.n_jobs, chunksize=result.chunksize)
        again = advise(found.profile, found.machine, options, longest_chunk_s=found.longest_chunk_s)
        result.estimated_speedup = again.speedup
