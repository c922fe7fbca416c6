"""Integrate-and-fire units on a clock, as frameworks of discrete time step them; only those with something to do.

    i <- b i + h x              the current, where there is one: x is what came in this step, weights and bias
    v <- a v + p i' + q x + c   i' is the current of the step before
    fires where v > threshold; then v <- reset_to, or v <- v - (threshold - reset_to)

A tick is a step. These letters follow from tau, r and so on and from what an input stands for (`drive`):

- "jump": a pulse of one tick's charge, at its tick: a = exp(-1 / tau), q = r / tau; of a current b = exp(-1 / tau_syn),
  h = w_in / tau_syn, q = 0 and p the exact solution;
- "held": a current that is held for the tick: q = r (1 - a), h = w_in (1 - b), p and q of a current the exact solution;
- "euler": the forward Euler step: a = 1 - 1 / tau, q = r / tau; b = 1 - 1 / tau_syn, h = w_in / tau_syn, p = q b.

Without a tau (`tau=None`) a unit keeps what it has: a = 1, q = r. These are the equations of NIR's primitives LIF, IF,
CubaLIF and LI, I, CubaLI (Pedersen et al., Nature Communications 15, 2024).

Steps in which nothing comes are made up for at once, by powers of a and b, and only where something is looked at. A
unit that may fire of itself (constant drive, a current that is still high, what a subtraction left) predicts the first
tick at which it could, never too late, and its place is looked at then. State is as of `when`, a place's last look.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.declarations import Derived, Integers, Option, Patches, Potential, State, Weights
from eventnet.errors import NetworkError
from eventnet.given import one_a_unit
from eventnet.kernels.out import NEVER
from eventnet.kernels.patches import add_patch, add_words
from eventnet.kernels.prediction_heap import look_after
from eventnet.kernels.ranges import COUNT, within, words
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.rows import add_row
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.rounding import NOTICED as GIVEN
from eventnet.neurons.rounding import WAITING, check_waiting, give_notice, take_place, wait_patch, wait_place
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, N_COLUMNS, NEURON_ADDS, WRITES

# Words of `c`, so many a unit: of the potential what is left of it after a tick and the logarithm of that, what an
# input adds, what each tick adds where nothing leaks, the threshold, where a spike leaves it or what it takes off; of
# the current what is left and its logarithm, what it gives the potential, what an input adds; the lowest potential.
# All above what they decay to.
LEFT, LOG_LEFT, GAIN, SLOPE, BAR, AFTER, CURRENT_LEFT, LOG_CURRENT_LEFT, COUPLING, CURRENT_GAIN, LOWEST = range(11)
WORDS = 11

CURRENT, SUBTRACTS, SEVERAL, LEAKS, SCALES, CLIPS, ROW = range(7)
"""Words of `plan`: whether there are currents; whether a spike subtracts; whether a unit may fire more than once a
tick; whether potentials decay; whether inputs are multiplied; whether there is a lowest potential; the row of answers
that waits to be written, or -1."""

NOTHING_LEFT = -1e9
"""Stands for the logarithm of 0: its exponential is 0."""
FAR = 1e300
"""A threshold that is never reached. State is finite."""

DRIVES = ("jump", "held", "euler")
BEFORE = -1
"""The tick of `when` at first: the first step is that of tick 0."""
SURE = 1.0 - 1e-9
"""A prediction is early by this part of its wait at least, so that rounding never makes it late."""


# --- one unit --------------------------------------------------------------------------------------------------------
@register_jitable
def left_after(n: int, left: Any, log_left: Any) -> Any:
    """The factor of decay after n ticks, n >= 1."""
    return left if n == 1 else math.exp(n * log_left)


@register_jitable
def came_after(n: int, log_a: Any, log_b: Any, tally: Any) -> Any:
    """The sum of a^(n - 1 - k) b^k for k below n, 2 or more: what of a current comes to the potential in n ticks."""
    slow = max(log_a, log_b)
    apart = min(log_a, log_b) - slow
    most = math.exp((n - 1) * slow)
    tally[NEURON_ADDS] += 1
    tally[MULTIPLIES] += 2
    if apart == 0.0:
        return n * most
    tally[MULTIPLIES] += 2
    return most * (math.expm1(n * apart) / math.expm1(apart))


@register_jitable
def go_on(j: int, n: int, v: Any, flow: Any, c: Any, plan: Any, tally: Any) -> Any:
    """Potential and current of unit j after n ticks without inputs, at least 1."""
    at = j * WORDS
    if plan[LEAKS] != 0:
        v = v * left_after(n, c[at + LEFT], c[at + LOG_LEFT])
        tally[MULTIPLIES] += 1 if n == 1 else 2
    if c[at + SLOPE] != 0.0:
        v += c[at + SLOPE] if n == 1 else n * c[at + SLOPE]
        tally[NEURON_ADDS] += 1
        tally[MULTIPLIES] += 0 if n == 1 else 1
    if plan[CURRENT] != 0:
        pushed = c[at + COUPLING] * flow
        if n > 1:
            pushed = pushed * came_after(n, c[at + LOG_LEFT], c[at + LOG_CURRENT_LEFT], tally)
        v += pushed
        flow = flow * left_after(n, c[at + CURRENT_LEFT], c[at + LOG_CURRENT_LEFT])
        tally[NEURON_ADDS] += 1
        tally[MULTIPLIES] += 2 if n == 1 else 4
    return v, flow


@register_jitable
def least_wait(j: int, v: Any, flow: Any, c: Any, plan: Any, tally: Any) -> Any:
    """Ticks after which unit j could be past its threshold at the soonest, if nothing comes; NEVER if it cannot."""
    at = j * WORDS
    bar = c[at + BAR]
    if v > bar:
        return 1.0
    if plan[CURRENT] != 0:
        return least_wait_of_current(bar, v, c[at + COUPLING] * flow, min(c[at + LEFT], c[at + CURRENT_LEFT]), tally)
    if c[at + SLOPE] > 0.0:
        tally[MULTIPLIES] += 2
        tally[NEURON_ADDS] += 1
        return max(1.0, math.floor((bar - v) / c[at + SLOPE] * SURE) + 1.0)
    if bar < 0.0 and plan[LEAKS] != 0:
        tally[MULTIPLIES] += 3
        return max(1.0, math.floor(math.log(v / bar) / -c[at + LOG_LEFT] * SURE) + 1.0)
    return NEVER


@register_jitable
def least_wait_of_current(bar: Any, v: Any, push: Any, left: Any, tally: Any) -> Any:
    """The same where a current pushes a potential up by `push` in the next tick, and by no more in any later one."""
    tally[MULTIPLIES] += 1
    if bar < 0.0:
        return 1.0
    if push <= 0.0:
        return NEVER
    room = bar - max(v, 0.0)
    tally[MULTIPLIES] += 2
    tally[NEURON_ADDS] += 2
    if push / (1.0 - left) < room * SURE:
        return NEVER
    tally[MULTIPLIES] += 2
    return max(1.0, math.floor(room / push * SURE) + 1.0)


@register_jitable
def take_input(j: int, x: Any, v: Any, flow: Any, c: Any, plan: Any, tally: Any) -> Any:
    """Potential and current of unit j with what came in this step."""
    at = j * WORDS
    tally[NEURON_ADDS] += 1
    if plan[CURRENT] != 0:
        tally[NEURON_ADDS] += 1
        tally[MULTIPLIES] += 2
        return v + c[at + GAIN] * x, flow + c[at + CURRENT_GAIN] * x
    if plan[SCALES] == 0:
        return v + x, flow
    tally[MULTIPLIES] += 1
    return v + c[at + GAIN] * x, flow


@register_jitable
def bring_up(j: int, n: int, phi: Any, current: Any, acc: Any, c: Any, plan: Any, tally: Any) -> None:
    """Let unit j make n steps, 0 or more; the last one takes what came."""
    v, flow = phi[j], phi.dtype.type(0)
    if plan[CURRENT] != 0:
        flow = current[j]
    at = j * WORDS
    if n > 1 and plan[CLIPS] != 0 and plan[CURRENT] == 0 and (c[at + SLOPE] < 0.0 or c[at + LOWEST] > 0.0):
        v, flow = go_on(j, n - 1, v, flow, c, plan, tally)
        v = max(v, c[at + LOWEST])  # it has only fallen, and each step without inputs has kept it there
        tally[COMPARES] += 1
        n = 1
    if n > 0:
        v, flow = go_on(j, n, v, flow, c, plan, tally)
    if acc[j] != 0:
        v, flow = take_input(j, acc[j], v, flow, c, plan, tally)
        acc[j] = 0
    phi[j] = v
    if plan[CURRENT] != 0:
        current[j] = flow


@register_jitable
def bring_up_place(
    place: int, t: int, phi: Any, current: Any, acc: Any, c: Any, when: Any, plan: Any, tally: Any
) -> None:  # fmt: skip
    """Let the units of a place make their steps up to this one."""
    units, n = len(phi) // len(when), max(t - when[place], 0)
    when[place] = t
    for j in range(place * units, (place + 1) * units):
        bring_up(j, n, phi, current, acc, c, plan, tally)


@register_jitable
def fire(j: int, phi: Any, c: Any, plan: Any, out: Any, tally: Any) -> None:
    """Fire once if unit j is past its threshold, or for as long as it is."""
    at = j * WORDS
    tally[COMPARES] += 1
    while phi[j] > c[at + BAR]:
        before = out.made()
        out.spike(j, 1, 0, np.float64(phi[j]))
        if out.made() == before:  # no room: a fault
            return
        if plan[SUBTRACTS] == 0:
            phi[j] = c[at + AFTER]
            return
        phi[j] -= c[at + AFTER]
        tally[NEURON_ADDS] += 1
        if plan[SEVERAL] == 0:
            return
        tally[COMPARES] += 1


@register_jitable
def look_at(
    place: int, t: int, phi: Any, current: Any, acc: Any, c: Any, when: Any, due: Any, plan: Any, out: Any, tally: Any
) -> None:
    """Let the units of a place make their steps up to this one and fire, and predict when one may fire of itself."""
    units, n, soonest = len(phi) // len(when), max(t - when[place], 0), NEVER
    when[place] = t
    for j in range(place * units, (place + 1) * units):
        bring_up(j, n, phi, current, acc, c, plan, tally)
        fire(j, phi, c, plan, out, tally)
        if plan[CLIPS] != 0:
            phi[j] = max(phi[j], c[j * WORDS + LOWEST])
            tally[COMPARES] += 1
        flow = phi.dtype.type(0)
        if plan[CURRENT] != 0:
            flow = current[j]
        soonest = min(soonest, least_wait(j, phi[j], flow, c, plan, tally))
    if soonest != NEVER or due[place] != 0:
        due[place] = 0 if soonest == NEVER else 1
        look_after(place, t, soonest, out)


# --- rules -----------------------------------------------------------------------------------------------------------
@rule
def gather(i, s, t, out, tally, acc, w, frame, rows, columns, ring, waits, cursor):
    """Add a patch; the places it reaches wait for the end of the step."""
    add_patch(acc, w, i, s, frame, rows, columns, tally)
    wait_patch(i, frame, rows, columns, ring, waits, cursor)
    give_notice(cursor, out, 0)


@rule
def gather_row(i, s, t, out, tally, acc, lateral, ring, waits, cursor):
    """Add a row; every place waits for the end of the step."""
    add_row(acc, lateral, i, s, tally)
    for place in range(len(waits)):
        wait_place(place, ring, waits, cursor)
    give_notice(cursor, out, 0)


@rule
def add_and_look(
    i, s, t, out, tally, phi, current, acc, c, when, due, w, frame, rows, columns, ring, waits, cursor, plan
):
    """Add a patch and let what it reaches fire at once."""
    add_patch(acc, w, i, s, frame, rows, columns, tally)
    wait_patch(i, frame, rows, columns, ring, waits, cursor)
    while cursor[WAITING] > 0:
        look_at(take_place(ring, waits, cursor), t, phi, current, acc, c, when, due, plan, out, tally)


@rule
def add_row_and_look(i, s, t, out, tally, phi, current, acc, c, when, due, lateral, plan):
    """Add a row and let all units fire at once."""
    add_row(acc, lateral, i, s, tally)
    for place in range(len(when)):
        look_at(place, t, phi, current, acc, c, when, due, plan, out, tally)


@rule
def settle(i, s, t, out, tally, phi, current, acc, c, when, due, ring, waits, cursor, plan):
    """The step is over: look at the places that something has come to."""
    cursor[GIVEN] = 0
    while cursor[WAITING] > 0:
        look_at(take_place(ring, waits, cursor), t, phi, current, acc, c, when, due, plan, out, tally)


@rule
def look_again(i, s, t, out, tally, due, ring, waits, cursor):
    """The tick has come at which a unit of place i could fire: it is looked at when the step is over."""
    due[i] = 0
    wait_place(i, ring, waits, cursor)
    give_notice(cursor, out, 0)


@rule
def begin(i, s, t, out, tally, phi, current, acc, first, when, due, ring, waits, cursor):
    """A sample begins: all is as at first, and this tick's is the first step."""
    for j in range(len(phi)):
        phi[j] = first[j]
        acc[j] = 0
    for j in range(len(current)):
        current[j] = first[len(phi) + j]
    for place in range(len(when)):
        when[place] = t - 1
        if due[place] != 0:
            due[place] = 0
            out.cancel(place)
        wait_place(place, ring, waits, cursor)
    give_notice(cursor, out, 0)


