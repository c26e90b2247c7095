"""Functions that must not be taken for each other, and some that must be known again elsewhere.

Run as a program it prints the keys of all that can be shared, for a test to compare.
"""

from __future__ import annotations

import abc
import array
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import functools
import json
import logging
import math
import operator
import pathlib
import re
import sys
import threading
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from amorsize.cache.identity import identify
from tests.cache import hostile
from tests.cache.making import Func, a_module, a_package, holding, made

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    import numpy as np
except ImportError:  # one of the optional packages
    np = None  # type: ignore[assignment]  # where it is missing


def wrapped(func: Func) -> Func:
    @functools.wraps(func)
    def call(item: Any) -> Any:
        return func(item)

    return call


def hidden(func: Func) -> Func:
    return lambda item: func(item)  # noqa: PLW0108 - it hides what it calls


def repeated(times: int) -> Callable[[Func], Func]:
    def decorate(func: Func) -> Func:
        def call(item: Any) -> Any:
            for _ in range(times):
                item = func(item)
            return item

        return call

    return decorate


def one(x: Any) -> Any:
    return x + 1


def two(x: Any) -> Any:
    return x + 2


class Scale:
    """Called with an item; the state is in a dictionary."""

    base = 10

    def __init__(self, by: Any) -> None:
        self.by = by

    def __call__(self, item: Any) -> Any:
        return item * self.by

    def run(self, item: Any) -> Any:
        return item * self.by

    @property
    def twice(self) -> Any:
        return self.by * 2


class Heir(Scale):
    pass


class Slotted:
    __slots__ = ("by",)

    def __init__(self, by: Any) -> None:
        self.by = by

    def __call__(self, item: Any) -> Any:
        return item * self.by


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self) -> float: ...


class Square(Shape):
    def area(self) -> float:
        return 2.0


@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    names: frozenset[str] = frozenset("abcdef")

    def __call__(self, item: Any) -> Any:
        return item + self.x


class Pair(NamedTuple):
    left: int
    right: int


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Counts(dict[str, int]):
    pass


def a_class(body: str) -> Func:
    return made(f"class K:\n    {body}\n    def __call__(self, x): return self.g(x)\nf = K()")


def ring(value: int) -> Func:
    """An object that holds itself, and a function that holds the object."""
    held: dict[str, Any] = {"value": value}
    held["self"] = held
    return holding(held)


def twins(alike: bool) -> Func:
    first = [1, [2]]
    return holding([first, first if alike else [1, [2]]])


def again(which: int) -> Func:
    lists: list[Any] = [[1, [2]], [1, [2]]]
    return holding([*lists, lists[which]])


CALLS_G: Final = "def f(x): return g(x)"

