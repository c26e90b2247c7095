"""The command line, and the only place that prints.

Data goes to standard output; progress, summary, errors and whatever the user's own code
prints go to standard error. What goes wrong is one line and a hint; only the user's function
gets a traceback. ``exits.py`` lists the exit codes. Each file in ``commands`` is one command.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as ``typing`` has it, which takes a while to import
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, ``sys.argv`` by default, and return the exit code."""
    try:
        from amorsize.cli import app
    except KeyboardInterrupt:
        return 130
    return app.main(argv)
