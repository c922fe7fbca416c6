"""The method "flow sums": how the camera turns from sums over its events, and a filter with a bias; nothing is learned.

    events -> FlowSums (or RefreshedFlowSums), looked at at each sample of the gyroscope after an event
           -> BiasFilter, which makes a step at each sample and is read there

    fine      single pixels, Sobel gradients, exact sums
    thin      blocks of 2 x 2, central differences, exact sums
    thinnest  blocks of 2 x 2, central differences, sums refreshed at looks

All else than the few numbers of `FlowNumbers` follows from the focal length: the image's flow for a turn about each
axis, and the unit of rates. The camera's optical axis goes through the middle of its pixels.

The twin on a clock, `FlowTwin`, does in float64 what `FlowSums` does by events, from all blocks at fixed times:

    event   S of its block, and the block's count of signs since the last look, change
    look    at each multiple of the period: the gradients of S at all inner blocks, a = J^T grad S, D = sum of a a^T,
            n = sum of count a; traces, solving and shrinkage as on the engine, by the same code
    sample  the filter with a bias (`PlainHead`), which holds the rates of the last look

Its costs, for B inner blocks of which A have a count that is not 0, an event and a look:

    event   3 operations (2 at a block without gradient): the unit, S, the count
    look    23 B with central differences; with Sobel gradients 25 B and (2 rows - 1) (columns - 1), by sums of 2 x 2
            blocks; 6 A for n, 84 for the rates
    sample  72

Nothing decays in it: units grow, as on the engine, and S is divided each three half-lives, a product a block.

What it reads: J is its weights, of which a look reads all 6 B words. Of its state an event reads S of its block and
the count (1 at a block without gradient), a look B counts, the traces and S of all blocks next to one with a gradient,
with Sobel gradients of all blocks; a division S of all; a sample 12.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import tee
from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

import eventnet as en
from eventnet.errors import ModelError, did_you_mean
from eventnet.event import Events
from eventnet.kernels.compiling import compiled
from eventnet.neurons.flow_sums import (
    AXES,
    COLUMNS,
    ENTRIES,
    HALVINGS,
    LN2,
    ROWS,
    SINCE,
    SOBEL,
    SPAN,
    TurningSums,
    divide,
    estimate,
    is_inner,
    spans_passed,
    tile_products,
    unit_at,
)
from eventnet.scenarios.fusion.filters import COSTS, HeadNumbers, PlainHead, head_step
from eventnet.scenarios.fusion.methods import (
    PIECE_SAMPLES,
    PIECE_US,
    Done,
    HeldAnswers,
    MethodOutcome,
    Waits,
    Watch,
    reads_of,
)
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.recomputed import by_cause, operations
from eventnet.scenarios.fusion.stream import Stream, pieces, samples
from eventnet.tally import MULTIPLIES, N_COLUMNS, NEURON_ADDS, READS, SYNAPTIC_ADDS, Tally

Floats = NDArray[np.float64]
TILE_PIXELS = 8
SOBEL_PIXELS, CENTRAL_BLOCKS = 8.0, 2.0
"""The gradient of a slope of one a pixel (Sobel), and of one a block (central differences)."""

FITTED_PERIOD_US, FITTED_PIXELS = 1000, 64 * 48
"""Weights were fitted with looks so far from each other, ridge and shrinkage for so many pixels."""

SENSORS = {"flow.spikes": "dvs", "flow.look": "looks", "head.value": "gyro", "head.read": "answers"}
"""The cause of costs, by port: looks are at samples of the gyroscope, after events of the camera."""


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

    def run(
        self, weights: FusionWeights, stream: Stream, grid_us: int, done: Done, watch: Watch | None = None
    ) -> MethodOutcome:
        """Let sensors and modules live on one clock. watch: called with the clock and what gives the last answers."""
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
        if watch is not None:
            watch(clock, lambda: answers[(reads_of(simulation) - 1) % rows].astype(np.float64))
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


# --- the twin on a clock ---
fast = compiled(error_model="numpy")


class SumsOnClock:
    """The camera's side: signed events in, degrees a second [n, 3] out, at looks `period_us` from each other.

    counts [2, 11] is what events, and what looks have cost; `active` how many blocks had events, summed over looks, and
    `looks` how many there were.
    """

    def __init__(self, height: int, width: int, focal_px: float, numbers: FlowNumbers, period_us: int) -> None:
        n, self.width = numbers, width
        self.rows, self.columns = height // n.block, width // n.block
        half = round(1e6 * n.memory_s * LN2)
        self.counts = np.zeros((2, N_COLUMNS), np.int64)
        self.looks = 0
        self._flow = turning_flow(height, width, n.block, focal_px)
        self._frame = np.zeros(9, np.int64)
        self._frame[:] = width, n.block, self.rows, self.columns, 1, 1, 1, int(n.sobel), HALVINGS * half
        self._limits = np.array([n.ridge, n.shrinkage, n.still, half])
        self._tau = np.array([1e6 * tau for tau in n.traces_s])
        self._mix = np.array(n.coefficients(focal_px, period_us))
        places = self.rows * self.columns
        self._level, self._count, self._room = np.zeros(places), np.zeros(places, np.int64), np.zeros(places)
        self._d, self._n, self._trace = np.zeros(ENTRIES), np.zeros(AXES), np.zeros(AXES * len(self._tau))
        self._rates, self._clock, self._active = np.zeros(AXES), np.zeros(4, np.int64), np.zeros(1, np.int64)

    @property
    def active(self) -> int:
        """Blocks with a count at a look, summed."""
        return int(self._active[0])

    @property
    def values(self) -> int:
        """Values of state that events, looks and divisions have read."""
        places, inner = self.rows * self.columns, (self.rows - 2) * (self.columns - 2)
        near = places if self._frame[SOBEL] else places - 4  # no block with a gradient is next to a corner
        divisions = int(self._clock[SINCE] // self._frame[SPAN])
        return int(self.counts[0, NEURON_ADDS]) + self.looks * (near + inner + len(self._trace)) + divisions * places

    @property
    def words(self) -> int:
        """Values of state and weights that it holds."""
        return sum(np.size(part) for part in vars(self).values())

    def take(self, events: Events, at: Floats) -> Floats:
        """Rates at looks at these times, which grow; an event counts from its own time on."""
        rates, block = np.empty((len(at), AXES)), self._frame[1]
        y, x = events["y"].astype(np.int64) // block, events["x"].astype(np.int64) // block
        seen = (y < self.rows) & (x < self.columns)
        t, s = events["t"].astype(np.int64)[seen], np.where(events["p"], 1, -1)[seen]
        _through(
            t, y[seen], x[seen], s, np.asarray(at, np.int64), rates, self._level, self._count, self._room, self._d,
            self._n, self._trace, self._rates, self._tau, self._mix, self._clock, self._frame, self._limits, self._flow,
            self._active, self.counts,
        )  # fmt: skip
        self.looks += len(at)
        return rates


@fast
def _through(
    t, y, x, s, at, made, level, count, room, d, n, trace, rates, tau, mix, clock, frame, limits, flow, active, counts
):  # fmt: skip
    j = 0
    for k in range(len(at) + 1):
        while j < len(t) and (k == len(at) or t[j] <= at[k]):
            event(t[j], y[j], x[j], s[j], level, count, clock, frame, limits, counts[0])
            j += 1
        if k < len(at):
            rescale(at[k], level, clock, frame, counts[1])
            look(level, count, room, d, n, frame, flow, active, counts[1])
            estimate(at[k], d, n, trace, rates, tau, mix, clock, limits, counts[1])
            made[k] = rates


@register_jitable
def event(t, y, x, s, level, count, clock, frame, limits, tally):
    """Add an event to its block, and to the block's count where there is a gradient."""
    rescale(t, level, clock, frame, tally)
    b, unit = y * frame[COLUMNS] + x, unit_at(t, clock, limits, tally)
    level[b] += unit if s > 0 else -unit
    tally[NEURON_ADDS] += 1
    if is_inner(y, x, frame):
        count[b] += s
        tally[NEURON_ADDS] += 1


