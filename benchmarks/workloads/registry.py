"""The workloads, by name. Importing them imports nothing that only some of them need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.workloads import computing, moving, native, parsing, skewed, waiting

if TYPE_CHECKING:
    from benchmarks.workloads.base import Workload

ALL: Final = (
    *computing.WORKLOADS,
    *skewed.WORKLOADS,
    *moving.WORKLOADS,
    *native.WORKLOADS,
    *parsing.WORKLOADS,
    *waiting.WORKLOADS,
)
SUITE: Final = tuple(workload for workload in ALL if workload.in_suite)
BY_NAME: Final = {workload.name: workload for workload in ALL}


def workload_named(name: str) -> Workload:
    """Find a workload.

    Raises:
        KeyError: with the names that exist.
    """
    try:
        return BY_NAME[name]
    except KeyError:
        msg = f"no workload is called {name!r}: one of {', '.join(BY_NAME)}"
        raise KeyError(msg) from None
