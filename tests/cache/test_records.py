"""Whatever a file says within the bounds of the codec, every reader of it stays sane."""

from __future__ import annotations

import json
import re
from math import isfinite
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest

from amorsize import OptimizationResult, cache, execute, optimize
from amorsize.cache.dating import dated
from amorsize.cache.kinds import OPTIMIZATION
from amorsize.cache.rules import LEAST, MOST_RATIO, MOST_S, MOST_WHOLE
from amorsize.errors import BackendRefusedError
from amorsize.stats.shrinkage import MOST
from tests.cache.examples import LEARNED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS: Final = (0, LEAST, 1e-3, 1.0, MOST_S)
RATIOS: Final = (0, LEAST, 1, MOST_RATIO)
SIZES: Final = (0, LEAST, 1, 2.0**62)
COUNTS: Final = (1, 2, MOST_WHOLE)
CANNOT: Final = {"state": "cannot", "what": "x\n\ty", "why": "€"}
USES: Final = (
    None,
    {"free_share": 1, "ticks": MOST_WHOLE, "threads_gain": 0},
    {"free_share": 0, "ticks": 0, "threads_gain": None},
    {"free_share": LEAST, "ticks": 5, "threads_gain": MOST_RATIO},
)

FIELDS: Final[dict[str, tuple[Any, ...]]] = {
    **dict.fromkeys(("sampled", "workers"), COUNTS),
    "items": (None, 0, 1, MOST_WHOLE),
    **dict.fromkeys(("inherited", "function_by_name", "returns_its_item"), (True, False)),
    **dict.fromkeys(("first_s", "mean_s", "longest_s"), SECONDS),
    **dict.fromkeys(("spread", "trend", "cpu_share", "process_cpu_share"), RATIOS),
    **dict.fromkeys(("waits_per_call", "preemptions_per_call"), RATIOS),
    "read_s": (None, *SECONDS),
    "item_bytes": SIZES,
    "heap_bytes": (0, MOST_WHOLE),
    "carries": (None, "a socket"),
    "gil": USES,
}


def tiny(x: int) -> int:
    return x


def slow(x: int) -> int:
    for _ in range(2000):
        x += 1
    return x - 2000


def travel(random: Random) -> dict[str, Any]:
    if random.random() < 0.3:
        return random.choice([{"state": "unknown"}, CANNOT])
    beside, size = sorted(random.choices(SIZES, k=2))
    times = {name: random.choice(SECONDS) for name in ("dumps_s", "loads_s")}
    sizes = {"size_bytes": size, "out_of_band_bytes": beside}
    return {"state": "measured", "sampled": random.choice((0, 1, MOST_WHOLE)), **times, **sizes}


def records(func: Callable[[int], int], random: Random, many: int) -> Iterator[str]:
    """Put one after the other where ``func`` has its entry."""
    key = cache.compute_cache_key(func, 1, 1)
    file = cache.get_cache_dir() / f"{key}.json"
    entry = cache.CacheEntry(2, 3, "thread", 1.5, "why", [], **dated(), learned=LEARNED)
    base = OPTIMIZATION.table.encode(entry)
    for _ in range(many):
        names = random.sample(sorted(FIELDS), random.choice((1, 2, 4, len(FIELDS))))
        changes = {name: random.choice(FIELDS[name]) for name in names}
        for name in random.sample(("argument", "result", "function"), random.randint(0, 3)):
            changes[name] = travel(random)
        file.write_text(json.dumps(base | changes))
        assert cache.load_cache_entry(key)[1] == "", changes
        yield json.dumps(changes)


def check(result: OptimizationResult, asked: object) -> None:
    assert 1 <= result.n_jobs <= 4096, asked
    assert 1 <= result.chunksize <= MOST_WHOLE, asked
    assert isfinite(result.estimated_speedup), asked
    # what earlier runs took may correct a prediction by so much
    assert 0 <= result.estimated_speedup <= result.n_jobs * MOST * (1 + 1e-9), asked
    told = f"{result.explain()}\n{result}\n{result!r}"
    assert not re.search(r"\b(inf|nan)\b", told), (asked, told)
    assert told.encode()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_no_record_makes_optimize_raise_or_talk_nonsense(seed: int) -> None:
    random, hits = Random(seed), 0
    for record in records(tiny, random, 60):
        inputs: tuple[Any, ...] = (list(range(50)), iter(range(50)), range(10**9), [1], [])
        for data in inputs:
            result = optimize(tiny, data)
            hits += result.cache_hit
            check(result, record)
        forced: dict[str, Any] = {
            "backend": random.choice(("threads", "processes")),
            "n_jobs": random.choice((1, 2, None, -1)),
        }
        try:
            check(optimize(tiny, range(50), **forced), (record, forced))
        except BackendRefusedError:  # what cannot travel cannot be sent: that is an answer, too
            continue

    assert hits > 60


@pytest.mark.slow
def test_no_record_makes_execute_raise_or_give_other_results() -> None:
    data = list(range(60))
    for record in records(slow, Random(9), 15):
        assert execute(slow, data) == data, record
