"""Weight gradients from two trains of spikes: the author's totals, equal sums, the same rules on whole matrices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import run_case, windows_over
from numba import njit
from pd_cases import make_pd_case
from pd_oracle import Coder, Gradient, synapses

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.kernels.patches import Geometry, channel_last, kernel_weights
from eventnet.learning.proportional import PDInbox
from eventnet.learning.synapses import RULES, Future, Stdp, move_run

GOLDEN = json.loads((Path(__file__).parent / "golden" / "e_weight_updates.json").read_text())
ENGINES = ("reference", "compiled")
KEYS = {"recon": "recon", "past": "past_matrix", "future": "future", "stdp": "stdp"}


class Trains:
    """Two trains of spikes handed to two inboxes, and one update a rule, each with weights of its own."""

    def __init__(
        self, geometry: Geometry, rules: dict[str, Any], gains_x: dict[str, float], gains_e: dict[str, float],
        engine: str, **options: Any,
    ) -> None:  # fmt: skip
        self.net = net = en.Network("float64")
        n_in, n_out = geometry.units_in, geometry.units_out
        self.x = net.add(en.PDEncoder(net.weights(np.zeros((1, n_in))), **gains_x))
        self.e = net.add(en.PDEncoder(net.weights(np.zeros((1, n_out))), **gains_e))
        self.inboxes = [net.add(PDInbox(n_in)), net.add(PDInbox(n_out))]
        self.updates = {}
        for name, rule in rules.items():
            block = net.weights(np.zeros((geometry.shape_in[0], geometry.row_words)), name)
            self.updates[name] = net.add(
                rule(geometry, block, self.inboxes[0], self.x, self.inboxes[1], self.e, rate=-1.0, **options)
            )
        self.simulation = en.Simulation(net, engine=engine)

    def step(self, t: int, x: Any, e: Any) -> None:
        """Whole numbers of spikes of each unit at tick t, and a step of every update."""
        feed = [
            (t, inbox.spikes, j, 1 if n > 0 else -1)
            for inbox, spikes in zip(self.inboxes, (x, e)) for j, n in enumerate(spikes) for _ in range(abs(int(n)))
        ]  # fmt: skip
        feed += [(t, update.tick, 0, 1) for update in self.updates.values()]
        self.simulation.inject(feed)
        self.simulation.run()

    def weights(self, name: str) -> Any:
        return self.simulation.weights(name).copy()


# --- the author's numbers --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda c: f"{c['kp_x']}, {c['kp_e']}")
def test_totals_and_first_steps_are_the_authors(case: dict[str, Any], engine: str) -> None:
    gains = [{"kp": case[f"kp_{s}"], "kd": case[f"kd_{s}"]} for s in "xe"]
    trains = Trains(Geometry.dense(3, 2), RULES, *gains, engine)
    before = {name: np.zeros((3, 2)) for name in RULES}
    for t, (x, e) in enumerate(zip(GOLDEN["x_spikes"], GOLDEN["e_spikes"], strict=True)):
        trains.step(t, x, e)
        for name, key in KEYS.items():
            now = trains.weights(name)
            if t < 20 and f"{key}_first20_steps" in case:
                step = np.array(case[f"{key}_first20_steps"][t])
                assert now - before[name] == pytest.approx(step, abs=1e-13), f"{name}, step {t}"
            if t in (19, 59) and f"{key}_cumsum_at" in case:
                assert now == pytest.approx(np.array(case[f"{key}_cumsum_at"][str(t + 1)]), abs=1e-12)
            before[name] = now
    for name, key in KEYS.items():
        if key in case:
            assert before[name] == pytest.approx(np.array(case[key]), abs=1e-12)  # rounding of sums up to 30
    for name in RULES:  # the last spike meets an error trace that has decayed for 200 steps only
        assert before[name] == pytest.approx(before["recon"], abs=1e-7)


# --- equal sums ------------------------------------------------------------------------------------------------------
def two_trains(rng: np.random.Generator, geometry: Geometry, steps: int, tail: int) -> tuple[Any, Any]:
    """Random spikes for some steps, silence, and one spike of every input at the end, which settles what is owed."""
    x, e = (np.zeros((steps + tail + 1, n), dtype=int) for n in (geometry.units_in, geometry.units_out))
    for train, share in ((x, 0.3), (e, 0.1)):
        drawn = rng.integers(-2, 3, (steps, train.shape[1]))
        train[:steps] = np.where(rng.random(drawn.shape) < share, drawn, 0)
    x[-1] = 1
    return x, e


def traces(train: Any, gains: dict[str, float]) -> Any:
    """What a train decodes to, [steps, units]."""
    found, value = [], np.zeros(train.shape[1])
    for spikes in train:
        value = (spikes + gains["kd"] * value) / (gains["kp"] + gains["kd"])
        found.append(value)
    return np.array(found)


@pytest.mark.parametrize("seed", range(8))
def test_all_rules_sum_up_to_the_correlation_of_what_was_decoded(seed: int) -> None:
    """Dense layers and convolutions of any geometry; the same once both traces have died away."""
    rng = np.random.default_rng(20 + seed)
    shape = tuple(int(n) for n in rng.integers(1, 5, 3))
    geometry = windows_over(rng, shape, False)
    gains = [{"kp": float(rng.choice([0.3, 0.5, 1.0])), "kd": float(rng.choice([0.4, 0.9]))} for _ in range(2)]
    x, e = two_trains(rng, geometry, 30, 120)
    trains = Trains(geometry, RULES, *gains, "compiled")
    for t in range(len(x)):
        trains.step(t, x[t], e[t])
    products = traces(x, gains[0]).T @ traces(e, gains[1])  # units place by place
    wanted = np.zeros((geometry.shape_out[0], geometry.shape_in[0], *geometry.kernel))
    places = [
        channel_last(np.arange(np.prod(s)).reshape(1, *s))[0].tolist() for s in (geometry.shape_in, geometry.shape_out)
    ]
    for i, o, k in synapses(geometry.shape_in, wanted.shape, geometry.stride, geometry.padding):
        wanted.ravel()[k] += products[places[0].index(i), places[1].index(o)]
    assert np.abs(wanted).max() > 0.1
    for name in RULES:
        assert kernel_weights(trains.weights(name), geometry) == pytest.approx(wanted, abs=1e-11), name


@pytest.mark.parametrize("name", ["past", "future", "stdp"])
def test_a_rule_of_spikes_needs_no_steps_in_between(name: str) -> None:
    rng, geometry = np.random.default_rng(9), Geometry.dense(5, 3)
    x, e = two_trains(rng, geometry, 60, 200)
    x[:60][rng.random(60) < 0.8], e[:60][rng.random(60) < 0.8] = 0, 0
    found = []
    for every in (True, False):
        trains = Trains(
            geometry, {name: RULES[name]}, {"kp": 0.1, "kd": 1.0}, {"kp": 0.3, "kd": 0.9}, "compiled", step=3
        )
        for t in range(len(x)):
            if every or x[t].any() or e[t].any():
                trains.step(3 * t, x[t], e[t])
        found.append(trains.weights(name))
    assert found[0] == pytest.approx(found[1], abs=1e-11)
    assert np.abs(found[0]).max() > 0.1


def test_past_owes_a_synapse_its_updates_until_the_next_spike_there() -> None:
    trains = Trains(Geometry.dense(2, 2), {"past": RULES["past"]}, {"kp": 1, "kd": 1}, {"kp": 1, "kd": 1}, "reference")
    trains.step(0, [1, 0], [1, 0])
    assert not trains.weights("past").any()
    trains.step(1, [0, 0], [0, 0])
    assert not trains.weights("past").any()
    trains.step(2, [0, 0], [0, 1])
    assert not trains.weights("past").any()  # of the synapses that this spike meets none has had a trace
    trains.step(3, [0, 0], [1, 0])
    assert trains.weights("past") == pytest.approx(np.array([[(1 / 4 - 1 / 4 / 64) / (1 - 1 / 4), 0], [0, 0]]))


def test_recon_needs_no_decay() -> None:
    trains = Trains(Geometry.dense(1, 1), {"recon": RULES["recon"]}, {"kp": 0, "kd": 2}, {"kp": 0, "kd": 2}, "compiled")
    for t, (x, e) in enumerate([(1, 0), (0, 2), (0, 0), (-1, 0), (0, 0)]):
        trains.step(t, [x], [e])
    assert trains.weights("recon").tolist() == [[0.5 * 1 * 2]]  # 1/2 times 1 for two steps, then 0


@pytest.mark.parametrize("engine", ENGINES)
def test_a_trace_that_has_all_but_died_away_is_nothing(engine: str) -> None:
    trains = Trains(Geometry.dense(1, 1), {"recon": RULES["recon"]}, {"kp": 1, "kd": 1}, {"kp": 1, "kd": 1}, engine)
    view = trains.simulation[trains.updates["recon"]]
    trains.step(0, [1], [0])
    trains.step(39, [0], [0])
    assert view.array("xhat")[0] == pytest.approx(2.0**-40, rel=1e-9)
    trains.step(40, [0], [0])
    assert view.array("xhat")[0] == 0


# --- scales that move ------------------------------------------------------------------------------------------------
VARIANTS = {
    "recon": (RULES["recon"], {}), "past": (RULES["past"], {}), "future": (Future, {}), "raw": (Future, {"traces": "raw"}),
    "stdp": (Stdp, {}), "stdp scaled": (Stdp, {"traces": "scaled"}),
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
def test_with_adaptive_scales_a_rule_is_that_of_whole_matrices(name: str) -> None:
    rng, (rule, options) = np.random.default_rng(10), VARIANTS[name]
    x, e = rng.normal(0, 3, (40, 4)), rng.normal(0, 0.2, (40, 3))
    gains = [{"kp": 0.1, "kd": 1.0, "eta": 0.1}, {"kp": 0.4, "kd": 1.0, "eta": 0.05}]
    found = []
    for engine in ENGINES:
        net = en.Network("float64")
        sides = [net.add(en.PDEncoder(net.weights(a), **g)) for a, g in zip((x, e), gains)]
        inboxes = [net.add(PDInbox(side.units)) for side in sides]
        for side, inbox in zip(sides, inboxes):
            net.connect(side.out, inbox.spikes)
        block = net.weights(np.zeros((4, 3)), "w")
        update = net.add(
            rule(Geometry.dense(4, 3), block, inboxes[0], sides[0], inboxes[1], sides[1], rate=0.5, **options)
        )
        ports = [sides[0].frame, sides[1].frame, update.tick]
        feed = [(t, port, t if port.name == "frame" else 0, 1) for t in range(40) for port in ports]
        found.append(en.simulate(net, feed, engine=engine).weights("w"))
    coders, wanted = [Coder(**g) for g in gains], np.zeros((4, 3))
    gradient = Gradient({"stdp scaled": "future"}.get(name, name), (4, 3))
    for a, b in zip(x, e):
        wanted -= 0.5 * gradient(coders[0].encode(a), coders[0], coders[1].encode(b), coders[1])
    assert found[0] == pytest.approx(wanted, abs=1e-11)
    assert found[0].tobytes() == found[1].tobytes()
    assert np.abs(wanted).max() > 1


# --- runs of synapses ------------------------------------------------------------------------------------------------
@njit
def compiled_move(w, channel, begin, e, at, n, gain):
    move_run(w, channel, begin, e, at, n, gain)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n", [0, 1, 3, 4, 15, 16, 23, 63, 64, 65, 200])
def test_a_run_moves_as_word_by_word_and_nothing_beside_it_does(n: int, dtype: str) -> None:
    rng = np.random.default_rng(n)
    w, e = rng.normal(size=(3, n + 9)).astype(dtype), rng.normal(size=n + 7).astype(dtype)
    e[rng.random(n + 7) < 0.3] = -0.0
    gain, wanted = np.dtype(dtype).type(0.3), w.copy()
    for j in range(n):
        wanted[1, 4 + j] = w[1, 4 + j] - gain * e[2 + j]
    for move in (move_run, compiled_move):
        moved = w.copy()
        move(moved, 1, 4, e, 2, n, gain)
        assert moved.tobytes() == wanted.tobytes()


# --- any order -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(12))
def test_no_order_changes_a_bit_of_state_or_weights(seed: int) -> None:
    """Any port may give a notice; all else is the same."""
    case = make_pd_case(seed)
    found = []
    for order in en.ORDERS:
        result = run_case(case, "compiled", order=order)
        state = {
            (m.name, name): result["state"][m.name][name]
            for m in case.net.modules for name in (*m.state, *m.integers)
        }  # fmt: skip
        total = [sum(row[column] for row in result["by_port"].values()) for column in en.COLUMNS]
        found.append((result["error"], state, result["weights"], total))
    assert all(other == found[0] for other in found[1:])


# --- what is refused -------------------------------------------------------------------------------------------------
def refused(rule: Any = RULES["past"], n_in: int = 3, n_out: int = 2, kp: float = 1.0, **options: Any) -> None:
    net = en.Network("float64")
    sides = [net.add(en.PDEncoder(net.weights(np.zeros((1, n))), kp=g, kd=1)) for n, g in ((3, 1.0), (2, kp))]
    inboxes = [net.add(PDInbox(n)) for n in (3, 2)]
    rule(
        Geometry.dense(n_in, n_out), net.weights(np.zeros((n_in, n_out))), inboxes[0], sides[0], inboxes[1], sides[1],
        **{"rate": 0.1} | options,
    )  # fmt: skip


@pytest.mark.parametrize("rule", ["past", "future", "stdp"])
def test_traces_that_never_die_are_refused(rule: str) -> None:
    with pytest.raises(NetworkError, match="sums traces that die away, so it needs kp above 0 on both sides"):
        refused(RULES[rule], kp=0.0)
    refused(RULES["recon"], kp=0.0)


@pytest.mark.parametrize("options, words", [
    ({"n_in": 4}, "do not count the spikes that weights .* 4 x 2 .* join"),
    ({"n_out": 3}, "do not count the spikes that weights .* 3 x 3 .* join"),
    ({"rate": np.nan}, "rate is nan; wanted a finite number"),
    ({"rate": np.inf}, "rate is inf; wanted a finite number"),
    ({"step": 0}, "step is 0 ticks; wanted 1 or more"),
    ({"rule": Future, "traces": "bare"}, "traces are 'bare'; wanted 'scaled' or 'raw'"),
])  # fmt: skip
def test_updates_that_cannot_be_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        refused(**options)


def test_weights_of_another_shape_or_of_whole_numbers_are_refused() -> None:
    for dtype, shape, words in (
        ("float64", (2, 3), "weights are .* 2 x 3 .*; the layer's shapes want 3 x 2"),
        ("int32", (3, 2), "real numbers"),
    ):
        net, other = en.Network("float64"), en.Network(dtype)
        sides = [net.add(en.PDEncoder(net.weights(np.zeros((1, n))), kp=1, kd=1)) for n in (3, 2)]
        inboxes = [net.add(PDInbox(n)) for n in (3, 2)]
        with pytest.raises(NetworkError, match=words):
            RULES["past"](
                Geometry.dense(3, 2), other.weights(np.zeros(shape)), inboxes[0], sides[0], inboxes[1], sides[1], rate=1
            )
