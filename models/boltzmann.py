"""Boltzmann machines: a law over states is sampled, and learned, by units that are drawn one at a time.

Sources: D. H. Ackley, G. E. Hinton and T. J. Sejnowski, A learning algorithm for Boltzmann machines (1985);
P. Smolensky (1986) for the restricted form, G. E. Hinton (2002) for short negative phases; P. O'Connor, Biologically
plausible deep learning (2020), 2.1. `eventnet.neurons.boltzmann` has the unit, its law and an erratum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en
from eventnet.base.linear_algebra import in_one_thread
from eventnet.base.summary import Summarized, Summary
from eventnet.errors import DataError, ModelError
from eventnet.event import EVENT
from eventnet.kernels.random import hash64
from eventnet.models.shared import whole
from eventnet.models.summaries import layered

States = NDArray[np.int64]
Floats = NDArray[np.float64]
MOST_UNITS = 20
"""States are enumerated of machines of so many units at most."""


@in_one_thread
class BoltzmannMachine(Summarized):
    """Units of two states, 1 and 0, with symmetric weights; p(s) = exp(-E(s) / T) / Z.

    weights       [units, units], w_ij = w_ji, w_ii = 0
    bias          b [units]; zeros if None
    visible       how many units, the first ones, are visible; all if None
    rates         of the units' Poisson clocks, in rings a tick: a number, or one a unit. They do not change the law
    temperature   T; at 0 every ring goes downhill: a Hopfield network
    delay         ticks after which other units hear of a change; 0: at once. With a delay the law is another one
    learning_rate of `fit`
    order         the routing order; it does not change the law
    seed          of the clocks and draws; calls go on with other random numbers, and from the state that is there
    engine        "compiled" or "reference"

    states        [units] as the last call left them; all 0 at first
    tally         what the last call has counted; None before the first

    Raises ModelError for what makes no sense.
    """

    def __init__(
        self, weights: ArrayLike, bias: ArrayLike | None = None, *, visible: int | None = None, rates: Any = 1.0,
        temperature: float = 1.0, delay: int = 0, learning_rate: float = 0.05, order: Any = "fifo", seed: int = 0,
        engine: str = "compiled",
    ) -> None:  # fmt: skip
        self.weights = matrix(weights, "weights")
        self.units = self._count_units()
        self.bias = np.zeros(self.units) if bias is None else np.array(bias, dtype=np.float64)
        if self.bias.shape != (self.units,) or not np.isfinite(self.bias).all():
            raise ModelError(f"bias has the shape {list(self.bias.shape)}; wanted finite numbers [{self.units}]")
        self.visible = self.units if visible is None else whole(visible, "visible", 1, self.units)
        if not np.isfinite(learning_rate) or learning_rate <= 0:
            raise ModelError(f"learning_rate is {learning_rate!r}; wanted a finite number above 0")
        self.rates, self.temperature, self.delay = rates, temperature, whole(delay, "delay", 0)
        self.learning_rate, self.order, self.seed, self.engine = float(learning_rate), order, seed, engine
        self.states = np.zeros(self.units, np.int64)
        self.tally: en.Tally | None = None
        self._calls = 0
        try:
            self._network()
        except en.EventnetError as error:
            raise ModelError(str(error)) from error

    def _count_units(self) -> int:
        if self.weights.shape[0] != self.weights.shape[1]:
            raise ModelError(f"weights have the shape {list(self.weights.shape)}; wanted [units, units]")
        return len(self.weights)

    def _network(self) -> en.Network:
        """The units; their changes are sent to an end, and with a delay to themselves."""
        net = en.Network("float64")
        units = net.add(
            en.BoltzmannUnits(
                self.units, net.weights(self.weights, "w"), bias=self.bias, rates=self.rates,
                temperature=self.temperature, step=self.learning_rate, late=self.delay > 0,
                seed=hash64(self.seed, self._calls) if self._calls else self.seed, name="units",
            )
        )  # fmt: skip
        net.connect(units.out, net.add(en.Sink(self.units, name="changes")).spikes)
        if self.delay:
            net.connect(units.out, units.heard, self.delay)
        return net

    def _summary(self) -> Summary:
        return layered(type(self).__name__, [("units", (self.units,), self.weights.size)], self.tally)

    # --- the law ---
    def all_weights(self) -> Floats:
        """w [units, units]."""
        return self.weights

    def energy(self, states: ArrayLike) -> Floats:
        """E = -1/2 sum w_ij s_i s_j - sum b_j s_j of each state [n, units]."""
        s = bits(states, self.units).astype(np.float64)
        found: Floats = -0.5 * np.einsum("ni,ni->n", s @ self.all_weights(), s) - s @ self.bias
        return found

    def law(self) -> Floats:
        """p(s) of all states [2^units], that of state s at the place sum of s_j 2^j.

        Raises ModelError for more than 20 units, and at temperature 0.
        """
        if self.temperature == 0:
            raise ModelError("temperature is 0, at which states have no law; wanted one above 0")
        x = -self.energy(every_state(self.units)) / self.temperature
        p = np.exp(x - x.max())
        return np.asarray(p / p.sum())

    def visible_law(self) -> Floats:
        """p of the states of the visible units, [2^visible]."""
        return np.asarray(self.law().reshape(-1, 2**self.visible).sum(axis=0))

    def expected_change(self, x: ArrayLike) -> tuple[Floats, Floats]:
        """(2.6) without chance: what weights [units, units] and biases [units] would move by, on average.

        <s_i s_j> and <s_j> with the visible units as in x [n, visible], less those of the law, over all states.
        """
        p, states = self.law(), every_state(self.units).astype(np.float64)
        data = bits(x, self.visible)
        seen = np.bincount(data @ (1 << np.arange(self.visible)), minlength=2**self.visible) / len(data)
        with np.errstate(invalid="ignore", divide="ignore"):
            given = np.nan_to_num(p.reshape(-1, 2**self.visible) / self.visible_law())
        apart = (given * seen).reshape(-1) - p
        change = np.einsum("n,ni,nj->ij", apart, states, states)
        np.fill_diagonal(change, 0)
        return change, np.asarray(apart @ states)

    # --- sampling ---
    def sample(self, n: int, every: int = 100, burn: int = 1000, clamped: ArrayLike | None = None) -> States:
        """n states [n, units], so many ticks apart, after `burn` ticks.

        clamped   [visible]: the visible units are held there; None: none is
        """
        n, every, burn = whole(n, "n", 1), whole(every, "every", 1), whole(burn, "burn", 0)
        times, codes = self._course(burn + n * every, clamped)
        at = np.searchsorted(times, burn + every * np.arange(1, n + 1), side="right") - 1
        return np.asarray(codes[at, None] >> np.arange(self.units) & 1)

    def occupancy(self, ticks: int, burn: int = 1000, clamped: ArrayLike | None = None) -> Floats:
        """The share of ticks spent in each state [2^units], placed as in `law`, after `burn` ticks."""
        if self.units > MOST_UNITS:
            raise ModelError(f"there are {self.units} units; states are told apart of {MOST_UNITS} at most")
        ticks, burn = whole(ticks, "ticks", 1), whole(burn, "burn", 0)
        times, codes = self._course(burn + ticks, clamped)
        ends = np.clip(np.append(times[1:], burn + ticks), burn, burn + ticks)
        stays = ends - np.clip(times, burn, burn + ticks)
        return np.bincount(codes, stays, minlength=2**self.units) / ticks

    def _course(self, ticks: int, clamped: ArrayLike | None) -> tuple[States, States]:
        """The states of one run as whole numbers, and since when: those within a tick have the same time."""
        if self.units > 62:
            raise ModelError(f"there are {self.units} units; wanted 62 at most")
        start = self.states.copy()
        free = np.arange(self.units)
        if clamped is not None:
            start[: self.visible] = bits(np.asarray(clamped)[None], self.visible)[0]
            free = free[self.visible :]
        sim = self._begin(start, record=True)
        units: Any = sim.net["units"]
        sim.inject(inputs(0, units.hold, free, -1))
        self._finish(sim, ticks)
        changes: Any = sim.net["changes"]
        sent = sim.log[sim.log["port"] == int(changes.spikes)]
        first = int(start @ (1 << np.arange(self.units)))
        codes = np.bitwise_xor.accumulate(np.concatenate([[first], np.int64(1) << sent["index"].astype(np.int64)]))
        return np.concatenate([[0], sent["t"]]), codes

    def _begin(self, start: States, **options: Any) -> en.Simulation:
        sim = en.Simulation(self._network(), order=self.order, seed=self.seed, engine=self.engine, **options)
        units: Any = sim.net["units"]
        sim.inject(inputs(0, units.set, np.flatnonzero(start), 1))
        return sim

    def _finish(self, sim: en.Simulation, until: int) -> None:
        sim.run(until=until)
        self.states, self.tally = sim.state("units")["up"].copy(), sim.tally
        self._calls += 1

    # --- learning ---
    def fit(self, x: ArrayLike, epochs: int = 1, positive: int = 10, negative: int = 10) -> None:
        """Learn by (2.6) from samples x [n, visible] of 1 and 0, in the sequence given, each once an epoch.

        With the visible units held in a sample's states the others go on for `positive` ticks, and weights move up by
        the states that are then there; let go, all units go on for `negative` ticks, and weights move down. A short
        negative phase is contrastive divergence, and its mean is not the gradient. Raises ModelError with a delay.
        """
        if self.delay:
            raise ModelError(f"delay is {self.delay}; a machine learns without one")
        data = bits(x, self.visible)
        epochs = whole(epochs, "epochs", 1)
        ticks = whole(positive, "positive", 1), whole(negative, "negative", 1)
        sim = self._begin(self.states)
        units: Any = sim.net["units"]
        sim.inject(inputs(0, units.hold, np.arange(self.visible, self.units), -1))
        for epoch in range(epochs):
            sim.inject(self._lesson(units, data, epoch * len(data) * sum(ticks), *ticks))
            sim.run(until=(epoch + 1) * len(data) * sum(ticks))
        self._finish(sim, epochs * len(data) * sum(ticks) + 1)
        self.weights = sim.weights(units.w).copy()
        self.bias = sim.state("units")["bias"].copy()

    def _lesson(self, units: Any, data: States, begin: int, positive: int, negative: int) -> NDArray[Any]:
        """Inputs of one epoch: for each sample hold, set, learn, let go, and unlearn."""
        visible, parts = np.arange(self.visible), []
        for k, row in enumerate(data):
            t = begin + k * (positive + negative)
            parts += [
                inputs(t, units.hold, visible, 1),
                inputs(t, units.set, visible, 2 * row - 1),
                inputs(t + positive, units.learn, [0], 1),
                inputs(t + positive, units.hold, visible, -1),
                inputs(t + positive + negative, units.learn, [0], -1),
            ]
        return np.concatenate(parts)


class RestrictedBoltzmannMachine(BoltzmannMachine):
    """A Boltzmann machine without weights among visible units or among hidden ones.

    weights   [visible, hidden]: read by row where a visible unit changes, and by column where a hidden one does
    bias      b [visible + hidden]; zeros if None

    All else is as in `BoltzmannMachine`.
    """

    def __init__(self, weights: ArrayLike, bias: ArrayLike | None = None, **options: Any) -> None:
        if "visible" in options:
            raise ModelError("visible units of a restricted machine are the rows of its weights; visible is not given")
        super().__init__(weights, bias, visible=len(matrix(weights, "weights")), **options)

    def _count_units(self) -> int:
        return sum(self.weights.shape)

    def all_weights(self) -> Floats:
        """w [units, units], with zeros inside both groups."""
        n, m = self.weights.shape
        return np.block([[np.zeros((n, n)), self.weights], [self.weights.T, np.zeros((m, m))]])


def matrix(weights: ArrayLike, what: str) -> Floats:
    """Weights as float64. Raises ModelError unless they are finite numbers in rows."""
    w = np.array(weights, dtype=np.float64)
    if w.ndim != 2 or not w.size or not np.isfinite(w).all():
        raise ModelError(f"{what} have the shape {list(w.shape)}; wanted finite numbers in rows")
    return w


def every_state(units: int) -> States:
    """All states [2^units, units]; unit j is bit j of the row's number. Raises ModelError for more than 20 units."""
    if units > MOST_UNITS:
        raise ModelError(f"there are {units} units; states are enumerated of {MOST_UNITS} at most")
    return np.asarray(np.arange(2**units)[:, None] >> np.arange(units) & 1)


def bits(states: ArrayLike, units: int) -> States:
    """States [n, units] as whole numbers. Raises DataError unless all are 1 or 0."""
    found = np.asarray(states)
    if found.ndim != 2 or found.shape[1] != units or not len(found):
        raise DataError(f"states have the shape {list(found.shape)}; wanted [n, {units}]")
    if not np.isin(found, (0, 1)).all():
        raise DataError(f"states hold {found[~np.isin(found, (0, 1))][0]}; wanted 1 and 0")
    return found.astype(np.int64)


def inputs(t: int, port: Any, index: ArrayLike, sign: ArrayLike) -> NDArray[Any]:
    """Events of one tick at one port."""
    index = np.asarray(index)
    made = np.zeros(len(index), dtype=EVENT)
    made["t"], made["port"], made["index"], made["sign"] = t, int(port), index, sign
    return made
