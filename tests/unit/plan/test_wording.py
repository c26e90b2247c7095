from __future__ import annotations

from typing import get_args

import pytest

from amorsize.plan.wording import in_words, times_faster, warnings_about
from amorsize.vocab import plan
from amorsize.vocab.plan import Rejection

REASONS: dict[type[Rejection], Rejection] = {
    plan.CannotCross: plan.CannotCross("a result", "it is a socket"),
    plan.ForkUnsafe: plan.ForkUnsafe("thread X runs"),
    plan.HoldsTheLock: plan.HoldsTheLock(0.1),
    plan.TooShort: plan.TooShort(1e-7),
    plan.CarriesConnection: plan.CarriesConnection("a socket"),
    plan.ChangesItsItem: plan.ChangesItsItem(),
    plan.OneCore: plan.OneCore(1),
    plan.TooMuchMemory: plan.TooMuchMemory(3e9, 2_000_000_000),
    plan.Nested: plan.Nested("a worker"),
    plan.NotForced: plan.NotForced("n_jobs=2"),
    plan.Slower: plan.Slower(0.5),
    plan.GainTooSmall: plan.GainTooSmall(1e-3, 2e-3),
    plan.StartTooDear: plan.StartTooDear(2e-3, 1e-3),
    plan.CostlyTransfer: plan.CostlyTransfer(2e-3, 1e-3),
    plan.CostlyReading: plan.CostlyReading(2e-3, 2.1e-3),
    plan.UsesItsCores: plan.UsesItsCores(1.9, 2),
    plan.Untried: plan.Untried("nobody looked"),
}


def test_every_reason_has_words_of_its_own() -> None:
    words = [in_words(REASONS[kind]) for kind in get_args(Rejection)]

    assert len(set(words)) == len(get_args(Rejection))
    assert not any("(" in sentence or sentence.endswith(".") for sentence in words)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (plan.GainTooSmall(1e-3, 2e-3), "would surely gain only 1.00 ms, and 2.00 ms would be nee"),
        (plan.GainTooSmall(-1e-3, 2e-3), "would surely gain nothing, and 2.00 ms would be needed"),
        (plan.UsesItsCores(1.94, 2.5), "the function itself keeps 1.9 of 2.5 cores busy"),
        (plan.Slower(0.5), "slower by 500 ms"),
    ],
)
def test_reasons_carry_their_figures(reason: Rejection, words: str) -> None:
    assert in_words(reason).startswith(words)


@pytest.mark.parametrize("why", ["Can't pickle <function <lambda> at 0>", "'f.<locals>.g'"])
def test_a_function_without_a_name_to_import_has_its_remedy(why: str) -> None:
    assert in_words(plan.CannotCross("function f", why)).endswith(
        f"another process: {why}; define it with def at the top of a module"
    )
    assert in_words(plan.CannotCross("a result", why)).endswith(why)


@pytest.mark.parametrize(
    ("factor", "words"),
    [(2.0, "2.00 times faster"), (0.5, "2.00 times slower"), (0.99, "1.01 times slower")],
)
def test_slower_is_called_so(factor: float, words: str) -> None:
    assert times_faster(factor) == words


def test_warnings_name_the_remedy_once() -> None:
    carried, changed = plan.CarriesConnection("a socket"), plan.ChangesItsItem()

    first, second = warnings_about([plan.Slower(1.0), carried, changed, carried])

    assert (
        first == f"{in_words(carried)}: open it in setup=, once per worker, or inside the function"
    )
    assert second == f"{in_words(changed)}: return the new value instead"
