"""The waste report: by hand, against counters in plain Python, and against potentials read delivery by delivery."""

from __future__ import annotations

import csv
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import make_case
from order_cases import random_signed, random_tiny
from test_cli import as_json, run

import eventnet as en
from eventnet import analysis, plotting
from eventnet.errors import ModelError


def to_and_fro() -> tuple[en.Network, Any]:
    """A layer of one unit that two rows drive up and down again; two consumers, one of them a tick away."""
    net = en.Network(dtype="int32")
    a = net.add(en.Relay(1, name="a"))
    up, down = (net.add(en.Herding(1, net.weights([[w]]), scale=3, name=n)) for n, w in (("up", 3), ("down", -3)))
    meet = net.add(en.Herding(1, net.weights([[3]]), scale=3, name="meet"))
    net.connect(a.out, up.spikes)
    net.connect(a.out, down.spikes)
    net.connect(up.out, meet.spikes)
    net.connect(down.out, meet.spikes)
    for delay in (0, 1):
        net.connect(
            meet.out, net.add(en.Accumulator(5, net.weights(np.ones((1, 5))), net.weights([[0] * 5]))).spikes, delay
        )
    return net, a


def test_two_spikes_that_undo_each_other_cost_their_deliveries() -> None:
    net, a = to_and_fro()
    found = analysis.cancellation(en.simulate(net, [(0, a.spikes, 0, 1)], record=True, engine="reference"))
    by = {row.outlet: row for row in found.cancelled}
    assert (by["meet.out"].spikes, by["meet.out"].pairs, by["meet.out"].share) == (2, 1, 1.0)
    assert by["meet.out"].adds == 2 * 2 * 5
    assert (found.spikes, found.pairs, found.share) == (5, 1, 2 / 5)
    sums = {row.module: row for row in found.sums}
    assert sums["meet"].variation.tolist() == [6]
    assert sums["meet"].cascades.tolist() == sums["meet"].change.tolist() == [0]
    assert sums["meet"].variation_ratio == float("inf")
    assert sums["up"].variation_ratio == 1
    assert "1 pairs of spikes cancel each other within a cascade: 40 % of 5 spikes, 20 of 28 adds" in str(found)
    assert found.to_dict()["modules"]["meet"]["variation_ratio"] is None


def test_spikes_of_two_cascades_undo_nothing() -> None:
    net, a = to_and_fro()
    net["down"].weights.array[:] = 3  # type: ignore[attr-defined]
    feed = [(0, a.spikes, 0, 1), (1, a.spikes, 0, -1)]
    found = analysis.cancellation(en.simulate(net, feed, record=True, engine="reference"))
    assert found.pairs == 0
    meet = next(row for row in found.sums if row.module == "meet")
    assert (meet.variation.tolist(), meet.cascades.tolist(), meet.change.tolist()) == ([12], [12], [0])
    assert (meet.variation_ratio, meet.run_variation_ratio) == (1, float("inf"))


@pytest.mark.slow
def test_pairs_agree_with_counters_on_random_networks() -> None:
    pairs = tried = 0
    for seed in range(200):
        case = make_case(seed, "fifo")
        try:
            done = en.simulate(
                case.net, case.inputs, order="fifo", record=True, budget=150, engine="reference", until=case.until
            )
        except en.EventnetError:
            continue
        if not done.simulation.idle:
            continue
        names = [str(outlet) for outlet in case.net.outlets()]
        wires = Counter(str(w.source) for w in case.net.wires)
        signs: Any = defaultdict(Counter)
        for _, _, root, _, source, _, index, sign in done.log.tolist():
            if source >= 0 and not names[source].endswith(("notice", "predicted")):
                signs[names[source]][root, index, sign] += 1
        found = analysis.cancellation(done)
        assert {row.outlet for row in found.cancelled} == set(signs)
        for row in found.cancelled:
            n = signs[row.outlet]
            assert row.spikes * wires[row.outlet] == sum(n.values())
            cancelled = sum(min(n[root, i, 1], n[root, i, -1]) for root, i in {(r, i) for r, i, _ in n})
            assert row.pairs * wires[row.outlet] == cancelled
            pairs += row.pairs
        tried += 1
    assert tried > 15
    assert pairs > 10


def test_sums_agree_with_potentials_read_after_each_delivery() -> None:
    layers = 0
    for seed in range(40):
        net, feed = random_tiny(seed, ("relay", "rectified")).network()
        sim = en.Simulation(net, "depth", record=True, engine="reference")
        sim.inject(feed)
        ports = list(net.ports())
        rectified = [m for m in net.modules if isinstance(m, en.Rectified)]
        before: Any = {m.name: np.zeros(m.units) for m in rectified}
        moved: Any = defaultdict(list)
        while not sim.idle:
            sim.run(max_deliveries=1)
            line = sim.log[-1]
            module = ports[line["port"]].module
            if module in rectified:  # what a unit has been given: its potential, and what its spikes took off it
                now = sim[module].phi.astype(np.int64) + sim[module].fired
                moved[module.name].append((int(line["root"]), now - before[module.name]))
                before[module.name] = now
        found = {row.module: row for row in analysis.cancellation(en.Run(sim)).sums}
        for m in rectified:
            by_root: Any = defaultdict(lambda: np.zeros(m.units))  # noqa: B023
            for root, step in moved[m.name]:
                by_root[root] = by_root[root] + step
            row, zero = found[m.name], np.zeros(m.units)
            assert row.variation.tolist() == (zero + sum(np.abs(step) for _, step in moved[m.name])).tolist()
            assert row.cascades.tolist() == (zero + sum(np.abs(step) for step in by_root.values())).tolist()
            assert row.change.tolist() == np.abs(zero + sum(step for _, step in moved[m.name])).tolist()
            layers += bool(moved[m.name])
    assert layers > 20


