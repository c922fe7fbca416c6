"""Parts of a Deep Spiking Network: answers over time, its options, and the networks that learn and answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en
from eventnet.errors import ModelError
from eventnet.kernels.ranges import wrong
from eventnet.learning import Columns, ErrorCounter, FsgdInteger, FsgdTemporal, InputSum, Layer, ReadLayer
from eventnet.learning.gradient import KINDS
from eventnet.learning.temporal import rates
from eventnet.models.layers import Floats
from eventnet.models.shared import one_of, whole

Array = NDArray[Any]
State = Mapping[str, Array]


@dataclass(frozen=True)
class Trajectory:
    """The answer as it forms. N samples, K moments (steps or input spikes); a sample that ends early repeats its last.

    outputs     [N, K, n_out] what the network would answer at each moment
    adds        [N, K] adds so far, of every kind
    synaptic    [N, K] those of them that stand for matrix products
    deliveries  [N, K] events so far
    """

    outputs: Floats
    adds: NDArray[np.int64]
    synaptic: NDArray[np.int64]
    deliveries: NDArray[np.int64]

    def errors(self, labels: ArrayLike) -> Floats:
        """Fraction of wrong answers at each moment, [K]."""
        wrong: NDArray[np.bool_] = self.outputs.argmax(axis=2) != np.asarray(labels)[:, None]
        return np.asarray(wrong.mean(axis=0))

    @classmethod
    def counted(cls, outputs: Floats, counts: NDArray[np.int64]) -> Trajectory:
        """Running sums of the counts of each moment's root, [n, K, columns]."""

        def of(*kinds: str) -> NDArray[np.int64]:
            return np.cumsum(sum(counts[:, :, en.COLUMNS.index(kind)] for kind in kinds), axis=1)

        adds = of("input_adds", "synaptic_adds", "neuron_adds", "learning_adds")
        return cls(outputs, adds, of("synaptic_adds"), of("deliveries"))

    @classmethod
    def stacked(cls, parts: Sequence[Trajectory]) -> Trajectory:
        """Trajectories one below the other; shorter ones repeat their last moment."""
        longest = max(p.adds.shape[1] for p in parts)

        def padded(array: Array) -> Array:
            return np.concatenate([array, np.repeat(array[:, -1:], longest - array.shape[1], axis=1)], axis=1)

        names = ("outputs", "adds", "synaptic", "deliveries")
        return cls(*(np.concatenate([padded(getattr(p, name)) for p in parts]) for name in names))


