"""Predictive codes: the loop of (6.5) by hand, what each quantizer guarantees, and that listeners decode the same sum."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError, RuleError
from eventnet.kernels.random import uniform
from eventnet.neurons.predictive import QUANTIZERS

STEP = 5


def slow(steps: int, top: float, seed: int = 0) -> list[float]:
    """A signal from 0 to `top` that moves by at most 3% of that a step."""
    draw, x, made = random.Random(seed), top / 2, []
    for _ in range(steps):
        x = min(max(x + draw.uniform(-0.03, 0.03) * top, 0.0), top)
        made.append(x)
    return made


def by_hand(
    x: Any, alpha: float, quantizer: str, *, quantum: float = 1.0, seed: int = 0
) -> tuple[list[int], list[float]]:
    """Spikes and reconstruction of (6.5), a step at a time; numbers below 1 are those that the package draws."""
    r = phi = 0.0
    spikes, known = [], []
    for k, value in enumerate(x):
        p = alpha * r if k else 0.0
        e = (value - p) / quantum
        if quantizer == "threshold":
            q = int(e > 0.5)
        elif quantizer == "random":
            q = int(e > uniform(seed, k))
        else:
            phi += e
            q = int(phi > 0.5)
            phi -= q
        r = p + q * quantum
        spikes.append(q)
        known.append(r)
    return spikes, known


def run(x: Any, alpha: float, quantizer: str, engine: str = "compiled", times: Any = None, **options: Any) -> Any:
    """Spikes by frame, what a decoder read at each frame, and the simulation's end."""
    times = list(range(0, STEP * len(x), STEP)) if times is None else times
    net = en.Network(options.pop("dtype", "float64"))
    frames = net.weights(np.reshape(x, (len(x), -1)))
    answers = net.weights(np.zeros(frames.array.shape), "answers")
    encoder = net.add(en.PredictiveEncoder(frames, alpha=alpha, quantizer=quantizer, step=STEP, name="code", **options))
    decoder = net.add(en.PDDecoder(answers, encoder, step=STEP))
    net.connect(encoder.out, decoder.spikes)
    feed = [event for k, t in enumerate(times) for event in ((t, encoder.frame, k, 1), (t, decoder.read, k, 1))]
    made = en.simulate(net, feed, engine=engine, record=True)
    heard = made.log[made.log["port"] == int(decoder.spikes)]
    assert set(heard["sign"].tolist()) <= {1}
    at = {t: k for k, t in enumerate(times)}
    spikes = np.zeros(frames.array.shape, dtype=int)
    for t, j in zip(heard["t"].tolist(), heard["index"].tolist()):
        spikes[at[t], j] += 1
    return spikes, made.weights("answers"), made


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("quantizer", QUANTIZERS)
def test_a_code_is_the_recursion_and_is_decoded_to_what_its_encoder_foresees(quantizer: str, engine: str) -> None:
    for alpha, quantum in ((0.9, 1.0), (0.5, 0.25), (0.0, 1.0)):
        x = [(0.5 + 0.45 * math.sin(k / 10)) * quantum / (1 - alpha) for k in range(150)]
        spikes, read, made = run(x, alpha, quantizer, engine, quantum=quantum, seed=3)
        wanted, known = by_hand(x, alpha, quantizer, quantum=quantum, seed=3)
        assert spikes[:, 0].tolist() == wanted
        assert 10 < sum(wanted) < 140
        assert read[:, 0].tolist() == known
        assert made.state("code")["r"].tolist() == [known[-1]]


