"""What was learned goes into the file and comes back, or the file is refused."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amorsize import cache
from amorsize.cache.codec import parse, unparse
from amorsize.cache.dating import dated
from amorsize.cache.kinds import OPTIMIZATION
from amorsize.cache.learned import LEARNED as TABLE
from amorsize.cache.learned import TRAVELS
from amorsize.cache.opening import cache_of
from amorsize.cache.places import folder_of
from amorsize.plan.recall import MOST_PAST
from amorsize.vocab.foretold import Foretold
from amorsize.vocab.learned import Learned
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.profile import CannotTravel, GilUse, NotMeasured, Transfer
from tests.cache.examples import LEARNED

seconds = st.just(0.0) | st.floats(1e-9, 1e12)
ratios = st.just(0.0) | st.floats(1e-9, 1e9)
sizes = st.just(0.0) | st.floats(1e-9, 1e15)
texts = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=50)
travels = st.one_of(
    st.just(NotMeasured()),
    st.builds(CannotTravel, texts, texts),
    st.builds(
        Transfer,
        dumps_s=seconds,
        loads_s=seconds,
        size_bytes=sizes,
        out_of_band_bytes=sizes,
        sampled=st.integers(0, 2**40),
    ).filter(lambda sent: sent.out_of_band_bytes <= sent.size_bytes),
)
learned = st.builds(
    Learned,
    sampled=st.integers(1, 2**60),
    runs=st.integers(1, 2**60),
    items=st.none() | st.integers(0, 2**60),
    inherited=st.booleans(),
    **dict.fromkeys(("first_s", "mean_s", "longest_s"), seconds),
    **dict.fromkeys(("spread", "trend", "cpu_share", "process_cpu_share"), ratios),
    **dict.fromkeys(("waits_per_call", "preemptions_per_call"), ratios),
    **dict.fromkeys(("argument", "result", "function"), travels),
    function_by_name=st.booleans(),
    gil=st.none()
    | st.builds(
        GilUse,
        free_share=st.just(0.0) | st.floats(1e-9, 1),
        ticks=st.integers(0, 2**60),
        threads_gain=st.none() | ratios,
    ),
    read_s=st.none() | seconds,
    item_kind=texts,
    item_bytes=sizes,
    returns_its_item=st.booleans(),
    carries=st.none() | texts,
    heap_bytes=st.integers(0, 2**62),
    engine=st.none() | st.sampled_from(EngineKind),
    workers=st.integers(1, 2**20),
    past=st.lists(
        st.builds(
            Foretold,
            predicted_s=seconds,
            actual_s=seconds,
            engine=st.none() | st.sampled_from(EngineKind),
            modelled_s=st.none() | seconds,
        ),
        max_size=20,
    ).map(tuple),
)


@given(learned)
def test_everything_learned_comes_back_from_the_file(one: Learned) -> None:
    assert TABLE.decode(parse(unparse(TABLE.encode(one)))) == one


def test_every_field_has_a_rule_and_stands_flat_beside_the_entry_s_own() -> None:
    document = TABLE.encode(LEARNED)

    assert {*TABLE.rules} == {field.name for field in fields(Learned)} == {*document}
    assert not {*document} & {*OPTIMIZATION.table.rules}


def test_an_entry_with_what_was_learned_is_one_flat_object() -> None:
    entry = cache.CacheEntry(2, 3, "thread", 1.5, "why", [], **dated(), learned=LEARNED)
    assert cache_of(OPTIMIZATION).save("k", entry)

    assert cache.load_cache_entry("k") == (entry, "")
    document = json.loads((cache.get_cache_dir() / "k.json").read_text())
    assert document["mean_s"] == LEARNED.mean_s
    assert document["argument"]["state"] == "measured"


def spoilt() -> list[tuple[str, Any]]:
    argument = TABLE.encode(LEARNED)["argument"]
    return [
        ("sampled", 0),
        ("sampled", 1.5),
        ("mean_s", -1e-9),
        ("mean_s", 5e-324),
        ("trend", 1e-10),
        ("mean_s", 1e13),
        ("spread", True),
        ("first_s", 10**400),
        ("items", -1),
        ("gil", {"free_share": 1.1, "ticks": 1, "threads_gain": None}),
        ("gil", {"free_share": 1.0, "ticks": 1}),
        ("gil", []),
        ("argument", argument | {"dumps_s": -1}),
        ("argument", argument | {"out_of_band_bytes": 81}),
        ("argument", argument | {"state": "pickle"}),
        ("argument", {name: value for name, value in argument.items() if name != "state"}),
        ("argument", None),
        ("result", {"state": "cannot", "what": "x" * 1001, "why": ""}),
        ("engine", "gpu"),
        ("workers", 0),
        ("carries", 3),
        ("carries", "a\x1b[2Jb"),
        ("carries", "a\ud800b"),
        ("past", [{"predicted_s": 1, "actual_s": 1}] * (MOST_PAST + 1)),
        ("past", [{"predicted_s": 1}]),
        ("past", [{"predicted_s": 1, "actual_s": 1, "engine": "gpu"}]),
        ("past", [{"predicted_s": 1, "actual_s": 1, "modelled_s": -1}]),
        ("returns_its_item", 1),
    ]


@pytest.mark.parametrize(("name", "value"), spoilt(), ids=range(len(spoilt())))
def test_one_wrong_field_makes_the_file_unreadable(name: str, value: Any) -> None:
    entry = cache.CacheEntry(2, 3, "thread", 1.5, "why", [], **dated(), learned=LEARNED)
    document = OPTIMIZATION.table.encode(entry) | {name: value}
    folder = cache.get_cache_dir()
    assert str(folder) == folder_of(OPTIMIZATION)
    (folder / "k.json").write_text(json.dumps(document))

    found, reason = cache.load_cache_entry("k")

    assert found is None
    assert reason.startswith("Failed to load cache: ")
    valid, issues = cache.validate_cache_entry(folder / "k.json")
    assert (valid, len(issues)) == (False, 1)
    assert name in issues[0]


def test_a_part_of_what_was_learned_is_not_taken_for_a_plain_decision() -> None:
    cache.save_cache_entry("k", 2, 3, "thread", 1.5, "why", [])
    file = cache.get_cache_dir() / "k.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"mean_s": 1.0}))

    assert cache.load_cache_entry("k") == (None, "Failed to load cache: KeyError")


def test_fields_that_nobody_knows_do_no_harm() -> None:
    cache.save_cache_entry("k", 2, 3, "thread", 1.5, "why", [])
    file = cache.get_cache_dir() / "k.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"colour": [{}]}))

    assert cache.load_cache_entry("k")[1] == ""


def test_only_the_latest_predictions_are_kept() -> None:
    past = tuple(Foretold(predicted_s=float(n), actual_s=1.0) for n in range(MOST_PAST + 5))

    kept = TABLE.decode(TABLE.encode(replace(LEARNED, past=past)))

    assert kept.past == past[5:]


def test_every_sort_of_travel_has_a_word() -> None:
    assert {table.build for table in TRAVELS.values()} == {Transfer, CannotTravel, NotMeasured}


def test_what_is_too_little_to_measure_and_what_cannot_be_shown_is_kept_as_it_can_be() -> None:
    odd = replace(LEARNED, read_s=3e-10, spread=1e-17, carries="a\x1b[2J\x85\ud800\n\tü")
    entry = cache.CacheEntry(2, 3, "thread", 1.5, "a\x00b", ["\x7f" * 400], **dated(), learned=odd)
    assert cache_of(OPTIMIZATION).save("k", entry)

    kept, _ = cache.load_cache_entry("k")

    assert kept is not None
    assert (kept.reason, len(kept.warnings[0])) == ("a\\x00b", 1000)
    assert kept.learned == replace(
        LEARNED, read_s=0.0, spread=0.0, carries="a\\x1b[2J\\x85\\ud800\n\tü"
    )
