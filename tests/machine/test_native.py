"""Whose the threads are that Python knows nothing of."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from amorsize.machine.native import (
    Mapping,
    libraries_among,
    owners,
    parse_maps,
)
from tests.machine.child import compile_library, run_python

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self")

# in the form that proc_pid_maps(5) describes
MAPS = """\
00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/python3.11
00651000-00652000 r--p 00051000 08:02 173521      /usr/bin/python3.11
00e03000-00e24000 rw-p 00000000 00:00 0           [heap]
35b1800000-35b1820000 r-xp 00000000 08:02 135522  /usr/lib64/ld-2.15.so
7f0000000000-7f0000001000 r-xp 00000000 08:02 7   /opt/my libs/libpool.so.1 (deleted)
7f0000002000-7f0000003000 rwxp 00000000 00:00 0
"""

LAZY_POOL = """
#include <pthread.h>
#include <unistd.h>
static void *idle(void *unused) { for (;;) pause(); return unused; }
int start(void) { pthread_t thread; return pthread_create(&thread, 0, idle, 0); }
"""


def test_only_code_from_files_is_kept() -> None:
    mappings = parse_maps(MAPS)

    assert [mapping.name for mapping in mappings] == ["python3.11", "ld-2.15.so", "libpool.so.1"]
    assert mappings[2] == Mapping(0x7F0000000000, 0x7F0000001000, "/opt/my libs/libpool.so.1")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ({0x7F0000000000}, {"libpool.so.1"}),
        ({0x7F0000000FFF, 0x400000}, {"libpool.so.1", "python3.11"}),
        ({0x7F0000001000, 0x3FFFFF, 0, 2**64 - 1}, set()),
        ({0x35B1800000}, set()),
    ],
)
def test_addresses_lead_to_libraries_except_the_systems_own(
    words: set[int], names: set[str]
) -> None:
    assert set(libraries_among(words, parse_maps(MAPS))) == names


def test_without_mappings_no_address_leads_anywhere() -> None:
    assert libraries_among({1, 2}, []) == []


@pytest.mark.slow
def test_a_waiting_native_thread_is_traced_to_its_library(tmp_path: Path) -> None:
    library = compile_library(tmp_path, "libidlers.so", LAZY_POOL, "-pthread")
    if library is None:
        pytest.skip("needs a C compiler")

    printed = run_python(
        """
        import ctypes, os, sys, time
        from amorsize.machine.native import native_threads, os_thread_ids
        ctypes.CDLL(sys.argv[1]).start()
        others = [tid for tid in os_thread_ids() if tid != os.getpid()]
        deadline = time.monotonic() + 5
        while not (found := native_threads(others))[0].libraries and time.monotonic() < deadline:
            time.sleep(0.001)
        print([(thread.name, sorted(thread.libraries)) for thread in found])
        """,
        arguments=(str(library),),
    )

    assert printed == "[('', ['libidlers.so'])]"


@pytest.mark.parametrize(
    ("on_the_stack", "believed"),
    [
        (["libopenblas.so.0", "libpython3.11.so.1.0", "libsqlite3.so.0"], {"libopenblas.so.0"}),
        (["libpython3.11.so.1.0", "libopenblas.so.0"], {"libopenblas.so.0"}),
        (["libpython3.11.so.1.0"], {"libpython3.11.so.1.0"}),
        (["libopenblas.so.0", "libgomp.so.1"], {"libopenblas.so.0", "libgomp.so.1"}),
        ([], set()),
    ],
)
def test_only_the_innermost_library_is_believed_on_a_recycled_stack(
    on_the_stack: list[str], believed: set[str]
) -> None:
    assert owners(on_the_stack) == believed
