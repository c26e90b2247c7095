"""After a failure: the smallest failing index, as the loop would have raised it, and named."""

from __future__ import annotations

import functools
import itertools
import os
import re
import threading
import traceback
from typing import TYPE_CHECKING, Any, Final, Self

import pytest

from amorsize import execute
from tests.support.calls import ITEMS, Trial, Work, once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class TwoArguments(Exception):  # noqa: N818 - named for what is hard about it
    def __init__(self, item: int, reason: str) -> None:
        super().__init__(f"{item} failed: {reason}")
        self.item, self.reason = item, reason


class KeywordOnly(Exception):  # noqa: N818 - named for what is hard about it
    def __init__(self, *, item: int) -> None:
        self.item = item

    def __str__(self) -> str:
        return f"item {self.item} failed"


class Slotted(Exception):  # noqa: N818 - named for what is hard about it
    __slots__ = ("item", "unset")

    def __init__(self, item: int) -> None:
        super().__init__("slotted")
        self.item = item


class OwnGroup(ExceptionGroup[Exception]):
    def __new__(cls, item: int) -> Self:
        return super().__new__(cls, f"group of {item}", [ValueError(item), KeyError("b")])


class OwnOSError(OSError):
    def __init__(self, item: int) -> None:
        super().__init__(5, "cannot read", f"file {item}")
        self.item = item


def attributed(item: int) -> Exception:
    error = ValueError("with attributes", item)
    error.item = item  # type: ignore[attr-defined]  # as users do
    error.add_note(f"a note about {item}")
    return error


def caused(item: int) -> Exception:
    error = ValueError(item)
    error.__cause__ = TwoArguments(item, "the cause")
    return error


def during(item: int) -> Exception:
    error = ValueError(item)
    error.__context__ = KeyError(item)
    return error


def grouped(item: int) -> Exception:
    inner = ExceptionGroup("inner", [OSError(2, "No such file", f"{item}"), Slotted(item)])
    return ExceptionGroup("outer", [caused(item), inner])


ERRORS: dict[str, Callable[[int], BaseException]] = {
    "ValueError": lambda item: ValueError("bad", item),
    "without arguments": lambda _: ZeroDivisionError(),
    "KeyError": KeyError,
    "OSError": lambda item: OSError(2, "No such file", f"file {item}"),
    "own OSError": OwnOSError,
    "UnicodeDecodeError": lambda item: UnicodeDecodeError("utf-8", b"\xff" * 9, 0, item % 9, "bad"),
    "ImportError": lambda item: ImportError("none", name=f"module{item}", path="/nowhere"),
    "two arguments": functools.partial(TwoArguments, reason="no reason"),
    "keyword only": lambda item: KeywordOnly(item=item),
    "slots": Slotted,
    "attributes and a note": attributed,
    "cause": caused,
    "context": during,
    "group": grouped,
    "own group": OwnGroup,
    "base group": lambda item: BaseExceptionGroup("base", [KeyboardInterrupt(), ValueError(item)]),
    "SystemExit": SystemExit,
    "KeyboardInterrupt": lambda item: KeyboardInterrupt("by hand", item),
    "StopIteration": StopIteration,
    "GeneratorExit": GeneratorExit,
    "StopAsyncIteration": StopAsyncIteration,
    "AssertionError": lambda item: AssertionError(f"not {item}"),
    "MemoryError": MemoryError,
    "RecursionError": RecursionError,
    "Exception": Exception,
    "BaseException": BaseException,
}


ADDED: Final = ("__notes__", "results", "remaining")
"""What a run adds to an exception."""


def told(error: BaseException | None) -> Any:
    """All that a program or a person can see of an exception, but for its traceback."""
    if error is None:
        return None
    slots = [getattr(error, name, "unset") for name in ("item", "unset", "errno", "filename")]
    members = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return (
        type(error),
        error.args if not members else members and [told(member) for member in members],
        str(error),
        {name: value for name, value in vars(error).items() if name not in ADDED},
        slots,
        [note for note in getattr(error, "__notes__", []) if note.startswith("a note")],
        told(error.__cause__),
        told(error.__context__),
        error.__suppress_context__,
    )


def place_of(error: BaseException) -> tuple[int, str]:
    """The index and the place that the note names."""
    (found,) = filter(None, (re.fullmatch(NOTE, note) for note in error.__notes__))
    return int(found[1]), found[2]


NOTE = r"amorsize: raised at item (\d+), in (.*)"


def raising_at(work: Work, index: int, error: Callable[[int], BaseException]) -> Any:
    def raises(item: int) -> int:
        work(item)
        if item == index:
            raise error(item)
        return item

    return raises


@pytest.mark.parametrize("kind", sorted(ERRORS.keys() - {"KeyboardInterrupt"}))
@pytest.mark.parametrize("trial", ["serial", "threads", "processes"], indirect=True)
def test_an_exception_is_raised_as_itself_and_names_its_item(kind: str, trial: Trial) -> None:
    error = trial.catch(raising_at(trial.work, 70, ERRORS[kind]), range(ITEMS))
    assert told(error) == told(ERRORS[kind](70))
    assert place_of(error)[0] == 70
    assert "in raises" in "".join(traceback.format_exception(error))
    assert max(trial.work.calls.values()) == 1
    assert once(range(71)) <= trial.work.calls


def test_a_keyboard_interrupt_in_the_caller_ends_the_run_like_ctrl_c(trial: Trial) -> None:
    home = os.getpid(), threading.get_ident()

    def raises(item: int) -> int:
        trial.work(item)
        if item > 60 and (os.getpid(), threading.get_ident()) == home:
            raise KeyboardInterrupt(item)
        return item

    if trial.backend == "threads":  # there the caller hands out, and runs nothing itself
        assert trial.run(raises, range(ITEMS)) == list(range(ITEMS))
    else:
        assert type(trial.catch(raises, range(ITEMS))) is KeyboardInterrupt
    assert max(trial.work.calls.values()) == 1


