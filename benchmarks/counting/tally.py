"""Counts that several processes add to: a byte appended to a file is never lost or torn."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any


class What(StrEnum):
    """What is counted: a small letter where the caller did it, a capital in any other process."""

    CALL = "c"
    FUNCTION_PICKLE = "f"
    ITEM_PICKLE = "i"
    RESULT_PICKLE = "r"
    CLAIM = "k"
    FORK = "p"
    THREAD = "t"


@cache
def _descriptor(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


@dataclass(frozen=True, slots=True)
class Tally:
    """A file of such letters."""

    path: str
    caller: int
    """Process id."""

    def note(self, what: What) -> None:
        """Count one more."""
        letter = what if os.getpid() == self.caller else what.upper()
        os.write(_descriptor(self.path), letter.encode())

    def read(self) -> dict[str, int]:
        """All counts, by name."""
        return counts_of(Path(self.path).read_text())

    def close(self) -> None:
        """Close the file in this process."""
        os.close(_descriptor(self.path))
        _descriptor.cache_clear()


def counts_of(letters: str) -> dict[str, int]:
    """Add up what matters.

    How many items a worker gets is luck, so the pickles of its results are compared with the
    number of its calls.
    """
    found = Counter(letters)
    both = {what: found[what] + found[what.upper()] for what in What}
    worker_calls = found[What.CALL.upper()]
    return {
        "calls": both[What.CALL],
        "function pickles": both[What.FUNCTION_PICKLE],
        "item pickles": both[What.ITEM_PICKLE],
        "result pickles in the caller": found[What.RESULT_PICKLE],
        "result pickles beyond one": max(0, found[What.RESULT_PICKLE.upper()] - worker_calls),
        "claims": both[What.CLAIM],
        "forks": both[What.FORK],
        "threads": both[What.THREAD],
    }


class Noted:
    """Something that counts how often it is pickled."""

    def __init__(self, tally: Tally, what: What) -> None:
        self._tally = tally
        self._what = what

    def __reduce__(self) -> tuple[Any, ...]:
        self._tally.note(self._what)
        return type(self), (self._tally, self._what)


class NotedFunction(Noted):
    """Counts its calls, and returns what counts its pickles."""

    def __call__(self, _item: object) -> Noted:
        self._tally.note(What.CALL)
        return Noted(self._tally, What.RESULT_PICKLE)
