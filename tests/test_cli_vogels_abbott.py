"""`eventnet run vogels-abbott`: its networks, its statistics, its table and files, and how it fails."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_cli_run import run

import eventnet as en
from eventnet.errors import ModelError
from eventnet.scenarios.shared.parameter_file import loads
from eventnet.scenarios.vogels_abbott import BENCHMARKS, VogelsAbbottParameters, vogels_abbott_network
from eventnet.scenarios.vogels_abbott.parameters import (
    VogelsAbbottClockTable,
    VogelsAbbottCobaTable,
    VogelsAbbottNetworkTable,
    VogelsAbbottRunTable,
)
from eventnet.scenarios.vogels_abbott.run import simulate_benchmarks

SHORT = """
[run]
duration_ms = 120
measured_from_ms = 60
[network]
neurons = 1000
connected = 0.08
"""


def small(**tables: Any) -> VogelsAbbottParameters:
    own = {"run": VogelsAbbottRunTable(duration_ms=120, measured_from_ms=60)}
    own |= {"network": VogelsAbbottNetworkTable(neurons=1000, connected=0.08)}
    return replace(VogelsAbbottParameters(), **own | tables)


@pytest.mark.parametrize(
    "which, kind, up, down, delay",
    [
        ("coba", en.LeakyConductance, 0.6, -6.7, 1),
        ("cuba", en.LeakyExponential, 1.62, -9.0, 1),
        ("jumps", en.LeakyExponential, 0.25, -2.25, 0),
    ],
)
def test_the_networks_are_those_of_the_paper(which: str, kind: Any, up: float, down: float, delay: int) -> None:
    """In ticks of 0.1 ms: 20 ms, 5 and 10 ms or none, 5 ms; weights in conductances of the leak, or mV."""
    built = vogels_abbott_network(small(), which, 1)
    excitatory, inhibitory = built.layers.values()
    assert (excitatory.units, inhibitory.units) == (800, 200)
    for layer in (excitatory, inhibitory):
        assert type(layer) is kind
        assert (layer.tau_m, layer.refractory, layer.threshold, layer.reset) == (200.0, 50, -50.0, -60.0)
        assert (layer.tau_e, layer.tau_i) == ((0.0, 0.0) if which == "jumps" else (50.0, 100.0))
        assert layer.rest == (-60.0 if which == "coba" else -49.0)
        assert -60 <= np.min(layer.start) < np.max(layer.start) <= -50
    for source, weight in (("excitatory", up), ("inhibitory", down)):
        for target in built.layers.values():
            synapses: Any = built.net[f"{source}_to_{target.name}"]
            _, targets, weights, _ = synapses.edges()
            assert set(weights.tolist()) == {weight}
            wanted = 0.08 * synapses.n_in * target.units
            assert abs(len(targets) - wanted) < 5 * wanted**0.5
            assert {w.delay for w in built.net.wires if w.target.module is synapses} == {delay}
    assert bool(built.inputs) == (which == "coba")
    assert all(0 <= t < 500 for t, *_ in built.inputs)


def test_neurons_of_benchmark_2_are_those_of_nest_s_program() -> None:
    """In ticks of 0.1 ms and conductances of the leak, all at rest; the stimulus is benchmark 1's."""
    p = small()
    built = vogels_abbott_network(p, "hh", 1)
    for layer, units in zip(built.layers.values(), (800, 200), strict=True):
        assert (type(layer), layer.units, layer.dtypes) == (en.HodgkinHuxley, units, ("float64",))
        assert (layer.tau_m, layer.tau_e, layer.tau_i, layer.ms, layer.refractory) == (200.0, 50.0, 100.0, 10.0, 20)
        assert (layer.rest, layer.shift, layer.g_na, layer.g_k) == (-60.0, -63.0, 2000.0, 600.0)
        assert (layer.reversal_na, layer.reversal_k, layer.reversal_e, layer.reversal_i) == (50.0, -90.0, 0.0, -80.0)
        assert not layer.state["phi"].any()
    for source, weight in (("excitatory", 0.6), ("inhibitory", -6.7)):
        for target in built.layers.values():
            synapses: Any = built.net[f"{source}_to_{target.name}"]
            assert set(synapses.edges()[2].tolist()) == {weight}
    assert [row[0] for row in built.inputs] == [row[0] for row in vogels_abbott_network(p, "coba", 1).inputs]


