"""Whether the library's word about the interpreter lock is true, function by function."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, Final

from amorsize import optimize
from amorsize.plan import facts, rules
from amorsize.plan.facts import Case
from amorsize.plan.tunables import THREADS_GAIN, WAITING_SHARE
from amorsize.vocab.options import DEFAULT_OPTIONS
from amorsize.vocab.plan import EngineKind, HoldsTheLock, TooShort
from scripts.predicting.table import clean_up, functions

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize import OptimizationResult
    from scripts.predicting.account import Account

    Func = Callable[[int], Any]

HELD, FREE, WAITS = "held", "free", "waits"

TRUTH_S: Final = 0.15
"""One thread and two run so long, ..."""

NEAR: Final = 0.15
"""... and so near to the gain that is asked for either answer is right."""

JOB_ITEMS: Final = 100_000
"""So many that the question is worth its answer."""


def gil(account: Account) -> None:
    """Told against what two threads really gain; to reach: right on every function of the table."""
    try:
        for name, func in functions().items():
            if not account.is_late(name):
                _row(account, name, func)
    finally:
        clean_up()
    asked = [verdict for row in account.rows for verdict in row["right"]]
    wrong = [row["name"] for row in account.rows if not all(row["right"])]
    account.sum_up(
        f"{len(account.rows)} functions, {sum(asked)} of {len(asked)} answers right"
        f"{': wrong about ' + ', '.join(wrong) if wrong else ''}",
        right=sum(asked),
        asked=len(asked),
        wrong=wrong,
    )


def _row(account: Account, name: str, func: Func) -> None:
    gain, cpu_share = _truth(func, account.size.verdicts)
    right = _right_answers(gain, cpu_share)
    told, shares, costs = [], [], []
    for _ in range(account.size.verdicts):
        began = perf_counter()
        advice = optimize(func, range(JOB_ITEMS), use_cache=False)
        costs.append(perf_counter() - began)
        told.append(_verdict(advice))
        seen = advice.profile.gil if advice.profile else None
        shares.append(None if seen is None else (seen.free_share, seen.threads_gain, seen.ticks))
    answers = [one in right for one in told]
    mark = "" if all(answers) else "   WRONG"
    account.row(
        f"{name:22}two threads {gain:4.2f}x, CPU {cpu_share:4.0%}: {' or '.join(sorted(right)):14}"
        f" told {', '.join(sorted(set(told)))}{mark}",
        name=name,
        gain=gain,
        cpu_share=cpu_share,
        told=told,
        seen=shares,
        right=answers,
        cost_s=costs,
    )


def _verdict(advice: OptimizationResult) -> str:
    """What the planner makes of it: the rule that it goes by."""
    profile, machine = advice.profile, advice.machine
    if profile is None or machine is None:
        return "nothing"
    if facts.waits(profile):
        return WAITS
    case = Case(profile=profile, situation=machine, options=DEFAULT_OPTIONS)
    reason = rules.unwise(EngineKind.THREADS, case)
    if reason is None:
        return FREE
    if isinstance(reason, HoldsTheLock | TooShort):
        return HELD
    return f"not asked ({type(reason).__name__})"


def _right_answers(gain: float, cpu_share: float) -> set[str]:
    if cpu_share < WAITING_SHARE:
        return {WAITS}
    right = set()
    if gain > THREADS_GAIN - NEAR:
        right.add(FREE)
    if gain < THREADS_GAIN + NEAR:
        right.add(HELD)
    return right


def _truth(func: Func, rounds: int) -> tuple[float, float]:
    """Calls per second of two threads over those of one, and CPU time over wall time of one."""
    func(0)
    gains, shares = [], []
    for _ in range(rounds):
        cpu_s, began = process_time(), perf_counter()
        alone = _calls(func, perf_counter() + TRUTH_S)
        alone_s = perf_counter() - began
        shares.append((process_time() - cpu_s) / alone_s)
        with ThreadPoolExecutor(2) as pool:
            began = perf_counter()
            both = [pool.submit(_calls, func, began + TRUTH_S) for _ in range(2)]
            calls = sum(one.result() for one in both)
            both_s = perf_counter() - began
        gains.append(calls / both_s / (alone / alone_s))
    return median(gains), median(shares)


def _calls(func: Func, until: float) -> int:
    calls = 0
    while perf_counter() < until:
        func(calls)
        calls += 1
    return calls
