"""Local filters on leaky traces: how a network takes in the signed events of an event camera.

An event at a pixel belongs to every patch that covers it. A patch keeps, for each of its filters and each of M time
constants, a leaky sum of the filter's words at the pixels of its events:

    u[q, m, k] <- u[q, m, k] exp(-(t - t_q) / tau_m) + s w[p - corner(q), m, k]        at an event (t, p, s)
    h[q, k]     = relu(bias[k] + sum_m u[q, m, k])                                     when the patch is looked at

The network is linear up to h, so that events need no quantizer and no pixel needs a trace of its own. Two time
constants or more tell the direction of motion; one cannot. A unit stands for round(scale h) and sends the changes of
that number.

A patch is looked at after its events: at the end of the instant, or at the next multiple of `every` ticks. Between
events sums decay, and their unit's number may change: after each look a patch foresees the earliest time at which it
could, from how fast its traces can fall at most, and is looked at again then, and not before. A quiet scene costs
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import NetworkError
from eventnet.kernels.patches import C_OUT, KERNEL_WIDTH, W_OUT, Geometry, patch_of
from eventnet.kernels.prediction_heap import look_after
from eventnet.kernels.ranges import COUNT, Integers, within, words
from eventnet.kernels.rows import spike_often
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.rounding import WAITING, check_waiting, rounded, take_place, wait_place
from eventnet.out import NEVER
from eventnet.potential import Potential
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS

if TYPE_CHECKING:
    from eventnet.module import Block

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


@rule(
    state=("u", "tau"), integers=("frame", "rows", "columns", "when", "ring", "waits", "cursor", "plan"), blocks=("w",)
)  # fmt: skip
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
    return 0


@register_jitable
def look_at(
    place: int, t: int, u: Any, tau: Any, bias: Any, scale: Any, sent: Any, when: Any, plan: Any, out: Any, tally: Any
) -> None:
    """Send what has changed of one patch's numbers, and foresee when the next may change."""
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
    """How far decay can let a unit's value rise and fall at most, and how fast at first: up, down, and a tick of each.

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


PLACES = ("when", "ring", "waits", "cursor", "plan")


@rule(state=("u", "tau", "bias", "scale"), integers=("sent", *PLACES))
def look(i, s, t, out, tally, u, tau, bias, scale, sent, when, ring, waits, cursor, plan):
    """Look at every patch that has had events since the last look."""
    plan[NOTICED] = 0
    while cursor[WAITING] > 0:
        place = take_place(ring, waits, cursor)
        look_at(place, t, u, tau, bias, scale, sent, when, plan, out, tally)
    return 0


@rule(state=("u", "tau", "bias", "scale"), integers=("sent", "when", "plan"))
def look_again(i, s, t, out, tally, u, tau, bias, scale, sent, when, plan):
    """The time that patch i foresaw has come."""
    look_at(i, t, u, tau, bias, scale, sent, when, plan, out, tally)
    return 0


@rule(state=("u", "tau", "bias", "scale"), integers=("sent", "when", "plan"))
def look_at_all(i, s, t, out, tally, u, tau, bias, scale, sent, when, plan):
    """Look at every patch, once, before the first event: biases count too."""
    for place in range(len(when)):
        look_at(place, t, u, tau, bias, scale, sent, when, plan, out, tally)
    return 0


class FilterBank(Module):
    """What layers of local filters on leaky traces share: patches of pixels, weights, scales, when they look."""

    def __init__(
        self, geometry: Geometry, weights: Block, tau: Sequence[float], *, bias: ArrayLike | None, scale: ArrayLike,
        every: int, least: int, most: int | None, name: str | None,
    ) -> None:  # fmt: skip
        super().__init__(name, most=most)
        geometry = Geometry.of(geometry)
        self.geometry, self.weights, self.tau, self.every, self.least = geometry, weights, list(tau), every, least
        words, taus = geometry.shape_out[0], np.asarray(tau, dtype=np.float64)
        if taus.ndim != 1 or not len(taus) or not np.all(np.isfinite(taus)) or taus.min() <= 0 or words % len(taus):
            raise NetworkError(f"tau is {tau} for {words} channels; wanted numbers above 0, as many as divide them")
        if geometry.shape_in[0] != 1 or weights.array.shape != (1, geometry.row_words):
            raise NetworkError(f"weights are {weights!r}; wanted 1 x {geometry.row_words}, for pixels of one channel")
        if every < 0 or least < 0:
            raise NetworkError(f"every is {every} and least {least} ticks; wanted 0 or more")
        filters = words // len(taus)
        self.places, self.filters, self.n_in = geometry.places_out, filters, geometry.units_in
        self.units = self.places * filters
        self.bias = np.zeros(filters) if bias is None else np.asarray(bias, dtype=np.float64)
        self.scale = np.broadcast_to(np.asarray(scale, dtype=np.float64), (filters,)).copy()
        if self.bias.shape != (filters,) or not np.all(np.isfinite(self.bias)):
            raise NetworkError(f"bias has shape {self.bias.shape}; wanted [{filters}] finite numbers")
        if not np.all(np.isfinite(self.scale)) or self.scale.min() <= 0:
            raise NetworkError(f"scales go from {self.scale.min()}; wanted numbers above 0")
        self.blocks = {"w": weights}
        self.state = {
            "u": np.zeros(self.places * words), "tau": taus, "bias": self.bias, "scale": self.scale,
        }  # fmt: skip
        self.integers = geometry.integers() | {
            "when": np.zeros(self.places, np.int64),
            "ring": np.zeros(self.places, np.int64), "waits": np.zeros(self.places, np.int64),
            "cursor": np.zeros(4, np.int64), "plan": np.array([every, least, 0], dtype=np.int64),
        }  # fmt: skip

    def check_integers(self, found: Integers, time: int) -> None:
        """Patches wait in order, and the plan is the module's."""
        check_waiting(found, 1, 1)
        words("'plan'", found["plan"], self.integers["plan"], {NOTICED: (0, 2)})
        for name in {"when", "told"} & set(found):
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

    geometry  `Geometry.window((1, height, width), filters * len(tau), size, stride)`: patches of pixels
    weights   a block of `kernel_rows` of a kernel [len(tau) * filters, 1, height, width], channel m * filters + k for
              time constant m and filter k
    tau       time constants in ticks, each above 0
    bias      [filters]
    scale     [filters] or one number: a unit stands for round(scale h)
    every     look at patches with events at multiples of so many ticks; 0 at the end of each instant
    least     look at a patch without events when it foresees a change, but not twice within so many ticks; 0 never

    Ports: spikes (pixels: index y * width + x, sign), look (its own notices), again (what patches foresaw), begin (look
    at all patches once). Outlets: out (unit place * filters + k: a map of [filters, height, width]), notice, foreseen.
    """

    spikes = Port(touch, emits="notice", accepts="n_in")
    look = Port(look, emits="out")
    again = Port(look_again, emits="out", accepts="places")
    begin = Port(look_at_all, emits="out")
    out = Outlet()
    notice = Outlet(width="one", settles="look")
    foreseen = Outlet(width="places", predicts="again")
    membrane = Potential("u", words={"spikes": "words_of"})
    one = 1

    def __init__(
        self, geometry: Geometry, weights: Block, tau: Sequence[float], *, bias: ArrayLike | None = None,
        scale: ArrayLike = 1.0, every: int = 0, least: int = 1000, most: int | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(geometry, weights, tau, bias=bias, scale=scale, every=every, least=least, most=most, name=name)
        self.integers["sent"] = np.zeros(self.units, np.int64)
