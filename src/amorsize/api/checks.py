"""Arguments checked once, in the words users know: ``Invalid parameter: ...``."""

from __future__ import annotations

import math
import operator
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from amorsize.errors import UsageError
from amorsize.machine.facts import usable_cpus
from amorsize.plan.wording import contradiction, no_watch_over_threads
from amorsize.sample.facts import gives_coroutines, is_async
from amorsize.vocab.checkpoint import CheckpointWanted, Format
from amorsize.vocab.options import Backend, OnCrash, Options, Order

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from enum import StrEnum

ALL_USABLE: Final = -1
"""As ``n_jobs``: all CPUs, or all workers that a forced backend can have."""

ChoiceT = TypeVar("ChoiceT", bound="StrEnum")


def check_call(func: Any, data: Any, *, awaits: bool = False) -> None:
    """A function that can be called now, and something to call it on.

    ``awaits``: whoever calls it awaits the coroutines of an async function, too.

    Raises:
        UsageError: with the complaint.
    """
    if func is None:
        raise UsageError.parameter("func parameter cannot be None")
    if not callable(func):
        raise UsageError.parameter(f"func parameter must be callable, got {_kind(func)}")
    if is_async(func) and not (awaits and gives_coroutines(func)):
        raise UsageError.parameter(
            "func parameter must not be an async function: its calls return coroutines",
            hint="execute, aexecute and astream await them and find how many at once; pools do not",
        )
    if data is None:
        raise UsageError.parameter("data parameter cannot be None")
    kind = type(data)
    if kind is range:
        _check_range(data)
    if not hasattr(kind, "__iter__") and not hasattr(kind, "__getitem__"):
        raise UsageError.parameter(f"data parameter must be iterable, got {_kind(data)}")


def _check_range(data: range) -> None:
    try:
        len(data)
    except OverflowError:
        raise UsageError.parameter(
            f"data parameter must have at most {sys.maxsize:,} items, got {data!r}"
        ) from None


def check_sampling(sample_size: Any, target_chunk_duration: Any) -> None:
    """The two numbers that every entry of the library takes."""
    positive_integer("sample_size", sample_size)
    positive_number("target_chunk_duration", target_chunk_duration)


def check_flags(**flags: Any) -> None:
    """Flags are taken as Python takes them: anything with a truth, but not text."""
    for name, value in flags.items():
        if value is True or value is False:
            continue
        if isinstance(value, (str, bytes)) or not _has_truth(value):
            raise UsageError.parameter(f"{name} must be a boolean, got {_kind(value)}")


def check_has(entry: str, given: Iterable[str], options: Collection[str]) -> None:
    """Nothing is taken and then not heeded: options of ``execute`` that ``entry`` has not."""
    for name in given:
        if name not in options:
            raise UsageError.parameter(
                f"{entry} has no option {name}",
                hint=f"besides those that it documents by name it has {', '.join(sorted(options))}",
            )


def check_name(name: str, value: Any) -> None:
    """Text that is not empty."""
    if not isinstance(value, str) or not value:
        raise UsageError.parameter(f"{name} must be text, got {value!r}")


def check_callback(name: str, callback: Any) -> None:
    """Something to call, or nothing."""
    if callback is not None and not callable(callback):
        raise UsageError.parameter(f"{name} must be callable, got {_kind(callback)}")


