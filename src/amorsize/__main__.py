"""``python -m amorsize``: the same as the command ``amorsize``."""

from __future__ import annotations

import sys

if __name__ == "__main__":  # a spawned worker imports this file, and needs nothing of it
    from amorsize.cli import main

    sys.exit(main())
