"""NEST: iaf_psc_delta and stdp_synapse, one Simulate() a digit; with and without normalised weights."""

from __future__ import annotations

import sys

import nest
import numpy as np
from job import (
    HIGHEST_HZ,
    NEURONS,
    PIXELS,
    PRESENTED_MS,
    TAU_M,
    TAU_X,
    THRESHOLD,
    TOTAL_WEIGHT,
    expected_spikes,
    pixels,
    report,
    timed,
    weights,
)


def main(n: int, repetitions: int, normalize: bool) -> None:
    """Time n digits, so many times. Thresholds are fixed, inhibition is -60 mV; one thread, a resolution of 1 ms."""
    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.resolution, nest.local_num_threads, nest.rng_seed = 1.0, 1, 1
    x = pixels(n)
    sources = nest.Create("poisson_generator", PIXELS)
    inputs = nest.Create("parrot_neuron", PIXELS)
    layer = nest.Create("iaf_psc_delta", NEURONS, params={
        "tau_m": TAU_M, "E_L": 0.0, "V_reset": 0.0, "V_th": 3 * THRESHOLD, "t_ref": 1.0, "V_m": 0.0, "C_m": TAU_M,
        "tau_minus": TAU_X, "I_e": 0.0,
    })  # fmt: skip
    nest.Connect(sources, inputs, "one_to_one", {"delay": 1.0})
    synapse = {"synapse_model": "stdp_synapse", "weight": weights().T, "delay": 1.0, "tau_plus": TAU_X, "Wmax": 1.0,
               "lambda": 0.01, "alpha": 1.0, "mu_plus": 1.0, "mu_minus": 1.0}  # fmt: skip
    nest.Connect(inputs, layer, "all_to_all", synapse)
    nest.Connect(layer, layer, {"rule": "all_to_all", "allow_autapses": False}, {"weight": -60.0, "delay": 1.0})
    learned = nest.GetConnections(inputs, layer)
    heard, fired = nest.Create("spike_recorder", params={"record_to": "memory"}), nest.Create("spike_recorder")
    nest.Connect(inputs, heard)
    nest.Connect(layer, fired)
    targets = np.array(learned.get("target")) - np.array(layer.tolist())[0] if normalize else None

    def present(image: np.ndarray) -> None:
        if normalize:
            w = np.array(learned.get("weight"))
            learned.set(weight=w * TOTAL_WEIGHT / np.bincount(targets, w)[targets])
        layer.V_m = 0.0
        sources.set(rate=(image * HIGHEST_HZ).tolist())
        nest.Simulate(float(PRESENTED_MS))

    present(x[0])
    seconds = []
    for _ in range(repetitions):
        heard.n_events = fired.n_events = 0
        seconds.append(timed(lambda: [present(image) for image in x])[0])
    report(
        peer="NEST, weights normalised" if normalize else "NEST", version=nest.__version__, digits=n, seconds=seconds,
        input_spikes=heard.n_events / n, output_spikes=fired.n_events / n, expected=expected_spikes(x),
    )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), "normalize" in sys.argv[3:])
