"""The networks of write_fixtures.py: between them, every class of module that a file of eee0048 can name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import fixture_modules as users
import numpy as np

import eventnet as en
from eventnet.learning.gradient import KINDS, Columns, ErrorCounter, FsgdInteger, Layer, ReadLayer, Update
from eventnet.learning.normalize import Normalize
from eventnet.learning.proportional import PDError, PDInbox, PDOutput
from eventnet.learning.restricted import RestrictedStdp
from eventnet.learning.reward import Reward
from eventnet.learning.stdp import DynamicStdp, PairStdp
from eventnet.learning.synapses import RULES
from eventnet.learning.target import Follower, Instar, TraceTarget
from eventnet.learning.triplet import TripletStdp
from eventnet.models import DeepSpikingNetwork
from eventnet.neurons.currents import CurrentLayer
from eventnet.neurons.filters import FilterBank
from eventnet.neurons.predictive import PredictiveCode
from eventnet.neurons.sigma_delta import _Summing
from eventnet.patch import Geometry


@dataclass
class Subject:
    """A network, and what it is run on; `until` ends what would go on for ever."""

    net: en.Network
    inputs: Any
    options: dict[str, Any] = field(default_factory=dict)
    until: int | None = None


def drive(seed: int, ports: Any, n: int, span: int, signs: tuple[int, ...] = (1, -1)) -> list[Any]:
    """n events at ports drawn from those given, at ticks below `span`."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(0, span, n)).tolist()
    rows: list[Any] = []
    for t in times:
        port = ports[int(rng.integers(len(ports)))]
        rows.append((t, port, int(rng.integers(port.accepts or 1)), int(rng.choice(signs))))
    return rows


def steps(every: int, n: int, *ports: Any) -> list[Any]:
    """At each of n steps an event at each of the ports, in that order: the number of the step where a port takes it."""
    return [(k * every, port, k if port.accepts and port.accepts >= n else 0, 1) for k in range(n) for port in ports]


def draw(seed: int, *shape: int, scale: float = 0.5) -> Any:
    """Numbers with few binary digits, so that ties come about."""
    return np.round(np.random.default_rng(seed).normal(0, scale, shape) * 64) / 64


def herding() -> Subject:
    """Signed, rectified and summing quantizers; what counts, keeps and swallows spikes."""
    net = en.Network("float32")
    w, v = net.weights(draw(1, 6, 5)), net.weights(draw(2, 5, 4), name="shared")
    relay = net.add(en.Relay(6, name="relay"))
    signed = net.add(en.Herding(5, w, reset_policy="none"))
    rectified = net.add(en.Rectified(4, v, reset_policy="random", seed=7, most=90))
    summing = net.add(en.Summing(4, v, scale=0.5))
    accumulator = net.add(en.Accumulator(4, v, net.weights(np.zeros((3, 4)), name="answers"), name="sums"))
    sink, counter, last = net.add(en.Sink(4)), net.add(en.SpikeCounter(4)), net.add(en.LastSpikes(4))
    net.connect(relay.out, signed.spikes, 1)
    for port in (rectified.spikes, summing.spikes, accumulator.spikes):
        net.connect(signed.out, port)
    for source, port in ((rectified, sink), (summing, counter), (rectified, last)):
        net.connect(source.out, port.spikes, 2)
    ports = [relay.spikes] * 9 + [signed.reset, rectified.reset, summing.reset, accumulator.reset, accumulator.read]
    return Subject(net, drive(3, ports, 90, 40), {"seed": 5})


def bursts() -> Subject:
    """Layers that look once a burst, by the network's setting and by their own; vectors fed to an encoder."""
    net = en.Network("float64", coalesce="burst")
    encoder = net.add(en.Encoder(5, net.weights(draw(4, 6, 5), name="x"), reset_policy="none"))
    first = net.add(en.Herding(4, net.weights(draw(5, 5, 4)), reset_policy="random", seed=3))
    second = net.add(en.Rectified(4, net.weights(draw(6, 5, 4)), coalesce="none"))
    third = net.add(en.Summing(3, net.weights(draw(7, 4, 3)), coalesce="burst", most=70))
    sink = net.add(en.Sink(3))
    for source, port in ((encoder, first), (encoder, second), (first, third), (second, third), (third, sink)):
        net.connect(source.out, port.spikes)
    return Subject(net, drive(8, [encoder.spikes] * 6 + [encoder.reset, first.reset, third.reset], 50, 20))


