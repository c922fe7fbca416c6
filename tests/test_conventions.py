"""Price lists and conventions: closed forms on a network small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

import eventnet as en
from eventnet import cost
from eventnet.cost.pricing import Detail
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


def test_the_old_names_are_the_lists_that_ship() -> None:
    assert cost.prices("horowitz-float32") == cost.HOROWITZ_FLOAT32
    assert cost.HOROWITZ_INT8.prices == {"adds": 0.03, "multiplies": 0.2}
    assert cost.HOROWITZ_INT32.estimate(tally()).unpriced == {"deliveries": 2, "spikes": 1, "compares": 7, "reads": 6}


def test_conventions() -> None:
    assert cost.everything(tally()) == {"adds": 7, "multiplies": 0, "compares": 7}
    assert cost.matrix_products(tally()) == {"adds": 6, "multiplies": 0}
    assert cost.neurobench(tally(), [2, 3], steps=2, samples=1) == {
        "Effective_ACs": 6,
        "Effective_MACs": 0,
        "Dense": 12,
    }


@en.rule
def scaled(i, s, t, out, tally, phi, w):
    """Add half a row: every synapse multiplies."""
    for j in range(len(phi)):
        phi[j] += phi.dtype.type(0.5) * w[i, j]
    tally[SYNAPTIC_ADDS] += len(phi)
    tally[MULTIPLIES] += len(phi)


class Scaled(en.Herding):
    """A layer whose synapses multiply."""

    spikes = en.Port(scaled, accepts="n_in")


@pytest.mark.slow
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


# --- break-even ---
CHEAP = cost.PriceList("cheap", "made up", {"adds": 2, "multiplies": 6, "reads": 1}, {"adds": Detail(1, 4)})
EVENTS = cost.PriceList("events", "made up", {"synaptic_adds": 10, "compares": 3}, {"synaptic_adds": Detail(5, 20)})


def test_a_dense_multiply_add_reads_its_weight_where_reads_have_a_price() -> None:
    assert cost.dense_operation(CHEAP) == cost.Span(8, 9, 11)
    assert cost.dense_energy(100, CHEAP) == 900
    assert cost.synaptic_operation(CHEAP) == cost.Span(2, 3, 5)
    assert cost.synaptic_operation(EVENTS) == cost.Span(5, 10, 20)


def test_break_even_activity_is_a_dense_price_over_a_synaptic_one() -> None:
    assert cost.break_even(cost.HOROWITZ_FLOAT32).typical == pytest.approx(4.6 / 0.9)
    assert cost.break_even(CHEAP) == cost.Span(11 / 5, 9 / 3, 8 / 2)  # one machine: both ends of its range together
    assert cost.break_even(EVENTS, CHEAP) == cost.Span(8 / 20, 9 / 10, 11 / 5)  # two: each against the other's other


def test_at_the_break_even_activity_a_run_costs_what_the_pass_costs() -> None:
    run = tally()  # 6 synaptic adds, 7 compares
    even = cost.break_even(EVENTS, CHEAP, run)
    assert even == cost.Span(8 * 6 / (20 * 6 + 21), 9 * 6 / (10 * 6 + 21), 11 * 6 / (5 * 6 + 21))
    macs = 6 / even.typical  # a dense network in which this run's activity is that
    assert EVENTS.energy(run) == pytest.approx(cost.dense_energy(macs, CHEAP))


def test_break_even_needs_its_prices() -> None:
    with pytest.raises(ModelError, match="'events' has no price of multiplies, which a dense multiply-add needs"):
        cost.break_even(EVENTS)
    with pytest.raises(ModelError, match="'reads' has no price of adds, which a synaptic operation needs"):
        cost.synaptic_operation(cost.PriceList("reads", "made up", {"reads": 1}))
    with pytest.raises(ModelError, match="without synaptic additions"):
        cost.break_even(CHEAP, tally=en.Tally(["a.b"], [[0] * len(en.COLUMNS)]))
    with pytest.raises(ModelError, match="events are free by price list 'gift'"):
        cost.break_even(cost.PriceList("gift", "made up", {"adds": 0, "multiplies": 1}))


# --- other tools ---
def test_other_tools_count_the_same_network_otherwise_for_reasons_that_can_be_counted() -> None:
    """NeuroBench 2.3.0 and syops 0.0.5 on this network, in snnTorch 1.0.0 and SpikingJelly 0.0.0.0.12: docs/reference/counting.md."""
    rng = np.random.default_rng(3)
    w = [
        np.round(rng.uniform(low, high, shape) * 1024) / 1024
        for low, high, shape in ((0.05, 0.3, (6, 4)), (0.1, 0.45, (4, 3)))
    ]
    w[0][0, 1] = w[0][3, 2] = w[1][2, 0] = 0
    x = rng.random((5, 6)) < 0.5
    net = en.Network()
    hidden, output = (
        net.add(en.Herding(b.shape[1], net.weights(b.tolist()), name=n))
        for b, n in zip(w, ("hidden", "output"), strict=True)
    )
    net.connect(hidden.out, output.spikes)
    events = [(int(t), hidden.spikes, int(i), 1) for t, i in np.argwhere(x)]
    run = en.simulate(net, events, record=True)
    counts = cost.neurobench(run.tally, [6, 4, 3], steps=5, samples=1)
    assert counts == {"Effective_ACs": 73, "Effective_MACs": 0, "Dense": 180}
    zeros = sum(int((w[0][i] == 0).sum()) for _, _, i, _ in events)
    zeros += sum(int((w[1][i] == 0).sum()) for i in run.log["index"][run.log["port"] == int(output.spikes)])
    assert counts["Effective_ACs"] - zeros == 66  # NeuroBench's Effective_ACs: weights of zero are not met
    assert counts["Effective_ACs"] + 5 * (4 + 3) == 108  # syops' ACs: each unit at each step, too
    assert counts["Dense"] + 5 * (4 + 3) == 215  # syops' total
