"""Rejections in the words of a person; the same for reports and for errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from amorsize.errors import BackendRefusedError
from amorsize.plan.units import seconds, size, three_digits
from amorsize.vocab.options import Backend, OnCrash
from amorsize.vocab.plan import (
    CannotCross,
    CarriesConnection,
    ChangesItsItem,
    CostlyReading,
    CostlyTransfer,
    ForkUnsafe,
    GainTooSmall,
    HoldsTheLock,
    Nested,
    NotForced,
    OneCore,
    Rejection,
    Slower,
    StartTooDear,
    TooMuchMemory,
    TooShort,
    Untried,
    UsesItsCores,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from amorsize.vocab.options import Options


def in_words(reason: Rejection) -> str:  # noqa: C901, PLR0911, PLR0912 - one case for each reason
    """Why a candidate lost, as half a sentence."""
    match reason:
        case CannotCross(what, why):
            return f"{what} cannot be sent to another process: {why}{_at_home(what, why)}"
        case ForkUnsafe(what):
            return f"forking is not safe here: {what}"
        case HoldsTheLock():
            return "the function holds the interpreter lock, so threads would take turns"
        case TooShort(item_s):
            return f"a call takes {seconds(item_s)}, too short to release the interpreter lock"
        case CarriesConnection(what):
            return f"the function carries {what}, which workers must not share"
        case ChangesItsItem():
            return "the function changes its items in place, which another process cannot show"
        case OneCore(usable):
            return f"there is nobody to share the work with: {usable} usable core"
        case TooMuchMemory(need, free):
            return f"a call takes {size(need)} of memory, and {size(free)} are free"
        case Nested(inside):
            return f"this already runs inside {inside}"
        case NotForced(wanted):
            return f"{wanted} was asked for"
        case Slower(by_s):
            return f"slower by {seconds(by_s)}"
        case GainTooSmall(gain_s, needed_s):
            gain = f"only {seconds(gain_s)}" if gain_s > 0 else "nothing"
            return f"would surely gain {gain}, and {seconds(needed_s)} would be needed"
        case StartTooDear(blocking_s, allowed_s):
            return f"starting takes {seconds(blocking_s)}; this job is worth {seconds(allowed_s)}"
        case CostlyTransfer(transfer_s, item_s):
            return f"sending a result takes {seconds(transfer_s)}, computing it {seconds(item_s)}"
        case CostlyReading(read_s, item_s):
            return f"reading an item takes {seconds(read_s)} of the {seconds(item_s)} of a call"
        case UsesItsCores(busy, usable):
            return f"the function itself keeps {busy:.1f} of {usable:.3g} cores busy"
        case Untried(why):
            return why
        case _:
            assert_never(reason)


def times_faster(factor: float) -> str:
    """How two times compare: ``2.00 times faster``, ``1.25 times slower``."""
    if 0 < factor < 1:
        return f"{three_digits(1 / factor)} times slower"
    return f"{three_digits(factor)} times faster"


def _at_home(what: str, why: str) -> str:
    """The remedy for a function that another process cannot look up by its name."""
    nameless = "function" in what and ("<lambda>" in why or "<locals>" in why)
    return "; define it with def at the top of a module" if nameless else ""


def warnings_about(reasons: Iterable[Rejection]) -> list[str]:
    """What the caller should know and can do about it, each thing once."""
    known = dict.fromkeys(_remedy(reason) for reason in reasons)
    return [warning for warning in known if warning]


def _remedy(reason: Rejection) -> str:
    match reason:
        case CarriesConnection():
            return f"{in_words(reason)}: open it in setup=, once per worker, or inside the function"
        case TooMuchMemory():
            return f"{in_words(reason)}: two calls at once have no room"
        case ChangesItsItem():
            return f"{in_words(reason)}: return the new value instead"
        case _:
            return ""


def wanted(options: Options) -> str:
    """What the caller forces, in the words of the call."""
    words = [] if options.backend is Backend.AUTO else [f"backend={options.backend.value!r}"]
    if options.n_jobs is not None:
        words.append(f"n_jobs={options.n_jobs}")
    return ", ".join(words)


def contradiction(options: Options) -> BackendRefusedError:
    """The error for the plain loop with several workers."""
    return refusal(options, [Untried("the plain loop has one worker")])


def refusal(options: Options, reasons: Iterable[Rejection]) -> BackendRefusedError:
    """The error for what was forced and cannot be done."""
    telling = (in_words(reason) for reason in reasons if not isinstance(reason, NotForced))
    return BackendRefusedError(
        f"{wanted(options)} cannot be used: {'; '.join(dict.fromkeys(telling))}",
        hint="leave the choice to backend='auto'",
    )


def watching(options: Options) -> str:
    """What the caller asked for that makes it watch only, in the words of the call."""
    words = {
        f"timeout={options.timeout_s}": options.timeout_s is not None,
        f"deadline={options.deadline_s}": options.deadline_s is not None,
        f"on_crash={options.on_crash.value!r}": options.on_crash is not OnCrash.RAISE,
        "isolate=True": options.isolate,
    }
    return ", ".join(word for word, said in words.items() if said)


def no_watch_over_threads(options: Options) -> BackendRefusedError:
    """The error for threads that are to be stopped, or to die alone."""
    return BackendRefusedError(
        f"{wanted(options)} cannot be used with {watching(options)}: a thread cannot be stopped, "
        "and takes the whole process along when it crashes",
        hint="leave the choice to backend='auto', which then uses processes",
    )
