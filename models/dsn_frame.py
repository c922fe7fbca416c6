"""What the networks of modules that train a Deep Spiking Network, or let it answer, have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

import eventnet as en
from eventnet.models.dsn_numbers import step_size


def frame(
    weights: Sequence[NDArray[Any]], o: Mapping[str, Any], x: NDArray[Any]
) -> tuple[en.Network, list[en.Block], en.Encoder]:
    """A network that holds the weights W0, W1, ..., and the quantizer that makes spikes of the vectors x."""
    net = en.Network(o["dtype"])
    blocks = [net.weights(w, f"W{k}") for k, w in enumerate(weights)]
    units = weights[0].shape[0]
    return net, blocks, net.add(en.Encoder(units, net.weights(x, "x"), name="input", scale=step_size(o)))
