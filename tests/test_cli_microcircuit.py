"""`eventnet run microcircuit`: its sizes, weights and currents, a tenth of it, its table and files, how it fails."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from test_cli_run import run

import eventnet as en
from eventnet.errors import ModelError
from eventnet.scenarios.microcircuit import (
    POPULATIONS,
    MicrocircuitParameters,
    microcircuit_network,
    scenario_microcircuit,
)
from eventnet.scenarios.microcircuit.network import (
    current_of,
    full_synapses,
    lost_currents,
    mean_weights,
    memory_of,
    synapse_counts,
)
from eventnet.scenarios.microcircuit.parameters import SIZES, MicrocircuitNeuronTable, MicrocircuitRunTable
from eventnet.scenarios.microcircuit.run import simulate_microcircuit
from eventnet.scenarios.shared.parameter_file import loads


def small(**options: Any) -> MicrocircuitParameters:
    made = MicrocircuitParameters()
    return replace(
        made, run=replace(made.run, **({"scale": 0.02, "duration_ms": 80, "measured_from_ms": 20} | options))
    )


def test_the_full_network_has_the_published_sizes() -> None:
    """77,169 neurons and 0.3 billion synapses; a spike of 87.8 pA over 250 pF and 10 ms moves a potential by 0.15 mV."""
    assert SIZES.sum() == 77_169
    assert full_synapses().sum() == pytest.approx(0.3e9, rel=0.01)
    p = MicrocircuitParameters()
    assert current_of(0.15, p) * 25 == pytest.approx(87.8, abs=0.05)
    weights = mean_weights(p)
    assert weights[0, 2] == 2 * weights[1, 2] == pytest.approx(-0.5 * weights[0, 1])


def test_the_full_network_lacks_nothing() -> None:
    assert not lost_currents(small(scale=1.0)).any()
    assert (lost_currents(small()) != 0).all()


def test_what_moves_a_potential_by_its_peak_does() -> None:
    p = MicrocircuitParameters()
    net = en.Network(dtype="float64")
    layer = net.add(en.LeakyExponential(1, tau_m=10_000.0, tau_e=500.0, tau_i=500.0, threshold=1.0))  # ticks of 1 us
    source = net.add(en.Relay(1))
    net.connect(source, layer, en.OneToOne(), weight=current_of(0.15, p))
    sim, peak = en.Simulation(net, engine="reference"), 0.0
    sim.inject([(0, source.spikes, 0, 1)])
    for t in range(1, 3000, 20):
        peak = max(peak, float(sim.run(until=t)[layer].phi[0]))
    assert peak == pytest.approx(0.15, rel=1e-4)


def test_a_small_network_has_its_share_of_everything() -> None:
    p = small()
    built = microcircuit_network(p, 1)
    assert [layer.units for layer in built.layers.values()] == [round(0.02 * n) for n in SIZES.tolist()]
    assert built.synapses == pytest.approx(0.3e9 * 0.02**2, rel=0.02)
    projection: Any = built.net["L2/3I_to_L4I"]
    _, _, weights, delays = projection.edges()
    assert (weights < 0).all()
    assert delays.min() >= 1
    assert np.mean(weights) == pytest.approx(mean_weights(p)[3, 1] / 0.02**0.5, rel=0.2)


@pytest.mark.slow
def test_in_float32_it_has_the_same_bytes_in_both_engines_and_from_a_file(tmp_path: Path) -> None:
    built = microcircuit_network(small(scale=0.01, dtype="float32"), 3)
    built.net.save(tmp_path / "net.npz")

    def ran(net: en.Network, engine: str) -> tuple[bytes, ...]:
        sim = en.Simulation(net, engine=engine, record=True)
        sim.inject([(0, module.ticks, 0, 1) for module in net.modules if "ticks" in module.ports])
        sim.run(until=1000)
        assert sim.tally.spikes > 20
        phi = [np.asarray(sim[name].phi[:]) for name in POPULATIONS]
        assert {each.dtype for each in phi} == {np.dtype("float32")}
        return sim.log.tobytes(), *(each.tobytes() for each in phi)

    compiled = ran(built.net, "compiled")
    assert compiled == ran(built.net, "reference") == ran(en.Network.load(tmp_path / "net.npz"), "compiled")


@pytest.mark.slow
def test_a_tenth_has_rates_near_those_of_the_full_network() -> None:
    """Of the inhibitory populations and of layer 4; layer 2/3 is slower, in NEST too (bench_microcircuit.py)."""
    done = simulate_microcircuit(MicrocircuitParameters())
    rates = {name: row["rate, Hz"] for name, row in done.rows.items()}
    wanted = {name: row["of the full network, Hz"] for name, row in done.rows.items()}
    assert list(rates) == list(POPULATIONS)
    for name in ("L4E", "L4I", "L5E", "L5I", "L6I"):
        assert rates[name] == pytest.approx(wanted[name], rel=0.3)
    assert rates["L2/3E"] < rates["L4E"] < rates["L5E"]
    assert rates["L6E"] < rates["L6I"]


@pytest.mark.slow
def test_a_run_prints_its_table_and_writes_a_picture_and_numbers(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("[run]\nduration_ms = 80\nmeasured_from_ms = 20\nscale = 0.02\n")
    out = tmp_path / "out"
    text = " ".join(run("microcircuit", tmp_path / "my.toml", "--out", out, "--seed", 7).stdout.split())
    for words in ("scale 0.02, 80 ms, seed 7", "million synapses", "L2/3E", str(out)):
        assert words in text
    assert (out / "microcircuit-raster.png").read_bytes().startswith(b"\x89PNG")
    assert len(json.loads((out / "numbers.json").read_text())["numbers"]) == 8 * 3 + 8


def test_a_network_that_does_not_fit_is_refused_with_the_figure_before_it_is_made(monkeypatch: Any) -> None:
    said: list[str] = []
    desk: Any = SimpleNamespace(say=said.append)
    p = small(scale=1.0)
    assert synapse_counts(p).sum() == pytest.approx(0.3e9, rel=0.01)
    gigabytes = f"{memory_of(p) / 1e9:.1f} GB"
    monkeypatch.setattr(scenario_microcircuit, "memory_left", lambda: 2 * 10**9)
    with pytest.raises(ModelError, match=f"scale 1 takes {gigabytes} of memory, and 2.0 GB are left"):
        scenario_microcircuit.run(p, desk)
    assert gigabytes in said[0]
    assert memory_of(small(scale=0.01)) < 10**9


def test_its_parameters_are_its_own() -> None:
    assert loads(run("microcircuit", "--print-config").stdout, MicrocircuitParameters()) == MicrocircuitParameters()
    full = loads(run("microcircuit", "--full", "--print-config").stdout, MicrocircuitParameters())
    assert (full.run.scale, full.run.dtype) == (1, "float32")


@pytest.mark.parametrize(
    "make, why",
    [
        (lambda: MicrocircuitRunTable(scale=0.001), "scale is 0.001"),
        (lambda: MicrocircuitRunTable(dtype="int32"), "dtype is 'int32'; wanted float32 or float64"),
        (lambda: MicrocircuitRunTable(duration_ms=100, measured_from_ms=100), "of 100 ms"),
        (lambda: MicrocircuitParameters(neuron=MicrocircuitNeuronTable(current_ms=10.0)), "alike"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, why: str) -> None:
    with pytest.raises(ModelError, match=why):
        make()
