"""What a report says of a run agrees with its tally and its log."""

from __future__ import annotations

import json

import numpy as np
import pytest
from report_cases import NASTY, tangle

import eventnet as en
from eventnet import analysis, cost
from eventnet.errors import DataError, EngineError
from eventnet.report import Panel, describe
from eventnet.tally import ADD_KINDS


def test_counts_are_the_tallys_in_total_by_port_and_by_module() -> None:
    sim, _ = tangle()
    found, tally = describe(sim), sim.tally
    assert {k: found["run"][k] for k in en.COLUMNS} == tally.totals()
    assert found["run"]["adds"] == tally.adds
    assert {p["name"]: {k: p[k] for k in en.COLUMNS} for p in found["ports"]} == tally.by_port()
    (panel,) = found["costs"]
    assert panel["totals"] == {**tally.totals(), "adds": tally.adds}
    for column in en.COLUMNS:
        assert sum(module[column] for module in panel["modules"]) == tally.totals()[column]
    for module in panel["modules"]:
        assert module["adds"] == sum(module[f"{kind}_adds"] for kind in ADD_KINDS)


def test_traffic_of_wires_and_inputs_adds_up_to_all_deliveries() -> None:
    sim, _ = tangle()
    graph = describe(sim)["graph"]
    log = sim.log
    outlets = {str(outlet): k for k, outlet in enumerate(sim.net.outlets())}
    ports = {str(port): k for k, port in enumerate(sim.net.ports())}
    for wire in graph["wires"]:
        source, port = outlets[f"{wire['from']}.{wire['outlet']}"], ports[f"{wire['to']}.{wire['port']}"]
        assert wire["traffic"] == ((log["source"] == source) & (log["port"] == port)).sum()
    inputs = sum(module["inputs"] for module in graph["modules"])
    assert inputs == (log["source"] < 0).sum() == 12
    assert sum(wire["traffic"] for wire in graph["wires"]) + inputs == len(log)
    assert sum(link["traffic"] for link in graph["links"]) + inputs == len(log)
    back = [
        (graph["modules"][k["from"]]["name"], graph["modules"][k["to"]]["name"]) for k in graph["links"] if k["back"]
    ]
    assert back == [("two", "one")]
    assert [wire["delays"] for wire in graph["wires"] if wire["from"] == "two" and wire["outlet"] == "out"] == [[2]]


def test_wires_between_the_same_modules_are_one_line_with_the_traffic_of_all() -> None:
    net = en.Network()
    a = net.add(en.Relay(1, name="a"))
    b = net.add(en.Rectified(1, net.weights([[1.0]]), name="b"))
    net.connect(a.out, b.spikes)
    net.connect(a.out, b.reset, delay=1)
    net.connect(a.out, b.reset, delay=3)
    run = en.simulate(net, [(0, a.spikes, 0, 1), (9, a.spikes, 0, 1)], record=True, engine="reference")
    graph = describe(run)["graph"]
    assert {(w["to"], w["port"], tuple(w["delays"]), w["traffic"]) for w in graph["wires"] if w["from"] == "a"} == {
        ("b", "spikes", (0,), 2), ("b", "reset", (1, 3), 4),
    }  # fmt: skip
    assert [link["traffic"] for link in graph["links"] if link["from"] != link["to"]] == [6]


def test_energy_is_the_price_lists_estimate_and_sums_over_modules() -> None:
    sim, _ = tangle()
    loihi = cost.prices("loihi")
    found = describe(sim, prices=loihi)
    wanted = loihi.estimate(sim.tally).total
    first = found["energy"][0]
    assert (first["low"], first["typical"], first["high"]) == wanted
    assert [e["prices"] for e in found["energy"]].count("Loihi") == 1
    assert len(found["energy"]) == len(cost.price_lists())
    for k in range(3):
        assert sum(m["energy"][k] for m in found["costs"][0]["modules"]) == pytest.approx(wanted[k])


def test_every_energy_has_one_with_comparisons_beside_it() -> None:
    sim, _ = tangle()
    found = describe(sim)
    own = cost.price_list(sim.net.dtype)
    whole = own.with_comparisons().energy(sim.tally)
    assert found["energy"][0]["comparisons too"] == whole > found["energy"][0]["typical"]
    assert found["costs"][0]["comparisons too"] == whole
    assert sum(m["comparisons too"] for m in found["costs"][0]["modules"]) == pytest.approx(whole)
    assert {e["prices"]: e["comparisons too"] == e["typical"] for e in found["energy"]}["Loihi"]


