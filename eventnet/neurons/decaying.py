"""Filters and pools whose messages fade: what has been sent decays by itself, with the sender and with the receiver.

    s[j] <- s[j] exp(-(t - t_j) / fade)                              what unit j has sent, in quanta, before a look
    n = round(scale (h[j] - rest[j]) - s[j]);  s[j] <- s[j] + n      n spikes

A Sigma-Delta layer must take back all that it has sent when its traces decay; here only what decays otherwise than
predicted is sent. rest is what a unit stands for when nothing happens, so that a quiet scene sends nothing: what comes
next has to know it. This is proportional-derivative coding (thesis 5.3) with a decay in continuous time, and with a
quantizer that remembers exactly what was sent.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike

from eventnet.declarations import Derived, Integers, Option, Param, Patches, Potential, State
from eventnet.errors import NetworkError
from eventnet.kernels.out import NEVER
from eventnet.kernels.patches import patch_of
from eventnet.kernels.prediction_heap import look_after
from eventnet.kernels.ranges import COUNT, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.rows import spike_often
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.filters import LEAST, NOTICED, ONE_LOOK, FilterBank, decay_place, drift, ticks_or_0, touch
from eventnet.neurons.rounding import NOTICED as GIVEN
from eventnet.neurons.rounding import WAITING, check_waiting, give_notice, rounded, take_place, unit_scales, wait_place
from eventnet.neurons.sigma_delta import keeps_channels
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS, SYNAPTIC_ADDS


@register_jitable
def fade_place(place: int, t: int, values: Any, updated: Any, fade: Any, tally: Any) -> None:
    """Let the values of a place's units decay up to now."""
    dt = t - updated[place]
    updated[place] = t
    if dt <= 0:  # less where time begins before tick 0
        return
    units = len(values) // len(updated)
    factor = values.dtype.type(math.exp(-dt / np.float64(fade)))
    for j in range(place * units, (place + 1) * units):
        values[j] *= factor
    tally[MULTIPLIES] += units + 1


# --- filters ---------------------------------------------------------------------------------------------------------
@register_jitable
def look_at_patch(
    place: int, t: int, u: Any, tau: Any, bias: Any, scale: Any, rest: Any, sent: Any, when: Any, updated: Any,
    plan: Any, fade: Any, out: Any, tally: Any,
) -> None:  # fmt: skip
    """Send what of one patch is not as predicted, and predict when that may next be so."""
    decay_place(place, t, u, tau, when, tally)
    fade_place(place, t, sent, updated, fade, tally)
    filters, soonest = len(bias), NEVER
    made = active = 0
    for k in range(filters):
        at, value, unit = place * len(tau) * filters + k, bias[k], place * filters + k
        for m in range(len(tau)):
            value += u[at + m * filters]
        over = -rest[k] - sent[unit]
        if value > 0:
            over += scale[k] * value
            active += 1
        left = int(rounded(over))
        if left != 0:
            sent[unit] += left
            over -= left
            spike_often(out, unit, 1 if left > 0 else -1, abs(left), np.float64(abs(left)))
            made += abs(left)
            tally[NEURON_ADDS] += 2
        if soonest > plan[LEAST] > 0:  # sooner than that it is not looked at
            soonest = min(soonest, time_left(at, filters, value, over, sent[unit], u, tau, scale[k], fade, tally))
    tally[NEURON_ADDS] += filters * (len(tau) + 2) + active
    tally[MULTIPLIES] += active
    tally[COMPARES] += filters + made
    if plan[LEAST] > 0:
        look_after(place, t, max(float(soonest), float(plan[LEAST])), out)


