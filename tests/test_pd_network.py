"""Proportional-derivative networks: chapter 5 in whole matrices, learning that goes on, goes back and saves itself."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from damaging import damage
from few import few
from hypothesis import given, settings
from hypothesis import strategies as st
from pd_oracle import ACTIVATIONS, Network, Weights

import eventnet as en
from eventnet.base.files import read_npz, write_npz
from eventnet.data import digits
from eventnet.errors import DataError, ModelError
from eventnet.learning.synapses import RULES
from eventnet.models import PDNetwork, pd
from eventnet.models.conventional import ConventionalNetwork
from eventnet.models.layers import AveragePool2d, Conv2d, ConvSpec, Dense, DenseSpec, Softmax, forward
from eventnet.neurons.pd_code import BETA, MEAN, USED

IMAGE = (2, 6, 5)
BLUEPRINTS: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    "dense": ([5, 4, 3], (6,)),
    "one layer": ([3], (6,)),
    "convolution": ([ConvSpec(3, (3, 2), stride=(2, 1), padding=(1, 0, 0, 1)), ConvSpec(2, 2), 4, 3], IMAGE),
    "maps straight into dense": ([4, 3], IMAGE),
}


def network(name: str = "dense", **options: Any) -> PDNetwork:
    blueprint, shape = BLUEPRINTS[name]
    return PDNetwork.of(blueprint, shape, **({"dtype": "float64", "learning_rate": 0.05} | options))


def stream(name: str = "dense", n: int = 30, seed: int = 0) -> tuple[Any, Any]:
    """Samples that change now and then, a third of their values 0, and labels."""
    rng, shape = np.random.default_rng(seed), BLUEPRINTS[name][1]
    x = rng.normal(0, 1.5, (n, *shape)) * (rng.random((n, *shape)) > 1 / 3)
    x[1 + np.flatnonzero(rng.random(n - 1) < 0.2)] = x[0]
    return x, rng.integers(0, 3, n)


def oracle(net: PDNetwork) -> Network:
    """The same network on whole matrices, with the weights that `net` has now."""
    weights, shape = [], net.input_shape
    for layer in net.layers():
        if isinstance(layer, Dense):
            weights.append(Weights.dense(layer.weights, layer.bias))
            shape = (layer.weights.shape[1],)
        elif isinstance(layer, Conv2d):
            weights.append(Weights.convolution(layer.weights, layer.bias, shape, layer.stride, layer.padding))
            shape = forward([layer], np.zeros((1, *shape))).shape[1:]
    o = net.options
    return Network(
        weights, kp=o["kp"], kd=o["kd"], eta=o["eta"] if o["adapt_scale"] else 0.0,
        rule="raw" if o["traces"] == "raw" else o["rule"], rate=o["learning_rate"], activation=o["activation"],
    )  # fmt: skip


def weighted(net: PDNetwork) -> list[Any]:
    return [layer for layer in net.layers() if isinstance(layer, (Dense, Conv2d))]


def state(net: PDNetwork) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in net._modules.state().items()}


def same(one: PDNetwork, other: PDNetwork) -> bool:
    return state(one) == state(other) and one.samples_seen == other.samples_seen


# --- chapter 5 in whole matrices -------------------------------------------------------------------------------------
@pytest.mark.parametrize("adapt_scale", [True, False])
@pytest.mark.parametrize("rule", few(RULES, 1))
@pytest.mark.parametrize("name", BLUEPRINTS)
def test_learning_is_that_of_whole_matrices(name: str, rule: str, adapt_scale: bool) -> None:
    rate = {"past": 0.05, "recon": 0.01}.get(rule, 0.005)
    net = network(name, rule=rule, adapt_scale=adapt_scale, eta=0.03, learning_rate=rate)
    x, labels = stream(name, 40)
    wanted = oracle(net)
    net.partial_fit(x, labels)
    for sample, label in zip(x, labels):
        wanted.learn(sample, label)
    check(net, wanted)


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_future_with_raw_traces_is_that_of_whole_matrices_too(name: str) -> None:
    """As in the author's program: bare spikes in the traces, times the scales of today."""
    nets = [
        network(name, rule="future", traces=traces, eta=0.03, learning_rate=0.005) for traces in ("raw", None, "scaled")
    ]
    x, labels = stream(name, 40)
    wanted = oracle(nets[0])
    for net in nets:
        net.partial_fit(x, labels)
    for sample, label in zip(x, labels):
        wanted.learn(sample, label)
    check(nets[0], wanted)
    assert state(nets[1]) == state(nets[2])
    apart = [np.abs(a.weights - b.weights).max() for a, b in zip(weighted(nets[0]), weighted(nets[1]), strict=True)]
    assert max(apart) > 1e-4  # and not what `future` learns otherwise
    stdp = network(name, rule="stdp", eta=0.03, learning_rate=0.005).partial_fit(x, labels)
    assert state(stdp) == state(nets[0])


