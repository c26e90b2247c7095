"""Run every measurement within a budget, and make one calibration of what they tell."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from importlib.util import find_spec
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from amorsize.cache import CACHE_VERSION
from amorsize.cache.calibrations import (
    CALIBRATION,
    CALIBRATIONS,
    GIGABYTE_RULES,
    RULES,
)
from amorsize.cache.clock import wall_clock
from amorsize.calibrate.children import ChildFailedError, ChildLateError, answer_of
from amorsize.calibrate.cores import JOINT
from amorsize.calibrate.memory import GIGABYTE as GIGABYTE_NAME
from amorsize.machine.fingerprint import fingerprint
from amorsize.plan.prices import ASSUMED, GIGABYTE
from amorsize.plan.units import seconds
from amorsize.stats.medians import middle_of
from amorsize.vocab.estimate import Assumed, Measured
from amorsize.vocab.situation import Calibration, JointSpeed, Priced

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from amorsize.cache.rules import Rule
    from amorsize.calibrate.rounds import Samples
    from amorsize.vocab.estimate import Estimate

LOG: Final = logging.getLogger(__name__)

NounT = TypeVar("NounT")

BUDGET_S: Final = 9.5
"""All of it together; what does not fit stays assumed."""


BUSY: Final = "others were at work meanwhile; measure again when the machine is quiet"
NO_PLACE: Final = "there is no folder for it; it holds for this process only"


class Calibrated(NamedTuple):
    """What was measured, and why it was not kept, if it was not."""

    calibration: Calibration
    why_not_kept: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One process that measures."""

    tells: tuple[str, ...]
    """What it gives samples of."""
    call: tuple[str, ...]
    needs: str = "os"
    """The package that must be installed."""
    most_s: float = 3.0
    """A process that takes longer is ended: something is wrong in it."""

    @property
    def is_installed(self) -> bool:
        return find_spec(self.needs) is not None


def _pool(what: Priced, needs: str = "multiprocessing") -> Subject:
    return Subject(tells=(what,), call=("pools:pool_called", what), needs=needs)


TOGETHER: Final = Subject(tells=(JOINT,), call=("cores:joint_speed",))
"""Asked twice: it also tells whether others are at work."""

SUBJECTS: Final = (
    Subject(tells=(Priced.TEAM,), call=("engines:team",)),
    Subject(tells=(Priced.THREADS,), call=("engines:threads",)),
    TOGETHER,
    Subject(tells=(GIGABYTE_NAME,), call=("memory:gigabyte",)),
    _pool(Priced.POOL_FORK),
    _pool(Priced.THREAD_POOL),
    Subject(
        tells=(Priced.LOKY_COLD, Priced.LOKY_WARM), call=("engines:loky",), needs="loky", most_s=6.0
    ),
    _pool(Priced.POOL_SPAWN),
    _pool(Priced.POOL_FORKSERVER),
    _pool(Priced.PROCESS_EXECUTOR),
    TOGETHER,
    _pool(Priced.MPIRE, "mpire"),
    _pool(Priced.JOBLIB, "joblib"),
    _pool(Priced.LOKY_EXECUTOR, "loky"),
)
"""What our own decisions hang on comes first, should the time run out."""


def calibrate(*, budget_s: float = BUDGET_S, told: Callable[[str], None] = LOG.debug) -> Calibrated:
    """Measure all prices, and keep them for every process of this user on this machine.

    ``told`` hears what is being measured. What could not be measured is ``Assumed``, and its
    reason says why. What was measured while others were at work is not kept.
    """
    until = monotonic() + budget_s
    found: Samples = {}
    why: dict[str, str] = {}
    for subject in SUBJECTS:
        told(", ".join(subject.tells))
        try:
            _pour(samples_of(subject, until - monotonic()), found)
        except NotMeasuredError as reason:
            why |= dict.fromkeys(subject.tells, str(reason))
    calibration = calibration_from(found, why)
    speed = calibration.joint_speed
    if speed is not None and not speed.undisturbed:
        return Calibrated(calibration, BUSY)
    return Calibrated(calibration, "" if CALIBRATIONS.keep(calibration) else NO_PLACE)


