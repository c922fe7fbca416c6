"""Normalisation of columns: sums, bytes, counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.learning import Normalize


def normalized(weights: Any, total: float, engine: str, dtype: str, times: int = 1) -> tuple[Any, Any]:
    net = en.Network(dtype)
    block = net.weights(weights)
    update = net.add(Normalize(block, total=total, name="sums"))
    run = en.simulate(net, [(t, update.apply, 0, 1) for t in range(times)], engine=engine)
    return run.weights(block), run.tally


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (40, 64), (784, 100), (33, 130)])
def test_columns_sum_up_to_the_total(shape: tuple[int, int], dtype: str) -> None:
    w = np.random.default_rng(0).random(shape).astype(dtype)
    found, tally = normalized(w, 78.4, "compiled", dtype)
    near = (3 + shape[0]) * float(np.finfo(dtype).eps)  # a running sum of n positive numbers is off by n/2 ulp at most
    assert found.sum(axis=0, dtype="float64") == pytest.approx(78.4, rel=near)
    assert found == pytest.approx(w * (78.4 / w.sum(axis=0, dtype="float64")), rel=near)
    words = shape[0] * shape[1]
    row = tally.by_port()["sums.apply"]
    assert (row["learning_adds"], row["multiplies"]) == (words, words + shape[1])
    assert (row["reads"], row["writes"]) == (2 * words, words)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_both_engines_give_the_same_bytes(dtype: str) -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        w = rng.normal(0, 1, (int(rng.integers(1, 40)), int(rng.integers(1, 140))))
        (a, told), (b, counted) = (normalized(w, 2.5, engine, dtype, 3) for engine in ("reference", "compiled"))
        assert a.tobytes() == b.tobytes()
        assert told.to_dict() == counted.to_dict()


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_column_of_zeros_stays_and_signs_do(engine: str) -> None:
    found, tally = normalized([[0.0, 1.0], [0.0, -3.0]], 2.0, engine, "float64")
    assert found.tolist() == [[0.0, 0.5], [0.0, -1.5]]
    assert tally.multiplies == 4 + 1


@pytest.mark.parametrize("total", [0.0, -1.0, np.nan, np.inf])
def test_a_total_is_above_0(total: float) -> None:
    with pytest.raises(NetworkError, match="total is .*; wanted a finite number above 0"):
        normalized([[1.0]], total, "reference", "float64")
