"""The options of a conventional network, checked."""

from __future__ import annotations

import numpy as np

from eventnet.errors import ModelError
from eventnet.models.gates import ACTIVATIONS

INITS = ("glorot", "he")
CHOICES = {"init": INITS, "activation": tuple(ACTIVATIONS), "dtype": ("float32", "float64")}


def check_options(learning_rate: float, momentum: float, **chosen: str) -> None:
    """Raises ModelError that names the first option which makes no sense. chosen: init, activation and dtype."""
    if not (float(learning_rate) > 0 and np.isfinite(float(learning_rate))):
        raise ModelError(f"learning_rate is {learning_rate}; wanted a number above 0")
    if not 0 <= float(momentum) < 1:
        raise ModelError(f"momentum is {momentum}; wanted 0 or more and below 1")
    for name, found in chosen.items():
        if found not in CHOICES[name]:
            raise ModelError(f"{name} is {found!r}; it can be {' or '.join(map(repr, CHOICES[name]))}")
