"""Predicted against measured time, coverage of the interval, and whether to go parallel at all."""

from __future__ import annotations

from random import Random
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from amorsize import optimize
from amorsize.api.run import run
from amorsize.bench.advised import setup_for
from amorsize.bench.plain import settle
from amorsize.bench.trial import run_trial
from amorsize.machine.facts import usable_cpus
from amorsize.plan.hindsight import predicted_for
from amorsize.report.trials import setup_name
from amorsize.vocab.options import Backend, Options
from amorsize.vocab.trials import Ended, Runner, Setup
from scripts.predicting.account import spread
from scripts.validate_figures import LOOP, grid_of, workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amorsize.vocab.estimate import Measured
    from scripts.predicting.account import Account

    Func = Callable[[Any], Any]

WORTH: Final = 1.1
"""Gains and losses beyond this factor must be judged right."""

HEAVY: Final = 1.0
"""Deviation over mean from which a tail is heavy: only the interval's lower end is sure then."""

LIMIT_S: Final = 20.0
FORCED: Final = Options(backend=Backend.PROCESSES, n_jobs=usable_cpus())
THREADS: Final = (2, 16, 64)
"""Numbers of them in the grid."""

MOST_CHUNKS: Final = 20_000
"""More of them take so long to hand out that nobody would."""

HOPELESS: Final = 1.5
"""Times the plain loop: a way that takes longer is no rival, and is stopped."""


def predictions(account: Account) -> None:
    """Median error to reach: 10 %, 90th percentile: 25 %; interval: 80 to 97 %; go right always."""
    for name, func, items in workloads(account.size.workloads, account.size.tens_of_ms):
        if account.is_late(name):
            continue
        try:
            told = _measured(func, items, account)
        except Exception as error:  # noqa: BLE001 - the others are measured all the same
            account.leave_out(name, f"{type(error).__name__}: {error}")
            continue
        account.row(_line(name, told), name=name, **told)
    _sum_up(account)


def _measured(func: Func, items: Sequence[Any], account: Account) -> dict[str, Any]:
    pools, ours, loops = [], [], []
    random = Random(len(items))  # noqa: S311 - only an order
    for _ in range(account.size.rounds):
        turns = [
            lambda: loops.append(_seconds(func, items, LOOP)),
            lambda: pools.append(_advised(func, items)),
            lambda: ours.append(_own_run(func, items)),
        ]
        random.shuffle(turns)
        for turn in turns:
            turn()
    loop_s = median(loops)
    rounds = account.size.grid_rounds
    best_s, best = _best_pool(func, items, rounds=rounds, limit_s=HOPELESS * loop_s)
    forced_s = median(_forced(func, items) for _ in range(rounds))
    went = [one["actual_s"] for one in ours if one["went"]]
    stayed = [one["actual_s"] for one in ours if not one["went"]]
    shared_s = min([best_s, forced_s, *([median(went)] if went else [])])
    alone_s = min([loop_s, *([median(stayed)] if stayed else [])])
    return {
        "items": len(items),
        "loop_s": loop_s,
        "loops_s": loops,
        "best_pool": best,
        "pool_gain": loop_s / best_s,
        "own_gain": alone_s / shared_s,
        "pools": pools,
        "ours": [one for one in ours if one["predicted_s"] is not None],
        "pool_went": sum(one["went"] for one in pools) * 2 > len(pools),
        "own_went": len(went) > len(stayed),
    }


def _advised(func: Func, items: Sequence[Any]) -> dict[str, Any]:
    advice = optimize(func, items, use_cache=False)
    setup = setup_for(advice.executor_type, advice.n_jobs, advice.chunksize)
    actual_s = _seconds(func, items, setup)
    heavy = advice.profile is not None and advice.profile.spread > HEAVY
    went = setup.runner is not Runner.SERIAL
    return {"setup": setup_name(setup), "went": went} | _held(advice.predicted_s, actual_s, heavy)


def _own_run(func: Func, items: Sequence[Any]) -> dict[str, Any]:
    record = run(func, items).record
    settle()
    heavy = record.profile is not None and record.profile.spread > HEAVY
    foretold = predicted_for(record)
    went = record.engine.value != "serial"
    return {"setup": record.engine.value, "went": went} | _held(foretold, record.wall_s, heavy)


