"""Leaky integrate-and-fire layers with delta synapses: potentials decay exactly, and only when a spike arrives.

    v(t) = rest + (v(t') - rest) exp(-(t - t') / tau)         between deliveries
    v_j <- v_j + s w[i, j]                                    at a spike (i, s)
    fires where v_j > threshold_j + theta_j(t); then v_j <- reset, or v_j <- v_j - (threshold_j - reset)

Thesis equations 1.9 and 1.10 (which print kappa for e, and no minus in the exponent); 1.10 is rest = reset = 0,
threshold = 1, subtract=True. The state `phi` is v - rest. A row reaches every unit of the layer, so the layer has one
time `updated` to which potentials are worked out, and a delivery takes one `exp`.

theta, what spikes have added to a threshold, is kept as of the time `since`, and read by one factor for all units. A
layer checks its potentials against bars that hold for a while: what thresholds will have sunk to by then. Only a unit
past its bar asks for its threshold of now, so that exact decay costs nothing at most deliveries.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numba import types
from numba.extending import overload, register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.declarations import Integers, Option, Param, Potential, State, Weights
from eventnet.errors import NetworkError
from eventnet.given import one_a_unit
from eventnet.kernels.prediction_heap import FOREVER
from eventnet.kernels.ranges import COUNT, ticks, within, words
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.rows import at, decay_and_add, is_each
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.last_spikes import NEVER_SEEN
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS

NOT_YET = -(2**62)
"""A tick before all others, from which nothing decays."""

UPDATED, BUSY, SINCE, VALID, FROZEN = range(5)
"""Words of `clock`: to when potentials are worked out (the end of a silent window); when the last refractory time ends;
the time that thetas are kept for; until when bars hold; whether thetas are frozen."""

SILENCE, REFRACTORY, SIGNED, SUBTRACTS, WINDOW, INHIBITS, EACH = range(7)
"""Words of `plan`: silent ticks after a winner, or -1; refractory ticks, or -1 where they stand from EACH on, one a
unit; spikes have signs; a spike subtracts; for how many ticks bars are made, or -1 where thresholds do not adapt; what
`inhibit` does, a place in INHIBITIONS."""

INHIBITIONS = ("none", "subtract", "set")
SET = 2
BARS_A_TAU = 256
"""Bars are renewed so often in a time constant of theta: they lie within theta / 256 of the thresholds."""

KEPT_FACTORS = 1024
"""Decays over fewer ticks are looked up: with `exp` a delivery to 100 units takes 21.5 ns, without 15.5."""


def shared_factor(phi: Any, dt: int, tau: Any, tally: Any) -> Any:
    """The factor by which all potentials decay in dt ticks; 1 where tau is one a unit, and they have none in common."""
    if is_each(tau):
        return phi.dtype.type(1)
    tally[MULTIPLIES] += 1
    return phi.dtype.type(math.exp(-dt / np.float64(tau)))


def own_factor(shared: Any, phi: Any, dt: int, tau: Any, j: int, tally: Any) -> Any:
    """The factor by which the potential of unit j decays in dt ticks: the shared one, or that of its own tau."""
    if not is_each(tau):
        return shared
    tally[MULTIPLIES] += 1
    return phi.dtype.type(math.exp(-dt / np.float64(tau[j])))


@overload(shared_factor, jit_options={"forceinline": True})
def _shared_factor(phi, dt, tau, tally):
    if isinstance(tau, types.Array):
        return lambda phi, dt, tau, tally: phi.dtype.type(1)

    def shared(phi, dt, tau, tally):
        tally[MULTIPLIES] += 1
        return phi.dtype.type(math.exp(-dt / np.float64(tau)))

    return shared


@overload(own_factor, jit_options={"forceinline": True})
def _own_factor(shared, phi, dt, tau, j, tally):
    if not isinstance(tau, types.Array):
        return lambda shared, phi, dt, tau, j, tally: shared

    def own(shared, phi, dt, tau, j, tally):
        tally[MULTIPLIES] += 1
        return phi.dtype.type(math.exp(-dt / np.float64(tau[j])))

    return own


def decay_apart(phi: Any, dt: int, tau: Any, tally: Any) -> None:
    """Multiply each potential by its own factor if tau is one a unit; these count where the shared one does."""
    if is_each(tau):
        for j in range(len(phi)):
            phi[j] *= own_factor(0, phi, dt, tau, j, tally)


@overload(decay_apart, jit_options={"forceinline": True})
def _decay_apart(phi, dt, tau, tally):
    if not isinstance(tau, types.Array):
        return lambda phi, dt, tau, tally: None

    def apart(phi, dt, tau, tally):
        for j in range(len(phi)):
            phi[j] *= own_factor(0, phi, dt, tau, j, tally)

    return apart


@register_jitable
def decay_to(t: int, phi: Any, until: Any, clock: Any, tau: Any, tally: Any) -> None:
    """Bring potentials up to date; one that is held decays from the end of its refractory time."""
    updated = clock[UPDATED]
    clock[UPDATED] = t
    if t <= updated or updated == NOT_YET:
        return
    factor = shared_factor(phi, t - updated, tau, tally)
    for j in range(len(phi)):
        if until[j] <= updated:
            phi[j] *= own_factor(factor, phi, t - updated, tau, j, tally)
            tally[MULTIPLIES] += 1
        elif until[j] < t:
            phi[j] *= phi.dtype.type(math.exp(-(t - until[j]) / np.float64(at(tau, j))))
            tally[MULTIPLIES] += 2


@register_jitable
def refer_theta(t: int, theta: Any, clock: Any, slow: Any, tally: Any) -> None:
    """Keep thetas as of now; those of the beginning, which are as of tick 0, hold at once where time begins before."""
    clock[SINCE] = min(clock[SINCE], t)
    factor = theta.dtype.type(math.exp(-(t - clock[SINCE]) / np.float64(slow)))
    clock[SINCE] = t
    for j in range(len(theta)):
        theta[j] *= factor
    tally[MULTIPLIES] += len(theta) + 1


@register_jitable
def renew_bars(t: int, theta: Any, bar: Any, threshold: Any, clock: Any, plan: Any, slow: Any, tally: Any) -> None:
    """Bars for the next ticks: thresholds as they will be at the end of those."""
    clock[SINCE] = min(clock[SINCE], t)
    if t - clock[SINCE] > slow:
        refer_theta(t, theta, clock, slow, tally)
    clock[VALID] = t + plan[WINDOW]
    left = theta.dtype.type(math.exp(-(clock[VALID] - clock[SINCE]) / np.float64(slow)))
    for j in range(len(bar)):
        bar[j] = threshold[j] + theta[j] * left
    tally[NEURON_ADDS] += len(bar)
    tally[MULTIPLIES] += len(bar) + 1


@register_jitable
def raise_theta(
    j: int, t: int, theta: Any, bar: Any, threshold: Any, clock: Any, plus: Any, slow: Any, tally: Any
) -> None:
    """A spike of unit j makes its threshold higher by `plus`, from now on."""
    theta[j] += at(plus, j) * theta.dtype.type(math.exp((t - clock[SINCE]) / np.float64(slow)))
    left = theta.dtype.type(math.exp(-(clock[VALID] - clock[SINCE]) / np.float64(slow)))
    bar[j] = threshold[j] + theta[j] * left
    tally[NEURON_ADDS] += 2
    tally[MULTIPLIES] += 4


@register_jitable
def furthest_past(
    t: int, phi: Any, theta: Any, bar: Any, threshold: Any, until: Any, signed: bool, adapts: bool, left: Any,
    tally: Any,
) -> int:  # fmt: skip
    """The unit that is furthest past its threshold, the lowest index at a tie; -1 for none."""
    best, most = -1, phi.dtype.type(0)
    for j in range(len(phi)):
        size = -phi[j] if signed and phi[j] < 0 else phi[j]
        if size > bar[j] and until[j] <= t:
            limit = bar[j]
            if adapts:
                limit = threshold[j] + theta[j] * left
                tally[NEURON_ADDS] += 1
                tally[MULTIPLIES] += 1
            excess = size - limit
            tally[NEURON_ADDS] += 1
            if excess > most:
                best, most = j, excess
    return best


@register_jitable
def fire_past(
    t: int, phi: Any, theta: Any, bar: Any, threshold: Any, step: Any, until: Any, clock: Any, plan: Any, reset: Any,
    plus: Any, slow: Any, out: Any, tally: Any,
) -> None:  # fmt: skip
    """Fire until no unit that may is past its threshold, or one has won."""
    adapts = plan[WINDOW] >= 0 and clock[FROZEN] == 0
    left = phi.dtype.type(1)
    if adapts:
        left = phi.dtype.type(math.exp(-(t - clock[SINCE]) / np.float64(slow)))
        tally[MULTIPLIES] += 1
    while True:
        j = furthest_past(t, phi, theta, bar, threshold, until, plan[SIGNED] != 0, adapts, left, tally)
        if j < 0:
            return
        up, made = phi[j] > 0, out.made()
        out.spike(j, 1 if up else -1, 0, np.float64(phi[j] if up else -phi[j]))
        if out.made() == made:  # no room: a fault
            return
        if adapts:
            raise_theta(j, t, theta, bar, threshold, clock, plus, slow, tally)
        held = plan[REFRACTORY] if plan[REFRACTORY] >= 0 else plan[EACH + j]
        until[j] = t + held
        if held > 0:
            clock[BUSY] = max(clock[BUSY], until[j])
        if plan[SILENCE] >= 0:
            for k in range(len(phi)):
                phi[k] = at(reset, k) if up else -at(reset, k)
            clock[UPDATED] = t + plan[SILENCE]
            return
        if plan[SUBTRACTS] == 0:
            phi[j] = at(reset, j) if up else -at(reset, j)
        else:
            tally[NEURON_ADDS] += 1
            if up:
                phi[j] -= step[j]
            else:
                phi[j] += step[j]


@rule
def integrate(
    i, s, t, out, tally, phi, theta, bar, threshold, step, factors, seen, until, clock, plan, w, tau, reset, plus, slow
):
    """Decay, add a row, fire. In a silent window the spike is seen, and nothing else happens."""
    seen[i] = t
    updated = clock[UPDATED]
    if t < updated:
        return
    if t > clock[VALID]:
        renew_bars(t, theta, bar, threshold, clock, plan, slow, tally)
    signed, past = plan[SIGNED] != 0, False
    if updated >= clock[BUSY]:
        dt, factor = t - updated if updated != NOT_YET else 0, phi.dtype.type(1)
        clock[UPDATED] = t
        if 0 < dt < len(factors):
            factor = factors[dt]
        elif dt > 0:
            factor = shared_factor(phi, dt, tau, tally)
            decay_apart(phi, dt, tau, tally)
        past = decay_and_add(phi, w, i, s, dt, factor, bar, signed, tally)
    else:
        decay_to(t, phi, until, clock, tau, tally)
        added = 0
        for j in range(len(phi)):
            if until[j] <= t:
                if s > 0:
                    phi[j] += w[i, j]
                else:
                    phi[j] -= w[i, j]
                size = -phi[j] if signed and phi[j] < 0 else phi[j]
                past = past or size > bar[j]
                added += 1
        tally[SYNAPTIC_ADDS] += added
        tally[READS] += added
        tally[COMPARES] += added
    if past:
        before = out.made()
        fire_past(t, phi, theta, bar, threshold, step, until, clock, plan, reset, plus, slow, out, tally)
        tally[COMPARES] += out.made() - before


@rule
def hold_back(i, s, t, out, tally, phi, until, clock, plan, tau, amount):
    """Lateral inhibition: unit i has fired, and all others that are not held lose an amount, or are set to a value."""
    if plan[INHIBITS] == 0:
        return 1
    if t < clock[UPDATED]:
        return 0
    decay_to(t, phi, until, clock, tau, tally)
    for j in range(len(phi)):
        if j != i and until[j] <= t:
            if plan[INHIBITS] == SET:
                phi[j] = at(amount, j)
            elif s > 0:
                phi[j] -= at(amount, j)
                tally[SYNAPTIC_ADDS] += 1
            else:
                phi[j] += at(amount, j)
                tally[SYNAPTIC_ADDS] += 1
    return 0


@rule
def begin_sample(i, s, t, out, tally, phi, theta, seen, until, clock, plan, slow):
    """Potentials go to rest, no unit is held, no input has been seen; thetas stay, and go on to decay."""
    for j in range(len(phi)):
        phi[j] = 0
        until[j] = t
    for k in range(len(seen)):
        seen[k] = NEVER_SEEN
    clock[UPDATED] = clock[BUSY] = t
    if plan[WINDOW] >= 0 and clock[FROZEN] == 0:
        refer_theta(t, theta, clock, slow, tally)


@rule
def freeze_theta(i, s, t, out, tally, theta, bar, threshold, clock, plan, slow):
    """+1: thetas neither grow nor decay from now on; -1: they do again."""
    if plan[WINDOW] < 0 or (s > 0) == (clock[FROZEN] != 0):
        return
    if s > 0:
        refer_theta(t, theta, clock, slow, tally)
        for j in range(len(bar)):
            bar[j] = threshold[j] + theta[j]
        tally[NEURON_ADDS] += len(bar)
        clock[FROZEN], clock[VALID] = 1, FOREVER
    else:
        clock[FROZEN], clock[SINCE], clock[VALID] = 0, t, t - 1


# --- what arguments may be ---
def positive(value: Any, what: str) -> Any:
    """Time constants. Raises NetworkError unless all are above 0."""
    if not np.all((np.asarray(value) > 0) & np.isfinite(value)):
        raise NetworkError(f"{what} is {value} ticks; wanted a number above 0")
    return value


def whole(value: int | None, what: str) -> Any:
    """A number of ticks, or none. Raises NetworkError unless it is whole, and 0 or more."""
    if value is None:
        return None
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or not 0 <= value < 2**60:
        raise NetworkError(f"{what} is {value!r}; wanted a whole number of ticks, from 0 to below 2^60")
    return int(value)


def whole_each(value: Any, what: str) -> Any:
    """A number of ticks, or one a unit. Raises NetworkError unless they are whole, and 0 or more."""
    if not np.ndim(value):
        return whole(value, what)
    made = np.asarray(value)
    if made.dtype.kind not in "iu" or np.any(made < 0) or np.any(made >= 2**60):
        raise NetworkError(f"{what} is {value!r}; wanted whole numbers of ticks, from 0 to below 2^60")
    return made.astype(np.int64)


def finite(value: Any, what: str) -> Any:
    """Numbers, or none. Raises NetworkError unless they are finite."""
    if value is not None and not np.all(np.isfinite(value)):
        raise NetworkError(f"{what} is {value}; wanted a finite number")
    return value


def check_adapt(adapt: tuple[Any, float] | None, what: str) -> tuple[Any, float] | None:
    """A pair: what a spike adds to its unit's threshold, and the time constant in ticks with which that decays.

    Raises NetworkError for numbers that are not finite and 0 or more, or a time constant a unit.
    """
    if adapt is None:
        return None
    plus, slow = adapt
    if not np.all((np.asarray(plus) >= 0) & np.isfinite(plus)):
        raise NetworkError(f"adapt adds {plus} to a threshold; wanted a number, 0 or more")
    if np.ndim(slow):
        raise NetworkError(
            f"the time constant of adapt is {slow!r}; wanted one number: thresholds of a layer decay alike"
        )
    return plus if np.ndim(plus) else float(plus), float(positive(slow, "the time constant of adapt"))


def check_inhibition(given: tuple[str, Any] | None, what: str) -> tuple[str, Any] | None:
    """The effect of `inhibit`: ('subtract', amount) or ('set', potential). Raises NetworkError for anything else."""
    if given is None:
        return None
    kind, amount = given
    if kind not in INHIBITIONS[1:] or not np.all(np.isfinite(amount)):
        raise NetworkError(f"inhibition is {given!r}; wanted ('subtract', amount) or ('set', potential)")
    return kind, amount


# --- what a layer begins with ---
def above_rest(layer: LeakyIntegrate) -> NDArray[np.float64]:
    """Thresholds [units] as they lie above rest."""
    return one_a_unit(layer.threshold, layer.units, "threshold") - one_a_unit(layer.rest, layer.units, "rest")


def reset_above_rest(layer: LeakyIntegrate) -> Any:
    """The potential after a spike, above rest: a number, or one a unit."""
    return _minus_rest(layer, layer.rest if layer.reset_to is None else layer.reset_to, "reset_to")


def amount_above_rest(layer: LeakyIntegrate) -> Any:
    """By how much `inhibit` lowers potentials, or where above rest it sets them to."""
    kind, amount = layer.inhibition or ("none", 0.0)
    return _minus_rest(layer, amount, "inhibition") if kind == "set" else amount


def _minus_rest(layer: LeakyIntegrate, value: Any, what: str) -> Any:
    if not np.ndim(value) and not np.ndim(layer.rest):
        return float(value - layer.rest)
    return one_a_unit(value, layer.units, what) - one_a_unit(layer.rest, layer.units, "rest")


def kept_factors(layer: LeakyIntegrate) -> NDArray[Any]:
    """Factors of decay after 0, 1, 2, ... ticks, as the rule would work them out; [1] where tau is one a unit."""
    number = layer.weights.array.dtype.type
    if np.ndim(layer.tau):
        return np.ones(1, number)
    tau = float(number(layer.tau))
    return np.array([math.exp(-dt / tau) for dt in range(KEPT_FACTORS)]).astype(number)


def first_plan(layer: LeakyIntegrate) -> list[int]:
    """The words of `plan`."""
    window = -1 if layer.adapt is None else int(min(layer.adapt[1] / BARS_A_TAU, 2**40))
    silence, kind = -1 if layer.winner is None else layer.winner, (layer.inhibition or ("none",))[0]
    held: list[int] = []
    if np.ndim(layer.refractory):
        held = one_a_unit(layer.refractory, layer.units, "refractory").astype(np.int64).tolist()
    refractory = -1 if held else int(layer.refractory)  # type: ignore[arg-type]
    return [silence, refractory, layer.signed, layer.subtract, window, INHIBITIONS.index(kind), *held]


def first_clock(layer: LeakyIntegrate) -> list[int]:
    """The words of `clock`."""
    return [NOT_YET, NOT_YET, 0, FOREVER if layer.adapt is None else NOT_YET, 0]


ONE_RULE = "the units of a layer fire by one rule"


class LeakyIntegrate(Module):
    """A layer of leaky integrate-and-fire units over rows of `weights` [n_in, units]; times are in ticks.

    Ports take inputs of one tick in this order: reset (a sample begins), freeze (+1: thresholds stay as they are, -1:
    they adapt), spikes (rows to add), inhibit (wire `out` here: lateral inhibition).

    Units fire in the order of falling excess, the lowest index first at a tie. A delivery at the tick at which a silent
    window or a refractory time ends is integrated. Thresholds are checked when a row arrives and at no other time.
    `seen` [n_in] is the tick of each input's last spike since the last reset, NEVER_SEEN if there was none: plasticity
    may read it.

    Raises NetworkError for values that make no sense.
    """

    weights = Weights("n_in", "units", key="w")
    tau = Param(each=True, check=positive, doc="time constant of the potentials")
    rest = Option[ArrayLike](0.0, check=finite, doc="a number, or one a unit: what potentials decay to")
    threshold = Option[ArrayLike](1.0, doc="a number, or one a unit, above rest; a unit fires strictly above it")
    reset_to = Option[ArrayLike | None](
        None, check=finite, doc="a number, or one a unit: where a spike leaves the potential; rest by default"
    )
    subtract = Option(
        False, doc="a spike takes threshold - reset_to off (equation 1.9): what was beyond stays", one=ONE_RULE
    )
    refractory = Option[ArrayLike](
        0, check=whole_each, doc="a number, or one a unit: so long after its spike a unit is held: what arrives is lost"
    )
    adapt = Option[tuple[Any, float] | None](
        None,
        check=check_adapt,
        doc="(plus, time constant): a spike makes its unit's threshold higher by plus, a number or one a unit",
    )
    signed = Option(False, doc="units fire -1 as well, as far below rest; their reset is mirrored too", one=ONE_RULE)
    winner = Option[int | None](
        None, check=whole, one="it silences the layer as a whole",
        doc="hard winner-take-all: only the unit furthest past its threshold fires, all potentials go to reset_to, and "
        "for so many ticks (0 or more) nothing is integrated and nothing decays",
    )  # fmt: skip
    inhibition = Option[tuple[str, Any] | None](
        None, check=check_inhibition,
        doc='("subtract", amount) or ("set", potential): what a spike at port `inhibit` does to all other units',
    )  # fmt: skip

    start = Param(start=reset_above_rest, key="reset")
    plus = Param(start=lambda layer: layer.adapt[0] if layer.adapt else 0.0)
    slow = Param(start=lambda layer: layer.adapt[1] if layer.adapt else 1.0)
    amount = Param(start=amount_above_rest)
    phi = Potential(weights, leak=tau, resets="reset", winner=winner, doc="potentials above rest")
    theta = State(doc="what spikes have added to the thresholds, as of `clock`")
    bar = State(start=above_rest, doc="what potentials are checked against")
    above = State(start=above_rest, key="threshold", doc="thresholds above rest")
    step = State(start=lambda layer: layer.above - layer.start)
    factors = State(None, start=kept_factors)
    seen = Integers("n_in", start=NEVER_SEEN, doc="tick of each input's last spike since the last reset")
    until = Integers(start=NOT_YET, doc="the tick until which a unit is held")
    plan = Integers(None, start=first_plan)
    clock = Integers(5, start=first_clock)

    # Inputs of one tick go by the number of their port: a sample begins before its first spikes.
    reset = Port(begin_sample)
    freeze = Port(freeze_theta)
    spikes = Port(integrate, emits="out", accepts="n_in")
    inhibit = Port(hold_back, accepts="units")
    out = Outlet()
    errors: ClassVar[Mapping[int, str]] = {1: "a spike came to `inhibit`, but the layer was given no inhibition"}
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    n_in: int

    def check(self) -> None:
        """Potentials at rest, after a reset and after inhibition lie below thresholds."""
        above, reset = above_rest(self), one_a_unit(reset_above_rest(self), self.units, "reset_to")
        lowest = np.min(self.threshold)
        if above.min() <= 0:
            raise NetworkError(f"threshold {lowest} is not above rest {self.rest!s}: units would never be still")
        if np.any(reset > above) or (self.signed and np.any(-reset > above)):
            raise NetworkError(
                f"reset_to {self.reset_to!s} is past the threshold {lowest}: units would never stop firing"
            )
        if self.inhibition is not None and self.inhibition[0] == "set" and np.any(amount_above_rest(self) > above):
            raise NetworkError(f"inhibition sets potentials to {self.inhibition[1]}, which is past a threshold")
        if self.winner is not None and self.subtract:
            raise NetworkError("a winner resets the whole layer; subtract=True has no meaning there")

    def most_spikes(self) -> int:
        """One with a winner, one a unit with a reset, else sixteen a unit and what the largest weight can add."""
        if self.most is not None:
            return self.most
        if self.winner is not None:
            return 1
        if not self.subtract or np.min(self.refractory) > 0:
            return self.units
        largest = float(np.abs(self.weights.array).max())
        return self.units * (16 + math.ceil(largest / float(self.state["step"].min()))) + 64

    def check_integers(self, found: Found, time: int) -> None:
        """No input was seen at a tick to come: plasticity looks up what is left since then."""
        within("'seen'", found["seen"], *ticks(time))
        within("'until'", found["until"], -COUNT, 2 * COUNT - 1)
        any_tick = -COUNT, 2 * COUNT - 1
        moving = {UPDATED: any_tick, BUSY: any_tick, SINCE: any_tick, VALID: any_tick, FROZEN: (0, 2)}
        words("'clock'", found["clock"], self.integers["clock"], moving)

    def potentials(self, state: Mapping[str, NDArray[Any]], t: float) -> NDArray[np.float64]:
        """v [units] at time t, not before the last delivery, of `sim.state(layer)`; nothing is changed."""
        begin = np.maximum(state["clock"][UPDATED], state["until"])
        waited = np.where(begin == NOT_YET, 0.0, np.maximum(ticks_since(begin, t), 0))
        v: NDArray[np.float64] = self.rest + state["phi"].astype(np.float64) * np.exp(-waited / np.asarray(self.tau))
        return v

    def thresholds(self, state: Mapping[str, NDArray[Any]], t: float) -> NDArray[np.float64]:
        """Thresholds [units] at time t of `sim.state(layer)`, with what spikes have added to them."""
        clock, theta = state["clock"], state["theta"].astype(np.float64)
        if self.adapt is not None and clock[FROZEN] == 0:
            theta = theta * np.exp(-float(ticks_since(clock[SINCE], t)) / self.adapt[1])
        limits: NDArray[np.float64] = np.asarray(self.threshold, dtype=np.float64) + theta
        return limits


def ticks_since(begin: Any, t: float) -> NDArray[np.float64]:
    """Ticks from `begin` (int64) to time t. Whole ticks are subtracted as such: float64 names few beyond 2^53."""
    tick = math.floor(t)
    since: NDArray[np.float64] = (tick - np.asarray(begin, dtype=np.int64)).astype(np.float64) + (t - tick)
    return since
