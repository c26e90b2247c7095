from __future__ import annotations

import gc
import pickle
import subprocess
import sys
import threading
from typing import Any, ClassVar

import pytest

from amorsize.sample.transfer import Clocks, function_transfer, transfer_of
from amorsize.vocab.profile import CannotTravel, Transfer

PLENTY_S = 60.0
LARGE = 1 << 20


class World:
    """Time passes only when something is pickled or unpickled."""

    now_s: ClassVar[float] = 0.0
    sent: ClassVar[int] = 0
    collecting: ClassVar[list[bool]] = []

    @classmethod
    def clock(cls) -> float:
        return cls.now_s

    @classmethod
    def reset(cls) -> None:
        cls.now_s, cls.sent, cls.collecting = 0.0, 0, []


CLOCKS = Clocks(wall=World.clock, cpu=World.clock)


class Costly:
    """Takes so long to send and to receive, and is so large."""

    def __init__(self, send_s: float, receive_s: float = 0.0, size: int = 0) -> None:
        self.send_s, self.receive_s, self.size = send_s, receive_s, size

    def __reduce__(self) -> tuple[Any, ...]:
        World.sent += 1
        World.now_s += self.send_s
        return receive, (self.receive_s, bytes(self.size))


def receive(receive_s: float, _content: bytes) -> None:
    World.now_s += receive_s
    World.collecting.append(gc.isenabled())


