"""The count of a root's row, in plain Python and compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

from eventnet.kernels import records as R
from eventnet.tally import DEEP, END_ID, END_T, N_COLUMNS, ROOT_WORDS, count_for_root

ROOTS = 5


@njit
def settle(port, job, counts, root, number):
    R.settle_row(port, job, counts, root, number)


def test_a_roots_row_is_counted_alike_in_plain_python_and_compiled() -> None:
    rng = np.random.default_rng(0)
    port, job = np.zeros(R.PORT_WORDS, np.int64), np.zeros(R.JOB_WORDS, np.int64)
    own, compiled, plain = np.zeros(N_COLUMNS, np.int64), *np.zeros((2, ROOTS, ROOT_WORDS), np.int64)
    total = np.zeros(N_COLUMNS, np.int64)
    port[R.TALLY] = own.ctypes.data
    for number in range(500):
        counts = rng.integers(0, 2**40, N_COLUMNS) * rng.integers(0, 2, N_COLUMNS)
        root, depth, ends = int(rng.integers(ROOTS)), int(rng.integers(2**31) >> rng.integers(31)), number % 7 == 6
        job[R.ROOT_TALLY] = compiled.ctypes.data if number % 5 else 0  # where costs are not counted by root
        job[R.NOW], port[R.IS_END] = 3 * number - 100, ends
        total += counts
        given = counts.copy()
        settle(port.ctypes.data, job.ctypes.data, given, root | depth << R.ROW_BITS, number)
        if number % 5:
            count_for_root(plain[root], counts, depth, 3 * number - 100, number, ends)
        assert not given.any()
        assert (compiled == plain).all(), number
        assert (own == total).all()
    assert (plain[:, END_ID] > 0).all()
    assert (plain[:, DEEP] > 2**20).all()
    assert len(set(plain[:, END_T].tolist())) == ROOTS
