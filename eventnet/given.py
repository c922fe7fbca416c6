"""Values given to a network: numbers, arrays, lengths, weights and amounts, checked and in its number type."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import EventnetError, ModelError, NetworkError, WiringError

ENGINES = ("compiled", "reference")
"""Names of the engines that run a network."""
NUMBER_TYPES = {"float64": np.float64, "float32": np.float32, "int32": np.int32}
"""Number types of networks, by name."""


# --- whole numbers ---
SEEDS = 0, 2**63 - 1
"""Smallest and largest seed that NumPy's generators and the package's own both take."""


def whole_number(
    what: str, found: Any, least: int, most: int | None = None, error: type[EventnetError] = ModelError
) -> int:
    """A seed or a count, as an int. Raises `error` unless it is a whole number from `least` to `most` (None: no end).

    True, False and floats are none.
    """
    if isinstance(found, bool) or not isinstance(found, int | np.integer) or found < least or _above(found, most):
        wanted = f", {_end(least)} or more" if most is None else f" from {_end(least)} to {_end(most)}"
        raise error(f"{what} is {found!r}; wanted a whole number{wanted}")
    return int(found)


def _above(found: Any, most: int | None) -> bool:
    return most is not None and found > most


def _end(number: int) -> str:
    """An end of a range, as people write it."""
    for power in (31, 32, 61, 62, 63):
        for near, words in ((2**power, f"2^{power}"), (2**power - 1, f"2^{power} - 1"), (-(2**power), f"-2^{power}")):
            if number == near:
                return words
    return f"{number:,}"


def check_seed(seed: Any, error: type[EventnetError]) -> int:
    """A seed for `hash64`, which takes 64 bits. Raises `error` unless it is a whole number of that range."""
    return whole_number("seed", seed, -(2**63), 2**63 - 1, error)


# --- arrays ---
def convert(array: ArrayLike, dtype: str, what: str) -> NDArray[Any]:
    """An array in a network's number type, contiguous. Raises NetworkError for values that do not survive it."""
    given = as_array(array, what)
    if given.dtype.kind not in "fiub":
        raise NetworkError(f"{what} holds {given.dtype}; wanted numbers")
    if given.dtype.kind == "f" and not np.isfinite(given).all():
        where = np.argwhere(~np.isfinite(given))[0]
        raise NetworkError(f"{what} holds {given[tuple(where)]} at {where.tolist()}; wanted finite numbers")
    if given.dtype == NUMBER_TYPES[dtype]:
        return np.array(given, order="C")
    with np.errstate(over="ignore", invalid="ignore"):  # what does not survive is found by its value
        made = np.array(given, dtype=NUMBER_TYPES[dtype], order="C")
    if dtype == "int32" and not np.array_equal(made, given):
        raise NetworkError(f"{what} holds values that are not 32-bit integers, but the network's dtype is int32")
    if not np.isfinite(made).all():
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
    """Convert to an array; what: for messages. Raises NetworkError for lists of unequal lengths."""
    try:
        return np.asarray(array)
    except ValueError as error:
        raise NetworkError(f"{what} is no array: {error}") from error


def one_a_unit(given: ArrayLike, units: int, what: str) -> NDArray[np.float64]:
    """One number for all units, or one each, as float64 [units]. Raises NetworkError for anything else."""
    try:
        made = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):  # texts, or lists of unequal lengths
        made = np.array(np.nan)
    if made.shape not in ((), (units,)) or not np.all(np.isfinite(made)):
        raise NetworkError(f"{what} is {given!r}; wanted a finite number, or one for each of {units} units")
    return np.broadcast_to(made, (units,)).copy()


# --- lengths ---
def has_size(module: Any, name: str) -> bool:
    """Whether a module's size is known, or the class says what it is."""
    return name in vars(module) or hasattr(type(module), name)


def length(shape: int | str, module: Any) -> int:
    """A length of a module's arrays: a number, a size by name, or sums and products of these."""
    if isinstance(shape, int):
        return shape
    return _size(shape, module) if shape.isidentifier() else _value(_parsed(shape), module)


def sizes_in(shape: int | str) -> set[str]:
    """Names of the sizes that make a length."""
    return set() if isinstance(shape, int) else {n.id for n in ast.walk(_parsed(shape)) if isinstance(n, ast.Name)}


@functools.cache
def _parsed(shape: str) -> ast.expr:
    try:
        return ast.parse(shape, mode="eval").body
    except SyntaxError:
        raise NetworkError(f"{shape!r} is no length; {_LENGTHS}") from None


_LENGTHS = "wanted names of sizes and whole numbers, + and *"


def _size(name: str, module: Any) -> int:
    found = getattr(module, name, None)
    if isinstance(found, bool) or not isinstance(found, int | np.integer):
        raise NetworkError(f"{type(module).__name__} says no size {name!r}; wanted a whole number under that name")
    return int(found)


def _value(node: ast.AST, module: Any) -> int:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name):
        return _size(node.id, module)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult):
        left, right = _value(node.left, module), _value(node.right, module)
        return left + right if isinstance(node.op, ast.Add) else left * right
    raise NetworkError(f"{ast.unparse(node)!r} is no length; {_LENGTHS}")


# --- delays ---
def check_delay(delay: Any, source: Any, target: Any) -> None:
    """Raise WiringError for a delay from an outlet to a port that is no whole number of ticks, or too long."""
    if isinstance(delay, bool) or not isinstance(delay, int | np.integer) or not 0 <= delay < 2**61:
        raise WiringError(
            f"the delay from {source} to {target} is {delay!r}; "
            f"wanted a whole number of ticks, from 0 to below 2^61{_about_delay(delay)}"
        )


