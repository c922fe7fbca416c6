"""The fusion network recomputed: its answers in exact arithmetic, the reference for every method, and their cost.

    u[m, q, k]  = sum over events e up to now of s_e filters[m, k, p_e - corner(q)] exp(-(t - t_e) / tau_m)
    h, pool, z  = relu(bias + sum_m u), means of h over regions, relu(hidden_bias + pool hidden)
    rates       = out_bias + z out;  answers = the head's mix of 1, inputs and leaky traces of them

It shares no code with the engine's network. State is carried over, so that a stream may come in windows of any length.

Costs are closed forms of adds, multiplies and checks, by layer and by cause:

    full          traces of every pixel decay, then filters run over every patch
    incremental   an event's words are added to the patches that cover it (scaled by exp(t / tau), so that nothing
                  decays), and patches are summed up anew, with one factor for each time constant
    rest          means of regions, the hidden layer, rates: every time

A bias starts a sum and costs no add. An exponential counts as a multiplication. Rules of the engine count the same way.
A word of weights that a pass, or an event, needs is read once in it, as in a reaction of the engine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.event import Events
from eventnet.kernels.compiling import compiled
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.tally import COLUMNS, COMPARES, MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS, Tally

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

fast = compiled(error_model="numpy")


class ExactRates:
    """The camera's side: signed events in, rates in degrees a second at any times out."""

    def __init__(self, weights: FusionWeights) -> None:
        w = weights
        self.weights = w
        (rows, columns), places = w.patches, w.patches[0] * w.patches[1]
        self._tau = np.asarray(w.tau_us, np.float64)
        self._filters = np.ascontiguousarray(np.moveaxis(w.filters, 1, 3), np.float64)  # [M, y, x, K]
        self._shape = np.array([rows, columns, w.stride, w.width, *w.regions, *w.pool, *w.pool_stride], np.int64)
        self._dense = tuple(
            np.asarray(part, np.float64) for part in (w.bias, w.hidden, w.hidden_bias, w.out, w.out_bias)
        )
        self._u = np.zeros((len(self._tau), places * w.n_filters))
        self._now = np.zeros(1)
        self._room = (
            np.empty(places * w.n_filters), np.empty(w.hidden.shape[0]), np.empty(w.hidden.shape[1])
        )  # fmt: skip

    def take(self, events: Events, at: Floats, stamps: Floats | None = None) -> Floats:
        """Rates [n, n_out] at the given times, which grow; an event counts from its own time on.

        events: `PIXEL_EVENT` records in order of time. stamps: times to take them at in place of their own.
        """
        t = np.asarray(events["t"] if stamps is None else stamps, np.float64)
        x, y = events["x"].astype(np.int64), events["y"].astype(np.int64)
        if len(x) and (x.max() >= self.weights.width or y.max() >= self.weights.height):
            raise ModelError(
                f"events reach x {x.max()} and y {y.max()}; the network sees {self.weights.width} x "
                f"{self.weights.height} pixels"
            )
        rates = np.empty((len(at), self.weights.n_out))
        _rates(
            self._u, self._now, self._tau, self._filters, self._shape, *self._dense, *self._room, t, x, y,
            np.asarray(events["p"], np.bool_), np.asarray(at, np.float64), rates,
        )  # fmt: skip
        return rates


class ExactHead:
    """The head: values of both sensors, held until the next, in; answers out.

    Before the first value the gyroscope says 0 and the camera its rates' bias; traces begin at 0.
    """

    def __init__(self, weights: FusionWeights) -> None:
        head = weights.head
        if head is None:
            raise ModelError("these weights have no head: they were not trained with a gyroscope")
        inputs = (head.mix.shape[0] - 1) // (1 + len(head.tau_us))
        self.answers = head.mix.shape[1]
        self._tau, self._ramp = np.asarray(head.tau_us, np.float64), np.asarray(head.ramp, np.bool_)
        self._mix = np.asarray(head.mix, np.float64)
        self._x = np.concatenate((np.zeros(inputs - weights.n_out), np.asarray(weights.out_bias, np.float64)))
        self._lp, self._now = np.zeros((len(self._x), len(self._tau))), np.zeros(1)

    def take(self, gyro_t: Floats, gyro: Floats, dvs_t: Floats, dvs: Floats, at: Floats) -> Floats:
        """Answers [n, answers] at times `at`; values [.., 3] of each sensor count from their own times on."""
        made = np.empty((len(at), self.answers))
        _answers(
            self._x, self._lp, self._now, self._tau, self._ramp, self._mix, np.asarray(gyro_t, np.float64),
            np.asarray(gyro, np.float64), np.asarray(dvs_t, np.float64), dvs, np.asarray(at, np.float64), made,
        )  # fmt: skip
        return made


@fast
def _decay(u, now, tau, t):
    if t > now[0]:
        for m in range(len(tau)):
            u[m] *= math.exp((now[0] - t) / tau[m])
        now[0] = t


