"""The table of docs/results/neurobench.md: NeuroBench's metrics of eventnet's networks, beside eventnet's own counts.

    python -m venv ENV
    ENV/bin/pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu
    ENV/bin/pip install neurobench==2.3.0 snntorch==1.0.0 -e .
    ENV/bin/python tests/scripts/neurobench_table.py --data FOLDER --keep kept.json

FOLDER holds nmnist_small_1100.tar.xz, or N-MNIST's own folders. Nothing of it runs in `.ci/run`. The page's tables are
written anew, between its two marks; the sentences around them are written by hand. What `--keep` holds of a network is
not measured again.

NeuroBench counts by hooks on layers of PyTorch, which see tensors: what goes into a layer of weights, what comes out of
one of neurons. `Benchmark` is given a model that runs eventnet, and then shows its layers what the log says of that
run: frame by frame, the spikes that arrived at each layer, and those that it sent. How spikes become frames is for
whoever shows them to say, and decides what is counted, so that there are two ways:

- "steps": a frame is a step, a neuron's number in it the sum of the signs of its spikes. This is NeuroBench's usual way.
- "spikes": a frame holds one spike of each neuron at most: the first ones of a step, then the second ones, and so on.

`counted` has the same numbers without PyTorch, from log, weights and tally alone.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.data import digits, scale_pixels
from eventnet.models import DeepSpikingNetwork, read_nir_network
from eventnet.models.layers import Conv2d, convolved
from eventnet.models.nir_graph import read_graph
from eventnet.scenarios.reproductions.nir_nmnist import STEP_US, inputs_of, sample

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "results" / "neurobench.md"
BEGIN, END = "<!-- written by tests/scripts/neurobench_table.py -->", "<!-- written until here -->"
WAYS = "steps", "spikes"
FOLLOW = "neurons and steps where PyTorch fires otherwise"
TRAINING: dict[str, Any] = {"rule": "fsgd", "order": "breadth", "learning_rate": 0.05, "init_scale": 0.05}
"""Of the network of digits: as README has it, with the seed that is the default, 1234."""
EPOCHS = 5

Array = NDArray[Any]

NETWORK = HERE.parent / "fixtures" / "nir" / "cnn_sinabs.nir"


# --- what is measured ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Stage:
    """Weights and the neurons behind them, as PyTorch numbers them: (channels, height, width) or (units,).

    Before weights [n_out, n_in] a map is flattened.

    module    its name in the tally
    weights   [n_out, n_in] or [c_out, c_in, height, width]; None for a quantizer that vectors are fed to
    bias      of the same layer; empty where there is none
    window    stride and padding of a convolution
    arrives   the port at which its inputs arrive, None where they are vectors
    sends     a port at which its own spikes arrive, None where it has none
    lowest    potentials below it are set to it
    plain     whether it looks once a step, so that a step's spikes follow from what came in it
    """

    module: str
    weights: Array | None
    bias: Array
    shape_in: tuple[int, ...]
    shape_out: tuple[int, ...]
    arrives: int | None
    sends: int | None
    window: dict[str, Any] = field(default_factory=dict)
    lowest: float = -math.inf
    plain: bool = False

    @property
    def layer(self) -> Conv2d:
        """A convolution as eventnet computes it."""
        return Conv2d(self.weights, **self.window)  # type: ignore[arg-type]

    def fed(self, x: Array) -> Array:
        """What inputs [n, *shape_in] bring to potentials, [n, *shape_out]."""
        if self.weights is None:
            return x
        return (
            convolved(self.layer, x)
            if self.weights.ndim == 4
            else x.reshape(-1, self.weights.shape[1]) @ self.weights.T
        )

    def reaches(self, every: bool = False) -> Array:
        """Words of weights that are not 0, or all, that a spike of each input is added by, [*shape_in]."""
        assert self.weights is not None
        there = np.ones_like(self.weights) if every else self.weights != 0
        if there.ndim == 2:
            return np.asarray(there.sum(axis=0, dtype=np.int64).reshape(self.shape_in))
        sides = [
            self._valid(*of)
            for of in zip(self.shape_in[1:], self.shape_out[1:], there.shape[2:], self.layer.stride, self.layer.padding)
        ]
        return np.asarray(np.einsum("cab,ya,xb->cyx", there.sum(axis=0, dtype=np.int64), *sides))

    @staticmethod
    def _valid(n_in: int, n_out: int, kernel: int, stride: int, padding: int) -> Array:
        """Whether a pixel meets a word of the kernel, [n_in, kernel], in one dimension."""
        there = np.zeros((n_in, kernel), dtype=np.int64)
        for out in range(n_out):
            for k in range(kernel):
                at = out * stride + k - padding
                if 0 <= at < n_in:
                    there[at, k] += 1
        return there


@dataclass(frozen=True)
class Run:
    """One sample's run: its log, tally and answer, its steps by their ticks, the vector that was fed (if one was)."""

    log: Any
    tally: en.Tally
    answer: int
    first: int
    steps: int
    vector: Array | None = None


