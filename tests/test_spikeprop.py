"""SpikeProp: derivatives of spike times against differences of crossings, learning, silence, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from few import few

import eventnet as en
from eventnet.errors import DataError, ModelError, NetworkError
from eventnet.learning import HiddenErrors, TargetErrors
from eventnet.models import SpikeProp
from eventnet.order import ORDERS

FINE = 2**44
"""Ticks so fine that rounding the times of hidden spikes is nothing beside a difference."""
DELAYS = [1.0, 3.0, 6.0]
X, Y = [[0.0, 5.0, 2.0]], [[12.0, 9.0]]


def weights(sizes: list[int], seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(0.5, 0.25, (a, len(DELAYS), b)) for a, b in zip(sizes, sizes[1:], strict=False)]


def network(w: list[np.ndarray], **options: Any) -> SpikeProp:
    sizes = [w[0].shape[0], *(each.shape[2] for each in w)]
    given = {"tau": 4.0, "weights": w, "least_slope": 1e-6, "window": 40.0, "ticks": FINE, "engine": "reference"}
    return SpikeProp(sizes, DELAYS, **given | options)


def answer(w: list[np.ndarray]) -> np.ndarray:
    return network(w).predict(X)[0]


def moved(w: list[np.ndarray], layer: int, place: tuple[int, ...], by: float) -> list[np.ndarray]:
    made = [each.copy() for each in w]
    made[layer][place] += by
    return made


def slope(value: Any, w: list[np.ndarray], layer: int, place: tuple[int, ...], h: float = 2e-4) -> Any:
    """By differences of fourth order."""
    near, far = (value(moved(w, layer, place, k * h)) - value(moved(w, layer, place, -k * h)) for k in (1, 2))
    return (8 * near - far) / (12 * h)


@pytest.mark.parametrize("sizes", few([[3, 2], [3, 4, 2], [3, 3, 4, 2]], 1))
def test_what_is_learned_is_the_derivative_of_the_crossings(sizes: list[int]) -> None:
    """d of 1/2 sum (t - t_wanted)^2, of every weight, to 1e-6: deep ones by all their ways."""
    w, rate = weights(sizes, 7), 2.0**-20
    net = network(w, learning_rate=rate)
    net.fit(X, Y)
    counted = 0
    for layer, each in enumerate(w):
        for place in np.ndindex(each.shape):
            found = -(net.weights[layer][place] - each[place]) / rate
            wanted = slope(lambda v: ((answer(v) - Y[0]) ** 2).sum() / 2, w, layer, place)
            assert found == pytest.approx(wanted, rel=1e-6, abs=1e-8)
            counted += abs(wanted) > 1e-3
    assert counted > 5 * len(w)


def test_one_layer_to_the_last_digits() -> None:
    """dt/dw = -kappa / s', with kappa and s' worked out here from the crossing itself."""
    w = weights([3, 1], 2)
    t = float(answer(w)[0])
    x = np.array([[(t - X[0][i] - d) / 4 for d in DELAYS] for i in range(3)])
    kappa, rise = np.where(x > 0, x * np.exp(1 - x), 0), np.where(x > 0, (1 - x) * np.exp(1 - x) / 4, 0)
    assert float((w[0][:, :, 0] * kappa).sum()) == pytest.approx(1, abs=1e-12)
    net = network(w, learning_rate=1.0)
    net.fit(X, [[3.0]])
    found = (net.weights[0] - w[0])[:, :, 0]
    np.testing.assert_allclose(found, (t - 3) * kappa / (w[0][:, :, 0] * rise).sum(), rtol=1e-9, atol=1e-12)


def test_a_slope_near_0_counts_as_the_least() -> None:
    """One input, one delay, a peak just past the threshold: delta is bounded by the least slope."""
    made = {}
    for least in (1e-6, 0.5):
        net = SpikeProp(
            [1, 1], [1.0], tau=4.0, weights=[[[[1.000001]]]], learning_rate=1.0, least_slope=least, engine="reference"
        )
        assert net.predict([[0.0]])[0, 0] == pytest.approx(5, abs=0.01)
        net.fit([[0.0]], [[4.0]])
        made[least] = float(net.weights[0][0, 0, 0] - 1.000001)
    assert made[0.5] == pytest.approx(1 / 0.5, rel=0.01)
    assert made[1e-6] > 100


@pytest.mark.parametrize("rescue", [0.0, 0.125])
def test_silent_units_are_counted_and_move_by_the_rescue_alone(rescue: float) -> None:
    w = [np.full((2, 3, 2), 0.05), np.full((2, 3, 1), 0.5)]
    net = network(w, rescue=rescue, learning_rate=0.1)
    assert np.isnan(net.predict([[0.0, math.nan]])).all()
    made = net.fit([[0.0, math.nan]], [[9.0]])
    assert made.silent.tolist() == [3]
    assert made.errors.tolist() == [(40.0 - 9.0) ** 2]
    assert net.weights[0].tolist() == [[[0.05 + rescue] * 2] * 3, [[0.05] * 2] * 3]
    assert net.weights[1].tolist() == w[1].tolist()  # its inputs were silent, too


def test_late_outputs_get_more_weight_and_early_ones_less() -> None:
    w = weights([3, 1], 2)
    t = float(answer(w)[0])
    for target, sign in ((t - 1, 1), (t + 1, -1)):
        net = network(w, learning_rate=0.01)
        net.fit(X, [[target]])
        assert (np.sign((net.weights[0] - w[0])[:2]) * sign >= 0).all()
        assert abs(net.predict(X)[0, 0] - target) < 1


def test_the_order_and_the_engine_change_nothing_of_an_answer() -> None:
    w = weights([3, 4, 2], 5)
    found = [network(w, order=order).predict(X).tolist() for order in ORDERS]
    assert all(each == found[0] for each in found)
    learned = []
    for order in ORDERS:
        net = network(w, order=order, learning_rate=0.01)
        net.fit(X, Y, 2)
        learned.append(np.concatenate([each.ravel() for each in net.weights]))
    for each in learned:
        np.testing.assert_allclose(each, learned[0], rtol=1e-12)


def test_both_engines_learn_the_same() -> None:
    found = []
    for engine in ("reference", "compiled"):
        net = network(weights([3, 3, 4, 2], 3), engine=engine, learning_rate=0.01, rescue=0.1, ticks=2**32)
        made = net.fit([*X, [3.0, math.nan, 0.0]], [*Y, [14.0, 15.0]], 3)
        found.append(
            ([w.tobytes() for w in net.weights], made.errors.tolist(), made.silent.tolist(), net.tally.by_port())
        )
    assert found[0] == found[1]


def test_learning_ends_when_it_is_enough() -> None:
    net = network(weights([3, 2], 1), learning_rate=0.01, ticks=2**32)
    made = net.fit(X, Y, 200, enough=0.5)
    assert made.errors[0] > 1
    assert made.errors[-1] < 0.5
    assert len(made.errors) < 200
    assert (made.errors[:-1] >= 0.5).all()
    assert "SpikeProp" in repr(net)


def test_errors_of_a_layer_count_what_they_do() -> None:
    net = network(weights([3, 4, 2], 5), learning_rate=0.01)
    net.fit(X, Y)
    assert net.tally is not None
    rows = net.tally.by_port()
    top, hidden = rows["errors1.error"], rows["errors0.error"]
    assert (top["deliveries"], hidden["deliveries"], rows["end.spikes"]["deliveries"]) == (2, 4, 3)
    for row in (top, hidden):
        assert row["reads"] == 2 * row["writes"] > 0
        assert row["learning_adds"] == 7 * row["writes"]
        assert row["multiplies"] == 9 * row["writes"] + row["deliveries"]


@pytest.mark.slow
def test_exclusive_or_is_learned() -> None:
    x, y = [[0, 0, 0], [0, 6, 0], [6, 0, 0], [6, 6, 0]], [[16], [10], [10], [16]]
    net = SpikeProp(
        [3, 5, 1], range(1, 17), threshold=50, weights=(1.0, 10.0), inhibitory=1, learning_rate=1.0, least_slope=1.0,
        rescue=0.1, seed=1,
    )  # fmt: skip
    made = net.fit(x, y, 2000, enough=1.0)
    assert made.errors[-1] < 1
    assert (np.abs(net.predict(x) - y) < 1.5).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SpikeProp([3], [1]), r"sizes are \[3\]; wanted two layers or more"),
        (lambda: SpikeProp([3, 0], [1]), r"sizes\[1\]: found 0"),
        (lambda: SpikeProp([3, 1], [0.0]), "wanted times from a tick to the window, 50.0"),
        (lambda: SpikeProp([3, 1], [60.0]), "wanted times from a tick to the window"),
        (lambda: SpikeProp([3, 1], []), "wanted times from a tick to the window"),
        (lambda: SpikeProp([3, 1], [1], tau=0.0), "tau is 0.0; wanted a finite number above 0"),
        (lambda: SpikeProp([3, 1], [1], threshold=math.inf), "threshold is inf"),
        (lambda: SpikeProp([3, 1], [1], least_slope=0.0), "least_slope is 0.0"),
        (lambda: SpikeProp([3, 1], [1], learning_rate=-1.0), "learning_rate is -1.0"),
        (lambda: SpikeProp([3, 1], [1], rescue=-1.0), "rescue is -1.0; wanted a finite number, 0 or more"),
        (lambda: SpikeProp([3, 1], [1], window=math.nan), "window is nan"),
        (lambda: SpikeProp([3, 1], [1], inhibitory=1), "inhibitory: found 1"),
        (lambda: SpikeProp([3, 1], [1], weights=(2.0, 1.0)), "wanted arrays, or a range"),
        (lambda: SpikeProp([3, 1], [1], weights=[[[[1.0]]]]), r"wanted finite numbers, \[\(3, 1, 1\)\]"),
        (lambda: SpikeProp([1, 1], [1], ticks=0), "ticks: found 0"),
        (lambda: SpikeProp([1, 1], [1]).fit([[1]], [[1]], 0), "epochs: found 0"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        make()


def test_other_times_are_refused() -> None:
    net = SpikeProp([2, 1], [1.0], engine="reference")
    with pytest.raises(DataError, match=r"inputs have the shape \[1, 3\]; wanted \[n, 2\]"):
        net.predict([[0, 1, 2]])
    with pytest.raises(DataError, match="inputs hold -1.0; wanted times from 0 to the window, 50.0, or NaN for none"):
        net.predict([[0, -1]])
    with pytest.raises(DataError, match="targets hold nan; wanted times from 0 to the window, 50.0"):
        net.fit([[0, 1]], [[math.nan]])
    with pytest.raises(DataError, match="targets hold 50.0"):
        net.fit([[0, 1]], [[50.0]])
    with pytest.raises(DataError, match="there are 1 rows of inputs and 2 of targets"):
        net.fit([[0, 1]], [[1.0], [2.0]])


def test_errors_belong_to_their_layer() -> None:
    net = en.Network("float64")
    blocks = [net.weights(np.ones((2, 2))) for _ in range(2)]
    layers = [net.add(en.SpikeOnce(2, block, delays=[5], tau=10.0)) for block in blocks]
    with pytest.raises(NetworkError, match="wanted those of the layer"):
        TargetErrors(blocks[0], layers[1], step=0.1)
    top = net.add(TargetErrors(blocks[1], layers[1], step=0.1))
    with pytest.raises(NetworkError, match="least_slope is 0"):
        HiddenErrors(blocks[0], layers[0], top, step=0.1, least_slope=0)
    with pytest.raises(NetworkError, match="step is -1"):
        HiddenErrors(blocks[0], layers[0], top, step=-1)
    wide = net.weights(np.ones((2, 3)))
    with pytest.raises(NetworkError, match="there are 3 units; the layer above hears 2"):
        HiddenErrors(wide, net.add(en.SpikeOnce(3, wide, delays=[5], tau=10.0)), top, step=0.1)
    own = net.add(en.SpikeOnce(2, blocks[0], delays=[5], tau=[10.0, 9.0], threshold=[1.0, 2.0], name="own"))
    with pytest.raises(NetworkError, match="tau of the layer 'own' is one a unit; wanted one number for all units"):
        TargetErrors(blocks[0], own, step=0.1)
    found = {"came": np.array([0]), "silent": np.array([0]), "wanted": np.array([3, 3])}
    top.check_integers(found, 5)
    for name, value in (("came", 2), ("silent", -1), ("wanted", 6)):
        with pytest.raises(ValueError, match=f"'{name}'"):
            top.check_integers(found | {name: np.array([value])}, 5)