# --- options ---
@dataclass(frozen=True)
class DsnOptions:
    """Options of a network; DeepSpikingNetwork says what each means."""

    steps: int = 10
    rule: str = "fsgd"
    learning_rate: float = 0.01
    hold_error: bool = True
    smooth: bool = False
    input_sum: str = "at once"
    backward_reset: str = "none"
    column: str = "before"
    regularization: float = 0.0
    early: float = 1.0
    order: Any = "breadth"
    dtype: str = "float32"
    init_scale: float = 0.01
    seed: int = 1234
    gate: str = "not negative"
    output: str = "sums"
    rectify_inputs: bool = False
    coalesce: str = "none"
    engine: str = "compiled"

    def check(self) -> None:
        """Raises ModelError that names the first option which makes no sense, or which does not go with another."""
        for name, allowed in CHOICES.items():
            one_of(getattr(self, name), name, allowed)
        whole(self.steps, "steps", 1)
        for name in ("learning_rate", "init_scale", "regularization"):
            value = getattr(self, name)
            if not np.isfinite(value) or value < 0 or (name == "learning_rate" and value == 0):
                raise ModelError(f"{name} is {value}; wanted a positive number")
        if self.input_sum == "after" and not self.smooth:
            raise ModelError("input_sum='after' is of smooth updates; without smooth=True there is no sum of inputs")
        if not np.isfinite(self.early) or self.early < 1:
            raise ModelError(f"early is {self.early}; wanted 1 or more: the first step's rate over the last one's")
        if self.is_temporal:
            self._check_temporal()
        if self.is_integer:
            self._check_integer()
        en.order.find_order(self.order)

    def _check_integer(self) -> None:
        """An integer network never multiplies."""
        for name, value in (("rule", "sgd"), ("smooth", True)):
            if getattr(self, name) == value:
                raise ModelError(f"{name}={value!r} needs multiplication, which an int32 network does not have")
        if self.regularization:
            raise ModelError("regularization needs multiplication, which an int32 network does not have")

    def _check_temporal(self) -> None:
        """A rate by step is that of errors as they come, and of nothing else."""
        for name in ("smooth", "regularization", "is_integer"):
            if getattr(self, name):
                raise ModelError(
                    f"early is {self.early}; a rate by step goes with neither smooth, regularization nor int32"
                )
        if self.rule != "fsgd":
            raise ModelError(f"early is {self.early}, rule {self.rule!r}: only 'fsgd' updates within a sample")

    @property
    def is_temporal(self) -> bool:
        """Whether the rate falls from step to step."""
        return self.early != 1

    @property
    def is_integer(self) -> bool:
        """Whether weights and states are scaled integers."""
        return self.dtype == "int32"

    @property
    def scale(self) -> int:
        """Size of a step: 1, or S = int(T^2 / eta) in an integer network."""
        return int(self.steps**2 / self.learning_rate) if self.is_integer else 1

    def numbers(self, array: Any) -> Array:
        """Real numbers in the network's own: scaled and truncated toward 0 in an integer network."""
        array = np.asarray(array)
        if array.dtype.kind not in "fiub" or not np.all(np.isfinite(array)):
            raise ModelError("arrays must hold finite numbers; found NaN, infinity or something else")
        if not self.is_integer:
            return np.array(array, dtype=self.dtype)
        scaled = np.trunc(array.astype(np.float64) * self.scale)
        if np.max(np.abs(scaled), initial=0) + self.scale >= 2**30:
            largest = f"{np.max(np.abs(array)):g}"
            raise ModelError(f"values up to {largest} at scale {self.scale:,} do not fit an int32 network")
        return np.array(scaled, dtype=np.int32)


OPTIONS: dict[str, Any] = asdict(DsnOptions())
CHOICES = {
    "rule": ("fsgd", "sgd"), "backward_reset": ("none", "zero", "random"), "column": ("before", "after"),
    "dtype": ("float32", "float64", "int32"), "gate": ("not negative", "positive"),
    "input_sum": ("at once", "after"), "output": ("sums", "counts"), "coalesce": ("none", "burst"),
    "engine": ("compiled", "reference"),
}  # fmt: skip


# --- networks ---
class _Fed:
    """A network that holds the weights W0, W1, ..., and the quantizer that makes spikes of n vectors x.

    All numbers here are the network's own, as `DsnOptions.numbers` makes them.
    """

    def __init__(self, weights: Sequence[Array], options: DsnOptions, x: Array) -> None:
        self.options, self.n = options, len(x)
        self.net = net = en.Network(options.dtype)
        self.blocks = [net.weights(w, f"W{k}") for k, w in enumerate(weights)]
        units = self.blocks[0].rows
        self.encoder = net.add(en.Encoder(units, net.weights(x, "x"), name="input", scale=options.scale))


