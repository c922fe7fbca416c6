"""The conventional twin computes what its formulas say, learns by its true gradient, and refuses nonsense."""

from typing import Any

import numpy as np
import pytest

from eventnet.data import digits, one_hot, scale_pixels
from eventnet.errors import DataError, ModelError
from eventnet.models.relu import ReluNetwork

SMALL = {"sizes": [5, 4, 6, 3], "init_scale": 0.7, "seed": 3}


def samples(n, seed=0):
    """Inputs of which a third is zero, and targets, for the small network."""
    random = np.random.default_rng(seed)
    x = random.uniform(0, 1, (n, 5)) * (random.uniform(size=(n, 5)) > 1 / 3)
    return x, random.uniform(0, 1, (n, 3))


def loss(weights, x, y, rectified):
    """Half the squared error, by the formula."""
    for layer, block in enumerate(weights):
        x = x @ block
        if rectified or layer < len(weights) - 1:
            x = np.maximum(x, 0)
    return 0.5 * np.sum((x - y) ** 2)


def plain_step(weights, sample, target, eta):
    """One step with whole matrices: the textbook's formulas, and the specification of the fast one."""
    activities = [sample]
    for block in weights:
        activities.append(np.maximum(activities[-1] @ block, 0))
    error = (activities[-1] - target) * (activities[-1] > 0)
    stepped = []
    for layer in reversed(range(len(weights))):
        stepped.insert(0, weights[layer] - eta * np.outer(activities[layer], error))
        error = (weights[layer] @ error) * (activities[layer] > 0)
    return stepped


def test_the_first_weights_are_the_authors():
    random = np.random.RandomState(1234)
    wanted = [0.01 * random.randn(784, 20), 0.01 * random.randn(20, 10)]
    network = ReluNetwork([784, 20, 10])
    assert [block.dtype for block in network.weights] == [np.float32, np.float32]
    assert all(np.array_equal(found, block.astype(np.float32)) for found, block in zip(network.weights, wanted))


@pytest.mark.parametrize("rectified", [True, False])
@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_a_step_goes_down_the_gradient(rectified, factor):
    x, y = samples(1, seed=5)
    options = {"learning_rate": 1e-3, "dtype": "float64", "rectified_output": rectified, "gradient_factor": factor}
    network = ReluNetwork(**SMALL, **options)
    before = [block.copy() for block in network.weights]
    network.partial_fit(x, y)
    for layer, block in enumerate(before):
        gradient = np.zeros_like(block)
        for place in np.ndindex(block.shape):
            ends = []
            for nudge in (1e-6, -1e-6):
                nudged = [other.copy() for other in before]
                nudged[layer][place] += nudge
                ends.append(loss(nudged, x, y, rectified))
            gradient[place] = factor * (ends[0] - ends[1]) / 2e-6
        step = (before[layer] - network.weights[layer]) / 1e-3
        assert gradient.any()
        # A central difference of a double at 1e-6 keeps about nine digits.
        assert np.allclose(step, gradient, rtol=1e-6, atol=1e-8)


def test_the_fast_step_agrees_with_whole_matrices():
    x, y = samples(200)
    network = ReluNetwork(**SMALL, learning_rate=0.05, dtype="float64")
    wanted = [block.copy() for block in network.weights]
    for sample, target in zip(x, y):
        wanted = plain_step(wanted, sample, target, 0.05)
    network.partial_fit(x, y)
    # Sums over fewer terms round differently: some 2e-16 a step.
    assert all(np.allclose(found, block, rtol=0, atol=1e-12) for found, block in zip(network.weights, wanted))


def test_negative_inputs_train_their_weights():
    x, y = samples(1)
    network = ReluNetwork(**SMALL, dtype="float64")
    wanted = plain_step(network.weights, -x[0], y[0], 0.01)
    network.partial_fit(-x, y)
    assert all(np.allclose(found, block, rtol=0, atol=1e-15) for found, block in zip(network.weights, wanted))


def test_a_rectified_output_below_zero_learns_nothing():
    below, above = [[-1.0, 1.0]], [[1.0, 1.0]]
    for weights, learns in ((below, [False, True]), (above, [True, True])):
        network = ReluNetwork.from_weights([weights]).partial_fit([[1.0]], [[5.0, 5.0]])
        assert (network.weights[0][0] != weights[0]).tolist() == learns


def test_an_output_that_is_not_rectified_may_be_negative():
    network = ReluNetwork.from_weights([[[-1.0, 1.0]]], rectified_output=False)
    assert network.decision_function([[2.0]]).tolist() == [[-2.0, 2.0]]


@pytest.mark.slow
@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_it_learns_the_embedded_digits_with_either_factor(factor):
    data = digits()
    network = ReluNetwork([784, 100, 10], gradient_factor=factor)
    network.fit(scale_pixels(data.x_train), data.y_train, epochs=6)
    assert network.score(scale_pixels(data.x_test), data.y_test) > 0.85  # measured: 0.876 and 0.893


def test_labels_and_their_targets_teach_the_same():
    x, labels = samples(20)[0], np.arange(20) % 3
    by_label = ReluNetwork(**SMALL).fit(x, labels, epochs=2)
    by_target = ReluNetwork(**SMALL).fit(x, one_hot(labels, 3), epochs=2)
    assert all(np.array_equal(a, b) for a, b in zip(by_label.weights, by_target.weights))


def test_fit_starts_afresh_and_partial_fit_goes_on():
    x, y = samples(20)
    network = ReluNetwork(**SMALL).fit(x, y, epochs=2)
    again = ReluNetwork(**SMALL).fit(x, y, epochs=5).fit(x, y, epochs=2)
    went_on = ReluNetwork(**SMALL).fit(x, y, epochs=1).partial_fit(x, y)
    for other in (again, went_on):
        assert all(np.array_equal(a, b) for a, b in zip(network.weights, other.weights))


