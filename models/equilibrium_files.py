"""Files of equilibrium networks in NumPy: sizes, options, arrays, and the state of training."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from eventnet.base.files import described, read_npz, write_npz
from eventnet.errors import DataError
from eventnet.models.shared import Floats


class KeptInFile:
    """A network that a file keeps: `options` its constructor took besides sizes, and `arrays()`.

    FORMAT: what its files say they are.
    """

    FORMAT: ClassVar[str]
    sizes: tuple[int, ...]
    options: dict[str, Any]
    _rng: np.random.Generator

    def arrays(self) -> dict[str, Floats]:
        """The arrays that learning changes, by name."""
        raise NotImplementedError

    def kept_options(self) -> dict[str, Any]:
        """The options as a file has them. Raises ModelError for what no file can hold."""
        return self.options

    @classmethod
    def from_options(cls, sizes: Sequence[int], options: dict[str, Any]) -> Self:
        """A network of the options that `kept_options` has given."""
        make: Any = cls
        made: Self = make(sizes, **options)
        return made

    def save(self, path: str | Path) -> None:
        """Write sizes, options, weights and the state of training to a file; a failed write keeps the old one.

        Raises ModelError for options that no file can hold: functions of your own.
        """
        text = {
            "format": self.FORMAT, "sizes": self.sizes, "options": self.kept_options(),
            "random": self._rng.bit_generator.state,
        }  # fmt: skip
        write_npz(path, json.dumps(text), self.arrays())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. Raises DataError for a damaged file."""
        text, arrays = read_npz(path, cls.FORMAT)
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
                    raise DataError(
                        f"{path}: {name} is {new.dtype} {new.shape}; wanted {old.dtype} {old.shape}, finite"
                    )
                old[:] = new
            made._rng.bit_generator.state = text["random"]
        return made


def again(value: Any) -> Any:
    """An option as it was given: JSON has no tuples."""
    return tuple(value) if isinstance(value, list) else value
