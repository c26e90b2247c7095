from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.api.system import ValidationResult
from amorsize.checkup.finding import Finding, Part, State, Subject
from amorsize.checkup.health import Health, health_of
from amorsize.checkup.local import LOOKS
from amorsize.checkup.subjects import TRIED
from amorsize.checkup.trials import TRIALS

states = st.sampled_from([*State])


def finding(part: Part, state: State = State.FAILED) -> Finding:
    return Finding(Subject(f"about {part}", part, "much", "mend it"), state, "so it was")


@pytest.mark.parametrize(
    ("lost", "health"),
    [
        ([], Health.EXCELLENT),
        ([Part.COMFORT], Health.GOOD),
        ([Part.FORKED], Health.POOR),
        ([Part.SPAWNED, Part.COMFORT], Health.POOR),
        ([Part.FACTS], Health.POOR),
        ([Part.THREADS], Health.CRITICAL),
        ([Part.FORKED, Part.SPAWNED], Health.CRITICAL),
    ],
)
def test_the_health_follows_from_what_is_lost(lost: list[Part], health: Health) -> None:
    findings = [finding(part, State.FAILED if part in lost else State.PASSED) for part in Part]

    assert health_of(findings) is health


def test_what_is_worth_knowing_keeps_it_from_being_excellent() -> None:
    assert health_of([finding(Part.FACTS, State.WARNING)]) is Health.GOOD


@given(st.lists(st.builds(finding, st.sampled_from([*Part]), states)), st.sampled_from([*Part]))
def test_another_failure_never_makes_it_better(findings: list[Finding], part: Part) -> None:
    order = [*Health]

    worse = health_of([*findings, finding(part)])
    assert order.index(worse) >= order.index(health_of(findings))


@given(st.lists(states))
def test_every_check_is_counted_once(found: list[State]) -> None:
    result = ValidationResult.of([finding(Part.COMFORT, state) for state in found])

    assert result.checks_passed + result.checks_failed == len(found)
    assert (len(result.errors), len(result.warnings)) == (
        result.checks_failed,
        found.count(State.WARNING),
    )


def test_who_fails_is_told_what_to_do() -> None:
    result = ValidationResult.of([finding(Part.THREADS), finding(Part.FACTS, State.PASSED)])

    assert result.errors == [f"about {Part.THREADS}: so it was; mend it"]
    assert "advice: mend it" in str(result)
    assert str(result).count("advice") == 1
    assert result.text(full=True).count("advice") == 2


def test_every_check_says_what_depends_on_it_and_what_to_do() -> None:
    subjects = [*TRIED.values(), *LOOKS]

    assert TRIED.keys() == TRIALS.keys()
    assert len({subject.name for subject in subjects}) == len(subjects)
    assert all(subject.means and subject.advice for subject in subjects)
