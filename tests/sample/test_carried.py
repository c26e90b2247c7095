from __future__ import annotations

import asyncio
import gzip
import http.client
import logging
import multiprocessing
import socket
import sqlite3
import subprocess
import sys
from collections import OrderedDict, deque
from contextlib import redirect_stdout
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import pytest

from amorsize.sample.carried import carried_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOG = logging.getLogger(__name__)

connection: socket.socket
"""Global while a test runs; the functions below refer to it."""


def uses_it(item: Any) -> Any:
    return connection.send(item)


def uses_it_in_a_nested_function(item: Any) -> Any:
    return [*((part, connection.send(part)) for part in item)]


def calls_what_uses_it(item: Any) -> Any:
    return uses_it(item)


def prints_and_logs(item: Any) -> Any:
    LOG.info("%s", item)
    sys.stderr.write(item)
    return item


def plain(item: Any) -> Any:
    return item


class Client:
    def __init__(self, held: object = None) -> None:
        self.held = held

    def __call__(self, item: Any) -> Any:
        return item

    def fetch(self, item: Any) -> Any:
        return self.held, item

    def send(self, item: Any) -> Any:
        return uses_it(item)


class Slotted:
    __slots__ = ("__held", "never_set")

    def __init__(self, held: object) -> None:
        self.__held = held

    def __call__(self, item: Any) -> Any:
        return self.__held, item


class Table(OrderedDict[str, Any]):
    """A user's own mapping."""

    def values(self) -> Any:
        raise AssertionError


def closes_over(held: object) -> Callable[[Any], Any]:
    return lambda item: (held, item)


def has_default(held: object) -> Callable[[Any], Any]:
    def func(item: Any, held: object = held) -> Any:
        return held, item

    return func


def has_keyword_default(held: object) -> Callable[[Any], Any]:
    def func(item: Any, *, held: object = held) -> Any:
        return held, item

    return func


def has_attribute(held: object) -> Callable[[Any], Any]:
    def func(item: Any) -> Any:
        return item

    vars(func)["held"] = held
    return func


def has_class_attribute(held: object) -> Callable[[Any], Any]:
    class Holder(Client):
        held_by_class = held

    return Holder().fetch


@pytest.fixture
def held() -> Iterator[socket.socket]:
    global connection  # noqa: PLW0603 - a global connection is what is looked for
    with socket.socket() as connection:
        yield connection
    del connection


WAYS: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "closure": closes_over,
    "closure of a closure": lambda held: closes_over(closes_over(held)),
    "default": has_default,
    "keyword default": has_keyword_default,
    "function attribute": has_attribute,
    "class attribute": has_class_attribute,
    "partial": lambda held: partial(plain, held),
    "partial keyword": lambda held: partial(plain, item=held),
    "method": lambda held: Client(held).fetch,
    "its own method": lambda held: held.send,
    "C method": lambda held: {"held": held}.get,
    "object": Client,
    "slots": Slotted,
    "list": lambda held: closes_over([1, held]),
    "deque": lambda held: closes_over(deque([held])),
    "dict": lambda held: closes_over({"a": {"b": held}}),
    "mapping of the user's": lambda held: closes_over(Table(a=held)),
    "cache": lambda held: lru_cache(closes_over(held)),
    "global": lambda _held: uses_it,
    "global of a nested function": lambda _held: uses_it_in_a_nested_function,
    "global of a helper": lambda _held: calls_what_uses_it,
    "global of a method": lambda _held: Client().send,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_connection_is_found_whichever_way_it_is_held(
    way: Callable[[Any], Callable[[Any], Any]], held: socket.socket
) -> None:
    found = carried_by(way(held))

    assert found is not None
    assert found.what.startswith("socket.socket in ")
    assert "open it in setup=, once per worker" in found.remedy


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_closed_one_is_not(
    way: Callable[[Any], Callable[[Any], Any]], held: socket.socket
) -> None:
    held.close()

    assert carried_by(way(held)) is None


@pytest.mark.parametrize(
    ("way", "place"),
    [
        ("closure", "closure variable 'held'"),
        ("keyword default", "default argument 'held'"),
        ("partial keyword", "argument 'item'"),
        ("method", "attribute 'held'"),
        ("its own method", "the object whose method it is"),
        ("dict", "an item of an item of closure variable 'held'"),
        ("global", "global variable 'connection'"),
        ("global of a helper", "global variable 'connection' of function 'uses_it'"),
    ],
)
def test_the_place_is_named(way: str, place: str, held: socket.socket) -> None:
    found = carried_by(WAYS[way](held))

    assert found is not None
    assert found.what == f"socket.socket in {place}"


def open_text(path: Path) -> Any:
    return path.open("w")


def open_bytes(path: Path) -> Any:
    return path.open("wb")


def open_zip(path: Path) -> Any:
    return gzip.open(path, "wb")


def open_database(path: Path) -> Any:
    return sqlite3.connect(path)


def open_pipe(_path: Path) -> Any:
    return multiprocessing.Pipe(duplex=False)[0]


def open_loop(_path: Path) -> Any:
    return asyncio.new_event_loop()


