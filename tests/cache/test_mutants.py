from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest

from amorsize.cache import CacheEntry
from amorsize.cache.dating import dated
from amorsize.cache.kinds import OPTIMIZATION
from amorsize.cache.opening import cache_of
from tests.cache.examples import LEARNED
from tests.cache.mutants import check, mutant

if TYPE_CHECKING:
    from tests.cache.kit import Door, FakeTime

KEY = "k"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_spoilt_file_is_a_miss_with_a_reason_or_an_entry_within_bounds(
    seed: int, door: Door, fake_time: FakeTime
) -> None:
    random, answers = Random(seed), Counter[str]()
    door.save(KEY)
    if door.name == OPTIMIZATION.name:
        entry = CacheEntry(
            4, 10, "process", 2.5, "because", ["careful"], **dated(), learned=LEARNED
        )
        assert cache_of(OPTIMIZATION).save(KEY, entry)
    good = door.file(KEY).read_bytes()
    for _ in range(250):
        door.write(KEY, mutant(good, random))
        answers[check(door, KEY, fake_time)] += 1

    assert 0 < answers["an entry"] < answers.total() / 2
    assert len(answers) > 4
