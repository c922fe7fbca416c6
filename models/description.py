"""What the parts of a network have learned, in the terms of eventnet.models.layers."""

from __future__ import annotations

from collections.abc import Sequence

from eventnet.models.layers import Activation, Flatten, Layer, Softmax
from eventnet.models.normalization import NormPart
from eventnet.models.part import Part
from eventnet.models.trainable import ConvPart, DensePart, FlattenPart, PoolPart


def describe(parts: Sequence[Part], activation: Activation) -> list[Layer]:
    """The layers, batch normalisation folded into weights and biases; the last is Softmax."""
    made: list[Layer] = []
    for k, part in enumerate(parts):
        after = parts[k + 1] if k + 1 < len(parts) else None
        if isinstance(part, (DensePart, ConvPart)):
            made.append(part.folded(after if isinstance(after, NormPart) else None))
        elif isinstance(part, PoolPart):
            made.append(part.spec)
        elif isinstance(part, FlattenPart):
            made.append(Flatten())
        elif not isinstance(part, NormPart):
            made.append(activation)
    return [*made, Softmax()]
