"""Toolkits that are in use are named; those that are merely imported are not."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from amorsize.machine.contexts import initialised_context
from tests.machine.child import compile_library, run_python

if TYPE_CHECKING:
    from pathlib import Path


def torch(*, used: bool) -> Any:
    return SimpleNamespace(cuda=SimpleNamespace(is_initialized=lambda: used))


def qt(application: object) -> Any:
    return SimpleNamespace(QCoreApplication=SimpleNamespace(instance=lambda: application))


def window() -> object:
    raise RuntimeError


@pytest.mark.parametrize(
    ("modules", "named"),
    [
        ({}, None),
        ({"torch": torch(used=True)}, "CUDA, initialised by torch"),
        ({"torch": torch(used=False)}, None),
        ({"torch": SimpleNamespace()}, None),
        ({"tkinter": SimpleNamespace(_default_root=object())}, "a tkinter window"),
        ({"tkinter": SimpleNamespace(_default_root=None)}, None),
        ({"PyQt6.QtCore": qt(object())}, "a Qt application"),
        ({"PySide6.QtCore": qt(None)}, None),
        ({"wx": SimpleNamespace(GetApp=object)}, "a wx application"),
        ({"wx": SimpleNamespace(GetApp=window)}, None),
        ({"pygame.display": SimpleNamespace(get_init=lambda: 1)}, "a pygame window"),
    ],
)
def test_what_is_in_use_is_named(modules: dict[str, Any], named: str | None) -> None:
    assert initialised_context(modules) == named


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for a shared object")
@pytest.mark.parametrize(("code", "named"), [(0, "CUDA, initialised by cupy"), (3, None)])
def test_the_cuda_driver_is_asked_whether_it_is_initialised(
    code: int, named: str | None, tmp_path: Path
) -> None:
    source = f"int cuDeviceGetCount(int *count) {{ *count = 1; return {code}; }}"
    library = compile_library(tmp_path, "fake.so", source, "-Wl,-soname,libcuda.so.1")
    if library is None:
        pytest.skip("needs a C compiler")

    printed = run_python(
        """
        import ctypes, sys
        from amorsize.machine.contexts import initialised_context
        before = initialised_context({"cupy": sys})
        ctypes.CDLL(sys.argv[1])
        print(before, initialised_context({"cupy": sys}), sep=";")
        """,
        arguments=(str(library),),
    )

    assert printed == f"None;{named}"
