"""How many items at once, when they wait: found while running, by throughput.

Waiting costs nothing here, so the right number is what the other side can serve at once: its
throughput times the latency of an unloaded item (Little's law; the bandwidth-delay product
of BBR congestion control). Nobody knows it beforehand. Start with a polite number, widen
while items take no longer than they did alone, and once they queue keep a little more than what
is served. A narrowing that costs throughput was wrong: the items have become longer, nothing
queues; it is taken back. So is a widening that only made items longer. Then a few more or fewer
are tried now and then, ever more rarely: more are kept if throughput gains more than the noise
that was seen, fewer if it loses no more than that. A refusal (``is_overload``) narrows at once.

Pure: completions go in, the wanted number comes out. The same for threads and for coroutines.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import ceil
from typing import Final

from amorsize.vocab.waiting import Move

GROWTH: Final = 3
"""Widening per round. BBR's start-up gain is 2.89, the least that doubles the rate every round
trip; with 2, a job of 400 items x 20 ms took 1.8 instead of 1.6 times the best fixed number."""

HEADROOM: Final = 1.2
"""Kept per item that is served, so that the next request is always there; with a round's noise
still below 1.3 times the load that the other side can bear."""

SATURATED: Final = 0.6
"""Below this share of the throughput that unloaded items would give, they are queueing."""

INFLATED: Final = 1.25
"""... and if they also take this much longer, surely. Otherwise a second round must confirm it:
the first may hold the quick items only, and an unfair server hides those that still queue."""

SPARE: Final = 0.9
"""From this share on nothing queues, although a knee was seen: more are tried next."""

COLLAPSE: Final = 0.75
"""A narrowing that leaves less than this share of the throughput is taken back, ..."""

STEADY_COLLAPSE: Final = 0.9
"""... or less than this, where the knee was known: else noise would narrow again and again."""

SLOWDOWN: Final = 2
"""A threefold widening that makes items take twice as long has gained next to nothing."""

GAINED: Final = 1.25
"""BBR's sign that there is more to be had: below it, a threefold widening has gained nothing."""

PROBE: Final = 1.15
"""By so much the number is tried larger or smaller once the knee is known."""

PROBE_REFUSED: Final = 1.05
"""... and larger where the other side has refused items before."""

SOON: Final = 2
"""Steady rounds before the first probe, and after one that paid, ..."""

RARELY: Final = 64
"""... and at most, when probes do not pay: each that does not doubles the wait."""

GAINS: Final = 0.3
"""A probe pays if throughput changes by more than this share of the number's change, ..."""

SURE: Final = 1.5
MOST_ASKED: Final = 0.8
"""... and by more than so many times the noise, as far as that can be asked of it."""

LEAST_NOISE: Final = 0.03
MOST_NOISE: Final = 0.12
"""Rounds differ at least by so much, and beyond it a probe of 15 % could never pay."""

NOISE_SHARE: Final = 0.3
"""Of the latest difference in the running mean of them."""

BACKED_OFF: Final = 0.9
LEAST_CUT: Final = 0.85
"""After a refusal: this share of what was served at once, and of the number at most."""

SMALLEST_ROUND: Final = 8
"""Completions that a judgement needs at least."""

TRIAL_ROUND: Final = 2
STEADY_ROUND: Final = 4
"""Rounds are one completion per item in flight while widening, more where a wrong verdict costs
more: items in step complete in bursts, and a burst more or less is half of a short round."""

MOST_THREADS: Final = 256
"""Each may hold a socket, and 1,024 descriptors are a common limit; gains beyond are small."""

MOST_AWAITS: Final = 4096
"""Coroutines cost a kilobyte; beyond, the loop itself is what they wait for."""

AT_ONCE: Final = 64
"""A job of so few long waits is started whole: nothing would be learned before half of it is
done, and 60 x 50 ms in two rounds take twice as long as in one."""

POLITE: Final = 32
"""Start of larger jobs; Python's own thread pools have at most as many."""

POLITE_SHORT: Final = 16
"""Start where items are so short that the first round is over at once, or not known."""

LONG_WAIT_S: Final = 5e-3


