"""What leaving out an input changes: by hand, and against two whole runs compared in plain Python."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import make_case
from test_analysis_replay import chain, plain, replay_of
from test_cli import as_json, run

import eventnet as en
from eventnet import analysis, plotting
from eventnet.analysis.cascades import end_ports
from eventnet.cost.pricing import Detail, PriceList
from eventnet.errors import ModelError
from eventnet.tally import COLUMNS

WHAT = ("t", "source", "port", "index", "sign")
END = 4
"""Number of the port at which `small` ends."""


# --- by hand ---
def small() -> tuple[en.Network, Any]:
    """An input at index 0 makes unit 0 fire at once; one at index 1 leaves 2 of 3 behind, so that two are needed."""
    net = en.Network(dtype="int32")
    a = net.add(en.Relay(2, name="a"))
    layer = net.add(en.Rectified(1, net.weights([[3], [1]]), scale=3, name="layer"))
    net.connect(a.out, layer.spikes)
    net.connect(layer.out, net.add(en.Sink(1, name="end")).spikes, delay=1)
    return net, en.events([(0, a.spikes, 0, 1), (2, a.spikes, 1, 1), (4, a.spikes, 1, 1), (6, a.spikes, 0, -1)])


def test_an_input_that_made_a_spike() -> None:
    net, feed = small()
    told = analysis.ablate(en.simulate(net, feed, record=True, engine="reference"), 0)
    assert told.changed
    assert told.outputs.tolist() == [(1, END, 0, 1, 1, 0)]
    assert told.costs["a"] == {"deliveries": -1, "notices": -1}
    assert told.costs["layer"]["synaptic_adds"] == -1
    assert told.costs["end"] == {"deliveries": -1}
    assert (told.spikes, told.adds) == (-1, -3)  # one row; and a spike of a rectified unit takes two
    assert told.first is not None
    assert told.first.t == 0
    assert told.first.before is not None
    assert (told.first.before["port"], told.first.before["index"], told.first.place) == (1, 0, (1, 0))
    assert told.energy.typical == pytest.approx(-0.3)
    assert "the answer changes; 1 outputs change" in str(told)
    assert "layer.spikes[0] +1 (t=0, delivery 1) before, a.spikes[1] +1 (t=2, delivery 0) after" in str(told)
    assert json.loads(json.dumps(told.to_dict()))["outputs"][0]["port"] == "end.spikes"


def test_an_input_after_which_nothing_came_changes_only_costs() -> None:
    net, feed = small()
    replay = analysis.Replay(analysis.Course(net, feed, engine="reference"))
    told = analysis.ablate(replay, 3)
    assert not told.changed
    assert told.outputs.tolist() == []
    assert told.adds == -1
    rows = analysis.influence(replay)
    assert [one.changed for one in rows] == [True, True, True, False]
    assert [one.number for one in rows] == [0, 1, 2, 3]
    assert [one.root for one in rows] == replay.roots.tolist()
    # Without its first half, the second half of the pair does not fire: it shows at the end, after what it sent on.
    assert [one.first for one in rows] == [0, 2, 4, 6]
    assert analysis.ablate(replay, 3, answer="state").changed


def test_several_inputs_masks_and_functions() -> None:
    net, feed = small()
    replay = analysis.Replay(analysis.Course(net, feed, engine="reference"))
    for pick in ([1, 2], np.array([2, 1, 1]), np.array([False, True, True, False]), lambda e: e["index"] == 1):
        told = analysis.ablate(replay, pick)
        assert told.without == (1, 2)
        assert told.removed["t"].tolist() == [2, 4]
        assert told.outputs.tolist() == [(5, END, 0, 1, 1, 0)]


def test_inputs_put_in_and_put_in_place_of_others() -> None:
    net, feed = small()
    port = int(feed["port"][0])
    replay = analysis.Replay(analysis.Course(net, feed, engine="reference"))
    more = analysis.ablate(replay, plus=[(3, port, 1, 1)])
    assert more.outputs.tolist() == [(4, END, 0, 1, 0, 1), (5, END, 0, 1, 1, 0)]
    assert more.first is not None
    assert (more.first.t, more.first.after and more.first.after["port"]) == (3, 1)
    assert more.added["t"].tolist() == [3]
    other = analysis.ablate(replay, 0, instead=[(0, port, 1, 1)])
    assert other.outputs.tolist() == [(1, END, 0, 1, 1, 0), (3, END, 0, 1, 0, 1), (5, END, 0, 1, 1, 0)]
    same = analysis.ablate(replay, 1, instead=feed[1:2])
    assert (same.changed, same.costs, same.first) == (False, {}, None)


@pytest.mark.slow
def test_one_spike_more_in_a_chaotic_network_changes_when_nearly_all_others_come_and_hardly_what_they_cost() -> None:
    net = en.Network(dtype="float64")
    cells = net.add(en.LeakyDelta(300, tau=200.0, threshold=20.0, reset=10.0, refractory=20, name="cells"))
    weights = [2.0] * 240 + [-10.0] * 60
    made = net.connect(cells, cells, en.FixedInDegree(30), weight=weights, delay=15, seed=1)
    drive = net.add(en.PoissonDrive(cells, rate=1_500.0, weight=2.0, seed=2, tick=1e-4, name="drive"))
    net.connect(cells.out, net.add(en.Sink(300, name="heard")).spikes)
    inputs, extra = [(0, drive.ticks, 0, 1)], (500, made.rows, 7, 1)  # type: ignore[attr-defined]
    run = en.simulate(net, inputs, until=2_000, record=True)
    more = analysis.ablate(run, plus=[extra])
    whole = en.simulate(net, [*inputs, extra], until=2_000, record=True)
    assert more.run.log.tobytes() == whole.log.tobytes()
    assert more.first is not None
    assert (
        500 <= more.first.t <= 501
    )  # the row is added at once; a unit that it takes over its threshold is in the next tick
    assert more.outputs["t"].min() > 500
    late = more.outputs[more.outputs["t"] >= 1_500]
    ends = int(net["heard"].spikes)  # type: ignore[attr-defined]
    spikes = [one.log[(one.log["port"] == ends) & (one.log["t"] >= 1_500)] for one in (run, whole)]
    assert len(late) > 0.8 * sum(map(len, spikes)) > 100  # hardly one is at the same tick in both
    assert abs(more.adds) < 0.05 * run.tally.adds


def test_what_there_is_not_is_refused() -> None:
    net, feed = small()
    replay = analysis.Replay(analysis.Course(net, feed, engine="reference"))
    for wrong, match in (
        ({"without": 4}, "there is no input 4; there are 4"), ({"without": -1}, "no input -1"), ({}, "nothing was to be"),
        ({"without": np.array([True])}, "wanted .4., one for each"), ({"without": [0.5]}, "whole numbers"),
        ({"without": lambda e: [1]}, "wanted a mask"), ({"instead": feed[:1]}, "none is left out"),
        ({"without": 1, "answer": "nobody"}, "an answer is"), ({"without": 1, "variant": analysis.Variant("depth")}, "order already"),
    ):  # fmt: skip
        with pytest.raises(ModelError, match=match):
            analysis.ablate(replay, **wrong)


def test_energy_changes_by_either_end_of_all_prices() -> None:
    net, feed = small()
    prices = PriceList("mine", "none", {"synaptic_adds": 2.0}, {"synaptic_adds": Detail(1.0, 5.0)})
    told = analysis.ablate(
        analysis.Course(net, feed, engine="reference"), 3, variant=analysis.Variant("depth"), prices=prices
    )
    assert told.energy == (-5.0, -2.0, -1.0)
    assert told.prices == "mine"
    assert told.with_comparisons is None  # a list of whole events
    assert told.to_dict()["energy"]["pJ, comparisons as additions"] is None
    assert "comparisons" not in str(told)


def test_energy_is_told_with_comparisons_too_where_they_have_no_price() -> None:
    net, feed = small()
    told = analysis.ablate(analysis.Course(net, feed, engine="reference"), 3)
    before, after = (tally.totals()["compares"] for tally in told.tallies)
    assert told.prices == "Horowitz 45 nm, int32"  # 0.1 pJ an addition
    assert before != after
    assert told.with_comparisons is not None
    assert told.with_comparisons.typical == pytest.approx(told.energy.typical + 0.1 * (after - before))
    assert told.to_dict()["energy"]["pJ, comparisons as additions"] == told.with_comparisons._asdict()
    assert f"{told.with_comparisons.typical:+,.1f} pJ with comparisons at the price of an addition" in str(told)


# --- against two whole runs ---
@pytest.mark.slow
@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_changes_agree_with_two_whole_runs_compared_line_by_line(engine: str) -> None:
    changed = unchanged = 0
    for seed in range(40):
        case = make_case(seed)
        rng = np.random.default_rng([seed, 5])
        number = int(rng.integers(len(case.inputs)))
        answer = "ends" if end_ports(case.net) else "state"
        try:
            replay = replay_of(case, engine, checkpoints=3)
            other = plain(replay, np.delete(case.inputs, number))
        except en.EventnetError:
            continue
        told = analysis.ablate(replay, number, answer=answer)
        one = plain(replay, case.inputs)
        ends = end_ports(case.net)
        counts = [Counter((t, p, i, s) for _, _, _, t, _, p, i, s in side["log"] if p in ends) for side in (one, other)]
        assert told.outputs.tolist() == sorted(
            (*place, counts[0][place], counts[1][place])
            for place in {*counts[0], *counts[1]}
            if counts[0][place] != counts[1][place]
        )
        sums: Any = {}
        for name, row in other["by_port"].items():
            for column in COLUMNS:
                if row[column] != one["by_port"][name][column]:
                    key = name.split(".")[0], column
                    sums[key] = sums.get(key, 0) + row[column] - one["by_port"][name][column]
        assert {(m, c): n for m, row in told.costs.items() for c, n in row.items()} == {
            k: n for k, n in sums.items() if n
        }
        root = replay.roots[number]
        lines = [[line[3:] for line in side["log"] if line[0] != root or side is other] for side in (one, other)]
        at = next((k for k, (a, b) in enumerate(zip(*lines)) if a != b), min(map(len, lines)))
        if lines[0] == lines[1]:
            assert told.first is None
        else:
            assert told.first is not None
            for side, record in zip(lines, (told.first.before, told.first.after)):
                assert (record and tuple(record[name] for name in WHAT)) == (side[at] if at < len(side) else None)
        if answer == "ends":
            nets = [Counter() for _ in range(2)]  # type: ignore[var-annotated]
            for net, count in zip(nets, counts):
                for (_, p, i, s), n in count.items():
                    net[p, i] += s * n
            assert told.changed == ({k: n for k, n in nets[0].items() if n} != {k: n for k, n in nets[1].items() if n})
        else:
            assert told.changed == ((one["state"], one["weights"]) != (other["state"], other["weights"]))
        changed, unchanged = changed + told.changed, unchanged + (not told.changed)
    assert min(changed, unchanged) >= 5


def test_influence_says_of_each_input_what_ablate_says() -> None:
    told = []
    _, done = chain(n=12)
    replay = analysis.Replay.of(done, checkpoints=4)
    rows = analysis.influence(replay, [3, 7, 11], progress=lambda k, n: told.append((k, n)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    for row in rows:
        one = analysis.ablate(replay, row.number)
        assert (row.changed, row.outputs, row.spikes, row.adds) == (one.changed, len(one.outputs), one.spikes, one.adds)
        assert one.with_comparisons is not None
        assert (row.energy, row.energy_comparisons_too) == (one.energy.typical, one.with_comparisons.typical)
        assert row.first == (one.first and one.first.t)
    assert len(plotting.draw_influence(rows).lines) >= 2


# --- the command ---
@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    net, feed = small()
    net.save(tmp_path / "net.npz")
    np.save(tmp_path / "in.npy", feed)
    return tmp_path / "net.npz", tmp_path / "in.npy"


@pytest.mark.slow
def test_the_command_says_what_changes_and_its_exit_code_whether_the_answer_does(files: tuple[Path, Path]) -> None:
    text = run(
        "ablate", files[0], "--inputs", files[1], "--without", 0, "--csv", files[0].parent / "o.csv", code=1
    ).stdout
    assert "the answer changes; 1 outputs change" in text
    with open(files[0].parent / "o.csv", newline="") as file:
        assert list(csv.DictReader(file)) == [
            {"t": "1", "port": "end.spikes", "index": "0", "sign": "1", "before": "1", "after": "0"}
        ]
    found = as_json("ablate", files[0], "--inputs", files[1], "--without", "3")
    assert not found["changed"]
    assert found["manifest"]["options"]["order"] == "breadth"
    found = json.loads(run("ablate", files[0], "--inputs", files[1], "--without", "1-2,0", "--json", code=1).stdout)
    assert found["without"] == [0, 1, 2]


def test_the_command_finds_the_inputs_that_mattered(files: tuple[Path, Path]) -> None:
    text = run("ablate", files[0], "--inputs", files[1], "--csv", files[0].parent / "o.csv", code=1).stdout
    assert "3 of 4 inputs change the answer" in text
    with open(files[0].parent / "o.csv", newline="") as file:
        assert [row["changed"] for row in csv.DictReader(file)] == ["True", "True", "True", "False"]
    found = as_json("ablate", files[0], "--inputs", files[1], "--without", "3", "--each", "--order", "depth")
    assert (found["changing"], [row["number"] for row in found["inputs"]]) == (0, [3])


@pytest.mark.parametrize(
    "options, said",
    [
        (("--without", "x"), "'x' is no number"), (("--without", "9"), "there is no input 9"),
        (("--without", "3-1"), "'3-1' is no number"), (("--order", "sideways"), "no order is called"),
    ],
)  # fmt: skip
def test_the_command_tells_trouble_from_a_change(files: tuple[Path, Path], options: Any, said: str) -> None:
    assert said in run("ablate", files[0], "--inputs", files[1], *options, code=2).output
