"""The bus that reads events out of a sensor, one at a time, at a finite rate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.kernels.compiling import compiled


class Bus:
    """First come, first served: each event takes 1 / rate, and those that come meanwhile wait, or are lost.

    rate: events a second, or inf. queue: how many can wait beside the one that is being sent, or inf.
    dropped: how many were lost so far.
    """

    def __init__(self, rate: float, queue: float) -> None:
        self.dropped = 0
        self._service, self._queue, self._free = 1e6 / rate, queue, -math.inf

    def send(self, times: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """When events that ask at these times (microseconds, in order) have been sent, and which were not lost.

        Events come out when they have been sent: an idle bus adds 1 / rate. Both have shape [n].
        """
        if self._service == 0.0:
            return times, np.ones(len(times), np.bool_)
        sent, kept = np.empty(len(times)), np.empty(len(times), np.bool_)
        self._free = _serve(times, self._service, self._queue, self._free, sent, kept)
        self.dropped += len(times) - int(np.count_nonzero(kept))
        return sent, kept


@compiled
def _serve(times: Any, service: float, queue: float, free: float, sent: Any, kept: Any) -> float:
    for k in range(len(times)):
        waiting = math.ceil((free - times[k]) / service - 1e-9) - 1 if free > times[k] else -1
        kept[k] = waiting < queue
        if kept[k]:
            free = max(free, times[k]) + service
        sent[k] = free
    return free
