"""Derivatives of activations at their edges."""

import pytest

from eventnet.models.conventional import ConventionalNetwork


def test_the_derivative_of_a_rectified_unit_at_0_is_1():
    net = ConventionalNetwork([1, 1, 2], dtype="float64")
    net.parameters()["layer0.weights"][:] = 0
    _, gradient = net.gradient([[1.0]], [0])
    assert gradient["layer0.weights"].all()


@pytest.mark.parametrize("edge", [0.0, 1.0])
def test_the_derivative_of_a_hard_sigmoid_at_its_edges_is_1(edge):
    net = ConventionalNetwork([1, 1, 2], dtype="float64", activation="hard_sigmoid")
    net.parameters()["layer0.weights"][:] = edge
    _, gradient = net.gradient([[1.0]], [0])
    assert gradient["layer0.weights"].all()
