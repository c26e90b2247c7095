"""Where this user keeps files: asked at every call, as the environment may change at any time."""

from __future__ import annotations

import logging
import os
import sys
from typing import Final, NamedTuple

PLATFORM: Final[str] = sys.platform

LOG: Final = logging.getLogger(__name__)

NOWHERE: Final = os.devnull
"""No folder can be in it, so nothing is found there and nothing kept."""


class Purpose(NamedTuple):
    """What files are for, as the XDG base directory specification sorts them."""

    variable: str
    usual: str
    """On Linux; the same that platformdirs says, which need not be imported for it."""
    elsewhere: str
    """The function of platformdirs that tells on other systems."""


CACHE: Final = Purpose("XDG_CACHE_HOME", "~/.cache", "user_cache_dir")
CONFIG: Final = Purpose("XDG_CONFIG_HOME", "~/.config", "user_config_dir")
DATA: Final = Purpose("XDG_DATA_HOME", "~/.local/share", "user_data_dir")


def own_folder(purpose: Purpose, name: str) -> str:
    """This library's folder of that name; it need not exist."""
    return os.path.join(_users(purpose), "amorsize", name)  # noqa: PTH118 - see files.py


def _users(purpose: Purpose) -> str:
    """The specification has it that a path that is not absolute does not count."""
    wanted = os.environ.get(purpose.variable, "")
    found = wanted if os.path.isabs(wanted) else _by_the_system(purpose)  # noqa: PTH117 - see files.py
    if os.path.isabs(found):  # noqa: PTH117 - see files.py
        return found
    LOG.debug("%s: this user has no home folder", purpose.variable)
    return NOWHERE


def _by_the_system(purpose: Purpose) -> str:
    """Relative, or with a tilde still, where the user has no home."""
    if PLATFORM == "linux":
        return os.path.expanduser(purpose.usual)  # noqa: PTH111 - see files.py
    import platformdirs

    return str(getattr(platformdirs, purpose.elsewhere)())
