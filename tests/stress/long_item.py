"""The caller holds one long item: does the other worker go on without idling?"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Final
from unittest import mock

from tests.stress.kit import Elsewhere, in_order, team

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE_PAGE: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One item: who ran it, and from when to when on the clock that all processes share."""

    index: int
    elsewhere: bool
    began_s: float
    ended_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the worker did while the caller was busy."""

    stretches: list[Stretch]
    hold_s: float

    @property
    def held(self) -> Stretch:
        own = [stretch for stretch in self.stretches if not stretch.elsewhere]
        return max(own, key=lambda stretch: stretch.ended_s - stretch.began_s)

    @property
    def meanwhile(self) -> list[Stretch]:
        """Items that the worker finished during the long one, as time went."""
        held = self.held
        found = [
            stretch
            for stretch in self.stretches
            if stretch.elsewhere and held.began_s <= stretch.ended_s <= held.ended_s
        ]
        return sorted(found, key=lambda stretch: stretch.began_s)

    @property
    def others(self) -> int:
        """Items that were neither in the worker nor the long one."""
        return sum(not stretch.elsewhere for stretch in self.stretches) - 1

    @property
    def gaps_s(self) -> list[float]:
        """Time between the end of an item of the worker and the start of its next."""
        return [later.began_s - earlier.ended_s for earlier, later in pairwise(self.meanwhile)]


def hold(items: int, *, item_s: float, hold_s: float) -> Held:
    """Run ``items`` short items while the first that the caller gets takes ``hold_s``."""
    elsewhere, holding = Elsewhere(), True

    def item(index: int) -> Stretch:
        nonlocal holding
        began_s = perf_counter()
        if elsewhere:
            sleep(item_s)
        elif holding:
            holding = False
            sleep(hold_s)
        return Stretch(
            index=index, elsewhere=bool(elsewhere), began_s=began_s, ended_s=perf_counter()
        )

    recorder = team(item, range(items), item_s=item_s)
    stretches = in_order(recorder)
    assert [stretch.index for stretch in stretches] == list(range(items))
    return Held(stretches=stretches, hold_s=hold_s)


@contextmanager
def pipes_of_one_page() -> Iterator[None]:
    """What a user with too many pipes gets."""
    usual = os.pipe2

    def small(flags: int) -> tuple[int, int]:
        ends = usual(flags)
        fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, ONE_PAGE)
        return ends

    with mock.patch.object(os, "pipe2", small):
        yield
