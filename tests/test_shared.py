"""What several models share: checks of options and samples, and how samples are divided."""

from __future__ import annotations

import io
import itertools
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from eventnet.errors import DataError, ModelError
from eventnet.event import EVENT
from eventnet.models import shared
from eventnet.models.shared import Progress, events_at, finite, one_of, parts, progress_line, with_defaults


@pytest.mark.parametrize("count", [1, 2, 3, 7, 50])
def test_parts_hold_every_sample_once_and_in_order(count: int) -> None:
    for n in range(40):
        found = list(parts(n, count))
        assert [k for part in found for k in range(n)[part]] == list(range(n))
        assert len(found) <= count
        assert len({part.stop - part.start for part in found[:-1]}) <= 1


def test_options_come_in_the_order_of_the_defaults() -> None:
    assert list(with_defaults({"b": 3, "a": 2}, {"a": 0, "b": 1, "c": 2}).items()) == [("a", 2), ("b", 3), ("c", 2)]
    with pytest.raises(ModelError, match=r"unknown options \['d'\]; there are a, b"):
        with_defaults({"d": 3}, {"a": 0, "b": 1})


def test_a_choice_that_is_none_is_refused_with_all_there_are() -> None:
    one_of("x", "axis", ("x", "y"))
    with pytest.raises(ModelError, match="axis is 'z'; it can be 'x' or 'y'"):
        one_of("z", "axis", ("x", "y"))


def test_finite_samples_come_in_the_number_type_and_in_order() -> None:
    given = np.arange(24).reshape(3, 4, 2).transpose(2, 0, 1)
    found = finite(given, (3, 4), np.dtype(np.float32), "x")
    assert found.dtype == np.float32
    assert found.flags["C_CONTIGUOUS"]
    assert np.array_equal(found, given)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([[1.0, 2.0], [3.0]], r"x has rows of different lengths; wanted the shape \[n, 2\]"),
        (np.zeros((2, 3)), r"x has the shape \[2, 3\]; wanted \[n, 2\]"),
        (3.0, r"x has the shape \[\]; wanted \[n, 2\]"),
        (np.array([["a", "b"]]), "x is <U1; wanted real numbers"),
        ([[0.0, 1.0], [np.nan, 2.0]], r"x\[1, 0\] is nan; wanted finite float32 numbers"),
        ([[0.0, 1e300]], r"x\[0, 1\] is 1e\+300; wanted finite float32 numbers"),
    ],
)
def test_samples_that_are_none_are_refused_where_they_are(values: object, words: str) -> None:
    with pytest.raises(DataError, match=words):
        finite(values, (2,), np.dtype(np.float32), "x")  # type: ignore[arg-type]


def test_inputs_are_one_a_tick() -> None:
    found = events_at(np.array([3, 5]), 2, np.array([1, 0]))
    assert found.dtype == EVENT
    assert found[["t", "port", "index", "sign"]].tolist() == [(3, 2, 1, 1), (5, 2, 0, 1)]


# --- progress --------------------------------------------------------------------------------------------------------
class Screen(io.StringIO):
    """Where errors go, which says of itself whether it is a terminal."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


def watched(monkeypatch: pytest.MonkeyPatch, terminal: bool, wanted: Any = True) -> str:
    """What is written where 40 samples take 0.03 s each."""
    now = [0.0]
    screen = Screen(terminal)
    monkeypatch.setattr(shared.sys, "stderr", screen)
    monkeypatch.setattr(shared.time, "monotonic", lambda: now[0])
    with Progress(wanted, 40) as report:
        for done in range(1, 41):
            now[0] += 0.03
            report(done)
    return screen.getvalue()


def test_a_bar_is_one_line_that_is_written_over_at_most_ten_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    text = watched(monkeypatch, terminal=True)
    lines = text.removesuffix("\n").split("\r")[1:]
    assert "\n" not in text[:-1]
    assert 5 <= len(lines) <= 13
    assert lines[-1].startswith(f"[{'#' * 30}] 40 of 40, ")
    assert all(len(b) >= len(a.rstrip()) for a, b in itertools.pairwise(lines))


def test_a_notebook_is_written_over_as_a_terminal_is_and_a_file_gets_the_end_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert watched(monkeypatch, terminal=False).count("\r") == 1
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    assert watched(monkeypatch, terminal=False).count("\r") > 5


def test_nothing_is_written_where_nothing_is_wanted_and_a_function_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    assert watched(monkeypatch, terminal=True, wanted=False) == ""
    assert watched(monkeypatch, terminal=True, wanted=lambda done, total: told.append((done, total))) == ""
    assert told == [(k, 40) for k in range(1, 41)]


def test_the_rest_is_foretold_from_what_is_done() -> None:
    assert progress_line(10, 40, 5.0) == f"[{'#' * 7:<30}] 10 of 40, 15 s left"
    assert progress_line(0, 40, 0.0) == f"[{'':<30}] 0 of 40, 0.0 s"
    assert progress_line(0, 0, 0.0) == f"[{'#' * 30}] 0 of 0, 0.0 s"
