"""Exclusive or by times of single spikes: the task of Bohte, Kok and La Poutré (2000), and networks for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.models import SpikeProp

INPUTS = [[0, 0, 0], [0, 6, 0], [6, 0, 0], [6, 6, 0]]
TARGETS = [[16], [10], [10], [16]]
DELAYS = np.arange(1, 17)
ENOUGH = 1.0
COMMON: dict[str, Any] = {"threshold": 50.0, "inhibitory": 1, "least_slope": 1.0, "rescue": 0.1}
SETTINGS: dict[str, dict[str, Any]] = {
    "tau 7 ms, rate 0.01": {"tau": 7.0, "learning_rate": 0.01, "weights": (1.0, 10.0)},
    "tau 7 ms, rate 1": {"tau": 7.0, "learning_rate": 1.0, "weights": (1.0, 10.0)},
    "tau 7 ms, rate 1, none inhibitory": {"tau": 7.0, "learning_rate": 1.0, "weights": (1.0, 10.0), "inhibitory": 0},
    "tau 3 ms, rate 1": {"tau": 3.0, "learning_rate": 1.0, "weights": (0.0, 6.0)},
}


def network(setting: str, seed: int) -> SpikeProp:
    """3-5-1: two inputs and one that always spikes at 0, sixteen delays from 1 to 16 ms."""
    return SpikeProp([3, 5, 1], DELAYS, seed=seed, **COMMON | SETTINGS[setting])
