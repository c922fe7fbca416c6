"""Proportional-derivative layers: the author's encodings, decay at any time, layers against whole matrices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from few import few
from pd_oracle import ACTIVATIONS, Coder, Weights

import eventnet as en
from eventnet.errors import NetworkError, RuleError
from eventnet.kernels.patches import channel_last, kernel_rows
from eventnet.neurons.pd_code import MOST

GOLDEN = json.loads((Path(__file__).parent / "golden" / "e_pd_encode.json").read_text())
SIGNAL = np.array(GOLDEN["signal"])
ENGINES = ("reference", "compiled")


def encode_and_decode(
    x: Any, times: Any, engine: str, *, dtype: str = "float64", reads: Any = None, **gains: Any
) -> tuple[Any, Any, Any]:
    """Spikes [n, units] sent for frames at `times`, what a decoder makes of them at `reads`, and the run."""
    reads = times if reads is None else reads
    net = en.Network(dtype)
    encoder = net.add(en.PDEncoder(net.weights(x), **gains))
    answers = net.weights(np.zeros((len(reads), x.shape[1])), "answers")
    decoder = net.add(en.PDDecoder(answers, encoder, step=gains.get("step", 1)))
    net.connect(encoder.out, decoder.spikes)
    feed = [(int(t), encoder.frame, k, 1) for k, t in enumerate(times)]
    feed += [(int(t), decoder.read, k, 1) for k, t in enumerate(reads)]
    run = en.simulate(net, sorted(feed, key=lambda event: event[0]), engine=engine, record=True)
    spikes = np.zeros(x.shape)
    place = {int(t): k for k, t in enumerate(times)}
    for event in run.log[run.log["port"] == int(decoder.spikes)]:
        spikes[place[int(event["t"])], event["index"]] += event["sign"]
    return spikes, run.weights("answers"), run


# --- encoding and decoding -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda c: f"kp {c['kp']}, kd {c['kd']}")
def test_spikes_and_decoded_values_are_the_authors(case: dict[str, Any], engine: str) -> None:
    times = np.arange(len(SIGNAL))
    spikes, decoded, run = encode_and_decode(SIGNAL, times, engine, kp=case["kp"], kd=case["kd"])
    assert spikes.tolist() == case["quantized"]
    assert np.abs(spikes).sum() == case["n_spikes"] == run.tally.by_port()["pdencoder0.frame"]["spikes"]
    assert decoded == pytest.approx(np.array(case["decoded"]), abs=1e-13)  # rounding of 80 steps


@pytest.mark.parametrize("engine", ENGINES)
def test_without_a_proportional_part_a_value_decodes_to_its_rounding(engine: str) -> None:
    """Exactly where kd x is a multiple of a power of two; an unchanged input sends nothing."""
    rng, kd = np.random.default_rng(1), 4.0
    x = rng.integers(-2000, 2001, (60, 7)) / 256
    x[20:40] = x[20]
    spikes, decoded, _ = encode_and_decode(x, 3 * np.arange(60), engine, kp=0.0, kd=kd)
    assert decoded.tolist() == (np.floor(kd * x + 0.5) / kd).tolist()
    assert np.abs(spikes[20]).sum() > 0
    assert not spikes[21:40].any()


@pytest.mark.parametrize("engine", ENGINES)
def test_with_a_proportional_part_an_unchanged_input_still_costs(engine: str) -> None:
    x = np.tile([0.3, -1.7, 0.0], (100, 1))
    spikes, decoded, _ = encode_and_decode(x, np.arange(100), engine, kp=0.5, kd=1.5)
    assert spikes.sum(axis=0).tolist() == np.floor((100 * 0.5 + 1.5) * x[0] + 0.5).tolist() == [15, -88, 0]
    assert np.abs(spikes[50:]).sum() > 30
    assert decoded[50:].mean(axis=0) == pytest.approx(x[0], abs=0.05)  # one spike in 50 steps is 0.04


def encoded_at(x: Any, times: Any, step: int, **gains: Any) -> tuple[Any, Any]:
    """Spikes and decoded values by the oracle: a power of alpha for the time between two frames."""
    coder, value, spikes, decoded = Coder(**gains), np.zeros(x.shape[1]), [], []
    for k in range(len(times)):
        steps = (times[k] - times[k - 1]) / step if k else 1.0
        spikes.append(coder.encode(x[k], steps))
        value = coder.decode(value, spikes[-1], steps)
        decoded.append(value)
    return np.array(spikes), np.array(decoded)


@pytest.mark.parametrize("eta", [0.0, 0.05])
def test_codes_decay_by_the_time_that_has_passed(eta: float) -> None:
    rng = np.random.default_rng(2)
    for kp, kd, step in ((0.1, 1.0, 5), (0.03, 2.0, 1), (1.0, 0.0, 3), (0.0, 2.0, 4)):
        times = np.sort(rng.permutation(700)[:60])
        x = rng.normal(0, 2, (60, 5))
        spikes, decoded = encoded_at(x, times, step, kp=kp, kd=kd, eta=eta)
        runs = [encode_and_decode(x, times, engine, kp=kp, kd=kd, eta=eta, step=step) for engine in ENGINES]
        for found in runs:
            assert found[0].tolist() == spikes.tolist()
            assert found[1] == pytest.approx(decoded, abs=1e-12)
        assert runs[0][1].tobytes() == runs[1][1].tobytes()


def test_a_decoder_that_steps_seldom_hears_what_one_that_always_steps_hears() -> None:
    rng = np.random.default_rng(3)
    times = 4 * np.sort(rng.permutation(500)[:40])
    x = rng.normal(0, 2, (40, 5))
    _, seldom, _ = encode_and_decode(x, times, "compiled", kp=0.1, kd=1.0, step=4)
    reads = np.arange(0, times[-1] + 1, 4)
    _, always, _ = encode_and_decode(x, times, "compiled", kp=0.1, kd=1.0, step=4, reads=reads)
    assert seldom == pytest.approx(always[times // 4], abs=1e-12)
    assert np.abs(always).max() > 1


def test_a_decoder_decays_between_spikes() -> None:
    reads = np.array([0, 1, 4, 10, 11])
    _, decoded, _ = encode_and_decode(np.array([[2.0]]), [0], "reference", kp=0.5, kd=0.5, step=2, reads=reads)
    assert decoded[:, 0] == pytest.approx(2 * 0.5 ** (reads / 2), rel=1e-12)


def test_float32_codes_are_those_of_float64_on_numbers_that_both_hold() -> None:
    x = np.random.default_rng(4).integers(-60, 61, (50, 4)) / 8
    for gains in ({"kp": 0.0, "kd": 2.0}, {"kp": 0.5, "kd": 0.5}, {"kp": 2.0, "kd": 0.0}):
        found = [
            encode_and_decode(x, np.arange(50), engine, dtype=dtype, **gains)
            for engine in ENGINES for dtype in ("float64", "float32")
        ]  # fmt: skip
        assert all(spikes.tolist() == found[0][0].tolist() for spikes, _, _ in found)


# --- layers ----------------------------------------------------------------------------------------------------------
CONVOLUTION = en.Geometry.window((2, 5, 4), 3, (3, 2), (2, 1), (1, 0, 0, 2))
GAINS = {"kp": 0.2, "kd": 1.0}


def layered(kind: str, activation: str, eta: float, rng: np.random.Generator) -> tuple[Any, list[Weights], Any]:
    """A network of a layer and a read-out for the engine, the same weights for the oracle, and 9 frames' places."""
    net = en.Network("float64")
    shape = CONVOLUTION.shape_in if kind == "convolution" else (6, 1, 1)
    geometry = CONVOLUTION if kind == "convolution" else en.Geometry.dense(6, 8)
    bias, units = rng.normal(0, 0.3, geometry.shape_out[0]), geometry.units_out
    if kind == "convolution":
        kernel = rng.normal(0, 0.5, (3, 2, 3, 2))
        rows, first = kernel_rows(kernel, (2, 1)), Weights.convolution(kernel, bias, shape, (2, 1), (1, 0, 0, 2))
    else:
        rows = rng.normal(0, 0.5, (6, 8))
        first = Weights.dense(rows, bias)
    frames = rng.normal(0, 1, (9, int(np.prod(shape))))
    last, last_bias = rng.normal(0, 0.5, (units, 4)), rng.normal(0, 0.3, 4)
    order = channel_last(np.arange(units).reshape(1, *geometry.shape_out))[0]
    encoder = net.add(en.PDEncoder(net.weights(channel_last(frames.reshape(9, *shape))), **GAINS, eta=eta, step=2))
    layer = net.add(
        en.PDLayer(geometry, net.weights(rows), net.weights(bias[None]), encoder, **GAINS, eta=eta, step=2, activation=activation)
    )  # fmt: skip
    answers = net.weights(np.zeros((9, 4)), "answers")
    dense = (en.Geometry.dense(units, 4), net.weights(last[order]), net.weights(last_bias[None]))
    readout = net.add(en.PDReadout(*dense, answers, layer, step=2))
    net.connect(encoder.out, layer.spikes)
    net.connect(layer.out, readout.spikes)
    return (net, encoder, layer, readout), [first, Weights.dense(last, last_bias)], frames


