"""Asking for a word early changes nothing, in plain Python and compiled."""

import numba
import numpy as np

from eventnet.kernels.fetching import AHEAD, fetch


@numba.njit
def total(w: np.ndarray, listed: np.ndarray) -> float:
    found = 0.0
    for q in range(len(listed)):
        fetch(w, listed[min(q + AHEAD, len(listed) - 1)])
        found += w[0, listed[q]]
    return found


def test_a_sum_of_scattered_words_is_the_same_with_it() -> None:
    for number in (np.float32, np.float64):
        w = np.arange(200, dtype=number)[None, :]
        listed = np.random.default_rng(0).permutation(200).astype(np.uint32)
        assert total(w, listed) == total.py_func(w, listed) == 199 * 100
        assert w[0].tolist() == list(range(200))
