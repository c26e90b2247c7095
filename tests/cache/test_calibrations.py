"""What was measured of the machine goes into its file and comes back, or is refused and why."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from amorsize import cache
from amorsize.cache.calibrations import CALIBRATION, Calibrations
from amorsize.cache.places import folder_of
from amorsize.cache.wording import in_words
from amorsize.machine.fingerprint import Fingerprint, fingerprint, machine_key
from amorsize.plan.prices import ASSUMED, BELIEVABLE
from amorsize.vocab.estimate import Assumed
from amorsize.vocab.lookup import Absent, Hit, Miss
from amorsize.vocab.situation import Calibration, Priced
from tests.support.calibrated import calibration, measured, speed


def file() -> Path:
    return Path(folder_of(CALIBRATION)) / f"{machine_key()}.json"


def stored(**changes: Any) -> Calibration:
    """One that lies in the file."""
    one = replace(calibration(joint_speed=speed(1.3)), **changes)
    assert Calibrations().keep(one)
    return one


def edit(*path: str, value: Any) -> None:
    """As somebody might who wants to be believed."""
    document = json.loads(file().read_text())
    place = document
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    file().write_text(json.dumps(document))


def why_not() -> str:
    found = Calibrations().look()
    assert isinstance(found, Miss), found
    return in_words(found.why, CALIBRATION.absent)


def test_what_is_kept_is_read_by_the_next_process() -> None:
    one = stored()

    found = Calibrations().look()

    assert isinstance(found, Hit)
    assert found.record == one


def test_it_lies_in_a_folder_of_its_own_and_no_cache_counts_it() -> None:
    stored()

    assert [path.name for path in file().parent.iterdir()] == [f"{machine_key()}.json"]
    assert file().parent.parent == cache.get_cache_dir().parent
    assert cache.get_cache_stats().total_entries == 0
    cache.clear_cache()
    cache.clear_benchmark_cache()
    assert isinstance(Calibrations().look(), Hit)


def test_what_was_not_measured_is_assumed_again_when_it_is_read() -> None:
    one = calibration()
    price = replace(one.prices[Priced.TEAM], delay=Assumed(median_s=1.0, why="it failed"))
    stored(prices={**one.prices, Priced.TEAM: price})

    found = Calibrations().read()

    assert found is not None
    assert found.prices[Priced.TEAM].delay == ASSUMED[Priced.TEAM].delay
    assert found.prices[Priced.TEAM].blocking == price.blocking


def test_a_process_reads_it_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = Calibrations()
    assert known.look() == Miss(Absent())
    stored()

    assert known.look() == Miss(Absent())
    known.forget()
    found = known.read()
    assert found is not None
    assert known.at_hand is found
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert known.read() is None


OTHER = Fingerprint(
    processor="Some CPU",
    logical_cpus=999,
    offered_cpus=998,
    quota=0.5,
    kernel="Linux 2.0 z80",
    python="snake 1.0",
)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("processor", "Processor changed"),
        ("logical_cpus", "Number of CPUs changed"),
        ("offered_cpus", "Number of CPUs offered changed"),
        ("quota", "CPU quota changed"),
        ("kernel", "Kernel changed"),
        ("python", "Python changed"),
    ],
)
def test_another_machine_is_a_miss_that_says_what_differs(field: str, words: str) -> None:
    here, other = getattr(fingerprint(), field), getattr(OTHER, field)
    stored(system_info=fingerprint()._asdict() | {field: other})

    assert why_not() == f"{words} (cached: {other}, current: {here})"


def test_every_part_of_the_fingerprint_is_compared() -> None:
    assert {*CALIBRATION.system.rules} == {*Fingerprint._fields}


def test_it_does_not_expire() -> None:
    stored(timestamp=0.0)

    assert isinstance(Calibrations().look(), Hit)


TEAM_CHUNK = ASSUMED[Priced.TEAM].per_chunk.median_s


def estimate(median: Any, **changes: Any) -> dict[str, Any]:
    return {"median_s": median, "low_s": 0, "high_s": 1e9, "samples": 5} | changes


HOSTILE: list[tuple[tuple[str, ...], Any]] = [
    (("prices", "team", "per_chunk"), estimate(0)),
    (("prices", "team", "per_chunk"), estimate(TEAM_CHUNK / BELIEVABLE / 1.01)),
    (("prices", "team", "per_chunk"), estimate(TEAM_CHUNK * BELIEVABLE * 1.01)),
    (("prices", "team", "per_chunk"), estimate(-TEAM_CHUNK)),
    (("prices", "team", "per_chunk"), estimate(True)),
    (("prices", "team", "per_chunk"), estimate("20e-6")),
    (("prices", "team", "per_chunk"), estimate(TEAM_CHUNK, samples=0)),
    (("prices", "team", "per_chunk"), estimate(TEAM_CHUNK, low_s=2 * TEAM_CHUNK)),
    (("prices", "team", "per_chunk"), estimate(TEAM_CHUNK, high_s=0)),
    (("prices", "team", "per_chunk"), [20e-6]),
    (("prices", "pool-spawn", "per_worker"), estimate(3600)),
    (("prices", "team"), {}),
    (("prices", "team"), None),
    (("prices",), []),
    (("gigabyte", "touch"), estimate(1e9)),
    (("gigabyte",), None),
    (("joint_speed", "times"), 0.1),
    (("joint_speed", "times"), 500.0),
    (("joint_speed", "low"), 1.9),
    (("joint_speed", "cpus"), 0),
    (("joint_speed", "undisturbed"), 1),
    (("timestamp",), 1e18),
    (("system_info",), {}),
]


@pytest.mark.parametrize(("path", "value"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_file_is_refused_as_a_whole(path: tuple[str, ...], value: Any) -> None:
    stored()
    edit(*path, value=value)

    assert why_not().startswith("Failed to load cache: ")
    assert Calibrations().read() is None


def test_prices_of_a_later_version_do_no_harm() -> None:
    stored()
    edit("prices", "quantum", value={"blocking": "none"})

    assert Calibrations().read() is not None


def test_prices_that_are_not_in_the_file_are_assumed() -> None:
    stored()
    edit("prices", value={})

    found = Calibrations().read()

    assert found is not None
    assert found.prices == {}


def test_a_broken_file_costs_a_line_in_the_debug_log(caplog: pytest.LogCaptureFixture) -> None:
    stored()
    file().write_bytes(b"{")

    with caplog.at_level(logging.DEBUG, logger="amorsize"):
        assert Calibrations().read() is None

    assert [record.levelname for record in caplog.records] == ["DEBUG"]
    assert "JSONDecodeError" in caplog.text


def test_a_folder_that_cannot_be_used_costs_no_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    known = Calibrations()

    assert known.read() is None
    assert not known.keep(calibration())
    assert known.read() is not None


def test_what_a_load_would_refuse_is_not_kept() -> None:
    one = calibration()
    price = replace(one.prices[Priced.TEAM], per_chunk=measured(1.0))

    with pytest.raises(ValueError, match="Invalid prices"):
        Calibrations().keep(replace(one, prices={Priced.TEAM: price}))
