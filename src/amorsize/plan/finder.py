"""Completions gathered into rounds, the width that follows from each, and the account of it.

Pure: the time is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from amorsize.plan.concurrency import Round, Width
from amorsize.vocab.waiting import Move, Step, Waiting

PAUSE: Final = 0.125
"""Of an item's time: so long without a completion lies between two bursts."""

REMEMBERED: Final = 24
"""Steps kept from the start of a run, and as many from its end."""


@dataclass(slots=True)
class WidthFinder:
    """Gathers completions into rounds and keeps the width that follows from them."""

    width: Width
    began_s: float
    refused: int = field(default=0, init=False)
    _done: int = field(default=0, init=False)
    _took_s: float = field(default=0.0, init=False)
    _refused: int = field(default=0, init=False)
    _unsettled: int | None = field(default=None, init=False)
    """Completions to ignore before the round begins; below 0 while a burst goes on."""
    _latest_s: float = field(default=0.0, init=False)
    _first_s: float = field(default=0.0, init=False)
    _moves: int = field(default=1, init=False)
    _first: list[Step] = field(default_factory=list, init=False)
    _latest: list[Step] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._first_s = self._latest_s = self.began_s
        self._first.append(Step(at_s=0.0, width=self.width.threads, move=Move.START))

    def completed(
        self, now_s: float, done: int, took_s: float, *, full_s: float = 0.0, refused: int = 0
    ) -> int:
        """``done`` items came home that took ``took_s`` in all; the wanted number at once.

        ``full_s`` is when the last thread was started: what came home before says little.
        ``refused`` calls were refused since the last time.
        """
        self.refused += refused
        if done and now_s - self._latest_s > PAUSE * took_s / done:
            self._burst_ended()
        if full_s > self.began_s:
            self._begin(full_s)
            self._unsettled = 0 if self.width.is_measuring else None
        self._latest_s = now_s
        if self._unsettled is not None:
            self._settle(done)
            return self.width.threads
        self._done += done
        self._took_s += took_s
        self._refused += refused
        if self._done >= self.width.round_size + self._patience or self._refused:
            self._judge(now_s)
        return self.width.threads

    def told(self, at_most: int | None = None) -> Waiting:
        """The account for the record."""
        return Waiting(
            steps=(*self._first, *self._latest),
            moves=self._moves,
            refused=self.refused,
            at_most=at_most,
        )

    @property
    def _patience(self) -> int:
        """Completions beyond the round that are waited for until a burst has ended."""
        return self.width.threads if self.width.is_measuring else 0

    def _burst_ended(self) -> None:
        """Begin or end a round with the latest completion, if one is due.

        Items that were started together come home together: a round with an end among them
        would count a part of them, and the time of all.
        """
        if self._unsettled is None:
            if self._done >= self.width.round_size:
                self._judge(self._latest_s)
        elif self._unsettled <= 0:
            self._begin(self._latest_s)

    def _settle(self, done: int) -> None:
        self._unsettled = (self._unsettled or 0) - done
        if self._unsettled <= -self._patience:
            self._begin(self._latest_s)

    def _judge(self, at_s: float) -> None:
        seen = Round(
            done=self._done,
            lasted_s=at_s - self.began_s,
            took_s=self._took_s,
            refused=self._refused,
        )
        before, self.width = self.width.threads, self.width.after(seen)
        if self.width.threads != before:
            self._note(at_s, seen)
        self._begin(at_s)
        self._unsettled = self.width.settling or None

    def _note(self, now_s: float, seen: Round) -> None:
        step = Step(
            at_s=now_s - self._first_s,
            width=self.width.threads,
            move=self.width.move,
            rate=seen.rate,
            latency_s=seen.latency_s,
        )
        self._moves += 1
        if len(self._first) < REMEMBERED:
            self._first.append(step)
        else:
            self._latest = [*self._latest[1 - REMEMBERED :], step]

    def _begin(self, at_s: float) -> None:
        self.began_s, self._done, self._took_s, self._refused = at_s, 0, 0.0, 0
        self._unsettled = None
