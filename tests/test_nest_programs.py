"""Programs that set known networks beside NEST: their parts fit together, with a stand-in in place of NEST."""

from __future__ import annotations

import contextlib
import io
import json
import math
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import eventnet.scenarios.microcircuit
from eventnet.analysis import SpikeTrains
from eventnet.scenarios.microcircuit import POPULATIONS, MicrocircuitParameters
from eventnet.scenarios.microcircuit.network import current_of, synapse_counts
from eventnet.scenarios.microcircuit.parameters import SIZES

BENCHMARKS = Path(__file__).parent / "benchmarks"
SIMULATED = "bench_peers", "bench_microcircuit", "compare_nest", "compare_populations", "full_microcircuit"
JOBS = "brunel_job", "vogels_abbott_job"
PERIOD_MS = 20.0
"""Every neuron of the stand-in fires once in so many milliseconds, one after the other."""


class Nodes:
    """Neurons or a device, by their numbers."""

    def __init__(self, nest: StandIn, model: str, numbers: range, params: dict[str, Any]) -> None:
        self.nest, self.model, self.numbers, self.params = nest, model, numbers, params
        self.heard: Nodes | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, at: int | slice) -> Nodes:
        of = self.numbers[at] if isinstance(at, slice) else self.numbers[at : at + 1]
        return Nodes(self.nest, self.model, of, self.params)

    @property
    def global_id(self) -> int:
        (only,) = self.numbers
        return only

    @property
    def events(self) -> dict[str, Any]:
        """What a recorder has heard: neuron i at i, i + 200, ... steps, from the first step on."""
        assert self.heard is not None
        numbers, last = np.array(self.heard.numbers), round(10 * self.nest.time)
        steps = [np.arange(1 + i % 200, last + 1, 200) for i in numbers.tolist()]
        order = np.argsort(np.concatenate(steps), kind="stable")
        times = 0.1 * np.concatenate(steps)[order]
        return {"times": times, "senders": np.repeat(numbers, [len(of) for of in steps])[order]}


class StandIn(ModuleType):
    """As much of NEST as the programs call; `joined` has the connections that were asked for."""

    __version__ = "stand-in"

    def __init__(self) -> None:
        super().__init__("nest")
        self.time, self.next, self.models = 0.0, 1, {"static_synapse"}
        self.made: list[Nodes] = []
        self.joined: list[tuple[Nodes, Nodes, dict[str, Any], dict[str, Any]]] = []
        self.random = SimpleNamespace(normal=lambda mean, std: SimpleNamespace(mean=mean, std=std))
        self.math = SimpleNamespace(redraw=lambda drawn, min, max: drawn)

    def set_verbosity(self, level: str) -> None:
        """Nothing is said."""

    def ResetKernel(self) -> None:
        """It is new."""

    def Create(self, model: str, n: int = 1, params: dict[str, Any] | None = None) -> Nodes:
        """Numbers go on."""
        made = Nodes(self, model, range(self.next, self.next + n), params or {})
        self.next += n
        self.made.append(made)
        return made

    def CopyModel(self, model: str, name: str) -> None:
        """A synapse by another name."""
        assert model in self.models
        self.models.add(name)

    def Connect(self, source: Nodes, target: Nodes, who: Any = None, syn_spec: Any = None) -> None:
        """Keep what was asked for."""
        if target.model == "spike_recorder":
            target.heard = source
        elif who is not None:
            assert syn_spec.get("synapse_model", "static_synapse") in self.models
            self.joined.append((source, target, who, syn_spec))

    def Simulate(self, ms: float) -> None:
        """Time goes on."""
        self.time += ms


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The scripts, and `call`, which runs a command's program in this process with a stand-in for NEST."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS / "peers_sparse"))
    import compare_nest
    import compare_populations
    import full_microcircuit

    used: list[StandIn] = []

    def call(command: list[str]) -> dict[str, Any]:
        used.append(StandIn())
        said = io.StringIO()
        with monkeypatch.context() as patch, contextlib.redirect_stdout(said):
            patch.setitem(sys.modules, "nest", used[-1])
            patch.setattr(sys, "argv", command[1:])
            runpy.run_path(command[1], run_name="__main__")
        made: dict[str, Any] = json.loads(said.getvalue().splitlines()[-1])
        return made

    yield SimpleNamespace(
        nest=compare_nest, populations=compare_populations, full=full_microcircuit, call=call, used=used
    )
    for name in (*SIMULATED, *JOBS):
        sys.modules.pop(name, None)


