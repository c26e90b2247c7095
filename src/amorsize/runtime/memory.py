"""What earlier calls have learned about a function, and what this one adds."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache.memory import Choice, Recalled, recall, remember
from amorsize.plan.recall import (
    contradicts,
    filled_in,
    learned_from,
    remaining_from,
    turned_out_otherwise,
)
from amorsize.plan.units import seconds
from amorsize.sample.facts import kind_of
from amorsize.vocab.lookup import Hit
from amorsize.vocab.plan import EngineKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amorsize.cache.entries import CacheEntry
    from amorsize.vocab.advice import Advice
    from amorsize.vocab.learned import Learned
    from amorsize.vocab.profile import Profile
    from amorsize.vocab.record import RunRecord
    from amorsize.vocab.situation import Situation

LOOK_UP_AFTER_S: Final = 2e-3
"""Shorter jobs are over before a lookup, of 0.2 to 1 ms, could be worth it."""

KEEP_AFTER_S: Final = 0.2
"""Writing a file takes 0.5 ms, the first one of a process 2 ms: 1 % of such a run."""

CHECK_AFTER_S: Final = 30e-3
"""From so long a run on what is stored is looked at once more, for 0.1 to 0.3 ms."""

DAY_S: Final = 86_400.0
HOUR_S: Final = 3_600.0


class Memory:
    """Asked at most once in a call; ``wanted`` is what ``use_cache`` says."""

    def __init__(self, func: Callable[[Any], Any], *, wanted: bool) -> None:
        self._func = func
        self._wanted = wanted
        self._recalled: Recalled | None = None
        self._asked = False
        """Whether what is stored could have a say."""
        self._unused = ""
        """Why it had none, although something is stored."""
        self._changed = False
        """Whether the function was seen to behave otherwise than is stored."""
        self._outdated = ""
        """What was stored and used, and turned out not to be true any more."""
        self.known: Learned | None = None
        """What is remembered and holds."""

    def look_up(self) -> CacheEntry | None:
        """What is stored about the function, to decide by."""
        self._asked = self._wanted
        return self._read()

    def look_up_for(self, items: Sequence[Any]) -> None:
        """The same for a run over such items: what was measured on others says little of them."""
        entry = self.look_up()
        if entry is not None and entry.learned is None:
            self.set_aside("it is a decision without measurements, and a run measures for itself")
        self.fits(items)

    def fits(self, items: Sequence[Any]) -> bool:
        """Whether what is stored was learned on items like these, the first ones at hand."""
        if self.known is None:
            return False
        kind = kind_of(items[0]) if items else ""
        if kind != self.known.item_kind:
            self.set_aside(f"it was learned on items of {self.known.item_kind}, these are {kind}")
            self.known = None
        return self.known is not None

    def set_aside(self, why: str) -> None:
        """What is stored is not used for this call."""
        self._unused = why

    def _read(self) -> CacheEntry | None:
        if self._recalled is None and self._wanted:
            self._recalled = recall(self._func)
            entry = self._entry
            self.known = None if entry is None else entry.learned
        return self._entry

    @property
    def _entry(self) -> CacheEntry | None:
        found = self._recalled and self._recalled.found
        return found.record if isinstance(found, Hit) else None

    def completed(self, profile: Profile) -> Profile:
        """With what need not be measured any more; a function that has changed is noticed."""
        if self.known is None or not profile.sampled:
            return profile
        if contradicts(self.known, profile):
            before = seconds(self.known.mean_s)
            self.set_aside(f"a call took {before} before, and takes another time now")
            self._changed = True
            self.known = None
            return profile
        filled = filled_in(profile, self.known)
        if not profile.items_left:
            return filled
        return replace(filled, remaining=remaining_from(self.known, profile.items_left))

    def keep_run(self, record: RunRecord) -> None:
        """Keep what a run has shown, if it was long enough to be worth a file."""
        profile = record.profile
        if not self._wanted or profile is None:
            return
        if not profile.sampled:  # nothing was measured since others had handed back
            return
        self._look_back(record)
        if record.wall_s < KEEP_AFTER_S and not self._is_false(profile, record.wall_s):
            return
        self._read()
        learned = learned_from(profile, situation=record.situation, run=record, before=self.known)
        decision = record.decision
        parallel = decision is not None and decision.is_parallel
        self._keep(
            Choice(
                n_jobs=record.workers,
                chunksize=decision.chosen.chunk if decision is not None and parallel else 1,
                executor_type="thread" if record.engine is EngineKind.THREADS else "process",
                estimated_speedup=record.predicted_speedup,
                reason=f"decided while {record.items:,} items ran",
                warnings=record.warnings,
            ),
            learned,
        )

    def _look_back(self, record: RunRecord) -> None:
        """What was decided by may have turned out wrong once workers had run the items."""
        if self.known is not None and turned_out_otherwise(self.known, record):
            before, now = seconds(self.known.mean_s), seconds(record.work_s / record.items)
            self._outdated = f"; it has changed since: a call took {before} then, and {now} now"
            self._changed = True
            self.known = None

    def _is_false(self, profile: Profile, wall_s: float) -> bool:
        """Whether what is stored is not true any more: then it is mended after a short run, too."""
        if not self._changed and wall_s >= CHECK_AFTER_S:
            self._read()
            known = self.known
            alike = known is not None and known.item_kind == profile.item_kind
            return alike and known is not None and contradicts(known, profile)
        return self._changed

    def keep_advice(self, advice: Advice, profile: Profile, situation: Situation) -> None:
        """Keep what a sample has shown."""
        if self._recalled is None:
            return
        chosen = advice.chosen
        learned = learned_from(profile, situation=situation, by_name=True, before=self.known)
        self._keep(
            Choice(
                n_jobs=chosen.n_jobs,
                chunksize=chosen.chunksize,
                executor_type=chosen.kind.value,
                estimated_speedup=advice.speedup,
                reason=f"decided for {advice.items:,} items",
            ),
            learned,
        )

    def _keep(self, choice: Choice, learned: Learned) -> None:
        # what a tracer makes slower is used, and not remembered
        if self._recalled is not None and sys.gettrace() is None and sys.getprofile() is None:
            remember(self._recalled.identity, choice, learned)

    @property
    def name(self) -> str:
        """Under which the function is known here; empty where it was not looked up, or is not."""
        shared = self._recalled is not None and self._recalled.identity.shared
        return self._recalled.identity.key if self._recalled is not None and shared else ""

    # -- in words

    @property
    def is_hit(self) -> bool:
        """Whether something was found, and holds."""
        return self._entry is not None and not self._unused

    @property
    def verdict(self) -> str:
        """One line for ``verbose``; empty where nothing was looked up."""
        if not self._asked:
            return ""
        return "✓ Cache hit!" if self.is_hit else f"✗ Cache miss - {self.why_not}"

    @property
    def why_not(self) -> str:
        """Why what is stored was not used, or that nothing is."""
        if self._recalled is None or not self._asked:
            return "not looked up"
        if self._unused:
            return f"what is stored was not used: {self._unused}"
        return self._recalled.why_not

    @property
    def told(self) -> str:
        """A sentence for ``explain()``; empty where nothing was looked up."""
        if self._recalled is None:
            return ""
        identity, found = self._recalled.identity, self._recalled.found
        if not identity.shared:
            return f"not remembered: {identity.why_not}"
        if not self._asked:
            return ""
        if isinstance(found, Hit) and self.is_hit:
            since = f"{_ago(found.age_s)}{self._outdated}"
            return f"remembered: what was learned about this function {since}"
        return f"not remembered from before: {self.why_not}"


def _ago(age_s: float) -> str:
    if age_s >= DAY_S:
        return f"{age_s / DAY_S:.1f} days ago"
    if age_s >= HOUR_S:
        return f"{age_s / HOUR_S:.1f} hours ago"
    return f"{seconds(age_s)} ago"
