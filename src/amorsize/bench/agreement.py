"""Do two runs give the same results? Bit by bit, but for what arithmetic may differ in."""

from __future__ import annotations

import math
import pickle
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from amorsize.vocab.trials import Agreement, Compared

if TYPE_CHECKING:
    from collections.abc import Sequence

CLOSE: Final = 1e-9
"""Libraries add in another order when they have another number of threads."""


def compare(expected: Sequence[Any], found: Sequence[Any]) -> Compared:
    """Find the first result that differs, and whether all are there in another order."""
    pairs = zip(expected, found, strict=False)
    index = next((at for at, pair in enumerate(pairs) if not same(*pair)), None)
    if index is None and len(expected) == len(found):
        return Compared(agreement=Agreement.SAME)
    if index is None:
        index = min(len(expected), len(found))
    tokens = _tokens(expected)
    moved = bool(tokens) and tokens == _tokens(found)
    agreement = Agreement.UNORDERED if moved else Agreement.DIFFERENT
    return Compared(agreement=agreement, index=index)


def same(one: Any, other: Any) -> bool:
    """Equal, or not to be told apart: NaN is NaN, and objects are what they pickle to."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    try:
        return _equal(one, other) or pickle.dumps(one) == pickle.dumps(other)
    except Exception:  # noqa: BLE001 - comparing and pickling run code of the user's
        return False


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float):
        return math.isclose(one, other, rel_tol=CLOSE) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list | tuple):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same(*pair) for pair in pairs)
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if type(one).__module__.partition(".")[0] == "numpy" and hasattr(one, "shape"):
        import numpy as np

        close = one.shape == other.shape and np.allclose(one, other, rtol=CLOSE, equal_nan=True)
        return bool(close)
    if hasattr(one, "equals"):  # pandas
        return bool(one.equals(other))
    return bool(one == other)


def _tokens(results: Sequence[Any]) -> list[bytes]:
    """The results without their order."""
    try:
        return sorted(pickle.dumps(result) for result in results)
    except Exception:  # noqa: BLE001 - they may not travel at all, which is no reason to fail
        return []
