"""Currents into layers that go from tick to tick: beside LeakyDelta, integrations and NEST; order, counts, bad input."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from test_ticked import ADAPTIVE, CONDUCTANCE, CURRENT, OPTIONS
from ticked_cases import KINDS

import eventnet as en
from eventnet.errors import NetworkError

LINEAR = (en.LeakyExponential, en.LeakyAlpha)
TIMES, LEVELS = [3, 10, 40, 60, 90], [0.0, 1.5, 0.0, -0.5, 3.0]


def driven(kind: Any, law: Any, units: int = 3, dtype: str = "float64", step: int = 1, **options: Any) -> Any:
    """A layer, and a current that `law` makes of it."""
    net = en.Network(dtype=dtype)
    layer = net.add(kind(units, **(OPTIONS[kind] | {"refractory": 2, "step": step} | options), name="layer"))
    return net, layer, net.add(law(layer))


def started(net: Any, at: int = 0, layer_at: int = 0, **options: Any) -> en.Simulation:
    sim = en.Simulation(net, **({"engine": "reference", "record": True} | options))
    sim.inject(sorted([(layer_at, int(net["layer"].ticks), 0, 1), (at, int(net["current"].ticks), 0, 1)]))
    return sim


def steps(layer: Any, **options: Any) -> Any:
    return en.CurrentSteps(layer, name="current", **({"times": TIMES, "levels": LEVELS} | options))


def noise(layer: Any, **options: Any) -> Any:
    return en.NoiseCurrent(layer, name="current", **({"std": 2.0, "seed": 7, "hold": 3} | options))


# --- beside LeakyDelta, an integration, NEST ---
@pytest.mark.parametrize("law", [steps, noise])
@pytest.mark.parametrize("until", [None, 77])
def test_potentials_are_those_of_a_leaky_delta_under_the_same_current(law: Any, until: int | None) -> None:
    net, layer, current = driven(en.LeakyExponential, lambda layer: law(layer, until=until), threshold=1e9)
    assert type(current) in (en.BiasSteps, en.BiasNoise)
    other = en.Network(dtype="float64")
    cells = other.add(en.LeakyDelta(3, tau=CURRENT["tau_m"], threshold=1e9, name="cells"))
    delta = other.add(law(cells, until=until))
    sim, beside = started(net, -6, -6), en.Simulation(other, engine="reference")
    beside.inject([(-5, delta.ticks, 0, 1)])
    for t in (1, 5, 30, 78, 120):
        v = layer.potentials(sim.run(until=t + 1).state(layer))
        assert v == pytest.approx(cells.potentials(beside.run(until=t + 1).state(cells), t), abs=1e-12)
    assert np.abs(v).max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_potentials_are_those_of_an_integration(kind: Any) -> None:
    """At 1e-10, piece by piece; a tick is a fifth of the membrane's time constant at least shorter than it."""
    net, layer, _ = driven(kind, lambda layer: steps(layer, levels=[0.0, 0.5, 0.1, -0.3, 0.6]), units=1, threshold=50.0,
                           **({"peak": 60.0, "slope": 2.0} if kind is en.AdaptiveExponential else {}))  # fmt: skip
    sim = started(net)
    p = OPTIONS[kind]
    adaptive = kind is en.AdaptiveExponential

    def slope(t: float, y: Any) -> list[float]:
        k = max((k for k in range(5) if TIMES[k] <= t), default=None)
        level = 0.0 if k is None else [0.0, 0.5, 0.1, -0.3, 0.6][k]
        runs = 2.0 * np.exp((y[0] - 50.0) / 2.0) - y[1] if adaptive else 0.0
        return [(-y[0] + level + runs) / p["tau_m"], (p["a"] * y[0] - y[1]) / p["tau_w"] if adaptive else 0.0]

    y: Any = [0.0, 0.0]
    for begin, end in zip([0, *TIMES], [*TIMES, 130], strict=True):
        y = solve_ivp(lambda t, y, at=begin: slope(at, y), (begin, end), y, "DOP853", rtol=1e-10, atol=1e-12).y[:, -1]
        v = layer.potentials(sim.run(until=end + 1).state(layer))
        assert v[0] == pytest.approx(y[0], abs=1e-7 if kind in KINDS[2:] else 1e-10)
    assert v[0] > 0.3


