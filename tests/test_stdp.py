"""STDP of pairs: sums over all pairs, kernels, pairings, equal times, dependence on weights, and chapter 6's theorem."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from stdp_cases import ENGINES, Spike, random_spikes, run_bench

import eventnet as en
from eventnet.errors import NetworkError, RuleError
from eventnet.learning import DynamicStdp, PairStdp

FREE: dict[str, Any] = {"a_plus": 0.7, "a_minus": 0.4, "tau_plus": 17.0, "tau_minus": 34.0, "bounds": None}


# --- theorems --------------------------------------------------------------------------------------------------------
def kernel(dt: Any, a_plus: float, a_minus: float, tau_plus: float, tau_minus: float, **_: Any) -> Any:
    """Equation 6.3, as printed."""
    if dt > 0:
        return a_plus * math.exp(-dt / tau_plus)
    return -a_minus * math.exp(dt / tau_minus) if dt < 0 else 0.0


def over_all_pairs(spikes: list[Spike], shape: tuple[int, int], k: Any) -> Any:
    """Every pair of a spike of an input and one of a unit, one by one."""
    w = np.zeros(shape)
    for t, stage, i, s in spikes:
        for u, other, j, r in spikes:
            if stage % 2 == 0 and other % 2 == 1:
                w[i, j] += s * r * k(u - t)
    return w


def trains(spikes: list[Spike], until: int, shape: tuple[int, int]) -> tuple[Any, Any]:
    """Signed spikes by tick, [until, n_in] and [until, n_out]."""
    pre, post = np.zeros((until, shape[0])), np.zeros((until, shape[1]))
    for t, stage, i, s in spikes:
        (post if stage % 2 else pre)[t, i] += s
    return pre, post


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("signed", [False, True])
def test_traces_a_kernel_and_the_sum_over_all_pairs_agree(signed: bool, engine: str) -> None:
    for seed in range(4):
        spikes = random_spikes(np.random.default_rng(seed), 120, 150, 4, 3, signed)
        by_traces, _, _ = run_bench(PairStdp, np.zeros((4, 3)), spikes, engine, signed=signed, **FREE)
        by_pairs = over_all_pairs(spikes, (4, 3), lambda dt: kernel(dt, **FREE))
        pre, post = trains(spikes, 150, (4, 3))
        lags = np.array([kernel(dt, **FREE) for dt in range(-149, 150)])
        by_kernel = [[np.convolve(x, lags)[149:299] @ y for y in post.T] for x in pre.T]  # s_j . (kappa * s_i), 6.4
        assert np.abs(by_pairs).max() > 1
        # Up to 40 decays of traces up to 10.
        assert by_traces == pytest.approx(by_pairs, abs=1e-13)
        assert np.array(by_kernel) == pytest.approx(by_pairs, abs=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("step", [1, 1000])
def test_learning_from_dynamics_is_dynamic_stdp(step: int, engine: str) -> None:
    """The sum of R_i(t) (R_j(t + 1) - R_j(t - 1)) / 2, over whole tails, is that over pairs of spikes (6.11, 6.12)."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        alpha, steps, shape = float(rng.uniform(0.5, 0.95)), 60, (3, 2)
        spikes = random_spikes(rng, 80, steps, *shape, seed % 2 == 1)
        tail = 2 + math.ceil(-36 / math.log(alpha))
        decoded = []
        for train in trains(spikes, steps + tail, shape):
            r = np.zeros((steps + 2 * tail, train.shape[1]))  # a tail of zeros before the first spike, too
            for t in range(steps + tail):
                r[tail + t] = train[t] + alpha * r[tail + t - 1]
            decoded.append(r)
        wanted = sum(np.outer(decoded[0][t], decoded[1][t + 1] - decoded[1][t - 1]) / 2 for t in range(1, len(r) - 1))
        late = [(step * t, *rest) for t, *rest in spikes]
        found, _, _ = run_bench(DynamicStdp, np.zeros(shape), late, engine, alpha=alpha, step=step)
        assert np.abs(found).max() > 0.5
        assert found == pytest.approx(wanted, abs=1e-12)
        pairs = over_all_pairs(spikes, shape, lambda dt, a=alpha: np.sign(dt) * a ** abs(dt) / (2 * a))
        assert found == pytest.approx(pairs, abs=1e-12)


