"""NEST: iaf_psc_delta, static synapses, one Poisson generator; one thread."""

from __future__ import annotations

import time

import nest
import numpy as np
from brunel_job import DELAY_MS, REFRACTORY_MS, RESET, STDP, STEP_MS, TAU_MS, THETA, W_MAX, WEIGHED, asked, report


def main() -> None:
    """Build it, time it."""
    job = asked()
    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.resolution, nest.local_num_threads, nest.rng_seed = STEP_MS, 1, job.seed + 1
    begun = time.process_time()
    params = {"tau_m": TAU_MS, "C_m": 1.0, "E_L": 0.0, "V_th": THETA, "V_reset": RESET, "t_ref": REFRACTORY_MS}
    sizes = {"excitatory": job.excitatory, "inhibitory": job.inhibitory}
    layers = {name: nest.Create("iaf_psc_delta", n, params={**params, "I_e": 0.0}) for name, n in sizes.items()}
    everyone = layers["excitatory"] + layers["inhibitory"]
    everyone.V_m = np.random.default_rng(job.seed).uniform(0, THETA, job.neurons).tolist()
    drive = nest.Create("poisson_generator", params={"rate": job.external_hz})
    nest.Connect(drive, everyone, syn_spec={"weight": job.weight, "delay": STEP_MS})
    own = {name: value for name, value in STDP.items() if name != "tau_minus"} | {"Wmax": W_MAX * job.weight}
    layers["excitatory"].tau_minus = STDP["tau_minus"]
    for (name, layer), degree, weight in zip(
        layers.items(), job.degrees, (job.weight, -job.g * job.weight), strict=True
    ):
        for target in layers:
            synapse = {"weight": weight, "delay": DELAY_MS}
            if job.plastic and name == target == "excitatory":
                synapse |= {"synapse_model": "stdp_synapse", **own}
            nest.Connect(layer, layers[target], {"rule": "fixed_indegree", "indegree": degree}, synapse)
    nest.Simulate(STEP_MS)
    build_s = time.process_time() - begun
    fired = [0]

    def advance(ms: float) -> None:
        nest.Simulate(ms)
        fired[0] += int(nest.local_spike_counter)  # of the last call

    def weights() -> np.ndarray:
        some = nest.GetConnections(layers["excitatory"][:WEIGHED], synapse_model="stdp_synapse")
        return np.array(some.weight)

    report("NEST", nest.__version__, job, build_s, advance, lambda: fired[0], weights if job.plastic else None)


main()
