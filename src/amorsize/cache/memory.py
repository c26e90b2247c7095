"""What the rest of the library asks: what is known of this function, and keep what was learned.

Nothing here ever fails: a broken cache costs what it would have saved, and a line in the log.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amorsize.cache import DEFAULT_TTL_SECONDS
from amorsize.cache.dating import dated
from amorsize.cache.entries import CacheEntry
from amorsize.cache.identity import Identity, identify
from amorsize.cache.kinds import OPTIMIZATION
from amorsize.cache.opening import cache_of
from amorsize.cache.wording import in_words
from amorsize.vocab.lookup import Absent, Hit, Lookup, Miss, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amorsize.vocab.learned import Learned

LOG: Final = logging.getLogger(__name__)


class Choice(NamedTuple):
    """A decision in the fields of ``OptimizationResult``."""

    n_jobs: int
    chunksize: int
    executor_type: str
    estimated_speedup: float
    reason: str
    warnings: Sequence[str] = ()


class Recalled(NamedTuple):
    """What was found, and under which name what is learned now will be kept."""

    identity: Identity
    found: Lookup[CacheEntry]

    @property
    def why_not(self) -> str:
        """The reason for a miss, as ``verbose`` tells it; empty for a hit."""
        if isinstance(self.found, Hit):
            return ""
        return in_words(self.found.why, OPTIMIZATION.absent)


def recall(func: Callable[..., Any], *, ttl_s: float = DEFAULT_TTL_SECONDS) -> Recalled:
    """Look up what is known of ``func``; one that cannot be identified is never found."""
    identity = identify(func)
    if not identity.shared:
        return Recalled(identity, Miss(Absent()))
    try:
        return Recalled(identity, cache_of(OPTIMIZATION).load(identity.key, ttl_s))
    except Exception as error:
        LOG.debug("cannot look up %s", identity.key, exc_info=True)
        return Recalled(identity, Miss(Unreadable(type(error).__name__)))


def remember(identity: Identity, choice: Choice, learned: Learned | None) -> None:
    """Keep both, if the function has a name that other processes have for it too."""
    if not identity.shared:
        LOG.debug("not kept: %s cannot be identified", identity.why_not)
        return
    try:
        entry = CacheEntry(
            choice.n_jobs,
            choice.chunksize,
            choice.executor_type,
            choice.estimated_speedup,
            choice.reason,
            list(choice.warnings),
            **dated(),
            learned=learned,
        )
        cache_of(OPTIMIZATION).save(identity.key, entry)
    except Exception:
        LOG.debug("cannot keep %s", identity.key, exc_info=True)