class Training(_Fed):
    """The network that learns from vectors x and targets y.

    encoder -> layers -> (counter, with the target) -> layers -> backs -> ..., and an update for each layer.

    kept: the state in which training left the backward quantizers, empty before it begins.
    """

    def __init__(
        self, weights: Sequence[Array], options: DsnOptions, x: Array, y: Array, kept: Sequence[State]
    ) -> None:
        super().__init__(weights, options, x)
        o, net, blocks, units = options, self.net, self.blocks, self.blocks[-1].cols
        self.layers = [net.add(self._layer(k)) for k in range(len(blocks))]
        self.target = net.add(en.Encoder(units, net.weights(y, "y"), name="target", scale=o.scale))
        self.backs = {k: net.add(self._back(k, kept)) for k in range(1, len(blocks))}
        self.input_sum: InputSum | None = None
        if o.input_sum == "after":
            self.input_sum = net.add(InputSum(self.encoder.units, self.encoder.weights, name="input_sum"))
        below = [self.input_sum or self.encoder, *self.layers]
        self.updates = [net.add(self._update(k, below[k])) for k in range(len(blocks))]
        self.counter = net.add(ErrorCounter(units, name="errors")) if o.hold_error else None
        self._wire_spikes()
        self._wire_output_errors()
        self._wire_errors()
        self.start, self.finish = net.add(en.Relay(1, name="start")), net.add(en.Relay(1, name="finish"))
        self.clock = net.add(en.Relay(1, name="clock")) if o.is_temporal else None
        self._wire_sample()

    def inputs(self) -> Any:
        """Every sample once, in order."""
        step: list[Moment] = [(self.encoder.spikes, True, 1)]
        if self.input_sum is not None:
            step.append((self.input_sum.spikes, True, 1))
        step.append((self.target.spikes, True, -1))
        if self.counter is not None:
            step.append((self.counter.end, False, 1))
        if self.clock is not None:
            step.append((self.clock.spikes, False, 1))
        steps = self.options.steps * step
        return schedule([(self.start.spikes, False, 1), *steps, (self.finish.spikes, False, 1)], self.n)

    def check_kept(self, kept: Sequence[State]) -> None:
        """Raise ValueError unless a file's state of backward quantizers can be that of these."""
        for k, state in enumerate(kept, 1):
            back = self.backs[k]
            for name, found in state.items():
                own = (back.state | back.integers)[name]
                if (found.shape, found.dtype) != (own.shape, own.dtype) or not np.isfinite(found).all():
                    wanted = f"{own.dtype} {list(own.shape)}, finite"
                    raise wrong(f"{name!r} of back{k}", f"{found.dtype} {list(found.shape)}", wanted)
            back.check_integers({name: state[name] for name in back.integers}, 0)

    def _layer(self, k: int) -> Layer:
        o, block = self.options, self.blocks[k]
        open_at_zero = o.gate == "not negative"
        return Layer(block.cols, block, name=f"layer{k}", open_at_zero=open_at_zero, scale=o.scale, coalesce=o.coalesce)

    def _back(self, k: int, kept: Sequence[State]) -> Columns:
        """The quantizer that carries errors from layer k to the one below."""
        o, block = self.options, self.blocks[k]
        back = Columns(
            block.rows, block, name=f"back{k}", scale=o.scale, reset_policy=o.backward_reset, seed=o.seed + k,
            coalesce=o.coalesce,
        )  # fmt: skip
        if kept:
            back.state["phi"], back.integers["draws"] = (kept[k - 1][name].copy() for name in ("phi", "draws"))
        return back

    def _update(self, k: int, below: Any) -> Any:
        o, block, name = self.options, self.blocks[k], f"update{k}"
        keep = k == 0 and not o.rectify_inputs
        if o.is_integer:
            return FsgdInteger(block, keep_negative=keep, name=name)
        if o.is_temporal:
            first, fall = rates(o.learning_rate / o.steps**2, o.early, o.steps)
            return FsgdTemporal(block, rate=first, fall=fall, keep_negative=keep, name=name)
        rate, more = o.learning_rate / o.steps**2, {"below": below} if o.smooth else {}
        return KINDS[o.rule, o.smooth](block, rate=rate, lam=o.regularization, keep_negative=keep, name=name, **more)

    def _wire_spikes(self) -> None:
        """From the input quantizer up, to each layer and to the update of its weights."""
        sources = [self.encoder, *self.layers[:-1]]
        for k, (source, layer, update) in enumerate(zip(sources, self.layers, self.updates, strict=True)):
            self.net.connect(source.out, layer.spikes)
            if not self.options.smooth:
                self.net.connect(source.out, update.spikes)
            if k and self.options.regularization:
                self.net.connect(source.out, self.updates[k - 1].decay)

    def _wire_output_errors(self) -> None:
        """Output spikes and target spikes become errors of the last layer, by way of the counter where there is one."""
        last = self.layers[-1]
        if self.counter is not None:
            self.net.connect(last.out, self.counter.output)
            self.net.connect(self.target.out, self.counter.target)
            self.net.connect(self.counter.out, last.error)
        else:
            self.net.connect(last.out, last.error)
            self.net.connect(self.target.out, last.error)
        if self.options.regularization:
            self.net.connect(last.out, self.updates[-1].decay)

    def _wire_errors(self) -> None:
        """Errors that a layer lets pass go to its update, and through its backward quantizer to the layer below."""
        for k, (layer, update) in enumerate(zip(self.layers, self.updates, strict=True)):
            consumers = [self.backs[k].spikes, update.error] if k else [update.error]
            for port in consumers if self.options.column == "before" else reversed(consumers):
                self.net.connect(layer.gated, port)
            if k:
                self.net.connect(self.backs[k].out, self.layers[k - 1].error)

    def _wire_sample(self) -> None:
        """Connect resets to the beginning of a sample, `apply` of updates to its end, and their steps to the clock."""
        summing = () if self.input_sum is None else (self.input_sum,)
        for module in (self.encoder, *summing, *self.layers, self.target, *self.updates):
            if "reset" in module.ports:
                self.net.connect(self.start.out, module.reset)
        if self.options.backward_reset != "none":
            for back in self.backs.values():
                self.net.connect(self.start.out, back.reset)
        if self.clock is not None:
            for update in self.updates:
                self.net.connect(self.clock.out, update.step)
        if self.options.rule == "sgd":
            for update in self.updates:
                self.net.connect(self.finish.out, update.apply)


