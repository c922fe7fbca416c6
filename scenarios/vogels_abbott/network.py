"""The networks: two layers, four projections between them, and for conductances a stimulus."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import eventnet as en
from eventnet.scenarios.vogels_abbott.parameters import VogelsAbbottParameters

CONDUCTANCES = ("coba", "hh")
"""Benchmarks with conductances, and a stimulus."""


@dataclass(frozen=True)
class VogelsAbbottNetwork:
    """A network, its layers by "excitatory" and "inhibitory", and its inputs (time, port, index, sign)."""

    net: en.Network
    layers: dict[str, Any]
    inputs: list[tuple[int, Any, int, int]] = field(default_factory=list)

    def begin(self, sim: en.Simulation) -> en.Simulation:
        """The layers begin at tick 0, and the stimulus comes."""
        sim.inject([(0, layer.ticks, 0, 1) for layer in self.layers.values()])
        if self.inputs:
            sim.inject(self.inputs)
        return sim


def vogels_abbott_network(p: VogelsAbbottParameters, benchmark: str, seed: int) -> VogelsAbbottNetwork:
    """The network of a benchmark. First potentials are uniform from the reset to the threshold; of hh at rest."""
    n = p.network
    net = en.Network(dtype="float64" if benchmark in CONDUCTANCES else p.clock.dtype)
    rng = np.random.default_rng(seed)
    sizes = {"excitatory": round(n.neurons * n.excitatory_share)}
    sizes["inhibitory"] = n.neurons - sizes["excitatory"]
    layers = {
        name: net.add(layer_of(p, benchmark, units, rng.uniform(n.reset_mv, n.threshold_mv, units), name))
        for name, units in sizes.items()
    }
    up, down = weights_of(p, benchmark)
    numbers = iter(range(2**32))

    def own_seed() -> int:
        return int(np.random.SeedSequence([seed, next(numbers)]).generate_state(1)[0])

    delay = p.ticks(n.delay_ms) - (benchmark == "jumps")  # a jump comes a step after its event
    for source, weight in (("excitatory", up), ("inhibitory", -down)):
        for target in layers.values():
            who = en.Bernoulli(n.connected)
            net.connect(layers[source], target, who, weight=weight, delay=delay, seed=own_seed())
    made = VogelsAbbottNetwork(net, layers)
    return (
        stimulated(p, made, rng, own_seed, p.hh.leak_ns if benchmark == "hh" else p.coba.leak_ns)
        if benchmark in CONDUCTANCES
        else made
    )


def layer_of(p: VogelsAbbottParameters, benchmark: str, units: int, start: Any, name: str) -> Any:
    """A layer of the neurons of a benchmark."""
    n = p.network
    if benchmark == "hh":
        return hodgkin_huxley(p, units, name)
    options = {
        "tau_m": 1000 * n.tau_ms / p.clock.tick_us, "threshold": n.threshold_mv, "reset": n.reset_mv, "start": start,
        "tau_e": 1000 * n.excitation_ms / p.clock.tick_us, "tau_i": 1000 * n.inhibition_ms / p.clock.tick_us,
        "refractory": p.ticks(n.refractory_ms), "name": name,
    }  # fmt: skip
    if benchmark == "coba":
        drawn = {"reversal_e": p.coba.excitation_mv, "reversal_i": p.coba.inhibition_mv, "crossing": p.coba.crossing}
        return en.LeakyConductance(units, rest=p.coba.rest_mv, **drawn, **options)
    if benchmark == "jumps":
        options |= {"tau_e": 0.0, "tau_i": 0.0}
    return en.LeakyExponential(units, rest=p.cuba.rest_mv, **options)


def hodgkin_huxley(p: VogelsAbbottParameters, units: int, name: str) -> Any:
    """A layer of benchmark 2, at rest."""
    n, c = p.network, p.hh
    return en.HodgkinHuxley(
        units, tau_m=1000 * n.tau_ms / p.clock.tick_us, tau_e=1000 * n.excitation_ms / p.clock.tick_us,
        tau_i=1000 * n.inhibition_ms / p.clock.tick_us, ms=1000 / p.clock.tick_us, rest=c.rest_mv, shift=c.shift_mv,
        threshold=c.threshold_mv, refractory=p.ticks(c.refractory_ms), reversal_e=c.excitation_mv,
        reversal_i=c.inhibition_mv, g_na=c.sodium_ns / c.leak_ns, g_k=c.potassium_ns / c.leak_ns,
        reversal_na=c.sodium_mv, reversal_k=c.potassium_mv, tolerance=c.tolerance_mv, name=name,
    )  # fmt: skip


def weights_of(p: VogelsAbbottParameters, benchmark: str) -> tuple[float, float]:
    """The increment by an excitatory spike and the decrement by an inhibitory one, mV; or in leak conductances."""
    if benchmark in CONDUCTANCES:
        of = p.hh if benchmark == "hh" else p.coba
        return of.excitatory_ns / of.leak_ns, of.inhibitory_ns / of.leak_ns
    if benchmark == "jumps":
        return p.cuba.jump_up_mv, p.cuba.jump_down_mv
    return p.cuba.excitatory_mv, p.cuba.inhibitory_mv


def stimulated(
    p: VogelsAbbottParameters, made: VogelsAbbottNetwork, rng: Any, own_seed: Any, leak_ns: float
) -> VogelsAbbottNetwork:
    """Poisson trains that reach some neurons of each population for a while."""
    c, net = p.coba, made.net
    source = net.add(en.Relay(c.stimulus_trains, name="stimulus"))
    for layer in made.layers.values():
        who, weight = en.Bernoulli(c.stimulus_connected), c.stimulus_ns / leak_ns
        net.connect(source, layer, who, weight=weight, seed=own_seed())
    last = p.ticks(c.stimulus_ms)
    inputs = []
    for i in range(c.stimulus_trains):
        times = rng.uniform(0, last, rng.poisson(c.stimulus_hz * c.stimulus_ms / 1000))
        inputs += [(int(t), source.spikes, i, 1) for t in times]
    return VogelsAbbottNetwork(net, made.layers, sorted(inputs, key=lambda row: (row[0], row[2])))
