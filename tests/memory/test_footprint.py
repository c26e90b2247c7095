from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.plan.footprint import Look, Pressure, pressure, reserve_bytes

MB = 1e6
SIZES = st.floats(0, 1e12)


def look(free: float, *, fell: float = 0.0, limit: float = 400 * MB, grown: float = 0.0) -> Look:
    return Look(free=free, fell=fell, limit=limit, grown=grown)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (look(41 * MB), Pressure.NONE),
        (look(39 * MB), Pressure.NEAR),
        (look(100 * MB, fell=29 * MB), Pressure.NONE),
        (look(100 * MB, fell=31 * MB), Pressure.NEAR),
        (look(39 * MB, grown=300 * MB), Pressure.NEAR),
        (look(19 * MB, grown=300 * MB), Pressure.LAST),
        (look(100 * MB, fell=51 * MB, grown=101 * MB), Pressure.LAST),
        (look(100 * MB, fell=51 * MB, grown=99 * MB), Pressure.NEAR),
        (look(1.1e9, limit=1e12), Pressure.NONE),
        (look(0.9e9, limit=1e12), Pressure.NEAR),
    ],
)
def test_memory_that_will_not_last_is_seen(seen: Look, expected: Pressure) -> None:
    assert pressure(seen) is expected


@given(SIZES, SIZES, SIZES, SIZES)
def test_a_run_is_ended_only_for_what_the_caller_itself_holds(
    free: float, fell: float, limit: float, grown: float
) -> None:
    seen = pressure(look(free, fell=fell, limit=limit, grown=grown))

    if seen is Pressure.LAST:
        assert grown > free
    if free - 2 * fell >= reserve_bytes(limit):
        assert seen is Pressure.NONE
