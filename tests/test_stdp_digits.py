"""Digits learned by STDP: what is measured is what happened, pieces make a pass, and 10,000 digits are enough for 84 %."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from eventnet.data import scale_pixels
from eventnet.errors import DataError, ModelError
from eventnet.scenarios.stdp.digits import (
    DigitsResult,
    compile_for,
    data_of,
    example_of,
    network_of,
    pieces,
    run,
    wanted,
)
from eventnet.scenarios.stdp.digits_parameters import DigitsParameters, DigitsRunTable

SHORT = DigitsParameters(run=DigitsRunTable(neurons=20, passes=2, train=60, named=50, test=30, moments=3, seed=5))


@cache
def learned() -> DigitsResult:
    """Once for this file and for that of its pictures."""
    return run(SHORT)


@pytest.fixture(scope="session")
def found() -> DigitsResult:
    return learned()


def test_the_network_has_learned_what_fit_learns(found: DigitsResult) -> None:
    given = data_of(SHORT)
    x = scale_pixels(given.x_train)
    assert (len(x), len(given.x_test)) == (60, 30)
    network = network_of(SHORT)
    for start, stop in ((0, 30), (30, 60), (0, 60)):  # 120 digits, and a quarter of them
        network.fit(x[start:stop])
    assert (network.weights == found.network.weights).all()
    assert [seen for seen, _ in found.moments] == [0, 30, 120]
    assert (found.moments[-1][1] == network.receptive_fields()).all()
    assert (found.moments[0][1] == network_of(SHORT).receptive_fields()).all()
    counts = network.assign(x[:50], given.y_train[:50]).transform(scale_pixels(given.x_test))
    for readout, answers in found.answers.items():
        assert answers.tolist() == network.read_out(counts, readout).tolist()
        assert found.accuracy(readout) == (answers == given.y_test).mean()
        assert found.confusion(readout).sum() == 30
        assert np.trace(found.confusion(readout)) == (answers == given.y_test).sum()


def test_what_it_took_adds_up(found: DigitsResult) -> None:
    learning, answering = found.learning.numbers(), found.answering.numbers()
    assert (found.learning.digits, found.answering.digits) == (120, 80)
    for numbers in (learning, answering):
        assert numbers["adds"] == pytest.approx(
            sum(numbers[f"{c} adds"] for c in ("synaptic", "neuron", "plasticity", "normalisation"))
        )
        assert numbers["spikes"] >= 5
        assert numbers["showings"] >= 1
        assert numbers["digits/s"] > 0
    # each input adds a row of 20 weights, but for those in the silence after a spike
    assert 0.5 < learning["synaptic adds"] / (20 * learning["inputs"]) < 1
    assert learning["normalisation adds"] == 784 * 20
    assert learning["plasticity adds"] >= 784 * learning["spikes"]
    assert answering["plasticity adds"] == answering["normalisation adds"] == 0


def test_the_example_is_shown_as_it_was_counted(found: DigitsResult) -> None:
    image, label, answer, shown = found.example
    given = data_of(SHORT)
    (k,) = np.flatnonzero((given.x_test == image).all(axis=1))
    counts = found.network.transform(scale_pixels(given.x_test))
    assert np.bincount(shown.neurons, minlength=20).tolist() == counts[k].tolist()
    assert (label, answer) == (given.y_test[k], found.answers["assignment"][k])
    assert (image[shown.inputs] > 0).all()


def test_the_example_is_a_right_one_with_many_neurons() -> None:
    counts = np.array([[9, 0, 0], [1, 1, 0], [1, 1, 1]])
    assert example_of(counts, np.array([0, 1, 2]), np.array([0, 1, 0])) == 1
    assert example_of(counts, np.array([1, 0, 1]), np.array([0, 1, 0])) == 2
    with pytest.raises(ModelError, match="no test digits"):
        example_of(counts[:0], np.array([]), np.array([]))


@pytest.mark.parametrize(("n", "passes", "moments"), [(60, 2, 3), (2000, 3, 6), (7, 1, 20), (1, 1, 2)])
def test_pieces_make_whole_passes(n: int, passes: int, moments: int) -> None:
    made = list(pieces(n, passes, moments))
    assert (made[0][0], made[-1][1]) == (0, n * passes)
    assert all(a[1] == b[0] for a, b in pairwise(made))
    assert all(start // n == (stop - 1) // n for start, stop in made)
    assert set(wanted(n * passes, moments)) <= {stop for _, stop in made}


def test_progress_goes_from_first_to_last() -> None:
    told: list[tuple[int, int]] = []
    run(replace(SHORT, run=replace(SHORT.run, train=150, passes=1)), progress=lambda done, of: told.append((done, of)))
    done = [d for d, _ in told]
    assert done == sorted(done)
    assert {137, 150, 200, 230} <= set(done)
    assert {of for _, of in told} == {150 + 50 + 30}


def test_compiling_leaves_no_trace() -> None:
    before = network_of(SHORT).weights
    compile_for(SHORT)
    assert (network_of(SHORT).weights == before).all()


def test_digits_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="train-images"):
        data_of(replace(SHORT, run=replace(SHORT.run, digits="official", folder=str(tmp_path))))


@pytest.mark.whole
def test_ten_thousand_digits_are_enough_for_84_in_100(shared: Path) -> None:
    p = DigitsParameters.in_full()
    mnist = str(shared / "data" / "mnist")
    found = [run(replace(p, run=replace(p.run, folder=mnist, train=10_000, seed=seed))) for seed in range(3)]
    assert np.mean([f.accuracy("assignment") for f in found]) > 0.84
    assert np.mean([f.accuracy("proportion") for f in found]) > 0.85
    for f in found:
        assert len(f.truth) == 10_000
        assert f.silent == 0
        learning = f.learning.numbers()
        assert learning["normalisation adds"] == 78_400
        assert 280_000 < learning["adds"] < 320_000
