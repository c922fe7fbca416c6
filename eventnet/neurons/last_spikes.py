"""When each input last spiked: the one number a unit that plasticity of nearest spikes needs to know of its inputs."""

from __future__ import annotations

import numpy as np

from eventnet.errors import NetworkError
from eventnet.kernels.ranges import Integers, ticks, within
from eventnet.module import Module, Port
from eventnet.rule import rule

NEVER_SEEN = -(2**62)
"""The tick of a last spike that there has not been."""

NEVER_FIRED = NEVER_SEEN - 1
"""That of a unit's: no input has been seen since, not even one that has never been seen."""


@rule(integers=("seen",))
def note_spike(i, s, t, out, tally, seen):
    """Input i spikes now."""
    seen[i] = t
    return 0


class LastSpikes(Module):
    """Keeps the tick of the last spike of each unit, in the integers `seen` [units], whatever the spike's sign.

    For plasticity of layers that do not keep it themselves. Ports: spikes.
    """

    spikes = Port(note_spike, accepts="units")

    def __init__(self, units: int, *, name: str | None = None) -> None:
        super().__init__(name)
        if units < 1:
            raise NetworkError(f"units is {units}; wanted 1 or more")
        self.units = units
        self.integers = {"seen": np.full(units, NEVER_SEEN, dtype=np.int64)}

    def most_spikes(self) -> int:
        """It makes none, but an engine wants room for one."""
        return 1

    def check_integers(self, found: Integers, time: int) -> None:
        """No tick is to come: plasticity looks up what is left since then."""
        within("'seen'", found["seen"], *ticks(time))
