"""The arguments for a named pool run in that pool, and give what the plain loop gives."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.scripts import Script

pytestmark = pytest.mark.slow

BODY = """
import {module}
from amorsize import optimize

def digits(n):
    return sum(int(digit) for k in range(n, n + 300) for digit in str(k))

if __name__ == "__main__":
    data = range(400)
    results, ran = execute(digits, data, return_optimization_result=True, use_cache=False)
    for result in (optimize(digits, data, use_cache=False), ran):
        advice = result.for_pool({name!r})
        scope = {{"func": digits, "data": data, {package!r}: {package}}}
        exec(advice.code, scope)
        low, high = advice.predicted_s.low_s, advice.predicted_s.high_s
        tell(
            same=scope["results"] == results,
            ordered=0 < low <= advice.predicted_s.median_s <= high,
            installed=advice.installed,
        )
"""

MODULES = {
    "multiprocessing": "multiprocessing",
    "concurrent.futures": "concurrent.futures",
    "joblib": "joblib",
    "loky": "loky",
    "threads": "concurrent.futures",
}


@pytest.mark.parametrize("name", MODULES)
def test_the_code_runs_as_it_stands(name: str, script: Script) -> None:
    module = MODULES[name]
    package = module.partition(".")[0]
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")

    told = script.run(BODY.format(name=name, module=module, package=package))

    assert told.facts == [{"same": True, "ordered": True, "installed": True}] * 2
