"""A layer of leaky neurons that learns features without labels, by plasticity at spike times (Diehl and Cook 2015).

Inputs are Poisson trains, or recorded events; one layer of leaky integrate-and-fire units inhibits itself; weights
move when a unit spikes. All of it is modules on the engine, so every operation is in the tally. Labels are used only to
name the neurons afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en
from eventnet.base.files import described, read_npz, write_npz
from eventnet.base.summary import Summarized, Summary
from eventnet.engine.journal import going_on
from eventnet.errors import DataError, ModelError
from eventnet.kernels.poisson import put_train
from eventnet.learning import Instar, Normalize, TraceTarget
from eventnet.models.shared import Floats, Progress, from_text, in_text, parts, total, whole
from eventnet.models.stdp import (
    KINDS,
    DiehlCook,
    Inhibition,
    Neuron,
    Plasticity,
    Presentation,
    SampleSource,
    SetTo,
    Subtract,
    Towards,
    WinnerTakeAll,
    samples_of,
    seed_of,
)
from eventnet.models.summaries import Row, layered
from eventnet.neurons.relay import SpikeCounter

__all__ = [
    "DiehlCook",
    "Neuron",
    "Presentation",
    "SampleRaster",
    "SetTo",
    "Showing",
    "StdpNetwork",
    "Subtract",
    "Towards",
    "WinnerTakeAll",
]  # fmt: skip
FORMAT = "eventnet-stdp-network-1"
LEARNING, ANSWERING = 0, 1
READOUTS = ("assignment", "proportion")
PROGRESS = ("now", "begun", "samples", "shown", "before")
BLOCK = 1000
"""Samples that are answered before what was found is kept, where a journal is open."""
Counts = NDArray[np.int64]


class StdpNetwork(Summarized):
    """`neurons` leaky units over `inputs` lines, all to all, that compete and learn without labels.

    neuron        time constant, threshold and how it adapts
    inhibition    WinnerTakeAll, Subtract or SetTo
    rule          DiehlCook or Towards
    presentation  how a vector is shown; of a recording only `rest`, and in learning `least` and `tries`, matter
    init_scale    first weights are drawn from [0, init_scale)
    seed          of weights and Poisson trains
    order, engine as for `Simulation`

    Samples are vectors [n, inputs] from 0 to 1, or a list of recordings (t [m] in ticks, index [m]). `spikes_a_sample`
    and `shown_a_sample` say, of the last call, how often the network spiked and how often samples were shown; `tally`
    is what that call has counted as a whole, `learning_tally` what all of learning has, since it began and through
    files: None before, and where a file of an earlier version does not say. Raises ModelError for options or samples
    that make no sense.
    """

    def __init__(
        self, inputs: int, neurons: int, *, rule: Plasticity | None = None, inhibition: Inhibition | None = None,
        neuron: Neuron | None = None, presentation: Presentation | None = None, init_scale: float = 0.3,
        seed: int = 0, order: str = "breadth", engine: str = "compiled",
    ) -> None:  # fmt: skip
        inputs, neurons = whole(inputs, "inputs", 1), whole(neurons, "neurons", 1)
        if not 0 < init_scale <= 1:
            raise ModelError(f"init_scale is {init_scale}; wanted a number above 0, to 1")
        self.inputs, self.neurons, self.init_scale = inputs, neurons, init_scale
        self.seed = seed = whole(seed, "seed", 0, 2**63 - 1)
        self.rule, self.inhibition = rule or DiehlCook(), inhibition or WinnerTakeAll()
        self.neuron, self.presentation = neuron or Neuron(), presentation or Presentation()
        self.order, self.engine = order, engine
        self.presentation.check()
        rng = np.random.default_rng(seed)
        self._weights: Floats = (init_scale * rng.random((inputs, neurons))).astype(np.float32)
        self._theta: Floats = np.zeros(neurons, dtype=np.float32)
        self.samples_seen = 0
        self.responses: Floats | None = None
        self.tally: en.Tally | None = None
        self.learning_tally: en.Tally | None = None
        self.spikes_a_sample = self.shown_a_sample = 0.0
        self._build(learning=True)  # what makes no sense is refused now

    def _summary(self) -> Summary:
        rows: list[Row] = [
            ("input", (self.inputs,), 0),
            ("LeakyIntegrate", (self.neurons,), self.inputs * self.neurons),
        ]
        ways = f"{type(self.rule).__name__}, {type(self.inhibition).__name__}"
        return layered(f"StdpNetwork, {ways}: {self.samples_seen:,} samples learned", rows, self.tally)

    # --- the network ---
    def _build(self, *, learning: bool) -> tuple[en.Network, dict[str, Any]]:
        """The network, and its modules by name; in port order, which is that of inputs of one tick."""
        net = en.Network(dtype="float32")
        weights = net.weights(np.zeros_like(self._weights), name="W")
        made: dict[str, Any] = {}
        if learning and self.rule.total is not None:
            made["normalize"] = net.add(Normalize(weights, total=self.rule.total, name="normalize"))
        layer = made["layer"] = net.add(self._layer(weights))
        layer.state["theta"] = self._theta.astype(np.float64)
        if learning:
            plasticity: Any = net.add(self._plasticity(weights, layer))
            net.connect(layer.out, plasticity.post)
        counter = made["counter"] = net.add(SpikeCounter(self.neurons, name="counter"))
        net.connect(layer.out, counter.spikes)
        if layer.inhibition is not None:
            net.connect(layer.out, layer.inhibit)
        # At last: a rule refuses first weights beyond its bounds, where normalising has put some.
        weights.array = self._weights
        return net, made

    def _layer(self, weights: en.Block) -> en.LeakyIntegrate:
        n, kind = self.neuron, self.inhibition
        how: dict[str, Any] = {"winner": kind.silence} if isinstance(kind, WinnerTakeAll) else {}
        if isinstance(kind, Subtract):
            how = {"inhibition": ("subtract", kind.amount)}
        elif isinstance(kind, SetTo):
            how = {"inhibition": ("set", kind.potential)}
        return en.LeakyIntegrate(
            self.neurons, weights, tau=n.tau, threshold=n.threshold, adapt=(n.theta_plus, n.theta_tau),
            refractory=n.refractory, name="layer", **how,
        )  # fmt: skip

    def _plasticity(self, weights: en.Block, layer: en.LeakyIntegrate) -> en.Module:
        r = self.rule
        if isinstance(r, Towards):
            return Instar(weights, layer, tau=r.tau, rate=r.rate, name="plasticity")
        return TraceTarget(weights, layer, tau=r.tau, rate=r.rate, target=r.target, mu=r.mu, name="plasticity")

    # --- learning ---
    def fit(self, x: Any, *, epochs: int = 1, progress: bool | Callable[..., None] = False) -> StdpNetwork:
        """Show all samples in order, `epochs` times, and learn from them; labels are not needed.

        progress: True for a bar of text, or a function called with (samples done, samples in all).
        """
        samples, epochs = self._samples(x), whole(epochs, "epochs", 0)
        show, n = _Show(self, learning=True), epochs * len(samples)
        state: dict[str, Any] = {}
        with Progress(progress, n) as step:
            for done in going_on(state, n, "STDP learns", *self._known(), x, fill=show.state):
                show.take_up(state)
                show(samples, done % len(samples), self.samples_seen + done)
                if done % 100 == 99 or done + 1 == n:
                    step(done + 1)
        show.take_up(state)
        self._weights, self._theta = show.sim.weights("W"), show.thetas()
        if self.learning_tally is not None or self.samples_seen == 0:  # else what came before is not known
            self.learning_tally = total([self.learning_tally, show.sim.tally])
        self.samples_seen += epochs * len(samples)
        self.responses = None  # they were those of other weights
        self._add_tallied([show.tallied()])
        return self

    def _known(self) -> tuple[Any, ...]:
        """All that the result of a call depends on, besides its arguments."""
        made_of = self.rule, self.inhibition, self.neuron, self.presentation, self.order, self.seed, self.engine
        arrays = np.ascontiguousarray(self._weights), np.ascontiguousarray(self._theta)
        return type(self), repr(made_of), self.samples_seen, *arrays

    def partial_fit(self, x: Any) -> StdpNetwork:
        """Show these samples once, going on from where learning stands."""
        return self.fit(x)

    def _samples(self, x: Any) -> SampleSource:
        """Vectors or recordings as they are shown here; a sampler of vectors serves one thread."""
        return samples_of(x, self.inputs, self.presentation)

    # --- answering ---
    def transform(self, x: Any, *, workers: int = 1, progress: bool | Callable[..., None] = False) -> Counts:
        """Spikes [n, neurons] of each neuron at each sample; weights and thresholds stay as they are.

        workers: threads, each with samples of its own; the counts are the same for any number.
        """
        samples, workers = self._samples(x), whole(workers, "workers", 1)
        state: dict[str, Any] = {"counts": np.zeros((len(samples), self.neurons), dtype=np.int64), "tallied": []}
        blocks = range(0, len(samples), BLOCK)
        with Progress(progress, len(samples)) as step, ThreadPoolExecutor(workers) as pool:
            for k in going_on(state, len(blocks), "STDP answers", *self._known(), x):
                block = slice(blocks[k], min(blocks[k] + BLOCK, len(samples)))
                state["tallied"] += self._answer(samples, block, state["counts"], workers, pool, step)
        self._add_tallied(state["tallied"])
        counts: Counts = state["counts"]
        return counts

    def _answer(
        self, samples: SampleSource, block: slice, counts: Counts, workers: int, pool: ThreadPoolExecutor,
        step: Callable[[int], None],
    ) -> list[_Tallied]:  # fmt: skip
        """Show a block of the samples, and enter how often each neuron has spiked."""
        done, lock = block.start, Lock()

        def answer(part: slice) -> _Tallied:
            nonlocal done
            show, own = _Show(self, learning=False), self._samples(getattr(samples, "x", samples))
            for k in range(block.start + part.start, block.start + part.stop):
                counts[k] = show(own, k, k)
                new = k + 1 - block.start - part.start
                if new % 100 == 0 or new == part.stop - part.start:
                    with lock:
                        done += (new - 1) % 100 + 1
                        step(done)
            return show.tallied()

        return list(pool.map(answer, parts(block.stop - block.start, workers)))

    def raster(self, x: Any, k: int = 0) -> SampleRaster:
        """Spikes of inputs and neurons in the last showing of sample k, as `transform(x)` shows it."""
        samples = self._samples(x)
        if not 0 <= k < len(samples):
            raise ModelError(f"there is no sample {k}; wanted 0 to {len(samples) - 1}")
        show = _Show(self, learning=False, record=True)
        show(samples, k, k)
        log = show.sim.log
        inputs, spikes = (log[(log["port"] == port) & (log["t"] >= show.begun)] for port in (show.spikes, show.counted))
        ticks = ((rows["t"] - show.begun, rows["index"].astype(np.int64)) for rows in (inputs, spikes))
        self._add_tallied([show.tallied()])
        return SampleRaster(*next(ticks), *next(ticks))

    def watched(self, x: Any, watch: Callable[[en.Simulation, Showing], object]) -> Counts:
        """Counts as `transform(x)` gives; `watch` lets the simulation run up to the end of each showing, or in steps.

        A sample that makes few spikes is shown again. The simulation records the spikes of its module "layer".
        """
        samples, show = self._samples(x), _Show(self, learning=False, recorders=[en.record("layer", "spikes")])
        show.drive = partial(watch, show.sim)
        counts = np.array([show(samples, k, k) for k in range(len(samples))]).reshape(-1, self.neurons)
        self._add_tallied([show.tallied()])
        return counts

    def assign(
        self, x: Any, labels: ArrayLike, *, workers: int = 1, progress: bool | Callable[..., None] = False
    ) -> StdpNetwork:
        """Find out which class each neuron answers to, from samples with labels [n] (whole numbers from 0)."""
        named = np.asarray(labels)
        counts = self.transform(x, workers=workers, progress=progress)
        if named.shape != (len(counts),) or named.dtype.kind not in "iu" or (len(named) and named.min() < 0):
            raise ModelError(f"labels are {named.dtype} {list(named.shape)}; wanted whole numbers [{len(counts)}]")
        classes = int(named.max(initial=-1)) + 1
        sums = np.zeros((classes, self.neurons))
        np.add.at(sums, named, counts)
        self.responses = (sums / np.maximum(np.bincount(named, minlength=classes), 1)[:, None]).T
        return self

    @property
    def assignments(self) -> Counts:
        """The class [neurons] to which each neuron answers most; -1 for one that has been silent."""
        responses = self._responses()
        return np.where(responses.max(axis=1, initial=0) > 0, responses.argmax(axis=1), -1)

    def _responses(self) -> Floats:
        if self.responses is None:
            raise ModelError("no neuron has a class yet: call assign(x, labels) after fit")
        return self.responses

    def read_out(self, counts: Counts, readout: str = "assignment") -> Counts:
        """Classes [n] for spike counts [n, neurons].

        "assignment": the class whose neurons have spiked most on average. "proportion": each neuron votes for all
        classes, in proportion to how it answered to them.
        """
        if readout not in READOUTS:
            raise ModelError(f"readout is {readout!r}; it can be {' or '.join(READOUTS)}")
        responses = self._responses()
        if readout == "proportion":
            votes = responses / np.maximum(responses.sum(axis=1, keepdims=True), 1e-12)
        else:
            classes = np.arange(responses.shape[1])
            mine = (self.assignments[:, None] == classes).astype(np.float64)
            votes = mine / np.maximum(mine.sum(axis=0), 1)
        return np.asarray((counts @ votes).argmax(axis=1))

    def predict(self, x: Any, *, readout: str = "assignment", workers: int = 1) -> Counts:
        """The class [n] of each sample; `assign` comes first."""
        self._responses()
        return self.read_out(self.transform(x, workers=workers), readout)

    def score(self, x: Any, labels: ArrayLike, *, readout: str = "assignment", workers: int = 1) -> float:
        """Fraction of right answers."""
        return float(np.mean(self.predict(x, readout=readout, workers=workers) == np.asarray(labels)))

    # --- looking ---
    @property
    def weights(self) -> Floats:
        """A copy of the weights [inputs, neurons]."""
        return self._weights.copy()

    @property
    def thresholds(self) -> Floats:
        """Thresholds [neurons] as they are now."""
        return self.neuron.threshold + self._theta.astype(np.float64)

    def receptive_fields(self, shape: tuple[int, ...] = (28, 28)) -> Floats:
        """The weights of each neuron as an image, [neurons, *shape]."""
        if int(np.prod(shape)) != self.inputs:
            raise ModelError(f"{self.inputs} inputs do not make an image of {shape}")
        return self._weights.T.reshape(self.neurons, *shape).copy()

    def _add_tallied(self, shows: list[_Tallied]) -> None:
        self.tally = total(show.tally for show in shows)
        n = max(sum(show.samples for show in shows), 1)
        self.spikes_a_sample = sum(show.spikes for show in shows) / n
        self.shown_a_sample = sum(show.shown for show in shows) / n

    # --- files ---
    def save(self, path: str | Path) -> None:
        """Write options, weights, thresholds, responses and tallies to one file; a failed write leaves the old one."""
        made_of = {name: getattr(self, name) for name in ("rule", "inhibition", "neuron", "presentation")}
        text = {
            "format": FORMAT, "inputs": self.inputs, "neurons": self.neurons, "samples_seen": self.samples_seen,
            "options": {name: [type(part).__name__, asdict(part)] for name, part in made_of.items()},
            "tally": in_text(self.tally), "learning_tally": in_text(self.learning_tally),
            "more": {"init_scale": self.init_scale, "seed": self.seed, "order": self.order, "engine": self.engine},
        }  # fmt: skip
        arrays: dict[str, NDArray[Any]] = {"W": self._weights, "theta": self._theta}
        if self.responses is not None:
            arrays["responses"] = self.responses
        write_npz(path, json.dumps(text), arrays)

    @classmethod
    def load(cls, path: str | Path) -> StdpNetwork:
        """Read what `save` wrote. Raises DataError for a damaged file."""
        text, arrays = read_npz(path, FORMAT)
        with described(path, "an STDP network"):
            options = {name: KINDS[kind](**values) for name, (kind, values) in text["options"].items()}
            if arrays["W"].shape != (text["inputs"], text["neurons"]):  # before anything of that size is made
                raise DataError(f"{path}: W is {list(arrays['W'].shape)}; wanted one row an input, one column a neuron")
            made = cls(text["inputs"], text["neurons"], **options, **text["more"])
            ports = [str(port) for port in made._build(learning=True)[0].ports()]
            for name, old in (("W", made._weights), ("theta", made._theta)):
                new = arrays[name]
                if new.shape != old.shape or new.dtype != old.dtype or not np.isfinite(new).all():
                    raise DataError(f"{path}: {name} is {new.dtype} {list(new.shape)}; wanted {old.dtype} "
                                    f"{list(old.shape)}, finite")  # fmt: skip
                old[...] = new
            responses = arrays.get("responses")
            if responses is not None and (responses.ndim != 2 or len(responses) != made.neurons):
                raise DataError(f"{path}: responses are {list(responses.shape)}; wanted [{made.neurons}, classes]")
            made.responses, made.samples_seen = responses, int(text["samples_seen"])
            made.tally = from_text(text.get("tally"), str(path))
            made.learning_tally = from_text(text.get("learning_tally"), str(path), ports)
        return made


@dataclass(frozen=True)
class SampleRaster:
    """One sample as it was shown at last: ticks [m] and inputs [m], ticks [k] and neurons [k] of the spikes it made."""

    input_ticks: Counts
    inputs: Counts
    spike_ticks: Counts
    neurons: Counts


class Showing(NamedTuple):
    """Sample `number` is shown from tick `begin` up to `end`: ticks [m] from 0 on, and inputs [m]."""

    number: int
    begin: int
    end: int
    ticks: Counts
    inputs: Counts


class _Tallied(NamedTuple):
    """Tally, spikes and showings of so many samples."""

    tally: en.Tally
    samples: int
    spikes: int
    shown: int


class _Show:
    """One simulation of a network; a call shows it one sample, and returns how often each neuron has spiked."""

    def __init__(self, network: StdpNetwork, *, learning: bool, **options: Any) -> None:
        self.network, self.purpose = network, LEARNING if learning else ANSWERING
        net, made = network._build(learning=learning)
        self.sim = en.Simulation(net, network.order, engine=network.engine, seed=network.seed, **options)
        self.layer, self.counter = made["layer"], made["counter"]
        self.before = [int(made["normalize"].apply)] if "normalize" in made else []
        self.reset, self.spikes, self.counted = (
            int(port) for port in (self.layer.reset, self.layer.spikes, made["counter"].spikes)
        )
        self.count = self.sim[self.counter].count
        self.now = self.begun = self.samples = self.shown = 0  # begun: when the last showing began
        self.drive: Callable[[Showing], object] = lambda showing: self.sim.run(until=showing.end)
        self.events = np.zeros(4096, dtype=en.EVENT)
        self.events["sign"] = 1
        if not learning:
            self.sim.inject([(0, self.layer.freeze, 0, 1)])

    def __call__(self, samples: SampleSource, k: int, number: int) -> Counts:
        network, before = self.network, self.before
        shown, learning = network.presentation, self.purpose == LEARNING
        start, attempt = self.count.copy(), 0
        while True:
            seed = seed_of(network.seed, self.purpose, number, attempt)
            train = samples.train(k, attempt, seed)
            self._inject(*train, before)
            self.begun = self.now
            self.now += samples.ticks(k)
            self.drive(Showing(k, self.begun, self.now, *train))
            self.shown += 1
            attempt, before = attempt + 1, []
            counts: Counts = self.count - start
            if counts.sum() >= shown.least or attempt == shown.tries or not (learning or samples.varied):
                break
            start = self.count.copy()
        self.now += shown.rest
        self.samples += 1
        return counts

    def _inject(self, t: Counts, index: Counts, before: list[int]) -> None:
        n, first = len(t), len(before) + 1
        if first + n > len(self.events):
            self.events = np.zeros(2 * (first + n), dtype=en.EVENT)
            self.events["sign"] = 1
        events = self.events[: first + n]
        events["t"][:first] = self.now
        events["port"][:first] = [*before, self.reset]
        events["index"][:first] = 0
        put_train(events, first, t, index, self.now, self.spikes)
        self.sim.inject(events)

    def tallied(self) -> _Tallied:
        """Tally, spikes and showings of all samples so far."""
        return _Tallied(self.sim.tally, self.samples, int(self.count.sum()), self.shown)

    def state(self) -> dict[str, Any]:
        """All that `take_up` needs to go on from here."""
        return {name: getattr(self, name) for name in PROGRESS} | {"checkpoint": self.sim.checkpoint(log=False)}

    def take_up(self, state: Mapping[str, Any]) -> None:
        """Go on from a state, if there is one and nothing has been shown here."""
        if self.samples or not state:
            return
        self.sim.resume(state["checkpoint"])
        self.count = self.sim[self.counter].count
        for name in PROGRESS:
            setattr(self, name, state[name])

    def thetas(self) -> Floats:
        """The sum that spikes have added to each threshold, [neurons], at the end of the last sample."""
        limits = self.layer.thresholds(self.sim.state(self.layer), self.now)
        above: Floats = limits - self.network.neuron.threshold
        return above.astype(np.float32)
