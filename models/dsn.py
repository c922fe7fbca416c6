"""Parts of a Deep Spiking Network: its options and numbers, its modules and wires, training and answering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en
from eventnet.errors import ModelError
from eventnet.kernels.ranges import wrong
from eventnet.learning import Columns, ErrorCounter, FsgdInteger, InputSum, Layer, ReadLayer
from eventnet.learning.gradient import KINDS
from eventnet.models.layers import whole


def step_size(o: Mapping[str, Any]) -> int:
    """Size of a step under these options: 1, or S = int(T^2 / eta) in an integer network."""
    return int(o["steps"] ** 2 / o["learning_rate"]) if o["dtype"] == "int32" else 1


def in_numbers(array: Any, dtype: str, scale: int) -> NDArray[Any]:
    """Real numbers in the network's own: scaled and truncated toward 0 in an integer network."""
    array = np.asarray(array)
    if array.dtype.kind not in "fiub" or not np.all(np.isfinite(array)):
        raise ModelError("arrays must hold finite numbers; found NaN, infinity or something else")
    if dtype != "int32":
        return np.array(array, dtype=dtype)
    scaled = np.trunc(array.astype(np.float64) * scale)
    if np.max(np.abs(scaled), initial=0) + scale >= 2**30:
        raise ModelError(f"values up to {np.max(np.abs(array)):g} at scale {scale:,} do not fit an int32 network")
    return np.array(scaled, dtype=np.int32)


def vectors(x: ArrayLike, units: int) -> NDArray[Any]:
    """Inputs [n, units]. Raises ModelError for another shape."""
    array = np.asarray(x)
    if array.ndim != 2 or array.shape[1] != units:
        raise ModelError(f"inputs have shape {array.shape}; wanted [n, {units}]")
    return array


def targets(y: ArrayLike, n: int, classes: int) -> NDArray[Any]:
    """Labels [n] as rows of 0 and 1, or targets [n, classes] as they are. Raises ModelError for anything else."""
    array = np.asarray(y)
    if array.ndim == 1 and array.dtype.kind in "iu":
        if len(array) and (array.min() < 0 or array.max() >= classes):
            raise ModelError(f"labels go from {array.min()} to {array.max()}; wanted 0 to {classes - 1}")
        array = np.eye(classes)[array]
    if array.shape != (n, classes):
        raise ModelError(f"targets have shape {array.shape}; wanted [{n}] labels or [{n}, {classes}]")
    return array


def frame(
    weights: Sequence[NDArray[Any]], o: Mapping[str, Any], x: NDArray[Any]
) -> tuple[en.Network, list[en.Block], en.Encoder]:
    """A network that holds the weights W0, W1, ..., and the quantizer that makes spikes of the vectors x."""
    net = en.Network(o["dtype"])
    blocks = [net.weights(w, f"W{k}") for k, w in enumerate(weights)]
    units = weights[0].shape[0]
    return net, blocks, net.add(en.Encoder(units, net.weights(x, "x"), name="input", scale=step_size(o)))


Moment = tuple[Any, bool, int]
"""A port, whether the event's index is the sample's number (else 0), its sign."""


def schedule(steps: list[Moment], n: int) -> Any:
    """The same steps for each of n samples, one sample after another."""
    feed = np.empty((n, len(steps)), dtype=en.EVENT)
    feed["t"] = np.arange(n * len(steps)).reshape(n, -1)
    feed["port"] = [int(port) for port, _, _ in steps]
    feed["index"] = np.arange(n)[:, None] * np.array([by_sample for _, by_sample, _ in steps])
    feed["sign"] = [sign for _, _, sign in steps]
    return feed.reshape(-1)


OPTIONS: dict[str, Any] = {
    "steps": 10,
    "rule": "fsgd",
    "learning_rate": 0.01,
    "hold_error": True,
    "smooth": False,
    "input_sum": "at once",
    "backward_reset": "none",
    "column": "before",
    "regularization": 0.0,
    "order": "breadth",
    "dtype": "float32",
    "init_scale": 0.01,
    "seed": 1234,
    "gate": "not negative",
    "output": "sums",
    "rectify_inputs": False,
    "coalesce": "none",
    "engine": "compiled",
}
CHOICES = {
    "rule": ("fsgd", "sgd"), "backward_reset": ("none", "zero", "random"), "column": ("before", "after"),
    "dtype": ("float32", "float64", "int32"), "gate": ("not negative", "positive"),
    "input_sum": ("at once", "after"), "output": ("sums", "counts"), "coalesce": ("none", "burst"),
    "engine": ("compiled", "reference"),
}  # fmt: skip


