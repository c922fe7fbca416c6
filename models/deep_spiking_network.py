"""The Deep Spiking Network (thesis chapter 3, appendix A): a network of signed spikes that learns by backpropagation.

Training is a network of modules on the engine; this file builds it, feeds it, and takes the weights back out. One
sample takes T steps; each step feeds the input vector to a signed quantizer, whose spikes run through rectified layers.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en
from eventnet.errors import DataError, ModelError
from eventnet.files import read_npz, write_npz
from eventnet.learning import Columns, ErrorCounter, FsgdInteger, Layer, ReadLayer
from eventnet.learning.gradient import KINDS

FORMAT = "eventnet-deep-spiking-network-1"
CHUNK = 2000
"""Samples a run: building one costs some 10 ms. Results do not depend on it."""

Floats = NDArray[np.float64]

OPTIONS: dict[str, Any] = {
    "steps": 10,
    "rule": "fsgd",
    "learning_rate": 0.01,
    "hold_error": True,
    "smooth": False,
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


class DeepSpikingNetwork:
    """Layers of `sizes` units, trained one sample at a time.

    steps           T, steps a sample
    rule            "fsgd" updates at each error spike, "sgd" at the end of each sample
    learning_rate   eta; a weight moves by eta / T^2 a pair of spikes (erratum: (3.6), (3.7) print eta / T)
    hold_error      sum errors over a step and send them one by one, or send each at once
    smooth          use the sums fed to the layer below in place of its spike counts
    backward_reset  "none", "zero" or "random": what happens to the backward quantizers at each sample
    column          errors are propagated by the column "before" or "after" the update they cause
    regularization  lambda: each forward spike is also an error of this weight for its own layer's update
    order           the routing order, a name or a key function
    dtype           "float32", "float64", or "int32": scaled integers, where nothing is ever multiplied
    init_scale      standard deviation of the initial weights
    seed            of the initial weights and of everything random
    gate            errors pass where the sum of a unit's inputs is "not negative" or "positive"
    output          "sums" of the last layer's inputs, or "counts" of its spikes
    rectify_inputs  negative input counts train nothing, as in the author's program
    coalesce        "none" checks thresholds after every row, "burst" once per burst
    engine          "compiled" or "reference"

    Inputs are arrays [n, sizes[0]] of finite numbers (the author divides pixels by 256). Raises ModelError for options
    that do not go together.
    """

    def __init__(self, sizes: Sequence[int], **options: Any) -> None:
        self.sizes = [int(n) for n in sizes]
        unknown = set(options) - set(OPTIONS)
        if unknown:
            raise ModelError(f"unknown options {sorted(unknown)}; there are {', '.join(OPTIONS)}")
        self.options: dict[str, Any] = {**OPTIONS, **options}
        self._check()
        o = self.options
        rng = np.random.RandomState(o["seed"])
        drawn = [o["init_scale"] * rng.randn(a, b) for a, b in zip(self.sizes[:-1], self.sizes[1:], strict=True)]
        self._weights = [self._number(w) for w in drawn]
        self._backward: list[dict[str, NDArray[Any]]] = []
        self.tally: en.Tally | None = None
        self.samples_seen = 0

    @classmethod
    def from_weights(cls, weights: Sequence[ArrayLike], **options: Any) -> DeepSpikingNetwork:
        """A network with given weights, W[n_in, n_out] for each layer, in real numbers."""
        arrays = [np.asarray(w, dtype=np.float64) for w in weights]
        if not arrays or any(w.ndim != 2 for w in arrays):
            raise ModelError(f"weights have shapes {[w.shape for w in arrays]}; wanted [n_in, n_out] for each layer")
        for k, (below, above) in enumerate(zip(arrays[:-1], arrays[1:], strict=True)):
            if below.shape[1] != above.shape[0]:
                raise ModelError(
                    f"weights {k} have {below.shape[1]} columns, but weights {k + 1} {above.shape[0]} rows"
                )
        made = cls([arrays[0].shape[0], *(w.shape[1] for w in arrays)], **options)
        made._weights = [made._number(w) for w in arrays]
        return made

    # --- options ---
    def _check(self) -> None:
        o = self.options
        choices = {
            "rule": ("fsgd", "sgd"), "backward_reset": ("none", "zero", "random"), "column": ("before", "after"),
            "dtype": ("float32", "float64", "int32"), "gate": ("not negative", "positive"),
            "output": ("sums", "counts"), "coalesce": ("none", "burst"), "engine": ("compiled", "reference"),
        }  # fmt: skip
        for name, allowed in choices.items():
            if o[name] not in allowed:
                raise ModelError(f"{name} is {o[name]!r}; it can be {' or '.join(map(repr, allowed))}")
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ModelError(f"sizes are {self.sizes}; wanted at least an input and an output layer")
        if int(o["steps"]) != o["steps"] or o["steps"] < 1:
            raise ModelError(f"steps is {o['steps']}; wanted a whole number, 1 or more")
        for name in ("learning_rate", "init_scale", "regularization"):
            if not np.isfinite(o[name]) or o[name] < 0 or (name == "learning_rate" and o[name] == 0):
                raise ModelError(f"{name} is {o[name]}; wanted a positive number")
        if o["dtype"] == "int32":
            for name, value in (("rule", "sgd"), ("smooth", True)):
                if o[name] == value:
                    raise ModelError(f"{name}={value!r} needs multiplication, which an int32 network does not have")
            if o["regularization"]:
                raise ModelError("regularization needs multiplication, which an int32 network does not have")
        en.order.find_order(o["order"])

    @property
    def scale(self) -> int:
        """Size of a step: 1, or S = int(T^2 / eta) in an integer network."""
        o = self.options
        return int(o["steps"] ** 2 / o["learning_rate"]) if o["dtype"] == "int32" else 1

    def _number(self, array: Any) -> NDArray[Any]:
        """Real numbers in the network's own: scaled and truncated toward 0 in an integer network."""
        array = np.asarray(array)
        if array.dtype.kind not in "fiub" or not np.all(np.isfinite(array)):
            raise ModelError("arrays must hold finite numbers; found NaN, infinity or something else")
        if self.options["dtype"] != "int32":
            return np.array(array, dtype=self.options["dtype"])
        scaled = np.trunc(array.astype(np.float64) * self.scale)
        if np.max(np.abs(scaled), initial=0) + self.scale >= 2**30:
            raise ModelError(
                f"values up to {np.max(np.abs(array)):g} at scale {self.scale:,} do not fit an int32 network"
            )
        return np.array(scaled, dtype=np.int32)

    @property
    def weights(self) -> list[Floats]:
        """Copies of the weights in real numbers, W[n_in, n_out] for each layer."""
        return [w / self.scale if self.scale != 1 else w.copy() for w in self._weights]

    # --- inputs ---
    def _inputs(self, x: ArrayLike) -> NDArray[Any]:
        array = np.asarray(x)
        if array.ndim != 2 or array.shape[1] != self.sizes[0]:
            raise ModelError(f"inputs have shape {array.shape}; wanted [n, {self.sizes[0]}]")
        return self._number(array)

    def _targets(self, y: ArrayLike, n: int) -> NDArray[Any]:
        array = np.asarray(y)
        if array.ndim == 1 and array.dtype.kind in "iu":
            if len(array) and (array.min() < 0 or array.max() >= self.sizes[-1]):
                raise ModelError(f"labels go from {array.min()} to {array.max()}; wanted 0 to {self.sizes[-1] - 1}")
            array = np.eye(self.sizes[-1])[array]
        if array.shape != (n, self.sizes[-1]):
            raise ModelError(f"targets have shape {array.shape}; wanted [{n}] labels or [{n}, {self.sizes[-1]}]")
        return self._number(array)

    # --- training ---
    def fit(
        self, x: ArrayLike, y: ArrayLike, *, epochs: int = 1, progress: bool | Callable[..., None] = False
    ) -> DeepSpikingNetwork:
        """Train on all samples in order, `epochs` times. y: labels [n], or targets [n, n_out].

        progress: True for a bar on a terminal, or a function called with (samples done, samples in all).
        """
        inputs = self._inputs(x)
        targets = self._targets(y, len(inputs))
        total, done = epochs * len(inputs), 0
        tally = None
        with _Progress(progress, total) as step:
            for _ in range(epochs):
                for part in _chunks(len(inputs)):
                    self._train(inputs[part], targets[part])
                    tally = self.tally if tally is None or self.tally is None else tally + self.tally
                    done += part.stop - part.start
                    step(done)
        self.tally = tally
        return self

    def partial_fit(self, x: ArrayLike, y: ArrayLike) -> DeepSpikingNetwork:
        """Train on these samples once, going on from where training stands."""
        return self.fit(x, y, epochs=1)

    def _train(self, x: NDArray[Any], y: NDArray[Any]) -> None:
        net, feed = self.training_network(x, y)
        sim = en.Simulation(net, self.options["order"], engine=self.options["engine"], seed=self.options["seed"])
        sim.inject(feed)
        sim.run()
        self._weights = [sim.weights(f"W{k}") for k in range(len(self._weights))]
        self._backward = [
            sim.state(f"back{k}") | {"draws": sim.state(f"back{k}")["draws"]} for k in range(1, len(self._weights))
        ]
        self.samples_seen += len(x)
        self.tally = sim.tally

    def training_network(self, x: NDArray[Any], y: NDArray[Any]) -> tuple[en.Network, Any]:
        """The training network for vectors x and targets y in the network's own numbers, and its inputs."""
        o, last = self.options, len(self._weights) - 1
        net, blocks, encoder = self._frame(x)
        layer_options = {"scale": self.scale, "coalesce": o["coalesce"]}
        layers = [
            net.add(Layer(w.cols, w, name=f"layer{k}", open_at_zero=o["gate"] == "not negative", **layer_options))
            for k, w in enumerate(blocks)
        ]
        target = net.add(en.Encoder(self.sizes[-1], net.weights(y, "y"), name="target", scale=self.scale))
        backs = {k: net.add(self._backward_quantizer(k, blocks[k])) for k in range(1, last + 1)}
        updates = [net.add(self._update(k, w, layers[k - 1] if k else encoder)) for k, w in enumerate(blocks)]
        counter = net.add(ErrorCounter(self.sizes[-1], name="errors")) if o["hold_error"] else None

        sources = [encoder, *layers[:-1]]
        for k, (source, layer, update) in enumerate(zip(sources, layers, updates, strict=True)):
            net.connect(source.out, layer.spikes)
            if not o["smooth"]:
                net.connect(source.out, update.spikes)
            if k and o["regularization"]:
                net.connect(source.out, updates[k - 1].decay)
        if counter is not None:
            net.connect(layers[-1].out, counter.output)
            net.connect(target.out, counter.target)
            net.connect(counter.out, layers[-1].error)
        else:
            net.connect(layers[-1].out, layers[-1].error)
            net.connect(target.out, layers[-1].error)
        if o["regularization"]:
            net.connect(layers[-1].out, updates[-1].decay)
        for k, (layer, update) in enumerate(zip(layers, updates, strict=True)):
            consumers = [backs[k].spikes, update.error] if k else [update.error]
            for port in consumers if o["column"] == "before" else reversed(consumers):
                net.connect(layer.gated, port)
            if k:
                net.connect(backs[k].out, layers[k - 1].error)

        start, finish = net.add(en.Relay(1, name="start")), net.add(en.Relay(1, name="finish"))
        for module in (encoder, *layers, target, *updates):
            if "reset" in module.ports:
                net.connect(start.out, module.reset)
        if o["backward_reset"] != "none":
            for back in backs.values():
                net.connect(start.out, back.reset)
        for update in updates:
            if o["rule"] == "sgd":
                net.connect(finish.out, update.apply)

        step: list[tuple[Any, bool, int]] = [(encoder.spikes, True, 1), (target.spikes, True, -1)]
        if counter is not None:
            step.append((counter.end, False, 1))
        schedule = [(start.spikes, False, 1), *(o["steps"] * step), (finish.spikes, False, 1)]
        return net, _schedule(schedule, len(x))

    def _frame(self, x: NDArray[Any]) -> tuple[en.Network, list[en.Block], en.Encoder]:
        net = en.Network(self.options["dtype"])
        blocks = [net.weights(w, f"W{k}") for k, w in enumerate(self._weights)]
        return net, blocks, net.add(en.Encoder(self.sizes[0], net.weights(x, "x"), name="input", scale=self.scale))

    def _backward_quantizer(self, k: int, block: en.Block) -> Columns:
        o = self.options
        back = Columns(
            self.sizes[k], block, name=f"back{k}", scale=self.scale, reset_policy=o["backward_reset"],
            seed=o["seed"] + k, coalesce=o["coalesce"],
        )  # fmt: skip
        if self._backward:
            kept = self._backward[k - 1]
            back.state["phi"], back.integers["draws"] = kept["phi"].copy(), kept["draws"].copy()
        return back

    def _update(self, k: int, block: en.Block, below: Any) -> Any:
        o = self.options
        keep = k == 0 and not o["rectify_inputs"]
        if o["dtype"] == "int32":
            return FsgdInteger(block, keep_negative=keep, name=f"update{k}")
        made = KINDS[o["rule"], o["smooth"]]
        rate = o["learning_rate"] / o["steps"] ** 2
        options = {"below": below} if o["smooth"] else {}
        return made(block, rate=rate, lam=o["regularization"], keep_negative=keep, name=f"update{k}", **options)

    # --- answering ---
    def decision_function(
        self, x: ArrayLike, *, workers: int = 1, progress: bool | Callable[..., None] = False
    ) -> Floats:
        """Outputs [n, n_out]: what was fed to the last layer, or what it fired, over T.

        workers: threads that answer for samples of their own (the loop lets go of Python's lock); the results and the
        tally are the same for any number.
        """
        inputs = self._inputs(x)
        parts = list(_chunks(len(inputs), max(workers, 1)))
        answers, tallies = np.zeros((len(inputs), self.sizes[-1])), []
        with _Progress(progress, len(inputs)) as step, ThreadPoolExecutor(max(workers, 1)) as pool:
            for part, (outputs, sim) in zip(parts, pool.map(lambda p: self._answer(inputs[p], 1), parts), strict=True):
                answers[part] = outputs[:, 0]
                tallies.append(sim.tally)
                step(part.stop)
        self.tally = functools.reduce(lambda a, b: a + b, tallies) if tallies else None
        return answers

    def predict(
        self, x: ArrayLike, *, workers: int = 1, progress: bool | Callable[..., None] = False
    ) -> NDArray[np.int64]:
        """The class [n] with the largest output; the lowest at a tie."""
        return np.asarray(self.decision_function(x, workers=workers, progress=progress).argmax(axis=1))

    def score(self, x: ArrayLike, labels: ArrayLike, *, workers: int = 1) -> float:
        """Fraction of right answers."""
        return float(np.mean(self.predict(x, workers=workers) == np.asarray(labels)))

    def trajectory(self, x: ArrayLike, every: str = "step") -> Trajectory:
        """Answer, adds and events after each step, or (every="spike") after each input spike (figure 3.3)."""
        if every not in ("step", "spike"):
            raise ModelError(f"every is {every!r}; it can be 'step' or 'spike'")
        inputs = self._inputs(x)
        if every == "spike":
            return _stack([self._by_spike(inputs[k : k + 1]) for k in range(len(inputs))])
        return _stack([self._by_step(inputs[part]) for part in _chunks(len(inputs))])

    def answering_network(
        self, x: NDArray[Any], moments: int, spikes: bool = False
    ) -> tuple[en.Network, dict[str, Any]]:
        """The forward network alone, read out `moments` times a sample; `spikes` feeds it spikes, not vectors."""
        o = self.options
        net, blocks, encoder = self._frame(x)
        answers = net.weights(np.zeros((len(x) * moments, self.sizes[-1])), "answers")
        source: Any = net.add(en.Relay(self.sizes[0], name="spikes")) if spikes else encoder
        modules: list[Any] = [encoder]
        for k, block in enumerate(blocks):
            settings = {"name": f"layer{k}", "scale": self.scale, "coalesce": o["coalesce"]}
            if k < len(blocks) - 1:
                layer: Any = en.Rectified(block.cols, block, **settings)
            elif o["output"] == "counts":
                layer = ReadLayer(block.cols, block, answers, **settings)
            else:
                layer = en.Accumulator(block.cols, block, answers, name=f"layer{k}")
            net.connect(source.out, net.add(layer).spikes)
            modules.append(layer)
            source = layer
        start = net.add(en.Relay(1, name="start"))
        for module in modules:
            net.connect(start.out, module.reset)
        read = modules[-1].read_counts if o["output"] == "counts" else modules[-1].read
        return net, {"start": start.spikes, "feed": encoder.spikes, "read": read}

    def _run(self, net: en.Network, inputs: Any, **options: Any) -> en.Simulation:
        sim = en.Simulation(
            net, self.options["order"], engine=self.options["engine"], seed=self.options["seed"], **options
        )
        sim.inject(inputs)
        sim.run()
        self.tally = sim.tally
        return sim

    def _answer(self, x: NDArray[Any], moments: int, roots: bool = False) -> tuple[Floats, en.Simulation]:
        """Outputs [n, moments, n_out] after the last step, or (moments = T) after each."""
        steps = self.options["steps"]
        net, ports = self.answering_network(x, moments)
        schedule: list[tuple[Any, bool, int]] = [(ports["start"], False, 1)]
        for step in range(steps):
            schedule.append((ports["feed"], True, 1))
            if moments == steps or step == steps - 1:
                schedule.append((ports["read"], True, 1))
        feed = _schedule(schedule, len(x))
        reads = feed["port"] == int(ports["read"])
        feed["index"][reads] = np.arange(reads.sum())
        sim = self._run(net, feed, roots=roots)
        outputs = sim.weights("answers").reshape(len(x), moments, -1).astype(np.float64)
        divisor = self.scale * (np.arange(1, steps + 1) if moments == steps else np.array([steps]))
        return outputs / divisor[None, :, None], sim

    def _by_step(self, x: NDArray[Any]) -> Trajectory:
        steps = self.options["steps"]
        outputs, sim = self._answer(x, steps, roots=True)
        _, counts = sim.tally.root_arrays()
        per_sample = counts.reshape(len(x), -1, counts.shape[1])
        return _costs(outputs, per_sample[:, 1::2] if steps > 1 else per_sample[:, 1:2])

    def _by_spike(self, x: NDArray[Any]) -> Trajectory:
        """One sample, one input spike at a time; the spikes are those its quantizer makes."""
        steps = self.options["steps"]
        quantizer = en.Network(self.options["dtype"])
        encoder = quantizer.add(en.Encoder(self.sizes[0], quantizer.weights(x, "x"), scale=self.scale))
        sink = quantizer.add(en.Sink(self.sizes[0]))
        quantizer.connect(encoder.out, sink.spikes)
        feed = _schedule([(encoder.spikes, True, 1)] * steps, 1)
        log = en.simulate(quantizer, feed, order="fifo", engine=self.options["engine"], record=True).log
        spikes = log[log["port"] == int(sink.spikes)]
        n = max(len(spikes), 1)
        net, ports = self.answering_network(x, n, spikes=True)
        relay: Any = net["spikes"]
        rows = [(0, ports["start"], 0, 1)]
        for k, spike in enumerate(spikes):
            rows += [
                (2 * k + 1, relay.spikes, int(spike["index"]), int(spike["sign"])),
                (2 * k + 2, ports["read"], k, 1),
            ]
        sim = self._run(net, en.events(rows), roots=True)
        outputs = sim.weights("answers").reshape(1, n, -1).astype(np.float64) / (self.scale * steps)
        _, counts = sim.tally.root_arrays()
        return _costs(outputs, counts[1::2][None] if len(spikes) else np.zeros((1, 1, counts.shape[1]), np.int64))

    # --- files ---
    def save(self, path: str | Path) -> None:
        """Write sizes, options, weights and the state of training to one file; a failed write leaves the old one."""
        o = dict(self.options)
        if not isinstance(o["order"], str):
            raise ModelError("a network whose order is a key function cannot be saved: give it an order with a name")
        arrays = {f"W{k}": w for k, w in enumerate(self._weights)}
        for k, kept in enumerate(self._backward):
            arrays |= {f"back{k}:{name}": array for name, array in kept.items()}
        text = {"format": FORMAT, "sizes": self.sizes, "options": o, "samples_seen": self.samples_seen}
        write_npz(path, json.dumps(text), arrays)

    @classmethod
    def load(cls, path: str | Path) -> DeepSpikingNetwork:
        """Read what `save` wrote. Raises DataError for a damaged file."""
        text, arrays = read_npz(path, FORMAT)
        try:
            made = cls(text["sizes"], **text["options"])
            weights = [arrays[f"W{k}"] for k in range(len(made.sizes) - 1)]
            for old, new in zip(made._weights, weights, strict=True):
                if old.shape != new.shape or old.dtype != new.dtype or not np.all(np.isfinite(new)):
                    raise DataError(
                        f"{path} holds weights {new.shape} {new.dtype}; wanted {old.shape} {old.dtype}, finite"
                    )
            made._weights = weights
            layers = range(len(made.sizes) - 2) if any(k.startswith("back0:") for k in arrays) else range(0)
            made._backward = [{n: arrays[f"back{k}:{n}"] for n in ("phi", "draws", "noticed")} for k in layers]
            made.samples_seen = int(text["samples_seen"])
        except DataError:
            raise
        except (LookupError, TypeError, ValueError, ArithmeticError, MemoryError) as error:
            raise DataError(f"{path} does not describe a Deep Spiking Network: {error}") from error
        return made


