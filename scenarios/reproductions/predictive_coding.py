"""What a network of predictive encoders and decoders makes of signals: spikes and reconstructions, step by step."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en
from eventnet.scenarios.reproductions.changing_weight import Floats, count_spikes


class Coded(NamedTuple):
    """By step and unit, [T, n]: the signals, the spikes sent, and what a decoder made of them at each step."""

    x: Floats
    spikes: NDArray[np.int64]
    known: Floats


def code(x: ArrayLike, alpha: float, **options: Any) -> Coded:
    """Encode signals [T, n] and decode them again; options as for `PredictiveEncoder`."""
    signals = np.asarray(x, dtype=np.float64)
    net = en.Network("float64")
    answers = net.weights(np.zeros(signals.shape))
    encoder = net.add(en.PredictiveEncoder(net.weights(signals), alpha=alpha, **options))
    decoder = net.add(en.PDDecoder(answers, encoder))
    net.connect(encoder.out, decoder.spikes)
    feed = [(t, port, t, 1) for t in range(len(signals)) for port in (encoder.frame, decoder.read)]
    run = en.simulate(net, feed, record=True)
    return Coded(signals, count_spikes(run.log, decoder.spikes, *signals.shape), run.weights(answers))


def slope(known: Floats) -> Floats:
    """(x(t + 1) - x(t - 1)) / 2 along the first axis, with zeros beyond both ends."""
    padded = np.concatenate([np.zeros_like(known[:1]), known, np.zeros_like(known[:1])])
    made: Floats = (padded[2:] - padded[:-2]) / 2
    return made
