"""What both engines ask of a network's wires before a run: who predicts, and how far ahead spikes are sent."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from eventnet.kernels.prediction_heap import FROM_OUTLET, POSITION, TO_PORT, UNIT
from eventnet.kernels.records import NONE_LATER
from eventnet.module import Module
from eventnet.network import Network, predictions_of


def make_slots(net: Network, bits: int) -> tuple[NDArray[np.int64], dict[str, int]]:
    """A slot for each neuron that may predict, [N, 8], and the number of each module's first; bits: of amounts."""
    outlets = {(o.module.name, o.name): k for k, o in enumerate(net.outlets())}
    rows: list[tuple[int, int, int]] = []
    first: dict[str, int] = {}
    for source, target in net.predictions():
        first[source.module.name] = len(rows)
        number = outlets[source.module.name, source.name]
        rows += [(int(target), number, unit << bits) for unit in range(source.width)]
    slots = np.zeros((len(rows), 8), dtype=np.int64)
    slots[:, POSITION] = -1
    slots[:, [TO_PORT, FROM_OUTLET, UNIT]] = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return slots, first


def neurons_of(module: Module) -> int:
    """How many units of a module may predict."""
    return sum(source.width for source, _ in predictions_of(module))


def longest_delays(net: Network) -> defaultdict[tuple[str, str], int]:
    """The longest delay of the wires at each outlet, by names of module and outlet; -1 for one without wires.

    NONE_LATER for one that says `pending`: nothing sets out later there.
    """
    found: defaultdict[tuple[str, str], int] = defaultdict(lambda: -1)
    for wire in net.wires:
        key = wire.source.module.name, wire.source.name
        found[key] = NONE_LATER if wire.source.outlet.pending is not None else max(found[key], wire.delay)
    return found