def _about_delay(delay: Any) -> str:
    """Advice for a message on a delay that is no whole number of ticks; "" where there is none."""
    if isinstance(delay, bool):
        return "; a delay of one tick is 1"
    if isinstance(delay, float | np.floating) and np.isfinite(delay) and delay > 0:
        return f": how long a tick is is for you to say, so {delay:g} ms are {1000 * delay:g} in ticks of 1 us"
    if isinstance(delay, list | tuple | range | np.ndarray):
        return (
            "; a wire has one delay. Delays one a unit: ExponentialCurrent(..., delays=[...]) sends each unit's spikes "
            "so much later by its outlet `axon`; else a module and a wire for each delay"
        )
    return ""


# --- weights ---
Start = float | Callable[[tuple[int, int]], ArrayLike]
"""First weights of a block of which a shape is given: a number for all, or a function of the shape (rows, cols)."""


class Block:
    """A weight block of a network, [rows, cols]; `array` holds the values a run begins with.

    drawn: what the values were drawn by, plain values; a network file holds that in their place while they are so.
    sparse: whether they are those of sparse synapses, in the order of the synapses' rows, and no matrix.
    """

    sparse = False

    def __init__(self, name: str, array: NDArray[Any], drawn: dict[str, Any] | None = None) -> None:
        self.name, self._shape, self.dtype, self.drawn = name, array.shape, array.dtype, drawn
        self._array: NDArray[Any] | None = array
        self._draw: Callable[[], NDArray[Any]] | None = None

    def let_go(self, draw: Callable[[], NDArray[Any]]) -> None:
        """Keep no values, but what draws them: until somebody asks for `array`, who may change it."""
        self._array, self._draw = None, draw

    @property
    def is_kept(self) -> bool:
        """Whether the values are in memory."""
        return self._array is not None

    def values(self) -> NDArray[Any]:
        """The values, to read and to copy; those that are drawn when they are needed are not kept."""
        if self._array is not None:
            return self._array
        assert self._draw is not None
        return self._draw()

    @property
    def array(self) -> NDArray[Any]:
        """The values, to read and to change; another array may take their place, and is copied.

        Raises NetworkError for one of another shape, for NaN or infinity, and for what the network's number type
        cannot hold.
        """
        if self._array is None:
            self._array = self.values()
        return self._array

    @array.setter
    def array(self, values: ArrayLike) -> None:
        made = convert(values, self.dtype.name, f"weight block {self.name!r}")
        if made.shape != self._shape:
            raise NetworkError(
                f"weight block {self.name!r} is given values of shape {made.shape}; wanted {self._shape}"
            )
        self._array = made

    @property
    def rows(self) -> int:
        """Number of rows: one for each index of the spikes that select them."""
        return int(self._shape[0])

    @property
    def cols(self) -> int:
        """Number of columns."""
        return int(self._shape[1])

    def __repr__(self) -> str:
        return f"<block {self.name!r} {self.rows} x {self.cols} {self.dtype}>"


def starting_weights(block: Block, dtype: str) -> NDArray[Any]:
    """The values that a run copies; those that nobody could change since they were drawn are not looked at again."""
    return convert(block.array, dtype, f"weight block {block.name!r}") if block.is_kept else block.values()


def first_values(array: ArrayLike, start: Start | None, name: str) -> tuple[ArrayLike, tuple[int, int] | None]:
    """First values of a weight block, and the shape [rows, cols] that was asked for, if one was."""
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


# --- amounts ---
# Spikes may carry a whole number. A code of 32 bits then holds the index above some bits of the amount less 1; as many
# bits as the largest amount that a port or an outlet declares. Without amounts nothing is shifted.
CODE_BITS = 31
"""Bits of a code beside its sign."""


def check_amounts(ends: Iterable[Any]) -> None:
    """Raise NetworkError for ports and outlets whose amount is no whole number from 1 to 2^30."""
    for end in ends:
        if not 1 <= end.amounts <= 1 << CODE_BITS - 1:
            raise NetworkError(f"{end} has amounts up to {end.amounts:,}; wanted a whole number from 1 to 2^30")


def check_fit(source: Any, target: Any) -> None:
    """Raise WiringError where an outlet sends amounts that a port does not take."""
    if source.amounts > target.amounts:
        takes = f"takes amounts up to {target.amounts:,}" if target.amounts > 1 else "takes no amounts, only +1 and -1"
        raise WiringError(f"{source} sends amounts up to {source.amounts:,}, but port {target} {takes}")


def amount_bits(ports: Iterable[Any], outlets: Iterable[Any]) -> int:
    """Bits of a code that a network's amounts need; 0 where there are none.

    Raises NetworkError where they leave too few for the indices of a port or of an outlet.
    """
    ports, outlets = list(ports), list(outlets)
    most = max((*ports, *outlets), key=lambda end: end.amounts, default=None)
    if most is None or most.amounts == 1:
        return 0
    sizes: dict[Any, int] = {end: end.accepts or 0 for end in ports}
    sizes |= {end: end.width for end in outlets}
    bits: int = (most.amounts - 1).bit_length()
    widest = max(sizes, key=lambda end: sizes[end])
    if sizes[widest] > largest_index(bits):
        raise NetworkError(
            f"{most} has amounts up to {most.amounts:,}, which take {bits} of {CODE_BITS} bits: indices below "
            f"{largest_index(bits):,} are left, but {widest} has {sizes[widest]:,}"
        )
    return bits


def largest_index(bits: int) -> int:
    """The largest index of a port that takes any index, where amounts take `bits` bits of a code."""
    return (1 << CODE_BITS - bits) - 1


# --- what a run begins with ---
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
