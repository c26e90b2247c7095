"""How a run ended, told as the flags ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amorsize.cli.document import document, error_fields, summary_fields
from amorsize.cli.exits import Exit, ReaderGoneError
from amorsize.cli.failures import tell
from amorsize.cli.streams import say

if TYPE_CHECKING:
    from argparse import Namespace

    from amorsize.cli.places import Results
    from amorsize.cli.streams import DataOutput
    from amorsize.vocab.record import RunRecord


class Outcome(NamedTuple):
    """Tells the end of one run; both ways return the exit code."""

    args: Namespace
    output: DataOutput
    results: Results

    def succeeded(self, record: RunRecord) -> int:
        from amorsize.report.text import explain, summary

        explanation = explain(record) if self.args.verbose or self.args.profile else None
        if self.args.json:
            fields = summary_fields(record)
            if explanation is not None:
                fields["explanation"] = explanation
            self.output.write(document("summary", fields, self.results.kept_lines))
        elif not self.args.quiet:
            say("\n\n".join(filter(None, [summary(record), explanation])))
        return Exit.OK

    def failed(self, error: BaseException) -> int:
        code = tell(error)
        kept_in = self.results.abandon()
        if kept_in is not None:
            say(f"the results so far are in {kept_in}: {self.results.count:,} lines")
        if self.args.json and not isinstance(error, ReaderGoneError):
            fields = error_fields(error, kept_in)
            self.output.write(document("error", fields, self.results.kept_lines))
        return code
