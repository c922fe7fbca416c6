"""A source of given spikes: when they are sent, whatever the order and the cuts, what counts them, what is kept."""

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError

TIMES = [[5, 2, 2], [], [2, 9, -3, 700], [9]]


def network(times=TIMES):
    net = en.Network(dtype="float32")
    source = net.add(en.SpikeSource(times, name="source"))
    net.connect(source, net.add(en.Sink(source.units, name="sink")))
    return net


def begun(net, at=-3, **options):
    sim = en.Simulation(net, record=True, **options)
    sim.inject([(at, net["source"].ticks, 0, 1)])
    return sim


def sent(sim):
    log = sim.log[sim.log["port"] == int(sim.net["sink"].spikes)]
    return list(zip(log["t"].tolist(), log["index"].tolist(), strict=True))


WANTED = [(-3, 2), (2, 0), (2, 0), (2, 2), (5, 0), (9, 2), (9, 3), (700, 2)]


@pytest.mark.parametrize("order", ["breadth", "depth", "fifo", "random", "topological"])
def test_each_spike_is_sent_at_its_tick(order, tmp_path):
    net = network()
    found = []
    for engine in ("reference", "compiled"):
        whole = begun(net, engine=engine, order=order).run()
        part = begun(net, engine=engine, order=order)
        for until in (-1, 2, 3, 100):
            part.run(until)
        part.save(tmp_path / "half.npz")
        later = en.Simulation(net, record=True, engine=engine, order=order).resume(tmp_path / "half.npz").run()
        found += [(s.log.tobytes(), repr(s.tally)) for s in (whole, part.run(), later)]
        assert sorted(sent(whole)) == WANTED
        assert [t for t, _ in sent(whole)] == [t for t, _ in WANTED]
    assert len(set(found)) == 1
    row = whole.tally.by_module()["source"]
    assert row["deliveries"] == len({t for t, _ in WANTED})
    assert row["notices"] == len(WANTED) + row["deliveries"] - 1
    assert row["spikes"] == row["adds"] == 0 if "adds" in row else row["spikes"] == 0


def test_what_lies_before_its_beginning_is_left_out_and_an_empty_one_sends_nothing():
    assert sorted(sent(begun(network(), at=3, engine="reference").run())) == WANTED[4:]
    assert sent(begun(network([[], []]), engine="reference").run()) == []
    assert sent(begun(network(), at=1000, engine="reference").run()) == []


def test_a_file_holds_the_times(tmp_path):
    net = network([np.array(ticks) for ticks in TIMES])
    net.save(tmp_path / "net.npz")
    again = en.Network.load(tmp_path / "net.npz")
    assert sorted(sent(begun(again, engine="reference").run())) == WANTED
    assert again["source"].starts_at() == "ticks"


def test_a_damaged_place_is_refused():
    sim = begun(network(), engine="reference").run(until=4)
    for wrong in (-1, 9):
        bad = sim.checkpoint()
        bad.arrays["store:state:source:cursor"][0] = wrong
        with pytest.raises(en.EventnetError, match="'cursor'"):
            en.Simulation(sim.net, record=True, engine="reference").resume(bad)


@pytest.mark.parametrize("times", [[], [1, 2], "12", [[1.5]], [[2**61]], 7, [[[1]]], {"t": [1]}])
def test_what_are_no_times_is_refused(times):
    with pytest.raises(NetworkError):
        en.SpikeSource(times)
