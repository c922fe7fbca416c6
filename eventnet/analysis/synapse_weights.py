"""Weights by synapse at given ticks, each with its source, its target and its delay."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.columns import ColumnTable
from eventnet.errors import NetworkError
from eventnet.module import Block, BoundPort
from eventnet.network import Network
from eventnet.simulation import Simulation


class SynapseWeights(ColumnTable):
    """Columns [ticks * synapses] by name: t, synapse, source, target, delay, weight; tick by tick.

    synapse is its number in the rows; delay has the ticks from its source to its target.
    """

    def __init__(self, times: NDArray[np.int64], numbers: NDArray[np.int64], facts: Any, weights: NDArray[Any]) -> None:
        self.times, self.synapses, self.weights = times, numbers, weights
        columns = {"t": np.repeat(times, len(numbers)), "synapse": np.tile(numbers, len(times))}
        named = zip(("source", "target", "delay"), facts, strict=True)
        columns |= {name: np.tile(np.asarray(of, np.int64)[numbers], len(times)) for name, of in named}
        super().__init__(columns | {"weight": weights.ravel()})

    def __repr__(self) -> str:
        return f"<SynapseWeights, {len(self.synapses):,} synapses at {len(self.times):,} ticks>"

    def to_csv(self) -> str:
        """A line of names, and one for each synapse and tick; numbers as short as reads back the same."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self)
        writer.writerows(zip(*(column.tolist() for column in self.values()), strict=True))
        return text.getvalue()


def synapse_weights(
    simulation: Simulation, synapses: Any, at: Sequence[int] | None = None, *, which: Sequence[int] | None = None,
    block: Block | None = None,
) -> SynapseWeights:  # fmt: skip
    """Weights of sparse synapses now, or at ticks, up to which the simulation is then run: it ends at the last.

    at     rising ticks: weights are those before anything of that tick happens. None: as they are
    which  numbers of synapses, in the rows; None for all
    block  whose weights, if not those that the synapses read: tags, or strengths of short-term plasticity

    A run in such pieces has the bytes of one without. `table[...]`, `to_csv()`, `to_parquet(path)` and
    `pandas.DataFrame(table)` have its columns. Raises NetworkError for ticks that do not rise, synapses that there are
    not, and a block of another size.
    """
    sources, targets, _, waits = synapses.edges()
    numbers = np.arange(len(sources)) if which is None else np.asarray(which, np.int64)
    if numbers.ndim != 1 or (numbers.size and not 0 <= numbers.min() <= numbers.max() < len(sources)):
        raise NetworkError(f"which is {which!r:.60}; wanted numbers from 0 to {len(sources) - 1}")
    ticks = None if at is None else np.asarray(at, np.int64)
    if ticks is not None and (ticks.ndim != 1 or np.any(np.diff(ticks) <= 0)):
        raise NetworkError(f"at is {at!r:.60}; wanted rising ticks")
    block = synapses.weights if block is None else block
    columns = _columns(synapses, block.cols)[numbers]
    found = []
    for t in [None] if ticks is None else ticks.tolist():
        if t is not None:
            simulation.run(until=t)
        found.append(simulation.weights(block)[0, columns].copy())
    times = np.array([simulation.time]) if ticks is None else ticks
    delays = waits + delay_to(simulation.net, synapses, synapses.rows)
    return SynapseWeights(times, numbers, (sources, targets, delays), np.array(found).reshape(len(times), len(numbers)))


def _columns(synapses: Any, n: int) -> NDArray[np.int64]:
    """The column of each synapse's weight in a block [1, n]."""
    drawn = synapses.projection.drawn
    column = np.repeat(synapses.projection.columns(n), np.diff(drawn.begins))
    made: NDArray[np.int64] = np.where(column < 0, np.arange(len(column)), column)
    return made


def delay_to(net: Network, synapses: Any, port: BoundPort) -> int:
    """Ticks that wires take from a source to a port of synapses, or of a rule of plasticity before them.

    Raises NetworkError where several wires differ.
    """
    found = set()
    for wire in net.wires:
        if int(wire.target) == int(port):
            module: Any = wire.source.module
            plastic = getattr(module, "synapses", None) is synapses  # a rule in the way of the spikes
            before = module.pre if plastic else module.spikes if module is synapses else None
            found.add(wire.delay + (0 if before is None else delay_to(net, synapses, before)))
    if len(found) > 1:
        raise NetworkError(f"wires to {port} have the delays {sorted(found)}; wanted one")
    return found.pop() if found else 0
