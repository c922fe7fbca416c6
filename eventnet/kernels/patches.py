"""Patches of weights that one spike of a feature map adds to the next one: dense, strided and padded convolution.

Feature maps lie channel-last: unit (channel, y, x) of a map [channels, height, width] has the index
(y * width + x) * channels + channel, and the channels of one *place* (y, x) lie side by side. A spike adds the kernel's
words that it reaches; at the borders it reaches fewer, and only those are added and counted. A dense layer is the
special case of one place.

The kernel lies in rows of its own order, [c_in, kernel height * kernel width * c_out], turned round so that what one
spike reaches is contiguous, row by row of the output (2 to 4 times as fast as channel-first for 16 channels and more).
A kernel with groups or dilation is *spread*: one spike reaches the channels of its own group alone, at places that lie
apart, and its rows hold the words of that group alone, so that nothing is added or counted where no word is.

`add_patches` adds the patch of several spikes of one unit at once, `add_patch` that of one. `add_transposed_patch` goes
the other way: an error at an output unit adds, to every input unit that reaches it, the weight between them. In a dense
layer that is a row and a column of the weights. All three count what they do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload, register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import NetworkError
from eventnet.kernels.records import address_of
from eventnet.tally import READS, SYNAPTIC_ADDS

Ints = NDArray[np.int64]
Shape = tuple[int, int, int]

# Words of `frame`; the last four only where a kernel is spread: how far apart the rows and the columns lie that one
# input reaches, and the input and output channels of a group.
C_IN, W_IN, C_OUT, W_OUT, KERNEL_WIDTH, STEP_Y, STEP_X, GROUP_IN, GROUP_OUT = range(9)
PLAIN = 5
"""Words of the frame of a kernel that is not spread."""


class Geometry(NamedTuple):
    """Shapes (channels, height, width) of input and output, kernel and stride (height, width), and the padding at the
    top, left, bottom and right.

    spread: how far apart the kernel's rows and columns lie on the input (its dilation), and the number of groups.
    """

    shape_in: Shape
    shape_out: Shape
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    spread: tuple[int, int, int] = (1, 1, 1)

    @classmethod
    def dense(cls, n_in: int, n_out: int) -> Geometry:
        """Every input reaches every output: one place, a kernel of one word a channel."""
        return cls((n_in, 1, 1), (n_out, 1, 1), (1, 1), (1, 1), (0, 0, 0, 0))

    @classmethod
    def window(
        cls, shape_in: Shape, channels: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int, int, int] = (0, 0, 0, 0), spread: tuple[int, int, int] = (1, 1, 1),
    ) -> Geometry:  # fmt: skip
        """A kernel that slides over a padded map. Raises NetworkError where it does not fit."""
        shape_in, kernel = _whole_numbers(shape_in, 3, "an input's shape"), _whole_numbers(kernel, 2, "a kernel")
        stride, padding = _whole_numbers(stride, 2, "a stride"), _whole_numbers(padding, 4, "padding")
        (channels,) = _whole_numbers((channels,), 1, "the number of channels")
        spread = _whole_numbers(spread, 3, "dilation and groups")
        top, left, bottom, right = padding
        if min(*shape_in, channels, *kernel, *stride, *spread) < 1 or min(padding) < 0:
            raise NetworkError(
                f"a window has shapes {shape_in}, {kernel}, {stride}, {padding}, {spread}; wanted positive sizes"
            )
        if shape_in[0] % spread[2] or channels % spread[2]:
            raise NetworkError(
                f"{spread[2]} groups do not divide {shape_in[0]} and {channels} channels; wanted equal ones"
            )
        around = (shape_in[1] + top + bottom, shape_in[2] + left + right)
        rows, columns = ((n - d * (k - 1) - 1) // step + 1 for n, d, k, step in zip(around, spread, kernel, stride))
        if min(rows, columns) < 1:
            raise NetworkError(f"a kernel of {kernel} does not fit into a map of {shape_in} with padding {padding}")
        return cls(shape_in, (channels, rows, columns), kernel, stride, padding, spread)

    @classmethod
    def of(cls, parts: Sequence[Any]) -> Geometry:
        """The geometry of its parts, given as any sequences: a network file holds lists, without `spread` at first.

        Raises NetworkError where the parts do not belong together.
        """
        if not isinstance(parts, Sequence) or len(parts) not in (5, 6):
            raise NetworkError(
                f"a geometry is {parts!r}; wanted shapes, kernel, stride and padding, and perhaps spread"
            )
        shape_in, given, kernel, stride, padding, *spread = parts
        shape_out = _whole_numbers(given, 3, "an output's shape")
        made = cls.window(shape_in, shape_out[0], kernel, stride, padding, *spread)
        if made.shape_out != shape_out:
            raise NetworkError(f"a geometry says {shape_out} for an output of {made.shape_out}")
        return made

    @property
    def is_spread(self) -> bool:
        """Whether it has groups or dilation."""
        return self.spread != (1, 1, 1)

    @property
    def units_in(self) -> int:
        """Units of the input."""
        return int(np.prod(self.shape_in))

    @property
    def units_out(self) -> int:
        """Units of the output."""
        return int(np.prod(self.shape_out))

    @property
    def places_out(self) -> int:
        """Places (y, x) of the output."""
        return self.shape_out[1] * self.shape_out[2]

    @property
    def row_words(self) -> int:
        """Words in the row of one input channel of the kernel."""
        return self.kernel[0] * self.kernel[1] * self.group_out

    @property
    def group_out(self) -> int:
        """Output channels that one input channel reaches."""
        return self.shape_out[0] // self.spread[2]

    @property
    def steps(self) -> tuple[int, int]:
        """Distance between neighbouring rows, and between columns, of the outputs that one input reaches."""
        down, across = (d // math.gcd(d, step) for d, step in zip(self.spread, self.stride))
        return down, across

    def integers(self) -> dict[str, Ints]:
        """Arrays by which rules find a patch: `frame` [5] or [9], and for each input row and column three words."""
        rows, columns = (
            reach(n, self.kernel[k], self.stride[k], self.padding[k], self.shape_out[k + 1], self.spread[k])
            for k, n in enumerate(self.shape_in[1:])
        )
        frame = [self.shape_in[0], self.shape_in[2], self.shape_out[0], self.shape_out[2], self.kernel[1]]
        if self.is_spread:
            frame += [*self.steps, self.shape_in[0] // self.spread[2], self.group_out]
        return {"frame": np.array(frame, dtype=np.int64), "rows": rows, "columns": columns}

    def runs(self) -> Ints:
        """All synapses as runs that lie side by side, [any number * 5], by rising unit.

        A run: the input unit, the row of the kernel, the first word in it, the first output unit, how many.
        """
        rows, columns = (self.integers()[name].reshape(-1, 3) for name in ("rows", "columns"))
        c_in, c_out, width, (down, across) = self.shape_in[0], self.shape_out[0], self.shape_out[2], self.steps
        own, of_group = self.group_out, c_in // self.spread[2]
        joined = own == c_out and across == 1  # the places of a row lie side by side
        found = [
            ((y * self.shape_in[2] + x) * c_in + channel, channel, ((slot_y + m) * self.kernel[1] + slot_x + j) * own,
             ((first_y + m * down) * width + first_x + j * across) * c_out + channel // of_group * own,
             n_x * own if joined else own)
            for y, (n_y, first_y, slot_y) in enumerate(rows.tolist())
            for x, (n_x, first_x, slot_x) in enumerate(columns.tolist())
            for channel in range(c_in)
            for m in range(n_y if n_x else 0)
            for j in range(1 if joined else n_x)
        ]  # fmt: skip
        return np.array(found, dtype=np.int64).ravel()

    def fan_in(self) -> Ints:
        """Words that an error at each unit adds to the inputs, [units_out]."""
        counts = np.zeros(self.units_out + 1, dtype=np.int64)
        runs = self.runs().reshape(-1, 5)
        np.add.at(counts, runs[:, 3], 1)
        np.add.at(counts, runs[:, 3] + runs[:, 4], -1)
        return np.cumsum(counts)[:-1]

    def fan_out(self) -> Ints:
        """Words that a spike of each unit adds, [units_in]."""
        tables = self.integers()
        counts = np.outer(tables["rows"][::3], tables["columns"][::3]).ravel()
        return np.asarray(np.repeat(counts * self.group_out, self.shape_in[0]), dtype=np.int64)


def _whole_numbers(given: Any, count: int, what: str) -> Any:
    """So many whole numbers as a tuple."""
    try:
        found = tuple(index(n) for n in given)
    except TypeError:
        found = ()
    if len(found) != count:
        raise NetworkError(f"{what} is {given!r}; wanted {count} whole numbers")
    return found


def slots(kernel: int, stride: int) -> list[int]:
    """Place of each row (or column) of a kernel: those that one input reaches side by side, in reverse."""
    order = sorted(range(kernel), key=lambda k: (k % stride, -k))
    return [order.index(k) for k in range(kernel)]


def reach(size_in: int, kernel: int, stride: int, padding: int, size_out: int, dilation: int = 1) -> Ints:
    """For each input coordinate: how many outputs it reaches, the first of them, the first slot of the kernel."""
    where, words = slots(kernel, stride // math.gcd(stride, dilation)), []
    for x in range(size_in):
        along = [(x + padding - k * dilation, where[k]) for k in range(kernel)]
        pairs = sorted((at // stride, slot) for at, slot in along if at % stride == 0 and 0 <= at // stride < size_out)
        words += [len(pairs), *(pairs[0] if pairs else (0, 0))]
    return np.array(words, dtype=np.int64)


def kernel_rows(weights: ArrayLike, stride: tuple[int, int], spread: tuple[int, int, int] = (1, 1, 1)) -> NDArray[Any]:
    """Weights [c_out, channels of a group, height, width] as the rows of a block, [c_in, row_words].

    Raises NetworkError for another number of dimensions.
    """
    given = np.asarray(weights)
    if given.ndim != 4:
        raise NetworkError(f"a kernel has shape {given.shape}; wanted [c_out, c_in, height, width]")
    c_out, of_group, height, width = given.shape
    groups = spread[2]
    made = np.empty((groups, of_group, height, width, c_out // groups), dtype=given.dtype)
    y, x = _slots_of((height, width), stride, spread)
    by_group = given.reshape(groups, c_out // groups, of_group, height, width)
    made[:, :, y[:, None], x[None, :], :] = np.moveaxis(by_group, 1, 4)
    return made.reshape(groups * of_group, -1)


def kernel_weights(rows: ArrayLike, geometry: Geometry) -> NDArray[Any]:
    """The weights [c_out, channels of a group, height, width] of a block's rows: the inverse of `kernel_rows`."""
    height, width = geometry.kernel
    given = np.asarray(rows).reshape(geometry.spread[2], -1, height, width, geometry.group_out)
    y, x = _slots_of(geometry.kernel, geometry.stride, geometry.spread)
    by_group = np.moveaxis(given[:, :, y[:, None], x[None, :], :], 4, 1)
    return np.ascontiguousarray(by_group.reshape(geometry.shape_out[0], -1, height, width))


