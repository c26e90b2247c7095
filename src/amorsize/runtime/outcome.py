"""What a run gives: results and their account, the latter to the log as well."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Final

from amorsize.report.text import summary
from amorsize.vocab.record import RunRecord

LOG: Final = logging.getLogger("amorsize")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The results in input order, and the account of how they came about."""

    results: list[Any]
    record: RunRecord


def announce(record: RunRecord) -> None:
    """One line in the log, where it is wanted."""
    if LOG.isEnabledFor(logging.INFO):
        LOG.info("%s", "; ".join(summary(record).splitlines()))
