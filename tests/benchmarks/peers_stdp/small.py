"""Small networks with delays and STDP, on which spike times and weights of simulators are compared.

Four units hear 20 inputs with a delay of 1 ms through synapses that learn. "delta": inputs make potentials jump, and
units inhibit one another with a delay of 1.5 ms. "exponential": inputs are currents that decay. "mutual": so, with
inhibition. Input spikes lie on multiples of 0.2 ms, no two together, and inhibition comes between them: no two spikes
reach a unit at once, of which each simulator makes something else. At the end every input spikes once more, for
simulators that move weights at such spikes only. Where inputs are currents, they are rare and
strong: a unit that fires all the time would keep for good whatever its last spike was late.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np

INPUTS, UNITS = 20, 4
DELAY_MS, LATERAL_MS = 1.0, 1.5
TAU_M, TAU_S, TAU_PLUS, TAU_MINUS = 20.0, 5.0, 17.0, 23.0
A_PLUS, A_MINUS = 0.002, 0.0018
RATE_HZ = {"delta": 30.0, "exponential": 12.0, "mutual": 12.0}
LAST_MS = 2000.0
LATERAL = {"delta": -0.2, "exponential": 0.0, "mutual": -0.3}


class Small(NamedTuple):
    """Initial weights [20, 4], inhibition [4, 4], refractory and last ms, and input spikes (ms, input) in order of time."""

    kind: str
    weights: Any
    lateral: Any
    refractory: float
    last: float
    times: Any
    sources: Any


def small(kind: str) -> Small:
    """The network of a kind: thresholds are 1, resets and rest 0, weights within 0 and 1."""
    rng = np.random.default_rng(7)
    at = np.flatnonzero(rng.random(int(LAST_MS * 5) - 100) < RATE_HZ[kind] * INPUTS / 5000)
    times = np.concatenate([(at + 50) / 5, np.full(INPUTS, LAST_MS)])
    sources = np.concatenate([rng.integers(0, INPUTS, len(at)), np.arange(INPUTS)])
    w = rng.uniform(0.1, 0.4, (INPUTS, UNITS)) if kind == "delta" else rng.uniform(0.6, 0.95, (INPUTS, UNITS))
    lateral = LATERAL[kind] * (1 - np.eye(UNITS))
    refractory = 0.0 if kind == "delta" else 2.0
    return Small(kind, w, lateral, refractory, LAST_MS, times, sources)


def tell(simulator: str, version: str, runs: dict[str, dict[str, Any]]) -> None:
    """The last line of a program: spikes (ms, unit) and final weights [20, 4] of each run, as JSON."""
    print("\n" + json.dumps({"simulator": simulator, "version": version, "runs": runs}), flush=True)


def entry(times: Any, units: Any, weights: Any) -> dict[str, Any]:
    """One run, in order of time, then unit."""
    order = np.lexsort((units, np.round(np.asarray(times, dtype=float), 9)))
    return {
        "times": np.asarray(times, dtype=float)[order].tolist(), "units": np.asarray(units)[order].astype(int).tolist(),
        "weights": np.asarray(weights, dtype=float).tolist(),
    }  # fmt: skip
