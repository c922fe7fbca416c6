"""Price lists and conventions: closed forms on a network small enough to count by hand."""

from __future__ import annotations

import pytest

import eventnet as en
from eventnet import cost
from eventnet.errors import ModelError
from eventnet.tally import MULTIPLIES, SYNAPTIC_ADDS


def tally() -> en.Tally:
    """Two rows of three words: 6 synaptic adds, 1 spike, 1 neuron add, 7 compares, 6 reads."""
    net = en.Network()
    layer = net.add(en.Herding(3, net.weights([[0.4, 0, 0], [0.4, 0, 0]])))
    return en.simulate(net, [(0, layer.spikes, 0, 1), (1, layer.spikes, 1, 1)]).tally


def test_horowitz_prices_adds_and_multiplications() -> None:
    assert tally().adds == 7
    assert cost.HOROWITZ_FLOAT32.energy(tally()) == pytest.approx(7 * 0.9)  # floats of a price list
    assert cost.HOROWITZ_INT32.energy(tally()) == pytest.approx(7 * 0.1)
    assert cost.price_list("int32") is cost.HOROWITZ_INT32
    assert cost.price_list("float64") is cost.HOROWITZ_FLOAT32


def test_a_price_list_of_ones_own_prices_any_column() -> None:
    mine = cost.PriceList("mine", "made up", {"reads": 2, "deliveries": 10, "compares": 1})
    assert mine.energy(tally()) == 2 * 6 + 10 * 2 + 7


def test_a_price_for_something_that_is_not_counted_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="branches"):
        cost.PriceList("odd", "made up", {"branches": 1}).energy(tally())


def test_conventions() -> None:
    assert cost.everything(tally()) == {"adds": 7, "multiplies": 0, "compares": 7}
    assert cost.matrix_products(tally()) == {"adds": 6, "multiplies": 0}
    assert cost.neurobench(tally(), [2, 3], steps=2, samples=1) == {
        "Effective_ACs": 6,
        "Effective_MACs": 0,
        "Dense": 12,
    }


@en.rule(state=("phi",), blocks=("w",))
def scaled(i, s, t, out, tally, phi, w):  # type: ignore[no-untyped-def]
    """Add half a row: every synapse multiplies."""
    for j in range(len(phi)):
        phi[j] += phi.dtype.type(0.5) * w[i, j]
    tally[SYNAPTIC_ADDS] += len(phi)
    tally[MULTIPLIES] += len(phi)
    return 0


class Scaled(en.Herding):
    """A layer whose synapses multiply."""

    spikes = en.Port(scaled, accepts="n_in")


def test_a_synapse_that_multiplies_is_a_mac_and_not_an_ac() -> None:
    net = en.Network()
    w = net.weights([[0.4, 0, 0]])
    plain, multiplying = net.add(en.Herding(3, w)), net.add(Scaled(3, w))
    inputs = [(0, plain.spikes, 0, 1), (1, multiplying.spikes, 0, 1), (2, multiplying.spikes, 0, 1)]
    counts = cost.neurobench(en.simulate(net, inputs).tally, [1, 3], steps=1, samples=2)
    assert counts == {"Effective_ACs": 1.5, "Effective_MACs": 3, "Dense": 3}


def test_a_dense_pass_of_the_published_network() -> None:
    assert cost.dense_macs([784, 200, 200, 10]) == 198_800  # table B.1: 397 kFlops, two for each
    assert cost.dense_energy(198_800, cost.HOROWITZ_INT32) == pytest.approx(198_800 * 3.2)