def started(monkeypatch: pytest.MonkeyPatch, script: Any, *arguments: Any) -> None:
    monkeypatch.setattr(sys, "argv", [script.__file__, *map(str, arguments)])
    script.main()


SMALL = dict(zip(POPULATIONS, (round(0.02 * n) for n in SIZES.tolist()), strict=True))
"""Units of a microcircuit of 0.02."""


def all_fire(sizes: dict[str, int], seed: int, begin: int, end: int) -> dict[str, SpikeTrains]:
    """Each unit fires twice, 40 ms apart; with the second seed thrice."""
    t = [begin + 10, begin + 410, begin + 810][: 2 + seed]
    return {
        name: SpikeTrains(np.repeat(t, n), np.tile(np.arange(n), len(t)), n, begin, end, 1e-4)
        for name, n in sizes.items()
    }


# --- full_microcircuit.py ---
def test_the_full_microcircuit_runs_what_is_missing_and_prints_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, beside: SimpleNamespace, capsys: Any
) -> None:
    simulated: list[MicrocircuitParameters] = []
    calls: list[list[str]] = []

    def simulate(p: MicrocircuitParameters) -> Any:
        simulated.append(p)
        rows = {name: {"rate, Hz": k + 0.5 * p.run.seed} for k, name in enumerate(POPULATIONS)}
        costs = {"running, processor s": 3.0, "building, processor s": 1.0}
        return SimpleNamespace(rows=rows, costs=costs, trains=all_fire(SMALL, p.run.seed, 5000, 6000))

    def called(kind: str, command: list[str], trains: Path) -> Any:
        calls.append(command)
        with monkeypatch.context() as patch:
            patch.setenv("TRAINS", str(trains))
            return beside.call(command)

    monkeypatch.setattr(eventnet.scenarios.microcircuit, "simulate_microcircuit", simulate)
    monkeypatch.setattr(beside.full, "run", called)
    monkeypatch.setattr(beside.full, "memory_left", lambda: None)
    given = tmp_path, "--seeds", 2, "--ms", 100, "--scale", 0.02, "--nest", "python-of-nest"
    started(monkeypatch, beside.full, *given)
    text = capsys.readouterr().out
    assert [Path(command[0]).name == "python-of-nest" for command in calls] == [False, True] * 2
    assert [(p.run.seed, p.run.scale, p.run.duration_ms) for p in simulated] == [(0, 0.02, 600), (1, 0.02, 600)]
    lines = {line.split("|")[1].strip(): line.split("|")[2:] for line in text.splitlines() if line.startswith("|")}
    ours, theirs = (next(cells for name, cells in lines.items() if kind in name) for kind in ("eventnet", "NEST"))
    assert [cell.split()[0] for cell in ours[:8]] == [f"{k + 0.25:.3g}" for k in range(8)]
    assert [float(cell.split()[0]) for cell in theirs[:8]] == pytest.approx([1000 / PERIOD_MS] * 8, rel=0.02)
    assert text.count("2 seeds") == 2
    measured = {
        name.strip(): cells
        for name, *cells in (line[1:-1].split("|") for line in text.splitlines() if ": " in line and line[0] == "|")
    }
    assert list(measured) == [f"{name}: {what}" for name in POPULATIONS for what in beside.nest.MEASURES]
    for name in POPULATIONS:
        assert [cell.split()[0] for cell in measured[f"{name}: rate, Hz"]] == [f"{1000 / PERIOD_MS:.4g}", "25", "-25"]
        assert measured[f"{name}: CV of intervals"][0].split()[0] == "0"
    made = sorted(file.name for file in tmp_path.glob("*seed*"))
    assert made == [f"{kind}-scale0.02-100ms-seed{k}.json" for kind in ("eventnet", "nest") for k in (0, 1)]
    started(monkeypatch, beside.full, *given)
    assert len(calls) == 4
    assert capsys.readouterr().out == text
    (tmp_path / made[3]).unlink()
    started(monkeypatch, beside.full, *given)
    assert calls[4] == calls[3]
    assert len(calls) == 5


