from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.cache.interleavings import drive

if TYPE_CHECKING:
    from tests.cache.kit import FakeTime


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_in_whatever_order_the_caches_do_as_the_model_says(
    seed: int, fake_time: FakeTime
) -> None:
    drive(600, fake_time, Random(seed))
