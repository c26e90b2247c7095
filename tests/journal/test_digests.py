from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from amorsize.journal.digests import SIZE_BYTES, UNKNOWN, digest

numpy = pytest.importorskip("numpy")


@dataclass
class Job:
    name: str
    tags: list[str] = field(default_factory=list)


class Mute:
    """Cannot be read or pickled."""

    def __init__(self) -> None:
        self.lines = open  # what it holds is known; the next is not
        self.generator = (number for number in range(3))


DIFFERENT = [
    None,
    True,
    1,
    1.0,
    "1",
    b"1",
    (1,),
    [1],
    {1},
    frozenset((1,)),
    {1: 1},
    -0.0,
    0.0,
    "a" * 2_000_000,
    "a" * 2_000_001,
    list(range(10_000)),
    list(range(10_001)),
    [[1], [2]],
    [[1, 2]],
    Job("a"),
    Job("b"),
    Job("a", ["x"]),
    numpy.arange(4),
    numpy.arange(4.0),
    numpy.arange(4).reshape(2, 2),
    numpy.float64(1),
    numpy.int64(1),
]


def test_different_items_have_different_digests_and_the_same_has_the_same() -> None:
    digests = [digest(item) for item in DIFFERENT]

    assert len(set(digests)) == len(DIFFERENT)
    assert digests == [digest(item) for item in DIFFERENT]
    assert {len(one) for one in digests} == {SIZE_BYTES}


def test_rows_of_one_matrix_are_known_by_what_they_hold() -> None:
    matrix = numpy.arange(12).reshape(3, 4)

    before = [digest(row) for row in matrix]
    matrix[2, 0] = -1

    assert digest(matrix[0]) == before[0] == digest(numpy.arange(4))
    assert digest(matrix[2]) != before[2]


def test_frames_of_pandas_are_told_apart() -> None:
    pandas = pytest.importorskip("pandas")

    frames = [pandas.DataFrame({"a": [1, number]}) for number in (2, 2, 3)]

    first, again, other = map(digest, frames)
    assert first == again != other


def test_what_cannot_be_read_is_unknown() -> None:
    assert digest(Mute()) == UNKNOWN


SHOWN = """
from amorsize.journal.digests import digest
items = [{"b", "a", "c"}, {"x": {1, "y"}, "z": (1.5, None)}, frozenset("hash order"), [b"1"]]
print([digest(item).hex() for item in items])
"""


def test_other_processes_come_to_the_same() -> None:
    def told(seed: str) -> Any:
        return subprocess.run(
            [sys.executable, "-c", SHOWN],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            check=True,
            capture_output=True,
        ).stdout

    assert told("1") == told("2")
