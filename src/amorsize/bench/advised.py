"""The way of running that an advice stands for, and the best of those it turned down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amorsize.plan.wording import in_words
from amorsize.vocab.trials import Runner, Setup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amorsize.vocab.advice import PoolCandidate, PricedPool


def setup_for(executor_type: str, n_jobs: int, chunksize: int) -> Setup:
    """``executor_type`` in the words of the results: one job is the plain loop."""
    if n_jobs == 1:
        return Setup(runner=Runner.SERIAL)
    return Setup(runner=Runner(executor_type), n_jobs=n_jobs, chunksize=chunksize)


def setup_of(candidate: PoolCandidate) -> Setup:
    """The same for a candidate of the planner's."""
    return setup_for(candidate.kind.value, candidate.n_jobs, candidate.chunksize)


def runner_up(candidates: Iterable[PricedPool]) -> Setup | None:
    """The fastest pool that was priced."""
    pools = [pool for pool in candidates if pool.expected and pool.candidate.n_jobs > 1]
    times = {pool.candidate: pool.expected.total_s for pool in pools if pool.expected}
    return setup_of(min(times, key=times.__getitem__)) if times else None


def why_none(candidates: Iterable[PricedPool]) -> str:
    """Why no pool was priced."""
    reasons = (pool.reason for pool in candidates if pool.reason and pool.candidate.n_jobs > 1)
    return "; ".join(dict.fromkeys(in_words(reason) for reason in reasons))
