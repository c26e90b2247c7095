"""Whether a file belongs to this function: by what the function is made of, not by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from amorsize.cache.identity import identify
from amorsize.cache.identity.naming import INTERPRETER
from amorsize.errors import CheckpointRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORCE: Final = (
    "checkpoint_force=True (--force) goes on all the same and keeps the results that are there"
)


@dataclass(frozen=True, slots=True)
class Sameness:
    """What is noted of a function: two keys, as what it refers to may change while it runs."""

    name: str
    key: str
    """Empty where it cannot be told what the function is made of."""
    why_not: str = ""

    @classmethod
    def of(cls, func: Any, also: Sequence[Any] = ()) -> Sameness:
        """``also`` is what else its results depend on."""
        known = identify((func, *also) if any(one is not None for one in also) else func)
        return cls(_name_of(func), known.key if known.shared else "", known.why_not or "")

    def at_the_start(self) -> dict[str, str]:
        return {"function": self.name, "python": INTERPRETER, "key": self.key, "later": self.key}

    def at_the_end(self) -> dict[str, str]:
        return {"later": self.key}

    def check(self, about: Mapping[str, str], path: str) -> None:
        """Compare it with what was noted.

        Raises:
            CheckpointRefusedError: it is, or may be, another function.
        """
        named_alike = self.name == about.get("function")
        if self.key in {about.get("key"), about.get("later")} and (self.key or named_alike):
            return
        hint = f"name another file; {FORCE}"
        before = about.get("function", "a function")
        if about.get("python") != INTERPRETER:
            msg = (
                f"the checkpoint {path} was written by {_first(about.get('python', ''))}, this is "
                f"{_first(INTERPRETER)}: whether {before} is the same now cannot be told"
            )
        elif not named_alike:
            msg = f"the checkpoint {path} is of {before}, and not of {self.name}"
        else:
            msg = f"{self.name}, or something that it refers to, has changed since {path} was begun"
        raise CheckpointRefusedError(msg, hint=hint)


def _name_of(func: Any) -> str:
    named = func if hasattr(func, "__qualname__") else type(func)
    return f"{named.__module__}.{named.__qualname__}"


def _first(interpreter: str) -> str:
    return " ".join(interpreter.split()[:2])
