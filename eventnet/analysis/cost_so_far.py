"""The adds of every delivery of a run, exactly, from one logged run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.trace_writing import count_adds
from eventnet.event import Events
from eventnet.network import Network
from eventnet.simulation import Simulation
from eventnet.tally import ADD_KINDS, COLUMNS, Tally

Ints = NDArray[np.int64]
ADD_COLUMNS = tuple(ADD_KINDS.values())

PROBED, GROWTH = 5000, 4
"""Deliveries that are counted one by one at first, and how many times as many where these do not tell the rest."""


def adds_by_delivery(fresh: Callable[[], Simulation], log: Events, tally: Tally) -> Ints:
    """Adds of each delivery of a whole log, [n].

    fresh  makes the simulation that gave the log anew, with its inputs, not yet run
    tally  that of the run, which counted roots

    In most frozen networks a delivery costs what its port's row costs, and so much more for each spike that it makes.
    The first deliveries are counted one by one (16 us each) to find both numbers of each port. An input whose port has
    no such numbers costs what its cascade does, less the rest of it. The result is compared with the tally of every
    cascade and of every port; where anything differs, more deliveries are counted one by one, in the end all of them.
    """
    probing = fresh()
    probed = np.zeros(0, dtype=np.int64)
    made = spikes_made(log, probing.net)
    while len(probed) < len(log):
        more = count_adds(probing, max(PROBED, (GROWTH - 1) * len(probed)))
        probed = np.concatenate([probed, more])
        found = counts_by_first(log, made, probed, tally, ADD_COLUMNS)
        if found is not None:
            return found
    return probed


def counts_by_first(log: Events, made: Ints, counted: Ints, tally: Tally, columns: Sequence[int]) -> Ints | None:
    """Operations of each delivery of a whole log [n], told by those of the first ones; None where they do not tell.

    made     spikes that each delivery made [n], see `spikes_made`
    counted  operations of the first deliveries [m]: what the `columns` of a tally hold, summed
    tally    of the run, which counted roots: the sums by cascade and by port are compared with it
    """
    by_root = _by_root(tally, len(log), columns)
    found = _by_port_and_spikes(log, made, counted, by_root)
    return found if found is not None and _agrees(found, log, tally, by_root, columns) else None


def spikes_made(log: Events, net: Network) -> Ints:
    """Number of spikes that each delivery of a whole log made, [n]; spikes of outlets without wires are in no log."""
    outlets = {str(outlet): number for number, outlet in enumerate(net.outlets())}
    wires = np.bincount([outlets[str(wire.source)] for wire in net.wires], minlength=len(outlets))
    caused = log[log["parent"] >= 0]
    # A spike goes into the log once for each wire of its outlet; a predicted one comes without a wire.
    made = np.bincount(caused["parent"], 1 / np.maximum(wires, 1)[caused["source"]], minlength=len(log))
    return np.rint(made).astype(np.int64)


def _by_root(tally: Tally, n: int, columns: Sequence[int]) -> Ints:
    """Operations of the cascade that each delivery begins, [n]; 0 for those that begin none."""
    ids, counts = tally.root_arrays()
    sums = np.zeros(n, dtype=np.int64)
    sums[ids] = counts[:, list(columns)].sum(axis=1)
    return sums


def _by_port_and_spikes(log: Events, made: Ints, probed: Ints, by_root: Ints) -> Ints | None:
    """Adds by port and spikes made; None where the probes of a port inside cascades do not tell them."""
    adds = np.zeros(len(log), dtype=np.int64)
    own = np.zeros(len(log), dtype=bool)
    for port in np.unique(log["port"]):
        of = np.flatnonzero(log["port"] == port)
        line = _line(made[of[of < len(probed)]], probed[of[of < len(probed)]])
        if line is not None and (line[1] is not None or (made[of] == made[of[0]]).all()):
            adds[of] = line[0] + (line[1] or 0) * (made[of] - made[of[0]])
        elif (log["source"][of] < 0).all():
            own[of] = True
        else:
            return None
    rest = _summed(log["root"], adds, len(log))
    return np.where(own, by_root - rest, adds)


def _line(made: Ints, adds: Ints) -> tuple[int, int | None] | None:
    """Adds of the first probe, and adds a spike (None where all made equally many); None where it is no line."""
    if not len(made):
        return None
    at = int(np.argmax(made != made[0]))
    if made[at] == made[0]:
        return (int(adds[0]), None) if (adds == adds[0]).all() else None
    each, rest = divmod(int(adds[at] - adds[0]), int(made[at] - made[0]))
    fits = rest == 0 and (adds == adds[0] + each * (made - made[0])).all()
    return (int(adds[0]), each) if fits else None


def _agrees(found: Ints, log: Events, tally: Tally, by_root: Ints, columns: Sequence[int]) -> bool:
    """The sums by cascade and by port are those that were counted."""
    if (_summed(log["root"], found, len(log)) != by_root).any():
        return False
    rows = tally.by_port().values()
    by_port = [sum(row[COLUMNS[column]] for column in columns) for row in rows]
    return bool((_summed(log["port"], found, len(by_port)) == by_port).all())


def _summed(at: NDArray[Any], values: Ints, n: int) -> Ints:
    """Sums of values by place, [n]."""
    sums = np.zeros(n, dtype=np.int64)
    np.add.at(sums, at, values)
    return sums