def check(net: PDNetwork, wanted: Network) -> None:
    """Weights and biases to 1e-9, and every count."""
    for layer, w in zip(weighted(net), wanted.weights, strict=True):
        assert layer.weights == pytest.approx(w.words, abs=1e-9)
        assert layer.bias == pytest.approx(w.bias, abs=1e-9)
    told = net.operations()
    assert {k: told[k] for k in wanted.counts} == wanted.counts
    assert told["total"] == sum(wanted.counts.values()) > 100
    rows = net.learning_tally.by_port()
    sent = [rows["input.frame"]["spikes"], *(rows[f"layer{k}.settle"]["spikes"] for k in range(len(wanted.codes) - 1))]
    assert sent == [code.spikes for code in wanted.codes]
    back = [rows[f"error{k}.settle"]["spikes"] for k in range(len(wanted.back) - 1)] + [rows["output.settle"]["spikes"]]
    assert back == [code.spikes for code in wanted.back]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", ["dense", "convolution"])
def test_every_activation_learns_as_whole_matrices_do(name: str, activation: str) -> None:
    net = network(name, activation=activation, learning_rate=0.01)
    x, labels = stream(name, 40, seed=1)
    wanted = oracle(net)
    net.partial_fit(x[:25], labels[:25]).partial_fit(x[25:], labels[25:])
    for sample, label in zip(x, labels):
        wanted.learn(sample, label)
    check(net, wanted)


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_answers_are_those_of_whole_matrices_from_rest(name: str) -> None:
    net = network(name, eta=0.03)
    x, labels = stream(name, 40)
    net.partial_fit(x, labels)
    shown, kept = stream(name, 20, seed=2)[0], state(net)
    wanted = oracle(net)
    for code, found in zip(wanted.codes, net._modules.codes().values(), strict=True):
        code.beta, code.mu, code.used = found[:3].tolist()
    outputs = np.array([wanted.forward(sample.ravel())[1][-1] for sample in shown])
    assert net.outputs(shown) == pytest.approx(outputs, abs=1e-9)
    assert net.predict(shown).tolist() == outputs.argmax(axis=1).tolist()
    assert net.score(shown, outputs.argmax(axis=1)) == 1
    assert state(net) == kept  # and the network is as it was
    plain = forward(net.layers(), shown)
    assert net.predict_plain(shown).tolist() == plain.argmax(axis=1).tolist()
    assert net.score_plain(shown, plain.argmax(axis=1)) == 1
    assert isinstance(net.layers()[-1], Softmax)
    assert net.outputs(shown[:0]).shape == (0, 3)
    assert net.predict_plain(shown[:0]).shape == (0,)


