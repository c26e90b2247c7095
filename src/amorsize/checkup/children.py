"""Start the trials, each in a process of its own, and wait no longer than they may take."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from amorsize.checkup.finding import Finding, State, Subject
from amorsize.checkup.subjects import TRIED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PATIENCE_S: Final = 10.0
"""For all of them together; a healthy machine takes one or two."""

MOST_SHOWN: Final = 200

TRY: Final = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from amorsize.checkup.trials import main
main(sys.argv[2])
"""


def tried(subjects: Iterable[tuple[str, Subject]] = tuple(TRIED.items())) -> Iterator[Finding]:
    """What came of each trial, in their order; when this ends, none of them runs."""
    give_up = monotonic() + PATIENCE_S
    with_children: list[tuple[Subject, subprocess.Popen[str] | str]] = []
    try:
        with_children += ((subject, _start(name)) for name, subject in subjects)
        for subject, child in with_children:
            yield _finding(subject, child, max(0.0, give_up - monotonic()))
    finally:
        for _, child in with_children:
            if not isinstance(child, str):
                _end(child)


def _start(name: str) -> subprocess.Popen[str] | str:
    """The process; or why there is none."""
    try:
        return subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-c", TRY, json.dumps(sys.path), name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return f"no process can be started: {error}"


def _finding(subject: Subject, child: subprocess.Popen[str] | str, left_s: float) -> Finding:
    if isinstance(child, str):
        return Finding(subject, State.FAILED, child)
    try:
        out, err = child.communicate(timeout=left_s)
    except subprocess.TimeoutExpired:
        return Finding(subject, State.FAILED, f"no answer within {PATIENCE_S:.0f} s")
    told = _last_line(out)
    if "found" in told:
        return Finding(subject, State.PASSED, told["found"])
    return Finding(subject, State.FAILED, told.get("wrong") or _how_it_died(child.returncode, err))


def _last_line(out: str) -> dict[str, Any]:
    """What ``trials.main`` printed, after whatever start-up files have."""
    try:
        told = json.loads(out.splitlines()[-1])
    except (IndexError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _how_it_died(code: int, err: str) -> str:
    if code < 0:
        return f"the process was ended by {signal.Signals(-code).name}"
    said = err.strip().splitlines()
    return f"the process ended with {code}: {said[-1][:MOST_SHOWN] if said else 'no word'}"


def _end(child: subprocess.Popen[str]) -> None:
    """Kill it, and all that it has started, if it has not ended."""
    if child.returncode is None:  # not asked anew: a leader that was reaped has no group to kill
        with suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)
    with child:  # closes the pipes, and reaps
        pass
