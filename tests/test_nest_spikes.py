"""Spikes of three neurons that reach one another, one by one those of NEST's models on its grid of 0.1 ms.

But for Hodgkin-Huxley neurons: NEST has a spike at the maximum, some steps after the threshold, and steps of its own error.

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


GRID = [case for case in FOUND["cases"] if case["model"] in LAYERS]
TRAUB: dict[str, Any] = {
    "tau_m": 200.0, "tau_e": 50.0, "tau_i": 100.0, "ms": 10.0, "threshold": -20.0, "refractory": 20,
}  # fmt: skip
TO_THE_PEAK = 2
"""Steps from -20 mV to the step after the maximum, where NEST sends a spike."""


@pytest.mark.parametrize("case", GRID, ids=lambda case: case["model"])
def test_spikes_are_those_of_nest(case: dict[str, Any]) -> None:
    """In ticks of 0.1 ms; a jump comes a step after its event, so its wires are a tick shorter."""
    kind, options = LAYERS[case["model"]]
    found = spikes_of(kind, options, case, -int(case["model"] == "iaf_psc_delta"))
    assert len(found) > 5
    assert found == [tuple(spike) for spike in case["spikes"]]


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in FOUND["cases"] if case["model"] == "hh_cond_exp_traub"])
def test_spikes_of_hodgkin_huxley_neurons_are_as_many_as_nest_s_and_near_them(case: dict[str, Any]) -> None:
    """Wires between the neurons are longer by the time to the peak. 98 of 100 spikes are within 0.5 ms.

    The others are spikes of a neuron that had almost not fired, where a small difference makes a late spike.
    """
    found = spikes_of(en.HodgkinHuxley, TRAUB | PULLED, case, 0, TO_THE_PEAK)
    off = []
    for k in range(3):
        own, nest = ([t for t, unit in of if unit == k] for of in (found, case["spikes"]))
        assert len(own) == len(nest) > 20
        off += [abs(t + TO_THE_PEAK - other) for t, other in zip(own, nest, strict=True)]
    assert sum(d <= 5 for d in off) >= 0.98 * len(off)


def spikes_of(kind: Any, options: dict[str, Any], case: dict[str, Any], more: int, later: int = 0) -> list[Any]:
    """Spikes (step, neuron) of a case; wires are longer by `more` steps, and those between the neurons by `later`."""
    net = en.Network(dtype="float64")
    cells = net.add(kind(3, **options, name="cells"))
    source = net.add(en.Relay(3, name="source"))
    edges = [(i, j, w) for i, row in enumerate(case["weights"]) for j, w in enumerate(row)]
    for where, of, delay in ((source, edges, 10 + more), (cells, case["edges"], 15 + more + later)):
        i, j, w = (list(column) for column in zip(*of, strict=True))
        net.connect(where, cells, en.Edges(i, j), weight=w, delay=delay)
    sink = net.add(en.Sink(3, name="sink"))
    net.connect(cells, sink)
    sim = en.Simulation(net, record=True, engine="reference")
    inputs = sorted((step, int(source.spikes), k, 1) for k, steps in enumerate(case["inputs"]) for step in steps)
    sim.inject([(0, cells.ticks, 0, 1)])
    sim.inject(inputs)
    sim.run(until=3001)
    return sorted((int(e["t"]), int(e["index"])) for e in sim.log if e["port"] == int(sink.spikes))
