"""What advice may cost."""

from __future__ import annotations

import pytest

from amorsize.runtime.study import budget_s
from amorsize.stats.remaining import Forecast
from amorsize.vocab.estimate import Measured


@pytest.mark.parametrize(
    ("left_s", "allowed_s"), [(0.1, 50e-3), (10.0, 0.2), (86_400.0, 2.0)], ids=str
)
def test_the_budget_is_a_share_of_the_job_between_two_ends(left_s: float, allowed_s: float) -> None:
    forecast = Forecast(
        mean_s=1e-3,
        spread=0.0,
        longest_s=1e-3,
        longest_left_s=1e-3,
        trend=1.0,
        remaining=Measured(median_s=2 * left_s, low_s=left_s, high_s=3 * left_s, samples=9),
    )

    assert budget_s(0.0, forecast) == pytest.approx(allowed_s)
