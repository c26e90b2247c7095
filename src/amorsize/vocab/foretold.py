"""What was predicted for a run, and what it took."""

from __future__ import annotations

from dataclasses import dataclass

from amorsize.vocab.plan import EngineKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """One run that was predicted."""

    predicted_s: float
    """What was said for all of it."""
    actual_s: float
    engine: EngineKind | None = None
    """Who did most of it; ``None`` in what was stored before that was kept."""
    modelled_s: float | None = None
    """What the model alone gives for the work that there turned out to be.

    ``None`` where the run did not go as was foretold: then it says nothing about the model."""
