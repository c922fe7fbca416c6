"""Equilibrium propagation by levels against plain Python with fractions: energy, rest, contrast, learning, counts."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.errors import DataError, ModelError, UnsettledError
from eventnet.learning.settling import ORDERS
from eventnet.models import EquilibriumNetwork

SIZES = [5, 8, 6, 3]


def dyadic(number: int, **options: Any) -> tuple[EquilibriumNetwork, np.ndarray]:
    """A network whose sums are exact, and an input."""
    rng = np.random.default_rng(number)
    net = EquilibriumNetwork(SIZES, **{"k": int(2 ** rng.integers(0, 7)), "dtype": "float64", **options})
    net.w[:] = rng.integers(-512, 513, len(net.w)) / 256
    net.bias[:] = rng.integers(-256, 257, len(net.bias)) / 256
    return net, rng.integers(0, 257, SIZES[0]) / 256


class Plain:
    """The same network in fractions: a list of layers, the input the first."""

    def __init__(self, net: EquilibriumNetwork, x: np.ndarray) -> None:
        self.w = [[[Fraction(float(v)) for v in row] for row in block] for block in net.weights]
        self.b = [[Fraction(float(v)) for v in bias] for bias in net.biases]
        self.k, self.x = net.k, [Fraction(float(v)) for v in x]
        self.n = [[0] * size for size in net.sizes[1:]]

    def place(self, unit: int) -> tuple[int, int]:
        for layer, size in enumerate(map(len, self.n)):
            if unit < size:
                return layer, unit
            unit -= size
        raise AssertionError

    def values(self) -> list[list[Fraction]]:
        return [self.x, *([Fraction(n, self.k) for n in layer] for layer in self.n)]

    def energy(self, beta: Fraction = Fraction(0), label: int = 0) -> Fraction:
        s = self.values()
        total = sum((v * v for layer in s[1:] for v in layer), Fraction(0)) / 2
        total -= sum(b * v for bs, layer in zip(self.b, s[1:], strict=True) for b, v in zip(bs, layer, strict=True))
        total -= sum(
            below[i] * w[i][j] * above[j]
            for w, below, above in zip(self.w, s, s[1:], strict=False)
            for i in range(len(below))
            for j in range(len(above))
        )
        return total + beta * sum((v - (j == label)) ** 2 for j, v in enumerate(s[-1]))

    def drawn(self, layer: int, j: int) -> Fraction:
        s = self.values()
        v = self.b[layer][j] + sum(s[layer][i] * self.w[layer][i][j] for i in range(len(s[layer])))
        if layer + 1 < len(self.n):
            v += sum(self.w[layer + 1][j][m] * s[layer + 2][m] for m in range(len(s[layer + 2])))
        return v

    def level(self, layer: int, j: int, beta: Fraction, label: int) -> int:
        v = self.drawn(layer, j)
        if layer == len(self.n) - 1:
            v = (v + 2 * beta * (j == label)) / (1 + 2 * beta)
        return int(min(max(v, Fraction(0)), Fraction(1)) * self.k + Fraction(1, 2))

    def rests(self, beta: Fraction, label: int) -> bool:
        return all(
            self.level(layer, j, beta, label) == n for layer, levels in enumerate(self.n) for j, n in enumerate(levels)
        )


def check_events(number: int, orders: tuple[str, ...]) -> int:
    """Energy at every event, rest, and the telescoped sum of one network; how many events there were."""
    net, x = dyadic(number)
    label, seen = number % 3, 0
    for order in orders:
        plain = Plain(net, x)
        found = net.events(x, label, order, number)
        for beta, events in ((Fraction(0), found.negative), (Fraction(1, 2), found.positive)):
            before, first = plain.energy(beta, label), [layer.copy() for layer in plain.n]
            learned: dict[tuple[int, int, int], int] = {}
            for unit, d in events.tolist():
                layer, j = plain.place(unit)
                for i, n in enumerate(plain.n[layer - 1] if layer else []):
                    learned[layer, i, j] = learned.get((layer, i, j), 0) + d * n
                for m, n in enumerate(plain.n[layer + 1] if layer + 1 < len(plain.n) else []):
                    learned[layer + 1, j, m] = learned.get((layer + 1, j, m), 0) + d * n
                plain.n[layer][j] += d
                assert plain.n[layer][j] == plain.level(layer, j, beta, label)
                after = plain.energy(beta, label)
                assert after <= before
                before, seen = after, seen + 1
            assert plain.rests(beta, label)
            for layer in (1, 2):
                for i in range(len(plain.n[layer - 1])):
                    for j in range(len(plain.n[layer])):
                        contrast = plain.n[layer - 1][i] * plain.n[layer][j] - first[layer - 1][i] * first[layer][j]
                        assert learned.get((layer, i, j), 0) == contrast
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4))
def test_the_energy_never_rises_and_events_sum_up_to_the_contrast(number: int) -> None:
    assert check_events(number, ORDERS[1:]) > 50


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 1000, 100))
def test_a_thousand_networks_rest_with_an_energy_that_never_rises(first: int) -> None:
    for number in range(first, first + 100):
        net, x = dyadic(number)
        label = number % 3
        for order in ORDERS[1:]:
            found, n = net.events(x, label, order, number), np.zeros(len(net.bias), int)
            for beta, events in ((0.0, found.negative), (net.beta, found.positive)):
                way = n + np.concatenate(
                    [np.zeros((1, len(n)), int), np.cumsum(one_hot_changes(events, len(n)), axis=0)]
                )
                nudge = beta * (((way[:, -3:] / net.k) - np.eye(3)[label]) ** 2).sum(axis=1)
                assert (np.diff(net.energy(np.repeat(x[None], len(way), 0), way) + nudge) <= 0).all()
                n = way[-1]


def one_hot_changes(events: np.ndarray, units: int) -> np.ndarray:
    made = np.zeros((len(events), units), int)
    made[np.arange(len(events)), events[:, 0]] = events[:, 1]
    return made


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1, 2, 45, 48])  # in the last two the first layer does not move
def test_whole_layers_rest_where_no_unit_would_move(number: int) -> None:
    net, x = dyadic(number)
    plain, states = Plain(net, x), net.states(x[None])[0]
    plain.n = [states[a:b].tolist() for a, b in zip(net.first[:-1], net.first[1:], strict=True)]
    assert plain.rests(Fraction(0), 0)
    assert net.outputs(x[None])[0].tolist() == [float(plain.drawn(2, j)) for j in range(3)]
    assert net.energy(x[None], states[None])[0] == float(plain.energy())


@pytest.mark.slow
def test_levels_that_grow_finer_end_where_no_unit_would_move_with_no_more_energy_than_before() -> None:
    moved = 0
    for number in range(20):
        net, x = dyadic(number, k=(2, 8, 32))
        coarse, fine = dyadic(number, k=2)[0], dyadic(number, k=32)[0]
        plain, states = Plain(net, x), net.states(x[None])[0]
        plain.n = [states[a:b].tolist() for a, b in zip(net.first[:-1], net.first[1:], strict=True)]
        assert plain.k == 32
        assert plain.rests(Fraction(0), 0)
        assert net.energy(x[None], states[None]) <= coarse.energy(x[None], coarse.states(x[None]))
        once = dyadic(number, k=(32,))[0]
        assert once.states(x[None]).tobytes() == fine.states(x[None]).tobytes()
        assert (once.cost, once.outputs(x[None]).tolist()) == (fine.cost, fine.outputs(x[None]).tolist())
        moved += not np.array_equal(states, fine.states(x[None])[0])
        y = [int(number % 3)]
        net.fit(x[None], y, batch=1)
        again = Plain(net, x)
        assert again.w != plain.w or net.cost.positive_messages == 0
    assert moved > 0  # the fixed point need not be that of the finest levels alone


def settle_by_hand(plain: Plain, beta: Fraction, label: int, start: int) -> tuple[int, int]:
    """Layers look, first asked first; messages, and the adds that they cost."""
    queue, messages, adds = [start], 0, 0
    while queue:
        layer = queue.pop(0)
        new = [plain.level(layer, j, beta, label) for j in range(len(plain.n[layer]))]
        moved = sum(a != b for a, b in zip(new, plain.n[layer], strict=True))
        plain.n[layer] = new
        if moved:
            near = [other for other in (layer + 1, layer - 1) if 0 <= other < len(plain.n)]
            messages, adds = messages + moved, adds + moved * sum(len(plain.n[other]) for other in near)
            queue += [other for other in near if other not in queue]
    return messages, adds


@pytest.mark.slow
@pytest.mark.parametrize(
    ("beta", "first", "second"), [(0.5, 0.0, 0.5), ((-0.25, 0.5), -0.25, 0.5), ((1.0, 0.5), 1.0, 0.5)]
)
def test_learning_by_the_phase_is_the_contrast_and_is_counted(beta: Any, first: float, second: float) -> None:
    net, x = dyadic(7, k=16, learning_rate=(0.5, 0.25, 0.125), beta=beta)
    plain, was = Plain(net, x), [w.copy() for w in net.weights]
    biases = [b.copy() for b in net.biases]
    minus_cost = settle_by_hand(plain, Fraction(first), 1, 0)
    minus = plain.values()
    plus_cost = settle_by_hand(plain, Fraction(second), 1, 2)
    plus = plain.values()
    net.fit(x[None], [1], batch=1)
    cost, apart = net.cost, second - first
    assert cost is not None
    assert (cost.negative_messages, cost.negative_adds) == minus_cost
    assert (cost.positive_messages, cost.positive_adds) == plus_cost
    assert cost.input_adds == 8 * np.count_nonzero(x)
    assert cost.operations == cost.input_adds + minus_cost[1] + plus_cost[1]
    for layer, rate in enumerate((0.5, 0.25, 0.125)):
        contrast = np.outer(plus[layer], plus[layer + 1]) - np.outer(minus[layer], minus[layer + 1])
        np.testing.assert_allclose(
            net.weights[layer], was[layer] + rate / apart * contrast.astype(float), rtol=0, atol=1e-15
        )
        moved = np.array(plus[layer + 1]) - np.array(minus[layer + 1])
        np.testing.assert_allclose(
            net.biases[layer], biases[layer] + rate / apart * moved.astype(float), rtol=0, atol=1e-15
        )


@pytest.mark.slow
def test_learning_at_events_and_by_the_phase_agree_as_long_as_no_level_feels_it() -> None:
    """With a tiny rate, weights that change during the phase move no level: both sums are then one contrast."""
    made = []
    for learn in ("phase", "event"):
        net, x = dyadic(3, k=16, learning_rate=(1e-9,) * 3, learn=learn)
        before = net.w.copy()
        net.fit(x[None], [2], batch=1)
        made.append((net.w - before) / 1e-9)
    np.testing.assert_allclose(made[0], made[1], rtol=0, atol=1e-5)
    assert np.abs(made[0]).max() > 0.1


@pytest.mark.slow
def test_a_batch_learns_from_weights_of_before_it_and_a_rest_is_a_batch() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 257, (5, 5)) / 256, np.array([0, 1, 2, 0, 1])
    whole, _ = dyadic(5, k=16)
    parts, _ = dyadic(5, k=16)
    whole.fit(x, y, batch=3)
    parts.fit(x[:3], y[:3], batch=3).fit(x[3:], y[3:], batch=2)
    assert whole.w.tobytes() == parts.w.tobytes()


@pytest.mark.slow
def test_it_learns_the_embedded_digits() -> None:
    from eventnet.data import digits, scale_pixels

    d = digits()
    net = EquilibriumNetwork([784, 100, 10], k=64)
    net.fit(scale_pixels(d.x_train), d.y_train, 6)
    assert net.score(scale_pixels(d.x_test), d.y_test) > 0.7
    assert net.cost is not None
    assert net.cost.operations < 30_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beta": -0.5}, r"beta is -0.5; wanted a number other than 0 with 1 \+ 2 beta above 0"),
        ({"beta": 0.0}, "beta is 0.0"),
        ({"form": "spikes"}, "form is 'spikes'"),
        ({"learning_rate": (0.1,)}, "wanted one learning rate"),
        ({"k": 0}, "k: found 0"),
        ({"k": ()}, "wanted a number, or several that grow"),
        ({"k": (8, 8)}, "several that grow"),
        ({"k": (8, 24)}, "a power of 2 times the one before"),
        ({"k": (4, 8), "engine": "compiled"}, "an engine takes one number of each"),
        ({"beta": (0.1, 0.5), "engine": "compiled"}, "an engine takes one number of each"),
        ({"beta": (0.1, 0.5), "form": "euler"}, "wanted a number other than 0"),
        ({"beta": (1, 1)}, "two that differ"),
        ({"dtype": "int32"}, "dtype is 'int32'"),
    ],
)
def test_other_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        EquilibriumNetwork([5, 4, 3], **options)


@pytest.mark.slow
def test_other_samples_and_a_network_that_does_not_rest_are_errors() -> None:
    net, x = dyadic(1)
    with pytest.raises(DataError, match=r"x reaches from .* to 2.0; wanted 0 to 1"):
        net.fit(np.full((1, 5), 2.0), [0])
    with pytest.raises(DataError, match="2 samples, but 1 labels"):
        net.fit(np.stack([x, x]), [0])
    stuck, x = dyadic(1, most=2, k=64)
    with pytest.raises(UnsettledError, match="sample 0 did not come to rest within 2 messages"):
        stuck.fit(x[None], [0], batch=1)
    with pytest.raises(UnsettledError, match="within 2 messages in 'lifo'"):
        stuck.events(x, 0, "lifo")
    with pytest.raises(ModelError, match="learning at each event goes with 1"):
        EquilibriumNetwork([5, 4, 3], learn="event").fit(x[None], [0])
    with pytest.raises(ModelError, match="only 'levels' has levels"):
        EquilibriumNetwork([5, 4, 3], form="euler").states(x[None])


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{"k": (2, 4), "learn": "phase"}, {"k": 4, "dither": True, "grid": 16, "learn": "phase"}, {"form": "euler", "scales": (1, 0.5, 1)},
                {"engine": "compiled", "order": "largest", "delay": (1, 3), "learning_rate": (0.01, 0.02, 0.01)}],
)  # fmt: skip
def test_a_saved_network_goes_on_as_the_one_that_was_saved(options: dict[str, Any], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.random((6, 5)), rng.integers(0, 3, 6)
    net = EquilibriumNetwork(SIZES, **{"scales": (0.5, 0.5, 0.5), **options}).fit(x, y)
    net.save(tmp_path / "net.npz")
    again = EquilibriumNetwork.load(tmp_path / "net.npz")
    assert again.options == net.options
    assert again.w.tobytes() == net.w.tobytes()
    assert again.fit(x, y).w.tobytes() == net.fit(x, y).w.tobytes()
    assert again.outputs(x).tobytes() == net.outputs(x).tobytes()


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    net = EquilibriumNetwork([3, 2])
    net.bias[0] = np.nan
    net.save(tmp_path / "net.npz")
    with pytest.raises(DataError, match="bias is float32.*finite"):
        EquilibriumNetwork.load(tmp_path / "net.npz")
    net.sizes = (3, 200_000)
    net.save(tmp_path / "net.npz")
    with pytest.raises(DataError, match="holds 6 weights"):
        EquilibriumNetwork.load(tmp_path / "net.npz")
    net.order = min
    with pytest.raises(ModelError, match="give it an order with a name"):
        net.save(tmp_path / "net.npz")
