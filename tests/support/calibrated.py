"""Calibrations to decide by: as assumed, but for what a test changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from amorsize.cache import CACHE_VERSION
from amorsize.cache.clock import wall_clock
from amorsize.machine.fingerprint import fingerprint
from amorsize.plan.prices import ASSUMED, GIGABYTE
from amorsize.vocab.estimate import Measured
from amorsize.vocab.situation import Calibration, JointSpeed

if TYPE_CHECKING:
    from amorsize.vocab.situation import Priced

DEAR: Final = 19.0
"""Times the assumed price: as dear as a calibration may say."""


def measured(seconds: float) -> Measured:
    """So long, give or take a tenth."""
    return Measured(median_s=seconds, low_s=0.9 * seconds, high_s=1.1 * seconds, samples=9)


def calibration(
    times: dict[Priced, float] | None = None, *, joint_speed: JointSpeed | None = None
) -> Calibration:
    """Everything was measured to be as assumed, some engines so many times as dear."""
    return Calibration(
        prices={
            what: replace(
                price,
                **{
                    part: measured(getattr(price, part).median_s * (times or {}).get(what, 1.0))
                    for part in ("blocking", "per_worker", "delay", "per_chunk")
                },
            )
            for what, price in ASSUMED.items()
        },
        gigabyte=replace(
            GIGABYTE,
            **{
                part: measured(getattr(GIGABYTE, part).median_s)
                for part in ("fork", "touch", "copy", "mapped")
            },
        ),
        joint_speed=joint_speed,
        timestamp=wall_clock(),
        system_info=fingerprint()._asdict(),
        cache_version=CACHE_VERSION,
    )


def speed(
    times: float, *, cpus: int = 2, undisturbed: bool = True, wide: float = 0.01
) -> JointSpeed:
    """All CPUs together are so many times as fast as one."""
    return JointSpeed(
        cpus=cpus,
        times=times,
        low=times * (1 - wide),
        high=times * (1 + wide),
        samples=9,
        undisturbed=undisturbed,
    )
