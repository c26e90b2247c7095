from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.plan.units import seconds, size, three_digits


@pytest.mark.parametrize(
    ("value_s", "words"),
    [
        (0, "0 s"),
        (350e-9, "350 ns"),
        (0.9996e-6, "1.00 \u00b5s"),
        (12.34e-3, "12.3 ms"),
        (1.5, "1.50 s"),
        (90, "90.0 s"),
        (119.94, "120 s"),
        (150, "2.50 min"),
        (9000, "2.50 h"),
        (-0.002, "-2.00 ms"),
    ],
)
def test_durations(value_s: float, words: str) -> None:
    assert seconds(value_s) == words


@pytest.mark.parametrize(
    ("value_bytes", "words"),
    [(0, "0 B"), (17.2, "17 B"), (1200, "1.20 KB"), (3e6, "3.00 MB"), (4.56e10, "45.6 GB")],
)
def test_sizes(value_bytes: float, words: str) -> None:
    assert size(value_bytes) == words


@pytest.mark.parametrize(
    ("value", "digits"), [(0, "0.00"), (9.996, "10.0"), (99.96, "100"), (1234.5, "1234")]
)
def test_three_digits_do(value: float, digits: str) -> None:
    assert three_digits(value) == digits


@given(st.floats(1e-9, 1e7))
def test_no_duration_loses_more_than_half_a_percent(value_s: float) -> None:
    number, unit = seconds(value_s).split()
    one_s = {"h": 3600, "min": 60, "s": 1, "ms": 1e-3, "\u00b5s": 1e-6, "ns": 1e-9}[unit]

    assert float(number) * one_s == pytest.approx(value_s, rel=0.0051)
