"""Pairs that someone thought of who wanted two functions to be taken for each other."""

from __future__ import annotations

import builtins
import contextvars
import dataclasses
import enum
import functools
import logging
import operator
import pathlib
import random
import struct
import types
from typing import TYPE_CHECKING, Any, Final

from tests.cache.making import Func, a_module, holding, made

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    import numpy as np
except ImportError:  # one of the optional packages
    np = None  # type: ignore[assignment]  # where it is missing


class Thing:
    def __init__(self, value: Any) -> None:
        self.value = value


class HeirOfPath(pathlib.PurePosixPath):
    scale = 0


class HeirOfLogger(logging.Logger):
    def debug(self, *_: Any, **__: Any) -> None:
        raise AssertionError


class OtherHeirOfLogger(logging.Logger):
    def debug(self, *_: Any, **__: Any) -> None:
        raise ValueError


class AnyLogger(logging.Logger):
    pass


class Lets(AnyLogger):
    """Its own use of what every logger has."""

    def __call__(self, item: Any) -> Any:
        return item * self.level if self.filter(item) else self.handlers


class Flags(enum.Flag):
    A = 1
    B = 2
    C = 4


class Slots:
    __slots__ = ("a",)


class OtherSlots:
    __slots__ = ("a",)
    other = 1


class HeirOfSlots(Slots):
    __slots__ = ("a",)  # which hides the one below

    def __init__(self, below: int) -> None:
        vars(Slots)["a"].__set__(self, below)
        self.a = 1


def with_attribute(thing: Any, value: Any) -> Func:
    thing.scale = value
    return holding(thing)


def twice_or_two(make: Callable[[], Any]) -> tuple[Func, Func]:
    """The same thing twice, and two that are equal."""
    one = make()
    return holding((one, one)), holding((one, make()))


def in_a_set_and_beside(alike: bool) -> Func:
    one = Thing(1)
    return holding(({one, Thing(2), 7}, one if alike else Thing(1)))


def memoized(func: Func) -> Func:
    """It looks as if it were another function that is remembered."""
    return functools.wraps(len)(functools.lru_cache(func))


def remembering(most: int) -> Func:
    """It does not say how much it remembers."""
    func = functools.lru_cache(most)(ADDS)
    func.cache_parameters = None  # type: ignore[method-assign, assignment]  # on purpose
    return func


def a_field(value: int) -> Func:
    @dataclasses.dataclass
    class Record:
        x: int = dataclasses.field(default=1, metadata={"k": value})

        def __call__(self, item: int) -> Any:
            return item * dataclasses.fields(self)[0].metadata["k"]

    return Record()


def counting(together: bool) -> Func:
    """Two functions with a variable in common, or with one each."""

    def counter() -> tuple[Func, Func]:
        n = 0

        def up(_: Any) -> None:
            nonlocal n
            n += 1

        return up, lambda _: n

    (up, seen), (_, other) = counter(), counter()
    return holding((up, seen if together else other))


def tree() -> Func:
    """Children in a set, who know their parent."""
    parent = Thing(set())
    parent.value |= {Thing((number, parent)) for number in range(5)}
    return holding(parent)


def called(name: str) -> Func:
    func = made("def f(x): return f.__name__")
    func.__name__ = name
    return func


def variable(default: int) -> Func:
    one: contextvars.ContextVar[int] = contextvars.ContextVar("one", default=default)
    one.set(0)
    return holding(one)


def impostor(value: int) -> Func:
    """Of a class that says it is numpy's."""
    kind = type("ndarray", (Thing,), {"__module__": "numpy"})
    return holding(kind(value))


def a_logger(value: Any, **held: Any) -> Func:
    """An heir's object, in which something that Python's own keeps to itself is used."""
    logger = Lets("a", value)
    vars(logger).update(held)
    return logger


def a_plain_logger(level: int, *filters: Any) -> Func:
    logger = logging.Logger("a", level)  # noqa: LOG001 - one that nobody else has
    for one in filters:
        logger.addFilter(one)
    return logger.isEnabledFor


def a_type_of_a_field(kind: type) -> Func:
    return holding(dataclasses.make_dataclass("Record", [("x", kind)]))


def described(annotation: Any, text: str) -> Func:
    func = made("def f(x): return x")
    func.__annotations__, func.__doc__ = {"x": annotation}, text
    return func


H_1: Final = "def h(x): return x + 1"
H_2: Final = "def h(x): return x + 2"
CALLS_WHAT_IS_SAID: Final = "def f(x): return g.__annotations__['x'](g.__doc__)"
SUMS: Final = "def f(x): return g(x) + sum([x])"
SUM: Final = made("def f(items): return 0")
ADDS: Final = made("def f(x): return sum([x, x])")
ADDS_ITS_OWN: Final = made("def f(x): return sum([x, x])", sum=SUM)


