"""Spike trains: what a log says of a population, and statistics against plain loops and known processes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.analysis import SpikeTrains
from eventnet.errors import EngineError, InputError


def relayed(delays: tuple[int, ...] = (3,), **options: Any) -> tuple[en.Network, en.Simulation, Any]:
    """A relay of four units whose spikes are its inputs, with a sink behind each delay; run up to tick 50."""
    net = en.Network()
    relay = net.add(en.Relay(4, name="relay"))
    for k, delay in enumerate(delays):
        net.connect(relay.out, net.add(en.Sink(4, name=f"sink{k}")).spikes, delay)
    rng = np.random.default_rng(5)
    sent = sorted(zip(rng.integers(0, 50, 60).tolist(), rng.integers(0, 4, 60).tolist(), strict=True))
    inputs = [(t, relay.spikes, i, 1) for t, i in sent]
    sim = en.Simulation(net, **{"record": True, "order": "fifo"} | options)
    sim.inject(inputs)
    sim.run(until=50)
    return net, sim, inputs


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize("delays", [(3,), (0,), (9, 3, 5)])
def test_spikes_are_what_was_sent_less_the_delay(delays: tuple[int, ...], engine: str) -> None:
    net, sim, inputs = relayed(delays, engine=engine)
    for source in ("relay", net["relay"], net["relay"].out):
        found = SpikeTrains.of(sim, source)
        assert (found.units, found.begin, found.end) == (4, 0, 50 - min(delays))
        wanted = [(t, i) for t, _, i, _ in inputs if t < found.end]
        assert sorted(zip(found.t.tolist(), found.unit.tolist())) == sorted(wanted)
    part = SpikeTrains.of(sim, "relay", begin=10, end=20)
    assert sorted(zip(part.t.tolist(), part.unit.tolist())) == sorted((t, i) for t, _, i, _ in inputs if 10 <= t < 20)


def test_what_the_log_does_not_say_is_refused() -> None:
    net, sim, _ = relayed()
    with pytest.raises(
        InputError, match="up to tick 46, the others are on their way to sink0.spikes; wanted an end of"
    ):
        SpikeTrains.of(sim, "relay", end=48)
    with pytest.raises(InputError, match="spikes leave a module or one of its outlets, not sink0.spikes"):
        SpikeTrains.of(sim, net["sink0"].spikes)
    other, _, _ = relayed()
    with pytest.raises(InputError, match="module 'relay' is not the one of this run"):
        SpikeTrains.of(sim, other["relay"])
    with pytest.raises(EngineError, match="record=True"):
        SpikeTrains.of(relayed(record=False)[1], "relay")
    lone = en.Network()
    lone.add(en.Relay(2, name="relay"))
    with pytest.raises(InputError, match="relay.out leads nowhere, .* net.connect to a Sink"):
        SpikeTrains.of(en.Simulation(lone, record=True), "relay")
    sink = lone.add(en.Sink(2, name="sink"))
    for delay in (1, 2):
        lone.connect(lone["relay"].out, sink.spikes, delay)
    with pytest.raises(InputError, match="has several wires to each of its ports"):
        SpikeTrains.of(en.Simulation(lone, record=True), "relay")


@pytest.mark.slow
def test_spikes_that_set_out_later_count_from_then() -> None:
    net = en.Network()
    late = net.add(en.Delays(3, ticks=[0, 4, 7], name="late"))
    net.connect(late.out, net.add(en.Sink(3, name="sink")).spikes, 2)
    sim = en.Simulation(net, record=True)
    sim.inject([(5, late.spikes, unit, 1) for unit in range(3)])
    sim.run(until=30)
    found = SpikeTrains.of(sim, "late")
    assert (found.t.tolist(), found.unit.tolist()) == ([5, 9, 12], [0, 1, 2])


def drawn(units: int = 20, ticks: int = 5000, each: int = 100) -> SpikeTrains:
    rng = np.random.default_rng(2)
    t = np.sort(rng.integers(100, 100 + ticks, units * each))
    return SpikeTrains(t, rng.integers(0, units, len(t)), units, 100, 100 + ticks, 1e-3)


def by_unit(trains: SpikeTrains) -> list[list[int]]:
    return [[int(t) for t, u in zip(trains.t, trains.unit) if u == unit] for unit in range(trains.units)]


def test_rates_counts_and_intervals_are_those_of_plain_loops() -> None:
    trains = drawn()
    units = by_unit(trains)
    assert trains.seconds == pytest.approx(5.0)
    assert trains.rates().tolist() == pytest.approx([len(one) / 5.0 for one in units])
    assert trains.rate() == pytest.approx(sum(map(len, units)) / 5.0 / 20)
    bins = [sum(100 + 70 * k <= t < 170 + 70 * k for one in units for t in one) for k in range(5000 // 70)]
    assert trains.counts(70).tolist() == bins
    assert trains.population_rate(70).tolist() == pytest.approx([n / (0.07 * 20) for n in bins])
    mean = sum(bins) / len(bins)
    assert trains.fano(70) == pytest.approx(sum((n - mean) ** 2 for n in bins) / len(bins) / mean)
    for found, times in zip(trains.cv(), units):
        gaps = [b - a for a, b in zip(times, times[1:])]
        mean = sum(gaps) / len(gaps)
        assert found == pytest.approx(math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) / mean)


def test_correlations_are_those_of_numpy_and_of_all_pairs_once_where_there_are_few() -> None:
    trains, size = drawn(units=6), 50
    counts = np.zeros((6, 100))
    for t, unit in zip(trains.t.tolist(), trains.unit.tolist()):
        counts[unit, (t - 100) // size] += 1
    wanted = np.corrcoef(counts)[np.triu_indices(6, 1)]
    assert trains.correlations(size) == pytest.approx(wanted)
    some = drawn(units=60).correlations(size, pairs=40, seed=3)
    assert len(some) == 40
    assert np.array_equal(some, drawn(units=60).correlations(size, pairs=40, seed=3))
    assert abs(some.mean()) < 0.1  # independent units


def test_regular_silent_and_equal_units() -> None:
    """A clock has CV 0; two units that fire together correlate as 1; one that is silent has neither."""
    t = np.repeat(np.arange(0, 100, 10), 2)
    trains = SpikeTrains(t, np.tile([0, 1], 10), 3, 0, 105)
    assert trains.cv()[:2].tolist() == [0, 0]
    assert np.isnan(trains.cv()[2])
    pairs = trains.correlations(5)
    assert pairs[0] == pytest.approx(1)
    assert np.isnan(pairs[1:]).all()
    silent = SpikeTrains(np.zeros(0, np.int64), np.zeros(0, np.int64), 3, 0, 105)
    assert (silent.rate(), silent.counts(50).tolist()) == (0, [0, 0])
    assert math.isnan(silent.fano(50))


def test_populations_are_joined_in_order_of_time() -> None:
    a, b = drawn(units=3), drawn(units=2)
    whole = SpikeTrains.joined([a, b])
    assert whole.units == 5
    assert by_unit(whole) == [*by_unit(a), *by_unit(b)]
    with pytest.raises(InputError, match="over the same ticks"):
        SpikeTrains.joined([a, drawn(ticks=400, each=10)])


@pytest.mark.parametrize(
    ("t", "unit", "span", "why"),
    [
        ([3, 2], [0, 0], (0, 9), "fall, or leave"),
        ([3, 9], [0, 0], (0, 9), "fall, or leave the ticks 0 to 8"),
        ([3], [4], (0, 9), "units go from 4 to 4; wanted 0 to 3"),
        ([3, 4], [1], (0, 9), "wanted .n. of both"),
        ([], [], (9, 9), "wanted an end after the beginning"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(t: Any, unit: Any, span: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        SpikeTrains(np.array(t, np.int64), np.array(unit, np.int64), 4, *span)


def test_bins_and_pairs_that_make_no_sense_are_refused() -> None:
    trains = drawn()
    for size in (0, 1.5, True):
        with pytest.raises(InputError, match="bin_ticks is"):
            trains.counts(size)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="a bin of 6000 ticks is longer than the spike trains, 5000 ticks"):
        trains.fano(6000)
    with pytest.raises(InputError, match="correlations want two units"):
        drawn(units=1).correlations(10)
