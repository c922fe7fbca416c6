"""What a frame costs: a dense network, one that skips zeros, a rounding network and a Sigma-Delta network (B.2).

Operations are multiplications and additions of matrix products, as published: 2 a weight that is met in a dense or
sparse pass, one addition a weight and spike else; biases and the work inside units are left out. Energy is given twice:
by that convention, and for everything in the tally.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

import eventnet as en
from eventnet.cost import HOROWITZ_INT32, PriceList, dense_energy
from eventnet.errors import ModelError
from eventnet.models.rounding import rounding_forward, rounding_operations
from eventnet.models.stages import dense_operations, samples, sparse_operations

if TYPE_CHECKING:
    from eventnet.models.sigma_delta import SigmaDeltaNetwork


@dataclass(frozen=True)
class Cost:
    """Operations a frame, means over `frames`; energies in nanojoules a frame, estimated by prices.

    own          what this network spent: adds of matrix products (with kind="rounding", those of the rounding network)
    first        adds of the first frame alone, where that was measured: everything is new then
    by_layer     adds a frame by the layer that made them
    dense, sparse, rounding  operations of the other ways to compute the same frames; None where no frames were given
    energy       "dense" and "published" price matrix products alone; "everything" prices the whole tally
    """

    frames: int
    own: float
    by_layer: Mapping[str, float]
    energy: Mapping[str, float]
    dense: float
    first: float | None = None
    sparse: float | None = None
    rounding: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Every number, for JSON."""
        return asdict(self)


def synaptic_adds(tally: en.Tally) -> dict[str, int]:
    """Adds of matrix products by layer."""
    made: dict[str, int] = {}
    for port, row in tally.by_port().items():
        if row["synaptic_adds"]:
            made[port.split(".")[0]] = made.get(port.split(".")[0], 0) + row["synaptic_adds"]
    return made


def measure(network: SigmaDeltaNetwork, frames: ArrayLike | None, prices: PriceList = HOROWITZ_INT32) -> Cost:
    """The cost of what a network has run, or of these frames [n, ...] on a copy of it."""
    if frames is None:
        return _spent(network, prices, None, {})
    given = samples(network.layers, frames)
    if not len(given):
        raise ModelError("the cost of no frames was asked for; wanted one or more")
    copy = network.copy()
    copy.run(given[:1])
    first = float(sum(synaptic_adds(copy.tally_since_reset).values()))
    copy.run(given[1:])
    others = {"sparse": float(sparse_operations(network.layers, given).mean())}
    spikes = rounding_forward(network.layers, given, network.scales).spikes
    others["rounding"] = float(rounding_operations(network.layers, spikes).mean())
    return _spent(copy, prices, first, others)


def _spent(network: SigmaDeltaNetwork, prices: PriceList, first: float | None, others: dict[str, float]) -> Cost:
    tally, n = network.tally_since_reset, max(network.frames_seen, 1)
    by_layer = {name: adds / n for name, adds in synaptic_adds(tally).items()}
    dense, own = float(dense_operations(network.layers, network.input_shape)), sum(by_layer.values())
    energy = {
        "dense": dense_energy(dense / 2, prices) / 1000,
        "published": own * prices.prices["adds"] / 1000,
        "everything": prices.energy(tally) / n / 1000,
    }
    return Cost(network.frames_seen, own, by_layer, energy, dense, first, **others)