DIFFER: dict[str, tuple[Func, Func]] = {
    "a constant": (made("f = lambda x: x + 1"), made("f = lambda x: x + 2")),
    "type of a constant": (made("f = lambda x: x + 1"), made("f = lambda x: x + 1.0")),
    "a boolean for a number": (holding(1), holding(True)),
    "sign of zero": (holding(0.0), holding(-0.0)),
    "a constant set": (made("f = lambda x: x in {1, 2}"), made("f = lambda x: x in {1, 3}")),
    "a constant tuple": (made("f = lambda x: (1, (2, 3))"), made("f = lambda x: (1, (2, 4))")),
    "code inside": (
        made("f = lambda x: [(lambda y: y + 1)(i) for i in x]"),
        made("f = lambda x: [(lambda y: y + 2)(i) for i in x]"),
    ),
    "a name": (made("f = lambda x: len(x)"), made("f = lambda x: sum(x)")),
    "an attribute": (made("f = lambda x: x.real"), made("f = lambda x: x.imag")),
    "a method": (made("f = lambda x: x.upper()"), made("f = lambda x: x.lower()")),
    "an operation": (made("f = lambda x: x * 3"), made("f = lambda x: x ** 3")),
    "a default": (made("def f(x, n=1): return x"), made("def f(x, n=2): return x")),
    "a default of a keyword": (
        made("def f(x, *, n=1): return x"),
        made("def f(x, *, n=2): return x"),
    ),
    "no default": (made("def f(x, n=None): return x"), made("def f(x, n): return x")),
    "a docstring that is a value": (
        made("def f(x):\n    'a'\n    return 'a'"),
        made("def f(x):\n    'b'\n    return 'b'"),
    ),
    "what is caught": (
        made("def f(x):\n    try: return g(x)\n    except ValueError: return 0"),
        made("def f(x):\n    try: return g(x)\n    except TypeError: return 0"),
    ),
    "name of a parameter": (made("def f(x): return x"), made("def f(y): return y")),
    "a closure": (holding(1), holding(2)),
    "text or bytes": (holding("a"), holding(b"a")),
    "tuple or list": (holding((1, 2)), holding([1, 2])),
    "set or frozenset": (holding({1}), holding(frozenset({1}))),
    "a list": (holding([1, 2, [3]]), holding([1, 2, [4]])),
    "one list twice, or two": (twins(alike=True), twins(alike=False)),
    "which list is met again": (again(0), again(1)),
    "a dictionary's value": (holding({"a": [1]}), holding({"a": [2]})),
    "a dictionary's key": (holding({"a": 1}), holding({"b": 1})),
    "a set": (holding({"a", "b"}), holding({"a", "c"})),
    "a set of tuples": (holding({("a", 1)}), holding({("a", 2)})),
    "nesting": (holding([[1], 2]), holding([[1, 2]])),
    "a bytearray": (holding(bytearray(b"a")), holding(bytearray(b"b"))),
    "an array": (holding(array.array("i", [1])), holding(array.array("i", [2]))),
    "type of an array": (holding(array.array("i", [1])), holding(array.array("I", [1]))),
    "a range": (holding(range(3)), holding(range(4))),
    "a pattern": (re.compile("a").sub, re.compile("b").sub),
    "flags of a pattern": (holding(re.compile("a")), holding(re.compile("a", re.IGNORECASE))),
    "a path": (holding(pathlib.Path("a")), holding(pathlib.Path("b"))),
    "a date": (holding(dt.date(2020, 1, 1)), holding(dt.date(2020, 1, 2))),
    "a time zone": (
        holding(dt.datetime(2020, 1, 1, tzinfo=dt.UTC)),
        holding(dt.datetime(2020, 1, 1)),  # noqa: DTZ001 - a naive one
    ),
    "a decimal": (holding(decimal.Decimal("1.0")), holding(decimal.Decimal("1.00"))),
    "a member of an enumeration": (holding(Colour.RED), holding(Colour.GREEN)),
    "a member that is a number": (holding(Level.LOW), holding(1)),
    "a named tuple": (holding(Pair(1, 2)), holding((1, 2))),
    "an heir of dict": (holding(Counts(a=1)), holding(Counts(a=2))),
    "an ordered dictionary": (
        holding(collections.OrderedDict(a=1, b=2)),
        holding(collections.OrderedDict(b=2, a=1)),
    ),
    "a factory of defaults": (
        holding(collections.defaultdict(list)),
        holding(collections.defaultdict(set)),
    ),
    "length of a deque": (
        holding(collections.deque([1], maxlen=2)),
        holding(collections.deque([1], maxlen=3)),
    ),
    "something that holds itself": (ring(1), ring(2)),
    "a global": (made("def f(x): return N", N=1), made("def f(x): return N", N=2)),
    "a global far inside": (
        made("def f(x): return [lambda: N for _ in x]", N=1),
        made("def f(x): return [lambda: N for _ in x]", N=2),
    ),
    "a global in the place of a builtin": (
        made("def f(x): return len(x)"),
        made("def f(x): return len(x)", len=one),
    ),
    "a helper": (made(CALLS_G, g=one), made(CALLS_G, g=two)),
    "a helper's helper": (
        made(CALLS_G, g=made(CALLS_G, g=made(CALLS_G, g=one))),
        made(CALLS_G, g=made(CALLS_G, g=made(CALLS_G, g=two))),
    ),
    "a helper's global": (
        made("def h(x): return N\ndef f(x): return h(x)", N=1),
        made("def h(x): return N\ndef f(x): return h(x)", N=2),
    ),
    "a helper in a module of the user's": (
        made("def f(x): return m.g(x)", m=a_module("def g(x): return x + 1")),
        made("def f(x): return m.g(x)", m=a_module("def g(x): return x + 2")),
    ),
    "a helper in a module of a package of the user's": (
        made("def f(x): return m.inner.g(x)", m=a_package("def g(x): return x + 1")),
        made("def f(x): return m.inner.g(x)", m=a_package("def g(x): return x + 2")),
    ),
    "a class that is used": (
        made("def f(x): return K().g(x)", K=type("K", (), {"g": one})),
        made("def f(x): return K().g(x)", K=type("K", (), {"g": two})),
    ),
    "two that call each other": (
        made("def f(x): return g(x)\ndef g(x): return f(x - 1)"),
        made("def f(x): return g(x)\ndef g(x): return f(x - 2)"),
    ),
    "what functools.wraps wraps": (wrapped(one), wrapped(two)),
    "what a decorator hides": (hidden(one), hidden(two)),
    "a decorator's argument": (repeated(2)(one), repeated(3)(one)),
    "what lru_cache wraps": (functools.lru_cache(one), functools.lru_cache(two)),
    "bound of lru_cache": (functools.lru_cache(3)(one), functools.lru_cache(4)(one)),
    "a partial's argument": (functools.partial(pow, 2), functools.partial(pow, 3)),
    "a partial's keyword": (functools.partial(int, base=2), functools.partial(int, base=3)),
    "a partial's function": (functools.partial(one), functools.partial(two)),
    "state of an object": (Scale(2), Scale(3)),
    "state in slots": (Slotted(2), Slotted(3)),
    "state of a dataclass": (Point(1), Point(2)),
    "class of an object": (Scale(2), Heir(2)),
    "code of a class": (
        a_class("def g(self, x): return 1"),
        a_class("def g(self, x): return 2"),
    ),
    "an attribute of a class": (a_class("n = 1; g = abs"), a_class("n = 2; g = abs")),
    "a static method": (
        a_class("g = staticmethod(lambda x: 1)"),
        a_class("g = staticmethod(lambda x: 2)"),
    ),
    "a property": (
        a_class("g = property(lambda self: 1)"),
        a_class("g = property(lambda self: 2)"),
    ),
    "static or class method": (
        a_class("g = staticmethod(lambda *x: 1)"),
        a_class("g = classmethod(lambda *x: 1)"),
    ),
    "whose method": (Scale(2).run, Scale(3).run),
    "which method": (Scale(2).run, Scale(2).__call__),
    "a builtin": (len, sum),
    "a builtin of a module": (math.sin, math.cos),
    "a method of a builtin": (str.upper, str.lower),
    "whose builtin method": ("ab".count, "ba".count),
    "a builtin class": (int, float),
    "an item getter": (operator.itemgetter(1), operator.itemgetter(2)),
    "an attribute getter": (operator.attrgetter("a"), operator.attrgetter("b")),
    "an attribute of the function": (
        made("def f(x): return f.n\nf.n = 1"),
        made("def f(x): return f.n\nf.n = 2"),
    ),
    "another installed function": (json.dumps, json.loads),
}

