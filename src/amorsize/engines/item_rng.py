"""Random numbers that depend on a seed and an item's index, and on nothing else."""

from __future__ import annotations

import random
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal, overload

from amorsize.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np


class Draw:
    """The generators of one item's call, made when they are asked for."""

    __slots__ = ("_entropy", "_made")

    def __init__(self, seed: int, index: int) -> None:
        self._entropy = f"{seed}:{index}"
        self._made: dict[bool, Any] = {}

    def generator(self, *, numpy: bool) -> Any:
        if numpy not in self._made:
            self._made[numpy] = self._numpy() if numpy else self._plain()
        return self._made[numpy]

    def _plain(self) -> random.Random:
        return random.Random(self._number())  # noqa: S311 - for simulations, not for secrets

    def _number(self) -> int:
        return int.from_bytes(sha256(self._entropy.encode()).digest(), "big")

    def _numpy(self) -> Any:
        from numpy.random import default_rng

        return default_rng(self._number())


DRAW: Final[ContextVar[Draw | None]] = ContextVar("amorsize_draw", default=None)


@contextmanager
def drawing(seed: int, index: int) -> Iterator[None]:
    """Inside, ``item_rng`` gives the generator of this item."""
    outer = DRAW.set(Draw(seed, index))
    try:
        yield
    finally:
        DRAW.reset(outer)


@overload
def item_rng(*, numpy: Literal[False] = ...) -> random.Random: ...


@overload
def item_rng(*, numpy: Literal[True]) -> np.random.Generator: ...


def item_rng(*, numpy: bool = False) -> random.Random | np.random.Generator:
    """The generator of the item that is being run, inside ``execute(..., seed=...)``.

    It is made from the seed and the item's index: the same numbers come out whoever runs the
    item, in whichever order, in the plain loop and in parallel. Asked again within a call it goes
    on where it was; a retry begins anew. Threads that ``func`` starts itself are not inside.

    Args:
        numpy: Give a ``numpy.random.Generator`` instead, of the same seed and index.

    Raises:
        UsageError: no item is being run here, or no seed was given.
    """
    draw = DRAW.get()
    if draw is None:
        msg = "item_rng() was called outside a run with a seed"
        raise UsageError(msg, hint="call it inside func, in execute(func, data, seed=...)")
    generator: random.Random | np.random.Generator = draw.generator(numpy=numpy)
    return generator
