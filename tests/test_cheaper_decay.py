"""Which decay is cheaper: the products are those that the other network counts, and a report says it."""

import re
import warnings

import pytest
from few import few

import eventnet as en
from eventnet.cost import cheaper_decay
from eventnet.cost.decay import products
from eventnet.report import describe


def run_of(decay, every, rate, noise=False):
    """A layer that gets inputs every so many ticks, and a drive."""
    net = en.Network(dtype="float64")
    source = net.add(en.Relay(10, name="source"))
    cells = net.add(en.LeakyDelta(10, tau=50.0, threshold=1e9, decay=decay, name="cells"))
    net.connect(source, cells, en.AllToAll(), weight=1.0)
    drive = net.add(en.PoissonDrive(cells, rate=rate, weight=1.0, seed=1))
    rows = [(t, source.spikes, t % 10, 1) for t in range(0, 400, every)]
    if rate:
        rows.append((0, drive.ticks, 0, 1))
    if noise:
        rows.append((0, net.add(en.NoiseCurrent(cells, std=1.0, seed=2, name="noise")).ticks, 0, 1))
    return en.simulate(net, rows, engine="reference", record=True, until=400)


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("every, rate", few([(40, 0.0), (1, 2e6), (5, 2e4)], 3))
def test_products_are_those_that_the_other_decay_counts(every, rate, noise):
    found = {decay: run_of(decay, every, rate, noise) for decay in ("tick", "event")}
    told = {decay: products(run.simulation, run.net["cells"]) for decay, run in found.items()}
    assert told["tick"][1] == told["event"][1]
    # By ticks the layer is brought up to its last event, and here no farther than that.
    assert 0.85 * told["event"][0] <= told["tick"][0] <= told["event"][0]


def test_what_is_twice_as_cheap_is_said():
    assert cheaper_decay(run_of("tick", 1, 2e6)) == []
    few_events, many = run_of("tick", 40, 0.0), run_of("event", 1, 2e6, noise=True)
    (words,) = cheaper_decay(few_events)
    assert words == "Potentials of cells decayed by 3,600 products; with decay='event' it would have been 100."
    assert words in describe(few_events)["notes"]
    (words,) = cheaper_decay(many)
    assert words.endswith("with decay='tick' it would have been 4,000.")
    net = en.Network()
    net.add(en.Relay(1, name="a"))
    assert cheaper_decay(en.simulate(net, engine="reference")) == []


@pytest.mark.slow
@pytest.mark.parametrize("decay, many", [("tick", False), ("event", True)])
def test_a_run_warns_once_a_layer_where_there_are_many_products(decay, many, monkeypatch):
    monkeypatch.setattr("eventnet.neurons.decay_products.LEAST", 1000)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        sim = run_of(decay, 1 if many else 40, 2e6 if many else 0.0, noise=many).simulation
        for until in (500, 900, 2000, 9000):
            sim.run(until=until)
    (one,) = found
    words = re.fullmatch(
        r"Potentials of cells decayed by ([\d,]+) products; with decay='(\w+)' .* ([\d,]+)\.", str(one.message)
    )
    assert words is not None
    made, other = (int(words[k].replace(",", "")) for k in (1, 3))
    assert words[2] != decay
    assert made >= 2 * other >= 200


@pytest.mark.parametrize("every, warns", [(20, True), (5, False), (3, False)])
def test_products_of_a_layer_as_a_whole_are_said_and_not_warned_of(every, warns, monkeypatch):
    """In 400 ticks they are 4,000, and an event in 20, 5 or 3 ticks makes a 19th, a fifth or a third of them."""
    monkeypatch.setattr("eventnet.neurons.decay_products.LEAST", 1000)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        run = run_of("tick", every, 0.0)
    assert bool(found) == warns
    assert len(cheaper_decay(run)) == 1


@pytest.mark.parametrize("decay, every, rate", [("tick", 1, 2e6), ("event", 40, 0.0)])
def test_a_run_that_is_as_cheap_or_short_does_not_warn(decay, every, rate, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run_of("tick" if decay == "event" else "event", every, rate)  # too few products
        monkeypatch.setattr("eventnet.neurons.decay_products.LEAST", 1000)
        run_of(decay, every, rate)
