"""Spikes of three neurons that reach one another, one by one those of NEST's models on its grid of 0.1 ms.

`tests/benchmarks/peers_sparse/nest_three_neurons.py` made them with NEST.
"""

import json
from pathlib import Path
from typing import Any

import pytest

import eventnet as en

FOUND = json.loads((Path(__file__).parent / "fixtures" / "nest_three_neurons.json").read_text())
LEAKY: dict[str, Any] = {
    "tau_m": 200.0, "tau_e": 50.0, "tau_i": 100.0, "rest": -60.0, "threshold": -50.0, "reset": -62.0, "refractory": 20,
}  # fmt: skip
PULLED: dict[str, Any] = {"reversal_e": 0.0, "reversal_i": -80.0}
ADAPTIVE: dict[str, Any] = {
    "tau_m": 2810 / 30, "tau_e": 50.0, "tau_i": 100.0, "rest": -70.6, "threshold": -50.4, "reset": -65.0, "slope": 2.0,
    "peak": 0.0, "a": 4.0 / 30, "b": 80.5 / 30, "tau_w": 1440.0,
}  # fmt: skip
LAYERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "iaf_psc_exp": (en.LeakyExponential, LEAKY),
    "iaf_psc_alpha": (en.LeakyAlpha, LEAKY),
    "iaf_psc_delta": (en.LeakyExponential, LEAKY | {"tau_e": 0.0, "tau_i": 0.0}),
    "iaf_cond_exp": (en.LeakyConductance, LEAKY | PULLED | {"crossing": "tick"}),
    "aeif_cond_exp": (en.AdaptiveExponential, ADAPTIVE | PULLED),
}


@pytest.mark.parametrize("case", FOUND["cases"], ids=lambda case: case["model"])
def test_spikes_are_those_of_nest(case: dict[str, Any]) -> None:
    """In ticks of 0.1 ms; a jump comes a step after its event, so its wires are a tick shorter."""
    kind, options = LAYERS[case["model"]]
    sooner = int(case["model"] == "iaf_psc_delta")
    net = en.Network(dtype="float64")
    cells = net.add(kind(3, **options, name="cells"))
    source = net.add(en.Relay(3, name="source"))
    edges = [(i, j, w) for i, row in enumerate(case["weights"]) for j, w in enumerate(row)]
    for where, of, delay in ((source, edges, 10 - sooner), (cells, case["edges"], 15 - sooner)):
        i, j, w = (list(column) for column in zip(*of, strict=True))
        net.connect(where, cells, en.Edges(i, j), weight=w, delay=delay)
    sink = net.add(en.Sink(3, name="sink"))
    net.connect(cells, sink)
    sim = en.Simulation(net, record=True, engine="reference")
    inputs = sorted((step, int(source.spikes), k, 1) for k, steps in enumerate(case["inputs"]) for step in steps)
    sim.inject([(0, cells.ticks, 0, 1)])
    sim.inject(inputs)
    sim.run(until=3001)
    found = sorted((int(e["t"]), int(e["index"])) for e in sim.log if e["port"] == int(sink.spikes))
    assert len(found) > 5
    assert found == [tuple(spike) for spike in case["spikes"]]
