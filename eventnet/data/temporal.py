"""Temporal MNIST: the same images in an order in which each resembles the one before (thesis, appendix B.4).

One kernel serves all number types. It holds the waiting samples with one column each, so that a pass over a row adds
one pixel's distance to every sample's total: 60,000 images of 784 bytes take 3 to 4 s on one core. Whole numbers make
the order of uint8 samples exact; floats are added pixel by pixel, in the plain meaning as in the compiled one.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.base.files import read_file, write_beside
from eventnet.data.digits import Digits
from eventnet.data.mnist import _cache, mnist
from eventnet.errors import DataError
from eventnet.kernels.compiling import compiled

BUFFER = 1000
# An int32 total holds the distance between two samples of this many bytes, whatever they are.
MAX_BYTES_WIDE = (2**31 - 1) // 255

_CACHE_FORMAT = "temporal order 1"
_DIGEST_BYTES = 32
_PROGRESS_EVERY = 1000

Nearest: TypeAlias = Callable[[NDArray[Any], NDArray[Any], NDArray[Any]], int]
Progress: TypeAlias = bool | Callable[[int, int], None]


def nearest(pool: NDArray[Any], current: NDArray[Any], totals: NDArray[Any]) -> int:
    """The column of `pool` that is nearest to `current` in L1; the first of several.

    pool: [n_values, n_waiting], one sample a column. current: [n_values], of the same number type.
    totals: [n_waiting], int32 for uint8 samples and else the samples' own type; filled with the distances.
    This is the meaning; the compiled twin gives the same totals and the same column.
    """
    totals[:] = 0
    with np.errstate(over="ignore"):  # as compiled: a distance past the largest float is infinite
        for values, own in zip(pool, current):
            totals += np.maximum(values, own) - np.minimum(values, own)
    return int(np.argmin(totals))


def _nearest_in_loops(pool: NDArray[Any], current: NDArray[Any], totals: NDArray[Any]) -> int:
    totals[:] = 0
    for value in range(pool.shape[0]):
        own, row = current[value], pool[value]
        # The larger less the smaller: bytes stay bytes, and the compiler adds a vector of samples at a time.
        for waiting in range(totals.shape[0]):
            totals[waiting] += max(row[waiting], own) - min(row[waiting], own)
    return int(np.argmin(totals))


nearest_compiled: Nearest = compiled(_nearest_in_loops)


def temporal_order(x: ArrayLike, *, buffer: int = BUFFER, progress: Progress = False) -> NDArray[np.int64]:
    """Indices of the samples of `x` in temporal order: int64 [n], beginning with 0 (thesis, appendix B.4).

    x: [n, n_values] of numbers. uint8 is measured in whole numbers, float32 in float32, the rest in float64.
    buffer: how many samples wait at a time. They start as samples 1 to `buffer`; the next in order is the one that is
    nearest to the current sample in L1 distance (of several the first slot's), and the next unseen sample takes its
    slot. When none is left, its slot goes.
    progress: True for a count on the standard error stream, or a function called with (samples placed, n).
    Raises DataError when x is not such an array or holds a value that is not finite, or when `buffer` < 1.
    """
    samples = _samples(x)
    _check_buffer(buffer)
    return _walk(samples, int(buffer), nearest if numba.config.DISABLE_JIT else nearest_compiled, progress)


def temporal(
    data: Digits,
    *,
    buffer: int = BUFFER,
    cache: str | PathLike[str] | None = None,
    progress: Progress = False,
) -> Digits:
    """The same digits in temporal order, those for training and those for testing each for themselves.

    The split's name gets "temporal" in front. The orders are kept in the folder `cache` (unnamed: the one of MNIST's
    downloads), under a name made from the images and the buffer. A kept order that is damaged is made anew, and a
    folder that cannot be written to costs only the time. progress: as in `temporal_order`, for each
    set in turn. Raises DataError when `buffer` < 1.
    """
    folder = Path(cache) if cache is not None else _cache(download=False)
    train = _cached_order(data.x_train, buffer, folder, progress)
    test = _cached_order(data.x_test, buffer, folder, progress)
    return Digits(
        data.x_train[train], data.y_train[train], data.x_test[test], data.y_test[test], f"temporal {data.split}"
    )


def temporal_mnist(
    folder: str | PathLike[str] | None = None,
    split: str = "official",
    download: bool = True,
    *,
    buffer: int = BUFFER,
    cache: str | PathLike[str] | None = None,
    progress: Progress = False,
) -> Digits:
    """Full MNIST in temporal order (thesis, appendix B.4): `mnist` says what the first three mean, `temporal` the rest.

    With the buffer of 1,000 the mean L1 distance of neighbours (pixels from 0 to 1) falls from 132.1 to 58.5 in the
    60,000 images for training, and from 126.7 to 56.0 in the 10,000 for testing.
    Raises DataError when MNIST cannot be read or `buffer` < 1.
    """
    return temporal(mnist(folder, split, download), buffer=buffer, cache=cache, progress=progress)


def _samples(x: ArrayLike) -> NDArray[Any]:
    """The samples in rows that lie end to end, in one of the three number types the kernel is for."""
    found = np.asarray(x)
    if found.ndim != 2 or found.dtype.kind not in "buif":
        raise DataError(f"the samples are {found.dtype} {list(found.shape)}; wanted numbers [n, n_values]")
    if found.dtype == np.uint8:
        if found.shape[1] > MAX_BYTES_WIDE:
            raise DataError(f"the samples have {found.shape[1]:,} bytes; wanted at most {MAX_BYTES_WIDE:,}")
        return np.ascontiguousarray(found)
    single = found.dtype.kind == "f" and found.dtype.itemsize == 4
    samples = np.ascontiguousarray(found, np.float32 if single else np.float64)
    wrong = np.flatnonzero(~np.isfinite(samples).all(axis=1))
    if wrong.size:
        raise DataError(f"sample {wrong[0]:,} holds a value that is not finite; distances need numbers")
    return samples


def _check_buffer(buffer: int) -> None:
    if isinstance(buffer, bool) or not isinstance(buffer, int | np.integer) or buffer < 1:
        raise DataError(f"the buffer is {buffer!r}; wanted a whole number of samples, at least 1")


def _walk(x: NDArray[Any], buffer: int, nearest: Nearest, progress: Progress) -> NDArray[np.int64]:
    """Go from each sample to the nearest that waits."""
    n = len(x)
    order = np.zeros(n, np.int64)
    slots = np.arange(1, min(buffer + 1, n))
    pool = np.ascontiguousarray(x[slots].T)
    totals = np.zeros(len(slots), np.int32 if x.dtype == np.uint8 else x.dtype)
    for place in range(1, n):
        slot = nearest(pool, x[order[place - 1]], totals)
        order[place] = slots[slot]
        unseen = place + buffer
        if unseen < n:
            slots[slot], pool[:, slot] = unseen, x[unseen]
        else:
            slots, pool, totals = np.delete(slots, slot), np.delete(pool, slot, axis=1), totals[:-1]
        if progress and ((place + 1) % _PROGRESS_EVERY == 0 or place + 1 == n):
            (_count if progress is True else progress)(place + 1, n)
    return order


def _count(placed: int, n: int) -> None:
    print(f"\r{placed:,} of {n:,} samples in order", end="\n" if placed == n else "", file=sys.stderr, flush=True)


def _cached_order(x: NDArray[np.uint8], buffer: int, folder: Path, progress: Progress) -> NDArray[np.int64]:
    _check_buffer(buffer)
    path = folder / f"temporal-{_name(x, int(buffer))}.order"
    order = _read_order(path, len(x))
    if order is None:
        order = temporal_order(x, buffer=buffer, progress=progress)
        # An order that cannot be kept is as good as one that can.
        with contextlib.suppress(OSError, DataError):
            _write_order(path, order)
    return order


def _name(x: NDArray[np.uint8], buffer: int) -> str:
    """A name that samples in this shape and order share with no others, and no other buffer."""
    digest = hashlib.sha256(f"{_CACHE_FORMAT} {x.dtype.str} {x.shape} {buffer}\n".encode())
    digest.update(np.ascontiguousarray(x).tobytes())
    return digest.hexdigest()


def _read_order(path: Path, n: int) -> NDArray[np.int64] | None:
    """The order in a file: n little-endian int64 and their SHA-256; None unless it is a whole permutation from 0."""
    try:
        data = read_file(path, 8 * n + _DIGEST_BYTES)
    except DataError:
        return None
    numbers, digest = data[: 8 * n], data[8 * n :]
    if hashlib.sha256(numbers).digest() != digest:
        return None
    order = np.frombuffer(numbers, "<i8").astype(np.int64)
    if len(order) != n:
        return None
    sound = np.array_equal(np.sort(order), np.arange(n)) and not order[:1].any()
    return order if sound else None


def _write_order(path: Path, order: NDArray[np.int64]) -> None:
    """Written beside the file and then moved: a reader finds all of it or nothing."""
    numbers = order.astype("<i8").tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_beside(path, numbers + hashlib.sha256(numbers).digest())
