"""Equilibrium propagation in continuous time: spikes at predicted times, and nothing in between.

Source: P. O'Connor, Biologically plausible deep learning (2020), 9.2 to 9.6, corrected; `eventnet.neurons.clipped` has
the equations and errata, `eventnet.learning.continuous_units` the units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en
from eventnet.base.summary import Summarized, Summary
from eventnet.data import one_hot
from eventnet.errors import DataError, ModelError
from eventnet.event import EVENT_WITH_AMOUNT
from eventnet.learning.continuous_units import (
    BEGIN,
    KEEP,
    MARK,
    MEAN,
    NUDGE,
    RESET,
    ContinuousUnits,
    HeldInputs,
    InnerContinuousUnits,
)
from eventnet.models.equilibrium_files import KeptInFile
from eventnet.models.equilibrium_states import glorot, two_betas
from eventnet.models.shared import Floats, finite, whole
from eventnet.models.summaries import layered, of_sizes
from eventnet.tally import Tally

STEPS = 8
"""Ticks that a sample takes besides its phases: those of the reset, of inputs and of learning, one a step."""


class ContinuousEquilibriumNetwork(KeptInFile, Summarized):
    """A layered network of symmetric weights that settles in continuous time, and learns by the contrast of two phases.

    sizes          units of each layer, the input first
    lam            rate at which spikes are smoothed, a unit of time: the lower, the less single spikes count, and the
                   later it settles
    eps            rate of the states, a unit of time; None for lam
    beta           how strongly a target nudges in the second phase; 1 + 2 beta above 0. Two numbers: in the first phase
                   and in the second; with one, the first is 0, and its phase free
    learning_rate  one a layer, for the contrast of a sample
    duration       of the first and of the second phase, in units of time
    settling       the part of each phase that passes before means of the states are taken
    grid           inputs from 0 to 1 are rounded to whole multiples of 1 / grid
    scales         what first weights are multiplied by, one a block; None for 1
    ticks          of the simulation in a unit of time
    seed           of first weights (Glorot, uniform) and of an order
    order, engine  the routing order, among spikes of one tick, and "compiled" or "reference"

    weights        a list of [n_in, n_out], and biases of [n_out], float64
    tally          what the last call has counted; None before

    Raises ModelError for options that make no sense.
    """

    FORMAT = "eventnet-continuous-equilibrium-network-1"

    def __init__(
        self, sizes: Sequence[int], *, lam: float = 0.3, eps: float | None = None,
        beta: float | tuple[float, float] = 0.5, learning_rate: Sequence[float] | None = None,
        duration: tuple[float, float] = (40.0, 40.0), settling: float = 0.5, grid: int = 256,
        scales: Sequence[float] | None = None, ticks: int = 2**32,
        seed: int = 1234, order: str = "fifo", engine: str = "compiled",
    ) -> None:  # fmt: skip
        self.options = {name: value for name, value in locals().items() if name not in ("self", "sizes")}
        self.sizes = tuple(whole(size, "sizes", 1) for size in sizes)
        layers = len(self.sizes) - 1
        rates = (0.1, *(0.05,) * (layers - 1)) if learning_rate is None else tuple(map(float, learning_rate))
        if layers < 1 or len(rates) != layers or (scales is not None and len(scales) != layers):
            raise ModelError(f"sizes {self.sizes} have {layers} blocks; wanted one learning rate, and scale, a block")
        if not np.isfinite(rates).all() or len(duration) != 2 or not all(0 < span < np.inf for span in duration):
            raise ModelError(f"learning_rate and duration are {rates} and {duration}; wanted finite ones, two above 0")
        if not 0 <= settling < 1:
            raise ModelError(f"settling is {settling}; wanted 0 to below 1")
        (self.first_beta, self.beta), self.learning_rate = two_betas(beta), rates
        self.lam, self.eps = lam, lam if eps is None else eps
        self.duration, self.settling = (float(duration[0]), float(duration[1])), float(settling)
        self.grid, self.ticks = whole(grid, "grid", 1, 2**20), whole(ticks, "ticks", 1, 2**40)
        if min(self.duration) * (1 - self.settling) * self.ticks < 2:
            raise ModelError(f"duration is {duration}; wanted 2 ticks of 1 / {self.ticks:,} at least, after settling")
        self.order, self.engine, self.seed = order, engine, whole(seed, "seed", 0)
        self._rng = np.random.default_rng(self.seed)
        self.weights = glorot(self.sizes, self._rng, "float64", scales or ())
        self.biases: list[Floats] = [np.zeros(n) for n in self.sizes[1:]]
        self.tally: Tally | None = None
        try:
            self.simulation()
        except en.EventnetError as error:
            raise ModelError(str(error)) from error

    def _summary(self) -> Summary:
        return layered(f"ContinuousEquilibriumNetwork, lam {self.lam:g}", of_sizes(self.sizes), self.tally)

    # --- the network ---
    def network(self) -> en.Network:
        """The network of modules, with copies of the weights: `inputs`, `layer0`, `layer1` and so on."""
        net = en.Network("float64")
        inputs = net.add(HeldInputs(self.sizes[0], grid=self.grid, name="inputs"))
        blocks = [net.weights(w.copy(), f"W{k}") for k, w in enumerate(self.weights)]
        layers: list[Any] = []
        for k, (block, bias) in enumerate(zip(blocks, self.biases, strict=True)):
            rate = self.learning_rate[k] / (self.beta - self.first_beta)
            options: dict[str, Any] = {
                "lam": self.lam, "eps": self.eps, "beta": self.beta, "first_beta": self.first_beta,
                "ticks": self.ticks, "bias": bias.copy(), "rate": rate, "bias_rate": rate, "name": f"layer{k}",
            }  # fmt: skip
            lower = layers[-1] if layers else inputs
            if k + 1 < len(blocks):
                layers.append(net.add(InnerContinuousUnits(block.cols, block, lower, blocks[k + 1], **options)))
            else:
                layers.append(net.add(ContinuousUnits(block.cols, block, lower, **options)))
        net.connect(inputs.out, layers[0].held)
        for below, above in zip(layers, layers[1:], strict=False):
            net.connect(below.out, above.below)
            net.connect(above.out, below.above)
        net.connect(layers[-1].out, net.add(en.Sink(self.sizes[-1], name="outputs")).spikes)
        return net

    def simulation(self, **options: Any) -> en.Simulation:
        """A simulation of the network as it stands."""
        return en.Simulation(self.network(), order=self.order, seed=self.seed, engine=self.engine, **options)

    def span(self, learning: bool = False) -> int:
        """Ticks from a sample to the next."""
        return sum(self._spans[: 1 + learning]) + STEPS

    @property
    def _spans(self) -> tuple[int, int]:
        return round(self.duration[0] * self.ticks), round(self.duration[1] * self.ticks)

    def sample(self, net: en.Network, begin: int, row: NDArray[np.int64], label: int | None = None) -> NDArray[Any]:
        """Inputs of one sample of whole numbers [n_in] from tick `begin` on; with a label it learns."""
        layers: list[Any] = [module for module in net.modules if isinstance(module, ContinuousUnits)]
        held: Any = net["inputs"]
        free, nudged = self._spans
        start, end = begin + 2, begin + 3 + free
        steps = [(begin, layer.phase, RESET) for layer in layers] + [(begin, held.reset, 0)]
        there = np.flatnonzero(row)
        at = [(start, BEGIN), (start + 1 + round(self.settling * free), MARK), (end, KEEP)]
        if label is not None:
            if self.first_beta:
                steps.append((begin + 1, layers[-1].phase, NUDGE + self.sizes[-1] + label))
            steps.append((end + 1, layers[-1].phase, NUDGE + label))
            last = end + 2 + nudged
            at += [(end + 2 + round(self.settling * nudged), MARK), (last, MEAN)]
            steps += [(last + 1, layer.learn, 0) for layer in layers]
        steps += [(t, layer.phase, index) for t, index in at for layer in layers]
        made = np.ones(len(steps) + len(there), dtype=EVENT_WITH_AMOUNT)
        for k, (t, port, index) in enumerate(steps):
            made["t"][k], made["port"][k], made["index"][k] = t, int(port), index
        pixels = made[len(steps) :]
        pixels["t"], pixels["port"], pixels["index"], pixels["amount"] = begin + 1, int(held.change), there, row[there]
        return made[np.argsort(made["t"], kind="stable")]

    # --- learning ---
    def fit(self, x: ArrayLike, y: ArrayLike, epochs: int = 1) -> Self:
        """Learn every sample `epochs` times, in the order given, one after the other.

        x [n, n_in] from 0 to 1; y: labels [n]. Raises DataError for other shapes or values.
        """
        rows, labels = self._inputs(x), one_hot(y, self.sizes[-1]).argmax(axis=1)
        if len(rows) != len(labels):
            raise DataError(f"{len(rows):,} samples, but {len(labels):,} labels; wanted one a sample")
        sim, span = self.simulation(budget=2**62), self.span(learning=True)
        for n in range(whole(epochs, "epochs", 0) * len(rows)):
            k = n % len(rows)
            sim.inject(self.sample(sim.net, n * span, rows[k], int(labels[k])))
            sim.run(until=(n + 1) * span)
        for layer, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            w[:], b[:] = sim.weights(f"W{layer}"), sim.state(f"layer{layer}")["bias"]
        self.tally = sim.tally
        return self

    # --- answers ---
    def states(self, x: ArrayLike) -> list[Floats]:
        """Mean states [n, units] of each layer in the free phase, after `settling`."""
        rows = self._inputs(x)
        found: list[Floats] = [np.zeros((len(rows), n)) for n in self.sizes[1:]]
        sim, span = self.simulation(budget=2**62), self.span()
        for n, row in enumerate(rows):
            sim.inject(self.sample(sim.net, n * span, row))
            sim.run(until=(n + 1) * span)
            for layer, means in enumerate(found):
                means[n] = sim.state(f"layer{layer}")["was"]
        self.tally = sim.tally
        return found

    def outputs(self, x: ArrayLike) -> Floats:
        """Mean states of the outputs [n, n_out]."""
        return self.states(x)[-1]

    def predict(self, x: ArrayLike) -> NDArray[np.int64]:
        """The index of the largest output."""
        return np.asarray(self.outputs(x).argmax(axis=1), dtype=np.int64)

    def score(self, x: ArrayLike, labels: ArrayLike) -> float:
        """The share of samples whose prediction is their label."""
        return float(np.mean(self.predict(x) == np.asarray(labels)))

    # --- files ---
    def kept_options(self) -> dict[str, Any]:
        """The options, if the order is one with a name."""
        if not isinstance(self.order, str):
            raise ModelError("a network whose order is a key function cannot be saved: give it an order with a name")
        return self.options

    def arrays(self) -> dict[str, Floats]:
        """Weights and biases by name, a layer each: what learning moves."""
        kinds = {"w": self.weights, "b": self.biases}
        return {f"{kind}{k}": array for kind, arrays in kinds.items() for k, array in enumerate(arrays)}

    def _inputs(self, x: ArrayLike) -> NDArray[np.int64]:
        found = finite(x, self.sizes[:1], np.dtype("float64"), "x")
        if found.size and (found.min() < 0 or found.max() > 1):
            raise DataError(f"x reaches from {found.min()} to {found.max()}; wanted 0 to 1")
        return np.floor(found * self.grid + 0.5).astype(np.int64)