def uneven_step() -> Subject:
    """A step that float32 cannot hold, at the first potentials of units that begin at random."""
    net = en.Network("float32")
    layer = net.add(en.Herding(6, net.weights(draw(80, 3, 6)), scale=0.3, reset_policy="random", seed=6, name="layer"))
    return Subject(net, drive(81, [layer.spikes], 10, 5))


def integers() -> Subject:
    """Scaled integers, forward and by column, with errors that go round once."""
    net = en.Network("int32")
    x, w = net.weights(np.round(64 * draw(9, 5, 4)), name="x"), net.weights(np.round(64 * draw(10, 4, 3)), name="w")
    encoder = net.add(en.Encoder(4, x, scale=64, reset_policy="random", seed=2))
    layer = net.add(Layer(3, w, scale=64, open_at_zero=False))
    read = net.add(ReadLayer(3, w, net.weights(np.zeros((2, 3)), name="answers"), scale=64))
    errors = net.add(ErrorCounter(3))
    back = net.add(Columns(4, w, scale=64, reset_policy="random", seed=4))
    update = net.add(FsgdInteger(w, keep_negative=False))
    sink = net.add(en.Sink(4))
    for port in (layer.spikes, read.spikes, update.spikes):
        net.connect(encoder.out, port)
    net.connect(layer.out, errors.output)
    net.connect(errors.out, layer.error)
    net.connect(layer.gated, back.spikes)
    net.connect(layer.gated, update.error)
    net.connect(back.out, sink.spikes)
    ports = [encoder.spikes] * 5 + [errors.target, errors.end, back.reset, read.read, read.read_counts, update.reset]
    return Subject(net, drive(11, ports, 70, 30))


def gradients() -> Subject:
    """Every update of a weight block by spikes and errors, each on a block of its own."""
    net = en.Network("float32")
    encoder = net.add(en.Encoder(5, net.weights(draw(12, 4, 5), name="x")))
    updates = [
        net.add(kind(net.weights(draw(13, 5, 3)), rate=0.03, lam=0.02, **({"below": encoder} if smooth else {})))
        for (_, smooth), kind in KINDS.items()
    ]
    relay = net.add(en.Relay(3))
    ends = net.add(en.Relay(1))
    for update in updates:
        if "spikes" in update.ports:
            net.connect(encoder.out, update.spikes)
        net.connect(relay.out, update.error)
        net.connect(relay.out, update.decay, 1)
        for name in sorted({"apply", "reset"} & set(update.ports)):
            net.connect(ends.out, getattr(update, name), name == "reset")
    return Subject(net, drive(14, [encoder.spikes] * 2 + [relay.spikes] * 3 + [ends.spikes], 50, 30))


def model_training(**options: Any) -> Callable[[], Subject]:
    """The network that a Deep Spiking Network trains in."""

    def made() -> Subject:
        model = DeepSpikingNetwork([5, 4, 3], steps=3, init_scale=0.4, **options)
        x, y = model.vectors(draw(15, 2, 5)), model._targets(np.array([0, 2]), 2)
        return Subject(*model.training_network(x, y))

    return made


def proportional(rule: str, dtype: str = "float32", **gains: Any) -> Callable[[], Subject]:
    """An encoder, a convolution, an output that learns, the errors that come back, and a rule at both weight blocks."""

    def made() -> Subject:
        net, n = en.Network(dtype), 6
        conv, dense = Geometry.window((1, 3, 3), 2, (2, 2), padding=(0, 0, 1, 0)), Geometry.dense(12, 3)
        w0 = net.weights(draw(16, 1, conv.row_words), name="w0")
        w1 = net.weights(draw(17, 12, 3), name="w1")
        b0, b1 = net.weights(draw(18, 1, 2), name="b0"), net.weights(np.zeros((1, 3)), name="b1")
        frames, targets = net.weights(draw(19, n, 9), name="frames"), net.weights([[0], [1], [2]] * 2, name="targets")
        g = {"kp": 0.2, "kd": 1.0, "eta": 0.01} | gains
        encoder = net.add(en.PDEncoder(frames, **g, name="encoder"))
        layer = net.add(en.PDLayer(conv, w0, b0, encoder, **g, activation="hard_sigmoid", name="layer"))
        output = net.add(PDOutput(dense, w1, b1, targets, layer, **g, rate=0.05, name="output"))
        errors = net.add(PDError(dense, w1, b0, layer, output, **g, rate=0.05, name="errors"))
        inbox = net.add(PDInbox(12, name="inbox"))
        more = {"traces": "scaled"} if rule == "stdp" else {}
        first = net.add(RULES[rule](conv, w0, layer, encoder, inbox, errors, rate=0.02, **more))
        second = net.add(RULES[rule](dense, w1, output, layer, errors, output, rate=0.02))
        for source, port in ((encoder, layer), (layer, output), (output, errors), (errors, inbox)):
            net.connect(source.out, port.spikes)
        ticks = [layer.tick, errors.tick, first.tick, second.tick]
        return Subject(net, steps(1, n, encoder.frame, output.target, *ticks))

    return made


