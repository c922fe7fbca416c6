"""A small Deep Spiking Network, with samples for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.models import DeepSpikingNetwork


def problem(n: int = 12, sizes: tuple[int, ...] = (6, 5, 4), seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.random((n, sizes[0])), rng.integers(0, sizes[-1], n)


def small(**options: Any) -> DeepSpikingNetwork:
    return DeepSpikingNetwork([6, 5, 4], **{"steps": 4, "learning_rate": 0.3, "init_scale": 0.4, **options})
