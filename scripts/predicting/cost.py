"""What ``optimize`` itself takes, the last item aside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from amorsize import optimize
from amorsize.runtime.study import BUDGET_S, BUDGET_SHARE
from benchmarks.workloads.registry import workload_named
from scripts.validate_figures import workloads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.predicting.account import Account

LONG: Final = (
    *("small-100us", "medium-1ms", "rising", "log-normal", "text-regex", "json-documents"),
    *("pbkdf2", "sleep-5ms", "wait-and-compute", "lambda-small"),
)
"""Of these, ten seconds of work fit into any memory."""


REPEATS: Final = 3
"""The middle one counts."""


@dataclass(slots=True)
class Watched:
    """The function, and how long its latest call took."""

    func: Callable[[Any], Any]
    last_s: float = 0.0

    def __call__(self, item: Any) -> Any:
        began = perf_counter()
        try:
            return self.func(item)
        finally:
            self.last_s = perf_counter() - began


def cost(account: Account) -> None:
    """To reach: at most 50 ms or 2 % of the job, whichever is more."""
    size = account.size
    for name, func, items in workloads(size.workloads, size.tens_of_ms):
        if not account.is_late(name):
            _row(account, name, Watched(func), items=items)
    for name in LONG:
        if account.is_late(f"{name}, long"):
            continue
        workload = workload_named(name)
        job = workload.make(int(workload.ten_ms * size.long_s * 100))
        try:
            _row(account, f"{name}, long", Watched(job.func), items=list(job.data()))
        finally:
            job.close()
    over = [row["name"] for row in account.rows if row["cost_s"] > row["allowed_s"]]
    most = max((row["cost_s"] / row["allowed_s"] for row in account.rows), default=0.0)
    account.sum_up(
        f"{len(account.rows) - len(over)} of {len(account.rows)} within, at most {most:.0%} of what"
        f" is allowed{': over by ' + ', '.join(over) if over else ''}",
        over=over,
        most=most,
    )


def _row(account: Account, name: str, watched: Watched, *, items: Sequence[Any]) -> None:
    found = sorted(_once(watched, items) for _ in range(REPEATS))
    cost_s, serial_s, last_s = found[REPEATS // 2]
    allowed_s = max(BUDGET_S, BUDGET_SHARE * serial_s)
    mark = "" if cost_s <= allowed_s else "   OVER"
    account.row(
        f"{name:24}job {serial_s:7.2f} s   {cost_s * 1e3:6.1f} ms and {last_s * 1e3:.1f}"
        f" for the last item; allowed {allowed_s * 1e3:.0f} ms{mark}",
        name=name,
        serial_s=serial_s,
        cost_s=cost_s,
        last_s=last_s,
        all_s=[one for one, *_ in found],
        allowed_s=allowed_s,
    )


def _once(watched: Watched, items: Sequence[Any]) -> tuple[float, float, float]:
    """Cost without the last item, length of the job, and the last item."""
    began = perf_counter()
    advice = optimize(watched, items, use_cache=False)
    whole_s = perf_counter() - began
    serial_s = 0.0 if advice.serial_s is None else advice.serial_s.median_s
    return whole_s - watched.last_s, serial_s, watched.last_s