@register_jitable
def rescale(t, level, clock, frame, tally):
    """Bring units back to at most 8."""
    spans = spans_passed(t, clock, frame)
    if spans > 0:
        divide(level, spans, 1, tally)


@register_jitable
def look(level, count, room, d, n, frame, flow, active, tally):
    """D and n from all blocks."""
    rows, columns, sobel = frame[ROWS], frame[COLUMNS], frame[SOBEL] != 0
    if sobel:
        boxes(level, room, rows, columns, tally)
    for k in range(ENTRIES):
        d[k] = 0
    for y in range(1, rows - 1):
        for x in range(1, columns - 1):
            b = y * columns + x
            if sobel:  # from the sums of 2 x 2 blocks that meet here
                falling, rising = room[b] - room[b - columns - 1], room[b - columns] - room[b - 1]
                g_x, g_y = falling + rising, falling - rising
            else:
                g_x, g_y = level[b + 1] - level[b - 1], level[b + columns] - level[b - columns]
            a0 = g_x * flow[b, 0] + g_y * flow[b, 3]
            a1 = g_x * flow[b, 1] + g_y * flow[b, 4]
            a2 = g_x * flow[b, 2] + g_y * flow[b, 5]
            d[0] += a0 * a0
            d[1] += a0 * a1
            d[2] += a0 * a2
            d[3] += a1 * a1
            d[4] += a1 * a2
            d[5] += a2 * a2
            if count[b] != 0:
                n[0] += count[b] * a0
                n[1] += count[b] * a1
                n[2] += count[b] * a2
                count[b] = 0
                active[0] += 1
                tally[NEURON_ADDS] += AXES
                tally[MULTIPLIES] += AXES
    inner = (rows - 2) * (columns - 2)
    tally[NEURON_ADDS] += inner * ((4 if sobel else 2) + ENTRIES)
    tally[SYNAPTIC_ADDS] += inner * AXES
    tally[MULTIPLIES] += inner * (2 * AXES + ENTRIES)
    tally[READS] += inner * 2 * AXES


