"""The simulator against the clock: measured costs, replayed under the rules of who ran them."""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from amorsize import optimize
from amorsize.api.run import run
from amorsize.bench.plain import settle
from amorsize.bench.trial import run_trial
from amorsize.machine.facts import usable_cpus
from amorsize.model.makespan import makespan
from amorsize.model.pools import pool_makespan
from amorsize.model.replay import replay
from amorsize.model.replay_pools import replay_pool
from amorsize.model.rules import first_chunk
from amorsize.model.sharing import Calls
from amorsize.plan import facts
from amorsize.plan.facts import Case
from amorsize.plan.pool_search import Tried
from amorsize.plan.prices import gigabyte_here
from amorsize.plan.search import offer_of
from amorsize.runtime.surroundings import Surroundings
from amorsize.sample.transfer import function_transfer, transfer_of
from amorsize.vocab.advice import PoolCandidate, PoolKind
from amorsize.vocab.options import DEFAULT_OPTIONS, Backend, Options
from amorsize.vocab.plan import Candidate, EngineKind
from amorsize.vocab.trials import Ended, Runner, Setup
from scripts.predicting.account import spread
from scripts.validate_figures import workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scripts.predicting.account import Account

    Func = Callable[[Any], Any]

BLOCK_S: Final = 50e-6
"""Items are timed by so much at a time: the clock takes 0.1 us."""

SENT: Final = 4096
"""Items and results on which a transfer is measured, at most."""

CORES: Final = usable_cpus()
FORCED: Final = Options(backend=Backend.PROCESSES, n_jobs=CORES)
LIMIT_S: Final = 20.0
KINDS: Final = ("own", "pool")
POOLS_CHUNKS: Final = 4
"""For each worker, as ``Pool.map`` has it."""


def simulator(account: Account) -> None:
    """Simulated against measured times of our team and ``Pool``; to reach: 10 % in the median."""
    for name, func, items in workloads(account.size.workloads, account.size.tens_of_ms):
        if account.is_late(name):
            continue
        try:
            told = _measured(func, items, account.size.replays)
        except Exception as error:  # noqa: BLE001 - the others are measured all the same
            account.leave_out(name, f"{type(error).__name__}: {error}")
            continue
        shown = "   ".join(_line(told[kind]) for kind in KINDS if kind in told)
        account.row(f"{name:24}{shown}", name=name, **told)
    for kind in KINDS:
        runs = [row[kind] for row in account.rows if kind in row]
        told = {
            what: spread([one[f"{what}_s"] / one["measured_s"] - 1 for one in runs])
            for what in ("simulated", "formula")
        }
        (middle, most), (by_formula, most_by_formula) = told["simulated"], told["formula"]
        account.sum_up(
            f"{kind}: simulator off by {middle:.1%} in the median, {most:.1%} in the 90th (to"
            f" reach: 10 % in the median); formula, told as much, {by_formula:.1%}"
            f" and {most_by_formula:.1%}",
            **{f"{kind}_median": middle, f"{kind}_90th": most},
        )


def _line(one: dict[str, Any]) -> str:
    return (
        f"{one['who']}: measured {one['measured_s'] * 1e3:6.0f} ms, simulated"
        f" {one['simulated_s'] / one['measured_s'] - 1:+7.1%}, formula"
        f" {one['formula_s'] / one['measured_s'] - 1:+7.1%}"
    )


def _measured(func: Func, items: Sequence[Any], rounds: int) -> dict[str, Any]:
    own: list[float] = []
    pool: list[float] = []
    passes: list[list[float]] = []
    chunk = -(-len(items) // (CORES * POOLS_CHUNKS))
    setup = Setup(runner=Runner.PROCESS, n_jobs=CORES, chunksize=chunk)
    engine = EngineKind.TEAM
    results: list[Any] = []
    for _ in range(rounds):
        costs_s, results = _costs(func, items)
        passes.append(costs_s)
        done = run(func, items, FORCED)
        engine = done.record.engine
        own.append(done.record.wall_s)
        del done
        settle()
        trial = run_trial(func, items, setup, limit_s=LIMIT_S).trial
        if trial.ended is Ended.FINISHED:  # a lambda cannot be sent
            pool.append(trial.elapsed_s)
    costs_s = sorted(passes, key=sum)[rounds // 2]
    case = _case(func, items, results)
    told = {
        "items": len(items),
        "serial_s": sum(costs_s),
        "own": _own(case, engine, costs_s) | {"who": engine.value, "measured_s": median(own)},
    }
    if pool:
        told["pool"] = _pool(case, chunk, costs_s) | {"who": "pool", "measured_s": median(pool)}
    return told


def _costs(func: Func, items: Sequence[Any]) -> tuple[list[float], list[Any]]:
    """What each call took; of short ones, what those of a block took on average."""
    costs_s: list[float] = []
    results: list[Any] = []
    size = 1
    while len(results) < len(items):
        block = items[len(results) : len(results) + size]
        began = perf_counter()
        results += [func(item) for item in block]
        took_s = perf_counter() - began
        costs_s += [took_s / len(block)] * len(block)
        if took_s < BLOCK_S:
            size *= 2
        elif took_s > 4 * BLOCK_S and size > 1:
            size //= 2
    return costs_s, results


def _case(func: Func, items: Sequence[Any], results: Sequence[Any]) -> Case:
    advice = optimize(func, items, use_cache=False)
    if advice.profile is None:
        msg = "nothing was measured"
        raise RuntimeError(msg)
    profile = replace(
        advice.profile,
        argument=transfer_of(items[:SENT], "item"),
        result=transfer_of(results[:SENT], "result"),
        function=function_transfer(func),
        past=(),
    )
    situation = Surroundings(now=False).situation(may_read=True)
    return Case(profile=profile, situation=situation, options=DEFAULT_OPTIONS)


def _calls(case: Case, engine: EngineKind, costs_s: list[float]) -> Calls:
    gigabyte = gigabyte_here(case.situation)
    away_s, caller_s = facts.transfers_of(case.profile, engine, gigabyte, cautious=False)
    load = facts.load_of(case.profile)
    return Calls(costs_s=costs_s, load=load, away_s=away_s, caller_s=caller_s)


def _own(case: Case, engine: EngineKind, costs_s: list[float]) -> dict[str, Any]:
    calls = _calls(case, engine, costs_s)
    item_s = sum(costs_s) / len(costs_s)
    chunk = first_chunk(engine, len(costs_s), item_s, workers=CORES)
    candidate = Candidate(engine=engine, workers=CORES, chunk=chunk)
    offer = offer_of(candidate, case)
    true = {"price": offer.price, "capacity": offer.capacity}
    return {
        "simulated_s": replay(calls, candidate, **true).total_s,
        "formula_s": makespan(calls.as_work(), candidate, **true).total_s,
    }


def _pool(case: Case, chunk: int, costs_s: list[float]) -> dict[str, Any]:
    calls = _calls(case, EngineKind.LOKY, costs_s)
    candidate = PoolCandidate(kind=PoolKind.PROCESSES, n_jobs=CORES, chunksize=chunk)
    tried = Tried(PoolKind.PROCESSES, case)
    true = {"price": tried.price, "capacity": tried.capacity}
    return {
        "simulated_s": replay_pool(calls, candidate, **true).total_s,
        "formula_s": pool_makespan(calls.as_work(), candidate, **true).total_s,
    }
