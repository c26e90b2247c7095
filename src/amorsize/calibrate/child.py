"""One measurement, in a process of its own: the samples are printed as its last line."""

from __future__ import annotations

import json
import sys
import warnings
from importlib import import_module


def main(place: str, *arguments: str) -> None:
    """Call ``module:function`` of this package, and print what it gives."""
    # Python counts threads at a fork, and complains: whoever is measured here forks in his own way
    warnings.simplefilter("ignore", DeprecationWarning)
    module, _, name = place.partition(":")
    measure = getattr(import_module(f"amorsize.calibrate.{module}"), name)
    samples = measure(*arguments)
    sys.stdout.write(f"\n{json.dumps(samples)}\n")
