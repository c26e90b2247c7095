"""Which part of the walk reads what: by exact type, then by what a class inherits.

What is in no table is read as an object with attributes, and given up if it has more than these.
"""

from __future__ import annotations

import _thread
import operator
import re
import types
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

from amorsize.cache.identity import arrays, functions, objects, values
from amorsize.cache.identity.homes import (
    found_by_name,
    has_plain_names,
    module_of,
    mro_of,
    qualname_of,
    vars_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amorsize.cache.identity.walk import Handler


def _by_number(handlers: Mapping[type, Handler]) -> dict[int, Handler]:
    """To look up a class itself would ask its metaclass for a hash."""
    return {id(kind): handler for kind, handler in handlers.items()}


CONSTANT_FIELDS: Final[Mapping[type, tuple[str, ...]]] = {
    range: ("start", "stop", "step"),
    re.Pattern: ("pattern", "flags"),
    slice: ("start", "stop", "step"),
    types.ClassMethodDescriptorType: ("__name__", "__objclass__"),
    types.GenericAlias: ("__origin__", "__args__", "__unpacked__"),
    types.GetSetDescriptorType: ("__name__", "__objclass__"),
    types.MemberDescriptorType: ("__name__", "__objclass__"),
    types.MethodDescriptorType: ("__name__", "__objclass__"),
    types.MethodType: ("__func__", "__self__"),
    types.MethodWrapperType: ("__name__", "__self__"),
    types.UnionType: ("__args__",),
    types.WrapperDescriptorType: ("__name__", "__objclass__"),
}

CONSTANT: Final = _by_number(
    {
        **dict.fromkeys(values.ATOMS, values.atom),
        **{kind: values.read_by(kind, *names) for kind, names in CONSTANT_FIELDS.items()},
        frozenset: values.unordered,
        tuple: values.sequence,
        types.BuiltinFunctionType: functions.builtin,
        types.CodeType: functions.code,
        types.EllipsisType: values.only_one,
        types.NotImplementedType: values.only_one,
        values.Absent: values.only_one,
        values.Bag: values.bag,
    }
)
"""Of what cannot change it does not matter whether it is one thing or two that are equal."""

FIELDS: Final[Mapping[type, tuple[str, ...]]] = {
    classmethod: ("__func__",),
    partial: ("func", "args", "keywords", "__dict__"),
    property: ("fget", "fset", "fdel"),
    staticmethod: ("__func__",),
}

CHANGING: Final = _by_number(
    {
        **{kind: values.read_by(kind, *names) for kind, names in FIELDS.items()},
        _thread.LockType: values.only_one,
        _thread.RLock: values.only_one,
        bytearray: values.byte_array,
        dict: values.mapping,
        list: values.sequence,
        operator.attrgetter: values.taken_apart,
        operator.itemgetter: values.taken_apart,
        operator.methodcaller: values.taken_apart,
        set: values.unordered,
        type(lru_cache(len)): functions.cached,
        types.CellType: functions.cell,
        types.FunctionType: functions.function,
        types.MappingProxyType: values.proxy,
        types.ModuleType: values.module,
    }
)

NAMED: Final[Mapping[str, Mapping[str, Handler]]] = {
    "_collections": {"_tuplegetter": values.taken_apart},
    "collections": {"_tuplegetter": values.taken_apart},
    "_contextvars": {"ContextVar": values.variable},
    "_struct": {"Struct": values.struct},
    "array": {"array": values.typed_array},
    "dataclasses": {"Field": objects.a_field},
    "datetime": {
        "date": values.shown,
        "datetime": values.dated,
        "time": values.dated,
        "timedelta": values.shown,
        "timezone": values.taken_apart,
    },
    "decimal": {"Decimal": values.shown},
    "numpy": {"ndarray": arrays.array},
    "zoneinfo": {"ZoneInfo": values.taken_apart},
}
"""By module and name, since most of these are not imported."""

HEIRS: Final = _by_number(
    {
        type: objects.a_class,
        types.BuiltinFunctionType: functions.builtin,
        types.ModuleType: values.module,
    }
)
"""Of which the subclasses are read like themselves."""

INHERITED: Final[Mapping[str, Mapping[str, Handler]]] = {
    "logging": {"Logger": objects.a_logger},
    "numpy": {"dtype": values.taken_apart, "generic": arrays.scalar},
}


def handler_of(kind: type) -> Handler:
    """What reads objects of a class that can change."""
    handler = CHANGING.get(id(kind))
    if handler is not None:
        return handler
    if not all(has_plain_names(vars_of(base)) for base in mro_of(kind)):
        return objects.oddly_named  # before anything is asked of the class
    return _listed(NAMED, kind) or _inherited(kind) or objects.an_object


def _inherited(kind: type) -> Handler | None:
    for base in mro_of(kind):
        handler = HEIRS.get(id(base)) or _listed(INHERITED, base)
        if handler is not None:
            return handler
    return None


def _listed(table: Mapping[str, Mapping[str, Handler]], kind: type) -> Handler | None:
    """A class may say that it is another: what lies under the name it gives must be itself."""
    module, name = module_of(kind), qualname_of(kind)
    handler = table.get(module, {}).get(name)
    return handler if handler and found_by_name(module, name) is kind else None