def _held(foretold: Measured | None, actual_s: float, heavy: bool) -> dict[str, Any]:  # noqa: FBT001 - a fact among facts
    if foretold is None:
        return {"actual_s": actual_s, "predicted_s": None}
    within = foretold.low_s <= actual_s and (heavy or actual_s <= foretold.high_s)
    return {
        "actual_s": actual_s,
        "predicted_s": foretold.median_s,
        "low_s": foretold.low_s,
        "high_s": foretold.high_s,
        "heavy": heavy,
        "within": within,
    }


def _seconds(func: Func, items: Sequence[Any], setup: Setup) -> float:
    trial = run_trial(func, items, setup, limit_s=LIMIT_S).trial
    if trial.ended is not Ended.FINISHED:
        msg = f"{setup_name(setup)}: {trial.ended.value} {trial.why}"
        raise RuntimeError(msg)
    return trial.elapsed_s


def _forced(func: Func, items: Sequence[Any]) -> float:
    seconds = run(func, items, FORCED).record.wall_s
    settle()
    return seconds


def _best_pool(
    func: Func, items: Sequence[Any], *, rounds: int, limit_s: float
) -> tuple[float, str]:
    """The fastest of the grid; those that cannot run it, or take longer than so, are out."""
    setups = [
        *(one for one in grid_of(len(items)) if len(items) <= MOST_CHUNKS * one.chunksize),
        *(Setup(runner=Runner.THREAD, n_jobs=jobs) for jobs in THREADS if jobs <= len(items)),
    ]
    best_s, best = limit_s, "none"
    for setup in setups:
        if setup.runner is Runner.THREAD and len(items) > MOST_CHUNKS:
            continue
        trials = [run_trial(func, items, setup, limit_s=limit_s).trial for _ in range(rounds)]
        if all(trial.ended is Ended.FINISHED for trial in trials):
            took_s = median(trial.elapsed_s for trial in trials)
            best_s, best = min((best_s, best), (took_s, setup_name(setup)))
    return best_s, best


def _line(name: str, told: dict[str, Any]) -> str:
    parts = [f"{name:24}loop {told['loop_s'] * 1e3:6.0f} ms"]
    for kind, gain, went in (("pools", "pool_gain", "pool_went"), ("ours", "own_gain", "own_went")):
        runs = told[kind]
        error = f"{_off(runs):+7.1%}" if runs else "       "
        within = f"{sum(one['within'] for one in runs)}/{len(runs)}"
        mark = "" if _is_right(told[gain], went=told[went]) else " WRONG"
        choice = "go" if told[went] else "stay"
        parts.append(f"{kind}: {error} in {within:5} best {told[gain]:5.2f}x {choice}{mark}")
    return "   ".join(parts)


def _off(runs: Sequence[dict[str, Any]]) -> float:
    return median(one["predicted_s"] for one in runs) / median(one["actual_s"] for one in runs) - 1


def _is_right(gain: float, *, went: bool) -> bool:
    if gain > WORTH:
        return went
    return not went if gain < 1 / WORTH else True


def _sum_up(account: Account) -> None:
    rows = account.rows
    for kind, gain, went in (("pools", "pool_gain", "pool_went"), ("ours", "own_gain", "own_went")):
        runs = [one for row in rows for one in row[kind]]
        middle, most = spread([_off(row[kind]) for row in rows if row[kind]])
        each, most_each = spread([one["predicted_s"] / one["actual_s"] - 1 for one in runs])
        covered = sum(one["within"] for one in runs) / max(1, len(runs))
        wrong = [row["name"] for row in rows if not _is_right(row[gain], went=row[went])]
        clear = sum(not 1 / WORTH <= row[gain] <= WORTH for row in rows)
        title = "advice for the pools" if kind == "pools" else "our own run"
        account.sum_up(
            f"{title}: error median {middle:.1%}, 90th {most:.1%} (to reach: 10 %, 25 %); of single"
            f" runs {each:.1%}, {most_each:.1%}\n  interval covers {covered:.0%} of {len(runs)}"
            f" (to reach: 80 to 97 %); go or not: {clear - len(wrong)} of {clear} right"
            f"{': not ' + ', '.join(wrong) if wrong else ''}",
            **{f"{kind}_median": middle, f"{kind}_90th": most, f"{kind}_covered": covered},
            **{f"{kind}_clear": clear, f"{kind}_wrong": wrong},
        )
