"""Errors of proportional-derivative networks: softmax at the top, back through the weights, files of such networks."""

from __future__ import annotations

import json
from typing import Any

import networkx as nx
import numpy as np
import pytest
from cases import run_case
from pd_cases import make_pd_case
from pd_oracle import ACTIVATIONS, Coder

import eventnet as en
from eventnet.errors import NetworkError, RuleError
from eventnet.kernels.patches import Geometry, kernel_rows
from eventnet.learning.proportional import PDError, PDInbox, PDOutput

ENGINES = ("reference", "compiled")
RATE = 0.1


class One:
    """An encoder of 5 values, an output of 3 classes that learns, and what is below or above them by name."""

    def __init__(self, engine: str, classes: Any, **gains: Any) -> None:
        rng = np.random.default_rng(1)
        self.net = net = en.Network("float64")
        gains = {"kp": 0.3, "kd": 1.0} | gains
        self.x, self.w, self.b = rng.normal(0, 1, (9, 5)), rng.normal(0, 0.5, (5, 3)), rng.normal(0, 0.5, 3)
        self.encoder = net.add(en.PDEncoder(net.weights(self.x), **gains))
        targets = net.weights(np.array(classes, dtype=float)[:, None])
        blocks = (net.weights(self.w, "w"), net.weights(self.b[None], "b"))
        self.output = net.add(PDOutput(Geometry.dense(5, 3), *blocks, targets, self.encoder, rate=RATE, **gains))
        self.inbox = net.add(PDInbox(3))
        net.connect(self.encoder.out, self.output.spikes)
        net.connect(self.output.out, self.inbox.spikes)
        self.simulation = en.Simulation(net, engine=engine)

    def step(self, t: int, row: int, *, told: bool = True) -> None:
        port, index = (self.output.target, row) if told else (self.output.tick, 0)
        self.simulation.inject([(t, self.encoder.frame, row, 1), (t, port, index, 1)])
        self.simulation.run()


# --- the top ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("eta", [0.0, 0.1])
def test_the_error_of_the_output_is_softmax_minus_the_class(eta: float, engine: str) -> None:
    classes = [0, 2, 1, 1, 0, 2, 2, 0, 1]
    one = One(engine, classes, eta=eta)
    below, own, heard, bias = Coder(0.3, 1.0, eta), Coder(0.3, 1.0, eta), np.zeros(3), one.b.copy()
    counted = np.zeros(3, dtype=int)
    for k, label in enumerate(classes):
        told = k != 4
        one.step(k, k, told=told)
        heard = below.decode(heard, below.encode(one.x[k]) @ one.w)
        z = heard + bias
        error = np.exp(z) / np.exp(z).sum() - np.eye(3)[label] if told else np.zeros(3)
        bias = bias - RATE * error
        counted += np.abs(own.encode(error)).astype(int)
        view = one.simulation[one.output]
        assert view.array("z") == pytest.approx(z, abs=1e-13)
        assert view.array("prev") == pytest.approx(error, abs=1e-13)
        assert one.simulation.weights("b")[0] == pytest.approx(bias, abs=1e-13)
        assert one.simulation[one.inbox].array("heard").tolist() == counted.tolist()
    assert counted.sum() > 3
    assert one.simulation.weights("w").tolist() == one.w.tolist()


@pytest.mark.parametrize("engine", ENGINES)
def test_softmax_of_large_sums_is_finite(engine: str) -> None:
    one = One(engine, [0])
    one.simulation[one.output].array("b")[0] = [900.0, -900.0, 900.0]
    one.step(0, 0)
    assert one.simulation[one.output].array("prev")[1] == 0
    assert one.simulation[one.output].array("prev").sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("label", [-1, 3, 100])
def test_a_target_that_is_no_class_stops_the_run_and_changes_no_bias(label: int, engine: str) -> None:
    one = One(engine, [label])
    with pytest.raises(RuleError, match=r"settle at t=0, index 0: a target is no class of the output"):
        one.step(0, 0)
    assert one.simulation.weights("b")[0].tolist() == one.b.tolist()


