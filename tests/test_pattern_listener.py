"""The neuron that listens: against plain loops, on both engines, watched or not, and that it finds its pattern."""

from __future__ import annotations

import math

import numpy as np
import pytest

import eventnet as en
from eventnet.scenarios.pattern import HiddenPattern, PatternParameters, judge, listen
from eventnet.scenarios.pattern.listener import LOOK_US, make_neuron
from eventnet.scenarios.shared.parameter_file import loads

SMALL = """
[run]
duration_s = {}
[input]
afferents = 100
pattern_afferents = 50
[neuron]
threshold = 25
reset = -50
"""


def small(seconds: float) -> PatternParameters:
    return loads(SMALL.format(seconds), PatternParameters())


def by_loops(p: PatternParameters, events: list[tuple[int, int]]) -> tuple[list[int], list[float]]:
    """Neuron and pairing in milliseconds, spike by spike: spikes' ticks, and weights at the end.

    Plasticity hears of the neuron's spike after all inputs of that tick, as first-in-first-out has it.
    """
    n, learn = p.neuron, p.plasticity
    peak = max(math.exp(-d / 1000 / n.tau_m_ms) - math.exp(-d / 1000 / n.tau_s_ms) for d in range(40_000))
    w = [learn.start] * p.input.afferents
    heard: list[tuple[int, float]] = []  # since the last spike, with the weight of their time
    last: dict[int, int] = {}
    spikes: list[int] = []
    before, told = -1, True  # the neuron's spike before its last, and whether plasticity has heard of the last

    def tell() -> None:
        for k, tick in last.items():
            if tick > before:
                w[k] = min(1.0, w[k] + learn.a_plus * math.exp(-(spikes[-1] - tick) / 1000 / learn.tau_plus_ms))

    for t, i in events:
        if not told and t > spikes[-1]:
            tell()
            told = True
        heard.append((t, w[i]))
        if spikes and t > spikes[-1] and last.get(i, -1) <= spikes[-1]:
            w[i] = max(0.0, w[i] - learn.a_minus * math.exp(-(t - spikes[-1]) / 1000 / learn.tau_minus_ms))
        last[i] = t
        v = n.reset * math.exp(-(t - spikes[-1]) / 1000 / n.tau_m_ms) if spikes else 0.0
        for then, weight in heard:
            d = (t - then) / 1000
            v += weight * (math.exp(-d / n.tau_m_ms) - math.exp(-d / n.tau_s_ms)) / peak
        if v > n.threshold:
            before, told = spikes[-1] if spikes else -1, False
            spikes.append(t)
            heard = []
    if not told:
        tell()
    return spikes, w


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_spikes_and_weights_are_those_of_plain_loops(engine: str) -> None:
    p = small(1.0)
    net, neuron, _, heard = make_neuron(p, "float64")
    sim = en.Simulation(net, "fifo", engine=engine, record=True)
    events = []
    for _, piece in HiddenPattern(p.input, 1.0, seed=4).pieces(int(neuron.spikes)):
        sim.inject(piece)
        events += list(zip(piece["t"].tolist(), piece["index"].tolist()))
    sim.run()
    spikes, w = by_loops(p, events)
    assert len(spikes) > 30
    assert sim.log["t"][sim.log["port"] == int(heard.spikes)].tolist() == spikes
    assert sim.weights("w")[:, 0] == pytest.approx(w, abs=1e-9)
    assert np.abs(sim.weights("w") - p.plasticity.start).max() > 0.05


@pytest.mark.slow
def test_both_engines_and_a_watched_neuron_give_the_same() -> None:
    p = small(1.5)
    one, two, three = listen(p, engine="compiled"), listen(p, engine="reference"), listen(p, watched=True)
    for other in (two, three):
        assert one.spikes.tolist() == other.spikes.tolist() != []
        assert one.weights.tobytes() == other.weights.tobytes()
        assert one.tally.to_dict() == other.tally.to_dict()
        assert one.inputs == other.inputs
    assert listen(p, 1).spikes.tolist() != one.spikes.tolist()


@pytest.mark.slow
def test_what_is_seen_of_a_watched_neuron() -> None:
    found = listen(small(2.5), watched=True)
    assert len(found.glimpses) == 2
    for glimpse, begin, end in zip(found.glimpses, (0, 2_000_000), (1_000_000, 2_500_000)):
        assert glimpse.times.tolist() == list(range(begin, end, LOOK_US))
        assert glimpse.potentials.max() < 27
        assert glimpse.potentials.min() < -40
        assert begin <= glimpse.inputs["t"][0] < glimpse.inputs["t"][-1] < end
    assert found.history is not None
    assert found.history[0].tolist() == [1_000_000, 2_000_000, 2_500_000]
    assert found.history[1][-1] == pytest.approx(found.weights)
    assert listen(small(1.0)).history is None


@pytest.mark.slow
def test_a_neuron_finds_its_pattern() -> None:
    p = loads("[run]\nduration_s = 90", PatternParameters())
    found = listen(p)
    row = judge(found, p.judging)
    assert row["hit rate"] > 0.95
    assert row["false alarms"] == 0
    assert row["latency ms"] < 15
    assert row["strong in the pattern"] > 0.9 * row["strong weights"] > 150
