from __future__ import annotations

import pytest

from amorsize.engines.source import source_of
from amorsize.runtime.questions import (
    CHECK_GROWTH,
    FIRM_GROWTH,
    FIRST_CHECK_S,
    FORCED_LOOK_S,
    Questions,
)
from amorsize.vocab.options import DEFAULT_OPTIONS, Backend, Options

FORCED = Options(n_jobs=2)


def due(questions: Questions, spent_s: float) -> bool:
    return questions.is_due(spent_s, 10, source_of(range(1000)))


def test_each_question_waits_for_more_than_the_one_before() -> None:
    questions = Questions(DEFAULT_OPTIONS)

    assert not due(questions, 0.9 * FIRST_CHECK_S)
    assert due(questions, FIRST_CHECK_S)
    assert not due(questions, 0.99 * CHECK_GROWTH * FIRST_CHECK_S)
    assert due(questions, 1.01 * CHECK_GROWTH * FIRST_CHECK_S)


def test_a_firm_answer_keeps_for_longer_unless_all_starts_over() -> None:
    questions = Questions(DEFAULT_OPTIONS)
    questions.answered_firmly(1.0)

    assert not due(questions, 0.99 * FIRM_GROWTH)
    assert due(questions, FIRM_GROWTH)
    questions.start_over(5.0)
    assert due(questions, 5.0 + FIRST_CHECK_S)


@pytest.mark.parametrize(
    ("options", "data", "spent_s", "asked"),
    [
        (DEFAULT_OPTIONS, [], 1.0, False),
        (Options(backend=Backend.SERIAL), range(1000), 1.0, False),
        (FORCED, [], 1.0, False),
        (FORCED, range(100_000), 0.9 * FORCED_LOOK_S, False),
        (FORCED, range(100_000), FORCED_LOOK_S, True),
        (FORCED, range(900), 0.0, True),  # more than a hundredth has run
        (FORCED, iter([1]), 0.0, True),
    ],
)
def test_what_is_forced_is_asked_after_a_short_look(
    options: Options, data: object, spent_s: float, *, asked: bool
) -> None:
    source = source_of(data)  # type: ignore[arg-type]  # any object may be data

    assert Questions(options).is_due(spent_s, 10, source) is asked


def test_a_first_call_that_was_slow_does_not_put_questions_off() -> None:
    """It took a second for an import; items of 10 ms follow."""
    questions, source = Questions(DEFAULT_OPTIONS), source_of(range(1000))

    assert questions.is_due(1.0, 1, source)
    questions.answered_firmly(1.0)
    assert questions.is_due(1.01, 2, source)
    assert not questions.is_due(1.013, 3, source)
    assert questions.is_due(1.015, 3, source)
