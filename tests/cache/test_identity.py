"""Two functions never share a key; the same one has it again in any other process."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from amorsize.cache import compute_benchmark_cache_key, compute_cache_key
from amorsize.cache.identity import identify
from amorsize.cache.identity.walk import MOST_BYTES, MOST_THINGS
from tests.cache.making import holding, made
from tests.cache.pairs import AGREE, DIFFER, SAME, keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]


def keys_elsewhere(seed: str, *how: str) -> dict[str, str]:
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    told = subprocess.run(
        [sys.executable, *how],
        env=os.environ | {"PYTHONPATH": path, "PYTHONHASHSEED": seed},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return dict(json.loads(told))


def test_the_table_is_large_enough() -> None:
    assert len(DIFFER) >= 40
    assert len(AGREE) >= 20


@pytest.mark.parametrize("name", DIFFER)
def test_functions_that_differ_never_share(name: str) -> None:
    one, other = map(identify, DIFFER[name])

    assert one.shared
    assert other.shared
    assert one.key != other.key


@pytest.mark.parametrize("name", SAME)
def test_what_makes_no_difference_is_not_looked_at(name: str) -> None:
    one, other = map(identify, SAME[name])

    assert one.shared
    assert one.key == other.key


@pytest.mark.slow
def test_other_processes_come_to_the_same_keys_however_they_hash() -> None:
    here = keys()
    imported = "import json; from tests.cache.pairs import keys; print(json.dumps(keys()))"

    assert all(key.startswith("f-") for key in here.values())
    assert keys_elsewhere("1", "-m", "tests.cache.pairs") == here
    assert keys_elsewhere("2", "-c", imported) == here


def opened() -> Iterator[tuple[Any, str]]:
    with socket.socket() as one:
        yield one, "socket.socket"
    with open(os.devnull) as file:  # noqa: PTH123 - any open file
        yield file, "_io.TextIOWrapper"
    yield iter([1]), "list_iterator"
    yield (number for number in range(3)), "generator"
    yield ctypes.c_int(3), "ctypes.c_int"
    yield memoryview(b"ab"), "memoryview"


def test_what_cannot_be_read_is_named_and_not_shared() -> None:
    for thing, name in opened():
        func = holding([1, thing])
        found = identify(func)

        assert (found.shared, found.why_not) == (False, name)
        assert identify(func) == found
        assert identify(holding([1, thing])).key != found.key


def test_what_cannot_be_read_has_a_key_that_no_other_process_has() -> None:
    func, other = holding(iter([1])), holding(iter([1]))
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, identify(func).key.encode())
        os._exit(0)
    os.waitpid(child, 0)
    elsewhere = os.read(read, 200).decode()
    os.close(read)
    os.close(write)

    assert len({elsewhere, identify(func).key, identify(other).key}) == 3


def test_a_key_of_a_dead_function_is_not_given_again() -> None:
    seen = set()
    for _ in range(100):
        func = holding(iter([1]))
        seen.add(identify(func).key)
        del func
        gc.collect()

    assert len(seen) == 100


@pytest.mark.parametrize(
    "huge",
    [
        b"x" * (MOST_BYTES + 1),
        "x" * (MOST_BYTES + 1),
        list(range(MOST_BYTES // 8 + 1)),
        [[number] for number in range(MOST_THINGS)],
        bytearray(MOST_BYTES + 1),
        1 << (8 * MOST_BYTES + 8),
    ],
    ids=["bytes", "text", "numbers", "things", "bytearray", "number"],
)
def test_what_is_too_large_is_not_shared(huge: Any) -> None:
    found = identify(holding(huge))

    assert not found.shared
    assert "more than" in str(found.why_not)


def test_something_deep_is_no_trouble() -> None:
    deep: list[Any] = []
    for _ in range(3000):
        deep = [deep]

    assert identify(holding(deep)).shared


IMPORTING = """
def f(x):
    from {package}.helper import g
    return g(x)
