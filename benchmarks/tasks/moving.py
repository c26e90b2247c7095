"""Functions that take or return a lot, or carry a lot with them."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.tasks.computing import spin

RESULT_BYTES: Final = 256 * 1024


LIST_ITEMS: Final = 20_000


ARRAY_NUMBERS: Final = 3 * 2**20 // 8
"""An array of 3 MB."""


def checksum(block: bytes) -> int:
    """Add up all bytes, with the interpreter lock held."""
    return sum(block)


def sum_of_squares(numbers: list[int]) -> int:
    """Walk through a list in Python."""
    return sum(number * number for number in numbers)


def spread_of(numbers: Any) -> float:
    """Reduce an array to one number."""
    import numpy as np

    return float(np.sin(numbers).std())


def page_of(rounds: int) -> bytes:
    """Compute a little, return 256 KB."""
    return spin(rounds).to_bytes(2, "little") * (RESULT_BYTES // 2)


def list_of(rounds: int) -> list[int]:
    """Compute a little, return a long list."""
    first = spin(rounds)
    return list(range(first, first + LIST_ITEMS))


def array_of(rounds: int) -> Any:
    """Compute and fill with the interpreter lock held, return 3 MB."""
    import numpy as np

    number = spin(rounds).to_bytes(8, "little")
    return np.frombuffer(bytearray(number) * ARRAY_NUMBERS, dtype=np.int64)


def record_of(number: int) -> dict[str, Any]:
    """Return a row of a table."""
    return {
        "id": number,
        "name": f"row {number}",
        "square": number * number,
        "even": number % 2 == 0,
        "half": number / 2,
    }


def label_of(number: int) -> str:
    """Return a short text."""
    return f"{number:08d}-{number * number:x}"


class Model:
    """Something that carries a large table and needs little of it."""

    def __init__(self, size_bytes: int) -> None:
        self._table = bytes(max(1, size_bytes))

    def score(self, rounds: int) -> int:
        """Use one byte of the table."""
        return spin(rounds) + self._table[rounds % len(self._table)]
