"""A spiking network of a NIR file, to run as any other: `read_nir_network(path, dt=1e-4)`.

NIR describes neurons in continuous time; frameworks step a clock of dt seconds. Here a tick is such a step: what comes
in at tick t belongs to step t, spikes of step t reach the next layer in the same step, and neurons that feed back one
step later. Steps in which nothing happens cost nothing (`eventnet.neurons.stepped`).

Nodes with a memory become modules of their name: LIF, IF, CubaLIF and Threshold a `SteppedLeaky`; LI, I, CubaLI, and
an Output that weights lead to, a `SteppedReadout`; SumPool2d and AvgPool2d behind neurons a `SumPool` (the average's
divisor goes into the weights behind it); Delay the delay of a wire, or `Delays`. What lies between becomes weights of
the module behind it. An Input is a `Relay`, an Output behind neurons a `Sink`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en
from eventnet.errors import ModelError, NetworkError
from eventnet.event import Events
from eventnet.models.nir_graph import PASS, RESET, NirGraph, NirNode, read_graph
from eventnet.models.nir_paths import (
    LINEAR,
    POOLS,
    Floats,
    Path,
    Shape,
    as_map,
    checked,
    pool_geometry,
    unit_numbers,
    unit_order,
)
from eventnet.models.shared import events_at
from eventnet.module import Module

SPIKING = "LIF", "IF", "CubaLIF", "Threshold"
GRADED = "LI", "I", "CubaLI"
NEURONS = SPIKING + GRADED
KINDS = "Input", "Output", *NEURONS, *(kind for kind in LINEAR if kind != PASS), "Delay", "NIRGraph"
RESETS = "file", "subtract", "value"
WEIGHTS = "Affine", "Linear", "Conv1d", "Conv2d"
LAYERS = en.SteppedLeaky, en.SteppedReadout


@dataclass(frozen=True)
class NirNetwork:
    """A network that was made of a NIR file.

    net       the network: run it, save it, measure it as any other
    dt        seconds of a step, which is a tick
    shapes    shape of each Input and Output, as NIR has it: (units,), (channels, length) or (channels, height, width)
    inputs    Relays by the names of the Inputs
    outputs   by the names of the Outputs: a Sink, where spikes arrive, or a SteppedReadout of potentials
    """

    net: en.Network
    dt: float
    shapes: dict[str, Shape]
    inputs: dict[str, en.Relay]
    outputs: dict[str, Module]

    def events(self, steps: ArrayLike | Mapping[str, ArrayLike], *, begin: int = 0, read: bool = True) -> Events:
        """Inputs of one sample, [steps, *shape] of whole numbers: so many spikes, of sign -1 where they are below 0.

        They begin at tick `begin` with a reset of all layers. Of several Inputs a dictionary by name is wanted. Where
        an Output has potentials, each step is read into a row of its answers (`read_nir_network(..., rows=steps)`).
        Raises ModelError for other shapes and for what is no whole number.
        """
        given = steps if isinstance(steps, Mapping) else dict.fromkeys(self.inputs, steps)
        if set(given) != set(self.inputs) or (len(self.inputs) > 1 and not isinstance(steps, Mapping)):
            raise ModelError(f"inputs are given for {sorted(given)}; wanted {sorted(self.inputs)}, by name")
        made, n = [_at(begin, module.reset) for module in self.net.modules if isinstance(module, LAYERS)], 0
        for name, values in given.items():
            numbers = np.asarray(values)
            shape = self.shapes[name]
            if numbers.shape[1:] != shape or np.any(numbers != np.floor(numbers)):
                raise ModelError(
                    f"inputs of {name!r} have shape {numbers.shape}; wanted [steps, {shape}] whole numbers"
                )
            made.append(_spikes(numbers.astype(np.int64), shape, self.inputs[name].spikes, begin))
            n = max(n, len(numbers))
        for module in self.outputs.values():
            if read and isinstance(module, en.SteppedReadout):
                if n > module.n_answers:
                    raise ModelError(f"{n} steps, but {module.name!r} has {module.n_answers} rows; wanted rows={n}")
                ticks = np.arange(n)
                made.append(events_at(begin + ticks, module.read, ticks))
        found = np.concatenate(made)
        return np.asarray(found[np.argsort(found["t"], kind="stable")])

    def spikes(self, log: Events, steps: int, *, begin: int = 0, output: str | None = None) -> NDArray[np.int64]:
        """Spikes at an Output in each step, [steps, *shape], of a run's log. One Output needs no name."""
        name = output if output is not None else _only(self.outputs)
        module, shape = self.outputs[name], self.shapes[name]
        if not isinstance(module, en.Sink):
            raise ModelError(f"Output {name!r} has potentials and no spikes: run.weights({name + '.answers'!r})")
        arrived = log[(log["port"] == int(module.spikes)) & (log["t"] >= begin) & (log["t"] < begin + steps)]
        made = np.zeros((steps, math.prod(shape)), dtype=np.int64)
        np.add.at(made, (arrived["t"] - begin, arrived["index"]), arrived["sign"])
        return made[:, unit_numbers(shape).ravel()].reshape(steps, *shape)

    def potentials(self, answers: Floats, output: str | None = None) -> Floats:
        """Rows of answers of an Output's read-out in NIR's order, [rows, *shape]."""
        shape = self.shapes[output if output is not None else _only(self.outputs)]
        return np.asarray(answers)[:, unit_numbers(shape).ravel()].reshape(-1, *shape)


