"""A weight block and what it holds at first, and how arrays of all kinds come into a network's number type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import NetworkError
from eventnet.rule import NUMBER_TYPES

Start = float | Callable[[tuple[int, int]], ArrayLike]
"""First weights of a block of which a shape is given: a number for all, or a function of the shape (rows, cols)."""


class Block:
    """A weight block of a network, [rows, cols]; `array` holds the values a run begins with."""

    def __init__(self, name: str, array: NDArray[Any]) -> None:
        self.name, self._array = name, array

    @property
    def array(self) -> NDArray[Any]:
        """The values, to read and to change; another array may take their place, and is copied.

        Raises NetworkError for one of another shape, for NaN or infinity, and for what the network's number type
        cannot hold.
        """
        return self._array

    @array.setter
    def array(self, values: ArrayLike) -> None:
        made = convert(values, self._array.dtype.name, f"weight block {self.name!r}")
        if made.shape != self._array.shape:
            raise NetworkError(
                f"weight block {self.name!r} is given values of shape {made.shape}; wanted {self._array.shape}"
            )
        self._array = made

    @property
    def rows(self) -> int:
        """Number of rows: one for each index of the spikes that select them."""
        return int(self.array.shape[0])

    @property
    def cols(self) -> int:
        """Number of columns."""
        return int(self.array.shape[1])

    def __repr__(self) -> str:
        return f"<block {self.name!r} {self.rows} x {self.cols} {self.array.dtype}>"


def convert(array: ArrayLike, dtype: str, what: str) -> NDArray[Any]:
    """An array in a network's number type, contiguous. Raises NetworkError for values that do not survive it."""
    given = as_array(array, what)
    if given.dtype.kind not in "fiub":
        raise NetworkError(f"{what} holds {given.dtype}; wanted numbers")
    if given.dtype.kind == "f" and not np.all(np.isfinite(given)):
        where = np.argwhere(~np.isfinite(given))[0]
        raise NetworkError(f"{what} holds {given[tuple(where)]} at {where.tolist()}; wanted finite numbers")
    with np.errstate(over="ignore", invalid="ignore"):  # what does not survive is found by its value
        made = np.array(given, dtype=NUMBER_TYPES[dtype], order="C")
    if dtype == "int32" and not np.array_equal(made, given):
        raise NetworkError(f"{what} holds values that are not 32-bit integers, but the network's dtype is int32")
    if not np.all(np.isfinite(made)):
        raise NetworkError(f"{what} holds values beyond the range of {dtype}")
    return made


def whole_numbers(array: ArrayLike, what: str) -> NDArray[np.int64]:
    """An array of int64. Raises NetworkError for values that are no whole numbers of 64 bits."""
    given = as_array(array, what)
    if given.dtype.kind == "f" and not np.all(np.isfinite(given)):
        raise NetworkError(f"{what} holds {given[~np.isfinite(given)][0]}; wanted whole numbers")
    if given.dtype.kind not in "fiub" or (given.dtype.kind == "f" and not np.array_equal(given, np.trunc(given))):
        raise NetworkError(f"{what} holds {given.dtype} that is not whole; wanted whole numbers")
    if given.dtype.kind in "fu" and np.any((given < -(2**63)) | (given >= 2**63)):
        raise NetworkError(f"{what} holds {given.dtype} beyond 64 bits; wanted whole numbers from -2^63 to below 2^63")
    return given.astype(np.int64)


def as_array(array: ArrayLike, what: str) -> NDArray[Any]:
    """What may be an array as one. Raises NetworkError for lists of unequal lengths."""
    try:
        return np.asarray(array)
    except ValueError as error:
        raise NetworkError(f"{what} is no array: {error}") from error


def first_values(array: ArrayLike, start: Start | None, name: str) -> tuple[ArrayLike, tuple[int, int] | None]:
    """What a weight block holds at first, and the shape that was asked for, if one was."""
    shape = tuple(array) if isinstance(array, tuple | list) else ()
    is_shape = len(shape) == 2 and all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in shape)
    if not is_shape:
        if start is not None:
            raise NetworkError(
                f"start of weight block {name!r} goes with a shape, net.weights((rows, cols), start=...)"
            )
        return array, None
    rows, cols = int(shape[0]), int(shape[1])
    if start is None:
        raise NetworkError(
            f"weight block {name!r} is given as ({rows}, {cols}). As a shape it wants first values: start=0.1, or "
            "start=lambda shape: rng.normal(0, 0.1, shape); as weights, [rows, cols]: "
            f"[[{rows}, {cols}]] is one row, [[{rows}], [{cols}]] one column"
        )
    if rows < 1 or cols < 1:
        raise NetworkError(f"weight block {name!r} has shape ({rows}, {cols}); wanted 1 or more rows and columns")
    if not callable(start) and (np.ndim(start) or not isinstance(start, int | float | np.number)):
        raise NetworkError(f"start of weight block {name!r} is {start!r}; wanted a number, or a function of the shape")
    return (start((rows, cols)) if callable(start) else np.full((rows, cols), start)), (rows, cols)


def starting_arrays(module: Any, dtype: str) -> dict[str, NDArray[Any]]:
    """The state and the integers [n] that a run of a module begins with, by name, in the number types of the run.

    Raises NetworkError for an array of another shape, and for values that the number type cannot hold.
    """
    made = {}
    for name, array in module.state.items():
        what = f"state {name!r} of module {module.name!r}"
        made[name] = _flat(convert(array, dtype, what), what)
    for name, array in module.integers.items():
        what = f"integers {name!r} of module {module.name!r}"
        made[name] = _flat(whole_numbers(array, what), what)
    return made


def starting_params(module: Any, dtype: str) -> dict[str, NDArray[Any]]:
    """The parameters of a module, each as an array [1], by name. Raises NetworkError for what is no single number."""
    made = {}
    for name, value in module.params.items():
        number = convert(value, dtype, f"parameter {name!r} of module {module.name!r}")
        if number.size != 1:
            raise NetworkError(
                f"parameter {name!r} of module {module.name!r} has shape {number.shape}; wanted a single number"
            )
        made[name] = number.reshape(1)
    return made


def _flat(array: NDArray[Any], what: str) -> NDArray[Any]:
    if array.ndim != 1:
        raise NetworkError(f"{what} has shape {array.shape}; wanted [n], one dimension")
    return array
