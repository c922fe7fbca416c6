"""Weight updates against their formulas: counts or sums of what the layer below was fed, times errors (thesis 3.4.7)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eventnet.kernels.out import Out
from eventnet.learning import gradient
from eventnet.models.layers import AveragePool2d, Conv2d, Dense, HardSigmoid, Identity, ReLU, Tanh, apply
from eventnet.models.scales import before_activation, before_linear
from eventnet.rule import Rule
from eventnet.tally import LEARNING_ADDS, N_COLUMNS

N_IN, N_OUT = 6, 4
RATE, DECAY, LAM = 0.25, 0.125, 0.5
# All values are quarters and eighths: products and sums are exact, and the tests compare with ==.


def state(seed: int) -> dict[str, Any]:
    """Counts with zeros, both signs and an input that never spiked; potentials and sums fired that differ from them."""
    rng = np.random.default_rng(seed)
    c = rng.integers(-3, 4, N_IN).astype(float)
    c[seed % N_IN] = 0
    spiked = [k for k in range(N_IN) if k != seed % N_IN]
    return {
        "c": c, "active": np.array([len(spiked), *rng.permutation(spiked), 0]),
        "listed": np.array([int(k in spiked) for k in range(N_IN)]), "e": rng.integers(-2, 3, N_OUT) / 2,
        "phi_in": rng.integers(-3, 4, N_IN) / 4, "fired_in": rng.integers(-3, 4, N_IN).astype(float),
        "w": rng.integers(-8, 9, (N_IN, N_OUT)) / 8, "rate": RATE, "decay": DECAY, "lam": LAM,
    }  # fmt: skip


def react(rule: Rule, i: int, s: int, given: dict[str, Any]) -> Any:
    """What a reaction counts; `given` is changed by it."""
    tally = np.zeros(N_COLUMNS, dtype=np.int64)
    assert rule(i, s, 0, Out((N_IN, N_OUT), 1), tally, *(given[name] for name in rule.names)) == 0
    return tally


def fed(given: dict[str, Any], smooth: bool, keep_negative: float) -> Any:
    """What an update multiplies an error with: [N_IN] spike counts, or sums of the vectors fed, rectified or not."""
    counts = given["phi_in"] + given["fired_in"] if smooth else given["c"]
    return counts if keep_negative else np.maximum(counts, 0)


# rule -> smooth?, how much one error weighs, whether its sign counts
AT_ONCE = {
    gradient.fsgd: (False, RATE, True), gradient.fsgd_integer: (False, 1.0, True),
    gradient.fsgd_smooth: (True, RATE, True), gradient.fsgd_decay: (False, DECAY, False),
    gradient.fsgd_smooth_decay: (True, DECAY, False),
}  # fmt: skip


@pytest.mark.parametrize("keep_negative", [0.0, 1.0])
@pytest.mark.parametrize("rule", AT_ONCE, ids=lambda rule: rule.name)
def test_an_error_moves_its_column_against_what_the_layer_below_was_fed(rule: Rule, keep_negative: float) -> None:
    smooth, weight, signed = AT_ONCE[rule]
    for seed in range(20):
        for s in (-1, 1):
            given = state(seed) | {"keep_negative": keep_negative}
            wanted, i = given["w"].copy(), seed % N_OUT
            wanted[:, i] -= weight * (s if signed else 1) * fed(given, smooth, keep_negative)
            react(rule, i, s, given)
            assert np.array_equal(given["w"], wanted)


@pytest.mark.parametrize("keep_negative", [0.0, 1.0])
@pytest.mark.parametrize(("rule", "smooth"), [(gradient.sgd, False), (gradient.sgd_smooth, True)])
def test_at_the_end_of_a_sample_weights_move_by_the_outer_product(
    rule: Rule, smooth: bool, keep_negative: float
) -> None:
    for seed in range(20):
        given = state(seed) | {"keep_negative": keep_negative}
        wanted = given["w"] - RATE * np.outer(fed(given, smooth, keep_negative), given["e"])
        react(rule, 0, 1, given)
        assert np.array_equal(given["w"], wanted)


def test_spikes_of_the_layer_below_are_counted_by_sign_and_listed_once_until_they_are_forgotten() -> None:
    rng = np.random.default_rng(1)
    for forget in (gradient.forget_input, gradient.forget_counts):
        given = state(0) | {
            "c": np.zeros(N_IN), "active": np.zeros(N_IN + 1, dtype=np.int64), "listed": np.zeros(N_IN, dtype=np.int64),
        }  # fmt: skip
        wanted, came = np.zeros(N_IN), []
        for _ in range(40):
            i, s = int(rng.integers(1, N_IN)), int(rng.choice([-1, 1]))
            tally = react(gradient.count_input, i, s, given)
            assert tally.sum() == tally[LEARNING_ADDS] == 1
            wanted[i] += s
            came += [] if i in came else [i]
            assert given["c"].tolist() == wanted.tolist()
            assert given["active"][: len(came) + 1].tolist() == [len(came), *came]
            assert np.flatnonzero(given["listed"]).tolist() == sorted(came)
        react(forget, 0, 1, given)
        assert not given["c"].any()
        assert not given["listed"].any()
        assert given["active"][0] == 0
    assert not given["e"].any()  # forget_counts forgets errors, too


@pytest.mark.parametrize(
    ("rule", "s", "by"), [(gradient.count_gated, 1, 1), (gradient.count_gated, -1, -1), (gradient.count_decay, 1, LAM)]
)
def test_errors_that_wait_for_the_end_of_the_sample_add_up(rule: Rule, s: int, by: float) -> None:
    given = state(3)
    wanted = given["e"].copy()
    wanted[2] += by
    tally = react(rule, 2, s, given)
    assert given["e"].tolist() == wanted.tolist()
    assert tally.sum() == tally[LEARNING_ADDS] == 1


def test_an_input_sum_adds_rows_and_their_negatives() -> None:
    w = state(4)["w"]
    given = {"phi": np.zeros(N_OUT), "w": w}
    react(gradient.sum_input, 2, 1, given)
    react(gradient.sum_input, 5, -1, given)
    assert given["phi"].tolist() == (w[2] - w[5]).tolist()


RNG = np.random.default_rng(1)
LINEAR = [
    (Dense(RNG.integers(-9, 10, (5, 3))), (5,)),
    (Conv2d(RNG.integers(-9, 10, (3, 2, 3, 2)), stride=(2, 1), padding=(1, 0, 2, 1)), (2, 6, 5)),
    (Conv2d(RNG.integers(-9, 10, (1, 1, 2, 4)), stride=(3, 2)), (1, 7, 8)),
    (AveragePool2d((2, 4), stride=(1, 3), padding=(0, 1)), (3, 5, 6)),
]


@pytest.mark.parametrize("linear, shape", LINEAR, ids=lambda x: type(x).__name__)
def test_a_slope_goes_back_through_the_transpose(linear: Any, shape: Any) -> None:
    """<slope, L x> = <L' slope, x> for every unit x: exact on whole numbers and eighths."""
    still = apply(linear, np.zeros((1, *shape)))
    slope = RNG.integers(-9, 10, (2, *still.shape[1:])).astype(float)
    found = before_linear(linear, slope, (2, *shape))
    assert found.shape == (2, *shape)
    for place in np.ndindex(shape):
        impulse = np.zeros((1, *shape))
        impulse[(0, *place)] = 1
        change = (apply(linear, impulse) - still)[0]
        assert [found[(n, *place)] for n in range(2)] == [(slope[n] * change).sum() for n in range(2)]


def test_activations_have_their_derivatives_and_one_at_their_corners() -> None:
    sums, slope = np.array([[-0.5, 0.0, 0.5, 1.0, 1.5]]), np.array([[1.0, 2, 3, 4, 5]])
    assert before_activation(ReLU(), sums, slope).tolist() == [[0, 2, 3, 4, 5]]
    assert before_activation(HardSigmoid(), sums, slope).tolist() == [[0, 2, 3, 4, 0]]
    assert before_activation(Identity(), sums, slope).tolist() == slope.tolist()
    step = 1e-6
    by_difference = slope * (np.tanh(sums + step) - np.tanh(sums - step)) / (2 * step)
    # Central differences of 1e-6: 1e-16 / 1e-6 from float64.
    assert np.abs(before_activation(Tanh(), sums, slope) - by_difference).max() < 1e-8
