"""Equilibrium propagation by levels on the engine: the network of an `EquilibriumNetwork`, its inputs, what it leaves.

A sample takes a span of ticks: its first brings the reset, the next the inputs as whole numbers, then one layer after
the other is looked at, unless it has been; half-way weights begin to learn and the target nudges; the last tick is for
what a phase leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.errors import ModelError, NetworkError, OrderError, RuleError, UnsettledError
from eventnet.event import EVENT_WITH_AMOUNT, signed
from eventnet.kernels.random import hash64
from eventnet.learning.level_units import (
    BEGIN,
    CONTRAST,
    LEARN,
    NUDGE,
    RESET,
    SAMPLES,
    InnerLevelUnits,
    LevelUnits,
)
from eventnet.models.shared import Floats
from eventnet.order import KEYED, Order, find_order

MESSAGE = 2.0**30
"""Messages have a larger magnitude than this, looks a smaller one: more levels than a unit has."""
AT_FIRST = -(2**62)
GAP, WITH_DELAYS = 1, 2**31
"""Ticks between two layers; with delays so many that a network that rests does so in the meantime."""


def random(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """Looks at random, once all messages are heard."""
    return 2, AT_FIRST if magnitude > MESSAGE else hash64(seed, seq)


def lowest(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """Units of the lowest layer first: layers' wires to themselves are numbered from below."""
    return 2, AT_FIRST if magnitude > MESSAGE else wire