@register_jitable
def boxes(level, room, rows, columns, tally):
    """The sum of each block and of its neighbours to the right, below and below to the right."""
    for y in range(rows):
        for b in range(y * columns, (y + 1) * columns - 1):
            room[b] = level[b] + level[b + 1]
            if y > 0:
                room[b - columns] += room[b]
    tally[NEURON_ADDS] += (2 * rows - 1) * (columns - 1)


@dataclass(frozen=True)
class FlowTwin:
    """On a clock: rates at each multiple of `period_us`, or (None) at each sample of the gyroscope, at which answers
    are; float64.

    numbers: of `FITTED`, or others; "thin" and "thinnest" have the same twin. Of the weights it takes the camera's size
    alone. Results do not depend on the length of packets.
    """

    name: str
    numbers: FlowNumbers = FITTED["thin"]
    period_us: int | None = 2000
    focal_px: float = 40.0

    def sums(self, height: int, width: int) -> SumsOnClock:
        """The camera's side, for so many pixels."""
        return SumsOnClock(height, width, self.focal_px, self.numbers, self.period_us or FITTED_PERIOD_US)

    def run(self, weights: FusionWeights, stream: Stream, grid_us: int, done: Done) -> MethodOutcome:
        """Go through the stream."""
        sums = self.sums(weights.height, weights.width)
        head, begin, n, events = PlainHead(self.numbers.head), 0, 0, 0
        grid, waits = HeldAnswers(stream.end_us, grid_us, head.answers), Waits()
        for camera, gyroscope in zip(stream.camera(), stream.gyroscope(), strict=True):
            gyro_t, gyro = samples(gyroscope.events, AXES)
            at = gyro_t if self.period_us is None else _multiples(begin, camera.until, self.period_us)
            answers = head.take(gyro_t, gyro, at, sums.take(camera.events, at), gyro_t)
            grid.take(gyro_t, answers, camera.until)
            t = camera.events["t"].astype(np.float64)
            waits.take(t, t if self.period_us is None else np.ceil(t / self.period_us) * self.period_us, gyro_t)
            begin, n, events = camera.until, n + len(gyro_t), events + len(t)
            done(begin)
        tally = twin_tally(sums, n)
        return MethodOutcome(
            self.name, grid.answers, tally, by_cause(tally), waits.counts, events, n, 1e-6 * stream.end_us,
            values=sums.values + n * COSTS["cheap"].answer.values,
        )  # fmt: skip


def _multiples(begin: int, end: int, period: int) -> Floats:
    """Multiples of a period in a packet, above 0."""
    first, beyond = (-(-edge // period) for edge in (begin, end))
    return np.asarray(np.arange(max(first, 1), beyond) * period, np.float64)


def twin_tally(sums: SumsOnClock, n_samples: int) -> Tally:
    """A row for each layer and cause, named `layer.cause`."""
    head: list[Any] = [0] * N_COLUMNS
    head[NEURON_ADDS], head[MULTIPLIES], _ = (n_samples * count for count in head_step(AXES))
    return Tally(["sums.dvs", "look.clock", "head.gyro"], [*sums.counts.tolist(), head])
