"""Weight normalisation: every column of a block is scaled to a given sum, and every add of it is counted."""

from __future__ import annotations

from typing import Any, ClassVar

from numba.extending import overload

from eventnet.declarations import Derived, Param, State, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.records import address_of, array_at
from eventnet.learning.dependence import check_positive
from eventnet.module import Module, Port, made_again
from eventnet.rule import rule
from eventnet.tally import LEARNING_ADDS, MULTIPLIES, READS, WRITES


def sum_columns(sums: Any, w: Any) -> None:
    """sums[j] = the sum of |w[k, j]| over k, added up row by row."""
    for j in range(len(sums)):
        sums[j] = 0
    for k in range(len(w)):
        for j in range(len(sums)):
            sums[j] += abs(w[k, j])


@overload(sum_columns, jit_options={"forceinline": True})
def _sum_columns(sums, w):
    number = w.dtype

    def impl(sums, w):
        n = len(sums)
        for j in range(n):
            sums[j] = 0
        k, start, step = 0, address_of(w), w.strides[0]
        while k + 4 <= len(w):  # sums are loaded and stored once for four rows
            a, b = array_at(start + k * step, n, number), array_at(start + (k + 1) * step, n, number)
            c, d = array_at(start + (k + 2) * step, n, number), array_at(start + (k + 3) * step, n, number)
            for j in range(n):
                sums[j] = (((sums[j] + abs(a[j])) + abs(b[j])) + abs(c[j])) + abs(d[j])
            k += 4
        while k < len(w):
            row = array_at(start + k * step, n, number)
            for j in range(n):
                sums[j] += abs(row[j])
            k += 1

    return impl


def scale_columns(w: Any, factors: Any) -> None:
    """w[k, j] *= factors[j]."""
    for k in range(len(w)):
        for j in range(len(factors)):
            w[k, j] *= factors[j]


@overload(scale_columns, jit_options={"forceinline": True})
def _scale_columns(w, factors):
    number = w.dtype

    def impl(w, factors):
        n = len(factors)
        for k in range(len(w)):
            row = array_at(address_of(w) + k * w.strides[0], n, number)
            for j in range(n):
                row[j] *= factors[j]

    return impl


@rule
def normalize(i, s, t, out, tally, sums, w, total):
    """Scale every column that is not 0 to the sum `total`; `sums` holds the factors then."""
    sum_columns(sums, w)
    scaled = 0
    for j in range(len(sums)):
        if sums[j] > 0:
            sums[j] = total / sums[j]
            scaled += 1
        else:
            sums[j] = 1
    scale_columns(w, sums)
    words = len(w) * len(sums)
    tally[LEARNING_ADDS] += words
    tally[MULTIPLIES] += words + scaled
    tally[READS] += 2 * words
    tally[WRITES] += words


class Normalize(Module):
    """Scales every column of a block so that the sizes of its weights sum up to `total`.

    Diehl and Cook (2015) do so before every sample. A column of zeros stays one. It costs an add, a multiplication, two
    reads and a write a weight, and a division a column. Bounds of a plasticity rule are not looked at.
    """

    weights = Weights("n_in", "n_out", key="w", doc="shared with the layer that reads them")
    total = Param(check=check_positive, doc="sum of the sizes of a column's weights")
    units = Derived(lambda module: module.n_out)
    sums = State()
    apply = Port(normalize, accepts=1)
    n_out: int

    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def check(self) -> None:
        """A block of sparse synapses has no columns; a network that was saved with one is what it was."""
        if self.weights.sparse and not made_again():
            raise NetworkError(
                f"weights of Normalize are {self.weights!r}, those of sparse synapses; wanted SparseNormalize(weights, "
                "synapses, total=...), which scales those of every unit"
            )
