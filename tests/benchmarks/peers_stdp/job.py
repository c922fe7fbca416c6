"""The job that all peers do: handwritten digits as Poisson spike trains of 350 ms, through 100 neurons that learn.

Every peer's program runs in an environment of its own and imports this file, which needs NumPy only.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

DIGITS = Path(__file__).parents[3] / "eventnet" / "data" / "digits.npz"
PIXELS, NEURONS = 784, 100
PRESENTED_MS, HIGHEST_HZ = 350, 63.75
TAU_M, TAU_X, THETA_PLUS, THRESHOLD = 100.0, 20.0, 0.05, 13.0  # ms; mV above rest
ETA, TARGET, TOTAL_WEIGHT = 0.01, 0.05, 78.4


def pixels(n: int) -> Any:
    """The first n training digits that ship with eventnet, mixed, [n, 784] from 0 to 1."""
    with np.load(DIGITS, allow_pickle=False) as arrays:
        x = arrays["x_train"]
    order = np.random.default_rng(0).permutation(len(x))
    return x[order[np.arange(n) % len(x)]] / 255.0


def weights() -> Any:
    """Initial weights [784, 100]: 0.3 U(0, 1), each column scaled to a sum of 78.4."""
    w = 0.3 * np.random.default_rng(1).random((PIXELS, NEURONS))
    return w * TOTAL_WEIGHT / w.sum(axis=0)


def expected_spikes(x: Any) -> float:
    """Input spikes a digit, on average."""
    return float(x.sum() * HIGHEST_HZ * PRESENTED_MS / 1000 / len(x))


def own_seconds() -> float:
    """CPU seconds of this process."""
    return time.process_time()


def children_seconds() -> float:
    """CPU seconds of the child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(run: Callable[[], Any], clock: Callable[[], float] = own_seconds) -> tuple[float, Any]:
    """CPU seconds that a call took, and what it returned."""
    start = clock()
    made = run()
    return clock() - start, made


def report(**found: Any) -> None:
    """The last line of a peer's program: what it measured, as JSON.

    peer, version; digits and seconds of each repetition; input_spikes, output_spikes and expected a digit.
    """
    sys.stdout.flush()
    print("\n" + json.dumps({"python": sys.version.split()[0], "numpy": np.__version__, **found}), flush=True)