NEST = json.loads((Path(__file__).parent / "fixtures" / "nest_stepped_currents.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("case", NEST["cases"], ids=lambda case: case["model"])
def test_spikes_under_a_stepped_current_are_those_of_nest(case: dict[str, Any]) -> None:
    """A connection of 0.1 ms: what the generator sets at a step, neurons take up from the next on."""
    from test_nest_spikes import LAYERS

    kind, options = LAYERS[case["model"]]
    net = en.Network(dtype="float64")
    cells = net.add(kind(len(case["levels"][0]), **options, name="cells"))
    net.connect(cells, net.add(en.Sink(cells.units)))
    current = net.add(en.CurrentSteps(cells, times=[t + 1 for t in case["times"]], levels=case["levels"]))
    sim = en.Simulation(net, engine="reference", recorders=[en.record(cells, "spikes")])
    sim.inject([(0, cells.ticks, 0, 1), (0, current.ticks, 0, 1)])
    found = sim.run(until=case["until"] + 1).recorded()
    assert len(case["spikes"]) > 25
    assert sorted(zip(found.times.tolist(), found.units.tolist(), strict=True)) == [tuple(s) for s in case["spikes"]]


# --- order, engines, counts ---
@pytest.mark.parametrize("kind", KINDS)
def test_it_acts_the_same_before_and_after_the_layers_step(kind: Any) -> None:
    """A level that was told two ticks ago comes before what the layer told a tick ago; one told every tick, behind."""
    found = []
    for times, levels in (([2, 8, 10], [0.3, 0.5, 0.1]), (range(11), [0.0] * 2 + [0.3] * 6 + [0.5] * 2 + [0.1])):
        net, layer, current = driven(kind, lambda layer, t=times, x=levels: steps(layer, times=t, levels=x))
        sim = started(net, order="fifo").run(until=11)
        ports = [int(e["port"]) for e in sim.log if e["t"] == 10]
        found.append((ports.index(int(layer.ticks)) < ports.index(int(current.ticks)), sim[layer].phi.tolist()))
        sim.run(until=14)
        found[-1] += (sim[layer].phi.tolist(), sim[layer].bias.tolist())
    assert {found[0][0], found[1][0]} == {False, True}
    assert found[0][1:] == found[1][1:]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("law", [steps, noise])
def test_engines_agree_and_so_does_a_run_in_pieces(kind: Any, law: Any, tmp_path: Any) -> None:
    net, layer, _ = driven(kind, lambda layer: law(layer, until=120), step=2)
    net.connect(layer, layer, en.FixedInDegree(2), weight=0.4, delay=3, seed=1)
    net.save(tmp_path / "net.npz")
    found = []
    for engine in ("reference", "compiled"):
        whole = started(net, 1, -4, engine=engine).run(until=150)
        part = started(en.Network.load(tmp_path / "net.npz"), 1, -4, engine=engine)
        for until in (0, 11, 12, 70):
            part.run(until)
        part.save(tmp_path / "half.npz")
        later = en.Simulation(net, record=True, engine=engine).resume(tmp_path / "half.npz").run(150)
        found += [
            (s.log.tobytes(), *(s.state(s.net["layer"])[name].tobytes() for name in ("phi", "bias")), repr(s.tally.by_port()))
            for s in (whole, part.run(150), later)
        ]  # fmt: skip
    assert len(set(found)) == 1
    assert whole.tally.by_port()["current.ticks"]["deliveries"] > 3


def test_only_changes_are_delivered_and_counted() -> None:
    net, _, current = driven(en.LeakyExponential, steps)
    sim = started(net).run(until=200)
    log = sim.log[sim.log["port"] == int(current.ticks)]
    assert log["t"].tolist() == [0, *TIMES]
    row = sim.tally.by_module()["current"]
    assert (row["neuron_adds"], row["reads"], row["multiplies"], row["compares"]) == (2 * 3 * 6, 5, 0, 0)
    net, _, current = driven(en.LeakyExponential, lambda layer: noise(layer, until=20))
    row = (sim := started(net).run(until=200)).tally.by_module()["current"]
    log = sim.log[sim.log["port"] == int(current.ticks)]
    assert log["t"].tolist() == [0, 3, 6, 9, 12, 15, 18, 19]
    assert (row["neuron_adds"], row["multiplies"], row["reads"]) == (3 * 3 * 7 + 2 * 3, 3 * 7, 7)
    assert sim[net["layer"]].bias.tolist() == pytest.approx([0.0] * 3, abs=1e-15)


def test_currents_add_up_with_a_bias_and_with_each_other() -> None:
    net, layer, _ = driven(en.LeakyAlpha, lambda layer: steps(layer, times=[2], levels=[[0.25, 0.5, 0.75]]), bias=0.125)
    other = net.add(en.CurrentSteps(layer, times=[5, 8], levels=[1.0, 0.0], name="other"))
    sim = started(net)
    sim.inject([(0, other.ticks, 0, 1)])
    wanted = {2: 0.125, 3: 0.375, 6: 1.375, 9: 0.375}
    for t, level in wanted.items():
        assert sim.run(until=t)[layer].bias[0] == level
    assert sim[layer].bias.tolist() == [0.375, 0.625, 0.875]


def test_a_checked_run_refuses_nothing() -> None:
    net, layer, _ = driven(en.AdaptiveExponential, noise, **(ADAPTIVE | CONDUCTANCE))
    assert started(net, check=True).run(until=60)[layer].phi.any()


BAD: list[tuple[Any, str]] = [
    (lambda c: en.CurrentSteps(c, times=[3, 3], levels=[1, 2]), "ticks that rise"),
    (lambda c: en.CurrentSteps(c, times=[1, 2], levels=[1.0]), r"levels have shape \[1\]; wanted \[2\], or \[2, 3\]"),
    (lambda c: en.CurrentSteps(c, times=[1], levels=[1.0], every=5), "every"),
    (lambda c: en.NoiseCurrent(c, std=-1.0, seed=1), "std is -1.0"),
    (lambda c: en.NoiseCurrent(c, std=1.0, seed=1, hold=0), "hold is 0"),
    (lambda c: en.NoiseCurrent(c, std=[1.0, 2.0], seed=1), "std"),
]


@pytest.mark.parametrize("made, why", BAD, ids=[why for _, why in BAD])
def test_what_cannot_be_is_refused(made: Any, why: str) -> None:
    with pytest.raises(NetworkError, match=why):
        made(en.Network(dtype="float64").add(en.LeakyExponential(3, **CURRENT)))