@register_jitable
def time_left(
    at: int, filters: int, value: Any, over: Any, sent: Any, u: Any, tau: Any, scale: Any, fade: Any, tally: Any
) -> Any:
    """Ticks in which no decay can make a unit half a quantum more or less than what it has sent; infinity for never.

    The sum that it has sent decays towards 0, too.
    """
    up, down, rising, falling = drift(at, filters, u, tau)
    quanta, held = np.float64(scale), np.float64(sent)
    up, down, rising, falling = quanta * up, quanta * down, quanta * rising, quanta * falling
    above, below = 0.5 - np.float64(over), 0.5 + np.float64(over)
    tally[NEURON_ADDS] += 2 * len(tau) + 2
    tally[MULTIPLIES] += len(tau) + 5
    tally[COMPARES] += 2
    least, fading = NEVER, held / np.float64(fade)
    if held > 0:
        up += held
        rising += fading
    else:
        down -= held
        falling -= fading
    tally[NEURON_ADDS] += 2
    if above < up:
        least = above / rising
        tally[MULTIPLIES] += 1
    if below < down:
        least = min(least, below / falling)
        tally[MULTIPLIES] += 1
    return least


@rule
def look(i, s, t, out, tally, u, tau, bias, scale, rest, sent, when, updated, ring, waits, cursor, plan, fade):
    """Look at every patch that has had events since the last look."""
    plan[NOTICED] = 0
    while cursor[WAITING] > 0:
        place = take_place(ring, waits, cursor)
        look_at_patch(place, t, u, tau, bias, scale, rest, sent, when, updated, plan, fade, out, tally)


@rule
def look_again(i, s, t, out, tally, u, tau, bias, scale, rest, sent, when, updated, plan, fade):
    """The time that patch i predicted has come."""
    look_at_patch(i, t, u, tau, bias, scale, rest, sent, when, updated, plan, fade, out, tally)


def check_fade(fade: float, what: str) -> float:
    """A time constant. Raises NetworkError unless it is above 0."""
    if not 0 < fade < np.inf:
        raise NetworkError(f"{what} is {fade} ticks; wanted a number above 0")
    return fade


ONE_FADE = "who hears messages sums them, and sums of different decays do not decay by one factor"


class DecayingFilters(FilterBank):
    """Shared local filters on leaky traces of signed events; rectified; what they have sent decays.

    A unit stands for what it is above its rest, round(scale (h - relu(bias))). Ports and outlets as for `LeakyFilters`,
    but `begin`: there is nothing to say at first. `DecayingPool` hears it.
    """

    fade = Param(check=check_fade, one=ONE_FADE, doc="time constant in ticks with which messages fade")
    u = Potential(words={"spikes": "words_of"}, shape="places * channels", doc=FilterBank.u.doc)
    rest = State("filters", start=lambda bank: bank.scale * np.maximum(bank.bias, 0), doc="in quanta")
    sent = State(doc="what each unit has sent, in quanta, as of `updated`")
    updated = Integers("places", doc="tick of each patch's last update")

    spikes = Port(touch, emits="notice", accepts="n_in")
    look = Port(look, emits="out")
    again = Port(look_again, emits="out", accepts="places")
    out = Outlet()
    notice = Outlet(width=1, settles="look")
    predicted = Outlet(width="places", predicts="again")
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")


# --- pools -----------------------------------------------------------------------------------------------------------
@rule
def pool(i, s, t, out, tally, acc, frame, rows, columns, ring, waits, cursor, updated, one, fade):
    """Add one to every window that the unit lies in."""
    channel, n_y, y, _, n_x, x, _ = patch_of(i, frame, rows, columns)
    for a in range(y, y + n_y):
        for b in range(x, x + n_x):
            place = a * frame[3] + b
            fade_place(place, t, acc, updated, fade, tally)
            if s > 0:
                acc[place * frame[2] + channel] += one
            else:
                acc[place * frame[2] + channel] -= one
            wait_place(place, ring, waits, cursor)
    tally[SYNAPTIC_ADDS] += n_y * n_x
    give_notice(cursor, out, 0)