class Digits:
    """README's Deep Spiking Network on the embedded digits; `pruned`: the smaller half of each layer's weights is 0."""

    def __init__(self, pruned: bool = False, samples: int = 200) -> None:
        self.name = "digits, half of the weights 0" if pruned else "digits"
        d = digits()
        self.net = DeepSpikingNetwork([784, 100, 10], **TRAINING)
        self.net.fit(scale_pixels(d.x_train), d.y_train, epochs=EPOCHS)
        if pruned:
            kept = [np.where(np.abs(w) < np.median(np.abs(w)), 0, w) for w in self.net.weights]
            self.net = DeepSpikingNetwork.from_weights(kept, **TRAINING)
        self.samples = list(zip(scale_pixels(d.x_test), d.y_test.tolist()))[:samples]

    @property
    def dtype(self) -> str:
        """Of weights and potentials."""
        return str(self.net.options["dtype"])

    def stages(self) -> list[Stage]:
        """The quantizer that pixels are fed to, the hidden layer, the sums that are the answer."""
        net, _ = self.net.answering_network(self.net.vectors(np.zeros((1, 784))), 1)
        into = [int(net[f"layer{k}"].spikes) for k in range(len(self.net.weights))]  # type: ignore[attr-defined]
        made, none = [Stage("input", None, np.zeros(0), (784,), (784,), None, into[0])], np.zeros(0)
        for k, w in enumerate(self.net.weights):
            sends = into[k + 1] if k + 1 < len(into) else None
            made.append(Stage(f"layer{k}", w.T, none, (w.shape[0],), (w.shape[1],), into[k], sends))
        return made

    def run(self, x: Array) -> Run:
        """Answer for pixels [784] below 1."""
        vector = np.asarray(x, dtype=self.dtype)
        sim = self.net.simulation(vector[None], record=True).run()
        answer = int(sim.weights("answers").argmax())
        return Run(sim.log, sim.tally, answer, 1, self.net.options["steps"], vector)