@fast
def _add(u, filters, shape, x, y, on):
    """Add an event's words to every patch that covers it."""
    rows, columns, stride = shape[0], shape[1], shape[2]
    n_m, size, k = filters.shape[0], filters.shape[1], filters.shape[3]
    for row in range(max(0, (y - size) // stride + 1), min(rows, y // stride + 1)):
        for column in range(max(0, (x - size) // stride + 1), min(columns, x // stride + 1)):
            at = (row * columns + column) * k
            sign = 1.0 if on else -1.0
            for m in range(n_m):
                for j in range(k):
                    u[m, at + j] += sign * filters[m, y - row * stride, x - column * stride, j]


@fast
def _evaluate(u, shape, bias, hidden, hidden_bias, out, out_bias, h, pool, z, rates):
    columns, k = shape[1], len(bias)
    down, across, high, wide, step_down, step_right = shape[4:10]
    h[:] = u[0]
    for m in range(1, len(u)):
        for j in range(len(h)):
            h[j] += u[m, j]
    for q in range(0, len(h), k):
        for j in range(k):
            h[q + j] = max(h[q + j] + bias[j], 0.0)
    pool[:] = 0.0
    for r in range(down):
        for c in range(across):
            to = (r * across + c) * k
            for a in range(r * step_down, r * step_down + high):
                for b in range(c * step_right, c * step_right + wide):
                    for j in range(k):
                        pool[to + j] += h[(a * columns + b) * k + j]
    z[:] = hidden_bias
    for i in range(len(pool)):
        mean = pool[i] / (high * wide)
        for j in range(len(z)):
            z[j] += mean * hidden[i, j]
    rates[:] = out_bias
    for i in range(len(z)):
        if z[i] > 0.0:
            for j in range(len(rates)):
                rates[j] += z[i] * out[i, j]


@fast
def _rates(u, now, tau, filters, shape, bias, hidden, hidden_bias, out, out_bias, h, pool, z, t, x, y, on, at, rates):
    j = 0
    for n in range(len(at)):
        while j < len(t) and t[j] <= at[n]:
            _decay(u, now, tau, t[j])
            _add(u, filters, shape, x[j], y[j], on[j])
            j += 1
        _decay(u, now, tau, at[n])
        _evaluate(u, shape, bias, hidden, hidden_bias, out, out_bias, h, pool, z, rates[n])
    while j < len(t):
        _decay(u, now, tau, t[j])
        _add(u, filters, shape, x[j], y[j], on[j])
        j += 1


@fast
def _follow(x, lp, now, tau, t):
    if t > now[0]:
        for m in range(len(tau)):
            factor = math.exp((now[0] - t) / tau[m])
            for j in range(len(x)):
                lp[j, m] = x[j] + factor * (lp[j, m] - x[j])
        now[0] = t


@register_jitable
def next_of(gyro_t, g, dvs_t, d, at, n):
    """The time of what comes next of three streams, inf at the end, and which: 0 camera, 1 gyroscope, 2 answer.

    g, d, n: how many of each have been taken. At one time the camera's value comes first, then the gyroscope's.
    """
    t_g = gyro_t[g] if g < len(gyro_t) else math.inf
    t_d = dvs_t[d] if d < len(dvs_t) else math.inf
    t = min(t_g, t_d, at[n] if n < len(at) else math.inf)
    return t, 0 if t_d == t else 1 if t_g == t else 2


@fast
def _answers(x, lp, now, tau, ramp, mix, gyro_t, gyro, dvs_t, dvs, at, answers):
    inputs, half, n_tau = len(x), len(x) // 2, len(tau)
    g = d = n = 0
    while True:
        t, which = next_of(gyro_t, g, dvs_t, d, at, n)
        if t == math.inf:
            return
        _follow(x, lp, now, tau, t)
        if which == 0:
            x[half:] = dvs[d]
            d += 1
        elif which == 1:
            x[:half] = gyro[g]
            g += 1
        else:
            answers[n] = mix[0]
            for j in range(inputs):
                answers[n] += x[j] * mix[1 + j]
                for m in range(n_tau):
                    grown = 1.0 - math.exp(-t / tau[m]) if ramp[m] else 1.0
                    answers[n] += (grown * lp[j, m]) * mix[1 + inputs + j * n_tau + m]
            n += 1


CAUSES = ("dvs", "gyro", "clock")


@dataclass
class Work:
    """Operations by cause: the event of a camera, a sample of the gyroscope, or a clock.

    events     camera events; covered: patches that covered them, summed
    evaluated  how often the rates were recomputed
    read       how often the head answered
    followed   samples of the gyroscope that came when the head did not answer
    """

    events: int = 0
    covered: int = 0
    followed: int = 0
    evaluated: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CAUSES, 0))
    read: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CAUSES, 0))