class Buffered:
    """Offers its content as a buffer, as arrays do."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __reduce_ex__(self, _protocol: object) -> tuple[Any, ...]:
        return Buffered, (pickle.PickleBuffer(self.content),)


class Raises:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __reduce__(self) -> tuple[Any, ...]:
        raise self.error


class RaisesWhenRead:
    def __reduce__(self) -> tuple[Any, ...]:
        return int, ("not a number",)


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def measured(objects: list[Any], **options: Any) -> Transfer:
    found = transfer_of(objects, "result", **options)
    assert isinstance(found, Transfer)
    return found


@pytest.fixture(autouse=True)
def new_world() -> None:
    World.reset()


def test_each_way_is_timed_apart_and_given_for_one_object() -> None:
    found = measured([Costly(1.0, 3.0) for _ in range(50)], budget_s=1e4, clocks=CLOCKS)

    assert found.dumps_s == pytest.approx(1.0)
    assert found.loads_s == pytest.approx(3.0)


def test_many_objects_are_measured_where_there_are_many() -> None:
    found = measured([{"a": i, "b": str(i)} for i in range(5000)], budget_s=PLENTY_S)

    assert found.sampled >= 1000


def test_objects_travel_together_as_the_engines_send_them() -> None:
    shared = "x" * 10_000

    found = measured([[shared] for _ in range(1000)], budget_s=PLENTY_S)

    assert found.size_bytes < 1000


def test_objects_are_taken_from_the_whole_list() -> None:
    rising = [bytes(size) for size in range(9_000)]

    found = measured(rising, budget_s=PLENTY_S)

    assert found.size_bytes == pytest.approx(4500, rel=0.05)


def test_no_more_than_the_budget_and_one_object_is_spent() -> None:
    measured([Costly(1.0, 1.0) for _ in range(1000)], budget_s=10.0, clocks=CLOCKS)

    assert World.now_s <= 12.0


def test_an_object_that_takes_the_whole_budget_is_sent_once() -> None:
    found = measured([Costly(5.0, 2.0)] * 10, budget_s=1.0, clocks=CLOCKS)

    assert World.sent == 1
    assert (found.dumps_s, found.loads_s, found.sampled) == (5.0, 2.0, 1)


def test_a_probe_that_meets_large_objects_is_cut_short_and_shows_in_the_cost() -> None:
    heavy = [Costly(10.0, size=LARGE) for _ in range(99)]
    objects = [*heavy[:49], Costly(0.01), *heavy[49:]]

    found = measured(objects, budget_s=20.0, clocks=CLOCKS)

    assert World.sent <= 4
    assert found.dumps_s > 1.0


def test_the_first_object_is_left_out_because_it_is_cold() -> None:
    class Cold(Costly):
        def __reduce__(self) -> tuple[Any, ...]:
            World.now_s += 0.0 if World.sent else 7.0
            return super().__reduce__()

    found = measured([Cold(1.0) for _ in range(9)], budget_s=1e4, clocks=CLOCKS)

    assert found.dumps_s == pytest.approx(1.0)


def test_large_buffers_travel_beside_the_pickle() -> None:
    found = measured([Buffered(bytes(LARGE)) for _ in range(3)], budget_s=PLENTY_S)

    assert found.out_of_band_bytes == LARGE
    assert LARGE < found.size_bytes < 1.01 * LARGE


def test_small_buffers_do_not() -> None:
    found = measured([Buffered(bytes(1000)) for _ in range(3)], budget_s=PLENTY_S)

    assert found.out_of_band_bytes == 0
    assert found.size_bytes > 1000


@pytest.mark.parametrize("was_enabled", [True, False])
def test_nothing_is_collected_meanwhile_and_the_collector_is_left_as_it_was(
    *, was_enabled: bool
) -> None:
    (gc.enable if was_enabled else gc.disable)()
    try:
        measured([Costly(1.0)] * 3, budget_s=10.0, clocks=CLOCKS)
        transfer_of([Raises(ValueError())], "result")
        with pytest.raises(KeyboardInterrupt):
            transfer_of([Raises(KeyboardInterrupt())], "result")

        assert gc.isenabled() is was_enabled
        assert World.collecting
        assert not any(World.collecting)
    finally:
        gc.enable()


STAY = {
    "lambda": lambda: None,
    "lock": threading.Lock(),
    "generator": (_ for _ in ()),
    "error while pickling": Raises(ValueError()),
    "error while reading": RaisesWhenRead(),
    "error that cannot be shown": Raises(UnspeakableError()),
    "end of an iterator": Raises(StopIteration()),
}


@pytest.mark.parametrize("thing", STAY.values(), ids=STAY)
def test_what_cannot_travel_is_named_and_why(thing: object) -> None:
    found = transfer_of([1, thing, 3], "result", budget_s=PLENTY_S)

    assert isinstance(found, CannotTravel)
    assert type(thing).__name__ in found.what
    assert found.what.startswith("result of type ")
    assert found.why


def test_the_reason_is_what_pickle_said() -> None:
    assert transfer_of([threading.Lock()], "item") == CannotTravel(
        "item of type _thread.lock", "TypeError: cannot pickle '_thread.lock' object"
    )


def test_what_is_nested_too_deeply_cannot_travel() -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]

    found = transfer_of([nested], "result")

    assert isinstance(found, CannotTravel)
    assert "RecursionError" in found.why
    while nested:  # taken apart from outside, for old interpreters
        nested = nested.pop()


def test_an_interrupt_is_an_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt):
        transfer_of([Raises(KeyboardInterrupt())], "result")
    interrupted = Raises(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        function_transfer(lambda item: (item, interrupted))


def carrier(item: object) -> object:
    return item


def test_a_function_that_can_be_imported_travels_by_name() -> None:
    found = function_transfer(carrier)

    assert isinstance(found, Transfer)
    assert found.sampled == 1
    assert found.size_bytes < 200


def test_a_lambda_travels_with_what_it_closes_over() -> None:
    content = bytes(LARGE)

    found = function_transfer(lambda item: (item, content), budget_s=PLENTY_S)

    assert isinstance(found, Transfer)
    assert found.size_bytes > LARGE


def test_a_function_is_not_read_back_in_this_process() -> None:
    thing = Costly(1.0, 1.0)

    found = function_transfer(lambda item: (item, thing), clocks=CLOCKS)

    assert isinstance(found, Transfer)
    assert World.now_s == 1.0
    assert (found.dumps_s, found.loads_s) == (1.0, 1.0)


def test_a_heavy_function_is_given_up_soon() -> None:
    things = [Costly(1.0, size=LARGE) for _ in range(100)]

    found = function_transfer(lambda item: (item, things), budget_s=3.5, clocks=CLOCKS)

    assert isinstance(found, Transfer)
    assert found.sampled == 0
    assert World.sent == 4
    assert found.size_bytes > LARGE


def test_a_function_that_holds_a_lock_cannot_travel() -> None:
    lock = threading.Lock()

    found = function_transfer(lambda item: (item, lock))

    assert isinstance(found, CannotTravel)
    assert "lambda" in found.what
    assert "lock" in found.why


def test_measuring_results_loads_nothing_heavy() -> None:
    code = (
        "import sys, amorsize.sample.transfer as t; t.transfer_of([1], 'result');"
        "sys.exit(any(m in sys.modules for m in ('cloudpickle', 'numpy', 'multiprocessing')))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