def _chunks(n: int, workers: int = 1) -> Iterator[slice]:
    rounds = max(1, -(-n // (CHUNK * workers)))  # so that all workers end together
    size = max(1, -(-n // (rounds * workers)))
    return (slice(k, min(k + size, n)) for k in range(0, n, size))


def _schedule(steps: list[tuple[Any, bool, int]], n: int) -> Any:
    """Inputs for n samples: one event a tick; (port, whether its index is the sample's number, sign)."""
    feed = np.empty((n, len(steps)), dtype=en.EVENT)
    feed["t"] = np.arange(n * len(steps)).reshape(n, -1)
    feed["port"] = [int(port) for port, _, _ in steps]
    feed["index"] = np.arange(n)[:, None] * np.array([by_sample for _, by_sample, _ in steps])
    feed["sign"] = [sign for _, _, sign in steps]
    return feed.reshape(-1)


def _costs(outputs: Floats, counts: NDArray[np.int64]) -> Trajectory:
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


def _stack(parts: list[Trajectory]) -> Trajectory:
    """Trajectories one below the other; shorter ones repeat their last moment."""
    longest = max(p.adds.shape[1] for p in parts)

    def padded(array: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([array, np.repeat(array[:, -1:], longest - array.shape[1], axis=1)], axis=1)

    names = ("outputs", "adds", "synaptic", "deliveries")
    return Trajectory(*(np.concatenate([padded(getattr(p, name)) for p in parts]) for name in names))


class _Progress:
    """A bar, a user's function, or nothing."""

    def __init__(self, wanted: bool | Callable[..., None], total: int) -> None:
        self.wanted, self.total = wanted, total
        self.bar: Any = None

    def __enter__(self) -> Callable[[int], None]:
        if callable(self.wanted):
            report, total = self.wanted, self.total
            return lambda done: report(done, total)
        if not self.wanted:
            return lambda done: None
        from rich.progress import Progress

        bar = self.bar = Progress(transient=True)
        self.bar.start()
        task = self.bar.add_task("samples", total=self.total)
        return lambda done: bar.update(task, completed=done)

    def __exit__(self, *problem: object) -> None:
        if self.bar is not None:
            self.bar.stop()
