"""Full MNIST: from a folder, from the cache, or from a public mirror into the cache."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eventnet.data.digits import PIXELS, Digits
from eventnet.data.idx import read_images, read_labels
from eventnet.errors import DataError

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"

SHA256 = {
    TRAIN_IMAGES: "0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971",
    TRAIN_LABELS: "1787548bbe0bff1ec2ecdc0ef292b02df999e2d1a6002d27500982c652b17203",
    TEST_IMAGES: "1a1a05eab793c14bb050b398624a11b0ffd1a2953baed553b1b9bd079e2a20be",
    TEST_LABELS: "b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

SPLITS = ("author", "official")
# The thesis's author trained on the first 50,000 training images and tested on the last 10,000 of the 60,000.
_AUTHOR_TRAIN = 50_000


def mnist(folder: str | PathLike[str] | None = None, split: str = "official", download: bool = True) -> Digits:
    """MNIST from `folder`; without a folder from the cache, which is filled from a mirror if `download` says so.

    split: "official" is 60,000 images for training and 10,000 for testing; "author" is the first 50,000 of the
    training images for training and the last 10,000 of them for testing, as the thesis's author had it.
    A folder that is named is only read. Downloads are checked by SHA-256.
    Raises DataError when a file is absent, damaged or not MNIST, or when the download fails.
    """
    if split not in SPLITS:
        raise DataError(f"unknown split {split!r} of MNIST; wanted one of {', '.join(map(repr, SPLITS))}")
    where = Path(folder) if folder is not None else _cache(download)
    x, y = _read(where, TRAIN_IMAGES, TRAIN_LABELS, 60_000)
    if split == "author":
        return Digits(x[:_AUTHOR_TRAIN], y[:_AUTHOR_TRAIN], x[_AUTHOR_TRAIN:], y[_AUTHOR_TRAIN:], split)
    return Digits(x, y, *_read(where, TEST_IMAGES, TEST_LABELS, 10_000), split)


def _read(folder: Path, images: str, labels: str, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    x, y = read_images(_find(folder, images)), read_labels(_find(folder, labels))
    if x.shape != (count, 28, 28):
        raise DataError(f"{folder / images} holds images of shape {list(x.shape)}; wanted [{count}, 28, 28]")
    if len(y) != count:
        raise DataError(f"{folder / labels} holds {len(y):,} labels; wanted {count:,}")
    return x.reshape(count, PIXELS), y


def _find(folder: Path, name: str) -> Path:
    """The file of this name, gzipped or unpacked."""
    for path in (folder / name, folder / name.removesuffix(".gz")):
        if path.is_file():
            return path
    raise DataError(f"{folder} has no {name}. {_advice(folder)}")


def _advice(folder: Path) -> str:
    return (
        f"Put MNIST's four files into {folder}, or name a folder that holds them (on the command line: "
        f"--data FOLDER). They are {', '.join(SHA256)}, from {' or '.join(MIRRORS)}"
    )


def _cache(download: bool) -> Path:
    """The folder of the cached files; with `download`, those that are absent or damaged are fetched first."""
    import pooch  # here, since most users never download

    folder = Path(pooch.os_cache("eventnet")) / "mnist"
    if download:
        for name in SHA256:
            _fetch(folder, name)
    return folder


def _fetch(folder: Path, name: str) -> None:
    """Make sure that the cache holds this file; the mirrors are asked in turn."""
    import pooch

    failures = []
    for mirror in MIRRORS:
        try:
            pooch.retrieve(mirror + name, f"sha256:{SHA256[name]}", fname=name, path=folder)
            return
        # pooch hands on whatever requests raises (all of it OSError), and a ValueError when the checksum differs.
        except (OSError, ValueError) as error:
            reason = type(error).__name__ if isinstance(error, OSError) else "its SHA-256 differs"
            failures.append(f"{mirror}: {reason}")
    raise DataError(f"{name} could not be downloaded ({'; '.join(failures)}). {_advice(folder)}")