# --- pairings, equal times, dependence on weights --------------------------------------------------------------------
def one_by_one(w: Any, spikes: list[Spike], options: dict[str, Any]) -> Any:
    """The definitions, on lists of the spikes there have been."""
    w = w.copy()
    in_order, pairing = options.get("equal") == "order", options.get("pairing", "all")
    bounds, both = options.get("bounds", (0.0, 1.0)), options.get("mu", 0.0)
    mu_plus, mu_minus = both if isinstance(both, tuple) else (both, both)
    lowest, highest = bounds or (-math.inf, math.inf)
    past: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for n, (t, stage, i, s) in enumerate(spikes):
        now = n if in_order else t
        side = stage % 2

        def before(side: int, k: int, now: int = now) -> list[tuple[int, int, int]]:
            return [spike for spike in past.get((side, k), []) if spike[0] < now]

        own = before(side, i)
        for k in range(w.shape[1 - side]):
            paired = before(1 - side, k)
            if pairing != "all":
                paired = paired[-1:]
                if pairing == "restricted" and own and paired and own[-1][0] >= paired[0][0]:
                    paired = []
            if not paired:
                continue
            a, tau = (options["a_plus"], options["tau_plus"]) if side else (-options["a_minus"], options["tau_minus"])
            change = sum(a * s * r * math.exp(-(t - u) / tau) for _, u, r in paired)
            at = (k, i) if side else (i, k)
            mu, room = (mu_plus, highest - w[at]) if side else (mu_minus, w[at] - lowest)
            change *= room**mu if mu else 1
            w[at] = min(max(w[at] + change, lowest), highest)
        past.setdefault((side, i), []).append((now, t, s))
    return w


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("equal", ["nothing", "order"])
@pytest.mark.parametrize("pairing", ["all", "nearest", "restricted"])
def test_pairings_are_as_defined(pairing: str, equal: str, engine: str) -> None:
    for seed in range(6):
        spikes = random_spikes(np.random.default_rng(seed), 150, 60, 4, 3, False)  # many at one tick
        options = {
            "a_plus": 0.05,
            "a_minus": 0.04,
            "tau_plus": 9.0,
            "tau_minus": 6.0,
            "pairing": pairing,
            "equal": equal,
        }
        for more in ({}, {"mu": 1.0}, {"mu": (0.0, 1.0)}, {"mu": (0.4, 2.0), "bounds": (-0.5, 1.5)}, {"bounds": None}):
            w = np.random.default_rng(seed).uniform(0, 1, (4, 3))
            found, _, _ = run_bench(PairStdp, w, spikes, engine, **options, **more)
            assert found == pytest.approx(one_by_one(w, spikes, options | more), abs=1e-12), f"seed {seed}, {more}"
            assert np.abs(found - w).max() > 0.05


@pytest.mark.parametrize("engine", ENGINES)
def test_signed_spikes_change_by_the_product_of_their_signs(engine: str) -> None:
    for seed in range(4):
        spikes = random_spikes(np.random.default_rng(seed), 150, 60, 4, 3, True)
        for pairing in ("all", "nearest", "restricted"):
            options = FREE | {"pairing": pairing, "equal": "order"}
            found, _, _ = run_bench(PairStdp, np.zeros((4, 3)), spikes, engine, signed=True, **options)
            assert found == pytest.approx(one_by_one(np.zeros((4, 3)), spikes, options), abs=1e-12)


