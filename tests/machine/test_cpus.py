"""Overrides, quotas, schedulers, and what happens to files that make no sense."""

from __future__ import annotations

import pickle
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize.errors import UsageError
from amorsize.machine.cpus import cpu_facts
from amorsize.machine.files import cpu_list
from amorsize.machine.schedulers import SCHEDULERS
from amorsize.vocab.machine import CpuFacts, CpuLimit, CpuSource
from tests.machine.layouts import DOCKER_V2, plant, v1, v2

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = "/nowhere"


def facts_on_eight(environ: dict[str, str], root: str = NOWHERE) -> CpuFacts:
    return cpu_facts(root, environ, affinity=range(8), count=8)


def usable_with_files(folder: Path, tree: dict[str, str]) -> tuple[int, list[str]]:
    facts = facts_on_eight({}, plant(folder, tree))
    return facts.usable, [note.where for note in facts.skipped]


def test_without_limits_all_cpus_are_usable() -> None:
    facts = facts_on_eight({})

    assert (facts.usable, facts.binding.source) == (8, CpuSource.MACHINE)


def test_a_narrower_affinity_decides() -> None:
    facts = cpu_facts(NOWHERE, {}, affinity={3, 5}, count=8)

    assert (facts.usable, facts.binding.source, facts.affinity) == (2, CpuSource.AFFINITY, 2)


def test_a_system_without_affinity_has_all_its_cpus() -> None:
    facts = cpu_facts(NOWHERE, {}, affinity=None, count=6)

    assert (facts.usable, facts.affinity, facts.cores_allowed) == (6, None, None)


@pytest.mark.parametrize(
    ("cpu_max", "usable", "quota"),
    [
        ("50000 100000", 1, 0.5),
        ("100000 100000", 1, 1.0),
        ("100001 100000", 2, 1.00001),
        ("400000", 4, 4.0),
        ("1600000 100000", 8, 16.0),
        ("max 100000", 8, None),
    ],
)
def test_a_quota_is_kept_as_it_is_and_rounded_up_for_workers(
    tmp_path: Path, cpu_max: str, usable: int, quota: float | None
) -> None:
    root = plant(tmp_path, v2("/") | {"sys/fs/cgroup/cpu.max": cpu_max})

    facts = facts_on_eight({}, root)

    assert (facts.usable, facts.quota) == (usable, quota)


@pytest.mark.parametrize("text", ["", "abc", "0 100000", "100000 0", "-5 100000", "1e5 100000"])
def test_a_garbled_quota_is_noted_and_limits_nothing(tmp_path: Path, text: str) -> None:
    tree = v2("/") | {"sys/fs/cgroup/cpu.max": text}

    assert usable_with_files(tmp_path, tree) == (8, ["/sys/fs/cgroup/cpu.max"])


def test_an_unreadable_quota_is_noted_and_limits_nothing(tmp_path: Path) -> None:
    (tmp_path / "sys/fs/cgroup/cpu.max").mkdir(parents=True)

    assert usable_with_files(tmp_path, v2("/")) == (8, ["/sys/fs/cgroup/cpu.max"])


def test_a_quota_of_version_1_without_a_period_limits_nothing(tmp_path: Path) -> None:
    tree = v1("/") | {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "100000"}

    assert usable_with_files(tmp_path, tree) == (8, [])


def test_equal_limits_are_put_down_to_the_one_that_says_most() -> None:
    facts = cpu_facts(NOWHERE, {"SLURM_CPUS_PER_TASK": "2"}, affinity={0, 1}, count=8)

    assert facts.binding == CpuLimit(2, CpuSource.SCHEDULER, "SLURM_CPUS_PER_TASK")


@pytest.mark.parametrize(
    ("environ", "usable"),
    [
        ({"SLURM_CPUS_PER_TASK": "2", "SLURM_CPUS_ON_NODE": "4"}, 2),
        ({"SLURM_CPUS_ON_NODE": "4", "SLURM_JOB_CPUS_PER_NODE": "6"}, 4),
        ({"SLURM_JOB_CPUS_PER_NODE": "6(x2),3"}, 3),
        ({"SLURM_JOB_CPUS_PER_NODE": "6(x2),3", "SLURM_NODEID": "1"}, 6),
        ({"SLURM_JOB_CPUS_PER_NODE": "6(x2),3", "SLURM_NODEID": "2"}, 3),
        ({"SLURM_JOB_CPUS_PER_NODE": "6(x999999999999)", "SLURM_NODEID": "9"}, 6),
        ({"NCPUS": "3", "PBS_JOBID": "7.server"}, 3),
        ({"NCPUS": "3"}, 8),
        ({"PBS_NP": "5"}, 5),
        ({"PBS_NUM_PPN": "2", "PBS_NP": "64"}, 2),
        ({"LSB_DJOB_NUMPROC": "4"}, 4),
        ({"NSLOTS": "7"}, 7),
        ({"NSLOTS": "700"}, 8),
        ({"NSLOTS": ""}, 8),
    ],
)
def test_batch_schedulers_say_what_they_gave(environ: dict[str, str], usable: int) -> None:
    facts = facts_on_eight(environ)

    assert facts.usable == usable
    assert facts.skipped == ()


