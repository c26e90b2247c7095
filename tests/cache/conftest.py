from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amorsize import cache
from amorsize.cache import clock
from tests.cache.kit import DOORS, Door, FakeTime

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def caches_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fresh ones, that prune only where a test wants it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr(cache, "AUTO_PRUNE_PROBABILITY", 0.0)
    return tmp_path / "xdg"


@pytest.fixture
def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(clock, "time", fake)
    return fake


@pytest.fixture(params=DOORS, ids=lambda door: door.name)
def door(request: pytest.FixtureRequest) -> Door:
    found: Door = request.param
    return found
