"""Talk to loaded thread-pool libraries directly, without the 10 ms of importing `threadpoolctl`.

Only what a fork needs to know and do; pinning and reporting are in ``blas``.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from amorsize.machine.native import code_mappings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BRINGERS: Final = (
    "numpy",
    "scipy",
    "sklearn",
    "torch",
    "numexpr",
    "numba",
    "lightgbm",
    "xgboost",
    "faiss",
    "cv2",
    "mkl",
)
"""Modules that bring a BLAS or OpenMP library along. Looked up, never imported."""

DEADLOCKING_OPENBLAS: Final = "0.3.30"
"""After a fork, the first LU decomposition hangs if it uses several threads.

In the child and in the parent alike (OpenBLAS issue 5520, mended in 0.3.31). Seen with four
threads and matrices of 200 and 256 rows; with two and three threads it was not seen, but nothing
is known that would rule it out. numpy 2.3.3 and 2.3.4 and scipy 1.17.1 ship this version.
"""

SOFT_PAUSE: Final = 1
"""``omp_pause_soft``: threads end, settings stay."""


def brought_pools() -> tuple[str, ...]:
    """The modules already imported that may have loaded a pool library."""
    return tuple(name for name in BRINGERS if name in sys.modules)


def deadlocking_openblas() -> str | None:
    """Name the loaded OpenBLAS that must not be forked as it is now, if there is one."""
    for name, threads in _deadlocking(brought_pools()):
        if threads() > 1:
            return name
    return None


def rest_pools() -> bool:
    """Let the idle threads of libgomp and OpenBLAS end, as a fork handler would.

    They start again when they are needed. To be called while no library computes. Tells whether
    all heard it: the OpenBLAS of numpy 2.5 keeps that function to itself.
    """
    all_heard = True
    for path in _loaded(("libgomp", "openblas")):
        library = _library(path)
        # OpenMP 5.0; in libgomp since GCC 9
        if hasattr(library, "omp_pause_resource_all"):
            library.omp_pause_resource_all(SOFT_PAUSE)
        # what OpenBLAS itself registers to be run before every fork
        if hasattr(library, "blas_thread_shutdown_"):
            library.blas_thread_shutdown_()
        elif "openblas" in path.rpartition("/")[2]:
            all_heard = False
    return all_heard


@cache
def _deadlocking(_brought: tuple[str, ...]) -> tuple[tuple[str, Callable[[], int]], ...]:
    """Looked up once for each set of imported modules: which libraries are loaded follows it."""
    return tuple(_deadlocking_among(_loaded(("openblas",)))) if _brought else ()


def _deadlocking_among(paths: list[str]) -> Iterator[tuple[str, Callable[[], int]]]:
    for path in paths:
        library = _library(path)
        version = openblas_version(_text(_function(library, "openblas_get_config")))
        threads = _function(library, "openblas_get_num_threads")
        if threads is not None and version == DEADLOCKING_OPENBLAS:
            yield f"OpenBLAS {version} ({path.rpartition('/')[2]})", threads


def openblas_version(config: str) -> str:
    """``0.3.30`` of ``OpenBLAS 0.3.30.0.8 USE64BITINT ...``."""
    version = config.removeprefix("OpenBLAS").strip().partition(" ")[0]
    return ".".join(version.split(".")[:3])


def _loaded(parts: tuple[str, ...]) -> list[str]:
    """Paths of loaded libraries with one of ``parts`` in their file name."""
    libraries = {mapping.path: mapping.name for mapping in code_mappings()}
    return sorted(path for path, name in libraries.items() if any(part in name for part in parts))


def _library(path: str) -> Any:
    """The library at ``path`` as it is loaded; ``None`` if it is not any more."""
    import ctypes

    try:
        return ctypes.CDLL(path, mode=os.RTLD_NOLOAD | os.RTLD_LAZY)
    except OSError:
        return None


def _function(library: Any, name: str) -> Any:
    """Look a function of OpenBLAS up under the names that its builds give it."""
    for prefix, suffix in product(("", "scipy_"), ("", "64_", "_64")):
        found = getattr(library, f"{prefix}{name}{suffix}", None)
        if found is not None:
            return found
    return None


def _text(function: Any) -> str:
    import ctypes

    if function is None:
        return ""
    function.restype = ctypes.c_char_p
    return str(function(), "utf-8", "replace")
