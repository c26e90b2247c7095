"""Whoever tries to have one function taken for another, or to be run while it is named."""

from __future__ import annotations

import collections
import enum
import functools
import io
import os
import pathlib
import subprocess
import sys
import tracemalloc
import weakref
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import pytest

from amorsize.cache.identity import identify
from tests.cache.hostile import HELD_FAST
from tests.cache.making import holding, made

if TYPE_CHECKING:
    from collections.abc import Callable

SRC = Path(__file__).parents[2] / "src"


@pytest.mark.parametrize("name", HELD_FAST)
def test_what_could_be_anything_is_not_shared(name: str) -> None:
    func, why = HELD_FAST[name]

    assert identify(func).why_not == why


GO = "from amorsize.cache.identity import identify\n"

FILES: dict[str, dict[str, str]] = {
    "a module named like one of Python's": {
        "go.py": GO + "import profile\nprint(identify(profile.f))",
        "profile.py": "def f(x): return x + N\nN = {n}",
    },
    "a program where packages are installed": {
        "site-packages/go.py": GO + "N = {n}\nprint(identify(lambda x: x + N))",
    },
    "a folder named almost like that": {
        "go.py": GO + "import sys; sys.path.append('my-site-packages')\n"
        "import mine\nprint(identify(mine.f))",
        "my-site-packages/mine.py": "def f(x): return x + N\nN = {n}",
    },
    "a module that was imported by then": {
        "go.py": GO + "import mine.sub\ndef f(x):\n    from mine import sub\n    return sub.h(x)\n"
        "print(identify(f))",
        "mine/__init__.py": "",
        "mine/sub.py": "def h(x): return x + {n}",
    },
    "a module that is imported by another name": {
        "go.py": GO + "import mine.sub\ndef f(x):\n    import mine.sub as s\n    return s.h(x)\n"
        "print(identify(f))",
        "mine/__init__.py": "",
        "mine/sub.py": "def h(x): return x + {n}",
    },
}

NOT_YET: dict[str, dict[str, str]] = {
    "module mine.sub": {
        "go.py": GO + "import mine\ndef f(x):\n    from mine import sub\n    return sub.h(x)\n"
        "print(identify(f))",
        "mine/__init__.py": "",
        "mine/sub.py": "def h(x): return x",
    },
    "module profile": {
        "go.py": GO + "def f(x):\n    import profile\n    return profile.h(x)\nprint(identify(f))",
        "profile.py": "def h(x): return x",
    },
    "module helper": {
        "go.py": GO + "import mine.deep\nprint(identify(mine.deep.f))",
        "mine/__init__.py": "",
        "mine/deep.py": "import mine.helper\ndef f(x):\n    import helper\n    return helper.h(x)",
        "mine/helper.py": "def h(x): return x",
        "helper.py": "def h(x): return x",
    },
}