class Counts(NamedTuple):
    """Counts of a single pass: adds, multiplies, checks; words of weights read; values of state read (sums, traces)."""

    adds: int = 0
    multiplies: int = 0
    checks: int = 0
    words: int = 0
    values: int = 0

    def times(self, n: int) -> Counts:
        return Counts(*(n * count for count in self))

    def plus(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(self, other)))


class HeadCosts(NamedTuple):
    """Costs of a head: an answer, a sample of the gyroscope at which it does not answer, new rates of the camera."""

    answer: Counts
    follow: Counts = Counts()
    look: Counts = Counts()


def tally_of(work: Work, weights: FusionWeights, *, incremental: bool, head: HeadCosts | None = None) -> Tally:
    """A row for each layer and cause, named `layer.cause`. head: of the network where it is not given."""
    rows = costs_of(work, weights, incremental=incremental, head=head)
    return Tally(list(rows), [_row(name, counts) for name, counts in rows.items()])


def costs_of(
    work: Work, weights: FusionWeights, *, incremental: bool, head: HeadCosts | None = None
) -> dict[str, Counts]:
    """As `tally_of`, with values of state. A pass reads each word and each value once, however often it uses it."""
    w, taus, k = weights, len(weights.tau_us), weights.n_filters
    places, (regions, hidden) = w.patches[0] * w.patches[1], w.hidden.shape
    fan_in, kernel = w.pool[0] * w.pool[1], taus * k * w.size**2
    head = head or network_head(weights)
    if incremental:
        covered = work.covered * taus * k
        event = Counts(covered, covered + work.events * taus, 0, covered, covered)
        filters = Counts(places * taus * k, places * taus * k + taus, places * k, k, places * taus * k)
    else:
        event = Counts(work.events * taus, 2 * work.events * taus, 0, 0, work.events * taus)
        macs, traces = places * kernel, taus * w.width * w.height
        filters = Counts(macs, macs + traces + taus, places * k, kernel + k, traces)
    layers = {
        "filters": filters,
        "pool": Counts(regions * (fan_in - 1), regions),
        "hidden": Counts(regions * hidden, regions * hidden, hidden, (regions + 1) * hidden),
        "rates": Counts(hidden * w.n_out, hidden * w.n_out, 0, (hidden + 1) * w.n_out),
    }
    rows = {"traces.dvs": event}
    for cause in CAUSES:
        for layer, once in layers.items():
            rows[f"{layer}.{cause}"] = once.times(work.evaluated[cause])
        looks = head.look.times(work.evaluated[cause])
        rows[f"head.{cause}"] = head.answer.times(work.read[cause]).plus(looks)
    rows["head.gyro"] = rows["head.gyro"].plus(head.follow.times(work.followed))
    return rows


def follow(weights: FusionWeights, inputs: int) -> Counts:
    """Bringing so many inputs' traces up to date at one time."""
    assert weights.head is not None
    taus = len(weights.head.tau_us)
    return Counts(2 * inputs * taus, inputs * taus + taus, 0, 0, inputs * (taus + 1))


def head_read(weights: FusionWeights) -> Counts:
    """One answer of the head, all its traces brought up to date."""
    head, inputs = weights.head, 2 * weights.n_out
    assert head is not None
    traces, ramps = follow(weights, inputs), sum(head.ramp)
    products = inputs * (1 + len(head.tau_us)) * head.mix.shape[1]
    return traces.plus(Counts(products + ramps, products + ramps * (1 + inputs), 0, head.mix.size))


def network_head(weights: FusionWeights) -> HeadCosts:
    """The costs of the network's own head."""
    return HeadCosts(head_read(weights), follow(weights, weights.n_out))


def recompute(weights: FusionWeights, *, incremental: bool = False) -> int:
    """Adds, multiplies and checks of recomputing the rates once."""
    work = Work()
    work.evaluated["clock"] = 1
    tally = tally_of(work, weights, incremental=incremental)
    return operations(tally.totals())


def operations(row: Mapping[str, int]) -> int:
    """Adds, multiplies and checks of a row of counts."""
    return sum(row[name] for name in COLUMNS if name.endswith("_adds")) + row["multiplies"] + row["compares"]


def by_cause(tally: Tally) -> dict[str, int]:
    """Adds, multiplies and checks by cause, of a tally whose rows are named `layer.cause`."""
    made: dict[str, int] = {}
    for name, row in tally.by_port().items():
        cause = name.rpartition(".")[2]
        made[cause] = made.get(cause, 0) + operations(row)
    return made


def _row(name: str, counts: Counts) -> list[int]:
    row = [0] * len(COLUMNS)
    row[NEURON_ADDS if name.startswith("head") else SYNAPTIC_ADDS] = counts.adds
    row[MULTIPLIES], row[COMPARES], row[READS] = counts.multiplies, counts.checks, counts.words
    return row
