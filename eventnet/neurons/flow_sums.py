"""Angular rates of an event camera from sums over its events: no layer, no decay, one small system to solve.

An event (t, p, s) says that the log intensity at p moved by s thresholds. With S the leaky sum of events in each block
of pixels, J(b) [2, 3] the image's flow at block b for a turn of 1 about each axis, and a(b) = J(b)^T grad S(b),
constant brightness gives

    sum of s a(b) over the events of a time T = -T D omega, in proportion;    D = sum over inner blocks of a a^T

whatever the contrast threshold is. It is linear in the events but for grad S and one 3 x 3 system.

    ports    spikes  pixels, index y * width + x: adds to the sums
             look    the next sample of another sensor: solves for `rates`, if events came or rates are not still
    blocks   flow [places, 6], J row by row; products [tiles, 18], means over a tile of JxJx, JxJy + JyJx and JyJy
    event    FlowSums: n += s a; the gradient of each block around changes, and so do its tile's sums G of
             (gx gx, gx gy, gy gy); after `batch` of these changes G and its products move D, and G is 0 again.
             RefreshedFlowSums: S and the count of the block change, and it waits for the look
    look     RefreshedFlowSums first: n += count a for the blocks that wait, whose parts of D are brought up to date,
             and that of a neighbour for every second of them. Then n moves the traces N, and
             rates = (D + ridge)^-1 (sum over m of c_m N_m) tr D / (tr D + shrinkage)
    sample   `BiasFilter` reads `rates`: an answer costs nothing here

Nothing decays: sums are in units that grow as 2^(t / h), h = tau ln 2 in whole ticks, from the tick `clock[SINCE]` on.
Each 3 h ticks they are divided by 8, squares by 64: powers of 2, which round nothing, so that no answer changes.
Numbers are of the network's type; exponentials are of float64 and rounded to it.

Operations of an event are counted at `spikes`, those of a look at `look`. Words of both blocks are reads, sums of
products with them synaptic adds; all other sums are neuron adds; the test whether rates are still is a compare each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.declarations import Derived, Integers, Option, State, Weights
from eventnet.errors import NetworkError
from eventnet.given import whole_number
from eventnet.kernels.ranges import COUNT, within, words
from eventnet.kernels.ranges import Integers as Found
from eventnet.module import Module, Port
from eventnet.neurons.rounding import HEAD, WAITING, check_waiting, take_place, wait_place
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS

WIDTH, SIZE, ROWS, COLUMNS, TILE, TILES_ACROSS, BATCH, SOBEL, SPAN = range(9)
"""Words of `frame`: pixels of a row; pixels along a block; blocks down and across; blocks along a tile; tiles across;
changes of a tile until D hears of them; whether gradients are Sobel's; ticks from one rescaling to the next."""

RIDGE, SHRINKAGE, STILL, HALF = range(4)
"""Words of `limits`, numbers of the network's type; HALF is the half-life in ticks."""

SINCE, LOOKED, EVENTS, TURN = range(4)
"""Words of `clock`: from when on units grow; the last look; whether there were events since; whose turn it is to be
refreshed."""

DONE_NOW = 2
"""In `waits`, within a look: of a block that has waited and is up to date."""
HALVINGS = 3
MOST_SPANS = 100
"""Number of spans after which a sum counts as nothing: 2^-300 of what it was."""
LN2 = math.log(2.0)
AXES, ENTRIES = 3, 6
GRADIENTS = ("central", "sobel")


# --- units that grow -------------------------------------------------------------------------------------------------
@register_jitable
def spans_passed(t: int, clock: Any, frame: Any) -> int:
    """The number of divisions by 8 that sums need before anything is added at t; `clock` is moved on."""
    spans = (t - clock[SINCE]) // frame[SPAN]
    clock[SINCE] += spans * frame[SPAN]
    return int(max(0, min(spans, MOST_SPANS)))  # less than 0 where time begins before tick 0: there are no sums yet


@register_jitable
def divide(sums: Any, spans: int, power: int, tally: Any) -> None:
    """Divide sums by 8^(power spans)."""
    factor = sums.dtype.type(math.ldexp(1.0, int(-HALVINGS * power * spans)))
    for k in range(len(sums)):
        sums[k] *= factor
    tally[MULTIPLIES] += len(sums)


@register_jitable
def unit_at(t: int, clock: Any, limits: Any, tally: Any) -> Any:
    """The weight of an event at t, 1 to 8."""
    tally[MULTIPLIES] += 1
    return math.exp((t - clock[SINCE]) * LN2 / np.float64(limits[HALF]))


