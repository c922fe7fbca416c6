"""Normal numbers by inversion: those of the standard library, and the law of what words make."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from eventnet.kernels.normal import normal_of, quantile
from eventnet.kernels.rows_drawn import word_of


def test_quantiles_are_those_of_the_standard_library():
    places = [*np.random.default_rng(1).random(2_000).tolist(), *(2.0**-k for k in range(1, 53))]
    places += [1 - p for p in places]
    own = NormalDist()
    assert [quantile(p) for p in places] == [own.inv_cdf(p) for p in places]


def test_words_make_normal_numbers():
    n = 40_000
    x = np.array([normal_of(word_of(99, k)) for k in range(n)])
    assert abs(x.mean()) < 5 / math.sqrt(n)
    assert abs(x.var() - 1) < 5 * math.sqrt(2 / n)
    assert abs((x**3).mean()) < 5 * math.sqrt(15 / n)
    for limit in (-2.0, -0.5, 1.0):
        p = NormalDist().cdf(limit)
        assert (x < limit).mean() == pytest.approx(p, abs=5 * math.sqrt(p * (1 - p) / n))
    assert abs(np.corrcoef(x[1:], x[:-1])[0, 1]) < 5 / math.sqrt(n)
