"""Local filters on leaky traces: how a network takes in the signed events of an event camera.

An event at a pixel belongs to every patch that covers it. A patch keeps, for each of its filters and each of M time
constants, a leaky sum of the filter's words at the pixels of its events:

    u[q, m, k] <- u[q, m, k] exp(-(t - t_q) / tau_m) + s w[p - corner(q), m, k]        at an event (t, p, s)
    h[q, k]     = relu(bias[k] + sum_m u[q, m, k])                                     when the patch is looked at

The network is linear up to h, so that events need no quantizer and no pixel needs a trace of its own. Two time
constants or more tell the direction of motion; one cannot. A unit stands for round(scale h) and sends the changes of
that number.

A patch is looked at after its events: at the end of the instant, or at the next multiple of `every` ticks. Between
events sums decay, and their unit's number may change: after each look a patch predicts the earliest time at which it
could, from how fast its traces can fall at most, and is looked at again then, and not before. A quiet scene costs
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.declarations import Derived, Integers, Option, Patches, Potential, State, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.out import NEVER
from eventnet.kernels.patches import C_OUT, KERNEL_WIDTH, W_OUT, patch_of
from eventnet.kernels.prediction_heap import look_after
from eventnet.kernels.ranges import COUNT, within, words
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.rows import spike_often
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.rounding import WAITING, check_waiting, rounded, take_place, wait_place
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS

# Words of `plan`: ticks between looks at events (0: at the end of each instant); ticks between two looks at a patch
# without events, at least (0: it is never looked at); whether a notice is on its way.
EVERY, LEAST, NOTICED = range(3)


@register_jitable
def decay_place(place: int, t: int, u: Any, tau: Any, when: Any, tally: Any) -> None:
    """Let a patch's sums decay up to now."""
    dt = t - when[place]
    when[place] = t
    if dt <= 0:  # less where time begins before tick 0
        return
    filters = len(u) // (len(when) * len(tau))
    at = place * len(tau) * filters
    for m in range(len(tau)):
        factor = tau.dtype.type(math.exp(-dt / np.float64(tau[m])))
        for j in range(at + m * filters, at + (m + 1) * filters):
            u[j] *= factor
    tally[MULTIPLIES] += len(tau) * (filters + 1)


@rule
def touch(i, s, t, out, tally, u, tau, frame, rows, columns, when, ring, waits, cursor, plan, w):
    """Add the pixel's words to every patch that covers it."""
    _, n_y, y, slot_y, n_x, x, slot_x = patch_of(i, frame, rows, columns)
    words = frame[C_OUT]
    for a in range(n_y):
        for b in range(n_x):
            place = (y + a) * frame[W_OUT] + x + b
            begin = ((slot_y + a) * frame[KERNEL_WIDTH] + slot_x + b) * words
            decay_place(place, t, u, tau, when, tally)
            if s > 0:
                for j in range(words):
                    u[place * words + j] += w[0, begin + j]
            else:
                for j in range(words):
                    u[place * words + j] -= w[0, begin + j]
            wait_place(place, ring, waits, cursor)
    tally[SYNAPTIC_ADDS] += n_y * n_x * words
    tally[READS] += n_y * n_x * words
    if plan[NOTICED] == 0 and n_y * n_x > 0:
        plan[NOTICED] = 1
        if plan[EVERY] == 0:
            out.spike(0, 1, 0)
        else:
            out.later(0, 1, 0, plan[EVERY] - t % plan[EVERY])


@register_jitable
def look_at(
    place: int, t: int, u: Any, tau: Any, bias: Any, scale: Any, sent: Any, when: Any, plan: Any, out: Any, tally: Any
) -> None:
    """Send what has changed of one patch's numbers, and predict when the next may change."""
    decay_place(place, t, u, tau, when, tally)
    filters, soonest = len(bias), NEVER
    made = active = 0
    for k in range(filters):
        at, value = place * len(tau) * filters + k, bias[k]
        for m in range(len(tau)):
            value += u[at + m * filters]
        number = 0
        if value > 0:
            number = int(rounded(scale[k] * value))
            active += 1
        unit = place * filters + k
        left = int(number - sent[unit])
        sent[unit] = number
        spike_often(out, unit, 1 if left > 0 else -1, abs(left), np.float64(abs(left)))
        made += abs(left)
        if soonest > plan[LEAST] > 0:  # sooner than that it is not looked at
            soonest = min(soonest, time_left(at, filters, number, value, u, tau, scale[k], tally))
    tally[NEURON_ADDS] += filters * (len(tau) + 1) + active
    tally[MULTIPLIES] += active
    tally[COMPARES] += filters + made
    if plan[LEAST] > 0:
        look_after(place, t, max(float(soonest), float(plan[LEAST])), out)


