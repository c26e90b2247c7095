"""An entry against the moment and the machine: pure comparisons, in one place for both caches."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from amorsize.vocab.lookup import OtherCores, OtherMemory, OtherStartMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amorsize.vocab.lookup import Foreign


class System(NamedTuple):
    """What an entry is compared with."""

    physical_cores: int
    memory_bytes: int
    """The limit of the machine or of the control group; 0 where nothing tells."""
    start_method: str


def age_s(timestamp: float, now: float) -> float:
    """How old it is; 0 where the clock was set back since."""
    return max(0.0, now - timestamp)


def foreign(info: Mapping[str, Any], system: System, memory_tolerance: float) -> Foreign | None:
    """The first thing that differs between the machine of an entry and this one.

    What the entry does not tell, or tells wrongly typed, is not compared: the codec refuses it.
    """
    cores = info.get("physical_cores")
    if type(cores) is int and cores != system.physical_cores:
        return OtherCores(cores, system.physical_cores)
    method = info.get("start_method")
    if type(method) is str and method != system.start_method:
        return OtherStartMethod(method, system.start_method)
    memory = _size(info.get("available_memory"))
    if memory is not None and _differs(memory, system.memory_bytes, memory_tolerance):
        return OtherMemory(memory, system.memory_bytes)
    return None


def _differs(cached: int, current: int, tolerance: float) -> bool:
    return abs(current - cached) > tolerance * cached


def _size(value: Any) -> int | None:
    """Scripts that edit files leave fractions of bytes."""
    if type(value) is float and isfinite(value):
        return int(value)
    return value if type(value) is int else None
