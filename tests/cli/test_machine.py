from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Shell


def test_people_get_lines_and_programs_a_document(shell: Shell) -> None:
    text = shell.run("machine")
    document = shell.run("machine", "--json")

    assert (text.code, text.err) == (document.code, document.err) == (0, "")
    usable = json.loads(document.out)["cpus"]["usable"]
    assert usable >= 1
    assert f"usable CPUs    {usable}: " in text.out
