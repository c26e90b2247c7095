"""Where the caches lie: asked at every call, since ``XDG_CACHE_HOME`` may be set at any time."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache.file_store import make_private
from amorsize.cache.kinds import BENCHMARK, OPTIMIZATION
from amorsize.machine.folders import CACHE, own_folder

if TYPE_CHECKING:
    from pathlib import Path

    from amorsize.cache.kinds import Kind

LOG: Final = logging.getLogger(__name__)


def folder_of(kind: Kind[Any]) -> str:
    """The folder of one cache; it need not exist."""
    return own_folder(CACHE, kind.folder)


def get_cache_dir() -> Path:
    """Say where the optimisation cache lies, and make the folder if that can be done."""
    return _made(OPTIMIZATION)


def get_benchmark_cache_dir() -> Path:
    """Say where the benchmark cache lies, and make the folder if that can be done."""
    return _made(BENCHMARK)


def _made(kind: Kind[Any]) -> Path:
    from pathlib import Path  # not for lookups, which would pay 3 ms for it

    folder = folder_of(kind)
    try:
        make_private(folder)
    except OSError as error:
        LOG.debug("cannot make %s: %s", folder, error)
    return Path(folder)
