"""``max_rate`` holds over all workers of a run, and its lock does not outlive who holds it.

Times are only bounded from below: a busy machine makes starts later, never earlier.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from amorsize import BackendRefusedError, execute
from amorsize.api import policies
from amorsize.engines import rate
from amorsize.engines.rate import RateLimit
from amorsize.plan import facts
from amorsize.plan.choose import decide
from amorsize.vocab.options import Backend, Options
from amorsize.vocab.plan import EngineKind
from tests.support.ways import WAYS, Way, dismiss_workers
from tests.unit.examples import TWO_CORES, profile, waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

ITEMS = 60
PER_S = 400.0
ROOT = Path(__file__).parents[2]

needs_locks = pytest.mark.skipif(not rate.SHARED, reason="the system has no such locks")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[Way]:
    yield Way(request.param)
    dismiss_workers()


@pytest.fixture
def limit() -> Iterator[RateLimit]:
    limit = RateLimit(PER_S)
    yield limit
    limit.close()


def starts(_item: int) -> tuple[float, int]:
    began = time.monotonic()
    time.sleep(2e-3)
    return began, os.getpid()


def test_no_item_starts_before_its_turn(way: Way) -> None:
    began = time.monotonic()
    results = way.run(starts, range(ITEMS), max_rate=PER_S)

    for place, start in enumerate(sorted(start for start, _ in results)):
        assert start >= began + place / PER_S
    if way.name not in {"serial", "threads"}:
        assert len({process for _, process in results}) == 2


def fails_once(item: int) -> int:
    if item not in failed:
        failed.add(item)
        raise ValueError(item)
    return item


failed: set[int] = set()


def test_attempts_count_as_starts() -> None:
    failed.clear()
    began = time.monotonic()
    execute(fails_once, range(20), max_rate=PER_S, retries=1)

    assert time.monotonic() >= began + 39 / PER_S


TAKER = """
import pickle, sys
limit = pickle.loads(bytes.fromhex(sys.argv[1]))
print(*[repr(limit.take()) for _ in range(100)])
"""


def in_a_process(code: str, limit: RateLimit, **options: Any) -> subprocess.Popen[str]:
    import pickle

    command = [sys.executable, "-c", code, pickle.dumps(limit).hex()]
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, **options)


@needs_locks
def test_turns_are_given_once_whoever_asks_for_them(limit: RateLimit) -> None:
    turns: list[float] = []
    processes = [in_a_process(TAKER, limit) for _ in range(2)]
    threads = [
        threading.Thread(target=lambda: turns.extend(limit.take() for _ in range(100)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for process in processes:
        out, _ = process.communicate()
        turns += map(float, out.split())

    assert len(turns) == 400
    assert all(b - a >= 1 / PER_S for a, b in pairwise(sorted(turns)))


HOLDER = """
import pickle, sys, time
limit = pickle.loads(bytes.fromhex(sys.argv[1]))
with limit.locked():
    print("held", flush=True)
    time.sleep(1000)
"""


@needs_locks
def test_the_lock_of_a_killed_holder_is_free(limit: RateLimit) -> None:
    holder = in_a_process(HOLDER, limit)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    taken: list[float] = []
    thread = threading.Thread(target=lambda: taken.append(limit.take()))
    thread.start()
    thread.join(0.05)
    assert thread.is_alive()
    assert not taken
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    thread.join()

    assert taken


def test_a_fork_while_a_thread_waits_for_its_turn_leaves_no_lock_behind(limit: RateLimit) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    with limit.locked():
        child = os.fork()
        if child == 0:  # the copied lock of the threads is not held by anybody here
            os._exit(rate.LOCAL.lock.locked())
        _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0


def test_nothing_is_left_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    execute(starts, range(5), max_rate=PER_S)

    assert not list(tmp_path.iterdir())


# -- the decision


def quick(item: int) -> int:
    time.sleep(1e-3)
    return item


def test_where_one_worker_is_enough_there_is_hardly_another() -> None:
    _, told = execute(quick, range(30), max_rate=100, return_optimization_result=True)

    assert told.run is not None
    # on a busy machine one may be late so often that a second helps; unlimited there would be 30
    assert told.run.workers <= 2
    if (
        told.run.engine is EngineKind.SERIAL
        and told.run.decision is not None
        and told.run.decision.rejected
    ):
        assert "as often as max_rate allows" in told.explain()


@pytest.mark.parametrize(("rate_per_s", "workers"), [(40.0, 1), (70.0, 2), (210.0, 4)])
def test_no_more_workers_than_can_start_items(rate_per_s: float, workers: int) -> None:
    options = Options(rate_per_s=rate_per_s)
    for known in (waiting(item_s=20e-3), profile(item_s=20e-3, sampled=20, left=1000)):
        decision = decide(known, TWO_CORES, options)

        assert decision.chosen.workers <= workers
    assert decide(waiting(item_s=20e-3), TWO_CORES, options).chosen.workers == workers


def test_without_a_limit_nothing_is_limited() -> None:
    case = facts.Case(profile=waiting(), situation=TWO_CORES, options=Options())

    assert facts.allowed_workers(case) == float("inf")


def test_nothing_is_learned_from_times_that_were_waited_for() -> None:
    _, told = execute(quick, range(100), max_rate=250, return_optimization_result=True)

    assert told.run is not None
    assert not told.run.memory


def test_processes_are_refused_where_they_cannot_keep_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(policies, "SHARED", False)
    for backend in ("auto", "processes"):
        with pytest.raises(BackendRefusedError, match="max_rate"):
            execute(quick, range(3), max_rate=100, backend=backend)

    assert execute(quick, range(3), max_rate=100, backend="threads") == [0, 1, 2]


@pytest.mark.parametrize(
    ("said", "per_s"),
    [("20/s", 20), ("120 / min", 2), ("3600/h", 1), (5, 5), (0.5, 0.5), ("1e3/s", 1000)],
)
def test_rates_are_read(said: str | float, per_s: float) -> None:
    assert policies.rate_per_s(said) == per_s
    policies.check_rate_is_kept(policies.policies_from(max_rate=said), Backend.SERIAL)
