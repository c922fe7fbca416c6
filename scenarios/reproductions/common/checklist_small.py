"""Models of table 9.1 that learn no digits: each is asked with a small task of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.models import BoltzmannMachine, HopfieldNetwork, RestrictedBoltzmannMachine, SpikeProp
from eventnet.models.boltzmann import inputs
from eventnet.models.shared import Floats
from eventnet.scenarios.reproductions.common.checklist_models import SYNAPSES, Answers, Model, PixelCost, Task, counted
from eventnet.scenarios.reproductions.common.exclusive_or import ENOUGH, INPUTS, TARGETS, network
from eventnet.scenarios.reproductions.common.settled_gradient import flat

STORED, HOPFIELD_UNITS, FLIPPED, OVERLAP = 20, 200, 0.1, 0.95
PATTERNS, VISIBLE, HIDDEN, APART, TICKS = 8, 8, 6, 3, 20
"""Of Boltzmann machines: patterns, units, least distance of two patterns, and ticks in which a pattern is answered."""
BETWEEN, STEP = 13.0, 1e-4
"""Of SpikeProp: the time between both answers, and the step of differences."""


def patterns_task(seed: int, n: int, units: int, apart: int) -> Task:
    """n random patterns of bits [n, units], any two at least so far apart: the first half, then the others."""
    rng, found = np.random.default_rng(seed), np.zeros((0, units), np.int64)
    while len(found) < n:
        made = rng.integers(0, 2, units)
        if ((found != made).sum(axis=1) >= apart).all():
            found = np.vstack([found, made])
    group = (np.arange(n) >= n // 2).astype(int)
    return Task(found, group, group, found, group, group)


# --- stored patterns ---
class Memory:
    """Patterns that are stored one after the other by Hebb's rule, and the network of all so far."""

    def __init__(self) -> None:
        self.stored = np.zeros((0, HOPFIELD_UNITS), np.int64)

    def fit(self, x: Any) -> None:
        """Store patterns [n, units] of bits."""
        self.stored = np.vstack([self.stored, 2 * x - 1])
        self.net = HopfieldNetwork.of_patterns(self.stored)

    def recall(self, x: Any) -> Any:
        """The states at rest, [n, units] of +1 and -1."""
        return self.net.recall(2 * x - 1).states

    @property
    def adds(self) -> int:
        """Adds of the last recall."""
        return counted(self.net.tally, *SYNAPSES, "neuron")  # type: ignore[arg-type]


def damaged(x: Any) -> Any:
    """Patterns of which a share of the bits is flipped."""
    return np.where(np.random.default_rng(len(x)).random(x.shape) < FLIPPED, 1 - x, x)


def memory_error(net: Memory, x: Any, y: Any) -> float:
    """The share of damaged patterns that do not come back, in percent."""
    overlap = (net.recall(damaged(x)) * (2 * x - 1)).mean(axis=1)
    return 100 * float(np.mean(overlap < OVERLAP))


def memory_answers(net: Memory, x: Any) -> Answers:
    flips, adds = 0, 0
    for pattern in damaged(x):
        flips += int(net.net.recall(2 * pattern[None] - 1).flips.sum())
        adds += net.adds
    return Answers(flips / len(x), flips / len(x), adds / len(x))


def memory_pixel(net: Memory, x: Any, changed: Any) -> PixelCost:
    """A unit of a network at rest is turned, and it settles again."""
    rest = (net.recall(x[None])[0] + 1) // 2
    turned = np.where(x != changed, 1 - rest, rest)
    net.recall(rest[None])
    before = net.adds
    net.recall(np.stack([rest, turned]))
    return PixelCost(net.adds - before)


# --- Boltzmann machines ---
def clamped(net: BoltzmannMachine, x: Any, changed: Any = None) -> tuple[int, int]:
    """Messages and adds of the ticks in which hidden units are drawn under x, and under what it changes to then."""
    start = np.concatenate([x, np.zeros(net.units - net.visible, np.int64)])
    sim = net._begin(start)
    units: Any = sim.net["units"]
    sim.inject(inputs(0, units.hold, np.arange(net.visible, net.units), -1))
    spikes = sim.run(until=TICKS).tally.spikes
    adds = counted(sim.tally, *SYNAPSES)
    if changed is None:
        return spikes, adds
    at = np.flatnonzero(x != changed)
    sim.inject(inputs(TICKS, units.set, at, 2 * changed[at] - 1))
    sim.run(until=2 * TICKS)
    return sim.tally.spikes - spikes, counted(sim.tally, *SYNAPSES) - adds


