"""The time in a step at which a potential crosses its threshold: cubics through the values and slopes at both ends."""

from __future__ import annotations

from typing import Any

from numba.extending import register_jitable

HALVINGS = 50


@register_jitable(error_model="numpy")
def cubic(u: Any, x0: Any, x1: Any, d0: Any, d1: Any) -> Any:
    """At u, from 0 to 1, what goes from x0 to x1 with slopes d0 and d1 (a step): Hermite's cubic."""
    rise = x1 - x0
    return x0 + u * (d0 + u * ((3.0 * rise - 2.0 * d0 - d1) + u * (d0 + d1 - 2.0 * rise)))


@register_jitable(error_model="numpy")
def part_before(x0: Any, x1: Any, d0: Any, d1: Any, bar: Any) -> Any:
    """The part of the step, from 0 to 1, after which the cubic passes the bar that lies between its ends."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if cubic(middle, x0, x1, d0, d1) > bar:
            high = middle
        else:
            low = middle
    return high
