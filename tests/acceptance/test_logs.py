"""What is logged or warned of in a worker is handled by the caller, as in the plain loop."""

from __future__ import annotations

import logging
import os
import threading
import time
import warnings
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import pytest

from amorsize.engines import worker_logs
from amorsize.errors import WorkerCrashedError
from tests.support.ways import WAYS, Way, dismiss_workers

if TYPE_CHECKING:
    from collections.abc import Iterator

ITEMS = 60
LOG = logging.getLogger("tests.workers")


class Kept(logging.Handler):
    """Keeps what it handles, and tells where that was."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        assert os.getpid() == CALLER
        self.records.append(record)

    def of(self, process: int) -> list[str]:
        return [record.getMessage() for record in self.records if record.process == process]


CALLER = os.getpid()


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Iterator[Way]:
    yield Way(request.param)
    dismiss_workers()


@pytest.fixture
def kept() -> Iterator[Kept]:
    handler = Kept()
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    yield handler
    LOG.removeHandler(handler)
    LOG.setLevel(logging.NOTSET)
    LOG.propagate = True


def logs(item: int) -> int:
    time.sleep(1e-3)
    logging.getLogger("tests.workers").debug("not wanted")
    logging.getLogger("tests.workers").info("item %d began", item, extra={"item": item})
    try:
        raise ValueError(item)  # noqa: TRY301 - it must have been raised
    except ValueError:
        logging.getLogger("tests.workers").exception("item %d failed", item)
    return os.getpid()


def test_every_record_is_handled_once_in_order_by_the_caller(way: Way, kept: Kept) -> None:
    processes = way.run(logs, range(ITEMS))

    assert len(set(processes)) == (1 if way.name in {"serial", "threads"} else 2)
    assert len(kept.records) == 2 * ITEMS
    for process in set(processes):
        mine = [item for item, where in enumerate(processes) if where == process]
        numbers = [int(text.split()[1]) for text in kept.of(process)]
        assert sorted(set(numbers)) == mine
        if way.name != "threads":
            chunks = [n for k, n in enumerate(numbers) if k % 2 == 0]
            assert numbers == [n for n in chunks for _ in range(2)]
    failed = [record for record in kept.records if record.levelno == logging.ERROR]
    assert all("ValueError" in logging.Formatter().format(record) for record in failed)
    assert {getattr(record, "item", None) for record in kept.records} >= set(range(ITEMS))


def logs_what_cannot_travel(item: int) -> None:
    time.sleep(1e-3)
    logging.getLogger("tests.workers").info(
        "item %d, lock %s", item, threading.Lock(), extra={"lock": threading.Lock()}
    )


def test_what_cannot_travel_is_told_in_words(way: Way, kept: Kept) -> None:
    way.run(logs_what_cannot_travel, range(ITEMS))

    assert len(kept.records) == ITEMS
    assert (
        sum("lock object" in str(record.__dict__.get("lock")) for record in kept.records) == ITEMS
    )


def warns(item: int) -> int:
    time.sleep(1e-3)
    warnings.warn(f"item {item} is odd", RuntimeWarning, stacklevel=1)
    warnings.warn("said by all", RuntimeWarning, stacklevel=1)
    return os.getpid()


def test_warnings_are_issued_by_the_caller(way: Way) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        way.run(warns, range(ITEMS))
    texts = [str(warning.message) for warning in caught]

    assert sorted(set(texts)) == sorted(
        [*(f"item {n} is odd" for n in range(ITEMS)), "said by all"]
    )
    # once, and once more where filters were touched between: Python then forgets what it has shown
    assert ITEMS < len(texts) <= ITEMS + 2
    assert {warning.filename for warning in caught} == {__file__}
    assert {warning.category for warning in caught} == {RuntimeWarning}


def test_a_warning_that_the_caller_does_not_want_is_not_shown(way: Way) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        way.run(warns, range(ITEMS))

    assert not caught


def raises_warnings(item: int, *, anywhere: bool, caller: int) -> int:
    time.sleep(1e-3)
    if (anywhere and item == ITEMS - 1) or os.getpid() != caller:
        warnings.warn("too odd", RuntimeWarning, stacklevel=1)
    return item


def test_a_warning_that_is_an_error_for_the_caller_is_one_in_a_worker(way: Way) -> None:
    anywhere = way.name in {"serial", "threads"}
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        with pytest.raises(RuntimeWarning, match="too odd"):
            way.run(partial(raises_warnings, anywhere=anywhere, caller=CALLER), range(ITEMS))


LINES = 100
flooded: set[int] = set()


def floods(_item: int) -> int:
    if os.getpid() not in flooded:
        flooded.add(os.getpid())
        for _ in range(LINES):
            logging.getLogger("tests.workers").info("x" * 100_000)
    time.sleep(1e-3)
    return os.getpid()


def test_too_much_is_lost_and_counted(way: Way, kept: Kept) -> None:
    flooded.clear()
    most = worker_logs.MOST_BYTES // 100_000
    for process in set(way.run(floods, range(ITEMS))):
        heard = len(kept.of(process))
        if process == CALLER:
            assert heard == LINES
            continue
        assert most - 2 <= heard <= most
        told = f"{LINES - heard} log records and warnings of a worker were lost" in way.warnings
        assert told


def logs_in_a_thread(item: int) -> int:
    time.sleep(1e-3)
    thread = threading.Thread(target=lambda: LOG.info("item %d", item))
    thread.start()
    thread.join()
    return item


def test_threads_of_a_worker_are_heard(way: Way, kept: Kept) -> None:
    way.run(logs_in_a_thread, range(ITEMS))

    assert sorted(record.getMessage() for record in kept.records) == sorted(
        f"item {n}" for n in range(ITEMS)
    )


forked: list[int] = []


def forks(item: int) -> int:
    time.sleep(1e-3)
    if os.getpid() != CALLER and not forked:
        forked.append(item)
        child = os.fork()
        if child == 0:
            try:
                LOG.info("said by a child")
            finally:  # as in any process: the handler there does not like it
                os._exit(0)
        os.waitpid(child, 0)
        time.sleep(0.1)  # the caller looks up meanwhile
    return item


@pytest.mark.skipif("forked" not in WAYS, reason="needs fork")
def test_a_process_that_a_worker_forks_does_not_speak_for_it(kept: Kept) -> None:
    assert Way("forked").run(forks, range(ITEMS)) == list(range(ITEMS))
    assert not kept.records


def dies(item: int) -> int:
    time.sleep(1e-3)
    if os.getpid() != CALLER:
        logging.getLogger("tests.workers").info("item %d kills me", item)
        os._exit(3)
    return item


@pytest.mark.skipif("forked" not in WAYS, reason="needs fork")
def test_what_a_worker_said_before_it_died_is_heard(kept: Kept) -> None:
    with pytest.raises(WorkerCrashedError):
        Way("forked").run(dies, range(ITEMS))

    assert "kills me" in kept.records[-1].getMessage()


class Breaks(logging.Handler):
    def emit(self, record: logging.LogRecord) -> NoReturn:
        raise OSError(record.getMessage())


@pytest.mark.skipif("forked" not in WAYS, reason="needs fork")
@pytest.mark.usefixtures("kept")
def test_a_handler_that_breaks_costs_no_result() -> None:
    way, broken = Way("forked"), Breaks()
    LOG.addHandler(broken)
    try:
        results = way.run(logs_elsewhere, range(ITEMS))
    finally:
        LOG.removeHandler(broken)

    assert results == list(range(ITEMS))
    assert "a log record of a worker could not be handled: OSError" in way.warnings


def logs_elsewhere(item: int) -> int:
    time.sleep(1e-3)
    if os.getpid() != CALLER:
        LOG.info("same text")
    return item
