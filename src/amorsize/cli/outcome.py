"""How a run ended, told as the flags ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from amorsize.cli.document import document, error_fields
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
        from amorsize.report.fields import run_fields
        from amorsize.report.text import explain, summary

        explanation = explain(record) if self.args.verbose or self.args.profile else None
        if self.args.json:
            fields = run_fields(record)
            if explanation is not None:
                fields["explanation"] = explanation
            self.output.write(document("summary", fields, self.results.kept_lines))
        elif not self.args.quiet:
            say("\n\n".join(filter(None, [summary(record), explanation])))
        return Exit.OK

    def failed(self, error: BaseException) -> int:
        from amorsize.engines.forking import interrupts_held

        with interrupts_held():  # a second Ctrl-C must not keep the results from their place
            kept = self.results.abandon()
        code = tell(error)
        if kept is not None:
            lines = "1 line" if kept.lines == 1 else f"{kept.lines:,} lines"
            say(f"the results so far are in {kept.path}: {lines}")
        if self.args.json and not isinstance(error, ReaderGoneError):
            fields = error_fields(error, None if kept is None else kept.path)
            self.output.write(document("error", fields, self.results.kept_lines))
        return code
