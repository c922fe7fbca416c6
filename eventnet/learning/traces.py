"""Traces of spikes: what is left now of a spike of some time ago."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable

from eventnet.errors import NetworkError
from eventnet.learning.dependence import check_positive

DEAD = 40.0
"""After so many time constants a trace is nothing: exp(-40) is less than half a unit in the last place of 1."""


@register_jitable(forceinline=True)
def remains(dt: int, tau: Any) -> Any:
    """exp(-dt / tau), in float64: what is left after dt ticks."""
    return math.exp(-dt / np.float64(tau))


def horizon_of(**taus: float) -> list[int]:
    """Ticks after which traces of these time constants are nothing. Raises NetworkError unless all are above 0."""
    check_positive(**taus)
    for name, tau in taus.items():
        if tau > 2**53:
            raise NetworkError(f"{name} is {tau} ticks; wanted 2^53 at most")
    return [math.ceil(DEAD * tau) for tau in taus.values()]
