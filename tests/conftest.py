"""What every test gets: a hypothesis profile, and a check that it leaves nothing behind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.leaks import left_behind, survey

if TYPE_CHECKING:
    from collections.abc import Iterator

# no deadline and no complaint about slowness: on shared cores seconds are noise
settings.register_profile(
    "dev", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "ci", settings.get_profile("dev"), max_examples=500, derandomize=True, print_blob=True
)
settings.load_profile("ci" if "CI" in os.environ else "dev")


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail the test that leaves a process, thread, descriptor or shared memory behind."""
    before = survey()
    yield
    if left := left_behind(before):
        pytest.fail(f"left behind: {', '.join(left)}", pytrace=False)