@register_jitable
def drift(at: int, filters: int, u: Any, tau: Any) -> Any:
    """Largest rise and fall of a unit's value by decay, and both rates at first, a tick: up, down, rising, falling.

    Traces below 0 let the value rise by their sum, at first at the sum of their slopes; those above let it fall.
    """
    up = down = rising = falling = 0.0
    for m in range(len(tau)):
        part = np.float64(u[at + m * filters])
        if part < 0:
            up -= part
            rising -= part / np.float64(tau[m])
        else:
            down += part
            falling += part / np.float64(tau[m])
    return up, down, rising, falling


@register_jitable
def time_left(at: int, filters: int, number: int, value: Any, u: Any, tau: Any, scale: Any, tally: Any) -> Any:
    """Ticks in which no decay can carry a unit's value past the middle between two numbers; infinity for never."""
    up, down, rising, falling = drift(at, filters, u, tau)
    above = (number + 0.5) / np.float64(scale) - np.float64(value)
    below = np.float64(value) - (number - 0.5) / np.float64(scale)
    tally[NEURON_ADDS] += 2 * len(tau) + 2
    tally[MULTIPLIES] += len(tau) + 2
    tally[COMPARES] += 2
    least = NEVER
    if above < up:
        least = above / rising
        tally[MULTIPLIES] += 1
    if number > 0 and below < down:
        least = min(least, below / falling)
        tally[MULTIPLIES] += 1
    return least


@rule
def look(i, s, t, out, tally, u, tau, bias, scale, sent, when, ring, waits, cursor, plan):
    """Look at every patch that has had events since the last look."""
    plan[NOTICED] = 0
    while cursor[WAITING] > 0:
        place = take_place(ring, waits, cursor)
        look_at(place, t, u, tau, bias, scale, sent, when, plan, out, tally)


@rule
def look_again(i, s, t, out, tally, u, tau, bias, scale, sent, when, plan):
    """The time that patch i predicted has come."""
    look_at(i, t, u, tau, bias, scale, sent, when, plan, out, tally)


@rule
def look_at_all(i, s, t, out, tally, u, tau, bias, scale, sent, when, plan):
    """Look at every patch, once, before the first event: biases count too."""
    for place in range(len(when)):
        look_at(place, t, u, tau, bias, scale, sent, when, plan, out, tally)


def check_taus(tau: Any, what: str) -> list[float]:
    """Time constants as a list. Raises NetworkError for what is none."""
    if np.ndim(tau) != 1:
        raise NetworkError(f"{what} is {tau!r}; wanted a list of numbers above 0")
    return list(tau)


ONE_LOOK = "patches and windows are looked at by one clock"


def ticks_or_0(ticks: int, what: str) -> int:
    """A number of ticks. Raises NetworkError below 0."""
    if ticks < 0:
        raise NetworkError(f"{what} is {ticks} ticks; wanted 0 or more")
    return ticks


def first_biases(bank: FilterBank, bias: ArrayLike | None) -> NDArray[np.float64]:
    """One a filter; 0 where none are given. Raises NetworkError for others."""
    made = np.zeros(bank.filters) if bias is None else np.asarray(bias, dtype=np.float64)
    if made.shape != (bank.filters,) or not np.all(np.isfinite(made)):
        raise NetworkError(f"bias has shape {made.shape}; wanted [{bank.filters}] finite numbers")
    return made


def first_scales(bank: FilterBank, scale: ArrayLike) -> NDArray[np.float64]:
    """One a filter, or one for all. Raises NetworkError unless they are above 0."""
    made = np.asarray(scale, dtype=np.float64)
    if not np.all(np.isfinite(made)) or made.min() <= 0:
        raise NetworkError(f"scales go from {made.min()}; wanted numbers above 0")
    return made if made.size > 1 else made.reshape(())


