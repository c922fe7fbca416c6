"""Proportional-derivative networks: trained on a stream of data, with quantized changes for activations and errors.

Source: P. O'Connor, Biologically plausible deep learning (2020), chapter 5 and appendix C.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en
from eventnet.base.files import described, read_npz, write_npz
from eventnet.base.guesses import Guessed
from eventnet.base.summary import Summarized, Summary
from eventnet.data import one_hot
from eventnet.errors import DataError, EventnetError, ModelError
from eventnet.kernels.patches import Geometry, channel_last
from eventnet.learning.past_by_shifts import find_rule
from eventnet.learning.proportional import PDError, PDInbox, PDOutput
from eventnet.learning.synapses import RAW, RULES, SEEN, Synapses
from eventnet.models.conventional import ConventionalNetwork, check_pairs
from eventnet.models.layers import (
    ConvSpec,
    DenseSpec,
    Floats,
    Layer,
    Shape,
    Spec,
    blueprint_text,
    forward,
    normalizes,
    read_blueprint,
)
from eventnet.models.shared import Progress, events_at, finite, from_text, in_text, one_of, whole, with_defaults
from eventnet.models.stages import Stage, geometry_of, layer_of, quantity_shapes, rows_of, stages
from eventnet.models.summaries import layered, of_specs
from eventnet.models.trainable import ACTIVATIONS
from eventnet.neurons.pd_code import (
    ACTIVATION,
    ALPHA,
    BETA,
    DECAYS,
    ETA,
    LAST,
    MEAN,
    NEXT,
    NOTICED,
    RATE,
    RELATIVE,
    ROW_SET,
    SHIFTS,
    STAMP,
    STEP,
    USED,
)
from eventnet.neurons.proportional import PDEncoder, PDLayer, PDReadout
from eventnet.order import find_order

FORMAT = "eventnet-pd-network-1"
ROOM = 500
"""Samples that are handed over at once. Results do not depend on it."""
BUDGET = 10**9
"""Deliveries that one sample may take: where errors have been small for long, scales that follow them make tens of
millions of spikes of a sudden one. Whether a network has diverged is for its codes to say."""


class PDNetwork(Guessed, Summarized):
    """Layers that hear, compute and learn from quantized changes; softmax on top.

    sizes          what an input has, then each layer's units, as [784, 200, 10]; see `of` for convolutions
    kp, kd         gains of every code: a step sends kp x + kd (x - x_last), rounded with memory. kp = 0 sends nothing
                   for an unchanged input; with kp > 0 an unchanged input still costs, and errors of a code die away
    rule           how spikes move weights: "past", "recon", "future" or "stdp" (`eventnet.learning.synapses`). "past"
                   learns best; "future" and "stdp" want a tenth of its learning rate; all but "recon" want kp above 0
    traces         of "future": "scaled", each spike by the scale of its own time (None, as chapter 5 has it), or "raw",
                   bare spikes by today's scales, as in the author's program; "stdp" is "future" with raw ones. Without
                   `adapt_scale` both are the same
    decay          how codes decay: "exact", or "shifts": alpha = kd / (kp + kd) is rounded to 1 - 2^-k or
                   1 - 2^-k - 2^-m and scales to powers of two, so that codes and traces want no multiplication, and
                   `past` one a synapse, not three
    adapt_scale    every code's scale follows its mean |x| (C.8), at the rate `eta`
    learning_rate  plain gradient descent, one sample a step
    activation     "relu", "hard_sigmoid", "tanh" or "identity"
    order          the routing order; it changes nothing but the order of the log
    engine         "compiled" or "reference"
    dtype          "float32" or "float64"
    seed           of the initial weights, which are those of a ConventionalNetwork with the same layers and seed

    tally          what the last `fit`, `partial_fit`, `predict`, `score` or `outputs` has counted as a whole; None
                   before the first. Of a pass that diverges nothing is counted
    learning_tally what all of learning has counted, in every call and file that it went through; None before it begins
                   (`fit` begins it anew), and where a file of an earlier version does not say
    samples_seen   how many samples learning has shown

    States run on over the data: a stream that changes little from one sample to the next costs less. Raises ModelError
    for options that make no sense.
    """

    def __init__(self, sizes: Sequence[int], **options: Any) -> None:
        self._prepare([DenseSpec(n) for n in sizes[1:]], tuple(sizes[:1]), options)

    @classmethod
    def of(cls, blueprint: Sequence[Spec | int], input_shape: Sequence[int], **options: Any) -> Self:
        """A network of ConvSpec and DenseSpec (a number is a DenseSpec); input_shape (channels, height, width)."""
        made = cls.__new__(cls)
        specs = [spec if isinstance(spec, Spec) else DenseSpec(spec) for spec in blueprint]
        made._prepare(specs, tuple(input_shape), options)
        return made

    def _prepare(self, blueprint: list[Spec], input_shape: Shape, options: Mapping[str, Any]) -> None:
        self.options = with_defaults(options, OPTIONS)
        for k, spec in enumerate(blueprint):
            if not isinstance(spec, (DenseSpec, ConvSpec)) or normalizes(spec):
                raise ModelError(f"layer {k} is {spec}; wanted DenseSpec or ConvSpec without batch normalisation")
        self.blueprint, self.input_shape = blueprint, input_shape
        PDOptions(**self.options).check()
        twin = self.twin()
        self.classes = twin.classes
        self._start(twin.layers())

    def twin(self) -> ConventionalNetwork:
        """A conventional network with the same layers and initial weights, untrained: one sample a step."""
        same = {name: self.options[name] for name in ("learning_rate", "activation", "dtype", "seed")}
        return ConventionalNetwork.of(self.blueprint, self.input_shape, batch=1, init="glorot", **same)

    def _start(self, layers: Sequence[Layer]) -> None:
        self._steps, self._shapes = stages(layers), quantity_shapes(layers, self.input_shape)
        self._modules = PDModules(self._steps, self._shapes, self.options, learns=True)
        self.tally: en.Tally | None = None
        self._cost: LearningCost | None = LearningCost(self._modules.simulation.tally, 0)

    def changed(self, **options: Any) -> Self:
        """A network with these weights and other options; its states and counts begin anew.

        Scales that adapt go on from where they are.
        """
        made = type(self).of(self.blueprint, self.input_shape, **{**self.options, **options})
        made._start(self.layers())
        if made.options["adapt_scale"]:
            before = self._modules.state()
            for name, array in made._modules.state().items():
                if name.endswith(".code"):
                    array[[BETA, MEAN]] = before[name][[BETA, MEAN]]
        return made

    def _summary(self) -> Summary:
        rows, o = of_specs(self.blueprint, self.input_shape), self.options
        title = f"PDNetwork, {o['dtype']}, rule {o['rule']}: {self.samples_seen:,} samples learned"
        return layered(title, rows, self.tally)

    # --- learning ---
    def fit(
        self, stream: ArrayLike, labels: ArrayLike, *, epochs: int = 1, progress: bool | Callable[..., None] = False
    ) -> Self:
        """Learn from the initial weights on: all samples in order, `epochs` times.

        stream: [n, units] or [n, channels, height, width]. labels: integers [n]. progress: True for a bar on a
        terminal, or a function called with (samples done, samples in all).

        Raises DataError when the stream or the labels have a wrong shape or values, ModelError when learning diverges;
        the network then has the weights and states of the end of the last good epoch.
        """
        epochs = whole(epochs, "epochs", 0)
        inputs, classes = self._samples(stream, labels)
        self._start(self.twin().layers())
        with Progress(progress, epochs * len(inputs)) as report:
            for epoch in range(epochs):
                self._pass(inputs, classes, report, epoch * len(inputs))
                self.tally = self.learning_tally
        return self

    def partial_fit(self, stream: ArrayLike, labels: ArrayLike) -> Self:
        """Go on learning from the present weights and states, every sample once; arguments and errors as for `fit`."""
        inputs, classes = self._samples(stream, labels)
        before, self.tally = self._modules.simulation.tally, None
        self._pass(inputs, classes)
        self.tally = self._modules.simulation.tally - before
        return self

    def _pass(
        self, inputs: Floats, classes: NDArray[np.int64], report: Callable[[int], None] | None = None, done: int = 0
    ) -> None:
        """Learn from every sample once; a pass that diverges changes nothing in the end."""
        modules, cost = self._modules, self._cost_now()
        kept, samples = {name: array.copy() for name, array in modules.state().items()}, modules.samples
        try:
            for begin in range(0, len(inputs), ROOM):
                modules.learn(inputs[begin : begin + ROOM], classes[begin : begin + ROOM])
                if not all(np.isfinite(array).all() for pair in modules.learned() for array in pair):
                    raise ModelError("weights are no longer finite")
                if report is not None:
                    report(done + min(begin + ROOM, len(inputs)))
        except EventnetError as error:
            self._return_to(kept, samples)
            self._cost = cost
            rate = self.options["learning_rate"]
            raise ModelError(
                f"learning diverged ({error}); lower the learning rate of {rate}. The network has the weights from "
                "before that pass"
            ) from error

    def _return_to(self, state: Mapping[str, NDArray[Any]], samples: int) -> None:
        """A fresh simulation in an earlier state."""
        self._modules = PDModules(self._steps, self._shapes, self.options, learns=True)
        for name, array in self._modules.state().items():
            array[...] = state[name]
        self._modules.samples = samples

    # --- answers ---
    def predict(self, stream: ArrayLike) -> NDArray[np.int64]:
        """The most probable label after each sample, [n]: codes run from rest over the stream, as in learning."""
        return np.asarray(self.outputs(stream).argmax(axis=1), dtype=np.int64)

    def outputs(self, stream: ArrayLike) -> Floats:
        """The outputs before softmax after each sample, [n, classes]. The network learns nothing from the samples."""
        inputs, modules = self._inputs(stream), self._answering()
        found = [np.zeros((0, self.classes))]
        for begin in range(0, len(inputs), ROOM):
            found.append(modules.answer(inputs[begin : begin + ROOM]))
        self.tally = modules.simulation.tally
        return np.concatenate(found)

    def outputs_from_rest(self, x: ArrayLike, steps: int = 10) -> Floats:
        """The outputs before softmax of each sample, shown `steps` times by itself, codes from rest, [n, classes].

        An answer depends on its own sample alone, unlike those of `outputs`.
        """
        inputs, steps, modules = self._inputs(x), whole(steps, "steps", 1), self._answering()
        rest = {name: array.copy() for name, array in modules.state().items()}
        found = np.zeros((len(inputs), self.classes))
        for k, sample in enumerate(inputs):
            for name, array in modules.state().items():
                array[...] = rest[name]
            found[k] = modules.answer(np.repeat(sample[None], steps, axis=0))[-1]
        self.tally = modules.simulation.tally
        return found

    def _answering(self) -> PDModules:
        steps, codes = stages(self.layers()), self._modules.codes()
        return PDModules(steps, self._shapes, self.options, learns=False, codes=codes)

    def predict_plain(self, x: ArrayLike) -> NDArray[np.int64]:
        """The label that the same weights give as a conventional network, [n]."""
        given = np.asarray(x)
        self._inputs(given)
        parts = [forward(self.layers(), given[k : k + 250]).argmax(axis=1) for k in range(0, len(given), 250)]
        return np.concatenate([np.zeros(0, np.int64), *parts])

    def score(self, stream: ArrayLike, labels: ArrayLike) -> float:
        """The share of samples whose prediction is their label."""
        _, classes = self._samples(stream, labels)
        return float(np.mean(self.predict(stream) == classes))

    def score_plain(self, x: ArrayLike, labels: ArrayLike) -> float:
        """The share of samples that the same weights tell right as a conventional network."""
        _, classes = self._samples(x, labels)
        return float(np.mean(self.predict_plain(x) == classes))

    def layers(self) -> list[Layer]:
        """The network as layers of `eventnet.models.layers`, with the weights as they are now; the last is Softmax.

        `past` owes each synapse what its traces have summed up to since its last spike: weights are without it.
        """
        made: list[Layer] = []
        fresh: Any = self.twin().layers()
        learned = iter(zip(self._modules.learned(), self._steps, self._shapes))
        for layer in fresh:
            if hasattr(layer, "weights"):
                (rows, bias), stage, shape = next(learned)
                linear: Any = stage.linear
                layer = layer_of(rows.astype(np.float64), bias.astype(np.float64), linear, shape)
            made.append(layer)
        return made

    @property
    def activation(self) -> Any:
        """The activation of the hidden layers."""
        return ACTIVATIONS[self.options["activation"]]

    # --- costs ---
    @property
    def samples_seen(self) -> int:
        """Samples learned from since the initial weights."""
        return self._modules.samples

    @property
    def learning_tally(self) -> en.Tally | None:
        """Everything that was counted in learning since it began."""
        cost = self._cost_now()
        return cost.tally if cost is not None and self.samples_seen else None

    def _cost_now(self) -> LearningCost | None:
        """The counts of the run's present simulation and of those before it; None where learning is not counted."""
        if self._cost is None:
            return None
        modules = self._modules
        return LearningCost(self._cost.tally + modules.simulation.tally, self._cost.lowest + modules.heard_by_inbox())

    def operations(self) -> dict[str, int]:
        """Adds by the published count (table C.6), since learning began: forward, backward, update and their total.

        A spike costs the row or column of weights that it meets, and its update the same, whatever the rule does: input
        spikes times n_out, error spikes times n_in. `touches` counts each weight once a step that moves or reads it.
        Raises ModelError where the network's file does not say what was counted before it.
        """
        modules, cost = self._modules, self._cost_now()
        if cost is None:
            raise ModelError("the file that this network comes from does not say what learning had counted before")
        rows = cost.tally.by_port()
        hearing = [*modules.layers, modules.output]
        up = sum(rows[f"{m.name}.settle"]["synaptic_adds"] for m in hearing)
        down = sum(rows[f"{m.name}.settle"]["synaptic_adds"] for m in modules.errors.values())
        found = {"forward": up, "backward": down, "update": up + down + cost.lowest}
        touched = sum(rows[f"{m.name}.settle"]["reads"] for m in (*hearing, *modules.errors.values(), *modules.updates))
        return found | {"total": sum(found.values()), "touches": touched}

    # --- samples ---
    def _inputs(self, x: ArrayLike) -> Floats:
        finite(x, self.input_shape, np.dtype(self.options["dtype"]), "x")
        return channel_last(np.asarray(x))

    def _samples(self, x: ArrayLike, labels: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
        targets = one_hot(labels, self.classes)
        inputs = self._inputs(x)
        check_pairs(inputs, targets, 1)
        return inputs, np.asarray(targets.argmax(axis=1), dtype=np.int64)

    # --- files ---
    def save(self, path: str | Path) -> None:
        """Write layers, options, weights and all states to one file; a failed write leaves the old one.

        `partial_fit` of the network that `load` reads goes on as if it had never stopped, its counts too.
        """
        order, cost = find_order(self.options["order"]), self._cost_now()
        text = {
            "format": FORMAT, "input_shape": self.input_shape, "samples": self.samples_seen,
            "blueprint": blueprint_text(self.blueprint),
            "options": {**self.options, "order": order.name}, "tally": in_text(self.tally),
            "learning": None if cost is None else {"tally": in_text(cost.tally), "lowest": cost.lowest},
        }  # fmt: skip
        write_npz(path, json.dumps(text), dict(self._modules.state()))

    @classmethod
    def load(cls, path: str | Path, *, order: Any = None) -> Self:
        """Read what `save` wrote; order: needed where it was a key function. Raises DataError for any other file."""
        text, arrays = read_npz(path, FORMAT)
        with described(path, "a PD network"):
            specs = read_blueprint(text, arrays)
            options = text["options"] | ({} if order is None else {"order": order})
            made = cls.of(specs, text["input_shape"], **options)
            samples = whole(text["samples"], "samples", 0)
            if samples >= 2**53:
                raise DataError(f"{path}: samples are {samples}; wanted fewer than 2^53")
            for name, array in made._modules.state().items():
                if not fits(name, arrays[name], array, samples):
                    raise DataError(
                        f"{path}: {name} is {arrays[name].dtype} {arrays[name].shape} or holds what it cannot; wanted "
                        f"{array.dtype} {array.shape}, finite, of a network with these options"
                    )
                array[...] = arrays[name]
            made._modules.samples = samples
            made.tally = from_text(text.get("tally"), str(path))
            made._cost = LearningCost.read(text.get("learning"), str(path), made._modules.simulation.tally.ports)
        return made


@dataclass(frozen=True)
class PDOptions:
    """Options of a network; PDNetwork says what each means."""

    kp: float = 0.1
    kd: float = 1.0
    rule: str = "past"
    traces: str | None = None
    decay: str = "exact"
    adapt_scale: bool = True
    eta: float = 0.001
    learning_rate: float = 0.01
    activation: str = "relu"
    order: Any = "breadth"
    engine: str = "compiled"
    dtype: str = "float32"
    seed: int = 1234

    @property
    def gains(self) -> dict[str, Any]:
        """Parameters of the codes of encoder, layers and errors: kp, kd, eta (0 without adaptive scale) and decay."""
        return {"kp": self.kp, "kd": self.kd, "eta": self.eta if self.adapt_scale else 0.0, "decay": self.decay}

    def check(self) -> None:
        """Raises ModelError that names the first option which makes no sense."""
        for name in ("kp", "kd", "eta", "learning_rate"):
            value = getattr(self, name)
            if not isinstance(value, Real) or not np.isfinite(float(value)) or value < 0:
                raise ModelError(f"{name} is {value!r}; wanted a finite number of 0 or more")
        if self.kp + self.kd <= 0:
            raise ModelError(f"kp is {self.kp} and kd {self.kd}; one of them must be above 0")
        if self.eta >= 1:
            raise ModelError(f"eta is {self.eta}; wanted less than 1")
        if str(self.rule) not in RULES:
            raise ModelError(f"rule is {self.rule!r}; it can be {', '.join(RULES)}")
        if self.rule != "recon" and self.kp == 0:
            raise ModelError(f"rule {self.rule!r} sums traces that die away, so it needs kp above 0")
        if self.traces not in TRACES[self.rule]:
            raise ModelError(f"traces are {self.traces!r}; for rule {self.rule!r} they can be {TRACES[self.rule]}")
        one_of(self.decay, "decay", DECAYS)
        if str(self.activation) not in ACTIVATIONS:
            raise ModelError(f"activation is {self.activation!r}; it can be {', '.join(ACTIVATIONS)}")
        one_of(self.dtype, "dtype", ("float32", "float64"))


OPTIONS: dict[str, Any] = asdict(PDOptions())
TRACES: dict[str, tuple[str | None, ...]] = {
    "future": (None, "scaled", "raw"), "stdp": (None, "raw"), "past": (None,), "recon": (None,),
}  # fmt: skip
"""Values that the option `traces` may have, by rule."""


class LearningCost(NamedTuple):
    """The cost of learning so far: the tally, and the words that errors at the lowest weights' units stand for."""

    tally: en.Tally
    lowest: int

    @classmethod
    def read(cls, found: Any, where: str, ports: Sequence[str]) -> Self | None:
        """The counts of learning in a file; None where it has none. Raises DataError for values that cannot be."""
        if found is None:
            return None
        tally, lowest = from_text(found["tally"], where, ports), found["lowest"]
        if type(lowest) is not int or lowest < 0:
            raise DataError(f"{where}: {lowest!r} words of the lowest errors; wanted a whole number")
        return None if tally is None else cls(tally, lowest)


class PDModules:
    """The modules of a network and the simulation they run in.

    encoder -> layers -> output; errors from the output down, and an update for each layer's weights. A network that
    only answers has a read-out in place of the output, no errors and no updates.

    options: those of PDNetwork. codes: what the adaptive scales of an earlier run were, by module name.
    """

    def __init__(
        self, steps: Sequence[Stage], shapes: Sequence[Shape], options: Mapping[str, Any], *, learns: bool,
        codes: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:  # fmt: skip
        o = PDOptions(**options)
        self.net = net = en.Network(o.dtype)
        linear: list[Any] = [stage.linear for stage in steps]
        self.geometries = [geometry_of(part, shape) for part, shape in zip(linear, shapes)]
        self.weights = [
            net.weights(rows_of(part, shape), f"w{k}") for k, (part, shape) in enumerate(zip(linear, shapes))
        ]
        self.biases = [net.weights(part.bias[None], f"b{k}") for k, part in enumerate(linear)]
        self.frames = net.weights(np.zeros((ROOM, self.geometries[0].units_in)), "frames")
        self.encoder = net.add(PDEncoder(self.frames, **o.gains, name="input"))
        self.layers: list[PDLayer] = []
        for k in range(len(steps) - 1):
            layer = PDLayer(*self._joins(k), self._below(k), **o.gains, activation=o.activation, name=f"layer{k}")
            self.layers.append(net.add(layer))
        self.errors: dict[int, PDError] = {}
        self.updates: list[Synapses] = []
        self.output = net.add(self._output(o) if learns else self._readout())
        for k, hearing in enumerate([*self.layers, self.output]):
            net.connect(self._below(k).out, hearing.spikes)
        if learns:
            self._add_learning(o)
        for name, code in (codes or {}).items():
            net[name].state["code"] = code.copy()
        self.simulation = en.Simulation(net, o.order, engine=o.engine, budget=BUDGET)
        self.samples = 0

    def _below(self, k: int) -> Any:
        return self.layers[k - 1] if k else self.encoder

    def _joins(self, k: int) -> tuple[Geometry, en.Block, en.Block]:
        return self.geometries[k], self.weights[k], self.biases[k]

    def _output(self, o: PDOptions) -> Any:
        """The top of a network that learns, with the classes it learns."""
        last = len(self.weights) - 1
        self.targets = self.net.weights(np.zeros((ROOM, 1)), "targets")
        rate = o.learning_rate
        return PDOutput(*self._joins(last), self.targets, self._below(last), **o.gains, rate=rate, name="output")

    def _readout(self) -> Any:
        """The top of a network that only answers, with the answers it gives."""
        last = len(self.weights) - 1
        answers = self.net.weights(np.zeros((ROOM, self.geometries[last].units_out)), "answers")
        return PDReadout(*self._joins(last), answers, self._below(last), name="output")

    def _add_learning(self, o: PDOptions) -> None:
        """Errors from the top down; what counts the error spikes at weights k is the error of layer k - 1."""
        rate, above = o.learning_rate, self.output
        settings = {"rate": rate} if o.traces is None else {"rate": rate, "traces": o.traces}
        for k in range(len(self.weights) - 1, -1, -1):
            geometry, weights, _ = self._joins(k)
            counter: Any
            if k:
                layer, name = self.layers[k - 1], f"error{k - 1}"
                counter = PDError(geometry, weights, layer.bias, layer, above, **o.gains, rate=rate, name=name)
                self.errors[k - 1] = counter
            else:
                self.inbox = counter = PDInbox(geometry.units_out, name="inbox")
            self.net.connect(above.out, self.net.add(counter).spikes)
            hearing, name = [*self.layers, self.output][k], f"update{k}"
            update = find_rule(o.rule, o.decay)(
                geometry, weights, hearing, self._below(k), counter, above, **settings, name=name
            )
            self.updates.insert(0, self.net.add(update))
            above = counter

    # --- running ---
    def learn(self, frames: NDArray[Any], targets: NDArray[Any]) -> None:
        """A step for each of the frames [n, units], n at most ROOM, and its class."""
        n, ticks = len(frames), self._hand_over(frames)
        self.simulation[self.output].array("targets")[:n, 0] = targets
        modules: list[Any] = [*self.layers, *self.errors.values(), *self.updates]
        events = [events_at(ticks, m.tick, np.zeros(n)) for m in modules]
        self._run([events_at(ticks, self.output.target, np.arange(n)), *events], ticks)

    def answer(self, frames: NDArray[Any]) -> NDArray[Any]:
        """A step for each of the frames; what the read-out sums up to, [n, n_out]."""
        n, ticks = len(frames), self._hand_over(frames)
        events = [events_at(ticks, layer.tick, np.zeros(n)) for layer in self.layers]
        self._run([events_at(ticks, self.output.read, np.arange(n)), *events], ticks)
        return np.array(self.simulation[self.output].array("answers")[:n])

    def _hand_over(self, frames: NDArray[Any]) -> NDArray[np.int64]:
        self.simulation[self.encoder].array("frames")[: len(frames)] = frames
        return np.arange(self.samples, self.samples + len(frames))

    def _run(self, events: list[NDArray[Any]], ticks: NDArray[np.int64]) -> None:
        frames = events_at(ticks, self.encoder.frame, np.arange(len(ticks)))
        self.simulation.inject(np.concatenate([frames, *events]))
        self.simulation.run()
        self.samples += len(ticks)

    def heard_by_inbox(self) -> int:
        """Words that the errors at the lowest weights' units stand for."""
        return int(self.simulation[self.inbox].array("heard") @ self.geometries[0].fan_in())

    # --- state ---
    def learned(self) -> list[tuple[NDArray[Any], NDArray[Any]]]:
        """Rows of weights and biases [n_out] as they are now."""
        return [
            (self.simulation.weights(w), self.simulation.weights(b)[0]) for w, b in zip(self.weights, self.biases)
        ]  # fmt: skip

    def codes(self) -> dict[str, NDArray[Any]]:
        """The scales of the codes of encoder and layers as they are now, by module name."""
        return {m.name: self.simulation[m].array("code").copy() for m in (self.encoder, *self.layers)}

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything of a run at rest that what follows depends on: the arrays themselves, not copies.

        Spikes of the last instant are forgotten at the next, and what has been heard is a count.
        """
        found = {block.name: self.simulation.store.blocks[block.name] for block in (*self.weights, *self.biases)}
        for module in self.net.modules:
            for name in (*module.state, *module.integers):
                if name not in ("frame", "rows", "columns", "runs", "count", "heard", "scaled"):
                    found[f"{module.name}.{name}"] = self.simulation[module].array(name)
        return found


def fits(name: str, found: NDArray[Any], fresh: NDArray[Any], samples: int) -> bool:
    """Whether an array of a file can be this state after so many samples; `fresh` is how it begins."""
    if found.shape != fresh.shape or found.dtype != fresh.dtype or not np.isfinite(found).all():
        return False
    if name.endswith(".clock"):
        fixed = [NOTICED, STEP, ACTIVATION, ROW_SET, NEXT, *range(RAW, min(len(fresh), SEEN))]
        return bool(np.array_equal(found[fixed], fresh[fixed]) and found[[LAST, STAMP]].max() < samples)
    if name.endswith(".code"):
        fixed = [ALPHA, RELATIVE, ETA, RATE, *range(SHIFTS, len(fresh))]
        return bool(np.array_equal(found[fixed], fresh[fixed]) and found[[BETA, USED]].min() > 0)
    return True