@register_jitable
def is_inner(y: int, x: int, frame: Any) -> bool:
    """A block has all its neighbours: those at the border have no gradient."""
    return bool(0 < y < frame[ROWS] - 1 and 0 < x < frame[COLUMNS] - 1)


# --- exact sums ------------------------------------------------------------------------------------------------------
@register_jitable
def add_flow(b: int, s: int, g_x: Any, g_y: Any, n: Any, flow: Any, tally: Any) -> None:
    """Add s a(b) for a block's gradient."""
    for k in range(AXES):
        a = g_x * flow[b, k] + g_y * flow[b, AXES + k]
        if s > 0:
            n[k] += a
        else:
            n[k] -= a
    tally[MULTIPLIES] += 2 * AXES
    tally[SYNAPTIC_ADDS] += 2 * AXES
    tally[READS] += 2 * AXES


@register_jitable
def change(own: Any, other: Any, b: int, by: Any, squares: Any, square: int, mixed: int, tally: Any) -> None:
    """Change one part of a gradient, and its tile's sums of the square and of the product with the other part."""
    now = own[b] + by
    squares[square] += by * (own[b] + now)
    squares[mixed] += by * other[b]
    own[b] = now
    tally[NEURON_ADDS] += 4
    tally[MULTIPLIES] += 2


@register_jitable
def settle_tile(tile: int, squares: Any, d: Any, products: Any, tally: Any) -> None:
    """Move D by what a tile's gradients have changed."""
    for k in range(3):
        for j in range(ENTRIES):
            d[j] += squares[3 * tile + k] * products[tile, ENTRIES * k + j]
        squares[3 * tile + k] = 0
    tally[MULTIPLIES] += 3 * ENTRIES
    tally[SYNAPTIC_ADDS] += 3 * ENTRIES
    tally[READS] += 3 * ENTRIES


@register_jitable
def change_around(
    y: int, x: int, unit: Any, gx: Any, gy: Any, squares: Any, d: Any, changes: Any, frame: Any, products: Any,
    tally: Any,
) -> None:  # fmt: skip
    """A block's value grows by `unit`: change the gradients around it, each in its own tile, or sums do not add up."""
    twice = unit
    if frame[SOBEL] != 0:
        twice = unit + unit
        tally[NEURON_ADDS] += 1
    for down in range(-1, 2):
        for right in range(-1, 2):
            corner = down != 0 and right != 0
            if (corner and frame[SOBEL] == 0) or (down == 0 and right == 0) or not is_inner(y + down, x + right, frame):
                continue
            b = (y + down) * frame[COLUMNS] + x + right
            tile = (y + down) // frame[TILE] * frame[TILES_ACROSS] + (x + right) // frame[TILE]
            by = unit if corner else twice
            if right != 0:
                change(gx, gy, b, -by if right > 0 else by, squares, 3 * tile, 3 * tile + 1, tally)
            if down != 0:
                change(gy, gx, b, -by if down > 0 else by, squares, 3 * tile + 2, 3 * tile + 1, tally)
            changes[tile] += 1
            if changes[tile] >= frame[BATCH]:
                changes[tile] = 0
                settle_tile(tile, squares, d, products, tally)


@register_jitable
def rescale(
    t: int, gx: Any, gy: Any, squares: Any, d: Any, n: Any, clock: Any, frame: Any, tally: Any
) -> None:  # fmt: skip
    """Bring units back to at most 8."""
    spans = spans_passed(t, clock, frame)
    if spans > 0:
        divide(gx, spans, 1, tally)
        divide(gy, spans, 1, tally)
        divide(n, spans, 1, tally)
        divide(squares, spans, 2, tally)
        divide(d, spans, 2, tally)


@rule
def add_event(i, s, t, out, tally, gx, gy, squares, d, n, changes, clock, frame, limits, flow, products):
    """Add the flow at the event to the sums, and change gradients around it."""
    y, x = i // frame[WIDTH] // frame[SIZE], i % frame[WIDTH] // frame[SIZE]
    if y >= frame[ROWS] or x >= frame[COLUMNS]:  # a pixel beyond the last whole block
        return
    rescale(t, gx, gy, squares, d, n, clock, frame, tally)
    clock[EVENTS] = 1
    if is_inner(y, x, frame):
        b = y * frame[COLUMNS] + x
        add_flow(b, s, gx[b], gy[b], n, flow, tally)
    unit = gx.dtype.type(unit_at(t, clock, limits, tally))
    change_around(y, x, unit if s > 0 else -unit, gx, gy, squares, d, changes, frame, products, tally)