def both(make: Callable[[types.ModuleType], Func], name: str = "made_module") -> tuple[Func, Func]:
    """With one module of the user's and with another, of the same name."""
    return make(a_module(H_1, name)), make(a_module(H_2, name))


def called_by(helper: Func) -> tuple[Func, Func]:
    return both(lambda m: made("def f(x): return g(m, x)", g=helper, m=m))


def built(helper: Func) -> Func:
    return made("def f(x): return helper(x)", __builtins__={**vars(builtins), "helper": helper})


DIFFER: dict[str, tuple[Func, Func]] = {
    "a module in a closure": both(
        lambda m: made("def o(m): return lambda x: m.h(x)\nf = o(m)", m=m)
    ),
    "a module in a list": both(lambda m: made("def f(x): return M[0].h(x)", M=[m])),
    "a module as a default": both(lambda m: made("def f(x, m=m): return m.h(x)", m=m)),
    "nesting of objects": (
        holding([[Thing(1)], Thing(2)]),
        holding([[Thing(1), Thing(2)]]),
    ),
    "a function that says it is Python's": (
        made("def f(x): return N", N=1, __name__="json"),
        made("def f(x): return N", N=2, __name__="json"),
    ),
    "a module for a helper": called_by(made("def f(m, x): return m.h(x)")),
    "a module that is asked": called_by(made("def f(m, x): return getattr(m, 'h')(x)")),
    "a module in an object": both(lambda m: made("def f(x): return t.value.h(x)", t=Thing(m))),
    "a module named like Python's": both(lambda m: made("def f(x): return m.h(x)", m=m), "math"),
    "a module in a namespace": both(
        lambda m: made("def f(x): return t.o.h(x)", t=types.SimpleNamespace(o=m))
    ),
    "a module that is asked for names in a tuple": both(
        lambda m: made("def f(x):\n for n in ('g', 'h'): x = getattr(m, n)(x)\n return x", m=m)
    ),
    "a module that is asked for names in a set": both(
        lambda m: made("def f(x, n): return n in {'g', 'h'} and getattr(m, n)(x)", m=m)
    ),
    "a module that is asked for names in tuples": both(
        lambda m: made("def f(x): return [getattr(m, n)(i) for n, i in (('h', 1), ('k', 2))]", m=m)
    ),
    "a module that is asked for names in keys": both(
        lambda m: made("def f(x): return [getattr(m, n)(x) for n in {'h': x, 'k': 2}]", m=m)
    ),
    "a module that is matched": both(
        lambda m: made("def f(x):\n match m:\n  case object(h=g): return g(x)", m=m)
    ),
    "whose global it is": (made(SUMS, g=ADDS, sum=SUM), made(SUMS, g=ADDS_ITS_OWN)),
    "whose globals they are": (
        made("N = 1\ndef g():\n    global N; N = 2\ndef f(x): return g(), N"),
        made(
            "N = 1\ndef f(x): return g(), N",
            g=made("N = 1\ndef g():\n    global N; N = 2\nf = g"),
        ),
    ),
    "a builtin that was put in": (built(ADDS), built(ADDS_ITS_OWN)),
    "an attribute of a path": (
        with_attribute(HeirOfPath("a"), 1),
        with_attribute(HeirOfPath("a"), 2),
    ),
    "class of a logger": (holding(HeirOfLogger("a")), holding(OtherHeirOfLogger("a"))),
    "an attribute of a logger": (
        with_attribute(AnyLogger("a"), 1),
        with_attribute(AnyLogger("a"), 2),
    ),
    "level of an heir's logger": (a_logger(1), a_logger(2)),
    "handlers of an heir's logger": (a_logger(1, handlers=[len]), a_logger(1, handlers=[sum])),
    "filters of an heir's logger": (a_logger(1, filters=[len]), a_logger(1, filters=[sum])),
    "parent of an heir's logger": (a_logger(1, parent=Thing(1)), a_logger(1, parent=Thing(2))),
    "what is remembered in disguise": (memoized(ADDS), memoized(ADDS_ITS_OWN)),
    "how much is remembered": (remembering(3), remembering(4)),
    "metadata of a field": (a_field(1), a_field(2)),
    "one bytearray twice, or two": twice_or_two(lambda: bytearray(b"ab")),
    "one set twice, or two": twice_or_two(lambda: {1}),
    "one dictionary twice, or two": twice_or_two(lambda: {1: 2}),
    "one object twice, or two": twice_or_two(lambda: Thing(1)),
    "one function twice, or two": twice_or_two(lambda: made("def f(x): return x")),
    "an object in a set and beside": (
        in_a_set_and_beside(alike=True),
        in_a_set_and_beside(alike=False),
    ),
    "a variable of two functions": (counting(together=True), counting(together=False)),
    "a slot of another class": (holding(vars(Slots)["a"]), holding(vars(OtherSlots)["a"])),
    "a slot that is hidden": (holding(HeirOfSlots(1)), holding(HeirOfSlots(2))),
    "its name": (called("a"), called("b")),
    "default of a context variable": (variable(1), variable(2)),
    "arguments of a method": (
        operator.methodcaller("split", sep="a"),
        operator.methodcaller("split", sep="b"),
    ),
    "a class that says it is another": (impostor(1), impostor(2)),
    "a type in a union": (holding(int | str), holding(int | bytes)),
    "a type in brackets": (holding(list[int]), holding(list[str])),
    "a format of bytes": (holding(struct.Struct("<i")), holding(struct.Struct("<q"))),
    "what a view shows": (
        holding(types.MappingProxyType({1: [2]})),
        holding(types.MappingProxyType({1: [3]})),
    ),
    "flags": (holding(Flags.A | Flags.B), holding(Flags.A | Flags.C)),
}

