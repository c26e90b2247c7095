"""What cannot be had (processes, memory files, descriptors) costs speed, never the answer."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pytest

from amorsize.api.run import run
from amorsize.engines.base import EngineStartError
from amorsize.engines.nesting import INSIDE
from amorsize.engines.reaper import REAPER
from amorsize.vocab.options import Backend, Options
from amorsize.vocab.plan import EngineKind
from tests.conformance.jobs import Tally
from tests.stress import kit
from tests.stress.marks import on_linux
from tests.support.leaks import left_behind, survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from amorsize.engines.base import Job, Reports

pytestmark = on_linux

ITEMS = 80
ROOT = Path(__file__).parents[2]

KINDS: dict[str, Callable[[], Any]] = {
    "list": lambda: list(range(ITEMS)),
    "generator": lambda: (index for index in range(ITEMS)),
}


def refuse(number: int) -> Callable[..., NoReturn]:
    def refused(*_args: object, **_options: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    return refused


def refuse_from(call: Callable[..., Any], nth: int, number: int) -> Callable[..., Any]:
    """Let the first calls through."""
    calls = 0

    def sometimes(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls >= nth:
            raise OSError(number, os.strerror(number))
        return call(*args, **options)

    return sometimes


REFUSED = [
    ("fork", errno.EAGAIN),
    ("fork", errno.ENOMEM),
    ("memfd_create", errno.ENOSYS),
    ("memfd_create", errno.EMFILE),
    ("pidfd_open", errno.ENOSYS),
    ("pidfd_open", errno.EPERM),
    ("eventfd", errno.EMFILE),
    ("pipe2", errno.ENFILE),
    ("ftruncate", errno.EFBIG),
]


@pytest.fixture
def item(tmp_path: Path) -> Callable[[int], int]:
    tally = Tally(tmp_path / "calls")

    def called_once(index: int) -> int:
        tally.note(index)
        return -index

    return called_once


def was_called_once_each(tmp_path: Path) -> bool:
    return Tally(tmp_path / "calls").counts() == Counter(range(ITEMS))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("call", "number"), REFUSED)
def test_without_it_the_team_claims_nothing_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, kind: str, call: str, number: int
) -> None:
    before = survey()
    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse(number))
        with pytest.raises(EngineStartError, match="cannot be started"):
            kit.team(refuse(0), KINDS[kind]())

    assert left_behind(before) == []
    assert INSIDE.get() is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("call", "number"), REFUSED)
def test_the_answer_is_the_same_and_the_reason_is_told(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    item: Callable[[int], int],
    kind: str,
    call: str,
    number: int,
) -> None:
    monkeypatch.setattr("amorsize.engines.spawned.SpawnedEngine.run", run_here)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse(number))
        outcome = run(item, KINDS[kind](), Options(n_jobs=2, backend=Backend.PROCESSES))

    assert outcome.results == [-index for index in range(ITEMS)]
    assert was_called_once_each(tmp_path)
    assert os.strerror(number) in " ".join(outcome.record.warnings)
    assert outcome.record.engine is not EngineKind.TEAM


def run_here(_engine: object, job: Job, reports: Reports) -> int:
    """Stands in for the engine that is asked next: the caller alone."""
    while (chunk := job.source.claim(7)) is not None:
        reports.done(chunk.start, [job.func(item) for item in chunk.items], 1e-3)
    return 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", ["fork", "memfd_create", "pidfd_open"])
@pytest.mark.parametrize("nth", [2, 3])
def test_a_team_that_cannot_be_completed_works_with_those_it_has(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    item: Callable[[int], int],
    kind: str,
    call: str,
    nth: int,
) -> None:
    before = survey()
    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse_from(getattr(os, call), nth, errno.EAGAIN))
        try:
            recorder = kit.team(item, KINDS[kind](), workers=4)
        except EngineStartError:
            results = None
        else:
            results = kit.in_order(recorder)
            assert recorder.notes

    if results is None:  # not even one could be had
        assert call != "fork"
        assert nth == 2 or call == "memfd_create"  # all workers share some of those
        assert Tally(tmp_path / "calls").counts() == Counter()
    else:
        assert results == [-index for index in range(ITEMS)]
        assert was_called_once_each(tmp_path)
    assert left_behind(before) == []


MANY: Final = 1100
"""``select`` stops at 1,024 (select(2))."""

ENOUGH: Final = 24
"""Descriptors that a team of three needs at most, with room to spare."""


@contextmanager
def only(spare: int) -> Iterator[None]:
    """Leave this process so many descriptors."""
    free = [os.dup(0) for _ in range(spare)]
    for descriptor in free:
        os.close(descriptor)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(free) + 1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_however_few_descriptors_are_left_the_answer_is_the_same(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("amorsize.engines.spawned.SpawnedEngine.run", run_here)
    options = Options(n_jobs=3, backend=Backend.PROCESSES)
    expected = [-index for index in range(ITEMS)]
    outcomes = {}
    run(abs, range(ITEMS), options)  # everything is imported
    REAPER.reap(patience_s=kit.EXIT_S)
    before = survey()
    for spare in range(ENOUGH, 0, -1):
        with only(spare):
            outcomes[spare] = run(lambda index: -index, KINDS[kind](), options)
        REAPER.reap(patience_s=kit.EXIT_S)

    assert all(outcome.results == expected for outcome in outcomes.values())
    assert outcomes[ENOUGH].record.engine is EngineKind.TEAM
    assert outcomes[1].record.engine is not EngineKind.TEAM
    assert left_behind(before) == []


@pytest.mark.slow
def test_a_process_with_thousands_of_open_files_has_a_team_too() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard <= MANY:
        pytest.skip(f"only {hard} open files are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    opened = [os.dup(0) for _ in range(MANY)]
    try:
        recorder = kit.team(lambda index: -index, range(ITEMS))
        with pytest.raises(KeyboardInterrupt):
            kit.team(interrupt, range(ITEMS))
    finally:
        for descriptor in opened:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert kit.in_order(recorder) == [-index for index in range(ITEMS)]


def interrupt(_index: int) -> NoReturn:
    raise KeyboardInterrupt


NO_MORE_PROCESSES = """
import os, resource, sys
sys.path[:0] = sys.argv[1:]
from amorsize.api.run import run
from amorsize.vocab.options import Backend, Options
options = Options(n_jobs=2)
for backend in Backend:  # all is imported now: another user may not read the modules
    run(abs, range(-80, 0), Options(backend=backend, n_jobs=2))
import amorsize.engines.spawned
from amorsize.engines.spawned_alive import IDLE_POOLS
from amorsize.engines.spawned_pool import pack_function, spawned_pool
pack_function(abs)
with spawned_pool(1) as pool:
    while not pool.is_ready():
        pass
IDLE_POOLS.dismiss(wait=True)
if os.geteuid() == 0:  # nothing is refused to root
    os.setgroups([])
    os.setresuid(65534, 65534, 65534)
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
outcome = run(abs, range(-80, 0), options)
assert outcome.results == list(range(80, 0, -1)), outcome.results
print(outcome.record.engine, *outcome.record.warnings, sep="\\n")
"""


@pytest.mark.slow
def test_where_the_system_allows_no_more_processes_the_answer_is_the_same() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", NO_MORE_PROCESSES, *sys.path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    engine, *warnings = ran.stdout.splitlines()
    assert engine == "serial"
    assert "cannot be started" in " ".join(warnings)
    assert ran.stderr == ""
