"""A network of populations that is looked at while its table is made: the same numbers; its rates and its raster are
those of its spikes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from few import part
from pace import least
from test_cli_brunel import small as small_brunel
from test_view_recorder import Kept

import eventnet as en
from eventnet.analysis import SpikeTrains
from eventnet.scenarios.brunel import BrunelParameters, brunel_network, simulate_regimes
from eventnet.scenarios.brunel.scenario_brunel import live
from eventnet.scenarios.microcircuit import MicrocircuitParameters, microcircuit_network, simulate_microcircuit
from eventnet.scenarios.vogels_abbott import VogelsAbbottParameters, simulate_benchmarks, vogels_abbott_network
from eventnet.scenarios.vogels_abbott.parameters import VogelsAbbottNetworkTable, VogelsAbbottRunTable
from eventnet.view import FoxgloveFile, RunLook, RunRecorder


class Case(NamedTuple):
    """Parameters, the network that is looked at, and rows of the table and trains of it, with a recorder or without."""

    parameters: Any
    built: Any
    run: Callable[[RunRecorder | None], tuple[list[dict[str, float]], dict[str, SpikeTrains]]]


def brunel() -> Case:
    p = replace(small_brunel(), run=replace(small_brunel().run, all_regimes=True))

    def run(recorder: RunRecorder | None) -> Any:
        found = simulate_regimes(p, recorder=recorder).regimes
        return [one.row for one in found], found[0].trains

    (g, eta), *_ = p.regimes.values()
    return Case(p, brunel_network(p, g, eta, p.run.seed), run)


def benchmark() -> Case:
    table = VogelsAbbottRunTable(duration_ms=60, measured_from_ms=20)
    p = VogelsAbbottParameters(run=table, network=VogelsAbbottNetworkTable(neurons=500, connected=0.08))

    def run(recorder: RunRecorder | None) -> Any:
        found = simulate_benchmarks(p, recorder=recorder).benchmarks
        return [one.row for one in found], found[0].trains

    return Case(p, vogels_abbott_network(p, p.benchmarks[0], p.run.seed), run)


def microcircuit() -> Case:
    p = MicrocircuitParameters()
    p = replace(p, run=replace(p.run, duration_ms=40.0, measured_from_ms=20.0, scale=0.02))

    def run(recorder: RunRecorder | None) -> Any:
        found = simulate_microcircuit(p, recorder)
        return [found.costs, *found.rows.values()], found.trains

    return Case(p, microcircuit_network(p, p.run.seed), run)


CASES = [pytest.param(brunel), *(pytest.param(make, marks=pytest.mark.slow) for make in (benchmark, microcircuit))]


@pytest.mark.parametrize("make", CASES)
def test_what_is_looked_at_has_the_numbers_of_what_is_not(make: Any) -> None:
    case, kept = make(), Kept()
    with RunRecorder(kept, every_us=7000) as recorder:
        looked_at, trains = case.run(recorder)
    alone, others = case.run(None)
    for row, other in zip(looked_at, alone, strict=True):
        assert _not_timed(row) == _not_timed(other)
    for name, one in trains.items():
        assert one.t.tobytes() == others[name].t.tobytes()
        assert one.unit.tobytes() == others[name].unit.tobytes()
    assert kept.looks


@pytest.mark.parametrize("make", CASES)
@pytest.mark.parametrize("every", [20_000, 7000])
def test_looks_are_at_the_spikes_of_the_run(make: Any, every: int) -> None:
    case, kept = make(), Kept()
    with RunRecorder(kept, every_us=every) as recorder:
        case.run(recorder)
    p, built = case.parameters, case.built
    alone = built.begin(en.Simulation(built.net, record=True))
    end = p.ticks(p.run.duration_ms)
    alone.run(until=end)
    assert [look.t_us for look in kept.looks] == [*range(every, 100 * end, every), 100 * end]
    adds = sum(sum(look.adds.values()) * 1e-6 * (look.t_us - look.begin_us) for look in kept.looks)
    assert adds == pytest.approx(alone.tally.adds, rel=1e-9)  # rates are floats
    assert kept.looks[-1].queued == alone.queued

    own = {layer.name for layer in built.layers.values()}
    delay, seen = max(w.delay for w in built.net.wires if w.source.module.name in own), 0
    shown = sum(int((look.pictures["raster"] == 0).sum()) for look in kept.looks)
    for name, layer in built.layers.items():
        trains = SpikeTrains.of(alone, layer)
        arrived = trains.t < end - delay
        counts = [look.answers[f"{name} rate, Hz"] * layer.units for look in kept.looks]
        spans = [_span(look, delay) for look in kept.looks]
        assert round(sum(n * span for n, span in zip(counts, spans, strict=True))) == int(arrived.sum())
        units = sum(each.units for each in built.layers.values())
        seen += int((trains.unit[arrived] < max(1, round(min(1.0, 200 / units) * layer.units))).sum())
    assert shown == seen > 0
    assert {look.pictures["raster"].shape[1] for look in kept.looks} == {every // 100}


@pytest.mark.slow
def test_a_live_network_is_that_of_the_table_in_any_order_that_it_is_to_go() -> None:
    found = {}
    for order in ("breadth", "depth"):
        kept = Kept()
        with RunRecorder(kept, every_us=5000) as recorder:
            live(small_brunel(), recorder, order)
        found[order] = kept.looks
    kept = Kept()
    with RunRecorder(kept, every_us=5000) as recorder:
        simulate_regimes(small_brunel(), recorder=recorder)
    for look, other in zip(found["breadth"], kept.looks, strict=True):
        assert (look.adds, look.answers, look.queued) == (other.adds, other.answers, other.queued)
        assert look.by_input == {}
    assert len(found["depth"]) == len(found["breadth"])


@pytest.mark.slow
@pytest.mark.parametrize("simulate, p", part([
    (simulate_regimes, BrunelParameters()), (simulate_benchmarks, VogelsAbbottParameters()),
    (simulate_microcircuit, MicrocircuitParameters()),
], 3))  # fmt: skip
def test_looking_takes_less_than_a_second_of_processor_time(simulate: Any, p: Any, tmp_path: Path) -> None:
    """More than the run alone, which is as the command has it; the recorder and the file together."""
    pytest.importorskip("foxglove", reason="the extra view is not installed")

    def look_at() -> None:
        with RunRecorder(FoxgloveFile(tmp_path / "run.mcap")) as recorder:
            simulate(p, recorder=recorder)

    look_at()  # compiled
    alone, watched = least(lambda: simulate(p)), least(look_at)
    print(f"alone {alone:.2f} s, looked at {watched:.2f} s")
    assert watched - alone < 1.0


def _not_timed(row: dict[str, float]) -> dict[str, str]:
    return {
        name: repr(value)
        for name, value in row.items()
        if "processor s" not in name and not name.endswith((" a s", " a step"))
    }


def _span(look: RunLook, delay: int) -> float:
    """Seconds of spikes that a look has, which came a delay before."""
    return 1e-6 * (max(0, look.t_us - 100 * delay) - max(0, look.begin_us - 100 * delay))
