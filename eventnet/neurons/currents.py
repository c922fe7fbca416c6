"""Leaky integrate-and-fire neurons with synaptic currents, whose spikes are predicted: nothing runs between events.

    tau_m v' = -v + I                    v above rest; the current I in the unit of v
    exponential    tau_s I' = -I         an input of weight w adds w to I
    alpha-shaped   I of one input = w (t / tau_s) exp(1 - t / tau_s)        the current peaks at w, tau_s later

At its threshold a unit fires, v goes to the reset and stays there for the refractory time, while the current goes on.
Each unit has its own last time. An input brings its unit up to date exactly, adds to the current, and predicts the next
crossing in closed form or by Newton's method (`crossing`); a later input moves it or takes it back. So a unit has one
entry in the queue at most.

Times of crossings are float64. A spike is *delivered* at the first tick not before its crossing, before everything
else of that tick; the unit itself goes on from the exact time: its refractory time ends `refractory` ticks after the
crossing and not after the delivery. No input can come between the two, since inputs come at whole ticks. Only its
delivery is rounded: others hear of it less than a tick late, and no error adds up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.declarations import Derived, Integers, Option, Potential, State, Weights
from eventnet.errors import NetworkError
from eventnet.given import as_array, one_a_unit
from eventnet.kernels.out import NEVER
from eventnet.kernels.prediction_heap import FOREVER
from eventnet.kernels.ranges import BY_NO_RULE, COUNT, same, ticks, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.crossing import (
    ALPHA,
    CONSTANTS,
    JUMP,
    KIND,
    NEAR,
    RESET,
    TAU_S,
    alpha_factors,
    alpha_time_to_threshold,
    constants,
    factors,
    helper,
    larger,
    time_to_threshold,
)
from eventnet.neurons.sparse import check_rows
from eventnet.rule import Rule, rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS

# Words of `plan`: refractory time in ticks; whether spikes leave by the axon, too. Where a number is one a unit, the
# words of `plan` and of `constants` stand there once for each unit.
REFRACTORY, AXON = range(2)
PLAN = 2
# Words of `updates`: all of them; those that moved a standing prediction, and those that took one back.
ALL, MOVED, CANCELLED = range(3)

EACH = ("tau_m", "tau_s", "rest", "threshold", "reset", "refractory")
"""Numbers that are the same for all units, or one a unit."""

LONG_AGO = -(2**62)
AS_FLOAT64 = np.float64
"""The constants are float64 in every network: as words among the integers."""


# What a rule and its other form, for numbers one a unit, share: each has it in its own loop.
inlined: Any = register_jitable(forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy")


# --- one unit --------------------------------------------------------------------------------------------------------
@helper
def bring_up(
    j: int, t: int, v: Any, current: Any, rise: Any, early: Any, updated: Any, fired: Any, plan: Any, c: Any, tally: Any
) -> Any:
    """Potential, current and its slope of unit j at tick t, and how many ticks it is still refractory (0: not)."""
    now, there, climb, left = np.float64(v[j]), np.float64(current[j]), 0.0, 0.0
    if c[KIND] == ALPHA:
        climb = np.float64(rise[j])
    d = np.float64(np.int64(max(t - updated[j], 0)))
    if fired[j] + plan[REFRACTORY] > updated[j]:  # it was refractory at the last update
        left = time_held(j, t, early, fired, plan)
        there, climb = let_decay(there, climb, d + left if left < 0.0 else d, c, tally)
        d = larger(-left, 0.0)
        tally[NEURON_ADDS] += 1 + (left < 0.0)
    if d > 0.0:
        if c[KIND] == ALPHA:
            of_v, of_current, came, climbed = alpha_factors(d, c[NEAR], c, tally)
            now = now * of_v + there * came + climb * climbed
            there, climb = (there + climb * d) * of_current, climb * of_current
            tally[MULTIPLIES] += 6
            tally[NEURON_ADDS] += 3
        else:
            of_v, of_current, came = factors(d, c[NEAR], c, tally)
            now, there = now * of_v + there * came, there * of_current
            tally[MULTIPLIES] += 3
            tally[NEURON_ADDS] += 1
    return now, there, climb, larger(left, 0.0)


@helper
def let_decay(there: Any, climb: Any, d: Any, c: Any, tally: Any) -> Any:
    """A current and its slope, d ticks later."""
    left = math.exp(-d / c[TAU_S])
    tally[MULTIPLIES] += 2
    if c[KIND] == ALPHA:
        tally[MULTIPLIES] += 2
        tally[NEURON_ADDS] += 1
        return (there + climb * d) * left, climb * left
    return there * left, climb


@helper
def time_held(j: int, t: int, early: Any, fired: Any, plan: Any) -> Any:
    """Ticks from t on for which a unit that has fired is refractory; less than 0 when that is over."""
    return np.float64(fired[j] + plan[REFRACTORY] - t) - np.float64(early[j])


@helper
def predict_crossing(
    j: int, t: int, left: Any, v: Any, current: Any, rise: Any, ahead: Any, due: Any, updates: Any, c: Any, out: Any,
    tally: Any,
) -> None:  # fmt: skip
    """Set, move or take back the crossing of unit j, which is refractory for `left` ticks more."""
    now, there, climb = np.float64(v[j]), np.float64(current[j]), 0.0
    if c[KIND] == ALPHA:
        climb = np.float64(rise[j])
    if left > 0.0:
        there, climb = let_decay(there, climb, left, c, tally)
        tally[NEURON_ADDS] += 1
    if c[KIND] == ALPHA:
        wait = alpha_time_to_threshold(now, there, climb, c, tally)
    else:
        wait = time_to_threshold(now, there, c, tally)
    if left > 0.0:
        wait = left + wait
    stood = due[j] != FOREVER
    if wait == NEVER:
        if stood:
            due[j] = FOREVER
            updates[CANCELLED] += 1
            out.cancel(j)
        return
    # Whole ticks and what is less than one apart: how exact a time is does not depend on how late it is.
    ticks, part = 1, 1.0
    if wait >= 2.0**62:  # for `out` to refuse, too
        out.predict(j, wait)
        return
    if wait > 0.0:
        ticks = math.ceil(wait)
        part = ticks - wait
        tally[NEURON_ADDS] += 1
    elif wait != wait:  # for `out` to refuse
        out.predict(j, wait)
        return
    ahead[j], due[j] = ahead.dtype.type(part), t + ticks
    if stood:
        updates[MOVED] += 1
    out.predict(j, t + ticks)


# --- rules -----------------------------------------------------------------------------------------------------------
@inlined
def synapses_of(i: int, start: Any, w: Any) -> Any:
    """The row of the weights that an input adds, and from where to where its synapses stand there."""
    if len(start) > 0:
        return 0, start[i], start[i + 1]
    return i, 0, w.shape[1]


@inlined
def take(
    j: int, row: int, k: int, s: int, t: int, v: Any, current: Any, rise: Any, early: Any, ahead: Any, updated: Any,
    fired: Any, due: Any, plan: Any, updates: Any, c: Any, w: Any, out: Any, tally: Any,
) -> None:  # fmt: skip
    """Synapse k of a row adds to the current of unit j, which predicts its next crossing again."""
    now, there, climb, left = bring_up(j, t, v, current, rise, early, updated, fired, plan, c, tally)
    if c[KIND] == ALPHA:
        jump = c[JUMP] * np.float64(w[row, k])
        climb = climb + jump if s > 0 else climb - jump
        rise[j] = v.dtype.type(climb)
        tally[MULTIPLIES] += 1
    else:
        there = there + np.float64(w[row, k]) if s > 0 else there - np.float64(w[row, k])
    updated[j], v[j], current[j] = t, v.dtype.type(now), v.dtype.type(there)
    predict_crossing(j, t, left, v, current, rise, ahead, due, updates, c, out, tally)


@inlined
def count_synapses(n: int, updates: Any, tally: Any) -> None:
    """n units took a weight each."""
    updates[ALL] += n
    tally[SYNAPTIC_ADDS] += n
    tally[READS] += n
    tally[COMPARES] += n


@rule
def receive(
    i, s, t, out, tally, v, current, rise, early, ahead, updated, fired, due, start, targets, plan, updates, constants,
    w,
):  # fmt: skip
    """Row i adds to the currents of its targets; each predicts its next crossing again."""
    c = constants.view(AS_FLOAT64)
    row, first, last = synapses_of(i, start, w)
    sparse = len(start) > 0
    for k in range(first, last):
        j = targets[k] if sparse else k
        take(j, row, k, s, t, v, current, rise, early, ahead, updated, fired, due, plan, updates, c, w, out, tally)
    count_synapses(last - first, updates, tally)


@rule
def receive_each(
    i, s, t, out, tally, v, current, rise, early, ahead, updated, fired, due, start, targets, plan, updates, constants,
    w,
):  # fmt: skip
    """As `receive`, where each unit has numbers of its own."""
    c = constants.view(AS_FLOAT64)
    row, first, last = synapses_of(i, start, w)
    sparse = len(start) > 0
    for k in range(first, last):
        j = targets[k] if sparse else k
        own, held = c[j * CONSTANTS : (j + 1) * CONSTANTS], plan[j * PLAN : (j + 1) * PLAN]
        take(j, row, k, s, t, v, current, rise, early, ahead, updated, fired, due, held, updates, own, w, out, tally)
    count_synapses(last - first, updates, tally)


@inlined
def fire(
    i: int, t: int, v: Any, current: Any, rise: Any, early: Any, ahead: Any, updated: Any, fired: Any, due: Any,
    delays: Any, plan: Any, updates: Any, c: Any, out: Any, tally: Any,
) -> None:  # fmt: skip
    """Unit i crossed its threshold `ahead` ticks ago: it fires, and is refractory from then on."""
    climb = 0.0
    if c[KIND] == ALPHA:
        climb = np.float64(rise[i])
    there, climb = let_decay(np.float64(current[i]), climb, np.float64(np.int64(max(t - updated[i], 0))), c, tally)
    if c[KIND] == ALPHA:
        rise[i] = v.dtype.type(climb)
    v[i], current[i] = v.dtype.type(c[RESET]), v.dtype.type(there)
    updated[i], fired[i], early[i], due[i] = t, t, ahead[i], FOREVER
    out.spike(i, 1, 0)
    if plan[AXON] != 0:
        out.later(i, 1, 1, delays[i])
    left = larger(time_held(i, t, early, fired, plan), 0.0)
    tally[NEURON_ADDS] += 1
    tally[COMPARES] += 1
    predict_crossing(i, t, left, v, current, rise, ahead, due, updates, c, out, tally)


@rule
def cross(i, s, t, out, tally, v, current, rise, early, ahead, updated, fired, due, delays, plan, updates, constants):
    """The predicted crossing of unit i has come: it fires."""
    c = constants.view(AS_FLOAT64)
    fire(i, t, v, current, rise, early, ahead, updated, fired, due, delays, plan, updates, c, out, tally)


@rule
def cross_each(
    i, s, t, out, tally, v, current, rise, early, ahead, updated, fired, due, delays, plan, updates, constants
):  # fmt: skip
    """As `cross`, where each unit has numbers of its own."""
    c, held = constants.view(AS_FLOAT64)[i * CONSTANTS : (i + 1) * CONSTANTS], plan[i * PLAN : (i + 1) * PLAN]
    fire(i, t, v, current, rise, early, ahead, updated, fired, due, delays, held, updates, c, out, tally)


# --- modules ---------------------------------------------------------------------------------------------------------
def check_refractory(refractory: Any, what: str) -> Any:
    """A refractory time, or one a unit. Raises NetworkError unless they are whole numbers of ticks, at least 1."""
    if np.ndim(refractory):
        made = np.asarray(refractory)
        if made.dtype.kind not in "iu" or np.any(made < 1) or np.any(made >= 2**61):
            raise NetworkError(f"{what} is {refractory!r}; wanted whole numbers of ticks, at least 1")
        return made.astype(np.int64)
    whole = isinstance(refractory, int | np.integer) and not isinstance(refractory, bool)
    if not whole or not 1 <= refractory < 2**61:
        raise NetworkError(f"{what} is {refractory!r}; wanted a whole number of ticks, at least 1")
    return refractory


def lists_of(layer: CurrentLayer) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """start and targets of the synapses; two empty ones where each input reaches every unit.

    Raises NetworkError for lists, or weights, that do not fit the layer.
    """
    w = layer.weights
    if layer.start is not None and layer.targets is not None:
        return check_rows(layer.start, layer.targets, w.rows, w.cols, layer.units)
    if layer.start is not None or layer.targets is not None:
        raise NetworkError("start and targets make lists together; one of them is missing")
    if w.cols != layer.units:
        raise NetworkError(f"{w!r} for {layer.units} units; wanted [inputs, {layer.units}], or start and targets")
    return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)


def have_own(layer: CurrentLayer) -> bool:
    """Whether a number of the layer is one a unit."""
    return any(as_array(getattr(layer, name), f"{name} of a layer").ndim > 0 for name in EACH)


def first_constants(layer: CurrentLayer) -> NDArray[np.int64]:
    """Words of float64 that `constants` makes, as integers; where a number is one a unit, those of each unit."""
    reset = layer.rest if layer.reset is None else layer.reset
    if not layer.own_numbers:
        return unit_constants(layer.alpha, layer.tau_m, layer.tau_s, layer.rest, layer.threshold, reset)
    given = (("tau_m", layer.tau_m), ("tau_s", layer.tau_s), ("rest", layer.rest), ("threshold", layer.threshold))
    columns = [one_a_unit(value, layer.units, name) for name, value in (*given, ("reset", reset))]
    found: dict[tuple[float, ...], NDArray[np.int64]] = {}
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    for row in rows:  # those of a kind are worked out once
        if row not in found:
            found[row] = unit_constants(layer.alpha, *row)
    return np.concatenate([found[row] for row in rows])


def unit_constants(alpha: bool, tau_m: Any, tau_s: Any, rest: Any, threshold: Any, reset: Any) -> NDArray[np.int64]:
    """The `constants` of one unit, as the words [CONSTANTS] that rules read; potentials as given, not above rest."""
    return constants(tau_m, tau_s, threshold - rest, reset - rest, alpha=alpha).view(np.int64)


def first_plan(layer: CurrentLayer) -> list[int]:
    """The words of `plan`; where a number is one a unit, those of each unit."""
    axon = layer.delays is not None
    if not layer.own_numbers:
        return [int(layer.refractory), axon]  # type: ignore[arg-type]
    return [word for held in one_a_unit(layer.refractory, layer.units, "refractory") for word in (int(held), axon)]


class CurrentLayer(Module):
    """The base of `ExponentialCurrent` and `AlphaCurrent`."""

    alpha: ClassVar[bool] = False
    weights = Weights("n_rows", "n_columns", key="w", doc="[n_in, units]; or [1, synapses], with start and targets")
    start = Option[ArrayLike | None](None, doc="[n_in + 1] which synapses are an input's (`sparse_rows`)")
    targets = Option[ArrayLike | None](None, doc="[synapses] the unit that each reaches")
    tau_m = Option[ArrayLike](20_000.0, doc="a number, or one a unit: time constant of the membrane, in ticks")
    tau_s = Option[ArrayLike](10_000.0, doc="a number, or one a unit: that of the currents")
    rest = Option[ArrayLike](0.0, doc="a number, or one a unit: what potentials decay to")
    threshold = Option[ArrayLike](1.0, doc="a number, or one a unit: above rest and above reset")
    reset = Option[ArrayLike | None](
        None,
        doc="a number, or one a unit: where the potential goes at a spike; None for rest. (To subtract what the "
        "threshold is above rest comes to the same: at an exact crossing the potential is the threshold.)",
    )
    refractory = Option[ArrayLike](
        1, check=check_refractory,
        doc="a number, or one a unit: ticks for which v stays there, counted from the exact crossing; at least 1",
    )  # fmt: skip
    delays = Option[ArrayLike | None](
        None, doc="[units] ticks of each unit's axon: the outlet `axon` sends each spike so much later"
    )

    own_numbers = Derived[bool](have_own)

    v = Potential(words={"spikes": "row_of"}, doc="potentials above rest, as of `updated`")
    current = State(doc="currents, as of `updated`")
    early = State(doc="how long before its tick the last spike was, in [0, 1]")
    ahead = State(doc="how long before its tick the next one is predicted")
    rise = State(None, start=lambda layer: np.zeros(layer.units if layer.alpha else 1), doc="slopes of the currents")
    updated = Integers(start=LONG_AGO, doc="tick of each unit's last update")
    fired = Integers(start=LONG_AGO, doc="tick at which its last spike was delivered")
    due = Integers(start=FOREVER, doc="tick at which its next one will be; 2^62 for none")
    begins = Integers(None, start=lambda layer: lists_of(layer)[0], key="start", doc="as given, or none")
    reached = Integers(None, start=lambda layer: lists_of(layer)[1], key="targets", doc="as given, or none")
    later = Integers(start=lambda layer: check_delays(layer.delays, layer.units), key="delays")
    plan = Integers(None, start=first_plan)
    updates = Integers(3, doc="updates, those that moved a prediction and those that took one back")
    words = Integers(None, start=first_constants, key="constants", doc="float64 as integers")
    n_in = Derived[int](lambda layer: len(layer.begins) - 1 if len(layer.begins) else layer.weights.rows)

    spikes = Port(receive, each=receive_each, accepts="n_in")
    crossing = Port(cross, each=cross_each, emits=("out", "axon"), accepts="units")
    out = Outlet()
    axon = Outlet()
    predicted = Outlet(predicts="crossing")
    most = Derived(2)  # a spike of one unit, at both outlets
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    n_rows: int
    n_columns: int

    def rule_of(self, rule: Rule) -> Rule:
        """The rule of a port; where a number is one a unit, its form for that."""
        each = {port.rule: port.each for port in self.ports.values()}[rule]
        return each if self.own_numbers and each is not None else rule

    def row_of(self, index: int, blocks: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """The additions of an input to the currents of the units [units]."""
        w, start = blocks["w"], self.integers["start"]
        added = np.zeros(self.units)
        if not len(start):
            added += w[index]
            return added
        own = slice(start[index], start[index + 1])
        np.add.at(added, self.integers["targets"][own], w[0, own])
        return added

    def check_integers(self, found: Found, time: int) -> None:
        """Ticks are past or predicted, counts are counts, and constants and plan are the module's."""
        for name in ("updated", "fired"):
            within(f"{name!r}", found[name], *ticks(time))
        within("'due'", found["due"], -COUNT, FOREVER + 1)
        within("'updates'", found["updates"], 0, COUNT)
        for name in {"constants", "plan"} & set(found):
            same(f"{name!r}", found[name], self.integers[name], BY_NO_RULE)

    def potential(self, view: Any, t: int) -> NDArray[np.float64]:
        """Potentials [units] at tick t, of `sim[layer]`: the exact solution from each unit's last time on.

        Nothing is changed. Raises NetworkError for a time before a unit's last.
        """
        if t < int(view.updated.max()):
            raise NetworkError(f"potentials at t={t} of {self.name!r}, whose last update was at t={view.updated.max()}")
        c, nothing = view.constants.view(np.float64), np.zeros(12, dtype=np.int64)
        arrays = (view.v, view.current, view.rise, view.early, view.updated, view.fired)
        own = range(self.units) if self.own_numbers else [0] * self.units
        found = [
            bring_up(j, t, *arrays, view.plan[k * PLAN :], c[k * CONSTANTS :], nothing)[0] for j, k in enumerate(own)
        ]
        v: NDArray[np.float64] = np.asarray(self.rest) + np.array(found)
        return v

    def potentials(self, state: Mapping[str, NDArray[Any]], t: int) -> NDArray[np.float64]:
        """The same of `sim.state(layer)`, as recorders ask for it."""
        names = ("v", "current", "rise", "early", "updated", "fired", "plan", "constants")
        return self.potential(SimpleNamespace(**{name: state[name] for name in names}), t)