def _pour(samples: Samples, found: Samples) -> None:
    """What several processes tell of one thing is told together."""
    for name, parts in samples.items():
        known = found.setdefault(name, {})
        for part, values in parts.items():
            known.setdefault(part, []).extend(values)


class NotMeasuredError(Exception):
    """With the reason, as it will be told."""


def samples_of(subject: Subject, left_s: float) -> Samples:
    """What one process has measured.

    Raises:
        NotMeasuredError: and why.
    """
    if not subject.is_installed:
        msg = f"{subject.needs} is not installed"
        raise NotMeasuredError(msg)
    if left_s <= 0:
        msg = "there was no time left"
        raise NotMeasuredError(msg)
    patience_s = min(left_s, subject.most_s)
    try:
        samples: Samples = answer_of(subject.call, patience_s)
    except ChildLateError:
        msg = f"it took longer than {seconds(patience_s)}"
        raise NotMeasuredError(msg) from None
    except ChildFailedError as error:
        msg = f"measuring failed: {error}"
        raise NotMeasuredError(msg) from error
    return samples


def calibration_from(found: Samples, why: Mapping[str, str]) -> Calibration:
    """Middle values of all samples; ``why`` there are none of some."""
    prices = {
        what: _filled_in(price, RULES[what], _Seen(found.get(what, {}), why.get(what)))
        for what, price in ASSUMED.items()
    }
    memory = _Seen(found.get(GIGABYTE_NAME, {}), why.get(GIGABYTE_NAME))
    return Calibration(
        prices=prices,
        gigabyte=_filled_in(GIGABYTE, GIGABYTE_RULES, memory),
        joint_speed=_joint_speed(found.get(JOINT)),
        timestamp=wall_clock(),
        system_info=fingerprint()._asdict(),
        cache_version=CACHE_VERSION,
    )


class _Seen(NamedTuple):
    samples: Mapping[str, list[float]]
    why_not: str | None


def _filled_in(assumed: NounT, rules: Mapping[str, Rule], seen: _Seen) -> NounT:
    """The noun with every part that was measured, and why the others were not."""
    parts = {
        name: _estimate(name, getattr(assumed, name), rule=rule, seen=seen)
        for name, rule in rules.items()
    }
    return replace(assumed, **parts)  # type: ignore[type-var]  # a price, or what a gigabyte costs


def _estimate(name: str, assumed: Estimate, *, rule: Rule, seen: _Seen) -> Estimate:
    samples = seen.samples.get(name)
    if not samples:
        why = seen.why_not or "not measured by itself"
        return Assumed(median_s=assumed.median_s, why=why)
    measured = middle_of(samples)
    try:
        rule.read(rule.write(measured))
    except ValueError:
        found = seconds(measured.median_s)
        return Assumed(median_s=assumed.median_s, why=f"{found} was measured: not to be believed")
    return measured


def _joint_speed(samples: Mapping[str, list[float]] | None) -> JointSpeed | None:
    """How fast all CPUs are together; ``None`` where there is one, or the figure makes no sense."""
    if not samples or not samples.get("times"):
        return None
    middle: Measured = middle_of(samples["times"])
    speed = JointSpeed(
        cpus=int(samples["cpus"][0]),
        times=middle.median_s,
        low=middle.low_s,
        high=middle.high_s,
        samples=middle.samples,
        undisturbed=all(samples["undisturbed"]),
    )
    return speed if _is_kept("joint_speed", speed) else None


def _is_kept(field: str, value: Any) -> bool:
    """Whether a file that holds this would be read."""
    rule = CALIBRATION.table.rules[field]
    try:
        rule.read(rule.write(value))
    except ValueError:
        return False
    return True