@pytest.mark.parametrize("eta", [0.0, 0.1])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", ["dense", "convolution"])
def test_layers_are_those_of_whole_matrices(kind: str, activation: str, eta: float) -> None:
    rng = np.random.default_rng(5)
    (net, encoder, layer, readout), weights, frames = layered(kind, activation, eta, rng)
    times = [0, 2, 4, 7, 8, 20, 21, 22, 30]
    feed = [(t, port, k, 1) for k, t in enumerate(times) for port in (encoder.frame, layer.tick, readout.read)]
    feed = [(t, port, 0 if port.name == "tick" else k, s) for t, port, k, s in feed]
    found = [en.simulate(net, feed, engine=engine) for engine in ENGINES]
    coders = [Coder(**GAINS, eta=eta) for _ in weights]
    heard = [np.zeros(w.n_out) for w in weights]
    wanted = []
    for k, frame in enumerate(frames):
        x, steps = frame, (times[k] - times[k - 1]) / 2 if k else 1.0
        for n, w in enumerate(weights):
            s = coders[n].encode(x, steps)
            heard[n] = coders[n].decode(heard[n], s @ w.matrix(), steps)
            z = heard[n] + w.bias[w.channel]
            x = ACTIVATIONS[activation][0](z)
        wanted.append(z)
    for run in found:
        assert run.weights("answers") == pytest.approx(np.array(wanted), abs=1e-12)
        rows = run.tally.by_port()
        assert [rows[f"{m}.{p}"]["spikes"] for m, p in ((encoder.name, "frame"), (layer.name, "settle"))] == [
            coder.spikes for coder in coders
        ]
        for m, w, coder in ((layer, weights[0], coders[0]), (readout, weights[1], coders[1])):
            if kind == "dense":
                assert rows[f"{m.name}.settle"]["synaptic_adds"] == coder.spikes * w.n_out
    assert found[0].weights("answers").tobytes() == found[1].weights("answers").tobytes()