@pytest.mark.slow
def test_activity_keeps_itself_up_and_is_irregular() -> None:
    """At full size, after the stimulus; currents and jumps are slower, since what fires of itself is inhibited."""
    p = VogelsAbbottParameters(run=VogelsAbbottRunTable(duration_ms=600))
    coba, hh, cuba, jumps = (each.row for each in simulate_benchmarks(p).benchmarks)
    assert 10 < coba["excitatory rate, Hz"] < 30
    assert 20 < hh["excitatory rate, Hz"] < 70
    assert hh["products"] > 524 * hh["steps of a neuron"]
    assert 4 < cuba["excitatory rate, Hz"] < 8
    assert 8 < jumps["excitatory rate, Hz"] < 13
    assert coba["CV of intervals"] > 1 > cuba["CV of intervals"] > 0.2
    for row, products in ((coba, 23), (cuba, 6), (jumps, 6)):
        assert row["products"] == products * row["steps of a neuron"]


@pytest.mark.slow
def test_a_run_prints_its_table_and_writes_pictures_and_numbers(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(SHORT)
    out = tmp_path / "out"
    text = " ".join(run("vogels-abbott", tmp_path / "my.toml", "--out", out, "--seed", 7).stdout.split())
    for words in ("1,000 neurons, 120 ms, seed 7", "million synaptic events", "4, voltage jumps", str(out)):
        assert words in text
    assert (out / "vogels-abbott-raster.png").read_bytes().startswith(b"\x89PNG")
    given = json.loads((out / "numbers.json").read_text())
    rows = list(csv.DictReader((out / "numbers.csv").open()))
    assert len(rows) == len(given["numbers"])
    again = run("vogels-abbott", tmp_path / "my.toml", "--out", out, "--seed", 7, "--json").stdout
    seconds = ("processor", "ns a step")
    one, other = (
        [n for n in numbers if not any(s in n["quantity"] for s in seconds)]
        for numbers in (given["numbers"], json.loads(again)["numbers"])
    )
    assert one == other


def test_its_parameters_are_its_own() -> None:
    assert loads(run("vogels-abbott", "--print-config").stdout, VogelsAbbottParameters()) == VogelsAbbottParameters()
    full = loads(run("vogels-abbott", "--full", "--print-config").stdout, VogelsAbbottParameters())
    assert full.run.duration_ms == 10_200
    assert VogelsAbbottParameters().benchmarks == list(BENCHMARKS)
    assert small(run=VogelsAbbottRunTable(benchmark="cuba")).benchmarks == ["cuba"]


@pytest.mark.parametrize(
    "make, why",
    [
        (lambda: VogelsAbbottNetworkTable(neurons=3), "neurons is 3"),
        (lambda: VogelsAbbottRunTable(benchmark="lif"), "benchmark is 'lif'"),
        (lambda: VogelsAbbottRunTable(duration_ms=100, measured_from_ms=100), "of 100 ms"),
        (lambda: VogelsAbbottCobaTable(crossing="never"), "crossing is 'never'"),
        (lambda: VogelsAbbottClockTable(dtype="int32"), "dtype is 'int32'"),
        (lambda: small(clock=VogelsAbbottClockTable(tick_us=10_000)), "less than a tick"),
        (lambda: VogelsAbbottParameters(network=VogelsAbbottNetworkTable(reset_mv=-50)), "reset_mv -50"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, why: str) -> None:
    with pytest.raises(ModelError, match=why):
        make()
