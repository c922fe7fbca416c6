"""Prediction of the head's rate at the time when the command turns the camera, from a gyroscope's low passes.

    said(t) = sum over k of mix_k LP_k(gyroscope)(t),  sum of mix = 1,  wanted: the head's rate at t + horizon

The mix has the least mean squared error for a head whose rates are spread evenly over a band, and for white noise. It
follows from what low passes do to each frequency: nothing is tuned or learned. Because it sums to 1, a steady rate
passes as it is, and so does a steady bias. With one low pass nothing is looked ahead. A mix that sums to 0, some of
whose low passes are slow, lets no bias through: it is the gyroscope's own estimate of it, good where heads always turn
back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

FREQUENCIES = 400
LEAST_NOISE = 0.01
"""A gyroscope without noise is taken to have so much, deg/s in each sample: no mix is finer than its arithmetic."""


def foretelling(
    tau_us: ArrayLike, horizon_us: float, *, rms: float, band_hz: tuple[float, float], noise: float, rate_hz: float,
    steady: float = 1.0,
) -> Floats:  # fmt: skip
    """Weights [T] of low passes with these time constants [T], in microseconds.

    rms: of the head's rate about an axis, and noise: of each of the gyroscope's `rate_hz` samples a second, in deg/s.
    steady: what weights sum to.
    """
    tau = 1e-6 * np.asarray(tau_us, np.float64)
    squares, products = _seen(tau, 1e-6 * horizon_us, band_hz)
    squares, products = rms**2 * squares, rms**2 * products
    squares += max(noise, LEAST_NOISE) ** 2 * _noise(tau, rate_hz)
    one = np.ones((len(tau), 1))
    equations = np.block([[squares, one], [one.T, np.zeros((1, 1))]])  # the last unknown is Lagrange's
    return np.asarray(np.linalg.solve(equations, np.append(products, steady))[:-1])


def _seen(tau: Floats, horizon: float, band_hz: tuple[float, float]) -> tuple[Floats, Floats]:
    """Mean products of low passes with each other [T, T], and with what they are to foretell [T], for an rms of 1."""
    low, high = band_hz
    f = low + (high - low) * (np.arange(FREQUENCIES) + 0.5) / FREQUENCIES
    s = 2j * np.pi * f[:, None]
    passed = np.exp(-s * horizon) / (1 + s * tau)
    return np.real(passed.conj().T @ passed) / FREQUENCIES, np.real(passed).mean(axis=0)


def _noise(tau: Floats, rate_hz: float) -> Floats:
    """Covariances [T, T] of low passes of white noise with deviation 1, held from sample to sample."""
    kept = np.exp(-1 / (rate_hz * tau))
    return np.asarray(np.outer(1 - kept, 1 - kept) / (1 - np.outer(kept, kept)))
