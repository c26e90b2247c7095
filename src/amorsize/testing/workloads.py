"""Workloads to decide about: made up, each from its number alone, of every kind there is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Final, TypeAlias

from amorsize.plan.tunables import WAITING_SHARE
from amorsize.vocab.profile import Transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Draw: TypeAlias = "Callable[[int], Sequence[float]]"
Shape: TypeAlias = "Callable[[Random], list[float]]"

SMALL: Final = Transfer(
    dumps_s=0.5e-6, loads_s=0.5e-6, size_bytes=60, out_of_band_bytes=0, sampled=1
)
"""A result that costs next to nothing to send."""

PICKLED_BYTES_PER_S: Final = 200e6
"""Speed at which nested Python objects are pickled, about."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A function and its input, as far as time is concerned."""

    kind: str
    number: int
    draw: Draw
    """What calls cost, in input order, while nothing else runs: one outcome for each number."""
    cpu_share: float = 1.0
    held: float = 1.0
    """Share of a call in which it has the interpreter lock."""
    result: Transfer = SMALL
    fork_unsafe: str | None = None

    @cached_property
    def costs_s(self) -> Sequence[float]:
        """Of each call: the outcome that is sampled."""
        return self.draw(0)

    @property
    def waits(self) -> bool:
        """Whether a call gives way most of the time."""
        return self.cpu_share < WAITING_SHARE

    @property
    def is_hard(self) -> bool:
        """Whether a sample tells little: heavy tails, order; or results are large."""
        return self.kind in HARD


def workload(number: int) -> Workload:
    """One of endlessly many; kinds take turns."""
    kinds = [*EASY, *HARD]
    kind = kinds[number % len(kinds)]
    luck = Random(f"{kind} {number}")
    return (EASY | HARD)[kind](kind, number, luck)


def _log(luck: Random, low: float, high: float) -> float:
    """A number whose order of magnitude is even between two ends."""
    return float(low * (high / low) ** luck.random())


def _size(luck: Random) -> tuple[int, float]:
    """How many items, and what one costs: together 30 ms to 30 s."""
    items = round(_log(luck, 40, 10_000))
    return items, _log(luck, 0.03, 30) / items


def _varied(draw: Callable[[Random], list[float]], seed: str) -> Draw:
    """The same distribution again and again: what it is must not depend on the luck given."""

    def drawn(outcome: int) -> Sequence[float]:
        return draw(Random(f"{seed} {outcome}"))

    return drawn


def _about(item_s: float, items: int, width: float) -> Callable[[Random], list[float]]:
    """Equal calls, but for noise of so much up and down."""
    low_s, high_s = item_s * (1 - width), item_s * (1 + width)
    return lambda luck: [luck.uniform(low_s, high_s) for _ in range(items)]


def _shaped(shape: Callable[[Random, int], Shape]) -> Callable[[str, int, Random], Workload]:
    def made(kind: str, number: int, luck: Random) -> Workload:
        items, item_s = _size(luck)
        draw = shape(luck, items)
        scale_s = item_s * items / sum(draw(Random(kind)))

        def costs(luck: Random) -> list[float]:
            return [cost * scale_s * max(0.5, luck.gauss(1, 0.03)) for cost in draw(luck)]

        return Workload(
            kind=kind,
            number=number,
            draw=_varied(costs, f"{kind} {number}"),
            fork_unsafe="a thread" if luck.random() < 0.2 else None,  # noqa: PLR2004 - of five, one
        )

    return made


def _uniform(_luck: Random, items: int) -> Shape:
    return lambda _: [1.0] * items


def _mixed(_luck: Random, items: int) -> Shape:
    return lambda luck: [luck.uniform(0.5, 1.5) for _ in range(items)]


def _skewed(_luck: Random, items: int) -> Shape:
    return lambda luck: [luck.lognormvariate(0, 0.5) for _ in range(items)]


def _lognormal(luck: Random, items: int) -> Shape:
    sigma = luck.uniform(0.8, 1.5)
    return lambda luck: [luck.lognormvariate(0, sigma) for _ in range(items)]


def _pareto(luck: Random, items: int) -> Shape:
    alpha = luck.uniform(1.5, 3)
    return lambda luck: [luck.paretovariate(alpha) for _ in range(items)]


def _ramp_up(luck: Random, items: int) -> Shape:
    least = luck.uniform(0.01, 0.3)
    return lambda _: [least + at / items for at in range(items)]


