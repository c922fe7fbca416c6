"""Flow sums on a clock, in float64: what `FlowSums` does by events, computed anew from all blocks at fixed times.

    event   S of its block, and the block's count of signs since the last look, change
    look    at each multiple of the period: the gradients of S at all inner blocks, a = J^T grad S, D = sum of a a^T,
            n = sum of count a; traces, solving and shrinkage as on the engine, by the same code
    sample  the filter with a bias (`PlainHead`), which holds the rates of the last look

Costs, for B inner blocks of which A have a count that is not 0, an event and a look:

    event   3 operations (2 at a block without gradient): the unit, S, the count
    look    23 B with central differences; with Sobel gradients 25 B and (2 rows - 1) (columns - 1), by sums of 2 x 2
            blocks; 6 A for n, 84 for the rates
    sample  72

Nothing decays: units grow, as on the engine, and S is divided each three half-lives, a product a block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from eventnet.event import Events
from eventnet.kernels.compiling import compiled
from eventnet.neurons.flow_sums import (
    AXES,
    COLUMNS,
    ENTRIES,
    HALVINGS,
    LN2,
    ROWS,
    SOBEL,
    divide,
    estimate,
    is_inner,
    spans_passed,
    unit_at,
)
from eventnet.scenarios.fusion.flow import FITTED, FlowNumbers, turning_flow
from eventnet.scenarios.fusion.methods import Done, HeldAnswers, MethodOutcome, Waits
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.plain_head import PlainHead, head_step
from eventnet.scenarios.fusion.recomputed import by_cause
from eventnet.scenarios.fusion.stream import Stream, samples
from eventnet.tally import MULTIPLIES, N_COLUMNS, NEURON_ADDS, SYNAPTIC_ADDS, Tally

Floats = NDArray[np.float64]

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
    """On a clock: rates at each multiple of `period_us`, answers at each sample of the gyroscope; float64.

    numbers: of `FITTED`, or others; "thin" and "thinnest" have the same twin. Of the weights it takes the camera's size
    alone. Results do not depend on the length of packets.
    """

    name: str
    numbers: FlowNumbers = FITTED["thin"]
    period_us: int = 2000
    focal_px: float = 40.0

    def run(self, weights: FusionWeights, stream: Stream, grid_us: int, done: Done) -> MethodOutcome:
        """Go through the stream."""
        sums = SumsOnClock(weights.height, weights.width, self.focal_px, self.numbers, self.period_us)
        head, begin, n, events = PlainHead(self.numbers.head), 0, 0, 0
        grid, waits = HeldAnswers(stream.end_us, grid_us, head.answers), Waits()
        for camera, gyroscope in zip(stream.camera(), stream.gyroscope(), strict=True):
            gyro_t, gyro = samples(gyroscope.events, AXES)
            at = self._looks(begin, camera.until)
            answers = head.take(gyro_t, gyro, at, sums.take(camera.events, at), gyro_t)
            grid.take(gyro_t, answers, camera.until)
            t = camera.events["t"].astype(np.float64)
            waits.take(t, np.ceil(t / self.period_us) * self.period_us, gyro_t)
            begin, n, events = camera.until, n + len(gyro_t), events + len(t)
            done(begin)
        tally = twin_tally(sums, n)
        return MethodOutcome(
            self.name, grid.answers, tally, by_cause(tally), waits.counts, events, n, 1e-6 * stream.end_us
        )

    def _looks(self, begin: int, end: int) -> Floats:
        """Multiples of the period in a packet."""
        first, beyond = (-(-edge // self.period_us) for edge in (begin, end))
        return np.asarray(np.arange(max(first, 1), beyond) * self.period_us, np.float64)


def twin_tally(sums: SumsOnClock, n_samples: int) -> Tally:
    """A row for each layer and cause, named `layer.cause`."""
    head: list[Any] = [0] * N_COLUMNS
    head[NEURON_ADDS], head[MULTIPLIES], _ = (n_samples * count for count in head_step(AXES))
    return Tally(["sums.dvs", "look.clock", "head.gyro"], [*sums.counts.tolist(), head])