def predictive() -> Subject:
    """Predictive codes with every quantizer, what decodes them, and a read-out."""
    net, n = en.Network("float64"), 8
    frames = net.weights(np.abs(draw(20, n, 3)), name="frames")
    answers = net.weights(np.zeros((n, 3)), name="answers")
    decoded, reads = [], []
    for k, quantizer in enumerate(("threshold", "random", "sigma-delta")):
        coded = net.add(en.PredictiveEncoder(frames, alpha=0.5, quantum=0.5, quantizer=quantizer, seed=k, step=2))
        decoded.append(coded)
        decoder = net.add(en.PDDecoder(net.weights(np.zeros((n, 3))), coded, step=2))
        net.connect(coded.out, decoder.spikes)
        reads += [coded.frame, decoder.read]
    w, b = net.weights(draw(21, 3, 4) + 0.5), net.weights(np.abs(draw(22, 1, 4)))
    layer = net.add(
        en.PredictiveLayer(
            Geometry.dense(3, 4), w, b, decoded[0], alpha=0.25, quantizer="random", step=2, activation="tanh"
        )
    )
    read = net.add(
        en.PDReadout(
            Geometry.dense(4, 3), net.weights(draw(23, 4, 3)), net.weights(draw(24, 1, 3)), answers, layer, step=2
        )
    )
    net.connect(decoded[0].out, layer.spikes)
    net.connect(layer.out, read.spikes)
    return Subject(net, steps(2, n, *reads, layer.tick, read.read))


def sigma_delta() -> Subject:
    """Changes of frames and of single inputs through a convolution, a pool and read-outs."""
    net, n = en.Network("float32"), 5
    frames, updates = net.weights(draw(25, n, 16), name="frames"), net.weights([[3, 0.5], [0, -1], [15, 2]])
    encoder = net.add(en.ChangeEncoder(frames, updates, k=4.0))
    conv, pool = (
        Geometry.window((1, 4, 4), 2, (3, 3), padding=(1, 1, 1, 1)),
        Geometry.window((2, 4, 4), 2, (2, 2), (2, 2)),
    )
    layer = net.add(
        en.SigmaDelta(
            conv, net.weights(draw(26, 1, conv.row_words)), bias=[0.1, -0.2], k=np.linspace(1, 3, 32), unscale=4.0
        )
    )
    every = net.add(
        en.SigmaDelta(Geometry.dense(32, 3), net.weights(draw(27, 32, 3)), activation="tanh", coalesce="none")
    )
    pooled = net.add(en.SigmaDeltaPool(pool, k=3.0))
    answers = net.weights(np.zeros((n, 8)), name="answers")
    last = net.add(en.ReadoutPool(Geometry.window((2, 2, 2), 2, (2, 2)), net.weights(np.zeros((n, 2))), unscale=3.0))
    readout = net.add(en.Readout(Geometry.dense(8, 8), net.weights(draw(28, 8, 8)), answers, bias=np.arange(8) / 8))
    for source, port in ((encoder, layer), (layer, pooled), (layer, every), (pooled, last), (pooled, readout)):
        net.connect(source.out, port.spikes)
    inputs = steps(3, n, encoder.frame, last.read, readout.read)
    inputs += [(0, layer.look, 0, 1), (7, encoder.value, 1, 1), (8, encoder.spikes, 4, -1), (10, encoder.value, 2, 1)]
    return Subject(net, sorted(inputs, key=lambda row: row[0]))


