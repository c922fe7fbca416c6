"""Sparse rows the other way round: which synapses reach each target, by a counting sort; 4 bytes a synapse.

Of a synapse only its number is listed. The row in which it stands follows from where rows begin: a guide says in which
row every 2^shift-th synapse is, and a step or two lead on from there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload, register_jitable
from numpy.typing import NDArray

from eventnet.kernels.compiling import compiled


@compiled
def list_by_column(columns: Any, at: Any, listed: Any) -> None:
    """The synapses of each column in rising order: listed [synapses]; at [columns] is the place of each one's next."""
    for k in range(len(columns)):
        j = columns[k]
        listed[at[j]] = k
        at[j] += 1


def by_column(columns: NDArray[np.uint32], n: int) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """First place of each of n columns [n + 1], and the synapses of all columns [synapses], by `columns` [synapses]."""
    ends = np.concatenate([[0], np.cumsum(np.bincount(columns, minlength=n))]).astype(np.int64)
    listed = np.empty(len(columns), np.uint32)
    list_by_column(columns, ends[:-1].copy(), listed)
    return ends, listed


def guide_to_rows(begins: NDArray[np.int64]) -> tuple[int, NDArray[np.uint32]]:
    """A shift, and for every 2^shift-th synapse the row in which it stands: about one for each row."""
    n = int(begins[-1])
    shift = max(0, (n // max(1, len(begins) - 1)).bit_length() - 1)
    rows = np.searchsorted(begins, np.arange((n >> shift) + 1) << shift, side="right") - 1
    return shift, np.minimum(rows, max(0, len(begins) - 2)).astype(np.uint32)


def whole(k: Any) -> int:
    """A number of 32 bits without a sign as one that can be reckoned with."""
    return int(k)


@overload(whole, jit_options={"forceinline": True})
def _whole(k: Any) -> Any:
    def impl(k: Any) -> Any:
        return np.int64(k)

    return impl


@register_jitable(forceinline=True)
def row_of(k: int, begins: Any, guide: Any, shift: int) -> int:
    """The row in which synapse k stands."""
    r = whole(guide[k >> shift])
    while begins[r + 1] <= k:
        r += 1
    return r