"""


@pytest.mark.parametrize(
    "source", [IMPORTING.format(package="mine"), IMPORTING.format(package=".")]
)
def test_a_helper_that_is_imported_while_it_runs_is_read_once_it_was(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    func = made(source, __package__="mine.deep")
    before = identify(func)
    monkeypatch.setitem(sys.modules, "mine", ModuleType("mine"))
    keys_then = []
    for number in (1, 2):
        helper = ModuleType("mine.helper")
        vars(helper)["g"] = made(f"f = lambda x: x + {number}")
        monkeypatch.setitem(sys.modules, "mine.helper", helper)
        keys_then.append(identify(func))

    assert not before.shared
    assert "which has not been imported yet" in str(before.why_not)
    assert [one.shared for one in keys_then] == [True, True]
    assert keys_then[0].key != keys_then[1].key


def test_an_installed_package_is_the_same_before_it_is_imported_and_after() -> None:
    look = (
        "import sys; from tests.cache.pairs import made, identify;"
        "f = made('def f(x):\\n    import pluggy\\n    return pluggy');"
        "one = identify(f); assert 'pluggy' not in sys.modules; import pluggy;"
        "print(one.shared, one == identify(f))"
    )
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    run = subprocess.run(
        [sys.executable, "-c", look],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )

    assert run.stdout == "True True\n"


class Touchy:
    """Whoever asks it anything runs its code."""

    def _touched(self, *_: Any) -> Any:
        raise AssertionError

    __repr__ = __str__ = __hash__ = __bool__ = __len__ = __iter__ = __reduce__ = _touched
    __eq__ = __getattr__ = __getstate__ = __reduce_ex__ = __sizeof__ = __dir__ = _touched

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(name)

    def __call__(self, item: Any) -> Any:
        return item


def test_no_code_of_the_user_s_runs() -> None:
    assert identify(Touchy()).shared
    assert identify(holding({"a": Touchy(), "b": [Touchy()]})).shared


class Pickled:
    """Python notes in it how its objects are pickled, when one is."""

    def __call__(self, item: int) -> int:
        return item


def test_what_python_notes_in_a_class_is_not_read() -> None:
    func = Pickled()
    before = identify(func)
    pickle.dumps(func)

    assert "__slotnames__" in vars(Pickled)
    assert identify(func) == before


def test_changes_of_state_are_seen() -> None:
    box = SimpleNamespace(n=1)
    func = holding(box)
    before = identify(func).key
    box.n = 2

    assert identify(func).key != before


def test_a_walk_through_something_that_changes_meanwhile_never_fails() -> None:
    class Odd(dict[Any, Any]):
        pass

    broken: Any = made("def f(x): return x")
    broken.__kwdefaults__ = Odd({1: 2})
    broken.__module__ = object()

    assert identify(broken).key
    assert pickle.loads(pickle.dumps(identify(broken).key))


def test_public_keys_hold_to_the_rules(door: Any) -> None:
    for func in (len, holding(iter([1]))):
        key = compute_cache_key(func, 100, 0.1)
        assert key == compute_cache_key(func, 7, 2.0)
        assert compute_benchmark_cache_key(func, 10) != compute_benchmark_cache_key(func, 11)
        for one in (key, compute_benchmark_cache_key(func, 10**9)):
            assert door.load(one) == (None, door.absent)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: compute_cache_key(None, 1, 1), "func parameter cannot be None"),  # type: ignore[arg-type]  # bad input
        (lambda: compute_cache_key(3, 1, 1), "func parameter must be callable, got int"),  # type: ignore[arg-type]  # bad input
        (lambda: compute_benchmark_cache_key(len, "x"), "data_size must be an integer, got str"),  # type: ignore[arg-type]  # bad input
        (lambda: compute_benchmark_cache_key(len, -1), "data_size must not be negative, got -1"),
    ],
)
def test_what_has_no_key_is_refused(call: Callable[[], str], complaint: str) -> None:
    with pytest.raises(ValueError, match=f"Invalid parameter: {complaint}"):
        call()