AGREE: dict[str, Func] = {
    "modules in a set": holding(
        {
            made(f"def f(x): return m.h({number})", m=a_module(f"def h(x): return {number}"))
            for number in range(7)
        }
    ),
    "parent and children": tree(),
    "a dictionary of objects": holding({Flags.A: Thing(1)}),
    "an object in a set and beside": in_a_set_and_beside(alike=True),
    "installed things in a set": holding({len, int, functools.reduce}),
    "random numbers": holding((random.random, random.randint)),
}

SAME: dict[str, tuple[Func, Func]] = {
    "what a plain logger lets through": (a_plain_logger(1), a_plain_logger(2, len)),
    "types of fields": (a_type_of_a_field(int), a_type_of_a_field(str)),
    "annotations and docstrings, whoever reads them": (
        made(CALLS_WHAT_IS_SAID, g=described(int, "a")),
        made(CALLS_WHAT_IS_SAID, g=described(str, "b")),
    ),
}

HELD_FAST: dict[str, tuple[Func, str]] = {
    "a module that makes names": (
        holding(a_module("def __getattr__(name): return abs")),
        "module made_module, whose names are made on demand",
    ),
    "a module of another class": (
        holding(type("Lazy", (types.ModuleType,), {})("lazy")),
        "module lazy, whose names are made on demand",
    ),
    "what is remembered twice": (
        functools.lru_cache(typed=True)(functools.lru_cache(ADDS)),
        "functools.lru_cache of another",
    ),
    "text that is run": (
        made("def f(x): return eval('h(x)')"),
        "eval, which runs what cannot be seen",
    ),
    "code that a helper runs": (
        made("def f(x): return g(x)", g=made("def f(x): exec(C)", C=compile("h(3)", "", "exec"))),
        "exec, which runs what cannot be seen",
    ),
    "what runs text by another name": (holding([exec]), "exec, which runs what cannot be seen"),
    "random numbers of the user's own": (random.Random(1).randint, "random.Random"),
    "a generic function": (functools.singledispatch(ADDS), "weakref.ReferenceType"),
}
"""What is not shared, and why."""

if np is not None:
    GRID: Final = np.arange(12.0).reshape(3, 4).copy()
    ZEROS: Final = np.zeros((3, 4))
    DIFFER |= {
        "order in memory": (holding(GRID), holding(np.asfortranarray(GRID))),
        "one array twice, or two": twice_or_two(lambda: np.zeros(2)),
        "a view of it, or a copy": (
            holding((GRID, GRID[1:])),
            holding((GRID, GRID[1:].copy())),
        ),
        "which view": (holding((ZEROS, ZEROS[:1])), holding((ZEROS, ZEROS[1:2]))),
        "which of some bytes": (
            holding(np.frombuffer(b"abcd", np.uint8, 2, 1)),
            holding(np.frombuffer(b"abcd", np.uint8, 2, 2)),
        ),
        "notes on a type": (
            holding(np.dtype("f8", metadata={"a": 1})),
            holding(np.dtype("f8", metadata={"a": 2})),
        ),
    }
    AGREE |= {
        "a view": holding(GRID[::2, 1]),
        "numpy's random numbers": holding((np.random.rand, np.random.default_rng)),
    }
    HELD_FAST |= {
        "memory of others": (
            holding(np.frombuffer(bytearray(16), np.uint8, offset=4)),
            "numpy.ndarray in memory of another object",
        ),
    }
