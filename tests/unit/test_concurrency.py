"""The controller, judged by simulated servers: what it costs against the best fixed number."""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.plan.concurrency import (
    HEADROOM,
    MOST_AWAITS,
    MOST_THREADS,
    POLITE_SHORT,
    RARELY,
    SMALLEST_ROUND,
    SOON,
    Calm,
    Halved,
    Narrowed,
    Probed,
    Round,
    Widened,
    Width,
    starting_threads,
)
from amorsize.plan.expectation import (
    FIRST_LOOK_S,
    JUDGED_AFTER_S,
    SCOUTED_S,
    SCOUTS,
    Expectation,
)
from amorsize.plan.finder import REMEMBERED, WidthFinder
from amorsize.vocab.waiting import Move
from tests.unit.waiting_world import Server, World

if TYPE_CHECKING:
    from collections.abc import Callable


def fixed(server: Server, threads: int) -> float:
    return World(server, lambda *_: threads, threads).run()


def adaptive(server: Server, alone_s: float | None = None) -> World:
    """The same with the controller, told that an item takes ``alone_s``."""
    alone_s = alone_s or server.wait_s
    start = starting_threads(server.items, alone_s)
    finder = WidthFinder(Width(threads=start, alone_s=alone_s), 0.0)

    def wanted(now_s: float, took_s: float, full_s: float, refused: int) -> int:
        return finder.completed(now_s, 1, took_s, full_s=full_s, refused=refused)

    world = World(server, wanted, start)
    world.run()
    return world


def unprepared(server: Server) -> World:
    """Coroutines: nothing is known of an item, and they start at no cost."""
    finder = WidthFinder(Width(threads=POLITE_SHORT, most=MOST_AWAITS), 0.0)

    def wanted(now_s: float, took_s: float, _full_s: float, refused: int) -> int:
        return finder.completed(now_s, 1, took_s, refused=refused)

    world = World(server, wanted, POLITE_SHORT, lock_s=8e-6, spawn_s=0.0)
    world.run()
    return world


def cost(server: Server, alone_s: float | None = None) -> float:
    """Time over that of the best fixed number of threads."""
    best = min(fixed(server, threads) for threads in (1, 2, 4, 8, 16, 32, 64, 128, 256))
    return adaptive(server, alone_s).now_s / best


SERVERS: Final = {
    "unlimited, 20 ms": Server(items=400, wait_s=0.02),
    "16 at once": Server(items=400, wait_s=0.02, slots=16),
    "16 at once, thrashing": Server(items=400, wait_s=0.02, slots=16, thrash=0.5),
    "unlimited, 5 ms": Server(items=1000, wait_s=0.005),
    "8 at once, 2 ms": Server(items=1000, wait_s=0.002, slots=8),
    "32 at once, 100 ms": Server(items=400, wait_s=0.1, slots=32),
    "few long ones": Server(items=60, wait_s=0.05),
    "very uneven": Server(items=1000, wait_s=0.02, spread=1.0),
    "one at a time": Server(items=100, wait_s=0.01, slots=1),
    "100 at once, 50 ms": Server(items=2000, wait_s=0.05, slots=100),
}


@pytest.mark.parametrize("name", SERVERS)
def test_no_server_costs_twice_the_best_fixed_number(name: str) -> None:
    assert cost(SERVERS[name]) <= 1.7


@pytest.mark.slow
def test_on_the_whole_it_is_close_to_the_best_fixed_number() -> None:
    costs = [cost(server) for server in SERVERS.values()]

    assert exp(sum(map(log, costs)) / len(costs)) <= 1.2


@pytest.mark.parametrize("error", [0.2, 0.5, 3, 20])
def test_a_wrong_idea_of_an_item_is_corrected(error: float) -> None:
    server = SERVERS["16 at once, thrashing"]
    unlimited = Server(items=4000, wait_s=0.02)

    assert cost(server, server.wait_s * error) <= 2.3
    assert cost(unlimited, unlimited.wait_s * error) <= 1.7


def test_a_knee_is_not_overrun_again_and_again() -> None:
    world = adaptive(Server(items=3000, wait_s=0.02, slots=16))

    assert world.peak <= 32
    assert world.threads <= 16 * HEADROOM * HEADROOM


def test_a_small_job_of_long_waits_is_started_whole() -> None:
    assert starting_threads(60, 0.05) == 60
    assert starting_threads(65, 0.05) < 65
    assert starting_threads(60, 0.001) < 60
    assert starting_threads(3, 0.001) == 3


FRAGILE: Final = {
    "16 at once": Server(items=4000, wait_s=0.02, slots=16),
    "4 at once": Server(items=2000, wait_s=0.02, slots=4),
    "slower with load": Server(items=4000, wait_s=0.02, knee=20),
    "400 per second": Server(items=2500, wait_s=0.05, rate=400, burst=20),
}