def told(files: dict[str, str], folder: Path, number: int) -> str:
    for name, source in files.items():
        path = folder / str(number) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source.replace("{n}", str(number)))
        os.utime(path, (0, 0))  # so that no date tells them apart
    program = next(name for name in files if name.endswith("go.py"))
    return subprocess.run(
        [sys.executable, program],
        cwd=folder / str(number),
        env=os.environ | {"PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_modules_of_the_user_s_are_read_wherever_they_lie(name: str, tmp_path: Path) -> None:
    one, other = (told(FILES[name], tmp_path, number) for number in (1, 2))

    assert "shared=True" in one
    assert "shared=True" in other
    assert one != other


@pytest.mark.slow
@pytest.mark.parametrize("name", NOT_YET)
def test_modules_of_the_user_s_that_were_not_imported_are_not_guessed(
    name: str, tmp_path: Path
) -> None:
    assert f"{name}, which has not been imported yet" in told(NOT_YET[name], tmp_path, 1)


class Access(enum.Flag):
    READ = 1
    WRITE = 2


def uses_flags(item: Any) -> Any:
    return [~Access.READ, ~(Access.READ | Access.WRITE), Access(item & 3)]


@functools.lru_cache(maxsize=3)
def remembers(item: Any) -> Any:
    return [item]


WHERE = pathlib.Path("a", "b")


def uses_a_path(item: Any) -> Any:
    return {WHERE: WHERE.parts, item: str(WHERE)}


@pytest.mark.parametrize("func", [uses_flags, remembers, uses_a_path])
def test_a_function_is_the_same_after_it_was_called(func: Callable[[Any], Any]) -> None:
    before = identify(func)
    for item in range(5):
        func(item)

    assert before.shared
    assert identify(func) == before


def test_no_code_of_a_metaclass_runs() -> None:
    class Meta(type):
        def _touched(cls, *_: Any) -> Any:
            raise AssertionError

        __hash__ = __eq__ = __call__ = __repr__ = __instancecheck__ = __subclasscheck__ = _touched
        __getattribute__ = _touched

    kind = Meta("Kind", (), {})
    thing: Any = object.__new__(cast("type[Any]", kind))

    assert identify(holding([thing, kind])).shared
    assert identify(thing).shared


class Nosy:
    """Whoever asks it for an attribute runs its code."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)

    def __hash__(self) -> int:
        ASKED.append("hash")
        return 1

    def __eq__(self, other: object) -> bool:
        return self is other


ASKED: list[str] = []


class Chest(dict[Any, Any]):
    pass


def test_no_code_of_what_is_kept_runs() -> None:
    thing = Nosy()
    kept = [weakref.proxy(thing), {thing: 1}, {thing}, Chest({thing: 1}), frozenset([thing])]
    ordered = collections.OrderedDict([(thing, 1)])
    ASKED.clear()

    assert [identify(holding(one)).shared for one in kept] == [False, True, True, True, True]
    assert "OrderedDict with keys" in str(identify(holding(ordered)).why_not)
    assert ASKED == []


class Name(str):
    """A name that notes who compares it with another."""

    __slots__ = ()

    def __hash__(self) -> int:
        ASKED.append("hash")
        return str.__hash__(self)

    def __eq__(self, other: object) -> bool:
        ASKED.append("eq")
        return str.__eq__(self, other)


def held(name: str, where: dict[Any, Any] | None = None) -> dict[Any, Any]:
    """A dictionary in which this name is odd."""
    where = {} if where is None else where
    where.pop(name, None)
    where[Name(name)] = len
    return where


def odd_globals(name: str) -> Any:
    func = made("def f(x): return h(x)")
    held(name, func.__globals__)
    return func


def odd_builtins() -> Any:
    return made("def f(x): return h(x)", __builtins__=held("h"))


def odd_module(name: str) -> Any:
    module = ModuleType("odd")
    held(name, vars(module))
    return made("def f(x): return m.h(x), m.k, m.l", m=module)


def odd_class(name: str) -> Any:
    return type("Odd", (), held(name))


def odd_notes() -> Any:
    func = functools.lru_cache(made("def f(x): return x"))
    held("__wrapped__", vars(func))
    return func


ODD: dict[str, Callable[[], Any]] = {
    "a global": lambda: odd_globals("h"),
    "the name of the module": lambda: odd_globals("__name__"),
    "a builtin": odd_builtins,
    "in a module": lambda: odd_module("h"),
    "the name of a module": lambda: odd_module("__name__"),
    "in a class": lambda: holding(odd_class("h")),
    "the module of a class": lambda: holding(odd_class("__module__")),
    "in an object's class": lambda: holding(odd_class("__module__")()),
    "in what is remembered": odd_notes,
}


@pytest.mark.parametrize("name", ODD)
def test_no_code_of_a_name_runs(name: str) -> None:
    func = ODD[name]()
    ASKED.clear()
    found = identify(func)

    assert ASKED == []
    assert found.why_not == "names that are no plain text"


def test_no_code_of_a_name_in_a_module_that_is_imported_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = ModuleType("odd")
    for name in ("__loader__", "__file__", "h"):
        held(name, vars(module))
    monkeypatch.setitem(sys.modules, "odd", module)
    func = made("def f(x):\n    from odd import h\n    return h(x)")
    ASKED.clear()
    found = identify(func)

    assert ASKED == []
    assert found.why_not == "names that are no plain text"


class HeirOfPath(pathlib.PurePosixPath):
    """With attributes, of which some of Python's are not read."""


def test_no_code_of_a_name_of_an_attribute_runs() -> None:
    path = HeirOfPath("a")
    held("_hash", vars(path))
    ASKED.clear()
    identify(holding(path))

    assert ASKED == []


def test_no_property_runs_of_a_class_that_says_it_is_python_s() -> None:
    class Stream(io.BytesIO):
        @property
        def __name__(self) -> str:
            ASKED.append("property")
            return "open"

    Stream.__module__ = "io"
    ASKED.clear()

    assert not identify(holding(Stream())).shared
    assert ASKED == []


class Row(list[Any]):
    pass


def test_a_global_with_a_number_of_two_bytes_is_read() -> None:
    source = "def f(x): return [" + ", ".join(f"a{number}" for number in range(300)) + "]"
    names: dict[str, Any] = {f"a{number}": 0 for number in range(300)}

    assert identify(made(source, **names)) != identify(made(source, **names | {"a299": 1}))


MANY = [(number,) for number in range(300_000)]


@pytest.mark.parametrize(
    "kind",
    [list, tuple, set, dict.fromkeys, frozenset, collections.deque, collections.Counter, Row],
)
def test_what_is_too_large_is_not_even_copied(kind: Callable[[Any], Any]) -> None:
    func = holding(kind(MANY))
    tracemalloc.start()
    why = identify(func).why_not
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert "more than" in str(why)
    assert most < 1 << 20


def test_one_large_number_among_others_is_too_large() -> None:
    assert "more than" in str(identify(holding([1, 1 << (1 << 24)])).why_not)


def test_results_that_are_remembered_are_not_copied() -> None:
    func = functools.lru_cache(maxsize=100_000)(made("def f(x): return x"))
    for item in range(50_000):
        func(item)

    assert "remembered results of more than" in str(identify(func).why_not)
