"""Figures 7.3 and D.1: which networks learn, when one is lost, and what a row of the table says."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from eventnet.scenarios.reproductions import initialized_digits as figure
from eventnet.scenarios.reproductions.initialized_digits import LAMS, PLAIN, QUICK, SHOWN, TWIN, WHOLE


def test_cases_are_those_of_both_figures_once_each() -> None:
    small, large = (size.cases() for size in WHOLE)
    assert len(set(small)) == len(small) == 3 * 3 + 2
    assert {case for case in small if case[0] != PLAIN} == set(product(LAMS, (4, 10, 20)))
    assert [case for case in small if case[0] == PLAIN] == [(PLAIN, 4), (PLAIN, 20)]
    assert large == [(PLAIN, 20), (SHOWN, 20), (PLAIN, 50), (SHOWN, 50)]


def test_networks_have_the_options_of_their_size() -> None:
    for size, name in product(WHOLE, (PLAIN, SHOWN)):
        net = figure.network(size, name, 20, seed=3)
        assert (net.sizes, net.steps) == (tuple(size.sizes()), (20, size.positive))
        assert (net.initialized, net.lam, net.loss) == (name != PLAIN, 0.1 if name == SHOWN else 0.0, "local")
        assert (net.beta, net.learning_rate) == (size.options["beta"], size.options["learning_rate"])


def test_a_network_that_does_not_learn_is_stopped_and_says_so() -> None:
    rows = figure.learning_curve(None, QUICK[1], PLAIN, 20, 1234, True)  # too few samples for three layers
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert rows[-1]["training, %"] > figure.LOST
    assert (rows[-1]["lost"], rows[0]["lost"]) == (True, None)


def test_a_network_that_learns_is_not_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    size = QUICK[0]._replace(epochs=5)
    rows = figure.learning_curve(None, size, SHOWN, 20, 1234, True)
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5]
    assert not rows[-1]["lost"]
    assert rows[-1]["training, %"] < figure.LOST < rows[0]["training, %"] + 50
    monkeypatch.setattr(figure, "LOST", rows[2]["training, %"] - 0.01)
    assert len(figure.learning_curve(None, size, SHOWN, 20, 1234, True)) == 3


def test_a_curve_is_what_the_network_says_when_it_learns_on_its_own() -> None:
    d = figure.digits_for(None, "author", embedded=True)
    x, x_test = figure.scale_pixels(d.x_train[: figure.QUICK_SAMPLES]), figure.scale_pixels(d.x_test)
    rows = figure.learning_curve(None, QUICK[0], SHOWN, 4, 7, True)
    net = figure.network(QUICK[0], SHOWN, 4, 7)
    for row in rows:
        net.partial_fit(x, d.y_train[: len(x)], batch=20)
        for key, by in (("s-, %", "settled"), ("s_f, %", "forward")):
            wrong = np.mean(net.predict(x_test, by=by) != d.y_test)
            assert row[key] == pytest.approx(100 * wrong, abs=0.006)


def test_a_row_has_medians_of_the_last_epochs_of_each_seed() -> None:
    size = QUICK[0]
    curves = [
        {"network": SHOWN, "hidden": 1, "steps": 4, "seed": seed, "epoch": epoch, "s-, %": 10.0 * seed + epoch,
         "s_f, %": 5.0, "s-, official %": None, "s_f, official %": None, "lost": seed == 3 and epoch == 2, "answer": 7.0,
         "learn": 9.0}
        for seed, last in ((1, 4), (2, 4), (3, 2)) for epoch in range(1, last + 1)
    ]  # fmt: skip
    row = figure.row_of([*curves, curves[0] | {"network": PLAIN, "s-, %": 99.0}], size, SHOWN, 4)
    assert row["s-, %"] == "24.00 (14.00 to 32.00)"
    assert (row["lost"], row["s-, official %"], row["answer"], row["learn"]) == ("1 of 3", None, 7, 9)
    assert row["published"] == "learns"
    assert figure.published(size, PLAIN, 4) == "does not converge"
    assert figure.published(size, TWIN, None) is figure.published(size, "initialized, lam 1", 4) is None
