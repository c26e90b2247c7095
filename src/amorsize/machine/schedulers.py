"""What batch schedulers say they gave this job: SLURM, PBS, LSF, Grid Engine.

Sources: "srun" and "sbatch", output environment variables (Slurm documentation); "qsub",
environment variables (PBS Professional reference guide, Torque administrator guide); "Environment
variables" (IBM Spectrum LSF); qsub(1) (Grid Engine).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from amorsize.machine.files import whole
from amorsize.machine.sizes import MIB, parse_size
from amorsize.vocab.machine import CpuLimit, CpuSource, MemoryLimit, MemorySource, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class _Scheduler(NamedTuple):
    variables: tuple[str, ...]
    """Most specific first: the first that is set counts."""
    sign: str | None = None
    """Set in every job, where the variables' own names could mean anything."""


SCHEDULERS: Final = (
    _Scheduler(("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "SLURM_JOB_CPUS_PER_NODE")),
    _Scheduler(("NCPUS",), sign="PBS_JOBID"),
    _Scheduler(("PBS_NUM_PPN", "PBS_NP")),
    _Scheduler(("LSB_DJOB_NUMPROC",)),
    _Scheduler(("NSLOTS",)),
)


def allotted_cpus(environ: Mapping[str, str]) -> Iterator[CpuLimit | Skipped]:
    """CPUs on this node, as each scheduler counts them.

    Some count the slots of all nodes of a job; affinity and quota then decide.
    """
    for scheduler in SCHEDULERS:
        if scheduler.sign is None or scheduler.sign in environ:
            yield from _first_usable(scheduler, environ)


def _first_usable(
    scheduler: _Scheduler, environ: Mapping[str, str]
) -> Iterator[CpuLimit | Skipped]:
    for variable in scheduler.variables:
        text = environ.get(variable, "").strip()
        if not text:
            continue
        cpus = _on_this_node(text, environ.get("SLURM_NODEID", ""))
        if cpus is None:
            yield Skipped(variable, f"{text!r} is not a number of CPUs")
        else:
            yield CpuLimit(cpus, CpuSource.SCHEDULER, variable)
            return


def _on_this_node(text: str, node_id: str) -> int | None:
    """CPUs of one node in ``16`` or in SLURM's list of all nodes, ``16(x2),8``."""
    runs = [_run_of_nodes(part) for part in text.split(",")]
    known = [run for run in runs if run is not None]
    if len(known) < len(runs):
        return None
    node = whole(node_id)
    for cpus, nodes in known:
        if node is not None and node < nodes:
            return cpus
        node = None if node is None else node - nodes
    return min(cpus for cpus, _ in known)


def _run_of_nodes(part: str) -> tuple[int, int] | None:
    count, times, repeat = part.strip().removesuffix(")").partition("(x")
    cpus, nodes = whole(count), whole(repeat) if times else 1
    return (cpus, nodes) if cpus and nodes else None


def allotted_memory(environ: Mapping[str, str]) -> Iterator[MemoryLimit | Skipped]:
    """Memory on this node, where SLURM was asked for an amount; plain numbers are MiB."""
    per_node = _slurm_memory(environ, "SLURM_MEM_PER_NODE")
    if per_node is not None:
        yield per_node
    per_cpu = _slurm_memory(environ, "SLURM_MEM_PER_CPU")
    cpus = whole(environ.get("SLURM_CPUS_ON_NODE", ""))
    if isinstance(per_cpu, MemoryLimit) and cpus:
        yield MemoryLimit(per_cpu.size_bytes * cpus, per_cpu.source, per_cpu.where)
    elif isinstance(per_cpu, Skipped):
        yield per_cpu


def _slurm_memory(environ: Mapping[str, str], variable: str) -> MemoryLimit | Skipped | None:
    text = environ.get(variable, "").strip()
    if text in {"", "0"}:  # 0 stands for all memory of the node
        return None
    size_bytes = parse_size(text, unit_bytes=MIB)
    if size_bytes is None:
        return Skipped(variable, f"{text!r} is not a size")
    return MemoryLimit(size_bytes, MemorySource.SCHEDULER, variable)
