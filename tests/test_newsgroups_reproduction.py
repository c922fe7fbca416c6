"""Table 3.1's support vector machine."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from eventnet.scenarios.reproductions.newsgroups import support_vectors

X = np.array([[0.0, 1.0], [0.0, 2.0], [2.0, 0.0], [3.0, 0.0]])
Y = np.array([0, 0, 1, 1])


def test_the_machine_splits_half_way_between_the_nearest_samples() -> None:
    """Of (0, 1) and (2, 0) the bisector is 2 x - y = 1.5; the two points of `near` lie a little beside it."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install eventnet[sklearn]")
    near = np.array([[0.7, 0.0], [0.8, 0.0]])
    found = support_vectors(X, Y, [(X, Y), (near, np.array([0, 1])), (near, np.array([0, 0]))])
    assert found == [0.0, 0.0, 50.0]


def test_without_scikit_learn_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.svm", None)
    assert support_vectors(X, Y, [(X, Y)]) is None
