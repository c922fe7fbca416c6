"""Signals through a network of predictive encoders and decoders: spikes and reconstructions, step by step."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en
from eventnet.learning import DynamicStdp
from eventnet.scenarios.reproductions.common.changing_weight import Floats, count_spikes


class Coded(NamedTuple):
    """By step and unit, [T, n]: the signals, the spikes sent, and what a decoder made of them at each step.

    learned [n, n]: what a weight from each unit to each has learned from their spikes in the end, by `DynamicStdp`.
    """

    x: Floats
    spikes: NDArray[np.int64]
    known: Floats
    learned: Floats


def code(x: ArrayLike, alpha: float, **options: Any) -> Coded:
    """Encode signals [T, n], decode them, and let weights learn; options as for `PredictiveEncoder`, alpha above 0."""
    signals = np.asarray(x, dtype=np.float64)
    net = en.Network("float64")
    answers = net.weights(np.zeros(signals.shape))
    encoder = net.add(en.PredictiveEncoder(net.weights(signals), alpha=alpha, **options))
    decoder = net.add(en.PDDecoder(answers, encoder))
    net.connect(encoder.out, decoder.spikes)
    weights = net.weights(np.zeros((signals.shape[1],) * 2))
    rule = net.add(DynamicStdp(weights, alpha=alpha))
    net.connect(encoder.out, rule.pre)
    net.connect(encoder.out, rule.post)
    feed = [(t, port, t, 1) for t in range(len(signals)) for port in (encoder.frame, decoder.read)]
    run = en.simulate(net, feed, record=True)
    return Coded(
        signals, count_spikes(run.log, decoder.spikes, *signals.shape), run.weights(answers), run.weights(weights)
    )


def slope(known: Floats) -> Floats:
    """(x(t + 1) - x(t - 1)) / 2 along the first axis, with zeros beyond both ends."""
    padded = np.concatenate([np.zeros_like(known[:1]), known, np.zeros_like(known[:1])])
    made: Floats = (padded[2:] - padded[:-2]) / 2
    return made
