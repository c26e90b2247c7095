from __future__ import annotations

import pytest

from benchmarks.measure.contestants import OURS, PLAIN
from benchmarks.measure.pages import Pages, pages_in_use, runs_present
from benchmarks.measure.runner import Nursery, NurseryDiedError
from benchmarks.measure.trial import Request

pytestmark = pytest.mark.slow


def test_each_trial_is_a_new_process_that_leaves_nothing() -> None:
    nursery = Nursery(("json",))
    request = Request(workload="medium-1ms", amount=2, contestant=PLAIN)
    replies = [nursery.run(request) for _ in range(2)]
    nursery.close()

    assert [reply.failure for reply in replies] == [None, None]
    assert [reply.items for reply in replies] == [2, 2]


def test_who_takes_too_long_is_stopped_and_said_so() -> None:
    nursery = Nursery(())
    slow = Request(workload="sleep-5ms", amount=1000, contestant="pool", limit_s=0.2)
    quick = Request(workload="sleep-5ms", amount=2, contestant=OURS)
    replies = [nursery.run(slow), nursery.run(quick)]
    nursery.close()

    assert [reply.failure for reply in replies] == ["over 0.2 s running", None]


def test_a_process_that_dies_is_a_failure_not_the_end() -> None:
    nursery = Nursery(())
    impossible = Request(workload="sleep-5ms", amount=2**62, contestant=PLAIN)
    possible = Request(workload="sleep-5ms", amount=1, contestant=PLAIN)
    replies = [nursery.run(impossible), nursery.run(possible)]
    nursery.close()

    assert [reply.failure for reply in replies] == ["the process died making its input", None]


def test_a_nursery_that_cannot_begin_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    nursery = Nursery(("no_such_module",))
    with pytest.raises((NurseryDiedError, BrokenPipeError)):
        nursery.run(Request(workload="medium-1ms", amount=1, contestant=PLAIN))
    nursery.close()

    assert "no_such_module" in capfd.readouterr().err


def test_pages_in_use_are_found() -> None:
    found = pages_in_use()

    assert all(run.size_bytes > 0 for run in found)
    assert sum(run.size_bytes for run in found) > 2**20


def test_runs_of_present_pages() -> None:
    present, absent = (1 << 63).to_bytes(8, "little"), bytes(8)

    assert runs_present(absent + present + present + absent + present) == [(1, 2), (4, 1)]
    assert runs_present(b"") == []
    assert Pages(start=1, size_bytes=2, advice=3).advice == 3
