from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.plan.facts import Case
from amorsize.plan.search import Offer, best_offer
from amorsize.vocab.options import DEFAULT_OPTIONS, Options
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.profile import Profile, Transfer
from amorsize.vocab.situation import Situation
from tests.unit.examples import CHEAP, profile


def best(known: Profile, cores: int, options: Options = DEFAULT_OPTIONS) -> Offer:
    case = Case(profile=known, situation=Situation(cores=cores), options=options)
    return best_offer(EngineKind.TEAM, case)


@given(
    st.integers(10, 100_000),
    st.floats(1e-5, 0.1),
    st.floats(0, 1e-4),
    st.sampled_from([2, 4, 16, 64, 128]),
)
def test_the_number_found_is_close_to_the_best_of_all(
    left: int, item_s: float, loads_s: float, cores: int
) -> None:
    known = profile(item_s=item_s, left=left, result=replace(CHEAP, loads_s=loads_s))
    found = best(known, cores)
    most = max(found.candidate.workers, min(cores, left))

    fastest_s = min(
        best(known, cores, Options(n_jobs=n)).expected.total_s for n in range(2, most + 1)
    )

    one_more_s = found.blocking_s + found.price.per_worker.median_s
    no_more = one_more_s > 0.05 * (known.wall_s + known.remaining.low_s)
    assert no_more or found.expected.total_s <= 1.1 * fastest_s


def test_of_equals_the_fewest_are_taken() -> None:
    fetched = profile(left=100_000, result=replace(CHEAP, loads_s=0.3e-3, sampled=1))

    assert best(fetched, 128).candidate.workers <= 5  # the caller cannot fetch faster


def test_starting_workers_blocks_for_a_small_share() -> None:
    offer = best(profile(left=400), 128)

    assert 10 < offer.candidate.workers < 40
    assert offer.blocking_s <= 0.05 * (0.005 + 0.8 * 0.4)


def test_a_heavy_function_makes_each_spawned_worker_dear() -> None:
    heavy = Transfer(dumps_s=0.1, loads_s=0.1, size_bytes=0, out_of_band_bytes=0, sampled=1000)
    light, sent = (
        best_offer(
            EngineKind.LOKY,
            Case(
                profile=profile(left=9999, function=function),
                situation=Situation(cores=2),
                options=DEFAULT_OPTIONS,
            ),
        )
        for function in (CHEAP, heavy)
    )

    assert sent.expected.startup_s - light.expected.startup_s == pytest.approx(0.2, rel=0.01)


def test_if_the_work_takes_longer_so_does_the_offer() -> None:
    offer = best(profile(left=1000), 2)

    assert offer.if_work_takes(1.0) == offer.expected
    assert offer.if_work_takes(2.0).compute_s == pytest.approx(2 * offer.expected.compute_s)
