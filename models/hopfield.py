"""Hopfield networks: patterns are stored in symmetric weights, and recalled by flips of one unit at a time.

Source: J. J. Hopfield, Neural networks and physical systems with emergent collective computational abilities (1982);
P. O'Connor, Biologically plausible deep learning (2020), 1.1.2. `eventnet.neurons.hopfield` has the unit, its energy
and two errata.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en
from eventnet.base.files import described, read_npz, write_npz
from eventnet.base.linear_algebra import in_one_thread
from eventnet.base.summary import Summarized, Summary
from eventnet.errors import DataError, ModelError
from eventnet.event import EVENT
from eventnet.models.shared import whole
from eventnet.models.summaries import layered

States = NDArray[np.int64]
FORMAT = "eventnet-hopfield-network-1"
EXACT = {"float32": 2**24, "float64": 2**53}
"""Below these, sums of whole numbers are exact in a number type."""


class Recall(NamedTuple):
    """Final states, [n, units] of +1 and -1, and the number of flips of units on the way, [n]."""

    states: States
    flips: NDArray[np.int64]


class Steps(NamedTuple):
    """Steps of a network in which all units flip at once: states [steps + 1, units], and how long the cycle is.

    cycle: 1 where it rests, 2 where it goes to and fro, 0 where it has done neither yet.
    """

    states: States
    cycle: int


@in_one_thread
class HopfieldNetwork(Summarized):
    """Units of two states, +1 and -1, with symmetric weights.

    weights   [units, units], w_ij = w_ji, w_ii = 0. Whole numbers are summed exactly, and so is the energy
    bias      b [units]; zeros if None
    order     the routing order in which units that disagree with their potential are looked at: it may decide where the
              network comes to rest, but not that it does
    seed      of order "random"
    engine    "compiled" or "reference"

    tally     what the last call has counted; None before the first

    Raises ModelError for weights that are no symmetric matrix with a diagonal of zeros.
    """

    def __init__(
        self, weights: ArrayLike, bias: ArrayLike | None = None, *, order: Any = "fifo", seed: int = 0,
        engine: str = "compiled",
    ) -> None:  # fmt: skip
        w = np.array(weights, dtype=np.float64)
        if w.ndim != 2 or w.shape[0] != w.shape[1] or not len(w) or not np.isfinite(w).all():
            raise ModelError(f"weights have the shape {list(w.shape)}; wanted finite numbers [units, units]")
        b = np.zeros(len(w)) if bias is None else np.array(bias, dtype=np.float64)
        if b.shape != (len(w),) or not np.isfinite(b).all():
            raise ModelError(f"bias has the shape {list(b.shape)}; wanted finite numbers [{len(w)}]")
        self.weights, self.bias, self.units = w, b, len(w)
        self.order, self.seed, self.engine = order, seed, engine
        self.dtype = number_type(w, b)
        self.tally: en.Tally | None = None
        try:
            self._one, self._all = self._network("asks", "look", 0), self._network("next", "step", 1)
        except en.EventnetError as error:
            raise ModelError(str(error)) from error

    def _network(self, outlet: str, port: str, delay: int) -> en.Network:
        """The units, wired to themselves for one form of updating, and an end to which their flips are sent."""
        net = en.Network(self.dtype)
        layer = net.add(en.HopfieldUnits(self.units, net.weights(self.weights), bias=self.bias, name="units"))
        net.connect(getattr(layer, outlet), getattr(layer, port), delay)
        net.connect(layer.out, net.add(en.Sink(self.units, name="flips")).spikes)
        return net

    @classmethod
    def of_patterns(cls, patterns: ArrayLike, **options: Any) -> Self:
        """Hebbian storage, w_ij = sum over patterns of s_i s_j for i != j, whole numbers; patterns [n, units], +1, -1.

        The thesis adds b_i = sum of s_i, too; patterns that are even have none. Options are the constructor's.
        """
        s = signs(patterns, None)
        w = s.T @ s
        np.fill_diagonal(w, 0)
        return cls(w, **options)

    def _summary(self) -> Summary:
        return layered(f"HopfieldNetwork, {self.dtype}", [("units", (self.units,), self.units**2)], self.tally)

    def energy(self, states: ArrayLike) -> NDArray[np.float64]:
        """E = -1/2 sum w_ij s_i s_j - sum b_j s_j of each state [n, units]: exact, where all numbers are whole."""
        s = signs(states, self.units).astype(np.float64)
        found: NDArray[np.float64] = -0.5 * np.einsum("ni,ni->n", s @ self.weights, s) - s @ self.bias
        return found

    def recall(self, states: ArrayLike) -> Recall:
        """The states at rest reached from each state [n, units], one unit flipping at a time.

        Units are set by an event each where the state differs from the one before. Raises DataError for states that
        are not +1 and -1.
        """
        starts = signs(states, self.units)
        sim = self._simulation(self._one)
        found, flips = np.empty_like(starts), np.zeros(len(starts), np.int64)
        now, before = np.full(self.units, -1, np.int64), 0
        for k, start in enumerate(starts):
            sim.inject(self._events(now, start, k, "begin"))
            sim.run()
            now = found[k] = state_of(sim)
            flips[k], before = sim.tally.spikes - before, sim.tally.spikes
        self.tally = sim.tally
        return Recall(found, flips)

    def trace(self, state: ArrayLike, *, drive: Callable[[en.Simulation], object] = en.Simulation.run) -> States:
        """The states [flips + 1, units] on the way from one state [units] to rest, each a flip from the one before.

        drive: lets the simulation run until it rests, in steps perhaps, between which it may be looked at.
        """
        start = signs(np.asarray(state)[None], self.units)[0]
        sim = self._simulation(self._one, record=True)
        sim.inject(self._events(np.full(self.units, -1), start, 0, "begin"))
        drive(sim)
        self.tally = sim.tally
        end: Any = self._one["flips"]
        sent = sim.log[sim.log["port"] == int(end.spikes)]
        sent = sent[np.argsort(sent["parent"])]  # flips happen where units are looked at
        states = np.repeat(start[None], len(sent) + 1, axis=0)
        for k, (unit, sign) in enumerate(zip(sent["index"], sent["sign"], strict=True), start=1):
            states[k:, unit] = sign
        return states

    def all_at_once(self, state: ArrayLike, steps: int = 100) -> Steps:
        """From one state [units] on, all units that disagree flip together, a tick after a tick, `steps` times at most.

        With symmetric weights it comes to rest, or to a cycle of two states (Goles 1985).
        """
        start = signs(np.asarray(state)[None], self.units)[0]
        sim = self._simulation(self._all)
        sim.inject(self._events(np.full(self.units, -1), start, 0, "step"))
        states = [start]
        for t in range(whole(steps, "steps", 1)):
            states.append(state_of(sim.run(until=t + 1)))
            cycle = next((n for n in (1, 2) if t >= n - 1 and np.array_equal(states[-1], states[-1 - n])), 0)
            if cycle:
                break
        self.tally = sim.tally
        return Steps(np.array(states), cycle)

    def save(self, path: str | Path) -> None:
        """Write weights, bias and options to a file; a failed write keeps the old one.

        Raises ModelError for an order that is a key function.
        """
        if not isinstance(self.order, str):
            raise ModelError("a network whose order is a key function cannot be saved: give it an order with a name")
        text = {"format": FORMAT, "order": self.order, "seed": self.seed, "engine": self.engine}
        write_npz(path, json.dumps(text), {"weights": self.weights, "bias": self.bias})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. Raises DataError for a damaged file."""
        text, arrays = read_npz(path, FORMAT)
        with described(path, "a HopfieldNetwork"):
            options = {name: text[name] for name in ("order", "seed", "engine")}
            return cls(arrays["weights"], arrays["bias"], **options)

    def _simulation(self, net: en.Network, **options: Any) -> en.Simulation:
        return en.Simulation(net, order=self.order, seed=self.seed, engine=self.engine, **options)

    def _events(self, now: States, start: States, t: int, then: str) -> NDArray[Any]:
        """Inputs of tick t that take the units from one state to another, and let them go on."""
        layer: Any = self._all["units"] if then == "step" else self._one["units"]
        differ = np.flatnonzero(now != start)
        made = np.zeros(len(differ) + 1, dtype=EVENT)
        made["t"], made["port"], made["sign"] = t, int(layer.set), 1
        made["index"][:-1], made["sign"][:-1] = differ, start[differ]
        made["port"][-1] = int(getattr(layer, then))
        return made


def state_of(sim: en.Simulation) -> States:
    """The states of all units, +1 and -1."""
    return 2 * sim.state("units")["up"] - 1


def signs(states: ArrayLike, units: int | None) -> States:
    """States [n, units] as whole numbers. Raises DataError unless all are +1 or -1."""
    found = np.asarray(states)
    if found.ndim != 2 or (units is not None and found.shape[1] != units):
        raise DataError(f"states have the shape {list(found.shape)}; wanted [n, {units or 'units'}]")
    if not np.isin(found, (-1, 1)).all():
        raise DataError(f"states hold {found[~np.isin(found, (-1, 1))][0]}; wanted +1 and -1")
    return found.astype(np.int64)


def number_type(w: NDArray[np.float64], b: NDArray[np.float64]) -> str:
    """float32 where sums of these weights and biases are exact in it, else float64."""
    whole_numbers = bool((w == np.round(w)).all() and (b == np.round(b)).all())
    largest = float((np.abs(w).sum(axis=0) + np.abs(b)).max()) * 2
    return "float32" if whole_numbers and largest < EXACT["float32"] else "float64"
