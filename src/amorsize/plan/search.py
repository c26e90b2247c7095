"""The best number of workers for one engine, and what it would cost."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING

from amorsize.model.makespan import NO_TIME_S, blocking_s, joint_rate, makespan
from amorsize.model.rules import first_chunk
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

    __slots__ = ("candidate", "capacity", "correction", "expected", "missed_s", "price", "work")

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
        self.missed_s = 0.0
        """What more workers would save, if it were sure that they may be started."""

    @property
    def at_best_s(self) -> float:
        """The expected time with as many workers as would be best."""
        return self.expected.total_s - self.missed_s

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
    sizes = Sizes(engine, case)
    workers = case.options.n_jobs
    if workers is not None:
        return sizes.offer(workers)
    allowed = facts.allowed_workers(case)
    if engine is EngineKind.THREADS and facts.waits(case.profile):
        threads = min(waiting_threads(sizes.work, sizes.capacity), max(2, allowed))
        return sizes.offer(_at_most(int(threads), case))
    smallest = sizes.likely_offer(2)
    useful = max(2, min(facts.useful_workers(case, engine), sizes.likely.items, allowed))
    most = _at_most(int(useful), case)
    best = chosen = fastest(sizes.likely_offer, smallest, most)
    paid = max(2, workers_paid(smallest, case.profile))
    if best.candidate.workers > paid:
        chosen = fastest(sizes.likely_offer, smallest, paid)
    offer = sizes.offer(chosen.candidate.workers)
    offer.missed_s = chosen.expected.total_s - best.expected.total_s
    return offer


def _at_most(workers: int, case: Case) -> int:
    most = case.options.max_concurrency
    return workers if most is None else min(workers, most)


class Sizes:
    """One engine at any size."""

    __slots__ = ("_case", "_correction", "_engine", "_price", "capacity", "likely", "work")

    def __init__(self, engine: EngineKind, case: Case) -> None:
        self._engine = engine
        self._case = case
        self.work = facts.work_of(case, engine)
        self._price = _price(engine, case)
        self._correction = correction_of(case.profile, {engine}, case.situation)
        self.capacity = facts.capacity_of(case, engine)
        remaining = case.profile.remaining
        self.likely = facts.between(
            facts.work_of(case, engine, cautious=False),
            sure_s=max(remaining.low_s, case.profile.wall_s),
            likely_s=remaining.median_s,
        )
        """What the number of workers is chosen by."""

    def offer(self, workers: int) -> Offer:
        """What it is judged by."""
        return self._offer(workers, self.work)

    def likely_offer(self, workers: int) -> Offer:
        """The same, without caution."""
        return self._offer(workers, self.likely)

    def _offer(self, workers: int, work: Work) -> Offer:
        forced = self._case.options.chunksize
        chunk = forced or first_chunk(self._engine, work.items, work.item_s, workers=workers)
        candidate = Candidate(
            engine=self._engine, workers=workers, chunk=chunk, fixed=forced is not None
        )
        return Offer(
            candidate=candidate,
            work=work,
            price=self._price,
            capacity=self.capacity,
            correction=self._correction,
        )


def offer_of(candidate: Candidate, case: Case) -> Offer:
    """One candidate as it is, for the work of ``case``."""
    engine = candidate.engine
    return Offer(
        candidate=candidate,
        work=facts.work_of(case, engine),
        price=_price(engine, case),
        capacity=facts.capacity_of(case, engine),
        correction=correction_of(case.profile, {engine}, case.situation),
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


def waiting_threads(work: Work, capacity: Capacity) -> int:
    """Threads to start with for a function that waits; how many pay is found in the run."""
    if work.load < tunables.BARELY_COMPUTING:
        return max(2, starting_threads(work.items, work.item_s))
    most = min(tunables.MAX_IO_WORKERS, max(2, work.items))
    useful = max(2, ceil(tunables.HEADROOM * capacity.of(most, work.load)))
    return most if most < tunables.ONE_ROUND * useful else min(most, useful)


def workers_paid(smallest: Offer, profile: Profile) -> int:
    """As many as may be started, even should the work that is left be little."""
    price, low_s = smallest.price, profile.remaining.low_s
    allowed_s = max(
        tunables.BLOCKING_SHARE * (profile.wall_s + low_s), tunables.STARTING_SHARE * low_s
    )
    spare_s = allowed_s - price.blocking.median_s
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