def test_nest_gets_the_neurons_synapses_and_weights_of_the_scenario(
    tmp_path: Path, beside: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = SimpleNamespace(folder=tmp_path, scale=0.02, nest="python", ms=50.0, dtype="float64")
    monkeypatch.setenv("TRAINS", str(tmp_path / "trains.npz"))
    beside.call(beside.full.command_of("nest", 3, asked))
    (nest,) = beside.used
    cells = [made for made in nest.made if made.model == "iaf_psc_exp"]
    assert [len(made) for made in cells] == [round(0.02 * n) for n in SIZES.tolist()]
    p = beside.populations.microcircuit_of(3, asked)
    wanted = synapse_counts(p)
    found = np.zeros((8, 8), dtype=int)
    for source, target, who, synapse in nest.joined:
        i, j = cells.index(target), cells.index(source)
        found[i, j] = who["N"]
        of_mv = synapse["weight"].mean / 25 * 0.02**0.5 / current_of(0.15, p)
        assert of_mv == pytest.approx(-4.0 if j % 2 else 2.0 if (i, j) == (0, 2) else 1.0)
    assert found.tolist() == wanted.tolist()
    assert nest.time == pytest.approx(550.1)
    with np.load(tmp_path / "trains.npz") as written:
        assert sorted(set(written["unit"].tolist())) == list(range(sum(map(len, cells))))
        first = written["t"][written["unit"] == 7].tolist()
    assert first == [*range(9, 5502, 200)]


def test_a_run_without_the_memory_is_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, beside: SimpleNamespace, capsys: Any
) -> None:
    monkeypatch.setattr(beside.full, "memory_left", lambda: 10 * 10**9)

    def ran(kind: str, command: list[str], trains: Path) -> dict[str, Any]:
        np.savez(trains, t=[5003, 5002], unit=[7, 0])
        return {"peer": "eventnet", "rates": [1.0] * 8} | dict.fromkeys(("seconds", "build_s", "peak_gb"), 1.0)

    monkeypatch.setattr(beside.full, "run", ran)
    started(monkeypatch, beside.full, tmp_path, "--seeds", 1, "--nest", "python")
    assert "nest wants 16.5 GB free and 10.0 are: left out" in capsys.readouterr().out
    assert [file.name for file in tmp_path.glob("*seed*")] == ["eventnet-scale1-10000ms-seed0.json"]


@pytest.mark.slow
def test_the_program_of_eventnet_prints_what_the_table_wants(tmp_path: Path, beside: SimpleNamespace) -> None:
    asked = SimpleNamespace(folder=tmp_path, scale=0.01, nest=None, ms=20.0, dtype="float64")
    found = beside.full.measured("eventnet", 0, asked)
    assert len(found["rates"]) == 8
    assert [of[0] for of in found["measures"].values()] == pytest.approx(found["rates"])
    assert found["peak_gb"] > 0.05
    assert found["peer"] in beside.full.table([found])


