"""SpikeProp: layers of units that fire once, and learn when to.

Source: S. M. Bohte, J. N. Kok and H. La Poutré, SpikeProp: backpropagation for networks of spiking neurons (2000);
P. O'Connor, Biologically plausible deep learning (2020), 2.2. `eventnet.neurons.spike_once` has the unit,
`eventnet.learning.spikeprop` the rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en
from eventnet.base.summary import Summarized, Summary
from eventnet.errors import DataError, ModelError
from eventnet.event import EVENT
from eventnet.learning.spikeprop import HiddenErrors, TargetErrors, exact_times
from eventnet.models.shared import whole
from eventnet.models.summaries import layered, of_sizes

Floats = NDArray[np.float64]


class Lessons(NamedTuple):
    """Errors and silent units of `SpikeProp.fit`, by epoch, counted before each sample's own update.

    errors   [epochs] sum over samples and outputs of the squared error of time; one that is silent counts as firing at
             the end of the window
    silent   [epochs] errors of units, hidden ones too, that had not fired
    """

    errors: Floats
    silent: NDArray[np.int64]


class SpikeProp(Summarized):
    """Layers of units that fire once; times are in a unit of the user's, milliseconds say.

    sizes         units of each layer, that of inputs the first
    delays        [K] of every synapse: each has a weight of its own
    tau           time constant of the kernel x / tau exp(1 - x / tau)
    threshold     of all units
    weights       one array [n_in, K, n_out] a layer; or a range (low, high) they are drawn from
    inhibitory    of so many units of each hidden layer, the last ones, the weights that are drawn begin negative
    learning_rate of dw = rate kappa (t - t_wanted) / s'
    least_slope   what s' counts as at least, in thresholds a unit of time: a unit that hardly crosses moves its weights
                  without bound else
    rescue        what the weights of a unit that did not fire move up by, from inputs that did spike; 0: they stay
    window        how long a sample lasts; a unit that has not fired by then is silent
    ticks         of the simulation in a unit of time: spikes are heard of at most a tick late
    order         the routing order, which changes nothing but the sequence of sums
    seed          of the weights
    engine        "compiled" or "reference"

    tally         what the last call has counted; None before the first

    Raises ModelError for what makes no sense.
    """

    def __init__(
        self, sizes: Sequence[int], delays: ArrayLike, *, tau: float = 7.0, threshold: float = 1.0,
        weights: Sequence[ArrayLike] | tuple[float, float] = (0.0, 1.0), inhibitory: int = 0,
        learning_rate: float = 0.01, least_slope: float = 0.1, rescue: float = 0.0, window: float = 50.0,
        ticks: int = 2**32, order: Any = "fifo", seed: int = 0, engine: str = "compiled",
    ) -> None:  # fmt: skip
        self.sizes = [whole(n, f"sizes[{k}]", 1) for k, n in enumerate(sizes)]
        if len(self.sizes) < 2:
            raise ModelError(f"sizes are {list(sizes)}; wanted two layers or more")
        self.ticks = whole(ticks, "ticks", 1)
        self.delays = np.atleast_1d(np.asarray(delays, dtype=np.float64))
        self.window, self.tau, self.threshold = window, tau, threshold
        positive = {"tau": tau, "threshold": threshold, "learning_rate": learning_rate, "window": window}
        for name, value in {**positive, "least_slope": least_slope}.items():
            if not np.isfinite(value) or value <= 0:
                raise ModelError(f"{name} is {value!r}; wanted a finite number above 0")
        if not np.isfinite(rescue) or rescue < 0:
            raise ModelError(f"rescue is {rescue!r}; wanted a finite number, 0 or more")
        if not len(self.delays) or not np.all((self.delays * self.ticks >= 1) & (self.delays <= window)):
            raise ModelError(f"delays are {delays!r:.60}; wanted times from a tick to the window, {window}")
        self.learning_rate, self.least_slope, self.rescue = learning_rate, least_slope, rescue
        self.order, self.seed, self.engine = order, seed, engine
        most = min(self.sizes[1:-1], default=0)
        self.weights = self._first_weights(weights, whole(inhibitory, "inhibitory", 0, most))
        self.tally: en.Tally | None = None
        try:
            self._network()
        except en.EventnetError as error:
            raise ModelError(str(error)) from error

    def _first_weights(self, given: Any, inhibitory: int) -> list[Floats]:
        shapes = [(a, len(self.delays), b) for a, b in zip(self.sizes[:-1], self.sizes[1:], strict=True)]
        if isinstance(given, tuple) and len(given) == 2 and all(np.ndim(end) == 0 for end in given):
            if not np.isfinite(given).all() or given[0] > given[1]:
                raise ModelError(f"weights are {given!r}; wanted arrays, or a range (low, high)")
            rng = np.random.default_rng(self.seed)
            drawn = [rng.uniform(*given, shape) for shape in shapes]
            for w in drawn[1:]:
                w[len(w) - inhibitory :] *= -1
            return drawn
        made = [np.array(w, dtype=np.float64) for w in given]
        if [w.shape for w in made] != shapes or not all(np.isfinite(w).all() for w in made):
            raise ModelError(f"weights have the shapes {[w.shape for w in made]}; wanted finite numbers, {shapes}")
        return made

    def _summary(self) -> Summary:
        return layered(f"SpikeProp, {len(self.delays)} delays", of_sizes(self.sizes), self.tally)

    # --- the network ---
    def _network(self, learning: bool = False) -> en.Network:
        """Layers from below, and where it learns their errors from above."""
        net = en.Network("float64")
        below: Any = net.add(en.Relay(self.sizes[0], name="inputs"))
        delays = np.round(self.delays * self.ticks).astype(np.int64)
        layers = []
        for k, w in enumerate(self.weights):
            block = net.weights(w.reshape(-1, w.shape[2]), f"W{k}")
            layer = net.add(
                en.SpikeOnce(
                    w.shape[2], block, delays=delays, tau=self.tau * self.ticks, threshold=self.threshold,
                    name=f"layer{k}",
                )
            )  # fmt: skip
            net.connect(below.out, layer.spikes)
            net.connect(layer.delayed, layer.arrive)
            layers.append(layer)
            below = layer
        net.connect(below.out, net.add(en.Sink(self.sizes[-1], name="outputs")).spikes)
        if learning:
            self._add_errors(net, layers)
        return net

    def _add_errors(self, net: en.Network, layers: list[en.SpikeOnce]) -> None:
        options: dict[str, Any] = {
            "step": self.learning_rate * self.tau**2, "least_slope": self.least_slope * self.tau,
            "rescue": self.rescue,
        }  # fmt: skip
        top = len(layers) - 1
        above: Any = net.add(TargetErrors(layers[top].weights, layers[top], **options, name=f"errors{top}"))
        for k in range(top - 1, -1, -1):
            errors = net.add(HiddenErrors(layers[k].weights, layers[k], above, **options, name=f"errors{k}"))
            net.connect(above.out, errors.error)
            above = errors
        net.connect(above.out, net.add(en.Sink(self.sizes[0], name="end")).spikes)

    def _simulation(self, learning: bool) -> en.Simulation:
        return en.Simulation(self._network(learning), order=self.order, engine=self.engine)

    def _times(self, given: ArrayLike, width: int, what: str, *, silent: bool) -> Floats:
        """Times [n, width]; NaN for a spike that there is not, where there may be none."""
        found = np.array(given, dtype=np.float64)
        if found.ndim != 2 or found.shape[1] != width or not len(found):
            raise DataError(f"{what} have the shape {list(found.shape)}; wanted [n, {width}]")
        good = ((found >= 0) & (found < self.window)) | (np.isnan(found) & silent)
        if not good.all():
            raise DataError(
                f"{what} hold {found[~good][0]}; wanted times from 0 to the window, {self.window}"
                + (", or NaN for none" if silent else "")
            )
        return found

    def _span(self) -> int:
        """Ticks from a sample to the next."""
        return round(self.window * self.ticks) + 2

    def _sample(self, net: en.Network, begin: int, row: Floats) -> list[NDArray[Any]]:
        """Inputs of one sample: all begin anew at a tick, and a tick later its time is 0."""
        resets = [int(module.reset) for module in net.modules if isinstance(module, en.SpikeOnce)]
        there = np.flatnonzero(~np.isnan(row))
        ticks = begin + 1 + np.round(row[there] * self.ticks).astype(np.int64)
        there = there[np.argsort(ticks, kind="stable")]
        inputs: Any = net["inputs"]
        return [rows_of([begin] * len(resets), resets, 0), rows_of(np.sort(ticks), int(inputs.spikes), there)]

    def _answer(self, sim: en.Simulation, begin: int) -> Floats:
        """Times of the outputs, exact to the last digits."""
        state = sim.state(f"layer{len(self.weights) - 1}")
        return exact_times(state["fired"], state["early"], begin + 1) / self.ticks

    # --- answers ---
    def predict(self, x: ArrayLike) -> Floats:
        """Times [n, outputs] of the last layer's spikes for times [n, inputs]; NaN: none in the window.

        Raises DataError for times that are not in the window.
        """
        rows = self._times(x, self.sizes[0], "inputs", silent=True)
        sim, found = self._simulation(False), np.empty((len(rows), self.sizes[-1]))
        for k, row in enumerate(rows):
            begin = k * self._span()
            sim.inject(np.concatenate(self._sample(sim.net, begin, row)))
            sim.run(until=begin + self._span() - 1)
            found[k] = self._answer(sim, begin)
        self.tally = sim.tally
        return found

    def fit(self, x: ArrayLike, y: ArrayLike, epochs: int = 1, *, enough: float = 0.0) -> Lessons:
        """Learn that outputs fire at times y [n, outputs] where inputs spike at x [n, inputs], sample by sample.

        enough   the call ends after an epoch whose sum of squared errors is below this

        Raises DataError for times that are not in the window.
        """
        rows = self._times(x, self.sizes[0], "inputs", silent=True)
        wanted = self._times(y, self.sizes[-1], "targets", silent=False)
        if len(rows) != len(wanted):
            raise DataError(f"there are {len(rows)} rows of inputs and {len(wanted)} of targets; wanted as many")
        sim, seen = self._simulation(True), []
        for epoch in range(whole(epochs, "epochs", 1)):
            error = 0.0
            for k, (row, target) in enumerate(zip(rows, wanted, strict=True)):
                found = self._lesson(sim, (epoch * len(rows) + k) * self._span(), row, target)
                error += float(((np.where(np.isnan(found), self.window, found) - target) ** 2).sum())
            seen.append((error, self._silent(sim)))
            if error < enough:
                break
        self.weights = [
            sim.weights(f"W{k}").reshape(w.shape).copy() for k, w in enumerate(self.weights)
        ]  # fmt: skip
        self.tally = sim.tally
        silent = np.diff([0, *(n for _, n in seen)])
        return Lessons(np.array([error for error, _ in seen]), silent)

    def _lesson(self, sim: en.Simulation, begin: int, row: Floats, target: Floats) -> Floats:
        """One sample and its errors; the times that it was answered with."""
        errors: Any = sim.net[f"errors{len(self.weights) - 1}"]
        last = begin + self._span() - 1
        ticks = begin + 1 + np.round(target * self.ticks).astype(np.int64)
        units = np.arange(len(target))
        parts = self._sample(sim.net, begin, row)
        parts += [rows_of(ticks, int(errors.target), units), rows_of([last] * len(units), int(errors.error), units)]
        events = np.concatenate(parts)
        sim.inject(events[np.argsort(events["t"], kind="stable")])
        sim.run(until=last)
        found = self._answer(sim, begin)
        sim.run(until=last + 1)
        return found

    def _silent(self, sim: en.Simulation) -> int:
        return sum(int(sim.state(f"errors{k}")["silent"][0]) for k in range(len(self.weights)))


def rows_of(t: ArrayLike, port: ArrayLike, index: ArrayLike) -> NDArray[Any]:
    """Events of sign 1."""
    made = np.zeros(len(np.atleast_1d(np.asarray(t))), dtype=EVENT)
    made["t"], made["port"], made["index"], made["sign"] = t, port, index, 1
    return made
