"""Workers are collected as the next run would do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amorsize.engines.reaper import REAPER

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def workers_reaped() -> Iterator[None]:
    """Wait for those that are exiting."""
    yield
    REAPER.reap(patience_s=1.0)
