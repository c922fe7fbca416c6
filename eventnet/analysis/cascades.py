"""Cascades in an event log: their depths, the length of the queue, and latencies from inputs to ends."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.event import Events
from eventnet.network import Network

Ints = NDArray[np.int64]


def end_ports(net: Network) -> list[int]:
    """Numbers of the ports of modules that send nothing on: where answers arrive."""
    return net.end_ports()


def depths(log: Events) -> Ints:
    """How many deliveries lie between each delivery [n] and its input, itself included: 0 for an input.

    The log is whole: parents are in it.
    """
    parent = log["parent"]
    found = np.zeros(len(log), dtype=np.int64)
    at = parent.copy()
    while (inner := at >= 0).any():
        found += inner
        at[inner] = parent[at[inner]]
    return found


def peak_queue(log: Events) -> int:
    """The most deliveries that waited at once, inputs left out; of a whole log of a run that came to its end.

    Every spike is one delivery for each wire, so what waits is what was emitted less what was taken; a predicted spike
    counts from the delivery that last set it.
    """
    made = np.bincount(log["parent"][log["parent"] >= 0], minlength=len(log))
    waiting = np.cumsum(made) - np.cumsum(log["parent"] >= 0)
    return int(waiting.max(initial=0))


def latencies(log: Events, ports: list[int]) -> tuple[Ints, Ints]:
    """For each input that a delivery at one of the `ports` goes back to: ticks and deliveries until the first one.

    Inputs that come to these ports themselves are left out.
    """
    arrived = log[np.isin(log["port"], ports) & (log["parent"] >= 0)]
    roots, first = np.unique(arrived["root"], return_index=True)
    then: Any = arrived[first]
    return then["t"] - log["t"][roots], then["id"] - roots
