"""Neurons on a clock: against the recurrence tick by tick, both engines, predictions that are never late."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.neurons.stepped import NOTHING_LEFT, came_after

ENGINES = ("reference", "compiled")
TICKS, UNITS, INPUTS = 60, 4, 3


def numbers(drive: str, tau: Any, tau_syn: Any, r: Any, w_in: Any) -> tuple[Any, ...]:
    """What a tick does, by fine steps of the differential equations: a, b, p, q, h (Euler: by its definition)."""
    if drive == "euler":
        a, b = 1 - 1 / tau, 1 - 1 / tau_syn if tau_syn else 0.0
        return a, b, r / tau * b, (r / tau) * (w_in / tau_syn if tau_syn else 1.0), w_in / tau_syn if tau_syn else 0.0

    def tick(v: float, i: float, held: float) -> tuple[float, float]:
        n = 4000
        for _ in range(n):  # classical Runge-Kutta steps of 1 / n

            def slope(v: float, i: float) -> tuple[float, float]:
                if not tau_syn:
                    return (-v + r * held) / tau, 0.0
                return (-v + r * i) / tau, (-i + w_in * held) / tau_syn

            k1 = slope(v, i)
            k2 = slope(v + k1[0] / n / 2, i + k1[1] / n / 2)
            k3 = slope(v + k2[0] / n / 2, i + k2[1] / n / 2)
            k4 = slope(v + k3[0] / n, i + k3[1] / n)
            v += (k1[0] + 2 * k2[0] + 2 * k3[0] + k4[0]) / 6 / n
            i += (k1[1] + 2 * k2[1] + 2 * k3[1] + k4[1]) / 6 / n
        return v, i

    a, p_b = tick(1.0, 0.0, 0.0)[0], tick(0.0, 1.0, 0.0)
    if drive == "held":
        q, h = tick(0.0, 0.0, 1.0)
        return a, p_b[1], p_b[0], q, h
    return a, p_b[1], p_b[0], 0.0 if tau_syn else r / tau, w_in / tau_syn if tau_syn else 0.0


CASES: dict[str, dict[str, Any]] = {
    "leaky": {"tau": 7.0, "r": 7.0, "subtract": True},
    "reset": {"tau": 7.0, "r": 7.0, "reset_to": -0.25},
    "held": {"tau": 7.0, "r": 7.0, "drive": "held", "subtract": True},
    "euler": {"tau": 7.0, "r": 7.0, "drive": "euler"},
    "memoryless": {"tau": 1.0, "drive": "euler"},
    "constant drive": {"tau": 7.0, "rest": 1.3, "subtract": True},
    "constant drive that resets below": {"tau": 7.0, "rest": 1.3, "reset_to": -0.5},
    "bias": {"tau": 7.0, "bias": 4.0, "r": 0.5, "subtract": True},
    "several": {"tau": 30.0, "r": 60.0, "subtract": True, "several": True},
    "lowest": {"tau": 30.0, "r": 30.0, "subtract": True, "lowest": -0.5},
    "lowest, falls to it": {"r": 1.5, "bias": -0.2, "subtract": True, "lowest": -0.3},
    "lowest above rest": {"tau": 3.0, "r": 3.0, "rest": -1.5, "subtract": True, "lowest": -0.2},
    "current": {"tau": 9.0, "tau_syn": 3.0, "r": 9.0, "w_in": 1.5, "subtract": True},
    "current, held": {"tau": 9.0, "tau_syn": 3.0, "r": 9.0, "w_in": 1.5, "drive": "held", "subtract": True},
    "current, euler": {"tau": 9.0, "tau_syn": 3.0, "r": 9.0, "w_in": 2.0, "drive": "euler"},
    "current, equal": {"tau": 4.0, "tau_syn": 4.0, "r": 9.0, "w_in": 1.5, "subtract": True},
    "current, bias": {"tau": 9.0, "tau_syn": 3.0, "r": 9.0, "w_in": 2.0, "drive": "euler", "bias": 0.2},
    "current, inhibiting bias": {"tau": 9.0, "tau_syn": 3.0, "r": 9.0, "w_in": 2.0, "drive": "euler", "bias": -0.1},
    "one tick": {"tau": 1.0, "tau_syn": 1.0, "drive": "euler", "r": 2.0},
    "keeps": {"r": 1.5, "subtract": True},
    "keeps, bias": {"r": 0.5, "bias": 0.3, "subtract": True},
}


def drawn(seed: int = 0) -> tuple[Any, Any]:
    """Weights [inputs, units] and spikes [ticks, inputs]; nothing comes in the last third."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(-1, 2, (TICKS, INPUTS)) * (rng.random((TICKS, INPUTS)) < 0.5)
    counts[2 * TICKS // 3 :] = 0
    return rng.normal(0.3, 0.5, (INPUTS, UNITS)), counts


def plainly(given: dict[str, Any]) -> tuple[Any, Any]:
    """Spikes [ticks, units] and potentials, tick by tick."""
    weights, counts = drawn()
    o = {"tau": None, "tau_syn": None, "r": 1.0, "rest": 0.0, "w_in": 1.0, "bias": 0.0, "drive": "jump"} | given
    if o["tau"] is None:
        a, b, p, q, h = 1.0, 0.0, 0.0, o["r"], 0.0
    else:
        a, b, p, q, h = numbers(o["drive"], o["tau"], o["tau_syn"], o["r"], o["w_in"])
    v, i = np.zeros(UNITS), np.zeros(UNITS)
    reset = o.get("reset_to", 0.0)
    spikes, potentials = [], []
    for k in range(TICKS):
        x = counts[k] @ weights + o["bias"]
        v = a * v + p * i + q * x + (1 - a) * o["rest"]
        i = b * i + h * x
        fired = np.zeros(UNITS, dtype=int)
        while np.any(v > 1.0):
            past = v > 1.0
            fired += past
            v = np.where(past, v - 1.0 if o.get("subtract") else reset, v)
            if not o.get("several"):
                break
        if "lowest" in o:
            v = np.maximum(v, o["lowest"])
        spikes.append(fired)
        potentials.append(v.copy())
    return np.array(spikes), np.array(potentials)


def simulated(given: dict[str, Any], engine: str, **how: Any) -> tuple[Any, Any, Any]:
    weights, counts = drawn()
    net = en.Network("float64")
    layer = net.add(en.SteppedLeaky(en.Geometry.dense(INPUTS, UNITS), net.weights(weights), name="layer", **given))
    answers = net.weights(np.zeros((TICKS, UNITS)), "answers")
    shown = {k: v for k, v in given.items() if k not in ("subtract", "several", "lowest", "reset_to")}
    readout = net.add(
        en.SteppedReadout(en.Geometry.dense(INPUTS, UNITS), net.weights(weights), answers, name="shown", **shown)
    )
    relay, sink = net.add(en.Relay(INPUTS)), net.add(en.Sink(UNITS, name="sink"))
    net.connect(relay.out, layer.spikes)
    net.connect(relay.out, readout.spikes)
    net.connect(layer.out, sink.spikes)
    feed = [(0, layer.reset, 0, 1), (0, readout.reset, 0, 1)] + [(k, readout.read, k, 1) for k in range(TICKS)]
    feed += [
        (k, relay.spikes, j, int(np.sign(n))) for k, row in enumerate(counts) for j, n in enumerate(row) if n
    ]  # fmt: skip
    sim = en.Simulation(net, engine=engine, record=True, **how)
    sim.inject(feed)
    sim.run(until=TICKS)
    fired = np.zeros((TICKS, UNITS), dtype=int)
    arrived = sim.log[sim.log["port"] == int(sink.spikes)]
    np.add.at(fired, (arrived["t"], arrived["index"]), arrived["sign"])
    return fired, sim, net


@pytest.mark.parametrize("name", CASES)
def test_units_make_the_steps_of_the_recurrence(name: str) -> None:
    given = CASES[name]
    spikes, potentials = plainly(given)
    fired, sim, net = simulated(given, "reference")
    assert fired.tolist() == spikes.tolist()
    assert spikes.sum() > 3
    layer: Any = net["layer"]
    # The Runge-Kutta steps of the oracle are good to 1e-10 or so.
    assert layer.potentials(sim.state(layer), TICKS - 1) == pytest.approx(potentials[-1], abs=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_a_readout_shows_the_potentials_of_units_that_never_fire(name: str) -> None:
    given = CASES[name]
    never = {k: v for k, v in given.items() if k not in ("lowest", "several")}
    sim = simulated(given, "reference")[1]
    shown = sim.weights("answers")
    real, original = [], 1e9
    weights, counts = drawn()
    o = {"tau": None, "tau_syn": None, "r": 1.0, "rest": 0.0, "w_in": 1.0, "bias": 0.0, "drive": "jump"} | never
    a, b, p, q, h = (1.0, 0.0, 0.0, o["r"], 0.0) if o["tau"] is None else numbers(
        o["drive"], o["tau"], o["tau_syn"], o["r"], o["w_in"]
    )  # fmt: skip
    v, i = np.zeros(UNITS), np.zeros(UNITS)
    for k in range(TICKS):
        x = counts[k] @ weights + o["bias"]
        v, i = a * v + p * i + q * x + (1 - a) * o["rest"], b * i + h * x
        real.append(v)
    assert np.abs(np.array(real)).max() < original
    assert shown == pytest.approx(np.array(real), abs=1e-9)


@pytest.mark.parametrize(
    "name", ["constant drive", "current", "current, bias", "several", "lowest", "lowest, falls to it"]
)
def test_the_two_engines_agree_to_the_last_byte(name: str) -> None:
    runs = [simulated(CASES[name], engine)[1:] for engine in ENGINES]
    (one, net), (other, _) = runs
    assert one.log.tobytes() == other.log.tobytes()
    assert one.tally.to_dict() == other.tally.to_dict()
    for module in net.modules:
        for key, array in one.state(module).items():
            assert array.tobytes() == other.state(module.name)[key].tobytes(), (module.name, key)


def test_units_that_cannot_fire_of_themselves_cost_nothing_between_spikes() -> None:
    net = en.Network("float64")
    layer = net.add(en.SteppedLeaky(en.Geometry.dense(1, 1), net.weights([[0.4]]), tau=50.0, r=50.0))
    feed = [(t, layer.spikes, 0, 1) for t in (0, 1000, 10**9)]
    near = en.simulate(net, [(t, layer.spikes, 0, 1) for t in (0, 1, 2)], engine="reference")
    far = en.simulate(net, feed, engine="reference")
    assert far.tally.deliveries == near.tally.deliveries == 6  # three spikes, three looks


def test_without_waiting_for_the_end_of_a_step_each_spike_may_fire() -> None:
    def fired(coalesce: str) -> list[int]:
        net = en.Network("float64")
        layer = net.add(
            en.SteppedLeaky(en.Geometry.dense(2, 1), net.weights([[1.5], [-1.0]]), subtract=True, coalesce=coalesce)
        )
        sink = net.add(en.Sink(1))
        net.connect(layer.out, sink.spikes)
        run = en.simulate(net, [(0, layer.spikes, 0, 1), (0, layer.spikes, 1, 1)], record=True, engine="reference")
        return [int(e["t"]) for e in run.log if e["port"] == int(sink.spikes)]

    assert fired("burst") == []  # 1.5 - 1 is not past 1
    assert fired("none") == [0]


def test_what_a_current_gives_in_n_ticks_is_the_sum_over_them() -> None:
    for a, b in ((0.9, 0.5), (0.5, 0.9), (0.9, 0.9), (0.9, 0.9 * (1 + 1e-13)), (0.0, 0.5), (0.5, 0.0), (0.0, 0.0)):
        logs = [math.log(x) if x else NOTHING_LEFT for x in (a, b)]
        for n in (2, 3, 50):
            wanted = math.fsum(a ** (n - 1 - k) * b**k for k in range(n))
            assert came_after(n, *logs, np.zeros(12, dtype=np.int64)) == pytest.approx(wanted, rel=1e-13)


def test_rows_of_a_second_source_add_to_the_same_units() -> None:
    net = en.Network("float64")
    layer = net.add(
        en.SteppedLeaky(
            en.Geometry.dense(1, 2), net.weights([[2.0, 0.0]]), lateral=net.weights([[0.0, 2.0], [0.0, 0.0]]),
            name="layer",
        )
    )  # fmt: skip
    sink = net.add(en.Sink(2))
    net.connect(layer.out, layer.across, delay=1)
    net.connect(layer.out, sink.spikes)
    run = en.simulate(net, [(5, layer.spikes, 0, 1)], record=True, engine="reference")
    assert [(int(e["t"]), int(e["index"])) for e in run.log if e["port"] == int(sink.spikes)] == [(5, 0), (6, 1)]


@pytest.mark.parametrize(("given", "words"), [
    ({"tau": 0.5, "drive": "euler"}, "tau is 0.5 ticks; an Euler step wants 1 or more"),
    ({"tau": -1.0}, "tau is -1.0 ticks; wanted numbers above 0"),
    ({"tau_syn": 2.0}, "tau is None"),
    ({"rest": 0.5}, "rest is 0.5, but nothing leaks"),
    ({"drive": "pulse"}, "drive is 'pulse'; wanted one of jump, held, euler"),
    ({"subtract": True, "reset_to": 1.0}, "takes nothing off"),
    ({"several": True}, "several=True has no meaning without subtract=True"),
    ({"tau": [1.0, 2.0, 3.0]}, "tau is .* for each of 2 units"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(given: dict[str, Any], words: str) -> None:
    net = en.Network("float64")
    with pytest.raises(NetworkError, match=words):
        net.add(en.SteppedLeaky(en.Geometry.dense(1, 2), net.weights([[1.0, 1.0]]), **given))


def test_a_sample_begins_anew_and_a_saved_layer_is_the_same(tmp_path: Any) -> None:
    given = CASES["current, bias"]
    net = simulated(given, "reference")[2]
    net.save(tmp_path / "net.npz")
    logs = []
    for made in (net, en.Network.load(tmp_path / "net.npz")):
        layer: Any = made["layer"]
        sim = en.Simulation(made, engine="reference", record=True)
        sim.inject([(t, port, 0, 1) for t in (0, 100) for port in (layer.reset, layer.spikes)])
        sim.run(until=150)
        logs.append(sim.log)
    assert logs[0].tobytes() == logs[1].tobytes()
    port = int(net["sink"].spikes)  # type: ignore[attr-defined]
    times = [logs[0]["t"][(logs[0]["port"] == port) & (logs[0]["t"] // 100 == k)] % 100 for k in (0, 1)]
    assert times[0][times[0] < 50].tolist() == times[1].tolist() != []


# --- what begins by itself ---
@pytest.mark.parametrize(
    ("options", "port"),
    [
        ({"tau": 5.0}, None),
        ({}, None),
        ({"tau": 5.0, "rest": 0.9}, None),
        ({"tau": 5.0, "rest": 1.1}, "reset"),
        ({"tau": 5.0, "bias": 0.1}, None),
        ({"tau": 5.0, "bias": 1.2}, "reset"),
        ({"bias": [0.0, 0.01]}, "reset"),
        ({"bias": -0.5}, None),
        ({"start": 1.5}, "reset"),
        ({"tau": 5.0, "tau_syn": 3.0, "bias": 4.0}, "reset"),
        ({"tau": 5.0, "tau_syn": 3.0}, None),
    ],
)
def test_a_layer_says_where_it_is_told_to_begin(options: dict[str, Any], port: str | None) -> None:
    net = en.Network("float64")
    layer = net.add(en.SteppedLeaky(en.Geometry.dense(3, 2), net.weights(np.ones((3, 2))), name="layer", **options))
    assert layer.starts_at() == port
    # It fires of itself, once it was told to, exactly where it says so; a read-out never fires.
    run = en.simulate(net, [(0, layer.reset, 0, 1)], until=400, engine="reference")
    assert (run.tally.spikes > 0) == (port is not None)
    answers = net.weights(np.zeros((1, 2)))
    options.pop("start", None)
    readout = net.add(en.SteppedReadout(en.Geometry.dense(3, 2), net.weights(np.ones((3, 2))), answers, **options))
    assert readout.starts_at() is None
