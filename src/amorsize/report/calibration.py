"""Say what was measured of this machine's engines: a table for people, a document for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from amorsize.plan.facts import joint_speed_counts
from amorsize.plan.units import seconds, three_digits
from amorsize.vocab.estimate import Assumed, Measured
from amorsize.vocab.situation import Priced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from amorsize.vocab.estimate import Estimate
    from amorsize.vocab.situation import Calibration, Experience, JointSpeed

NAMES: Final = {
    Priced.TEAM: "forked workers",
    Priced.THREADS: "threads",
    Priced.LOKY_COLD: "spawned workers",
    Priced.LOKY_WARM: "spawned workers, reused",
    Priced.POOL_FORK: "Pool, fork",
    Priced.POOL_FORKSERVER: "Pool, forkserver",
    Priced.POOL_SPAWN: "Pool, spawn",
    Priced.THREAD_POOL: "ThreadPoolExecutor",
    Priced.PROCESS_EXECUTOR: "ProcessPoolExecutor, fork",
    Priced.JOBLIB: "joblib.Parallel",
    Priced.LOKY_EXECUTOR: "loky's reusable executor",
    Priced.MPIRE: "mpire.WorkerPool",
}

PARTS: Final = {
    "blocking": "to start and end",
    "per_worker": "for each worker",
    "delay": "until it works",
    "per_chunk": "for each chunk",
}

MEMORY: Final = {
    "fork": "in use, to fork",
    "touch": "to touch after a fork",
    "copy": "to write",
    "mapped": "to map",
}

HEADINGS: Final = ("", "", "middle", "95 % interval", "from")


def calibration_text(calibration: Calibration) -> str:
    """All prices in a table, and how fast the CPUs are together."""
    rows = [HEADINGS, *_rows(calibration)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([f"measured on {day(calibration)}", "", *lines, "", _cpus(calibration)])


def calibration_dict(calibration: Calibration) -> dict[str, Any]:
    """The same as plain data: an estimate has ``why`` where it is assumed."""
    speed = calibration.joint_speed
    return {
        "timestamp": calibration.timestamp,
        "machine": dict(calibration.system_info),
        "prices": {
            what.value: {part: asdict(getattr(price, part)) for part in PARTS}
            for what, price in calibration.prices.items()
        },
        "gigabyte": {part: asdict(getattr(calibration.gigabyte, part)) for part in MEMORY},
        "joint_speed": speed and asdict(speed) | {"counts": joint_speed_counts(speed)},
    }


def day(calibration: Calibration) -> str:
    """When it was measured, in local time, to the minute."""
    from datetime import datetime  # half of what this module costs, and for pages only

    moment = datetime.fromtimestamp(calibration.timestamp).astimezone()
    return moment.strftime("%Y-%m-%d at %H:%M")


def prices_line(
    calibration: Calibration | None,
    shown: Iterable[Priced],
    *,
    experience: Experience | None = None,
) -> str:
    """Where the prices of these engines come from, in a sentence."""
    if calibration is None:
        starts = {} if experience is None else experience.starts
        seen = [NAMES[what] for what in shown if starts.get(what)]
        first = f"starts of {' and '.join(seen)} as in earlier runs; else " if seen else ""
        return f"{first}assumed, typical times; amorsize calibrate measures them here"
    assumed = [NAMES[what] for what in shown if not _is_measured(calibration, what)]
    measured = f"measured on this machine on {day(calibration)}"
    return f"{measured}; assumed for {' and '.join(assumed)}" if assumed else measured


def _is_measured(calibration: Calibration, what: Priced) -> bool:
    price = calibration.prices.get(what)
    return price is not None and isinstance(price.blocking, Measured)


def _rows(calibration: Calibration) -> Iterator[tuple[str, ...]]:
    for what, price in calibration.prices.items():
        parts = [(words, getattr(price, part)) for part, words in PARTS.items()]
        yield from _block(NAMES[what], parts)
    gigabyte = calibration.gigabyte
    parts = [(words, getattr(gigabyte, part)) for part, words in MEMORY.items()]
    yield from _block("1 GB of memory", parts)


def _block(name: str, parts: Iterable[tuple[str, Estimate]]) -> Iterator[tuple[str, ...]]:
    for words, estimate in parts:
        yield name, words, seconds(estimate.median_s), *_origin(estimate)
        name = ""


def _origin(estimate: Estimate) -> tuple[str, str]:
    match estimate:
        case Measured(low_s=low_s, high_s=high_s, samples=samples):
            times = "once" if samples == 1 else f"{samples} times"
            return f"{seconds(low_s)} to {seconds(high_s)}", f"measured {times}"
        case Assumed(why=why):
            return "", f"assumed: {why}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.rjust(width) if at == 2 else cell.ljust(width)  # noqa: PLR2004 - the column of numbers
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def _cpus(calibration: Calibration) -> str:
    speed = calibration.joint_speed
    if speed is None:
        return "CPUs together: not measured, counted in full"
    between = f"{three_digits(speed.low)} to {three_digits(speed.high)}"
    times = f"CPUs together: {speed.cpus} are {three_digits(speed.times)} times as fast as one"
    return f"{times} ({between}); {_verdict(speed)}"


def _verdict(speed: JointSpeed) -> str:
    if joint_speed_counts(speed):
        return "decisions count them as so many"
    if not speed.undisturbed:
        return "others were at work meanwhile, so they are counted in full"
    return "they are counted in full"
