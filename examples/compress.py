"""Compress the larger files of Python's own standard library.

lzma releases the interpreter lock while it works, so threads can use all cores here as well as
processes can. Every file, and the summary of the run:

    amorsize execute examples/compress.py:compress --data-call :large_files --output out.jsonl

The sizes in all, through the library:

    python examples/compress.py
"""

from __future__ import annotations

import argparse
import lzma
import sysconfig
from pathlib import Path
from typing import Any

LARGE_BYTES = 64 * 1024


def large_files() -> list[str]:
    """List the large source files of the running Python, installed packages left out."""
    root = Path(sysconfig.get_path("stdlib"))
    folders = [path for path in root.iterdir() if path.is_dir() and path.name != "site-packages"]
    files = [*root.glob("*.py"), *(file for folder in folders for file in folder.rglob("*.py"))]
    return sorted(str(file) for file in files if file.stat().st_size >= LARGE_BYTES)


def compress(path: str) -> dict[str, Any]:
    """Compress one file in memory; tells its size before and after."""
    content = Path(path).read_bytes()
    return {"path": path, "bytes": len(content), "compressed": len(lzma.compress(content))}


def main() -> None:
    """Show the sizes in all, and the file that shrinks most."""
    from amorsize import execute

    description = __doc__.partition("\n")[0] if __doc__ else None
    argparse.ArgumentParser(description=description).parse_args()  # there is nothing to choose
    results = execute(compress, large_files())
    before = sum(result["bytes"] for result in results)
    after = sum(result["compressed"] for result in results)
    print(f"{len(results):,} files: {before:,} bytes become {after:,}, {after / before:.0%}")
    best = min(results, key=lambda result: result["compressed"] / result["bytes"])
    print(f"best: {Path(best['path']).name}, {best['compressed'] / best['bytes']:.0%}")


if __name__ == "__main__":
    main()