PRE, POST, PRE_LATER, POST_LATER = range(4)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("equal, spikes, wanted", [
    ("nothing", [(5, PRE, 0, 1), (5, POST, 0, 1)], 0.0),
    ("order", [(5, PRE, 0, 1), (5, POST, 0, 1)], 0.5),
    ("order", [(5, POST, 0, 1), (5, PRE_LATER, 0, 1)], -0.25),
    ("nothing", [(5, POST, 0, 1), (5, PRE_LATER, 0, 1)], 0.0),
    ("nothing", [(5, PRE, 0, 1), (5, PRE_LATER, 0, 1), (15, POST, 0, 1)], 2 * 0.5 * math.exp(-1)),
])  # fmt: skip
def test_a_pair_at_one_tick_counts_as_it_was_told(equal: str, spikes: list[Spike], wanted: float, engine: str) -> None:
    options = {"a_plus": 0.5, "a_minus": 0.25, "tau_plus": 10.0, "tau_minus": 10.0, "bounds": None, "equal": equal}
    assert run_bench(PairStdp, [[0.0]], spikes, engine, **options)[0][0, 0] == wanted


def test_restricted_pairs_have_no_spike_in_between() -> None:
    options = {"a_plus": 1.0, "a_minus": 1.0, "tau_plus": 10.0, "tau_minus": 10.0, "bounds": None}
    spikes = [(0, PRE, 0, 1), (10, POST, 0, 1), (20, POST, 0, 1), (30, PRE, 0, 1), (40, PRE, 0, 1)]
    e = math.exp
    for pairing, wanted in (
        ("all", e(-1) + e(-2) - e(-2) - e(-1) - e(-3) - e(-2)), ("nearest", e(-1) + e(-2) - e(-1) - e(-2)),
        ("restricted", e(-1) - e(-1)),
    ):  # fmt: skip
        found = run_bench(PairStdp, [[0.0]], spikes, "compiled", pairing=pairing, **options)[0][0, 0]
        assert found == pytest.approx(wanted, abs=1e-15)


def test_weights_stay_within_bounds() -> None:
    spikes = random_spikes(np.random.default_rng(0), 400, 200, 5, 70, False)
    for mu in (0.0, 0.3, 1.0):
        w = np.random.default_rng(1).uniform(0.2, 0.6, (5, 70))
        found = run_bench(
            PairStdp, w, spikes, "compiled", "float32", mu=mu, **FREE | {"bounds": (0.125, 0.625)}
        )[0]  # fmt: skip
        assert 0.125 <= found.min() <= found.max() <= 0.625
        if mu == 0:
            assert (found == 0.125).any()
            assert (found == 0.625).any()


# --- cost, hand-over -------------------------------------------------------------------------------------------------
def test_a_spike_costs_a_row_or_a_column() -> None:
    net = en.Network("float32")
    update = net.add(PairStdp(net.weights(np.full((50, 20), 0.5)), name="stdp", **FREE))
    feed = [(0, update.pre, i, 1) for i in range(30)] + [(5, update.post, 3, 1), (9, update.pre, 0, 1)]
    rows = en.simulate(net, feed).tally.by_port()
    assert rows["stdp.post"]["writes"] == rows["stdp.post"]["reads"] == 30  # of the inputs that have spiked
    assert rows["stdp.post"]["learning_adds"] == 30 + 30  # traces and weights
    assert rows["stdp.pre"]["writes"] == rows["stdp.pre"]["reads"] == 20  # before there was a spike of a unit: nothing
    assert (
        rows["stdp.pre"]["learning_adds"] == 20 + 20 + 1
    )  # a spike becomes part of the traces; the row; its own trace


def test_a_run_split_anywhere_equals_one_run() -> None:
    spikes = random_spikes(np.random.default_rng(3), 100, 80, 4, 3, False)
    options: dict[str, Any] = {"mu": 1.0, **FREE, "bounds": (-1.0, 1.0)}
    whole, _, _ = run_bench(PairStdp, np.zeros((4, 3)), spikes, "compiled", **options)
    net = en.Network("float64")
    update = net.add(PairStdp(net.weights(np.zeros((4, 3)), "w"), **options))
    relays = [net.add(en.Relay(3 if stage % 2 else 4)) for stage in range(4)]
    for stage, relay in enumerate(relays):
        net.connect(relay.out, update.post if stage % 2 else update.pre)
    sim = en.Simulation(net, "depth")
    for t in range(80):
        sim.inject([(u, relays[stage].spikes, i, s) for u, stage, i, s in spikes if u == t])
        sim.run(until=t + 1)
    assert sim.weights("w").tobytes() == whole.tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_both_engines_give_the_same_bytes(dtype: str) -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        spikes = random_spikes(rng, 60, 400, 5, 67, False)
        options = {
            "a_plus": 0.1, "a_minus": 0.1, "tau_plus": 7.3, "tau_minus": 11.1, "mu": float(rng.choice([0, 1, 0.3])),
            "pairing": str(rng.choice(["all", "nearest", "restricted"])), "equal": str(rng.choice(["nothing", "order"])),
        }  # fmt: skip
        w = rng.uniform(0, 1, (5, 67))
        found = []
        for engine in ENGINES:
            weights, sim, update = run_bench(PairStdp, w, spikes, engine, dtype, **options)
            state = {name: array.tobytes() for name, array in sim.state(update).items()}
            found.append((weights.tobytes(), state, sim.tally.to_dict()))
        assert found[0] == found[1]