# --- compare_populations.py ---
@pytest.mark.parametrize("network", ["coba", "cuba", "jumps", "microcircuit"])
def test_measures_of_each_population_stand_beside_nests(
    network: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, beside: SimpleNamespace, capsys: Any
) -> None:
    sizes, first_ms = SMALL, 500
    if network != "microcircuit":
        sizes, first_ms = {"excitatory": 3200, "inhibitory": 800}, 200
    begin, end = 10 * first_ms, 10 * (first_ms + 100)

    def own(name: str, seed: int, asked: Any) -> dict[str, SpikeTrains]:
        return all_fire(sizes, seed, begin, end)

    def written(command: list[str]) -> tuple[Any, Any]:
        file = tmp_path / "trains.npz"
        with monkeypatch.context() as patch:
            patch.setenv("TRAINS", str(file))
            beside.call(command)
        with np.load(file) as made:
            return made["t"], made["unit"]

    monkeypatch.setattr(beside.populations, "own_trains", own)
    monkeypatch.setattr(beside.populations, "written_by", written)
    given = [network, "--ms", 100, "--seeds", 2, "--scale", 0.02, "--nest", "python", "--json", tmp_path / "all.json"]
    started(monkeypatch, beside.populations, *given)
    rows = [line.split("|")[1:-1] for line in capsys.readouterr().out.splitlines() if line.startswith("| ")][1:]
    assert [row[0].strip() for row in rows] == [f"{name}: {what}" for name in sizes for what in beside.nest.MEASURES]
    for rate, cv in zip(rows[::4], rows[1::4], strict=True):
        assert rate[1].split()[0] == f"{1000 / PERIOD_MS:.4g}"
        assert rate[2].split() == ["25", "(7.1)"]
        assert rate[3].split()[0] == "-25"
        assert cv[1].split()[0] == "0"
    kept = json.loads((tmp_path / "all.json").read_text())[network]
    assert [len(of) for of in kept["NEST"]] == [4 * len(sizes)] * 2


def test_trains_are_split_by_population_over_the_same_steps(beside: SimpleNamespace) -> None:
    own = {"a": SpikeTrains(*(np.zeros(0, dtype=np.int64),) * 2, 2, 10, 20), "b": SpikeTrains(
        *(np.zeros(0, dtype=np.int64),) * 2, 3, 10, 19
    )}  # fmt: skip
    t, unit = np.array([19, 12, 9, 18, 20, 11]), np.array([4, 1, 0, 2, 1, 1])
    found = beside.populations.split(t, unit, own)
    assert (found["a"].t.tolist(), found["a"].unit.tolist()) == ([11, 12], [1, 1])
    assert (found["b"].t.tolist(), found["b"].unit.tolist()) == ([18], [0])
    assert found["b"].end == 19
    assert found["a"].tick_s == 1e-4


def test_the_interval_of_a_difference_is_welchs(beside: SimpleNamespace) -> None:
    """Of 1, 2, 3 and 2, 4, 6 by hand: 2.94 degrees of freedom, whose whole part is taken, t = 4.3027."""
    apart, half = beside.nest.difference([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    assert apart == -2
    assert half == pytest.approx(4.3027 * math.sqrt(5 / 3), rel=1e-4)
    assert beside.nest.difference([1.0, 1.0], [3.0, 3.0]) == (-2, 0)
    assert [math.isnan(x) for x in beside.nest.difference([1.0], [3.0])] == [False, True]
    assert all(map(math.isnan, beside.nest.difference([1.0, math.nan], [3.0, 4.0])))


def test_a_population_that_is_nearly_silent_has_no_cv_and_no_warning(beside: SimpleNamespace) -> None:
    found = beside.nest.measures(SpikeTrains(np.array([5]), np.array([1]), 3, 0, 1000, 1e-4))
    assert found[0] == pytest.approx(1 / 3 / 0.1)
    assert [math.isnan(x) for x in found[1:3]] == [True, True]
    lines = beside.nest.table({"NEST": [found] * 2, "eventnet": [found] * 2}).splitlines()[3:]
    assert lines[0] == "| rate, Hz | 3.333 (0) | 3.333 (0) | +0 ± 0 |"
    assert lines[1] == "| CV of intervals | unknown | unknown | unknown |"
