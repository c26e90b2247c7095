from __future__ import annotations

import pytest

from benchmarks.measure.contestants import (
    BY_NAME,
    CONTESTANTS,
    ORACLE,
    PEERS,
    PLAIN,
    Contestant,
    contestant_named,
    grid,
)
from benchmarks.measure.runner import Nursery
from benchmarks.measure.trial import Check, Request
from benchmarks.tasks.computing import add_one

NAMED = {"pool", "processes", "threads", "joblib", "mpire", "plain", "ours"}


def test_everybody_named_takes_part() -> None:
    assert set(BY_NAME) >= NAMED
    assert set(PEERS) < set(BY_NAME)
    assert ORACLE not in BY_NAME


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("contestant", CONTESTANTS, ids=lambda contestant: contestant.name)
def test_everybody_gives_the_plain_loops_answer(contestant: Contestant) -> None:
    for module in contestant.needs:
        if module.partition(".")[0] in {"joblib", "mpire"}:
            pytest.importorskip(module)
    request = Request(
        workload="text-words",
        amount=3,
        contestant=contestant.name,
        check=Check.ALL,
        limit_s=60,
    )
    nursery = Nursery(request.needs)
    reply = nursery.run(request)
    nursery.close()

    assert reply.failure is None
    assert reply.items == 3


@pytest.mark.parametrize("name", ["threads:3", "pool:2:1"])
def test_configurations_are_read_from_their_names(name: str) -> None:
    contestant = contestant_named(name)

    assert contestant.name == name
    assert contestant.call(add_one, [1, 2, 3]) == [2, 3, 4]


def test_strangers_are_refused() -> None:
    with pytest.raises(KeyError):
        contestant_named("somebody")
    with pytest.raises(ValueError, match="invalid literal"):
        contestant_named("pool:two:1")


def test_the_grid_is_the_one_that_was_promised() -> None:
    threads = tuple(f"threads:{count}" for count in (2, 4, 8, 16, 32, 64))
    chunks = (1, 12, 50, 200, 800)

    assert grid(6400, 8) == (
        PLAIN,
        *threads,
        *(f"pool:{workers}:{chunk}" for workers in (2, 8) for chunk in chunks),
    )


def test_no_configuration_is_tried_twice() -> None:
    assert grid(6, 2)[7:] == ("pool:2:1", "pool:2:3")
