"""The method "flow sums": how the camera turns from sums over its events, and a filter with a bias; nothing is learned.

    events -> FlowSums (or RefreshedFlowSums), looked at at each sample of the gyroscope after an event
           -> BiasFilter, which makes a step at each sample and is read there

    fine      single pixels, Sobel gradients, exact sums
    thin      blocks of 2 x 2, central differences, exact sums
    thinnest  blocks of 2 x 2, central differences, sums refreshed at looks

All else than the few numbers of `FlowNumbers` follows from the focal length: the image's flow for a turn about each
axis, and the unit of rates. The camera's optical axis goes through the middle of its pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import tee
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.errors import ModelError, did_you_mean
from eventnet.neurons.flow_sums import TurningSums, tile_products
from eventnet.scenarios.fusion.methods import PIECE_SAMPLES, PIECE_US, Done, HeldAnswers, MethodOutcome, Waits
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.plain_head import HeadNumbers
from eventnet.scenarios.fusion.recomputed import operations
from eventnet.scenarios.fusion.stream import Stream, pieces, samples

Floats = NDArray[np.float64]
AXES = 3
TILE_PIXELS = 8
SOBEL_PIXELS, CENTRAL_BLOCKS = 8.0, 2.0
"""How many times a slope of one a pixel, or a block, a gradient is."""

FITTED_PERIOD_US, FITTED_PIXELS = 1000, 64 * 48
"""Weights were fitted with looks so far from each other, ridge and shrinkage for so many pixels."""

SENSORS = {"flow.spikes": "dvs", "flow.look": "looks", "head.value": "gyro", "head.read": "answers"}
"""What costs are of, by the port where it enters: looks are at samples of the gyroscope, after events of the camera."""


@dataclass(frozen=True)
class FlowNumbers:
    """All numbers of this method that were fitted, or chosen; those of thin and thinnest are the defaults.

    Fitted by hand for least error, fused and of the camera alone, on simulated trajectories of 5 s (seeds from 777000
    on, 0 to 110 degrees a second, 64 x 48 pixels, the scenario's other parameters), on which nothing is judged: 14 of
    them for thin and the head, 15 for fine.

    version     fine, thin or thinnest, see above
    weights     of the rates that traces stand for; they look ahead, and for fine make up for a D that the noise of
                single pixels has made too large. ridge, shrinkage: see `FlowSums`, for 64 x 48 pixels and flow with a
                focal length of 1; both grow as the number of pixels
    head        see `HeadNumbers`
    memory_s    after which events are forgotten (fitted for fine); traces_s, still (degrees a second): chosen
    block       pixels along a block
    """

    version: str
    weights: tuple[float, ...] = (-0.5, 2.3, -0.8)
    ridge: float = 300.0
    shrinkage: float = 1000.0
    head: HeadNumbers = field(default_factory=HeadNumbers)
    memory_s: float = 0.8
    traces_s: tuple[float, ...] = (2e-3, 6e-3, 18e-3)
    still: float = 0.1
    block: int = 2

    def for_pixels(self, height: int, width: int) -> FlowNumbers:
        """The same for a camera of more pixels, or of fewer: D grows as their number."""
        more = height * width / FITTED_PIXELS
        return replace(self, ridge=more * self.ridge, shrinkage=more * self.shrinkage)

    @property
    def sobel(self) -> bool:
        """Gradients are Sobel's, or central differences."""
        return self.version == "fine"

    def coefficients(self, focal_px: float, period_us: float = FITTED_PERIOD_US) -> list[float]:
        """Of the traces, for degrees a second and looks at so many microseconds from each other.

        A look adds all that came since the last at once, undecayed: the longer that was, the more is taken back here.
        """
        spacing = (SOBEL_PIXELS if self.sobel else CENTRAL_BLOCKS) * self.block / focal_px
        # Blocks sum up the events of all their pixels, and so do sums over events: no further factor.
        unit = -math.degrees(1.0) * spacing
        spread = [_kept(1e-6 * period_us / tau) / _kept(1e-6 * FITTED_PERIOD_US / tau) for tau in self.traces_s]
        return [unit * w * part / tau for w, part, tau in zip(self.weights, spread, self.traces_s, strict=True)]


def _kept(periods: float) -> float:
    """Of what comes evenly in a time of so many time constants, the part that a trace still has at its end."""
    return -math.expm1(-periods) / periods


FITTED = {
    "thinnest": FlowNumbers("thinnest"),
    "thin": FlowNumbers("thin"),
    "fine": FlowNumbers("fine", weights=(-0.55, 2.53, -0.88), ridge=600.0, shrinkage=1800.0, memory_s=0.3, block=1),
}


def turning_flow(height: int, width: int, block: int, focal_px: float) -> Floats:
    """J [blocks, 6]: how the image at the middle of each block of pixels flows for a turn of 1 about x, y and z.

    To the right and down, in focal lengths.
    """
    rows, columns = height // block, width // block
    middles = (np.arange(n) * block + 0.5 * (block - 1) for n in (rows, columns))
    y, x = np.meshgrid(*((at - 0.5 * (n - 1)) / focal_px for at, n in zip(middles, (height, width))), indexing="ij")
    made = np.stack((x * y, -(1 + x * x), y, 1 + y * y, -x * y, -x), axis=2)
    return np.asarray(made.reshape(-1, 2 * AXES), np.float64)


def add_flow_sums(
    net: en.Network, height: int, width: int, focal_px: float, numbers: FlowNumbers, period_us: float = FITTED_PERIOD_US
) -> TurningSums:  # fmt: skip
    """The module `flow` in a network, for a camera of such a size and looks so far from each other.

    Raises ModelError for a version that there is not.
    """
    n = numbers
    if n.version not in FITTED:
        raise ModelError(
            f"version is {n.version!r}; wanted one of {', '.join(FITTED)}{did_you_mean(n.version, FITTED)}"
        )  # fmt: skip
    flow = turning_flow(height, width, n.block, focal_px)
    options: dict[str, Any] = {
        "size": n.block, "tau": 1e6 * n.memory_s, "traces": [1e6 * tau for tau in n.traces_s],
        "coefficients": n.coefficients(focal_px, period_us), "ridge": n.ridge,
        "shrinkage": n.shrinkage, "still": n.still, "name": "flow",
    }  # fmt: skip
    pixels, block = (height, width), net.weights(flow, "flow")
    if n.version == "thinnest":
        return net.add(en.RefreshedFlowSums(pixels, block, **options))
    tile = max(TILE_PIXELS // n.block, 1)
    products = net.weights(tile_products(flow, height // n.block, width // n.block, tile), "products")
    gradient = "sobel" if n.sobel else "central"
    return net.add(en.FlowSums(pixels, block, products, tile=tile, gradient=gradient, **options))


class FlowNetwork:
    """Modules `flow` and `head` in the network `net`.

    height, width, focal_px: the camera. rows: how many answers can be read in one run. updates: how many of the
    gyroscope's values can wait at a time. period_us: how far looks are from each other. Ports for a clock:
    `flow.spikes` (pixels), `flow.look`, `head` (values) and `head.read`.
    """

    def __init__(
        self, height: int, width: int, focal_px: float, numbers: FlowNumbers, *, rows: int = 1, updates: int = 1024,
        dtype: str = "float32", period_us: float = FITTED_PERIOD_US,
    ) -> None:  # fmt: skip
        self.net, head = en.Network(dtype), numbers.head
        self.flow = add_flow_sums(self.net, height, width, focal_px, numbers, period_us)
        self.head = self.net.add(en.BiasFilter(
            AXES, self.flow, self.net.weights(np.zeros((rows, 3 * AXES)), "answers"),
            self.net.weights(np.zeros((updates, 2)), "updates"), gains=head.a_tick, doubt=head.doubt, prior=head.prior,
            tau=1e6 * head.tau_s, name="head",
        ))  # fmt: skip


@dataclass(frozen=True)
class FlowMethod:
    """On the engine: a `FlowNetwork`, the sensors on one clock with it; answers at each sample of the gyroscope.

    Answers: fused, camera alone, and the gyroscope's samples as they came. numbers: of `FITTED`, or others. Of the
    weights it takes the camera's size alone. look_us: looks are at its multiples, in place of at samples. Results do
    not depend on the engine, nor on the length of packets.
    """

    name: str
    numbers: FlowNumbers = FITTED["thin"]
    focal_px: float = 40.0
    engine: str = "compiled"
    piece_us: int = PIECE_US
    look_us: int | None = None

    def run(self, weights: FusionWeights, stream: Stream, grid_us: int, done: Done) -> MethodOutcome:
        """Let sensors and modules live on one clock."""
        rows = PIECE_SAMPLES + 1
        network = FlowNetwork(
            weights.height, weights.width, self.focal_px, self.numbers, rows=rows, updates=AXES * rows,
            period_us=self.look_us or FITTED_PERIOD_US,
        )  # fmt: skip
        simulation = en.Simulation(network.net, engine=self.engine, roots=True, root_limit=0)
        answers = simulation[network.head].array("answers")
        grid, waits, read, seen = HeldAnswers(stream.end_us, grid_us, answers.shape[1]), Waits(), 0, Seen()
        clock = en.Clock(simulation)
        values, looks, reads, followed = tee(pieces(stream.gyroscope(), self.piece_us, AXES * PIECE_SAMPLES), 4)
        clock.play(seen.watch(stream.camera()), network.flow.spikes, width=weights.width, name="camera")
        look = int(network.flow.look)
        at = _at_samples(looks, look, 1) if self.look_us is None else _at_multiples(looks, look, self.look_us)
        clock.play(at, name="looks")
        clock.play(values, into=network.head, name="gyroscope")
        clock.play(_at_samples(reads, int(network.head.read), rows), name="reader")
        by_piece, spent = [], 0
        for piece in followed:
            clock.run(until=piece.until)
            times, _ = samples(piece.events, AXES)
            grid.take(times, answers[(read + np.arange(len(times))) % rows], piece.until)
            t = seen.before(piece.until)
            waits.take(t, t if self.look_us is None else np.ceil(t / self.look_us) * self.look_us, times)
            before, spent = spent, operations(simulation.tally.totals())
            by_piece.append((len(t), spent - before))
            read += len(times)
            done(piece.until)
        tally = simulation.tally
        by_sensor = {SENSORS[port]: operations(row) for port, row in tally.beyond_roots().items()}
        return MethodOutcome(
            self.name, grid.answers, tally, by_sensor, waits.counts, sum(n for n, _ in by_piece), read,
            1e-6 * stream.end_us, by_piece=np.array(by_piece),
        )  # fmt: skip


class Seen:
    """Times of a camera's events, noted on their way."""

    def __init__(self) -> None:
        self._t: list[Floats] = []

    def watch(self, packets: Iterator[en.Packet]) -> Iterator[en.Packet]:
        """The same packets."""
        for packet in packets:
            self._t.append(packet.events["t"].astype(np.float64))
            yield packet

    def before(self, until: int) -> Floats:
        """Times before this one that have not been asked for yet."""
        t = np.concatenate([*self._t, np.empty(0)])
        self._t = [t[t >= until]]
        return t[t < until]


def _at_samples(gyroscope: Iterator[en.Packet], port: int, indices: int) -> Iterator[en.Packet]:
    """An input at each of the gyroscope's samples, at the indices of a port in turn."""
    n = 0
    for piece in gyroscope:
        times, _ = samples(piece.events, AXES)
        made = np.zeros(len(times), en.EVENT)
        made["t"], made["port"], made["index"], made["sign"] = times, port, (n + np.arange(len(times))) % indices, 1
        yield en.Packet(piece.until, made)
        n += len(times)


def _at_multiples(pieces: Iterator[en.Packet], port: int, period: int) -> Iterator[en.Packet]:
    """An input at each multiple of a period above 0."""
    begin = 0
    for piece in pieces:
        times = np.arange(max(-(-begin // period), 1), -(-piece.until // period)) * period
        made = np.zeros(len(times), en.EVENT)
        made["t"], made["port"], made["sign"] = times, port, 1
        yield en.Packet(piece.until, made)
        begin = piece.until
