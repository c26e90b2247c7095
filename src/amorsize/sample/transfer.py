"""Measure what it costs to send objects to another process, the way the engines send them.

Many objects travel in one pickle (protocol 5, large buffers beside it), so many are
measured in one: a probe of 64 objects understated loading by half. The time spent is
bounded; whatever a user's ``__reduce__`` or ``__setstate__`` raises becomes an answer.
"""

from __future__ import annotations

import gc
import pickle
import types
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil, inf
from time import get_clock_info, perf_counter, thread_time
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from amorsize.vocab.profile import CannotTravel, Transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROTOCOL: Final = 5

OUT_OF_BAND_BYTES: Final = 64 * 1024
"""Smaller buffers are copied into the pickle: their bookkeeping costs more than the copy."""

BUDGET_S: Final = 0.3e-3
"""About 1,000 ordinary objects there and back, and a tenth of the price of starting workers."""

FUNCTION_BUDGET_S: Final = 20e-3
"""A ``self`` of 32 MB can take 100 ms to pickle; that it is too heavy is known long before."""

GROWTH: Final = 8
"""Each probe may be so many times larger than the one before, so the last holds most objects."""

EMPTY_TRIP_S: Final = 12e-6
"""What a probe of almost nothing takes: left out of the forecast for the next, larger one."""

SHARE: Final = 0.75
"""Part of the time left that a probe may be expected to take, so that few are cut short."""

ENOUGH: Final = 4096
"""Objects in the largest probe: caches and allocator are warm long before that."""

WHY_LENGTH: Final = 300
"""Characters kept of what pickle said."""

FINE_CLOCK_S: Final = 1e-6
"""The CPU clock of a thread does not count what other programs take, but Windows ticks it in
16 ms, which tells nothing."""

Clock: TypeAlias = "Callable[[], float]"


@dataclass(frozen=True, slots=True)
class Clocks:
    """``wall`` bounds the time spent, ``cpu`` measures what pickling costs."""

    wall: Clock = perf_counter
    cpu: Clock = (
        thread_time if get_clock_info("thread_time").resolution <= FINE_CLOCK_S else perf_counter
    )


CLOCKS: Final = Clocks()


def transfer_of(
    objects: Sequence[Any], what: str, *, budget_s: float = BUDGET_S, clocks: Clocks = CLOCKS
) -> Transfer | CannotTravel:
    """Measure the mean cost of sending one of ``objects`` (a list or tuple, not empty).

    Objects spread over the whole list are pickled and read back together, ever more of
    them, until ``budget_s`` is spent; only a single large object may take longer. Times are
    CPU times. ``what`` is what a person would call one object: ``"result"``.
    """
    probe = _Probe(objects, clocks, clocks.wall() + budget_s)
    with _no_collection():
        try:
            return _mean(probe.trips())
        except Exception as error:  # noqa: BLE001 - the user's __reduce__ may raise anything
            why = _said(error)
        culprit = probe.first_that_stays()
    return CannotTravel(f"{what} of type {_name(type(culprit))}", why)


def function_transfer(
    func: Callable[..., Any], *, budget_s: float = FUNCTION_BUDGET_S, clocks: Clocks = CLOCKS
) -> Transfer | CannotTravel:
    """Measure what shipping ``func`` once costs, pickled by value where it must be.

    It is not read back here, because that would build its classes again in this process:
    loading is taken to cost what dumping does. Pickling ends soon after ``budget_s``; then
    ``sampled`` is 0, and the other figures say what was seen until then.
    """
    try:
        from cloudpickle import Pickler

        parcel = _Parcel(clocks.wall, clocks.wall() + budget_s)
        dumps_s = _send(func, parcel, pickler=Pickler, clock=clocks.cpu)
    except Exception as error:  # noqa: BLE001 - the user's __reduce__ may raise anything
        return CannotTravel(_described(func), _said(error))
    return Transfer(
        dumps_s=dumps_s,
        loads_s=dumps_s,
        size_bytes=parcel.size_bytes,
        out_of_band_bytes=parcel.beside_bytes,
        sampled=int(parcel.complete),
    )


class _OutOfTime(Exception):  # noqa: N818 - it ends a probe, it is no error
    """Raised in the middle of pickling, from ``write``."""


@dataclass(slots=True)
class _Parcel:
    """The file that a pickler writes to, and the large buffers beside it.

    A pickler writes every 64 KB and whenever it meets a large string: often enough to stop
    it soon after ``deadline``.
    """

    clock: Clock
    deadline: float
    parts: list[bytes] = field(default_factory=list)
    beside: list[pickle.PickleBuffer] = field(default_factory=list)
    complete: bool = False

    def write(self, part: bytes, /) -> None:
        if self.clock() > self.deadline:
            raise _OutOfTime
        self.parts.append(part)

    def put_beside(self, buffer: pickle.PickleBuffer, /) -> bool:
        """Take a large buffer; a true answer sends it through the pickle after all."""
        if memoryview(buffer).nbytes < OUT_OF_BAND_BYTES:
            return True
        self.beside.append(buffer)
        return False

    @property
    def beside_bytes(self) -> int:
        return sum(memoryview(buffer).nbytes for buffer in self.beside)

    @property
    def size_bytes(self) -> int:
        return sum(memoryview(part).nbytes for part in self.parts) + self.beside_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trip:
    """What one probe cost altogether; one that is not ``complete`` was cut short."""

    objects: int
    dumps_s: float
    loads_s: float
    size_bytes: int
    beside_bytes: int
    complete: bool