def check_options(sizes: Sequence[int], o: Mapping[str, Any]) -> None:
    """Raises ModelError that names the first option which makes no sense, or which does not go with another."""
    for name, allowed in CHOICES.items():
        if o[name] not in allowed:
            raise ModelError(f"{name} is {o[name]!r}; it can be {' or '.join(map(repr, allowed))}")
    if len(sizes) < 2:
        raise ModelError(f"sizes are {sizes}; wanted at least an input and an output layer")
    whole(o["steps"], "steps", 1)
    for name in ("learning_rate", "init_scale", "regularization"):
        if not np.isfinite(o[name]) or o[name] < 0 or (name == "learning_rate" and o[name] == 0):
            raise ModelError(f"{name} is {o[name]}; wanted a positive number")
    if o["input_sum"] == "after" and not o["smooth"]:
        raise ModelError("input_sum='after' is of smooth updates; without smooth=True there is no sum of inputs")
    if o["dtype"] == "int32":
        _check_integer(o)
    en.order.find_order(o["order"])


def _check_integer(o: Mapping[str, Any]) -> None:
    """An integer network never multiplies."""
    for name, value in (("rule", "sgd"), ("smooth", True)):
        if o[name] == value:
            raise ModelError(f"{name}={value!r} needs multiplication, which an int32 network does not have")
    if o["regularization"]:
        raise ModelError("regularization needs multiplication, which an int32 network does not have")


Floats = NDArray[np.float64]


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


def costs(outputs: Floats, counts: NDArray[np.int64]) -> Trajectory:
    """Running sums of the counts of each moment's root, [n, K, columns]."""
    column = {name: k for k, name in enumerate(en.COLUMNS)}
    kinds = ("input_adds", "synaptic_adds", "neuron_adds", "learning_adds")
    adds = sum(counts[:, :, column[kind]] for kind in kinds)
    return Trajectory(
        outputs,
        np.cumsum(adds, axis=1),
        np.cumsum(counts[:, :, column["synaptic_adds"]], axis=1),
        np.cumsum(counts[:, :, column["deliveries"]], axis=1),
    )


