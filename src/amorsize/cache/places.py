"""Where the caches lie: asked at every call, since ``XDG_CACHE_HOME`` may be set at any time."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache.file_store import make_private
from amorsize.cache.kinds import BENCHMARK, OPTIMIZATION

if TYPE_CHECKING:
    from pathlib import Path

    from amorsize.cache.kinds import Kind

PLATFORM: Final[str] = sys.platform

LOG: Final = logging.getLogger(__name__)

NOWHERE: Final = os.devnull
"""No folder can be in it, so nothing is found there and nothing kept."""


def folder_of(kind: Kind[Any]) -> str:
    """The folder of one cache; it need not exist."""
    return os.path.join(_user_cache(), "amorsize", kind.folder)


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


def _user_cache() -> str:
    """As the XDG specification has it: a path that is not absolute does not count."""
    wanted = os.environ.get("XDG_CACHE_HOME", "")
    found = wanted if os.path.isabs(wanted) else _by_the_system()
    if os.path.isabs(found):
        return found
    LOG.debug("no cache: this user has no home folder")
    return NOWHERE


def _by_the_system() -> str:
    """Relative, or with a tilde still, where the user has no home."""
    if PLATFORM == "linux":
        return os.path.expanduser("~/.cache")  # what platformdirs says, without importing it
    from platformdirs import user_cache_dir

    return user_cache_dir()
