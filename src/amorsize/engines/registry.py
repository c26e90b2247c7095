"""Engines by kind; optional ones are imported when they are asked for."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from amorsize.vocab.plan import EngineKind

if TYPE_CHECKING:
    from amorsize.engines.base import Engine

ENGINES: Final = {
    EngineKind.THREADS: "amorsize.engines.threads:ThreadEngine",
    EngineKind.TEAM: "amorsize.engines.team:TeamEngine",
    EngineKind.LOKY: "amorsize.engines.spawned:SpawnedEngine",
    EngineKind.WATCHED: "amorsize.engines.watched:WatchedEngine",
    EngineKind.ASYNC: "amorsize.engines.aio:AsyncEngine",
}


def engine_for(kind: EngineKind) -> Engine:
    """Import and make the engine of this kind."""
    module, _, name = ENGINES[kind].partition(":")
    return cast("Engine", getattr(import_module(module), name)())


# in the middle of a first run these imports would cost 2 to 4 ms, in which workers could work
engine_for(EngineKind.THREADS)
if sys.platform == "linux":
    engine_for(EngineKind.TEAM)
