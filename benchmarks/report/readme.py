"""The benchmark's section of a document, between two markers; written by the program alone."""

from __future__ import annotations

from typing import Final

BEGIN: Final = "<!-- bench:begin -->"
END: Final = "<!-- bench:end -->"


class MarkersMissingError(Exception):
    """The document has not exactly one place for the section."""


def rewritten(document: str, section: str) -> str:
    """Replace what is between the markers.

    Raises:
        MarkersMissingError: a marker is absent, given twice, or the two are in the wrong order.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    once = document.count(BEGIN) == document.count(END) == 1
    if not (once and begin and end):
        msg = f"the document needs {BEGIN} and, after it, {END}, each of them once"
        raise MarkersMissingError(msg)
    return f"{before}{BEGIN}\n\n{section.strip()}\n\n{END}{after}"
