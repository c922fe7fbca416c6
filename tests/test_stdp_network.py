"""The network of leaky neurons that learn by STDP: against a plain loop that shares no code with it, and as a user's."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.errors import DataError, ModelError
from eventnet.models import DiehlCook, Neuron, Presentation, SetTo, StdpNetwork, Subtract, Towards, WinnerTakeAll
from eventnet.models.stdp import Rates, seed_of

SMALL = {
    "neuron": Neuron(tau=30_000.0, threshold=1.2, theta_plus=0.1, theta_tau=1e6),
    "presentation": Presentation(ticks=60_000, rest=20_000, rate=200.0, least=2),
    "rule": DiehlCook(tau=20_000.0, target=0.3, rate=0.05, total=3.0),
    "inhibition": WinnerTakeAll(3_000),
}


def patterns(n: int, seed: int = 0) -> tuple[Any, Any]:
    """Three noisy patterns over 12 inputs, and which is which."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    x = np.repeat(np.eye(3), 4, axis=1)[labels] * 0.9 + 0.05 * rng.random((n, 12))
    return x, labels


class Plain:
    """The same network in float64 as a loop over sorted spikes: what `fit` has to come to, up to rounding."""

    def __init__(self, weights: Any, o: dict[str, Any]) -> None:
        self.w, self.o = weights.astype(np.float64), o
        self.theta, self.since, self.now = np.zeros(weights.shape[1]), 0, 0
        self.spikes: list[tuple[int, int]] = []

    def sample(self, train: Any, number: int) -> None:
        n, shown, rule = self.o["neuron"], self.o["presentation"], self.o["rule"]
        self.w *= rule.total / self.w.sum(axis=0)
        attempt = 0
        while True:
            v, told, blocked, made = np.zeros(len(self.theta)), self.now, self.now, 0
            last = np.full(len(self.w), -np.inf)
            for dt, i in zip(*train(attempt, number), strict=True):
                t = self.now + int(dt)
                last[i] = t
                if t < blocked:
                    continue
                v = v * math.exp(-(t - told) / n.tau) + self.w[i]
                told = t
                bars = n.threshold + self.theta * math.exp(-(t - self.since) / n.theta_tau)
                over = v - bars
                if over.max() > 0:
                    j = int(over.argmax())
                    self.theta = self.theta * math.exp(-(t - self.since) / n.theta_tau)
                    self.since = t
                    self.theta[j] += n.theta_plus
                    v[:] = 0
                    told = blocked = t + self.o["inhibition"].silence
                    made += 1
                    self.spikes.append((t, j))
                    d = np.exp(-(t - last) / rule.tau) - rule.target
                    self.w[:, j] += rule.rate * d * np.where(d > 0, 1 - self.w[:, j], self.w[:, j])
            self.now += shown.ticks
            attempt += 1
            if made >= shown.least or attempt == shown.tries:
                self.now += shown.rest
                return


def test_learning_is_that_of_a_plain_loop() -> None:
    x, _ = patterns(25)
    net = StdpNetwork(12, 5, seed=3, **SMALL)
    plain = Plain(net.weights, SMALL)
    rates = Rates(x, 12, SMALL["presentation"])
    for k in range(len(x)):
        plain.sample(lambda attempt, number: rates.train(number, attempt, seed_of(3, 0, number, attempt)), k)
    net.fit(x)
    assert len(plain.spikes) > 60
    assert net.spikes_a_sample * 25 == pytest.approx(len(plain.spikes), abs=0)
    assert np.allclose(net.weights, plain.w, rtol=2e-4, atol=2e-5)
    left = math.exp(-(plain.now - plain.since) / SMALL["neuron"].theta_tau)
    assert np.allclose(net.thresholds, SMALL["neuron"].threshold + plain.theta * left, rtol=1e-5)


@pytest.mark.parametrize("inhibition", [WinnerTakeAll(2_000), Subtract(0.7), SetTo(-0.2)])
@pytest.mark.parametrize("rule", [DiehlCook(total=3.0), Towards(rate=0.05), DiehlCook(mu=0.0, total=None)])
def test_both_engines_learn_and_answer_the_same(inhibition: Any, rule: Any) -> None:
    x, labels = patterns(6)
    options = SMALL | {"inhibition": inhibition, "rule": rule}
    found = []
    for engine in ("compiled", "reference"):
        net = StdpNetwork(12, 4, seed=1, engine=engine, **options).fit(x)
        assert net.tally is not None
        learned = net.tally.to_dict()
        counts = net.assign(x, labels).transform(x)
        found.append((net.weights.tobytes(), net.thresholds.tobytes(), learned, counts.tolist(), net.tally.to_dict()))
    assert found[0] == found[1]


