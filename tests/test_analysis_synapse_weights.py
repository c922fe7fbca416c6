"""Weights by synapse at given ticks: with their ends and delays, the same on both engines, and without a trace in the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plastic_cases import PAIRS, network
from test_sparse_stdp import bytes_of, ran

import eventnet as en
from eventnet.analysis import synapse_weights
from eventnet.errors import NetworkError
from eventnet.learning import SparsePairStdp, TsodyksMarkram

AT = [10, 30, 31, 80]


def plastic(delay: Any = 4, rule: Any = None) -> tuple[en.Network, Any]:
    net = en.Network("float64")
    a, b = net.add(en.Relay(4, name="a")), net.add(en.LeakyDelta(3, tau=9.0, threshold=0.4, refractory=1, name="b"))
    edges = en.Edges([3, 0, 3, 1], [1, 2, 0, 0])
    rule = rule or SparsePairStdp.given(**PAIRS)
    return net, net.connect(a, b, edges, weight=[0.4, 0.5, 0.6, 0.7], delay=delay, plasticity=rule)


def test_each_line_says_whose_weight_it_is() -> None:
    for delay, delays in ((4, [4] * 4), ([9, 2, 3, 5], [2, 5, 3, 9])):
        net, made = plastic(delay)
        table = synapse_weights(en.Simulation(net, engine="reference"), made)
        assert table["source"].tolist() == [0, 1, 3, 3]
        assert table["delay"].tolist() == delays
        assert table["target"].tolist() == ([2, 0, 1, 0] if delay == 4 else [2, 0, 0, 1])
        assert table["weight"].tolist() == ([0.5, 0.7, 0.4, 0.6] if delay == 4 else [0.5, 0.7, 0.6, 0.4])
        assert table["synapse"].tolist() == [0, 1, 2, 3]


def test_weights_at_ticks_are_those_of_runs_that_end_there_and_the_run_is_the_same() -> None:
    for engine in ("reference", "compiled"):
        net, events = network(np.random.default_rng(4), SparsePairStdp.given(**PAIRS), "float32")
        made: Any = net["layer_to_layer"]
        sim = en.Simulation(net, record=True, roots=True, engine=engine)
        sim.inject(events)
        table = synapse_weights(sim, made, AT)
        for t, weights in zip(AT, table.weights, strict=True):
            whole = ran(net, events, t, engine=engine).weights(made.weights)[0]
            assert weights.tobytes() == whole.tobytes()
        assert bytes_of(sim.run(until=100)) == bytes_of(ran(net, events, engine=engine))
        assert np.ptp(table.weights, axis=0).max() > 0
        some = synapse_weights(sim, made, which=[2, 0])
        assert some["synapse"].tolist() == [2, 0]
        assert some["t"].tolist() == [sim.time] * 2
        assert some["weight"].tolist() == sim.weights(made.weights)[0, [2, 0]].tolist()


def test_columns_are_text_and_parquet(tmp_path: Path) -> None:
    net, made = plastic()
    table = synapse_weights(en.Simulation(net, engine="reference"), made, [3, 7], which=[1])
    assert table.to_csv() == "t,synapse,source,target,delay,weight\n3,1,1,0,4,0.7\n7,1,1,0,4,0.7\n"
    assert repr(table) == "<SynapseWeights, 1 synapses at 2 ticks>"
    read = pytest.importorskip("pyarrow.parquet").read_table(table.to_parquet(tmp_path / "w.parquet"))
    assert read.to_pydict() == {name: column.tolist() for name, column in table.items()}


def test_what_is_sent_and_strengths_are_two_blocks() -> None:
    net, made = plastic(rule=TsodyksMarkram.given(U=0.5, tau_rec=9.0))
    own: Any = net[f"{made.name}_resources"]
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, net["a"].spikes, k, 1) for k in range(4)])
    sim.run()
    strengths = synapse_weights(sim, made, block=own.weights)["weight"]
    assert synapse_weights(sim, made)["weight"].tolist() == [w / 2 for w in strengths]


@pytest.mark.parametrize(
    "options, why",
    [
        ({"at": [5, 5]}, "wanted rising ticks"),
        ({"which": [4]}, "wanted numbers from 0 to 3"),
        ({"which": [-1]}, "from 0"),
    ],
)
def test_what_there_is_not_is_refused(options: Any, why: str) -> None:
    net, made = plastic()
    with pytest.raises(NetworkError, match=why):
        synapse_weights(en.Simulation(net, engine="reference"), made, **options)