class NMnist:
    """The spiking network of a NIR file on recorded N-MNIST samples, as `eventnet reproduce nir-nmnist` runs it."""

    name = "N-MNIST"
    dtype = "float64"

    def __init__(self, samples: Sequence[tuple[Any, int]], engine: str = "compiled") -> None:
        self.net = read_nir_network(NETWORK, dt=1.0, several=True, clip=True, coalesce="burst")
        self.samples, self.engine = samples, engine

    def stages(self) -> list[Stage]:
        """Each Conv2d or Affine of the file with the IF behind it."""
        graph, made = read_graph(NETWORK), []
        for node in graph.of_kind("Conv2d", "Affine"):
            neurons = graph.after(node.name)[0]
            module: Any = self.net.net[neurons]
            behind: Any = self.net.net[self._next(graph, neurons)]
            shape_in, shape_out, window = module.geometry.shape_in, module.geometry.shape_out, {}
            if node.kind == "Conv2d":
                window = {key: node.whole(key) for key in ("stride", "padding")}
            else:
                shape_in, shape_out = self._map_before(graph, node.name), shape_out[:1]
            made.append(
                Stage(
                    neurons, node.numbers("weight"), node.numbers("bias"), shape_in, shape_out, int(module.spikes),
                    int(behind.spikes), window, lowest=-1.0, plain=True,
                )
            )  # fmt: skip
        return sorted(made, key=lambda stage: int(stage.module))

    def _map_before(self, graph: Any, name: str) -> tuple[int, ...]:
        """Shape of what comes to a node of weights, before a Flatten."""
        name = graph.before(name)[0]
        if graph.nodes[name].kind == "Flatten":
            name = graph.before(name)[0]
        channels, *sides = self.net.net[name].geometry.shape_out  # type: ignore[attr-defined]
        return (channels,) if sides == [1, 1] else (channels, *sides)

    def _next(self, graph: Any, name: str) -> str:
        """The module behind neurons: a pool, the output, or neurons behind weights."""
        name = graph.after(name)[0]
        while graph.nodes[name].kind not in ("IF", "SumPool2d", "Output"):
            name = graph.after(name)[0]
        return str(name)

    def run(self, events: Any) -> Run:
        """Answer for a recording."""
        given = np.concatenate(inputs_of(self.net, events, STEP_US))
        run = en.simulate(self.net.net, given, order="breadth", record=True, engine=self.engine)
        arrived = run.log["index"][run.log["port"] == int(self.net.outputs["output"].spikes)]  # type: ignore[attr-defined]
        first, last = int(given["t"].min()), int(given["t"].max())
        return Run(run.log, run.tally, int(np.bincount(arrived, minlength=10).argmax()), first, last - first + 1)


def recorded(folder: Path, n: int = 10) -> list[tuple[Any, int]]:
    """The first n test samples of N-MNIST: events and digits."""
    return [sample(folder, "test", k) for k in range(n)]


# --- frames ----------------------------------------------------------------------------------------------------------
def often(step: Array, unit: Array) -> Array:
    """How many spikes of the same unit and step came before each, [n]."""
    key = step * (int(unit.max(initial=0)) + 1) + unit
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(key) else np.zeros(0, np.int64)
    found = np.empty(len(key), dtype=np.int64)
    found[order] = np.arange(len(key)) - np.repeat(begins, np.diff(np.r_[begins, len(key)]))
    return found


