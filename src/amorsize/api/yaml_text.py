"""YAML, where PyYAML is installed: only here is it imported, and only plain values are read."""

from __future__ import annotations

from typing import Any, Final

from amorsize.errors import ExtraMissingError

EXTRA: Final = "yaml"


def check_there() -> None:
    """See that there is something to read YAML with.

    Raises:
        ExtraMissingError: there is not.
    """
    _yaml()


def read(data: bytes) -> Any:
    """The plain values that a text stands for.

    Raises:
        ExtraMissingError: PyYAML is not installed.
        ValueError: it is no YAML, or is not plain.
    """
    yaml = _yaml()
    try:
        return yaml.safe_load(data)
    except Exception as error:  # a malformed tag makes it raise AttributeError and IndexError, too
        told = " ".join(str(error).split()) or type(error).__name__
        msg = f"no YAML: {told}"
        raise ValueError(msg) from error


def written(document: dict[str, Any]) -> bytes:
    """The text of plain values, in their order.

    Raises:
        ExtraMissingError: PyYAML is not installed.
    """
    text: str = _yaml().safe_dump(document, sort_keys=False)
    return text.encode()


def _yaml() -> Any:
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise ExtraMissingError.for_extra(EXTRA, "a YAML file") from error
    return yaml
