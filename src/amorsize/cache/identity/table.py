"""Which part of the walk reads what: by exact type, then by what a class inherits."""

from __future__ import annotations

import types
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache.identity import functions, objects, values
from amorsize.cache.identity.homes import module_of, mro_of, qualname_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amorsize.cache.identity.walk import Handler

EXACT: Final[Mapping[type, Handler]] = {
    **dict.fromkeys(values.ATOMS, values.atom),
    **dict.fromkeys((types.EllipsisType, types.NotImplementedType), values.singleton),
    **dict.fromkeys((list, tuple), values.sequence),
    **dict.fromkeys((set, frozenset), values.unordered),
    **dict.fromkeys((range, slice), values.span),
    **dict.fromkeys((staticmethod, classmethod), functions.wrapping),
    **dict.fromkeys(
        (types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType),
        functions.descriptor,
    ),
    **dict.fromkeys((types.MemberDescriptorType, types.GetSetDescriptorType), functions.slot),
    bytearray: values.byte_array,
    dict: values.mapping,
    partial: functions.partial_of,
    property: functions.property_of,
    type(lru_cache(len)): functions.cached,
    types.BuiltinFunctionType: functions.builtin,
    types.CodeType: functions.code,
    types.FunctionType: functions.function,
    types.MethodType: functions.method,
    types.MethodWrapperType: functions.method_wrapper,
    types.ModuleType: values.module,
}

NAMED: Final[Mapping[str, Mapping[str, Handler]]] = {
    "_thread": {"RLock": objects.alike, "lock": objects.alike, "_local": objects.nobody_knows},
    "_collections": {"_tuplegetter": values.taken_apart},
    "collections": {"_tuplegetter": values.taken_apart},
    "_contextvars": {"ContextVar": values.variable},
    "array": {"array": values.typed_array},
    "datetime": {
        "date": values.shown,
        "datetime": values.dated,
        "time": values.dated,
        "timedelta": values.shown,
        "timezone": values.shown,
    },
    "decimal": {"Decimal": values.shown},
    "numpy": {"ndarray": values.numpy_array},
    "operator": dict.fromkeys(("attrgetter", "itemgetter", "methodcaller"), values.taken_apart),
    "re": {"Pattern": values.pattern},
    "zoneinfo": {"ZoneInfo": values.taken_apart},
}
"""By module and name, since most of these are not imported."""

INHERITED: Final[Mapping[str, Mapping[str, Handler]]] = {
    "functools": {"partial": functions.partial_of},
    "logging": {"Logger": objects.a_logger},
    "numpy": {"dtype": values.numpy_type},
    "pathlib": {"PurePath": objects.a_path},
    "pathlib._local": {"PurePath": objects.a_path},
}


HEIRS: Final = (types.BuiltinFunctionType, types.ModuleType)
"""Whose subclasses are read like themselves."""


def handler_for(thing: Any) -> Handler:
    """What reads ``thing``."""
    kind = type(thing)
    return EXACT.get(kind) or _handler_of(kind)


def _handler_of(kind: type) -> Handler:
    named = NAMED.get(module_of(kind), {}).get(qualname_of(kind))
    if named is not None:
        return named
    for base in mro_of(kind):
        inherited = INHERITED.get(module_of(base), {}).get(qualname_of(base))
        if inherited is not None:
            return inherited
        if base is type:
            return objects.a_class
        if base in HEIRS:
            return EXACT[base]
    if module_of(kind) == "numpy" and any(qualname_of(b) == "generic" for b in mro_of(kind)):
        return values.numpy_scalar
    return objects.an_object
