"""A signal times a weight that changes in time, as proportional-derivative codes estimate it: z_t of (5.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.event import Events

Floats = NDArray[np.float64]
Gains = Sequence[tuple[float, float]]

AT_ONCE = 20
"""Pairs of gains in one network: an encoder has room for 2^18 spikes, so that 400 would need 3 GB."""


class Estimates(NamedTuple):
    """By step and pair of gains, [T, n]: spikes, the decoded signal, the estimated product."""

    spikes: NDArray[np.int64]
    signal: Floats
    product: Floats


def slow_signal(random: np.random.Generator, steps: int, width: float) -> Floats:
    """Noise smoothed by a Gaussian window of `width` steps, with mean square 1."""
    reach = int(4 * width)
    window = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    smooth = np.convolve(random.normal(size=steps + 2 * reach), window, "valid")
    made: Floats = smooth / np.sqrt(np.mean(smooth**2))
    return made


def estimate(x: Floats, w: Floats, gains: Gains) -> Estimates:
    """Estimates of the signal x [T] and of its product with the weight w [T], for each pair (kp, kd)."""
    found = [_estimate(x, w, gains[k : k + AT_ONCE]) for k in range(0, len(gains), AT_ONCE)]
    return Estimates(*(np.concatenate(parts, axis=1) for parts in zip(*found)))


def _estimate(x: Floats, w: Floats, gains: Gains) -> Estimates:
    """One network: an encoder, a decoder and a read-out for each pair; all read the same x and share the weight.

    The run stops after every step, and the weight is set anew.
    """
    steps, n = len(x), len(gains)
    net = en.Network("float64")
    frames, weight, bias = (net.weights(rows) for rows in (x[:, None], np.zeros((1, 1)), np.zeros((1, 1))))
    encoders = [net.add(en.PDEncoder(frames, kp=kp, kd=kd)) for kp, kd in gains]
    signals, products = ([net.weights(np.zeros((steps, 1))) for _ in gains] for _ in range(2))
    decoders = [net.add(en.PDDecoder(*pair)) for pair in zip(signals, encoders)]
    dense = en.Geometry.dense(1, 1)
    readouts = [net.add(en.PDReadout(dense, weight, bias, *pair)) for pair in zip(products, encoders)]
    for encoder, decoder, readout in zip(encoders, decoders, readouts):
        net.connect(encoder.out, decoder.spikes)
        net.connect(encoder.out, readout.spikes)
    listeners: list[Any] = [*decoders, *readouts]
    simulation = en.Simulation(net, record=True)
    weight_now = simulation[readouts[0]].array("w")
    inputs = np.zeros(3 * n, dtype=en.EVENT)
    inputs["port"] = [int(e.frame) for e in encoders] + [int(m.read) for m in listeners]
    inputs["sign"] = 1
    for t in range(steps):
        weight_now[0, 0] = w[t]
        inputs["t"], inputs["index"] = t, t
        simulation.inject(inputs)
        simulation.run()
    spikes = [count_spikes(simulation.log, decoder.spikes, steps) for decoder in decoders]
    answers = ([simulation.weights(block) for block in blocks] for blocks in (signals, products))
    return Estimates(*(np.hstack(columns) for columns in (spikes, *answers)))


def count_spikes(log: Events, port: Any, steps: int, units: int = 1) -> NDArray[np.int64]:
    """The sum of signs that a port was told, by step and unit, [steps, units]."""
    made = np.zeros((steps, units), dtype=np.int64)
    heard = log[log["port"] == int(port)]
    np.add.at(made, (heard["t"], heard["index"]), heard["sign"])
    return made
