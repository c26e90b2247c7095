"""What runs have shown of the machine goes into its file and comes back, or is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from amorsize import cache
from amorsize.cache.experiences import EXPERIENCE, Experiences
from amorsize.cache.places import folder_of
from amorsize.machine.fingerprint import machine_key
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.situation import Experience, Priced


def file() -> Path:
    return Path(folder_of(EXPERIENCE)) / f"{machine_key()}.json"


def stored(**changes: Any) -> Experience:
    """One that lies in the file."""
    one = replace(
        Experiences().known(),
        starts={Priced.TEAM: (1.5, 2.0)},
        runs={EngineKind.TEAM: {"a.b": 1.25}},
        **changes,
    )
    Experiences().keep_if_possible(one)
    return one


def test_what_is_kept_is_read_by_the_next_process() -> None:
    assert Experiences().read() is None

    assert stored() == Experiences().read()


def test_no_cache_counts_it_and_none_forgets_it() -> None:
    one = stored()

    assert cache.get_cache_stats().total_entries == 0
    cache.clear_cache()
    assert Experiences().read() == one


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("starts", {"team": ["1"]}),
        ("starts", {"team": [-1.0]}),
        ("starts", {"team": [1.0] * 99}),
        ("runs", {"team": [1.0]}),
        ("runs", {"team": {"f": -1.0}}),
        ("runs", {"team": {"f" * 999: 1.0}}),
        ("runs", {"team": {f"f{number}": 1.0 for number in range(99)}}),
        ("system_info", {"kernel": "another"}),
    ],
)
def test_what_is_not_to_be_believed_is_not_read(field: str, value: object) -> None:
    stored()
    document = json.loads(file().read_text())
    file().write_text(json.dumps(document | {field: value}))

    assert Experiences().read() is None


def test_what_a_later_version_tells_besides_does_no_harm() -> None:
    one = stored()
    document = json.loads(file().read_text())
    document["starts"]["later"] = document["runs"]["later"] = "?"
    file().write_text(json.dumps(document))

    assert Experiences().read() == one


def test_a_folder_that_cannot_be_written_costs_what_it_would_have_told(tmp_path: Path) -> None:
    blocked = Path(folder_of(EXPERIENCE))
    blocked.parent.mkdir(parents=True)
    blocked.symlink_to(tmp_path / "nowhere" / "to" / "be")
    known = Experiences()

    known.keep_if_possible(known.known())
