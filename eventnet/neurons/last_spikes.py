"""The tick of the last spike of each input: all that plasticity of nearest spikes needs to know of them."""

from __future__ import annotations

from eventnet.declarations import Integers
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.ranges import ticks, within
from eventnet.module import Module, Port
from eventnet.rule import rule

NEVER_SEEN = -(2**62)
"""The tick of a last spike that there has not been."""

NEVER_FIRED = NEVER_SEEN - 1
"""That of a unit's: no input has been seen since, not even one that has never been seen."""


@rule
def note_spike(i, s, t, out, tally, seen):
    """Input i spikes now."""
    seen[i] = t


class LastSpikes(Module):
    """Keeps the tick of the last spike of each unit, whatever the spike's sign.

    For plasticity of layers that do not keep it themselves.
    """

    seen = Integers(start=NEVER_SEEN, doc="tick of each unit's last spike; NEVER_SEEN if there was none")
    spikes = Port(note_spike, accepts="units")

    def check_integers(self, found: Found, time: int) -> None:
        """No tick is to come: plasticity looks up what is left since then."""
        within("'seen'", found["seen"], *ticks(time))