def test_patterns_are_learned_without_labels() -> None:
    x, labels = patterns(120)
    tests, truth = patterns(60, seed=9)
    net = StdpNetwork(12, 6, seed=0, **SMALL)
    before = StdpNetwork(12, 6, seed=0, **SMALL)
    net.fit(x).assign(x, labels)
    assert net.score(tests, truth) > 0.95
    assert net.score(tests, truth, readout="proportion") > 0.95
    fields = net.receptive_fields((3, 4)).sum(axis=2)  # of each neuron, the weight of each pattern
    first = before.receptive_fields((3, 4)).sum(axis=2)
    assert (fields.max(axis=1) / fields.sum(axis=1)).mean() > 0.7 > (first.max(axis=1) / first.sum(axis=1)).mean()
    assert set(net.assignments) <= {-1, 0, 1, 2}


def test_one_pass_equals_two_halves_of_one_simulation_in_learning() -> None:
    x, _ = patterns(10)
    whole = StdpNetwork(12, 4, seed=2, **SMALL).fit(x)
    halves = StdpNetwork(12, 4, seed=2, **SMALL)
    halves.fit(x[:5])
    assert halves.samples_seen == 5
    rest = StdpNetwork(12, 4, seed=2, **SMALL)
    rest.fit(x[:5]).partial_fit(x[5:])
    assert np.allclose(whole.weights, rest.weights, rtol=1e-4)  # thresholds are kept as of another time


@pytest.mark.parametrize("mu", [0.0, 0.5, 1.0])
def test_learning_goes_on_from_weights_that_normalising_has_put_above_their_bound(mu: float, tmp_path: Path) -> None:
    x = np.random.default_rng(0).choice([0.0, 1.0], (24, 6), p=[0.7, 0.3])
    rule = DiehlCook(tau=20_000.0, target=0.3, rate=0.3, total=3.0, mu=mu)
    options = {**SMALL, "rule": rule, "neuron": Neuron(tau=30_000.0, threshold=1.2, theta_plus=0.0), "seed": 1}
    whole = StdpNetwork(6, 3, **options).fit(x)
    halves = StdpNetwork(6, 3, **options).fit(x[:12])
    assert halves.weights.max() > 1
    halves.save(tmp_path / "half.npz")
    for rest in (halves, StdpNetwork.load(tmp_path / "half.npz")):
        assert rest.partial_fit(x[12:]).weights.tobytes() == whole.weights.tobytes()
        assert rest.transform(x).sum() > 0


def test_answers_are_the_same_for_any_number_of_threads() -> None:
    x, _ = patterns(11)
    net = StdpNetwork(12, 4, seed=2, **SMALL).fit(x)
    one, kept = net.transform(x), net.tally
    three = net.transform(x, workers=3)
    assert one.tolist() == three.tolist()
    assert one.sum() > 0
    assert kept is not None
    assert net.tally is not None
    assert kept.by_kind()["synaptic"] == net.tally.by_kind()["synaptic"]
    weights, thresholds = net.weights, net.thresholds
    assert net.transform(x).tolist() == one.tolist()
    assert (net.weights == weights).all()
    assert (net.thresholds == thresholds).all()


def test_a_raster_holds_the_spikes_that_are_counted() -> None:
    x, _ = patterns(5)
    x[2] *= 0.05  # faint: it is shown again
    net = StdpNetwork(12, 4, seed=2, **SMALL).fit(x)
    counts = net.transform(x)
    for k in range(5):
        shown = net.raster(x, k)
        assert np.bincount(shown.neurons, minlength=4).tolist() == counts[k].tolist()
        attempt = round(net.shown_a_sample) - 1
        t, index = Rates(x, 12, SMALL["presentation"]).train(k, attempt, seed_of(2, 1, k, attempt))
        assert (shown.input_ticks.tolist(), shown.inputs.tolist()) == (t.tolist(), index.tolist())
        assert set(shown.spike_ticks) <= set(t)
        assert (attempt > 0) == (k == 2)
    with pytest.raises(ModelError, match="no sample 5"):
        net.raster(x, 5)


def test_progress_counts_every_sample() -> None:
    x, labels = patterns(250)
    net = StdpNetwork(12, 4, seed=2, **SMALL)
    for workers in (1, 3):
        told: list[tuple[int, int]] = []
        net.assign(x, labels, workers=workers, progress=lambda done, of, told=told: told.append((done, of)))
        assert told[-1] == (250, 250)
        assert [done for done, _ in told] == sorted({done for done, _ in told})
    told = []
    net.fit(x, progress=lambda done, of: told.append((done, of)))
    assert told == [(100, 250), (200, 250), (250, 250)]


def test_recordings_are_samples_too() -> None:
    rng = np.random.default_rng(4)
    trains = [(np.sort(rng.integers(0, 50_000, 60)), rng.choice(np.arange(4) + 4 * (k % 3), 60)) for k in range(45)]
    labels = np.arange(45) % 3
    net = StdpNetwork(12, 6, seed=0, **SMALL).fit(trains, epochs=3).assign(trains, labels)
    assert net.score(trains, labels) > 0.9


