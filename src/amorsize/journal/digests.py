"""Tell whether an item is what it was, in another process too, for a few microseconds.

Read is what an item holds, not the code of its class: that is the function's affair. No hash
order and no address leaves a mark, as in ``cache.identity``, whose walk this is.
"""

from __future__ import annotations

import marshal
import pickle
import sys
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache.identity.homes import Homes, module_of, qualname_of
from amorsize.cache.identity.names import named_by
from amorsize.cache.identity.table import CONSTANT, handler_of
from amorsize.cache.identity.walk import UNVERSIONED, Unidentified, Walk

if TYPE_CHECKING:
    from amorsize.cache.identity.walk import Handler

SIZE_BYTES: Final = 16
"""Two of a thousand million items are taken for one another with a chance of 1e-21."""

ATOMS: Final = frozenset((type(None), bool, int, float, str, bytes))

UNKNOWN: Final = b""
"""Of an item that nothing can be told of but that it is there."""


def digest(item: Any) -> bytes:
    """What the item is; ``UNKNOWN`` where it cannot be read, nor pickled. Never fails."""
    if type(item) in ATOMS:
        return blake2b(marshal.dumps(item, UNVERSIONED), digest_size=SIZE_BYTES).digest()
    walk = Walk(_HOMES, CONSTANT, _handler_of, most_things=sys.maxsize, most_bytes=sys.maxsize)
    try:
        walk.run(item)
        if walk.codes:
            walk.follow(named_by)
    except Unidentified as unknown:
        walk.give_up(str(unknown))
    except Exception as error:  # noqa: BLE001 - an item of the user's may be very odd
        walk.give_up(type(error).__name__)
    if walk.unknown is None:
        return bytes.fromhex(walk.digest())[:SIZE_BYTES]
    return _of_pickle(item)


def _of_pickle(item: Any) -> bytes:
    """What libraries keep to themselves they still tell when they are pickled."""
    try:
        return blake2b(pickle.dumps(item, 5), digest_size=SIZE_BYTES).digest()
    except Exception:  # noqa: BLE001 - the user's __reduce__ may raise anything
        return UNKNOWN


_HOMES: Final = Homes()


def _handler_of(kind: type) -> Handler:
    if issubclass(kind, type):
        return _class_by_name
    if module_of(kind) == "numpy" and qualname_of(kind) == "ndarray":
        return _array
    return handler_of(kind)


def _class_by_name(thing: Any, walk: Walk) -> tuple[()]:
    walk.plain("class", (module_of(thing), qualname_of(thing)))
    return ()


def _array(thing: Any, walk: Walk) -> list[Any]:
    """Contents only: rows of one matrix are items, and each lies in the memory of all."""
    walk.plain("ndarray", thing.shape)
    if thing.dtype.hasobject:
        return [thing.dtype, thing.tolist()]
    walk.emit("data", thing.tobytes())
    return [thing.dtype]
