"""Sparse connectivity: for each input a list of targets with weights, instead of a row of weights for every unit.

The lists of all inputs lie one behind the other (compressed sparse rows): input i has the synapses start[i] to
start[i + 1] - 1, synapse k has the target targets[k] and the weight w[0, k] of a block [1, synapses].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import NetworkError


def sparse_rows(
    sources: ArrayLike, targets: ArrayLike, weights: ArrayLike, n_in: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Sort synapses (source, target, weight) by source: start [n_in + 1], targets [n], weights [1, n] for a block.

    Synapses of one source keep their order, in which its spikes reach them; two synapses between the same two are two.
    Raises NetworkError for lists of different lengths, for none, and for sources beyond 0 to n_in - 1.
    """
    pre, post, w = (np.asarray(a).ravel() for a in (sources, targets, weights))
    if not len(pre) == len(post) == len(w) or not len(pre):
        raise NetworkError(
            f"{len(pre)} sources, {len(post)} targets and {len(w)} weights; wanted as many of each, at least 1"
        )
    for name, index in (("sources", pre), ("targets", post)):
        if index.dtype.kind not in "iu":
            raise NetworkError(f"{name} are {index.dtype}; wanted whole numbers")
    if pre.min() < 0 or pre.max() >= n_in:
        raise NetworkError(f"sources are {pre.min()} to {pre.max()}; wanted 0 to {n_in - 1}")
    order = np.argsort(pre, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(pre, minlength=n_in))]).astype(np.int64)
    return start, post[order].astype(np.int64), w[order].astype(np.float64)[None, :]


def check_rows(
    start: ArrayLike, targets: ArrayLike, rows: int, cols: int, units: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lists that belong to a block [rows, cols] and a layer of `units`, as int64. Raises NetworkError otherwise."""
    given = []
    for name, values in (("start", start), ("targets", targets)):
        array = np.asarray(values)
        if array.ndim != 1 or array.dtype.kind not in "iu":
            raise NetworkError(f"{name} is {array.ndim}-d of {array.dtype}; wanted a list of whole numbers")
        given.append(array.astype(np.int64))
    begin, to = given
    if rows != 1 or len(to) != cols:
        raise NetworkError(f"{len(to)} targets and weights [{rows}, {cols}]; wanted a block [1, {len(to)}]")
    if len(begin) < 2 or begin[0] != 0 or begin[-1] != cols or (np.diff(begin) < 0).any():
        raise NetworkError(f"start goes from {begin[:1]} to {begin[-1:]}; wanted never falling, from 0 to {cols}")
    if to.min() < 0 or to.max() >= units:
        raise NetworkError(f"targets are {to.min()} to {to.max()}; wanted 0 to {units - 1}")
    return begin, to