@pytest.mark.parametrize("engine", ENGINES)
def test_an_error_beyond_all_bounds_stops_the_run(engine: str) -> None:
    one = One(engine, [0])
    one.simulation[one.output].array("phi")[1] = 1.7e308
    with pytest.raises(RuleError, match="settle at t=0, index 0: .* has diverged"):
        one.step(0, 0)


# --- on the way back -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_errors_come_back_through_the_weights_times_the_slope(activation: str, engine: str) -> None:
    """Sums that stand at a corner have the slope of the active side."""
    net, rng = en.Network("float64"), np.random.default_rng(2)
    gains = {"kp": 0.3, "kd": 1.0}
    errors, z = rng.normal(0, 1, (6, 3)), np.array([-1.5, 0.0, 0.4, 1.0, 2.0])
    w = rng.normal(0, 0.5, (5, 3))
    quiet = net.add(en.PDEncoder(net.weights(np.zeros((1, 2))), **gains))
    layer = net.add(
        en.PDLayer(Geometry.dense(2, 5), net.weights(np.zeros((2, 5))), net.weights(z[None], "b"), quiet, activation=activation, **gains)
    )  # fmt: skip
    above = net.add(en.PDEncoder(net.weights(errors), **gains))
    error = net.add(PDError(Geometry.dense(5, 3), net.weights(w), layer.bias, layer, above, rate=0.0, **gains))
    net.connect(above.out, error.spikes)
    sim = en.Simulation(net, engine=engine)
    coder, felt = Coder(**gains), np.zeros(5)
    for k in range(6):
        sim.inject([(k, layer.tick, 0, 1), (k, above.frame, k, 1), (k, error.tick, 0, 1)])
        sim.run()
        felt = coder.decode(felt, w @ coder.encode(errors[k]))
        assert sim[error].array("prev") == pytest.approx(ACTIVATIONS[activation][1](z) * felt, abs=1e-13)
    assert np.abs(felt).max() > 0.1


@pytest.mark.parametrize("engine", ENGINES)
def test_a_channel_learns_one_bias_from_all_its_units(engine: str) -> None:
    net, gains, rng = en.Network("float64"), {"kp": 1.0, "kd": 0.0}, np.random.default_rng(3)
    first = Geometry.window((1, 3, 4), 2, (2, 2))
    quiet = net.add(en.PDEncoder(net.weights(np.zeros((1, 12))), **gains))
    layer = net.add(
        en.PDLayer(first, net.weights(np.zeros((1, 8))), net.weights([[0.5, -0.25]], "b"), quiet, activation="identity", **gains)
    )  # fmt: skip
    kernel = rng.integers(-3, 4, (3, 2, 2, 2)) / 4
    second = Geometry.window(first.shape_out, 3, (2, 2))
    above = net.add(en.PDEncoder(net.weights(rng.integers(-2, 3, (1, 6))), **gains))
    rows = net.weights(kernel_rows(kernel, (1, 1)))
    error = net.add(PDError(second, rows, layer.bias, layer, above, rate=0.5, **gains))
    net.connect(above.out, error.spikes)
    feed = [(0, layer.tick, 0, 1), (0, above.frame, 0, 1), (0, error.tick, 0, 1)]
    run = en.simulate(net, feed, engine=engine)
    q = above.frames.array[0].reshape(1, 2, 3)  # place by place
    felt = np.zeros(2)
    for x in range(2):  # the two windows
        for o in range(3):
            felt += q[0, x, o] * kernel[o].sum(axis=(1, 2))
    assert run.weights("b")[0].tolist() == ([0.5, -0.25] - 0.5 * felt).tolist()
    assert felt.any()


def test_an_inbox_counts_spikes_whatever_their_sign() -> None:
    net = en.Network()
    inbox = net.add(PDInbox(3))
    feed = [(0, inbox.spikes, 1, 1), (0, inbox.spikes, 1, -1), (2, inbox.spikes, 0, -1)]
    for engine in ENGINES:
        run = en.simulate(net, feed, engine=engine)
        assert run.state(inbox)["heard"].tolist() == [1, 2, 0]
        assert run.state(inbox)["count"].tolist() == [-1, 0, 0]


