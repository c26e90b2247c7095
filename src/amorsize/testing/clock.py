"""A clock that goes only when it is told to."""

from __future__ import annotations


class FakeClock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
