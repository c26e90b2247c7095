"""Facts about the function, gathered beside the serial run, each when it is first needed."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from amorsize.engines.source import IndexedSource, IteratedSource, bare
from amorsize.plan.needs import Need
from amorsize.runtime.memory import LOOK_UP_AFTER_S, Memory
from amorsize.sample.carried import carried_by
from amorsize.sample.facts import Meter, Meters, kind_of, minus, peak_bytes, plus, returns_its_item
from amorsize.sample.transfer import function_transfer, transfer_by_name, transfer_of
from amorsize.vocab.profile import GilUse, NotMeasured, Profile, Transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from amorsize.engines.source import Source
    from amorsize.runtime.ledger import Ledger
    from amorsize.sample.carried import Carried
    from amorsize.stats.remaining import Forecast
    from amorsize.vocab.profile import Travel

LOOKED_AT: Final = 8
"""Results that are compared with their items."""

SENT: Final = 4096
"""Results that a transfer is measured on, at most."""

OUTGROWN: Final = 4
"""A transfer is measured again when so many times as many results are at hand, ..."""

AGAIN_SHARE: Final = 0.01
"""... unless sending one of them takes more than this share of the time spent on items."""


class Sampler:
    """What was found out so far."""

    def __init__(
        self,
        func: Callable[[Any], Any],
        source: Source,
        ledger: Ledger,
        *,
        by_name: bool = False,
        memory: Memory | None = None,
    ) -> None:
        """``by_name``: the function must travel as the standard pools send it."""
        self._by_name = by_name
        self._memory = memory or Memory(func, wanted=False)
        self._func = func
        self._source = source
        self._ledger = ledger
        self.start_over()
        self._first: list[Any] = []
        self._transfers: dict[Need, Travel] = {}
        self._result_sample = 0
        self._safety: tuple[str | None, bool] | None = None
        self.gil: GilUse | None = None
        self.read_s: float | None = None

    def start_over(self) -> None:
        """Measure from here on."""
        self._meter = Meter()
        self._peak_bytes = peak_bytes()
        self._not_items = Meters(cpu_s=0.0, process_cpu_s=0.0, waits=0, preemptions=0)
        self._before = self._ledger.completed

    @property
    def is_curious(self) -> bool:
        """Whether the next item is to be remembered; input that is iterated gives two."""
        return len(self._first) < (1 if self._source.indexed else 2)

    def remember(self, items: Iterable[Any]) -> list[Any]:
        """Keep the first items: one-shot input cannot be looked at again."""
        fresh = list(items)
        self._first += bare(self._source, fresh)
        return fresh

    @property
    def items_are_fleeting(self) -> bool:
        """Whether an item is only good until the next is read: nothing may be read ahead."""
        if isinstance(self._source, IteratedSource) and self._source.is_fleeting:
            return True
        return returns_its_item(self._first[:1], self._first[1:])

    def profile(
        self, forecast: Forecast, *, left: int | None, first_s: float, spent_s: float
    ) -> Profile:
        """Everything known at the moment."""
        used = minus(self._meter.read(), self._not_items)
        carries, in_place = self._safe()
        seen = Profile(
            sampled=self._ledger.completed - self._before,
            items_left=left,
            first_s=first_s,
            mean_s=forecast.mean_s,
            spread=forecast.spread,
            longest_s=forecast.longest_s,
            longest_left_s=forecast.longest_left_s,
            wall_s=spent_s,
            cpu_s=used.cpu_s,
            process_cpu_s=used.process_cpu_s,
            waits=used.waits,
            preemptions=used.preemptions,
            remaining=forecast.remaining,
            trend=forecast.trend,
            result=self._result(),
            argument=self._transfers.get(Need.ARGUMENT_TRANSFER, NotMeasured()),
            function=self._transfers.get(Need.FUNCTION_TRANSFER, NotMeasured()),
            gil=self.gil,
            inherited=self._source.is_in_memory,
            read_s=self.read_s,
            item_kind=kind_of(self._first[0]) if self._first else "",
            item_bytes=self._item_bytes(),
            result_bytes=_shallow_bytes(self._ledger.results[-1:]),
            peak_bytes=self._grown_bytes(),
            returns_its_item=in_place,
            carries=carries,
        )
        return self._memory.completed(seen)

    def _grown_bytes(self) -> float:
        """What calls took while they ran: not what they have left behind, their results."""
        kept = self._transfers.get(Need.RESULT_TRANSFER)
        results = self._ledger.completed - self._before
        left = kept.size_bytes * results if isinstance(kept, Transfer) else 0.0
        return max(0.0, peak_bytes() - self._peak_bytes - left)

    def cpu_share(self, spent_s: float) -> float:
        """CPU time over ``spent_s``, the time in items; 1 where it is not known yet."""
        used = minus(self._meter.read(), self._not_items)
        return used.cpu_s / spent_s if spent_s > 0 else 1.0

    def recalls(self, spent_s: float) -> bool:
        """Whether earlier calls tell what would have to be measured."""
        if spent_s >= LOOK_UP_AFTER_S:
            with self.aside():
                self._memory.look_up_for(self._first[:1])
        return self.remembers

    @property
    def remembers(self) -> bool:
        """Whether what earlier calls told holds."""
        return self._memory.known is not None

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is used inside is ours, not the function's."""
        before = self._meter.read()
        try:
            yield
        finally:
            spent = minus(self._meter.read(), before)
            self._not_items = plus(self._not_items, spent)

    def supply(self, need: Need) -> None:
        """Measure one transfer."""
        match need:
            case Need.RESULT_TRANSFER:
                results = self._ledger.results[-SENT:]
                self._result_sample = len(results)
                self._transfers[need] = transfer_of(results, "result")
            case Need.ARGUMENT_TRANSFER:
                self._transfers[need] = transfer_of(self._items(), "item")
            case Need.FUNCTION_TRANSFER:
                measure = transfer_by_name if self._by_name else function_transfer
                self._transfers[need] = measure(self._func)
            case _:
                msg = f"the sampler does not measure {need}"
                raise AssertionError(msg)

    def note_threads_gain(self, gain: float) -> None:
        """What two threads gained on real items."""
        known = self.gil or GilUse(free_share=1.0, ticks=0)
        self.gil = replace(known, threads_gain=gain)

    def _result(self) -> Travel:
        known = self._transfers.get(Need.RESULT_TRANSFER, NotMeasured())
        at_hand = min(SENT, len(self._ledger.results))
        if at_hand >= OUTGROWN * self._result_sample and self._is_cheap(known):
            return NotMeasured()
        return known

    def _is_cheap(self, travel: Travel) -> bool:
        """Whether measuring it once more takes little of the time that was spent so far."""
        if not isinstance(travel, Transfer):
            return True
        return travel.dumps_s + travel.loads_s < AGAIN_SHARE * self._ledger.work_s

    def _items(self) -> Sequence[Any]:
        """The latest items, where they can be looked at again, else the first one."""
        source = self._source
        if not isinstance(source, IndexedSource) or not source.exact:
            return self._first
        return list(source.items(max(source.offset, source.position - SENT), source.position))

    def _item_bytes(self) -> float:
        """Numbers of a range or an array are made when asked for: nothing to copy."""
        data = getattr(self._source, "data", None)
        if not isinstance(data, (list, tuple)):
            return 0.0
        sample = data[:: max(1, len(data) // LOOKED_AT)][:LOOKED_AT]
        return _shallow_bytes(sample)

    def _safe(self) -> tuple[str | None, bool]:
        if self._safety is None:
            whose, found = carried_along(self._func, self._source)
            in_place = returns_its_item(self._first, self._ledger.first)
            if isinstance(self._source, IndexedSource) and self._source.exact:
                items = self._source.items(0, min(LOOKED_AT, self._source.position))
                in_place = in_place or returns_its_item(
                    bare(self._source, items), self._ledger.results
                )
            self._safety = (None if found is None else found.what, in_place)
            if found is not None:
                self._ledger.note(f"the {whose} carries {found.what}: {found.remedy}")
        return self._safety


def carried_along(func: Callable[[Any], Any], source: Source) -> tuple[str, Carried | None]:
    """What the function drags along, or else input that code of the user's fetches; and who."""
    found = carried_by(func)
    if found is None and isinstance(source, IndexedSource) and not source.exact:
        return "input", carried_by(source.data)
    return "function", found


def _shallow_bytes(sample: Sequence[Any]) -> float:
    """Memory of one of them, what they refer to left out."""
    try:
        return sum(map(sys.getsizeof, sample)) / max(1, len(sample))
    except Exception:  # noqa: BLE001 - the user's __sizeof__ may raise anything
        return 0.0
