"""A ``Failure`` keeps what is needed to see what went wrong, and travels whatever it holds."""

from __future__ import annotations

import pickle
import threading

import amorsize
from amorsize.engines.collected import SHOWN, Failure, bounded_repr


class OddError(Exception):
    def __init__(self, code: int, *, why: str) -> None:
        super().__init__(f"{why} ({code})")
        self.code = code


def caught(error: Exception, item: object = "x") -> Failure:
    try:
        raise error  # noqa: TRY301 - it must have been raised
    except Exception as raised:  # noqa: BLE001 - whatever the test gave
        return Failure.of(3, item, raised)


def there_and_back(failure: Failure) -> Failure:
    back: Failure = pickle.loads(pickle.dumps(failure, 5))
    return back


def test_it_keeps_index_item_exception_and_traceback() -> None:
    error = OddError(7, why="odd")
    failure = caught(error, item={"a": 1})

    assert (failure.index, failure.item) == (3, "{'a': 1}")
    assert failure.exception is error
    assert failure.exception.__traceback__ is None, "frames would keep their variables alive"
    assert "in caught" in failure.traceback
    assert "OddError: odd (7)" in failure.traceback


def test_an_exception_with_an_odd_constructor_arrives_as_itself() -> None:
    failure = there_and_back(caught(OddError(7, why="odd")))

    assert type(failure.exception) is OddError
    assert (failure.exception.code, str(failure.exception)) == (7, "odd (7)")
    assert failure.traceback.rstrip().endswith("OddError: odd (7)")


def test_one_that_cannot_travel_is_stood_in_for() -> None:
    class LocalError(Exception):
        pass

    for error in (LocalError("here only"), ValueError(threading.Lock())):
        failure = there_and_back(caught(error))

        assert isinstance(failure.exception, amorsize.ResultLostError)
        assert type(error).__name__ in str(failure.exception)
        assert failure.traceback == caught(error).traceback


def test_an_item_is_shown_in_a_few_words_whatever_it_is() -> None:
    class Sulky:
        def __repr__(self) -> str:
            raise RuntimeError

    for item in ("x" * 10**6, list(range(10**6)), {"a": "y" * 10**4}, Sulky(), b"z" * 10**6):
        assert 0 < len(bounded_repr(item)) <= SHOWN
    assert bounded_repr("abc") == "'abc'"


def test_it_is_public() -> None:
    assert amorsize.Failure is Failure