@rule
def look(i, s, t, out, tally, gx, gy, squares, d, n, trace, rates, tau, mix, clock, frame, limits):
    """Solve for the rates, unless no event came and they are still."""
    if clock[EVENTS] == 0 and are_still(rates, limits, tally):
        return
    rescale(t, gx, gy, squares, d, n, clock, frame, tally)
    estimate(t, d, n, trace, rates, tau, mix, clock, limits, tally)


# --- refreshed sums --------------------------------------------------------------------------------------------------
@rule
def note_event(i, s, t, out, tally, level, part, d, n, count, ring, waits, cursor, clock, frame, limits):
    """Add the event to its block, which waits for the next look."""
    y, x = i // frame[WIDTH] // frame[SIZE], i % frame[WIDTH] // frame[SIZE]
    if y >= frame[ROWS] or x >= frame[COLUMNS]:
        return
    rescale_parts(t, level, part, d, n, clock, frame, tally)
    clock[EVENTS] = 1
    b = y * frame[COLUMNS] + x
    unit = level.dtype.type(unit_at(t, clock, limits, tally))
    level[b] += unit if s > 0 else -unit
    tally[NEURON_ADDS] += 1
    if is_inner(y, x, frame):
        count[b] += s
        tally[NEURON_ADDS] += 1
        wait_place(b, ring, waits, cursor)


@register_jitable
def rescale_parts(t: int, level: Any, part: Any, d: Any, n: Any, clock: Any, frame: Any, tally: Any) -> None:
    """Bring units back to at most 8."""
    spans = spans_passed(t, clock, frame)
    if spans > 0:
        divide(level, spans, 1, tally)
        divide(n, spans, 1, tally)
        divide(part, spans, 2, tally)
        divide(d, spans, 2, tally)


@register_jitable
def refresh(b: int, times: Any, level: Any, part: Any, d: Any, n: Any, frame: Any, flow: Any, tally: Any) -> None:
    """Add a block's flow so many times to the sums, and bring its part of D up to date."""
    g_x = level[b + 1] - level[b - 1]
    g_y = level[b + frame[COLUMNS]] - level[b - frame[COLUMNS]]
    a0 = g_x * flow[b, 0] + g_y * flow[b, AXES]
    a1 = g_x * flow[b, 1] + g_y * flow[b, AXES + 1]
    a2 = g_x * flow[b, 2] + g_y * flow[b, AXES + 2]
    if times != 0:
        n[0] += times * a0
        n[1] += times * a1
        n[2] += times * a2
        tally[NEURON_ADDS] += AXES
        tally[MULTIPLIES] += AXES
    move_part(ENTRIES * b, 0, a0 * a0, part, d)
    move_part(ENTRIES * b, 1, a0 * a1, part, d)
    move_part(ENTRIES * b, 2, a0 * a2, part, d)
    move_part(ENTRIES * b, 3, a1 * a1, part, d)
    move_part(ENTRIES * b, 4, a1 * a2, part, d)
    move_part(ENTRIES * b, 5, a2 * a2, part, d)
    tally[NEURON_ADDS] += 2 + 2 * ENTRIES
    tally[SYNAPTIC_ADDS] += AXES
    tally[MULTIPLIES] += 2 * AXES + ENTRIES
    tally[READS] += 2 * AXES


@register_jitable
def move_part(begin: int, k: int, now: Any, part: Any, d: Any) -> None:
    """Entry k of D has a block's new part for its old."""
    d[k] += now - part[begin + k]
    part[begin + k] = now


