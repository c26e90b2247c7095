"""What is wanted of each item, around a coroutine function: ``PerItem`` on an event loop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Any

from amorsize.engines.collected import TriedAgain
from amorsize.engines.item_rng import drawing
from amorsize.engines.per_item import PerItem
from amorsize.vocab.policies import OnError

if TYPE_CHECKING:
    from amorsize.engines.refused import Rests


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedItem(PerItem):
    """Called with ``(index, item)`` pairs. There is one worker, the loop, so no ``setup``."""

    async def __call__(self, pair: tuple[int, Any]) -> Any:
        return await self.patiently(pair, None)

    async def patiently(self, pair: tuple[int, Any], rests: Rests | None) -> Any:
        """The same, where calls that were refused are made again: they are no attempts."""
        index, item = pair
        if self.on_error is OnError.RAISE:
            return await self._awaited_attempts(index, item, rests)
        try:
            return await self._awaited_attempts(index, item, rests)
        except Exception as error:  # noqa: BLE001 - what the policy is for; cancelling passes
            return self._instead(index, item, error)

    async def _awaited_attempts(self, index: int, item: Any, rests: Rests | None) -> Any:
        for attempt in count(1):
            try:
                if rests is None:
                    result = await self._awaited(index, item)
                else:
                    result = await rests.call(self._awaited, index, item)
            except Exception as error:
                if self.retries is None:
                    raise
                wait_s = self._wait_after(attempt, error, self.retries)
            else:
                return result if attempt == 1 else TriedAgain(index, attempt, result)
            await asyncio.sleep(wait_s)
        raise AssertionError

    async def _awaited(self, index: int, item: Any) -> Any:
        if self.rate is not None:
            wait_s = self.rate.take() - monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
        if self.seed is None:
            return await self.func(item)
        with drawing(self.seed, index):
            return await self.func(item)
