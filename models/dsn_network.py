"""The Deep Spiking Network (thesis chapter 3, appendix A): a network of signed spikes that learns by backpropagation.

Training is a network of modules on the engine; this file feeds it, and takes the weights back out. One sample takes T
steps; each step feeds the input vector to a signed quantizer, whose spikes run through rectified layers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en
from eventnet.base.files import described, read_npz, write_npz
from eventnet.base.guesses import Guessed
from eventnet.base.summary import Summarized, Summary
from eventnet.engine.journal import current, going_on
from eventnet.errors import DataError, ModelError
from eventnet.models.dsn import (
    OPTIONS,
    Answering,
    DsnOptions,
    Training,
    Trajectory,
    answering_inputs,
    inputs_by_spike,
    schedule,
)
from eventnet.models.layers import Floats
from eventnet.models.shared import Progress, from_text, in_text, one_of, parts, total, whole, with_defaults
from eventnet.models.summaries import layered, of_sizes

__all__ = ["OPTIONS", "DeepSpikingNetwork", "Trajectory"]

FORMAT = "eventnet-deep-spiking-network-1"
LEARNED = ("_weights", "_backward", "samples_seen", "tally", "learning_tally")
CHUNK = 2000
"""Samples a run: building one costs some 10 ms. Results do not depend on it."""


class DeepSpikingNetwork(Guessed, Summarized):
    """Layers of `sizes` units, trained one sample at a time.

    steps           T, steps a sample
    rule            "fsgd" updates at each error spike, "sgd" at the end of each sample
    learning_rate   eta; a weight moves by eta / T^2 a pair of spikes (erratum: (3.6), (3.7) print eta / T)
    hold_error      sum errors over a step and send them one by one, or send each at once
    smooth          use the sums fed to the layer below in place of its spike counts
    input_sum       of smooth updates of the first layer: a step's input joins the sum "at once", or "after" its spikes
                    have run through, as in the author's program (errors that are not held are earlier)
    backward_reset  "none", "zero" or "random": what happens to the backward quantizers at each sample
    column          errors are propagated by the column "before" or "after" the update they cause
    regularization  lambda: each forward spike is also an error of this weight for its own layer's update
    early           of "fsgd": the rate of a sample's first step over that of its last (3.5.3); it falls by the same
                    factor at each step, and its mean over the steps is `learning_rate`
    order           the routing order, a name or a key function
    dtype           "float32", "float64", or "int32": scaled integers, where nothing is ever multiplied
    init_scale      standard deviation of the initial weights
    seed            of the initial weights and of everything random
    gate            errors pass where the sum of a unit's inputs is "not negative" or "positive"
    output          "sums" of the last layer's inputs, or "counts" of its spikes
    rectify_inputs  negative input counts train nothing, as in the author's program
    coalesce        "none" checks thresholds after every row, "burst" once per burst
    engine          "compiled" or "reference"

    tally           what the last `fit`, `partial_fit`, `predict`, `score` or other call that answers has counted as a
                    whole; None before the first
    learning_tally  what all of learning has counted, in every call and file that it went through; None before it
                    begins, and where a file of an earlier version does not say
    samples_seen    how many samples learning has shown

    Inputs are arrays [n, sizes[0]] of finite numbers (the author divides pixels by 256). Raises ModelError for options
    that do not go together.
    """

    def __init__(self, sizes: Sequence[int], **options: Any) -> None:
        self.sizes = [whole(n, "sizes", 1) for n in sizes]
        self.options = with_defaults(options, OPTIONS)
        self._chosen.check()
        if len(self.sizes) < 2:
            raise ModelError(f"sizes are {self.sizes}; wanted at least an input and an output layer")
        self.options["seed"] = whole(self.options["seed"], "seed", 0, 2**32 - 1)
        o = self._chosen
        rng = np.random.RandomState(o.seed)
        drawn = [o.init_scale * rng.randn(a, b) for a, b in zip(self.sizes[:-1], self.sizes[1:], strict=True)]
        self._weights = [o.numbers(w) for w in drawn]
        self._backward: list[dict[str, NDArray[Any]]] = []
        self.tally: en.Tally | None = None
        self.learning_tally: en.Tally | None = None
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
        made._weights = [made._chosen.numbers(w) for w in arrays]
        return made

    def _summary(self) -> Summary:
        o = self.options
        title = f"DeepSpikingNetwork {'-'.join(map(str, self.sizes))}, {o['dtype']}, {o['rule']}"
        return layered(f"{title}: {self.samples_seen:,} samples learned", of_sizes(self.sizes), self.tally)

    # --- numbers ---
    @property
    def _chosen(self) -> DsnOptions:
        """The options as they are now."""
        return DsnOptions(**self.options)

    @property
    def scale(self) -> int:
        """Size of a step: 1, or S = int(T^2 / eta) in an integer network."""
        return self._chosen.scale

    @property
    def weights(self) -> list[Floats]:
        """Copies of the weights in real numbers, W[n_in, n_out] for each layer."""
        return [w / self.scale if self.scale != 1 else w.copy() for w in self._weights]

    def vectors(self, x: ArrayLike) -> NDArray[Any]:
        """Samples x [n, sizes[0]] in the network's own numbers. Raises ModelError for others."""
        array = np.asarray(x)
        if array.ndim != 2 or array.shape[1] != self.sizes[0]:
            raise ModelError(f"inputs have shape {array.shape}; wanted [n, {self.sizes[0]}]")
        return self._chosen.numbers(array)

    def _targets(self, y: ArrayLike, n: int) -> NDArray[Any]:
        """Labels [n] as rows of 0 and 1, or targets [n, classes] as they are, in the network's own numbers."""
        array, classes = np.asarray(y), self.sizes[-1]
        if array.ndim == 1 and array.dtype.kind in "iu":
            if len(array) and (array.min() < 0 or array.max() >= classes):
                raise ModelError(f"labels go from {array.min()} to {array.max()}; wanted 0 to {classes - 1}")
            array = np.eye(classes)[array]
        if array.shape != (n, classes):
            raise ModelError(f"targets have shape {array.shape}; wanted [{n}] labels or [{n}, {classes}]")
        return self._chosen.numbers(array)

    # --- training ---
    def fit(
        self, x: ArrayLike, y: ArrayLike, *, epochs: int = 1, progress: bool | Callable[..., None] = False
    ) -> DeepSpikingNetwork:
        """Train on all samples in order, `epochs` times. y: labels [n], or targets [n, n_out].

        progress: True for a bar of text, or a function called with (samples done, samples in all).
        """
        inputs = self.vectors(x)
        targets, epochs = self._targets(y, len(inputs)), whole(epochs, "epochs", 0)
        runs, state, self.tally = list(portions(len(inputs))), dict[str, Any](), None
        known = type(self), repr(self.options), self.samples_seen, self._weights, self._backward, inputs, targets
        n = epochs * len(runs)
        with Progress(progress, epochs * len(inputs)) as step:
            for k in going_on(state, n, "DSN learns", *known, fill=self._learned) if current() else range(n):
                self._take_up(state)
                epoch, part = k // len(runs), runs[k % len(runs)]
                self.tally = total([self.tally, self._train(inputs[part], targets[part])])
                step(epoch * len(inputs) + part.stop)
        self._take_up(state)
        return self

    def _learned(self) -> dict[str, Any]:
        """All that learning has changed."""
        return {name: getattr(self, name) for name in LEARNED}

    def _take_up(self, learned: dict[str, Any]) -> None:
        """Go on with what a training that was stopped had changed, if there is any."""
        for name in LEARNED if learned else ():
            setattr(self, name, learned.pop(name))

    def partial_fit(self, x: ArrayLike, y: ArrayLike) -> DeepSpikingNetwork:
        """Train on these samples once, going on from where training stands."""
        return self.fit(x, y, epochs=1)

    def _train(self, x: NDArray[Any], y: NDArray[Any]) -> en.Tally:
        sim = self._simulation(*self.training_network(x, y)).run()
        self._weights = [sim.weights(f"W{k}") for k in range(len(self._weights))]
        self._backward = [
            sim.state(f"back{k}") | {"draws": sim.state(f"back{k}")["draws"]} for k in range(1, len(self._weights))
        ]
        if self.learning_tally is not None or self.samples_seen == 0:  # else what came before is not known
            self.learning_tally = total([self.learning_tally, sim.tally])
        self.samples_seen += len(x)
        return sim.tally

    def training_network(self, x: NDArray[Any], y: NDArray[Any]) -> tuple[en.Network, Any]:
        """The training network for vectors x and targets y in the network's own numbers, and its inputs."""
        made = Training(self._weights, self._chosen, x, y, self._backward)
        return made.net, made.inputs()

    def _untrained(self) -> Training:
        """The training network as it begins, for one sample."""
        x, y = self.vectors(np.zeros((1, self.sizes[0]))), self._targets(np.zeros(1, int), 1)
        return Training(self._weights, self._chosen, x, y, [])

    # --- answering ---
    def decision_function(
        self, x: ArrayLike, *, workers: int = 1, progress: bool | Callable[..., None] = False
    ) -> Floats:
        """Outputs [n, n_out]: what was fed to the last layer, or what it fired, over T.

        workers: threads that answer for samples of their own (the loop lets go of Python's lock); the results and the
        tally are the same for any number.
        """
        inputs = self.vectors(x)
        runs = list(portions(len(inputs), whole(workers, "workers", 1)))
        answers, tallies = np.zeros((len(inputs), self.sizes[-1])), []
        with Progress(progress, len(inputs)) as step, ThreadPoolExecutor(workers) as pool:
            for part, (outputs, sim) in zip(runs, pool.map(lambda p: self._answer(inputs[p], 1), runs), strict=True):
                answers[part] = outputs[:, 0]
                tallies.append(sim.tally)
                step(part.stop)
        self.tally = total(tallies)
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
        one_of(every, "every", ("step", "spike"))
        inputs = self.vectors(x)
        if every == "spike":
            found = [self._by_spike(inputs[k : k + 1]) for k in range(len(inputs))]
        else:
            found = [self._by_step(inputs[part]) for part in portions(len(inputs))]
        self.tally = total(tally for _, tally in found)
        return Trajectory.stacked([path for path, _ in found])

    def answering_network(
        self, x: NDArray[Any], moments: int, spikes: bool = False
    ) -> tuple[en.Network, dict[str, Any]]:
        """The forward network alone, read out `moments` times a sample; `spikes` feeds it spikes, not vectors."""
        made = Answering(self._weights, self._chosen, x, moments, spikes)
        return made.net, made.ports

    # --- looking on ---
    def simulation(self, x: ArrayLike, y: ArrayLike | None = None, **options: Any) -> en.Simulation:
        """A simulation, not run yet, that answers for samples x or, with labels or targets y, learns from them.

        The network itself stays as it is. options: those of `Simulation`, in place of the network's own.
        """
        inputs = self.vectors(x)
        if y is not None:
            return self._simulation(*self.training_network(inputs, self._targets(y, len(inputs))), **options)
        net, ports = self.answering_network(inputs, 1)
        return self._simulation(net, answering_inputs(ports, len(inputs), self.options["steps"], 1), **options)

    def _simulation(self, net: en.Network, inputs: Any, **options: Any) -> en.Simulation:
        sim = en.Simulation(net, **{**{name: self.options[name] for name in ("order", "engine", "seed")}, **options})
        sim.inject(inputs)
        return sim

    def _answer(self, x: NDArray[Any], moments: int, roots: bool = False) -> tuple[Floats, en.Simulation]:
        """Outputs [n, moments, n_out] after the last step, or (moments = T) after each."""
        steps = self.options["steps"]
        net, ports = self.answering_network(x, moments)
        feed = answering_inputs(ports, len(x), steps, moments)
        sim = self._simulation(net, feed, roots=roots).run()
        outputs = sim.weights("answers").reshape(len(x), moments, -1).astype(np.float64)
        divisor = self.scale * (np.arange(1, steps + 1) if moments == steps else np.array([steps]))
        return outputs / divisor[None, :, None], sim

    def _by_step(self, x: NDArray[Any]) -> tuple[Trajectory, en.Tally]:
        steps = self.options["steps"]
        outputs, sim = self._answer(x, steps, roots=True)
        _, counts = sim.tally.root_arrays()
        per_sample = counts.reshape(len(x), -1, counts.shape[1])
        return Trajectory.counted(outputs, per_sample[:, 1::2] if steps > 1 else per_sample[:, 1:2]), sim.tally

    def _by_spike(self, x: NDArray[Any]) -> tuple[Trajectory, en.Tally]:
        """One sample, one input spike at a time; the spikes are those its quantizer makes."""
        spikes = self._input_spikes(x)
        n = max(len(spikes), 1)
        net, ports = self.answering_network(x, n, spikes=True)
        feed = inputs_by_spike(net["spikes"], ports, spikes)
        sim = self._simulation(net, feed, roots=True).run()
        outputs = sim.weights("answers").reshape(1, n, -1).astype(np.float64) / (self.scale * self.options["steps"])
        _, counts = sim.tally.root_arrays()
        by_spike = counts[1::2][None] if len(spikes) else np.zeros((1, 1, counts.shape[1]), np.int64)
        return Trajectory.counted(outputs, by_spike), sim.tally

    def _input_spikes(self, x: NDArray[Any]) -> Any:
        """The lines of the log in which the input quantizer's spikes for one sample arrive, over all steps."""
        o, net, units = self._chosen, en.Network(self.options["dtype"]), self.sizes[0]
        encoder = net.add(en.Encoder(units, net.weights(x, "x"), scale=o.scale))
        sink = net.add(en.Sink(units))
        net.connect(encoder.out, sink.spikes)
        feed = schedule([(encoder.spikes, True, 1)] * o.steps, 1)
        log = en.simulate(net, feed, order="fifo", engine=o.engine, record=True).log
        return log[log["port"] == int(sink.spikes)]

    # --- files ---
    def save(self, path: str | Path) -> None:
        """Write sizes, options, weights, tallies and the state of training to a file; a failed write keeps the old."""
        o = dict(self.options)
        if not isinstance(o["order"], str):
            raise ModelError("a network whose order is a key function cannot be saved: give it an order with a name")
        arrays = {f"W{k}": w for k, w in enumerate(self._weights)}
        for k, kept in enumerate(self._backward):
            arrays |= {f"back{k}:{name}": array for name, array in kept.items()}
        text = {
            "format": FORMAT, "sizes": self.sizes, "options": o, "samples_seen": self.samples_seen,
            "tally": in_text(self.tally), "learning_tally": in_text(self.learning_tally),
        }  # fmt: skip
        write_npz(path, json.dumps(text), arrays)

    @classmethod
    def load(cls, path: str | Path) -> DeepSpikingNetwork:
        """Read what `save` wrote. Raises DataError for a damaged file."""
        text, arrays = read_npz(path, FORMAT)
        with described(path, "a Deep Spiking Network"):
            shapes = [arrays[f"W{k}"].shape for k in range(len(text["sizes"]) - 1)]
            if shapes != list(zip(text["sizes"], text["sizes"][1:])):  # before anything of that size is made
                raise DataError(f"{path} holds weights {shapes}; wanted those of {str(text['sizes'])[:80]} units")
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
            untrained = made._untrained()
            untrained.check_kept(made._backward)
            ports = [str(port) for port in untrained.net.ports()]
            made.samples_seen = int(text["samples_seen"])
            made.tally = from_text(text.get("tally"), str(path))
            made.learning_tally = from_text(text.get("learning_tally"), str(path), ports)
        return made


def portions(n: int, workers: int = 1) -> Iterator[slice]:
    """Slices of n samples, one a run: `fit` of all in one call, or of each slice in turn, gives the same."""
    rounds = max(1, -(-n // (CHUNK * workers)))  # so that all workers end together
    return parts(n, rounds * workers)
