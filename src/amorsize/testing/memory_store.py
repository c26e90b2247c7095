"""A store that lies in memory: the model that others are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class MemoryStore:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    def get(self, key: str, /) -> bytes | None:
        return self._values.get(key)

    def put(self, key: str, value: bytes, /) -> None:
        self._values[key] = value

    def delete(self, key: str, /) -> bool:
        return self._values.pop(key, None) is not None

    def keys(self) -> Iterator[str]:
        yield from [*self._values]

    def some(self, most: int, /) -> list[str]:
        return [*self._values][:most]

    def tidy(self) -> None:
        pass
