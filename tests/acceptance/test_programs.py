"""In any program: in ``__main__``, optimised, under any start method, beside any library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.calls import BACKENDS, ITEMS, once

if TYPE_CHECKING:
    from tests.support.scripts import Script, Told

pytestmark = pytest.mark.slow

PROCESSES = {"team", "loky"}
ENGINES = {
    "auto": PROCESSES,
    "serial": {"serial"},
    "threads": {"threads"},
    "processes": PROCESSES,
}


def check_run(told: dict[str, object], engines: set[str]) -> None:
    """Twice every number, from workers of these kinds."""
    assert told["results"] == [2 * i for i in range(ITEMS)]
    if told["unclear"]:
        return
    assert told["engine"] in engines, told["warnings"]
    assert (told["workers"] != 1) == (told["engine"] != "serial")


def check(told: Told, *engines: set[str]) -> None:
    """One run for each of ``engines``, each of which called the function once per item."""
    for facts, expected in zip(told.facts, engines, strict=True):
        check_run(facts, expected)
    assert told.calls == once([*range(ITEMS)] * len(engines))
    assert told.err == ""


DOUBLE = """
def double(item):
    return 2 * work(item)
"""

DEFINED = {
    "function": DOUBLE,
    "lambda": "double = lambda item: 2 * work(item)",
    "method of a class": """
class Doubler:
    factor = 2
    def times(self, item):
        return self.factor * work(item)
double = Doubler().times
""",
    "function that uses globals": """
import math
FACTOR = math.sqrt(4)
def helper(item):
    return work(item)
def double(item):
    return int(FACTOR * helper(item))
""",
}

ALL_BACKENDS = f"""
if __name__ == "__main__":
    for backend in {BACKENDS}:
        tell(**run(double, range(ITEMS), backend=backend))
"""


@pytest.mark.parametrize("kind", DEFINED)
def test_functions_of_the_main_script_work(kind: str, script: Script) -> None:
    told = script.run(DEFINED[kind] + ALL_BACKENDS)
    check(told, *map(ENGINES.__getitem__, BACKENDS))


@pytest.mark.parametrize("flags", ["-O", "-OO", "-Xdev"])
def test_it_works_under_any_flag_of_python(flags: str, script: Script) -> None:
    told = script.run(DOUBLE + ALL_BACKENDS, flags)
    check(told, *map(ENGINES.__getitem__, BACKENDS))


RESULTS_OF_MAIN = """
import dataclasses

@dataclasses.dataclass
class Doubled:
    value: int

    def half(self):
        return self.value // 2

class Odd(Exception):
    pass

def double(item):
    return Doubled(2 * work(item))

def odd(item):
    if work(item) == 5:
        raise Odd(item)

if __name__ == "__main__":
    import multiprocessing
    multiprocessing.set_start_method({method!r})
    warm_up(double)
    half = Doubled.half
    told = run(double, range(ITEMS), backend="processes")
    same = Doubled.half is half and all(type(result) is Doubled for result in told["results"])
    told["results"] = [result.value for result in told["results"]]
    tell(**told)
    try:
        execute(odd, range(ITEMS), backend="processes", n_jobs=2, chunksize=1)
    except Odd as error:
        tell(same=same, args=error.args)
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_classes_of_the_main_script_come_back_as_themselves(method: str, script: Script) -> None:
    told = script.run(RESULTS_OF_MAIN.format(method=method))
    run, failed = told.facts
    check_run(run, {"team"} if method == "fork" else {"loky"})
    assert failed == {"same": True, "args": [5]}
    assert told.calls["5"] == 2  # once in each of the two runs


START_METHOD = """
double = lambda item: 2 * work(item)

if __name__ == "__main__":
    import multiprocessing
    multiprocessing.set_start_method({method!r})
    warm_up(double)
    for backend in "auto", "processes":
        tell(**run(double, list(range(ITEMS)), backend=backend))
        tell(**run(double, (i for i in range(ITEMS)), backend=backend))
    assert multiprocessing.get_start_method() == {method!r}
"""


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_the_start_method_that_the_user_has_set_is_kept(method: str, script: Script) -> None:
    told = script.run(START_METHOD.format(method=method))
    check(told, *[{"team"} if method == "fork" else {"loky"}] * 4)


def test_a_function_of_an_interactive_session_works(script: Script) -> None:
    body = script.folder / "script.py"
    told = script.run("")
    assert told.facts == []
    typed = body.read_text() + DOUBLE + "\ntell(**run(double, range(ITEMS)))\n"
    process = script.start("", "-i", stdin=-1)
    process.communicate(f"exec({typed!r})\n")
    check_run(script.facts[0], PROCESSES)


@pytest.mark.parametrize("library", ["numpy", "pandas"])
def test_a_loaded_library_makes_no_difference(library: str, script: Script) -> None:
    pytest.importorskip(library)
    told = script.run(f"import {library}\n" + DOUBLE + ALL_BACKENDS)
    check(told, *map(ENGINES.__getitem__, BACKENDS))


AGAIN = """
import numpy
for _ in range(8):
    tell(**run(work, range(0, 2 * ITEMS, 2)))
"""


def test_threads_of_a_loaded_library_are_not_taken_for_the_function_s(script: Script) -> None:
    pytest.importorskip("numpy")
    for facts in script.run(AGAIN).facts:
        check_run(facts, PROCESSES)


def test_no_library_is_loaded_that_the_user_has_not_loaded(script: Script) -> None:
    told = script.run(
        DOUBLE
        + ALL_BACKENDS
        + """
    tell(loaded=[name for name in ("numpy", "pandas", "rich", "loky") if name in sys.modules])
"""
    )
    assert told.facts[-1] == {"loaded": []}


MATRICES = """
import numpy as np
matrices = [np.random.default_rng(i).random((80, 80)) for i in range(ITEMS)]

def trace(i):
    return float((matrices[work(i)] @ matrices[i]).trace())

expected = [float((m @ m).trace()) for m in matrices]
for backend in ("auto", "serial", "threads", "processes"):
    told = run(trace, range(ITEMS), backend=backend)
    tell(same=np.allclose(told["results"], expected, rtol=1e-9, atol=0), engine=told["engine"])
"""


def test_matrix_products_side_by_side_give_what_the_loop_gives(script: Script) -> None:
    pytest.importorskip("numpy")
    told = script.run(MATRICES)
    assert [facts["same"] for facts in told.facts] == [True] * 4
    assert told.facts[-1]["engine"] in PROCESSES
    assert told.calls == once([*range(ITEMS)] * 4)