@rule
def ask(i, s, t, out, tally, plan, cursor):
    """Row i of the answers is written when the step is over."""
    plan[ROW] = i
    give_notice(cursor, out, 0)


@rule
def answer(i, s, t, out, tally, phi, current, acc, c, rests, when, ring, waits, cursor, plan, answers):
    """The step is over: units that something has come to make their steps; if asked for, all do and are written."""
    cursor[GIVEN] = 0
    while cursor[WAITING] > 0:
        bring_up_place(take_place(ring, waits, cursor), t, phi, current, acc, c, when, plan, tally)
    if plan[ROW] >= 0:
        for place in range(len(when)):
            bring_up_place(place, t, phi, current, acc, c, when, plan, tally)
        for j in range(len(phi)):
            answers[plan[ROW], j] = phi[j] + rests[j]
        plan[ROW] = -1
        tally[NEURON_ADDS] += len(phi)
        tally[WRITES] += len(phi)


# --- what a layer begins with ----------------------------------------------------------------------------------------
def _each(layer: Stepped, name: str) -> NDArray[np.float64]:
    return one_a_unit(getattr(layer, name), layer.units, name)


def bias_of(layer: Stepped) -> NDArray[np.float64]:
    """The constant input of every step [units]: given for each channel, or for each unit."""
    given = np.asarray(layer.bias, dtype=np.float64)
    if given.shape == (layer.channels,):
        given = np.tile(given, layer.places)
    return one_a_unit(given, layer.units, "bias")


