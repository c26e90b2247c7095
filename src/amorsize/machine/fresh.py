"""What hardly ever changes while a process runs, read once in a while and not at every call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

FactT = TypeVar("FactT")


class Fresh(Generic[FactT]):
    """The latest reading, no older than ``fresh_s`` by ``clock``."""

    def __init__(
        self, read: Callable[[], FactT], *, fresh_s: float, clock: Callable[[], float]
    ) -> None:
        self._read = read
        self._fresh_s = fresh_s
        self._clock = clock
        self._known: tuple[float, FactT] | None = None
        """Until when it is good, and what was read."""

    def __call__(self) -> FactT:
        now = self._clock()
        if self._known is None or now >= self._known[0]:
            self._known = (now + self._fresh_s, self._read())
        return self._known[1]
