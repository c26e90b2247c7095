"""Whatever the input is, nothing of it is pickled on the way to a forked worker: counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from amorsize.engines import inbox
from amorsize.engines.tokens import TOKEN, TokenPipe
from tests.stress import kit
from tests.stress.kit import Elsewhere, in_order
from tests.stress.marks import on_linux

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = on_linux


class Rooted:
    """An item, or a function, that cannot be pickled."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        pytest.fail("something was pickled")

    def __call__(self, item: Rooted) -> int:
        return self.value + item.value


@pytest.fixture
def no_pickling(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent to workers would pass here."""

    def refuse(*_args: object, **_options: object) -> NoReturn:
        pytest.fail("something was pickled")

    monkeypatch.setattr(inbox, "pickle", type("NoPickle", (), {"dumps": refuse, "loads": refuse}))


@pytest.mark.usefixtures("no_pickling")
@pytest.mark.parametrize("count", [1, 100, 20_000])
def test_items_and_function_are_inherited(count: int) -> None:
    items = [Rooted(index) for index in range(count)]

    assert in_order(kit.team(Rooted(7), items, item_s=1e-6)) == [7 + i for i in range(count)]


def test_items_of_an_iterator_are_pickled_which_shows_that_it_would_be_seen(
    no_pickling: None,  # noqa: ARG001 - the fixture that must complain
) -> None:
    with pytest.raises(pytest.fail.Exception, match="something was pickled"):
        kit.team(abs, iter(range(10)))


class Counting(TokenPipe):
    """Counts what is written for others to claim."""

    issued = 0

    def issue(self, tokens: Iterable[tuple[int, int]]) -> None:
        listed = list(tokens)
        self.issued += len(listed)
        super().issue(listed)


@pytest.mark.slow
@pytest.mark.usefixtures("no_pickling")
def test_ten_million_items_cost_as_many_tokens_as_fit_into_the_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pipes: list[Counting] = []

    def made() -> Counting:
        pipes.append(Counting())
        return pipes[-1]

    monkeypatch.setattr("amorsize.engines.team.TokenPipe", made)
    count, elsewhere = 10**7, Elsewhere()

    def stop_early(index: int) -> Any:
        if index > count // 1000 and not elsewhere:
            raise ValueError(index)
        return None

    recorder = kit.team(stop_early, range(count), item_s=1e-6, fail_fast=True)

    (pipe,) = pipes
    assert recorder.failures
    assert 0 < pipe.issued <= pipe.capacity
    assert pipe.issued * TOKEN.size <= 64 * 1024
