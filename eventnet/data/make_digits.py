"""Make digits.npz, the embedded digits, from the four files of MNIST.

    python -m eventnet.data.make_digits FOLDER

The images are chosen by rule, so the arrays are always the same; the file's bytes may change with zlib's version.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eventnet.data.digits import CLASSES, DIGITS_FILE
from eventnet.data.mnist import mnist
from eventnet.errors import DataError

TRAIN_OF_EACH = 200
TEST_OF_EACH = 100


def first_of_each(labels: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The indices, in file order, of the first `count` images of each class: int64 [10 * count]."""
    chosen = [np.flatnonzero(labels == label)[:count] for label in range(CLASSES)]
    short = [label for label in range(CLASSES) if len(chosen[label]) < count]
    if short:
        raise DataError(f"class {short[0]} has only {len(chosen[short[0]])} images; wanted {count}")
    return np.sort(np.concatenate(chosen))


def make_digits(folder: str | Path, target: str | Path = DIGITS_FILE) -> None:
    """Choose the embedded digits from MNIST's four files in `folder` and write them to `target`.

    The training images come from the author's first 50,000, so that none is in either split's test images.
    """
    author, official = mnist(folder, split="author"), mnist(folder, split="official")
    train = first_of_each(author.y_train, TRAIN_OF_EACH)
    test = first_of_each(official.y_test, TEST_OF_EACH)
    np.savez_compressed(
        target,
        x_train=author.x_train[train],
        y_train=author.y_train[train].astype(np.uint8),
        x_test=official.x_test[test],
        y_test=official.y_test[test].astype(np.uint8),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the embedded digits from MNIST.")
    parser.add_argument("folder", type=Path, help="where MNIST's four files are")
    make_digits(parser.parse_args().folder)
    print(f"{DIGITS_FILE}: {DIGITS_FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