class Frames:
    """A run as frames: `ends` [steps] says before which frame each step ends; `of` gives those of a port."""

    def __init__(self, run: Run, stages: Sequence[Stage], way: str) -> None:
        ports = {port for s in stages for port in (s.arrives, s.sends) if port is not None}
        self.found: dict[int, tuple[Array, Array, Array, Array]] = {}
        most = np.ones(run.steps, dtype=np.int64)
        for port in ports:
            rows = run.log[run.log["port"] == port]
            step, unit = rows["t"] - run.first, rows["index"].astype(np.int64)
            nth = often(step, unit) if way == "spikes" else np.zeros(len(step), np.int64)
            np.maximum.at(most, step, nth + 1)
            self.found[port] = step, unit, rows["sign"], nth
        self.ends = np.cumsum(most)
        self.starts = self.ends - most

    def of(self, port: int, shape: tuple[int, ...]) -> Array:
        """Spikes at a port, [frames, *shape], as int16; eventnet numbers a map's units place by place."""
        step, unit, sign, nth = self.found[port]
        channels, places = shape[0], math.prod(shape[1:])
        made = np.zeros((int(self.ends[-1]), math.prod(shape)), dtype=np.int16)
        np.add.at(made, (self.starts[step] + nth, unit % channels * places + unit // channels), sign)
        return made.reshape(-1, *shape)


# --- without PyTorch -------------------------------------------------------------------------------------------------
def counted(subject: Any) -> dict[str, dict[str, float]]:
    """NeuroBench's rules applied to logs and weights, and what the tallies say of the same, by row of the table."""
    stages, rule, tally = subject.stages(), Means(), Means()
    silent, all_of = Means(), Means()
    for x, label in subject.samples:
        run = subject.run(x)
        rule.add("classification accuracy", run.answer == label)
        for way in WAYS:
            frames = Frames(run, stages, way)
            for name, value in _operations(frames, stages).items():
                rule.add(f"{name}, {way}", value)
            zeros, size = _silent(frames, stages)
            rule.add(f"activation sparsity, {way}", sum(zeros.values()) / sum(size.values()))
            tally.add(f"activation sparsity, {way}", 1 - run.tally.spikes / sum(size.values()))
            tally.add(f"effective ACs, {way}", run.tally.by_kind()["synaptic"])
            tally.add(f"effective MACs, {way}", run.tally.multiplies)
            for module in zeros if way == "steps" else ():
                silent.add(f"activation sparsity of {module}, steps", zeros[module])
                all_of.add(f"activation sparsity of {module}, steps", size[module])
        rule.add("membrane updates, steps", _updates(run, stages))
        tally.add("membrane updates, steps", _looks(run.tally, stages))
    by_layer = {name: value / all_of.found[name] for name, value in silent.found.items()}
    return {"rule": _of_weights(stages, subject.dtype) | rule.found | by_layer, "tally": tally.found}


class Means:
    """Means of numbers by their names."""

    def __init__(self) -> None:
        self._all: dict[str, list[float]] = {}

    def add(self, name: str, value: Any) -> None:
        """One sample's."""
        self._all.setdefault(name, []).append(float(value))

    @property
    def found(self) -> dict[str, float]:
        """Over the samples."""
        return {name: math.fsum(values) / len(values) for name, values in self._all.items()}


def _operations(frames: Frames, stages: Sequence[Stage]) -> dict[str, int]:
    """Synaptic operations of one sample: MACs where a layer's frame holds any number beyond 1, else ACs."""
    ac = mac = dense = 0
    for s in stages:
        if s.arrives is not None:
            x = frames.of(s.arrives, s.shape_in)
            ops = ((x != 0) * s.reaches()).reshape(len(x), -1).sum(axis=1)
            binary = (np.abs(x) <= 1).reshape(len(x), -1).all(axis=1)
            ac, mac = ac + int(ops[binary].sum()), mac + int(ops[~binary].sum())
            dense += len(x) * int(s.reaches(every=True).sum())
    return {"effective ACs": ac, "effective MACs": mac, "dense operations": dense}


def _silent(frames: Frames, stages: Sequence[Stage]) -> tuple[dict[str, int], dict[str, int]]:
    """Of neurons that spike, by module: zeros of all frames, and numbers in all."""
    sent = {s.module: frames.of(s.sends, s.shape_out) for s in stages if s.sends is not None}
    return {m: int((x == 0).sum()) for m, x in sent.items()}, {m: x.size for m, x in sent.items()}


def potentials(run: Run, stage: Stage) -> Iterator[tuple[Array, Array]]:
    """By step: potentials before it and after it, when what came is added and the log's spikes are taken off."""
    assert stage.sends is not None
    frames = Frames(run, [stage], "steps")
    x = run.vector if stage.arrives is None else frames.of(stage.arrives, stage.shape_in)
    fed = np.broadcast_to(stage.fed(np.asarray(x, np.float64)), (run.steps, *stage.shape_out))
    bias = stage.bias.reshape(-1, *(1,) * (len(stage.shape_out) - 1)) if stage.bias.size else 0.0
    v = np.zeros(stage.shape_out)
    for came, sent in zip(fed, frames.of(stage.sends, stage.shape_out)):
        before, v = v, np.maximum(v + came + bias - sent, stage.lowest)
        yield before, v


def _updates(run: Run, stages: Sequence[Stage]) -> int:
    """Potentials of neurons that spike which a step has changed; in the first step all count."""
    n = 0
    for s in stages:
        for k, (before, after) in enumerate(potentials(run, s) if s.sends is not None else ()):
            n += before.size if k == 0 else int(np.count_nonzero(before != after))
    return n


def _looks(tally: en.Tally, stages: Sequence[Stage]) -> int:
    """How often neurons were looked at: one compare each, one more where there is a lowest potential, one a spike."""
    rows, n = tally.by_module(), 0
    for s in stages:
        n += (rows[s.module]["compares"] - rows[s.module]["spikes"]) // (1 if s.lowest == -math.inf else 2)
    return n


def _of_weights(stages: Sequence[Stage], dtype: str) -> dict[str, float]:
    """Numbers that no run changes."""
    weights = [s.weights for s in stages if s.weights is not None]
    numbers = sum(w.size for w in weights) + sum(s.bias.size for s in stages)
    units = sum(math.prod(s.shape_out) for s in stages)
    zeros = sum(int((w == 0).sum()) for w in weights) / sum(w.size for w in weights)
    return {
        "parameter count": numbers, "footprint, bytes": (numbers + units) * np.dtype(dtype).itemsize,
        "connection sparsity": round(zeros, 4),
    }  # fmt: skip


# --- with PyTorch and NeuroBench -------------------------------------------------------------------------------------
def measured(subject: Any) -> dict[str, float]:
    """What `neurobench.benchmarks.Benchmark` says, by row of the table."""
    from neurobench.metrics import static, workload

    still = [static.ParameterCount, static.Footprint, static.ConnectionSparsity]
    moving = [workload.ClassificationAccuracy, workload.ActivationSparsity, workload.SynapticOperations]
    steps = benchmarked(
        subject, "steps", still, [*moving, workload.MembraneUpdates, workload.ActivationSparsityByLayer]
    )
    spikes = benchmarked(subject, "spikes", [], moving)
    found = {
        "parameter count": steps["ParameterCount"], "footprint, bytes": steps["Footprint"],
        "connection sparsity": steps["ConnectionSparsity"], "classification accuracy": steps["ClassificationAccuracy"],
        "membrane updates, steps": steps["MembraneUpdates"],
    }  # fmt: skip
    if any(s.plain for s in subject.stages()):
        found[FOLLOW] = steps["differ"]
    for way, results in (("steps", steps), ("spikes", spikes)):
        operations = results["SynapticOperations"]
        found[f"activation sparsity, {way}"] = results["ActivationSparsity"]
        found[f"effective ACs, {way}"] = operations["Effective_ACs"]
        found[f"effective MACs, {way}"] = operations["Effective_MACs"]
        found[f"dense operations, {way}"] = operations["Dense"]
    for module, value in steps["ActivationSparsityByLayer"].items():
        found[f"activation sparsity of {module}, steps"] = value
    return found


def benchmarked(subject: Any, way: str, still: Sequence[Any], moving: Sequence[Any]) -> dict[str, Any]:
    """The results of one `Benchmark`. Raises RuntimeError where a metric failed, which NeuroBench prints and calls 0."""
    import torch
    from neurobench.benchmarks import Benchmark

    torch.set_num_threads(1)  # sums in one sequence
    model = neurobench_model(subject, way)
    data = [(shown(x), torch.tensor(label)) for x, label in subject.samples]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        benchmark = Benchmark(model, torch.utils.data.DataLoader(data), [], [], [list(still), list(moving)])  # type: ignore[arg-type]
        results = benchmark.run()
    if "Error running" in printed.getvalue():
        raise RuntimeError(printed.getvalue())
    return {**results, "differ": model.net.differ}


def shown(x: Any) -> Any:
    """A sample as a tensor: a vector, or events [n, 4] with columns t, x, y, p."""
    import torch

    if x.dtype.names is None:
        return torch.from_numpy(x)
    return torch.from_numpy(np.stack([x[name].astype(np.int64) for name in ("t", "x", "y", "p")], axis=1))


def sample_of(tensor: Any, like: Any) -> Any:
    """The sample of a batch of one; events in the fields of `like`."""
    if like.dtype.names is None:
        return tensor[0].numpy()
    made = np.zeros(tensor.shape[1], like.dtype)
    for k, name in enumerate(("t", "x", "y", "p")):
        made[name] = tensor[0, :, k].numpy()
    return made


def neurobench_model(subject: Any, way: str) -> Any:
    """A NeuroBenchModel that runs eventnet, and leads what its log says through layers of PyTorch."""
    import snntorch
    import torch
    from neurobench.models import NeuroBenchModel

    dtype, stages = getattr(torch, subject.dtype), subject.stages()

    class Neurons(snntorch.SpikingNeuron):  # type: ignore[misc,no-any-unimported]
        """Neurons of a layer: they give the spikes that are shown, and keep potentials, which are a buffer."""

        init_hidden, output = True, False  # as of snnTorch's own that return spikes alone

        def __init__(self, stage: Stage) -> None:
            torch.nn.Module.__init__(self)  # snnTorch's own would add buffers and a parameter that play no part here
            self.stage, self.differ = stage, 0
            self.register_buffer("mem", torch.zeros(1, *stage.shape_out, dtype=dtype))
            self.given: Any = None

        def forward(self, x: Any) -> Any:
            """Spikes [frames, *shape]; where a frame is a step, x is what came in it."""
            if way != "steps":
                return self.given
            full = self.mem + x
            if self.stage.plain:
                self.differ += int((torch.clamp(torch.ceil(full) - 1, min=0) != self.given).sum())
            self.mem = torch.clamp(full - self.given, min=self.stage.lowest)
            return self.given

    class Silent(torch.nn.Module):  # type: ignore[misc,no-any-unimported]
        """Sums that nothing is sent of."""

        def __init__(self, stage: Stage) -> None:
            super().__init__()
            self.register_buffer("sums", torch.zeros(1, *stage.shape_out, dtype=dtype))

    class Layers(torch.nn.Module):  # type: ignore[misc,no-any-unimported]
        """Layers of weights and of neurons, by turns."""

        def __init__(self) -> None:
            super().__init__()
            for s in stages:
                if s.weights is not None:
                    self.add_module(f"weights of {s.module}", weights_of(s))
                self.add_module(s.module, Silent(s) if s.sends is None else Neurons(s))

        @property
        def differ(self) -> int:
            """Spikes that a step of PyTorch would not have made of what arrived, or would have made."""
            return sum(m.differ for m in self.modules() if isinstance(m, Neurons))

        def forward(self, run: Run) -> None:
            """Show one run."""
            frames, parts = Frames(run, stages, way), dict(self.named_children())
            for s in stages:
                x = run.vector if s.arrives is None else frames.of(s.arrives, s.shape_in)
                came = torch.from_numpy(np.asarray(x)).to(dtype)
                sent = None if s.sends is None else torch.from_numpy(frames.of(s.sends, s.shape_out)).to(dtype)
                if sent is not None:
                    parts[s.module].mem = torch.zeros(1, *s.shape_out, dtype=dtype)
                for start, end in zip(frames.starts, frames.ends):
                    fed = (
                        came[None] if s.arrives is None else parts[f"weights of {s.module}"](shaped(came[start:end], s))
                    )
                    if sent is not None:
                        parts[s.module].given = sent[start:end]
                        parts[s.module](fed)

    def shaped(x: Any, s: Stage) -> Any:
        return x.flatten(1) if s.weights is not None and s.weights.ndim == 2 else x

    def weights_of(s: Stage) -> Any:
        assert s.weights is not None
        n_out, n_in, *kernel = s.weights.shape
        bias = s.bias.size > 0
        if kernel:
            made: Any = torch.nn.Conv2d(n_in, n_out, kernel, bias=bias, dtype=dtype, **s.window)
        else:
            made = torch.nn.Linear(n_in, n_out, bias=bias, dtype=dtype)
        with torch.no_grad():
            made.weight.copy_(torch.from_numpy(s.weights))
            if bias:
                made.bias.copy_(torch.from_numpy(s.bias))
        return made

    class Model(NeuroBenchModel):  # type: ignore[misc,no-any-unimported]
        """What NeuroBench is given."""

        def __init__(self) -> None:
            super().__init__()
            self.net = Layers()
            self.add_activation_module(Neurons)

        def __net__(self) -> Any:
            return self.net

        @torch.no_grad()
        def __call__(self, batch: Any) -> Any:
            """Answers [1] for a batch of one."""
            run = subject.run(sample_of(batch, subject.samples[0][0]))
            self.net(run)
            return torch.tensor([run.answer])

    return Model()


# --- the table -------------------------------------------------------------------------------------------------------
ROWS = (
    "parameter count", "footprint, bytes", "connection sparsity", "classification accuracy", "activation sparsity, steps",
    "activation sparsity, spikes", "effective ACs, steps", "effective MACs, steps", "effective ACs, spikes",
    "effective MACs, spikes", "dense operations, steps", "dense operations, spikes", "membrane updates, steps",
)  # fmt: skip


def number(value: float | None) -> str:
    """Whole numbers as they are, sparsities and accuracies to six digits, means to two."""
    if value is None:
        return ""
    if abs(value - round(value)) < 1e-9:  # a mean of ratios of batches may be 1 less a rounding
        return f"{value:,.0f}"
    return f"{value:.6f}" if abs(value) < 1 else f"{value:,.2f}"


def same(a: float, b: float) -> bool:
    """Equal, but for the rounding of float32 or of a mean."""
    return math.isclose(a, b, rel_tol=1e-7, abs_tol=1e-9)


def table(found: dict[str, dict[str, dict[str, float]]]) -> list[str]:
    """Lines of the page: one table a subject."""
    lines = []
    for title, columns in found.items():
        theirs, rule, tally = columns["neurobench"], columns["rule"], columns["tally"]
        lines += [
            f"## {title}",
            "",
            "| metric | NeuroBench | its rule on the log | | tally |",
            "|---|---|---|---|---|",
        ]
        for name in [*ROWS, *(name for name in rule if " of " in name)]:
            equal = "equal" if same(theirs[name], rule[name]) else "**differs**"
            lines.append(
                f"| {name} | {number(theirs[name])} | {number(rule[name])} | {equal} | {number(tally.get(name))} |"
            )
        if FOLLOW in theirs:
            lines.append(f"| {FOLLOW} | {number(theirs[FOLLOW])} | | | |")
        lines.append("")
    return lines


def write(lines: Sequence[str]) -> None:
    """Put the table between the page's marks."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n" + "\n".join(lines) + f"\n{END}{rest.split(END)[1]}", encoding="utf-8")


def main() -> None:
    """Measure, print the table and write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--keep", type=Path, required=True)
    given = parser.parse_args()
    found: dict[str, Any] = json.loads(given.keep.read_text()) if given.keep.exists() else {}
    for subject in (Digits(), Digits(pruned=True), NMnist(recorded(given.data))):
        if subject.name not in found:
            found[subject.name] = {**counted(subject), "neurobench": measured(subject)}
            given.keep.write_text(json.dumps(found, indent=1))
        print(*table({subject.name: found[subject.name]}), sep="\n", flush=True)
    write(table(found))


if __name__ == "__main__":
    main()