def highest(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """Units of the highest layer first."""
    return 2, AT_FIRST if magnitude > MESSAGE else -wire


OWN = {
    "random": Order("random", KEYED, random, seeded=True),
    "lowest": Order("lowest", KEYED, lowest),
    "highest": Order("highest", KEYED, highest),
}
"""Orders of a network that settles: the engine's "random" would have units look before they have heard all messages."""
ENGINE_ORDERS = (*en.order.ORDERS, "largest", "lowest", "highest")


def engine_order(order: Any) -> Order:
    """The order of a name, or of a key of one's own. Raises ModelError for an unknown one."""
    if isinstance(order, str) and order in OWN:
        return OWN[order]
    try:
        return find_order(order)
    except OrderError as error:
        raise ModelError(f"order: {error}; of this network also lowest, highest") from error


class LevelOptions(NamedTuple):
    """Options of the network on the engine, besides its weights; see `EquilibriumNetwork`. rates: [2, layers]."""

    k: int
    grid: int
    beta: float
    learn: str
    rates: Floats
    delay: tuple[int, int]
    dither: bool
    most: int
    seed: int
    order: Any
    engine: str


class OnEngine:
    """A network for n samples: blocks "W0", "W1", ... and layers "layer0", ...; its weights begin as those given.

    samples: how many have been learned before, for dither.
    """

    def __init__(
        self, weights: Sequence[Any], biases: Sequence[Any], options: LevelOptions, n: int, samples: int = 0
    ) -> None:
        self.options, self.n = options, n
        self.gap = WITH_DELAYS if options.delay[1] else GAP
        self.half = 2 + self.gap * (len(biases) + 1)
        self.net = net = en.Network(str(weights[0].dtype))
        self.blocks = [net.weights(np.array(w), f"W{k}") for k, w in enumerate(weights)]
        self.layers: list[Any] = []
        try:
            for k, bias in enumerate(biases):
                self.layers.append(net.add(self._layer(k, np.array(bias), sum(map(len, biases)))))
        except NetworkError as error:
            raise ModelError(str(error)) from error
        for k, layer in enumerate(self.layers):
            near = [self.layers[other] for other in (k + 1, k - 1) if 0 <= other < len(self.layers)]
            for other in near:
                net.connect(layer.out, other.below if other.lower is layer else other.above)
            net.connect(layer.out, layer.own)
            for other in near:
                net.connect(layer.notice, other.wake)
        self.set_samples(samples)

    def _layer(self, k: int, bias: NDArray[Any], units: int) -> LevelUnits:
        o, block, last = self.options, self.blocks[k], k == len(self.blocks) - 1
        rate = o.rates[1, k] if k else o.rates[0, 0] / o.grid
        rests = self.net.weights(np.zeros((self.n, 3 * block.cols)), f"rests{k}")
        options: dict[str, Any] = {
            "lower": self.layers[-1] if k else None, "k": o.k, "below_k": o.k if k else o.grid,
            "k_above": 1 if last else o.k, "beta": o.beta, "learn": o.learn, "rates": (rate, o.rates[0, k]),
            "delay": o.delay, "dither": o.dither, "messages": o.most, "seed": o.seed, "bias": bias,
            "place": (sum(layer.units for layer in self.layers), units), "name": f"layer{k}",
        }  # fmt: skip
        if last:
            return LevelUnits(block.cols, block, rests, **options)
        return InnerLevelUnits(block.cols, block, rests, self.blocks[k + 1], **options)

    def set_samples(self, samples: int) -> None:
        """So many samples came before the first."""
        for layer in self.layers:
            layer.integers["status"][SAMPLES] = samples

    def simulation(self, feed: Any, **more: Any) -> en.Simulation:
        """A simulation, not run yet, that is handed these inputs. Messages are limited by layers, not by its budget."""
        o = self.options
        given: dict[str, Any] = {
            "order": engine_order(o.order),
            "engine": o.engine,
            "seed": o.seed,
            "budget": 2**62,
        } | more
        sim = en.Simulation(self.net, **given)
        sim.inject(feed)
        return sim

    def feed(self, whole: NDArray[np.int64], labels: NDArray[np.int64] | None = None) -> NDArray[Any]:
        """Events of n samples of whole inputs [n, n_in]: what answers, or with labels [n] what learns."""
        every = [[(0, layer.phase, RESET) for layer in self.layers]]
        every.append([(2 + k * self.gap, layer.phase, BEGIN) for k, layer in enumerate(self.layers)])
        end = 2 * self.half - 1
        if labels is None:
            every.append([(end, layer.read, -1) for layer in self.layers])
        else:
            every.append([(self.half, layer.phase, LEARN) for layer in self.layers])
            every.append([(self.half + 1, self.layers[-1].phase, -2)])
            if self.options.learn == "phase":
                every.append([(end, layer.phase, CONTRAST) for layer in self.layers])
        steps = [step for part in every for step in part]
        made = np.ones((len(whole), len(steps)), dtype=EVENT_WITH_AMOUNT)
        begins = 2 * self.half * np.arange(len(whole), dtype=np.int64)
        for k, (t, port, index) in enumerate(steps):
            made["t"][:, k], made["port"][:, k], made["index"][:, k] = begins + t, int(port), index
            if index == -1:
                made["index"][:, k] = np.arange(len(whole))
            elif index == -2 and labels is not None:
                made["index"][:, k] = NUDGE + labels
        sample, pixel = np.nonzero(whole)
        shown = np.ones(len(sample), dtype=EVENT_WITH_AMOUNT)
        shown["t"], shown["port"], shown["index"] = begins[sample] + 1, int(self.layers[0].below), pixel
        shown["amount"] = whole[sample, pixel]
        together = np.concatenate([made.ravel(), shown])
        return together[np.argsort(together["t"], kind="stable")]

    def run(self, sim: en.Simulation, begin: int = 0) -> en.Simulation:
        """Run to the end. Raises UnsettledError that names the sample, of which the first is number `begin`."""
        try:
            return sim.run()
        except RuleError as error:
            raise UnsettledError(
                f"sample {begin + sim.engine.now // (2 * self.half):,} did not come to rest: a layer sent more than "
                f"{self.options.most:,} messages in a phase; make first weights of hidden blocks smaller (scales), or k"
            ) from error

    def rests(self, sim: en.Simulation) -> list[NDArray[np.float64]]:
        """Values read at rest, [n, 3, units] a layer: the sums from below and above in whole units, and levels."""
        found = [sim.weights(f"rests{k}").astype(np.float64) for k in range(len(self.layers))]
        return [array.reshape(self.n, 3, -1) for array in found]

    def moves(self, log: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Of a log: when units moved, and (unit, change) [m, 2], units counted from the first hidden one on."""
        found, first = [], 0
        for layer in self.layers:
            own = log[log["port"] == int(layer.own)]
            found.append(np.stack([own["t"], own["parent"], first + own["index"], signed(own)], axis=1))
            first += layer.units
        moves = np.concatenate(found)
        moves = moves[np.argsort(moves[:, 1], kind="stable")]  # they moved where they were looked at
        return moves[:, 0], moves[:, 2:]