def test_a_still_stream_is_free_without_a_proportional_part_only() -> None:
    x = np.tile(stream()[0][0], (30, 1))
    labels = np.zeros(30, dtype=int)
    for kp, still in ((0.0, True), (0.3, False)):
        net = network(kp=kp, rule="recon", adapt_scale=False)
        net.partial_fit(x[:1], labels[:1])
        first = net.learning_tally.by_port()["input.frame"]["spikes"]
        net.partial_fit(x[1:], labels[1:])
        assert first > 0
        assert (net.learning_tally.by_port()["input.frame"]["spikes"] == first) == still


# --- learning --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", few(["float64", "float32"], 1))
def test_fit_begins_anew_and_partial_fit_goes_on(dtype: str) -> None:
    x, labels = stream(n=40)
    net = network(dtype=dtype).fit(x, labels, epochs=2)
    again = network(dtype=dtype).fit(x, labels).fit(x, labels, epochs=2)
    went_on = network(dtype=dtype)
    for begin, end in ((0, 1), (1, 17), (17, 40), (0, 40)):
        went_on.partial_fit(x[begin:end], labels[begin:end])
    assert same(net, again)
    assert same(net, went_on)
    assert net.samples_seen == 80
    assert net.operations() == again.operations() == went_on.operations()
    assert not same(net, network(dtype=dtype, seed=4).fit(x, labels, epochs=2))
    assert same(network(dtype=dtype).fit(x, labels, epochs=0), network(dtype=dtype))


def test_how_many_samples_are_handed_over_at_once_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    x, labels = stream(n=40)
    wanted = network().fit(x, labels)
    outputs = wanted.outputs(x)
    for module in (pd, pd):
        monkeypatch.setattr(module, "ROOM", 7)
    net = network().fit(x, labels)
    assert [w.weights.tolist() for w in weighted(net)] == [w.weights.tolist() for w in weighted(wanted)]
    assert net.outputs(x).tobytes() == outputs.tobytes()
    assert net.operations() == wanted.operations()


@pytest.mark.parametrize("name", ["dense", "convolution"])
def test_both_engines_learn_the_same_bytes_in_every_order(name: str) -> None:
    x, labels = stream(name, 20)
    wanted = network(name, dtype="float32").fit(x, labels)
    assert same(network(name, dtype="float32", engine="reference").fit(x, labels), wanted)
    for order in (*en.ORDERS, by_index):
        net = network(name, dtype="float32", order=order).fit(x, labels)
        assert same(net, wanted), order
        assert net.outputs(x).tobytes() == wanted.outputs(x).tobytes()