def starting_threads(items: int, item_s: float) -> int:
    """How many threads to begin with for items that purely wait."""
    if item_s < LONG_WAIT_S:
        return min(items, POLITE_SHORT)
    return items if items <= AT_ONCE else POLITE


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What came of a number of completions under one width."""

    done: int
    lasted_s: float
    took_s: float
    """Time of the items, summed."""
    refused: int = 0
    """Calls that were refused meanwhile."""

    @property
    def rate(self) -> float:
        return self.done / max(self.lasted_s, 1e-9)

    @property
    def latency_s(self) -> float:
        return self.took_s / max(1, self.done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """What was true before the last narrowing, should it turn out wrong."""

    threads: int
    rate: float
    widening: bool

    @property
    def least(self) -> float:
        """The share of the throughput that must be left."""
        return COLLAPSE if self.widening else STEADY_COLLAPSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Widened:
    """What was true before the last widening."""

    threads: int
    latency_s: float
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Halved:
    """What was true before: items may have queued from the start, so that nobody knows the knee."""

    threads: int
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What was true before the last small change."""

    threads: int
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calm:
    """How long the knee has been kept, and what is to be tried next."""

    rounds: int = 0
    patience: int = SOON
    upwards: bool = True
    paid: int = 0
    """Probes in a row, in this direction, that paid."""
    rate: float = 0.0
    """Of the round before, at the same number."""
    noise: float = (LEAST_NOISE + MOST_NOISE) / 2
    """By how much rounds at the same number differ, as a share."""

    def after(self, seen: Round) -> Calm:
        """One steady round more."""
        noise = self.noise
        if self.rate > 0:
            fresh = min(abs(seen.rate / self.rate - 1), MOST_NOISE)
            noise = max(LEAST_NOISE, noise + NOISE_SHARE * (fresh - noise))
        return replace(self, rounds=self.rounds + 1, rate=seen.rate, noise=noise)

    def did_pay(self, *, upwards: bool) -> Calm:
        """The probe was right: the next one, in the same direction, follows soon."""
        paid = self.paid + 1 if upwards is self.upwards else 1
        return replace(self, rounds=0, patience=1, upwards=upwards, paid=paid, rate=0.0)

    def did_not_pay(self, *, upwards: bool) -> Calm:
        """The probe was wrong: the other direction is next, and later."""
        patience = min(RARELY, 2 * max(SOON, self.patience))
        return replace(self, rounds=0, patience=patience, upwards=not upwards, paid=0, rate=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Width:
    """The wanted number of items at once, and what it is based on."""

    threads: int
    alone_s: float = 0.0
    """What an item takes when nothing queues; a guess that rounds correct. 0: not known yet."""
    most: int = MOST_THREADS
    widening: bool = True
    """No knee was seen yet."""
    doubtful: bool = False
    """The last round had too little throughput, but not for certain."""
    refused_at: int = 0
    """The number at which the other side refused items: small steps near it from then on."""
    last: Narrowed | Widened | Halved | Probed | None = None
    """The change that the next round judges."""
    calm: Calm = field(default_factory=Calm)
    settling: int = 0
    """Completions to ignore first: of items begun under the former, larger width."""
    move: Move = Move.START

    @property
    def is_measuring(self) -> bool:
        """Whether rounds are compared: a burst more or less would decide."""
        return not self.widening and not isinstance(self.last, Narrowed)

    @property
    def round_size(self) -> int:
        """Completions that make a round."""
        if isinstance(self.last, (Narrowed, Halved)) or (self.last is not None and self.refused_at):
            per_thread = TRIAL_ROUND
        else:
            per_thread = 1 if self.widening else STEADY_ROUND
        return max(SMALLEST_ROUND, per_thread * self.threads)

    def after(self, seen: Round) -> Width:
        """The width for the next round."""
        return self._backed_off(seen) if seen.refused else self._judged(seen)

    def _judged(self, seen: Round) -> Width:
        match self.last:
            case Narrowed() as before if seen.rate < before.least * before.rate:
                return self._back_to(before, seen)
            case Widened() as before if seen.latency_s > SLOWDOWN * before.latency_s:
                return self._undone(before, seen)
            case Halved() as before:
                return self._halved_again(before, seen)
            case Probed() as before:
                return self._probed(before, seen)
            case Narrowed() if self._served(seen) < self.threads:
                return self._narrowed(seen)  # half was still too much
        return self._adjusted(seen)

    # -- one move each

    def to(self, threads: int, move: Move, **changes: object) -> Width:
        """Another number, nothing to be judged unless ``changes`` say so."""
        threads = max(1, min(self.most, threads))
        changes = {"last": None, "doubtful": False, **changes}
        fewer = threads < self.threads
        changes.setdefault("settling", self.threads if fewer else 0)
        return replace(self, threads=threads, move=move, **changes)  # type: ignore[arg-type]  # names of fields

    def _alone_s(self, seen: Round) -> float:
        return self.alone_s or seen.latency_s

    def _back_to(self, before: Narrowed, seen: Round) -> Width:
        return self.to(
            before.threads, Move.UNDONE, alone_s=seen.latency_s, widening=before.widening
        )

    def _undone(self, before: Widened, seen: Round) -> Width:
        """Back; and below, where even the former number may have been more than is served."""
        alone_s = min(self._alone_s(seen), before.latency_s)
        if seen.rate > GAINED * before.rate or before.threads == 1:
            return self.to(before.threads, Move.UNDONE, alone_s=alone_s, widening=False)
        was = Halved(threads=before.threads, rate=before.rate)
        return self.to(before.threads // 2, Move.UNDONE, alone_s=alone_s, widening=False, last=was)

    def _halved_again(self, before: Halved, seen: Round) -> Width:
        if seen.rate < STEADY_COLLAPSE * before.rate:
            return self.to(before.threads, Move.UNDONE, alone_s=seen.latency_s)
        alone_s = min(self._alone_s(seen), seen.latency_s)
        was = Halved(threads=self.threads, rate=seen.rate) if self.threads > 1 else None
        return self.to(self.threads // 2, Move.FEWER_DO, alone_s=alone_s, last=was)

    def _adjusted(self, seen: Round) -> Width:
        share = seen.rate * self._alone_s(seen) / self.threads
        if share < SATURATED:
            sure = self.doubtful or seen.latency_s > INFLATED * self._alone_s(seen)
            return self._narrowed(seen) if sure else replace(self, doubtful=True, last=None)
        if self.widening:
            return self._widened(seen)
        return self._steady(seen, spare=share >= SPARE)

    def _narrowed(self, seen: Round) -> Width:
        threads = max(1, self._served(seen), self.threads // 2)
        if threads >= self.threads:
            return self._steady(seen, spare=False)
        before = Narrowed(threads=self.threads, rate=seen.rate, widening=self.widening)
        return self.to(threads, Move.QUEUED, widening=False, last=before, calm=Calm())

    def _served(self, seen: Round) -> int:
        """What can be served at once, and a little more."""
        return ceil(HEADROOM * seen.rate * self._alone_s(seen))

    def _widened(self, seen: Round) -> Width:
        threads = min(self.most, ceil(self.threads * GROWTH))
        judged = threads >= SLOWDOWN * self.threads
        before = Widened(threads=self.threads, latency_s=seen.latency_s, rate=seen.rate)
        last = before if judged else None
        return self.to(threads, Move.GREW, last=last, alone_s=self._alone_s(seen))

    def _steady(self, seen: Round, *, spare: bool) -> Width:
        """Keep the knee; now and then try more, or fewer."""
        calm = self.calm.after(seen)
        kept = replace(self, widening=False, doubtful=False, last=None, calm=calm, settling=0)
        if calm.rounds < calm.patience:
            return kept
        upwards = spare and calm.upwards
        threads = self._tried(upwards=upwards)
        if threads == self.threads:
            return replace(kept, calm=calm.did_not_pay(upwards=upwards))
        move = Move.TRIED_MORE if upwards else Move.TRIED_FEWER
        was = Probed(threads=self.threads, rate=seen.rate)
        return kept.to(threads, move, last=was, settling=self.threads)

    def _tried(self, *, upwards: bool) -> int:
        """The next number to try: the more probes in this direction have paid, the further."""
        paid = self.calm.paid if self.calm.upwards is upwards else 0
        step = PROBE ** (1 + (min(paid, 1) if upwards else paid))
        if not upwards:
            return max(1, min(self.threads - 1, ceil(self.threads / step)))
        if self.refused_at and PROBE * self.threads > BACKED_OFF * self.refused_at:
            step = PROBE_REFUSED
        return min(self.most, max(self.threads + 1, int(step * self.threads)))

    def _probed(self, before: Probed, seen: Round) -> Width:
        upwards, noise = self.threads > before.threads, self.calm.noise
        asked = self.threads / before.threads - 1
        gain = seen.rate / before.rate - 1
        if upwards:
            least = max(GAINS * asked, min(SURE * noise, MOST_ASKED * asked))
        else:
            least = -min(noise, -GAINS * asked)
        if gain <= least:  # where fewer serve less, nothing queues with them
            alone_s = self.alone_s if upwards else max(self.alone_s, seen.latency_s)
            calm = self.calm.did_not_pay(upwards=upwards)
            return self.to(before.threads, Move.UNDONE, calm=calm, alone_s=alone_s)
        calm = self.calm.did_pay(upwards=upwards)
        if upwards and self.refused_at:
            calm = replace(calm, patience=0)
        alone_s = self.alone_s if upwards else min(self._alone_s(seen), seen.latency_s)
        return self.to(
            self.threads,
            Move.MORE_HELP if upwards else Move.FEWER_DO,
            alone_s=alone_s,
            calm=calm,
        )

    def _backed_off(self, seen: Round) -> Width:
        """Refused: what was served at once, and less than before; a probe is simply undone."""
        if isinstance(self.last, Probed) and self.last.threads < self.threads:
            threads, calm = self.last.threads, self.calm.did_not_pay(upwards=True)
        else:
            served = int(BACKED_OFF * seen.rate * seen.latency_s)
            most = int(LEAST_CUT * self.threads)
            threads, calm = max(self.threads // 2, min(served, most)), Calm()
        return self.to(
            threads,
            Move.REFUSED,
            widening=False,
            refused_at=self.threads,
            calm=calm,
            settling=self.threads,
        )
