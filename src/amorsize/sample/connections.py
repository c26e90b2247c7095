"""Tell an open connection or file by the name of its class, without importing its package.

Nothing of the user's runs: what a class is called and inherits is read past any metaclass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OWN_CONNECTION: Final = "open it in setup=, once per worker, or inside the function"
OWN_FILE: Final = "open the file in setup=, once per worker, or inside the function"
HARMLESS: Final = ""
"""Neither a connection nor worth looking inside: log files are written by every worker."""

REMEDIES: Final = {
    "AbstractEventLoop": {"asyncio": OWN_CONNECTION},
    "BaseConnection": {"oracledb": OWN_CONNECTION, "psycopg": OWN_CONNECTION},
    "BaseCursor": {"psycopg": OWN_CONNECTION},
    "BaseSelector": {"selectors": OWN_CONNECTION},
    "Client": {"httpx": OWN_CONNECTION},
    "ClientSession": {"aiohttp": OWN_CONNECTION},
    "Connection": dict.fromkeys(
        ("MySQLdb", "pymysql", "pyodbc", "sqlalchemy", "sqlite3"), OWN_CONNECTION
    ),
    "Cursor": {"pyodbc": OWN_CONNECTION, "sqlite3": OWN_CONNECTION},
    "Dataset": {"netCDF4": OWN_FILE},
    "DuckDBPyConnection": {"duckdb": OWN_CONNECTION},
    "Engine": {"sqlalchemy": OWN_CONNECTION},
    "Environment": {"lmdb": OWN_FILE},
    "File": {"tables": OWN_FILE},
    "FileIO": {"_io": OWN_FILE},
    "Filterer": {"logging": HARMLESS},
    "HLObject": {"h5py": OWN_FILE},
    "Logger": {"loguru": HARMLESS},
    "MongoClient": {"pymongo": OWN_CONNECTION},
    "MySQLConnectionAbstract": {"mysql": OWN_CONNECTION},
    "Redis": {"redis": OWN_CONNECTION},
    "Session": {"requests": OWN_CONNECTION, "sqlalchemy": OWN_CONNECTION},
    "Socket": {"zmq": OWN_CONNECTION},
    "_ConnectionBase": {"multiprocessing": OWN_CONNECTION},
    "connection": {"psycopg2": OWN_CONNECTION},
    "cursor": {"psycopg2": OWN_CONNECTION},
    "epoll": {"select": OWN_CONNECTION},
    "kqueue": {"select": OWN_CONNECTION},
    "socket": {"_socket": OWN_CONNECTION},
}
"""Name and top-level package of a class, and what to do about it and its heirs. Clients that
hold a plain socket or file in an attribute need no line here: the walk finds that."""

DESCRIPTOR_MODULES: Final = frozenset(("_io", "_socket", "select"))
"""Their ``fileno`` asks nobody, and says whether the thing is still open."""

LAST_STANDARD_STREAM: Final = 2

mro_of: Final[Callable[[type], tuple[type, ...]]] = vars(type)["__mro__"].__get__
vars_of: Final[Callable[[type], Mapping[str, Any]]] = vars(type)["__dict__"].__get__
qualname_of: Final[Callable[[type], str]] = vars(type)["__qualname__"].__get__
_module_of: Final[Callable[[type], object]] = vars(type)["__module__"].__get__


def module_of(kind: type) -> str:
    """The name of the module that made a class; a class may claim any object to be it."""
    name = _module_of(kind)
    return name if isinstance(name, str) else ""


def remedy_for(kind: type) -> str | None:
    """What to do about an open object of this class; ``None``: it is no connection."""
    for base in mro_of(kind):
        packages = REMEDIES.get(qualname_of(base))
        if packages and (package := module_of(base).partition(".")[0]) in packages:
            return packages[package]
    return None


def is_open(connection: object) -> bool:
    """Tell whether it is open, where that can be told without asking code of a library."""
    for base in mro_of(type(connection)):
        if module_of(base) in DESCRIPTOR_MODULES and "fileno" in vars_of(base):
            try:
                return bool(vars_of(base)["fileno"](connection) > LAST_STANDARD_STREAM)
            except (ValueError, OSError):  # closed, or never opened
                return False
    return True


def name_of(connection: object) -> str:
    """What a person would call it: ``sqlite3.Connection``, ``open file 'data.bin'``."""
    kind = type(connection)
    if any(module_of(base) == "_io" for base in mro_of(kind)):
        return f"open file {vars(connection).get('name')!r}"
    return f"{module_of(kind)}.{qualname_of(kind)}"