def test_a_layer_steps_at_a_tick_or_a_spike_and_at_no_other_time() -> None:
    net = en.Network("float64")
    encoder = net.add(en.PDEncoder(net.weights([[1.0], [0.0]]), kp=1.0, kd=0.0, name="in"))
    layer = net.add(
        en.PDLayer(en.Geometry.dense(1, 1), net.weights([[1.0]]), net.weights([[0.0]]), encoder, kp=1.0, kd=0.0, name="layer")
    )  # fmt: skip
    sink = net.add(en.Sink(1))
    net.connect(encoder.out, layer.spikes)
    net.connect(layer.out, sink.spikes)
    feed = [(0, encoder.frame, 0, 1), (3, encoder.frame, 1, 1), (5, layer.tick, 0, 1), (5, layer.tick, 0, 1)]
    for engine in ENGINES:
        run = en.simulate(net, feed, engine=engine, record=True)
        settled = run.log[run.log["port"] == int(layer.settle)]
        assert settled["t"].tolist() == [0, 5]  # frame 1 is 0 and sends nothing; two ticks are one step
        assert run.log["t"][run.log["port"] == int(sink.spikes)].tolist() == [0]


# --- what is refused -------------------------------------------------------------------------------------------------
def parts(dtype: str = "float64") -> tuple[Any, ...]:
    net = en.Network(dtype)
    encoder = net.add(en.PDEncoder(net.weights(np.ones((2, 3))), kp=1, kd=1)) if dtype != "int32" else None
    return net, net.weights(np.ones((3, 2)), "w"), net.weights(np.zeros((1, 2)), "b"), encoder


