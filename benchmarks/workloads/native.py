"""Work done in C: without the interpreter lock, in numpy, and in BLAS, which has threads too."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Final

from benchmarks.tasks.native import (
    digest,
    key_of,
    middle_of,
    packed_size,
    product_of,
    solution_of,
    tiny_steps,
)
from benchmarks.workloads.base import Family, Job, Workload

if TYPE_CHECKING:
    from collections.abc import Callable

HASHED_BYTES: Final = 2**20
COMPRESSED_BYTES: Final = 64 * 1024
DISTINCT_BLOCKS: Final = 16
"""Blocks are used over and over, so that even a second of hashing needs little memory."""

LETTERS: Final = bytes(b"abcdefghijklmno \n"[i % 17] for i in range(256))
"""Maps random bytes to something that can be compressed."""


SEED: Final = 7
NUMPY: Final = ("numpy",)


def _blocks(func: Callable[[bytes], Any], size_bytes: int) -> Callable[[int], Job]:
    def make(amount: int) -> Job:
        random = Random(SEED)
        blocks = [random.randbytes(size_bytes).translate(LETTERS) for _ in range(DISTINCT_BLOCKS)]
        return Job(func=func, data=lambda: [blocks[i % DISTINCT_BLOCKS] for i in range(amount)])

    return make


def _seeded(func: Callable[[int], Any]) -> Callable[[int], Job]:
    return lambda amount: Job(func=func, data=lambda: list(range(amount)))


def _numeric(func: Callable[[int], float], *, name: str, family: Family, ten_ms: int) -> Workload:
    return Workload(name=name, family=family, make=_seeded(func), ten_ms=ten_ms, needs=NUMPY)


WORKLOADS: Final = (
    Workload(
        name="sha256-1mb", family=Family.NATIVE, make=_blocks(digest, HASHED_BYTES), ten_ms=10
    ),
    Workload(
        name="zlib-64kb",
        family=Family.NATIVE,
        make=_blocks(packed_size, COMPRESSED_BYTES),
        ten_ms=4,
    ),
    Workload(name="pbkdf2", family=Family.NATIVE, make=_seeded(key_of), ten_ms=10),
    _numeric(middle_of, name="numpy-sort", family=Family.NUMPY, ten_ms=12),
    _numeric(tiny_steps, name="numpy-tiny-arrays", family=Family.NUMPY, ten_ms=100),
    _numeric(product_of, name="blas-product", family=Family.BLAS, ten_ms=12),
    _numeric(solution_of, name="blas-solve", family=Family.BLAS, ten_ms=12),
)
