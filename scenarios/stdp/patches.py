"""Patches of a stream of events: some pixels for some time, each with the direction in which the picture moves there.

A patch opens at an event, drawn at random, and lies round its pixel. So it begins with something at its middle, and
what comes later tells where that goes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.log_pieces import pieces, place_of
from eventnet.base.column import let_go
from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io import Recording
from eventnet.io.recording import Facts
from eventnet.kernels.random import hash64
from eventnet.scenarios.fusion.recorded import AXIS, Parts, Played, mean_rate
from eventnet.scenarios.fusion.train.trajectories import HEIGHT, PIXELS, WIDTH
from eventnet.scenarios.fusion.turning import Turning, turning_of
from eventnet.scenarios.sensors import DVS, Playback
from eventnet.scenarios.stdp.dvs_parameters import CameraTable, FeaturesParameters, PatchTable
from eventnet.scenarios.worlds import Panorama, RandomTurning, TurningCamera

Floats = NDArray[np.float64]
Rates = Callable[[Floats], Floats]
Train = tuple[NDArray[np.int64], NDArray[np.int64]]

LEAST_US = 200_000
TRIES = 30
"""Places that are looked at for each patch that is wanted, at most."""


class CameraEvents(NamedTuple):
    """Events [n] in order, of width x height pixels, from 0 to end_us; how the camera turned, if that is known.

    rates: from times [n] to degrees a second about the camera's x (right), y (down) and z (forward), [n, 3]; means over
    the span of a patch round these times. focal: in pixels. sight: column and row of the line of sight; None: in the
    middle.
    """

    events: Events
    width: int
    height: int
    end_us: int
    rates: Rates | None
    focal: float
    sight: tuple[float, float] | None = None


Makers = Sequence[Callable[[], CameraEvents]]


class StreamPatches(NamedTuple):
    """Samples for `StdpNetwork`, and of each when it begins, its middle, and the direction of motion there.

    samples: pairs of ticks from the first event on and inputs (polarity, row, column). directions: unit vectors [n, 2],
    to the right and down; None where nobody knows.
    """

    samples: list[Train]
    t_us: NDArray[np.int64]
    directions: Floats | None

    def first(self, n: int) -> StreamPatches:
        """The first n of them."""
        directions = None if self.directions is None else self.directions[:n]
        return StreamPatches(self.samples[:n], self.t_us[:n], directions)


def cut(stream: CameraEvents, n: int, table: PatchTable, rng: np.random.Generator) -> StreamPatches:
    """n patches of a stream; fewer, where too few places have events enough."""
    size, span, half = table.size_px, round(1e3 * table.span_ms), table.size_px // 2
    events = stream.events
    samples: list[Train] = []
    places: list[tuple[float, float, float]] = []
    for k, first in _drawn(stream, TRIES * n, size, span, rng):
        if len(samples) == n:
            break
        seen = np.array(events[k : place_of(events, int(first["t"]) + span)])
        let_go(events)
        t0, left, top = int(first["t"]), int(first["x"]) - half, int(first["y"]) - half
        x, y = seen["x"].astype(np.int64) - left, seen["y"].astype(np.int64) - top
        mine = (x >= 0) & (x < size) & (y >= 0) & (y < size)
        if np.count_nonzero(mine) < table.least:
            continue
        samples.append((seen["t"][mine] - t0, (seen["p"][mine].astype(np.int64) * size + y[mine]) * size + x[mine]))
        places.append((t0, left + 0.5 * (size - 1), top + 0.5 * (size - 1)))
    at = np.array(places, dtype=np.float64).reshape(-1, 3)
    return StreamPatches(
        samples, at[:, 0].astype(np.int64), None if stream.rates is None else _directions(stream, at, span)
    )


def _drawn(
    stream: CameraEvents, n: int, size: int, span: int, rng: np.random.Generator
) -> Iterator[tuple[int, Events]]:  # fmt: skip
    """n events at random round which a whole patch lies: their places among all events, and they themselves."""
    counts = [len(found) for found in _inside(stream, size, span)]
    if not sum(counts):
        return
    drawn = rng.choice(sum(counts), n)
    order, ends = np.argsort(drawn, kind="stable"), np.cumsum(counts)
    ranked, places, done = drawn[order], np.empty(n, np.int64), 0
    for found, end in zip(_inside(stream, size, span), ends, strict=True):
        last = int(np.searchsorted(ranked, end))
        places[order[done:last]] = found[ranked[done:last] - (end - len(found))]
        done = last
    for k in places.tolist():
        yield k, stream.events[k]


def _inside(stream: CameraEvents, size: int, span: int) -> Iterator[NDArray[np.int64]]:
    """Places of the events round which a whole patch lies, piece by piece."""
    half = size // 2
    for begin, events in pieces(stream.events):
        inside = (events["x"] >= half) & (events["x"] <= stream.width - size + half)
        inside &= (events["y"] >= half) & (events["y"] <= stream.height - size + half)
        yield begin + np.flatnonzero(inside & (events["t"] <= stream.end_us - span))


def _directions(stream: CameraEvents, at: Floats, span: int) -> Floats:
    assert stream.rates is not None
    sight = stream.sight or (0.5 * (stream.width - 1), 0.5 * (stream.height - 1))
    flow = image_motion(stream.rates(at[:, 0] + 0.5 * span), at[:, 1:] - np.array(sight), stream.focal)
    return np.asarray(flow / np.maximum(np.linalg.norm(flow, axis=1, keepdims=True), 1e-30))


def image_motion(rates: Floats, places: Floats, focal: float) -> Floats:
    """Pixels a second [n, 2] at which the picture of a world at rest moves at places [n, 2] from its middle.

    rates: of the camera, degrees a second about its x, y and z, [n, 3] (Longuet-Higgins and Prazdny 1980, without
    translation).
    """
    (wx, wy, wz), (x, y) = np.radians(rates).T, places.T / focal
    return focal * np.stack([-wy + wz * y + x * (wx * y - wy * x), wx - wz * x + y * (wx * y - wy * x)], axis=1)


def together(parts: list[StreamPatches], rng: np.random.Generator) -> StreamPatches:
    """All patches of several streams, in an order drawn at random."""
    order = rng.permutation(sum(len(part.samples) for part in parts))
    samples = [sample for part in parts for sample in part.samples]
    known = all(part.directions is not None for part in parts)
    directions = np.concatenate([part.directions for part in parts if part.directions is not None]) if known else None
    return StreamPatches(
        [samples[k] for k in order], np.concatenate([part.t_us for part in parts])[order],
        None if directions is None else directions[order],
    )  # fmt: skip


# --- where streams come from ---
def simulated(table: CameraTable, seed: int) -> CameraEvents:
    """The events of a camera that turns at random before plates of its own."""
    panorama = Panorama.random(size=128, seed=seed, log_std=table.contrast, edges=table.edges)
    motion = RandomTurning(seed, rms=table.turning_deg_per_s)
    scene = TurningCamera(panorama, motion, width=WIDTH, height=HEIGHT, focal=table.focal_px)
    end = round(1e6 * table.seconds)
    events = DVS(scene, PIXELS, seed=seed).events(end).events
    return CameraEvents(events, WIDTH, HEIGHT, end, lambda t: np.array([motion.rates(at) for at in t]), table.focal_px)


def played(recording: Recording, playback: Playback, span_us: int, *, rolls: bool = True) -> CameraEvents:
    """A part of a recording as it is played, with the rate about the line of sight, if it is known to roll."""
    part = Played(recording, playback)
    events, eye = part.events, part.eye
    rates: Rates | None = None
    if rolls and len(recording.inertial()) > 1:
        times, found = part.recorded

        def rates(t: Floats) -> Floats:
            rate = mean_rate(times, found[:, AXIS], t, span_us)
            return np.stack([np.zeros(len(t)), np.zeros(len(t)), rate], axis=1)

    return CameraEvents(events, eye.width, eye.height, part.end_us, rates, 1.0, eye.line_of_sight)


def streams_of(recording: Recording | None, parameters: FeaturesParameters) -> tuple[Makers, Makers]:
    """The streams to learn from, and those to test with: functions that make one stream each.

    Of a recording each part is played as it was, backwards, in a mirror, and backwards in a mirror: whatever is seen at
    a place is seen to move there in opposite directions, so that places and contents tell nothing about directions.
    Raises DataError for a recording without camera events, or too short.
    """
    p, span = parameters, round(1e3 * parameters.patch.span_ms)
    if recording is None:
        first = hash64(p.run.seed, 5) >> 2
        n, tests = p.camera.cameras, p.camera.tests
        makers = [partial(simulated, p.camera, first + k) for k in range(n + tests)]
        return makers[:n], makers[n:]
    facts = recording.facts()
    if facts.first is None or facts.last is None or facts.last - facts.first < 10 * span:
        raise DataError(
            f"{recording.path} has {facts.events:,} camera events; wanted some over {10e-6 * span:g} s or more: ten "
            "times the span of a patch"
        )
    parts = _parts(facts, parameters)
    turning = turning_in(recording, parameters)
    rolls = turning is not None and turning.enough and turning.axis == AXIS
    learned, rest = (
        [partial(played, recording, way, span, rolls=rolls) for way in _ways(*part)]
        for part in ((parts.first, parts.cut), (parts.cut, parts.end))
    )
    return learned, rest


def turning_in(recording: Recording, parameters: FeaturesParameters) -> Turning | None:
    """Turning as the gyroscope shows it; None without one that has samples for 0.2 s or more of both parts.

    Directions are those of a camera that rolls: they are known where this is a roll, and enough.
    """
    facts, t = recording.facts(), recording.inertial()["t"]
    if len(t) < 2 or facts.first is None:
        return None
    parts = _parts(facts, parameters)
    seen = Parts(max(parts.first, int(t[0])), parts.cut, min(parts.end, int(t[-1])))
    if min(seen.cut - seen.first, seen.end - seen.cut) < LEAST_US:
        return None
    return turning_of(recording, seen)


def _parts(facts: Facts, parameters: FeaturesParameters) -> Parts:
    assert facts.first is not None
    assert facts.last is not None
    cut = facts.first + round(parameters.recording.share * (facts.last - facts.first))
    return Parts(facts.first, cut, facts.last + 1)


def _ways(first_us: int, end_us: int) -> Iterator[Playback]:
    for reverse in (False, True):
        for left_right in (False, True):
            yield Playback(first_us, end_us, reverse=reverse, left_right=left_right)


def patches_of(makers: Makers, n: int, table: PatchTable, seed: int, progress: Callable[[], None]) -> StreamPatches:
    """n patches of some streams, as many of each. Raises DataError where there are fewer."""
    parts: list[StreamPatches] = []
    for k, make in enumerate(makers):
        found = sum(len(part.samples) for part in parts)
        share = math.ceil((n - found) / (len(makers) - k))
        parts.append(cut(make(), share, table, np.random.default_rng([seed, k])))
        progress()
    made = together(parts, np.random.default_rng([seed, len(makers)]))
    if len(made.samples) < n:
        raise DataError(
            f"{len(made.samples):,} patches have {table.least} events or more within {table.size_px} x {table.size_px} "
            f"pixels and {table.span_ms:g} ms; wanted {n:,}: make patches larger or longer, or ask for fewer"
        )
    return made