class _Numbers:
    """The numbers of a step, [units] each, and what potentials and currents decay to."""

    def __init__(self, layer: Stepped) -> None:
        r, bias, held = _each(layer, "r"), bias_of(layer), layer.drive == "held"
        euler, leaks = layer.drive == "euler", layer.tau is not None
        tau = _each(layer, "tau") if leaks else np.ones(layer.units)
        self.log_left = _log_left(tau, euler)
        self.left = 1 - 1 / tau if euler else np.exp(-1 / tau)
        self.gain = r * -np.expm1(-1 / tau) if held else r / tau
        if not leaks:
            self.left, self.log_left, self.gain = np.ones(layer.units), np.zeros(layer.units), r
        self.current_left = self.log_current_left = self.coupling = self.current_gain = np.zeros(layer.units)
        drive = self.gain * bias
        self.current_rest = np.zeros(layer.units)
        if layer.tau_syn is not None:
            self._add_current(tau, _each(layer, "tau_syn"), r, _each(layer, "w_in"), held, euler)
            self.current_rest = self.current_gain * bias / (1 - self.current_left)
            drive = self.coupling * self.current_rest + self.gain * bias
        self.rest = _each(layer, "rest") + drive / (1 - self.left) if leaks else np.zeros(layer.units)
        self.slope = np.zeros(layer.units) if leaks else drive

    def _add_current(self, tau: Any, tau_syn: Any, r: Any, w_in: Any, held: bool, euler: bool) -> None:
        """Set the factors of a current: of itself, and on the potential in the same step and in the next."""
        self.log_current_left = _log_left(tau_syn, euler)
        if euler:
            self.current_left, self.current_gain = 1 - 1 / tau_syn, w_in / tau_syn
            self.coupling = self.gain * self.current_left
            self.gain = self.gain * self.current_gain
            return
        self.current_left = np.exp(-1 / tau_syn)
        self.coupling = r * _came(tau, tau_syn)
        if not held:
            self.current_gain, self.gain = w_in / tau_syn, np.zeros_like(r)
            return
        # A current that is held moves I towards w_in and v towards r w_in; v lacks what I lacked on its way.
        self.current_gain = w_in * -np.expm1(-1 / tau_syn)
        self.gain = r * w_in * (-np.expm1(-1 / tau) - _came(tau, tau_syn))


