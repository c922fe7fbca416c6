"""The job that all simulators of `bench_sparse.py` do: Brunel's network, asynchronous irregular (g = 5, eta = 2).

J = 0.1 mV times 10,000 over the number of neurons; N_E = 4 N_I; each neuron draws a tenth of each population; delay
1.5 ms, tau 20 ms, threshold 20 mV, reset 10 mV, refractory 2 ms, external input of 20 kHz at 10,000 neurons. Time steps
of 0.1 ms. The first 200 ms are not measured.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

G, ETA, TAU_MS, THETA, RESET, REFRACTORY_MS, DELAY_MS = 5.0, 2.0, 20.0, 20.0, 10.0, 2.0, 1.5
STEP_MS, SETTLING_MS = 0.1, 200.0
STDP = {"lambda": 0.005, "alpha": 2.0, "mu_plus": 1.0, "mu_minus": 1.0, "tau_plus": 20.0, "tau_minus": 20.0}
W_MAX = 3.0
"""With --plastic the synapses among excitatory neurons are `stdp_synapse` of NEST; the highest weight in units of J."""
WEIGHED = 100
"""Plastic synapses of so many sources are looked at in the end: in NEST all of them take minutes."""


def asked() -> argparse.Namespace:
    """Neurons, milliseconds and the seed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("neurons", type=int)
    parser.add_argument("ms", type=float)
    parser.add_argument("seed", type=int)
    parser.add_argument("--step-us", type=float, default=1000 * STEP_MS)
    parser.add_argument("--g", type=float, default=G)
    parser.add_argument("--eta", type=float, default=ETA)
    parser.add_argument("--compare", choices=("event", "step"), default="event", help="of eventnet; NEST's is step")
    parser.add_argument("--plastic", action="store_true")
    found = parser.parse_args()
    found.excitatory = round(0.8 * found.neurons)
    found.inhibitory = found.neurons - found.excitatory
    found.degrees = round(0.1 * found.excitatory), round(0.1 * found.inhibitory)
    found.weight = 0.1 * 10_000 / found.neurons
    found.external_hz = 1000 * found.eta * THETA / (found.weight * TAU_MS)
    return found


def report(
    peer: str, version: str, job: argparse.Namespace, build_s: float, advance: Callable[[float], None],
    spikes: Callable[[], int], weights: Callable[[], Any] | None = None,
) -> None:  # fmt: skip
    """Run the first part, time the rest in processor seconds, and print one line of JSON. weights: plastic ones, mV.

    Events: each spike at the 0.1 N targets that it has on average, and the mean of the drive.
    """
    advance(SETTLING_MS)
    before, begun = spikes(), time.process_time()
    advance(job.ms)
    seconds, fired = time.process_time() - begun, spikes() - before
    made: dict[str, Any] = {"peer": peer, "version": version, "neurons": job.neurons, "ms": job.ms, "seed": job.seed}
    made |= {"build_s": build_s, "seconds": seconds, "spikes": fired, "rate_hz": 1000 * fired / job.neurons / job.ms}
    made |= {"recurrent": fired * 0.1 * job.neurons, "external": job.neurons * job.external_hz * job.ms / 1000}
    if weights is not None:
        last = weights()
        made |= {"weight_mean": float(last.mean()), "weight_std": float(last.std())}
    made["python"] = ".".join(map(str, sys.version_info[:2]))
    print(json.dumps(made), flush=True)
