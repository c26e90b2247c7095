"""Trials: each test of ``execute`` runs under every backend that makes sense for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from amorsize.engines.reaper import REAPER
from tests.support.calls import AUTO_COST_S, BACKENDS, FORCED_COST_S, PARALLEL, Trial, Work
from tests.support.scripts import Script

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.calls import BackendName


@pytest.fixture(autouse=True)
def workers_reaped() -> Iterator[None]:
    """Collect the workers that are exiting, as the next run would."""
    yield
    REAPER.reap(patience_s=1.0)


def new_trial(backend: BackendName, folder: Path) -> Trial:
    cost_s = AUTO_COST_S if backend == "auto" else FORCED_COST_S
    return Trial(backend, Work(folder / "calls", cost_s=cost_s))


@pytest.fixture(params=BACKENDS)
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Trial:
    """A run under each backend."""
    return new_trial(request.param, tmp_path)


@pytest.fixture(params=PARALLEL)
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Trial:
    """A run that brings in workers."""
    return new_trial(request.param, tmp_path)


@pytest.fixture
def processes(tmp_path: Path) -> Trial:
    """A run in worker processes."""
    return new_trial("processes", tmp_path)


@pytest.fixture
def threads(tmp_path: Path) -> Trial:
    """A run on threads."""
    return new_trial("threads", tmp_path)


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """A program of its own."""
    return Script(tmp_path)
