"""The loss is a likelihood, however large the outputs are."""

import numpy as np
from conventional_cases import network, samples

from eventnet.models.conventional import ConventionalNetwork


def test_the_loss_is_the_mean_negative_log_likelihood():
    net = network("dense")
    x, labels = samples((6,))
    likelihood = net.predict_proba(x)[np.arange(len(x)), labels]
    assert np.isclose(net.gradient(x, labels)[0], -np.log(likelihood).mean(), rtol=1e-12)


def test_large_outputs_have_a_finite_loss():
    net = ConventionalNetwork([1, 2])
    net.parameters()["layer0.weights"][:] = [[1e30, -1e30]]
    assert np.isfinite(net.gradient([[1.0], [1.0]], [0, 1])[0])
