"""How classes that cannot be imported travel home from a spawned worker."""

from __future__ import annotations

import pickle
from collections import namedtuple

import cloudpickle

from amorsize.engines.homeward import pack


def test_a_class_that_was_sent_goes_home_by_its_number() -> None:
    class Sent:
        pass

    cloudpickle.dumps(Sent)  # as the caller did: from here on it has a number

    packed = pack(Sent())
    assert b"at_home" in packed
    assert type(pickle.loads(packed)) is Sent


def test_a_class_that_was_made_in_the_worker_goes_home_by_value_each_time() -> None:
    made = namedtuple("made", ["a", "b"])  # noqa: PYI024 - by its name alone nobody finds it

    for _ in range(2):
        packed = pack(made(1, 2))
        assert b"at_home" not in packed
        assert pickle.loads(packed) == (1, 2)
