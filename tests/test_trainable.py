"""Every part, alone and with others, hands down the true gradient."""

import numpy as np
import pytest
from conventional_cases import BLUEPRINTS, network, samples
from few import few


def slopes(net, x, labels, name):
    """Central differences of the loss along each entry of a parameter."""
    array = net.parameters()[name]
    found = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        kept, ends = array[place], []
        for nudge in (1e-5, -1e-5):
            array[place] = kept + nudge
            ends.append(net.gradient(x, labels)[0])
        array[place] = kept
        found[place] = (ends[0] - ends[1]) / 2e-5
    return found


@pytest.mark.parametrize("name", BLUEPRINTS)
@pytest.mark.parametrize("activation", few(["relu", "hard_sigmoid", "tanh", "identity"], 2))
def test_the_gradient_is_the_slope_of_the_loss(name, activation):
    net = network(name, activation=activation)
    x, labels = samples(net.input_shape)
    random = np.random.default_rng(8)
    for array in net.parameters().values():
        array += random.normal(size=array.shape) / 4  # no bias is 0 any more, and no gain 1
    _, gradient = net.gradient(x, labels)
    assert gradient.keys() == net.parameters().keys()
    for key, found in gradient.items():
        # A central difference of a double at 1e-5 keeps about nine digits.
        assert np.allclose(found, slopes(net, x, labels, key), rtol=1e-5, atol=1e-8), key
    assert any(found.any() for found in gradient.values())
