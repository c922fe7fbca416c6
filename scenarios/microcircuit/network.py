"""The network: eight layers, a projection for each pair that is joined, and a drive to each.

Where it is scaled down by s, each neuron has s times the inputs, weights grow by 1 / sqrt(s), which keeps the variance
of the input, and a constant current makes up for the mean (S. J. van Albada, M. Helias and M. Diesmann, PLoS
Computational Biology 11, 2015), at the rates of the full network.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.scenarios.microcircuit.parameters import (
    CONNECTED,
    DOUBLED,
    EXTERNAL,
    FIRST_MV,
    FIRST_SPREAD_MV,
    POPULATIONS,
    RATES_HZ,
    SIZES,
    MicrocircuitParameters,
)

SYNAPSE_BYTES, BASE_BYTES = {"float64": 15, "float32": 11}, 400_000_000
"""Memory, measured at full size: of a synapse 4 bytes for its target, 8 or 4 for its weight, and its part of rows,
which are short where delays differ; and what the program takes without synapses."""


@dataclass(frozen=True)
class Microcircuit:
    """The network, its layers and drives by population, and how many synapses it has."""

    net: en.Network
    layers: dict[str, Any]
    drives: dict[str, Any]
    synapses: int

    def begin(self, sim: en.Simulation) -> en.Simulation:
        """Layers and drives begin at tick 0."""
        sim.inject([(0, each.ticks, 0, 1) for each in (*self.layers.values(), *self.drives.values())])
        return sim


def full_synapses() -> NDArray[np.float64]:
    """Synapses of each projection of the full network, [target, source], whose pairs are joined so often."""
    pairs = np.outer(SIZES, SIZES).astype(float)
    made: NDArray[np.float64] = np.log(1 - CONNECTED) / np.log1p(-1 / pairs)
    return made


def current_of(psp_mv: float, p: MicrocircuitParameters) -> float:
    """The jump of a current, in mV, that moves a potential by so much at its peak."""
    m, s = p.neuron.tau_ms, p.neuron.current_ms
    at = m * s / (m - s) * math.log(m / s)
    return psp_mv / (s / (s - m) * (math.exp(-at / s) - math.exp(-at / m)))


def mean_weights(p: MicrocircuitParameters) -> NDArray[np.float64]:
    """Mean weights of the full network, mV, [target, source]."""
    made = np.full((8, 8), current_of(p.synapse.psp_mv, p))
    made[:, 1::2] *= -p.synapse.g
    made[DOUBLED] *= 2
    return made


def lost_currents(p: MicrocircuitParameters) -> NDArray[np.float64]:
    """The mean current, mV, that each population of a scaled network lacks."""
    inputs, weights = full_synapses() / SIZES[:, None], mean_weights(p)
    within = (weights * inputs * RATES_HZ).sum(axis=1)
    outside = current_of(p.synapse.psp_mv, p) * EXTERNAL * p.synapse.external_hz
    made: NDArray[np.float64] = 1e-3 * p.neuron.current_ms * (1 - math.sqrt(p.run.scale)) * (within + outside)
    return made


def synapse_counts(p: MicrocircuitParameters) -> NDArray[np.int64]:
    """Synapses of each projection, [target, source]."""
    return np.rint(full_synapses() * p.run.scale**2).astype(np.int64)


def memory_of(p: MicrocircuitParameters) -> int:
    """Bytes that a network and its simulation take at the peak."""
    return int(BASE_BYTES + SYNAPSE_BYTES[p.run.dtype] * synapse_counts(p).sum())


def microcircuit_network(p: MicrocircuitParameters, seed: int) -> Microcircuit:
    """The network for a seed."""
    scale, net = p.run.scale, en.Network(dtype=p.run.dtype)
    rng = np.random.default_rng(seed)
    numbers = iter(range(2**32))

    def own_seed() -> int:
        return int(np.random.SeedSequence([seed, next(numbers)]).generate_state(1)[0])

    n, lost = p.neuron, lost_currents(p)
    layers, drives = {}, {}
    for k, name in enumerate(POPULATIONS):
        units = round(scale * SIZES[k])
        first = np.minimum(rng.normal(FIRST_MV[k], FIRST_SPREAD_MV[k], units), n.threshold_mv)
        layers[name] = net.add(en.LeakyExponential(
            units, tau_m=10 * n.tau_ms, tau_e=10 * n.current_ms, tau_i=10 * n.current_ms, rest=n.rest_mv,
            threshold=n.threshold_mv, reset=n.reset_mv, refractory=p.ticks(n.refractory_ms), start=first,
            bias=float(lost[k]), name=name,
        ))  # fmt: skip
    synapses = 0
    counts, weights = synapse_counts(p), mean_weights(p) / math.sqrt(scale)
    for i, j in np.argwhere(counts > 0).tolist():
        source, target = layers[POPULATIONS[j]], layers[POPULATIONS[i]]
        net.connect(
            source, target, en.FixedTotalNumber(int(counts[i, j])), weight=weight_law(p, float(weights[i, j])),
            delay=delay_law(p, inhibitory=j % 2 == 1), seed=own_seed(),
        )  # fmt: skip
        synapses += int(counts[i, j])
    outside = current_of(p.synapse.psp_mv, p) / math.sqrt(scale)
    for k, (name, layer) in enumerate(layers.items()):
        rate = round(scale * EXTERNAL[k]) * p.synapse.external_hz
        drives[name] = net.add(
            en.PoissonDrive(layer, rate=rate, weight=outside, seed=own_seed(), tick=1e-4, name=f"drive_{name}")
        )
    return Microcircuit(net, layers, drives, synapses)


def weight_law(p: MicrocircuitParameters, mean: float) -> en.Normal:
    """Weights of a projection, none of the other sign."""
    spread = p.synapse.weight_spread * abs(mean)
    return en.Normal(mean, spread, low=0.0) if mean > 0 else en.Normal(mean, spread, high=0.0)


def delay_law(p: MicrocircuitParameters, inhibitory: bool) -> en.Normal:
    """Delays in ticks of 0.1 ms, one at least."""
    mean = 10 * (p.synapse.inhibitory_delay_ms if inhibitory else p.synapse.excitatory_delay_ms)
    return en.Normal(mean, p.synapse.delay_spread * mean, low=0.501)