@register_jitable
def look_at_window(
    place: int, t: int, acc: Any, k: Any, sent: Any, updated: Any, plan: Any, unscale: Any, fade: Any, out: Any,
    tally: Any,
) -> None:  # fmt: skip
    """Send what has changed of one window's numbers, and predict when the next will, as all sums fade."""
    fade_place(place, t, acc, updated, fade, tally)
    units, soonest = len(acc) // len(updated), NEVER
    made = predicted = 0
    for j in range(place * units, (place + 1) * units):
        value = np.float64(k[j]) * np.float64(acc[j]) / np.float64(unscale)
        number = int(rounded(value))
        left = int(number - sent[j])
        sent[j] = number
        spike_often(out, j, 1 if left > 0 else -1, abs(left), np.float64(abs(left)))
        made += abs(left)
        if number != 0:
            # log(x) is 1 - 1 / x or more: the number stays until then.
            over = value - number
            beyond = over + 0.5 if number > 0 else over - 0.5
            soonest = min(soonest, np.float64(fade) * beyond / value)
            predicted += 1
    tally[NEURON_ADDS] += 2 * units + 2 * predicted
    tally[MULTIPLIES] += 2 * units + 2 * predicted
    tally[COMPARES] += units + made
    if plan[0] > 0:
        look_after(place, t, max(float(soonest), float(plan[0])), out)


@rule
def settle(i, s, t, out, tally, acc, k, sent, ring, waits, cursor, updated, plan, unscale, fade):
    """The instant is over: look at every window that a spike has reached."""
    cursor[GIVEN] = 0
    while cursor[WAITING] > 0:
        place = take_place(ring, waits, cursor)
        look_at_window(place, t, acc, k, sent, updated, plan, unscale, fade, out, tally)


@rule
def settle_again(i, s, t, out, tally, acc, k, sent, updated, plan, unscale, fade):
    """The time that window i predicted has come."""
    look_at_window(i, t, acc, k, sent, updated, plan, unscale, fade, out, tally)


class DecayingPool(Module):
    """Average pooling of messages that fade, as a Sigma-Delta layer: what it sends itself does not fade.

    A unit stands for round(k mean) of the mean over its window. Ports: spikes, settle (its own notices), again (what
    windows predicted). Outlets: out, notice, predicted.
    """

    geometry = Patches(check=keeps_channels, doc="of windows, which keeps its channels")
    k = Option[ArrayLike](1.0, doc="scale of what is sent: a number, or one a unit")
    least = Option(
        1000, check=ticks_or_0, one=ONE_LOOK,
        doc="look at a window without spikes when it predicts a change, but not twice within so many ticks; 0 never",
    )  # fmt: skip
    units = Derived[int](lambda pool: pool.geometry.units_out)
    n_in = Derived[int](lambda pool: pool.geometry.units_in)
    places = Derived[int](lambda pool: pool.geometry.places_out)

    acc = Potential(doc="sums over each window, as of `updated`")
    scales = State(start=lambda pool: unit_scales(pool.k, pool.units, "a pool"), key="k")
    unscale = Param(start=lambda pool: float(pool.geometry.kernel[0] * pool.geometry.kernel[1]))
    one = Param(start=lambda pool: 1.0)
    fade = Param(check=check_fade, one=ONE_FADE, doc="as for the `DecayingFilters` that it hears, in ticks")
    sent = Integers(doc="the number that each unit stands for, to those who listen")
    updated = Integers("places", doc="tick of each window's last update")
    ring = Integers("places")
    waits = Integers("places")
    cursor = Integers(4)
    plan = Integers(1, start=lambda pool: pool.least)

    spikes = Port(pool, emits="notice", accepts="n_in")
    settle = Port(settle, emits="out")
    again = Port(settle_again, emits="out", accepts="places")
    out = Outlet()
    notice = Outlet(width=1, settles="settle")
    predicted = Outlet(width="places", predicts="again")
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def most_spikes(self) -> int:
        """By default eight a unit, and a notice; `most=` overrides it."""
        return self.most if self.most is not None else 8 * self.units + 64

    def check_integers(self, found: Found, time: int) -> None:
        """Windows wait in order."""
        check_waiting(found, 1)
        within("'updated'", found["updated"], -COUNT, COUNT)
