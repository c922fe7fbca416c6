"""NEST: the network of `nest_brunel.py`; writes steps and neurons of all spikes after the first part into an .npz."""

from __future__ import annotations

import os

import nest
import numpy as np
from brunel_job import DELAY_MS, REFRACTORY_MS, RESET, SETTLING_MS, TAU_MS, THETA, asked


def main() -> None:
    """Build it, run it, write its spikes."""
    job = asked()
    step_ms = job.step_us / 1000
    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.resolution, nest.local_num_threads, nest.rng_seed = step_ms, 1, job.seed + 1
    params = {"tau_m": TAU_MS, "C_m": 1.0, "E_L": 0.0, "V_th": THETA, "V_reset": RESET, "t_ref": REFRACTORY_MS}
    sizes = {"excitatory": job.excitatory, "inhibitory": job.inhibitory}
    layers = {name: nest.Create("iaf_psc_delta", n, params={**params, "I_e": 0.0}) for name, n in sizes.items()}
    everyone = layers["excitatory"] + layers["inhibitory"]
    everyone.V_m = np.random.default_rng(job.seed).uniform(0, THETA, job.neurons).tolist()
    drive = nest.Create("poisson_generator", params={"rate": job.external_hz})
    nest.Connect(drive, everyone, syn_spec={"weight": job.weight, "delay": step_ms})
    for layer, degree, weight in zip(layers.values(), job.degrees, (job.weight, -job.g * job.weight), strict=True):
        synapse = {"weight": weight, "delay": DELAY_MS}
        nest.Connect(layer, everyone, {"rule": "fixed_indegree", "indegree": degree}, synapse)
    recorder = nest.Create("spike_recorder", params={"start": SETTLING_MS})
    nest.Connect(everyone, recorder)
    nest.Simulate(SETTLING_MS + job.ms)
    events = recorder.get("events")
    t = np.rint(np.asarray(events["times"]) / step_ms).astype(np.int64)
    unit = np.asarray(events["senders"], dtype=np.int64) - everyone[0].global_id
    np.savez(os.environ["TRAINS"], t=t, unit=unit, version=str(nest.__version__))


main()