def _log_left(tau: Any, euler: bool) -> Any:
    """The logarithm of what is left after a tick."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.maximum(np.log1p(-1 / tau), NOTHING_LEFT) if euler else -1 / tau


def _came(tau: Any, tau_syn: Any) -> Any:
    """Exact gain of a potential in one tick from a current that is 1 at first and decays."""
    apart = 1 / tau - 1 / tau_syn
    with np.errstate(invalid="ignore", divide="ignore"):
        came = np.where(apart == 0, 1.0, np.expm1(apart) / apart)
    return came * np.exp(-1 / tau) / tau


def first_words(layer: Stepped) -> NDArray[np.float64]:
    """`c`: the numbers of a step, unit by unit."""
    n, made = layer.numbers, np.zeros((layer.units, WORDS))
    made[:, LEFT], made[:, LOG_LEFT], made[:, GAIN], made[:, SLOPE] = n.left, n.log_left, n.gain, n.slope
    made[:, CURRENT_LEFT], made[:, LOG_CURRENT_LEFT] = n.current_left, n.log_current_left
    made[:, COUPLING], made[:, CURRENT_GAIN] = n.coupling, n.current_gain
    made[:, BAR], made[:, AFTER], made[:, LOWEST] = layer.bars(n.rest)
    return made.ravel()


def first_state(layer: Stepped) -> NDArray[np.float64]:
    """Potentials and then currents at first, above what they decay to; one word for no currents."""
    n = layer.numbers
    return np.concatenate([_each(layer, "start") - n.rest, -n.current_rest if layer.tau_syn is not None else [0.0]])


def first_plan(layer: Stepped) -> list[int]:
    """The words of `plan`."""
    subtract, several = bool(getattr(layer, "subtract", False)), bool(getattr(layer, "several", False))
    clips, scales = getattr(layer, "lowest", None) is not None, bool(np.any(layer.numbers.gain != 1))
    return [layer.tau_syn is not None, subtract, several, layer.tau is not None, scales, clips, -1]


def check_drive(drive: str, what: str) -> str:
    """The meaning of an input, one of DRIVES. Raises NetworkError for an unknown word."""
    if drive not in DRIVES:
        raise NetworkError(f"{what} is {drive!r}; wanted one of {', '.join(DRIVES)}")
    return drive


def above_0(value: Any, what: str) -> Any:
    """Time constants in ticks, or None. Raises NetworkError unless all are finite and above 0."""
    if value is not None and not np.all((np.asarray(value) > 0) & np.isfinite(value)):
        raise NetworkError(f"{what} is {value} ticks; wanted numbers above 0")
    return value


class Stepped(Module):
    """The base of `SteppedLeaky` and `SteppedReadout`: inputs by patches and rows, a potential, perhaps a current."""

    geometry = Patches(doc="how units reach one another: `Geometry.dense(n_in, n_out)` or `Geometry.window(...)`")
    weights = Weights(None, None, key="w", doc="[n_in, n_out], or `kernel_rows` of a kernel")
    lateral = Weights(
        "n_lateral", "units", instead=weights, doc="[n_lateral, units], rows of a second source: recurrence, say"
    )
    tau = Option[ArrayLike | None](None, check=above_0, doc="time constant of the potentials; None: they keep")
    r = Option[ArrayLike](1.0, doc="by which an input is multiplied, a number or one a unit")
    rest = Option[ArrayLike](0.0, doc="what potentials decay to when nothing comes")
    tau_syn = Option[ArrayLike | None](None, check=above_0, doc="time constant of the current; None: there is none")
    w_in = Option[ArrayLike](1.0, doc="by which an input of the current is multiplied")
    bias = Option[ArrayLike](0.0, doc="what comes in at each step: a number, one a channel or one a unit")
    start = Option[ArrayLike](0.0, doc="potentials at first")
    drive = Option("jump", check=check_drive, doc='what an input stands for: "jump", "held" or "euler"')
    units = Derived[int](lambda layer: layer.geometry.units_out)
    n_in = Derived[int](lambda layer: layer.geometry.units_in)
    places = Derived[int](lambda layer: layer.geometry.places_out)
    channels = Derived[int](lambda layer: layer.geometry.shape_out[0])
    numbers = Derived[_Numbers](lambda layer: _Numbers(layer))

    acc = State(doc="what has come in this step")
    c = State(None, start=first_words, doc="the numbers of a step, unit by unit")
    first = State(None, start=first_state, doc="potentials, then currents, at first")
    current = State(None, start=lambda layer: layer.first[layer.units :], doc="as of `when`; one word for none")
    when = Integers("places", start=BEFORE, doc="the tick up to which each place has made its steps")
    ring = Integers("places")
    waits = Integers("places")
    cursor = Integers(4)
    plan = Integers(7, start=first_plan)
    dtypes: ClassVar[tuple[str, ...]] = ("float64",)
    n_lateral: int

    def check(self) -> None:
        """Weights are those of the geometry, and steps are steps forward."""
        wanted = (self.geometry.shape_in[0], self.geometry.row_words)
        if self.weights.array.shape != wanted:
            raise NetworkError(f"weights are {self.weights!r}; the layer's shapes want {wanted[0]} x {wanted[1]}")
        for name in ("tau", "tau_syn"):
            value = getattr(self, name)
            if self.drive == "euler" and value is not None and np.min(value) < 1:
                raise NetworkError(f"{name} is {np.min(value)} ticks; an Euler step wants 1 or more")
        if self.tau is None and self.tau_syn is not None:
            raise NetworkError("a unit with a current has a tau of its own, too; tau is None")
        if self.tau is None and np.any(np.asarray(self.rest) != 0):
            raise NetworkError(f"rest is {self.rest!r}, but nothing leaks: tau is None")

    def bars(self, rest: NDArray[np.float64]) -> tuple[Any, Any, Any]:
        """Above rest: thresholds, where a spike leaves a potential (or what it takes off), the lowest potentials."""
        return FAR, 0.0, -FAR

    def check_integers(self, found: Found, time: int) -> None:
        """Places wait in order, and the plan is the layer's."""
        check_waiting(found, 1)
        within("'when'", found["when"], -COUNT, COUNT)
        words("'plan'", found["plan"], self.integers["plan"], {ROW: (-1, self.answer_rows)})
        if "due" in found:
            within("'due'", found["due"], 0, 2)

    @property
    def answer_rows(self) -> int:
        """Rows of answers that may wait to be written, and with them -1."""
        return 0

    def patch_words(self, index: int, blocks: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """The row of a spike at `spikes`: what it adds to each unit [units], before it is multiplied."""
        found, g = np.zeros(self.units), self.integers
        add_words(found, blocks["w"].astype(np.float64), index, 1, g["frame"], g["rows"], g["columns"])
        return found

    def row_words(self, index: int, blocks: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """The row of a spike at `across`: what it adds to each unit [units], before it is multiplied."""
        return np.array(blocks["lateral"][index], dtype=np.float64)

    def potentials(self, state: Mapping[str, NDArray[Any]], t: int) -> NDArray[np.float64]:
        """v [units] after the step of tick t, if nothing more comes, of `sim.state(layer)`; nothing is changed."""
        v, tally, inputs = np.zeros(self.units), np.zeros(12, dtype=np.int64), state["acc"].copy()
        phi, current = state["phi"].copy(), state["current"].copy()
        for j in range(self.units):
            n = max(int(t - state["when"][j // self.channels]), 0)
            bring_up(j, n, phi, current, inputs, state["c"], state["plan"], tally)
            v[j] = max(phi[j], state["c"][j * WORDS + LOWEST]) if state["plan"][CLIPS] else phi[j]
        return v + self.numbers.rest


class SteppedLeaky(Stepped):
    """Integrate-and-fire units that step a clock: leaky or not, with a current or without; times are in ticks.

    Ports: reset (a sample begins; needed once where a unit may fire of itself), spikes (patches), across (rows of
    `lateral`), settle (its own notices), again (what places predicted). Outlets: out, notice, predicted.
    coalesce "burst" (the default) looks once a step, at the end of the instant, lower layers first, as frameworks do;
    "none" after every spike, so that the order of spikes matters.
    Raises NetworkError for values that make no sense.
    """

    threshold = Option[ArrayLike](1.0, doc="a number, or one a unit; a unit fires strictly above it")
    reset_to = Option[ArrayLike](0.0, doc="a number, or one a unit: where a spike leaves the potential")
    subtract = Option(False, doc="a spike takes threshold - reset_to off: what was beyond stays")
    lowest = Option[ArrayLike | None](
        None, doc="potentials do not end a step below it; with a current, a step that looks"
    )
    several = Option(False, doc="with subtract: a unit fires for as long as it is past, and not once a step")
    coalesce = Option[str | None]("burst")

    phi = Potential(
        words={"spikes": "patch_words", "across": "row_words"},
        start=lambda layer: layer.first[: layer.units],
        resets="reset",
        doc="potentials above what they decay to",
    )
    due = Integers("places", doc="1 for places that have predicted a look")

    reset = Port(begin, emits="notice")
    spikes = Port(add_and_look, emits="out", accepts="n_in", burst=gather, burst_emits="notice")
    across = Port(add_row_and_look, emits="out", accepts="n_lateral", burst=gather_row, burst_emits="notice")
    settle = Port(settle, emits="out")
    again = Port(look_again, emits="notice", accepts="places")
    out = Outlet()
    notice = Outlet(width=1, settles="settle")
    predicted = Outlet(width="places", predicts="again")

    def check(self) -> None:
        """A spike that subtracts takes something off."""
        super().check()
        step = _each(self, "threshold") - _each(self, "reset_to")
        if self.subtract and step.min() <= 0:
            raise NetworkError(
                f"reset_to is {self.reset_to!r} and threshold {self.threshold!r}: a spike takes nothing off"
            )
        if self.several and not self.subtract:
            raise NetworkError("several=True has no meaning without subtract=True")

    def bars(self, rest: NDArray[np.float64]) -> tuple[Any, Any, Any]:
        """Above rest: thresholds, where a spike leaves a potential (or what it takes off), the lowest potentials."""
        threshold, reset = _each(self, "threshold"), _each(self, "reset_to")
        lowest = -FAR if self.lowest is None else _each(self, "lowest") - rest
        return threshold - rest, threshold - reset if self.subtract else reset - rest, lowest

    def starts_at(self) -> str | None:
        """`reset`, where a unit may fire of itself if nothing comes."""
        first, c, plan = self.state["first"], self.state["c"], self.integers["plan"]
        flows, tally = np.resize(first[self.units :], self.units), np.zeros(N_COLUMNS, dtype=np.int64)
        waits = (least_wait(j, first[j], flows[j], c, plan, tally) for j in range(self.units))
        return "reset" if any(wait != NEVER for wait in waits) else None

    def most_spikes(self) -> int:
        """One a unit and a notice; with `several` sixteen a unit and what the largest weight can add."""
        if self.most is not None:
            return self.most
        if not self.several:
            return self.units + 1
        step = float((_each(self, "threshold") - _each(self, "reset_to")).min())
        largest = float(np.abs(self.weights.array).max() * np.abs(self.numbers.gain).max())
        return self.units * (16 + math.ceil(largest / step)) + 64


class SteppedReadout(Stepped):
    """As `SteppedLeaky`, but without a threshold: it never fires; a spike (r, +1) at `read` writes potentials to a row.

    Input of the same tick is in it. Ports: reset, spikes, across, read, settle.
    """

    answers = Weights("n_answers", "units", doc="where potentials are written to")
    phi = Potential(
        words={"spikes": "patch_words", "across": "row_words"},
        start=lambda layer: layer.first[: layer.units],
        resets="reset",
        doc="potentials above what they decay to",
    )
    due = Integers("places", doc="0: nothing is predicted")
    rests = State(start=lambda layer: layer.numbers.rest, doc="what potentials decay to")
    most = Derived(1)

    reset = Port(begin, emits="notice")
    spikes = Port(gather, emits="notice", accepts="n_in")
    across = Port(gather_row, emits="notice", accepts="n_lateral")
    read = Port(ask, emits="notice", accepts="n_answers")
    settle = Port(answer)
    notice = Outlet(width=1, settles="settle")
    n_answers: int

    @property
    def answer_rows(self) -> int:
        """Rows of answers that may wait to be written, and with them -1."""
        return self.n_answers
