"""The board keeps what runs send, asks all of them, and puts another beside the first."""

from __future__ import annotations

import multiprocessing
from typing import Any

import numpy as np
import pytest

from eventnet.view import live_board
from eventnet.view.live_board import MOST_ROWS, REAL_TIME, LiveBoard, LiveWork
from eventnet.view.live_run import MOST_COLUMNS


class Far:
    """In place of a process: the test is its other end."""

    def __init__(self, target: Any, *given: Any) -> None:
        self.given, self.ended = given, False
        self.pipe, self.its = multiprocessing.Pipe()

    def end(self) -> None:
        self.ended = True

    def heard(self) -> list[Any]:
        found = []
        while self.its.poll():
            found.append(self.its.recv())
        return found


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> LiveBoard:
    monkeypatch.setattr(live_board, "Child", Far)
    return LiveBoard(LiveWork("a", print, 5, ("breadth", "depth")))


def look(t_us: int, **given: Any) -> tuple[str, dict[str, Any]]:
    usual = {
        "t_us": t_us,
        "merged": 3,
        "deliveries": 10,
        "adds": 20,
        "numbers": {"queue": 4.0, "adds.a": 1.0},
        "pictures": {},
        "raster": None,
    }
    return "look", usual | given


def test_the_first_run_is_in_the_usual_order_at_real_time(board: LiveBoard) -> None:
    assert [run.child.given for run in board.runs] == [(print, 5, "breadth", REAL_TIME)]
    assert not board.over


def test_looks_add_up_and_each_is_taken(board: LiveBoard) -> None:
    (run,) = board.runs
    run.child.its.send(look(1000, raster=np.zeros((2, 3), np.uint8)))
    run.child.its.send(
        look(
            2000,
            numbers={"answers.x": 0.0, "adds.b": 0.0, "by_input.b.c": 0.0},
            pictures={"camera": np.ones((1, 1), np.uint8)},
        )
    )
    run.child.its.send(("step", {"tick": 5, "port": "a.b", "adds": 1, "spikes": 0, "queued": 9}))
    board.hear()
    assert run.child.heard() == ["more", "more"]
    assert (run.state, run.t_us, run.deliveries, run.adds, run.looks, run.merged) == ("runs", 2000, 20, 40, 2, 4)
    assert (run.step["steps"], run.queued) == (1, 9)
    assert list(run.names) == ["queue", "adds.a", "answers.x"]
    assert [row["t"] for row in run.rows] == [0.001, 0.002]
    assert run.raster is not None
    assert run.raster.shape == (2, MOST_COLUMNS)
    assert run.raster[:, -3:].max() == 0
    assert run.raster[:, :-3].min() == 255
    assert list(run.pictures) == ["camera"]


def test_rows_are_bounded_and_counted(board: LiveBoard) -> None:
    (run,) = board.runs
    for k in range(MOST_ROWS + 5):
        run.child.its.send(look(k))
        board.hear()
        run.child.heard()
    assert (len(run.rows), run.row) == (MOST_ROWS, MOST_ROWS + 5)


def test_what_is_asked_goes_to_all_runs_and_holds_for_those_that_come(board: LiveBoard) -> None:
    board.pause(True)
    board.set_speed(None)
    board.beside("depth")
    board.step()
    first, second = (run.child for run in board.runs)
    assert first.heard() == ["pause", ("speed", None), "step"]
    assert second.given == (print, 5, "depth", None)
    assert second.heard() == ["pause", "step"]
    board.beside("breadth")
    assert second.ended
    assert [run.order for run in board.runs] == ["breadth", "breadth"]
    board.again()
    assert first.ended
    assert [run.order for run in board.runs] == ["breadth", "breadth"]
    board.pause(False)
    assert all(run.child.heard() == ["pause", "go"] for run in board.runs)
    board.end()
    assert board.over


def test_a_run_ends_fails_or_dies(board: LiveBoard) -> None:
    board.beside("depth")
    first, second = board.runs
    first.child.its.send(("ended", "a1"))
    second.child.its.send(("failed", "why"))
    board.hear()
    assert [run.state for run in board.runs] == ["has ended", "failed: why"]
    assert board.over
    assert board.beside_the_first(second) == ""
    second.seen = "a2"
    assert board.beside_the_first(second) == "what was seen is not equal"
    second.seen = "a1"
    assert [board.beside_the_first(run) for run in board.runs] == ["", "all that was seen is equal"]
    board.step()
    assert first.child.heard() == []
    board.again()
    board.runs[0].child.its.close()
    board.hear()
    assert board.runs[0].state == "failed: its process has died"