def rounding() -> Subject:
    """The same in rounding networks, which forget at each frame."""
    net, n = en.Network("float64"), 3
    conv, pool = Geometry.window((1, 4, 4), 2, (3, 3), (1, 1)), Geometry.window((2, 2, 2), 2, (2, 2))
    layer = net.add(en.Rounding(conv, net.weights(draw(29, 1, conv.row_words)), k=3.0, activation="hard_sigmoid"))
    pooled = net.add(en.RoundingPool(pool, k=2.0, unscale=3.0, activation="relu"))
    readout = net.add(en.Readout(Geometry.dense(2, 3), net.weights(draw(30, 2, 3)), net.weights(np.zeros((n, 3)))))
    encoder = net.add(en.FrameEncoder(net.weights(draw(31, n, 16)), k=2.0))
    for source, port in ((encoder, layer), (layer, pooled), (pooled, readout)):
        net.connect(source.out, port.spikes)
    looks = [layer.look, pooled.look, readout.clear]
    rows = [(4 * k, port, 0, 1) for k in range(n) for port in looks]
    rows += [row for k in range(n) for row in ((4 * k, encoder.frame, k, 1), (4 * k + 1, readout.read, k, 1))]
    return Subject(net, sorted(rows, key=lambda row: row[0]))


def baked() -> Subject:
    """Scales in the weights, numbers in steps of 2^6."""
    net, n = en.Network("int32"), 4
    encoder = net.add(en.ChangeEncoder(net.weights(np.round(64 * draw(32, n, 4)), name="frames"), shift=6))
    w = net.weights(np.round(64 * draw(33, 4, 3)))
    layer = net.add(en.SigmaDelta(Geometry.dense(4, 3), w, bias=[10, 0, -5], baked=True, shift=6))
    answers = net.weights(np.zeros((n, 2)), name="answers")
    readout = net.add(
        en.Readout(Geometry.dense(3, 2), net.weights(np.round(64 * draw(34, 3, 2))), answers, baked=True, shift=6)
    )
    net.connect(encoder.out, layer.spikes)
    net.connect(layer.out, readout.spikes)
    return Subject(net, [(0, layer.look, 0, 1), *steps(2, n, encoder.frame, readout.read)])


def quantizers() -> Subject:
    """Whole vectors, exponential thresholds, spikes drawn at random."""
    net = en.Network("float32")
    x = net.weights(draw(35, 4, 5, scale=2), name="x")
    quantizer = net.add(en.Quantizer(x, most=200))
    poisson = net.add(en.Poisson(5, x, seed=11, reset_policy="none"))
    sampler = net.add(en.Sampler(5, x, seed=12))
    counters = [net.add(en.SpikeCounter(5)) for _ in range(3)]
    for source, counter in zip((quantizer, poisson, sampler), counters, strict=True):
        net.connect(source.out, counter.spikes)
    return Subject(net, drive(36, [quantizer.frames, poisson.spikes, sampler.spikes, poisson.reset], 24, 12))


def currents() -> Subject:
    """Crossings that are foreseen, moved and taken back; sparse rows; axons with delays."""
    net = en.Network("float64")
    options: Any = {"tau_m": 20.0, "tau_s": 5.0, "threshold": 0.3, "refractory": 3}
    exponential = net.add(
        en.ExponentialCurrent(4, net.weights(draw(37, 5, 4)), reset=-0.2, delays=[1, 2, 0, 5], **options)
    )
    start, targets, w = en.sparse_rows([0, 0, 1, 3, 3, 4], [1, 2, 0, 3, 1, 2], draw(38, 6) + 0.5, 5)
    alpha = net.add(en.AlphaCurrent(4, net.weights(w), start=start, targets=targets, **options))
    base = net.add(CurrentLayer(4, net.weights(draw(39, 4, 4) + 0.3), **options))
    net.connect(exponential.axon, base.spikes)
    net.connect(alpha.out, base.spikes, 1)
    return Subject(net, drive(40, [exponential.spikes, alpha.spikes], 110, 160))


