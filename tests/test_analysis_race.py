"""The race detector: verdicts against every interleaving of tiny networks, and known races named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from few import draws, few
from order_cases import Tiny, random_signed, random_tiny, true_verdict
from test_analysis_order_sensitivity import diamond
from test_cli import as_json, run

import eventnet as en
from eventnet import analysis
from eventnet.analysis.log_differences import first_other_net, one_sided
from eventnet.analysis.packeted import several_ports
from eventnet.analysis.run_variants import Course, Variant, shuffled
from eventnet.errors import ModelError
from eventnet.models import DeepSpikingNetwork


def learner(sizes: list[int], seed: int, **options: Any) -> tuple[en.Network, Any]:
    """A training network of 20 random samples."""
    rng = np.random.default_rng(seed)
    options = {"steps": 4, "learning_rate": 0.3, "init_scale": 0.4, "seed": seed, **options}
    dsn = DeepSpikingNetwork(sizes, **options)
    x = rng.random((20, sizes[0])).astype(np.float32)
    return dsn.training_network(x, np.eye(sizes[-1], dtype=np.float32)[rng.integers(0, sizes[-1], 20)])


def earlier_wires_first(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return 2, wire


def later_wires_first(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return 2, -wire


# --- verdicts --------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("n", [30, pytest.param(100, marks=pytest.mark.slow)])
def test_verdicts_agree_with_every_interleaving_of_tiny_networks(n: int) -> None:
    found = {analysis.CONFLUENT: 0, analysis.COST_ONLY: 0, analysis.RACY: 0}
    for tiny, seed in [(random_tiny(s), s) for s in range(n)] + [
        (random_tiny(s, ("signed",)), s) for s in range(n + n // 2)
    ]:
        truth = true_verdict(tiny)
        if truth is None:
            continue
        assert analysis.race(*tiny.network(), seeds=20, engine="reference", explain=False).verdict == truth, seed
        found[truth] += 1
    assert min(found.values()) >= n // 12, found


@pytest.mark.slow
@pytest.mark.parametrize("n", [60, pytest.param(draws(500, 5), marks=pytest.mark.slow)])
@pytest.mark.parametrize("whole", few([False, True], 1))
def test_signed_feed_forward_networks_are_never_racy(whole: bool, n: int) -> None:
    verdicts = set()
    for seed in range(n):
        net, feed = random_signed(seed, whole)
        found = analysis.race(net, feed, seeds=2, orders=("breadth", "depth"), engine="reference")
        verdicts.add(found.verdict)
        assert found.verdict != analysis.RACY, (seed, whole, str(found))
    assert verdicts == {analysis.CONFLUENT, analysis.COST_ONLY}


def test_both_engines_find_the_same() -> None:
    for seed in range(4):
        tiny = random_tiny(seed)
        one, two = (
            analysis.race(*tiny.network(), seeds=3, engine=engine).to_dict() for engine in ("compiled", "reference")
        )
        assert one == two


# --- naming ----------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_the_race_of_a_diamond_is_named_with_both_contenders_and_their_states() -> None:
    net, a = diamond(en.Rectified)
    found = analysis.race(net, [(5, a.spikes, 0, 1)], seeds=3)
    assert (found.verdict, found.answers) == (analysis.RACY, 2)
    p = found.divergence
    assert p is not None
    assert (p.t, p.module) == (5, "meet")
    assert {(p.first.source, p.first.sign), (p.second.source, p.second.sign)} == {("up.out", 1), ("down.out", -1)}
    assert p.first.made[p.early] == ("meet.out[0] +1",)
    assert p.first.made[1 - p.early] == ()
    assert p.shared["meet.phi[0]"] == 0
    assert (p.before[p.early]["meet.phi[0]"], p.after[p.early]["meet.phi[0]"]) == (0, 0)
    assert (p.before[1 - p.early]["meet.phi[0]"], p.after[1 - p.early]["meet.phi[0]"]) == (-1, 0)
    assert "meet.spikes[0] +1 (from up.out)" in str(found)
    json.dumps(found.to_dict())


def test_a_race_far_behind_harmless_differences_is_found() -> None:
    # Relays that fan out make the logs differ from the first instant on; only the last pair of inputs meets.
    net, a = diamond(en.Rectified)
    noise = net.add(en.Relay(3, name="noise"))
    for k in range(3):
        net.connect(noise.out, net.add(en.Sink(3, name=f"sink{k}")).spikes)
    feed = [(t, noise.spikes, i, 1) for t in range(50) for i in range(3)] + [(40, a.spikes, 0, 1)]
    p = analysis.race(net, feed, seeds=2).divergence
    assert p is not None
    assert (p.t, p.module) == (40, "meet")


def test_two_inputs_of_one_instant_that_race_are_named() -> None:
    net = en.Network()
    layer = net.add(en.Rectified(1, net.weights([[1.0], [-1.0]]), name="layer"))
    one, two = (net.add(en.Relay(2, name=n)) for n in ("one", "two"))
    net.connect(one.out, layer.spikes)
    net.connect(two.out, layer.spikes)
    net.connect(layer.out, net.add(en.Sink(1, name="end")).spikes)
    feed = [(0, one.spikes, 0, 1), (0, two.spikes, 1, 1)]
    assert analysis.race(net, feed, orders=("breadth", "depth"), seeds=0).verdict == analysis.CONFLUENT
    found = analysis.race(net, feed, orders=("breadth",), seeds=5)
    assert found.verdict == analysis.RACY
    assert found.divergence is not None
    assert found.divergence.module == "layer"
    assert analysis.race(net, [(0, one.spikes, 0, 1), (1, two.spikes, 1, 1)]).verdict == analysis.CONFLUENT


@pytest.mark.slow
def test_weights_that_change_before_or_after_they_are_used_are_named() -> None:
    net, feed = learner([5, 4, 3], 1, rule="fsgd", hold_error=True)
    found = analysis.race(net, feed, answer="weights", orders=(earlier_wires_first, later_wires_first), seeds=0)
    p = found.divergence
    assert p is not None
    assert p.module == "back1"
    assert (p.first.port, p.second.port) == ("back1.spikes", "update1.error")
    assert p.first.source == p.second.source == "layer1.gated"
    changed = [name for name in p.before[0] if name.startswith("block.W1") and p.before[0][name] != p.before[1][name]]
    assert changed


# --- training depth-first without held errors ------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_depth_first_training_without_held_errors_leads_to_the_gate_at_the_output(seed: int) -> None:
    net, feed = learner([6, 4], seed, rule="sgd", hold_error=False)
    found = analysis.race(net, feed, answer="weights", orders=("breadth", "depth"), seeds=0)
    p = found.divergence
    assert found.verdict == analysis.RACY
    assert p is not None
    # A + error of a unit that has just fired, beside a row of inputs: depth-first it goes first, and passes the gate.
    assert (p.first.port, p.first.sign, p.first.source) == ("layer0.error", 1, "layer0.out")
    assert p.second.port == "layer0.spikes"
    assert p.variants[p.early] == "depth"
    unit = p.first.index
    assert p.first.made[p.early] == (f"layer0.gated[{unit}] +1",)
    assert p.first.made[1 - p.early] == ()
    sums = [sum(p.before[k][f"layer0.{name}[{unit}]"] for name in ("phi", "fired")) for k in (0, 1)]
    assert sums[p.early] > 0 > sums[1 - p.early]


@pytest.mark.slow
def test_in_deeper_networks_it_leads_to_a_gate_too() -> None:
    ports = set()
    for seed in range(6):
        net, feed = learner([6, 5, 4], seed, rule="sgd", hold_error=False)
        p = analysis.race(net, feed, answer="weights", orders=("breadth", "depth"), seeds=0).divergence
        if p is not None:
            ports.add(p.first.port)
    assert ports <= {"layer0.error", "layer1.error"}
    assert "layer1.error" in ports


@pytest.mark.slow
def test_the_output_gate_errs_to_one_side_and_hidden_gates_to_both() -> None:
    # Hardly any learning: each sample finds the same weights in both runs, so that every one of them can be compared.
    output, hidden = np.zeros(2, int), np.zeros(2, int)
    for seed in range(12):
        net, feed = learner([6, 5, 4], seed, rule="sgd", hold_error=False, learning_rate=1e-3)
        p = analysis.race(net, feed, answer="weights", orders=("breadth", "depth"), seeds=0).divergence
        if p is not None:
            output += p.reactions.get("layer1.error +1 from layer1.out", (0, 0, 0))[1:]
            assert not any(name.startswith("layer1.error -1") for name in p.reactions)  # targets come at the end
            for sign in "+-":
                hidden += p.reactions.get(f"layer0.error {sign}1 from back1.out", (0, 0, 0))[1:]
    assert output[0] == 0
    assert output[1] >= 5
    assert min(hidden) >= 10


def test_held_errors_cure_it() -> None:
    net, feed = learner([6, 4], 0, rule="sgd", hold_error=True)
    found = analysis.race(net, feed, answer="weights", orders=("breadth", "depth"), seeds=0)
    assert found.verdict != analysis.RACY


# --- ways ------------------------------------------------------------------------------------------------------------
def test_a_course_permutes_simultaneous_inputs_and_tells_the_log_in_its_own_numbers() -> None:
    net = en.Network(dtype="int32")
    layers = [net.add(en.Herding(1, net.weights([[2]]), scale=3, name=f"m{k}")) for k in range(3)]
    for layer in layers:
        net.connect(layer.out, net.add(en.Sink(1, name=f"end{layer.name}")).spikes)
    feed = en.events([(t, layer.spikes, 0, 1) for t in range(2) for layer in layers])
    course = Course(net, feed, engine="reference")
    plain = course.log(course.run(Variant("breadth")))
    sequences = set()
    for seed in range(20):
        log = course.log(course.run(Variant("breadth", seed, seed)))
        sequences.add(tuple(log["port"][log["source"] < 0][:3].tolist()))
        assert sorted(log[["t", "source", "port", "index", "sign"]].tolist()) == sorted(
            plain[["t", "source", "port", "index", "sign"]].tolist()
        )
    assert len(sequences) == 6
    assert several_ports(feed)
    assert not several_ports(feed[::3])


def test_the_shuffled_order_puts_deliveries_before_and_after_inputs() -> None:
    net = en.Network()
    a = net.add(en.Relay(4, name="a"))
    net.connect(a.out, net.add(en.Sink(4, name="b")).spikes)
    feed = [(0, a.spikes, k, 1) for k in range(4)]
    positions = set()
    for seed in range(10):
        log = en.simulate(net, feed, order=shuffled, seed=seed, record=True, engine="reference").log
        positions |= {int(line["id"]) for line in log if line["source"] >= 0}
    assert min(positions) < 4
    assert max(positions) == 7


def test_net_differences_are_found_by_the_time_of_sending() -> None:
    net = en.Network()
    a = net.add(en.Herding(2, net.weights([[1.0, 0.0], [0.0, 1.0]]), name="a"))
    net.connect(a.out, net.add(en.Sink(2, name="b")).spikes, delay=10)
    logs = [en.simulate(net, [(3, a.spikes, 0, 1), (5, a.spikes, k, 1)], record=True).log for k in (0, 1)]
    assert first_other_net(*logs) == 5
    assert first_other_net(logs[0], logs[0]) is None


def test_one_sided_reactions_agree_with_a_walk_through_both_logs() -> None:
    net, feed = learner([6, 5, 4], 0, rule="sgd", hold_error=False)
    logs = [en.simulate(net, feed, order=order, record=True).log for order in ("breadth", "depth")]
    told = []
    for log in logs:
        parents = set(log["parent"].tolist())
        seen: dict[Any, int] = {}
        made = {}
        for number, _, _, *what in log.tolist():
            seen[tuple(what)] = seen.get(tuple(what), 0) + 1
            made[(*what, seen[tuple(what)])] = number in parents
        told.append(made)
    wanted: dict[tuple[int, int, int], list[int]] = {}
    for key in told[0].keys() & told[1].keys():
        _, source, port, _, sign, _ = key
        row = wanted.setdefault((port, sign, source), [0, 0, 0])
        row[0] += 1
        row[1] += told[0][key] and not told[1][key]
        row[2] += told[1][key] and not told[0][key]
    assert one_sided(*logs) == {kind: tuple(row) for kind, row in sorted(wanted.items()) if row[1] + row[2]}


def test_a_race_needs_two_runs_and_an_answer() -> None:
    net, a = diamond(en.Rectified)
    with pytest.raises(ModelError, match="two runs"):
        analysis.race(net, [(0, a.spikes, 0, 1)], orders=("depth",), seeds=0)
    with pytest.raises(ModelError, match="an answer is"):
        analysis.race(net, [(0, a.spikes, 0, 1)], answer="nobody")


# --- the command -----------------------------------------------------------------------------------------------------
def test_the_command_fails_on_a_race_and_names_it(tmp_path: Path) -> None:
    net, _ = diamond(en.Rectified)
    net.save(tmp_path / "net.npz")
    (tmp_path / "in.csv").write_text("t,port,index,sign\n0,a.spikes,0,1\n")
    text = run("race", tmp_path / "net.npz", "--inputs", tmp_path / "in.csv", "--seeds", 2, code=1).stdout
    assert "racy" in text
    assert "meet.spikes[0]" in text
    found = json.loads(run("race", tmp_path / "net.npz", "--seeds", 2, "--json", code=1).stdout)
    assert (found["verdict"], found["divergence"]["module"]) == ("racy", "meet")
    burst = as_json("race", tmp_path / "net.npz", "--seeds", 2, "--coalesce", "burst")
    assert burst["verdict"] == "confluent"
    assert burst["manifest"]["seed"] == 0


def test_the_command_takes_a_scenario_and_leaves_its_inputs_in_order(tmp_path: Path) -> None:
    found = as_json("race", "--scenario", "pd", "--seeds", 1, "--orders", "depth,breadth", "--as-given")
    assert found["verdict"] != "racy"
    assert not [trial for trial in found["trials"] if "permuted" in trial["variant"]]
    assert "or --scenario NAME alone" in run("race", code=2).output


def test_the_command_passes_where_cost_alone_differs_unless_asked(tmp_path: Path) -> None:
    net, feed = next(
        made
        for made in (random_signed(seed) for seed in range(50))
        if analysis.race(*made, seeds=2).verdict == "cost-only"
    )
    net.save(tmp_path / "net.npz")
    np.save(tmp_path / "in.npy", feed)
    options = ("race", tmp_path / "net.npz", "--inputs", tmp_path / "in.npy", "--seeds", 2)
    assert "cost-only" in run(*options).stdout
    run(*options, "--strict", code=1)


def test_the_command_tells_trouble_from_a_race(tmp_path: Path) -> None:
    assert "there is no file" in run("race", tmp_path / "none.npz", code=3).output
    net, _ = diamond(en.Rectified)
    net.save(tmp_path / "net.npz")
    assert "no order is called" in run("race", tmp_path / "net.npz", "--orders", "sideways", code=2).output
    assert "an answer is" in run("race", tmp_path / "net.npz", "--answer", "nobody", code=2).output


def test_a_tiny_race_by_hand() -> None:
    # +2 of 3 fires (threshold 1), then -2 brings it to -3; -2 first, and +2 brings it back to 0.
    tiny = Tiny(
        (("relay", ((0, 0),)), ("rectified", ((2,), (-2,))), ("sink", ((0,),))), ((0, 1), (1, 2)),
        ((0, 0, 1), (0, 1, 1)),
    )  # fmt: skip
    assert true_verdict(tiny) == analysis.RACY


@pytest.mark.slow
def test_no_run_at_either_granularity_goes_beyond_the_static_report() -> None:
    bounds = {"never": 0, "cost": 0, "answer": 0}
    for seed in range(80):
        for coalesce in ("none", "burst"):
            net, feed = random_tiny(seed).network() if seed % 2 else random_signed(seed)
            verdict = analysis.order_sensitivity(net, feed, coalesce=coalesce).any_order
            found = analysis.race(net, feed, seeds=4, coalesce=coalesce, engine="reference", explain=False).verdict
            bounds[verdict] += 1
            if verdict == "never":
                assert found == analysis.CONFLUENT, (seed, coalesce)
            elif verdict == "cost":
                assert found != analysis.RACY, (seed, coalesce)
    assert min(bounds.values()) >= 5, bounds


def test_inputs_to_one_port_are_permuted() -> None:
    net = en.Network()
    layer = net.add(en.Rectified(1, net.weights([[1.0], [-1.0]]), name="layer"))
    net.connect(layer.out, net.add(en.Sink(1, name="end")).spikes)
    feed = [(0, layer.spikes, 0, 1), (0, layer.spikes, 1, 1)]
    assert analysis.race(net, feed, seeds=5, explain=False).verdict == analysis.RACY
    assert analysis.race(net, feed, seeds=5, explain=False, permute_inputs=False).verdict == analysis.CONFLUENT


@pytest.mark.slow
def test_a_parting_is_where_states_part_even_if_no_spike_shows_it_yet() -> None:
    # Fractional updates and held errors: the column that is propagated back was updated before, or was not.
    behind = 0
    for seed in range(6):
        net, feed = learner([5, 4, 3], seed, rule="fsgd", hold_error=True)
        orders = (earlier_wires_first, later_wires_first)
        p = analysis.race(net, feed, answer="weights", orders=orders, seeds=0).divergence
        if p is None:
            continue
        sims = [en.Simulation(net, order, record=True) for order in orders]
        for sim in sims:
            sim.inject(feed)
        states = []
        for t in range(p.t + 1):
            for sim in sims:
                sim.run(until=t + 1)
            one, two = (
                [a for m in net.modules for a in sim.state(m).values()] + [sim.weights(b) for b in net.blocks]
                for sim in sims
            )
            states.append(all(np.allclose(x, y, rtol=0, atol=1e-4) for x, y in zip(one, two, strict=True)))
        assert states == [True] * p.t + [False]
        sent = first_other_net(*(en.simulate(net, feed, order=order, record=True).log for order in orders))
        assert sent is None or p.t <= sent
        behind += sent is None or p.t < sent
    assert behind > 0
