"""Patches: what one spike of a feature map adds, against a convolution that scatters with loops over the kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from few import few
from numba import njit

from eventnet.errors import NetworkError
from eventnet.kernels.patches import Geometry, add_patch, channel_last, kernel_rows, kernel_weights, patch_of, quotient
from eventnet.tally import N_COLUMNS, READS, SYNAPTIC_ADDS

WINDOWS = [
    # shape_in, channels, kernel, stride, padding
    ((1, 5, 5), 1, (3, 3), (1, 1), (0, 0, 0, 0)),
    ((2, 6, 5), 3, (3, 2), (2, 1), (1, 0, 2, 1)),
    ((3, 7, 4), 5, (2, 3), (3, 2), (0, 2, 1, 0)),  # rows that no window sees
    ((2, 4, 9), 7, (4, 5), (1, 3), (3, 4, 3, 4)),
    ((1, 1, 12), 16, (1, 5), (1, 2), (0, 1, 0, 3)),  # runs of 16, 4 and 1 words
    ((4, 3, 3), 21, (3, 3), (1, 1), (1, 1, 1, 1)),
    ((2, 5, 5), 4, (1, 1), (2, 2), (0, 0, 0, 0)),  # half of the units reach nothing
    ((1, 3, 4), 2, (5, 6), (1, 1), (1, 1, 1, 1)),  # one place
]
SPREAD = [
    # and dilation of rows and columns, groups
    ((2, 6, 5), 4, (3, 2), (1, 1), (1, 0, 2, 1), (1, 1, 2)),
    ((1, 9, 8), 3, (3, 3), (1, 1), (2, 2, 2, 2), (2, 3, 1)),
    ((4, 9, 8), 8, (3, 2), (2, 2), (0, 1, 0, 0), (2, 3, 4)),  # steps of 1 and 3
    ((6, 7, 7), 3, (2, 3), (4, 1), (1, 0, 2, 0), (6, 2, 3)),  # a stride and a dilation with a common factor
    ((3, 5, 5), 3, (3, 3), (1, 2), (1, 1, 1, 1), (1, 1, 3)),  # one channel a group
    ((2, 2, 8), 18, (1, 2), (1, 1), (0, 0, 0, 0), (1, 5, 1)),
]
DTYPES = ("float64", "float32", "int32")


def window(case: Any) -> Geometry:
    return Geometry.window(*case)


def scattered(
    weights: Any, shape_in: Any, unit: tuple[int, int, int], stride: Any, padding: Any, spread: Any = (1, 1, 1)
) -> dict[Any, Any]:
    """What input unit (channel, y, x) adds to each output (channel, y, x), going through the kernel's words."""
    (c_out, of_group, *kernel), (*dilation, groups) = weights.shape, spread
    (_, height, width), (top, left, bottom, right), (channel, y, x) = shape_in, padding, unit
    tall, wide = (1 + d * (k - 1) for d, k in zip(dilation, kernel))
    rows = len(range(0, height + top + bottom - tall + 1, stride[0]))
    columns = len(range(0, width + left + right - wide + 1, stride[1]))
    found = {}
    for o in range(c_out):
        if o // (c_out // groups) != channel // of_group:
            continue
        for row in range(rows):
            for column in range(columns):
                i, j = y + top - row * stride[0], x + left - column * stride[1]
                if 0 <= i < tall and 0 <= j < wide and i % dilation[0] == j % dilation[1] == 0:
                    found[o, row, column] = weights[o, channel % of_group, i // dilation[0], j // dilation[1]]
    return found


@njit
def compiled_patch(acc, w, i, s, frame, rows, columns, tally):
    add_patch(acc, w, i, s, frame, rows, columns, tally)


def counted(tally: Any, adds: int, reads: int) -> bool:
    """Whether a tally holds so many synaptic adds and reads, and nothing else."""
    wanted = np.zeros(N_COLUMNS, np.int64)
    wanted[SYNAPTIC_ADDS], wanted[READS] = adds, reads
    return bool(np.array_equal(tally, wanted))


def drawn(rng: np.random.Generator, shape: Any, dtype: str) -> Any:
    return rng.integers(-99, 100, shape).astype(dtype) if dtype == "int32" else rng.normal(size=shape).astype(dtype)


# --- geometry --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("case", WINDOWS)
def test_a_window_knows_its_output_and_its_words(case: Any) -> None:
    (c_in, height, width), channels, kernel, stride, (top, left, bottom, right) = case
    made = window(case)
    rows = [y for y in range(-top, height + bottom) if y + kernel[0] <= height + bottom][:: stride[0]]
    columns = [x for x in range(-left, width + right) if x + kernel[1] <= width + right][:: stride[1]]
    assert made.shape_out == (channels, len(rows), len(columns))
    assert (made.units_in, made.units_out) == (c_in * height * width, channels * len(rows) * len(columns))
    assert (made.places_out, made.row_words) == (len(rows) * len(columns), kernel[0] * kernel[1] * channels)
    assert Geometry.of([list(part) for part in made]) == made
    assert Geometry.of([list(part) for part in made[:5]]) == made  # as older files have it


def test_a_dense_layer_is_one_place() -> None:
    made = Geometry.dense(4, 3)
    assert (made.units_in, made.units_out, made.places_out, made.row_words) == (4, 3, 1, 3)
    assert made == Geometry.window((4, 1, 1), 3, (1, 1))
    assert made.fan_out().tolist() == [3, 3, 3, 3]
    w = np.arange(12.0).reshape(4, 3)
    acc, tally = np.zeros(3), np.zeros(N_COLUMNS, np.int64)
    add_patch(acc, w, 2, 1, **made.integers(), tally=tally)
    assert counted(tally, 3, 3)
    assert acc.tolist() == [6, 7, 8]


def ones(case: Any) -> Any:
    """A kernel of ones for a case."""
    groups = case[5][2] if len(case) > 5 else 1
    return np.ones((case[1], case[0][0] // groups, *case[2]))


@pytest.mark.parametrize("case", [*WINDOWS, *SPREAD])
def test_runs_are_all_synapses_side_by_side(case: Any) -> None:
    made, room = window(case), np.arange(ones(case).size)
    weights = room.reshape(ones(case).shape)
    rows = kernel_rows(weights, case[3], made.spread)
    found: list[Any] = []
    for unit, row, word, first, n in made.runs().reshape(-1, 5).tolist():
        found += [(unit, first + j, int(rows[row, word + j])) for j in range(n)]
    wanted = []
    for i in range(made.units_in):
        place, channel = divmod(i, case[0][0])
        for (o, y, x), word in scattered(weights, case[0], (channel, *divmod(place, case[0][2])), *case[3:]).items():
            wanted.append((i, (y * made.shape_out[2] + x) * case[1] + o, int(word)))
    assert sorted(found) == sorted(wanted)
    assert made.fan_in().tolist() == np.bincount([o for _, o, _ in wanted], minlength=made.units_out).tolist()


@pytest.mark.parametrize("case", [*WINDOWS, *SPREAD])
def test_fan_out_is_the_number_of_words_that_a_unit_reaches(case: Any) -> None:
    made = window(case)
    weights = ones(case)
    units = [(c, y, x) for y in range(case[0][1]) for x in range(case[0][2]) for c in range(case[0][0])]
    assert made.fan_out().tolist() == [len(scattered(weights, case[0], unit, *case[3:])) for unit in units]


@pytest.mark.parametrize("wrong, words", [
    (((1, 5, 5), 1, (6, 3)), r"a kernel of \(6, 3\) does not fit into a map of \(1, 5, 5\)"),
    (((1, 5, 5), 1, (3, 8), (1, 1), (9, 1, 9, 1)), "does not fit"),
    (((0, 5, 5), 1, (3, 3)), "wanted positive sizes"),
    (((1, 5, 5), 0, (3, 3)), "wanted positive sizes"),
    (((1, 5, 5), 1, (0, 3)), "wanted positive sizes"),
    (((1, 5, 5), 1, (3, 3), (0, 1)), "wanted positive sizes"),
    (((1, 5, 5), 1, (3, 3), (1, 1), (0, -1, 0, 0)), "wanted positive sizes"),
    (((5, 5), 1, (3, 3)), r"an input's shape is \(5, 5\); wanted 3 whole numbers"),
    (((1, 5, 5), 1.5, (3, 3)), r"the number of channels is \(1.5,\); wanted 1 whole numbers"),
    (((1, 5, 5), 1, 3), "a kernel is 3; wanted 2 whole numbers"),
    (((1, 5, 5), 1, (3, 3), (1.5, 1)), r"a stride is \(1.5, 1\)"),
    (((1, 5, 5), 1, (3, 3), (1, 1), (1, 1)), r"padding is \(1, 1\); wanted 4 whole numbers"),
    (((1, 5, 5), 1, (3, 3), (1, 1), (0, 0, 0, 0), (1, 0, 1)), "wanted positive sizes"),
    (((1, 5, 5), 1, (3, 3), (1, 1), (0, 0, 0, 0), (1, 3, 1)), "does not fit"),
    (((2, 5, 5), 3, (3, 3), (1, 1), (0, 0, 0, 0), (1, 1, 2)), "2 groups do not divide 2 and 3 channels"),
    (((2, 5, 5), 3, (3, 3), (1, 1), (0, 0, 0, 0), 2), "dilation and groups is 2; wanted 3 whole numbers"),
])  # fmt: skip
def test_windows_that_cannot_be_are_refused(wrong: Any, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        Geometry.window(*wrong)


@pytest.mark.parametrize("parts", [None, 3, [], [(1, 1, 1)] * 5, [(1, 5, 5), "abc", (3, 3), (1, 1), (0, 0, 0, 0)]])
def test_what_is_no_geometry_is_refused(parts: Any) -> None:
    with pytest.raises(NetworkError, match="a geometry is|wanted"):
        Geometry.of(parts)


def test_a_geometry_whose_output_is_not_its_windows_is_refused() -> None:
    made = window(WINDOWS[1])
    with pytest.raises(NetworkError, match=r"a geometry says \(3, 9, 5\) for an output of \(3, 4, 5\)"):
        Geometry.of(made._replace(shape_out=(3, 9, 5)))


# --- kernels ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("case", [*WINDOWS, *SPREAD])
def test_rows_of_a_kernel_hold_its_weights_and_give_them_back(case: Any) -> None:
    made = window(case)
    weights = np.arange(made.row_words * case[0][0]).reshape(ones(case).shape)
    rows = kernel_rows(weights, case[3], made.spread)
    assert rows.shape == (case[0][0], made.row_words)
    assert rows.dtype == weights.dtype
    assert sorted(rows.ravel()) == list(range(weights.size))
    assert kernel_weights(rows, made).tolist() == weights.tolist()


def test_a_kernel_with_other_dimensions_is_refused() -> None:
    with pytest.raises(NetworkError, match=r"a kernel has shape \(2, 3, 3\); wanted \[c_out, c_in, height, width\]"):
        kernel_rows(np.ones((2, 3, 3)), (1, 1))


def test_maps_lie_channel_last() -> None:
    maps = np.arange(2 * 3 * 2 * 2).reshape(2, 3, 2, 2)
    assert channel_last(maps)[1].tolist() == [maps[1, c, y, x] for y in range(2) for x in range(2) for c in range(3)]
    assert channel_last(np.eye(3)).tolist() == np.eye(3).tolist()
    assert channel_last(maps[:0]).shape == (0, 12)


# --- patches ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", few(DTYPES, 1))
@pytest.mark.parametrize("case", [*WINDOWS, *SPREAD])
def test_a_spike_adds_the_words_that_it_reaches_and_no_others(case: Any, dtype: str) -> None:
    made, rng = window(case), np.random.default_rng(1)
    shape_in, channels, _, stride, *around = case
    weights = drawn(rng, ones(case).shape, dtype)
    room = np.zeros((shape_in[0], made.row_words + 3), dtype)  # rows of a block are padded
    room[:, : made.row_words] = kernel_rows(weights, stride, made.spread)
    begun = drawn(rng, made.units_out + 2, dtype)
    for i in range(made.units_in):
        place, channel = divmod(i, shape_in[0])
        unit = (channel, *divmod(place, shape_in[2]))
        for s in (1, -1):
            wanted = begun.copy()
            for (o, y, x), word in scattered(weights, shape_in, unit, stride, *around).items():
                j = 1 + (y * made.shape_out[2] + x) * channels + o
                wanted[j] = wanted[j] + word if s > 0 else wanted[j] - word
            for add in (add_patch, compiled_patch):
                acc, tally = begun.copy(), np.zeros(N_COLUMNS, np.int64)
                add(acc[1:-1], room[:, : made.row_words], i, s, **made.integers(), tally=tally)
                assert acc.tobytes() == wanted.tobytes(), f"unit {unit}, sign {s}"  # the ends, too
                assert counted(tally, made.fan_out()[i], made.fan_out()[i])


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
def test_spikes_add_up_to_a_convolution(dtype: str) -> None:
    """Whole spikes times whole weights, so that the order of sums makes no difference."""
    rng = np.random.default_rng(2)
    for case in WINDOWS:
        made = window(case)
        (c_in, height, width), channels, (tall, wide), (down, across), (top, left, bottom, right) = case
        weights, spikes = rng.integers(-9, 10, (channels, c_in, tall, wide)), rng.integers(-3, 4, case[0])
        around = np.zeros((c_in, height + top + bottom, width + left + right))
        around[:, top : top + height, left : left + width] = spikes
        wanted = np.zeros(made.shape_out)
        for o, y, x in np.ndindex(made.shape_out):
            seen = around[:, y * down : y * down + tall, x * across : x * across + wide]
            wanted[o, y, x] = (seen * weights[o]).sum()
        acc, rows = np.zeros(made.units_out, dtype), kernel_rows(weights, case[3]).astype(dtype)
        tally = np.zeros(N_COLUMNS, np.int64)
        for i, count in enumerate(channel_last(spikes[None])[0]):
            for _ in range(abs(count)):
                compiled_patch(acc, rows, i, int(np.sign(count)), **made.integers(), tally=tally)
        assert acc.tolist() == channel_last(wanted[None])[0].tolist()


@njit
def compiled_quotient(a, b):
    return quotient(a, b)


@njit
def compiled_patch_of(i, frame, rows, columns):
    return patch_of(i, frame, rows, columns)


def test_a_quotient_of_floats_is_that_of_whole_numbers() -> None:
    rng = np.random.default_rng(3)
    for b in (1, 2, 3, 7, 48, 1000, 2**20 - 1):
        near = rng.integers(0, 2**50 // b, 50) * b
        for a in (0, 1, b - 1, b, *near, *(near - 1).clip(0), *(near + 1)):
            assert compiled_quotient(int(a), b) == int(a) // b


def test_both_forms_find_the_same_patch() -> None:
    for case in WINDOWS:
        made = window(case)
        for i in range(made.units_in):
            assert compiled_patch_of(i, **made.integers()) == patch_of(i, **made.integers())
