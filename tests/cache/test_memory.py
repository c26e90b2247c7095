"""What the rest of the library asks of the caches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amorsize import cache
from amorsize.cache import memory, system
from amorsize.cache.comparing import System
from amorsize.cache.memory import Choice, recall, remember
from amorsize.cache.system import FRESH_S, here
from amorsize.machine.fresh import Fresh
from amorsize.vocab.lookup import Hit, Miss, Unreadable
from tests.cache.examples import LEARNED
from tests.cache.making import holding
from tests.cache.pairs import one, two

if TYPE_CHECKING:
    import pytest

    from tests.cache.kit import FakeTime

CHOICE = Choice(
    n_jobs=2,
    chunksize=5,
    executor_type="process",
    estimated_speedup=1.9,
    reason="it pays",
    warnings=("careful",),
)


def test_what_was_remembered_is_recalled_with_its_age(fake_time: FakeTime) -> None:
    before = recall(one)
    assert before.why_not == "No cached entry found for this workload"
    remember(before.identity, CHOICE, LEARNED)
    fake_time.now += 60

    after = recall(one)

    assert (after.identity, after.why_not) == (before.identity, "")
    assert isinstance(after.found, Hit)
    assert (after.found.age_s, after.found.record.learned) == (60, LEARNED)
    assert (after.found.record.n_jobs, after.found.record.warnings) == (2, ["careful"])
    assert isinstance(recall(two).found, Miss)


def test_a_public_entry_is_recalled_without_anything_learned() -> None:
    cache.save_cache_entry(cache.compute_cache_key(one, 1, 1), 3, 4, "thread", 2.0, "mine", [])

    found = recall(one).found

    assert isinstance(found, Hit)
    assert (found.record.n_jobs, found.record.learned) == (3, None)


def test_what_cannot_be_identified_is_neither_kept_nor_found() -> None:
    func = holding(iter([1]))
    recalled = recall(func)
    remember(recalled.identity, CHOICE, None)

    assert recalled.identity.why_not == "list_iterator"
    assert isinstance(recall(func).found, Miss)
    assert [*cache.get_cache_dir().iterdir()] == []


def test_nothing_that_goes_wrong_gets_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Any) -> Any:
        raise ZeroDivisionError

    identity = recall(one).identity
    monkeypatch.setattr(memory, "cache_of", broken)

    remember(identity, CHOICE, None)
    assert recall(one).found == Miss(Unreadable("ZeroDivisionError"))


def test_a_choice_that_no_load_would_take_is_not_kept() -> None:
    wrong = Choice(n_jobs=0, chunksize=5, executor_type="?", estimated_speedup=1, reason="")
    remember(recall(one).identity, wrong, None)

    assert isinstance(recall(one).found, Miss)


def test_the_memory_limit_is_read_now_and_then() -> None:
    reads, now = [], [0.0]

    def read() -> int:
        reads.append(now[0])
        return len(reads)

    gauge = Fresh(read, fresh_s=FRESH_S, clock=lambda: now[0])
    assert (gauge(), gauge()) == (1, 1)
    now[0] = FRESH_S
    assert (gauge(), gauge()) == (2, 2)


def test_this_machine_is_told_by_its_limit_and_a_senseless_one_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AMORSIZE_MEMORY_LIMIT", "3G")
    system._memory.cache_clear()  # noqa: SLF001 - as in a new process
    limited = here()
    monkeypatch.setenv("AMORSIZE_MEMORY_LIMIT", "much")
    system._memory.cache_clear()  # noqa: SLF001 - as in a new process
    unknown = here()
    system._memory.cache_clear()  # noqa: SLF001 - as in a new process

    assert limited.memory_bytes == 3 * 1024**3
    assert unknown == System(limited.physical_cores, 0, limited.start_method)
