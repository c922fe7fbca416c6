"""Brian2, C++ standalone: exact decay, PoissonInput, one thread. The run's own time is what its program reports."""

from __future__ import annotations

import json
import sys
import tempfile
import time

import brian2 as b2
import numpy as np
from brunel_job import DELAY_MS, REFRACTORY_MS, RESET, SETTLING_MS, STEP_MS, TAU_MS, THETA, asked


def main() -> None:
    """Build and compile it for two lengths, take the shorter run off the longer one, print one line of JSON."""
    job = asked()
    found = [timed(job, ms) for ms in (SETTLING_MS, SETTLING_MS + job.ms)]
    seconds, fired = found[1][0] - found[0][0], found[1][1] - found[0][1]
    made = {"peer": "Brian2 C++", "version": b2.__version__, "neurons": job.neurons, "ms": job.ms, "seed": job.seed}
    made |= {"build_s": found[1][2], "seconds": seconds, "spikes": fired}
    made |= {"rate_hz": 1000 * fired / job.neurons / job.ms, "recurrent": fired * 0.1 * job.neurons}
    made |= {"external": job.neurons * job.external_hz * job.ms / 1000}
    made["python"] = ".".join(map(str, sys.version_info[:2]))
    print(json.dumps(made), flush=True)


def timed(job: object, ms: float) -> tuple[float, int, float]:
    """Seconds that the run took, spikes, and seconds to build and compile."""
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        b2.device.reinit()
        b2.device.activate(directory=folder, build_on_run=True)
        b2.set_device("cpp_standalone", directory=folder)
        b2.seed(job.seed)
        b2.defaultclock.dt = STEP_MS * b2.ms
        # A thousand inputs each: Brian2 draws a binomial number.
        neurons = b2.NeuronGroup(
            job.neurons, "dv/dt = -v / tau : 1 (unless refractory)", threshold="v > theta", reset="v = v_reset",
            refractory=REFRACTORY_MS * b2.ms, method="exact",
            namespace={"tau": TAU_MS * b2.ms, "theta": THETA, "v_reset": RESET},
        )  # fmt: skip
        neurons.v = np.random.default_rng(job.seed).uniform(0, THETA, job.neurons)
        objects = [neurons]
        rng = np.random.default_rng(job.seed)
        begins = (0, job.excitatory, job.excitatory), (job.excitatory, job.neurons, job.inhibitory)
        for (low, high, n), degree, weight in zip(begins, job.degrees, (job.weight, -job.g * job.weight), strict=True):
            synapses = b2.Synapses(
                neurons[low:high], neurons, on_pre="v_post += w", delay=DELAY_MS * b2.ms, namespace={"w": weight}
            )
            targets = np.repeat(np.arange(job.neurons), degree)
            synapses.connect(i=rng.integers(0, n, len(targets)), j=targets)
            objects.append(synapses)
        objects.append(b2.PoissonInput(neurons, "v", 1000, job.external_hz / 1000 * b2.Hz, weight=job.weight))
        counted = b2.SpikeMonitor(neurons, record=False)
        network = b2.Network(*objects, counted)
        network.run(ms * b2.ms)
        return float(b2.device._last_run_time), int(counted.num_spikes), time.process_time() - begun


main()
