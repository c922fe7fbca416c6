"""Fusion of camera and gyroscope: a linear read-out of both and of their leaky traces, by ridge regression.

    fused = A g + B w + sum over fast tau (A' trace of g + B' trace of w) + sum over slow tau C trace of (w - g)

g is what the gyroscope says, w the camera alone. The slow traces of the difference find the gyroscope's bias; no
function of the present values can. They begin at nothing: at first no bias is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.scenarios.fusion.network import FusionWeights, Head
from eventnet.scenarios.fusion.train.features import smoothed

TAU_US = (3e3, 10e3, 30e3, 100e3, 300e3, 1e6, 3e6)
SLOW = (False, False, False, True, True, True, True)
RIDGE = 1e-4
"""Part of each column's mean square that is added to it."""

Floats = NDArray[np.float64]


class SensorSamples(NamedTuple):
    """Readings of both sensors at the samples of the gyroscope, and the truth; degrees a second.

    t: microseconds from 0 on, [n]; gyro: [n, n_out]; dvs: the camera alone, [n, n_out]; rates: [n, n_out].
    """

    t: Floats
    gyro: Floats
    dvs: Floats
    rates: Floats


def read_out(head: Head, samples: SensorSamples, start: NDArray[Any]) -> Floats:
    """Inputs of a head's mix, as in `LeakyReadout`, [n, 1 + n_in * (1 + T)]. start: camera rates before, [n_out]."""
    values = np.concatenate((samples.gyro, samples.dvs), axis=1)
    begin = np.concatenate((np.zeros(len(start)), start))
    traces = smoothed(samples.t, values, head.tau_us, begin)
    grown = 1 - np.exp(-samples.t[:, None] / np.array(head.tau_us))
    traces *= np.where(head.ramp, grown, 1.0)[:, None]
    return np.concatenate((np.ones((len(values), 1)), values, traces.reshape(len(values), -1)), axis=1)


def exact_answers(weights: FusionWeights, samples: SensorSamples) -> dict[str, Floats]:
    """Answers of a head at the gyroscope's samples, each [n, n_out]: "fused", "dvs", "gyro"."""
    head = weights.head
    assert head is not None
    answers = read_out(head, samples, weights.out_bias) @ head.mix
    return dict(zip(("fused", "dvs", "gyro"), np.split(answers, 3, axis=1)))


def with_head(
    weights: FusionWeights, recordings: Sequence[SensorSamples], tau_us: tuple[float, ...] = TAU_US,
    slow: tuple[bool, ...] = SLOW,
) -> FusionWeights:  # fmt: skip
    """The same weights with a head learned from recordings that the network has not been trained on.

    On those its own errors are smaller than elsewhere, and the head would rely on it too much. slow: which time
    constants are those of traces of the difference.
    """
    n, times = weights.n_out, len(tau_us)
    empty = Head(tau_us, (False,) * times, np.zeros((1 + 2 * n * (1 + times), 3 * n)))
    gyro, both = _columns(n, slow)
    squares, products = np.zeros((len(empty.mix), len(empty.mix))), np.zeros((len(empty.mix), n))
    for samples in recordings:
        seen = read_out(empty, samples, weights.out_bias)
        squares, products = squares + seen.T @ seen, products + seen.T @ samples.rates
    alone = np.zeros((len(both), n))
    alone[1 + n : 1 + 2 * n] = np.eye(n)
    mix = np.concatenate((_ridge(squares, products, both), alone, _ridge(squares, products, gyro)), axis=1)
    return replace(weights, head=replace(empty, mix=mix))


def _columns(n: int, slow: tuple[bool, ...]) -> tuple[Floats, Floats]:
    """Weights open to the gyroscope alone, and to both, as matrices [inputs of the mix, weights to be found]."""
    times = len(slow)
    one = np.eye(1 + 2 * n * (1 + times))
    trace = one[1 + 2 * n :].reshape(2, n, times, -1)
    fast = trace[:, :, ~np.array(slow)]
    difference = (trace[1] - trace[0])[:, np.array(slow)]
    width = one.shape[1]
    gyro = np.concatenate((one[1 : 1 + n], fast[0].reshape(-1, width)))
    both = np.concatenate((one[: 1 + 2 * n], fast.reshape(-1, width), difference.reshape(-1, width)))
    return gyro.T, both.T


def _ridge(squares: Any, products: Any, columns: Floats) -> Floats:
    """Weights of least squares over such columns, with a little of each column's mean square added."""
    own = columns.T @ squares @ columns
    found = np.linalg.solve(own + RIDGE * np.diag(np.diag(own)), columns.T @ products)
    return np.asarray(columns @ found)