def _only(names: Mapping[str, Any]) -> str:
    if len(names) != 1:
        raise ModelError(f"there are Outputs {', '.join(names)}; wanted the name of one")
    return next(iter(names))


def _at(tick: int, port: Any) -> Events:
    return events_at(np.array([tick]), port, 0)


def _spikes(counts: NDArray[np.int64], shape: Shape, port: Any, begin: int) -> Events:
    flat = np.zeros((len(counts), math.prod(shape)), dtype=np.int64)
    flat[:, unit_numbers(shape).ravel()] = counts.reshape(len(counts), -1)
    step, unit = np.nonzero(flat)
    often = np.abs(flat[step, unit])
    made = events_at(begin + np.repeat(step, often), port, np.repeat(unit, often))
    made["sign"] = np.repeat(np.sign(flat[step, unit]), often)
    return made


def read_nir_network(
    path: str | FilePath, *, dt: float, drive: str = "jump", reset: str = "file", several: bool = False,
    clip: bool = False, coalesce: str = "burst", rows: int = 1,
) -> NirNetwork:  # fmt: skip
    """The spiking network in a NIR file, whichever version of NIR wrote it.

    dt        seconds of a step; time constants are divided by it, and IF's and I's r is multiplied with it
    drive     what an input stands for: "jump" (a charge of r dt / tau at once), "held" (a current held for dt, exactly)
              or "euler" (the forward Euler step, by which most frameworks train)
    reset     "file": to v_reset where the file has one, else by subtraction of the threshold; or "subtract", "value"
              (to v_reset, 0 where there is none), whatever the file says
    several   with subtraction: a neuron fires as often as it is past its threshold, and not once a step
    clip      potentials of IF do not fall below -v_threshold, as sinabs keeps them and no file says
    coalesce  "burst": once a step, after all that the step brings; "none": after each spike
    rows      rows for potentials of Outputs that have them

    Raises DataError when the file is absent, damaged or of another kind; ModelError, which names the node, for what is
    not taken.
    """
    if not (isinstance(dt, int | float | np.number) and 0 < float(dt) < math.inf):
        raise ModelError(f"dt is {dt!r}; wanted the seconds of a step, above 0")
    if reset not in RESETS:
        raise ModelError(f"reset is {reset!r}; wanted one of {', '.join(RESETS)}")
    graph = read_graph(path)
    try:
        return _Builder(graph, float(dt), drive, reset, several, clip, coalesce, rows).built()
    except (ModelError, NetworkError) as error:
        raise ModelError(f"{path}: {error}") from None


class _Link(NamedTuple):
    """A path, and the ticks that Delay nodes on it take."""

    path: Path
    delay: int