def test_progress_is_told_after_each_epoch(capsys):
    x, y = samples(4)
    ReluNetwork(**SMALL).fit(x, y, epochs=2, progress=True)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["epoch 1 of 2", "epoch 2 of 2"]


def test_learning_leaves_the_inputs_alone():
    x, y = (array.astype(np.float32) for array in samples(5))
    kept = x.copy(), y.copy()
    ReluNetwork(**SMALL).fit(x, y)
    assert np.array_equal(x, kept[0])
    assert np.array_equal(y, kept[1])


def test_the_lowest_label_wins_a_tie():
    assert ReluNetwork.from_weights([[[1.0, 2.0, 2.0]]]).predict([[1.0], [-1.0]]).tolist() == [1, 0]


def test_a_network_from_weights_has_copies_in_their_number_type():
    blocks = [np.ones((2, 3), np.float32), np.ones((3, 1), np.float32)]
    network = ReluNetwork.from_weights(blocks)
    network.partial_fit([[1.0, 1.0]], [[0.0]])
    assert (network.sizes, network.dtype) == ((2, 3, 1), np.float32)
    assert all((block == 1).all() for block in blocks)
    assert ReluNetwork.from_weights([np.ones((2, 3))]).dtype == np.float64


def test_a_learning_rate_in_double_precision_leaves_float32_weights_alone():
    x, y = samples(3)
    rate = np.float64(0.01)
    found = ReluNetwork(**SMALL, learning_rate=rate).fit(x, y)
    wanted = ReluNetwork(**SMALL, learning_rate=0.01).fit(x, y)
    assert all(np.array_equal(a, b) for a, b in zip(found.weights, wanted.weights))


def test_operations_count_what_a_zero_saves():
    first = [[1.0, 1.0, -1.0], [1.0, 1.0, -1.0]]
    network = ReluNetwork.from_weights([first, np.ones((3, 4))])
    counted = network.operations([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    assert counted.dense == 2 * 3 + 3 * 4
    assert counted.sparse.tolist() == [2 * 3 + 2 * 4, 1 * 3 + 2 * 4, 0]


@pytest.mark.parametrize(
    "x, message",
    [
        ([[1.0, 2.0]], r"x has the shape \[1, 2\]; wanted \[n, 5\]"),
        ([1.0] * 5, r"x has the shape \[5\]; wanted \[n, 5\]"),
        ([[1.0], [1.0, 2.0]], "rows of different lengths"),
        ([[0.0, 0.0, np.nan, 0.0, 0.0]], r"x\[0, 2\] is nan; wanted finite float32"),
        ([[0.0, 0.0, 0.0, 0.0, np.inf]], r"x\[0, 4\] is inf"),
        ([[0.0, 0.0, 0.0, 0.0, 1e300]], r"x\[0, 4\] is 1e\+300"),
        ([["a"] * 5], "wanted real numbers"),
        ([[1j] * 5], "wanted real numbers"),
    ],
)
def test_inputs_that_make_no_sense_are_refused(x, message):
    network = ReluNetwork(**SMALL)
    for call in (network.predict, network.operations, lambda x: network.fit(x, [0])):
        with pytest.raises(DataError, match=message):
            call(x)


@pytest.mark.parametrize(
    "y, message",
    [
        ([0, 3], "label 1 is 3; wanted labels from 0 to 2"),
        ([0], "2 samples, but 1 labels or targets"),
        ([[0.0, 1.0]] * 2, r"y has the shape \[2, 2\]; wanted \[n, 3\]"),
        ([[0.0, np.nan, 0.0]] * 2, r"y\[0, 1\] is nan"),
    ],
)
def test_targets_that_make_no_sense_are_refused(y, message):
    with pytest.raises(DataError, match=message):
        ReluNetwork(**SMALL).fit(samples(2)[0], y)


def test_a_score_needs_one_label_a_sample():
    with pytest.raises(DataError, match=r"2 samples, but labels of shape \[3\]"):
        ReluNetwork(**SMALL).score(samples(2)[0], [0, 1, 2])


@pytest.mark.parametrize(
    "options, message",
    [
        ({"sizes": [5]}, "two or more numbers of units"),
        ({"sizes": [5, 0]}, "sizes: found 0; wanted a whole number, 1 or more"),
        ({"dtype": "int32"}, "wanted 'float32' or 'float64'"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; wanted a number above 0"),
        ({"init_scale": np.nan}, "init_scale is nan"),
        ({"gradient_factor": -1.0}, "gradient_factor is -1.0"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ModelError, match=message):
        ReluNetwork(**(SMALL | options))


@pytest.mark.parametrize(
    "weights, message",
    [
        ([], "no weights"),
        ([np.ones(3)], r"weights 0 are float64 \[3\]"),
        ([np.ones((2, 3)), np.ones((4, 1))], "weights 1 take 4 inputs, but layer 0 has 3"),
        ([np.full((2, 3), np.nan)], "wanted finite real numbers"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights, message):
    with pytest.raises(ModelError, match=message):
        ReluNetwork.from_weights(weights)


def test_weights_that_grow_without_bound_are_reported():
    network = ReluNetwork([1, 1], learning_rate=100, rectified_output=False)
    with pytest.raises(ModelError, match=r"grew without bound; lower the learning rate of 100\.0"):
        network.fit(np.ones((50, 1)), np.ones((50, 1)))


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, float("inf"), "1", None])
def test_a_seed_is_a_whole_number_of_32_bits(seed: Any) -> None:
    with pytest.raises(ModelError, match="seed: found .*; wanted a whole number, 0 to 4,294,967,295"):
        ReluNetwork([3, 2], seed=seed)