def camera() -> Subject:
    """Layers for event cameras: filters that foresee, messages that fade, a read-out of leaky traces."""
    net, tau = en.Network("float32"), [8.0, 30.0]
    patch = Geometry.window((1, 6, 6), 4, (3, 3), (3, 3))
    w = net.weights(draw(41, 1, patch.row_words), name="filters")
    leaky = net.add(en.LeakyFilters(patch, w, tau, bias=[0.1, -0.3], scale=2.0, every=4, least=2, most=300))
    fading = net.add(en.DecayingFilters(patch, w, tau, fade=25.0, scale=[2.0, 3.0], every=3, least=3))
    pool = net.add(en.DecayingPool(Geometry.window((2, 2, 2), 2, (2, 2)), fade=25.0, k=2.0, least=4, most=80))
    mix, answers = net.weights(draw(42, 1 + 5 * 3, 2), name="mix"), net.weights(np.zeros((6, 2)), name="answers")
    read = net.add(
        en.LeakyReadout(
            5, mix, answers, tau=[10.0, 40.0], ramp=[False, True], weights=net.weights(draw(43, 8, 3)),
            updates=net.weights([[0, 1.5], [1, -0.5]]), start=[0.5, 0, 0, 0, 0],
        )
    )  # fmt: skip
    net.connect(fading.out, pool.spikes)
    net.connect(leaky.out, read.spikes)
    rows = [*drive(44, [leaky.spikes, fading.spikes], 60, 80), (20, leaky.begin, 0, 1), (30, read.value, 1, 1)]
    return Subject(net, sorted(rows + [(12 * k, read.read, k, 1) for k in range(6)], key=lambda r: r[0]), until=200)


def leaky() -> Subject:
    """Leaky units of every kind: winners, resets by subtraction, signs, thresholds that adapt, inhibition."""
    net = en.Network("float32")
    relay = net.add(en.Relay(5))
    kinds: list[dict[str, Any]] = [
        {"winner": 4, "adapt": (0.1, 50.0), "threshold": [0.6, 0.7, 0.8, 0.9]},
        {"subtract": True, "rest": -0.1, "reset_to": -0.2, "signed": True, "most": 40},
        {"inhibition": ("subtract", 0.25), "refractory": 2, "threshold": 0.5},
        {"inhibition": ("set", -0.1), "adapt": (0.05, 200.0)},
    ]
    layers = [
        net.add(en.LeakyIntegrate(4, net.weights(draw(45 + k, 5, 4)), tau=12.0, **o)) for k, o in enumerate(kinds)
    ]
    for layer in layers:
        net.connect(relay.out, layer.spikes, 1)
        if layer.inhibition is not None:
            net.connect(layer.out, layer.inhibit)
    ports = [relay.spikes] * 12 + [layers[0].reset, layers[0].freeze, layers[2].reset]
    return Subject(net, drive(50, ports, 50, 70))


def pairs() -> Subject:
    """Plasticity by pairs and triplets of spikes, tags and rewards, normalisation."""
    net = en.Network("float32")
    relay = net.add(en.Relay(4))
    block = lambda seed: net.weights(np.abs(draw(seed, 4, 3, scale=0.2)))  # noqa: E731
    first, rest = net.weights(np.abs(draw(51, 4, 3)), name="read"), {"tau_plus": 9.0, "tau_minus": 14.0}
    layer = net.add(en.LeakyIntegrate(3, first, tau=10.0, threshold=0.4))
    rules: list[Any] = [
        PairStdp(first, a_plus=0.05, a_minus=0.04, **rest),
        PairStdp(block(52), a_plus=0.05, a_minus=0.04, pairing="nearest", equal="order", mu=1.0, **rest),
        PairStdp(block(53), a_plus=0.05, a_minus=0.04, pairing="restricted", mu=(0.0, 0.5), bounds=(-0.5, 1.5), **rest),
        PairStdp(block(54), a_plus=0.05, a_minus=-0.04, bounds=None, signed=True, **rest),
        DynamicStdp(block(55), alpha=0.8, rate=0.1, step=2, bounds=(-2.0, 2.0)),
        TripletStdp(
            block(56), a2_plus=0.01, a3_plus=0.02, a2_minus=0.01, a3_minus=0.005, tau_x=20.0, tau_y=30.0,
            pairing="nearest", equal="order", mu=0.5, **rest,
        ),
        TripletStdp(
            block(57), a2_plus=0.01, a3_plus=0.02, a2_minus=0.01, a3_minus=0.005, tau_x=20.0, tau_y=30.0, bounds=None,
            **rest,
        ),
    ]  # fmt: skip
    tags = PairStdp(
        net.weights(np.zeros((4, 3)), name="tags"), a_plus=0.1, a_minus=0.1, bounds=None, memory=40.0, **rest
    )
    for rule in (*rules, tags):
        net.add(rule)
        net.connect(relay.out, rule.pre)
        net.connect(layer.out, rule.post)
    reward = net.add(Reward(block(58), tags, amounts=(1.0, 0.25)))
    normalize = net.add(Normalize(first, total=1.2))
    net.connect(relay.out, layer.spikes)
    rows = drive(59, [relay.spikes], 30, 60, (1,)) + drive(60, [reward.reward, normalize.apply], 6, 60, (1,))
    return Subject(net, sorted(rows, key=lambda row: row[0]))


