"""Write tests/fixtures/nest_plasticity.json: weights of `stdp_synapse` and `tsodyks_synapse` of NEST, spike by spike.

    python tests/scripts/nest_plasticity.py        with a Python that has NEST (`pip install nest-simulator`)

Two parrot neurons repeat given spikes; a weight recorder tells the weight of each spike that passes the synapse between
them. Times are steps of 0.1 ms. The tests need the file alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nest
import numpy as np

STEP_MS = 0.1
FILE = Path(__file__).parents[1] / "fixtures" / "nest_plasticity.json"
STDP: list[dict[str, Any]] = [
    {"mu_plus": 0.0, "mu_minus": 0.0, "alpha": 1.0, "lambda": 0.02, "tau_plus": 20.0, "tau_minus": 20.0, "delay": 1.5},
    {"mu_plus": 1.0, "mu_minus": 1.0, "alpha": 1.1, "lambda": 0.05, "tau_plus": 15.0, "tau_minus": 30.0, "delay": 0.1},
    {"mu_plus": 0.4, "mu_minus": 0.4, "alpha": 0.9, "lambda": 0.03, "tau_plus": 12.0, "tau_minus": 33.0, "delay": 2.3},
    {"mu_plus": 0.0, "mu_minus": 1.0, "alpha": 0.1, "lambda": 0.1, "tau_plus": 20.0, "tau_minus": 20.0, "delay": 1.0},
]
RESOURCES: list[dict[str, Any]] = [
    {"U": 0.5, "tau_rec": 800.0, "tau_fac": 0.0}, {"U": 0.1, "tau_rec": 100.0, "tau_fac": 1000.0},
    {"U": 0.3, "tau_rec": 130.0, "tau_fac": 530.0},
]  # fmt: skip
"""With tau_psc of next to nothing, what is active is free again at once: the model of delta synapses."""


def passed(model: str, synapse: dict[str, Any], pre: list[int], post: list[int], minus: float) -> dict[str, Any]:
    """Steps at which the two neurons spiked, and the weight of each spike of the first."""
    nest.ResetKernel()
    nest.resolution = STEP_MS
    recorder = nest.Create("weight_recorder")
    nest.CopyModel(model, "watched", {"weight_recorder": recorder})
    neurons = nest.Create("parrot_neuron", 2)
    neurons[1].tau_minus = minus
    for neuron, times in zip(neurons, (pre, post), strict=True):
        source = nest.Create("spike_generator", params={"spike_times": [round(t * STEP_MS, 1) for t in times]})
        nest.Connect(source, neuron, syn_spec={"delay": STEP_MS})
    nest.Connect(neurons[0], neurons[1], syn_spec={"synapse_model": "watched", "receptor_type": 1, **synapse})
    spikes = nest.Create("spike_recorder")
    nest.Connect(neurons, spikes)
    nest.Simulate((max(*pre, *post) + 100) * STEP_MS)
    steps, who = np.rint(np.array(spikes.events["times"]) / STEP_MS), np.array(spikes.events["senders"])
    return {
        "pre": steps[who == neurons[0].global_id].astype(int).tolist(),
        "post": steps[who == neurons[1].global_id].astype(int).tolist(),
        "weights": np.array(recorder.events["weights"]).tolist(),
    }  # fmt: skip


def main() -> None:
    """All cases."""
    nest.set_verbosity("M_ERROR")
    rng, cases = np.random.default_rng(5), []
    for options in STDP:
        pre, post = (np.unique(rng.integers(1, 4000, 120)).tolist() for _ in range(2))
        synapse = {key: value for key, value in options.items() if key != "tau_minus"} | {"weight": 0.7, "Wmax": 2.0}
        found = passed("stdp_synapse", synapse, pre, post, options["tau_minus"])
        cases.append({"model": "stdp_synapse", "options": options | {"weight": 0.7, "Wmax": 2.0}, **found})
    for options in RESOURCES:
        pre = np.unique(rng.integers(1, 6000, 80)).tolist()
        synapse = options | {"weight": 2.0, "delay": 1.0, "u": 0.0, "x": 1.0, "y": 0.0, "tau_psc": 1e-9}
        found = passed("tsodyks_synapse", synapse, pre, [1], 20.0)
        cases.append({"model": "tsodyks_synapse", "options": synapse, **found})
    text = ",\n".join(json.dumps(case) for case in cases)
    FILE.write_text(f'{{"nest": "{nest.__version__}", "step_ms": {STEP_MS}, "cases": [\n{text}\n]}}\n')


main()
