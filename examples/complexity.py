"""Cyclomatic complexity of every source file of Python's own standard library.

Some 1,800 real files, a few of them a hundred times the size of most. Pure Python holds the
interpreter lock, so only processes help. Everything, and the summary of the run:

    amorsize execute examples/complexity.py:complexity --data-call :stdlib_files --output out.jsonl

The most complex functions found, through the library:

    python examples/complexity.py
"""

from __future__ import annotations

import argparse
import ast
import sysconfig
import warnings
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BRANCHES = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.Assert,
    ast.match_case,
)


def stdlib_files() -> list[str]:
    """List the source files of the running Python, installed packages left out."""
    root = Path(sysconfig.get_path("stdlib"))
    folders = [path for path in root.iterdir() if path.is_dir() and path.name != "site-packages"]
    files = [*root.glob("*.py"), *(file for folder in folders for file in folder.rglob("*.py"))]
    return sorted(str(file) for file in files)


def complexity(path: str) -> dict[str, Any]:
    """Add up the complexity of a file's functions, and name the worst one.

    Files that are no Python, such as those that test the parser, give an ``error``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(Path(path).read_bytes(), path)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return {"path": path, "error": f"{type(error).__name__}: {error}"}
    found: list[dict[str, Any]] = [
        {"complexity": cyclomatic(node), "name": node.name, "line": node.lineno}
        for node in functions_in(tree)
    ]
    return {
        "path": path,
        "functions": len(found),
        "total": sum(function["complexity"] for function in found),
        "worst": max(found, key=itemgetter("complexity"), default=None),
    }


def functions_in(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Find functions and methods, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, FUNCTIONS))


def cyclomatic(function: ast.AST) -> int:
    """Count the independent paths through one function, nested functions apart (McCabe)."""
    paths = 1
    todo = list(ast.iter_child_nodes(function))
    while todo:
        node = todo.pop()
        if isinstance(node, FUNCTIONS):
            continue
        if isinstance(node, BRANCHES):
            paths += 1
        elif isinstance(node, ast.BoolOp):
            paths += len(node.values) - 1
        elif isinstance(node, ast.comprehension):
            paths += 1 + len(node.ifs)
        todo.extend(ast.iter_child_nodes(node))
    return paths


def main() -> None:
    """Show the five most complex functions."""
    from amorsize import execute

    description = __doc__.partition("\n")[0] if __doc__ else None
    argparse.ArgumentParser(description=description).parse_args()  # there is nothing to choose
    results = execute(complexity, stdlib_files())
    parsed = [result for result in results if "error" not in result]
    print(f"{len(results):,} files, {sum(r['functions'] for r in parsed):,} functions")
    worst = [
        result["worst"] | {"file": Path(result["path"]).name}
        for result in parsed
        if result["worst"]
    ]
    worst.sort(key=itemgetter("complexity"), reverse=True)
    for function in worst[:5]:
        print("{complexity:>5}  {name}  {file}:{line}".format_map(function))


if __name__ == "__main__":
    main()
