"""Engines by kind; optional ones are imported when they are asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from amorsize.vocab.plan import EngineKind

if TYPE_CHECKING:
    from amorsize.engines.base import Engine

ENGINES: Final = {
    EngineKind.THREADS: "amorsize.engines.threads:ThreadEngine",
    EngineKind.TEAM: "amorsize.engines.team:TeamEngine",
    EngineKind.LOKY: "amorsize.engines.spawned:SpawnedEngine",
}


def engine_for(kind: EngineKind) -> Engine:
    """Import and make the engine of this kind."""
    module, _, name = ENGINES[kind].partition(":")
    return cast("Engine", getattr(import_module(module), name)())