def stack(parts: list[Trajectory]) -> Trajectory:
    """Trajectories one below the other; shorter ones repeat their last moment."""
    longest = max(p.adds.shape[1] for p in parts)

    def padded(array: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([array, np.repeat(array[:, -1:], longest - array.shape[1], axis=1)], axis=1)

    names = ("outputs", "adds", "synaptic", "deliveries")
    return Trajectory(*(np.concatenate([padded(getattr(p, name)) for p in parts]) for name in names))


@dataclass(frozen=True)
class _Modules:
    """encoder -> layers -> (counter, with the target) -> layers -> backs -> ..., and an update for each layer."""

    encoder: en.Encoder
    input_sum: InputSum | None
    layers: list[Layer]
    target: en.Encoder
    backs: dict[int, Columns]
    updates: list[Any]
    counter: ErrorCounter | None


def training_network(
    weights: Sequence[NDArray[Any]],
    o: Mapping[str, Any],
    x: NDArray[Any],
    y: NDArray[Any],
    kept: Sequence[Mapping[str, NDArray[Any]]],
) -> tuple[en.Network, Any]:
    """The network for vectors x and targets y, and its inputs; o: OPTIONS. All numbers are the network's own.

    kept: the state in which training left the backward quantizers, empty before it begins.
    """
    net, made, start, finish = wired(weights, o, x, y, kept)
    step: list[Moment] = [(made.encoder.spikes, True, 1)]
    if made.input_sum is not None:
        step.append((made.input_sum.spikes, True, 1))
    step.append((made.target.spikes, True, -1))
    if made.counter is not None:
        step.append((made.counter.end, False, 1))
    return net, schedule([(start.spikes, False, 1), *(o["steps"] * step), (finish.spikes, False, 1)], len(x))


def wired(
    weights: Sequence[NDArray[Any]],
    o: Mapping[str, Any],
    x: NDArray[Any],
    y: NDArray[Any],
    kept: Sequence[Mapping[str, NDArray[Any]]],
) -> tuple[en.Network, _Modules, en.Relay, en.Relay]:
    """The training network without its inputs, its modules, and where a sample starts and finishes."""
    net, made = _modules(weights, o, x, y, kept)
    _wire_spikes(net, made, o)
    _wire_output_errors(net, made, o)
    _wire_errors(net, made, o)
    start, finish = net.add(en.Relay(1, name="start")), net.add(en.Relay(1, name="finish"))
    _wire_sample(net, made, o, start, finish)
    return net, made, start, finish


def _modules(
    weights: Sequence[NDArray[Any]],
    o: Mapping[str, Any],
    x: NDArray[Any],
    y: NDArray[Any],
    kept: Sequence[Mapping[str, NDArray[Any]]],
) -> tuple[en.Network, _Modules]:
    net, blocks, encoder = frame(weights, o, x)
    settings = {"scale": step_size(o), "coalesce": o["coalesce"]}
    layers = [
        net.add(Layer(w.cols, w, name=f"layer{k}", open_at_zero=o["gate"] == "not negative", **settings))
        for k, w in enumerate(blocks)
    ]
    target = net.add(en.Encoder(blocks[-1].cols, net.weights(y, "y"), name="target", scale=step_size(o)))
    backs = {k: net.add(_backward_quantizer(k, blocks[k], o, kept)) for k in range(1, len(blocks))}
    input_sum = None
    if o["input_sum"] == "after":
        input_sum = net.add(InputSum(encoder.units, encoder.weights, name="input_sum"))
    below = [input_sum or encoder, *layers]
    updates = [net.add(_update(k, w, below[k], o)) for k, w in enumerate(blocks)]
    counter = net.add(ErrorCounter(blocks[-1].cols, name="errors")) if o["hold_error"] else None
    return net, _Modules(encoder, input_sum, layers, target, backs, updates, counter)


def _backward_quantizer(
    k: int, block: en.Block, o: Mapping[str, Any], kept: Sequence[Mapping[str, NDArray[Any]]]
) -> Columns:
    back = Columns(
        block.rows, block, name=f"back{k}", scale=step_size(o), reset_policy=o["backward_reset"],
        seed=o["seed"] + k, coalesce=o["coalesce"],
    )  # fmt: skip
    if kept:
        state = kept[k - 1]
        back.state["phi"], back.integers["draws"] = state["phi"].copy(), state["draws"].copy()
    return back


def check_kept(net: en.Network, kept: Sequence[Mapping[str, NDArray[Any]]]) -> None:
    """Raise ValueError unless a file's state of backward quantizers can be that of this training network."""
    for k, state in enumerate(kept, 1):
        back = net[f"back{k}"]
        for name, found in state.items():
            own = (back.state | back.integers)[name]
            if (found.shape, found.dtype) != (own.shape, own.dtype) or not np.isfinite(found).all():
                wanted = f"{own.dtype} {list(own.shape)}, finite"
                raise wrong(f"{name!r} of back{k}", f"{found.dtype} {list(found.shape)}", wanted)
        back.check_integers({name: state[name] for name in back.integers}, 0)


def _update(k: int, block: en.Block, below: Any, o: Mapping[str, Any]) -> Any:
    keep = k == 0 and not o["rectify_inputs"]
    if o["dtype"] == "int32":
        return FsgdInteger(block, keep_negative=keep, name=f"update{k}")
    made = KINDS[o["rule"], o["smooth"]]
    rate = o["learning_rate"] / o["steps"] ** 2
    options = {"below": below} if o["smooth"] else {}
    return made(block, rate=rate, lam=o["regularization"], keep_negative=keep, name=f"update{k}", **options)


def _wire_spikes(net: en.Network, made: _Modules, o: Mapping[str, Any]) -> None:
    """From the input quantizer up, to each layer and to the update of its weights."""
    sources = [made.encoder, *made.layers[:-1]]
    for k, (source, layer, update) in enumerate(zip(sources, made.layers, made.updates, strict=True)):
        net.connect(source.out, layer.spikes)
        if not o["smooth"]:
            net.connect(source.out, update.spikes)
        if k and o["regularization"]:
            net.connect(source.out, made.updates[k - 1].decay)


def _wire_output_errors(net: en.Network, made: _Modules, o: Mapping[str, Any]) -> None:
    """Output spikes and target spikes become errors of the last layer, by way of the counter where there is one."""
    last = made.layers[-1]
    if made.counter is not None:
        net.connect(last.out, made.counter.output)
        net.connect(made.target.out, made.counter.target)
        net.connect(made.counter.out, last.error)
    else:
        net.connect(last.out, last.error)
        net.connect(made.target.out, last.error)
    if o["regularization"]:
        net.connect(last.out, made.updates[-1].decay)


def _wire_errors(net: en.Network, made: _Modules, o: Mapping[str, Any]) -> None:
    """Errors that a layer lets pass go to its update, and through its backward quantizer to the layer below."""
    for k, (layer, update) in enumerate(zip(made.layers, made.updates, strict=True)):
        consumers = [made.backs[k].spikes, update.error] if k else [update.error]
        for port in consumers if o["column"] == "before" else reversed(consumers):
            net.connect(layer.gated, port)
        if k:
            net.connect(made.backs[k].out, made.layers[k - 1].error)


def _wire_sample(net: en.Network, made: _Modules, o: Mapping[str, Any], start: en.Relay, finish: en.Relay) -> None:
    """What happens at the beginning of a sample, what at its end."""
    summing = () if made.input_sum is None else (made.input_sum,)
    for module in (made.encoder, *summing, *made.layers, made.target, *made.updates):
        if "reset" in module.ports:
            net.connect(start.out, module.reset)
    if o["backward_reset"] != "none":
        for back in made.backs.values():
            net.connect(start.out, back.reset)
    for update in made.updates:
        if o["rule"] == "sgd":
            net.connect(finish.out, update.apply)


def answering_network(
    weights: Sequence[NDArray[Any]], o: Mapping[str, Any], x: NDArray[Any], moments: int, spikes: bool
) -> tuple[en.Network, dict[str, Any]]:
    """The network for vectors x, and its ports "start", "feed" and "read"; o: OPTIONS.

    It is read out `moments` times a sample; `spikes` feeds it spikes, not vectors.
    """
    net, blocks, encoder = frame(weights, o, x)
    answers = net.weights(np.zeros((len(x) * moments, blocks[-1].cols)), "answers")
    source: Any = net.add(en.Relay(blocks[0].rows, name="spikes")) if spikes else encoder
    modules: list[Any] = [encoder]
    for k, block in enumerate(blocks):
        layer = net.add(_layer(k, block, answers if k == len(blocks) - 1 else None, o))
        net.connect(source.out, layer.spikes)
        modules.append(layer)
        source = layer
    start = net.add(en.Relay(1, name="start"))
    for module in modules:
        net.connect(start.out, module.reset)
    read = modules[-1].read_counts if o["output"] == "counts" else modules[-1].read
    return net, {"start": start.spikes, "feed": encoder.spikes, "read": read}


def _layer(k: int, block: en.Block, answers: en.Block | None, o: Mapping[str, Any]) -> Any:
    """Layer k; the last one has `answers` to write to."""
    settings: dict[str, Any] = {"name": f"layer{k}", "scale": step_size(o), "coalesce": o["coalesce"]}
    if answers is None:
        return en.Rectified(block.cols, block, **settings)
    if o["output"] == "counts":
        return ReadLayer(block.cols, block, answers, **settings)
    return en.Accumulator(block.cols, block, answers, name=f"layer{k}")


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


def input_spikes(o: Mapping[str, Any], x: NDArray[Any]) -> Any:
    """The lines of the log in which the input quantizer's spikes for one sample arrive, over all steps."""
    quantizer = en.Network(o["dtype"])
    encoder = quantizer.add(en.Encoder(x.shape[1], quantizer.weights(x, "x"), scale=step_size(o)))
    sink = quantizer.add(en.Sink(x.shape[1]))
    quantizer.connect(encoder.out, sink.spikes)
    feed = schedule([(encoder.spikes, True, 1)] * o["steps"], 1)
    log = en.simulate(quantizer, feed, order="fifo", engine=o["engine"], record=True).log
    return log[log["port"] == int(sink.spikes)]


def inputs_by_spike(relay: Any, ports: Mapping[str, Any], spikes: Any) -> Any:
    """The inputs for one sample whose spikes come one by one, with a read-out after each."""
    rows = [(0, ports["start"], 0, 1)]
    for k, spike in enumerate(spikes):
        rows += [
            (2 * k + 1, relay.spikes, int(spike["index"]), int(spike["sign"])),
            (2 * k + 2, ports["read"], k, 1),
        ]
    return en.events(rows)
