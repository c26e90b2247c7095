"""Everything that is checked: what depends on it, and what to do where it fails."""

from __future__ import annotations

from typing import Final

from amorsize.checkup.finding import Part, Subject

MORE_PROCESSES: Final = (
    "raise the limit on processes (ulimit -u, pids.max of the control group) and on open files"
)

TRIED: Final = {
    "on_threads": Subject(
        "threads",
        Part.THREADS,
        "functions that wait, or release the interpreter lock, run on threads",
        "raise the limit on processes (ulimit -u, pids.max of the control group): "
        "threads count against it",
    ),
    "forked": Subject(
        "forked workers",
        Part.FORKED,
        "workers that inherit function and data start within milliseconds",
        f"{MORE_PROCESSES}; spawned workers, which start more slowly, are used meanwhile",
    ),
    "spawned": Subject(
        "spawned workers",
        Part.SPAWNED,
        "where a fork is not safe, as in notebooks and beside other threads, workers are spawned",
        f"{MORE_PROCESSES}, and see that loky is installed; the plain loop is used meanwhile",
    ),
    "memory_files": Subject(
        "memory files",
        Part.FORKED,
        "forked workers return their results in them",
        "raise the limit on the size of files (ulimit -f) and on open files, and let the sandbox "
        "allow memfd_create; spawned workers are used meanwhile",
    ),
    "shared_memory": Subject(
        "shared memory",
        Part.COMFORT,
        "array libraries and standard pools share memory by name, in /dev/shm",
        "mount a larger /dev/shm (docker run --shm-size=1g), writable for this user",
    ),
    "semaphores": Subject(
        "semaphores of multiprocessing",
        Part.COMFORT,
        "the standard pools, which optimize advises for, cannot be made without them",
        f"{MORE_PROCESSES}, and mount /dev/shm writable for this user",
    ),
}
"""By the name of the function of ``trials``."""

PICKLING: Final = Subject(
    "pickling",
    Part.SPAWNED,
    "functions, items and results travel to spawned workers and back",
    "install cloudpickle again: pip install --force-reinstall cloudpickle",
)
CACHES: Final = Subject(
    "cache folders",
    Part.COMFORT,
    "what is learned about a function is there for the next call",
    "make them writable for this user, or set XDG_CACHE_HOME to a folder of your own",
)
CPUS: Final = Subject(
    "usable CPUs",
    Part.FACTS,
    "so many workers can compute at once: amorsize machine shows every limit",
    "give this process more CPUs (affinity, quota of the container), or correct AMORSIZE_NUM_CPUS",
)
MEMORY: Final = Subject(
    "memory",
    Part.FACTS,
    "workers and results must fit in: amorsize machine shows every limit",
    "give this process more memory, or correct AMORSIZE_MEMORY_LIMIT",
)
STARTING: Final = Subject(
    "start method",
    Part.FACTS,
    "workers are forked where that is safe for this process as it is, and spawned elsewhere",
    "call execute before threads and libraries with threads are started, where start-up matters",
)
CLOCKS: Final = Subject(
    "clocks",
    Part.FACTS,
    "decisions are made from the time and the CPU time of single calls",
    "let the kernel use a better clock source (tsc), or measure longer calls",
)
