"""Facts of a simulation that the checks use: numbers of indices of its ports and outlets, wires, options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.reference import ReferenceEngine
from eventnet.given import largest_index
from eventnet.network import Network

Arrays = dict[str, NDArray[Any]]

Ints = NDArray[np.int64]


class Instant(NamedTuple):
    """A time, and how many deliveries were taken at it so far."""

    t: int
    deliveries: int


def ints(values: Any) -> Ints:
    return np.array(list(values), dtype=np.int64)


@dataclass(frozen=True)
class SimulationFacts:
    """Facts of a simulation that the checks use: numbers of indices of ports and outlets, wires, neurons, options."""

    engine: Any
    accepts: Ints  # [P]
    widths: Ints  # [O]
    takes: Ints  # [P] the largest amount
    sends: Ints  # [O] the largest amount
    bits: int  # of a code that hold amounts
    pending: Any  # [O] at most one delivery a unit waits
    rank: Ints  # [P]
    wires: Ints  # [W, 5]: outlet, port, delay, settled, number; those of an outlet stand together
    slots: Ints  # [N, 8]

    @classmethod
    def of(cls, engine: Any) -> SimulationFacts:
        """The facts of an engine's simulation."""
        net: Network = engine.net
        bits = engine.store.bits
        accepts = [largest_index(bits) if port.accepts is None else port.accepts for port in net.ports()]
        outlets = list(net.outlets())
        number = {(o.module.name, o.name): k for k, o in enumerate(outlets)}
        wires = [
            (number[w.source.module.name, w.source.name], int(w.target), w.delay, w.settled, k)
            for k, w in enumerate(net.wires)
        ]
        pending = np.array([o.outlet.pending is not None for o in outlets], dtype=bool)
        rank = engine.rank if isinstance(engine, ReferenceEngine) else engine.plan.rank
        return cls(
            engine, ints(accepts), ints(o.width for o in outlets), ints(port.amounts for port in net.ports()),
            ints(o.amounts for o in outlets), bits, pending, ints(rank),
            ints(sorted(wires, key=lambda wire: wire[0])).reshape(-1, 5), engine.store.slots,
        )  # fmt: skip

    def numbers(self) -> dict[str, int]:
        """Numbers by the names that the tables use."""
        engine = self.engine
        lines = len(self.delays())
        sizes = {"P": len(self.accepts), "O": len(self.widths), "N": len(self.slots), "L": lines}
        own = {"order": engine.order.kind, "budget": engine.budget, "seed": engine.seed}
        own["record"] = engine.record or engine.heard is not None
        own["ids"] = engine.record or engine.roots
        return sizes | {f"own {name}": int(value) for name, value in own.items()}

    def single(self, inputs: int) -> int:
        """Number of itemized roots among so many inputs."""
        return inputs if self.engine.record else min(inputs, self.engine.root_limit)

    def delays(self) -> list[int]:
        """The delay of each line."""
        return sorted({int(d) for d in self.wires[:, 2] if d}, reverse=True)
