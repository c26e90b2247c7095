"""The best number of workers for one engine, and what it would cost."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from amorsize.model.chunks import chunk_sizes
from amorsize.model.makespan import NO_TIME_S, blocking_s, joint_rate, makespan
from amorsize.plan import facts, tunables
from amorsize.plan.concurrency import starting_threads
from amorsize.plan.hindsight import correction_of
from amorsize.plan.prices import dearer, gigabyte_here, price_of
from amorsize.vocab.estimate import Assumed
from amorsize.vocab.plan import Candidate, EngineKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize.model.makespan import Capacity, Work
    from amorsize.plan.facts import Case
    from amorsize.vocab.plan import Makespan
    from amorsize.vocab.profile import Profile
    from amorsize.vocab.situation import Price


class Offer:
    """One engine at one size, for the work that is left."""

    __slots__ = ("candidate", "capacity", "correction", "expected", "price", "work")

    def __init__(
        self,
        *,
        candidate: Candidate,
        work: Work,
        price: Price,
        capacity: Capacity,
        correction: float = 1.0,
    ) -> None:
        self.candidate = candidate
        self.work = work
        self.price = price
        self.capacity = capacity
        self.correction = correction
        """By which earlier runs of the function say that the formula is off."""
        self.expected = self.makespan(work)

    @property
    def blocking_s(self) -> float:
        return blocking_s(self.price, self.candidate.workers)

    @property
    def rate(self) -> float:
        """Speed of caller and workers together, transfers paid, once all have started."""
        return joint_rate(self.work, self.capacity.of(self.candidate.workers, self.work.load))

    def if_work_takes(self, serial_s: float) -> Makespan:
        """The same candidate, should the items left cost ``serial_s`` together."""
        item_s = serial_s / self.work.items
        longest_s = min(self.work.longest_s, serial_s)
        return self.makespan(replace(self.work, item_s=item_s, longest_s=longest_s))

    def makespan(self, work: Work) -> Makespan:
        """The same candidate, for other work."""
        plain = makespan(work, self.candidate, price=self.price, capacity=self.capacity)
        return plain if self.correction == 1 else plain.times(self.correction)


def best_offer(engine: EngineKind, case: Case) -> Offer:
    """The engine with as many workers as pay, or as many as were asked for."""
    work = facts.work_of(case, engine)
    price = _price(engine, case)
    capacity = facts.capacity_of(case, engine)
    correction = correction_of(case.profile, {engine})
    options = case.options

    def offer(workers: int) -> Offer:
        chunk = options.chunksize or first_chunk(work, workers)
        candidate = Candidate(
            engine=engine, workers=workers, chunk=chunk, fixed=options.chunksize is not None
        )
        return Offer(
            candidate=candidate,
            work=work,
            price=price,
            capacity=capacity,
            correction=correction,
        )

    if options.n_jobs is not None:
        return offer(options.n_jobs)
    if engine is EngineKind.THREADS and facts.waits(case.profile):
        return offer(waiting_threads(work, capacity))
    smallest = offer(2)
    most = min(facts.useful_workers(case, engine), workers_paid(smallest, case.profile))
    return fastest(offer, smallest, max(2, min(most, work.items)))


def offer_of(candidate: Candidate, case: Case) -> Offer:
    """One candidate as it is, for the work of ``case``."""
    engine = candidate.engine
    return Offer(
        candidate=candidate,
        work=facts.work_of(case, engine),
        price=_price(engine, case),
        capacity=facts.capacity_of(case, engine),
        correction=correction_of(case.profile, {engine}),
    )


def _price(engine: EngineKind, case: Case) -> Price:
    """Spawned workers are each sent the function, once; forked ones copy pages they touch."""
    price = price_of(engine, case.situation)
    if engine is EngineKind.TEAM and case.profile.item_bytes:
        touch_s = gigabyte_here(case.situation).touch.median_s / 1e9
        touched_s = case.profile.item_bytes * touch_s
        return replace(price, per_item=Assumed(median_s=touched_s, why="its page is copied"))
    if engine is not EngineKind.LOKY:
        return price
    shipping_s = facts.shipping_s(case.profile, gigabyte_here(case.situation))
    return replace(price, per_worker=dearer(price.per_worker, shipping_s))


def first_chunk(work: Work, workers: int) -> int:
    """What the chunk rule hands out first."""
    sizes = chunk_sizes(work.items, work.item_s, workers, most=tunables.MOST_CHUNKS)
    return next(sizes)


def waiting_threads(work: Work, capacity: Capacity) -> int:
    """Threads to start with for a function that waits; how many pay is found in the run."""
    if work.load < tunables.BARELY_COMPUTING:
        return max(2, starting_threads(work.items, work.item_s))
    most = min(tunables.MAX_IO_WORKERS, max(2, work.items))
    useful = max(2, ceil(tunables.HEADROOM * capacity.of(most, work.load)))
    return most if most < tunables.ONE_ROUND * useful else min(most, useful)


def workers_paid(smallest: Offer, profile: Profile) -> int:
    """As many as may be started without blocking the caller for too large a share."""
    price = smallest.price
    whole_s = profile.wall_s + profile.remaining.low_s
    spare_s = tunables.BLOCKING_SHARE * whole_s - price.blocking.median_s
    return 1 + int(max(0.0, spare_s) / max(price.per_worker.median_s, NO_TIME_S))


def fastest(offer: Callable[[int], Offer], best: Offer, most: int) -> Offer:
    """Search from ``best`` to ``most`` workers; of equals within noise, the fewest.

    The time falls, then rises, flat around its floor: doubling finds the valley, and two
    halvings of the step come within 1 % of its floor.
    """
    while (workers := min(2 * best.candidate.workers, most)) > best.candidate.workers:
        more = offer(workers)
        if more.expected.total_s * tunables.SAME_TIME > best.expected.total_s:
            break
        best = more
    for step in (best.candidate.workers // 4, best.candidate.workers // 8):
        best = _better_neighbour(offer, best, step=step, most=most)
    return best


def _better_neighbour(offer: Callable[[int], Offer], best: Offer, *, step: int, most: int) -> Offer:
    workers = best.candidate.workers
    if step == 0:
        return best
    if workers - step >= 2:  # noqa: PLR2004 - one worker is the serial loop
        fewer = offer(workers - step)
        if fewer.expected.total_s <= best.expected.total_s * tunables.SAME_TIME:
            return fewer
    if workers + step <= most:
        more = offer(workers + step)
        if more.expected.total_s * tunables.SAME_TIME < best.expected.total_s:
            return more
    return best
