"""The filters' numbers that ship, by how often the camera's rates are new: see `train.filters`, which makes them."""

from __future__ import annotations

from eventnet.errors import ModelError
from eventnet.scenarios.fusion.filters import FILTERS, Complementary, FilterHead, Kalman, Numbers, SlowTraces
from eventnet.scenarios.fusion.plain_head import HeadNumbers

LATE_US = 10_000
"""From here on a clock's camera has the numbers of a late one (fitted at 33 ms), below those of a fast one (2 ms)."""

FAST: dict[str, Numbers] = {
    "cheap": HeadNumbers((0.16, 12.1, 48.9, 43.4), 742.0, 0.394, 0.124),
    "complementary": Complementary(0.222, 0.00794, 0.000714),
    "Kalman": Kalman(837_000.0, 0.333, 32.0, 1730.0, 4.03, 15.6),
    "slow traces": SlowTraces((0.1068, -0.06204, 1.635, -0.919, 0.3399, -0.2721, 0.6061, -2.232)),
}
LATE: dict[str, Numbers] = {
    "cheap": HeadNumbers((0.151, 10.1, 13.8, 27.1), 1100.0, 0.297, 0.148),
    "complementary": Complementary(0.222, 1.39e-05, 0.000666),
    "Kalman": Kalman(1_050_000.0, 0.333, 32.0, 350.0, 0.385, 40.0),
}
QUIET_TRACES = SlowTraces((0.3014, 0.6343, 0.2525, -0.2754, 0.1308, -0.1515, 0.5151, -2.118))
"""Slow traces of a gyroscope with a noise of 1."""
QUIET = 3.0
"""Below this noise, degrees a second, it is nearer to 1 than to 10."""


def filter_head(name: str, period_us: float, noise: float = 10.0) -> FilterHead:
    """A filter with its numbers for a camera whose rates are new so often. Raises ModelError for an unknown name.

    noise: of the gyroscope, degrees a second; slow traces alone have numbers for a quiet one.
    """
    if name not in FILTERS:
        raise ModelError(f"a filter is {name!r}; wanted one of {', '.join(FILTERS)}")
    if name == "slow traces":
        return FilterHead(name, QUIET_TRACES if noise < QUIET else FAST[name])
    return FilterHead(name, (LATE if period_us >= LATE_US else FAST)[name])
