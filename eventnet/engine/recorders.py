"""Recorders: spikes, potentials and other state of chosen units, as the field's voltmeters and spike recorders have it.

A recorder is no part of the network. A simulation stops its engine at the end of each tick that is to be recorded and
looks, which is what a run in pieces does; spikes it hears of as they are delivered. The log, the order and all counts
are those of a run without recorders.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.columns import ColumnTable, neo_block
from eventnet.errors import NetworkError
from eventnet.given import whole_number
from eventnet.kernels.ranges import COUNT
from eventnet.module import Module

if TYPE_CHECKING:
    import neo

POTENTIAL, SPIKES = "phi", "spikes"
"""Names that mean more than state of that name: v at the tick by `potentials(state, t)`, where a class has that; and
the spikes that leave a module."""


@dataclass(frozen=True, eq=False)
class Recorder:
    """State or spikes to record, and the ticks; `record` makes it, `Simulation(..., recorders=[...])` takes it."""

    module: Module | str
    name: str
    every: int
    units: tuple[int, ...] | None
    begin: int
    until: int | None

    @property
    def end(self) -> int:
        """The tick before which it ends."""
        return COUNT if self.until is None else self.until

    def due(self, n: int) -> int | None:
        """The tick of sample n, None after the last."""
        t = self.begin + n * self.every
        return t if t < self.end else None

    def taken_before(self, time: int) -> int:
        """Samples at ticks before a time."""
        return max(0, -(-(min(time, self.end) - self.begin) // self.every))

    def described(self) -> list[Any]:
        """Its description in a checkpoint, as plain values."""
        module = self.module if isinstance(self.module, str) else self.module.name
        return [module, self.name, self.every, self.begin, self.until, None if self.units is None else [*self.units]]


def record(
    module: Module | str, name: str = POTENTIAL, *, every: int = 1, units: Iterable[int] | int | None = None,
    begin: int = 0, until: int | None = None,
) -> Recorder:  # fmt: skip
    """A recorder, for `Simulation(net, recorders=[...])`; `Simulation.recorded` has what it found.

    name    "phi": the potential that a voltmeter reads, decayed to the tick asked. "spikes": the spikes that leave the
            module by its only outlet. Else any state, integers or weights that the class declares, by its name in
            rules, as it is then: what decays lazily as it was last written
    every   ticks from sample to sample; the first is at the tick `begin`, the last before `until`
    units   which places of the array, None for all; of weights places of the block, row after row

    A sample is taken when all of its tick has happened. A run without `until` samples up to its last delivery. Raises
    NetworkError for numbers that cannot be; a simulation raises it for a module or a name that there is not.
    """
    every = whole_number("every", every, 1, COUNT - 1, NetworkError)
    begin = whole_number("begin", begin, -COUNT, COUNT, NetworkError)
    until = None if until is None else whole_number("until", until, begin + 1, COUNT, NetworkError)
    if name == SPIKES and every != 1:
        raise NetworkError(f"every is {every} of a recorder of spikes, which takes each; wanted 1")
    chosen = None
    if units is not None:
        given = [units] if isinstance(units, int | np.integer) else list(units)
        chosen = tuple(whole_number("a unit", unit, 0, error=NetworkError) for unit in given)
        if not chosen or len(set(chosen)) < len(chosen):
            raise NetworkError(f"units of a recorder are {given!r:.60}; wanted one or more, each once, or None for all")
    return Recorder(module, name, every, chosen, begin, until)


class Recorded(ColumnTable):
    """Spikes or samples of a recorder, as columns [n] by name; `pandas.DataFrame(recorded)` takes it.

    t, module, name, unit, value   tick, the module's name, what was recorded, whose it is, the number; a spike's sign

    Of samples there is a line for each number, and besides the arrays times [samples], units [units] and
    numbers [samples, units]; of spikes there are times, units and numbers [spikes].
    """

    def __init__(
        self, recorder: Recorder, module: str, times: NDArray[np.int64], units: NDArray[np.int64], numbers: NDArray[Any]
    ) -> None:
        self.recorder, self.module, self.times, self.units, self.numbers = recorder, module, times, units, numbers
        t, unit = (times, units) if numbers.ndim == 1 else (np.repeat(times, len(units)), np.tile(units, len(times)))
        same = {"module": _all(module, len(t)), "name": _all(recorder.name, len(t))}
        super().__init__({"t": t} | same | {"unit": unit, "value": numbers.ravel()})

    def __repr__(self) -> str:
        n = f"{len(self.times):,} " + ("spikes" if self.numbers.ndim == 1 else f"samples of {len(self.units):,} units")
        return f"<Recorded, {self.recorder.name!r} of {self.module!r}: {n}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Recorded, (self.recorder, self.module, self.times, self.units, self.numbers)

    def to_neo(self) -> neo.Block:
        """A block of neo, a tick as a microsecond: an AnalogSignal [samples, units] whose array annotation `unit` says
        whose; or of spikes a SpikeTrain for each unit that has some. Raises DataError where neo is absent.
        """
        block = neo_block(f"{self.module}.{self.recorder.name}")
        self.into(block.segments[0])
        return block

    def into(self, segment: Any) -> None:
        """Add to a segment of neo what `to_neo` has."""
        import neo

        name = f"{self.module}.{self.recorder.name}"
        if self.numbers.ndim == 2:
            us = neo.SpikeTrain([], units="us", t_stop=0).units
            segment.analogsignals.append(neo.AnalogSignal(
                self.numbers.astype(np.float64), units="dimensionless", name=name, t_start=self.recorder.begin * us,
                sampling_period=self.recorder.every * us, array_annotations={"unit": self.units}, module=self.module,
            ))  # fmt: skip
            return
        span = {"t_start": float(self.times.min()), "t_stop": float(self.times.max()) + 1} if len(self.times) else {}
        for unit in np.unique(self.units).tolist():
            own = self.units == unit
            segment.spiketrains.append(neo.SpikeTrain(
                self.times[own].astype(np.float64), units="us", **span, name=f"{name}[{unit}]", module=self.module,
                index=unit, array_annotations={"sign": self.numbers[own]},
            ))  # fmt: skip


def _all(text: str, n: int) -> NDArray[Any]:
    made = np.empty(n, dtype=object)
    made[:] = text
    return made
