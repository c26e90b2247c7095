"""``optimize``: advice for the standard pools from a bounded sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from amorsize.api.announce import Announcer
from amorsize.api.checks import (
    check_call,
    check_callback,
    check_flags,
    check_sampling,
    options_from,
)
from amorsize.api.result import OptimizationResult
from amorsize.engines.source import all_items, next_item, source_of
from amorsize.plan.advise import advise
from amorsize.plan.needs import needs_of
from amorsize.runtime.memory import Memory
from amorsize.runtime.recalled import recalled_profile
from amorsize.runtime.study import Study
from amorsize.runtime.surroundings import Surroundings
from amorsize.sample.facts import is_immutable
from amorsize.vocab.advice import PoolKind
from amorsize.vocab.options import DEFAULT_OPTIONS, Backend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from amorsize.engines.source import Source
    from amorsize.vocab.advice import Advice
    from amorsize.vocab.options import Options


def optimize(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    sample_size: int = 5,
    target_chunk_duration: float = 0.2,
    verbose: bool = False,
    use_spawn_benchmark: bool = True,
    use_chunking_benchmark: bool = True,
    profile: bool = False,
    auto_adjust_for_nested_parallelism: bool = True,
    progress_callback: Callable[[str, float], None] | None = None,
    prefer_threads_for_io: bool = True,
    enable_function_profiling: bool = False,
    use_cache: bool = True,
    *,
    n_jobs: int | None = None,
    chunksize: int | None = None,
    backend: Literal["auto", "serial", "threads", "processes"] = "auto",
    order: Literal["any", "input"] = "any",
) -> OptimizationResult:
    """Advise how to run ``func`` on ``data`` with a standard pool, without running it all.

    A few items are run, each once, for at most 50 ms or 2 % of the predicted serial time,
    whichever is more, and 2 s at most; the last item that was started may take longer. Their
    results are dropped. What ``func`` raises for one of them is raised.

    Args:
        func: Called with one item; a plain function, not an ``async`` one.
        data: Any iterable. ``result.data`` still yields every item, whatever it was.
        sample_size: Run at least so many items, as far as the budget allows.
        target_chunk_duration: No chunk is advised that takes longer than this, in seconds.
        verbose: Print what was found to stdout.
        use_spawn_benchmark: Where the standard pools spawn their workers, time what the main
            module imports, in a fresh interpreter, once, if the budget allows.
        use_chunking_benchmark: Kept for callers of 0.1; has no effect.
        profile: Kept likewise; what was measured is always in ``result.profile``.
        auto_adjust_for_nested_parallelism: Kept for ``execute``, which acts on it.
        progress_callback: Called with a phase and a share from 0.0 to 1.0.
        prefer_threads_for_io: Advise threads for a function that waits.
        enable_function_profiling: Kept likewise; has no effect yet.
        use_cache: Decide from what earlier calls have learned about ``func``, without running
            anything, and keep what this one learns.
        n_jobs: Advise for exactly this many workers; -1: all usable.
        chunksize: Advise for exactly this chunk size.
        backend: Consider this kind of pool only.
        order: ``"input"`` runs items in input order only.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong.
        BaseException: whatever ``func`` raises for a sampled item, or ``data`` while it is read, as
            itself.
    """
    check_call(func, data)
    check_sampling(sample_size, target_chunk_duration)
    check_callback("progress_callback", progress_callback)
    check_flags(
        verbose=verbose,
        use_spawn_benchmark=use_spawn_benchmark,
        use_chunking_benchmark=use_chunking_benchmark,
        profile=profile,
        enable_function_profiling=enable_function_profiling,
        use_cache=use_cache,
    )
    options = options_from(
        n_jobs=n_jobs,
        chunksize=chunksize,
        backend=backend,
        order=order,
        prefer_threads_for_io=prefer_threads_for_io,
        auto_adjust_for_nested_parallelism=auto_adjust_for_nested_parallelism,
    )
    announcer = Announcer(verbose=bool(verbose), callback=progress_callback)
    announcer.phase("sampling", 0.0)
    source, memory = source_of(data, keep=True), Memory(func, wanted=bool(use_cache))
    longest_chunk_s = float(target_chunk_duration)
    result = _remembered(func, source, options, longest_chunk_s, memory=memory) or _sampled(
        func,
        source,
        options,
        longest_chunk_s,
        sample_size=int(sample_size),
        spawns=bool(use_spawn_benchmark),
        memory=memory,
    )
    result.data, result.memory = all_items(source, data), memory.told
    if result.cache_hit:
        result.reason = f"{result.reason}; {memory.told}"
    announcer.phase("done", 1.0)
    if announcer.verbose:
        announcer.tell(memory.verdict, result.explain())
    return result


def _remembered(
    func: Callable[[Any], Any],
    source: Source,
    options: Options,
    longest_chunk_s: float,
    *,
    memory: Memory,
) -> OptimizationResult | None:
    """Advice from what earlier calls have measured; ``None`` where that is not enough."""
    items = next_item(source)
    entry = memory.look_up() if items else None
    if entry is None:
        return None
    if entry.learned is None:
        if options == DEFAULT_OPTIONS:
            return OptimizationResult.from_entry(entry)
        memory.set_aside("it is a decision without measurements, for other options")
        return None
    if not memory.fits(items):
        return None
    situation = Surroundings(now=False).situation(may_read=True)
    profile = recalled_profile(entry.learned, func, source, items=items)
    advice = advise(profile, situation, options, longest_chunk_s=longest_chunk_s)
    missing = ", ".join(needs_of(advice, profile, situation))
    if not missing and options.backend is Backend.AUTO and _hands_over(advice, items):
        missing = "whether such items are changed in place, which only a call shows"
    if missing:
        memory.set_aside(f"it does not tell {missing}")
        return None
    result = OptimizationResult.from_advice(
        advice, profile, machine=situation, options=options, longest_chunk_s=longest_chunk_s
    )
    result.cache_hit = True
    return result


def _hands_over(advice: Advice, items: Sequence[Any]) -> bool:
    """Whether items that could be changed in place would go to another process."""
    chosen = advice.chosen
    away = chosen.kind is PoolKind.PROCESSES and chosen.n_jobs > 1
    return away and not is_immutable(items[0])


def _sampled(
    func: Callable[[Any], Any],
    source: Source,
    options: Options,
    longest_chunk_s: float,
    *,
    sample_size: int,
    spawns: bool,
    memory: Memory,
) -> OptimizationResult:
    study = Study(func, source, options=options, sample_size=sample_size, spawns=spawns)
    study.run()
    if study.profile is None:
        return OptimizationResult(1, 1, "nothing to do: the input is empty")
    advice = advise(study.profile, study.situation, options, longest_chunk_s=longest_chunk_s)
    memory.keep_advice(advice, study.profile, study.situation)
    return OptimizationResult.from_advice(
        advice,
        study.profile,
        machine=study.situation,
        options=options,
        longest_chunk_s=longest_chunk_s,
    )