ORDER: Final = ("zeta", "alpha", "mid", "x", "y", "omega")

AGREE: dict[str, Func] = {
    "a lambda": lambda x: x + 1,
    "a function": one,
    "a constant set": lambda x: x in {"zeta", "alpha", "mid", "x"},
    "a set of strings": holding({*ORDER}),
    "a frozenset of tuples": holding(frozenset((name, len(name)) for name in ORDER)),
    "sets inside": holding({"a": [{*ORDER}, {frozenset(ORDER)}]}),
    "a dictionary": holding(dict.fromkeys(ORDER, 1)),
    "a helper": lambda x: one(two(x)),
    "two that call each other": made("def f(x): return g(x)\ndef g(x): return f(x - 1)"),
    "a decorated one": wrapped(one),
    "a decorator with arguments": repeated(2)(one),
    "a cached one": functools.lru_cache(one),
    "a partial": functools.partial(pow, 2),
    "a method": Scale(2).run,
    "an object": Scale({"zeta", "alpha"}),
    "an object with slots": Slotted(frozenset(ORDER)),
    "a dataclass": Point(1),
    "an abstract class": holding(Square()),
    "an enumeration": holding(Colour.RED),
    "a number that is an enumeration": holding(Level.HIGH),
    "a class": Scale,
    "a builtin": len,
    "a builtin method": "ab".count,
    "a C function": math.sin,
    "an installed function": json.dumps,
    "a pattern": re.compile("a+").sub,
    "a path": holding(pathlib.Path("a") / "b"),
    "a date": holding(dt.datetime(2020, 1, 1, tzinfo=dt.UTC)),
    "a logger": holding(logging.getLogger("a.b")),
    "a lock": holding([threading.Lock(), threading.RLock()]),
    "an event": holding(threading.Event()),
    "something that holds itself": ring(1),
    "a default": made("def f(x, *, n={'a', 'b', 'c'}): return x"),
    "a generator function": made("def f(x):\n    yield from {x, 'a', 'b'}"),
    "a named tuple": holding(Pair(1, 2)),
    "an item getter": operator.itemgetter("a", 2),
    "a counter": holding(collections.Counter("mississippi")),
    "imports while it runs": made(
        "def f(x):\n    import json, xml.dom\n    from hypothesis import given\n    return given"
    ),
    "modules": lambda x: (sys, json, x),
}

