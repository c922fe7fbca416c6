"""The network: two layers, four projections between them, and a drive to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import eventnet as en
from eventnet.learning import Plastic
from eventnet.scenarios.brunel.parameters import BrunelParameters


@dataclass(frozen=True)
class BrunelNetwork:
    """The network, its populations and drives; layers by "excitatory" and "inhibitory"."""

    net: en.Network
    layers: dict[str, en.LeakyDelta | en.LeakyExponential]
    drives: dict[str, en.PoissonDrive]
    external_hz: float

    def begin(self, sim: en.Simulation) -> en.Simulation:
        """The drives begin at tick 0."""
        sim.inject([(0, drive.ticks, 0, 1) for drive in self.drives.values()])
        return sim


def external_rate(p: BrunelParameters, eta: float) -> float:
    """All external inputs of a neuron, Hz: eta times theta / (J tau), the rate that alone holds v at the threshold."""
    n = p.network
    return 1000 * eta * n.threshold_mv / (n.weight_mv * n.tau_ms)


def brunel_network(
    p: BrunelParameters, g: float, eta: float, seed: int, plasticity: Plastic | None = None
) -> BrunelNetwork:  # fmt: skip
    """The network for an inhibition and an external rate. First potentials are uniform from 0 to the threshold.

    plasticity: of the synapses among excitatory neurons.
    """
    n, net = p.network, en.Network(dtype=p.clock.dtype)
    decay: Any = p.clock.decay
    rng = np.random.default_rng(seed)
    sizes = {"excitatory": round(n.neurons * n.excitatory_share)}
    sizes["inhibitory"] = n.neurons - sizes["excitatory"]
    layers: dict[str, en.LeakyDelta | en.LeakyExponential] = {}
    stepped, tau = p.clock.compare == "step", 1000 * n.tau_ms / p.clock.tick_us
    for name, units in sizes.items():
        options: dict[str, Any] = {
            "threshold": n.threshold_mv, "reset": n.reset_mv, "refractory": p.ticks(n.refractory_ms),
            "start": rng.uniform(0, n.threshold_mv, units), "name": name,
        }  # fmt: skip
        layers[name] = net.add(
            en.LeakyExponential(units, tau_m=tau, tau_e=0.0, tau_i=0.0, **options) if stepped else
            en.LeakyDelta(units, tau=tau, decay=decay, **options)
        )  # fmt: skip
    numbers = iter(range(2**32))
    for source, weight in (("excitatory", n.weight_mv), ("inhibitory", -g * n.weight_mv)):
        degree = round(sizes[source] * n.connected_share)
        for target in layers:
            options = {"weight": weight, "delay": p.ticks(n.delay_ms) - stepped}  # a jump comes a step after its event
            own = [seed, next(numbers)]
            options["seed"] = int(np.random.SeedSequence(own).generate_state(1)[0])
            if source == target == "excitatory":
                options["plasticity"] = plasticity
            net.connect(layers[source], layers[target], en.FixedInDegree(degree), **options)
    rate, drives = external_rate(p, eta), {}
    for name, layer in layers.items():
        own = [seed, next(numbers)]
        drives[name] = net.add(en.PoissonDrive(
            layer, rate=rate, weight=n.weight_mv, tick=1e-6 * p.clock.tick_us, name=f"drive_{name}",
            seed=int(np.random.SeedSequence(own).generate_state(1)[0]),
        ))  # fmt: skip
    return BrunelNetwork(net, layers, drives, rate)
