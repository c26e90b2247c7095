"""The one JSON document of ``execute --json``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def error_fields(error: BaseException, kept_in: Path | None) -> dict[str, Any]:
    """What stopped a run, and the file that holds the results so far, if one does."""
    return {
        "type": type(error).__name__,
        "message": str(error),
        "notes": getattr(error, "__notes__", []),
        "partial": None if kept_in is None else str(kept_in),
    }


def document(name: str, fields: dict[str, Any], lines: Sequence[str] | None) -> str:
    """Put together ``fields`` under ``name``, and results that are JSON already, one per line."""
    text = json.dumps(fields, ensure_ascii=False)
    shown = text.encode(errors="backslashreplace").decode()  # of a file's name that is no text
    parts = [f"{json.dumps(name)}: {shown}"]
    if lines is not None:
        parts.append("\n".join(['"results": [', ",\n".join(lines), "]"]))
    return "\n".join(["{", ",\n".join(parts), "}", ""])
