"""Handwritten digits: the form they come in, and 3,000 real ones that ship with the package.

The embedded digits are a subset of MNIST: of each class the first 200 of the first 50,000 training images and the
first 100 of the 10,000 test images, in file order. `make_digits.py` makes the file; DIGITS-LICENCE.md says whose
work it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.base.files import read_arrays
from eventnet.errors import DataError

DIGITS_FILE = Path(__file__).with_name("digits.npz")
PIXELS = 28 * 28
CLASSES = 10


@dataclass(frozen=True, eq=False)
class Digits:
    """Images of handwritten digits with their labels, for training and for testing.

    x_train: uint8 [n, 784], pixels from 0 (paper) to 255 (ink), row by row.
    y_train: int64 [n], labels from 0 to 9.
    x_test, y_test: the same for testing.
    split: which images these are: "embedded", "author" or "official". A number measured on them should name it.
    """

    x_train: NDArray[np.uint8]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.int64]
    split: str

    def __post_init__(self) -> None:
        for part, x, y in (("train", self.x_train, self.y_train), ("test", self.x_test, self.y_test)):
            if x.ndim != 2 or x.shape[1] != PIXELS or x.dtype != np.uint8:
                raise DataError(f"x_{part} is {x.dtype} {list(x.shape)}; wanted uint8 [n, {PIXELS}]")
            if y.shape != x.shape[:1]:
                raise DataError(f"x_{part} has {len(x):,} images, but y_{part} has the shape {list(y.shape)}")

    def __repr__(self) -> str:
        return f"<Digits {self.split!r}: {len(self.x_train):,} for training, {len(self.x_test):,} for testing>"


def digits() -> Digits:
    """The embedded digits: 2,000 for training, 200 of each class, and 1,000 for testing, 100 of each class.

    Every call reads them anew, so that the arrays are the caller's own. Raises DataError when the installed file is
    absent or damaged.
    """
    try:
        arrays = read_arrays(DIGITS_FILE)
        x_train, x_test = arrays["x_train"], arrays["x_test"]
        y_train, y_test = arrays["y_train"].astype(np.int64), arrays["y_test"].astype(np.int64)
    except (DataError, KeyError) as error:
        raise DataError(f"the embedded digits in {DIGITS_FILE} cannot be read ({error}): install again") from error
    return Digits(x_train, y_train, x_test, y_test, split="embedded")


def one_hot(labels: ArrayLike, classes: int = CLASSES) -> NDArray[np.float32]:
    """Labels of shape [n] as float32 targets of shape [n, classes]: 1 in the label's column, 0 elsewhere.

    Raises DataError unless the labels are integers from 0 to `classes` - 1.
    """
    found = np.asarray(labels)
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise DataError(f"the labels are {found.dtype} of shape {list(found.shape)}; wanted integers of shape [n]")
    wrong = np.flatnonzero((found < 0) | (found >= classes))
    if wrong.size:
        raise DataError(f"label {wrong[0]} is {found[wrong[0]]}; wanted labels from 0 to {classes - 1}")
    targets = np.zeros((len(found), classes), np.float32)
    targets[np.arange(len(found)), found] = 1
    return targets


def scale_pixels(x: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pixels from 0 to 255 as float32 `x / 256`, the thesis author's scaling: every value is exact and below 1.

    The step matters: dividing by 255 makes inputs larger, and with them every step of learning.
    Raises DataError unless the pixels are uint8: what is scaled already should not be scaled again.
    """
    if x.dtype != np.uint8:
        raise DataError(f"the pixels are {x.dtype}; wanted uint8 from 0 to 255, as they come from the files")
    return x.astype(np.float32) / np.float32(256)