def targets() -> Subject:
    """Plasticity that looks up when inputs were last seen: with the layer's own memory, and with another's."""
    net = en.Network("float64")
    relay = net.add(en.Relay(5))
    own, other = net.weights(np.abs(draw(61, 5, 3, scale=0.3))), net.weights(np.abs(draw(62, 5, 3, scale=0.3)))
    layer = net.add(en.LeakyIntegrate(3, own, tau=8.0, threshold=0.5))
    last = net.add(en.LastSpikes(5))
    response = net.add(en.SpikeResponse(3, other, tau_m=10.0, tau_s=2.5, threshold=0.3, reset_to=-0.1, firsts=True))
    rules = [
        net.add(TraceTarget(own, layer, tau=12.0, rate=0.1, target=0.2, mu=0.0, bounds=(0.0, 0.9))),
        net.add(Instar(net.weights(np.abs(draw(63, 5, 3))), last, tau=12.0, rate=0.2)),
        net.add(Follower(net.weights(np.abs(draw(64, 5, 3))), last, tau=12.0, rate=0.2)),
    ]
    restricted = net.add(
        RestrictedStdp(other, response, a_plus=0.04, a_minus=0.05, tau_plus=10.0, tau_minus=20.0, mu=(0.5, 0.0))
    )
    for port in (layer.spikes, last.spikes, response.spikes):
        net.connect(relay.out, port)
    net.connect(layer.out, rules[0].post)
    net.connect(layer.out, rules[1].post)
    net.connect(response.first, restricted.pre)
    net.connect(response.out, restricted.post)
    return Subject(net, drive(65, [relay.spikes], 36, 60, (1,)))


def own_modules() -> Subject:
    """Modules of a user's own, which go round in a circle."""
    net = en.Network("float64")
    drip = net.add(users.Dripping(4, net.weights(draw(66, 4, 4) + 0.25), gain=0.75, name="drip"))
    plain = net.add(users.Remembering(4, every=4, name="plain"))
    net.connect(drip.out, plain.spikes)
    net.connect(drip.late, plain.spikes)
    net.connect(plain.out, drip.spikes, 1)
    return Subject(net, drive(67, [drip.spikes, plain.spikes], 30, 30), until=60)


def bases() -> Subject:
    """Classes that others are made of, where they can be made and saved; they take no spikes, or send none."""
    net, window = en.Network("float32"), Geometry.window((1, 4, 4), 4, (2, 2), (2, 2))
    code = net.add(PredictiveCode(3, alpha=0.5, quantum=1.0, quantizer="random", seed=1, step=2, name="predictive"))
    net.add(Update(net.weights(draw(68, 3, 2)), rate=0.1, name="update"))
    net.add(en.PythonModule(name="python"))
    net.add(FilterBank(window, net.weights(draw(69, 1, window.row_words)), [5.0, 9.0], bias=None, scale=1.0, every=0,
                       least=0, most=None, name="filters"))  # fmt: skip
    net.add(_Summing(Geometry.dense(3, 2), net.weights(draw(70, 3, 2)), bias=None, k=1.0, unscale=1.0,
                     activation="relu", baked=False, shift=0, name="summing", coalesce=None))  # fmt: skip
    decoder = net.add(en.PDDecoder(net.weights(np.zeros((2, 3))), code, step=2))
    return Subject(net, steps(2, 2, decoder.read))


NETWORKS: dict[str, Callable[[], Subject]] = {
    "herding": herding,
    "bursts": bursts,
    "uneven-step": uneven_step,
    "integers": integers,
    "gradients": gradients,
    "training-fsgd": model_training(regularization=0.02),
    "training-sgd": model_training(rule="sgd", hold_error=False, dtype="float64", backward_reset="random"),
    "training-smooth": model_training(smooth=True, coalesce="burst", column="after"),
    "proportional-past": proportional("past"),
    "proportional-recon": proportional("recon", kp=0.0, eta=0.0),
    "proportional-future": proportional("future", "float64"),
    "proportional-stdp": proportional("stdp"),
    "predictive": predictive,
    "sigma-delta": sigma_delta,
    "rounding": rounding,
    "baked": baked,
    "quantizers": quantizers,
    "currents": currents,
    "camera": camera,
    "leaky": leaky,
    "pairs": pairs,
    "targets": targets,
    "own-modules": own_modules,
    "bases": bases,
}
