"""Features that the network learns from: leaky traces of every pixel at given times, and the rates that go with them.

The network is linear up to its filters' outputs, so that for training the traces of pixels do instead of those of
patches: they do not depend on the weights. They lie in blocks of stride x stride pixels, so that a filter is a few
blocks times a matrix.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.event import Events
from eventnet.kernels.compiling import compiled


class Take(NamedTuple):
    """Events of a camera, and the rates at which it turned.

    t: microseconds, float64 [n], in order. x, y: pixels, int64 [n]. s: signs, or any values, float64 [n].
    times, rates: microseconds, [m], in order, and degrees a second, [m, n_out]; between them rates go straight.
    """

    t: NDArray[Any]
    x: NDArray[Any]
    y: NDArray[Any]
    s: NDArray[Any]
    times: NDArray[Any]
    rates: NDArray[Any]

    @classmethod
    def of(cls, events: Events, times: NDArray[Any], rates: NDArray[Any], binning: int = 1) -> Take:
        """Of PIXEL_EVENT records, ON as +1 and OFF as -1. binning: pixels that are put together, each way."""
        x, y = (events[name].astype(np.int64) // binning for name in "xy")
        t, s = events["t"].astype(np.float64), np.where(events["p"], 1.0, -1.0)
        return cls(t, x, y, s, np.asarray(times, np.float64), np.asarray(rates, np.float64))

    def played(self, speed: float | NDArray[Any] = 1.0, *, backwards: bool = False) -> Take:
        """Played at another speed, or backwards: what got brighter gets darker then, and rates change their sign.

        speed: one for all, or one at each of `times`, [m]; between them its inverse goes straight.
        """
        t, times, rates = self.t, self.times, self.rates
        if isinstance(speed, np.ndarray):
            lasts = np.diff(times) * 0.5 * (1 / speed[1:] + 1 / speed[:-1])
            then = times[0] + np.concatenate(([0.0], np.cumsum(lasts)))
            t, times, rates = np.interp(t, times, then), then, rates * speed[:, None]
        else:
            t, times, rates = t / speed, times / speed, rates * speed
        if backwards:
            return Take(-t[::-1], self.x[::-1], self.y[::-1], -self.s[::-1], -times[::-1], -rates[::-1])
        return self._replace(t=t, times=times, rates=rates)

    def part(self, begin: int, end: int) -> Take:
        """With these of its events only."""
        own = slice(begin, end)
        return self._replace(t=self.t[own], x=self.x[own], y=self.y[own], s=self.s[own])

    def rates_at(self, times: NDArray[Any]) -> NDArray[Any]:
        """Rates at other times, [n, n_out]."""
        return np.stack([np.interp(times, self.times, column) for column in self.rates.T], axis=1)


def traces(
    take: Take, times: NDArray[Any], tau_us: tuple[float, ...], *, width: int, height: int, size: int = 8,
    stride: int = 4,
) -> NDArray[np.float16]:  # fmt: skip
    """Leaky traces of all events before each of the times: float16 [n, rows, columns, M, stride, stride], in blocks.

    times: microseconds, in order, [n]. Pixels that no patch covers are left out. Raises ModelError where patches of
    `size` are not made of whole blocks, and for events outside.
    """
    rows, columns = block_shape(take, width, height, size, stride)
    made = np.zeros((len(times), rows, columns, len(tau_us), stride, stride), np.float16)
    now, taus, keep = np.zeros(made.shape[1:], np.float32), np.asarray(tau_us), left_over(times, tau_us)
    stops = np.searchsorted(take.t, times)
    for n in range(len(times)):
        follow(now, keep, taus, times, stops, take.t, take.x, take.y, take.s, 0, n, n + 1)
        made[n] = now
    return made


def block_shape(take: Take, width: int, height: int, size: int, stride: int) -> tuple[int, int]:
    """Rows and columns of blocks. Raises ModelError as `traces` does."""
    if size % stride or size > min(width, height):
        raise ModelError(
            f"patches of {size} pixels, {stride} apart, on {width} x {height}; wanted whole blocks that fit"
        )
    if len(take.t) and not (0 <= take.x.min() <= take.x.max() < width and 0 <= take.y.min() <= take.y.max() < height):
        raise ModelError(f"events lie outside {width} x {height} pixels")
    return (height - size) // stride + size // stride, (width - size) // stride + size // stride


def left_over(times: NDArray[Any], tau_us: tuple[float, ...]) -> NDArray[np.float32]:
    """The fraction of each trace that is left from one time to the next, [n, M]; 1 at the first."""
    since = times[:-1] - times[1:]
    left = np.exp(since[:, None] / np.asarray(tau_us)).astype(np.float32)
    return np.concatenate([np.ones((min(len(times), 1), len(tau_us)), np.float32), left])


@compiled
def follow(
    now: Any, keep: Any, taus: Any, times: Any, stops: Any, t: Any, x: Any, y: Any, s: Any, before: int, begin: int,
    end: int,
) -> None:  # fmt: skip
    """Bring traces from the time begin - 1 to the time end - 1.

    stops: how many events come before each time; `before` of them are left out of t, x, y and s.
    """
    rows, columns, _, stride, _ = now.shape
    e = stops[begin - 1] - before if begin else 0
    for n in range(begin, end):
        for row in range(rows):
            for column in range(columns):
                for m in range(len(taus)):
                    for i in range(stride):
                        for j in range(stride):
                            now[row, column, m, i, j] *= keep[n, m]
        while e < stops[n] - before:
            row, column = y[e] // stride, x[e] // stride
            if row < rows and column < columns:
                for m in range(len(taus)):
                    part = s[e] * math.exp((t[e] - times[n]) / taus[m])
                    now[row, column, m, y[e] % stride, x[e] % stride] += np.float32(part)
            e += 1


def smoothed(
    t: NDArray[Any], values: NDArray[Any], tau_us: tuple[float, ...], start: NDArray[Any] | float = 0.0
) -> NDArray[np.float64]:
    """Leaky traces of samples that are held until the next, as `LeakyReadout` keeps them: [n, values, T].

    t: microseconds, [n], from 0 on; values: [n, values]. Row k is the trace at t[k], before sample k counts. start:
    what the values are before the first; traces begin at 0.
    """
    made = np.empty((len(t), values.shape[1], len(tau_us)))
    keep = np.exp(-np.diff(t, prepend=0.0)[:, None] / np.array(tau_us))
    held = np.broadcast_to(start, values.shape[1:])
    now = np.zeros(made.shape[1:])
    for k in range(len(t)):
        made[k] = now = held[:, None] + keep[k] * (now - held[:, None])
        held = values[k]
    return made