@rule
def look_at_blocks(
    i, s, t, out, tally, level, part, d, n, count, ring, waits, cursor, trace, rates, tau, mix, clock, frame,
    limits, flow,
):  # fmt: skip
    """Sum up what blocks have got, refresh D in part, and solve; nothing, if no event came and rates are still."""
    if clock[EVENTS] == 0 and are_still(rates, limits, tally):
        return
    rescale_parts(t, level, part, d, n, clock, frame, tally)
    first, active = cursor[HEAD], cursor[WAITING]
    while cursor[WAITING] > 0:
        b = take_place(ring, waits, cursor)
        waits[b] = DONE_NOW
        times = level.dtype.type(count[b])
        count[b] = 0
        refresh(b, times, level, part, d, n, frame, flow, tally)
        clock[TURN] = (clock[TURN] + 1) % 8
        if clock[TURN] % 2 == 0:  # every second brings a neighbour up to date, of its four in turn
            y, x = b // frame[COLUMNS], b % frame[COLUMNS]
            side = clock[TURN] // 2
            y, x = y + (1 if side == 0 else -1 if side == 1 else 0), x + (1 if side == 2 else -1 if side == 3 else 0)
            # One that has had events itself is brought up to date in its turn, by the same values.
            if is_inner(y, x, frame) and waits[y * frame[COLUMNS] + x] == 0:
                refresh(y * frame[COLUMNS] + x, level.dtype.type(0), level, part, d, n, frame, flow, tally)
    for k in range(active):
        waits[ring[(first + k) % len(ring)]] = 0
    estimate(t, d, n, trace, rates, tau, mix, clock, limits, tally)


# --- looks -----------------------------------------------------------------------------------------------------------
@register_jitable
def are_still(rates: Any, limits: Any, tally: Any) -> bool:
    """All rates are smaller than what counts as still."""
    tally[COMPARES] += AXES
    still = limits[STILL]
    return bool(abs(rates[0]) < still and abs(rates[1]) < still and abs(rates[2]) < still)


@register_jitable
def estimate(
    t: int, d: Any, n: Any, trace: Any, rates: Any, tau: Any, mix: Any, clock: Any, limits: Any, tally: Any
) -> None:
    """Take the sums since the last look into the traces, and solve for the rates."""
    number, times = d.dtype.type, len(tau)
    one = number(1)
    left = one / number(unit_at(t, clock, limits, tally))
    dt = max(t - clock[LOOKED], 0)  # less where time begins before tick 0
    clock[LOOKED], clock[EVENTS] = t, 0
    for k in range(AXES):
        n[k] *= left
    for m in range(times):
        factor = number(math.exp(-dt / np.float64(tau[m])))
        for k in range(AXES):
            trace[AXES * m + k] = factor * trace[AXES * m + k] + n[k]
    for k in range(AXES):
        n[k] = mix[0] * trace[k]
        for m in range(1, times):
            n[k] += mix[m] * trace[AXES * m + k]
    scale = one / (left * left)  # squares are in units so large
    z0, z1, z2 = solved(d, limits[RIDGE] * scale, n[0], n[1], n[2], one)
    total = d[0] + d[3] + d[5]
    gain = scale * total / (total + limits[SHRINKAGE] * scale)
    rates[0], rates[1], rates[2] = gain * z0, gain * z1, gain * z2
    for k in range(AXES):
        n[k] = 0
    tally[NEURON_ADDS] += AXES * (2 * times - 1) + SOLVED_ADDS + 3
    tally[MULTIPLIES] += 1 + AXES + times * (2 * AXES + 1) + 3 + SOLVED_PRODUCTS + 3 + AXES


SOLVED_ADDS, SOLVED_PRODUCTS = 13, 18


@register_jitable
def solved(d: Any, ridge: Any, v0: Any, v1: Any, v2: Any, one: Any) -> Any:
    """(D + ridge)^-1 v, by D + ridge = L diag L^T."""
    over0 = one / (d[0] + ridge)
    l1, l2 = d[1] * over0, d[2] * over0
    over1 = one / (d[3] + ridge - l1 * d[1])
    below = d[4] - l1 * d[2]
    l21 = below * over1
    last = d[5] + ridge - l2 * d[2] - l21 * below
    y1 = v1 - l1 * v0
    z2 = (v2 - l2 * v0 - l21 * y1) / last
    z1 = y1 * over1 - l21 * z2
    return v0 * over0 - l1 * z1 - l2 * z2, z1, z2


# --- what arguments may be -------------------------------------------------------------------------------------------
def check_pixels(pixels: Any, what: str) -> tuple[int, int]:
    """Height and width. Raises NetworkError for what is none."""
    made = tuple(pixels) if np.ndim(pixels) == 1 else ()
    if len(made) != 2 or not all(isinstance(n, int | np.integer) and n >= 1 for n in made):
        raise NetworkError(f"{what} is {pixels!r}; wanted height and width, two whole numbers, 1 or more")
    return int(made[0]), int(made[1])


def check_count(count: int, what: str) -> int:
    """Raises NetworkError unless it is whole, and 1 or more."""
    return whole_number(what, count, 1, 2**31 - 1, NetworkError)


