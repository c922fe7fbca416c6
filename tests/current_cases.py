"""Rules and random networks of neurons with synaptic currents: arguments for one reaction, networks from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import Case
from few import number_type

import eventnet as en
from eventnet.kernels.prediction_heap import FOREVER
from eventnet.neurons.crossing import constants
from eventnet.order import ORDERS

NOW = 5
"""The tick of a reaction that is tried out."""

CURRENTS = [f"neurons.currents.{name}" for name in ("receive", "cross", "receive_each", "cross_each")]

TAUS = [(20.0, 10.0), (10.0, 10.0), (20.0, 7.0), (8.0, 20.0), (10.0, 10.5)]


def current_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Four units in every state: resting, about to cross, past the threshold, refractory for a while or just no more."""
    tau_m, tau_s = TAUS[int(rng.integers(len(TAUS)))]
    alpha, sparse, rows = bool(rng.integers(2)), bool(rng.integers(2)), 3
    told = rng.integers(0, NOW + 1, 4)
    ends = np.sort(np.append(rng.integers(0, 7, rows - 1), [0, 6]))
    made = {
        "v": rng.integers(-8, 6, 4) / 4, "current": rng.integers(-8, 30, 4) / 4 * rng.integers(0, 2, 4),
        "rise": rng.integers(-4, 8, 4) / 8, "early": rng.integers(0, 4, 4) / 4, "ahead": rng.integers(0, 4, 4) / 4,
        "updated": told, "fired": np.where(rng.integers(0, 2, 4), told - rng.integers(0, 4, 4), -(2**62)),
        "due": rng.choice([FOREVER, NOW + 3], 4), "delays": rng.integers(0, 3, 4), "updates": np.zeros(3, np.int64),
        "plan": np.array([rng.integers(1, 6), rng.integers(2)]),
        "start": ends if sparse else np.zeros(0, np.int64), "targets": rng.integers(0, 4, 6),
        "w": rng.integers(-8, 17, (1, 6) if sparse else (rows, 4)) / 4,
        "constants": constants(tau_m, tau_s, 1.0, float(rng.choice([-0.5, 0.0])), alpha=alpha).view(np.int64),
    }  # fmt: skip
    if rule.name.endswith("_each"):  # numbers of its own for each unit
        drawn = [TAUS[int(k)] for k in rng.integers(len(TAUS), size=4)]
        made["constants"] = np.concatenate(
            [constants(*taus, 1.0, float(rng.choice([-0.5, 0.0])), alpha=alpha).view(np.int64) for taus in drawn]
        )
        made["plan"] = np.concatenate([[rng.integers(1, 6), made["plan"][1]] for _ in range(4)])
    return made, 4 if rule.name.startswith("cross") else rows


# --- random networks -------------------------------------------------------------------------------------------------
def make_current_case(seed: int) -> Case:
    """Layers with currents that excite and inhibit themselves and one another: dense or sparse, axons, wires with and
    without delay, inputs at equal times, and an echo that answers a spike at once."""
    rng = np.random.default_rng(seed)
    net = en.Network(number_type(rng, "float64", "float64", "float32"))
    layers: list[Any] = []
    for k in range(int(rng.integers(1, 4))):
        units, n_in = int(rng.integers(1, 7)), int(rng.integers(6, 9))
        tau_m, tau_s = (2.0 * tau for tau in TAUS[int(rng.integers(len(TAUS)))])
        rest, lists = float(rng.choice([0.0, -1.5])), {}
        if rng.random() < 0.6:
            n = int(rng.integers(1, 40))
            drawn = rng.integers(0, n_in, n), rng.integers(0, units, n), rng.normal(1.0, 4.0, n)
            lists["start"], lists["targets"], w = en.sparse_rows(*drawn, n_in)
        else:
            w = rng.normal(1.0, 4.0, (n_in, units))
        w = np.round(w * 4) / 4 if rng.random() < 0.5 else w  # ties
        layers.append(net.add((en.ExponentialCurrent if rng.random() < 0.6 else en.AlphaCurrent)(
            units, net.weights(w), **lists, tau_m=tau_m, tau_s=tau_s, rest=rest, threshold=rest + 1.0,
            reset=None if rng.random() < 0.2 else rest - float(rng.choice([0.0, 0.0, 0.75])),
            refractory=int(rng.choice([1, 1, 2, 9, 40])),
            delays=rng.integers(0, 12, units) if rng.random() < 0.5 else None, name=f"layer{k}",
        )))  # fmt: skip
    echo = net.add(en.Relay(6, name="echo"))
    sources = [outlet for m in layers for outlet in (m.out, m.axon)] + [echo.out]
    for _ in range(int(rng.integers(1, 2 * len(layers) + 3))):
        target = [*layers, echo][int(rng.integers(len(layers) + 1))].spikes
        source = sources[int(rng.integers(len(sources)))]
        if source.module is not echo or target.module is not echo:
            net.connect(source, target, int(rng.choice([0, 0, 1, 5, 30])))
    rows = []
    for _ in range(int(rng.integers(5, 120))):
        layer = layers[int(rng.integers(len(layers)))]
        rows.append(
            (int(rng.integers(0, 120)), layer.spikes, int(rng.integers(layer.n_in)), int(rng.choice([1, 1, -1])))
        )
    options = {"order": ORDERS[seed % len(ORDERS)], "seed": seed, "budget": 500, "roots": True, "record": True}
    return Case(net, en.events(rows), options, until=150)
