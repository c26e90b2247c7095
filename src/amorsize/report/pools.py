"""The arguments for one named pool, as keywords, as code and in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from amorsize.plan.units import seconds
from amorsize.plan.wording import in_words, times_faster
from amorsize.report.page import INDENT, wrapped
from amorsize.vocab.advice import PoolKind, PoolName

if TYPE_CHECKING:
    from amorsize.vocab.advice import PoolUse

_MAKERS: Final = {
    PoolName.MULTIPROCESSING: "multiprocessing.Pool",
    PoolName.FUTURES: "concurrent.futures.ProcessPoolExecutor",
    PoolName.JOBLIB: "joblib.Parallel",
    PoolName.LOKY: "loky.get_reusable_executor",
    PoolName.THREADS: "concurrent.futures.ThreadPoolExecutor",
}


def pool_arguments(use: PoolUse) -> dict[str, Any]:
    """Keywords for what makes the pool."""
    if use.pool is PoolName.MULTIPROCESSING:
        return {"processes": use.n_jobs}
    if use.pool is not PoolName.JOBLIB:
        return {"max_workers": use.n_jobs}
    prefer = "processes" if use.kind is PoolKind.PROCESSES else "threads"
    return {"n_jobs": use.n_jobs, "batch_size": use.chunksize, "prefer": prefer}


def map_arguments(use: PoolUse) -> dict[str, Any]:
    """Keywords for its ``map``, beside function and data."""
    chunked = use.pool in {PoolName.MULTIPROCESSING, PoolName.FUTURES, PoolName.LOKY}
    return {"chunksize": use.chunksize} if chunked else {}


def pool_code(use: PoolUse) -> tuple[str, ...]:
    """The lines that run ``func`` on ``data`` with these arguments."""
    maker = _call(_MAKERS[use.pool], pool_arguments(use))
    if use.pool is PoolName.JOBLIB:
        return (f"results = {maker}(joblib.delayed(func)(item) for item in data)",)
    mapped = f".map({', '.join(['func', 'data', *_keywords(map_arguments(use))])})"
    match use.pool:
        case PoolName.MULTIPROCESSING:
            return (f"with {maker} as pool:", f"{INDENT * 2}results = pool{mapped}")
        case PoolName.LOKY:
            return (f"results = list({maker}{mapped})",)
        case _:
            return (f"with {maker} as pool:", f"{INDENT * 2}results = list(pool{mapped})")


def pool_notes(use: PoolUse, *, installed: bool) -> tuple[str, ...]:
    """What to know before these arguments are used, each in half a sentence."""
    notes = [
        "" if installed else f"{use.pool} is not installed",
        in_words(use.reason) if use.reason is not None else "",
        f"not measured: what sending {_listed(use.unseen)} costs" if use.unseen else "",
    ]
    if use.expected is not None:
        slower = use.expected.total_s > use.serial_s
        notes.append("the plain loop is faster" if slower else "")
        notes.append(
            "what the pool itself costs is typical, not measured here" if use.typical else ""
        )
    return tuple(filter(None, notes))


def pool_text(use: PoolUse, notes: tuple[str, ...]) -> str:
    """The prediction, the code, and the notes."""
    name = _call(_MAKERS[use.pool], pool_arguments(use))
    code = [INDENT * 2 + line for line in pool_code(use)]
    return "\n".join([*wrapped(_time(name, use)), "", *code, *_notes(notes)])


def _time(name: str, use: PoolUse) -> list[str]:
    if use.expected is None:
        return [f"{name}: no time is foretold"]
    total_s = use.expected.total_s
    loop, low, high = seconds(use.serial_s), seconds(use.low_s), seconds(use.high_s)
    faster = times_faster(use.serial_s / total_s if total_s > 0 else 1.0)
    return [
        f"{name}: about {seconds(total_s)} instead of {loop}, {faster}",
        f"between {low} and {high}",
    ]


def _notes(notes: tuple[str, ...]) -> list[str]:
    return ["", *wrapped(f"note: {note}" for note in notes)] if notes else []


def _call(name: str, arguments: dict[str, Any]) -> str:
    return f"{name}({', '.join(_keywords(arguments))})"


def _keywords(arguments: dict[str, Any]) -> list[str]:
    return [f"{name}={value!r}" for name, value in arguments.items()]


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
