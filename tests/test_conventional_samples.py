"""Samples and labels that make no sense are refused by their place."""

import numpy as np
import pytest
from conventional_cases import IMAGE, network, samples

from eventnet.errors import DataError


@pytest.mark.parametrize(
    "x, message",
    [
        (np.ones((2, 5)), r"x has the shape \[2, 5\]; wanted \[n, 6\]"),
        (np.ones(6), r"x has the shape \[6\]; wanted \[n, 6\]"),
        (1.0, r"x has the shape \[\]; wanted \[n, 6\]"),
        ([[1.0], [1.0, 2.0]], "rows of different lengths"),
        ([[0, 0, np.nan, 0, 0, 0]], r"x\[0, 2\] is nan; wanted finite float32 numbers"),
        ([[0, 0, 0, 0, 0, -np.inf]], r"x\[0, 5\] is -inf"),
        ([[0, 0, 0, 0, 0, 1e300]], r"x\[0, 5\] is 1e\+300"),
        ([["a"] * 6], "wanted real numbers"),
        ([[1j] * 6], "wanted real numbers"),
    ],
)
def test_inputs_that_make_no_sense_are_refused(x, message):
    net = network("dense", dtype="float32")
    for call in (
        net.predict,
        net.predict_proba,
        net.operations,
        lambda x: net.fit(x, [0]),
        lambda x: net.score(x, [0]),
    ):
        with pytest.raises(DataError, match=message):
            call(x)


def test_maps_must_have_their_channels_first():
    with pytest.raises(DataError, match=r"x has the shape \[1, 7, 6, 2\]; wanted \[n, 2, 7, 6\]"):
        network("convolution").predict(np.ones((1, 7, 6, 2)))
    bad = np.zeros((2, *IMAGE))
    bad[1, 0, 3, 4] = np.nan
    with pytest.raises(DataError, match=r"x\[1, 0, 3, 4\] is nan"):
        network("convolution").predict(bad)


@pytest.mark.parametrize(
    "labels, message",
    [
        ([0, 3], "label 1 is 3; wanted labels from 0 to 2"),
        ([-1, 0], "label 0 is -1"),
        ([0.0, 1.0], "wanted integers"),
        ([0], "2 samples, but 1 labels; wanted one a sample"),
    ],
)
def test_labels_that_make_no_sense_are_refused(labels, message):
    net, x = network("dense"), samples((6,), 2)[0]
    for call in (net.fit, net.partial_fit, net.score, net.gradient):
        with pytest.raises(DataError, match=message):
            call(x, labels)


def test_learning_wants_samples_and_two_of_them_to_normalize():
    none = np.zeros(0, np.int64)
    for call in (network("dense").fit, network("dense").score):
        with pytest.raises(DataError, match="x has 0 samples; wanted 1 or more"):
            call(np.ones((0, 6)), none)
    with pytest.raises(DataError, match="x has 1 samples; wanted 2 or more"):
        network("dense, normalized").fit(np.ones((1, 6)), [0])
    network("dense, normalized").score(np.ones((1, 6)), [0])
