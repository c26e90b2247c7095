"""Where bytes lie under keys. A shared store is one more class with these methods."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from amorsize.cache.codec import shown
from amorsize.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY: Final = re.compile(r"[A-Za-z0-9._-]{1,200}")


class Store(Protocol):
    """Readers see a value whole, or not at all, whoever writes meanwhile.

    Every method may raise ``OSError`` where the store cannot be used; keys have been checked.
    """

    def get(self, key: str, /) -> bytes | None:
        """One consistent reading; ``None`` where there is nothing.

        Raises:
            ValueError: there is something, but nothing that could have been put here.
        """

    def put(self, key: str, value: bytes, /) -> None:
        """Put it in the place of what is there."""

    def delete(self, key: str, /) -> bool:
        """Remove it; tell whether it was there."""

    def keys(self) -> Iterator[str]:
        """Every key, in no order."""

    def some(self, most: int, /) -> list[str]:
        """At most so many keys, others each time, at a cost that does not grow with the store."""

    def tidy(self) -> None:
        """Remove what writers that died have left."""


def is_key(key: object) -> bool:
    """Whether it can be a key, and so the name of a file in the folder and nowhere else."""
    return isinstance(key, str) and KEY.fullmatch(key) is not None and key not in {".", ".."}


def checked_key(key: object) -> str:
    """The key.

    Raises:
        UsageError: it cannot be one.
    """
    if not isinstance(key, str) or not is_key(key):
        msg = f"cache_key must be 1 to 200 of A-Z a-z 0-9 . _ -, and not . or .., got {shown(key)}"
        raise UsageError.parameter(msg)
    return key
