"""A record of this machine that is read once in a process, and in each folder it is told to use."""

from __future__ import annotations

import logging
from math import inf
from typing import TYPE_CHECKING, Final, Generic

from amorsize.cache.kinds import EntryT
from amorsize.cache.opening import cache_of
from amorsize.cache.places import folder_of
from amorsize.vocab.lookup import Hit, Miss, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize.cache.kinds import Kind
    from amorsize.vocab.lookup import Lookup

LOG: Final = logging.getLogger(__name__)


class Kept(Generic[EntryT]):
    """Reads the file at most once in a process, and in each folder that it is told to look in."""

    def __init__(self, kind: Kind[EntryT], key: Callable[[], str]) -> None:
        self._kind = kind
        self._key = key
        self._found: dict[str, Lookup[EntryT]] = {}

    @property
    def at_hand(self) -> EntryT | None:
        """What has been read before; costs some microseconds, and never reads."""
        found = self._found.get(folder_of(self._kind))
        return found.record if isinstance(found, Hit) else None

    def look(self) -> Lookup[EntryT]:
        """What is stored, or why there is nothing to go by. Takes 0.3 ms the first time."""
        folder = folder_of(self._kind)
        if folder not in self._found:
            self._found[folder] = self._look()
        return self._found[folder]

    def read(self) -> EntryT | None:
        """The same, where only the figures matter."""
        found = self.look()
        return found.record if isinstance(found, Hit) else None

    def hold(self, record: EntryT) -> None:
        """From now on this process goes by it."""
        self._found[folder_of(self._kind)] = Hit(record, 0.0)

    def keep(self, record: EntryT) -> bool:
        """Hold it, and store it; tell whether that could be done.

        Raises:
            UsageError: a load would refuse it.
        """
        kept = cache_of(self._kind).save(self._key(), record)
        self.hold(record)
        return kept

    def forget(self) -> None:
        """Read again when asked next."""
        self._found.clear()

    def _look(self) -> Lookup[EntryT]:
        try:
            found = cache_of(self._kind).look(self._key(), inf)
        except Exception as error:
            LOG.debug("cannot look up the %s", self._kind.name, exc_info=True)
            return Miss(Unreadable(type(error).__name__))
        if isinstance(found, Miss):
            LOG.debug("no %s: %s", self._kind.name, found.why)
        return found
