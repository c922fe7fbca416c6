"""Multiply-adds are those that a walk through every window counts."""

import numpy as np
import pytest
from conventional_cases import BLUEPRINTS, IMAGE, network, samples

from eventnet.models import layers as described
from eventnet.models.layers import AveragePool2d


def counted(net, sample):
    """Multiply-adds of a sample, dense and sparse, by walking through every window of every layer."""
    dense = sparse = 0
    value = sample[None]
    for layer in net.layers():
        if isinstance(layer, described.Dense):
            dense += layer.weights.size
            sparse += np.count_nonzero(value) * layer.weights.shape[1]
        if isinstance(layer, (described.Conv2d, AveragePool2d)):
            pool = isinstance(layer, AveragePool2d)
            kernel = layer.size if pool else layer.weights.shape[2:]
            c_out = 1 if pool else layer.weights.shape[0]
            channels, height, width = value.shape[1:]
            rows, columns = described.window_shape(value.shape[1:], kernel, layer.stride, layer.padding)
            for row, column, i, j in np.ndindex(rows, columns, *kernel):
                y, x = row * layer.stride[0] + i - layer.padding[0], column * layer.stride[1] + j - layer.padding[1]
                if 0 <= y < height and 0 <= x < width:
                    dense += channels * c_out
                    sparse += np.count_nonzero(value[0, :, y, x]) * c_out
        value = described.apply(layer, value)
    return dense, sparse


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_operations_are_those_that_a_walk_counts(name):
    net = network(name)
    x, labels = samples(net.input_shape, 6)
    net.fit(x, labels, epochs=2)
    x[0] = 0
    found = net.operations(x)
    for sample, sparse in zip(x, found.sparse):
        assert (found.dense, sparse) == counted(net, sample)
    assert found.sparse.dtype == np.int64
    assert net.operations(x[:0]).sparse.shape == (0,)


def test_an_input_without_zeros_saves_nothing():
    net = network("normalized", activation="tanh")
    found = net.operations(np.ones((300, *IMAGE)))
    assert (found.sparse == found.dense).all()
    assert len(found.sparse) == 300