def _slots_of(kernel: tuple[int, int], stride: tuple[int, int], spread: tuple[int, int, int]) -> tuple[Ints, Ints]:
    """Places of the rows and of the columns of a kernel."""
    y, x = (np.array(slots(k, step // math.gcd(step, d))) for k, step, d in zip(kernel, stride, spread))
    return y, x


def channel_last(maps: ArrayLike) -> NDArray[Any]:
    """Maps [n, channels, height, width] (or vectors [n, units]) in the order of the units, [n, units]."""
    given = np.asarray(maps)
    given = np.moveaxis(given, 1, 3) if given.ndim == 4 else given
    return np.ascontiguousarray(given.reshape(len(given), math.prod(given.shape[1:])))


# --- the plain meaning -----------------------------------------------------------------------------------------------
def quotient(a: int, b: int) -> int:
    """a // b for whole numbers from 0 to 2^50, b above 0."""
    return a // b


@overload(quotient, jit_options={"forceinline": True})
def _quotient(a, b):
    # One division of floats: ten times as fast as a division of 64-bit integers, and exact with the half added.
    return lambda a, b: np.int64((np.float64(a) + 0.5) / np.float64(b))


@register_jitable
def patch_of(i: int, frame: Any, rows: Any, columns: Any) -> Any:
    """The patch of unit i: its channel, then for rows and for columns how many, the first output, the first slot."""
    channel, y, x = i, 0, 0
    if i >= frame[C_IN]:  # a dense layer never divides: what waits for a division cannot be read ahead
        place = quotient(i, frame[C_IN])
        y = quotient(place, frame[W_IN])
        x = place - y * frame[W_IN]
        channel = i - place * frame[C_IN]
    return (
        channel,
        rows[3 * y],
        rows[3 * y + 1],
        rows[3 * y + 2],
        columns[3 * x],
        columns[3 * x + 1],
        columns[3 * x + 2],
    )


@register_jitable
def steps_of(frame: Any) -> Any:
    """Distance between neighbouring rows, and between columns, of the outputs that one input reaches."""
    if len(frame) == PLAIN:
        return 1, 1
    return frame[STEP_Y], frame[STEP_X]


@register_jitable
def add_spread(acc: Any, w: Any, i: int, n: int, frame: Any, rows: Any, columns: Any) -> int:
    """As `add_words`, for a kernel that is spread."""
    channel, n_y, y, slot_y, n_x, x, slot_x = patch_of(i, frame, rows, columns)
    words = frame[GROUP_OUT]
    first = quotient(channel, frame[GROUP_IN]) * words
    for a in range(n_y):
        for b in range(n_x):
            at = ((y + a * frame[STEP_Y]) * frame[W_OUT] + x + b * frame[STEP_X]) * frame[C_OUT] + first
            begin = ((slot_y + a) * frame[KERNEL_WIDTH] + slot_x + b) * words
            for j in range(words):
                word, total = w[channel, begin + j], acc[at + j]
                for _ in range(abs(n)):
                    total = total + word if n > 0 else total - word
                acc[at + j] = total
    return int(n_y * n_x * words)


def add_words(acc: Any, w: Any, i: int, n: int, frame: Any, rows: Any, columns: Any) -> int:
    """Add (n > 0) or subtract |n| times the patch of unit i, uncounted; returns how many words the patch has."""
    if len(frame) != PLAIN:
        return int(add_spread(acc, w, i, n, frame, rows, columns))
    channel, n_y, y, slot_y, n_x, x, slot_x = patch_of(i, frame, rows, columns)
    words, times = n_x * frame[C_OUT], range(abs(n))
    for k in range(n_y):
        at = ((y + k) * frame[W_OUT] + x) * frame[C_OUT]
        begin = ((slot_y + k) * frame[KERNEL_WIDTH] + slot_x) * frame[C_OUT]
        for j in range(words):
            word, total = w[channel, begin + j], acc[at + j]
            for _ in times:
                total = total + word if n > 0 else total - word
            acc[at + j] = total
    return int(n_y * words)


@register_jitable(forceinline=True)
def add_patches(acc: Any, w: Any, i: int, n: int, frame: Any, rows: Any, columns: Any, tally: Any) -> None:
    """Add (n > 0) or subtract |n| times the patch of unit i. Counts |n| synaptic adds and a read a word."""
    words = add_words(acc, w, i, n, frame, rows, columns)
    tally[SYNAPTIC_ADDS] += abs(n) * words
    tally[READS] += words


@register_jitable(forceinline=True)
def add_patch(acc: Any, w: Any, i: int, s: int, frame: Any, rows: Any, columns: Any, tally: Any) -> None:
    """Add (s > 0) or subtract the patch of unit i once. Counts a synaptic add and a read a word."""
    words = add_words(acc, w, i, 1 if s > 0 else -1, frame, rows, columns)
    tally[SYNAPTIC_ADDS] += words
    tally[READS] += words


@register_jitable
def add_transposed_patch(acc: Any, w: Any, o: int, n: int, frame: Any, rows: Any, columns: Any, tally: Any) -> None:
    """Add |n| times, with n's sign, what joins output unit o to each input unit. Counts as `add_patches` does."""
    c_in, c_out = frame[C_IN], frame[C_OUT]
    place = quotient(o, c_out)
    y_out = quotient(place, frame[W_OUT])
    x_out, channel = place - y_out * frame[W_OUT], o - place * c_out
    words = 0
    for y in range(len(rows) // 3):
        k = y_out - rows[3 * y + 1]
        if k < 0 or k >= rows[3 * y]:
            continue
        for x in range(len(columns) // 3):
            m = x_out - columns[3 * x + 1]
            if m < 0 or m >= columns[3 * x]:
                continue
            slot = (rows[3 * y + 2] + k) * frame[KERNEL_WIDTH] + columns[3 * x + 2] + m
            at, word_at = (y * frame[W_IN] + x) * c_in, slot * c_out + channel
            for c in range(c_in):
                word = w[c, word_at]
                for _ in range(abs(n)):
                    if n > 0:
                        acc[at + c] += word
                    else:
                        acc[at + c] -= word
            words += c_in
    tally[SYNAPTIC_ADDS] += abs(n) * words
    tally[READS] += words


add_field = add_transposed_patch
"""An older name."""


# --- compiled --------------------------------------------------------------------------------------------------------
_IR_TYPES = {types.float32: ir.FloatType(), types.float64: ir.DoubleType(), types.int32: ir.IntType(32)}


def _some_lanes(lanes: int, minus: bool) -> Any:
    """An intrinsic: add (or subtract) `lanes` words at one address, so many times, to those at another."""

    @intrinsic
    def add(typingctx: Any, target: Any, source: Any, times: Any, like: Any) -> Any:
        number = like.dtype

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            scalar = _IR_TYPES[number]
            vector = ir.VectorType(scalar, lanes)
            align = context.get_abi_sizeof(scalar)
            place = builder.inttoptr(args[0], vector.as_pointer())
            words = builder.load(builder.inttoptr(args[1], vector.as_pointer()), align=align)
            if isinstance(number, types.Float):
                move = builder.fsub if minus else builder.fadd
            else:
                move = builder.sub if minus else builder.add
            sums = cgutils.alloca_once(builder, vector)
            builder.store(builder.load(place, align=align), sums)
            with cgutils.for_range(builder, args[2]):
                values = builder.load(sums)
                builder.store(move(values, words), sums)
            builder.store(builder.load(sums), place, align=align)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, types.int64, like), codegen

    return add


_add64, _sub64 = _some_lanes(64, False), _some_lanes(64, True)
_add16, _sub16 = _some_lanes(16, False), _some_lanes(16, True)
_add8, _sub8 = _some_lanes(8, False), _some_lanes(8, True)
_add4, _sub4 = _some_lanes(4, False), _some_lanes(4, True)
_add1, _sub1 = _some_lanes(1, False), _some_lanes(1, True)


@register_jitable
def _add_run(target: int, source: int, words: int, n: int, like: Any, item: int) -> None:
    """Add or subtract so many words |n| times, 64 at a time, then 16, then 4, then one."""
    j, times = 0, abs(n)
    if n > 0:
        while j + 64 <= words:
            _add64(target + j * item, source + j * item, times, like)
            j += 64
        while j + 16 <= words:
            _add16(target + j * item, source + j * item, times, like)
            j += 16
        if j + 8 <= words:
            _add8(target + j * item, source + j * item, times, like)
            j += 8
        while j + 4 <= words:
            _add4(target + j * item, source + j * item, times, like)
            j += 4
        while j < words:
            _add1(target + j * item, source + j * item, times, like)
            j += 1
    else:
        while j + 64 <= words:
            _sub64(target + j * item, source + j * item, times, like)
            j += 64
        while j + 16 <= words:
            _sub16(target + j * item, source + j * item, times, like)
            j += 16
        if j + 8 <= words:
            _sub8(target + j * item, source + j * item, times, like)
            j += 8
        while j + 4 <= words:
            _sub4(target + j * item, source + j * item, times, like)
            j += 4
        while j < words:
            _sub1(target + j * item, source + j * item, times, like)
            j += 1


@overload(add_words, jit_options={"forceinline": True})
def _add_words(acc, w, i, n, frame, rows, columns):
    item = acc.dtype.bitwidth // 8

    def impl(acc, w, i, n, frame, rows, columns):
        if len(frame) != PLAIN:
            return add_spread(acc, w, i, n, frame, rows, columns)
        channel, n_y, y, slot_y, n_x, x, slot_x = patch_of(i, frame, rows, columns)
        c_out = frame[C_OUT]
        words = n_x * c_out
        target = address_of(acc) + (y * frame[W_OUT] + x) * c_out * item
        source = address_of(w) + channel * w.strides[0] + (slot_y * frame[KERNEL_WIDTH] + slot_x) * c_out * item
        down, along = frame[W_OUT] * c_out * item, frame[KERNEL_WIDTH] * c_out * item
        for k in range(n_y):
            _add_run(target + k * down, source + k * along, words, n, acc, item)
        return n_y * words

    return impl
