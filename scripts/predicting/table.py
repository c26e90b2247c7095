"""Functions whose use of the interpreter lock is asked about; each takes 0.3 to 3 ms."""

# ruff: noqa: D103, S311, FURB192 - the names tell; and sorting is what is meant

from __future__ import annotations

import hashlib
import json
import random
import re
import subprocess
import tempfile
import time
import zlib
from bisect import bisect
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS: Final = re.compile(r"(\w+)@(\w+)\.com")
TEXT: Final = "someone@example.com wrote to another@example.org about nothing. " * 300
DOCUMENT: Final = json.dumps(
    [{"name": f"n{i}", "tags": ["a", "b"], "x": i / 3} for i in range(600)]
)
RECORDS: Final = json.loads(DOCUMENT)
NUMBERS: Final = [random.Random(1).random() for _ in range(8000)]
NAMES: Final = [f"{number:.9f}" for number in NUMBERS[:4000]]
BLOCK: Final = random.Random(2).randbytes(50_000) * 8
FILE: Final = Path(tempfile.gettempdir()) / "amorsize-prediction-figures.bin"


def pure_sum(_item: int) -> int:
    return sum(number * number % 7 for number in range(20_000))


def pure_dicts(_item: int) -> int:
    return len({str(number): number for number in range(6_000)})


def pure_strings(_item: int) -> int:
    return len(",".join(name.upper()[::-1] for name in NAMES))


def regex(_item: int) -> int:
    return len(WORDS.findall(TEXT))


def json_loads(_item: int) -> int:
    return len(json.loads(DOCUMENT))


def json_dumps(_item: int) -> int:
    return len(json.dumps(RECORDS))


def sorted_floats(_item: int) -> float:
    return sorted(NUMBERS)[0]


def sorted_by_key(_item: int) -> str:
    return sorted(NAMES, key=str.lower)[0]


def bisects(_item: int) -> int:
    ordered = range(1000)
    return sum(bisect(ordered, number) for number in range(3000))


def zlib_compress(_item: int) -> int:
    return len(zlib.compress(BLOCK[:50_000], 6))


def zlib_decompress(_item: int) -> int:
    return len(zlib.decompress(_packed()))


@cache
def _packed() -> bytes:
    return zlib.compress(BLOCK * 3)


def crc32(_item: int) -> int:
    return zlib.crc32(BLOCK * 2)


def sha256(_item: int) -> bytes:
    return hashlib.sha256(BLOCK).digest()


def blake2b(_item: int) -> bytes:
    return hashlib.blake2b(BLOCK).digest()


def pbkdf2(_item: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", b"word", b"salt", 1500)


def short_hashes(_item: int) -> bytes:
    digest = b""
    for _ in range(2000):
        digest = hashlib.sha256(digest).digest()
    return digest


def half_and_half(_item: int) -> int:
    return pure_sum(_item) + hashlib.sha256(BLOCK * 2).digest()[0]


def sleeps(_item: int) -> None:
    time.sleep(2e-3)


def subprocesses(_item: int) -> int:
    return subprocess.run(["/bin/true"], check=True).returncode


def reads_file(_item: int) -> int:
    return len(FILE.read_bytes())


def stats_files(_item: int) -> int:
    return sum(FILE.stat().st_size for _ in range(300))


def numpy_functions() -> dict[str, Callable[[int], Any]]:
    """None where numpy is not installed."""
    try:
        import numpy as np
    except ImportError:
        return {}
    numbers = np.random.default_rng(1).random(100_000)
    square, small, objects = numbers[:10_000].reshape(100, 100), numbers[:16], list(NUMBERS)

    def tiny(_item: int) -> float:
        total = small
        for _ in range(1000):
            total = total * 0.5 + 1.0
        return float(total[0])

    def python_objects(_item: int) -> float:
        return float(np.array(objects, dtype=object).sum())

    return {
        "numpy sort": lambda _item: float(np.sort(numbers[:40_000])[0]),
        "numpy exp": lambda _item: float(np.exp(numbers)[0]),
        "numpy sin, sqrt, sum": lambda _item: float(np.sqrt(np.sin(numbers)).sum()),
        "numpy cumsum": lambda _item: float(np.cumsum(numbers)[-1]),
        "numpy svd": lambda _item: float(np.linalg.svd(square, compute_uv=False)[0]),
        "numpy fft": lambda _item: float(abs(np.fft.fft(numbers[:60_000])[1])),
        "numpy tiny arrays": tiny,
        "numpy objects": python_objects,
    }


def functions() -> dict[str, Callable[[int], Any]]:
    """All of them, by name."""
    FILE.write_bytes(BLOCK * 10)
    plain = (
        *(pure_sum, pure_dicts, pure_strings, regex, json_loads, json_dumps, sorted_floats),
        *(sorted_by_key, bisects, zlib_compress, zlib_decompress, crc32, sha256, blake2b),
        *(pbkdf2, short_hashes, half_and_half, sleeps, subprocesses, reads_file, stats_files),
    )
    return {func.__name__: func for func in plain} | numpy_functions()


def clean_up() -> None:
    """The file that was read is of no use to anybody."""
    FILE.unlink(missing_ok=True)
