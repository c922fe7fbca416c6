"""A proportional-derivative network as modules on the engine: one that learns, and one that only answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.learning.proportional import PDError, PDInbox, PDOutput
from eventnet.learning.synapses import RAW, RULES, SEEN, Synapses
from eventnet.models.layers import Shape
from eventnet.models.rows import geometry_of, rows_of
from eventnet.models.stages import Stage
from eventnet.neurons.pd_code import (
    ACTIVATION,
    ALPHA,
    BETA,
    ETA,
    LAST,
    NEXT,
    NOTICED,
    RATE,
    RELATIVE,
    STAMP,
    STEP,
    TOLD,
    USED,
)
from eventnet.neurons.proportional import PDEncoder, PDLayer, PDReadout
from eventnet.patch import Geometry

ROOM = 500
"""Samples that are handed over at once. Results do not depend on it."""


class PDModules:
    """The modules of a network and the simulation they run in.

    encoder -> layers -> output; errors from the output down, and an update for each layer's weights. A network that
    only answers has a read-out in place of the output, no errors and no updates.

    o: the options of PDNetwork. codes: what the adaptive scales of an earlier run were, by module name.
    """

    def __init__(
        self, steps: Sequence[Stage], shapes: Sequence[Shape], o: Mapping[str, Any], *, learns: bool,
        codes: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:  # fmt: skip
        self.net = net = en.Network(o["dtype"])
        linear: list[Any] = [stage.linear for stage in steps]
        self.geometries = [geometry_of(part, shape) for part, shape in zip(linear, shapes)]
        self.weights = [
            net.weights(rows_of(part, shape), f"w{k}") for k, (part, shape) in enumerate(zip(linear, shapes))
        ]
        self.biases = [net.weights(part.bias[None], f"b{k}") for k, part in enumerate(linear)]
        self.frames = net.weights(np.zeros((ROOM, self.geometries[0].units_in)), "frames")
        gains = {"kp": o["kp"], "kd": o["kd"], "eta": o["eta"] if o["adapt_scale"] else 0.0}
        self.encoder = net.add(PDEncoder(self.frames, **gains, name="input"))
        self.layers: list[PDLayer] = []
        for k in range(len(steps) - 1):
            below = self._below(k)
            layer = PDLayer(*self._joins(k), below, **gains, activation=o["activation"], name=f"layer{k}")
            self.layers.append(net.add(layer))
        self.errors: dict[int, PDError] = {}
        self.updates: list[Synapses] = []
        self.output = net.add(self._top(learns, gains, o["learning_rate"]))
        for k, hearing in enumerate([*self.layers, self.output]):
            net.connect(self._below(k).out, hearing.spikes)
        if learns:
            self._add_learning(gains, o)
        for name, code in (codes or {}).items():
            net[name].state["code"] = code.copy()
        self.simulation = en.Simulation(net, o["order"], engine=o["engine"])
        self.samples = 0

    def _below(self, k: int) -> Any:
        return self.layers[k - 1] if k else self.encoder

    def _joins(self, k: int) -> tuple[Geometry, en.Block, en.Block]:
        return self.geometries[k], self.weights[k], self.biases[k]

    def _top(self, learns: bool, gains: Mapping[str, Any], rate: float) -> Any:
        """The output, with the classes it learns; or the read-out, with the answers it gives."""
        last = len(self.weights) - 1
        joins, below = self._joins(last), self._below(last)
        if learns:
            self.targets = self.net.weights(np.zeros((ROOM, 1)), "targets")
            return PDOutput(*joins, self.targets, below, **gains, rate=rate, name="output")
        answers = self.net.weights(np.zeros((ROOM, self.geometries[last].units_out)), "answers")
        return PDReadout(*joins, answers, below, name="output")

    def _add_learning(self, gains: Mapping[str, Any], o: Mapping[str, Any]) -> None:
        """Errors from the top down; what counts the error spikes at weights k is the error of layer k - 1."""
        rate, above = o["learning_rate"], self.output
        settings = {"rate": rate} if o["traces"] is None else {"rate": rate, "traces": o["traces"]}
        for k in range(len(self.weights) - 1, -1, -1):
            geometry, weights, _ = self._joins(k)
            counter: Any
            if k:
                layer = self.layers[k - 1]
                counter = PDError(geometry, weights, layer.bias, layer, above, **gains, rate=rate, name=f"error{k - 1}")
                self.errors[k - 1] = counter
            else:
                self.inbox = counter = PDInbox(geometry.units_out, name="inbox")
            self.net.connect(above.out, self.net.add(counter).spikes)
            hearing = [*self.layers, self.output][k]
            rule = RULES[o["rule"]]
            update = rule(geometry, weights, hearing, self._below(k), counter, above, **settings, name=f"update{k}")
            self.updates.insert(0, self.net.add(update))
            above = counter

    # --- running ---
    def learn(self, frames: NDArray[Any], targets: NDArray[Any]) -> None:
        """A step for each of the frames [n, units], n at most ROOM, and its class."""
        n, ticks = len(frames), self._hand_over(frames)
        self.simulation[self.output].array("targets")[:n, 0] = targets
        modules: list[Any] = [*self.layers, *self.errors.values(), *self.updates]
        events = [self._events(ticks, m.tick, np.zeros(n)) for m in modules]
        self._run([self._events(ticks, self.output.target, np.arange(n)), *events], ticks)

    def answer(self, frames: NDArray[Any]) -> NDArray[Any]:
        """A step for each of the frames; what the read-out sums up to, [n, n_out]."""
        n, ticks = len(frames), self._hand_over(frames)
        events = [self._events(ticks, layer.tick, np.zeros(n)) for layer in self.layers]
        self._run([self._events(ticks, self.output.read, np.arange(n)), *events], ticks)
        return np.array(self.simulation[self.output].array("answers")[:n])

    def _hand_over(self, frames: NDArray[Any]) -> NDArray[np.int64]:
        self.simulation[self.encoder].array("frames")[: len(frames)] = frames
        return np.arange(self.samples, self.samples + len(frames))

    def _run(self, events: list[NDArray[Any]], ticks: NDArray[np.int64]) -> None:
        frames = self._events(ticks, self.encoder.frame, np.arange(len(ticks)))
        self.simulation.inject(np.concatenate([frames, *events]))
        self.simulation.run()
        self.samples += len(ticks)

    @staticmethod
    def _events(ticks: NDArray[np.int64], port: Any, index: NDArray[Any]) -> NDArray[Any]:
        made = np.zeros(len(ticks), dtype=en.EVENT)
        made["t"], made["port"], made["index"], made["sign"] = ticks, int(port), index, 1
        return made

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
                if name not in ("frame", "rows", "columns", "runs", "count", "heard"):
                    found[f"{module.name}.{name}"] = self.simulation[module].array(name)
        return found


def fits(name: str, found: NDArray[Any], fresh: NDArray[Any], samples: int) -> bool:
    """Whether an array of a file can be this state after so many samples; `fresh` is how it begins."""
    if found.shape != fresh.shape or found.dtype != fresh.dtype or not np.isfinite(found).all():
        return False
    if name.endswith(".clock"):
        fixed = [NOTICED, STEP, ACTIVATION, TOLD, NEXT, *range(RAW, min(len(fresh), SEEN))]
        return bool(np.array_equal(found[fixed], fresh[fixed]) and found[[LAST, STAMP]].max() < samples)
    if name.endswith(".code"):
        fixed = [ALPHA, RELATIVE, ETA, RATE]
        return bool(np.array_equal(found[fixed], fresh[fixed]) and found[[BETA, USED]].min() > 0)
    return True