def boltzmann_answers(net: BoltzmannMachine, x: Any) -> Answers:
    messages, adds = np.mean([clamped(net, pattern) for pattern in x], axis=0)
    messages += x.sum(axis=1).mean()
    return Answers(messages, messages, adds)


def boltzmann_error(net: BoltzmannMachine, x: Any, y: Any) -> float:
    """One bit of a pattern is hidden: the share of those that the exact law completes wrongly, in percent."""
    law, places = net.visible_law(), 1 << np.arange(net.visible)
    codes = x @ places
    return 100 * float(np.mean(law[codes[:, None] ^ places] >= law[codes][:, None]))


def boltzmann_gradient(net: BoltzmannMachine, x: Any, y: Any) -> Floats:
    """Of -log p(x), by all states."""
    change, moved = net.expected_change(x)
    restricted = isinstance(net, RestrictedBoltzmannMachine)
    return -flat([change[: net.visible, net.visible :] if restricted else change, moved])


def full_machine(seed: int) -> BoltzmannMachine:
    upper = np.triu(np.random.default_rng(seed).normal(0, 0.1, (VISIBLE + HIDDEN, VISIBLE + HIDDEN)), 1)
    return BoltzmannMachine(upper + upper.T, visible=VISIBLE, learning_rate=0.02, seed=seed)


def restricted_machine(seed: int) -> BoltzmannMachine:
    first = np.random.default_rng(seed).normal(0, 0.1, (VISIBLE, HIDDEN))
    return RestrictedBoltzmannMachine(first, learning_rate=0.02, seed=seed)


def _boltzmann(make: Any) -> Model:
    return Model(
        "", make, boltzmann_answers, 0, lambda net, x, changed: PixelCost(clamped(net, x, changed)[1]),
        boltzmann_gradient, lambda net: flat([net.weights, net.bias]),
        lambda net, x, y, passes: net.fit(x, passes, positive=5, negative=20), boltzmann_error,
        lambda seed, n: patterns_task(seed, PATTERNS, VISIBLE, APART), passes=1000, batch=80,
    )  # fmt: skip


# --- single spikes ---
def times_task(seed: int, n: int) -> Task:
    """Exclusive or by times; the second group is where the first input is late."""
    x, y, group = np.array(INPUTS), np.array(TARGETS), np.array([0, 0, 1, 1])
    return Task(x, y, group, x, y, group)


def times_error(net: SpikeProp, x: Any, y: Any) -> float:
    """The share of answers that are on the other side of 13 ms, or do not come, in percent."""
    found = net.predict(x)
    return 100 * float(np.mean(np.isnan(found) | ((found > BETWEEN) != (y > BETWEEN))))


def times_answers(net: SpikeProp, x: Any) -> Answers:
    """A unit, of the inputs too, sends one spike, whose time is heard."""
    net.predict(x)
    tally: Any = net.tally
    sent = net.sizes[0] + tally.spikes / len(x)
    return Answers(sent, sent, counted(tally, *SYNAPSES) / len(x))


def times_gradient(net: SpikeProp, x: Any, y: Any) -> Floats:
    """Of the mean of 1/2 (t - t_wanted)^2, by differences of the exact times."""

    def loss() -> float:
        return float(0.5 * ((net.predict(x) - y) ** 2).sum(axis=1).mean())

    found = []
    for w in net.weights:
        made = np.zeros_like(w)
        for at in np.ndindex(w.shape):
            kept, ends = w[at], []
            for step in (STEP, -STEP):
                w[at] = kept + step
                ends.append(loss())
            w[at], made[at] = kept, (ends[0] - ends[1]) / (2 * STEP)
        found.append(made)
    return flat(found)


SMALL: dict[str, Model] = {
    "HopfieldNetwork": Model(
        "", lambda seed: Memory(), memory_answers, 0, memory_pixel, learn=lambda net, x, y, passes: net.fit(x),
        error=memory_error, task=lambda seed, n: patterns_task(seed, STORED, HOPFIELD_UNITS, 1), passes=1,
        through="no: patterns have no time",
    ),
    "BoltzmannMachine": _boltzmann(full_machine),
    "RestrictedBoltzmannMachine": _boltzmann(restricted_machine),
    "SpikeProp": Model(
        "", lambda seed: network("tau 3 ms, rate 1", seed), times_answers, 9, None, times_gradient,
        learn=lambda net, x, y, passes: net.fit(x, y, passes, enough=ENOUGH), error=times_error, task=times_task,
        passes=1000, batch=4, through="no: an error reaches back over delays, but not to another sample",
    ),
}  # fmt: skip
