"""How a workload and its size are given on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks.workloads.registry import workload_named

FORM: Final = "NAME, NAME@MILLISECONDS or NAME=AMOUNT"
DEFAULT_MS: Final = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """A workload of so many milliseconds, or of an exact amount."""

    workload: str
    size_ms: float = DEFAULT_MS
    amount: int | None = None

    @property
    def title(self) -> str:
        return (
            f"{self.workload}={self.amount}" if self.amount else f"{self.workload}@{self.size_ms:g}"
        )


def parsed_size(text: str) -> Sized:
    """Read ``medium-1ms``, ``medium-1ms@60`` or ``trivial-add=1000000``.

    Raises:
        ValueError: the number is none, or not above zero.
        KeyError: there is no such workload.
    """
    name, at, size = text.partition("@")
    if at:
        return Sized(workload=workload_named(name).name, size_ms=_positive(float(size)))
    name, equals, amount = text.partition("=")
    if equals:
        return Sized(workload=workload_named(name).name, amount=int(_positive(int(amount))))
    return Sized(workload=workload_named(name).name)


def _positive(number: float) -> float:
    if not number > 0:
        msg = f"must be above zero, got {number:g}"
        raise ValueError(msg)
    return number
