"""What runs have shown of this machine: its fields in the file, and the one reading of a process.

Beside the calibration, which it completes where nobody has measured: it is no cache either, and
``use_cache=False`` forgets functions, not this.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache import CACHE_VERSION
from amorsize.cache.calibrations import FINGERPRINT, foreign_machine
from amorsize.cache.clock import wall_clock
from amorsize.cache.codec import Table, as_object
from amorsize.cache.kept import Kept
from amorsize.cache.kinds import DATED, Kind
from amorsize.cache.rules import Rule, number, several
from amorsize.machine.fingerprint import fingerprint, machine_key
from amorsize.plan.experience import MOST_FUNCTIONS, MOST_STARTS
from amorsize.plan.prices import SEEN_IN_RUNS
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.situation import Experience, Priced

if TYPE_CHECKING:
    from collections.abc import Mapping

LOG: Final = logging.getLogger(__name__)

MOST_NAME: Final = 200
"""Characters of a function's name."""

RATIO: Final = number(0, 1e6)
RATIOS: Final = several(RATIO, MOST_STARTS)


def _read_starts(value: object) -> dict[Priced, tuple[float, ...]]:
    """What a later version tells besides does no harm."""
    document = as_object(value)
    return {what: tuple(RATIOS.read(document[what])) for what in SEEN_IN_RUNS if what in document}


def _write_starts(starts: Mapping[Priced, tuple[float, ...]]) -> dict[str, Any]:
    return {what.value: RATIOS.write(list(ratios)) for what, ratios in starts.items()}


def _read_functions(value: object) -> dict[str, float]:
    document = as_object(value)
    if len(document) > MOST_FUNCTIONS or any(len(name) > MOST_NAME for name in document):
        msg = f"must be at most {MOST_FUNCTIONS} functions"
        raise ValueError(msg)
    return {name: RATIO.read(ratio) for name, ratio in document.items()}


def _read_runs(value: object) -> dict[EngineKind, dict[str, float]]:
    document = as_object(value)
    return {kind: _read_functions(document[kind]) for kind in EngineKind if kind in document}


def _write_runs(runs: Mapping[EngineKind, Mapping[str, float]]) -> dict[str, Any]:
    return {kind.value: dict(ratios) for kind, ratios in runs.items()}


EXPERIENCE: Final = Kind(
    name="experience",
    folder="experience",
    absent="nothing has been run on this machine with this Python",
    foreign=foreign_machine,
    system=FINGERPRINT,
    here=fingerprint,
    table=Table.of(
        Experience,
        {"starts": Rule(_read_starts, _write_starts), "runs": Rule(_read_runs, _write_runs)}
        | DATED
        | {"system_info": Rule(FINGERPRINT.decode, dict)},
    ),
)


class Experiences(Kept[Experience]):
    """The experience of this machine."""

    def __init__(self) -> None:
        super().__init__(EXPERIENCE, machine_key)

    def known(self) -> Experience:
        """What is stored, or nothing at all, to be added to."""
        return self.read() or Experience(
            starts={},
            runs={},
            timestamp=wall_clock(),
            system_info=fingerprint()._asdict(),
            cache_version=CACHE_VERSION,
        )

    def keep_if_possible(self, experience: Experience) -> None:
        """Hold and store it; a file that cannot be written costs what it would have told."""
        try:
            self.keep(experience)
        except Exception:
            LOG.debug("cannot keep what runs have shown", exc_info=True)


EXPERIENCES: Final = Experiences()
