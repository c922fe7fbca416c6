"""The described layers are the network."""

import numpy as np
import pytest
from conventional_cases import BLUEPRINTS, network, samples

from eventnet.models import layers as described


@pytest.mark.parametrize("name", BLUEPRINTS)
@pytest.mark.parametrize("activation", ["relu", "hard_sigmoid", "tanh", "identity"])
@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-5), ("float64", 1e-10)])
def test_the_described_layers_answer_as_the_network_does(name, activation, dtype, tolerance):
    net = network(name, activation=activation, dtype=dtype)
    x, labels = samples(net.input_shape, 30)
    net.fit(x, labels, epochs=3)
    layers = net.layers()
    assert described.check(layers, net.input_shape)[-1] == (3,)
    assert isinstance(layers[-1], described.Softmax)
    found = described.forward(layers, x.astype(dtype))
    assert np.allclose(found, net.predict_proba(x), rtol=0, atol=tolerance)
    assert np.array_equal(net.predict(x), net.predict_proba(x).argmax(axis=1))
    assert np.allclose(net.predict_proba(x).sum(axis=1), 1, rtol=0, atol=1e-6)