def by_index(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """Spikes of high units first."""
    return 2, -index


@pytest.mark.parametrize("name", BLUEPRINTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_twin_begins_with_the_same_weights(name: str, dtype: str) -> None:
    net = network(name, dtype=dtype, activation="tanh", seed=7)
    twin = net.twin()
    assert isinstance(twin, ConventionalNetwork)
    assert twin.batch == 1
    shown = stream(name)[0]
    assert forward(net.layers(), shown).tolist() == forward(twin.layers(), shown).tolist()
    for one, other in zip(net.layers(), twin.layers(), strict=True):
        assert type(one) is type(other)


def test_progress_is_told_to_a_function() -> None:
    x, labels = stream(n=20)
    told: list[tuple[int, int]] = []
    network().fit(x, labels, epochs=3, progress=lambda done, total: told.append((done, total)))
    assert told == [(20, 60), (40, 60), (60, 60)]


def test_it_learns_the_embedded_digits() -> None:
    data = digits()
    x, shown = data.x_train / 256, data.x_test / 256
    net = PDNetwork([784, 50, 10]).fit(x, data.y_train, epochs=6)
    assert net.samples_seen == 12_000
    assert net.score(shown, data.y_test) > 0.8  # measured: 0.846; the twin after as many epochs 0.828
    assert net.score_plain(shown, data.y_test) > 0.8  # measured: 0.853


# --- learning that goes astray ---------------------------------------------------------------------------------------
def test_a_pass_that_diverges_changes_nothing_and_learning_can_go_on() -> None:
    x, labels = stream(n=40)
    options = {"rule": "future", "learning_rate": 1e-3}
    net, wanted = network(**options).fit(x, labels), network(**options).fit(x, labels)
    kept, spent = state(net), net.operations()
    with pytest.raises(ModelError, match="learning diverged .*; lower the learning rate of 0.001"):
        net.partial_fit(1e7 * x, labels)
    assert state(net) == kept
    assert (net.samples_seen, net.operations(), net.tally) == (40, spent, None)
    assert same(net.partial_fit(x, labels), wanted.partial_fit(x, labels))
    assert net.operations() == wanted.operations()
    assert net.learning_tally.by_port() == wanted.learning_tally.by_port()
    assert net.tally.by_port() == wanted.tally.by_port()


def test_a_learning_rate_that_is_too_large_is_told() -> None:
    x, labels = stream(n=400)
    net = network(rule="future", learning_rate=10.0)
    with pytest.raises(ModelError, match="learning diverged .*; lower the learning rate of 10.0"):
        net.fit(x, labels)
    assert same(net, network(rule="future", learning_rate=10.0))
    assert net.predict(x).shape == (400,)


def test_a_later_epoch_that_diverges_goes_back_one_epoch_only(monkeypatch: pytest.MonkeyPatch) -> None:
    x, labels = stream(n=20)
    net, wanted = network(), network().fit(x, labels, epochs=2)
    calls, learn = [], pd.PDModules.learn

    def break_down(self: Any, *args: Any) -> None:
        calls.append(1)
        learn(self, *args)
        if len(calls) == 3:
            self.simulation.store.blocks["w0"][0, 0] = np.nan

    monkeypatch.setattr(pd.PDModules, "learn", break_down)
    with pytest.raises(ModelError, match="weights are no longer finite"):
        net.fit(x, labels, epochs=5)
    assert len(calls) == 3
    assert same(net, wanted)


def test_a_sudden_error_after_many_small_ones_costs_spikes_and_is_learned_from() -> None:
    """Scales that adapt have followed the errors down: two samples make thirty million deliveries, and that is all."""
    made = []
    for output, hidden in ((1e-4, 1e-4), (1e-6, 3e-7)):
        net = PDNetwork([4, 200, 3])
        codes = net._modules.state()
        codes["output.code"][[BETA, MEAN, USED]] = output
        codes["error0.code"][[BETA, MEAN, USED]] = hidden
        net.partial_fit(np.full((2, 4), 2.0), [1, 1])
        made.append([layer.weights for layer in net.layers() if hasattr(layer, "weights")])
    assert net.tally.deliveries > 2 * en.simulation.BUDGET
    before = [layer.weights for layer in net.twin().layers() if hasattr(layer, "weights")]
    for coarse, fine, first in zip(*made, before, strict=True):
        assert np.allclose(coarse, fine, rtol=0, atol=1e-4)
        assert abs(fine - first).max() > 4e-3


# --- what is refused -------------------------------------------------------------------------------------------------
def test_samples_and_labels_that_cannot_be_are_refused_and_change_nothing() -> None:
    net = network().fit(*stream())
    kept = state(net)
    x, labels = stream()
    for wrong, classes, words in (
        (x[:, :5], labels, r"x has the shape \[30, 5\]; wanted \[n, 6\]"),
        (x[0], labels, r"x has the shape \[6\]"),
        (x.astype(str), labels, "wanted real numbers"),
        (np.where(np.arange(6) == 2, np.nan, x), labels, r"x\[0, 2\] is nan; wanted finite float64 numbers"),
        (x, labels[:-1], "30 samples, but 29 labels"),
        (x[:0], labels[:0], "x has 0 samples; wanted 1 or more"),
        (x, labels + 1, "wanted labels from 0 to 2"),
        (x, labels - 1, "wanted labels from 0 to 2"),
        (x, labels + 0.0, "wanted integers"),
        (x, labels[:, None], "wanted integers of shape"),
    ):
        for call in (net.fit, net.partial_fit, net.score, net.score_plain):
            with pytest.raises(DataError, match=words):
                call(wrong, classes)
    for call in (net.predict, net.outputs, net.predict_plain):
        with pytest.raises(DataError, match=r"wanted \[n, 6\]"):
            call(x[:, :5])
    assert state(net) == kept


def test_float32_networks_refuse_what_float32_cannot_hold() -> None:
    x, labels = stream()
    with pytest.raises(DataError, match="wanted finite float32 numbers"):
        network(dtype="float32").fit(1e39 * np.ones_like(x), labels)


@pytest.mark.parametrize("options, words", [
    ({"speed": 3}, r"unknown options \['speed'\]; there are kp, kd, rule"),
    ({"kp": -0.1}, "kp is -0.1; wanted a finite number of 0 or more"),
    ({"kd": np.nan}, "kd is nan; wanted"),
    ({"kd": "1"}, "kd is '1'; wanted"),
    ({"kp": None}, "kp is None; wanted"),
    ({"learning_rate": np.inf}, "learning_rate is inf; wanted"),
    ({"learning_rate": -1}, "learning_rate is -1; wanted"),
    ({"eta": -1}, "eta is -1; wanted"),
    ({"eta": 1.0}, "eta is 1.0; wanted less than 1"),
    ({"kp": 0, "kd": 0}, "kp is 0 and kd 0; one of them must be above 0"),
    ({"rule": "hebb"}, "rule is 'hebb'; it can be recon, past, future, stdp"),
    ({"rule": ["past"]}, "rule is .*; it can be"),
    ({"kp": 0}, "rule 'past' sums traces that die away, so it needs kp above 0"),
    ({"kp": 0, "rule": "stdp"}, "rule 'stdp' sums traces"),
    ({"traces": "raw"}, "traces are 'raw'; for rule 'past' they can be"),
    ({"rule": "stdp", "traces": "scaled"}, "traces are 'scaled'; for rule 'stdp' they can be"),
    ({"rule": "future", "traces": "bare"}, "traces are 'bare'; for rule 'future' they can be"),
    ({"activation": "sigmoid"}, "activation is 'sigmoid'; it can be"),
    ({"dtype": "int32"}, "dtype is 'int32'; it can be 'float32' or 'float64'"),
    ({"dtype": np.float32}, "dtype is .*; it can be"),
])  # fmt: skip
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        network(**options)


@pytest.mark.parametrize("options, words", [
    ({"order": "sideways"}, "no order is called 'sideways'"),
    ({"engine": "steam"}, "steam"),
    ({"seed": -1}, "seed"),
    ({"seed": "a"}, "seed"),
])  # fmt: skip
def test_orders_engines_and_seeds_that_are_none_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(en.EventnetError, match=words):
        network(**options)


def test_pooling_and_normalisation_are_refused_by_name() -> None:
    for k, blueprint in enumerate(([AveragePool2d(2), 3], [4, AveragePool2d(2)])):
        with pytest.raises(ModelError, match=rf"layer {k} is AveragePool2d.*; wanted DenseSpec or ConvSpec without"):
            PDNetwork.of(blueprint, IMAGE)
    with pytest.raises(ModelError, match="layer 1 is DenseSpec.*normalize=True.*without batch normalisation"):
        PDNetwork.of([4, DenseSpec(3, normalize=True)], (6,))
    with pytest.raises(ModelError, match="layer 0 is ConvSpec.*normalize=True"):
        PDNetwork.of([ConvSpec(4, 2, normalize=True), 3], IMAGE)


@pytest.mark.parametrize("sizes", [[], [6], [6, 0], [0, 3], [6, 2.5], [-1, 3]])
def test_sizes_that_cannot_be_are_refused(sizes: list[Any]) -> None:
    with pytest.raises(ModelError):
        PDNetwork(sizes)


def test_epochs_are_a_whole_number() -> None:
    for epochs in (-1, 1.5):
        with pytest.raises(ModelError, match="epochs: found"):
            network().fit(*stream(), epochs=epochs)


# --- files -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["dense", "convolution"])
def test_a_saved_network_goes_on_as_if_it_had_never_stopped(name: str, rule: str, tmp_path: Any) -> None:
    net = network(name, rule=rule, learning_rate=0.003, dtype="float32", activation="tanh", order="depth")
    x, labels = stream(name, 40)
    net.fit(x[:25], labels[:25]).save(tmp_path / "net.npz")
    again = PDNetwork.load(tmp_path / "net.npz")
    assert same(net, again)
    assert (again.options, again.blueprint, again.input_shape) == (net.options, net.blueprint, net.input_shape)
    assert again.operations() == net.operations()
    assert again.outputs(x).tobytes() == net.outputs(x).tobytes()
    net.partial_fit(x[25:], labels[25:])
    again.partial_fit(x[25:], labels[25:])
    assert same(net, again)
    assert again.operations() == net.operations()
    assert same(net.fit(x, labels), again.fit(x, labels))
    assert [path.name for path in tmp_path.iterdir()] == ["net.npz"]


def test_a_network_with_an_order_of_ones_own_is_loaded_with_it(tmp_path: Any) -> None:
    net = network(order=by_index).fit(*stream())
    net.save(tmp_path / "net.npz")
    with pytest.raises(DataError, match="no order is called 'by_index'"):
        PDNetwork.load(tmp_path / "net.npz")
    again = PDNetwork.load(tmp_path / "net.npz", order=by_index)
    assert same(net, again)
    assert same(net.partial_fit(*stream()), again.partial_fit(*stream()))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_refused(data: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("damaged") / "net.npz"
    network("one layer").save(path)
    damage(path, data)
    try:
        PDNetwork.load(path)
    except DataError:
        pass


def put(path: Any, change: Any) -> None:
    """Change the text and the arrays of a file."""
    text, arrays = read_npz(path, pd.FORMAT)
    change(text, arrays)
    write_npz(path, json.dumps(text), arrays)


@pytest.mark.parametrize("change, message", [
    (lambda text, arrays: text.update(format="other"), "has format 'other'"),
    (lambda text, arrays: text.pop("blueprint"), "does not describe a PD network: it has no 'blueprint'"),
    (lambda text, arrays: text.update(blueprint=[3]), "does not describe a PD network"),
    (lambda text, arrays: text.update(blueprint=[]), "does not describe a PD network"),
    (lambda text, arrays: text["blueprint"][0].update(kind="Spec"), "does not describe a PD network"),
    (lambda text, arrays: text["blueprint"][0].update(kind="AveragePool2d"), "does not describe a PD network"),
    (lambda text, arrays: text["blueprint"][0].update(wide=3), "does not describe a PD network"),
    (lambda text, arrays: text["blueprint"][0].update(normalize=True), "without batch normalisation"),
    (lambda text, arrays: text.update(input_shape=None), "does not describe a PD network"),
    (lambda text, arrays: text.update(input_shape=[6.5]), "does not describe a PD network"),
    (lambda text, arrays: text.update(input_shape=["a"]), "does not describe a PD network"),
    (lambda text, arrays: text.update(input_shape=[7]), "w0 is float64"),
    (lambda text, arrays: text.update(options=3), "does not describe a PD network"),
    (lambda text, arrays: text["options"].update(kp=-1), "kp is -1"),
    (lambda text, arrays: text["options"].update(kp=[1]), r"kp is \[1\]"),
    (lambda text, arrays: text["options"].update(kp=0.2), "input.code is"),
    (lambda text, arrays: text["options"].update(learning_rate=0.2), "code is"),
    (lambda text, arrays: text["options"].update(activation="tanh"), "clock is"),
    (lambda text, arrays: text["options"].update(rule="recon", kd=1.0), None),
    (lambda text, arrays: text["options"].update(rule="hebb"), "rule is 'hebb'"),
    (lambda text, arrays: text["options"].update(engine="steam"), "does not describe a PD network"),
    (lambda text, arrays: text["options"].update(order=3), "does not describe a PD network"),
    (lambda text, arrays: text["options"].update(seed=-1), "does not describe a PD network"),
    (lambda text, arrays: text["options"].update(seed=None), "does not describe a PD network"),
    (lambda text, arrays: text["options"].update(other=1), "unknown options"),
    (lambda text, arrays: text.update(samples=None), "does not describe a PD network"),
    (lambda text, arrays: text.update(samples=-1), "samples: found -1"),
    (lambda text, arrays: text.update(samples=3), "clock is"),
    (lambda text, arrays: text.update(samples=2**70), "wanted fewer than 2.53"),
    (lambda text, arrays: text.pop("samples"), "does not describe a PD network: it has no 'samples'"),
    (lambda text, arrays: arrays.pop("layer0.phi"), "does not describe a PD network: it has no 'layer0.phi'"),
    (lambda text, arrays: arrays.update({"b1": np.zeros((1, 5))}), r"b1 is float64 \(1, 5\).*wanted float64 \(1, 4\)"),
    (lambda text, arrays: arrays.update({"b1": np.zeros((1, 4), np.float32)}), "b1 is float32"),
    (lambda text, arrays: arrays["w0"].fill(np.nan), "w0 is float64 .* or holds what it cannot; wanted .* finite"),
    (lambda text, arrays: arrays["layer0.phi"].fill(np.inf), "layer0.phi is"),
    (lambda text, arrays: arrays["layer0.code"].put(0, 0.0), "layer0.code is"),
    (lambda text, arrays: arrays["layer0.code"].put(2, -1.0), "layer0.code is"),
    (lambda text, arrays: arrays["output.clock"].put(0, 1), "output.clock is"),
    (lambda text, arrays: arrays["output.clock"].put(1, 10**9), "output.clock is"),
    (lambda text, arrays: arrays["output.clock"].put(3, 0), "output.clock is"),
    (lambda text, arrays: arrays["output.clock"].put(6, 1), "output.clock is"),
    (lambda text, arrays: arrays["output.clock"].put(7, 1), "output.clock is"),
    (lambda text, arrays: arrays["update0.clock"].put(8, 1), "update0.clock is"),
])  # fmt: skip
def test_a_file_that_holds_something_else_is_refused(change: Any, message: str | None, tmp_path: Any) -> None:
    network().fit(*stream()).save(tmp_path / "net.npz")
    put(tmp_path / "net.npz", change)
    if message is None:
        PDNetwork.load(tmp_path / "net.npz")
        return
    with pytest.raises(DataError, match=message):
        PDNetwork.load(tmp_path / "net.npz")


NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**70) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_any_nonsense_in_the_text_of_a_file_is_refused_or_loads(
    data: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("nonsense") / "net.npz"
    network("one layer").save(path)
    text, arrays = read_npz(path, pd.FORMAT)
    places = [(text, key) for key in text if key != "format"]
    places += [(part, key) for part in (text["options"], *text["blueprint"]) for key in part]
    place, key = places[data.draw(st.integers(0, len(places) - 1))]
    place[key] = data.draw(NONSENSE)
    write_npz(path, json.dumps(text), arrays)
    try:
        PDNetwork.load(path)
    except DataError:
        pass


def test_an_absent_file_is_named(tmp_path: Any) -> None:
    with pytest.raises(DataError, match="there is no file .*net.npz"):
        PDNetwork.load(tmp_path / "net.npz")
