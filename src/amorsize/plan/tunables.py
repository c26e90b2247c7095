"""Every chosen number of a decision, named with its reason."""

from __future__ import annotations

from typing import Final

SCREEN_S: Final = 3e-3
"""Less work than this is left alone without a thought.

Starting one worker blocks the caller for about 1 ms, and half of 3 ms is all that a second
worker can save."""

COMPUTING_SCREEN_S: Final = 20e-3
"""A function that computes is not asked about where all its calls together take less.

Processes would not be started: their start, some 1.1 ms, may be ``BLOCKING_SHARE`` of the whole.
Threads could save 5 to 10 ms where the lock is free; to see whether it is, and all that goes
before, takes 2 to 3 ms in a fresh process, of every job of that size."""

RATE_SLACK: Final = 0.05
"""Where one worker reaches all but this share of ``max_rate``, a second is not worth its start."""
WARM_SCREEN_S: Final = 7e-3
"""The same, where spawned workers wait: a call to them blocks for some 0.35 ms."""

TOO_SHORT_S: Final = 80e-9
"""A call that takes less is not shared out: even an integer takes 30 ns to fetch.

Of calls of 65, 100 and 220 ns that gave integers, two processes took 0.89, 0.87 and 0.76 of the
plain loop's time."""

BLOCKING_SHARE: Final = 0.05
"""Starting the first worker may block the caller for this share of the whole run, at most.

It is what an unlucky start can cost: never meaningfully slower than the plain loop. Where more
than two workers may gain more than twice, so much more may be staked."""

LEAST_SURE: Final = 0.4
"""Workers are counted as if this share of what is likely were sure, however few calls were seen.

Their best number is like the root of the work: twice too few or too many cost a quarter."""

STARTING_SHARE: Final = 0.4
"""Further workers may take this share of the work that is left at the least, to start.

The best number of w workers blocks as long as each of them works, which 5 % would not allow
below 20 workers; below a half even the lower end gains more than starting costs."""

THREADS_STAKE_S: Final = 3e-3
"""Threads may be started on an expectation that is not sure if they cost no more, ..."""

THREADS_STAKE: Final = 0.2
"""... or no more than this share of what was spent: waiting for a second item costs all of it."""

FEW_ITEMS: Final = 16
"""So few items are shared out after the first call alone, slow as it may be for a first one.

One more would be a good part of them. If the others turn out tiny, the start of a worker was
staked, and 16 chunks of one item."""

SOON_BETTER: Final = 1.5
"""Threads are not started after the first call where processes, for which one is not enough,
promise to be so many times faster: another call is soon run, and threads would stay."""

WAITING_GROWTH: Final = 0.4
"""Where little that is sure keeps workers few, the next question is waited for if they lose more
than this share of what was spent: so long it takes until it is asked, and more is known then."""

MIN_RATE: Final = 1.25
"""Caller and workers together must be this many times faster than the caller alone.

Transfers are measured on few results; jobs below it were slower as often as faster."""

TRANSFER_SAFETY: Final = 1.5
"""Measured transfer times are multiplied by it.

A probe of 64 small dicts understated unpickling twice: caches were warm."""

MANY_TRANSFERS: Final = 1000
"""From so many sampled objects on, the measured times are taken as they are."""

SURE_TRANSFER_S: Final = 0.5e-3
"""Nor are small objects what was measured where the sample took so long, or one of them does.

One list of 20,000 integers, 0.9 ms there and back, cost in a run what it had cost alone."""

CLEARLY_FEWER: Final = 0.9
"""All CPUs together must compute by so much slower than so many single ones to count for fewer.

Siblings that share a core do, 1.2 to 1.4 times one; two cores of their own did 1.9 to 2.0 here."""

NARROW_SPEED: Final = 0.15
"""... and be known so well: the width of the interval over the middle."""

WAITING_SHARE: Final = 0.5
"""A function that uses less CPU than this share of its time waits, if it also gives way."""

BARELY_COMPUTING: Final = 0.1
"""Below this share there is nothing for workers to fight over: start many at once."""

SWITCHES_PER_ITEM: Final = 0.1
"""Voluntary switches per call from which on a function is believed to wait.

Steal time of a virtual machine looks like waiting too, but switches nothing."""

SURE_SWITCHES_PER_ITEM: Final = 0.5
"""So many of them mean waiting on a busy machine, too, which preempts more often than that."""

OWN_THREADS: Final = 0.2
"""Cores busy beside the calling thread from which on a function is believed to have threads."""

SPIN_S: Final = 0.15
"""Threads of BLAS spin for up to 0.1 s after work that the caller gave them earlier.

Before so much was seen, busy threads do not keep workers away: they are only pinned."""

CALLS_PER_CORE: Final = 2
"""Where threads overlap so many calls for each core, at no cost, processes are not asked.

On two cores a function that computes for a quarter of its time is such. One that computes for a
tenth would keep 64 processes busy on 64 cores, and the interpreter lock lets 10 calls through."""

MAX_IO_WORKERS: Final = 32
"""Threads to start with where it only waits. Python's own default is no higher."""

ONE_ROUND: Final = 2
"""Up to so many times the useful threads all items are started at once: queueing for the CPU costs
less than a second round of waiting."""

HEADROOM: Final = 1.25
"""Waiting workers beyond those that would just fill the CPU."""

FREE_SHARE: Final = 0.6
"""On-time ticks from which on a trial on two threads is worth it.

Code that holds the lock lets 0 to 0.33 of the ticks through, code that frees it 0.5 to 1."""

SHORTEST_RELEASE_S: Final = 1e-6
"""Shorter calls are not asked whether they release the lock, which takes 4 ms.

Handing the lock over takes longer. Hashing 2 KB in 1.5 us still gained 1.65 times on two threads;
the standard library keeps the lock for anything shorter."""

THREADS_GAIN: Final = 1.3
"""Speed-up of two threads from which on threads scale. Separated every function measured."""

PROCESSES_PER_CORE: Final = 4
"""Processes for a function that waits, at most: unlike threads they cost memory."""

THREADS_BONUS: Final = 1.15
"""Threads are preferred to processes that are faster by less: they copy nothing, and what
they gain was measured, not modelled."""

GIL_QUESTION_S: Final = 5e-3
"""Time that threads at their best would have to save before the lock is looked at.

Looking takes a few milliseconds of kept work, half of which two workers would have saved."""

GIL_SURE_S: Final = 0.2
"""Remaining work from which on the lock is looked at in any case: it is little of it, and
threads copy nothing and use no more memory."""

SAME_TIME: Final = 1.02
"""Fewer workers are preferred where more save less than this."""


MIN_ADVISED: Final = 1.1
"""A standard pool is advised from this speed-up on; below it noise would decide."""

MAX_JOBS: Final = 1024
"""No pool is advised to have more: descriptors and memory run out first."""

LEAST_SPREAD: Final = 0.1
"""Equal calls take different times on different cores, by about so much."""

WORTH_TELLING: Final = 1.1
"""What would make a run faster by less is not told: noise is as large."""

MOST_TOLD: Final = 3
"""Changes that are told, those that help most."""