def test_many_cascades_are_summed_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    net, feed = random_signed(3)
    done = en.simulate(net, feed, record=True, engine="reference")
    whole = analysis.cancellation(done).sums
    monkeypatch.setattr(sys.modules["eventnet.analysis.cancellation"], "CHUNK", 1)
    for one, other in zip(whole, analysis.cancellation(done).sums, strict=True):
        assert one.cascades.tolist() == other.cascades.tolist()


def test_sums_that_cannot_be_told_are_named() -> None:
    net, a = to_and_fro()
    omitted = net.add(en.Accumulator(2, block := net.weights([[0.0, 0.0]], "W"), block, name="writes"))
    found = analysis.cancellation(en.simulate(net, [(0, a.spikes, 0, 1)], record=True, engine="reference"))
    assert found.omitted == {omitted.name: "its weights 'W' change"}
    with pytest.raises(ModelError, match="did not keep its whole log"):
        analysis.cancellation(en.simulate(net, [(t, a.spikes, 0, 1) for t in range(9)], record=3, engine="reference"))


def test_savings_run_every_way_on_the_same_inputs() -> None:
    net = en.Network(dtype="int32")
    a = net.add(en.Relay(1, name="a"))
    meet = net.add(en.Herding(1, net.weights([[3]]), scale=3, name="meet"))
    net.connect(a.out, meet.spikes)
    net.connect(meet.out, net.add(en.Sink(1, name="end")).spikes)
    told: list[tuple[int, int]] = []
    rows = analysis.savings(
        net, [(0, a.spikes, 0, 1), (0, a.spikes, 0, -1)], order="fifo", score=lambda run: float(run.tally.deliveries),
        progress=lambda done, of: told.append((done, of)),
    )  # fmt: skip
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [(r.coalesce, r.annihilate) for r in rows] == [
        ("none", False),
        ("none", True),
        ("burst", False),
        ("burst", True),
    ]
    assert [r.answer for r in rows] == ["A"] * 4
    # At each row: two relayed, two more to the end; annihilating, the relay's two meet. Once a burst: rows and a notice.
    assert [r.deliveries for r in rows] == [6, 2, 5, 2]
    assert [r.annihilated for r in rows] == [0, 2, 0, 2]
    assert [r.score for r in rows] == [6.0, 2.0, 5.0, 2.0]
    assert rows[0].estimate.total.typical > rows[1].estimate.total.typical == 0


def test_pictures_draw_into_axes_or_make_their_own() -> None:
    net, a = to_and_fro()
    found = analysis.cancellation(en.simulate(net, [(0, a.spikes, 0, 1)], record=True, engine="reference"))
    assert len(plotting.draw_cancelled(found).patches) == 2 * len(found.cancelled)
    axes = plotting.draw_variation(found)
    assert plotting.draw_variation(found, axes) is axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [row.module for row in found.sums]


# --- the command ---
def test_the_command_reports_a_file(tmp_path: Path) -> None:
    net, a = to_and_fro()
    net.save(tmp_path / "net.npz")
    np.save(tmp_path / "in.npy", en.events([(0, a.spikes, 0, 1), (0, a.spikes, 0, -1)]))
    files = (
        "cancellation",
        tmp_path / "net.npz",
        "--inputs",
        tmp_path / "in.npy",
        "--out",
        tmp_path / "out",
        "--order",
        "fifo",
    )
    text = run(*files).stdout
    assert "pairs of spikes cancel within a cascade" in text
    assert "at each row, annihilating" in text
    with open(tmp_path / "out" / "numbers.csv", newline="") as file:
        quantities = {row["quantity"] for row in csv.DictReader(file)}
    assert {"cancelled pairs", "variation", "annihilated", "energy estimate"} <= quantities
    assert "energy estimate, comparisons too" in quantities
    assert "comparisons too" in text
    assert max(len(line) for line in text.splitlines() if line[:1] in set("┏┃┡│└")) <= 100
    for name in ("cancelled.png", "variation.png"):
        assert (tmp_path / "out" / name).read_bytes().startswith(b"\x89PNG")
    found = as_json(*files)
    assert found["cancellation"]["outlets"]["meet.out"]["pairs"] >= 0
    assert len(found["savings"]) == 4


def test_the_command_wants_a_file_or_a_scenario(tmp_path: Path) -> None:
    for options in ((), ("net.npz",), ("net.npz", "--inputs", "in.npy", "--scenario", "pd")):
        assert (
            "give a network file with --inputs FILE, or --scenario NAME" in run("cancellation", *options, code=2).output
        )
    assert "there is no scenario" in run("cancellation", "--scenario", "nothing", "--out", tmp_path, code=2).output
