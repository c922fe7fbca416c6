"""Receptive fields as pictures: the weights of many neurons side by side."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError

Floats = NDArray[np.floating[Any]]

ON_COLOUR, OFF_COLOUR = (1.0, 0.62, 0.0), (0.0, 0.38, 1.0)
"""Of weights from ON and from OFF events; where a pixel has both they add up to white."""


def mosaic(images: Floats, across: int | None = None, gap: int = 1) -> Floats:
    """Images [n, h, w] or [n, h, w, 3] side by side, row by row, with gaps of NaN, which pictures leave blank.

    Each is scaled so that its largest value is 1. across: images in a row; about the root of their number if not given.
    """
    if images.ndim not in (3, 4) or not len(images):
        raise ModelError(f"images are {list(images.shape)}; wanted one or more: [n, h, w] or [n, h, w, 3]")
    n, h, w = images.shape[:3]
    across = across or math.ceil(math.sqrt(n))
    down = math.ceil(n / across)
    made = np.full((down * (h + gap) - gap, across * (w + gap) - gap, *images.shape[3:]), np.nan)
    for k, image in enumerate(images):
        y, x = (h + gap) * (k // across), (w + gap) * (k % across)
        made[y : y + h, x : x + w] = image / max(float(image.max()), 1e-30)
    return made


def on_off(fields: Floats) -> Floats:
    """Weights [n, 2, h, w], of OFF and of ON events as `polarity` 0 and 1, as colours [n, h, w, 3] from 0 to 1."""
    if fields.ndim != 4 or fields.shape[1] != 2:
        raise ModelError(f"fields are {list(fields.shape)}; wanted [n, 2, h, w]")
    most = np.maximum(fields.max(axis=(1, 2, 3), keepdims=True), 1e-30)
    off, on = np.moveaxis(fields / most, 1, 0)
    return np.asarray(np.clip(on[..., None] * np.array(ON_COLOUR) + off[..., None] * np.array(OFF_COLOUR), 0, 1))
