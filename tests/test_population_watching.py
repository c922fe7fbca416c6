"""A watched network of populations is that of the table; its rates and its raster are those of its spikes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from test_view_recorder import Kept

import eventnet as en
from eventnet.analysis import SpikeTrains
from eventnet.scenarios.microcircuit import MicrocircuitParameters, microcircuit_network
from eventnet.scenarios.microcircuit.scenario_microcircuit import watch as watch_microcircuit
from eventnet.scenarios.vogels_abbott import VogelsAbbottParameters, vogels_abbott_network
from eventnet.scenarios.vogels_abbott.parameters import VogelsAbbottNetworkTable, VogelsAbbottRunTable
from eventnet.scenarios.vogels_abbott.scenario_vogels_abbott import watch as watch_benchmark
from eventnet.view import RunRecorder


def benchmark() -> tuple[Any, Any, Any]:
    run = VogelsAbbottRunTable(duration_ms=60, measured_from_ms=20)
    p = VogelsAbbottParameters(run=run, network=VogelsAbbottNetworkTable(neurons=500, connected=0.08))
    return p, vogels_abbott_network(p, p.benchmarks[0], p.run.seed), watch_benchmark


def microcircuit() -> tuple[Any, Any, Any]:
    p = MicrocircuitParameters()
    p = replace(p, run=replace(p.run, duration_ms=40.0, measured_from_ms=20.0, scale=0.02))
    return p, microcircuit_network(p, p.run.seed), watch_microcircuit


@pytest.mark.slow
@pytest.mark.parametrize("make", [benchmark, microcircuit])
@pytest.mark.parametrize("every", [20_000, 7000])
def test_a_watched_network_is_that_of_the_table(make: Any, every: int) -> None:
    p, built, watch = make()
    kept = Kept()
    with RunRecorder(kept, every_us=every) as recorder:
        watch(p, None, recorder)
    alone = built.begin(en.Simulation(built.net, record=True))
    end = p.ticks(p.run.duration_ms)
    alone.run(until=end)
    adds = sum(sum(look.adds.values()) * 1e-6 * (look.t_us - look.begin_us) for look in kept.looks)
    assert adds == pytest.approx(alone.tally.adds, rel=1e-9)  # rates are floats
    assert kept.looks[-1].queued == alone.queued

    delay, seen = max(w.delay for w in built.net.wires), 0
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


def _span(look: Any, delay: int) -> float:
    """Seconds of spikes that a look has, which came a delay before."""
    return 1e-6 * (max(0, look.t_us - 100 * delay) - max(0, look.begin_us - 100 * delay))
