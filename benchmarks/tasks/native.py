"""Work done in C, with and without the interpreter lock."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any, Final

KEY_ROUNDS: Final = 1500
"""About 1 ms."""


SORTED: Final = 20_000


TINY_ARRAY: Final = 16


TINY_STEPS: Final = 50


MATRIX: Final = 160


def digest(block: bytes) -> bytes:
    """Hash a megabyte."""
    return hashlib.sha256(block).digest()


def key_of(number: int) -> bytes:
    """Derive a key: long in C, with next to nothing to send."""
    return hashlib.pbkdf2_hmac("sha256", str(number).encode(), b"salt", KEY_ROUNDS)


def packed_size(block: bytes) -> int:
    """Compress, and tell how far it went."""
    return len(zlib.compress(block, 6))


def middle_of(seed: int) -> float:
    """Sort random numbers."""
    import numpy as np

    numbers = np.random.default_rng(seed).random(SORTED)
    numbers.sort()
    return float(numbers[SORTED // 2])


def tiny_steps(seed: int) -> float:
    """Many operations on arrays so small that the interpreter is most of the cost."""
    import numpy as np

    numbers = np.arange(seed, seed + TINY_ARRAY, dtype=float)
    for _ in range(TINY_STEPS):
        numbers = numbers * 0.5 + 1.0
    return float(numbers.sum())


def _matrix(seed: int) -> Any:
    import numpy as np

    cells = np.arange(seed, seed + MATRIX * MATRIX, dtype=float).reshape(MATRIX, MATRIX)
    return np.sin(cells) + MATRIX * np.eye(MATRIX)


def product_of(seed: int) -> float:
    """Multiply matrices; BLAS may use its own threads."""
    matrix = _matrix(seed)
    return float((matrix @ matrix @ matrix).trace())


def solution_of(seed: int) -> float:
    """Solve linear equations."""
    import numpy as np

    return float(np.linalg.solve(_matrix(seed), np.ones(MATRIX)).sum())
