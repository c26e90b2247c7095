"""The fields of what was learned, as they stand in the file of its entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amorsize.cache.codec import Table, as_object, nested
from amorsize.cache.rules import (
    MOST_RATIO,
    MOST_S,
    MOST_WHOLE,
    Rule,
    amount,
    flag,
    maybe,
    several,
    size,
    text,
    whole,
    word,
)
from amorsize.plan.recall import MOST_PAST
from amorsize.vocab.foretold import Foretold
from amorsize.vocab.learned import Learned
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.profile import CannotTravel, GilUse, NotMeasured, Transfer, Travel

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS: Final = amount(MOST_S)
RATIO: Final = amount(MOST_RATIO)
BYTES: Final = amount(MOST_WHOLE)

TRAVELS: Final[Mapping[str, Table[Any]]] = {
    "measured": Table.of(
        Transfer,
        {
            "dumps_s": SECONDS,
            "loads_s": SECONDS,
            "size_bytes": BYTES,
            "out_of_band_bytes": BYTES,
            "sampled": whole(0),
        },
    ),
    "cannot": Table.of(CannotTravel, {"what": text(), "why": text()}),
    "unknown": Table.of(NotMeasured, {}),
}
"""Each with the word that stands in its ``state``."""

STATES: Final = {table.build: state for state, table in TRAVELS.items()}


def _read_travel(value: object) -> Travel:
    document = as_object(value)
    state = word([*TRAVELS]).read(document["state"])
    travel: Travel = TRAVELS[state].decode(document)
    if isinstance(travel, Transfer) and travel.out_of_band_bytes > travel.size_bytes:
        msg = "out_of_band_bytes must be <= size_bytes"
        raise ValueError(msg)
    return travel


def _write_travel(travel: Travel) -> dict[str, Any]:
    state = STATES[type(travel)]
    return {"state": state} | TRAVELS[state].encode(travel)


TRAVEL: Final = Rule(_read_travel, _write_travel)

GIL_USE: Final = Table.of(
    GilUse,
    {"free_share": amount(1), "ticks": whole(0), "threads_gain": maybe(RATIO)},
)

FORETOLD: Final = Table.of(
    Foretold,
    {"predicted_s": SECONDS, "actual_s": SECONDS},
    optional={"engine": maybe(word(EngineKind)), "modelled_s": maybe(SECONDS)},
)


def _learned(*, past: list[Foretold], **fields: Any) -> Learned:
    return Learned(past=tuple(past), **fields)


LEARNED: Final = Table.of(
    _learned,
    {
        "sampled": whole(1),
        "runs": whole(1),
        "items": maybe(whole(0)),
        "inherited": flag(),
        "first_s": SECONDS,
        "mean_s": SECONDS,
        "spread": RATIO,
        "longest_s": SECONDS,
        "trend": RATIO,
        "cpu_share": RATIO,
        "process_cpu_share": RATIO,
        "waits_per_call": RATIO,
        "preemptions_per_call": RATIO,
        "argument": TRAVEL,
        "result": TRAVEL,
        "function": TRAVEL,
        "function_by_name": flag(),
        "gil": maybe(nested(GIL_USE)),
        "read_s": maybe(SECONDS),
        "item_kind": text(),
        "item_bytes": BYTES,
        "returns_its_item": flag(),
        "carries": maybe(text()),
        "heap_bytes": size(),
        "engine": maybe(word(EngineKind)),
        "workers": whole(1),
        "past": several(nested(FORETOLD), MOST_PAST),
    },
)
