"""The cascades of a report: those of the log, delivery by delivery, and what they cost."""

from __future__ import annotations

import numpy as np
import pytest
from report_cases import tangle, unfolded

from eventnet.report import describe
from eventnet.report.cascades import cascades, costs


def test_each_cascade_is_what_the_log_says_in_its_order() -> None:
    sim, adds = tangle()
    found = describe(sim, adds=adds)
    log = sim.log
    for number, event in enumerate(found["cascades"]["events"]):
        family = {event["id"]}
        wanted = []
        for line in log:
            if int(line["id"]) == event["id"] or int(line["parent"]) in family:
                family.add(int(line["id"]))
                record = {k: int(line[k]) for k in ("id", "t", "parent", "source", "port", "index", "sign")}
                wanted.append(record | {"adds": int(adds[int(line["id"])])})
        assert unfolded(found, number) == wanted
        assert event["deliveries"] == event["held"] == len(wanted)
        assert event["adds"] == sum(record["adds"] for record in wanted)
        depth = {-1: -1}
        for record in wanted:
            depth[record["id"]] = depth[record["parent"]] + 1
        assert event["depth"] == max(depth.values())


def test_the_sums_over_input_events_are_the_tally() -> None:
    sim, adds = tangle()
    found = cascades(sim.log, sim.net, sim.tally, adds)
    assert sum(event["adds"] for event in found["events"]) == sim.tally.adds > 0
    assert [sum(event["kinds"][k] for event in found["events"]) for k in range(4)] == list(sim.tally.by_kind().values())
    assert sum(event["deliveries"] for event in found["events"]) == sim.tally.deliveries
    dear = [found["events"][k]["adds"] for k in found["costliest"]]
    assert dear == sorted(dear, reverse=True)
    assert dear[0] == max(event["adds"] for event in found["events"])


def test_adds_of_deliveries_stand_in_for_roots_that_were_not_counted() -> None:
    sim, adds = tangle()
    other, _ = tangle(roots=False)
    with_roots, without = costs(sim.log, sim.tally, None), costs(other.log, other.tally, adds)
    assert without.ids.tolist() == with_roots.ids.tolist()
    assert without.counts.sum(axis=1).tolist() == with_roots.counts.sum(axis=1).tolist()
    assert len(costs(other.log, other.tally, adds[:-1]).ids) == 0
    assert not cascades(other.log, other.net, other.tally, None)["counted"]


@pytest.mark.parametrize("limit", [1, 7, 20])
def test_what_does_not_fit_is_cut_from_the_end_and_said(limit: int) -> None:
    sim, adds = tangle()
    found = describe(sim, adds=adds, limit=limit)
    shown = found["cascades"]
    assert shown["held"] == min(limit, len(sim.log)) == len(shown["columns"]["id"])
    assert any("cut short or left out" in note for note in found["notes"])
    whole = describe(sim, adds=adds)
    for number, event in enumerate(shown["events"]):
        assert event["deliveries"] == whole["cascades"]["events"][number]["deliveries"]
        assert unfolded(found, number) == unfolded(whole, number)[: event["held"]]


def test_a_log_of_the_last_deliveries_has_no_causes_from_before_it() -> None:
    sim, _ = tangle(record=15)
    log = sim.log
    first = int(log["id"][0])
    assert first > 0
    found = describe(sim)
    for number, event in enumerate(found["cascades"]["events"]):
        assert event["id"] >= first
        got = unfolded(found, number)
        assert [d["id"] for d in got] == log["id"][log["root"] == event["id"]].tolist()
    assert any(f"begins at delivery {first:,}" in note for note in found["notes"])


def test_many_inputs_are_listed_by_cost_first_then_by_time() -> None:
    sim, adds = tangle(30)
    found = cascades(sim.log, sim.net, sim.tally, adds)
    ids = [event["id"] for event in found["events"]]
    ranked = sorted(found["events"], key=lambda e: (-e["adds"], -e["deliveries"], e["id"]))
    assert ids[:10] == [e["id"] for e in ranked[:10]]
    assert ids[10:] == sorted(ids[10:])
    assert len(set(ids)) == found["inputs"] == 30


def test_a_latency_is_the_time_to_the_first_delivery_at_an_end() -> None:
    sim, _ = tangle()
    log, end = sim.log, int(sim.net["end"].spikes)
    for event in cascades(log, sim.net, sim.tally, None)["events"]:
        there = log[(log["root"] == event["id"]) & (log["port"] == end)]
        assert event["ticks to an end"] == (int(there["t"][0]) - event["t"] if len(there) else None)
    assert np.any(log["port"] == end)
