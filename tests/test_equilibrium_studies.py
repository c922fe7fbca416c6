"""Studies of settling networks in small: digits in continuous time, on the engine, with dither, with two nudges."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.data import digits, scale_pixels
from eventnet.models import ContinuousEquilibriumNetwork, EquilibriumNetwork
from eventnet.scenarios.reproductions import (
    continuous_digits,
    equilibrium_dither,
    equilibrium_nudges,
    equilibrium_online,
)


def test_euler_s_operations_are_of_units_and_steps() -> None:
    products, adds = continuous_digits.euler(0.1)
    assert (products, adds) == pytest.approx((5 * 110 * 800, 7 * 110 * 800))


def test_outputs_at_rest_move_no_more() -> None:
    net = ContinuousEquilibriumNetwork([4, 5, 3], seed=2)
    x = np.random.default_rng(0).random((3, 4))
    found = continuous_digits.at_rest(net, x)
    hidden = np.clip(x @ net.weights[0] + found @ net.weights[1].T, 0, 1)
    assert np.clip(hidden @ net.weights[1], 0, 1) == pytest.approx(found, abs=1e-5)  # its steps come to 1e-6


@pytest.mark.slow
def test_parts_on_the_engine_learn_as_the_batched_form_does() -> None:
    rows = equilibrium_online.train(None, "no delay", 3, 20, 40, True)
    assert [row["samples"] for row in rows] == [20, 40]
    d = digits()
    net = EquilibriumNetwork(
        [784, 500, 10], k=256, grid=256, learn="event", learning_rate=equilibrium_online.RATES, seed=3
    )
    net.fit(scale_pixels(d.x_train[:40]), d.y_train[:40], batch=1)
    assert rows[-1]["synaptic_adds"] > rows[-1]["synaptic_products"] > 0
    assert rows[-1]["input_adds"] >= rows[-1]["input_products"] > 0
    assert rows[-1]["learning_adds"] == rows[-1]["learning_products"] > 0
    shown = slice(0, equilibrium_online.JUDGED)
    assert rows[-1]["error"] == pytest.approx(100 * (1 - net.score(scale_pixels(d.x_test[shown]), d.y_test[shown])))


def test_networks_that_are_stuck_are_counted_without_and_with_dither() -> None:
    curves = [
        {"k": 2, "dither": dither, "seed": seed, "error": error, "test": error + 2}
        | {name: n + 10.0 * dither for n, name in enumerate(equilibrium_dither.COSTS, 1)}
        for dither, errors in ((False, (20.0, 31.0, 60.0)), (True, (10.0, 30.0, 40.0)))
        for seed, error in enumerate(errors)
    ]
    row = equilibrium_dither._row(2, curves)
    assert (row["none, error %"], row["none, official %"]) == ("31.0 (20.0 to 60.0)", "33.0 (22.0 to 62.0)")
    assert row["dither, official %"] == "32.0 (12.0 to 42.0)"
    assert row["stuck, none and dither"] == "2 of 3 and 1 of 3"
    assert (row["adds, none and dither"], row["products, none and dither"]) == ("1 and 11", "2 and 12")


@pytest.mark.slow
def test_dither_is_compared_for_every_number_of_levels() -> None:
    rows = equilibrium_dither.train(None, 3, True)
    assert [(row["k"], row["dither"]) for row in rows[:4]] == [(1, False), (1, True), (2, False), (2, True)]
    row = equilibrium_dither._row(2, rows)
    one = [row["products"] for row in rows if row["k"] == 1]
    assert one == [0, 0]  # a change of one level is an add alone
    assert all(0 < row["products"] < row["adds"] for row in rows if row["k"] > 2)
    assert float(row["dither less none"]) == pytest.approx(rows[3]["error"] - rows[2]["error"], abs=0.051)


def test_a_nudge_is_compared_with_a_free_phase_seed_by_seed() -> None:
    curves = [
        {"first": first, "second": 0.5, "seed": seed, "samples": samples, "error": error + 10 * (samples == 10),
         "test": error + 1 if samples == 20 else None, "operations": 100.0 * seed, "second phase": 7.0}
        for first, errors in ((0.0, (5.0, 6.0, 40.0)), (-0.25, (4.0, 5.5, 38.0)))
        for seed, error in enumerate(errors, 1) for samples in (10, 20)
    ]  # fmt: skip
    free = equilibrium_nudges._row(0.0, 0.5, curves)
    assert (free["beta"], free["less a free phase"], free["95%"]) == ("0 and 0.5", None, None)
    row = equilibrium_nudges._row(-0.25, 0.5, curves)
    assert row["error % after 10"] == "15.50 (14.00 to 48.00)"
    assert (row["error % after 20"], row["official %"]) == ("5.50 (4.00 to 38.00)", "6.50 (5.00 to 39.00)")
    assert row["less a free phase"] == "-1.17"
    assert (row["operations"], row["second phase"], row["stuck"]) == ("200 (100 to 300)", "7 (7 to 7)", "1 of 3")


@pytest.mark.slow
def test_every_nudge_is_trained_and_a_nudge_moves_more_the_stronger_it_is() -> None:
    rows = equilibrium_nudges.train(None, 3, True)
    assert [(row["first"], row["second"]) for row in rows] == list(equilibrium_nudges.BETAS)
    sent = {(row["first"], row["second"]): row["second phase"] for row in rows}
    assert sent[-0.25, 0.5] > sent[0.0, 0.5] > sent[0.25, 0.5] > 0
