"""An entry against the moment and the machine: pure comparisons, in one place for both caches."""

from __future__ import annotations

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

    What the entry does not tell is not compared.
    """
    cores = info.get("physical_cores", system.physical_cores)
    if cores != system.physical_cores:
        return OtherCores(cores, system.physical_cores)
    method = info.get("start_method", system.start_method)
    if method != system.start_method:
        return OtherStartMethod(method, system.start_method)
    memory = info.get("available_memory", system.memory_bytes)
    if abs(system.memory_bytes - memory) > memory_tolerance * memory:
        return OtherMemory(memory, system.memory_bytes)
    return None
