"""Files as a broken disk, a careless script or an enemy may leave them."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from amorsize import cache
from amorsize.cache.kinds import KINDS
from tests.cache.kit import DAY_S

if TYPE_CHECKING:
    from random import Random

    from tests.cache.kit import Door, FakeTime

ODD: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1, 4096, 4097, 2**63, 10**400, -(10**30), 0.5, 1e308, -1e308),
    *(float("nan"), float("inf"), "", "x", "x" * 2000, "\ud800", "\0", [], {}, [[]], [None] * 60),
    *({"state": "measured"}, {"state": "cannot", "what": 3}, {"__class__": "os.system"}),
)

REASONS: Final = (
    "Cache format version mismatch (cached: v",
    "Cache entry expired (age: ",
    "Physical core count changed (cached: ",
    "Multiprocessing start method changed (cached: ",
    "Available memory changed significantly (cached: ",
    "Failed to load cache: ",
)

DEEP: Final = 200_000


def mutant(data: bytes, random: Random) -> bytes:
    """One file that differs from a good one."""
    match random.randrange(6):
        case 0:
            spoilt = bytearray(data)
            for _ in range(random.choice((1, 1, 1, 8))):
                spoilt[random.randrange(len(spoilt))] ^= 1 << random.randrange(8)
            return bytes(spoilt)
        case 1:
            return data[: random.randrange(len(data))]
        case 2:
            return data + random.randbytes(random.randrange(1, 40))
        case 3:
            opening = random.choice((b"[", b'{"a":', b'{"n_jobs":['))
            return opening * random.randrange(1, DEEP)
        case 4:
            return random.randbytes(random.randrange(200))
        case _:
            return _changed(json.loads(data), random)


def _changed(document: dict[str, Any], random: Random) -> bytes:
    """Fields with other values, some of them inside others."""
    for _ in range(random.randint(1, 3)):
        at = document
        name = random.choice([*at])
        while isinstance(at[name], dict) and at[name] and random.random() < 0.7:
            at = at[name]
            name = random.choice([*at])
        match random.randrange(6):
            case 0:
                del at[name]
                at[name + "x"] = 1
            case 1:
                at[name] = document["warnings"] if "warnings" in document else [at[name]]
            case 2 | 3:
                at[name] = random.choice(ODD)
            case _:
                at[name] = _other(at[name], random)
    try:
        return json.dumps(document).encode()
    except ValueError:  # it holds itself now
        return b"null"


def _other(value: Any, random: Random) -> Any:
    """Something of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        factor = random.choice((-1, 0, 0.5, 0.95, 1.05, 2, 1e6))
        return type(value)(max(-1e30, min(1e30, value)) * factor)
    return value * 2 if isinstance(value, (str, list)) else value


def check(door: Door, key: str, time: FakeTime) -> str:
    """Load it: an entry within bounds, or a reason of the table; says which."""
    entry, reason = door.load(key)
    valid, issues = cache.validate_cache_entry(door.file(key))
    assert valid == (not issues) == (entry is not None), (reason, issues)
    if entry is None:
        assert reason.startswith(REASONS), reason
        return reason if reason.startswith("Failed") else reason.partition(" (")[0]
    assert 1 <= entry.n_jobs <= 4096
    assert 1 <= entry.chunksize < 2**63
    assert 0 <= entry.timestamp <= time.now + DAY_S
    assert entry.cache_version == cache.CACHE_VERSION
    _check_plain(asdict(entry))
    KINDS[door.name].table.decode(KINDS[door.name].table.encode(entry))
    return "an entry"


def _check_plain(value: Any) -> None:
    """Everything in it is bounded, and numbers are numbers."""
    if isinstance(value, dict):
        for inner in value.values():
            _check_plain(inner)
    elif isinstance(value, (list, tuple)):
        assert len(value) <= 50
        for inner in value:
            _check_plain(inner)
    elif isinstance(value, str):
        assert len(value) <= 1000
    elif value is not None:
        assert isinstance(value, bool) or isfinite(value)