@pytest.mark.parametrize("quantizer", QUANTIZERS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_decoder_holds_the_very_number_that_the_encoder_subtracts(quantizer: str, dtype: str) -> None:
    """Over steps of any length, too, as long as it is read at each."""
    rng = np.random.default_rng(5)
    times = np.cumsum(rng.integers(1, 4 * STEP, 80)).tolist()
    _, read, made = run(rng.uniform(0, 3, (80, 4)), 0.8, quantizer, times=times, dtype=dtype)
    assert read[-1].astype(dtype).tobytes() == made.state("code")["r"].tobytes()


def test_a_reconstruction_decays_by_the_time_that_has_passed() -> None:
    times = [0, STEP, 4 * STEP, 4 * STEP + 2, 100 * STEP]
    spikes, read, _ = run([1.0, 1.0, 0.0, 0.0, 0.0], 0.5, "threshold", times=times)
    assert spikes[:, 0].tolist() == [1, 0, 0, 0, 0]  # at the second, 1 - 0.5 is not above 1/2
    wanted = [0.5 ** (t / STEP) for t in times]
    assert read[:, 0] == pytest.approx(wanted, rel=1e-12)  # exp(log alpha n) has n times the rounding of log


def test_the_threshold_quantizer_is_never_more_than_half_a_quantum_off() -> None:
    """While no E leaves -1/2 to 3/2: the signal falls no faster than alpha, and rises by no more than a spike."""
    for seed in range(10):
        x = slow(400, 9.0, seed)
        _, read, _ = run(x, 0.9, "threshold")
        settled = [k for k in range(100, 400) if -0.5 <= x[k] - 0.9 * read[k - 1, 0] <= 1.5]
        assert len(settled) > 280
        off = np.abs(read[settled, 0] - np.array(x)[settled])
        assert 0.4 < off.max() <= 0.5 + 1e-12  # to rounding of E and R


def test_the_random_quantizer_is_right_on_average() -> None:
    """E of R(t) is x(t) while E is within 0 and 1, for each t: over many units, not only over time."""
    units = 4000
    x = np.linspace(0.4, 0.95, 40)
    _, read, _ = run(np.repeat(x[:, None], units, axis=1), 0.25, "random", seed=11)
    # R is between 0 and 4/3, so its deviation is at most 2/3: five of them over the root of the number of units.
    assert np.abs(read[1:].mean(axis=1) - x[1:]).max() < 5 * 2 / 3 / np.sqrt(units)
    assert read[1:].std(axis=1).min() > 0.2


def test_sigma_delta_keeps_the_sum_of_what_is_missing() -> None:
    """phi = sum of x - R, which stays within bounds: the mean of R over T steps is that of x to 1 / T."""
    x = np.array(slow(3000, 6.0))
    _, read, made = run(x, 0.9, "sigma-delta")
    assert made.state("code")["phi"][0] == pytest.approx((x - read[:, 0]).sum(), abs=1e-9)  # 3,000 sums of float64
    missing = np.abs(np.cumsum(x - read[:, 0]))
    assert missing[200:].max() < 10 + missing[:200].max()
    threshold = np.abs(np.cumsum(x - run(np.full(3000, 3.3), 0.9, "threshold")[1][:, 0]))
    assert threshold[-1] > 10 * missing[-1]


@pytest.mark.slow
def test_errors_of_a_mean_fall_faster_with_sigma_delta_than_at_random_and_with_a_threshold_they_stay() -> None:
    """What section 6.3.4 says of the three."""
    steps = np.array([100, 10_000])
    errors = {}
    for quantizer in QUANTIZERS:
        x = np.tile(np.linspace(0.4, 0.95, 200), (steps[-1], 1))
        _, read, _ = run(x, 0.25, quantizer)  # no E leaves 0 to 1
        errors[quantizer] = [float(np.abs((read[:n] - x[:n]).mean(axis=0)).mean()) for n in steps]
    gain = {name: before / after for name, (before, after) in errors.items()}
    assert gain["sigma-delta"] > 50  # 1 / T: 100
    assert 6 < gain["random"] < 16  # its root: 10
    assert gain["threshold"] < 3


def test_random_quantizers_differ_by_seed_and_agree_with_themselves() -> None:
    x = slow(200, 8.0)
    first, second = (run(x, 0.9, "random", seed=4)[0].tolist() for _ in range(2))
    assert first == second != run(x, 0.9, "random", seed=5)[0].tolist()


def test_more_units_than_one_reaction_sends_go_on_at_the_next_notice() -> None:
    units = 5000
    spikes, read, _ = run(np.ones((2, units)), 0.25, "threshold")
    assert spikes.tolist() == [[1] * units, [1] * units]
    assert read.tolist() == [[1.0] * units, [1.25] * units]


# --- layers ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_layer_decodes_the_sum_of_weighted_spikes_and_encodes_in_turn(engine: str) -> None:
    """z_j(t) = alpha z_j(t-1) + sum of w q: one decoder a unit equals one a synapse."""
    rng = np.random.default_rng(2)
    x, w, b = rng.uniform(0, 2.5, (60, 6)), rng.normal(0, 0.6, (6, 4)), rng.normal(0, 0.3, 4)
    net = en.Network("float64")
    encoder = net.add(en.PredictiveEncoder(net.weights(x), alpha=0.7, step=STEP))
    bias, weights = net.weights(b[None]), net.weights(w)
    layer = net.add(
        en.PredictiveLayer(
            en.Geometry.dense(6, 4), weights, bias, encoder, alpha=0.6, quantum=0.5, quantizer="sigma-delta", step=STEP
        )
    )
    decoder = net.add(en.PDDecoder(net.weights(np.zeros((60, 4)), "answers"), layer, step=STEP))
    net.connect(encoder.out, layer.spikes)
    net.connect(layer.out, decoder.spikes)
    ports = (encoder.frame, layer.tick, decoder.read)
    feed = [(STEP * k, port, k if port is not ports[1] else 0, 1) for k in range(60) for port in ports]
    made = en.simulate(net, feed, engine=engine)
    synapses, wanted = np.zeros((6, 4)), []
    columns = [by_hand(x[:, i], 0.7, "threshold")[0] for i in range(6)]
    hidden = []
    for k in range(60):
        for i in range(6):
            synapses[i] = 0.7 * synapses[i] + w[i] * columns[i][k]
        hidden.append(np.maximum(synapses.sum(axis=0) + b, 0))
    wanted = np.column_stack([by_hand([h[j] for h in hidden], 0.6, "sigma-delta", quantum=0.5)[1] for j in range(4)])
    assert made.weights("answers") == pytest.approx(wanted, abs=1e-9)
    assert np.count_nonzero(wanted) > 100


# --- what is refused -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 1.0}, "alpha is 1.0; wanted 0 <= alpha < 1"),
        ({"alpha": -0.1}, "alpha is -0.1"),
        ({"alpha": float("nan")}, "alpha is nan"),
        ({"quantum": 0.0}, "quantum is 0.0; wanted a number above 0"),
        ({"quantum": float("inf")}, "quantum is inf"),
        ({"quantizer": "sigma"}, "one of threshold, random, sigma-delta, not 'sigma'"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 0.5}, "seed is 0.5"),
        ({"step": 0}, "step is 0 ticks"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    net = en.Network("float64")
    with pytest.raises(NetworkError, match=message):
        en.PredictiveEncoder(net.weights([[1.0]]), **{"alpha": 0.5, **options})


def test_whole_numbers_and_layers_that_do_not_fit_are_refused() -> None:
    net = en.Network("int32")
    with pytest.raises(NetworkError, match="quantizes real numbers"):
        en.PredictiveEncoder(net.weights([[1]]), alpha=0.5)
    net = en.Network("float64")
    encoder = en.PredictiveEncoder(net.weights([[1.0, 2.0]]), alpha=0.5)
    bias = net.weights([[0.0]])
    with pytest.raises(NetworkError, match="want 3 x 1"):
        en.PredictiveLayer(en.Geometry.dense(3, 1), net.weights([[1.0], [1.0]]), bias, encoder, alpha=0.5)
    with pytest.raises(NetworkError, match="hears 3 units"):
        en.PredictiveLayer(en.Geometry.dense(3, 1), net.weights([[1.0]] * 3), bias, encoder, alpha=0.5)
    with pytest.raises(NetworkError, match="activation"):
        en.PredictiveLayer(
            en.Geometry.dense(2, 1), net.weights([[1.0]] * 2), bias, encoder, alpha=0.5, activation="sigmoid"
        )


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("value", [2.0**20 + 1, -(2.0**20)])
def test_a_value_beyond_all_bounds_stops_the_run(value: float, engine: str) -> None:
    with pytest.raises(RuleError, match="no number"):
        run([1.0, value], 0.5, "threshold", engine)


def test_a_network_with_predictive_codes_is_kept_in_a_file(tmp_path: Any) -> None:
    net = en.Network("float64")
    encoder = net.add(
        en.PredictiveEncoder(net.weights([[1.0]]), alpha=0.9, quantum=0.3, quantizer="random", seed=9, name="code")
    )
    layer = en.PredictiveLayer(
        en.Geometry.dense(1, 1), net.weights([[1.0]]), net.weights([[0.0]]), encoder, alpha=0.8, name="layer"
    )
    net.connect(encoder.out, net.add(layer).spikes)
    net.save(tmp_path / "net.npz")
    again = en.Network.load(tmp_path / "net.npz")
    for name in ("code", "layer"):
        for kind in ("state", "integers"):
            kept, loaded = (getattr(n[name], kind) for n in (net, again))
            assert {k: v.tolist() for k, v in kept.items()} == {k: v.tolist() for k, v in loaded.items()}
