"""Log records and warnings of worker processes, handled by the caller.

In a worker nothing is handled: a record that the logger's level lets pass is sent home at once,
or with the chunk, and handled there by the logger of the same name, with the caller's filters and
handlers. A warning is issued there again, under the caller's filters. Order is kept per worker.
Nothing blocks: what is too much for one chunk is lost, and counted.
"""

from __future__ import annotations

import logging
import os
import pickle
import sys
import threading
import warnings
from collections import deque
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES: Final = 4 << 20
"""Of one chunk: ten thousand lines and more. It waits in memory until the caller looks up."""


class _Kind(StrEnum):
    RECORD = "record"
    WARNING = "warning"
    LOST = "lost"


class Outlet:
    """The worker's end, in the process that made it: what that one forks is not ours."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        """``send`` is called in this thread only, and never while it is at work already."""
        self._send = send
        self._thread = threading.get_ident()
        self._process = os.getpid()
        self._waiting: deque[bytes] = deque()
        self._sending = False
        self._bytes = 0
        self._lost = 0

    def open(self) -> None:
        """From here on records and warnings of this process come here."""
        before, show = logging.Logger.handle, warnings.showwarning

        def handle(logger: logging.Logger, record: logging.LogRecord) -> None:
            if os.getpid() != self._process:
                before(logger, record)
            elif not logger.disabled:
                self._take(_packed_record(record))

        def showwarning(*args: Any, **more: Any) -> None:
            if os.getpid() != self._process or more.get("file") is not None:
                show(*args, **more)
            else:
                self._take(_packed_warning(*args[:4]))

        logging.Logger.handle = handle  # type: ignore[method-assign, assignment]  # in workers only
        warnings.showwarning = showwarning

    def _take(self, packed: bytes) -> None:
        if self._bytes + len(packed) > MOST_BYTES:
            self._lost += 1
            return
        self._bytes += len(packed)
        self._waiting.append(packed)
        # another thread, or a signal handler in the middle of sending, leaves it to us
        if threading.get_ident() == self._thread and not self._sending:
            self._flush()

    def _flush(self) -> None:
        self._sending = True
        try:
            while self._waiting:
                self._send(self._waiting.popleft())
        finally:
            self._sending = False

    def close(self) -> None:
        """Nobody listens any more: what still comes goes where it would go in any process."""
        self._process = -1

    def end_chunk(self) -> None:
        """Send what other threads left, and say what was lost."""
        self._flush()
        if self._lost:
            lost, self._lost = self._lost, 0
            self._send(pickle.dumps((_Kind.LOST, lost), 5))
        self._bytes = 0


def relay(packed: bytes, note: Callable[[str], None]) -> None:
    """In the caller: handle what a worker has sent. ``note`` is told what could not be."""
    try:
        kind, content = pickle.loads(packed)
        if kind is _Kind.RECORD:
            record = logging.makeLogRecord(content)
            logger = logging.getLogger(record.name)
            if logger.isEnabledFor(record.levelno):
                logger.handle(record)
        elif kind is _Kind.WARNING:
            _warn_again(*content)
        else:
            note(f"{content:,} log records and warnings of a worker were lost: too many at once")
    except Exception as error:  # noqa: BLE001 - a handler of the user's, or a filter, may raise anything
        note(f"a log record of a worker could not be handled: {type(error).__name__}: {error}")


def levels() -> dict[str, Any]:
    """What the caller has set, for a worker that was not forked; ``""`` is the root logger."""
    manager = logging.Logger.manager
    set_levels = {
        name: logger.level
        for name, logger in list(manager.loggerDict.items())
        if isinstance(logger, logging.Logger) and logger.level
    }
    return {"disable": manager.disable, "levels": {"": logging.root.level} | set_levels}


def adopt_levels(wanted: dict[str, Any]) -> None:
    """In a worker: let pass what the caller would."""
    logging.disable(wanted["disable"])
    for name, level in wanted["levels"].items():
        logging.getLogger(name).setLevel(level)


def adopt_filters(filters: list[Any]) -> None:
    """In a worker: the caller's filters for warnings."""
    warnings.resetwarnings()
    warnings.filters.extend(filters)  # type: ignore[attr-defined]  # a list, as the caller's is


def _packed_record(record: logging.LogRecord) -> bytes:
    fields = dict(record.__dict__)
    if record.exc_info and not record.exc_text:
        fields["exc_text"] = logging.Formatter().formatException(record.exc_info)
    fields["exc_info"] = None
    with suppress(Exception):  # what cannot be formatted is told of by the caller's handlers
        fields["msg"], fields["args"] = record.getMessage(), None
    try:
        return pickle.dumps((_Kind.RECORD, fields), 5)
    except Exception:  # noqa: BLE001 - extras of the user's may not travel
        fields = {name: _plain(value) for name, value in fields.items()}
        return pickle.dumps((_Kind.RECORD, fields), 5)


def _plain(value: object) -> object:
    try:
        pickle.dumps(value, 5)
    except Exception:  # noqa: BLE001 - as above
        with suppress(Exception):
            return repr(value)
        return f"<{type(value).__name__}>"
    return value


def _packed_warning(message: Any, category: type[Warning], filename: str, lineno: int) -> bytes:  # noqa: PLR0917 - as warnings has it
    place = (filename, lineno)
    try:
        return pickle.dumps((_Kind.WARNING, (str(message), category, place)), 5)
    except Exception:  # noqa: BLE001 - a class made on the spot
        text = f"{category.__name__}: {message}"
        return pickle.dumps((_Kind.WARNING, (text, UserWarning, place)), 5)


def _warn_again(text: str, category: type[Warning], place: tuple[str, int]) -> None:
    """Once, where the caller itself has warned of it, too."""
    filename, lineno = place
    name = next(
        (n for n, m in list(sys.modules.items()) if getattr(m, "__file__", None) == filename), None
    )
    registry: dict[Any, Any] = {}
    if name is not None:
        registry = vars(sys.modules[name]).setdefault("__warningregistry__", registry)
    with suppress(Warning):  # an error for the caller by now: the item has its result already
        warnings.warn_explicit(
            text, category, filename, lineno, module=name or "<unknown>", registry=registry
        )