def check_above(value: float, what: str) -> float:
    """Raises NetworkError unless it is above 0."""
    if not 0 < value < math.inf:
        raise NetworkError(f"{what} is {value!r}; wanted a number above 0")
    return value


def check_memory(tau: float, what: str) -> float:
    """Raises NetworkError unless the half-life is a tick or more, and a float32 can hold it as a whole number."""
    if not 1 <= tau * LN2 < 2**24:
        raise NetworkError(f"{what} is {tau!r} ticks; wanted {1 / LN2:.3g} to {2**24 / LN2:.0f}")
    return tau


def check_mix(flow: TurningSums, mix: ArrayLike) -> NDArray[np.float64]:
    """One coefficient for each trace. Raises NetworkError for others."""
    made = np.asarray(mix, dtype=np.float64)
    if made.shape != (len(flow.traces),) or not np.all(np.isfinite(made)):
        raise NetworkError(
            f"coefficients are {mix!r}; wanted {len(flow.traces)} finite numbers, one for each of `traces`"
        )
    return made


def check_traces(traces: Sequence[float], what: str) -> list[float]:
    """Time constants. Raises NetworkError for none, and for any that is not above 0."""
    made = np.asarray(traces, dtype=np.float64)
    if made.ndim != 1 or not len(made) or not np.all(np.isfinite(made)) or made.min() <= 0:
        raise NetworkError(f"{what} is {traces!r}; wanted numbers of ticks above 0")
    return list(traces)


def check_gradient(gradient: str, what: str) -> str:
    """Raises NetworkError for a gradient that there is not."""
    if gradient not in GRADIENTS:
        raise NetworkError(f"{what} is {gradient!r}; wanted {' or '.join(map(repr, GRADIENTS))}")
    return gradient


