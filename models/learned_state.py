"""Everything that learning changes in a network of parts: arrays by name, the arrays themselves and not copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError
from eventnet.models.trainable import Floats, Part


def parameters(parts: Sequence[Part]) -> dict[str, Floats]:
    """Weights, biases and gains."""
    return {f"{part.name}.{name}": array for part in parts for name, array in part.learned.items()}


def state(parts: Sequence[Part], with_velocities: bool) -> dict[str, Floats]:
    """Parameters, running means and variances, and what momentum keeps where there is momentum."""
    named = parameters(parts)
    for part in parts:
        named |= {f"{part.name}.{name}": array for name, array in part.statistics.items()}
        if with_velocities:
            named |= {f"{part.name}.{name}.velocity": array for name, array in part.velocities().items()}
    return named


def restore(named: Mapping[str, Floats], arrays: Mapping[str, NDArray[Any]], path: str | Path) -> None:
    """Overwrite the named arrays with those of the file. Raises DataError where one does not fit or makes no sense."""
    for name, array in named.items():
        found = arrays[name]
        if found.shape != array.shape or found.dtype != array.dtype or not np.isfinite(found).all():
            wanted = f"{array.dtype} {list(array.shape)}, finite"
            raise DataError(f"{path}: {name} is {found.dtype} {list(found.shape)}; wanted {wanted}")
        if name.endswith(".variance") and found.min() < 0:
            raise DataError(f"{path}: {name} holds {found.min()}; wanted variances, 0 or more")
        array[...] = found
