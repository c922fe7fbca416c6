"""The multiply-adds of a forward pass through the parts of a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from eventnet.models.relu import Operations
from eventnet.models.trainable import Floats, Part


def operations(parts: Sequence[Part], inputs: Floats, chunk: int) -> Operations:
    """Dense and sparse, for each of the inputs; `chunk` of them are looked at together."""
    fans = [part.fan_out() for part in parts]
    dense = sum(int(fan.sum()) for fan in fans if fan is not None)
    chunks = (inputs[begin : begin + chunk] for begin in range(0, len(inputs), chunk))
    return Operations(dense, np.concatenate([np.zeros(0, np.int64), *_sparse(parts, fans, chunks)]))


def _sparse(
    parts: Sequence[Part], fans: Sequence[NDArray[np.int64] | None], chunks: Iterator[Floats]
) -> Iterator[NDArray[np.int64]]:
    for x in chunks:
        counted = np.zeros(len(x))
        for part, fan in zip(parts, fans):
            if fan is not None:
                # Products of doubles are exact for whole numbers below 2^53, and faster than those of integers.
                counted += (x != 0).reshape(len(x), -1).astype(np.float64) @ fan.ravel()
            x = part.forward(x, False)
        yield counted.astype(np.int64)
