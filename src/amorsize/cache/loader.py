"""One loader for every kind of record: it reads once, judges that, and prunes only after that.

An expired entry is therefore always reported as expired, whatever pruning does in this process
or in others. There is no other way to an entry.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple

import amorsize.cache as package
from amorsize.cache.clock import DAY_S, Clock, wall_clock
from amorsize.cache.codec import MALFORMED, UNDECODABLE, Document, parse, unparse
from amorsize.cache.comparing import age_s
from amorsize.cache.kinds import EntryT, Kind
from amorsize.cache.luck import luck
from amorsize.cache.stack import on_a_fresh_stack
from amorsize.errors import UsageError
from amorsize.vocab.lookup import Absent, Expired, Hit, Lookup, Miss, OtherFormat, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amorsize.cache.store import Store
    from amorsize.vocab.lookup import Why

LOG: Final = logging.getLogger(__name__)

PRUNED_PER_LOAD: Final = 32
"""Entries that a load looks at when it prunes: some 2 ms, in one load of twenty."""


class Examined(NamedTuple, Generic[EntryT]):
    """What one reading of one entry tells."""

    verdict: Lookup[EntryT]
    size_bytes: int = 0
    age_s: float | None = None
    """``None`` where it does not tell when it was made."""
    document: Document | None = None
    """``None`` where it cannot be read at all."""


class Cache(Generic[EntryT]):
    """One kind of record in one store."""

    def __init__(
        self,
        kind: Kind[EntryT],
        store: Store,
        *,
        clock: Clock = wall_clock,
        system: Callable[[], Any] | None = None,
        chance: Callable[[], float] = luck,
    ) -> None:
        self.kind = kind
        self.clock = clock
        self._store = store
        self._system = system or kind.here
        self._chance = chance
        self.refusals: list[str] = []
        """Entries that were to be kept or removed and could not be, each with the reason."""

    def load(self, key: str, ttl_s: float) -> Lookup[EntryT]:
        """The entry, or why there is none; then, now and then, prune.

        A short time to live is one caller's: others still want what it calls expired.
        """
        verdict: Lookup[EntryT] = Miss(Unreadable(RecursionError.__name__))
        with suppress(RecursionError):  # of a caller so deep that no other stack can be had
            verdict = self.look(key, ttl_s)
            if self._chance() < package.AUTO_PRUNE_PROBABILITY:
                self._prune_some(key, max(ttl_s, package.DEFAULT_TTL_SECONDS))
        return verdict

    def look(self, key: str, ttl_s: float) -> Lookup[EntryT]:
        """The same, and nothing else happens."""
        return self.examine(key, ttl_s).verdict

    def examine(self, key: str, ttl_s: float) -> Examined[EntryT]:
        """The verdict with what else the one reading tells."""
        return read_and_judge(partial(self._store.get, key), partial(self._terms, ttl_s))

    def survey(self, ttl_s: float) -> Iterator[tuple[str, Examined[EntryT]]]:
        """Every entry that is there when its turn comes; none where the store cannot be used."""
        for key in self.all_keys():
            examined = self.examine(key, ttl_s)
            if examined.verdict != Miss(Absent()):
                yield key, examined

    def all_keys(self) -> list[str]:
        """Every key, sorted; none where the store cannot be used."""
        try:
            return self.listed()
        except OSError as error:
            LOG.debug("cannot list the cache: %s", error)
            return []

    def listed(self) -> list[str]:
        """The same.

        Raises:
            OSError: the store cannot be used.
        """
        return sorted(self._store.keys())

    def save(self, key: str, entry: EntryT) -> bool:
        """Keep it, if the store can be used; tell whether it was kept.

        Raises:
            UsageError: a load would refuse it.
        """
        document = self.kind.table.encode(entry)
        for complaint in self.kind.table.complaints(document):
            raise UsageError(complaint)
        try:
            self._store.put(key, unparse(document))
        except OSError as error:
            LOG.debug("cannot keep %s: %s", key, error)
            self.refusals.append(f"{key}: {error.strerror or error}")
            return False
        return True

    def discard_if_bad(self, key: str, ttl_s: float, bad: tuple[type[Why], ...]) -> bool:
        """Remove the entry if what is there now is bad; tell whether it was removed."""
        verdict = self.look(key, ttl_s)
        if not isinstance(verdict, Miss) or not isinstance(verdict.why, bad):
            return False
        return self.discard(key)

    def discard(self, key: str) -> bool:
        """Remove the entry, whatever it is; tell whether it was removed."""
        try:
            return self._store.delete(key)
        except OSError as error:  # a folder of that name, or somebody else's file
            LOG.debug("cannot remove %s: %s", key, error)
            self.refusals.append(f"{key}: {error.strerror or error}")
            return False

    def tidy(self) -> None:
        """Remove what writers that died have left."""
        try:
            self._store.tidy()
        except OSError as error:
            LOG.debug("cannot tidy up: %s", error)

    def _terms(self, ttl_s: float) -> Terms[EntryT]:
        return Terms(self.kind, self.clock(), ttl_s, self._system())

    def _prune_some(self, key: str, ttl_s: float) -> None:
        """A bounded number, the one asked for first; silent, and never a reason to fail."""
        try:
            others = self._store.some(PRUNED_PER_LOAD)
        except OSError as error:
            LOG.debug("cannot prune: %s", error)
            return
        for one in (key, *others):
            self.discard_if_bad(one, ttl_s, (Expired, Unreadable))


class Terms(NamedTuple, Generic[EntryT]):
    """What an entry is judged by."""

    kind: Kind[EntryT]
    now: float
    ttl_s: float
    system: Any


def read_and_judge(
    read: Callable[[], bytes | None], terms: Callable[[], Terms[EntryT]]
) -> Examined[EntryT]:
    """Judge one reading, by terms that are asked for where there is something to judge.

    A file that is nested too deeply raises the same error as a caller that has left too little
    of its stack; on another stack only the file does.

    Raises:
        RecursionError: there is too little of the stack, and no other to be had.
    """
    try:
        return _judged(read, terms, (*MALFORMED, OSError))
    except RecursionError:
        return on_a_fresh_stack(partial(_judged, read, terms, (*UNDECODABLE, OSError)))


def _judged(
    read: Callable[[], bytes | None],
    terms: Callable[[], Terms[EntryT]],
    unreadable: tuple[type[Exception], ...],
) -> Examined[EntryT]:
    size_bytes = 0
    try:
        data = read()
        if data is None:
            return Examined(Miss(Absent()))
        size_bytes = len(data)
        document = parse(data)
    except unreadable as error:
        return Examined(Miss(Unreadable(type(error).__name__)), size_bytes)
    at = terms()
    timestamp = at.kind.table.peek(document, "timestamp")
    age = None if timestamp is None else age_s(timestamp, at.now)
    return Examined(judge(document, at), size_bytes, age, document)


def judge(document: Document, terms: Terms[EntryT]) -> Lookup[EntryT]:
    """The entry in a document, or the first reason against it, in the order users know."""
    why = _against(document, terms)
    if why is not None:
        return Miss(why)
    try:
        entry = terms.kind.table.decode(document)
        check_not_ahead(entry.timestamp, terms.now)
    except MALFORMED as error:
        return Miss(Unreadable(type(error).__name__))
    return Hit(entry, age_s(entry.timestamp, terms.now))


def check_not_ahead(timestamp: float, now: float) -> None:
    """Clocks differ, but not by more than a day.

    Raises:
        ValueError: they would have to.
    """
    if timestamp > now + DAY_S:
        msg = "must be at most a day ahead"
        raise ValueError(msg)


def _against(document: Document, terms: Terms[Any]) -> Why | None:
    table = terms.kind.table
    version = table.peek(document, "cache_version")
    if version not in {None, package.CACHE_VERSION}:
        return OtherFormat(version, package.CACHE_VERSION)
    timestamp = table.peek(document, "timestamp")
    if timestamp is not None and age_s(timestamp, terms.now) > terms.ttl_s:
        return Expired(age_s(timestamp, terms.now), terms.ttl_s)
    info = terms.kind.system.proper_fields(document.get("system_info"))
    return terms.kind.foreign(info, terms.system)
