"""The small networks in NEST: on its grid, and with precise spike times between grid points."""

from __future__ import annotations

import sys

import nest
import numpy as np
from small import (
    A_MINUS,
    A_PLUS,
    DELAY_MS,
    INPUTS,
    LATERAL_MS,
    TAU_M,
    TAU_MINUS,
    TAU_PLUS,
    TAU_S,
    UNITS,
    entry,
    small,
    tell,
)


def run(kind: str, step: float, precise: bool) -> dict[str, object]:
    """Spikes and weights at a resolution of `step` ms.

    NEST's delays are dendritic: a synapse meets its input one `step` before the unit hears it, and its unit's spike one
    after it. The rest of the delay of 1 ms is before the parrots that stand for the inputs.
    """
    nest.ResetKernel()
    nest.set(resolution=step, local_num_threads=1)
    given = small(kind)
    shared = {"tau_m": TAU_M, "E_L": 0.0, "V_reset": 0.0, "V_th": 1.0, "V_m": 0.0, "C_m": TAU_M, "I_e": 0.0,
              "t_ref": given.refractory, "tau_minus": TAU_MINUS}  # fmt: skip
    model = ("iaf_psc_delta" if kind == "delta" else "iaf_psc_exp") + ("_ps" if precise else "")
    if kind != "delta":
        shared |= {"tau_syn_ex": TAU_S, "tau_syn_in": TAU_S}
    layer = nest.Create(model, UNITS, params=shared)
    parrots = nest.Create("parrot_neuron_ps" if precise else "parrot_neuron", INPUTS)
    early = DELAY_MS - 2 * step
    for i in range(INPUTS):
        times = np.round(given.times[given.sources == i] + early, 4)
        generator = nest.Create("spike_generator", params={"spike_times": times})
        nest.Connect(generator, parrots[i], syn_spec={"delay": step})
    synapse = {"synapse_model": "stdp_synapse", "weight": given.weights.T, "delay": step, "tau_plus": TAU_PLUS,
               "Wmax": 1.0, "lambda": A_PLUS, "alpha": A_MINUS / A_PLUS, "mu_plus": 0.0, "mu_minus": 0.0}  # fmt: skip
    nest.Connect(parrots, layer, "all_to_all", synapse)
    nest.Connect(
        layer, layer, {"rule": "all_to_all", "allow_autapses": False},
        {"weight": float(given.lateral.min()), "delay": LATERAL_MS},
    )  # fmt: skip
    fired = nest.Create("spike_recorder")
    nest.Connect(layer, fired)
    nest.Simulate(given.last + DELAY_MS + 1)
    learned = nest.GetConnections(parrots, layer)
    weights = np.zeros((INPUTS, UNITS))
    weights[np.array(learned.source) - parrots[0].global_id, np.array(learned.target) - layer[0].global_id] = (
        learned.weight
    )
    until = given.last + DELAY_MS - step
    events = fired.events
    kept = events["times"] <= until + 1e-9
    return entry(events["times"][kept], events["senders"][kept] - layer[0].global_id, weights)


if __name__ == "__main__":
    nest.set_verbosity("M_ERROR")
    found = {}
    for argument in sys.argv[1:]:
        kind, step, *precise = argument.split(",")
        found[argument] = run(kind, float(step), bool(precise))
    tell("NEST", nest.__version__, found)
