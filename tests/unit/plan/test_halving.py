from __future__ import annotations

from math import inf

from amorsize.plan import halving
from amorsize.plan.halving import Guess
from amorsize.vocab.trials import Runner, Setup


def pool(jobs: int, chunk: int = 1) -> Setup:
    return Setup(runner=Runner.PROCESS, n_jobs=jobs, chunksize=chunk)


def test_what_the_model_calls_hopeless_is_not_run_and_the_promising_come_first() -> None:
    guesses = [Guess(setup=pool(n), expected_s=s) for n, s in [(1, 4.0), (2, 2.1), (4, 2.0)]]

    tried = halving.worth_a_try(guesses, 9)

    assert [guess.setup.n_jobs for guess in tried] == [4, 2]
    assert len(halving.worth_a_try(guesses, 1)) == 1
    assert halving.worth_a_try([], 1) == []


def test_the_first_round_runs_on_a_share_where_all_items_take_long() -> None:
    assert halving.first_share(1000, best_s=10.0) == 10
    assert halving.first_share(1000, best_s=0.2) is None
    assert halving.first_share(1000, best_s=0.0) is None


def test_a_run_is_stopped_once_it_falls_far_behind() -> None:
    assert halving.limit_s([], 60.0) == 60.0
    assert halving.limit_s([2.0, 1.0], 60.0) == 1.5
    assert halving.limit_s([2.0, 1.0], 0.5) == 0.5


def test_who_stays_is_near_the_best() -> None:
    taken = {pool(2): 1.2, pool(4): 1.0, pool(8): 2.0, pool(16): inf}

    assert halving.survivors(taken, 9) == [pool(4), pool(2)]
    assert halving.survivors(taken, 1) == [pool(4)]
    assert halving.survivors({pool(2): inf}, 9) == []
    assert halving.survivors({}, 9) == []


def test_chunks_and_jobs_to_choose_from() -> None:
    assert halving.chunks_for(1000, 2) == {8, 32, 125, 250, 500}
    assert halving.jobs_for(6, waits=False, items=100, most=32) == [1, 2, 4, 6]
    assert halving.jobs_for(2, waits=True, items=20, most=32) == [1, 2, 4, 8, 16]
    assert halving.grid([2], [5, 1], 100) == [(2, 1), (2, 5)]
    assert (2, 50) in halving.grid([1, 2], None, 100)


def test_ranges_are_stepped_through_by_factors() -> None:
    assert halving.geometric(1, 32, 6) == [1, 2, 4, 8, 16, 32]
    assert halving.geometric(3, 3, 6) == [3]
    assert halving.geometric(1, 2, 6) == [1, 2]