@pytest.mark.parametrize("value", ["many", "0", "-1", "2(x", "4,", "4(x0)", "٤"])
def test_a_garbled_allotment_is_noted_and_the_next_variable_counts(value: str) -> None:
    facts = facts_on_eight({"SLURM_CPUS_PER_TASK": value, "SLURM_CPUS_ON_NODE": "4"})

    assert facts.usable == 4
    assert [note.where for note in facts.skipped] == ["SLURM_CPUS_PER_TASK"]


def test_the_override_replaces_every_limit(tmp_path: Path) -> None:
    environ = {"AMORSIZE_NUM_CPUS": " 12 ", "PYTHON_CPU_COUNT": "3", "NSLOTS": "1"}

    facts = facts_on_eight(environ, plant(tmp_path, DOCKER_V2))

    assert facts.binding == CpuLimit(12, CpuSource.OVERRIDE, "AMORSIZE_NUM_CPUS")
    assert (facts.usable, facts.quota) == (12, 1.5)


@pytest.mark.parametrize("value", ["0", "-1", "2.5", "all", "1e3", "4097", "9" * 5000, "४"])
def test_an_override_that_makes_no_sense_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="Invalid AMORSIZE_NUM_CPUS") as caught:
        facts_on_eight({"AMORSIZE_NUM_CPUS": value})

    assert isinstance(caught.value, UsageError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    ("environ", "x_option", "usable"),
    [
        ({"PYTHON_CPU_COUNT": "3"}, None, 3),
        ({"PYTHON_CPU_COUNT": "12"}, None, 12),
        ({"PYTHON_CPU_COUNT": "default"}, None, 8),
        ({"PYTHON_CPU_COUNT": "3"}, "5", 5),
        ({"PYTHON_CPU_COUNT": "3"}, "default", 8),
        ({"PYTHON_CPU_COUNT": "3"}, True, 3),
    ],
)
def test_pythons_own_number_stands_for_the_machines(
    environ: dict[str, str], x_option: object, usable: int
) -> None:
    assert x_option is None or isinstance(x_option, (str, bool))
    facts = cpu_facts(NOWHERE, environ, affinity=range(8), count=8, x_option=x_option)

    assert facts.usable == usable


def test_a_garbled_number_of_pythons_is_noted() -> None:
    facts = facts_on_eight({"PYTHON_CPU_COUNT": "lots"})

    assert (facts.usable, [note.where for note in facts.skipped]) == (8, ["PYTHON_CPU_COUNT"])


@pytest.mark.parametrize(
    ("text", "cpus"),
    [
        ("0-3,8\n", {0, 1, 2, 3, 8}),
        ("\n", set()),
        ("5", {5}),
        ("3-1", set()),
        ("0-", None),
        ("a", None),
        ("0-99999999", None),
        ("-1", None),
    ],
)
def test_cpu_lists_are_read(text: str, cpus: set[int] | None) -> None:
    assert cpu_list(text) == cpus


KERNEL_TEXT = st.text(string.printable + "\0٤é", max_size=60)
ALLOTMENTS = st.sampled_from([name for scheduler in SCHEDULERS for name in scheduler.variables])


@given(st.lists(KERNEL_TEXT, min_size=4, max_size=4), st.dictionaries(ALLOTMENTS, KERNEL_TEXT))
def test_no_garbage_in_files_or_environment_raises(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], environ: dict[str, str]
) -> None:
    names = ("sys/fs/cgroup/cpu.max", "sys/fs/cgroup/cpuset.cpus.effective", "proc/cpuinfo")
    tree = v2("/") | dict(zip(names, texts, strict=False)) | {"proc/self/cgroup": f"0::{texts[3]}"}
    root = plant(tmp_path_factory.mktemp("root"), tree)

    facts = facts_on_eight(environ, root)

    assert 1 <= facts.usable <= 8


@given(st.text(max_size=200), st.text(max_size=80))
def test_no_garbage_in_mountinfo_raises(
    tmp_path_factory: pytest.TempPathFactory, text: str, point: str
) -> None:
    line = f"28 21 0:25 / {point} rw - cgroup2 none rw"
    tree = {"proc/self/mountinfo": f"{text}\n{line}\n{text}", "proc/self/cgroup": "0::/a"}

    facts = facts_on_eight({}, plant(tmp_path_factory.mktemp("root"), tree))

    assert 1 <= facts.usable <= 8
