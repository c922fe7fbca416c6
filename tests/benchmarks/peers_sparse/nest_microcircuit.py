"""NEST: the microcircuit by the numbers that `bench_microcircuit.py` has of eventnet's; iaf_psc_exp, one thread.

A variable TRAINS names an .npz that all spikes are written into: steps, and neurons in the order of the populations.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

import nest
import numpy as np

STEP_MS = 0.1
PA_PER_MV = 25.0
"""C_m / tau_m: 250 pF over 10 ms."""
CELL = {
    "C_m": 250.0, "tau_m": 10.0, "tau_syn_ex": 0.5, "tau_syn_in": 0.5, "E_L": -65.0, "V_th": -50.0, "V_reset": -65.0,
    "t_ref": 2.0,
}  # fmt: skip


def main() -> None:
    """Build it, time it, print one line of JSON."""
    given, seed, ms = json.loads(Path(sys.argv[1]).read_text()), int(sys.argv[2]), float(sys.argv[3])
    nest.set_verbosity("M_ERROR")
    nest.resolution, nest.local_num_threads, nest.rng_seed = STEP_MS, 1, seed + 1
    rng, begun = np.random.default_rng(seed), time.process_time()
    layers = []
    for n, lost, first, spread in zip(given["units"], given["lost"], given["first"], given["spread"], strict=True):
        cells = nest.Create("iaf_psc_exp", n, params={**CELL, "I_e": lost * PA_PER_MV})
        cells.V_m = np.minimum(rng.normal(first, spread, n), -50.0001).tolist()
        layers.append(cells)
    models = [f"to_{i}" for i in range(len(layers))]
    for model in models:  # NEST has room for 134,217,726 synapses of a model
        nest.CopyModel("static_synapse", model)
    for i, j in np.argwhere(np.array(given["counts"]) > 0).tolist():
        w, delay = given["weights"][i][j] * PA_PER_MV, 0.75 if j % 2 else 1.5
        low, high = (0.0, 1e9) if w > 0 else (-1e9, 0.0)
        weight = nest.math.redraw(nest.random.normal(mean=w, std=0.1 * abs(w)), min=low, max=high)
        late = nest.math.redraw(nest.random.normal(mean=delay, std=0.5 * delay), min=0.05, max=1e3)
        who = {"rule": "fixed_total_number", "N": given["counts"][i][j]}
        nest.Connect(layers[j], layers[i], who, {"synapse_model": models[i], "weight": weight, "delay": late})
    recorders = []
    for cells, rate in zip(layers, given["external_hz"], strict=True):
        drive = nest.Create("poisson_generator", params={"rate": rate})
        nest.Connect(drive, cells, syn_spec={"weight": given["external"] * PA_PER_MV, "delay": 1.5})
        recorders.append(nest.Create("spike_recorder"))
        nest.Connect(cells, recorders[-1])
    nest.Simulate(STEP_MS)
    build_s = time.process_time() - begun
    nest.Simulate(500.0)
    begun = time.process_time()
    nest.Simulate(ms)
    seconds = time.process_time() - begun
    if file := os.environ.get("TRAINS"):
        steps = [np.rint(np.asarray(r.events["times"]) / STEP_MS).astype(np.int64) for r in recorders]
        whose = [np.asarray(r.events["senders"], dtype=np.int64) - layers[0][0].global_id for r in recorders]
        np.savez(file, t=np.concatenate(steps), unit=np.concatenate(whose))
    counts = [int((np.asarray(r.events["times"]) > 500).sum()) for r in recorders]
    rates = [1000 * count / n / ms for count, n in zip(counts, given["units"], strict=True)]
    made = {"peer": f"NEST {nest.__version__}", "rates": rates, "seconds": seconds, "build_s": build_s}
    made["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(json.dumps(made), flush=True)


main()
