"""Entropy of the names in a DNS log: machine-made names stand out by it.

Hundreds of thousands of items that take some microseconds each: handing them out one by one
would cost more than the work. Generate a log of a stated size and find its oddest names:

    python examples/entropy.py --lines 200000 dns.log

The entropy of each line of a log that exists, as JSON Lines:

    amorsize execute examples/entropy.py:entropy --data-file dns.log --output out.jsonl
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from math import log2
from pathlib import Path

SEED = 53
WORDS = ["api", "blog", "cdn", "files", "img", "mail", "news", "shop", "static", "wiki", "www"]
SITES = ["example.com", "example.net", "example.org"]
ODD_SHARE = 0.001
"""How many names carry data out, as a tunnel through DNS does."""


def entropy(line: str) -> float:
    """Bits per character of the name asked for, the fourth field of a log line."""
    name = line.split()[3]
    counts = Counter(name).values()
    return -sum(n / len(name) * log2(n / len(name)) for n in counts)


def make_log(file: Path, lines: int) -> None:
    """Write a log of ``lines`` lines, always the same ones."""
    chance = random.Random(SEED)  # noqa: S311 - names, not secrets
    with file.open("w", encoding="utf-8") as log:
        for number in range(lines):
            log.write(f"{number / 1000:.3f} 10.0.{chance.randrange(4)}.{chance.randrange(256)} A ")
            log.write(f"{_name(chance)} NOERROR\n")


def _name(chance: random.Random) -> str:
    site = chance.choice(SITES)
    if chance.random() < ODD_SHARE:
        return f"{chance.randbytes(24).hex()}.{site}"
    return f"{chance.choice(WORDS)}{chance.randrange(20)}.{chance.choice(WORDS)}.{site}"


def main() -> None:
    """Write the log, and show its oddest names."""
    from amorsize import execute

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("log", type=Path, help="the log to write")
    args = parser.parse_args()

    try:
        make_log(args.log, args.lines)
    except OSError as error:
        parser.error(f"cannot write to {args.log}: {error.strerror}")
    lines = args.log.read_text(encoding="utf-8").splitlines()
    found = execute(entropy, lines)
    average = sum(found) / max(1, len(found))
    print(f"{len(found):,} lines, {average:.2f} bits per character on average")
    for bits, line in sorted(zip(found, lines, strict=True), reverse=True)[:5]:
        print(f"{bits:>5.2f}  {line.split()[3]}")


if __name__ == "__main__":
    main()
