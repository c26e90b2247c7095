"""``process_in_batches``: all results, with never more than a part of memory full of them."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from amorsize.api.checks import check_flags, positive_integer, positive_number
from amorsize.api.stream import stream
from amorsize.engines.window import WINDOW_BYTES, weight_of
from amorsize.errors import UsageError
from amorsize.machine.facts import inspect_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Sink: TypeAlias = Callable[[list[Any]], object] | str | os.PathLike[str] | Any

NOT_FOR_STREAMS: Final = frozenset(
    (
        *("target_chunk_duration", "use_spawn_benchmark", "use_chunking_benchmark", "profile"),
        *("progress_callback", "enable_function_profiling"),
    )
)
"""Keywords of ``optimize`` that were taken by 0.1 and mean nothing here."""

LOOK_EVERY: Final = 16
"""Results between two that are weighed with all they hold, while a batch is collected."""

LIKELY_BYTES: Final = 1 << 30
"""Memory that is taken to be there, where nothing tells how much is."""


def estimate_safe_batch_size(result_size_bytes: int, max_memory_percent: float = 0.5) -> int:
    """How many results of this size fit into a share of the memory that is free, at least 1.

    Args:
        result_size_bytes: What one result holds, in bytes.
        max_memory_percent: The share, above 0.0 and up to 1.0.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong.
    """
    size = positive_integer("result_size_bytes", result_size_bytes)
    return max(1, _allowed_bytes(max_memory_percent) // size)


def process_in_batches(
    func: Callable[[Any], Any],
    data: Iterable[Any],
    batch_size: int | None = None,
    max_memory_percent: float = 0.5,
    sample_size: int = 5,
    verbose: bool = False,
    *,
    sink: Sink | None = None,
    **optimize_kwargs: Any,
) -> list[Any] | int:
    """Run ``func`` on every item, and hand the results on a batch at a time.

    It is ``stream`` underneath: the caller begins, workers are brought in where they pay and stay
    for all batches, and ``data`` is read no further than needed. With a ``sink`` no more than one
    batch and what is in flight are in memory; the batch ends when its results weigh what
    ``max_memory_percent`` allows, as measured on them. Without a sink all results are returned,
    and memory is bounded by nothing but their number.

    Args:
        func: Called with one item, once per item.
        data: Any iterable.
        batch_size: Results in a batch; ``None``: as many as memory allows.
        max_memory_percent: Share of the free memory for a batch and what is in flight, above 0.0
            and up to 1.0.
        sample_size: Kept for callers of 0.1; the run itself decides how much to measure.
        verbose: Print a line per batch, to stdout.
        sink: Called with each batch, a list in input order; or a text file, or the path of one,
            that gets a line of JSON per result. A path is written from its start.
        optimize_kwargs: Options of ``stream``; those of ``optimize`` that 0.1 took have no effect.

    Returns:
        The list of all results; with a ``sink`` how many there were.

    Raises:
        UsageError: a ``ValueError``: an argument is wrong.
        BaseException: whatever ``func`` or the sink raises, as itself; batches before it were
            handed on.
    """
    size = None if batch_size is None else positive_integer("batch_size", batch_size)
    positive_integer("sample_size", sample_size)
    check_flags(verbose=verbose)
    allowed = _allowed_bytes(max_memory_percent)
    options = {key: value for key, value in optimize_kwargs.items() if key not in NOT_FOR_STREAMS}
    options.setdefault("window_bytes", max(1, min(WINDOW_BYTES, allowed // 2)))
    kept: list[Any] = []
    count = 0
    with ExitStack() as closing:
        results = closing.enter_context(stream(func, data, **options))
        # only now, as it empties a file: all arguments were right
        take = kept.extend if sink is None else _taker(sink, closing)
        for batch in _batches(results, size, max(1, allowed - options["window_bytes"])):
            take(batch)
            count += len(batch)
            if verbose:
                _tell(len(batch), count)
    return kept if sink is None else count


def _tell(size: int, count: int) -> None:
    from amorsize.api.announce import Announcer

    Announcer(verbose=True, callback=None).tell(f"batch of {size:,} results; {count:,} so far")


def _allowed_bytes(share: Any) -> int:
    if positive_number("max_memory_percent", share) > 1:
        msg = f"max_memory_percent must be at most 1.0, got {share!r}"
        raise UsageError.parameter(msg)
    facts = inspect_memory()
    known = [size for size in (facts.available_bytes, facts.limit_bytes) if size is not None]
    return max(1, int(float(share) * min(known, default=LIKELY_BYTES)))


def _batches(results: Iterable[Any], size: int | None, most_bytes: int) -> Iterator[list[Any]]:
    """Lists of ``size``, or shorter where so many results would weigh too much."""
    batch: list[Any] = []
    weight = each = 0
    for result in results:
        if len(batch) % LOOK_EVERY == 0 or each > most_bytes // LOOK_EVERY:
            each = weight_of(result)
        batch.append(result)
        weight += each
        if weight >= most_bytes or len(batch) == size:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def _taker(sink: Sink, closing: ExitStack) -> Callable[[list[Any]], object]:
    if callable(sink):
        taker: Callable[[list[Any]], object] = sink
        return taker
    if isinstance(sink, (str, os.PathLike)):
        file: Any = closing.enter_context(open(sink, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - entered here, and pathlib is dear to import
    elif hasattr(sink, "write"):
        file = sink
    else:
        msg = f"sink must be callable, a text file or a path, got {type(sink).__name__}"
        raise UsageError.parameter(msg)

    def write(batch: Sequence[Any]) -> None:
        file.write("".join(f"{json.dumps(result, ensure_ascii=False)}\n" for result in batch))

    return write
