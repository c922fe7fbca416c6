"""The compiled twins of add_row, fire and add_and_fire give the bytes of the plain functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from few import few
from oracles import firing_order

import eventnet as en
from eventnet.errors import RuleError
from eventnet.kernels.out import Out
from eventnet.kernels.random import hash64, uniform
from eventnet.kernels.rows import add_and_fire, add_row, decay_and_add, fire, lowest, marked, spike_often
from eventnet.tally import N_COLUMNS

WIDTHS = (1, 2, 3, 63, 64, 65, 127, 128, 129, 200, 600)
DTYPES = ("float32", "float64", "int32")
SCALE = {"float32": 1, "float64": 1, "int32": 64}


@en.rule
def only_add(i, s, t, out, tally, phi, w):
    add_row(phi, w, i, s, tally)


@en.rule
def only_fire(i, s, t, out, tally, phi, threshold, step):
    fire(phi, threshold, step, s > 0, out, tally)


@en.rule
def add_fire_signed(i, s, t, out, tally, phi, w, threshold, step):
    made = add_and_fire(phi, w, i, s, threshold, step, True, out, tally)
    tally[4] += made


@en.rule
def add_fire_up(i, s, t, out, tally, phi, w, threshold, step):
    made = add_and_fire(phi, w, i, s, threshold, step, False, out, tally)
    tally[4] += made


@en.rule
def send_all(i, s, t, out, tally, phi):
    for block in range((len(phi) + 63) // 64):
        bits = marked(phi, block)
        while bits != 0:
            j = 64 * block + lowest(bits)
            bits &= bits - 1
            spike_often(out, j, 1 if phi[j] > 0 else -1, abs(int(phi[j])), 1.5 * t + j)


@en.rule
def send_less_than_none(i, s, t, out, tally):
    """Three spikes, and what takes none of them away."""
    spike_often(out, 0, 1, 3, 1.0)
    spike_often(out, 1, 1, -2, 1.0)
    spike_often(out, 1, 1, -(2**63), 1.0)
    spike_often(out, 1, -1, 1, 1.0)


class LessThanNone(en.Module):
    """Asks for less than no spikes."""

    ask = en.Port(send_less_than_none, emits="out")
    out = en.Outlet()
    units = 2


class Crowd(en.Module):
    """Each unit that is not 0 spikes as often as its number says."""

    given = en.Option[Any](positional=True)
    width = en.Option[int | None](None)
    units = en.Derived(lambda crowd: crowd.width or len(crowd.given))
    phi = en.State(None, start=lambda crowd: crowd.given)
    ask = en.Port(send_all, emits="out")
    out = en.Outlet()


class Bench(en.Module):
    """All three helpers at one array of potentials; `fire` is signed for +1 and rectified for -1."""

    weights = en.Weights("n_in", "units", key="w")
    units = en.Derived(lambda bench: bench.weights.cols)
    given = en.Option[Any](positional=True)
    scale = en.Option[int](positional=True)
    phi = en.State(start=lambda bench: bench.given)
    threshold = en.Param(start=lambda bench: bench.scale / 2)
    step = en.Param(start=lambda bench: float(bench.scale))
    most = en.Derived(6000)
    add = en.Port(only_add, accepts="n_in")
    fire = en.Port(only_fire, emits="out")
    signed = en.Port(add_fire_signed, emits="out", accepts="n_in")
    rectified = en.Port(add_fire_up, emits="out", accepts="n_in")
    out = en.Outlet()


def awkward_rows(rng: np.random.Generator, dtype: str, rows: int, width: int) -> Any:
    """Ties, exact halves, zeros of either sign, denormals and values that fire many times."""
    scale = SCALE[dtype]
    w = rng.normal(0, 0.4, (rows, width)) * scale
    if dtype == "int32":
        w = np.round(w)
    w = np.where(rng.random(w.shape) < 0.3, np.round(w / scale * 8) / 8 * scale, w)
    w = np.where(rng.random(w.shape) < 0.1, rng.choice([-0.5, 0.5, 1.5, -1.0, 1.0], w.shape) * scale, w)
    w = np.where(rng.random(w.shape) < 0.1, rng.choice([0.0, -0.0], w.shape), w)
    if dtype != "int32":
        tiny = 1e-310 if dtype == "float64" else 1e-42
        w = np.where(rng.random(w.shape) < 0.1, rng.choice([tiny, -tiny], w.shape), w)
        nearly = np.nextafter(np.array(0.5, dtype), np.array(1, dtype))
        w = np.where(rng.random(w.shape) < 0.05, rng.choice([nearly, -nearly], w.shape), w)
    if rng.random() < 0.5:  # many fires: more than the 32 from which buckets are used
        w[0] = np.round(w[0] * rng.choice([3, 8]))
    return w.astype(dtype)


def outcome(engine: str, dtype: str, w: Any, phi: Any, feed: list[tuple[str, int, int]], order: str = "fifo") -> Any:
    net = en.Network(dtype)
    bench = net.add(Bench(net.weights(w), phi, SCALE[dtype]))
    sink = net.add(en.Sink(w.shape[1]))
    net.connect(bench.out, sink.spikes)
    sim = en.Simulation(net, order, engine=engine, record=True)
    sim.inject([(t, getattr(bench, port), i, s) for t, (port, i, s) in enumerate(feed)])
    sim.run()
    return sim.log.tobytes(), sim.state(bench)["phi"].tobytes(), sim.tally.to_dict(), sim.log


@pytest.mark.parametrize("dtype", few(DTYPES, 1))
@pytest.mark.parametrize("width", few(WIDTHS, 10))
def test_compiled_helpers_give_the_plain_ones_bytes(width: int, dtype: str) -> None:
    for seed in range(3 if width < 600 else 2):
        rng = np.random.default_rng([width, seed])
        w, phi = awkward_rows(rng, dtype, 4, width), awkward_rows(rng, dtype, 1, width)[0]
        feed = [
            (str(rng.choice(["add", "fire", "signed", "rectified"])), int(rng.integers(4)), int(rng.choice([-1, 1])))
            for _ in range(12)
        ]
        for order in ("fifo", "magnitude"):  # "magnitude" reads |phi| at emission, too
            plain, compiled = (outcome(engine, dtype, w, phi, feed, order) for engine in ("reference", "compiled"))
            assert compiled[:3] == plain[:3], f"seed {seed}, {order}, {feed}"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", WIDTHS)
def test_spikes_leave_as_repeated_argmax_says(width: int, dtype: str) -> None:
    scale, most_at_once = SCALE[dtype], 0
    number = np.dtype(dtype).type
    for seed in range(8):
        rng = np.random.default_rng([width, seed, 1])
        w = awkward_rows(rng, dtype, 3, width)
        feed = [
            (str(rng.choice(["signed", "rectified"])), int(rng.integers(3)), int(rng.choice([-1, 1]))) for _ in range(8)
        ]
        _, left, _, log = outcome("compiled", dtype, w, np.zeros(width), feed)
        phi, wanted = np.zeros(width, dtype), []
        for t, (port, i, s) in enumerate(feed):
            phi = phi + w[i] if s > 0 else phi - w[i]
            made = firing_order(phi, number(scale / 2), number(scale), port == "signed")
            most_at_once = max(most_at_once, len(made))
            wanted += [(t, j, sign) for j, sign in made]
        assert log[log["source"] >= 0][["t", "index", "sign"]].tolist() == wanted, f"seed {seed}"
        assert left == phi.tobytes()
    assert most_at_once > 32 or width < 63


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zeros_of_either_sign_and_denormals_survive(dtype: str) -> None:
    tiny = np.finfo(dtype).smallest_subnormal
    w = np.array([[-0.0, 0.0, -0.0, 0.0, tiny, -tiny, tiny]], dtype)
    phi = np.array([-0.0, -0.0, 0.0, 0.0, tiny, tiny, -0.0], dtype)
    for s in (1, -1):
        plain = phi.copy()
        add_row(plain, w, 0, s, np.zeros(N_COLUMNS, np.int64))
        assert outcome("compiled", dtype, w, phi, [("add", 0, s)])[1] == plain.tobytes()
        assert np.signbit(plain[0]) == (s > 0)  # -0 + -0 is -0, and -0 - -0 is +0


@pytest.mark.parametrize("dtype", DTYPES)
def test_ties_go_to_the_lowest_unit_in_every_block_of_64(dtype: str) -> None:
    w = np.full((1, 300), 2.75 * SCALE[dtype]).astype(dtype)
    w[0, 1::2] *= -1
    log = outcome("compiled", dtype, w, np.zeros(300), [("signed", 0, 1)])[3]
    assert log["index"].tolist() == [0, *list(range(300)) * 3]
    assert log["sign"].tolist() == [1, *[1, -1] * 450]


@pytest.mark.parametrize("dtype", DTYPES)
def test_exactly_half_a_step_is_no_crossing(dtype: str) -> None:
    half = SCALE[dtype] / 2
    w = np.array([[half, -half] * 40], dtype)
    feed = [("signed", 0, 1), ("fire", 0, 1), ("rectified", 0, -1), ("rectified", 0, -1), ("fire", 0, -1)]
    assert (outcome("compiled", dtype, w, np.zeros(80), feed)[3]["source"] < 0).all()


# --- rows on potentials that decay -----------------------------------------------------------------------------------
@en.rule
def decaying(i, s, t, out, tally, phi, bar, factors, ticks, past, w, signed):
    found = decay_and_add(phi, w, i, s, ticks[t], factors[t], bar, signed != 0, tally)
    past[t] = 1 if found else 0


class Decaying(en.Module):
    """Multiplies by one factor a tick, adds, and notes whether a potential was past its own bar."""

    weights = en.Weights("n_in", "units", key="w")
    units = en.Derived(lambda module: module.weights.cols)
    given = en.Option[Any](positional=True)
    bars = en.Option[Any](positional=True)
    by_tick = en.Option[Any](positional=True)
    phi = en.State(start=lambda module: module.given)
    bar = en.State(start=lambda module: module.bars)
    factors = en.State(None, start=lambda module: module.by_tick)
    ticks = en.Integers(None, start=lambda module: np.asarray(module.by_tick) != 1)
    past = en.Integers(None, start=lambda module: np.zeros(len(module.by_tick)))
    signed = en.Param()
    spikes = en.Port(decaying, accepts="n_in")


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_decaying_row_is_a_product_and_a_sum_rounded_apart(width: int, dtype: str, signed: bool) -> None:
    """No product and sum in one rounding, whatever the machine can do; against NumPy, and against the plain form."""
    crossed = 0
    for seed in range(3):
        rng = np.random.default_rng([width, seed, 2])
        w, phi = awkward_rows(rng, dtype, 4, width), awkward_rows(rng, dtype, 1, width)[0]
        factors = np.where(rng.random(30) < 0.3, 1.0, rng.random(30)).astype(dtype)
        bar = rng.uniform(0.1, 1, width).astype(dtype) * (20 if width > 100 else 1)
        feed = [(t, int(rng.integers(4)), int(rng.choice([-1, 1]))) for t in range(30)]
        v, wanted = phi.copy(), []
        for t, i, s in feed:
            v = v * factors[t] if factors[t] != 1 else v
            v = v + w[i] if s > 0 else v - w[i]
            wanted.append(int(((np.abs(v) if signed else v) > bar).any()))
        crossed += sum(wanted)
        for engine in ("reference", "compiled"):
            net = en.Network(dtype)
            module = net.add(Decaying(net.weights(w), phi, bar, factors, signed=float(signed)))
            state = en.simulate(net, [(t, module.spikes, i, s) for t, i, s in feed], engine=engine).state(module)
            assert state["phi"].tobytes() == v.tobytes(), f"seed {seed}, {engine}"
            assert state["past"].tolist() == wanted, f"seed {seed}, {engine}"
    assert 0 < crossed < 90 or width > 3


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_unit_is_held_against_its_own_bar_and_the_bar_is_strict(dtype: str) -> None:
    w, bar = np.full((1, 200), 1.0), np.full(200, 1.0)
    for unit in (None, 0, 63, 64, 127, 199):
        lowered = bar.copy()
        if unit is not None:
            lowered[unit] = np.nextafter(np.array(1, dtype), np.array(0, dtype))
        for signed, s, expected in ((False, 1, 1), (False, -1, 0), (True, -1, 1)):
            net = en.Network(dtype)
            module = net.add(Decaying(net.weights(w), np.zeros(200), lowered, [0.5], signed=float(signed)))
            state = en.simulate(net, [(0, module.spikes, 0, s)]).state(module)
            assert state["past"].tolist() == [expected if unit is not None else 0]


def test_the_plain_functions_are_plain() -> None:
    phi, w = np.array([0.25, -1.0, 0.5]), np.array([[0.5, -0.75, 0.0]])
    out = Out((3,), 10)
    assert add_and_fire(phi, w, 0, 1, 0.5, 1.0, True, out, np.zeros(N_COLUMNS, np.int64)) == 3
    assert [(i, s, m) for i, s, _, m, _ in out.spikes] == [(1, -1, 1.75), (0, 1, 0.75), (1, -1, 0.75)]
    assert phi.tolist() == [-0.25, 0.25, 0.5]
    assert fire(phi, 0.5, 1.0, False, Out((3,), 10), np.zeros(N_COLUMNS, np.int64)) == 0


def test_random_numbers_by_counting_are_even_and_in_range() -> None:
    drawn = np.array([uniform(5, k) for k in range(4000)])
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert len({hash64(5, k) for k in range(4000)} | {hash64(6, k) for k in range(4000)}) == 8000
    # 4,000 draws into 10 bins: the sum of squares has 9 degrees of freedom, and is below 27.9 with probability 0.999.
    counts = np.histogram(drawn, 10, (0, 1))[0]
    assert ((counts - 400) ** 2 / 400).sum() < 27.9


# --- many spikes of one unit -----------------------------------------------------------------------------------------
def crowd(engine: str, order: str, phi: Any, most: int, units: int | None = None) -> Any:
    net = en.Network("float32")
    module = net.add(Crowd(phi, most=most, width=units))
    net.connect(module.out, net.add(en.Sink(module.units)).spikes)
    sim = en.Simulation(net, order, engine=engine, record=True)
    sim.inject([(t, module.ask, 0, 1) for t in range(3)])
    return sim


@pytest.mark.parametrize("order", ["depth", "breadth", "fifo", "magnitude"])
@pytest.mark.parametrize("width", WIDTHS)
def test_units_that_are_not_zero_spike_as_often_as_they_should(width: int, order: str) -> None:
    rng = np.random.default_rng(width)
    phi = rng.choice([0, 0, -0.0, 1, -2, 15, -16, 17, 40], width) * (rng.random(width) < 0.7)
    phi[-1] = -33
    wanted = [(j, 1 if n > 0 else -1) for j, n in enumerate(phi) for _ in range(abs(int(n)))]
    if order == "magnitude":  # the last unit first: its spikes are the largest
        wanted = sorted(wanted, key=lambda spike: -spike[0])
    for engine in ("reference", "compiled"):
        sim = crowd(engine, order, phi, len(wanted)).run()  # room for just as many as there are
        log = sim.log[sim.log["source"] >= 0]
        assert log[["index", "sign"]].tolist() == 3 * wanted


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_too_many_spikes_of_a_unit_and_spikes_of_no_unit_are_refused(engine: str) -> None:
    phi = np.array([0.0, 0, 20, 0, 3])
    with pytest.raises(RuleError, match="more than 22 spikes"):
        crowd(engine, "breadth", phi, 22).run()
    narrow = crowd(engine, "breadth", phi, 30, units=4)
    with pytest.raises(RuleError, match="index"):
        narrow.run()


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_less_than_no_spikes_are_none_and_more_than_there_is_room_for_end_soon(engine: str) -> None:
    net = en.Network()
    asked = net.add(LessThanNone(name="less"))
    sink = net.add(en.Sink(2))
    net.connect(asked.out, sink.spikes)
    run = en.simulate(net, [(0, asked.ask, 0, 1)], engine=engine, record=True)
    assert [(int(e["index"]), int(e["sign"])) for e in run.log[1:]] == [(0, 1)] * 3 + [(1, -1)]
    net = en.Network()
    crowd = net.add(Crowd(np.array([9e18, 1.0]), most=10))
    net.connect(crowd.out, net.add(en.Sink(2)).spikes)
    with pytest.raises(en.EventnetError, match="spikes"):
        en.simulate(net, [(0, crowd.ask, 0, 1)], engine=engine)
