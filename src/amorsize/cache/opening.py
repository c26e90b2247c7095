"""Open a cache where the user has it: in files; a shared store would be chosen here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amorsize.cache.file_store import FileStore
from amorsize.cache.loader import Cache
from amorsize.cache.places import folder_of

if TYPE_CHECKING:
    from amorsize.cache.kinds import EntryT, Kind


def cache_of(kind: Kind[EntryT]) -> Cache[EntryT]:
    """The cache of this kind, as the environment says at this moment."""
    return Cache(kind, FileStore(folder_of(kind)))