@pytest.mark.parametrize("gains", [{"kp": -1, "kd": 2}, {"kp": 0, "kd": 0}, {"kp": np.nan, "kd": 1}, {"kp": 1, "kd": 1, "step": 0}, {"kp": 1, "kd": 1, "eta": 1}])  # fmt: skip
def test_gains_that_cannot_be_are_refused(gains: dict[str, Any]) -> None:
    _, w, b, encoder = parts()
    with pytest.raises(NetworkError, match="wanted"):
        en.PDEncoder(w, **gains)
    with pytest.raises(NetworkError, match="wanted"):
        en.PDLayer(en.Geometry.dense(3, 2), w, b, encoder, **gains)


def test_whole_numbers_are_refused() -> None:
    net, w, b, _ = parts("int32")
    with pytest.raises(NetworkError, match="an encoder rounds real numbers; its frames are .*int32"):
        en.PDEncoder(w, kp=1, kd=1)
    below = parts()[3]
    with pytest.raises(NetworkError, match="PDLayer decays, so it needs real numbers; its weights are .*int32"):
        en.PDLayer(en.Geometry.dense(3, 2), w, b, below, kp=1, kd=1)
    with pytest.raises(NetworkError, match="PDReadout decays, so it needs real numbers"):
        en.PDReadout(en.Geometry.dense(3, 2), w, b, w, below)
    with pytest.raises(NetworkError, match="a decoder of 3 units got answers .*int32.*wanted real numbers"):
        en.PDDecoder(net.weights(np.zeros((1, 3))), below)


def test_blocks_that_do_not_fit_are_refused() -> None:
    net, w, b, encoder = parts()
    for make in (
        lambda g, w, b: en.PDLayer(g, w, b, encoder, kp=1, kd=1),
        lambda g, w, b: en.PDReadout(g, w, b, w, encoder),
    ):
        with pytest.raises(NetworkError, match="weights are .* 3 x 2 .*; the layer's shapes want 3 x 4"):
            make(en.Geometry.dense(3, 4), w, b)
        with pytest.raises(NetworkError, match="biases are .* 3 x 2 .*; wanted 1 x 2, one a channel"):
            make(en.Geometry.dense(3, 2), w, w)
    with pytest.raises(NetworkError, match="a read-out of 2 units got answers .* 1 x 3"):
        en.PDReadout(en.Geometry.dense(3, 2), w, b, net.weights(np.zeros((1, 3))), encoder)
    with pytest.raises(NetworkError, match="a decoder of 3 units got answers .* 3 x 2"):
        en.PDDecoder(w, encoder)
    with pytest.raises(NetworkError, match="an activation is one of identity, relu, hard_sigmoid, tanh, not 'input'"):
        en.PDLayer(en.Geometry.dense(3, 2), w, b, encoder, kp=1, kd=1, activation="input")


