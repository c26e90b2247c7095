"""What every test gets: a hypothesis profile, caches of its own, and a check of what it leaves."""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.leaks import left_behind, survey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# no deadline and no complaint about slowness: on shared cores seconds are noise
settings.register_profile(
    "dev", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "ci", settings.get_profile("dev"), max_examples=100, derandomize=True, print_blob=True
)
settings.load_profile("ci" if "CI" in os.environ else "dev")


@pytest.fixture(scope="session", autouse=True)
def caches_of_this_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("caches")
    with pytest.MonkeyPatch.context() as patch:  # for what runs before and after the tests
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def a_cache_of_its_own(
    caches_of_this_session: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let no test see the user's files, or what another test has learned."""
    folder = caches_of_this_session / blake2b(request.node.nodeid.encode()).hexdigest()[:16]
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))


@pytest.fixture(autouse=True)
def nobody_else_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no decision hang on what other programs do while a test runs."""
    monkeypatch.setattr("amorsize.runtime.surroundings.others_running", lambda: 0)


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail the test that leaves a process, thread, descriptor or shared memory behind."""
    before = survey()
    yield
    if left := left_behind(before):
        pytest.fail(f"left behind: {', '.join(left)}", pytrace=False)
