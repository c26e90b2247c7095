"""The one writer that serves ``verbose=True``, and the phases of ``progress_callback``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcer:
    """Says to stdout what users asked to hear, and nothing else."""

    verbose: bool
    callback: Callable[[str, float], None] | None = None

    def phase(self, name: str, share: float) -> None:
        """Tell the callback how far the call has come, from 0.0 to 1.0."""
        if self.callback is not None:
            self.callback(name, share)

    def tell(self, *texts: str) -> None:
        """Write to stdout what is not empty, if anybody wants to hear it."""
        if self.verbose:
            sys.stdout.writelines(f"{text}\n" for text in texts if text)