def test_a_network_with_plasticity_is_saved_whole(tmp_path: Any) -> None:
    net = en.Network("float64")
    w = net.weights(np.full((2, 2), 0.5))
    net.add(PairStdp(w, mu=(0.0, 1.0), **FREE | {"bounds": (0.0, 1.0)}))
    net.add(DynamicStdp(w, alpha=0.9, step=1000))
    net.save(tmp_path / "net.npz")
    pair, dynamic = en.Network.load(tmp_path / "net.npz").modules
    for one, other in ((pair, net.modules[0]), (dynamic, net.modules[1])):
        assert one.state["code"].tolist() == other.state["code"].tolist()
        assert one.integers["plan"].tolist() == other.integers["plan"].tolist()


# --- what is refused -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("stage", [PRE, POST])
def test_a_negative_spike_must_be_foreseen(stage: int, engine: str) -> None:
    with pytest.raises(RuleError, match="a spike of sign -1 reached plasticity that knows only positive spikes"):
        run_bench(PairStdp, [[0.0]], [(0, stage, 0, -1)], engine, **FREE)
    run_bench(PairStdp, [[0.0]], [(0, stage, 0, -1)], engine, signed=True, **FREE)


@pytest.mark.parametrize("options, words", [
    ({"tau_plus": 0.0}, "tau_plus is 0.0; wanted a finite number above 0"),
    ({"tau_minus": -3.0}, "tau_minus is -3.0; wanted a finite number above 0"),
    ({"a_plus": math.nan}, "a_plus is nan; wanted a finite number"),
    ({"pairing": "some"}, "pairing is 'some'; wanted 'all' or 'nearest' or 'restricted'"),
    ({"equal": "both"}, "equal is 'both'; wanted 'nothing' or 'order'"),
    ({"bounds": (0.0, 0.25)}, r"weights 'w0' hold 0.5 at \[0, 0\]; wanted values from 0 to 0.25"),
    ({"mu": -1.0, "bounds": (0.0, 1.0)}, "mu is -1.0; wanted an exponent"),
    ({"mu": 1.0}, "in proportion to the room that is left need bounds"),
    ({"mu": 1.0, "bounds": (0.0, 1.0), "signed": True}, "need positive spikes, a_plus and a_minus"),
    ({"mu": 1.0, "bounds": (0.0, 1.0), "a_minus": -0.1}, "need positive spikes, a_plus and a_minus"),
    ({"memory": 0.0}, "memory is 0.0; wanted a finite number above 0"),
    ({"memory": 5.0, "bounds": (0.0, 1.0)}, "tags, which decay, have none: wanted None"),
])  # fmt: skip
def test_what_cannot_be_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        PairStdp(en.Network("float64").weights([[0.5]]), **FREE | options)


@pytest.mark.parametrize("options, words", [
    ({"alpha": 1.0}, "alpha is 1.0; wanted a number between 0 and 1"), ({"alpha": 0.0}, "alpha is 0.0"),
    ({"alpha": 0.5, "step": 0}, "step is 0 ticks; wanted 1 or more"),
])  # fmt: skip
def test_dynamics_that_cannot_be_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        DynamicStdp(en.Network("float64").weights([[0.5]]), **options)