# --- what is refused -------------------------------------------------------------------------------------------------
def test_outputs_and_errors_that_do_not_fit_are_refused() -> None:
    net, gains = en.Network("float64"), {"kp": 1.0, "kd": 1.0, "rate": 0.1}
    encoder = net.add(en.PDEncoder(net.weights(np.ones((1, 4))), kp=1, kd=1))
    w, b = net.weights(np.ones((4, 3))), net.weights(np.zeros((1, 3)))
    targets = net.weights(np.zeros((2, 1)))
    with pytest.raises(NetworkError, match="targets are .* 4 x 3 .*; wanted one column, of classes"):
        PDOutput(Geometry.dense(4, 3), w, b, w, encoder, **gains)
    with pytest.raises(NetworkError, match="the layer's shapes want 4 x 2"):
        PDOutput(Geometry.dense(4, 2), w, b, targets, encoder, **gains)
    with pytest.raises(NetworkError, match="a layer that hears 6 units cannot decode .*4 units"):
        PDOutput(Geometry.dense(6, 3), net.weights(np.ones((6, 3))), b, targets, encoder, **gains)
    with pytest.raises(NetworkError, match="rate nan; wanted"):
        PDOutput(Geometry.dense(4, 3), w, b, targets, encoder, **(gains | {"rate": np.nan}))
    layer = net.add(en.PDLayer(Geometry.dense(4, 3), w, b, encoder, kp=1, kd=1))
    output = net.add(PDOutput(Geometry.dense(3, 2), net.weights(np.ones((3, 2))), net.weights(np.zeros((1, 2))), targets, layer, **gains))  # fmt: skip
    top = output.weights
    PDError(Geometry.dense(3, 2), top, b, layer, output, **gains)
    for geometry, weights, bias, above in (
        (Geometry.dense(4, 3), w, b, output),
        (Geometry.dense(3, 2), top, net.weights(np.zeros((1, 3))), output),
        (Geometry.dense(3, 2), top, b, layer),
    ):
        with pytest.raises(NetworkError, match="are not what weights .* join, or biases differ"):
            PDError(geometry, weights, bias, layer, above, **gains)
    with pytest.raises(NetworkError, match="the layer's shapes want 3 x 2"):
        PDError(Geometry.dense(3, 2), w, b, layer, output, **gains)


def test_errors_of_whole_numbers_are_refused() -> None:
    whole, net = en.Network("int32"), en.Network("float64")
    encoder = net.add(en.PDEncoder(net.weights(np.ones((1, 4))), kp=1, kd=1))
    blocks = [whole.weights(np.ones(shape)) for shape in ((4, 3), (1, 3), (2, 1))]
    with pytest.raises(NetworkError, match="PDOutput decays, so it needs real numbers"):
        PDOutput(Geometry.dense(4, 3), *blocks, encoder, kp=1, kd=1, rate=0.1)


# --- files and graphs ------------------------------------------------------------------------------------------------
def written(module: Any) -> str:
    """The arguments of a module's constructor as a network file has them, but for blocks and modules."""
    return json.dumps({k: v for k, v in module.config().items() if not hasattr(v, "__dict__")})


def test_networks_come_back_from_files_and_graphs_as_they_were(tmp_path: Any) -> None:
    kinds, compared = set(), 0
    for seed in range(24):
        case = make_pd_case(seed)
        case.net.save(tmp_path / "net.npz")
        wanted = run_case(case, "compiled")
        graph = nx.MultiDiGraph(case.net.to_networkx())
        for net in (en.Network.load(tmp_path / "net.npz"), en.Network.from_networkx(graph)):
            assert [type(m) for m in net.modules] == [type(m) for m in case.net.modules]
            for old, new in zip(case.net.modules, net.modules):
                assert written(old) == written(new)
                assert {k: v.name for k, v in old.config().items() if hasattr(v, "name")} == {
                    k: v.name for k, v in new.config().items() if hasattr(v, "name")
                }
            again = run_case(type(case)(net, case.inputs, case.options), "compiled")
            assert again == wanted
            compared += 1
        kinds |= {type(m).__name__ for m in case.net.modules}
    assert compared == 48
    assert kinds == {
        "PDEncoder", "PDLayer", "PDReadout", "PDDecoder", "PDOutput", "PDError", "PDInbox", "Recon", "Past", "Future", "Stdp"
    }  # fmt: skip