WORKERS = {"threads": r"thread amorsize-\d+", "processes": r"worker process \d+"}


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("trial", WORKERS, indirect=True)
def test_an_exception_of_a_worker_is_raised_as_itself(kind: str, trial: Trial) -> None:
    home = os.getpid(), threading.get_ident()

    def raises(item: int) -> int:
        trial.work(item)
        if (os.getpid(), threading.get_ident()) != home:
            raise ERRORS[kind](item)
        return item

    error = trial.catch(raises, range(ITEMS))
    index, place = place_of(error)
    assert told(error) == told(ERRORS[kind](index))
    assert re.fullmatch(WORKERS[trial.backend], place)
    assert "in raises" in "".join(traceback.format_exception(error))
    assert max(trial.work.calls.values()) == 1
    assert once(range(index + 1)) <= trial.work.calls


@pytest.mark.parametrize("failing", [{0}, {1, 0}, {ITEMS - 1}, {90, 40, 41}, set(range(30, ITEMS))])
def test_the_smallest_failing_index_wins_and_smaller_ones_are_finished(
    failing: set[int], trial: Trial
) -> None:
    def raises(item: int) -> int:
        trial.work(item)
        if item in failing:
            raise ValueError(item)
        return item

    smallest = min(failing)
    error = trial.catch(raises, range(ITEMS))
    assert error.args == (smallest,)
    assert place_of(error)[0] == smallest
    assert max(trial.work.calls.values()) == 1
    assert once(range(smallest + 1)) <= trial.work.calls


def test_no_larger_item_is_started_long_after_a_failure(trial: Trial) -> None:
    error = trial.catch(raising_at(trial.work, 20, ValueError), range(20 * ITEMS))
    assert error.args == (20,)
    assert trial.work.calls.total() < 5 * ITEMS


def test_a_forced_input_order_starts_nothing_before_its_turn(trial: Trial) -> None:
    error = trial.catch(raising_at(trial.work, 0, ValueError), range(ITEMS), order="input")
    assert error.args == (0,)
    assert trial.work.calls == once([0])


def test_the_first_failure_seen_is_raised_at_once_if_wanted(trial: Trial) -> None:
    error = trial.catch(raising_at(trial.work, 20, ValueError), range(20 * ITEMS), fail_fast=True)
    assert error.args == (20,)
    assert place_of(error)[0] == 20
    assert trial.work.calls.total() < 5 * ITEMS


def test_an_infinite_input_ends_with_a_failure(trial: Trial) -> None:
    error = trial.catch(raising_at(trial.work, ITEMS, ValueError), itertools.count())
    assert error.args == (ITEMS,)
    assert max(trial.work.calls.values()) == 1
    assert once(range(ITEMS + 1)) <= trial.work.calls


class Broken(Exception):  # noqa: N818 - named for what is hard about it
    pass


@pytest.mark.parametrize("after", [0, 1, 100])
@pytest.mark.parametrize("kind", [Broken, KeyError])
def test_an_exception_of_the_input_is_raised_after_the_items_before_it(
    after: int, kind: type[Exception], trial: Trial
) -> None:
    raised = kind("the input broke")

    def breaks() -> Iterator[int]:
        yield from range(after)
        raise raised

    assert trial.catch(trial.work, breaks()) is raised
    assert place_of(raised)[0] == after
    assert trial.work.calls == once(range(after))


def test_a_failure_comes_before_a_later_one_of_the_input(trial: Trial) -> None:
    def breaks() -> Iterator[int]:
        yield from range(100)
        raise Broken

    error = trial.catch(raising_at(trial.work, 60, ValueError), breaks())
    assert error.args == (60,)
    assert once(range(61)) <= trial.work.calls <= once(range(100))


class BreaksAt:
    """Old-style iteration that raises something else than ``IndexError``."""

    def __len__(self) -> int:
        return ITEMS

    def __getitem__(self, index: int) -> int:
        if index == 100:
            raise Broken(index)
        return index


def test_an_exception_of_getitem_is_raised(trial: Trial) -> None:
    error = trial.catch(trial.work, BreaksAt())
    assert (type(error), error.args) == (Broken, (100,))
    assert place_of(error)[0] == 100
    assert once(range(100)) <= trial.work.calls <= once({*range(ITEMS)} - {100})


class Unready:
    def __iter__(self) -> Iterator[int]:
        raise Broken


def test_an_exception_of_iter_is_raised_before_anything_runs(trial: Trial) -> None:
    assert type(trial.catch(trial.work, Unready())) is Broken
    assert trial.work.calls == {}


def test_a_failure_leaves_nothing_in_the_way_of_the_next_run(trial: Trial) -> None:
    trial.catch(raising_at(trial.work, 70, ValueError), range(ITEMS))
    before = trial.work.calls
    assert trial.run(trial.work, range(1000, 1000 + ITEMS)) == list(range(1000, 1000 + ITEMS))
    assert trial.work.calls - before == once(range(1000, 1000 + ITEMS))


def test_a_failure_found_by_a_probe_is_not_run_into_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMORSIZE_NUM_CPUS", "1")
    failed: list[int] = []

    def cheap_later(item: int) -> int:
        if item > 300_000 - 200 and failed in ([], [item]):
            failed.append(item)
            raise LookupError(item)
        return sum(range(400 if item < 1500 else 0))

    with pytest.raises(LookupError) as caught:
        execute(cheap_later, list(range(300_000)))

    assert [caught.value.args[0]] == failed
    assert caught.value.__notes__ == [f"amorsize: raised at item {failed[0]}, in the caller"]
