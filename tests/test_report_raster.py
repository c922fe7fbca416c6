"""The raster of a report: every delivery is in it, exactly where there is room, in cells where there is not."""

from __future__ import annotations

from typing import Any

import numpy as np
from report_cases import tangle

import eventnet as en
from eventnet.report.cells import MOST
from eventnet.report.raster import raster


def marks(cells: Any) -> list[tuple[int, int, int, int]]:
    """(column, row, how many +1, how many -1) of each occupied cell."""
    columns = np.cumsum(cells["columns"]).tolist()
    minus = cells["minus"] or [0] * len(columns)
    plus = cells["plus"] or [1 - m for m in minus]
    return list(zip(columns, cells["rows"], plus, minus, strict=True))


def test_few_deliveries_stand_where_they_are() -> None:
    sim, _ = tangle()
    log, found = sim.log, raster(sim.log, sim.net)
    assert sum(p["deliveries"] for p in found["pictures"]) == len(log) == sim.tally.deliveries
    for picture in found["pictures"]:
        of = log[log["port"] == picture["port"]]
        wanted = sorted((int(d["id"]), int(d["index"]), int(d["sign"] > 0), int(d["sign"] < 0)) for d in of)
        assert marks(picture["delivery"]) == wanted
        by_time = {(t, i) for t, i, _, _ in marks(picture["time"])}
        assert by_time == {(int(d["t"]) - found["begin"], int(d["index"])) for d in of}
        assert sum(p + m for _, _, p, m in marks(picture["time"])) == len(of)
        assert sum(picture["stretches"]) == len(of)


def test_many_deliveries_share_cells_and_none_is_lost() -> None:
    net = en.Network()
    net.add(en.Relay(5000, name="a"))
    rng = np.random.default_rng(1)
    n = 200_000
    log = np.zeros(n, dtype=en.DELIVERY)
    log["id"], log["t"] = np.arange(n), np.sort(rng.integers(-700, 10**7, n))
    log["index"], log["sign"] = rng.integers(0, 5000, n), rng.choice([-1, 1], n)
    found = raster(log, net)
    (picture,) = found["pictures"]
    for way, x, width in (
        ("time", log["t"] - log["t"][0], found["end"] - found["begin"] + 1),
        ("delivery", log["id"], n),
    ):
        cells = picture[way]
        assert len(cells["rows"]) <= MOST
        assert sum(cells["plus"]) == (log["sign"] > 0).sum()
        assert sum(cells["minus"]) == (log["sign"] < 0).sum()
        across, up = cells["ticks or deliveries"], cells["indices"]
        assert max(c for c, *_ in marks(cells)) * across < width
        wanted = set(zip((x // across).tolist(), (log["index"] // up).tolist(), strict=True))
        assert {(c, r) for c, r, _, _ in marks(cells)} == wanted


def test_an_empty_log_has_no_pictures() -> None:
    net = en.Network()
    net.add(en.Relay(1))
    assert raster(np.zeros(0, dtype=en.DELIVERY), net)["pictures"] == []
