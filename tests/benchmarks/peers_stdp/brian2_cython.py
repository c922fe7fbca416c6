"""Brian2 with Cython: one run() a digit, weights normalised before each; compiling is left out."""

from __future__ import annotations

import sys

import brian2 as b
import numpy as np
from brian2_network import TIMED_INPUT, network
from job import NEURONS, PIXELS, PRESENTED_MS, TOTAL_WEIGHT, expected_spikes, pixels, report, timed


def main(n: int, repetitions: int) -> None:
    """Time n digits after one that compiles, so many times."""
    b.prefs.codegen.target = "cython"
    b.defaultclock.dt = 1 * b.ms
    x = pixels(n)
    parts, heard, fired = network(np.zeros(PIXELS) * TIMED_INPUT)
    net = b.Network(*parts.values())

    def present(image: np.ndarray) -> None:
        w = np.asarray(parts["synapses"].w).reshape(PIXELS, NEURONS)
        parts["synapses"].w = (w * TOTAL_WEIGHT / w.sum(axis=0)).ravel()
        parts["layer"].v = 0
        parts["inputs"].rates = image * TIMED_INPUT
        net.run(PRESENTED_MS * b.ms)

    present(x[0])
    seconds = []
    for _ in range(repetitions):
        counts = np.sum(heard.count[:]), np.sum(fired.count[:])
        seconds.append(timed(lambda: [present(image) for image in x])[0])
    report(
        peer="Brian2, Cython", version=b.__version__, digits=n, seconds=seconds,
        input_spikes=float(np.sum(heard.count[:]) - counts[0]) / n,
        output_spikes=float(np.sum(fired.count[:]) - counts[1]) / n, expected=expected_spikes(x),
    )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
