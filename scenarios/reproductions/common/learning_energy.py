"""The cost of learning from a sample, for a proportional-derivative network or its twin, in every convention."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.cost import HOROWITZ_INT32, PriceList
from eventnet.models import ConventionalNetwork, PDNetwork
from eventnet.models.layers import Dense, forward
from eventnet.scenarios.reproductions.common.report import Row
from eventnet.tally import COLUMNS, Tally

MEMORY = "1MB"
"""The memory that holds the weights in the column with memory: 784 x 200 words of 32 bits want 0.6 MB."""


def pd_cost(net: PDNetwork, operations: float, samples: int) -> Row:
    """A sample of the network's last call that learned; operations: of that call, by the published count."""
    tally = net.tally
    assert tally is not None
    kept = 0
    if net.options["rule"] == "past":  # a word beside each weight that is moved, read and written with it
        kept = 2 * sum(row["writes"] for port, row in tally.by_port().items() if port.startswith("update"))
    return _columns(operations, tally, kept, samples)


def twin_cost(net: ConventionalNetwork, x: NDArray[Any], *, skips_zeros: bool) -> Row:
    """A sample of a dense network with relu and softmax that learns one sample a step; counted, not run.

    skips_zeros: nothing is multiplied by an input or an activation of 0, or by the error of a unit that relu holds at
    0. Which those are is looked at with the weights that the network has now.
    """
    forward_macs, backward, moved = twin_products(net, x, skips_zeros=skips_zeros)
    macs, checks = forward_macs + backward, 0
    for n_in, n_out in (layer.weights.shape for layer in _dense(net)):
        checks += len(x) * (n_out + (n_in if skips_zeros else 0))
    counts = {"synaptic_adds": macs, "multiplies": macs, "compares": checks, "reads": macs, "writes": moved}
    tally = Tally(["twin"], [[counts.get(column, 0) for column in COLUMNS]])
    return _columns(macs / len(x), tally, 0, len(x), dense=True)


class TwinProducts(NamedTuple):
    """Multiply-adds of all samples: of forward passes, and of backward ones with their gradients, of which `moved` are
    of weights' gradients."""

    forward: int
    backward: int
    moved: int


def twin_products(net: ConventionalNetwork, x: NDArray[Any], *, skips_zeros: bool) -> TwinProducts:
    """Products of learning from all samples of x [n, n_in], in a dense network with relu, with its present weights.

    A batch's weights are changed by its sum of gradients, to which each sample adds its own: no further product.
    """
    layers = _dense(net)
    active = [_active(net, x, k, skips_zeros) for k in range(len(layers))]
    erring = [*active[1:], np.full(len(x), layers[-1].weights.shape[1])]
    ahead = back = moved = 0
    for k, layer in enumerate(layers):
        change = int(active[k] @ erring[k])  # and as much work for the errors of the units below that relu lets through
        ahead += int(active[k].sum()) * layer.weights.shape[1]
        back += change + (change if k else 0)
        moved += change
    return TwinProducts(ahead, back, moved)


def contrast_products(sizes: Sequence[int], x: NDArray[Any]) -> float:
    """Multiply-adds a sample of the contrast (2.12) of samples x [n, n_in]: both ends of each weight meet in both
    phases, those of inputs that are not 0."""
    pixels = float(np.count_nonzero(x)) / len(x) * sizes[1]
    return 2 * (pixels + sum(below * above for below, above in pairwise(sizes[1:])))


class SettlingProducts(NamedTuple):
    """Products of a network that settles by levels on the engine: of rows and columns that changes of more than a level
    and pixels add, by who sends them, and of weights that learn."""

    inputs: int
    messages: int
    learning: int


def settling_products(tally: Tally) -> SettlingProducts:
    """Those of a run of `EquilibriumNetwork` on the engine. Each goes with an add."""
    of_rows, inputs = tally.products()["products"], tally.products_by_port()["layer0.below"]["products"]
    return SettlingProducts(inputs, of_rows - inputs, tally.multiplies - of_rows)


def _dense(net: ConventionalNetwork) -> list[Dense]:
    return [layer for layer in net.layers() if isinstance(layer, Dense)]


def _active(net: ConventionalNetwork, x: NDArray[Any], layer: int, skips_zeros: bool) -> NDArray[np.int64]:
    """Number of inputs of a dense layer that are not 0, [n samples]; of all inputs where zeros are not skipped."""
    made = net.layers()
    place = [k for k, one in enumerate(made) if isinstance(one, Dense)][layer]
    found = forward(made[:place], x.reshape(len(x), -1)) if place else x.reshape(len(x), -1)
    return np.count_nonzero(found, axis=1) if skips_zeros else np.full(len(x), found.shape[1])


def _columns(operations: float, tally: Tally, kept: int, samples: int, *, dense: bool = False) -> Row:
    prices, totals = HOROWITZ_INT32, tally.totals()
    words = totals["reads"] + totals["writes"] + kept
    published = operations * (prices.prices["adds"] + (prices.prices["multiplies"] if dense else 0.0))
    everything = _nano(prices, tally, samples)
    return {
        "k adds": _k(tally.adds / samples), "k products": _k(tally.multiplies / samples),
        "k checks": _k(totals["compares"] / samples), "nJ, operations": round(published / 1000, 1),
        "nJ, everything": round(everything, 1),
        "nJ, checks too": round(_nano(prices.with_comparisons(), tally, samples), 1),
        "k words": _k(words / samples), "nJ, words too": round(everything + _per_word() * words / samples / 1000, 1),
    }  # fmt: skip


def _per_word() -> float:
    return HOROWITZ_INT32.with_memory(MEMORY).prices["reads"]


def _nano(prices: PriceList, tally: Tally, samples: int) -> float:
    return prices.energy(tally) / samples / 1000


def _k(count: float) -> float:
    return round(count / 1000, 1)