@pytest.mark.parametrize("run", [adaptive, unprepared])
@pytest.mark.parametrize("name", FRAGILE)
def test_servers_that_bear_so_much_bear_little_more(
    name: str, run: Callable[[Server], World]
) -> None:
    server = FRAGILE[name]
    best = min(fixed(server, threads) for threads in (4, 6, 8, 12, 16, 20, 24, 32))
    world = run(server)

    assert world.now_s <= 1.2 * best
    assert world.load_after(2.5) <= 1.3


def test_a_knee_that_has_moved_is_followed() -> None:
    server = Server(items=8000, wait_s=0.02, slots=8)
    world = unprepared(server)
    moved = Server(items=8000, wait_s=0.02, slots=8, later_slots=32, later_s=3.0)
    freed = unprepared(moved)

    assert world.threads <= 10
    assert freed.threads >= 24


def test_probes_that_do_not_pay_become_rare() -> None:
    calm = Calm()
    for patience in (4, 8, 16, 32, RARELY, RARELY):
        calm = calm.did_not_pay(upwards=calm.upwards)

        assert calm.patience == patience
    assert calm.did_pay(upwards=True).patience < SOON


def test_refusals_narrow_at_once_and_only_once() -> None:
    finder = WidthFinder(Width(threads=20, alone_s=0.05, widening=False), 0.0)

    assert finder.completed(0.05, 10, 0.5, refused=10) == 10
    assert finder.completed(0.06, 0, 0.0, refused=5) == 10
    assert finder.told().refused == 15
    assert [step.move for step in finder.told().steps] == [Move.START, Move.REFUSED]


def test_a_refused_probe_is_undone() -> None:
    probing = Width(threads=21, alone_s=0.05, widening=False, last=Probed(threads=20, rate=400))
    back = probing.after(Round(done=20, lasted_s=0.05, took_s=1.0, refused=1))

    assert (back.threads, back.refused_at, back.last) == (20, 21, None)


def test_the_account_is_bounded() -> None:
    finder = WidthFinder(Width(threads=20, alone_s=0.05), 0.0)
    for refusal in range(200):
        finder.width = Width(threads=20 + refusal % 2)
        finder.completed(refusal * 1.0, 1, 0.05, refused=1)
        finder.completed(refusal + 0.5, 100, 5.0)

    told = finder.told(at_most=7)
    assert len(told.steps) <= 2 * REMEMBERED < told.moves
    assert (told.at_most, told.steps[0].move) == (7, Move.START)


WIDE = Width(threads=32, alone_s=0.02)


def test_it_widens_while_nothing_queues() -> None:
    wider = WIDE.after(Round(done=32, lasted_s=0.02, took_s=32 * 0.02))

    assert wider.threads == 96
    assert wider.last == Widened(threads=32, latency_s=0.02, rate=1600)


def test_it_narrows_to_what_is_served_and_a_little_more() -> None:
    narrower = WIDE.after(Round(done=32, lasted_s=0.04, took_s=32 * 0.03))

    assert narrower.threads == 20
    assert narrower.last == Narrowed(threads=32, rate=800, widening=True)
    assert narrower.settling == 32


def test_too_little_without_longer_items_must_be_seen_twice() -> None:
    seen = Round(done=32, lasted_s=0.04, took_s=32 * 0.02)
    doubtful = WIDE.after(seen)

    assert doubtful.threads == 32
    assert doubtful.after(seen).threads == 20


def test_a_narrowing_that_costs_throughput_is_taken_back() -> None:
    narrower = WIDE.after(Round(done=32, lasted_s=0.2, took_s=32 * 0.2))
    back = narrower.after(Round(done=32, lasted_s=0.4, took_s=32 * 0.2))

    assert (narrower.threads, back.threads) == (16, 32)
    assert back.alone_s == pytest.approx(0.2)
    assert back.widening


def test_a_widening_that_only_makes_items_longer_is_taken_back() -> None:
    wider = Width(threads=32, alone_s=5.0).after(Round(done=32, lasted_s=0.02, took_s=32 * 0.02))
    back = wider.after(Round(done=96, lasted_s=0.06, took_s=96 * 0.06))

    assert (wider.threads, back.threads) == (96, 16)
    assert back.last == Halved(threads=32, rate=1600)
    assert back.alone_s == pytest.approx(0.02)
    assert not back.widening


def test_what_came_home_before_all_threads_were_there_is_not_judged() -> None:
    finder = WidthFinder(Width(threads=10, alone_s=1.0), 0.0)
    for _ in range(9):
        finder.completed(5.0, 1, 1.0, full_s=4.0)
    finder.completed(7.0, 1, 1.0, full_s=6.0)

    for _ in range(8):
        assert finder.completed(7.0, 1, 1.0, full_s=6.0) == 10
    assert finder.completed(7.0, 1, 1.0, full_s=6.0) == 30


completions = st.tuples(st.floats(1e-6, 1.0), st.integers(1, 50), st.floats(1e-6, 100.0))