def options_from(
    *,
    n_jobs: Any = None,
    chunksize: Any = None,
    backend: Any = "auto",
    order: Any = "any",
    fail_fast: Any = False,
    rerun_lost: Any = True,
    prefer_threads_for_io: Any = True,
    auto_adjust_for_nested_parallelism: Any = True,
    timeout: Any = None,
    deadline: Any = None,
    on_crash: Any = "raise",
    isolate: Any = False,
    max_concurrency: Any = None,
    is_overload: Any = None,
) -> Options:
    """The options of one call, each checked.

    Raises:
        UsageError: one of them makes no sense.
        BackendRefusedError: two of them cannot both be honoured.
    """
    check_flags(
        fail_fast=fail_fast,
        rerun_lost=rerun_lost,
        prefer_threads_for_io=prefer_threads_for_io,
        auto_adjust_for_nested_parallelism=auto_adjust_for_nested_parallelism,
        isolate=isolate,
    )
    check_callback("is_overload", is_overload)
    options = Options(
        n_jobs=None if n_jobs is None else resolved_jobs(n_jobs),
        chunksize=None if chunksize is None else positive_integer("chunksize", chunksize),
        backend=choice("backend", backend, Backend),
        order=choice("order", order, Order),
        fail_fast=bool(fail_fast),
        rerun_lost=bool(rerun_lost),
        prefer_threads_for_io=bool(prefer_threads_for_io),
        pin_inner_threads=bool(auto_adjust_for_nested_parallelism),
        timeout_s=None if timeout is None else positive_number("timeout", timeout),
        deadline_s=None if deadline is None else positive_number("deadline", deadline),
        on_crash=choice("on_crash", on_crash, OnCrash),
        isolate=bool(isolate),
        max_concurrency=None
        if max_concurrency is None
        else positive_integer("max_concurrency", max_concurrency),
        is_overload=is_overload,
    )
    if options.watched and options.backend is Backend.THREADS:
        raise no_watch_over_threads(options)
    if (options.n_jobs or 1) > (options.max_concurrency or sys.maxsize):
        raise UsageError.parameter(
            f"n_jobs must not exceed max_concurrency, "
            f"got {options.n_jobs} > {options.max_concurrency}"
        )
    if options.backend is not Backend.SERIAL or options.n_jobs in {None, 1}:
        return options
    if operator.index(n_jobs) != ALL_USABLE:
        raise contradiction(options)
    return replace(options, n_jobs=None)


def checkpoint_from(path: Any, *, form: Any, force: Any) -> CheckpointWanted | None:
    """The file of a checkpoint, if one is wanted.

    Raises:
        UsageError: it cannot be a file's name, or another one makes no sense.
    """
    check_flags(checkpoint_force=force)
    wanted = choice("checkpoint_format", form, Format)
    if path is None:
        return None
    try:
        name = os.fsdecode(path)
    except TypeError:
        raise UsageError.parameter(f"checkpoint must be a path, got {_kind(path)}") from None
    if not name or "\0" in name:
        raise UsageError.parameter(f"checkpoint must be a path, got {name!r}")
    return CheckpointWanted(path=str(Path(name).absolute()), form=wanted, force=bool(force))


def resolved_jobs(n_jobs: Any) -> int:
    """Number of workers; -1 is all usable ones."""
    number = _integer("n_jobs", n_jobs)
    if number == ALL_USABLE:
        return usable_cpus()
    if number < 1:
        raise UsageError.parameter(f"n_jobs must be positive or -1, got {n_jobs!r}")
    return number


def positive_integer(name: str, value: Any) -> int:
    """At least 1, of any type that Python takes for an index."""
    number = _integer(name, value)
    if number < 1:
        raise UsageError.parameter(f"{name} must be positive, got {value!r}")
    return number


def positive_integers(name: str, values: Any) -> list[int] | None:
    """Several of them to choose from, where there are any."""
    if values is None:
        return None
    if isinstance(values, (str, bytes)) or not hasattr(type(values), "__iter__"):
        raise UsageError.parameter(f"{name} must be a list of integers, got {_kind(values)}")
    numbers = [positive_integer(name, value) for value in values]
    if not numbers:
        raise UsageError.parameter(f"{name} must not be empty")
    return numbers


def ends_of(name: str, least: Any, most: Any) -> tuple[int, int]:
    """The ends of a range, ``{name}_min`` and ``{name}_max``."""
    low, high = positive_integer(f"{name}_min", least), positive_integer(f"{name}_max", most)
    if low > high:
        raise UsageError.parameter(f"{name}_min must not exceed {name}_max, got {low} > {high}")
    return low, high


def positive_number(name: str, value: Any) -> float:
    """Above 0 and finite."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if isinstance(value, (str, bytes)) or not math.isfinite(number):
        raise UsageError.parameter(f"{name} must be a finite number, got {value!r}")
    if number <= 0:
        raise UsageError.parameter(f"{name} must be positive, got {value!r}")
    return number


def choice(name: str, value: Any, among: type[ChoiceT]) -> ChoiceT:
    """One of the words of an enumeration."""
    try:
        return among(value)
    except ValueError:
        pass
    words = ", ".join(repr(member.value) for member in among)
    raise UsageError.parameter(f"{name} must be one of {words}, got {value!r}")


def _integer(name: str, value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise UsageError.parameter(f"{name} must be an integer, got {_kind(value)}") from None


def _has_truth(value: Any) -> bool:
    try:
        bool(value)
    except (TypeError, ValueError):  # an array with many truths
        return False
    return True


def _kind(value: Any) -> str:
    return type(value).__name__
