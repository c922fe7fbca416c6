"""NEST: three neurons that reach one another, under given spikes, of each model that eventnet has on NEST's grid.

    python tests/benchmarks/peers_sparse/nest_three_neurons.py tests/fixtures/nest_three_neurons.json

`tests/test_nest_spikes.py` holds eventnet to what this writes: for each model three networks of inputs drawn from a seed,
and the spikes of their neurons as (step, neuron).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import nest
import numpy as np

STEP_MS, END_MS = 0.1, 300.0
INPUT_DELAY_MS, DELAY_MS = 1.0, 1.5
LEAKY = {
    "tau_m": 20.0, "C_m": 20.0, "E_L": -60.0, "V_th": -50.0, "V_reset": -62.0, "V_m": -60.0, "t_ref": 2.0,
    "tau_syn_ex": 5.0, "tau_syn_in": 10.0,
}  # fmt: skip
PULLED = {"g_L": 10.0, "C_m": 200.0, "E_ex": 0.0, "E_in": -80.0}
ADAPTIVE = {
    "g_L": 30.0, "C_m": 281.0, "E_L": -70.6, "V_th": -50.4, "V_reset": -65.0, "V_peak": 0.0, "Delta_T": 2.0, "a": 4.0,
    "b": 80.5, "tau_w": 144.0, "V_m": -70.6, "t_ref": 0.0, "E_ex": 0.0, "E_in": -80.0, "tau_syn_ex": 5.0,
    "tau_syn_in": 10.0, "gsl_error_tol": 1e-11,
}  # fmt: skip
MODELS: dict[str, tuple[dict[str, float], float, float]] = {
    "iaf_psc_exp": (LEAKY, 12.0, 1.0),
    "iaf_psc_alpha": (LEAKY, 10.0, 1.0),
    "iaf_psc_delta": ({k: v for k, v in LEAKY.items() if "syn" not in k}, 4.0, 1.0),
    "iaf_cond_exp": ({k: v for k, v in (LEAKY | PULLED).items() if k != "tau_m"}, 0.8, 10.0),
    "aeif_cond_exp": (ADAPTIVE, 0.8, 30.0),
    "hh_cond_exp_traub": ({"tau_syn_ex": 5.0, "tau_syn_in": 10.0}, 1.2, 10.0),
}
"""Numbers of the neurons; how strong synapses are in eventnet's units; and what those are in NEST's."""


def main() -> None:
    """Simulate them all, write what came."""
    nest.set_verbosity("M_ERROR")
    made = {"nest": nest.__version__, "cases": []}
    for model, (numbers, strength, unit) in MODELS.items():
        for seed in range(3):
            case = drawn(seed, strength)
            made["cases"].append({"model": model, **case, "spikes": simulated(model, numbers, case, unit)})
    Path(sys.argv[1]).write_text(json.dumps(made) + "\n")


def drawn(seed: int, strength: float) -> dict[str, Any]:
    """Inputs (step, source), the weights of the sources, and edges (source, target, weight) of the neurons."""
    rng = np.random.default_rng(seed)
    steps = [sorted(set(rng.integers(10, 2700, 60).tolist())) for _ in range(3)]
    weights = np.round(rng.uniform(0.5, 1.5, (3, 3)) * np.array([[1], [1], [-0.8]]) * strength, 3)
    edges = [(0, 1, 0.7 * strength), (1, 2, 0.9 * strength), (2, 0, -0.8 * strength), (0, 2, 0.6 * strength)]
    return {"inputs": steps, "weights": weights.tolist(), "edges": edges}


def simulated(model: str, numbers: dict[str, float], case: dict[str, Any], unit: float) -> list[tuple[int, int]]:
    """Spikes (step, neuron)."""
    nest.ResetKernel()
    nest.resolution = STEP_MS
    cells = nest.Create(model, 3, params=numbers)
    for steps, weights in zip(case["inputs"], case["weights"], strict=True):
        source = nest.Create("spike_generator", params={"spike_times": [round(STEP_MS * k, 1) for k in steps]})
        for j, w in enumerate(weights):
            nest.Connect(source, cells[j], syn_spec={"weight": w * unit, "delay": INPUT_DELAY_MS})
    for i, j, w in case["edges"]:
        nest.Connect(cells[i], cells[j], syn_spec={"weight": w * unit, "delay": DELAY_MS})
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    nest.Simulate(END_MS)
    found = recorder.events
    return sorted((round(t / STEP_MS), int(j) - 1) for t, j in zip(found["times"], found["senders"], strict=True))


if __name__ == "__main__":
    main()
