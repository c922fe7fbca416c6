"""NEST: iaf_cond_exp, hh_cond_exp_traub, iaf_psc_exp and iaf_psc_delta, static synapses; one thread."""

from __future__ import annotations

import time
from typing import Any

import nest
import numpy as np
from vogels_abbott_job import CONNECTED, EXCITATORY, NEURONS, STEP_MS, asked, report

CELL = {"V_th": -50.0, "V_reset": -60.0, "t_ref": 5.0, "C_m": 200.0}
MODELS: dict[str, tuple[str, dict[str, float], float, float]] = {
    "coba": (
        "iaf_cond_exp",
        {"g_L": 10.0, "E_L": -60.0, "E_ex": 0.0, "E_in": -80.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0}, 6.0, -67.0,
    ),
    "hh": (
        "hh_cond_exp_traub",
        {"g_L": 10.0, "C_m": 200.0, "E_L": -60.0, "V_T": -63.0, "g_Na": 20000.0, "g_K": 6000.0, "E_Na": 50.0,
         "E_K": -90.0, "E_ex": 0.0, "E_in": -80.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0, "t_ref": 2.0}, 6.0, -67.0,
    ),
    "cuba": ("iaf_psc_exp", {"tau_m": 20.0, "E_L": -49.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0}, 16.2, -90.0),
    "jumps": ("iaf_psc_delta", {"tau_m": 20.0, "E_L": -49.0}, 0.25, -2.25),
}  # fmt: skip
"""A model, its numbers, what an excitatory spike adds and an inhibitory one: nS, pA, mV."""


def main() -> None:
    """Build it, time it."""
    job = asked()
    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.resolution, nest.local_num_threads, nest.rng_seed = STEP_MS, 1, job.seed + 1
    rng = np.random.default_rng(job.seed)
    begun = time.process_time()
    model, numbers, up, down = MODELS[job.benchmark]
    cells = nest.Create(model, NEURONS, params=numbers if job.benchmark == "hh" else {**CELL, **numbers})
    start = rng.uniform(-60, -50, NEURONS)
    if job.benchmark != "hh":  # which begins at rest, as in hh_coba.sli
        cells.V_m = start.tolist()
    who = {"rule": "pairwise_bernoulli", "p": CONNECTED}
    for part, weight in ((cells[:EXCITATORY], up), (cells[EXCITATORY:], down)):
        nest.Connect(part, cells, who, {"weight": weight, "delay": STEP_MS})
    if job.benchmark in ("coba", "hh"):
        for _ in range(20):
            times = np.unique(np.ceil(rng.uniform(0, 500, rng.poisson(5)))) * STEP_MS
            train = nest.Create("spike_generator", params={"spike_times": np.round(np.maximum(times, STEP_MS), 1)})
            nest.Connect(train, cells, {"rule": "pairwise_bernoulli", "p": 0.01}, {"weight": 100.0, "delay": STEP_MS})
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    nest.Simulate(STEP_MS)
    build_s = time.process_time() - begun

    def spikes() -> tuple[Any, Any]:
        return recorder.events["times"], recorder.events["senders"] - 1

    report("NEST", nest.__version__, job, build_s, nest.Simulate, spikes)


main()
