"""In a notebook: a real kernel, with its threads, its streams and functions typed in cells."""

from __future__ import annotations

import pytest

from tests.support.calls import ITEMS
from tests.support.scripts import PRELUDE, Script

pytest.importorskip("ipykernel")
pytest.importorskip("nbclient")

pytestmark = pytest.mark.slow

HOST = """
import asyncio
import nbformat
from nbclient import NotebookClient

async def main(cells):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    await NotebookClient(notebook, kernel_name="python3", timeout=25).async_execute()
    tell(outputs=[
        "".join(output.get("text", "") for output in cell.outputs if output.get("name") == "stdout")
        for cell in notebook.cells
    ])

asyncio.run(main({cells!r}))
"""

TYPED = [
    PRELUDE,
    "FACTOR = 2\nclass Doubled(int): pass\ndef double(item): return Doubled(FACTOR * work(item))",
    "warm_up(double)",
    "tell(**run(double, range(ITEMS)))",
    "tell(**run(lambda item: FACTOR * work(item), (i for i in range(ITEMS)), backend='processes'))",
    "tell(**run(double, range(ITEMS), backend='threads'))",
    "FACTOR = 3",
    "tell(**run(double, range(ITEMS), backend='processes'))",
    "tell(calls=sorted(set(work.calls.values())))",
    "results = execute(double, range(9), backend='processes')",
    "tell(types=sorted({type(result).__name__ for result in results}))",
    "execute(lambda item: print('item', item), range(3), backend='serial')",
    "bars = run(double, range(ITEMS), backend='threads', progress=True)",
    """
try:
    execute(lambda item: 1 / (work(item) - 3), range(ITEMS), backend="processes", n_jobs=2)
except ZeroDivisionError as error:
    tell(note=error.__notes__[-1])
""",
]


def test_functions_of_notebook_cells_are_run_once_per_item(script: Script) -> None:
    script.run(HOST.format(cells=TYPED))
    auto, lambdas, threads, changed, calls, types, failed, told = script.facts
    doubled, tripled = [2 * i for i in range(ITEMS)], [3 * i for i in range(ITEMS)]
    assert [run["results"] for run in (auto, lambdas, threads, changed)] == [
        *(doubled, doubled, doubled),
        tripled,
    ]
    assert [run["engine"] for run in (lambdas, threads, changed)] == ["loky", "threads", "loky"]
    assert auto["unclear"] or auto["engine"] == "loky"
    assert calls == {"calls": [4]}
    assert types == {"types": ["Doubled"]}
    assert failed["note"].startswith("amorsize: raised at item 3, in ")
    assert told["outputs"][-3] == "item 0\nitem 1\nitem 2\n"
