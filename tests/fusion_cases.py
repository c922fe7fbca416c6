"""Weights of a small network that puts a camera and a gyroscope together, and events and samples for it."""

from __future__ import annotations

from typing import Any

import numpy as np

import eventnet as en
from eventnet.scenarios.fusion import FusionWeights, Head

WIDTH, HEIGHT, K, H, N_OUT = 24, 20, 3, 6, 2
TAU = (4000.0, 20_000.0)


def small_weights(seed: int = 0, **changed: Any) -> FusionWeights:
    """24 x 20 pixels, patches of 4 x 5 in regions of 2 x 3: 3 x 2 regions; two rates."""
    rng = np.random.default_rng(seed)
    head = Head((3000.0, 50_000.0), (False, True), rng.normal(0, 0.3, (13, 6)))
    given = {
        "width": WIDTH, "height": HEIGHT, "tau_us": TAU, "filters": rng.normal(0, 0.4, (2, K, 8, 8)),
        "bias": rng.normal(0, 0.2, K), "hidden": rng.normal(0, 0.5, (6 * K, H)), "hidden_bias": rng.normal(0, 0.3, H),
        "out": rng.normal(0, 5, (H, N_OUT)), "out_bias": rng.normal(0, 2, N_OUT), "filter_std": rng.uniform(0.5, 2, K),
        "pool_std": rng.uniform(0.5, 2, K), "hidden_std": rng.uniform(0.5, 2, H), "pool": (2, 3), "pool_stride": (1, 2),
        "head": head, "manifest": {"seed": seed},
    }  # fmt: skip
    return FusionWeights(**(given | changed))


def shown_as_it_is() -> FusionWeights:
    """The same, whose answers "dvs" are the camera's rates without any trace."""
    mix = np.zeros((13, 6))
    mix[3:5, 2:4] = np.eye(2)
    return small_weights(head=Head((3000.0, 50_000.0), (False, True), mix))


def pixels(seed: int = 1, n: int = 300, until: int = 40_000) -> Any:
    """Events of the camera."""
    rng = np.random.default_rng(seed)
    made = np.zeros(n, en.PIXEL_EVENT)
    made["t"], made["p"] = np.sort(rng.integers(0, until, n)), rng.integers(0, 2, n)
    made["x"], made["y"] = rng.integers(0, WIDTH, n), rng.integers(0, HEIGHT, n)
    return made


def rates(seed: int = 2, until: int = 40_000) -> Any:
    """Samples of the gyroscope, both rates each millisecond."""
    rng = np.random.default_rng(seed)
    made = np.zeros(2 * (until // 1000), en.VALUE_EVENT)
    made["t"], made["index"] = np.repeat(np.arange(500, until, 1000), 2), np.tile([0, 1], until // 1000)
    made["value"] = rng.normal(0, 20, len(made))
    return made
