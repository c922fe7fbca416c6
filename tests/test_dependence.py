"""Changes of weights in proportion to the room that is left: closed forms, bounds, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.learning.dependence import (
    check_bounds,
    check_exponent,
    check_finite,
    check_positive,
    count_moves,
    strengthen,
    weaken,
    weaken_row,
)
from eventnet.tally import LEARNING_ADDS, MULTIPLIES, N_COLUMNS, READS, WRITES


def moved(word: float, change: float, mu: float) -> float:
    """One weight between 0 and 2, moved up by a positive change, down by a negative one."""
    w, tally = np.array([[word]]), np.zeros(N_COLUMNS, dtype=np.int64)
    if change > 0:
        strengthen(w, 0, 0, change, 0.0, 2.0, mu, tally)
    else:
        weaken(w, 0, 0, -change, 0.0, 2.0, mu, tally)
    return float(w[0, 0])


@pytest.mark.parametrize("word, change, mu, wanted", [
    (0.5, 0.25, 0.0, 0.75), (0.5, -0.25, 0.0, 0.25), (1.9, 0.25, 0.0, 2.0), (0.1, -0.25, 0.0, 0.0),
    (0.5, 0.25, 1.0, 0.5 + 0.25 * 1.5), (0.5, -0.25, 1.0, 0.5 - 0.25 * 0.5), (0.5, 3.0, 1.0, 2.0), (0.5, -3.0, 1.0, 0.0),
    (1.0, 0.25, 0.5, 1.25), (0.25, -0.25, 0.5, 0.25 - 0.25 * 0.5), (1.0, 9.0, 0.5, 2.0), (0.25, -9.0, 0.5, 0.0),
    (0.5, 0.25, 2.0, 0.5 + 0.25 * 2.25), (2.0, 0.25, 0.5, 2.0), (0.0, -0.25, 0.5, 0.0),
])  # fmt: skip
def test_a_change_is_what_the_formula_says(word: float, change: float, mu: float, wanted: float) -> None:
    assert moved(word, change, mu) == pytest.approx(wanted, rel=4e-16)  # exp(mu log) rounds thrice


@pytest.mark.parametrize("word, change, mu, wanted", [
    (2.5, 0.25, 0.0, 2.0), (2.5, 0.25, 1.0, 2.5 - 0.125), (2.5, 0.25, 0.5, 2.5), (2.5, -0.25, 0.0, 2.0), (2.5, -0.25, 1.0, 1.875),
    (-1.0, -0.25, 0.0, 0.0), (-1.0, -0.25, 1.0, -0.75), (-1.0, -0.25, 0.5, -1.0), (-1.0, 0.25, 0.0, 0.0), (-1.0, 0.25, 1.0, -0.25),
])  # fmt: skip
def test_a_weight_beyond_its_bounds_is_clipped_drawn_back_or_left(
    word: float, change: float, mu: float, wanted: float
) -> None:
    assert moved(word, change, mu) == wanted


def test_no_change_carries_a_weight_across_a_bound() -> None:
    rng = np.random.default_rng(0)
    for _ in range(3000):
        found = moved(rng.choice([0.0, 2.0, rng.uniform(0, 2)]), rng.normal(0, 3), rng.choice([0, 0.02, 0.5, 1, 3.0]))
        assert 0 <= found <= 2


def test_counts_of_moves() -> None:
    for mu, adds, multiplies in ((0.0, 5, 0), (1.0, 10, 5), (0.5, 0, 0)):
        tally = np.zeros(N_COLUMNS, dtype=np.int64)
        count_moves(tally, 5, mu)
        assert tally[[LEARNING_ADDS, MULTIPLIES, READS, WRITES]].tolist() == [adds, multiplies, 5, 5]


@en.rule
def row_down(i, s, t, out, tally, y, w, gain, mu):
    weaken_row(w, i, y, gain, w.dtype.type(0), w.dtype.type(1), mu, tally)


class Rows(en.Module):
    """Rows go down by what `y` says."""

    weights = en.Weights("n_rows", "units", key="w")
    units = en.Derived(lambda rows: rows.weights.cols)
    given = en.Option[Any](positional=True)
    y = en.State(start=lambda rows: rows.given)
    gain = en.Param()
    mu = en.Param()
    down = en.Port(row_down)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("mu", [0.0, 1.0, 0.5])
def test_compiled_rows_give_the_plain_ones_bytes(mu: float, dtype: str) -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        units = int(rng.choice([1, 5, 64, 130]))
        w, y = rng.uniform(-0.25, 1.25, (3, units)), rng.choice([0.0, 1.0, rng.uniform(0, 2)], units)
        found = []
        for engine in ("reference", "compiled"):
            net = en.Network(dtype)
            rows = net.add(Rows(net.weights(w), y, gain=1.7, mu=mu))
            run = en.simulate(net, [(t, rows.down, t % 3, 1) for t in range(5)], engine=engine)
            found.append((run.weights("w0"), run.tally.to_dict()))
        assert found[0][0].tobytes() == found[1][0].tobytes()
        assert found[0][1] == found[1][1]
        inside = (w >= 0) & (w <= 1)
        assert found[0][0][inside].min() >= 0


def block(values: Any) -> en.Block:
    return en.Network("float32").weights(values)


def test_bounds_must_hold_the_weights() -> None:
    assert check_bounds(block([[0.0, 0.1], [0.5, 0.1]]), (0, 0.1 + 0.4)) == (0.0, 0.5)
    assert check_bounds(block([[0.1]]), (0.0, 0.1)) == (0.0, 0.1)  # float32(0.1) is above 0.1
    with pytest.raises(NetworkError, match=r"weights 'w0' hold 0.75 at \[1, 0\]; wanted values from 0 to 0.5"):
        check_bounds(block([[0.0, 0.1], [0.75, 0.1]]), (0, 0.5))
    with pytest.raises(NetworkError, match=r"hold -0.1 at \[0, 1\]"):
        check_bounds(block([[0.0, -0.1]]), (0, 0.5))


@pytest.mark.parametrize("bounds", [(1.0, 0.0), (0.0, 0.0), (0.0, np.inf), (np.nan, 1.0)])
def test_bounds_that_cannot_be_are_refused(bounds: Any) -> None:
    with pytest.raises(NetworkError, match="wanted two finite numbers, the lower one first"):
        check_bounds(block([[0.0]]), bounds)


@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf])
def test_exponents_and_numbers_that_cannot_be_are_refused(bad: float) -> None:
    with pytest.raises(NetworkError, match="mu is .*; wanted an exponent of 0"):
        check_exponent(bad, "mu")
    with pytest.raises(NetworkError, match="rate is .*; wanted a finite number above 0"):
        check_positive(bad, "rate")
    if bad != -0.1:
        with pytest.raises(NetworkError, match="a_plus is .*; wanted a finite number"):
            check_finite(bad, "a_plus")
