"""Read the kernel's small text files; whatever is wrong with one is a note, not an error.

Paths are plain strings: `pathlib` would be half of what importing this package costs. A path is
written as the process sees it, and looked up under ``root``, which tests point elsewhere.
"""

from __future__ import annotations

import os
from typing import Final, TypeAlias

from amorsize.vocab.machine import Skipped

MAX_BYTES: Final = 4_000_000
"""Far above any real mountinfo; keeps a wrong file from filling memory."""

PIECE: Final = 1 << 16
"""Read at once: all of most of them."""

FLAGS: Final = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)

MAX_DIGITS: Final = 20
"""Of a 64-bit number. Longer ones are not what the kernel writes."""

MAX_CPU: Final = 65_536
"""No kernel numbers CPUs beyond this (CONFIG_NR_CPUS is at most 8192 on x86-64)."""

Text: TypeAlias = str | Skipped | None
"""Contents; or why they cannot be had; or ``None`` where the file is not there at all."""


def read(root: str, path: str, most: int = MAX_BYTES) -> Text:
    """Contents of the file that the process sees as ``path``, of a long one the beginning."""
    try:
        return _bytes(root + path, most).decode(errors="replace")
    except (FileNotFoundError, NotADirectoryError, ProcessLookupError):
        return None
    except OSError as exc:
        return Skipped(path, exc.strerror or type(exc).__name__)
    except ValueError:
        return Skipped(path, "not a path")


def _bytes(path: str, most: int) -> bytes:
    """Without a file object, which takes three times as long as these files do."""
    descriptor = os.open(path, FLAGS)
    try:
        parts = []
        while most > 0 and (part := os.read(descriptor, min(most, PIECE))):
            parts.append(part)
            most -= len(part)
        return b"".join(parts)
    finally:
        os.close(descriptor)


def contents(path: str, root: str = "") -> str:
    """The same, for files whose absence or trouble means nothing in particular."""
    text = read(root, path)
    return text if isinstance(text, str) else ""


def names_in(path: str, root: str = "") -> list[str]:
    """What a folder holds; nothing where it cannot be looked into."""
    try:
        return os.listdir(root + path)  # noqa: PTH208 - see the module's docstring
    except OSError:
        return []


def whole(text: str) -> int | None:
    """A plain number as the kernel writes it, or ``None``."""
    digits = text.strip()
    plain = digits.isascii() and digits.isdecimal() and len(digits) <= MAX_DIGITS
    return int(digits) if plain else None


def cpu_list(text: str) -> frozenset[int] | None:
    """The CPUs of ``0-3,8``, or ``None`` where it is not such a list."""
    cpus: set[int] = set()
    for part in filter(None, text.strip().split(",")):
        first, dash, last = part.partition("-")
        low = whole(first)
        high = whole(last) if dash else low
        if low is None or high is None or high > MAX_CPU:
            return None
        cpus.update(range(low, high + 1))
    return frozenset(cpus)
