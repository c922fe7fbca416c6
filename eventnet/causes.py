"""What a run that counts by root knows of its inputs besides their costs: what they were, how deep, how soon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.event import Events
from eventnet.tally import N_COLUMNS

DEEP, END_T, END_ID = range(N_COLUMNS, N_COLUMNS + 3)
"""Words of a root's row behind its counts: the depth of its deepest delivery; the first delivery at a module that sends
nothing on: its time, and its number plus 1 (0: there was none)."""

ROOT_WORDS = N_COLUMNS + 3
DEEPEST = 2**31 - 1

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Causes:
    """The inputs of a run with `roots=True` that are told one by one, [n], in the sequence in which they were taken.

    ids       numbers of their deliveries
    inputs    what they were: EVENT records
    counts    [n, 11] what their cascades cost, the columns of a tally
    depths    how many deliveries lie between the input and the deepest one of its cascade, that included: 0 for a
              cascade of the input alone; no depth is told beyond 2^31 - 1
    ticks     from the input until the first delivery of its cascade at a module that sends nothing on; -1: never
    after     the same in deliveries, those of other cascades among them; -1: never
    beyond    inputs beyond the run's limit, together by the port they entered at: counts [11]
    depths_beyond  depth of the deepest of those, by port
    came      deliveries of the whole run by the outlet they came from, [outlets + 1]; the last word is of inputs
    """

    ids: Ints
    inputs: Events
    counts: Ints
    depths: Ints
    ticks: Ints
    after: Ints
    beyond: Mapping[str, Ints]
    depths_beyond: Mapping[str, int]
    came: Ints


def make_causes(ids: Ints, inputs: Events, rows: Ints, beyond: Mapping[str, Any], came: Ints) -> Causes:
    """Take apart what an engine has counted: rows [n, 14] of the roots, and those of the ports beyond the limit."""
    heard = rows[:, END_ID] > 0
    return Causes(
        ids, inputs, rows[:, :N_COLUMNS], rows[:, DEEP],
        np.where(heard, rows[:, END_T] - inputs["t"], -1), np.where(heard, rows[:, END_ID] - 1 - ids, -1),
        {port: row[:N_COLUMNS] for port, row in beyond.items()},
        {port: int(row[DEEP]) for port, row in beyond.items()}, came,
    )  # fmt: skip
