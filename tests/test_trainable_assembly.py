"""First weights are normal, drawn layer after layer."""

import numpy as np

from eventnet.models.conventional import ConventionalNetwork
from eventnet.models.layers import ConvSpec


def test_the_first_weights_are_normal_layer_after_layer():
    random = np.random.RandomState(5)
    net = ConventionalNetwork.of([ConvSpec(3, (2, 4)), 5, 3], (2, 4, 6), seed=5, dtype="float64")
    kernels = np.sqrt(2 / (2 * 8 + 3 * 8)) * random.randn(3, 2, 2, 4)
    dense = [np.sqrt(2 / (a + b)) * random.randn(a, b) for a, b in ((27, 5), (5, 3))]
    found = net.layers()
    assert np.array_equal(found[0].weights, kernels)
    assert np.array_equal(found[3].weights, dense[0])
    assert np.array_equal(found[5].weights, dense[1])
    he = ConventionalNetwork([8, 3], init="he", seed=5, dtype="float64").layers()[0]
    assert np.array_equal(he.weights, 0.5 * np.random.RandomState(5).randn(8, 3))
