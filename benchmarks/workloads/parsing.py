"""Text and JSON: short calls, small strings in, objects out."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any, Final

from benchmarks.tasks.parsing import addresses_in, commonest, parsed, total_of
from benchmarks.workloads.base import Family, Job, Workload

if TYPE_CHECKING:
    from collections.abc import Callable

SEED: Final = 7
DISTINCT: Final = 50
"""Documents are used over and over, as copies: a pool shall not find out that they are equal."""

ROWS: Final = 20
WORDS: Final = 200
VOCABULARY: Final = ("alpha", "beta", "gamma", "delta", "mail@example.org", "x1", "of", "the")


def _document(random: Random) -> str:
    rows = [
        {"id": i, "value": random.randrange(1000), "tags": [random.choice(VOCABULARY), "x"]}
        for i in range(ROWS)
    ]
    return json.dumps(rows)


def _prose(random: Random) -> str:
    return " ".join(random.choices(VOCABULARY, k=WORDS))


def _texts(func: Callable[[str], Any], write: Callable[[Random], str]) -> Callable[[int], Job]:
    def make(amount: int) -> Job:
        random = Random(SEED)
        texts = [write(random) for _ in range(DISTINCT)]
        return Job(func=func, data=lambda: [texts[i % DISTINCT] + " " for i in range(amount)])

    return make


def _parsing(name: str, make: Callable[[int], Job], ten_ms: int) -> Workload:
    return Workload(name=name, family=Family.PARSING, make=make, ten_ms=ten_ms)


WORKLOADS: Final = (
    _parsing("json-documents", _texts(parsed, _document), 600),
    _parsing("json-totals", _texts(total_of, _document), 600),
    _parsing("text-words", _texts(commonest, _prose), 500),
    _parsing("text-regex", _texts(addresses_in, _prose), 400),
)
