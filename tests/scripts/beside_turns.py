"""What flow sums could tell of a camera that does not only turn: a table of docs/results/flow-sums.md.

    python tests/scripts/beside_turns.py --data FOLDER

FOLDER holds the recordings, as `shared/data` does; simulated cameras that turn need none. In windows of 2 ms the net
events of each block of 2 x 2 pixels are fitted by the gradients of the leaky sums of events and the image's flow, once
for turns about three axes, once with three translations beside them (one depth for all of the scene). The part of what
the six explain that the three turns do not is printed: its median over windows, and its 95 % quantile. A camera that
only turns would have none, but for noise and what three more numbers fit of it.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eventnet.event import Events
from eventnet.io import open_events
from eventnet.scenarios.fusion.flow import FITTED, turning_flow
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.fusion.stream import Simulated

Floats = NDArray[np.float64]
WINDOW_US, BLOCK, MEMORY_US = 2000, FITTED["thin"].block, 1e6 * FITTED["thin"].memory_s
CALIBRATED_PX = 199.0
"""Focal length of the cuts of the Event-Camera Dataset; the picture's width is taken for other recordings."""
FILLED = 0.25
"""The part of a recording in which sums fill, and nothing is judged."""
SPEEDS, SEED, SIMULATED_US = (5.0, 55.0), 777_000, 1_000_000
CUTS = {
    "turns": ("shapes_rotation", "dynamic_rotation", "poster_rotation"),
    "translates": ("shapes_translation", "boxes_translation", "dynamic_translation", "poster_translation"),
    "moves forward": ("poster_6dof",),
}
DISKS = {"turns": ("IMU_rotDisk",), "translates": ("IMU_translBoxes",)}


def moving_flow(height: int, width: int, block: int, focal_px: float) -> Floats:
    """[blocks, 2, 6]: how the image at the middle of each block flows for a turn of 1 about x, y and z, and for a move
    of 1 along them at a depth of 1; to the right and down, in focal lengths."""
    turns = turning_flow(height, width, block, focal_px).reshape(-1, 2, 3)
    x, y = -turns[:, 1, 2], turns[:, 0, 2]
    zeros, ones = np.zeros_like(x), np.ones_like(x)
    moves = np.stack((np.stack((-ones, zeros, x), axis=1), np.stack((zeros, -ones, y), axis=1)), axis=1)
    return np.concatenate((turns, moves), axis=2)


def beside(events: Events, size: tuple[int, int], focal_px: float) -> Floats:
    """Of each judged window, the part of what six motions explain that turns alone do not; size: width and height."""
    columns, rows = (length // BLOCK for length in size)
    flow = moving_flow(size[1], size[0], BLOCK, focal_px).reshape(rows, columns, 2, 6)[1:-1, 1:-1]
    level, made = np.zeros((rows, columns)), []
    begin, end = int(events["t"][0]), int(events["t"][-1])
    for at, window in _windows(events, begin, end):
        level *= math.exp(-WINDOW_US / MEMORY_US)
        fresh = np.zeros_like(level)
        y, x = window["y"].astype(int) // BLOCK, window["x"].astype(int) // BLOCK
        seen = (y < rows) & (x < columns)
        np.add.at(fresh, (y[seen], x[seen]), np.where(window["p"][seen], 1.0, -1.0))
        level += fresh
        if at - begin >= FILLED * (end - begin) and len(window):
            made.append(_part(level, fresh[1:-1, 1:-1].ravel(), flow))
    return np.array(made)


def _windows(events: Events, begin: int, end: int) -> Iterator[tuple[int, Events]]:
    edges = np.arange(begin, end + WINDOW_US, WINDOW_US)
    places = np.searchsorted(events["t"], edges)
    for k in range(len(edges) - 1):
        yield int(edges[k]), events[places[k] : places[k + 1]]


def _part(level: Floats, net: Floats, flow: Floats) -> float:
    across, down = level[1:-1, 2:] - level[1:-1, :-2], level[2:, 1:-1] - level[:-2, 1:-1]
    motion = (across[..., None] * flow[:, :, 0] + down[..., None] * flow[:, :, 1]).reshape(-1, 6)
    turns, both = (_explained(motion[:, :n], net) for n in (3, 6))
    return 1 - turns / both if both > 0 else 0.0


def _explained(motion: Floats, net: Floats) -> float:
    """The sum of squares that the best mix of motions takes away."""
    found = np.linalg.lstsq(motion, net, rcond=1e-9)[0]
    return float(net @ net - np.sum((net - motion @ found) ** 2))


def simulated(speed: float) -> Events:
    """A camera of 64 x 48 pixels that turns."""
    p = Parameters()
    stream = Simulated(replace(p, world=replace(p.world, turning_deg_per_s=speed)), SEED, (64, 48), end_us=SIMULATED_US)
    return np.concatenate([packet.events for packet in stream.camera()])


def rows(data: Path | None) -> Iterator[tuple[str, str, Floats]]:
    """What moves how, and its parts by window."""
    for speed in SPEEDS:
        yield "turns", f"simulated, {speed:g} deg/s", beside(simulated(speed), (64, 48), Parameters().world.focal_px)
    if data is None:
        return
    for how, names in CUTS.items():
        for name in names:
            events = open_events(data / "davis240c" / f"{name}.events.txt", camera="davis240").events()
            yield how, name, beside(events, (240, 180), CALIBRATED_PX)
    for how, names in DISKS.items():
        for name in names:
            events = open_events(data / "davis_imu" / f"{name}.aedat").events()
            yield how, name, beside(events, (240, 180), 240.0)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    for how, name, parts in rows(parser.parse_args().data):
        middle, most = (100 * float(np.quantile(parts, q)) for q in (0.5, 0.95))
        print(f"| {how} | {name} | {len(parts)} | {middle:.1f} | {most:.1f} |", flush=True)


if __name__ == "__main__":
    main()
