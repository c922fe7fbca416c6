"""Codes that decay by shifts and the gradient of their own: whole matrices, the same bytes, counts by closed forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pd_oracle import Coder, Gradient, Network
from test_pd_network import check, network, oracle, same, stream
from test_synapses import ENGINES, Trains, two_trains

import eventnet as en
from eventnet.errors import DataError, ModelError, NetworkError
from eventnet.kernels.patches import Geometry
from eventnet.learning.past_by_shifts import PastByShifts, find_rule, settle_run
from eventnet.learning.synapses import RULES, Past
from eventnet.models import PDNetwork
from eventnet.neurons.pd_code import ALPHA, SHIFTS, USED, alpha_by_shifts, code_state, power_of_two

SHIFTED = {"kp": 0.1, "kd": 1.0, "decay": "shifts"}


# --- numbers that shifts can make ------------------------------------------------------------------------------------
@pytest.mark.parametrize("alpha, wanted, shifts", [
    (1 / 1.1, 1 - 2**-4 - 2**-5, 2), (0.875, 0.875, 1), (0.5, 0.5, 1), (0.62, 0.625, 2), (0.0, 0.0, 0), (1.0, 1.0, 0),
    (0.1, 0.0, 0), (1e-9, 0.0, 0), (0.95, 1 - 2**-5 - 2**-6, 2),
])  # fmt: skip
def test_alpha_is_the_nearest_that_two_shifts_make(alpha: float, wanted: float, shifts: int) -> None:
    found = alpha_by_shifts(alpha)
    assert found == (wanted, shifts)
    made = [1 - 2.0**-k - (2.0**-m if m else 0) for k in range(1, 21) for m in (0, *range(k + 1, 21))]
    assert abs(found[0] - alpha) == min(abs(one - alpha) for one in (*made, 0.0, 1.0))


def test_a_scale_is_the_power_of_two_next_to_it_in_ratio() -> None:
    for x in (1.0, 0.25, 1.4, 1.42, 0.70, 0.71, 3.9e-9, 1e6, np.float32(0.9)):
        found = power_of_two(x)
        assert found == 2.0 ** round(math.log2(found))
        assert abs(math.log2(found / x)) <= 0.5


def test_a_code_by_shifts_says_so_in_a_word_of_its_own() -> None:
    code = code_state(0.1, 1.0, eta=0.0, decay="shifts")
    assert (code[ALPHA], code[USED], code[SHIFTS]) == (0.90625, 1.0, 2)
    assert len(code_state(0.1, 1.0, eta=0.0)) == SHIFTS
    assert code_state(0.0, 3.0, eta=0.0, decay="shifts")[ALPHA] == 1
    with pytest.raises(NetworkError, match="decay is 'shift'; wanted exact or shifts"):
        code_state(0.1, 1.0, eta=0.0, decay="shift")


# --- the gradient ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "geometry", [Geometry.dense(4, 3), Geometry.window((2, 4, 3), 2, (3, 2), (2, 1), (1, 0, 0, 1))]
)
def test_weights_are_those_of_past_at_every_step(geometry: Geometry, engine: str) -> None:
    rules = {"past": Past, "shifts": PastByShifts, "recon": RULES["recon"]}
    trains = Trains(geometry, rules, SHIFTED, {"kp": 0.25, "kd": 0.7, "decay": "shifts"}, engine)
    x, e = two_trains(np.random.default_rng(3), geometry, 40, 160)
    for t in range(len(x)):
        trains.step(t, x[t], e[t])
        assert trains.weights("shifts") == pytest.approx(trains.weights("past"), abs=1e-12)
    assert np.abs(trains.weights("past")).max() > 0.1
    assert trains.weights("shifts") == pytest.approx(
        trains.weights("recon"), abs=1e-4
    )  # but for what has not died away


def test_counts_of_the_gradient_are_closed_forms() -> None:
    """One product a touched synapse; those of the step: the gain, a unit each, and a row each where an error spikes."""
    n_in, n_out, rng = 4, 3, np.random.default_rng(5)
    trains = Trains(Geometry.dense(n_in, n_out), {"shifts": PastByShifts}, SHIFTED, SHIFTED, "reference")
    x, e = two_trains(rng, Geometry.dense(n_in, n_out), 25, 2)
    products = learning = neurons = touched_in_all = 0
    seen = np.zeros(n_in, dtype=bool)
    for t in range(len(x)):
        trains.step(t, x[t], e[t])
        seen |= x[t] != 0
        touched = (x[t] != 0)[:, None] | (seen[:, None] & (e[t] != 0)[None, :])
        rows = int(seen.sum()) if e[t].any() else 0
        products += 2 + n_out + rows + int(touched.sum())  # 2: 1 - alpha alpha, and the gain
        products += n_in + n_out if t == 0 else 0  # the first step comes after none, and decays by a product
        spikes = int(np.abs(x[t]).sum()) * n_out + rows * int(np.abs(e[t]).sum())
        learning += 2 * int(touched.sum()) + spikes
        decays = 0 if t == 0 else 2 * 2 * (n_in + n_out)
        neurons += 1 + 1 + n_out + decays + 2 * int((x[t] != 0).sum() + (e[t] != 0).sum())
        touched_in_all += int(touched.sum())
    row = trains.simulation.tally.by_port()[f"{trains.updates['shifts'].name}.settle"]
    assert (row["multiplies"], row["learning_adds"], row["neuron_adds"]) == (products, learning, neurons)
    assert row["reads"] == row["writes"] == touched_in_all > 50


def test_both_forms_of_a_run_agree_to_the_last_bit() -> None:
    """The loop that is compiled in place of the plain one, as every run of a network uses it."""
    geometry, rng = Geometry.dense(7, 70), np.random.default_rng(8)
    made = [Trains(geometry, {"shifts": PastByShifts}, SHIFTED, SHIFTED, engine) for engine in ENGINES]
    x, e = two_trains(rng, geometry, 30, 1)
    for t in range(len(x)):
        for trains in made:
            trains.step(t, x[t], e[t])
    assert made[0].weights("shifts").tobytes() == made[1].weights("shifts").tobytes()
    w, u = np.ones((1, 2)), np.array([3.0, 5.0])
    assert settle_run(w, 0, 0, u, 0, np.array([2.0, 4.0]), np.array([0.0, -1.0]), 0, 2, 0.5, 0.25, 8.0, False) == 1
    assert w.tolist() == [[1.0, 1 - (5 - 2.0)]]
    assert u.tolist() == [3.0, 2 + 1 - 8.0]


def test_it_wants_codes_that_decay_by_shifts() -> None:
    with pytest.raises(NetworkError, match="PastByShifts wants codes that decay by shifts; .* has 'exact'"):
        Trains(Geometry.dense(2, 2), {"shifts": PastByShifts}, SHIFTED, {"kp": 0.1, "kd": 1.0}, "reference")
    assert find_rule("past", "shifts") is PastByShifts
    assert find_rule("past", "exact") is Past
    assert find_rule("recon", "shifts") is RULES["recon"]


# --- networks --------------------------------------------------------------------------------------------------------
def by_shifts(net: PDNetwork) -> Network:
    """The same network on whole matrices: alpha as two shifts make it, every scale a power of two when it is used."""
    made = oracle(net)
    for coder in (*made.codes, *made.back):
        coder.alpha = 1 - 2**-4 - 2**-5
        coder.used = 2.0 ** round(math.log2(coder.k_rel))
    return made


@pytest.fixture
def powers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coders of the oracle whose scale in use is a power of two."""
    encode = Coder.encode

    def rounded(self: Coder, x: Any, steps: float = 1.0) -> Any:
        beta, mu = self.beta, self.mu
        if self.eta:
            beta += self.eta * (self.k_rel * mu - beta)
            mu = (1 - self.eta) * mu + self.eta * np.abs(x).mean()
        self.beta = 2.0 ** round(math.log2(self.beta))
        eta, self.eta = self.eta, 0.0
        found = encode(self, x, steps)
        self.beta, self.mu, self.eta = beta, mu, eta
        return found

    monkeypatch.setattr(Coder, "encode", rounded)


