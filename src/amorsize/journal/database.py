"""The file of a checkpoint: SQLite, which survives the death of its writer at any moment.

Written ahead (WAL), each batch is one transaction: it is in the file whole or not at all. No
connection crosses a fork, whoever forks: it is closed before, and opened again at the next use.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import WeakSet

from amorsize.errors import CheckpointError, CheckpointRefusedError
from amorsize.journal.lock import FileLock, TakenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from amorsize.journal.codec import Encoded

APPLICATION: Final = int.from_bytes(b"Amor")
"""Tells the file from other databases."""

VERSION: Final = 1

PATIENCE_S: Final = 10.0
"""Somebody may be reading the file with a tool; nobody else writes."""

SCHEMA: Final = (
    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE results (item INTEGER PRIMARY KEY, digest BLOB NOT NULL, value NOT NULL)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)

KEPT: Final = "what the file holds already is safe: run again with it to go on from there"


class Row(NamedTuple):
    """A finished item."""

    item: int
    digest: bytes
    """Of the input."""
    value: Encoded
    """The result."""


class Database:
    """One open file, locked; made where there is none.

    Raises:
        CheckpointRefusedError: it is another run's at the moment, or no checkpoint.
        CheckpointError: it cannot be made, read or written; here and in every method.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._guard = threading.RLock()
        self._process = os.getpid()
        self._connection: sqlite3.Connection | None = None
        try:
            self._lock = FileLock(path)
        except TakenError as error:
            msg = f"the checkpoint {path} is in use by another run"
            raise CheckpointRefusedError(msg, hint="wait for it, or name another file") from error
        except OSError as error:
            trouble = self._trouble("opened", error)
            raise trouble from error
        try:
            with self._use("opened"):
                pass
        except BaseException:
            self.close()
            raise
        _watch_forks(self)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        application, version = (
            _number(connection, "application_id"),
            _number(connection, "user_version"),
        )
        empty = not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
        if application == 0 and version == 0 and empty:
            with _transaction(connection):
                for statement in SCHEMA:
                    connection.execute(statement)
        elif application != APPLICATION:
            msg = f"{self.path} is a database, and no checkpoint of amorsize"
            raise CheckpointRefusedError(msg, hint="name another file")
        elif version != VERSION:
            msg = f"the checkpoint {self.path} was written by another version of amorsize"
            raise CheckpointRefusedError(msg, hint="go on with that version, or name another file")

    def about(self) -> dict[str, str]:
        """What was noted of the run."""
        with self._use("read") as connection:
            return dict(connection.execute("SELECT name, value FROM about"))

    def note(self, facts: Mapping[str, str]) -> None:
        """Note facts of the run, in the place of former ones of that name."""
        with self._use("written") as connection, _transaction(connection):
            connection.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", facts.items())

    def rows(self) -> list[Row]:
        """All finished items, in order."""
        with self._use("read") as connection:
            found = connection.execute("SELECT item, digest, value FROM results ORDER BY item")
            return [*map(Row._make, found)]

    def add(self, rows: Iterable[Row]) -> None:
        """Keep finished items: all of them, or, where that fails, none."""
        with self._use("written") as connection, _transaction(connection):
            connection.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)

    def remove(self, items: Iterable[int]) -> None:
        """Forget finished items."""
        with self._use("written") as connection, _transaction(connection):
            connection.executemany(
                "DELETE FROM results WHERE item = ?", ((item,) for item in items)
            )

    def close(self) -> None:
        """Leave one file that holds everything."""
        if self._process == os.getpid():
            self._disconnect()
            self._lock.release()

    # -- connecting

    @contextmanager
    def _use(self, what: str) -> Iterator[sqlite3.Connection]:
        if self._process != os.getpid():
            msg = f"the checkpoint {self.path} was opened in another process"
            raise CheckpointError(msg)
        with self._guard:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                yield self._connection
            except (sqlite3.Error, OverflowError) as error:
                trouble = self._trouble(what, error)
                raise trouble from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False
        )
        try:
            if os.name == "nt":
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._prepare(connection)  # before anything of a file that is not ours is changed
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _disconnect(self) -> None:
        with self._guard:
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(sqlite3.Error):  # what was committed lies in the file beside it
                    connection.close()

    def _trouble(self, what: str, error: Exception) -> CheckpointError:
        if isinstance(error, sqlite3.DatabaseError) and type(error) is sqlite3.DatabaseError:
            msg = f"{self.path} is no checkpoint of amorsize, or is damaged: {error}"
            return CheckpointRefusedError(msg, hint="name another file")
        msg = f"the checkpoint {self.path} cannot be {what}: {error}"
        return CheckpointError(msg, hint=KEPT if what == "written" else None)

    # -- forks

    def before_fork(self) -> None:
        """Hold still, without a connection, until the fork is over."""
        self._guard.acquire()
        self._disconnect()

    def after_fork(self) -> None:
        """Go on."""
        self._guard.release()

    def after_fork_in_child(self) -> None:
        """It is the parent's: the child has nothing open of it, and can do nothing with it."""
        self._lock.forget()
        self._guard.release()


def _number(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


class _Forks:
    """What must be closed before a fork; the hooks are set once, at the first use."""

    def __init__(self) -> None:
        self.open: WeakSet[Database] = WeakSet()
        self.watched = False
        self._held: list[Database] = []
        self._one_at_a_time = threading.RLock()

    def before(self) -> None:
        self._one_at_a_time.acquire()
        self._held = [*self.open]
        for database in self._held:
            database.before_fork()

    def after(self) -> None:
        while self._held:
            self._held.pop().after_fork()
        self._one_at_a_time.release()

    def after_in_child(self) -> None:
        self.open.clear()
        while self._held:
            self._held.pop().after_fork_in_child()
        self._one_at_a_time.release()


_FORKS: Final = _Forks()


def _watch_forks(database: Database) -> None:
    _FORKS.open.add(database)
    if not _FORKS.watched and hasattr(os, "register_at_fork"):
        _FORKS.watched = True
        os.register_at_fork(
            before=_FORKS.before,
            after_in_parent=_FORKS.after,
            after_in_child=_FORKS.after_in_child,
        )
