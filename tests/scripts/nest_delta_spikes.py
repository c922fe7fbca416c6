"""Spikes of small networks of NEST's iaf_psc_delta, for `tests/test_nest_delta_spikes.py`: run by a Python that has NEST.

    PYTHON tests/scripts/nest_delta_spikes.py tests/fixtures/nest/iaf_psc_delta.json

Everything is in steps of 0.1 ms and in mV, and drawn here with a seed: edges, weights, delays, given spikes, currents.

NEST adds up what a step brings and then compares; eventnet compares at each event, so that a unit may fire where
excitation and inhibition come in one step. What excites comes in even steps here and what inhibits in odd ones, in which
nothing can fire; under a current, which may let a neuron fire in any step, nothing inhibits, and levels are above 0.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

STEP_MS, TAU_MS, C_PF, UNTIL = 0.1, 20.0, 250.0, 5000
CASES: dict[str, dict[str, Any]] = {
    "reset at rest": {"reset": 0.0, "refractory": 20, "seed": 1},
    "reset above rest": {"reset": 7.5, "refractory": 20, "seed": 2},
    "reset below rest, delays that differ": {"reset": -3.0, "refractory": 13, "seed": 3, "longest": 40},
    "currents": {"reset": 5.0, "refractory": 20, "seed": 4, "current": True},
}
NEURONS, EXCITATORY, DEGREE, THRESHOLD, GIVEN = 24, 18, 6, 15.0, 250


def drawn(case: dict[str, Any]) -> dict[str, Any]:
    """A network and what comes from outside, as plain lists."""
    rng = np.random.default_rng(case["seed"])
    edges = []
    for target in range(NEURONS):
        for source in rng.choice(NEURONS, DEGREE, replace=False).tolist():
            excites = source < EXCITATORY or "current" in case
            weight = float(rng.uniform(1.0, 2.5)) if excites else -float(rng.uniform(2.0, 5.0))
            delay = 2 * int(rng.integers(8, case.get("longest", 16) // 2 + 1)) - (not excites)
            edges.append([source, target, weight, delay])
    # Given spikes take a step.
    times = [sorted(rng.choice(np.arange(11, UNTIL - 50, 2), GIVEN, replace=False).tolist()) for _ in range(NEURONS)]
    made = {
        "tau": TAU_MS / STEP_MS, "threshold": THRESHOLD, "reset": case["reset"], "refractory": case["refractory"],
        "edges": edges, "given": times, "weights": (rng.uniform(1.5, 4.0, NEURONS) / (2 if "current" in case else 1)).tolist(), "until": UNTIL,
    }  # fmt: skip
    if case.get("current"):
        made["currents"] = {"times": [500, 2000, 3500], "levels": [16.0, 3.0, 19.0]}
    return made


def spikes(net: dict[str, Any]) -> list[list[int]]:
    """Steps at which each neuron fires, by NEST."""
    import nest

    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.resolution = STEP_MS
    params = {"tau_m": TAU_MS, "C_m": C_PF, "E_L": 0.0, "V_m": 0.0, "V_th": net["threshold"], "V_reset": net["reset"]}
    cells = nest.Create("iaf_psc_delta", NEURONS, params={**params, "t_ref": net["refractory"] * STEP_MS, "I_e": 0.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    for source, target, weight, delay in net["edges"]:
        nest.Connect(cells[source], cells[target], "one_to_one", {"weight": weight, "delay": delay * STEP_MS})
    for k, (times, weight) in enumerate(zip(net["given"], net["weights"], strict=True)):
        given = nest.Create("spike_generator", params={"spike_times": [round(t * STEP_MS, 1) for t in times]})
        nest.Connect(given, cells[k], "one_to_one", {"weight": weight, "delay": STEP_MS})
    if "currents" in net:
        picoamperes = [level * C_PF / TAU_MS for level in net["currents"]["levels"]]
        times = [round(t * STEP_MS, 1) for t in net["currents"]["times"]]
        steps = {"amplitude_times": times, "amplitude_values": picoamperes}
        nest.Connect(nest.Create("step_current_generator", params=steps), cells, "all_to_all", {"delay": STEP_MS})
    nest.Simulate(net["until"] * STEP_MS)
    found: list[list[int]] = [[] for _ in range(NEURONS)]
    events = recorder.get("events")
    for sender, t in zip(events["senders"].tolist(), events["times"].tolist(), strict=True):
        found[sender - cells[0].global_id].append(round(t / STEP_MS))
    return [sorted(ticks) for ticks in found]


def main() -> None:
    """Draw each case, run it, write all."""
    import nest

    made: dict[str, Any] = {"nest": str(nest.__version__), "cases": {}}
    for name, case in CASES.items():
        net = drawn(case)
        made["cases"][name] = net | {"spikes": spikes(net)}
        print(name, sum(map(len, made["cases"][name]["spikes"])), "spikes")
    Path(sys.argv[1]).write_text(json.dumps(made, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
