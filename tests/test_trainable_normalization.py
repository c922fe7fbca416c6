"""Batch normalisation keeps running statistics, and only learning changes them."""

import numpy as np
from conventional_cases import IMAGE, network, same, samples


def test_running_statistics_start_as_plain_means():
    net = network("dense, normalized", batch=3, learning_rate=1e-12)
    x, labels = samples((6,), 9)
    net.partial_fit(x, labels)
    made = x @ net.parameters()["layer0.weights"]
    mean = made.mean(axis=0)
    variance = made.reshape(3, 3, -1).var(axis=1).mean(axis=0)
    assert np.allclose(net._state()["layer0.mean"], mean, rtol=0, atol=1e-9)  # the weights moved by some 1e-12
    assert np.allclose(net._state()["layer0.variance"], variance, rtol=0, atol=1e-9)


def test_asking_for_the_gradient_changes_nothing():
    net = network("normalized", momentum=0.5)
    net.gradient(*samples(IMAGE))
    assert same(net, network("normalized", momentum=0.5))