def test_panels_are_divided_by_their_number() -> None:
    sim, _ = tangle()
    found = describe(sim, panels=[Panel("half", sim.tally, 2, "a sample")])["costs"][1]
    assert found["totals"]["adds"] == sim.tally.adds / 2
    assert (found["title"], found["unit"]) == ("half", "a sample")


def test_a_description_is_json_and_the_same_for_the_same_run() -> None:
    one, other = (json.dumps(describe(tangle()[0]), allow_nan=False) for _ in range(2))
    assert one == other
    assert json.loads(one)["format"] == "eventnet-report-1"


def test_every_engine_gives_the_same_description() -> None:
    one, other = (describe(tangle(engine=engine)[0]) for engine in ("reference", "compiled"))
    for found in (one, other):
        assert found["manifest"]["simulation"].pop("engine")
    assert one == other


def test_orders_are_told_as_they_were_found() -> None:
    sim, _ = tangle()
    feed = sim.log[sim.log["source"] < 0][["t", "port", "index", "sign"]].tolist()
    outcomes = analysis.orders(
        sim.net,
        feed,
        coalesce=(None,),
        orders=("depth", "breadth"),
        answer="state",
        score=lambda run: float("nan"),
        processes=1,
    )
    found = json.loads(json.dumps(describe(sim, orders=outcomes)["orders"], allow_nan=False))
    assert found[0]["score"] is None
    assert [row["order"] for row in found] == ["depth", "breadth"]
    assert found[1]["adds"] == sim.tally.adds


def test_command_versions_and_seed_are_named() -> None:
    sim, _ = tangle(seed=5)
    found = describe(sim)["manifest"]
    assert found["simulation"]["seed"] == 5
    assert found["simulation"]["order"] == "breadth"
    assert set(found["versions"]) == {"eventnet", "numpy", "numba", "python"}
    given = {"command_line": "eventnet x", "options": {"a": 1}, "seed": 3, "versions": {"eventnet": "9"}}
    assert describe(sim, manifest=given)["manifest"]["command_line"] == "eventnet x"


def test_names_with_points_and_tags_are_kept_as_they_are() -> None:
    names = ("a.b", NASTY, "c.spikes", "d")
    sim, _ = tangle(names=names)
    found = describe(sim)
    assert [module["name"] for module in found["costs"][0]["modules"]] == list(names)
    assert sum(module["adds"] for module in found["graph"]["modules"]) == sim.tally.adds


def test_a_run_that_was_stopped_and_one_without_deliveries_are_described() -> None:
    net = en.Network()
    relay = net.add(en.Relay(1, name="a"))
    sim = en.Simulation(net, engine="reference", record=True)
    assert describe(sim.run())["run"]["first"] is None
    sim.inject([(5, relay.spikes, 0, 1)])
    assert any("still waited" in note for note in describe(sim.run(until=5))["notes"])


def test_a_network_of_many_modules_is_drawn_in_part_and_counted_in_full() -> None:
    net = en.Network()
    source = net.add(en.Relay(1, name="m0"))
    first = source
    for k in range(1, 250):
        following = net.add(en.Relay(1, name=f"m{k}"))
        net.connect(source.out, following.spikes)
        source = following
    run = en.simulate(net, [(0, first.spikes, 0, 1)], record=True, engine="reference")
    found = describe(run)
    assert len(found["graph"]["modules"]) == 120
    assert any("130 modules" in note for note in found["notes"])
    assert sum(module["deliveries"] for module in found["costs"][0]["modules"]) == 250
    assert found["order_sensitivity"] is None
    assert any("up to 200 modules" in note for note in found["notes"])


def test_a_run_without_a_log_and_a_limit_of_nothing_are_refused() -> None:
    sim, _ = tangle()
    with pytest.raises(DataError, match="1 delivery or more, not 0"):
        describe(sim, limit=0)
    blind = en.Simulation(sim.net, engine="reference")
    with pytest.raises(EngineError, match="no event log was kept"):
        describe(blind)
    assert np.asarray(sim.log).size