@pytest.mark.parametrize("rule", ["past", "recon"])
@pytest.mark.parametrize("name", ["dense", "one layer", "convolution"])
def test_learning_by_shifts_is_that_of_whole_matrices(name: str, rule: str, powers: None) -> None:
    net = network(name, rule=rule, decay="shifts", eta=0.03, learning_rate=0.02)
    x, labels = stream(name, 40)
    wanted = by_shifts(net)
    net.partial_fit(x, labels)
    for sample, label in zip(x, labels):
        wanted.learn(sample, label)
    check(net, wanted)


def test_both_engines_learn_the_same_bytes_by_shifts_in_every_order() -> None:
    x, labels = stream(n=20)
    wanted = network(dtype="float32", decay="shifts").fit(x, labels)
    assert same(network(dtype="float32", decay="shifts", engine="reference").fit(x, labels), wanted)
    for order in en.ORDERS:
        assert same(network(dtype="float32", decay="shifts", order=order).fit(x, labels), wanted), order
    assert not same(network(dtype="float32").fit(x, labels), wanted)


def test_products_of_a_network_that_learns_are_a_closed_form(powers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No product for codes and decays; for a weight one where it is touched."""
    steps: list[tuple[Any, Any]] = []
    gradient = Gradient.__call__

    def told(self: Gradient, xbar: Any, below: Coder, ebar: Any, above: Coder) -> Any:
        steps.append((xbar, ebar))
        return gradient(self, xbar, below, ebar, above)

    monkeypatch.setattr(Gradient, "__call__", told)
    net = network(decay="shifts", eta=0.03)
    x, labels = stream(n=30)
    wanted = by_shifts(net)
    net.partial_fit(x[:1], labels[:1])  # the first step comes after none
    first = net.learning_tally.multiplies
    net.partial_fit(x[1:], labels[1:])
    for sample, label in zip(x, labels):
        wanted.learn(sample, label)
    layers = len(wanted.weights)
    products, seen = 0, [np.zeros(w.n_in, dtype=bool) for w in wanted.weights]
    for k, (xbar, ebar) in enumerate(steps):
        layer = layers - 1 - k % layers
        seen[layer] |= xbar != 0
        if k < layers:
            continue
        touched = (xbar != 0)[:, None] | (seen[layer][:, None] & (ebar != 0)[None, :])
        rows = int(seen[layer].sum()) if ebar.any() else 0
        products += 2 + len(ebar) + rows + int(touched.sum())
        products += 4 + 4  # both codes tune their scales
        products += len(ebar)  # the biases move by the rate
        products += len(ebar) if layer == layers - 1 else 0  # softmax divides
    assert net.learning_tally.multiplies - first == products


@pytest.mark.parametrize("rule", RULES)
def test_a_network_by_shifts_is_saved_with_its_option(rule: str, tmp_path: Any) -> None:
    x, labels = stream(n=40)
    net = network(rule=rule, decay="shifts", learning_rate=0.003).fit(x[:25], labels[:25])
    net.save(tmp_path / "net.npz")
    again = PDNetwork.load(tmp_path / "net.npz")
    assert same(net, again)
    assert again.options["decay"] == "shifts"
    assert same(net.partial_fit(x[25:], labels[25:]), again.partial_fit(x[25:], labels[25:]))
    exact = network(rule=rule, learning_rate=0.003)
    exact.options["decay"] = "shifts"
    exact.save(tmp_path / "false.npz")
    with pytest.raises(DataError):
        PDNetwork.load(tmp_path / "false.npz")


def test_another_decay_is_refused() -> None:
    with pytest.raises(ModelError, match="decay is 'half'; it can be 'exact' or 'shifts'"):
        network(decay="half")