def _ramp_down(luck: Random, items: int) -> Shape:
    up = _ramp_up(luck, items)
    return lambda luck: up(luck)[::-1]


def _two_phases(luck: Random, items: int) -> Shape:
    turn, factor = luck.uniform(0.2, 0.8) * items, luck.choice([0.1, 0.3, 3.0, 10.0])
    return lambda _: [1.0 if at < turn else factor for at in range(items)]


def _spikes(luck: Random, items: int) -> Shape:
    rare, high = luck.uniform(0.01, 0.1), luck.uniform(5, 30)
    return lambda luck: [high if luck.random() < rare else 1.0 for _ in range(items)]


def _huge_first(luck: Random, items: int) -> Shape:
    huge = items * luck.uniform(0.05, 0.5)
    return lambda _: [huge, *[1.0] * (items - 1)]


def _huge_last(luck: Random, items: int) -> Shape:
    first = _huge_first(luck, items)
    return lambda luck: first(luck)[::-1]


def _tiny(kind: str, number: int, luck: Random) -> Workload:
    items, item_s = round(_log(luck, 1000, 20_000)), _log(luck, 0.1e-6, 8e-6)
    draw = _varied(_about(item_s, items, 0.1), f"{kind} {number}")
    return Workload(kind=kind, number=number, draw=draw)


def _few(kind: str, number: int, luck: Random) -> Workload:
    items, item_s = luck.randint(3, 40), _log(luck, 5e-3, 2)
    draw = _varied(_about(item_s, items, 0.2), f"{kind} {number}")
    return Workload(kind=kind, number=number, draw=draw)


def _waiting(kind: str, number: int, luck: Random) -> Workload:
    items, item_s = round(_log(luck, 20, 2000)), _log(luck, 2e-3, 0.2)
    share = _log(luck, 0.002, 0.3)
    draw = _varied(_about(item_s, items, 0.2), f"{kind} {number}")
    return Workload(kind=kind, number=number, draw=draw, cpu_share=share, held=share)


def _releasing(kind: str, number: int, luck: Random) -> Workload:
    items, item_s = _size(luck)
    draw = _varied(_about(item_s, items, 0.1), f"{kind} {number}")
    return Workload(kind=kind, number=number, draw=draw, held=_log(luck, 0.002, 0.1))


def _large_results(kind: str, number: int, luck: Random) -> Workload:
    """Sending takes from a hundredth of the time of a call to twice as long."""
    items, item_s = _size(luck)
    sending_s = item_s * _log(luck, 0.01, 2)
    result = Transfer(
        dumps_s=sending_s * luck.uniform(0.4, 0.6),
        loads_s=sending_s * luck.uniform(0.4, 0.6),
        size_bytes=sending_s * PICKLED_BYTES_PER_S,
        out_of_band_bytes=0,
        sampled=1,
    )
    draw = _varied(_about(item_s, items, 0.2), f"{kind} {number}")
    return Workload(kind=kind, number=number, draw=draw, result=result)


def _large_arrays(kind: str, number: int, luck: Random) -> Workload:
    """Buffers that need no pickling: 0.1 to 10 MB."""
    item_s, size_bytes = _log(luck, 1e-3, 50e-3), _log(luck, 1e5, 1e7)
    items = max(20, round(_log(luck, 0.1, 20) / item_s))
    result = Transfer(
        dumps_s=8e-6,
        loads_s=5e-6,
        size_bytes=size_bytes,
        out_of_band_bytes=size_bytes - 100,
        sampled=1,
    )
    draw = _varied(_about(item_s, items, 0.2), f"{kind} {number}")
    return Workload(kind=kind, number=number, draw=draw, result=result)


EASY: Final[dict[str, Callable[[str, int, Random], Workload]]] = {
    "uniform": _shaped(_uniform),
    "mixed": _shaped(_mixed),
    "skewed": _shaped(_skewed),
    "tiny": _tiny,
    "few": _few,
    "waiting": _waiting,
    "releasing": _releasing,
}

HARD: Final[dict[str, Callable[[str, int, Random], Workload]]] = {
    "log-normal": _shaped(_lognormal),
    "pareto": _shaped(_pareto),
    "ramp up": _shaped(_ramp_up),
    "ramp down": _shaped(_ramp_down),
    "two phases": _shaped(_two_phases),
    "spikes": _shaped(_spikes),
    "huge first": _shaped(_huge_first),
    "huge last": _shaped(_huge_last),
    "large results": _large_results,
    "large arrays": _large_arrays,
}
"""A third of all workloads at least."""
