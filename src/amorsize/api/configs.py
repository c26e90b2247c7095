"""A configuration: how to run a function, in a file that people keep, edit and share.

The file is one flat object of JSON or YAML, as 0.1.0 wrote it. Every field is checked when it is
written and when it is read; fields that are not known are left alone.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from amorsize import __version__
from amorsize.api import yaml_text
from amorsize.api.checks import check_flags
from amorsize.api.fields import FACTS, MOMENT, exactly, now_as_text
from amorsize.cache.codec import UNDECODABLE, Table, as_object, parse
from amorsize.cache.file_store import make_private, put_file, read_file
from amorsize.cache.kinds import JOBS
from amorsize.cache.rules import MOST_S, maybe, number, text, whole, word
from amorsize.cache.system import here, system_info
from amorsize.errors import FileMissingError, FileThereError, UsageError
from amorsize.machine.folders import CONFIG, own_folder

FORMATS: Final = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}
"""By the ending of a name; any other one is taken for JSON."""

MOST_BYTES: Final = 1 << 18
"""A larger file is not read: the longest configuration, all of it escaped, takes less."""

MOST_NOTE_CHARS: Final = 10_000

BACKENDS: Final = {"process": "processes", "thread": "threads", "serial": "serial"}
"""What ``execute`` calls each kind of executor."""


def _this_system() -> dict[str, Any]:
    return system_info(here())


@dataclass(slots=True)
class ConfigData:
    """How to run a function, and where that was found out.

    ``n_jobs`` is 1 to 4096, ``chunksize`` at least 1; what they are is checked when a
    configuration is saved.
    """

    n_jobs: int
    chunksize: int
    executor_type: str = "process"
    """``"process"``, ``"thread"`` or ``"serial"``."""
    estimated_speedup: float = 1.0
    function_name: str | None = None
    data_size: int | None = None
    """Items it was found out for."""
    avg_execution_time: float | None = None
    """Of one call, in seconds."""
    notes: str | None = None
    """At most 10,000 characters."""
    system_info: dict[str, Any] | None = field(default_factory=_this_system)
    """The machine; ``None`` where a file does not tell."""
    timestamp: str | None = field(default_factory=now_as_text)
    """ISO 8601; likewise."""
    source: str = "optimize"
    """Who found it out: ``optimize``, ``tune``, ``manual``, ..."""

    @property
    def keywords(self) -> dict[str, Any]:
        """What makes a call run so: ``execute(func, data, **config.keywords)``."""
        backend = BACKENDS[self.executor_type]
        if self.n_jobs == 1 or backend == "serial":
            return {"backend": "serial"}
        return {"n_jobs": self.n_jobs, "chunksize": self.chunksize, "backend": backend}

    def to_dict(self) -> dict[str, Any]:
        """The fields as they stand in a file."""
        return CONFIGURATION.encode(self) | {"amorsize_version": __version__}


def _as_read(**fields: Any) -> ConfigData:
    """What a file does not tell must not be taken from this machine and moment."""
    return ConfigData(**({"system_info": None, "timestamp": None, "source": "unknown"} | fields))


CONFIGURATION: Final = Table.of(
    _as_read,
    JOBS,
    optional={
        "executor_type": word([*BACKENDS]),
        "estimated_speedup": number(0),
        "function_name": maybe(exactly(text())),
        "data_size": maybe(whole(0)),
        "avg_execution_time": maybe(number(0, MOST_S)),
        "notes": maybe(exactly(text(MOST_NOTE_CHARS))),
        "system_info": maybe(FACTS),
        "timestamp": maybe(MOMENT),
        "source": exactly(text()),
    },
)


def save_config(
    config: ConfigData,
    filepath: str | os.PathLike[str],
    format: str = "auto",  # noqa: A002 - its name in 0.1.0
    overwrite: bool = False,
) -> None:
    """Write a configuration into a file, whole or not at all; folders on the way are made.

    Args:
        config: What to keep.
        filepath: Where; its ending, ``.json``, ``.yaml`` or ``.yml``, tells the format.
        format: ``"json"`` or ``"yaml"``, whatever the ending.
        overwrite: Replace a file that is there.

    Raises:
        UsageError: a field has a value it cannot have, or there is no such format.
        FileThereError: a ``FileExistsError``: the file is there, and ``overwrite`` is not set.
        ExtraMissingError: an ``ImportError``: YAML without the extra ``yaml``.
        OSError: the file cannot be written.
    """
    _check_is_config(config)
    check_flags(overwrite=overwrite)
    path = checked_place(filepath, format, overwrite=bool(overwrite))
    document = config.to_dict()
    if complaints := [*CONFIGURATION.complaints(document)]:
        raise UsageError("; ".join(complaints))
    if _format_of(path, format) == "yaml":
        data = yaml_text.written(document)
    else:
        data = f"{json.dumps(document, indent=2)}\n".encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    if overwrite:
        put_file(os.path.realpath(path), data)
    else:
        _put_new(path, data)


def load_config(
    filepath: str | os.PathLike[str],
    format: str = "auto",  # noqa: A002 - its name in 0.1.0
) -> ConfigData:
    """Read a configuration, of 0.1.0 too; nothing of it is believed that is out of range.

    Args:
        filepath: The file; its ending tells the format.
        format: ``"json"`` or ``"yaml"``, whatever the ending.

    Raises:
        UsageError: a ``ValueError``: it is no configuration; the message names every wrong
            field. Or there is no such format.
        FileMissingError: a ``FileNotFoundError``: there is no such file.
        ExtraMissingError: an ``ImportError``: YAML without the extra ``yaml``.
        OSError: the file cannot be read.
    """
    path = _path(filepath)
    kind = _format_of(path, format)
    try:
        document = _document(path, kind)
        if complaints := [*CONFIGURATION.complaints(document)]:
            raise ValueError("; ".join(complaints))
        return CONFIGURATION.decode(document)
    except UsageError:
        raise
    except UNDECODABLE as error:
        msg = f"Invalid configuration file: {path}: {error}"
        raise UsageError(msg) from error


def list_configs(directory: str | os.PathLike[str] = ".") -> list[Path]:
    """The files of a folder that ``load_config`` takes, sorted; none where there is no folder."""
    try:
        found = sorted(
            path for path in _path(directory).iterdir() if path.suffix.lower() in FORMATS
        )
    except OSError:
        return []
    return [path for path in found if _is_config(path)]


def get_default_config_dir() -> Path:
    """Say where configurations of this user may lie, and make the folder if that can be done."""
    folder = own_folder(CONFIG, "configs")
    with suppress(OSError):
        make_private(folder)
    return Path(folder)


def checked_place(
    filepath: str | os.PathLike[str],
    format: str = "auto",  # noqa: A002 - its name in 0.1.0
    *,
    overwrite: bool = False,
) -> Path:
    """The path, if a configuration can be saved there as far as can be told before.

    Raises:
        UsageError: no file can be there, or there is no such format.
        FileThereError: one is there, and is not to be replaced.
        ExtraMissingError: YAML without the extra ``yaml``.
    """
    path = _path(filepath)
    if _format_of(path, format) == "yaml":
        yaml_text.check_there()
    if os.path.lexists(path) and not overwrite:
        raise FileThereError.for_config(str(path))
    if path.exists() and not path.is_file():
        msg = f"not a file: {path}"
        raise UsageError(msg, hint="a configuration needs a file of its own")
    return path


def _check_is_config(config: Any) -> None:
    if not isinstance(config, ConfigData):
        msg = f"config must be a ConfigData, got {type(config).__name__}"
        raise UsageError.parameter(msg)


def _path(filepath: Any) -> Path:
    try:
        text = os.fsdecode(filepath)
    except TypeError:
        text = ""
    if not text or "\0" in text:
        msg = f"filepath must be a path, got {filepath!r:.80}"
        raise UsageError.parameter(msg)
    return Path(text)


def _format_of(path: Path, wanted: str) -> str:
    if wanted == "auto":
        return FORMATS.get(path.suffix.lower(), "json")
    if wanted not in FORMATS.values():
        msg = f"Unsupported format: {wanted}. Use 'json' or 'yaml'."
        raise UsageError(msg)
    return wanted


def _document(path: Path, kind: str) -> dict[str, Any]:
    data = read_file(os.fspath(path))
    if data is None:
        raise FileMissingError.for_config(str(path))
    if len(data) > MOST_BYTES:
        msg = f"must have at most {MOST_BYTES} bytes"
        raise ValueError(msg)
    return parse(data) if kind == "json" else as_object(yaml_text.read(data))


def _is_config(path: Path) -> bool:
    try:
        load_config(path)
    except (UsageError, OSError):
        return False
    return True


def _put_new(path: Path, data: bytes) -> None:
    """Put a whole file where none is; of two writers at once, one is told that it is late."""
    beside = path.with_name(os.urandom(12).hex().join(("~", ".tmp")))
    put_file(os.fspath(beside), data)
    try:
        os.link(beside, path)
    except FileExistsError:
        raise FileThereError.for_config(str(path)) from None
    except OSError:  # this file system has no links: then somebody may come in between
        checked_place(path)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
