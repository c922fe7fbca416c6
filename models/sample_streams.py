"""Streams of samples for a model: its network and inputs, for studies of single deliveries."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.analysis import SampleStream
from eventnet.models.dsn import answering_inputs
from eventnet.models.dsn_network import DeepSpikingNetwork
from eventnet.models.sigma_delta import SigmaDeltaNetwork

PART = 1000
"""Samples a run: a run's log is held in memory."""


def sample_stream(
    model: DeepSpikingNetwork | SigmaDeltaNetwork, x: ArrayLike, *, at_once: bool = False
) -> list[SampleStream]:
    """The streams that `analysis.anytime` takes, for samples x [n, ...]; the model is not changed.

    A Deep Spiking Network is fed each sample for T steps, a tick each; with `at_once` in one instant, so that an order
    may choose among the spikes of all steps. A Sigma-Delta network is shown frame after frame, each in one instant, so
    that a guess begins as the answer to the frame before. Both in parts of 1,000 samples, each in the first state.
    """
    if isinstance(model, SigmaDeltaNetwork):
        frames = np.asarray(x)
        return [_frames(model, frames[k : k + PART]) for k in range(0, len(frames), PART)]
    inputs = model.vectors(x)
    return [_steps(model, inputs[k : k + PART], at_once) for k in range(0, len(inputs), PART)]


def _steps(model: DeepSpikingNetwork, x: NDArray[Any], at_once: bool) -> SampleStream:
    net, ports = model.answering_network(x, 1)
    steps = model.options["steps"]
    feed = answering_inputs(ports, len(x), steps, 1)
    if at_once:
        feed["t"] = 3 * (feed["t"] // (steps + 2)) + np.tile([0, *[1] * steps, 2], len(x))
    return SampleStream(net, feed, feed["t"][:: steps + 2].copy())


def _frames(model: SigmaDeltaNetwork, x: NDArray[Any]) -> SampleStream:
    net, inputs = model.frames_network(x)
    return SampleStream(net, inputs, 2 * np.arange(len(x)))
