"""Table 9.1: the gradients that updates are compared with, by finite differences, and the cells of the table."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.data import one_hot
from eventnet.models import ConventionalNetwork, EquilibriumNetwork
from eventnet.models.equilibrium_states import Energy
from eventnet.scenarios.reproductions.checklist import COLUMNS, MODELS, _row, alignment, changed_pixel, mark, measure
from eventnet.scenarios.reproductions.common import checklist_small as small
from eventnet.scenarios.reproductions.common.checklist_models import (
    GROUPS,
    HIDDEN,
    LEVELS,
    OUTPUTS,
    dense_answers,
    digits_task,
)
from eventnet.scenarios.reproductions.common.settled_gradient import flat, rectified_gradient, settled_gradient

SIZES = [4, 5, 3]
RNG = np.random.default_rng(3)
X, Y = RNG.random((6, 4)), np.array([0, 2, 1, 1, 0, 2])
WEIGHTS = [RNG.normal(0, 0.4, shape) for shape in ((4, 5), (5, 3))]
BIASES = [np.full(5, 0.2), np.full(3, 0.3)]


def by_differences(loss: object) -> np.ndarray:
    found = []
    for w in WEIGHTS:
        for at in np.ndindex(w.shape):
            ends = []
            for step in (1e-5, -1e-5):
                w[at] += step
                ends.append(loss())  # type: ignore[operator]
                w[at] -= step
            found.append((ends[0] - ends[1]) / 2e-5)
    return np.array(found)


@pytest.mark.slow
@pytest.mark.parametrize("lam", [0.0, 0.5])
def test_the_gradient_of_a_resting_state_is_that_of_finite_differences(lam: float) -> None:
    forward = [RNG.random((6, 5)), RNG.random((6, 3))]

    def loss() -> float:
        zero = [np.zeros((6, 5)), np.zeros((6, 3))]
        s = Energy(WEIGHTS, BIASES, lam).settle(X, zero, 300, 0.5, forward=forward)
        return float(((s[-1] - one_hot(Y, 3)) ** 2).sum(axis=1).mean())

    found = settled_gradient(WEIGHTS, BIASES, X, Y, lam, forward)
    assert found == pytest.approx(by_differences(loss), abs=1e-7)
    assert np.abs(found).max() > 0.01


def test_the_gradient_of_a_rectified_network_is_that_of_finite_differences() -> None:
    def loss() -> float:
        out = np.maximum(X @ WEIGHTS[0], 0) @ WEIGHTS[1]
        return float(0.5 * ((out - one_hot(Y, 3)) ** 2).sum(axis=1).mean())

    assert rectified_gradient(WEIGHTS, X, Y) == pytest.approx(by_differences(loss), abs=1e-8)


def test_vectors_hold_all_numbers_in_order() -> None:
    assert flat([np.array([[1, 2], [3, 4]]), np.array([5])]).tolist() == [1, 2, 3, 4, 5]


def test_marks_are_those_of_the_published_row() -> None:
    row = "ECA1 NLN4 ADP QC"
    assert [mark(row, column) for column in COLUMNS] == ["✓", "✓", "–", "✓⁴", "✓¹", "–", "–"]
    assert mark("", "QC") == ""


def test_backpropagation_has_the_gradient_and_stays_as_it_was() -> None:
    name = "ConventionalNetwork, backpropagation"
    task = digits_task(40)
    net = ConventionalNetwork([784, 100, 10], learning_rate=0.1, seed=2)
    before = {key: array.copy() for key, array in net.parameters().items()}
    assert alignment(MODELS[name], net, task.x, task.y, 2) == pytest.approx(1, abs=1e-5)
    assert all((net.parameters()[key] == array).all() for key, array in before.items())


def test_dense_answers_count_values_that_are_not_0() -> None:
    x, hidden = np.zeros((2, 784)), np.zeros((2, HIDDEN))
    x[0, :6], hidden[1, :4] = 1, 1
    found = dense_answers(None, x, hidden)
    assert (found.messages, found.bits, found.adds) == (5, 3 * 8 + 2 * 32, 3 * HIDDEN + 2 * OUTPUTS)
    assert found.products == found.adds


@pytest.mark.slow
@pytest.mark.parametrize("name", ["EquilibriumNetwork, levels", "DeepSpikingNetwork"])
def test_products_stand_beside_adds_and_are_none_where_messages_are_spikes(name: str) -> None:
    model, task = MODELS[name], digits_task(20)
    net = model.make(3)
    model.learn(net, task.x, task.y, 1)
    found = model.answers(net, task.x_test[:3])
    adds, products = changed_pixel(model, net, task.x_test[:2])
    if model.published:
        assert found.products == products == 0
    else:
        assert 0 < found.products < found.adds
        assert HIDDEN <= products <= adds


def test_cells_have_the_products_of_a_changed_pixel_and_of_a_sample() -> None:
    run = dict.fromkeys((
        "bits", "messages", "cosine", "error, in turn", "error, together", "error of the first group, after group 1",
        "error of the first group, after group 2",
    ), 1.0)  # fmt: skip
    run |= {"adds a pixel": 30.0, "adds": 400.0, "products a pixel": 5.0, "products": 60.0}
    row = _row("PDNetwork", [run], marked=False)
    assert (row["ADP: adds a pixel"], row["ADP: products"]) == ("30 of 400", "5 of 60")


def test_what_is_learned_second_replaces_what_was_first() -> None:
    assert sorted([*GROUPS[0], *GROUPS[1]]) == list(range(10))
    name = "EquilibriumNetwork, euler"
    (run,) = measure(name, 7, quick=True)
    row = _row(name, [run], marked=True)
    assert run["error of the first group, after group 2"] > run["error of the first group, after group 1"]
    assert row["NLN: held"] == "110 ✓⁴"
    assert row["ADP: adds a pixel"].endswith("–")
    assert "✓" not in str(_row(name, [run], marked=False))


def scrambled(learn: str) -> list[bool]:
    """Whether weights learn the same where all that was kept of the first phase is overwritten before the second."""
    x, y = np.random.default_rng(0).integers(0, 257, (1, 12)), np.array([1])
    net = EquilibriumNetwork([12, 8, 3], engine="compiled", seed=2, **LEVELS | {"learn": learn})
    learned = []
    for scramble in (False, True):
        made = net.on_engine(1)
        sim = made.simulation(made.feed(x, y))
        sim.run(until=made.half + 1)  # the first phase is over, the target comes next
        for k in range(2 if scramble else 0):
            layer = sim[made.layers[k]]
            layer.was[:] = 7
            layer.then[:] = 11
        sim.run()
        learned.append([sim.weights(f"W{k}").copy() for k in range(2)])
    assert any((w != first).any() for w, first in zip(learned[0], net.weights, strict=True))
    return [bool((a == b).all()) for a, b in zip(*learned, strict=True)]


def test_learning_at_events_reads_nothing_that_was_kept_of_the_first_phase() -> None:
    assert MODELS["EquilibriumNetwork, levels"].held == 0
    assert scrambled("event") == [True, True]
    assert scrambled("phase") == [False, False]


def test_single_spikes_learn_along_the_gradient_where_the_rate_is_small() -> None:
    model = MODELS["SpikeProp"]
    net, task = model.make(5), model.task(5, 4)
    net.learning_rate = 1e-5
    assert alignment(model, net, task.x, task.y, 1) == pytest.approx(1, abs=1e-5)
    assert model.answers(net, task.x).messages <= 3 + 5 + 1


def test_the_gradient_of_a_boltzmann_machine_is_that_of_finite_differences() -> None:
    for make in (small.full_machine, small.restricted_machine):
        net, task = make(3), small.patterns_task(3, 4, small.VISIBLE, small.APART)
        gradient = small.boltzmann_gradient(net, task.x, task.y)
        full, codes = make is small.full_machine, task.x @ (1 << np.arange(small.VISIBLE))
        at, step, ends = (0, 9) if full else (0, 1), 1e-5, []
        for sign in (step, -step):
            net.weights[at] += sign
            if full:
                net.weights[at[::-1]] += sign
            ends.append(-np.log(net.visible_law()[codes]).mean())
            net.weights[at] -= sign
            if full:
                net.weights[at[::-1]] -= sign
        place = at[0] * net.weights.shape[1] + at[1]
        assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(gradient[place], abs=1e-8)


def test_patterns_are_apart_and_halves_are_groups() -> None:
    task = small.patterns_task(1, 8, 8, 3)
    distances = (task.x[:, None] != task.x[None]).sum(axis=2)[np.triu_indices(8, 1)]
    assert distances.min() >= 3
    assert task.group.tolist() == [0] * 4 + [1] * 4


def test_a_memory_of_few_patterns_forgets_none_and_a_turned_unit_costs_its_row() -> None:
    (run,) = measure("HopfieldNetwork", 3, quick=True)
    assert run["error, in turn"] == run["error, together"] == run["error of the first group, after group 2"] == 0
    assert small.HOPFIELD_UNITS < run["adds a pixel"] < run["adds"] / 10


def test_the_contrast_over_beta_is_minus_the_gradient_as_beta_goes_to_0() -> None:
    rates, beta = (0.5, 0.25), 1e-5
    net = EquilibriumNetwork(
        SIZES, form="euler", beta=beta, steps=(400, 400), learning_rate=rates, dtype="float64", seed=1
    )
    for made, given in ((net.weights, WEIGHTS), (net.biases, BIASES)):
        for one, other in zip(made, given, strict=True):
            one[:] = other
    net.fit(X, Y, batch=len(X))  # adds rate / beta times the contrast
    moved = [(w - before) / rate for w, before, rate in zip(net.weights, WEIGHTS, rates, strict=True)]
    assert flat(moved) == pytest.approx(-settled_gradient(WEIGHTS, BIASES, X, Y), rel=1e-3, abs=1e-5)
    assert np.abs(flat(moved)).max() > 0.01
