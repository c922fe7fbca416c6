"""Recurrent networks of several seeds: what their spikes tell beyond a scenario's table, and what a picture needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from eventnet.analysis import SpikeTrains
from eventnet.scenarios.reproductions.common.report import Row, rounded, spread
from eventnet.scenarios.shared.populations import SHOWN_MS

COUNTED = {"events, M": "events", "of them of the drive, M": "of the drive", "products, M": "products"}
"""Columns of costs in millions, and what a scenario calls them. They do not depend on the machine."""
WINDOW_S, BIN_S, LOWEST_HZ = 0.5, 5e-4, 5.0
"""Of the spectrum: windows, bins, and below which frequency nothing is looked for."""


def end_of(trains: Mapping[str, SpikeTrains], ms: float = SHOWN_MS) -> dict[str, SpikeTrains]:
    """The last so many milliseconds of each population: what a raster shows."""
    made = {}
    for name, one in trains.items():
        begin = max(one.begin, one.end - round(1e-3 * ms / one.tick_s))
        late = one.t >= begin
        made[name] = SpikeTrains(one.t[late], one.unit[late], one.units, begin, one.end, one.tick_s)
    return made


def global_frequency(trains: SpikeTrains) -> float:
    """Hz at which the spectrum of the number of all spikes is highest, from 5 Hz on; NaN without spikes.

    The mean of spectra of windows of 0.5 s (Hann's, each begins in the middle of the one before), of bins of 0.5 ms:
    from 5 to 1,000 Hz in steps of 2 Hz. Trains that are shorter are one window.
    """
    counts = trains.counts(max(1, round(BIN_S / trains.tick_s))).astype(np.float64)
    if not counts.any():
        return float("nan")
    bin_s = max(1, round(BIN_S / trains.tick_s)) * trains.tick_s
    size = min(len(counts), round(WINDOW_S / bin_s))
    windows = [counts[lo : lo + size] for lo in range(0, len(counts) - size + 1, max(1, size // 2))]
    power = np.mean([np.abs(np.fft.rfft((each - each.mean()) * np.hanning(size))) ** 2 for each in windows], axis=0)
    hz = np.fft.rfftfreq(size, bin_s)
    looked = hz >= LOWEST_HZ
    return float(hz[looked][np.argmax(power[looked])])


def correlation(trains: SpikeTrains, ms: float = 2.0) -> float:
    """The mean correlation of the counts of two neurons in bins of so many milliseconds, over 1,000 pairs."""
    found = trains.correlations(max(1, round(1e-3 * ms / trains.tick_s)))
    return float("nan") if np.isnan(found).all() else float(np.nanmean(found))


def over_seeds(rows: Sequence[Row], names: Mapping[str, str], form: str = ".3g") -> dict[str, str]:
    """Columns, and what rows call them: the mean over the seeds, the least and the most."""
    return {name: spread([row[key] for row in rows], form) for name, key in names.items()}


def millions(rows: Sequence[Row], names: Mapping[str, str]) -> dict[str, float]:
    """Columns, and what rows call them: the mean over the seeds, in millions."""
    return {name: rounded(1e-6 * np.mean([row[key] for row in rows]), 4) for name, key in names.items()}
