"""Are the predictions true? ``python scripts/prediction_figures.py [--short] [--only NAME,...]``.

Predicted against measured times of the advised configuration and of our own run over the
benchmark suite, coverage of the interval, whether to go parallel at all, the simulator against the
clock, what ``optimize`` costs, and the interpreter lock function by function. Prices are measured
first, as ``amorsize calibrate`` does. The figures mean something on a quiet machine only, which
the load tells; all of them take under 20 minutes, the short form about two. What was measured is
in ``--out`` after every row, and Ctrl-C ends with a summary of it.

Verdicts and tuning are in ``scripts/validate_figures.py``, machines that are not here in
``scripts/planner_figures.py``.
"""
# ruff: noqa: INP001, T201, E402 - a script: it shows what it found, and finds us first

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from amorsize.calibrate.measuring import calibrate
from scripts.predicting.account import FULL, SHORT, Account
from scripts.predicting.cost import cost
from scripts.predicting.lock import gil
from scripts.predicting.replayed import simulator
from scripts.predicting.suite import predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FIGURES: Final[dict[str, Callable[[Account], None]]] = {
    "predictions": predictions,
    "simulator": simulator,
    "cost": cost,
    "gil": gil,
}


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(FIGURES):
        msg = f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}"
        raise argparse.ArgumentTypeError(msg)
    return names


def main(words: Sequence[str]) -> int:
    """Measure what was asked for, or all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--short", action="store_true", help="fewer workloads and rounds")
    parser.add_argument(
        "--only", type=_names, default=list(FIGURES), metavar="NAMES", help=", ".join(FIGURES)
    )
    parser.add_argument("--out", type=Path, default=Path("prediction_figures.json"))
    asked = parser.parse_args(words)
    account = Account(path=asked.out.absolute(), size=SHORT if asked.short else FULL)
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as caches:  # the user's own are not touched
        os.environ["XDG_CACHE_HOME"] = caches
        try:
            _, why_not_kept = calibrate()
            account.calibrated = f"not kept: {why_not_kept}" if why_not_kept else "measured"
            print(f"prices: {account.calibrated}")
            for name in asked.only:
                _measure(name, account, short=asked.short)
        except KeyboardInterrupt:
            print("\ninterrupted: what was measured so far is kept")
            return 130
        finally:
            print(f"\nwritten to {account.path}")
    return 0


def _measure(name: str, account: Account, *, short: bool) -> None:
    figure = FIGURES[name]
    print(f"\n{name}: {(figure.__doc__ or '').splitlines()[0]}")
    command = f"python scripts/prediction_figures.py{' --short' if short else ''} --only {name}"
    print(f"$ {command}  (load {os.getloadavg()[0]:.1f})", flush=True)
    account.begin(name)
    figure(account)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
