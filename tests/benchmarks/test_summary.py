from __future__ import annotations

import math
from dataclasses import replace

import pytest

from benchmarks.measure.contestants import AGAIN, OURS, PLAIN
from benchmarks.measure.records import Series
from benchmarks.report.summary import (
    SERIAL_S,
    SLOWER_S,
    excess,
    noise_between,
    noise_of,
    paired_s,
    profile,
    ratio,
    ratio_over,
    share_within,
    summary_of,
    worst_excess,
)
from tests.benchmarks.made import case, results


def test_a_ratio_is_their_middle_time_over_ours() -> None:
    assert ratio(case(plain=0.3, ours=0.1), PLAIN) == pytest.approx(3)
    assert ratio(case(pool="broken"), "pool") is None
    assert ratio(case(), "nobody") is None


def test_ratios_are_averaged_geometrically_and_the_worst_is_named() -> None:
    cases = [case("a", plain=0.4, ours=0.1), case("b", plain=0.1, ours=0.1)]

    found = ratio_over(cases, PLAIN)

    assert found is not None
    assert found.cases == 2
    assert [found.mean, found.worst] == pytest.approx([2, 1])
    assert found.where == "b 100 ms"


def test_a_failed_peer_is_left_out_of_its_mean_and_named() -> None:
    cases = (case("a", pool=0.2, ours=0.1), case("b", pool="no pickle", ours=0.1))

    found = summary_of(results(*cases))

    pool = found.peers["pool"]
    assert pool is not None
    assert pool.cases == 1
    assert pool.mean == pytest.approx(2)
    assert [(f.case, f.contestant, f.why) for f in found.failures] == [
        ("b 100 ms", "pool", "no pickle")
    ]


def test_one_failure_takes_the_other_rounds_with_it() -> None:
    assert Series(seconds=(1.0, 2.0), failure="died").median_s is None
    assert Series(seconds=(1.0, 9.0, 2.0)).median_s == 2.0


@pytest.mark.parametrize(("ours", "share"), [(0.1, 1.0), (0.1 * 1.049, 1.0), (0.1 * 1.051, 0.0)])
def test_within_five_percent_of_the_oracle(ours: float, share: float) -> None:
    assert share_within([case(oracle=0.1, ours=ours)], 1.05) == share


def test_our_own_failure_is_not_near_the_oracle() -> None:
    broken = case(oracle=0.1)
    broken = replace(broken, series={**broken.series, OURS: Series(failure="died")})

    assert share_within([broken, case(oracle=0.1, ours=0.1)], 1.05) == 0.5
    assert share_within([], 1.05) == 0.0


def test_noise_is_the_plain_loop_against_itself_in_either_direction() -> None:
    cases = [case("a", plain=0.1, again=0.2), case("b", plain=0.2, again=0.1), case("c")]

    found = noise_of(cases)

    assert found is not None
    assert [found.typical, found.worst] == pytest.approx([2, 2])
    assert noise_of([]) is None
    assert noise_between(None, 1.0) == 1.0


def test_differences_are_paired_round_by_round() -> None:
    assert paired_s([1.0, 5.0, 2.0], [2.0, 5.5, 9.0]) == 1.0
    assert paired_s([1.0], []) == 0.0


def test_what_we_lost_is_what_goes_beyond_the_loops_own_difference() -> None:
    found = excess(case(plain=0.1, again=0.098, ours=0.107), SLOWER_S)

    assert found is not None
    assert found.seconds == pytest.approx(0.005)
    assert found.allowed_s == pytest.approx(0.03 * 0.1 + 3e-3)
    assert found.holds


def test_a_little_more_than_allowed_does_not_hold() -> None:
    found = excess(case(plain=0.1, ours=0.1061), SLOWER_S)

    assert found is not None
    assert not found.holds


def test_the_worst_case_is_the_nearest_to_its_own_limit() -> None:
    long, short = case("long", plain=10.0, ours=10.1), case("short", plain=0.01, ours=0.014)

    found = worst_excess([long, short], SLOWER_S)

    assert found is not None
    assert found.case == "short 100 ms"
    assert worst_excess([], SLOWER_S) is None


def test_jobs_that_stayed_serial_have_the_closer_limit() -> None:
    cases = (case("a", engine="serial", ours=0.1), case("b", engine="team", ours=0.2))

    found = summary_of(results(*cases)).slowest_serial

    assert found is not None
    assert found.case == "a 100 ms"
    assert found.allowed_s == pytest.approx(0.03 * 0.1 + SERIAL_S)


def test_a_case_without_our_figure_has_no_excess() -> None:
    broken = case()

    assert excess(replace(broken, series={PLAIN: broken.series[PLAIN]}), SLOWER_S) is None
    assert (
        excess(replace(broken, series={**broken.series, OURS: Series(failure="x")}), SLOWER_S)
        is None
    )
    assert AGAIN in broken.series


def test_a_profile_holds_everybodys_ratios_to_the_best() -> None:
    cases = [case("a", plain=0.2, ours=0.1, pool="no"), case("b", plain=0.1, ours=0.4, pool=0.2)]

    assert profile(cases, [PLAIN, OURS, "pool"]) == {
        PLAIN: [1.0, 2.0],
        OURS: [1.0, 4.0],
        "pool": [2.0, math.inf],
    }


def test_kinds_are_told_apart() -> None:
    waiting = replace(case("w", oracle=0.1, ours=0.2), kind="waits")

    found = summary_of(results(waiting, case("c", oracle=0.1, ours=0.1)))

    assert found.oracle_by_kind["waits"] is not None
    assert found.oracle_by_kind["waits"].mean == pytest.approx(0.5)
    assert found.oracle_by_kind["waits and computes"] is None
    assert found.oracle is not None
    assert found.oracle.where == "w 100 ms"
