"""Backpropagation of the same size, samples, batches and pixels, whose error and operations stand beside others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from eventnet.data import scale_pixels
from eventnet.models import ConventionalNetwork
from eventnet.models.shared import Floats
from eventnet.scenarios.reproductions.common.learning_energy import twin_products
from eventnet.scenarios.reproductions.common.report import Request, Row, digits_for, rows_of_all

COUNTED = 2000
"""Samples whose products are counted, the first of all."""


class TwinLesson(NamedTuple):
    """The training of a twin: the first `samples`, from the first on again where there are fewer, in batches at a rate.

    judged: errors are of the first of the last 10,000 training images of MNIST. side: images are of so many pixels a
    side, means of those of 28.
    """

    sizes: Sequence[int]
    samples: int
    batch: int
    rate: float
    judged: int = 10_000
    side: int = 28


def train_twin(data: str | None, lesson: TwinLesson, seed: int, quick: bool) -> list[Row]:
    """A network with relu and softmax: its errors in percent on both test sets, and multiply-adds a sample of both
    passes."""
    d = digits_for(data, "author", embedded=quick)
    x, x_test = (pixels(images, lesson.side) for images in (d.x_train[: lesson.samples], d.x_test[: lesson.judged]))
    net = ConventionalNetwork(lesson.sizes, learning_rate=lesson.rate, batch=lesson.batch, seed=seed)
    at = np.arange(lesson.samples) % len(x)
    net.partial_fit(x[at], d.y_train[at])
    found, n = twin_products(net, x[:COUNTED], skips_zeros=True), min(COUNTED, len(x))
    error = 100 * (1 - net.score(x_test, d.y_test[: lesson.judged]))
    test = official_error(data, lambda x, y: net.score(pixels(x, lesson.side), y), lesson.judged, quick)
    return [{"seed": seed, "error": error, "test": test, "forward": found.forward / n, "backward": found.backward / n}]


def pixels(images: Any, side: int) -> Floats:
    """Images [n, 784] from 0 to 1, as means of squares: [n, side^2]."""
    each = 28 // side
    return np.asarray(scale_pixels(images).reshape(-1, side, each, side, each).mean(axis=(2, 4)).reshape(-1, side**2))


def official_error(data: str | None, score: Callable[[Any, Any], float], judged: int, quick: bool) -> float | None:
    """The error in percent on the first `judged` official test images [n, 784] of 0 to 255; None with digits that ship,
    which have no such images. score: the share of images that are right."""
    if quick:
        return None
    d = digits_for(data, "official", embedded=False)
    return 100 * (1 - score(d.x_test[:judged], d.y_test[:judged]))


def scored(net: Any, side: int = 28, **options: Any) -> Callable[[Any, Any], float]:
    """The share of images [n, 784] of 0 to 255 that a network answers rightly, seen as side x side pixels.

    options: those of its `score`.
    """
    return lambda x, y: float(net.score(pixels(x, side), y, **options))


def twin_note(request: Request, lesson: TwinLesson, seeds: Sequence[int], *, embedded: bool = False) -> str:
    """A sentence with the twin's median error (least to most), and its operations.

    embedded: of the digits that ship.
    """
    own = embedded or request.quick
    runs = rows_of_all(train_twin, [(request.folder, lesson, seed, own) for seed in seeds], request)
    errors, tests = [run["error"] for run in runs], [run["test"] for run in runs if run["test"] is not None]
    official = f", official test images {np.median(tests):.2f}% ({min(tests):.2f} to {max(tests):.2f})" if tests else ""
    forward, backward = (np.median([run[key] for run in runs]) for key in ("forward", "backward"))
    return (
        f"backpropagation of the same size, samples and pixels (relu, softmax, batch {lesson.batch}, learning rate "
        f"{lesson.rate:g}, the same seeds): {np.median(errors):.2f}% ({min(errors):.2f} to {max(errors):.2f})"
        f"{official}; {forward:,.0f} multiply-adds a sample forward, {backward:,.0f} backward, none by 0"
    )
