from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amorsize.engines.reaper import REAPER
from tests.stress.kit import EXIT_S

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def workers_reaped(nothing_left_behind: None) -> Iterator[None]:  # noqa: ARG001 - it looks last
    """Workers that were let go are collected at the next call, or here."""
    yield
    REAPER.reap(patience_s=EXIT_S)
