"""A read-out of inputs and leaky traces: against integrals of held inputs, both engines, a bias that it finds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError, RuleError

TAU, RAMP = [300.0, 5000.0], [False, True]
ENGINES = ("reference", "compiled")


def drawn(seed: int = 0) -> tuple[Any, Any, Any]:
    """Mix [1 + 4 * 3, 2], weights of three units on the last two inputs, and updates (t, input, value)."""
    rng = np.random.default_rng(seed)
    updates = np.zeros(30, en.VALUE_EVENT)
    updates["t"], updates["index"] = np.sort(rng.integers(0, 4000, 30)), rng.integers(0, 2, 30)
    updates["value"] = rng.normal(0, 3, 30)
    return rng.normal(0, 1, (13, 2)), rng.normal(0, 1, (3, 2)), updates


def spikes(seed: int = 3) -> list[tuple[int, int, int]]:
    rng = np.random.default_rng(seed)
    return [
        (int(t), int(i), int(s))
        for t, i, s in zip(np.sort(rng.integers(0, 4000, 40)), rng.integers(0, 3, 40), rng.choice([-1, 1], 40))
    ]


READS = [0, 1, 777, 2500, 4000, 30_000]


def simulated(engine: str, dtype: str = "float64", order: str = "breadth") -> tuple[Any, Any]:
    mix, weights, updates = drawn()
    net = en.Network(dtype)
    below = net.add(en.Relay(3))
    table = np.column_stack([updates["index"], updates["value"]])
    head = net.add(
        en.LeakyReadout(
            4, net.weights(mix, "mix"), net.weights(np.zeros((6, 2)), "answers"), tau=TAU, ramp=RAMP,
            weights=net.weights(weights, "w"), updates=net.weights(table, "updates"), name="head",
        )
    )  # fmt: skip
    net.connect(below.out, head.spikes)
    feed = [(int(t), head.value, k, 1) for k, t in enumerate(updates["t"])]
    feed += [(t, below.spikes, i, s) for t, i, s in spikes()]
    feed += [(t, head.read, k, 1) for k, t in enumerate(READS)]
    run = en.simulate(net, sorted(feed, key=lambda e: e[0]), engine=engine, order=order)
    return run.weights("answers"), run


def exact(t: int) -> Any:
    """Traces as integrals of inputs that are held between changes; all changes before t count."""
    mix, weights, updates = drawn()
    changes: list[tuple[int, int, float, bool]] = [
        (int(u["t"]), int(u["index"]), float(u["value"]), True) for u in updates
    ]
    changes += [(at, 2 + j, s * float(weights[i, j]), False) for at, i, s in spikes() for j in range(2)]
    x, out = np.zeros(4), mix[0].copy()
    traces = np.zeros((4, 2))
    for j in range(4):
        own = sorted((c for c in changes if c[1] == j and c[0] < t), key=lambda c: c[0])
        held, since = 0.0, 0
        for at, _, value, sets in [*own, (t, j, 0.0, False)]:
            for m, tau in enumerate(TAU):
                traces[j, m] += held * (math.exp(-(t - at) / tau) - math.exp(-(t - since) / tau))
            held, since = (value if sets else held + value), at
        x[j] = held
    for j in range(4):
        out += mix[1 + j] * x[j]
        for m, tau in enumerate(TAU):
            out += mix[5 + 2 * j + m] * traces[j, m] * ((1 - math.exp(-t / tau)) if RAMP[m] else 1)
    return out


def test_traces_are_integrals_of_held_inputs() -> None:
    answers, _ = simulated("compiled")
    changed = {int(t) for t in drawn()[2]["t"]} | {t for t, _, _ in spikes()}
    for k, t in enumerate(READS):
        if t not in changed:
            assert np.allclose(answers[k], exact(t), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("order", ["breadth", "depth", "random"])
def test_engines_agree(order: str, dtype: str) -> None:
    found = []
    for engine in ENGINES:
        answers, run = simulated(engine, dtype, order)
        found.append((answers.tobytes(), str(run.tally.to_dict()), *[a.tobytes() for a in run.state("head").values()]))
    assert found[0] == found[1]


def test_a_slow_trace_of_a_difference_finds_a_bias() -> None:
    """Input 0 is a signal with a bias, input 1 the same without; the slow trace of their difference is the bias."""
    rng = np.random.default_rng(0)
    net = en.Network("float64")
    mix = np.zeros((5, 1))
    mix[1], mix[3], mix[4] = 1, -1, 1  # x0 - trace of x0 + trace of x1
    samples = [
        (t, j, math.sin(t / 700) + 5 * (j == 0) + rng.normal(0, 0.1)) for t in range(0, 20_000, 50) for j in (0, 1)
    ]
    updates = net.weights([[j, value] for _, j, value in samples])
    head = net.add(
        en.LeakyReadout(2, net.weights(mix), net.weights(np.zeros((1, 1)), "answers"), tau=[2000.0], updates=updates)
    )
    feed = [(t, head.value, k, 1) for k, (t, _, _) in enumerate(samples)] + [(20_000, head.read, 0, 1)]
    run = en.simulate(net, feed, engine="compiled")
    assert abs(run.weights("answers")[0, 0] - math.sin(19_950 / 700)) < 0.3


def test_an_input_may_start_with_a_value_and_traces_start_with_none() -> None:
    net = en.Network("float64")
    mix = net.weights(np.eye(5)[:, 1:])  # two inputs, then the trace of each
    head = net.add(en.LeakyReadout(2, mix, net.weights(np.zeros((2, 4)), "answers"), tau=[1000.0], start=[3.0, -1.0]))
    run = en.simulate(net, [(0, head.read, 0, 1), (700, head.read, 1, 1)], engine="compiled")
    assert run.weights("answers")[0].tolist() == [3, -1, 0, 0]
    grown = 1 - math.exp(-0.7)
    assert np.allclose(run.weights("answers")[1], [3, -1, 3 * grown, -grown])


def test_what_does_not_fit_is_refused(tmp_path: Any) -> None:
    net = en.Network("float64")
    mix, answers, updates = (net.weights(np.zeros(shape)) for shape in ((5, 1), (1, 1), (2, 2)))
    for options, message in (
        ({"tau": []}, "tau is"), ({"tau": [-1.0]}, "above 0"), ({"tau": [1.0], "ramp": [True, False]}, "ramp has 2"),
        ({"tau": [1.0, 2.0]}, "wanted 7 rows"), ({"tau": [1.0], "weights": net.weights(np.zeros((2, 3)))}, "move 3 inputs"),
        ({"tau": [1.0], "updates": net.weights(np.zeros((2, 3)))}, "wanted 2 columns"),
        ({"tau": [1.0], "start": [1.0]}, "start has shape"), ({"tau": [1.0], "start": [1.0, np.nan]}, "finite"),
    ):  # fmt: skip
        with pytest.raises(NetworkError, match=message):
            en.LeakyReadout(2, mix, answers, **options)
    head = net.add(en.LeakyReadout(2, mix, answers, tau=[1.0], updates=updates, name="head"))
    updates.array[1, 0] = 2
    with pytest.raises(RuleError, match="an update names an input that does not exist"):
        en.simulate(net, [(0, head.value, 1, 1)], engine="reference")
    net.save(tmp_path / "net.npz")
    again = en.Network.load(tmp_path / "net.npz")["head"]
    assert {name: array.tolist() for name, array in again.state.items()} == {
        name: array.tolist() for name, array in head.state.items()
    }


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_what_ramps_up_has_not_begun_before_time_0(engine):
    net = en.Network("float64")
    answers = net.weights([[0.0]])
    layer = net.add(
        en.LeakyReadout(1, net.weights([[0.5], [1.0], [1.0]]), answers, tau=[5.0], ramp=[True], start=[2.0])
    )
    run = en.simulate(net, [(-(2**60), layer.read, 0, 1)], engine=engine)
    assert run.weights(answers).tolist() == [[2.5]]
