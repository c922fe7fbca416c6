"""The learned order: its table against a walk through cascades, its keys on both engines, what it serves first."""

from __future__ import annotations

import numpy as np
import pytest
from anytime_cases import changing, spiking

import eventnet as en
from eventnet import analysis
from eventnet.analysis import SampleStream, Worth, cheapest_first, count_adds, key_of, worths
from eventnet.analysis.readouts import find_readout
from eventnet.errors import ModelError


@pytest.mark.slow
@pytest.mark.parametrize("labelled", [False, True])
def test_worths_are_means_over_cascades(labelled: bool) -> None:
    shown, y, _ = spiking(8)
    found = worths(shown, y if labelled else None)
    sim = shown.simulation(analysis.deepest_random, record=True).run()
    log, adds = sim.log, count_adds(shown.simulation(analysis.deepest_random))
    readout = find_readout(shown.net)
    change = {int(d["id"]): np.zeros(readout.rows.shape[1]) for d in log}
    cost = dict.fromkeys(change, 0)
    for line in log:  # each delivery is told to all that led to it
        at = int(line["id"])
        while at >= 0:
            cost[at] += int(adds[line["id"]])
            if line["port"] == readout.spikes:
                change[at] = change[at] + int(line["sign"]) * readout.rows[line["index"]]
            at = int(log["parent"][at])
    starts = [*shown.starts, 2**40]
    ports, outlets = [str(p) for p in shown.net.ports()], [str(o) for o in shown.net.outlets()]
    for worth in found:
        rows: dict[int, list[tuple[float, float]]] = {}
        for line in log[log["source"] >= 0]:
            if (outlets[line["source"]], ports[line["port"]]) == (worth.source, worth.port):
                moved = change[int(line["id"])] - change[int(line["id"])].mean()
                sample = next(k for k in range(len(y)) if starts[k] <= line["t"] < starts[k + 1])
                gain = moved[y[sample]] if labelled else np.sqrt((moved**2).sum())
                rows.setdefault(int(line["index"]), []).append((gain, cost[int(line["id"])]))
        every = [row for some in rows.values() for row in some]
        mean = np.mean(every, axis=0) if every else np.zeros(2)
        for i in range(len(worth.count)):
            wanted = np.mean([*rows.get(i, []), mean], axis=0)
            assert worth.count[i] == len(rows.get(i, []))
            assert (worth.effect[i], worth.cost[i]) == pytest.approx(tuple(wanted), rel=1e-5, abs=1e-9)  # float32 rows


def star() -> tuple[SampleStream, list[Worth]]:
    """Three inputs at once to an accumulator over a relay; the second is worth most, then the first."""
    net = en.Network()
    eye = net.add(en.Relay(1, name="eye"))
    fan = net.add(en.Herding(3, net.weights([[1, 1, 1]]), name="fan"))
    end = net.add(en.Accumulator(2, net.weights([[2, 0], [0, 3], [0, 1]]), net.weights(np.zeros((1, 2))), name="end"))
    net.connect(eye.out, fan.spikes)
    net.connect(fan.out, end.spikes)
    shown = SampleStream(net, en.events([(0, eye.spikes, 0, 1)]), np.array([0]))
    return shown, worths(shown)


@pytest.mark.slow
def test_what_tells_most_an_add_goes_first() -> None:
    shown, found = star()
    assert [worth.source for worth in found if worth.count.sum()] == ["eye.out", "fan.out"]
    key = cheapest_first(shown)
    log = en.simulate(shown.net, shown.inputs, order=key, record=True, engine="reference").log
    last = log[log["port"] == int(shown.net["end"].spikes)]
    assert last["index"].tolist() == [1, 0, 2]


@pytest.mark.slow
def test_both_engines_agree_on_a_learned_key_and_each_key_is_its_own() -> None:
    shown, y, _ = spiking(8)
    keys = [cheapest_first(shown, y, spread=spread) for spread in (0.0, 0.6)]
    logs = []
    for key in keys:
        one, other = (
            en.simulate(shown.net, shown.inputs, order=key, record=True, engine=engine, seed=3)
            for engine in ("compiled", "reference")
        )
        assert one.log.tobytes() == other.log.tobytes()
        assert one.tally.by_port() == other.tally.by_port()
        logs.append(one.log)
    assert logs[0].tobytes() != logs[1].tobytes()  # another table, the same code: not the same compiled key


def test_spread_mixes_places_with_a_permutation() -> None:
    _, found = star()
    lead = []
    for spread in (0.0, 0.5, 1.0):
        key = key_of(found, spread)
        wire = next(worth.wire for worth in found if worth.source == "fan.out")
        first = [min(range(3), key=lambda i: key(0, 1, wire, i, 1, 1.0, 2, 7 * n + i, 5)) for n in range(300)]
        lead.append(np.bincount(first, minlength=3) / 300)
    assert lead[0].tolist() == [0, 1, 0]
    assert lead[1][1] > lead[1][0] > lead[1][2]
    assert np.abs(lead[2] - 1 / 3).max() < 0.09  # three standard deviations of 300 draws


def test_what_cannot_be_learned_is_refused() -> None:
    shown, y, _ = changing()
    with pytest.raises(ModelError, match="spread is 2"):
        cheapest_first(shown, y, spread=2)
    with pytest.raises(ModelError, match="labels are int64"):
        cheapest_first(shown, y[:2])
    with pytest.raises(ModelError, match="no spike reached"):
        cheapest_first(SampleStream(shown.net, shown.inputs[:0], shown.starts), y)


def test_deepest_random_serves_the_farthest_module_first() -> None:
    shown, _, _ = spiking()
    log = shown.simulation(analysis.deepest_random, engine="reference", record=True).run().log
    ranks = shown.net.ranks()
    rank = np.array([ranks[port.module.name] for port in shown.net.ports()])[log["port"]]
    waiting: set[int] = set()
    children: dict[int, list[int]] = {}
    for line in log[log["parent"] >= 0]:
        children.setdefault(int(line["parent"]), []).append(int(line["id"]))
    for line in log:
        at = int(line["id"])
        if at in waiting:
            assert rank[at] == max(rank[k] for k in waiting)
            waiting.remove(at)
        waiting |= set(children.get(at, []))
