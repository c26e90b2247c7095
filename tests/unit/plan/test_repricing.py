from __future__ import annotations

import pytest

from amorsize.plan.advise import advise
from amorsize.plan.repricing import Prediction, fitting_items, repriced
from amorsize.vocab.advice import PoolCandidate, PoolKind
from amorsize.vocab.options import DEFAULT_OPTIONS
from tests.unit.examples import TWO_CORES, profile


def test_for_the_same_items_it_is_what_the_advice_says() -> None:
    known = profile(item_s=5e-3, sampled=5, left=995)
    advice = advise(known, TWO_CORES, DEFAULT_OPTIONS)

    again = repriced(known, TWO_CORES, advice.chosen, items=1000)

    assert advice.chosen.n_jobs == 2
    assert again.pool_s == pytest.approx(advice.expected.total_s)
    assert again.speedup == pytest.approx(advice.speedup)


def test_fewer_items_gain_less() -> None:
    known = profile(item_s=5e-3, sampled=5, left=995)
    two = PoolCandidate(kind=PoolKind.PROCESSES, n_jobs=2, chunksize=10)

    few, many = (repriced(known, TWO_CORES, two, items=n) for n in (20, 1000))

    assert few.serial_s == pytest.approx(0.1)
    assert few.speedup < many.speedup


def test_one_job_is_the_plain_loop() -> None:
    one = PoolCandidate(kind=PoolKind.PROCESSES, n_jobs=1, chunksize=1)

    prediction = repriced(profile(), TWO_CORES, one, items=50)

    assert prediction.pool_s == prediction.serial_s == pytest.approx(0.05)


def test_as_many_items_as_fit_into_the_time() -> None:
    prediction = Prediction(items=1000, serial_s=20.0, pool_s=10.0)

    assert fitting_items(prediction, 30.0, least=16) == 1000
    assert fitting_items(prediction, 3.0, least=16) == 100
    assert fitting_items(prediction, 0.0, least=16) == 16
    assert fitting_items(Prediction(items=4, serial_s=20.0, pool_s=1.0), 0.0, least=16) == 4