@dataclass(frozen=True, slots=True)
class _Probe:
    """Sends ever more of ``objects`` there and back while time is left."""

    objects: Sequence[Any]
    clocks: Clocks
    deadline: float

    def trips(self) -> list[_Trip]:
        """The first trip is one cold object, whatever it costs."""
        wall, most = self.clocks.wall, min(len(self.objects), ENOUGH)
        began, count, trips = wall(), 1, list[_Trip]()
        while True:
            trips.append(self.there_and_back(self.spread(count), self.deadline if trips else inf))
            now, warm = wall(), len(trips) > 1
            if now >= self.deadline or not trips[-1].complete or (warm and count == most):
                return trips
            each_s = max(now - began - EMPTY_TRIP_S, EMPTY_TRIP_S / GROWTH) / trips[-1].objects
            affordable = int(SHARE * (self.deadline - now) / each_s)
            if warm and affordable < count:
                return trips
            began, count = now, max(1, min(most, GROWTH * count, affordable))

    def spread(self, count: int) -> list[Any]:
        """At most ``count`` objects, evenly from the first to the last."""
        step = ceil(len(self.objects) / count)
        return list(self.objects[(step - 1) // 2 :: step])

    def first_that_stays(self) -> object:
        """Find the object to blame: look at one at least, and no longer than there is time."""
        for thing in self.objects:
            try:
                self.there_and_back([thing], inf)
            except Exception:  # noqa: BLE001 - this is the one
                return thing
            if self.clocks.wall() > self.deadline:
                break
        return self.objects[0]

    def there_and_back(self, chunk: list[Any], deadline: float) -> _Trip:
        parcel = _Parcel(self.clocks.wall, deadline)
        dumps_s = _send(chunk, parcel, pickler=pickle.Pickler, clock=self.clocks.cpu)
        return _Trip(
            objects=len(chunk),
            dumps_s=dumps_s,
            loads_s=_receive(parcel, self.clocks.cpu) if parcel.complete else 0.0,
            size_bytes=parcel.size_bytes,
            beside_bytes=parcel.beside_bytes,
            complete=parcel.complete,
        )


def _send(thing: object, parcel: _Parcel, *, pickler: type[pickle.Pickler], clock: Clock) -> float:
    start_s = clock()
    try:
        pickler(parcel, PROTOCOL, buffer_callback=parcel.put_beside).dump(thing)
        parcel.complete = True
    except _OutOfTime:
        pass
    return clock() - start_s


def _receive(parcel: _Parcel, clock: Clock) -> float:
    data = b"".join(parcel.parts)
    start_s = clock()
    received = pickle.loads(data, buffers=parcel.beside)  # noqa: S301 - we wrote it just now
    elapsed_s = clock() - start_s
    del received  # named until here, so that taking it apart is not timed
    return elapsed_s


def _mean(trips: list[_Trip]) -> Transfer:
    """Cost of one object; the cold first trip counts only if it is the only one.

    A trip that was cut short had met larger objects: what it cost until then is the least.
    """
    whole = [trip for trip in trips if trip.complete]
    whole = whole[1:] or whole
    objects = sum(trip.objects for trip in whole)
    mean_s = sum(trip.dumps_s for trip in whole) / objects
    cut_short = [trip.dumps_s / trip.objects for trip in trips if not trip.complete]
    dumps_s = max([mean_s, *cut_short])
    share = (dumps_s / mean_s if mean_s else 1.0) / objects
    return Transfer(
        dumps_s=dumps_s,
        loads_s=sum(trip.loads_s for trip in whole) * share,
        size_bytes=sum(trip.size_bytes for trip in whole) * share,
        out_of_band_bytes=sum(trip.beside_bytes for trip in whole) * share,
        sampled=objects,
    )


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the collector out of the measurement, as the engines do while they unpickle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _said(error: Exception) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the user's __str__ may raise, too
        text = ""
    return f"{_name(type(error))}: {text}"[:WHY_LENGTH]


def _described(func: object) -> str:
    if isinstance(func, (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)):
        return f"function {func.__qualname__}"
    return f"object of type {_name(type(func))}"


def _name(kind: type) -> str:
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def transfer_by_name(func: Callable[[Any], Any]) -> Transfer | CannotTravel:
    """As the standard pools send it: by name, which a lambda has not."""
    return transfer_of([func], "function")