class _Builder:
    """Makes modules of a graph's nodes and wires of its paths."""

    def __init__(
        self, graph: NirGraph, dt: float, drive: str, reset: str, several: bool, clip: bool, coalesce: str, rows: int
    ) -> None:  # fmt: skip
        self.graph, self.dt, self.drive, self.reset, self.several = graph, dt, drive, reset, several
        self.clip, self.coalesce, self.rows, self.net = clip, coalesce, rows, en.Network("float64")
        for node in graph.nodes.values():
            if node.kind not in (*KINDS, PASS):
                raise ModelError(f"node {node.name!r} is {node.kind}; wanted one of {', '.join(KINDS)}")
        for kind in ("Input", "Output"):
            if not graph.of_kind(kind):
                raise ModelError(f"the graph has no {kind}; wanted at least one")
        self.shapes = _Shapes(graph).found
        self.modules: dict[str, Module] = {}
        self.ends: dict[str, str] = {}

    def built(self) -> NirNetwork:
        """The network."""
        inputs, outputs = self.graph.of_kind("Input"), self.graph.of_kind("Output")
        links = {name: self._links(name) for name in self.shapes if self._is_module(name)}
        for name, found in links.items():
            self._add(self.graph.nodes[name], found)
        # Inputs of an instant go by the number of their port: layers must begin anew before a spike comes.
        for node in inputs:
            shape = self.shapes[node.name]
            own = as_map(shape) if len(shape) > 1 else None
            self.modules[node.name] = self.net.add(en.Relay(math.prod(shape), shape=own, name=node.name))
        self._wire(links)
        return NirNetwork(
            self.net, self.dt, {node.name: self.shapes[node.name] for node in (*inputs, *outputs)},
            {name: module for name, module in self.modules.items() if isinstance(module, en.Relay)},
            {node.name: self.modules[self.ends.get(node.name, node.name)] for node in outputs},
        )  # fmt: skip

    # --- what lies between modules ---
    def _is_module(self, name: str) -> bool:
        node = self.graph.nodes[name]
        if node.kind == "Delay":
            return self._delay(node) is None
        return node.kind in ("Input", "Output", *NEURONS) or (node.kind in POOLS and not self._behind_weights(name))

    def _behind_weights(self, name: str, seen: tuple[str, ...] = ()) -> bool:
        """Whether weights, and no neurons, come before a node."""
        for before in self.graph.before(name):
            kind = self.graph.nodes[before].kind
            if kind in WEIGHTS:
                return True
            passes = kind in LINEAR or kind == "Delay"
            if passes and before not in seen and self._behind_weights(before, (*seen, before)):
                return True
        return False

    def _delay(self, node: NirNode) -> int | None:
        """Ticks of a Delay node; None where they differ from unit to unit."""
        ticks = self._ticks(node)
        return int(ticks.flat[0]) if np.all(ticks == ticks.flat[0]) else None

    def _ticks(self, node: NirNode) -> NDArray[np.int64]:
        steps = node.numbers("delay") / self.dt
        whole = np.round(steps)
        if np.any(np.abs(steps - whole) > 1e-3) or np.any(whole < 0):
            raise node.refused(f"delay goes to {steps.max():.6g} steps of dt={self.dt}; wanted whole steps, 0 or more")
        return whole.astype(np.int64)

    def _links(self, name: str) -> list[_Link]:
        """All paths that lead to a module."""
        return [self._link(source, between) for source, between in self._ways(name, ())]

    def _ways(self, name: str, between: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
        for before in self.graph.before(name):
            if before in between:
                raise self.graph.nodes[before].refused("it feeds back to itself with no neurons between")
            if self._is_module(before):
                yield before, between
            else:
                yield from self._ways(before, (before, *between))

    def _link(self, source: str, between: Sequence[str]) -> _Link:
        path, delay = Path(source, self.shapes[source]), 0
        path.factor *= self._factor(source)
        for name in between:
            node = self.graph.nodes[name]
            if node.kind == "Delay":
                delay += self._delay(node) or 0
            else:
                path.add(node)
        return _Link(path, delay)

    def _factor(self, name: str) -> float:
        """The value of one spike of a module: 1, but for pools that average."""
        node = self.graph.nodes[name]
        if node.kind not in (*POOLS, "Delay"):
            return 1.0
        own = 1.0
        if node.kind == "AvgPool2d":
            own = 1.0 / math.prod(pool_geometry(node, self._shape_before(name)).kernel)
        return own * self._passed(node, self._links(name))

    def _shape_before(self, name: str) -> Shape:
        return self.shapes[self.graph.before(name)[0]]

    def _passed(self, node: NirNode, links: Sequence[_Link]) -> float:
        """The one factor of all spikes that come to a node which passes them on as they are."""
        factors = set()
        for path, _ in links:
            if not path.plain():
                raise node.refused(f"weights or a Flatten lead to it from {path.source!r}; wanted spikes as they are")
            factors |= set(np.unique(path.factor).tolist())
        if len(factors) > 1:
            raise node.refused(f"what comes is scaled by {sorted(factors)}; wanted one number")
        return factors.pop() if factors else 1.0

    # --- modules ---
    def _add(self, node: NirNode, links: list[_Link]) -> None:
        if node.kind == "Input":
            return
        if not links:
            raise node.refused("no edge leads to it from an Input")
        graded = [path.source for path, _ in links if self.graph.nodes[path.source].kind in GRADED]
        if graded and (node.kind != "Output" or len(links) > 1 or not links[0].path.plain(flat=True)):
            raise self.graph.nodes[graded[0]].refused(f"sends potentials to {node}; wanted only an Output behind it")
        made = self._end(node, links) if node.kind == "Output" else self._inner(node, links)
        if made is not None:
            self.modules[node.name] = self.net.add(made)

    def _inner(self, node: NirNode, links: list[_Link]) -> Module:
        shape = self.shapes[node.name]
        if node.kind in POOLS:
            self._passed(node, links)
            return en.SumPool(pool_geometry(node, self._shape_before(node.name)), name=node.name)
        if node.kind == "Delay":
            self._passed(node, links)
            ticks = np.empty(math.prod(shape), dtype=np.int64)
            ticks[unit_numbers(shape).ravel()] = np.broadcast_to(self._ticks(node), shape).ravel()
            return en.Delays(ticks.size, ticks=ticks, name=node.name)
        return self._neurons(node, links, self._numbers(node, shape))

    def _end(self, node: NirNode, links: list[_Link]) -> Module | None:
        """An Output: a Sink of spikes, the potentials of the module before it, or sums of weights in each step."""
        sources = [self.graph.nodes[path.source] for path, _ in links]
        if all(path.plain(flat=True) and np.all(path.factor == 1) for path, _ in links):
            self.shapes[node.name] = self.shapes[sources[0].name]
            if sources[0].kind in GRADED:
                self.ends[node.name] = sources[0].name
                return None
            return en.Sink(math.prod(self.shapes[node.name]), name=node.name)
        if sources[0].kind in GRADED:
            raise sources[0].refused(f"a Scale lies between it and {node}; wanted the Output alone behind it")
        self.shapes[node.name] = links[0].path.shape
        return self._neurons(node, links, {"tau": 1.0, "drive": "euler"})

    def _neurons(self, node: NirNode, links: list[_Link], numbers: dict[str, Any]) -> Module:
        """Neurons with their weights: one set of patches, and perhaps one of rows."""
        shape = self.shapes[node.name]
        paths = [checked(path, node, shape) for path, _ in links]
        if len(paths) > 2:
            raise node.refused(f"weights lead to it from {', '.join(p.source for p in paths)}; wanted two at most")
        patches, rows = self._main(node.name, paths)
        geometry, words = patches.weights()
        common: dict[str, Any] = {"bias": sum(path.inputs() for path in paths), "name": node.name, **numbers}
        if rows is not None:
            common["lateral"] = self.net.weights(rows.rows(), f"{node.name}.lateral")
        block = self.net.weights(words, f"{node.name}.w")
        if node.kind in SPIKING:
            return en.SteppedLeaky(geometry, block, coalesce=self.coalesce, **common)
        answers = self.net.weights(np.zeros((self.rows, geometry.units_out)), f"{node.name}.answers")
        return en.SteppedReadout(geometry, block, answers, **common)

    def _main(self, name: str, paths: list[Path]) -> tuple[Path, Path | None]:
        """The one of one or two paths that goes by patches, and the other, which goes by rows."""
        first = min(paths, key=lambda path: (path.kernel is None, path.source == name))
        rest = [path for path in paths if path is not first]
        return first, rest[0] if rest else None

    def _numbers(self, node: NirNode, shape: Shape) -> dict[str, Any]:
        """Arguments of the module that a node's parameters give."""

        def number(key: str, default: float | None = None) -> Any:
            return unit_order(node.numbers(key, default), shape, node, key)

        if node.kind == "Threshold":
            return {"tau": 1.0, "drive": "euler", "threshold": number("threshold")}
        made: dict[str, Any] = {"drive": self.drive, "r": number("r")}
        if node.kind in ("IF", "I"):
            made["r"] = made["r"] * self.dt
        else:
            cuba = node.kind in ("CubaLIF", "CubaLI")
            made |= {"tau": number("tau_mem" if cuba else "tau") / self.dt, "rest": number("v_leak")}
            if cuba:
                made |= {"tau_syn": number("tau_syn") / self.dt, "w_in": number("w_in", 1.0)}
        return made | self._firing(node, number) if node.kind in SPIKING else made

    def _firing(self, node: NirNode, number: Any) -> dict[str, Any]:
        """Threshold and reset."""
        said = node.values.get(RESET, "value" if "v_reset" in node.values else "subtract")
        subtract, threshold = (said if self.reset == "file" else self.reset) == "subtract", number("v_threshold")
        return {
            "threshold": threshold, "subtract": subtract, "several": self.several and subtract,
            "reset_to": 0.0 if subtract else number("v_reset", 0.0),
            "lowest": -threshold if self.clip and node.kind == "IF" else None,
        }  # fmt: skip

    # --- wires ---
    def _wire(self, links: Mapping[str, list[_Link]]) -> None:
        back = _feedback({name: [(link.path.source, link.delay) for link in found] for name, found in links.items()})
        for name, found in links.items():
            target: Any = self.modules.get(name)
            if target is None or not found:
                continue
            main = self._main(name, [path for path, _ in found])[0] if hasattr(target, "across") else None
            for path, delay in found:
                source: Any = self.modules[path.source]
                port = target.spikes if main in (None, path) else target.across
                self.net.connect(source.out, port, delay=delay + ((path.source, name) in back))


class _Shapes:
    """Shapes of what nodes send, found from the Inputs on."""

    def __init__(self, graph: NirGraph) -> None:
        self.found: dict[str, Shape] = {}
        waiting = [(node.name, _unbatched(node.whole("shape"))) for node in graph.of_kind("Input")]
        for name, shape in waiting:
            if not 1 <= len(shape) <= 3 or min(shape) < 1:
                raise graph.nodes[name].refused(f"shape is {shape}; wanted one to three numbers above 0")
        while waiting:
            name, before = waiting.pop(0)
            if name in self.found:
                continue
            self.found[name] = self._sent(graph.nodes[name], before)
            waiting += [(after, self.found[name]) for after in graph.after(name)]
        if lost := [node for name, node in graph.nodes.items() if name not in self.found]:
            raise lost[0].refused("no edge leads to it from an Input")

    def _sent(self, node: NirNode, before: Shape) -> Shape:
        if node.kind in POOLS:
            return pool_geometry(node, before).shape_out
        if node.kind in LINEAR:
            path = Path("", before)
            path.add(node)
            return path.shape
        if node.kind in NEURONS:
            key = "threshold" if node.kind == "Threshold" else "r"
            size = node.numbers(key).size
            if size not in (1, math.prod(before)):
                raise node.refused(f"has neurons of shape {node.numbers(key).shape}, but gets shape {before}")
        if node.kind == "Output" and math.prod(node.whole("shape", before)) != math.prod(before):
            raise node.refused(f"has shape {tuple(node.whole('shape'))}, but gets shape {before}")
        return before


def _unbatched(shape: Sequence[int]) -> Shape:
    """The shape of an Input without the batch of one that some exporters leave in it."""
    return tuple(shape[1:] if len(shape) == 4 and shape[0] == 1 else shape)


def _feedback(sources: Mapping[str, Sequence[tuple[str, int]]]) -> set[tuple[str, str]]:
    """Wires (from, to) without delay that close a circle, met on the way from the Inputs on."""
    after: dict[str, list[str]] = {name: [] for name in sources}
    for name, found in sources.items():
        for source, delay in found:
            if not delay:
                after[source].append(name)
    back: set[tuple[str, str]] = set()
    done: set[str] = set()
    for root in [name for name, found in sources.items() if not found] + list(sources):
        above, waiting = [root], [iter(after[root] if root not in done else [])]
        while waiting:
            target = next(waiting[-1], None)
            if target is None:
                waiting.pop()
                done.add(above.pop())
            elif target in above:
                back.add((above[-1], target))
            elif target not in done:
                above.append(target)
                waiting.append(iter(after[target]))
    return back
