"""Pure Python that computes."""

from __future__ import annotations

from functools import cache


def spin(rounds: int) -> int:
    """Keep the interpreter busy; about 65 ns a round."""
    total = 0
    for i in range(rounds):
        total = (total * 31 + i) & 0xFFFF
    return total


def add_one(number: int) -> int:
    """Cost less than the call."""
    return number + 1


@cache
def _table(rounds: int) -> int:
    return spin(rounds)


def look_up(table_rounds: int, rounds: int) -> int:
    """Need a table that the first call in a process has to make."""
    return spin(rounds) + _table(table_rounds)
