"""Every delivery of a log as a mark: a row of pictures, one a port, index against time and against place in the log.

A picture has a mark for each cell in which something arrived. Cells are single indices and single deliveries (or
ticks) where there is room, and grow by halves until few enough are occupied; so it is bounded, and leaves nothing out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.log_pieces import pieces
from eventnet.event import Events
from eventnet.network import Network
from eventnet.report.cells import MOST, Cells

PICTURES = 24
ALL_CELLS = 80_000
"""Occupied cells of all pictures at most."""
STRETCHES = 20

Ints = NDArray[np.int64]


def raster(log: Events, net: Network) -> dict[str, Any]:
    """Pictures of the ports that most arrived at, in the order of their numbers, and what was left out; for JSON."""
    ports = list(net.ports())
    counts, units, instants = _survey(log, [int(port.accepts or 0) for port in ports])
    chosen = sorted(np.argsort(-counts, kind="stable")[:PICTURES].tolist())
    chosen = [k for k in chosen if counts[k]]
    begin, end = (int(log["t"][0]), int(log["t"][-1])) if len(log) else (0, 0)
    drawn = {k: _Picture(begin, end - begin + 1, len(log), int(units[k])) for k in chosen}
    for first, lines in pieces(log):
        for number, picture in drawn.items():
            picture.add(first, lines, lines["port"] == number)
    found: dict[int, dict[str, Any]] = {}
    room = ALL_CELLS
    # What quiet ports leave of their share, busy ones take.
    for done, number in enumerate(sorted(chosen, key=lambda k: int(counts[k]))):
        share = min(MOST, room // (len(chosen) - done))
        found[number] = {"port": number, **drawn[number].to_dict(share)}
        room -= max(len(found[number][way]["rows"]) for way in ("time", "delivery"))
    left = int(np.count_nonzero(counts)) - len(chosen)
    return {
        "begin": begin,
        "end": end,
        "deliveries": len(log),
        "instants": instants,
        "pictures": [found[k] for k in chosen],
        "ports left out": left,
    }


def _survey(log: Events, accepts: list[int]) -> tuple[Ints, Ints, int]:
    """Deliveries at each port, how many indices it has, and how many instants there are."""
    counts, units, instants, last = np.zeros(len(accepts), np.int64), np.array(accepts, np.int64), 0, None
    for _, lines in pieces(log):
        counts += np.bincount(lines["port"], minlength=len(accepts))
        np.maximum.at(units, lines["port"], lines["index"].astype(np.int64) + 1)
        instants += len(np.unique(lines["t"])) - (lines["t"][0] == last)
        last = lines["t"][-1]
    return counts, units, int(instants)


class _Picture:
    """Deliveries at a port, against time and against place in the log."""

    def __init__(self, begin: int, ticks: int, deliveries: int, units: int) -> None:
        self._begin, self._units = begin, units
        self._time, self._delivery = Cells(ticks, units), Cells(deliveries, units)
        # Of equal length; or each tick, where there are fewer.
        self._stretch = max(1, -(-ticks // STRETCHES))
        self._stretches = np.zeros(-(-ticks // self._stretch), np.int64)

    def add(self, first: int, lines: Events, own: NDArray[np.bool_]) -> None:
        """Lines of a log from the place `first` on; own: which of them arrived here."""
        places, lines = first + np.flatnonzero(own), lines[own]
        t = lines["t"] - self._begin
        index, sign = lines["index"].astype(np.int64), lines["sign"].astype(np.int64)
        self._time.add(t, index, sign)
        self._delivery.add(places, index, sign)
        self._stretches += np.bincount(t // self._stretch, minlength=len(self._stretches))

    def to_dict(self, most: int) -> dict[str, Any]:
        """So many occupied cells at most in each way to look at it."""
        return {
            "units": self._units, "deliveries": int(self._stretches.sum()), "stretches": self._stretches.tolist(),
            "time": self._time.to_dict(most), "delivery": self._delivery.to_dict(most),
        }  # fmt: skip
