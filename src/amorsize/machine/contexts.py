"""CUDA contexts and GUI toolkits that a forked child could not use, if they are initialised.

Modules are looked up, never imported: what is not imported is not initialised.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CUDA_DRIVER: Final = "libcuda.so.1"
CUDA_SUCCESS: Final = 0

NOT_THERE: Final = (AttributeError, RuntimeError)
"""From a half imported module, or an object of a toolkit that has already been shut down."""


class _Probe(NamedTuple):
    module: str
    what: str
    is_initialised: Callable[[Any], bool]


def initialised_context(modules: Mapping[str, Any] | None = None) -> str | None:
    """Name the CUDA context or GUI toolkit that is in use, if there is one."""
    imported = sys.modules if modules is None else modules
    for probe in PROBES:
        module = imported.get(probe.module)
        if module is not None and _holds(probe, module):
            return probe.what
    return None


def _holds(probe: _Probe, module: Any) -> bool:
    try:
        return probe.is_initialised(module)
    except NOT_THERE:
        return False


def cuda_driver_initialised(_: object = None) -> bool:
    """Whether somebody has called ``cuInit``: the driver does not survive a fork after that."""
    import ctypes

    try:
        driver = ctypes.CDLL(CUDA_DRIVER, mode=os.RTLD_NOLOAD | os.RTLD_LAZY)
    except OSError:
        return False
    # any call but cuInit itself reports CUDA_ERROR_NOT_INITIALIZED before it
    count = ctypes.c_int()
    return bool(driver.cuDeviceGetCount(ctypes.byref(count)) == CUDA_SUCCESS)


def _qt_runs(core: Any) -> bool:
    return core.QCoreApplication.instance() is not None


PROBES: Final = (
    _Probe("torch", "CUDA, initialised by torch", lambda torch: bool(torch.cuda.is_initialized())),
    _Probe("cupy", "CUDA, initialised by cupy", cuda_driver_initialised),
    _Probe("pycuda.driver", "CUDA, initialised by pycuda", cuda_driver_initialised),
    _Probe("numba.cuda", "CUDA, initialised by numba", cuda_driver_initialised),
    _Probe("jax", "CUDA, initialised by jax", cuda_driver_initialised),
    _Probe("tensorflow", "CUDA, initialised by tensorflow", cuda_driver_initialised),
    _Probe("tkinter", "a tkinter window", lambda tk: tk._default_root is not None),  # noqa: SLF001 - tkinter tells nowhere else
    _Probe("PySide6.QtCore", "a Qt application", _qt_runs),
    _Probe("PyQt6.QtCore", "a Qt application", _qt_runs),
    _Probe("PySide2.QtCore", "a Qt application", _qt_runs),
    _Probe("PyQt5.QtCore", "a Qt application", _qt_runs),
    _Probe("wx", "a wx application", lambda wx: wx.GetApp() is not None),
    _Probe(
        "gi.repository.Gdk",
        "a GTK display",
        lambda gdk: gdk.Display.get_default() is not None,
    ),
    _Probe("pygame.display", "a pygame window", lambda display: bool(display.get_init())),
)