SAME: dict[str, tuple[Func, Func]] = {
    "other lines": (made("def f(x):\n    return x"), made("\n\n\ndef f(x):\n\n\n    return x")),
    "another file": (made("def f(x): return x", "a.py"), made("def f(x): return x", "b.py")),
    "another docstring": (
        made("def f(x):\n    'old'\n    return x"),
        made("def f(x):\n    'new'\n    return x"),
    ),
    "comments": (made("def f(x): return x"), made("# why\ndef f(x): return x  # because")),
    "annotations": (made("def f(x): return x"), made("def f(x: int) -> int: return x")),
    "an attribute with the name of a global": (
        made("def f(x): return x.data", data=1),
        made("def f(x): return x.data", data=2),
    ),
    "globals that are not read": (made("def f(x): return x"), made("def f(x): return x", N=1)),
    "a set made in another order": (holding({*ORDER}), holding({*reversed(ORDER)})),
    "a copy of the data": (holding([1, "ab"]), holding([1, "a" + "b" * 1])),
    "a function made again": (holding(1), holding(1)),
    "a method looked up again": (Scale(2).run, Scale(2).run),
}

if np is not None:
    DIFFER |= {
        "a numpy array": (holding(np.arange(3)), holding(np.arange(3) + 1)),
        "type of a numpy array": (
            holding(np.zeros(2, np.int64)),
            holding(np.zeros(2, np.float64)),
        ),
        "shape of a numpy array": (holding(np.zeros((2, 3))), holding(np.zeros((3, 2)))),
        "numpy objects": (
            holding(np.array([[1], "a"], dtype=object)),
            holding(np.array([[2], "a"], dtype=object)),
        ),
        "a numpy number": (holding(np.float64(1)), holding(np.float32(1))),
        "a numpy function": (np.sqrt, np.exp),
    }
    AGREE |= {
        "a numpy array": holding(np.arange(10).reshape(2, 5).T),
        "a numpy function": np.linalg.norm,
        "a numpy ufunc": np.sqrt,
        "a numpy type": holding([np.dtype("f8"), np.float32]),
    }

DIFFER |= hostile.DIFFER
AGREE |= hostile.AGREE
SAME |= hostile.SAME


def keys() -> dict[str, str]:
    """Of everything here that must be known again, the key."""
    ones = {f"{name}, {n}": f for name, pair in DIFFER.items() for n, f in enumerate(pair)}
    identities = {name: identify(func) for name, func in (ones | AGREE).items()}
    return {name: one.key for name, one in identities.items()}


if __name__ == "__main__":
    print(json.dumps(keys()))  # noqa: T201 - its answer
