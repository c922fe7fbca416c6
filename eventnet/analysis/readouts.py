"""Read-outs of a network after each delivery, from its event log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.event import Events, signed
from eventnet.module import Module
from eventnet.network import Network
from eventnet.neurons import Accumulator, Readout, Sink

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SummedReadout:
    """A read-out that sums rows: a spike (i, s) at the port numbered `spikes` adds s times row i.

    rows     [n_in, classes], in the number type in which the read-out sums
    bias     [classes]; the answer is the largest of sums / unscale + bias, the lowest class at a tie
    clears   number of the port at which a delivery sets the sums to 0 (without one they go on from sample to sample);
             None: they are 0 at the beginning of each sample
    """

    module: str
    spikes: int
    rows: NDArray[Any]
    bias: NDArray[np.float64]
    unscale: float = 1.0
    clears: int | None = None

    def answers(self, outputs: NDArray[Any]) -> Ints:
        """The class of each row of sums [m, classes]."""
        values = outputs if self.unscale == 1 and not self.bias.any() else outputs / self.unscale + self.bias
        found: Ints = values.argmax(axis=1).astype(np.int64)
        return found

    def sums(self, log: Events, starts: Ints) -> tuple[Ints, NDArray[Any]]:
        """Places in the log at which the sums change [m], and the sums after each change [m, classes].

        starts: places in the log at which samples begin, ascending.
        """
        adding = log["port"] == self.spikes
        clearing = np.zeros(len(log), dtype=bool)
        if self.clears is not None:
            clearing[log["port"] == self.clears] = True
        else:
            clearing[starts] = True
        at = np.flatnonzero(adding | clearing)
        steps = np.where(adding[at, None], signed(log)[at, None] * self.rows[log["index"][at] * adding[at]], 0)
        sums = np.empty(steps.shape, dtype=self.rows.dtype)
        # One after another in the read-out's own number type, as it sums: the same bytes.
        edges = np.append(np.flatnonzero(clearing[at]), len(at))
        for begin, end in zip(np.append(0, edges), edges, strict=False):
            np.cumsum(steps[begin:end], axis=0, dtype=self.rows.dtype, out=sums[begin:end])
        return at, sums


def find_readout(net: Network, module: Module | str | None = None) -> SummedReadout:
    """The read-out of a module, or of the one module of the network that can be read out.

    Accumulator and Readout (dense) say what they sum; at a Sink spikes are counted, anew for each sample.
    Raises ModelError where there is no such module, or several.
    """
    if module is None:
        sending = {wire.source.module.name for wire in net.wires}
        ends = [m for m in net.modules if m.name not in sending and isinstance(m, Accumulator | Readout | Sink)]
        if len(ends) != 1:
            raise ModelError(f"{len(ends)} modules could be read out: {[m.name for m in ends]}; name one (readout=)")
        module = ends[0]
    module = net[module] if isinstance(module, str) else module
    if isinstance(module, Sink):
        rows = np.eye(module.units, dtype=np.int64)
        return SummedReadout(module.name, int(module.spikes), rows, np.zeros(module.units))
    if isinstance(module, Accumulator):
        rows = module.weights.array
        return SummedReadout(module.name, int(module.spikes), rows, np.zeros(module.units), clears=int(module.reset))
    if isinstance(module, Readout) and module.weights is not None and module.geometry.places_out == 1:
        return _dense(net, module)
    raise ModelError(
        f"{module.name!r}, a {type(module).__name__}, cannot be read out delivery by delivery; "
        "wanted an Accumulator, a dense Readout, or a Sink at an outlet whose spikes are counted"
    )


def _dense(net: Network, module: Readout) -> SummedReadout:
    rows = module.weights.array if module.weights is not None else np.zeros((0, 0))
    if rows.shape[0] != module.n_in:
        raise ModelError(f"{module.name!r} reads maps, not units; wanted a dense Readout")
    unscale = 1.0 if module.baked else float(module.unscale)
    return SummedReadout(
        module.name, int(module.spikes), rows, np.asarray(module.bias, dtype=np.float64), unscale,
        clears=int(module.clear),
    )  # fmt: skip
