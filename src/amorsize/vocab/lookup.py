"""A lookup says hit, or miss and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

RecordT = TypeVar("RecordT")


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing was stored under this key."""


@dataclass(frozen=True, slots=True)
class OtherFormat:
    """Written by a version that stores other things."""

    cached: int
    current: int


@dataclass(frozen=True, slots=True)
class Expired:
    """Older than its time to live."""

    age_s: float
    ttl_s: float


@dataclass(frozen=True, slots=True)
class OtherCores:
    """Taken with another number of physical cores."""

    cached: int
    current: int


@dataclass(frozen=True, slots=True)
class OtherStartMethod:
    """Taken while ``multiprocessing`` started processes in another way."""

    cached: str
    current: str


@dataclass(frozen=True, slots=True)
class OtherMemory:
    """Taken with clearly more or less memory, by the limit and not by what was free."""

    cached_bytes: int
    current_bytes: int


@dataclass(frozen=True, slots=True)
class OtherMachine:
    """Measured on another machine than this one, or with another Python."""

    what: str
    """What differs."""
    cached: str
    current: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The bytes cannot be read, or do not say what a record of this kind says."""

    error: str
    """Name of the exception."""


Foreign: TypeAlias = OtherCores | OtherStartMethod | OtherMemory | OtherMachine
"""Taken on a machine that differs."""

Why: TypeAlias = Absent | OtherFormat | Expired | Foreign | Unreadable


@dataclass(frozen=True, slots=True)
class Hit(Generic[RecordT]):
    """The record, and how long ago it was taken."""

    record: RecordT
    age_s: float


@dataclass(frozen=True, slots=True)
class Miss:
    why: Why


Lookup: TypeAlias = Hit[RecordT] | Miss
