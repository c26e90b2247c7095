"""What numpy's objects are made of. It is not imported for that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amorsize.cache.identity.homes import found_by_name, qualname_of

if TYPE_CHECKING:
    from amorsize.cache.identity.walk import Walk


def array(thing: Any, walk: Walk) -> list[Any]:
    """Type, shape, how it lies in memory, and contents, or whose memory it shares."""
    base, start = thing.base, 0
    if type(base) is bytes:  # which cannot change, so that it does not matter who shares them
        base = None
    if type(base) is type(thing):
        start = _address(thing) - _address(base)
    elif base is not None:
        walk.give_up("numpy.ndarray in memory of another object", thing)
        return []
    writeable = bool(thing.flags.writeable)
    walk.plain("ndarray", (thing.shape, thing.strides, start, writeable, base is None))
    if base is not None:
        return [thing.dtype, base]
    walk.spend(thing.nbytes, "an array")
    if thing.dtype.hasobject:
        return [thing.dtype, thing.tolist()]
    walk.emit("data", thing.tobytes())
    return [thing.dtype]


def scalar(thing: Any, walk: Walk) -> list[Any]:
    """Type and value; heirs of a number are not numpy's."""
    kind = type(thing)
    if found_by_name("numpy", qualname_of(kind)) is not kind:
        walk.give_up(qualname_of(kind), thing)
        return []
    if thing.dtype.hasobject:
        walk.give_up("numpy.void that holds objects", thing)
    else:
        walk.spend(thing.nbytes, "a number")
        walk.emit("data", thing.tobytes())
    return [thing.dtype]


def _address(thing: Any) -> int:
    return int(thing.__array_interface__["data"][0])
