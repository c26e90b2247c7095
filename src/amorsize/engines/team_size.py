"""A team that becomes smaller while it plays, because memory is short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amorsize.engines.board import Board


class Seat(Protocol):
    """A worker's row on the board."""

    row: int


def send_home(board: Board, living: Sequence[Seat], most: int | None) -> None:
    """Ask those to leave who are more than ``most`` with the caller: after their chunk."""
    if most is not None:
        staying = [seat for seat in living if board.may_stay(seat.row)]
        for seat in staying[max(0, most - 1) :]:
            board.send_home(seat.row)


def went_home(board: Board, seat: Seat) -> bool:
    """Whether one that has ended was asked to leave, and had nothing in its hands."""
    return not board.may_stay(seat.row) and board.current(seat.row) is None