class Answering(_Fed):
    """The forward network alone, read out `moments` times a sample, and its ports "start", "feed" and "read".

    spikes: it is fed spikes and not vectors.
    """

    def __init__(self, weights: Sequence[Array], options: DsnOptions, x: Array, moments: int, spikes: bool) -> None:
        super().__init__(weights, options, x)
        net, blocks, units = self.net, self.blocks, self.blocks[-1].cols
        self.answers = net.weights(np.zeros((self.n * moments, units)), "answers")
        source: Any = net.add(en.Relay(blocks[0].rows, name="spikes")) if spikes else self.encoder
        modules: list[Any] = [self.encoder]
        for k in range(len(blocks)):
            layer = net.add(self._layer(k))
            net.connect(source.out, layer.spikes)
            modules.append(layer)
            source = layer
        start = net.add(en.Relay(1, name="start"))
        for module in modules:
            net.connect(start.out, module.reset)
        read = source.read_counts if options.output == "counts" else source.read
        self.ports: dict[str, Any] = {"start": start.spikes, "feed": self.encoder.spikes, "read": read}

    def _layer(self, k: int) -> Any:
        """Layer k; the last one has answers to write to."""
        o, block, name = self.options, self.blocks[k], f"layer{k}"
        settings: dict[str, Any] = {"name": name, "scale": o.scale, "coalesce": o.coalesce}
        if k < len(self.blocks) - 1:
            return en.Rectified(block.cols, block, **settings)
        if o.output == "counts":
            return ReadLayer(block.cols, block, self.answers, **settings)
        return en.Accumulator(block.cols, block, self.answers, name=name)


# --- inputs ---
Moment = tuple[Any, bool, int]
"""A port, whether the event's index is the sample's number (else 0), its sign."""


def schedule(steps: Sequence[Moment], n: int) -> Any:
    """The same steps for each of n samples, one sample after another."""
    feed = np.empty((n, len(steps)), dtype=en.EVENT)
    feed["t"] = np.arange(n * len(steps)).reshape(n, -1)
    feed["port"] = [int(port) for port, _, _ in steps]
    feed["index"] = np.arange(n)[:, None] * np.array([by_sample for _, by_sample, _ in steps])
    feed["sign"] = [sign for _, _, sign in steps]
    return feed.reshape(-1)


def answering_inputs(ports: Mapping[str, Any], n: int, steps: int, moments: int) -> Any:
    """The inputs for n samples: a read-out after the last step, or (moments = steps) after each."""
    moments_of_a_sample: list[Moment] = [(ports["start"], False, 1)]
    for step in range(steps):
        moments_of_a_sample.append((ports["feed"], True, 1))
        if moments == steps or step == steps - 1:
            moments_of_a_sample.append((ports["read"], True, 1))
    feed = schedule(moments_of_a_sample, n)
    reads = feed["port"] == int(ports["read"])
    feed["index"][reads] = np.arange(reads.sum())
    return feed


def inputs_by_spike(relay: Any, ports: Mapping[str, Any], spikes: Any) -> Any:
    """The inputs for one sample whose spikes come one by one, with a read-out after each."""
    rows = [(0, ports["start"], 0, 1)]
    for k, spike in enumerate(spikes):
        rows += [
            (2 * k + 1, relay.spikes, int(spike["index"]), int(spike["sign"])),
            (2 * k + 2, ports["read"], k, 1),
        ]
    return en.events(rows)
