"""Files of equilibrium networks in NumPy: sizes, options, arrays, and the state of training."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from eventnet.base.files import described, read_npz, write_npz
from eventnet.errors import DataError
from eventnet.models.shared import Floats


def write_network(
    path: str | Path, form: str, options: Mapping[str, Any], net: Any, arrays: Mapping[str, Floats]
) -> None:
    """Write a network's sizes, options, state of training and arrays; a failed write keeps the old file."""
    text = {"format": form, "sizes": net.sizes, "options": options, "random": net._rng.bit_generator.state}
    write_npz(path, json.dumps(text), dict(arrays))


def read_network(path: str | Path, form: str, cls: Any) -> Any:
    """The network that `write_network` wrote: cls.from_options(sizes, options) makes it, its `arrays()` are filled.

    Raises DataError for a damaged file.
    """
    text, arrays = read_npz(path, form)
    with described(path, f"a network of the class {cls.__name__}"):
        sizes = text["sizes"]
        held = sum(array.size for array in arrays.values())
        least = sum(a * b for a, b in zip(sizes, sizes[1:], strict=False))
        if held < least:  # before so many are drawn
            raise DataError(
                f"{path} holds {held} numbers; wanted the {least} weights of {str(sizes)[:80]} units or more"
            )
        made = cls.from_options(sizes, {name: again(value) for name, value in text["options"].items()})
        for name, old in made.arrays().items():
            new = arrays[name]
            if (new.shape, new.dtype) != (old.shape, old.dtype) or not np.isfinite(new).all():
                raise DataError(f"{path}: {name} is {new.dtype} {new.shape}; wanted {old.dtype} {old.shape}, finite")
            old[:] = new
        made._rng.bit_generator.state = text["random"]
    return made


def again(value: Any) -> Any:
    """An option as it was given: JSON has no tuples."""
    return tuple(value) if isinstance(value, list) else value
