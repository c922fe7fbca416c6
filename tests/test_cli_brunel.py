"""`eventnet run brunel`: its network, its statistics, its table and files, and how it fails."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_cli_run import run

import eventnet as en
from eventnet.analysis import SpikeTrains
from eventnet.errors import ModelError
from eventnet.scenarios.brunel import BrunelParameters, brunel_network, simulate_regimes
from eventnet.scenarios.brunel.network import external_rate
from eventnet.scenarios.brunel.parameters import BrunelClockTable, BrunelNetworkTable, BrunelRunTable
from eventnet.scenarios.shared.parameter_file import loads
from eventnet.scenarios.shared.populations import statistics

SHORT = """
[run]
duration_ms = 60
measured_from_ms = 20
[network]
neurons = 500
weight_mv = 2.0
"""


def small(**tables: Any) -> BrunelParameters:
    own = {"run": BrunelRunTable(duration_ms=60, measured_from_ms=20)}
    own |= {"network": BrunelNetworkTable(neurons=500, weight_mv=2.0)}
    return replace(BrunelParameters(), **own | tables)


def test_the_network_is_that_of_the_paper() -> None:
    p = BrunelParameters()
    assert external_rate(p, 2.0) == pytest.approx(20_000)
    built = brunel_network(small(), 5.0, 2.0, 1)
    assert [(layer.units, layer.refractory, layer.tau) for layer in built.layers.values()] == [
        (400, 20, 200.0), (100, 20, 200.0),
    ]  # fmt: skip
    for source, degree, weight in (("excitatory", 40, 2.0), ("inhibitory", 10, -10.0)):
        for target in built.layers:
            synapses: Any = built.net[f"{source}_to_{target}"]
            _, targets, weights, _ = synapses.edges()
            assert np.bincount(targets).tolist() == [degree] * built.layers[target].units
            assert set(weights.tolist()) == {weight}
    delays = {w.delay for w in built.net.wires if isinstance(w.target.module, en.DeltaSynapses)}
    assert delays == {15}


def test_neurons_that_compare_once_a_step_add_up_before() -> None:
    """Of as many events as bring a neuron above its threshold and below again in one step, nothing comes."""
    fired = {}
    for compare in ("event", "step"):
        built = brunel_network(small(clock=BrunelClockTable(compare=compare)), 5.0, 2.0, 1)
        sim = built.begin(en.Simulation(built.net, recorders=[en.record(m, "spikes") for m in built.layers.values()]))
        sim.run(until=600)
        fired[compare] = sum(len(sim.recorded(layer).times) for layer in built.layers.values())
        delays = {w.delay for w in built.net.wires if w.target.name == "rows"}
        assert delays == ({15} if compare == "event" else {14})  # a jump comes a step after its event
    assert 0 < fired["step"] != fired["event"] > 0


def test_statistics_are_those_of_trains_that_are_known() -> None:
    """Regular neurons have CV 0, Poisson neurons 1; the count of independent ones varies as Poisson's."""
    p, rng = small(), np.random.default_rng(1)
    sizes = {"excitatory": 200, "inhibitory": 50}
    made = {}
    for name, units in sizes.items():
        unit = np.repeat(np.arange(units), rng.poisson(4000 * 0.02, units))
        t = np.sort(rng.integers(0, 40_000, len(unit)))
        made[name] = SpikeTrains(t, rng.permutation(unit), units, 0, 40_000, 1e-4)
    row = statistics(made, p.ticks(1.0))
    assert row["excitatory rate, Hz"] == pytest.approx(len(made["excitatory"].t) / 200 / 4)
    assert row["CV of intervals"] == pytest.approx(1, abs=0.05)
    assert row["synchrony"] == pytest.approx(1, abs=0.1)
    made = {
        name: SpikeTrains(
            np.repeat(np.arange(0, 40_000, 500), units), np.tile(np.arange(units), 80), units, 0, 40_000, 1e-4
        )
        for name, units in sizes.items()
    }
    row = statistics(made, p.ticks(1.0))
    assert row["CV of intervals"] == pytest.approx(0, abs=1e-6)
    assert row["synchrony"] > 200


@pytest.mark.slow
def test_regimes_differ_as_the_paper_says() -> None:
    """Rates fall from regular to slow; irregular ones have larger CV; the asynchronous one is the least synchronous
    of those at the same external rate."""
    p = BrunelParameters(
        run=BrunelRunTable(duration_ms=500, measured_from_ms=200, all_regimes=True),
        network=BrunelNetworkTable(neurons=5000, connected_share=0.2),
    )
    rows = [regime.row for regime in simulate_regimes(p).regimes]
    regular, fast, irregular, slow = (row["excitatory rate, Hz"] for row in rows)
    assert regular > 200 > fast > irregular > 20 > slow > 1
    assert rows[0]["CV of intervals"] < 0.1 < rows[2]["CV of intervals"]
    assert rows[2]["synchrony"] < rows[0]["synchrony"] / 5


@pytest.mark.slow
def test_a_run_prints_its_table_and_writes_pictures_and_numbers(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(SHORT)
    out = tmp_path / "out"
    text = " ".join(run("brunel", tmp_path / "my.toml", "--out", out, "--seed", 7).stdout.split())
    for words in ("500 neurons, 60 ms, seed 7", "million synaptic events", str(out)):
        assert words in text
    assert (out / "brunel-raster.png").read_bytes().startswith(b"\x89PNG")
    given = json.loads((out / "numbers.json").read_text())
    rows = list(csv.DictReader((out / "numbers.csv").open()))
    assert len(rows) == len(given["numbers"])
    found = {row["quantity"]: row["value"] for row in rows}
    assert float(found["events"]) > float(found["of the drive"]) > 0
    again = run("brunel", tmp_path / "my.toml", "--out", out, "--seed", 7, "--json").stdout
    seconds = ("processor", "a s")
    one, other = (
        [n for n in numbers if not any(s in n["quantity"] for s in seconds)]
        for numbers in (given["numbers"], json.loads(again)["numbers"])
    )
    assert one == other


def test_its_parameters_are_its_own() -> None:
    assert loads(run("brunel", "--print-config").stdout, BrunelParameters()) == BrunelParameters()
    assert loads(run("brunel", "--full", "--print-config").stdout, BrunelParameters()).run.all_regimes


@pytest.mark.parametrize(
    "make, why",
    [
        (lambda: BrunelNetworkTable(neurons=3), "neurons is 3"),
        (lambda: BrunelClockTable(decay="never"), "decay is 'never'"),
        (lambda: BrunelClockTable(compare="never"), "compare is 'never'"),
        (lambda: BrunelClockTable(compare="step", decay="event"), "compares once a step"),
        (lambda: BrunelRunTable(duration_ms=100, measured_from_ms=100), "of 100 ms"),
        (lambda: small(clock=BrunelClockTable(tick_us=10_000)), "less than a tick"),
        (lambda: BrunelParameters(network=BrunelNetworkTable(reset_mv=20)), "reset_mv 20"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, why: str) -> None:
    with pytest.raises(ModelError, match=why):
        make()
