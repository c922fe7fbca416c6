"""Flow sums and the filter with a bias: beside plain loops over all events, over rescalings and silence; both engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from few import few
from flow_cases import (
    HEIGHT,
    MIX,
    TRACES,
    WIDTH,
    Plain,
    PlainRefreshed,
    as_feed,
    drawn_inputs,
    flow_network,
    flow_of,
)

import eventnet as en
from eventnet.errors import NetworkError, RuleError
from eventnet.neurons.flow_sums import HALF, SINCE, tile_products

VERSIONS = ("thin", "fine", "thinnest")
TRIANGLE = np.triu_indices(3)


def simulated(version: str, inputs: Any, dtype: str = "float64", engine: str = "reference", tau: float = 500.0) -> Any:
    net, flow, head = flow_network(version, dtype, len(inputs["samples"]), tau)
    return en.simulate(net, as_feed(inputs, flow, head), engine=engine)


def in_true_units(run: Any, t: int) -> Any:
    """D [3, 3] as of t, of a run with batches of one."""
    state = run.state("flow")
    found = np.zeros((3, 3))
    found[TRIANGLE] = state["d"] * 2.0 ** (-2 * (t - state["clock"][SINCE]) / state["limits"][HALF])
    return found + np.triu(found, 1).T


@pytest.mark.parametrize("seed", few(range(6), 1))
@pytest.mark.parametrize("version", VERSIONS)
def test_answers_are_those_of_plain_loops_over_all_events(version: str, seed: int) -> None:
    inputs = drawn_inputs(seed)
    plain = (PlainRefreshed if version == "thinnest" else Plain)(version)
    wanted = plain.run(inputs)
    found = simulated(version, inputs).weights("answers")
    # Sums of some thousand terms in another order, and D in increments: rounding of float64, no more.
    assert np.allclose(found, wanted, rtol=1e-9, atol=1e-10)
    assert np.abs(wanted[:, 3:6]).max() > 0.005
    assert np.any(wanted[:, :3] != 0)


@pytest.mark.parametrize("version", ["thin", "fine"])
def test_d_is_the_sum_of_a_a_over_blocks(version: str) -> None:
    inputs = drawn_inputs(7)
    run, plain, t = simulated(version, inputs), Plain(version), 4000
    plain.run(inputs)
    assert np.allclose(in_true_units(run, t), plain.matrix(t), rtol=1e-10, atol=1e-12)
    assert run.state("flow")["clock"][SINCE] > 1000  # it was rescaled


@pytest.mark.parametrize("batch", [1, 5, 10**6])
@pytest.mark.parametrize("tile", [2, 3])
def test_d_and_what_waits_in_tiles_are_the_sum_over_blocks_with_products_of_tiles(tile: int, batch: int) -> None:
    net, size = en.Network("float64"), 2
    rows, columns = HEIGHT // size, WIDTH // size
    j = flow_of(rows, columns)
    products = tile_products(j, rows, columns, tile)
    flow = net.add(en.FlowSums(
        (HEIGHT, WIDTH), net.weights(j, "flow"), net.weights(products, "products"), tile=tile, batch=batch, tau=500.0,
        traces=TRACES, coefficients=MIX, ridge=1.0, shrinkage=1.0, name="flow",
    ))  # fmt: skip
    inputs = drawn_inputs(3)
    run = en.simulate(net, [(t, flow.spikes, i, s) for t, i, s in inputs["events"]], engine="reference")
    plain = Plain("thin")
    plain.run(inputs)
    state, last = run.state("flow"), inputs["events"][-1][0]
    s = plain.level(last)
    wanted = np.zeros(6)
    for y, x in plain.inner():
        gx, gy = plain.gradient(s, y, x)
        mean = products[y // tile * -(-columns // tile) + x // tile].reshape(3, 6)
        wanted += np.array([gx * gx, gx * gy, gy * gy]) @ mean
    held = state["d"] + (state["squares"].reshape(-1, 3, 1) * products.reshape(-1, 3, 6)).sum(axis=(0, 1))
    true = 2.0 ** (-2 * (last - state["clock"][SINCE]) / state["limits"][HALF])
    assert np.allclose(held * true, wanted, rtol=1e-9, atol=1e-11)
    assert (np.abs(state["squares"]).max() > 0) == (batch > 1)


def test_products_of_a_tile_are_means_over_its_inner_blocks() -> None:
    rows, columns, tile = 5, 7, 3
    j = flow_of(rows, columns, 4)
    found = tile_products(j, rows, columns, tile).reshape(2, 3, 3, 6)
    for a, b in np.ndindex(2, 3):
        sums, n = np.zeros((3, 3, 3)), 0
        for y in range(a * tile, min(a * tile + tile, rows)):
            for x in range(b * tile, min(b * tile + tile, columns)):
                if 0 < y < rows - 1 and 0 < x < columns - 1:
                    jx, jy = j[y * columns + x].reshape(2, 3)
                    sums += [np.outer(jx, jx), np.outer(jx, jy) + np.outer(jy, jx), np.outer(jy, jy)]
                    n += 1
        assert np.allclose(found[a, b], [each[TRIANGLE] / max(n, 1) for each in sums])
        assert n > 0 or b == 2  # the last column of tiles holds the border alone


@pytest.mark.parametrize("version", ["thin", "thinnest"])
def test_rescaling_rounds_nothing(version: str) -> None:
    """An event at a corner has no gradient and moves none: all else is what it was, times powers of 2."""
    net, flow, _ = flow_network(version, "float32")
    span = int(flow.integers["frame"][-1])
    sim = en.Simulation(net, engine="reference")
    sim.inject([(t, flow.spikes, i, s) for t, i, s in drawn_inputs(1, until=2 * span - 2)["events"] if t < span])
    sim.inject([(span - 2, flow.look, 0, 1), *((span - 1, flow.spikes, 70 + k, 1) for k in range(12))])
    before = {name: array.copy() for name, array in sim.run().state("flow").items()}
    for spans in (1, 2):
        sim.inject([(spans * span, flow.spikes, 0, 1)])
        after = sim.run().state("flow")
        assert (before["clock"][SINCE], after["clock"][SINCE]) == (0, spans * span)
        for name in ("level", "part", "d", "n") if version == "thinnest" else ("gx", "gy", "squares", "d", "n"):
            power = 2 if name in ("d", "squares", "part") else 1
            wanted = before[name] * np.float32(8.0 ** (-power * spans))
            if name == "level":
                wanted[0] = after[name][0]
            assert np.array_equal(after[name], wanted)
            assert np.any(wanted != 0) or name in ("squares", "n")  # with batches of one no squares wait


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_after_long_silence_what_came_before_is_nothing(version: str) -> None:
    """So long that all units would have overflowed."""
    far, both = 10**12, drawn_inputs(2)
    late = drawn_inputs(5)
    both["events"] += [(t + far, i, s) for t, i, s in late["events"]]
    both["samples"] += [t + far for t in late["samples"]]
    wanted = (PlainRefreshed if version == "thinnest" else Plain)(version).run(both)
    found = simulated(version, both).weights("answers")
    assert np.allclose(found[:, 3:6], wanted[:, 3:6], rtol=1e-9, atol=1e-10)
    if version != "thinnest":  # whose turn it is to be refreshed has moved on there
        n = len(late["samples"])
        alone = simulated(version, late).weights("answers")
        assert np.allclose(found[-n:, 3:6], alone[:, 3:6], rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("order", few(["depth", "breadth", "random"], 1))
def test_engines_agree_to_the_last_bit(order: str, version: str, dtype: str) -> None:
    inputs, found = drawn_inputs(11, events=900), []
    for engine in ("reference", "compiled"):
        net, flow, head = flow_network(version, dtype, len(inputs["samples"]))
        run = en.simulate(net, as_feed(inputs, flow, head), engine=engine, order=order)
        states = [array.tobytes() for name in ("flow", "head") for array in run.state(name).values()]
        found.append((run.weights("answers").tobytes(), str(run.tally.to_dict()), *states))
    assert found[0] == found[1]


@pytest.mark.parametrize("version", VERSIONS)
def test_float32_is_near_float64(version: str) -> None:
    inputs = drawn_inputs(4, events=500)
    fine, coarse = (simulated(version, inputs, dtype).weights("answers") for dtype in ("float64", "float32"))
    assert np.allclose(coarse, fine, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("version", VERSIONS)
def test_without_events_and_still_a_look_costs_three_compares(version: str) -> None:
    net, flow, _ = flow_network(version)
    tally = en.simulate(net, [(t, flow.look, 0, 1) for t in range(0, 50, 10)], engine="reference").tally
    assert {name: n for name, n in tally.totals().items() if n} == {"deliveries": 5, "compares": 15}
    events = [(1, flow.spikes, 5 * WIDTH + k % WIDTH, 1) for k in range(40)]
    run = en.simulate(net, [*events, *((t, flow.look, 0, 1) for t in range(2, 5000, 10))], engine="reference")
    looks = run.tally.by_port()["flow.look"]
    assert 0 < looks["compares"] < 3 * looks["deliveries"]  # the first was not asked whether it is still
    assert looks["multiplies"] < 45 * looks["deliveries"]  # in the end all were
    assert np.abs(run.state("flow")["rates"]).max() < 0.002


def test_a_look_refreshes_no_block_twice() -> None:
    """One event at every inner block: 35 operations each, and none for neighbours, which have had events themselves."""
    net, flow, _ = flow_network("thinnest")
    rows, columns = HEIGHT // 2, WIDTH // 2
    inner = [(2 * y, 2 * x) for y in range(1, rows - 1) for x in range(1, columns - 1)]
    feed = [(1, flow.spikes, y * WIDTH + x, 1) for y, x in inner]
    alone = [(1, flow.spikes, inner[0][0] * WIDTH + inner[0][1], 1)]
    counts = []
    for events in (feed, alone):
        tally = en.simulate(net, [*events, (2, flow.look, 0, 1)], engine="reference").tally.by_port()["flow.look"]
        counts.append(sum(n for name, n in tally.items() if name.endswith("adds")) + tally["multiplies"])
    assert counts[0] - counts[1] == 35 * (len(inner) - 1)


@pytest.mark.parametrize("version", VERSIONS)
def test_time_may_begin_before_tick_0(version: str) -> None:
    """Answers depend on the times between events only; the head's first step is of an unknown length, and has no slope."""
    inputs, found = drawn_inputs(6), []
    for shift in (0, -(2**40), -2000):
        moved = {
            "events": [(t + shift, i, s) for t, i, s in inputs["events"]],
            "samples": [t + shift for t in inputs["samples"]],
        }
        found.append(simulated(version, moved).weights("answers"))
    assert np.allclose(found[1], found[0], rtol=1e-9, atol=1e-10)
    assert np.allclose(found[2], found[0], rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_network_is_saved_and_loaded(version: str, tmp_path: Path) -> None:
    inputs = drawn_inputs(8)
    net, flow, _ = flow_network(version, "float32", len(inputs["samples"]))
    flow.rates[1] = 0.25
    net.save(tmp_path / "net.npz")
    loaded = en.Network.load(tmp_path / "net.npz")
    feeds = [as_feed(inputs, net["flow"], net["head"]), as_feed(inputs, loaded["flow"], loaded["head"])]
    runs = [en.simulate(each, feed, engine="reference") for each, feed in zip((net, loaded), feeds)]
    assert runs[0].weights("answers").tobytes() == runs[1].weights("answers").tobytes()
    assert loaded["flow"].rates[1] == 0.25  # type: ignore[attr-defined]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_run_goes_on_from_a_checkpoint(version: str, tmp_path: Path) -> None:
    inputs = drawn_inputs(9)
    net, flow, head = flow_network(version, "float64", len(inputs["samples"]))
    sim = en.Simulation(net, engine="reference")
    sim.inject(as_feed(inputs, flow, head))
    sim.run(until=2500)
    checkpoint = sim.checkpoint()
    again = en.Simulation(net, engine="reference")
    again.resume(checkpoint)
    answers = [each.run().weights("answers").tobytes() for each in (sim, again)]
    assert answers[0] == answers[1]
    for name, wrong in (("clock", 7), ("changes" if version != "thinnest" else "waits", -1)):
        damaged = sim.checkpoint()
        damaged.arrays[f"store:state:flow:{name}"][-2 if name == "clock" else 0] = wrong
        with pytest.raises(en.EventnetError, match=f"damaged: module 'flow': '{name}'"):
            en.Simulation(net, engine="reference").resume(damaged)


def test_what_does_not_fit_is_refused() -> None:
    net = en.Network("float64")
    j, products = net.weights(flow_of(5, 8)), net.weights(np.zeros((40, 18)))
    good: dict[str, Any] = {"traces": TRACES, "coefficients": MIX, "ridge": 1.0, "shrinkage": 1.0, "tile": 1}
    pixels: Any
    for pixels, options, said in (
        ((11, 16), {"traces": []}, "traces is"), ((11, 16), {"coefficients": [1.0]}, "wanted 3 finite numbers"),
        ((11, 16), {"ridge": 0}, "ridge is 0; wanted a number above 0"), ((11, 16), {"tau": 1e9}, "tau is"),
        ((11, 16), {"shrinkage": -1.0}, "shrinkage is"), ((11, 16), {"still": np.nan}, "still is"),
        ((11, 16), {"gradient": "scharr"}, "'central' or 'sobel'"), ((11, 16), {"batch": 0}, "batch is 0"),
        ((11, 16), {"size": 1}, "has 176 places, but its flow are for 40"), ((11, 16), {"tile": 2}, "has 12 tiles, but its products are for 40"),
        ((11,), {}, "wanted height and width"), (11, {}, "wanted height and width"), ((0, 3), {}, "wanted height and"),
    ):  # fmt: skip
        with pytest.raises(NetworkError, match=said):
            en.FlowSums(pixels, j, products, **good | options)
    small = net.weights(np.zeros((16, 6)))
    with pytest.raises(NetworkError, match="4 x 16 pixels make 2 x 8 blocks of 2; wanted 3 x 3 or more"):
        en.FlowSums((4, 16), small, net.weights(np.zeros((16, 18))), **good)
    flow = net.add(en.FlowSums((11, 16), j, products, **good, name="flow"))
    room, updates = net.weights(np.zeros((1, 9))), net.weights([[0, 1.0], [3, 1.0]], "updates")
    head: dict[str, Any] = {"gains": [0.1] * 4, "doubt": 1.0, "prior": 1.0, "tau": 9.0}
    for options, said in (
        ({"gains": [0.1]}, "wanted four finite numbers"), ({"doubt": 0.0}, "doubt is 0.0"),
        ({"prior": -1.0}, "prior is"), ({"tau": 0}, "tau is 0"),
    ):  # fmt: skip
        with pytest.raises(NetworkError, match=said):
            en.BiasFilter(3, flow, room, updates, **head | options)
    with pytest.raises(NetworkError, match="there are 2 axes, but .* has 3 rates"):
        en.BiasFilter(2, flow, net.weights(np.zeros((1, 6))), updates, **head)
    filter = net.add(en.BiasFilter(3, flow, room, updates, **head))
    with pytest.raises(RuleError, match="an update names an axis that does not exist"):
        en.simulate(net, [(0, filter.value, 1, 1)], engine="reference")
