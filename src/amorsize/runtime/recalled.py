"""The profile of an input from what earlier calls have learned, without running anything."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from amorsize.plan.recall import profile_from
from amorsize.runtime.sampler import carried_along
from amorsize.sample.transfer import transfer_by_name, transfer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from amorsize.engines.source import Source
    from amorsize.vocab.learned import Learned
    from amorsize.vocab.profile import Profile


def recalled_profile(
    learned: Learned, func: Callable[[Any], Any], source: Source, *, items: Sequence[Any]
) -> Profile:
    """All items of ``source``, the first of them ``items``, as if some had been sampled.

    What can be seen without a call is looked at anew: the record may be of other data, and of
    a function that went by another name or held another connection.
    """
    profile = profile_from(
        learned, items=source.length, inherited=source.is_in_memory, by_name=True
    )
    _, found = carried_along(func, source)
    return replace(
        profile,
        argument=transfer_of(items, "item") if items else profile.argument,
        function=transfer_by_name(func),
        carries=None if found is None else found.what,
    )