def test_a_layer_hears_the_module_whose_code_it_decodes() -> None:
    """Twelve inputs, of which the module below can only have sent three: a mistake that no wire would tell of."""
    net, _, b, encoder = parts()
    w = net.weights(np.ones((12, 2)))
    for make in (
        lambda: en.PDLayer(en.Geometry.dense(12, 2), w, b, encoder, kp=1, kd=1),
        lambda: en.PDReadout(en.Geometry.dense(12, 2), w, b, b, encoder),
    ):
        with pytest.raises(NetworkError, match="a layer that hears 12 units cannot decode .*3 units"):
            make()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_value_that_is_no_number_or_too_large_stops_the_run(engine: str) -> None:
    for value in (np.nan, np.inf, 2.0**21):
        net = en.Network("float64")
        frames = net.weights(np.zeros((1, 2)), "frames")
        encoder = net.add(en.PDEncoder(frames, kp=1, kd=1, name="in"))
        sim = en.Simulation(net, engine=engine)
        sim[encoder].array("frames")[0, 1] = value
        sim.inject([(0, encoder.frame, 0, 1)])
        stopped = pytest.raises(
            RuleError, match="port in.frame at t=0, index 0: a unit would send a million .*diverged"
        )
        if not np.isfinite(value):
            stopped = pytest.raises(NetworkError, match=r"'frames' of module 'in' holds (nan|inf) at \[0, 1\]")
        with stopped:
            sim.run()


def test_frames_of_no_numbers_are_refused() -> None:
    with pytest.raises(NetworkError, match="holds nan"):
        en.Network("float64").weights([[1.0, np.nan]])


@pytest.mark.slow
@pytest.mark.parametrize("order", few(en.ORDERS, 2))
def test_a_step_with_more_spikes_than_one_reaction_makes_goes_on(order: str) -> None:
    found = []
    for engine in ("reference", "compiled"):
        net = en.Network("float64")
        encoder = net.add(en.PDEncoder(net.weights([[2.0 * MOST, -3, MOST], [0, 1, -MOST - 1]]), kp=0, kd=1, name="in"))
        w, b = net.weights([[1, 0], [1, 1], [0, -1]], "w"), net.weights(np.zeros((1, 2)))
        geometry = en.Geometry.dense(3, 2)
        layer = net.add(en.PDLayer(geometry, w, b, encoder, kp=0, kd=1, activation="identity", name="layer"))
        answers = net.weights(np.zeros((2, 2)), "answers")
        decoder = net.add(en.PDDecoder(answers, layer))
        net.connect(encoder.out, layer.spikes)
        net.connect(layer.out, decoder.spikes)
        feed = [(t, port, t, 1) for t in (0, 1) for port in (encoder.frame, decoder.read)]
        run = en.simulate(net, feed, order=order, engine=engine, record=True, seed=2)
        assert run.weights("answers").tolist() == [[2 * MOST - 3, -MOST - 3], [1, MOST + 2]]
        assert run.tally.by_port()["layer.spikes"]["deliveries"] == (3 * MOST + 3) + (4 * MOST + 5)
        assert run.tally.by_port()["in.settle"]["deliveries"] > 2
        found.append((run.log.tobytes(), str(run.tally.to_dict())))
    assert found[0] == found[1]


@pytest.mark.parametrize("engine", ENGINES)
def test_two_frames_of_one_instant_are_taken_one_after_the_other_or_refused(engine: str) -> None:
    for size in (3.0, 5000.0):
        net = en.Network("float64")
        encoder = net.add(en.PDEncoder(net.weights([[size], [size + 1]]), kp=0.0, kd=1.0, name="in"))
        sink = net.add(en.Sink(1))
        net.connect(encoder.out, sink.spikes)
        sim = en.Simulation(net, engine=engine)
        sim.inject([(0, encoder.frame, 0, 1), (0, encoder.frame, 1, 1)])
        if size > MOST:
            with pytest.raises(RuleError, match="in.frame at t=0, index 1: a second frame of one instant came before"):
                sim.run()
        else:
            sim.run()
            assert sim.tally.by_port()["in.frame"]["spikes"] == 4
