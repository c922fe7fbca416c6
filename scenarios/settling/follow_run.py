"""A network that settles keeps its answer up to date while its input changes pixel by pixel: cost and answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.data import Digits, digits, scale_pixels
from eventnet.models import ConventionalNetwork, EquilibriumNetwork
from eventnet.scenarios.reproductions.common.learning_energy import settling_products, twin_products
from eventnet.scenarios.settling.parameters import FollowParameters
from eventnet.scenarios.shared.pixel_by_pixel import ADDS, along

TWIN_RATE = 0.01
"""Learning rate of backpropagation, a digit a step."""

Row = dict[str, Any]
Whole = NDArray[np.int64]


@dataclass
class PixelChanges:
    """A row for every digit that became another; the first in detail: what it cost and answered after each pixel.

    error: of the test digits, from scratch, in percent; learned: adds and products of learning a sample, and messages.
    twin: of backpropagation with as many units, epochs and pixels, its error, and multiply-adds a sample of its two
    passes.
    outputs [changes + 1, 10] in units of 1, adds [changes + 1], the first from scratch. network: as it has learned.
    """

    parameters: FollowParameters
    rows: list[Row]
    error: float
    learned: dict[str, float]
    twin: dict[str, float]
    outputs: NDArray[np.float64]
    adds: Whole
    labels: tuple[int, int]
    network: EquilibriumNetwork


def follow(parameters: FollowParameters, *, progress: Callable[[int, int], None]) -> PixelChanges:
    """Learn the digits, then let one digit become the next; `progress` hears how many are done, of how many."""
    d, table = digits(), parameters.network
    net = EquilibriumNetwork(
        [784, table.hidden, 10], k=table.k, learn="event", grid=table.grid, engine="compiled", order=table.order,
        learning_rate=(table.learning_rate, table.learning_rate / 2), seed=parameters.run.seed,
    )  # fmt: skip
    total = parameters.run.changes + 1
    net.fit(scale_pixels(d.x_train), d.y_train, table.epochs)
    learned: dict[str, float] = {}
    if net.tally is not None:
        each = table.epochs * len(d.x_train)
        counts = net.tally.totals()
        names = (*ADDS, "neuron_adds", "learning_adds", "spikes", "deliveries")
        learned = {name.replace("_", " "): counts[name] / each for name in names}
        products = settling_products(net.tally)._asdict()
        learned |= {f"products, {part}": n / each for part, n in products.items()}
    error = 100 * (1 - net.score(scale_pixels(d.x_test), d.y_test))
    progress(1, total)
    rows, first = [], None
    for number in range(parameters.run.changes):
        row, detail = change(net, d, number, parameters)
        rows.append(row)
        first = first or detail
        progress(number + 2, total)
    assert first is not None
    labels = int(d.y_test[0]), int(d.y_test[1])
    return PixelChanges(parameters, rows, error, learned, twin(d, parameters), first[0], first[1], labels, net)


def twin(d: Digits, parameters: FollowParameters) -> dict[str, float]:
    """Backpropagation of as many units, epochs and pixels, a digit a step: ReLU and softmax, without products by 0."""
    table = parameters.network
    x, x_test = (np.floor(scale_pixels(images) * table.grid + 0.5) / table.grid for images in (d.x_train, d.x_test))
    net = ConventionalNetwork(
        [784, table.hidden, 10], learning_rate=TWIN_RATE, batch=1, seed=parameters.run.seed
    )  # fmt: skip
    for _ in range(table.epochs):
        net.partial_fit(x, d.y_train)
    found = twin_products(net, x, skips_zeros=True)
    return {
        "error": 100 * (1 - net.score(x_test, d.y_test)), "forward": found.forward / len(x),
        "backward": found.backward / len(x),
    }  # fmt: skip


def drawn(d: Digits, number: int, parameters: FollowParameters) -> tuple[Whole, Whole]:
    """Test digit `number` and the next, [2, 784], and the pixels that differ, in the turn in which they change."""
    whole = np.rint(scale_pixels(d.x_test[number : number + 2]) * parameters.network.grid).astype(np.int64)
    rng = np.random.default_rng([parameters.run.seed, number])
    return whole, rng.permutation(np.flatnonzero(whole[0] != whole[1]))


def change(
    net: EquilibriumNetwork, d: Digits, number: int, parameters: FollowParameters
) -> tuple[Row, tuple[NDArray[np.float64], Whole]]:
    """Test digit `number` becomes the next; a row, and outputs and adds after each pixel."""
    whole, pixels = drawn(d, number, parameters)
    outputs, levels, adds, products = along(net, whole[0], whole[1], pixels)
    at = np.unique(np.linspace(1, len(pixels), parameters.run.checks).astype(int))
    images = np.array([np.where(np.isin(np.arange(784), pixels[:n]), whole[1], whole[0]) for n in at])
    scratch = net.outputs(images / parameters.network.grid), net.states(images / parameters.network.grid)
    assert net.tally is not None
    counts = net.tally.totals()
    answer, fresh = outputs[at].argmax(axis=1), scratch[0].argmax(axis=1)
    return {
        "from": int(d.y_test[number]), "to": int(d.y_test[number + 1]), "pixels": len(pixels),
        "adds a pixel": float(adds[1:].mean()), "median": float(np.median(adds[1:])), "most": int(adds[1:].max()),
        "products a pixel": float(products[1:].mean()),
        "from scratch": sum(counts[name] for name in ADDS) / len(at),
        "products from scratch": net.tally.multiplies / len(at), "checks": len(at),
        "same answer": int((answer == fresh).sum()),
        "units apart": float((np.abs(levels[at] - scratch[1]) > 1).sum(axis=1).mean()),
    }, (outputs, adds)  # fmt: skip
