"""Currents into leaky units: against loops in plain Python, the law of the noise, the same bytes, counts, bad input."""

import math

import numpy as np
import pytest
from few import few

import eventnet as en
from eventnet.errors import NetworkError

LEVELS = [0.0, 1.5, 0.0, -0.5, 3.0]
TIMES = [3, 10, 40, 60, 90]


def layer_of(net, units=3, **options):
    given = {"tau": 20.0, "threshold": 1.0, "reset": 0.25, "refractory": 4} | options
    return net.add(en.LeakyDelta(units, name="cells", **given))


def stepped(levels=LEVELS, dtype="float64", tau=20.0, decay="tick", units=3, **options):
    net = en.Network(dtype=dtype)
    cells = layer_of(net, units, tau=tau, decay=decay)
    net.connect(cells, net.add(en.Sink(units, name="sink")))
    net.add(en.CurrentSteps(cells, times=TIMES, levels=levels, name="current", **options))
    return net


def begun(net, at=0, **options):
    sim = en.Simulation(net, record=True, **options)
    sim.inject([(at, net["current"].ticks, 0, 1)])
    return sim


def spikes(sim):
    log = sim.log[sim.log["port"] == int(sim.net["sink"].spikes)]
    return list(zip(log["t"].tolist(), log["index"].tolist(), strict=True))


def by_hand(levels, tau, until, every=1, threshold=1.0, reset=0.25, refractory=4):
    """Spikes of one unit, tick by tick: a level acts over a tick when it does at its beginning."""
    v, held, found = 0.0, -1, []
    for t in range(1, until):
        if t < held:
            continue
        v = reset if t == held else v * math.exp(-1 / tau)
        if t % every:
            continue
        k = max((k for k in range(len(TIMES)) if TIMES[k] <= t - every), default=None)
        level = 0.0 if k is None else levels[k]
        v += level * (1 - math.exp(-every / tau))
        if v > threshold:
            found.append(t)
            held = t + refractory
    return found


@pytest.mark.parametrize("decay", ["tick", "event"])
@pytest.mark.parametrize("every", [1, 5])
def test_steps_are_those_of_a_loop(decay, every):
    sim = begun(stepped(decay=decay, every=every), engine="reference").run(until=200)
    wanted = by_hand(LEVELS, 20.0, 200, every)
    assert [t for t, j in spikes(sim) if j == 1] == wanted
    assert len(wanted) > 5
    each = np.array([[0.0, level, 0.0, 0.0, 2.0] for level in (1.2, 1.6, 2.5)]).T
    taus = [10.0, 20.0, 30.0]
    sim = begun(stepped(levels=each, tau=taus, decay=decay, every=every), engine="reference").run(until=200)
    for j in range(3):
        assert [t for t, k in spikes(sim) if k == j] == by_hand(each[:, j], taus[j], 200, every)


def test_a_constant_current_leads_to_its_level_and_counts_an_add_a_unit_and_tick():
    net = en.Network(dtype="float64")
    cells = layer_of(net, threshold=100.0, rest=-1.0)
    net.add(en.CurrentSteps(cells, times=[5], levels=[2.0], until=500, name="current"))
    sim = begun(net, engine="reference").run()
    assert cells.potentials(sim.state(cells), 499) == pytest.approx([1.0] * 3, abs=1e-9)
    row = sim.tally.by_module()["current"]
    assert row["neuron_adds"] == row["compares"] == 3 * (500 - 6)
    assert row["synaptic_adds"] == 0
    assert row["deliveries"] == 500 - 6 + 1  # the input, and each tick at which something is added


def test_while_it_is_zero_nothing_is_delivered():
    sim = begun(stepped(levels=[0.0, 0.0, 1.0, 0.0, 0.0]), engine="reference").run()
    log = sim.log[sim.log["port"] == int(sim.net["current"].ticks)]
    assert log["t"].tolist() == [0, 4, 11, *range(41, 62), 91]
    assert sim.idle


CASES = [
    (kind, decay, dtype) for kind in ("steps", "noise") for decay in ("tick", "event")
    for dtype in ("float64", "float32")
]  # fmt: skip


def noisy(dtype="float64", decay="tick", units=3, seed=7, **options):
    net = en.Network(dtype=dtype)
    given = {name: options.pop(name) for name in ("tau", "threshold") if name in options}
    cells = layer_of(net, units, decay=decay, **given)
    net.connect(cells, net.add(en.Sink(units, name="sink")))
    net.add(en.NoiseCurrent(cells, seed=seed, name="current", **({"std": 3.0} | options)))
    return net


