"""NEST: neurons under a step_current_generator, of each model that eventnet has on NEST's grid.

    python tests/benchmarks/peers_sparse/nest_stepped_currents.py tests/fixtures/nest_stepped_currents.json

`tests/test_bias_drive.py` holds eventnet to what this writes: levels (where v - rest would settle without conductances)
for each step and neuron, and the spikes as (step, neuron).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import nest
import numpy as np
from nest_three_neurons import LEAKY, MODELS, STEP_MS

NEURONS, UNTIL = 5, 4000
TIMES = [100, 900, 1800, 2500, 3300]


def main() -> None:
    """Simulate them all, write what came."""
    nest.set_verbosity("M_ERROR")
    made: dict[str, Any] = {"nest": nest.__version__, "cases": []}
    rng = np.random.default_rng(4)
    for model, (numbers, _, _) in MODELS.items():
        levels = np.round(rng.uniform(8, 40, (len(TIMES), NEURONS)) * np.array([[1], [0], [1], [-0.3], [1]]), 2)
        case = {"model": model, "times": TIMES, "levels": levels.tolist(), "until": UNTIL}
        made["cases"].append({**case, "spikes": simulated(model, numbers, levels)})
        print(model, len(made["cases"][-1]["spikes"]))
    Path(sys.argv[1]).write_text(json.dumps(made) + "\n")


def simulated(model: str, numbers: dict[str, float], levels: Any) -> list[tuple[int, int]]:
    """Spikes (step, neuron)."""
    nest.ResetKernel()
    nest.resolution = STEP_MS
    cells = nest.Create(model, NEURONS, params=numbers)
    leak = numbers["g_L"] if "g_L" in numbers else numbers["C_m"] / numbers.get("tau_m", LEAKY["tau_m"])
    for j in range(NEURONS):
        amplitudes = [float(level) * leak for level in levels[:, j]]
        steps = {"amplitude_times": [round(t * STEP_MS, 1) for t in TIMES], "amplitude_values": amplitudes}
        generator = nest.Create("step_current_generator", params=steps)
        nest.Connect(generator, cells[j], syn_spec={"delay": STEP_MS})
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    nest.Simulate(UNTIL * STEP_MS)
    found = recorder.events
    return sorted((round(t / STEP_MS), int(j) - 1) for t, j in zip(found["times"], found["senders"], strict=True))


if __name__ == "__main__":
    main()
