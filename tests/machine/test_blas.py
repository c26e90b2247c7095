"""Pools are looked for only where there may be some, and pinning is undone whatever happens."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from amorsize.machine.pools import openblas_version
from tests.machine.child import run_python

with_numpy = pytest.mark.skipif(find_spec("numpy") is None, reason="needs numpy")

WIDE = {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}

WIDTHS = """
    import numpy, threadpoolctl
    from amorsize.machine.blas import native_pools, one_blas_thread

    def widths():
        return {pool.threads for pool in native_pools()}
"""


def test_without_libraries_nothing_is_imported_to_find_that_out() -> None:
    printed = run_python("""
        import sys
        from amorsize.machine.blas import native_pools, one_blas_thread
        with one_blas_thread():
            print(native_pools(), "threadpoolctl" in sys.modules)
    """)

    assert printed == "() False"


@with_numpy
@pytest.mark.slow
def test_inside_each_pool_has_one_thread_and_outside_as_many_as_before() -> None:
    printed = run_python(
        WIDTHS,
        """
    print(widths())
    with one_blas_thread():
        print(widths())
    print(widths())
    """,
        environ=WIDE,
    )

    assert printed.split("\n") == ["{2}", "{1}", "{2}"]


@with_numpy
@pytest.mark.slow
@pytest.mark.parametrize("error", ["ValueError", "KeyboardInterrupt", "SystemExit"])
def test_pinning_is_undone_after_an_error(error: str) -> None:
    printed = run_python(
        WIDTHS,
        f"""
    try:
        with one_blas_thread():
            raise {error}
    except {error}:
        print(widths())
    """,
        environ=WIDE,
    )

    assert printed == "{2}"


@with_numpy
@pytest.mark.slow
def test_a_second_interrupt_while_undoing_does_not_stop_it() -> None:
    printed = run_python(
        WIDTHS,
        """
    class Interrupting:
        calls = []
        num_threads = 2
        def set_num_threads(self, threads):
            self.calls.append(threads)
            if len(self.calls) == 2:
                raise KeyboardInterrupt
    pool = Interrupting()
    class Controller:
        lib_controllers = [pool]
    threadpoolctl.ThreadpoolController = Controller
    try:
        with one_blas_thread():
            pass
    except KeyboardInterrupt:
        print(pool.calls)
    """,
        environ=WIDE,
    )

    assert printed == "[1, 2, 2]"


@pytest.mark.parametrize(
    ("config", "version"),
    [
        ("OpenBLAS 0.3.30 USE64BITINT DYNAMIC_ARCH", "0.3.30"),
        ("OpenBLAS 0.3.30.0.8 NO_AFFINITY", "0.3.30"),
        ("OpenBLAS 0.3.30.dev MAX_THREADS=64", "0.3.30"),
        ("OpenBLAS 0.3.31.188.0 MAX_THREADS=64", "0.3.31"),
        ("OpenBLAS 0.3.3", "0.3.3"),
        ("OpenBLAS", ""),
        ("", ""),
    ],
)
def test_the_version_of_openblas_is_read_from_its_configuration(config: str, version: str) -> None:
    assert openblas_version(config) == version