@pytest.mark.parametrize("kind, decay, dtype", few(CASES, 2))
@pytest.mark.parametrize("order", ["breadth", "depth", "random"])
def test_engines_agree_and_so_does_a_run_in_pieces(kind, decay, dtype, order, tmp_path):
    made = stepped(dtype=dtype, decay=decay) if kind == "steps" else noisy(dtype, decay, hold=2, mean=0.5)
    net = made
    net.connect(net["cells"], net["cells"], en.FixedInDegree(2), weight=0.1, delay=3, seed=1)
    found = []
    for engine in ("reference", "compiled"):
        whole = begun(net, -4, engine=engine, order=order).run(until=150)
        part = begun(net, -4, engine=engine, order=order)
        for until in (0, 11, 12, 70):
            part.run(until)
        part.save(tmp_path / "half.npz")
        later = en.Simulation(net, record=True, engine=engine, order=order).resume(tmp_path / "half.npz").run(150)
        found += [
            (s.log.tobytes(), s["cells"].phi.tobytes(), repr(s.tally.by_port()))
            for s in (whole, part.run(150), later)
        ]  # fmt: skip
    assert len(set(found)) == 1
    assert len(spikes(whole)) > 3


@pytest.mark.slow
def test_noise_has_the_variance_of_the_theory():
    """Numbers held for h ticks: v is an AR(1) process at multiples of h, of variance std^2 (1 - f) / (1 + f)."""
    units, tau, std, hold, n = 400, 20.0, 2.0, 5, 300
    net = noisy(units=units, tau=tau, threshold=1e9, std=std, mean=0.5, hold=hold)
    sim = en.Simulation(net, engine="reference", recorders=[en.record("cells", begin=200, every=hold)])
    sim.inject([(1, net["current"].ticks, 0, 1)])
    sim.run(until=200 + hold * n)
    v = sim.recorded().numbers
    f = math.exp(-hold / tau)
    variance = std**2 * (1 - f) / (1 + f)
    free = units * n * (1 - f**2) / (1 + f**2)  # samples that count, of a process whose correlation falls by f^2
    assert abs(v.mean() - 0.5) < 5 * math.sqrt(variance * (1 + f) / (1 - f) / (units * n))
    assert v.var() == pytest.approx(variance, rel=5 * math.sqrt(2 / free))
    one, two = v[1:] - 0.5, v[:-1] - 0.5
    assert (one * two).mean() / v.var() == pytest.approx(f, abs=5 / math.sqrt(free))
    across = np.corrcoef(v[:, 1:].ravel(), v[:, :-1].ravel())[0, 1]
    assert abs(across) < 5 / math.sqrt(free)


def test_a_number_is_held_and_another_seed_is_another_noise(tmp_path):
    def grown(net):
        cells = net["cells"]
        sim = en.Simulation(net, engine="reference", recorders=[en.record(cells)])
        sim.inject([(1, net["current"].ticks, 0, 1)])
        v = sim.run(until=60).recorded().numbers
        return np.diff(v, axis=0)[:, 0]

    found = {}
    for seed in (1, 2):
        net = noisy(tau=1e12, threshold=1e9, hold=6, std=1e12, seed=seed)
        net.save(tmp_path / "net.npz")
        found[seed] = grown(net)
        assert grown(en.Network.load(tmp_path / "net.npz")).tolist() == found[seed].tolist()
        for k in range(9):  # the number of ticks 6k to 6k + 5 is added at ticks 6k + 1 to 6k + 6
            assert found[seed][6 * k : 6 * k + 6] == pytest.approx([found[seed][6 * k]] * 6, rel=1e-6)
        assert len(set(np.round(found[seed], 6).tolist())) == 10
    assert not np.allclose(found[1], found[2])


def test_an_end_of_a_stretch_of_noise_is_two_adds_a_product_and_a_compare_a_unit():
    sim = begun(noisy(until=50), 1, engine="reference").run()
    row = sim.tally.by_module()["current"]
    assert row["deliveries"] == row["reads"] == 49
    assert row["neuron_adds"] == 2 * 3 * 49
    assert row["compares"] == 3 * 49
    assert row["notices"] == 48


BAD = [
    (lambda c: en.CurrentSteps(c, times=[3, 3], levels=[1, 2]), "ticks that rise"),
    (lambda c: en.CurrentSteps(c, times=[], levels=[]), "ticks that rise"),
    (lambda c: en.CurrentSteps(c, times=[1.5], levels=[1]), "whole"),
    (lambda c: en.CurrentSteps(c, times=[1, 2], levels=[1.0]), r"levels have shape \[1\]; wanted \[2\], or \[2, 3\]"),
    (lambda c: en.CurrentSteps(c, times=[1], levels=[math.inf]), "inf"),
    (lambda c: en.CurrentSteps(c, times=[1], levels=[1.0], every=0), "every is 0"),
    (lambda c: en.NoiseCurrent(c, std=-1.0, seed=1), "std is -1.0"),
    (lambda c: en.NoiseCurrent(c, std=1.0, seed=-1), "seed is -1"),
    (lambda c: en.NoiseCurrent(c, std=1.0, seed=1, hold=3, every=2), "whole stretches"),
    (lambda c: en.NoiseCurrent(c, std=[1.0, 2.0], seed=1), "std"),
    (lambda c: en.NoiseCurrent(3, std=1.0, seed=1), "wanted a module of class LeakyDelta"),
]


@pytest.mark.parametrize("made, why", BAD, ids=[why for _, why in BAD])
def test_what_cannot_be_is_refused(made, why):
    with pytest.raises(NetworkError, match=why):
        made(layer_of(en.Network(dtype="float64")))
