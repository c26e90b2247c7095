"""One file per key, in one folder of the user's own.

Written beside under a unique name and renamed, so that a reader always finds a whole file, on
NFS too. Nothing but ``{key}.json`` and our own temporary files is ever touched.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Final

from amorsize.cache.clock import wall_clock
from amorsize.cache.codec import MOST_BYTES
from amorsize.cache.luck import luck
from amorsize.cache.store import is_key

if TYPE_CHECKING:
    from collections.abc import Iterator

LOG: Final = logging.getLogger(__name__)

ENDING: Final = ".json"

TEMPORARY: Final = ("~", ".tmp")
"""How temporary names begin and end; no key has a tilde."""

FORGOTTEN_S: Final = 3600.0
"""A temporary file this old has no writer any more."""

MOST_NAMES: Final = 1024
"""Names that ``some`` looks at: half a millisecond. In a larger folder those beyond come into
view as those before them expire."""

READ_FLAGS: Final = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
"""Opening a pipe that somebody put here must not wait for a writer."""

PRIVATE: Final = 0o600

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

NOT_THERE: Final = (FileNotFoundError, NotADirectoryError)


class FileStore:
    """The folder need not exist; it is made, for this user only, when something is put.

    One that is there, is this user's and open to others is shut to them then.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def get(self, key: str, /) -> bytes | None:
        return read_file(self._path(key))

    def put(self, key: str, value: bytes, /) -> None:
        shut(self._folder)
        try:
            put_file(self._path(key), value)
        except NOT_THERE:
            make_private(self._folder)
            put_file(self._path(key), value)

    def delete(self, key: str, /) -> bool:
        try:
            os.unlink(self._path(key))
        except NOT_THERE:
            return False
        return True

    def keys(self) -> Iterator[str]:
        return filter(None, map(_key_of, self._names()))

    def some(self, most: int, /) -> list[str]:
        names = list(islice(self._names(), MOST_NAMES))
        self._sweep(names)
        start = int(luck() * len(names))
        turned = (*names[start:], *names[:start])
        return [*islice(filter(None, map(_key_of, turned)), most)]

    def tidy(self) -> None:
        self._sweep(list(self._names()))

    def _path(self, key: str) -> str:
        return os.path.join(self._folder, f"{key}{ENDING}")

    def _names(self) -> Iterator[str]:
        try:
            entries = os.scandir(self._folder)
        except NOT_THERE:
            return
        with entries:
            yield from (entry.name for entry in entries)

    def _sweep(self, names: list[str]) -> None:
        starts, ends = TEMPORARY
        for name in names:
            if name.startswith(starts) and name.endswith(ends):
                _remove_if_forgotten(os.path.join(self._folder, name))


def make_private(folder: str) -> None:
    """Make the folder, and the one of this library that it lies in, for this user only."""
    above = os.path.dirname(folder)
    os.makedirs(os.path.dirname(above), exist_ok=True)
    for path in (above, folder):
        with suppress(FileExistsError):
            os.mkdir(path, stat.S_IRWXU)


def shut(folder: str) -> None:
    """Shut the folder to others, if it is one, and this user's; a link leads where it was meant."""
    try:
        found = os.lstat(folder)
        if found.st_mode & OTHERS and stat.S_ISDIR(found.st_mode) and _is_ours(found):
            os.chmod(folder, stat.S_IMODE(found.st_mode) & ~OTHERS)
    except NOT_THERE:
        return
    except OSError as error:
        LOG.debug("cannot shut %s to others: %s", folder, error)


def read_file(path: str) -> bytes | None:
    """The bytes of an ordinary file, or a few more than any entry has; ``None``: none is there.

    Raises:
        ValueError: it is no ordinary file.
        OSError: it cannot be read.
    """
    try:
        return _read_once(path)
    except OSError as error:
        if error.errno != errno.ESTALE:
            raise
    return _read_once(path)  # replaced while it was read, on NFS: the new one is there now


def put_file(path: str, value: bytes) -> None:
    """Put a whole file in the place of ``path``, or leave that as it is.

    Raises:
        OSError: it cannot be written.
    """
    beside = os.path.join(os.path.dirname(path), os.urandom(12).hex().join(TEMPORARY))
    descriptor = _created(beside)
    try:
        _fill(descriptor, value)
        os.replace(beside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def _is_ours(found: os.stat_result) -> bool:
    """On Windows, which has other means, nothing is."""
    return hasattr(os, "geteuid") and found.st_uid == os.geteuid()


def _read_once(path: str) -> bytes | None:
    try:
        descriptor = os.open(path, READ_FLAGS)
    except NOT_THERE:
        return None
    try:
        return _contents(descriptor)
    finally:
        os.close(descriptor)


def _created(path: str) -> int:
    return os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), PRIVATE
    )


def _fill(descriptor: int, value: bytes) -> None:
    try:
        left = memoryview(value)
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)


def _contents(descriptor: int) -> bytes:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        msg = "must be a file"
        raise ValueError(msg)
    parts = []
    left = MOST_BYTES + 1
    while left > 0 and (part := os.read(descriptor, left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _key_of(name: str) -> str | None:
    if not name.endswith(ENDING):
        return None
    key = name.removesuffix(ENDING)
    return key if is_key(key) else None


def _remove_if_forgotten(path: str) -> None:
    with suppress(OSError):
        if wall_clock() - os.lstat(path).st_mtime > FORGOTTEN_S:
            os.unlink(path)
