"""Patches added many times and errors that come back through patches, against the list of all synapses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from few import few
from numba import njit
from pd_oracle import synapses
from test_patches import counted

from eventnet.kernels.patches import Geometry, add_patches, add_transposed_patch, kernel_rows
from eventnet.tally import N_COLUMNS

WINDOWS = [
    # shape_in, channels, kernel, stride, padding
    ((1, 5, 5), 1, (3, 3), (1, 1), (0, 0, 0, 0)),
    ((2, 6, 5), 3, (3, 2), (2, 1), (1, 0, 2, 1)),
    ((3, 7, 4), 5, (2, 3), (3, 2), (0, 2, 1, 0)),  # rows that no window sees
    ((2, 4, 5), 7, (4, 5), (1, 3), (3, 4, 3, 4)),
    ((1, 1, 6), 70, (1, 5), (1, 2), (0, 1, 0, 3)),  # runs of 64, 4 and 1 words
    ((5, 1, 1), 93, (1, 1), (1, 1), (0, 0, 0, 0)),  # dense
    ((2, 5, 5), 4, (1, 1), (2, 2), (0, 0, 0, 0)),  # half of the units reach nothing
    ((1, 3, 4), 2, (5, 6), (1, 1), (1, 1, 1, 1)),  # one place
]
COUNTS = (1, -1, 3, -4)


@njit
def compiled_patches(acc, w, i, n, frame, rows, columns, tally):
    add_patches(acc, w, i, n, frame, rows, columns, tally)


@njit
def compiled_transposed(acc, w, o, n, frame, rows, columns, tally):
    add_transposed_patch(acc, w, o, n, frame, rows, columns, tally)


def place_of(shape: Any, unit: int) -> int:
    """Where unit `unit` of a map, counted channel by channel, stands among units counted place by place."""
    channel, y, x = np.unravel_index(unit, shape)
    return int((y * shape[2] + x) * shape[0] + channel)


def words_of(case: Any, weights: Any) -> dict[tuple[int, int], Any]:
    """The weight between each input unit and each output unit that it reaches, units counted place by place."""
    shape_in, _, _, stride, padding = case
    shape_out = Geometry.window(*case).shape_out
    flat = weights.ravel()
    return {
        (place_of(shape_in, i), place_of(shape_out, o)): flat[k]
        for i, o, k in synapses(shape_in, weights.shape, stride, padding)
    }


def drawn(case: Any, dtype: str) -> tuple[Geometry, Any, Any, Any]:
    """A geometry, its padded rows, its synapses and random sums with a word more at each end."""
    rng, made = np.random.default_rng(3), Geometry.window(*case)
    weights = rng.normal(size=(case[1], case[0][0], *case[2])).astype(dtype)
    room = np.zeros((case[0][0], made.row_words + 3), dtype)
    room[:, : made.row_words] = kernel_rows(weights, case[3])
    return made, room[:, : made.row_words], words_of(case, weights), rng.normal


def repeatedly(word: Any, total: Any, n: int) -> Any:
    for _ in range(abs(n)):
        total = total + word if n > 0 else total - word
    return total


@pytest.mark.slow
@pytest.mark.parametrize("dtype", few(["float32", "float64"], 1))
@pytest.mark.parametrize("case", WINDOWS)
def test_spikes_of_a_unit_add_its_patch_so_many_times(case: Any, dtype: str) -> None:
    made, rows, words, draw = drawn(case, dtype)
    begun = draw(size=made.units_out + 2).astype(dtype)
    for i in range(made.units_in):
        reached = {o: word for (a, o), word in words.items() if a == i}
        for n in COUNTS:
            wanted = begun.copy()
            for o, word in reached.items():
                wanted[1 + o] = repeatedly(word, wanted[1 + o], n)
            for add in (add_patches, compiled_patches):
                acc, tally = begun.copy(), np.zeros(N_COLUMNS, np.int64)
                add(acc[1:-1], rows, i, n, **made.integers(), tally=tally)
                assert counted(tally, abs(n) * len(reached), len(reached))
                assert acc.tobytes() == wanted.tobytes(), f"unit {i}, {n} spikes"  # the ends, too


@pytest.mark.parametrize("dtype", few(["float32", "float64"], 1))
@pytest.mark.parametrize("case", WINDOWS)
def test_errors_of_a_unit_add_what_reaches_it_so_many_times(case: Any, dtype: str) -> None:
    made, rows, words, draw = drawn(case, dtype)
    begun = draw(size=made.units_in + 2).astype(dtype)
    for o in range(made.units_out):
        reached = {i: word for (i, b), word in words.items() if b == o}
        for n in COUNTS:
            wanted = begun.copy()
            for i, word in reached.items():
                wanted[1 + i] = repeatedly(word, wanted[1 + i], n)
            for add in (add_transposed_patch, compiled_transposed):
                acc, tally = begun.copy(), np.zeros(N_COLUMNS, np.int64)
                add(acc[1:-1], rows, o, n, **made.integers(), tally=tally)
                assert counted(tally, abs(n) * len(reached), len(reached))
                assert acc.tobytes() == wanted.tobytes(), f"unit {o}, {n} errors"


@pytest.mark.parametrize("case", WINDOWS)
def test_runs_hold_every_synapse_once(case: Any) -> None:
    made = Geometry.window(*case)
    weights = np.arange(made.row_words * case[0][0]).reshape(case[1], case[0][0], *case[2])
    words, rows = words_of(case, weights), kernel_rows(weights, case[3])
    runs = made.runs().reshape(-1, 5).tolist()
    found = [(i, at + k, rows[row, begin + k]) for i, row, begin, at, n in runs for k in range(n)]
    assert sorted(found) == sorted((i, o, word) for (i, o), word in words.items())
    assert [run[0] for run in runs] == sorted(run[0] for run in runs)
    assert made.fan_in().tolist() == [sum(o == b for _, b in words) for o in range(made.units_out)]