def test_a_recording_is_shown_once_where_nothing_is_learned() -> None:
    faint = [(np.array([5, 10, 20]), np.array([0, 1, 2]))]
    net = StdpNetwork(12, 4, seed=2, **SMALL).fit(faint)
    assert net.shown_a_sample == net.presentation.tries
    net.transform(faint)
    assert net.shown_a_sample == 1


def test_samples_that_make_few_spikes_are_shown_again() -> None:
    faint = np.full((3, 12), 0.02)
    net = StdpNetwork(12, 4, seed=2, **SMALL).fit(faint)
    assert 2 < net.shown_a_sample < 20
    assert net.spikes_a_sample >= 2
    assert net.tally is not None
    assert net.tally.by_port()["normalize.apply"]["deliveries"] == 3  # once a sample, however often it is shown
    none = StdpNetwork(12, 4, seed=2, **(SMALL | {"presentation": Presentation(ticks=1000, tries=3)}))
    assert none.fit(np.zeros((2, 12))).shown_a_sample == 3


def test_read_outs_are_means_of_the_neurons_that_were_named() -> None:
    net = StdpNetwork(12, 5, seed=2, **SMALL)
    net.responses = np.array([[4.0, 1.0], [3.0, 0.0], [2.0, 2.0], [0.0, 5.0], [0.0, 0.0]])
    assert net.assignments.tolist() == [0, 0, 0, 1, -1]
    counts = np.array([[1, 1, 1, 2, 9], [3, 3, 3, 2, 0], [0, 0, 6, 1, 0]])
    assert net.read_out(counts).tolist() == [1, 0, 0]  # means 1 and 2, 3 and 2, 2 and 1
    assert net.read_out(counts, "proportion").tolist() == [1, 0, 1]  # votes 2.3 and 2.7, 6.9 and 4.1, 3 and 4


def test_responses_are_mean_counts_of_each_class() -> None:
    x, _ = patterns(9)
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1, 3])
    net = StdpNetwork(12, 4, seed=2, **SMALL).fit(x).assign(x, labels)
    counts = net.transform(x)
    wanted = [counts[labels == c].mean(axis=0) if (labels == c).any() else np.zeros(4) for c in range(4)]
    assert net.responses is not None
    assert np.allclose(net.responses, np.array(wanted).T)


def test_a_network_is_saved_and_loaded(tmp_path: Path) -> None:
    x, labels = patterns(12)
    net = StdpNetwork(12, 4, seed=2, **SMALL).fit(x).assign(x, labels)
    net.save(tmp_path / "net.npz")
    loaded = StdpNetwork.load(tmp_path / "net.npz")
    assert loaded.predict(x).tolist() == net.predict(x).tolist()
    assert (loaded.rule, loaded.neuron, loaded.samples_seen) == (net.rule, net.neuron, 12)
    assert (loaded.partial_fit(x).weights == net.partial_fit(x).weights).all()


@pytest.mark.parametrize("damage", ["cut", "shape", "nan", "responses"])
def test_a_damaged_file_is_refused(damage: str, tmp_path: Path) -> None:
    x, labels = patterns(4)
    net = StdpNetwork(12, 4, seed=2, **SMALL).fit(x).assign(x, labels)
    if damage == "shape":
        net._weights = net._weights[:5]
    if damage == "nan":
        net._theta[0] = np.nan
    if damage == "responses":
        net.responses = np.zeros((3, 3))
    path = tmp_path / "net.npz"
    net.save(path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match=r"net\.npz"):
        StdpNetwork.load(path)


def test_what_cannot_be_is_refused() -> None:
    x, labels = patterns(4)
    net = StdpNetwork(12, 4, seed=2, **SMALL).fit(x)
    with pytest.raises(ModelError, match="assign"):
        net.predict(x)
    with pytest.raises(ModelError, match="labels"):
        net.assign(x, labels[:2])
    with pytest.raises(ModelError, match="labels"):
        net.assign(x, labels - 5)
    with pytest.raises(ModelError, match="readout"):
        net.assign(x, labels).score(x, labels, readout="votes")
    with pytest.raises(ModelError, match="image"):
        net.receptive_fields()


@pytest.mark.parametrize("seed", [-1, 2**63, 0.5, float("nan"), "1", None])
def test_a_seed_is_a_whole_number_that_the_engines_take(seed: Any) -> None:
    with pytest.raises(ModelError, match="seed: found .*; wanted a whole number, 0 to 9,223,372,036,854,775,807"):
        StdpNetwork(12, 4, seed=seed, **SMALL)
    assert StdpNetwork(12, 4, seed=2**63 - 1, **SMALL).fit(patterns(1)[0]).samples_seen == 1
