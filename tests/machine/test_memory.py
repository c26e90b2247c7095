"""Memory limits from outside of control groups, and files that make no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.machine.memory import SystemMemory, memory_facts
from amorsize.machine.sizes import parse_size
from amorsize.vocab.machine import MemoryFacts, MemoryLimit, MemorySource
from tests.machine.layouts import DOCKER_V2, GIB, plant, v2

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = "/nowhere"
SYSTEM = SystemMemory(total_bytes=8 * GIB, available_bytes=5 * GIB)


def facts_of_eight_gib(environ: dict[str, str], root: str = NOWHERE) -> MemoryFacts:
    return memory_facts(root, environ, system=SYSTEM)


def test_without_limits_the_machines_memory_is_the_limit() -> None:
    facts = facts_of_eight_gib({})

    assert facts.binding == MemoryLimit(8 * GIB, MemorySource.MACHINE, "/proc/meminfo")
    assert facts.available_bytes == 5 * GIB


def test_where_nothing_tells_nothing_is_claimed() -> None:
    facts = memory_facts(NOWHERE, {})

    assert (facts.limit_bytes, facts.binding, facts.available_bytes) == (None, None, None)


def test_a_limit_on_addresses_counts() -> None:
    facts = memory_facts(NOWHERE, {}, system=SYSTEM, address_space_bytes=GIB)

    assert facts.binding == MemoryLimit(GIB, MemorySource.ADDRESS_SPACE, "RLIMIT_AS")


@pytest.mark.parametrize(
    ("environ", "limit_bytes"),
    [
        ({"SLURM_MEM_PER_NODE": "2048"}, 2 * GIB),
        ({"SLURM_MEM_PER_NODE": "2G"}, 2 * GIB),
        ({"SLURM_MEM_PER_NODE": "0"}, 8 * GIB),
        ({"SLURM_MEM_PER_CPU": "512", "SLURM_CPUS_ON_NODE": "4"}, 2 * GIB),
        ({"SLURM_MEM_PER_CPU": "512"}, 8 * GIB),
    ],
)
def test_slurm_says_how_much_it_gave(environ: dict[str, str], limit_bytes: int) -> None:
    facts = facts_of_eight_gib(environ)

    assert (facts.limit_bytes, facts.skipped) == (limit_bytes, ())


def test_the_override_replaces_every_limit(tmp_path: Path) -> None:
    facts = facts_of_eight_gib({"AMORSIZE_MEMORY_LIMIT": "2G"}, plant(tmp_path, DOCKER_V2))

    assert facts.binding == MemoryLimit(2 * GIB, MemorySource.OVERRIDE, "AMORSIZE_MEMORY_LIMIT")
    assert facts.binding in facts.limits
    assert facts.available_bytes == 2 * GIB


@pytest.mark.parametrize("value", ["lots", "0", "-5", "5X", "nan", "1..5", "9" * 5000])
def test_an_override_that_makes_no_sense_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="Invalid AMORSIZE_MEMORY_LIMIT"):
        facts_of_eight_gib({"AMORSIZE_MEMORY_LIMIT": value})


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("1024", 1024),
        ("1k", 1024),
        ("1.5GiB", 3 * GIB // 2),
        (" 4 gb ", 4 * GIB),
        ("9007199254740993", 9007199254740993),
        ("0.1", None),
        ("", None),
        ("K", None),
    ],
)
def test_sizes_are_read_as_people_write_them(text: str, size_bytes: int | None) -> None:
    assert parse_size(text) == size_bytes


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_garbage_raises(
    tmp_path_factory: pytest.TempPathFactory, limit: str, stat: str, slurm: str
) -> None:
    tree = v2("/") | {
        "sys/fs/cgroup/memory.max": limit,
        "sys/fs/cgroup/memory.stat": stat,
        "sys/fs/cgroup/memory.current": stat,
        "proc/meminfo": f"MemTotal: {limit} kB\n{stat}\n",
    }
    root = plant(tmp_path_factory.mktemp("root"), tree)

    facts = memory_facts(root, {"SLURM_MEM_PER_NODE": slurm}, system=SYSTEM)
    own = memory_facts(root, {})

    assert facts.limit_bytes is not None
    assert facts.limit_bytes <= 8 * GIB
    assert own.limit_bytes is None or own.limit_bytes >= 0
