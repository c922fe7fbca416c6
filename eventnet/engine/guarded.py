"""Guarded views of arrays, which refuse every index below 0 and past the end: a checked run hands them to its rules.

Compiled, nothing looks at an index: it would be read or written all the same, in memory of something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Beyond(Exception):
    """A guarded view was asked for what it does not hold; `call_rule` says where."""


class Guarded(np.ndarray):
    """A view of an array that refuses negative indices, indices past the end, and writes to what may only be read."""

    label: str

    def __array_finalize__(self, made_of: Any) -> None:
        self.label = getattr(made_of, "label", "an array")

    def __getitem__(self, index: Any) -> Any:
        self._look("reads", index)
        return super().__getitem__(index)

    def __iter__(self) -> Iterator[Any]:
        """One after the other, up to the end."""
        return (self[k] for k in range(len(self)))

    def __setitem__(self, index: Any, value: Any) -> None:
        self._look("writes", index)
        if not self.flags.writeable:
            raise Beyond(f"writes {self.label}[{_shown(index)}], but {self.label} is another module's: read only")
        super().__setitem__(index, value)

    def _look(self, does: str, index: Any) -> None:
        axis = 0
        keys = index if isinstance(index, tuple) else (index,)
        for key in keys:
            if key is Ellipsis:
                axis = self.ndim - sum(_axes(later) for later in keys[_place(keys) + 1 :])
            elif key is not None and axis < self.ndim:
                if not _within(key, self.shape[axis : axis + _axes(key)]):
                    shape = ", ".join(map(str, self.shape))
                    raise Beyond(f"{does} {self.label}[{_shown(index)}], but {self.label} has shape [{shape}]")
                axis += _axes(key)


def _place(keys: tuple[Any, ...]) -> int:
    """The position of the ellipsis in an index."""
    return next(k for k, key in enumerate(keys) if key is Ellipsis)


def _axes(key: Any) -> int:
    """Dimensions that a part of an index takes up."""
    if key is None or key is Ellipsis:
        return 0
    if isinstance(key, slice):
        return 1
    kind = np.asarray(key)
    return kind.ndim if kind.dtype.kind == "b" else 1


def _within(key: Any, sizes: tuple[int, ...]) -> bool:
    """Whether a part of an index stays within the dimensions it is for; NumPy itself refuses what is no index."""
    if isinstance(key, slice):
        return all(end is None or 0 <= end <= sizes[0] for end in (key.start, key.stop))
    numbers = np.asarray(key)
    if numbers.dtype.kind == "b":
        return numbers.shape == sizes
    if numbers.dtype.kind not in "iu":
        return True
    return bool(((numbers >= 0) & (numbers < sizes[0])).all())


def _shown(index: Any) -> str:
    if isinstance(index, tuple):
        return ", ".join(map(_shown, index))
    if isinstance(index, slice):
        ends = ["" if end is None else str(end) for end in (index.start, index.stop)]
        return ":".join(ends if index.step is None else [*ends, str(index.step)])
    if index is Ellipsis:
        return "..."
    return str(np.asarray(index).tolist()) if isinstance(index, np.ndarray | np.generic | list) else str(index)


def guarded(array: NDArray[Any], label: str) -> Guarded:
    """A guarded view of an array; errors call it by its label."""
    view = array.view(Guarded)
    view.label = label
    return view