@given(st.integers(1, 300), st.floats(1e-6, 10.0), st.lists(completions, max_size=300))
def test_whatever_happens_there_is_at_least_one_thread_and_never_too_many(
    threads: int, alone_s: float, seen: list[tuple[float, int, float]]
) -> None:
    most = max(threads, MOST_THREADS)
    finder, now_s = WidthFinder(Width(threads=threads, alone_s=alone_s, most=most), 0.0), 0.0
    for step_s, done, took_s in seen:
        now_s += step_s

        assert 1 <= finder.completed(now_s, done, took_s) <= most
        assert finder.width.round_size >= SMALLEST_ROUND


@pytest.mark.parametrize(
    ("foretold_s", "cpu_s", "wall_s", "wrong"),
    [
        (1e-3, 1e-3, 1.0, False),  # they wait, as foretold
        (1e-3, 90e-3, 1.0, True),  # they compute, and fill the lock
        (1.0, 90e-3, 1.0, True),  # only the first one waited, for a disk perhaps
        (90e-3, 90e-3, 1.0, False),  # they fill the lock, as foretold
        (1e-3, 50e-3, 1.0, False),  # another kind of item, but the lock is free
        (60e-3, 90e-3, 1.0, True),  # they fill the lock, by far too soon
        (1e-3, 90e-3, JUDGED_AFTER_S / 2, False),  # too soon to tell
    ],
)
def test_threads_are_wrong_for_items_that_compute_by_surprise(
    foretold_s: float, cpu_s: float, wall_s: float, *, wrong: bool
) -> None:
    item_s = 4.0 if foretold_s == 60e-3 else 1.0
    expected = Expectation(cpu_s=foretold_s, item_s=item_s, began_s=5.0, process_cpu_s=2.0)
    assert expected.waits(5.0 + 2 * FIRST_LOOK_S, 2.0, threads=SCOUTS)

    verdicts = []
    for i in range(1, 11):
        expected.came_home(1, cpu_s, item_s)
        verdicts.append(expected.is_wrong(5.0 + i * wall_s / 10, 2.0 + i * cpu_s, threads=16))

    assert verdicts[: SMALLEST_ROUND - 1] == [False] * (SMALLEST_ROUND - 1)
    assert verdicts[-1] is wrong


def test_crowding_the_lock_is_not_another_kind_of_item() -> None:
    expected = Expectation(cpu_s=20e-6, item_s=1e-3, began_s=0.0, process_cpu_s=0.0)
    assert expected.waits(1.0, 0.0, threads=SCOUTS)
    expected.came_home(1000, 1000 * 400e-6, 1.0)

    assert not expected.is_wrong(1.08, 1.0, threads=243)
    assert expected.is_wrong(1.08, 1.0, threads=8)


def test_what_others_compute_is_not_held_against_threads() -> None:
    expected = Expectation(cpu_s=20e-6, item_s=10e-3, began_s=0.0, process_cpu_s=0.0)
    expected.came_home(60, 60 * 20e-6, 0.6)

    assert not expected.is_wrong(1.0, 0.95, threads=16)


LOOK = FIRST_LOOK_S


def expecting(cpu_s: float = 0.0) -> Expectation:
    return Expectation(cpu_s=cpu_s, item_s=10e-3, began_s=0.0, process_cpu_s=0.0)


@pytest.mark.parametrize(
    ("after_s", "process_cpu_s", "home", "waits"),
    [
        (LOOK / 2, 0.0, None, False),  # too soon to tell
        (LOOK, 0.1 * LOOK, None, True),  # nothing computes, nothing is home yet
        (LOOK, 0.9 * LOOK, None, False),  # the process computes all the time
        (LOOK, 0.5 * LOOK, (0.4 * LOOK, 0.5 * LOOK), False),  # one that came home has computed
        (LOOK, 0.2 * LOOK, (0.0, LOOK), True),  # one came home soon, and has waited
    ],
)
def test_more_threads_follow_when_the_first_were_seen_to_wait(
    after_s: float, process_cpu_s: float, home: tuple[float, float] | None, *, waits: bool
) -> None:
    expected = expecting()
    if home is not None:
        expected.came_home(1, *home)

    assert expected.waits(after_s, process_cpu_s, threads=SCOUTS) is waits


def test_what_they_were_foretold_to_compute_is_no_surprise() -> None:
    assert expecting(cpu_s=LOOK).waits(LOOK, LOOK, threads=SCOUTS)


def test_each_look_takes_twice_as_long_as_the_one_before() -> None:
    expected = expecting()

    looks = []
    for _ in range(4):
        looks.append(expected.next_look_s(0.0))
        assert not expected.waits(looks[-1] or 0.0, 1.0, threads=SCOUTS)

    assert looks == pytest.approx([LOOK, 2 * LOOK, 4 * LOOK, 8 * LOOK])
    assert expected.waits(16 * LOOK, 0.0, threads=SCOUTS)
    assert expected.next_look_s(0.0) is None


def test_first_threads_that_never_wait_are_soon_judged() -> None:
    expected = expecting(cpu_s=1e-6)
    expected.came_home(SCOUTS, 2e-3, 2e-3)

    assert not expected.is_wrong(0.9 * SCOUTED_S, SCOUTED_S, threads=SCOUTS)
    assert expected.is_wrong(1.1 * SCOUTED_S, SCOUTED_S, threads=SCOUTS)
