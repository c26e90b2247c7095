from __future__ import annotations

import os
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from tests.cache.crowd import crowd, live

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path


def leftovers(folder: Path) -> list[str]:
    return [name for _, _, names in os.walk(folder) for name in names if name.endswith(".tmp")]


@pytest.mark.slow
def test_processes_that_share_the_caches_never_see_half_a_file_or_a_wrong_reason(
    caches_here: Path,
) -> None:
    done = crowd(8, seconds=0, least=300)

    assert done.total() == 8 * 300
    assert min(done["found"], done["absent"], done["expired"], done["saved"]) > 0
    assert leftovers(caches_here) == []


@pytest.mark.slow
def test_threads_that_share_the_caches_do_not_either() -> None:
    told: list[Counter[str]] = []
    threads = [Thread(target=lambda n=n: told.append(live(n, 0, 200))) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [done.total() for done in told] == [200] * 4