class FilterBank(Module):
    """The base of layers of local filters on leaky traces: patches of pixels, weights, scales, times of looks."""

    geometry = Patches(doc="`Geometry.window((1, height, width), filters * len(tau), size, stride)`: patches of pixels")
    weights = Weights(
        None, None, key="w",
        doc="`kernel_rows` of a kernel [len(tau) * filters, 1, height, width]; channel m * filters + k is for time "
        "constant m and filter k",
    )  # fmt: skip
    tau = Option[Sequence[float]](
        positional=True,
        check=check_taus,
        doc="time constants in ticks, each above 0; every patch has traces of all of them",
    )
    every = Option(
        0,
        check=ticks_or_0,
        doc="look at patches with events at multiples of so many ticks; 0 at the end of each instant",
        one=ONE_LOOK,
    )
    least = Option(
        1000, check=ticks_or_0, one=ONE_LOOK,
        doc="look at a patch without events when it predicts a change, but not twice within so many ticks; 0 never",
    )  # fmt: skip
    places = Derived[int](lambda bank: bank.geometry.places_out)
    channels = Derived[int](lambda bank: bank.geometry.shape_out[0])
    filters = Derived[int](lambda bank: bank.channels // len(bank.tau))
    n_in = Derived[int](lambda bank: bank.geometry.units_in)
    units = Derived[int](lambda bank: bank.places * bank.filters)

    u = State(
        "places * channels", doc="the leaky sums of each patch, all filters of the first time constant, and so on"
    )
    taus = State(None, start=lambda bank: np.asarray(bank.tau, dtype=np.float64), key="tau")
    bias = State("filters", given=None, start=first_biases, doc="0 by default")
    scale = State("filters", given=1.0, start=first_scales, doc="a unit stands for round(scale h)")
    when = Integers("places", doc="when each patch's sums were as they are")
    ring = Integers("places")
    waits = Integers("places")
    cursor = Integers(4)
    plan = Integers(3, start=lambda bank: [bank.every, bank.least, 0])

    def check(self) -> None:
        """Time constants divide the channels, and weights are for pixels of one channel."""
        channels, taus = self.channels, np.asarray(self.tau, dtype=np.float64)
        if taus.ndim != 1 or not len(taus) or not np.all(np.isfinite(taus)) or taus.min() <= 0 or channels % len(taus):
            raise NetworkError(
                f"tau is {self.tau} for {channels} channels; wanted numbers above 0, as many as divide them"
            )
        row_words = self.geometry.row_words
        if self.geometry.shape_in[0] != 1 or self.weights.array.shape != (1, row_words):
            raise NetworkError(f"weights are {self.weights!r}; wanted 1 x {row_words}, for pixels of one channel")

    def check_integers(self, found: Found, time: int) -> None:
        """Patches wait in order, and the plan is the module's."""
        check_waiting(found, 1, 1)
        words("'plan'", found["plan"], self.integers["plan"], {NOTICED: (0, 2)})
        for name in {"when", "updated"} & set(found):
            within(f"{name!r}", found[name], -COUNT, COUNT)

    @property
    def map_out(self) -> tuple[int, int, int]:
        """Shape (filters, height, width) of what it sends."""
        return self.filters, *self.geometry.shape_out[1:]

    def words_of(self, index: int, blocks: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """The kernel's words for a pixel in every patch that covers it, summed over time constants, [units]."""
        g, w = self.integers, blocks["w"]
        _, n_y, y, slot_y, n_x, x, slot_x = patch_of(index, g["frame"], g["rows"], g["columns"])
        filters, words = self.filters, g["frame"][C_OUT]
        found = np.zeros(self.units)
        for a in range(n_y):
            for b in range(n_x):
                place = (y + a) * g["frame"][W_OUT] + x + b
                begin = ((slot_y + a) * g["frame"][KERNEL_WIDTH] + slot_x + b) * words
                part = w[0, begin : begin + words].astype(np.float64).reshape(-1, filters)
                found[place * filters : (place + 1) * filters] = part.sum(axis=0)
        return found

    def most_spikes(self) -> int:
        """By default eight a unit, and a notice; `most=` overrides it."""
        return self.most if self.most is not None else 8 * self.units + 64


class LeakyFilters(FilterBank):
    """Shared local filters on leaky traces of signed events; rectified, as a Sigma-Delta layer.

    Ports: spikes (pixels: index y * width + x, sign), look (its own notices), again (what patches predicted), begin
    (look at all patches once). Outlets: out (unit place * filters + k: a map of [filters, height, width]), notice,
    predicted.
    """

    u = Potential(words={"spikes": "words_of"}, shape="places * channels", doc=FilterBank.u.doc)
    sent = Integers(doc="the number that each unit stands for, to those who listen")

    spikes = Port(touch, emits="notice", accepts="n_in")
    look = Port(look, emits="out")
    again = Port(look_again, emits="out", accepts="places")
    begin = Port(look_at_all, emits="out")
    out = Outlet()
    notice = Outlet(width=1, settles="look")
    predicted = Outlet(width="places", predicts="again")
