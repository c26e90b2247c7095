"""Many processes at once on one folder: each checks every answer it gets.

Values carry a checksum in their reason, so that a torn file that still decodes would be seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Final

from amorsize import cache

ROOT: Final = Path(__file__).parents[2]
KEYS: Final = [f"k{number}" for number in range(6)]

ABSENT: Final = {
    "optimization": "No cached entry found for this workload",
    "benchmark": "No cached benchmark result found for this workload",
}


def check_of(jobs: int, chunk: int, text: str) -> str:
    return blake2b(f"{jobs} {chunk} {text}".encode(), digest_size=8).hexdigest()


def save(random: Random) -> str:
    key, jobs, chunk = random.choice(KEYS), random.randint(1, 4096), random.randint(1, 10**9)
    text = "x" * random.randrange(900)
    reason = f"{text} {check_of(jobs, chunk, text)}"
    cache.save_cache_entry(key, jobs, chunk, "thread", 1.5, reason, [reason] * 5)
    cache.save_benchmark_cache_entry(key, float(jobs), float(chunk), jobs / chunk, jobs, chunk)
    return "saved"


def load(random: Random) -> str:
    entry, reason = cache.load_cache_entry(random.choice(KEYS))
    if entry is None:
        assert reason == ABSENT["optimization"], reason
        return "absent"
    text, _, check = entry.reason.rpartition(" ")
    assert check == check_of(entry.n_jobs, entry.chunksize, text)
    assert entry.warnings == [entry.reason] * 5
    return "found"


def load_times(random: Random) -> str:
    entry, reason = cache.load_benchmark_cache_entry(random.choice(KEYS))
    if entry is None:
        assert reason == ABSENT["benchmark"], reason
        return "absent"
    assert (entry.serial_time, entry.parallel_time) == (entry.n_jobs, entry.chunksize)
    return "found"


def load_expired(random: Random) -> str:
    """With a time to live below zero everything is expired, or absent."""
    entry, reason = cache.load_cache_entry(random.choice(KEYS), -1)
    expired = reason.startswith("Cache entry expired")
    assert entry is None
    assert expired or reason == ABSENT["optimization"], reason
    return "expired" if expired else "absent"


def prune(random: Random) -> str:
    kind = random.choice(["optimization", "benchmark"])
    cache.prune_expired_cache(-1, cache_type=kind)
    return "pruned"


def look_after(random: Random) -> str:
    match random.randrange(5):
        case 0:
            cache.clear_cache()
        case 1:
            cache.clear_benchmark_cache()
        case 2:
            repaired = cache.repair_cache(dry_run=False)
            assert repaired["deleted"] == 0, repaired
        case 3:
            stats = cache.get_cache_stats()
            assert stats.unreadable_entries == 0
            assert stats.total_entries == stats.valid_entries
        case _:
            result = cache.validate_cache(cache_type="benchmark")
            assert result.is_valid, result.issues
    return "looked after"


ACTS: Final = (
    *(save, save, save, load, load, load, load),
    *(load_times, load_times, load_expired, prune),
)


def live(seed: int, seconds: float, least: int) -> Counter[str]:
    """Act for so long, and at least so often."""
    cache.AUTO_PRUNE_PROBABILITY = 0.2
    random, done = Random(seed), Counter[str]()
    until = time.monotonic() + seconds
    while time.monotonic() < until or done.total() < least:
        act = look_after if random.random() < 0.02 else random.choice(ACTS)
        done[act(random)] += 1
    return done


def crowd(processes: int, seconds: float, least: int) -> Counter[str]:
    """Let them live on the cache of this process; raises what the first of them complains of."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-m", __name__, str(seed), str(seconds), str(least)],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(processes)
    ]
    told = [process.communicate() for process in started]
    for process, (_, complaint) in zip(started, told, strict=True):
        assert process.returncode == 0, complaint
    return sum((Counter(json.loads(out)) for out, _ in told), Counter[str]())


if __name__ == "__main__":
    print(json.dumps(live(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))))  # noqa: T201 - its answer