def open_http(_path: Path) -> Any:
    client = http.client.HTTPConnection("nowhere.invalid")
    client.sock = socket.socket()
    return client


@pytest.mark.parametrize(
    ("opens", "what"),
    [
        (open_text, "open file "),
        (open_bytes, "open file "),
        (open_zip, "open file "),
        (open_database, "sqlite3.Connection"),
        (open_pipe, "multiprocessing.connection."),
        (open_loop, "asyncio."),
        (open_http, "socket.socket in attribute 'sock'"),
    ],
)
def test_connections_of_many_kinds_are_found(
    opens: Callable[[Path], Any], what: str, tmp_path: Path
) -> None:
    thing = opens(tmp_path / "file")
    try:
        found = carried_by(closes_over(thing))

        assert found is not None
        assert found.what.startswith(what)
        assert found.what.endswith("closure variable 'held'")
    finally:
        thing.close()


def test_an_open_file_is_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("w") as file:
        found = carried_by(file.write)

    assert found is not None
    assert str(path) in found.what
    assert carried_by(file.write) is None


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("requests.sessions", "Session"),
        ("psycopg2.extensions", "connection"),
        ("sqlalchemy.engine.base", "Engine"),
        ("pymongo.mongo_client", "MongoClient"),
        ("redis.client", "Redis"),
        ("h5py._hl.base", "HLObject"),
    ],
)
def test_packages_are_told_by_name_and_never_imported(module: str, name: str) -> None:
    kind = type(name, (), {"__module__": module})
    heir = type("Heir", (kind,), {})

    assert carried_by(closes_over(kind())) is not None
    assert carried_by(closes_over(heir())) is not None
    assert module.partition(".")[0] not in sys.modules


HARMLESS: dict[str, Callable[[Any], Any]] = {
    "function": plain,
    "output and logs": prints_and_logs,
    "standard stream": closes_over(sys.__stdout__),
    "builtin": len,
    "class": int,
    "method of a value": "x".join,
    "bytes in memory": closes_over(bytearray(10)),
}


@pytest.mark.parametrize("func", HARMLESS.values(), ids=HARMLESS)
def test_ordinary_functions_carry_nothing(func: Callable[[Any], Any]) -> None:
    assert carried_by(func) is None


def test_output_that_goes_to_a_file_is_harmless(tmp_path: Path) -> None:
    with (tmp_path / "output").open("w") as file:
        assert carried_by(closes_over(file)) is not None
        with redirect_stdout(file):
            assert carried_by(closes_over(file)) is None


def test_a_logger_with_a_file_is_harmless(tmp_path: Path) -> None:
    handler = logging.FileHandler(tmp_path / "log")
    LOG.addHandler(handler)
    try:
        assert carried_by(prints_and_logs) is None
    finally:
        LOG.removeHandler(handler)
        handler.close()


class Meta(type):
    def __getattribute__(cls, name: str) -> Any:
        raise AssertionError(name)


class Guarded(metaclass=Meta):
    """Nothing of it may be asked."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(name)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)

    def __iter__(self) -> Any:
        raise AssertionError

    def __eq__(self, other: object) -> bool:
        raise AssertionError

    def __hash__(self) -> int:
        raise AssertionError

    def __bool__(self) -> bool:
        raise AssertionError

    @property
    def prop(self) -> Any:
        raise AssertionError


def test_no_code_of_the_users_is_run(held: socket.socket) -> None:
    guarded = object.__new__(Guarded)
    object.__setattr__(guarded, "deep", held)

    found = carried_by(closes_over([guarded]))

    assert found is not None
    assert "attribute 'deep'" in found.what


class Endless(list[Any]):
    def __iter__(self) -> Any:
        raise AssertionError


def test_large_containers_are_looked_into_but_not_walked(held: socket.socket) -> None:
    rows = [[i] for i in range(100_000)]

    assert carried_by(closes_over(Endless([held]))) is not None
    assert carried_by(closes_over([*rows, held])) is None  # too far off
    assert carried_by(closes_over((rows, held))) is not None  # beside it


def test_what_holds_itself_is_walked_once(held: socket.socket) -> None:
    ring: list[Any] = []
    ring.append(ring)

    assert carried_by(closes_over(ring)) is None
    ring.append(held)
    assert carried_by(closes_over(ring)) is not None


def test_what_is_held_many_times_is_walked_once(held: socket.socket) -> None:
    layers: list[Any] = [held]
    for _ in range(5):
        layers = [layers] * 16

    assert carried_by(closes_over(layers)) is not None


def test_a_chain_without_end_is_left(held: socket.socket) -> None:
    chain: Any = held
    for _ in range(10_000):
        chain = [chain]

    assert carried_by(closes_over(chain)) is None


def test_a_variable_that_is_not_yet_assigned_is_passed_over() -> None:
    def func(item: Any) -> Any:
        return later, item

    assert carried_by(func) is None
    later = 1


def test_looking_for_connections_imports_nothing_heavy() -> None:
    code = (
        "import sys; before = {*sys.modules}; import amorsize.sample.carried as c;"
        "c.carried_by(len); names = {'socket', 'ssl', 'asyncio', 'sqlite3', 'logging'};"
        "sys.exit(bool(names & ({*sys.modules} - before)))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
