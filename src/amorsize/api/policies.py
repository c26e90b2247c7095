"""What may be wanted of each item, checked once."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any, Final

from amorsize.api.checks import check_callback, choice, positive_number
from amorsize.engines.rate import SHARED
from amorsize.errors import BackendRefusedError, UsageError
from amorsize.vocab.options import Backend, OnCrash, Options
from amorsize.vocab.policies import NO_POLICIES, OnError, Policies, RetryPolicy

if TYPE_CHECKING:
    from amorsize.vocab.checkpoint import CheckpointWanted

UNITS_S: Final = {"s": 1.0, "min": 60.0, "h": 3600.0}
NO_PROCESSES: Final = "they run on an event loop in this process"
NOT_AWAITED: Final = {
    "timeout": (
        "it ends the process of an item that hangs, and they run on an event loop in this one",
        "use 'async with asyncio.timeout(...)' inside the function",
    ),
    "deadline": (
        "it ends processes, and they run on an event loop in this one",
        "use 'async with asyncio.timeout(...)' around 'await aexecute(...)'",
    ),
    "on_crash": (NO_PROCESSES, "leave it out; a plain function can run in worker processes"),
    "isolate": (NO_PROCESSES, "leave it out; a plain function can run in worker processes"),
    "setup": (
        "all their calls have one worker, the loop",
        "open what they share with 'async with' around 'await aexecute(...)'",
    ),
    "checkpoint": (
        "their results are not kept in files yet",
        "give a plain function that calls asyncio.run for its item",
    ),
}
"""What an async function cannot have: why, and what to do instead."""

RATE: Final = re.compile(r"\s*([0-9.eE+]+)\s*/\s*(s|min|h)\s*")


def policies_from(
    *,
    on_error: Any = "raise",
    retries: Any = 0,
    max_rate: Any = None,
    seed: Any = None,
    setup: Any = None,
    teardown: Any = None,
) -> Policies:
    """All of them, each checked.

    Raises:
        UsageError: one of them makes no sense.
    """
    check_callback("setup", setup)
    check_callback("teardown", teardown)
    if teardown is not None and setup is None:
        raise UsageError.parameter(
            "teardown needs a setup", hint="teardown is given the value that setup returned"
        )
    return Policies(
        on_error=choice("on_error", on_error, OnError),
        retries=_retries(retries),
        rate_per_s=None if max_rate is None else rate_per_s(max_rate),
        seed=None if seed is None else _integer("seed", seed),
        setup=setup,
        teardown=teardown,
    )


def check_rate_is_kept(policies: Policies, backend: Backend) -> None:
    """Raises ``BackendRefusedError`` where processes cannot keep to one rate together."""
    if policies.rate_per_s is None or SHARED or backend in {Backend.SERIAL, Backend.THREADS}:
        return
    msg = "max_rate cannot be kept by processes here: the system has no locks of the kernel's"
    raise BackendRefusedError(msg, hint="use backend='threads' or backend='serial'")


def check_awaited(
    options: Options, policies: Policies = NO_POLICIES, checkpoint: CheckpointWanted | None = None
) -> None:
    """Raises ``UsageError`` where an async function would go without what is wanted."""
    wanted = {
        "timeout": options.timeout_s is not None,
        "deadline": options.deadline_s is not None,
        "on_crash": options.on_crash is not OnCrash.RAISE,
        "isolate": options.isolate,
        "setup": policies.setup is not None,
        "checkpoint": checkpoint is not None,
    }
    for name, (why, instead) in NOT_AWAITED.items():
        if wanted[name]:
            raise UsageError.parameter(f"{name} is not for async functions: {why}", hint=instead)


def rate_per_s(max_rate: Any) -> float:
    """Starts per second: of ``"20/s"``, ``"100/min"``, ``"1000/h"``, or of a number of them."""
    if not isinstance(max_rate, str):
        return positive_number("max_rate", max_rate)
    matched = RATE.fullmatch(max_rate)
    try:
        number = float(matched[1]) if matched else 0.0
    except ValueError:
        number = 0.0
    if matched is None or not 0 < number < float("inf"):
        raise UsageError.parameter(
            f"max_rate must be a number per second or text, got {max_rate!r}",
            hint='for example "20/s", "100/min" or "1000/h"',
        )
    return number / UNITS_S[matched[2]]


def _retries(retries: Any) -> RetryPolicy | None:
    if isinstance(retries, RetryPolicy):
        return retries
    number = _integer("retries", retries)
    if number < 0:
        raise UsageError.parameter(f"retries must be 0 or more, got {retries!r}")
    if number == 0:
        return None
    return RetryPolicy(stop_after_attempt=number + 1, wait_exponential_multiplier_s=0.0)


def _integer(name: str, value: Any) -> int:
    if isinstance(value, bool) or not hasattr(type(value), "__index__"):
        raise UsageError.parameter(f"{name} must be an integer, got {type(value).__name__}")
    return operator.index(value)
