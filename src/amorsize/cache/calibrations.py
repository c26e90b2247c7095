"""What was measured of this machine: its fields in the file, and the one reading of a process.

A third kind of record beside the two caches, with the same codec, loader and store. It is no
cache: ``use_cache=False`` forgets functions, not this.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache.codec import Table, as_object, nested
from amorsize.cache.kept import Kept
from amorsize.cache.kinds import DATED, Kind
from amorsize.cache.rules import Rule, flag, maybe, number, text, whole
from amorsize.machine.fingerprint import fingerprint, machine_key
from amorsize.plan.prices import ASSUMED, BELIEVABLE, GIGABYTE
from amorsize.vocab.estimate import Measured
from amorsize.vocab.lookup import OtherMachine
from amorsize.vocab.situation import Calibration, Gigabyte, JointSpeed, Price, Priced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amorsize.machine.fingerprint import Fingerprint
    from amorsize.vocab.estimate import Estimate

MAY_BE_NOTHING: Final = {"blocking", "delay", "fork"}
"""What is only added to something else may be too small to be seen."""

SPEEDS: Final = (0.4, 1.1)
"""So much of a CPU does each of many, at least and at most: four siblings share some cores."""

MOST_SAMPLES: Final = 100_000

PARTS: Final = ("blocking", "per_worker", "delay", "per_chunk")
"""Of a price, what is measured; the cost of an item is seen on the user's own items."""

GIGABYTE_PARTS: Final = tuple(field.name for field in fields(Gigabyte))

WORDS: Final = {
    "processor": "Processor",
    "logical_cpus": "Number of CPUs",
    "offered_cpus": "Number of CPUs offered",
    "quota": "CPU quota",
    "kernel": "Kernel",
    "python": "Python",
}
"""What each part of the fingerprint is called."""


def measured_rule(part: str, assumed: Estimate) -> Rule:
    """A measurement of what is assumed to take so long; anything else is written as nothing."""
    least = 0.0 if part in MAY_BE_NOTHING else assumed.median_s / BELIEVABLE
    most = assumed.median_s * BELIEVABLE
    table = Table.of(
        Measured,
        {
            "median_s": number(least, most),
            "low_s": number(0),
            "high_s": number(0),
            "samples": whole(1, MOST_SAMPLES),
        },
    )

    def read(value: object) -> Measured:
        found = table.decode(value)
        _check_order(found.low_s, found.median_s, found.high_s)
        return found

    return Rule(read, lambda value: table.encode(value) if isinstance(value, Measured) else None)


def _check_order(low: float, middle: float, high: float) -> None:
    if not low <= middle <= high:
        msg = "must lie between its ends"
        raise ValueError(msg)


RULES: Final[Mapping[Priced, Mapping[str, Rule]]] = {
    what: {part: measured_rule(part, getattr(price, part)) for part in PARTS}
    for what, price in ASSUMED.items()
}

GIGABYTE_RULES: Final = {
    part: measured_rule(part, getattr(GIGABYTE, part)) for part in GIGABYTE_PARTS
}


def _known(parts: Mapping[str, Estimate | None]) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part is not None}


def _price(what: Priced, **parts: Estimate | None) -> Price:
    return replace(ASSUMED[what], **_known(parts))


def _gigabyte(**parts: Estimate | None) -> Gigabyte:
    return replace(GIGABYTE, **_known(parts))


def _maybe_all(rules: Mapping[str, Rule]) -> dict[str, Rule]:
    return {name: maybe(rule) for name, rule in rules.items()}


PRICE: Final[Mapping[Priced, Table[Price]]] = {
    what: Table.of(partial(_price, what), _maybe_all(rules)) for what, rules in RULES.items()
}

JOINT_SPEED: Final = Table.of(
    JointSpeed,
    {
        "cpus": whole(1),
        "times": number(0),
        "low": number(0),
        "high": number(0),
        "samples": whole(1, MOST_SAMPLES),
        "undisturbed": flag(),
    },
)


def _read_prices(value: object) -> dict[Priced, Price]:
    """What a later version prices besides does no harm."""
    document = as_object(value)
    return {what: PRICE[what].decode(document[what]) for what in Priced if what in document}


def _write_prices(prices: Mapping[Priced, Price]) -> dict[str, Any]:
    return {what.value: PRICE[what].encode(price) for what, price in prices.items()}


def _read_joint_speed(value: object) -> JointSpeed:
    speed = JOINT_SPEED.decode(value)
    _check_order(speed.low, speed.times, speed.high)
    least, most = (share * speed.cpus for share in SPEEDS)
    number(least, most).read(speed.times)
    return speed


FINGERPRINT: Final[Table[dict[str, Any]]] = Table.of(
    dict,
    {
        "processor": text(),
        "logical_cpus": whole(1),
        "offered_cpus": whole(1),
        "quota": number(0),
        "kernel": text(),
        "python": text(),
    },
)


def foreign_machine(info: Mapping[str, Any], here: Fingerprint) -> OtherMachine | None:
    """The first thing that differs between the machine of a calibration and this one."""
    for name, current in here._asdict().items():
        cached = info.get(name, current)
        if cached != current:
            return OtherMachine(WORDS[name], str(cached), str(current))
    return None


CALIBRATION: Final = Kind(
    name="calibration",
    folder="calibration",
    absent="nothing has been measured on this machine with this Python",
    foreign=foreign_machine,
    system=FINGERPRINT,
    here=fingerprint,
    table=Table.of(
        Calibration,
        {
            "prices": Rule(_read_prices, _write_prices),
            "gigabyte": nested(Table.of(_gigabyte, _maybe_all(GIGABYTE_RULES))),
            "joint_speed": maybe(Rule(_read_joint_speed, JOINT_SPEED.encode)),
        }
        | DATED
        | {"system_info": Rule(FINGERPRINT.decode, dict)},
    ),
)


class Calibrations(Kept[Calibration]):
    """The calibration of this machine."""

    def __init__(self) -> None:
        super().__init__(CALIBRATION, machine_key)


CALIBRATIONS: Final = Calibrations()