class ExponentialCurrent(CurrentLayer):
    """Leaky integrate-and-fire units whose inputs are currents that decay exponentially (iaf_psc_exp in NEST).

        tau_m v' = -v + I        tau_s I' = -I

    An input of weight w adds w to the current. At `crossing` predicted spikes come back; they leave at `out` at once,
    and at `axon` later. The time of a unit's last spike is fired - early, and that of the next one predicted
    due - ahead (ticks): the integer is the tick of delivery.
    Raises NetworkError for values that cannot be.
    """


class AlphaCurrent(CurrentLayer):
    """As `ExponentialCurrent`, for alpha-shaped currents (iaf_psc_alpha in NEST): weight w peaks at w after tau_s.

        tau_m v' = -v + I        I of one input = w (t / tau_s) exp(1 - t / tau_s)

    The state has current and its slope, rise: (current + rise t) exp(-t / tau_s) t ticks later.
    """

    alpha = True


def check_delays(delays: ArrayLike | None, units: int) -> NDArray[np.int64]:
    """Axonal delays [units] in ticks, 0 for None. Raises NetworkError for what is no whole number, 0 or more."""
    given = np.zeros(units, dtype=np.int64) if delays is None else np.asarray(delays)
    if given.shape != (units,) or given.dtype.kind not in "iu" or given.min() < 0 or given.max() >= 2**61:
        raise NetworkError(f"delays are {given.shape} of {given.dtype}; wanted [{units}] whole ticks, 0 or more")
    return given.astype(np.int64)