def tile_products(flow: ArrayLike, rows: int, columns: int, tile: int) -> NDArray[np.float64]:
    """Means over the inner blocks of each tile of JxJx, JxJy + JyJx and JyJy, [tiles, 18]; 0 for a tile with none.

    flow: J of each block [rows * columns, 6]. tile: blocks along a tile. Entries of a product: 00, 01, 02, 11, 12, 22.
    """
    j = np.asarray(flow, dtype=np.float64).reshape(rows, columns, 2, AXES)
    first, second = np.triu_indices(AXES)
    x, y = j[:, :, 0], j[:, :, 1]
    pairs = (x, x), (x, y), (y, x), (y, y)
    xx, xy, yx, yy = (p[:, :, first] * q[:, :, second] for p, q in pairs)
    each = np.concatenate((xx, xy + yx, yy), axis=2)
    made = np.zeros((-(-rows // tile), -(-columns // tile), 3 * ENTRIES))
    for a, b in np.ndindex(made.shape[:2]):
        down = slice(max(a * tile, 1), min((a + 1) * tile, rows - 1))
        across = slice(max(b * tile, 1), min((b + 1) * tile, columns - 1))
        inner = each[down, across].reshape(-1, 3 * ENTRIES)
        made[a, b] = inner.mean(axis=0) if len(inner) else 0
    return made.reshape(-1, 3 * ENTRIES)


# --- modules ---------------------------------------------------------------------------------------------------------
class TurningSums(Module):
    """The base of both kinds of sums: pixels, blocks, flow, traces; `rates` [3], which a `BiasFilter` reads."""

    pixels = Option[tuple[int, int]](positional=True, check=check_pixels, doc="height and width")
    flow = Weights("places", 6, doc="the image's flow for a turn of 1 about each axis: to the right, then down")
    size = Option(2, check=check_count, doc="pixels along a block; those beyond the last whole block are not seen")
    tau = Option(800_000.0, check=check_memory, doc="ticks with which events are forgotten; their half-life is whole")
    traces = Option[Sequence[float]](check=check_traces, doc="time constants in ticks of the traces of sums")
    coefficients = Option[ArrayLike](doc="one a trace: rates are those that their sum, so weighed, stands for")
    ridge = Option[float](check=check_above, doc="what is added to D's diagonal")
    shrinkage = Option[float](check=check_above, doc="rates are multiplied by tr D / (tr D + shrinkage)")
    still = Option(0.1, check=check_above, doc="without events, rates below this are not solved for again")
    units = Derived(AXES)
    rows = Derived[int](lambda flow: flow.pixels[0] // flow.size)
    columns = Derived[int](lambda flow: flow.pixels[1] // flow.size)
    places = Derived[int](lambda flow: flow.rows * flow.columns)
    n_in = Derived[int](lambda flow: flow.pixels[0] * flow.pixels[1])

    d = State(ENTRIES, doc="D: entries 00, 01, 02, 11, 12, 22")
    n = State(AXES, doc="sums of s a since the last look")
    trace = State("3 * n_traces")
    n_traces = Derived[int](lambda flow: len(flow.traces))
    taus = State(None, start=lambda flow: np.asarray(flow.traces, dtype=np.float64), key="tau")
    mix = State(None, start=lambda flow: check_mix(flow, flow.coefficients))
    limits = State(None, start=lambda flow: [flow.ridge, flow.shrinkage, flow.still, round(flow.tau * LN2)])
    rates = State(AXES, doc="about the camera's axes, as of the last look")
    clock = Integers(4)

    spikes: ClassVar[Port]
    look: ClassVar[Port]
    membrane: ClassVar[None] = None
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def check(self) -> None:
        """There is a block with all its neighbours."""
        if min(self.rows, self.columns) < 3:
            raise NetworkError(
                f"{self.pixels[0]} x {self.pixels[1]} pixels make {self.rows} x {self.columns} blocks of {self.size}; "
                "wanted 3 x 3 or more, so that one has neighbours on all sides"
            )

    def check_clock(self, found: Found) -> None:
        """Ticks of what has been, within the range of times."""
        times = -COUNT, COUNT
        moving = {SINCE: times, LOOKED: times, EVENTS: (0, 2), TURN: (0, 8)}
        words("'clock'", found["clock"], self.integers["clock"], moving)


def frame_of(flow: TurningSums, tile: int = 1, batch: int = 1, sobel: bool = False) -> list[int]:
    """The words of `frame`."""
    across, span = -(-flow.columns // tile), HALVINGS * round(flow.tau * LN2)
    return [flow.pixels[1], flow.size, flow.rows, flow.columns, tile, across, batch, int(sobel), span]


class FlowSums(TurningSums):
    """Angular rates of an event camera from exact sums: D is up to date but for the last changes of each tile.

    An event takes some 36 operations with central differences, some 89 with Sobel gradients, whatever the block's size.
    Ports: spikes (pixels, index y * width + x), look. It sends nothing: `rates` is the answer.
    """

    products = Weights("tiles", 18, doc="`tile_products` of the flow")
    tile = Option(4, check=check_count, doc="blocks along a tile")
    gradient = Option("central", check=check_gradient, doc='"central" differences, or "sobel"')
    batch = Option(32, check=check_count, doc="blocks of a tile whose gradients change until D is moved")
    tiles = Derived[int](lambda flow: -(-flow.rows // flow.tile) * -(-flow.columns // flow.tile))

    gx = State("places", doc="differences of leaky sums, to the right")
    gy = State("places", doc="downwards")
    squares = State("3 * tiles", doc="changes of the sums of gx gx, gx gy, gy gy that D does not hold yet")
    changes = Integers("tiles", doc="how many blocks' changes these are")
    frame = Integers(9, start=lambda flow: frame_of(flow, flow.tile, flow.batch, flow.gradient == "sobel"))

    spikes = Port(add_event, accepts="n_in")
    look = Port(look)

    def check_integers(self, found: Found, time: int) -> None:
        """Tiles wait for fewer changes than make a batch."""
        self.check_clock(found)
        within("'changes'", found["changes"], 0, self.batch)


class RefreshedFlowSums(TurningSums):
    """The same from sums that are refreshed when it is looked at: an event takes 3 operations, an active block some 50.

    Worth it where looks are rarer than events at a block; D is not exact, and rates are a little worse. Ports as of
    `FlowSums`.
    """

    level = State("places", doc="leaky sums of events")
    part = State("6 * places", doc="each block's part of D, as it was when it was refreshed")
    count = Integers("places", doc="events since the last look, signs summed")
    ring = Integers("places", doc="blocks that wait, in order from the head on")
    waits = Integers("places", doc="1 for blocks that wait")
    cursor = Integers(4)
    frame = Integers(9, start=frame_of)

    spikes = Port(note_event, accepts="n_in")
    look = Port(look_at_blocks)

    def check_integers(self, found: Found, time: int) -> None:
        """Blocks wait in order, none of them at the border."""
        self.check_clock(found)
        check_waiting(found, 1, 1)
        border = np.ones((self.rows, self.columns), dtype=np.int64)
        border[1:-1, 1:-1] = 2
        within("'waits'", found["waits"], 0, border.ravel())
        within("'count'", found["count"], -COUNT, COUNT)
