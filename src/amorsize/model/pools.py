"""The wall time of the standard library's pools: made, used for one ``map``, and closed.

Their caller only hands out and collects. It does so item by item and chunk by chunk, alone,
and it needs a core for it: workers that fill all cores are slowed down by it.
"""

from __future__ import annotations

from math import ceil, log, sqrt
from typing import TYPE_CHECKING

from amorsize.model.makespan import tail_s
from amorsize.vocab.plan import Makespan

if TYPE_CHECKING:
    from amorsize.model.makespan import Capacity, Work
    from amorsize.vocab.advice import PoolCandidate
    from amorsize.vocab.situation import Price


def pool_makespan(
    work: Work, candidate: PoolCandidate, *, price: Price, capacity: Capacity
) -> Makespan:
    """Predict the whole ``with`` block.

    A chunk costs ``per_chunk`` in the caller, and ``per_item`` for each of its items, and as much
    again in the worker. The slowest
    of three stations sets the pace: the workers, the caller, and the cores they all share.
    """
    joint = capacity.of(min(candidate.n_jobs, work.items), work.load)
    chunks = ceil(work.items / candidate.chunksize)
    handling_s = chunks * price.per_chunk.median_s + work.items * price.per_item.median_s
    compute_s = work.serial_s / joint
    away_s = work.items * work.away_s
    caller_s = work.items * (work.caller_s + work.read_s)
    pace_s = max(
        compute_s + (away_s + handling_s) / joint,
        caller_s + handling_s + work.serial_s * capacity.locked,
        (work.serial_s * work.load + away_s + caller_s + 2 * handling_s) / capacity.cores,
    )
    moved_s = away_s + caller_s
    share = moved_s / (moved_s + 2 * handling_s) if moved_s > 0 else 0.0
    return Makespan(
        startup_s=pool_startup_s(price, candidate.n_jobs),
        compute_s=compute_s,
        dispatch_s=(pace_s - compute_s) * (1 - share),
        transfer_s=(pace_s - compute_s) * share,
        tail_s=tail_s(
            work,
            min(candidate.n_jobs, chunks),
            compute_s=compute_s,
            last_chunk=candidate.chunksize,
        ),
    )


def fixed_chunk(work: Work, workers: int, price: Price) -> int:
    """The best single chunk size for independent items of known spread.

    Few large chunks leave workers waiting at the end, many small ones cost handling
    (Kruskal and Weiss, IEEE TSE 11(10), 1985).
    """
    even = ceil(work.items / workers)
    deviation_s = work.spread * work.item_s
    if workers == 1 or deviation_s <= 0:
        return even
    handling_s = 2 * price.per_chunk.median_s
    best = sqrt(2) * work.items * handling_s / (deviation_s * workers * sqrt(log(workers)))
    return max(1, min(even, round(float(best ** (2 / 3)))))


def pool_startup_s(price: Price, workers: int) -> float:
    """All workers made, and the pool closed: its own time, without any work."""
    workers_s = workers * price.per_worker.median_s
    return price.blocking.median_s + workers_s + price.delay.median_s
