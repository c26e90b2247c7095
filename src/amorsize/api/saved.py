"""Results as plain data, and what the best of one was: what history keeps and compares.

What is kept of a result is what its ``to_dict()`` gives or, without one, the fields of its
dataclass. Of these the user's items (``data``) and what is no plain value are left out. Numbers
of other libraries become Python's, enumerations their values, what is not finite ``None``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import singledispatch
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amorsize.cache.codec import UNDECODABLE
from amorsize.cache.rules import number, text, whole
from amorsize.errors import UsageError
from amorsize.plan.units import three_digits

if TYPE_CHECKING:
    from collections.abc import Callable

ITEMS: Final = "data"
"""The field of a result that holds the user's items."""

LEFT_OUT: Final = object()


class SavedResult(dict[str, Any]):
    """A result as it was kept: its fields by name, as keys and as attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            msg = f"nothing called {name!r} was kept of this result"
            raise AttributeError(msg) from None

    @property
    def best_config(self) -> Any:
        """Of a comparison: the fastest of its configurations."""
        return self["configs"][self["best_config_index"]]

    @property
    def best_time(self) -> float | None:
        """Of the best that it knows, in seconds."""
        return best_of(self).time_s

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> SavedResult:
        """The same, and all objects within."""
        return cls({name: _with_attributes(value) for name, value in document.items()})


def _with_attributes(value: Any) -> Any:
    if isinstance(value, dict):
        return SavedResult.of(value)
    return [*map(_with_attributes, value)] if isinstance(value, list) else value


class Best(NamedTuple):
    """The fastest way that a result knows; ``None``: it does not tell."""

    strategy: str | None = None
    speedup: float | None = None
    time_s: float | None = None


def plain_fields(result: object) -> dict[str, Any]:
    """What is kept of a result.

    Raises:
        UsageError: it has neither ``to_dict()`` nor fields and is no dict, or is nested too deeply.
    """
    try:
        found = _plain(result)
    except RecursionError:
        found = LEFT_OUT
    if not isinstance(found, dict):
        kind = type(result).__name__
        msg = f"result must be a result, with to_dict() or as a dataclass, got {kind}"
        raise UsageError.parameter(msg)
    return found


def best_of(result: Mapping[str, Any]) -> Best:
    """The best that a result knows: seen by its fields, and nothing of them is believed."""
    for telling, read in BEST.items():
        if telling in result:
            try:
                return read(result)
            except (*UNDECODABLE, IndexError):
                return Best()
    return Best()


@singledispatch
def _plain(value: object) -> Any:
    if isinstance(value, type):
        return LEFT_OUT
    to_dict = getattr(value, "to_dict", None)
    if callable(to_dict):
        return _plain(to_dict())
    if not is_dataclass(value):
        return LEFT_OUT
    return _members(
        {one.name: getattr(value, one.name) for one in fields(value) if one.name != ITEMS}
    )


@_plain.register
def _(value: None) -> None:
    return value


@_plain.register
def _(value: bool) -> bool:
    return value


@_plain.register
def _(value: str) -> str:
    return str.__str__(value)


@_plain.register
def _(value: Enum) -> Any:
    return _plain(value.value)


@_plain.register(int)
@_plain.register(Integral)
def _(value: Any) -> int:
    return int(value)


@_plain.register(float)
@_plain.register(Real)
def _(value: Any) -> float | None:
    number_of_it = float(value)
    return number_of_it if math.isfinite(number_of_it) else None


@_plain.register(Mapping)
def _members(value: Mapping[Any, Any]) -> dict[str, Any]:
    found = ((str(name), _plain(member)) for name, member in value.items())
    return {name: member for name, member in found if member is not LEFT_OUT}


@_plain.register(list)
@_plain.register(tuple)
def _(value: list[Any] | tuple[Any, ...]) -> Any:
    found = [_plain(member) for member in value]
    return LEFT_OUT if LEFT_OUT in found else found


SECONDS: Final = number(0)
FACTOR: Final = number(0)


def _of_comparison(result: Mapping[str, Any]) -> Best:
    index = whole(0).read(result["best_config_index"])
    return Best(
        text().read(result["configs"][index]["name"]),
        FACTOR.read(result["speedups"][index]),
        SECONDS.read(result["execution_times"][index]),
    )


def _of_tuning(result: Mapping[str, Any]) -> Best:
    return Best(
        _pool(result["best_n_jobs"], result["best_chunksize"], result.get("executor_type")),
        FACTOR.read(result["best_speedup"]),
        SECONDS.read(result["best_time"]),
    )


def _of_benchmark(result: Mapping[str, Any]) -> Best:
    advice = result.get("optimization")
    return Best(
        _of_advice(advice).strategy if isinstance(advice, dict) else None,
        FACTOR.read(result["actual_speedup"]),
        SECONDS.read(result["parallel_time"]),
    )


def _of_advice(result: Mapping[str, Any]) -> Best:
    predicted, run = result.get("predicted_s"), result.get("run")
    time_s = predicted["median_s"] if isinstance(predicted, dict) else None
    if isinstance(run, dict):  # of ``execute``: what it really took
        time_s = run["wall_s"]
    return Best(
        _pool(result["n_jobs"], result["chunksize"], result.get("executor_type")),
        FACTOR.read(result["estimated_speedup"]),
        None if time_s is None else SECONDS.read(time_s),
    )


def _pool(n_jobs: Any, chunksize: Any, executor: Any) -> str:
    jobs, chunk = whole(1).read(n_jobs), whole(1).read(chunksize)
    kind = text().read(executor or "process")
    return "plain loop" if jobs == 1 else f"{kind}, n_jobs={jobs}, chunksize={chunk}"


BEST: Final[Mapping[str, Callable[[Mapping[str, Any]], Best]]] = {
    "best_config_index": _of_comparison,
    "best_n_jobs": _of_tuning,
    "actual_speedup": _of_benchmark,
    "estimated_speedup": _of_advice,
}
"""Each kind of result, by a field that no other one has."""


def as_factor(value: float | None) -> str:
    """A speed-up as a person may want to see it."""
    return "?" if value is None else f"{three_digits(value)}x"
