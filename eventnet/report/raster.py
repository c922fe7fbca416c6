"""Every delivery of a log as a mark: a row of pictures, one a port, index against time and against place in the log.

A picture has a mark for each cell in which something arrived. Cells are single indices and single deliveries (or
ticks) where there is room, and grow by halves until few enough are occupied; so it is bounded, and leaves nothing out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.event import Events
from eventnet.network import Network

PICTURES = 24
CELLS, ALL_CELLS = 12_000, 80_000
"""Occupied cells of a picture, and of all pictures, at most."""
COLUMNS, ROWS = 1600, 256
STRETCHES = 20
TWICE = 2
"""Columns for each row where cells are so many that they must grow: pictures are wider than high."""

Ints = NDArray[np.int64]


def raster(log: Events, net: Network) -> dict[str, Any]:
    """Pictures of the ports that most arrived at, in the order of their numbers, and what was left out; for JSON."""
    ports = list(net.ports())
    counts = np.bincount(log["port"], minlength=len(ports))
    chosen = sorted(np.argsort(-counts, kind="stable")[:PICTURES].tolist())
    chosen = [k for k in chosen if counts[k]]
    begin, end = (int(log["t"][0]), int(log["t"][-1])) if len(log) else (0, 0)
    places = np.arange(len(log), dtype=np.int64)
    found: dict[int, dict[str, Any]] = {}
    room = ALL_CELLS
    # What quiet ports leave of their share, busy ones take.
    for done, number in enumerate(sorted(chosen, key=lambda k: int(counts[k]))):
        of = np.flatnonzero(log["port"] == number)
        index, sign = log["index"][of].astype(np.int64), log["sign"][of].astype(np.int64)
        accepts = ports[number].accepts
        units = int(index.max()) + 1 if accepts is None else max(int(accepts), int(index.max()) + 1)
        t, share = log["t"][of] - begin, min(CELLS, room // (len(chosen) - done))
        by_time = _cells(t, end - begin + 1, index, units, sign, share)
        by_delivery = _cells(places[of], len(log), index, units, sign, share)
        room -= max(len(by_time["rows"]), len(by_delivery["rows"]))
        found[number] = {
            "port": number, "units": units, "deliveries": len(of), "stretches": _stretches(t, end - begin + 1),
            "time": by_time, "delivery": by_delivery,
        }  # fmt: skip
    left = int(np.count_nonzero(counts)) - len(chosen)
    return {
        "begin": begin,
        "end": end,
        "deliveries": len(log),
        "instants": len(np.unique(log["t"])),
        "pictures": [found[k] for k in chosen],
        "ports left out": left,
    }


def _stretches(x: Ints, width: int) -> list[int]:
    """How many fall into each of 20 stretches of time, or into each tick where there are fewer."""
    length = max(1, -(-width // STRETCHES))
    counts: list[int] = np.bincount(x // length, minlength=-(-width // length)).tolist()
    return counts


def _cells(x: Ints, width: int, y: Ints, height: int, sign: Ints, most: int) -> dict[str, Any]:
    """At most `most` occupied cells: columns (as differences), rows and how many +1 and -1 arrived there."""
    across, up = -(-width // COLUMNS), -(-height // ROWS)
    while True:
        column, row = x // across, y // up
        key, at = np.unique(column * (height // up + 1) + row, return_inverse=True)
        if len(key) <= most:
            break
        if width // across > TWICE * (height // up):
            across *= 2
        else:
            up *= 2
    plus, minus = (np.bincount(at.reshape(-1), weights=sign == s, minlength=len(key)).astype(int) for s in (1, -1))
    columns, rows = key // (height // up + 1), key % (height // up + 1)
    single = bool((plus + minus <= 1).all())
    return {
        "ticks or deliveries": across, "indices": up,
        "columns": np.diff(columns, prepend=0).tolist(), "rows": rows.tolist(),
        "plus": [] if single else plus.tolist(), "minus": minus.tolist() if minus.any() else [],
    }  # fmt: skip
