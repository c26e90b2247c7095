"""Measure in a process of its own: it is given so long, and ends with all that it has started."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from contextlib import suppress
from time import monotonic, sleep
from typing import Any, Final

LOG: Final = logging.getLogger(__name__)

START: Final = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); \
from amorsize.calibrate.child import main; main(*sys.argv[2:])"
"""Without a main module of its own: spawned workers of it import nothing but what they run."""


GRACE_S: Final = 2.0
"""From asked to killed."""

POLL_S: Final = 5e-3


class ChildFailedError(Exception):
    """It gave no answer; the message says why, as a person would."""


class ChildLateError(ChildFailedError):
    """Its time was up."""


def answer_of(call: tuple[str, ...], patience_s: float) -> Any:
    """What ``module:function`` of this package gives, called with words in a fresh interpreter.

    Raises:
        ChildLateError: it takes longer.
        ChildFailedError: it raised, or was killed.
    """
    command = [sys.executable, "-c", START, json.dumps(sys.path), *call]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own code
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            out, err = process.communicate(timeout=patience_s)
        except BaseException as error:
            _end(process)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            raise ChildLateError from None
    if process.returncode != 0:
        LOG.debug("%s: %s", call, err)
        raise ChildFailedError(err.strip().rpartition("\n")[2] or f"status {process.returncode}")
    return json.loads(out.rstrip().rpartition("\n")[2])


def _end(process: subprocess.Popen[str]) -> None:
    """The process and all that it has started.

    Asked first: those that look after shared memory of the others go by themselves, and clean up.
    """
    if not hasattr(os, "killpg"):
        process.kill()
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        give_up = monotonic() + GRACE_S
        while monotonic() < give_up:
            process.poll()
            os.killpg(process.pid, 0)
            sleep(POLL_S)
        os.killpg(process.pid, signal.SIGKILL)
