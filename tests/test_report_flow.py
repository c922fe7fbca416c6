"""The flow from sensors to modules: its sums are the tally, and each stream what its deliveries were counted to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from report_cases import tangle, two_sensors

from eventnet import cost
from eventnet.analysis import count_operations
from eventnet.report import describe
from eventnet.tally import ADD_KINDS, COLUMNS


def sums(streams: list[list[Any]], side: int, column: int) -> dict[str, float]:
    """By one end of the streams."""
    found: dict[str, float] = {}
    for stream in streams:
        found[stream[side]] = found.get(stream[side], 0) + stream[column]
    return found


def adds_of(row: dict[str, int]) -> int:
    return sum(row[f"{kind}_adds"] for kind in ADD_KINDS)


@pytest.mark.parametrize("make", [tangle, two_sensors])
def test_streams_sum_to_the_ledger_by_sensor_and_to_the_tally_by_module(make: Any) -> None:
    sim, counts = make(40, count=count_operations)
    found = describe(sim, counts=counts)["flow"]
    assert found["whole"]
    by_sensor, by_module = cost.CostLedger.of(sim).by_sensor(), sim.tally.by_module()
    streams = found["streams"]
    assert sums(streams, 0, 2) == {port: row["deliveries"] for port, row in by_sensor.items()}
    assert sums(streams, 1, 2) == {name: row["deliveries"] for name, row in by_module.items()}
    assert sums(streams, 0, 3) == {port: adds_of(row) for port, row in by_sensor.items()}
    assert sums(streams, 1, 3) == {name: adds_of(row) for name, row in by_module.items()}
    typical = cost.price_list(sim.net.dtype).estimate(sim.tally).total[1]
    assert sum(stream[4] for stream in streams) == pytest.approx(typical, rel=1e-11)  # twelve digits each
    assert typical > 0
    compared = cost.price_list(sim.net.dtype).with_comparisons().energy(sim.tally)
    assert sum(stream[5] for stream in streams) == pytest.approx(compared, rel=1e-11)
    assert compared > typical


def test_each_stream_is_the_sum_over_its_deliveries() -> None:
    sim, counts = two_sensors(40, count=count_operations)
    log, ports = sim.log, list(sim.net.ports())
    wanted: dict[tuple[str, str], list[int]] = {}
    for line, row in zip(log, counts, strict=True):
        pair = str(ports[log["port"][int(line["root"])]]), ports[line["port"]].module.name
        own = wanted.setdefault(pair, [0, 0])
        own[0] += 1
        own[1] += int(row[[COLUMNS.index(f"{kind}_adds") for kind in ADD_KINDS]].sum())
    streams = describe(sim, counts=counts)["flow"]["streams"]
    assert {(source, module): [n, adds] for source, module, n, adds, *_ in streams} == wanted
    assert len(wanted) > 4
    alike = describe(sim, adds=counts[:, 3:7].sum(axis=1))["flow"]["streams"]
    assert [stream[:4] for stream in alike] == [stream[:4] for stream in streams]


def test_the_first_deliveries_tell_the_rest_where_their_port_always_does_the_same() -> None:
    sim, counts = two_sensors(60, count=count_operations)
    whole = describe(sim, counts=counts)
    found = describe(sim, counts=counts[:80])
    assert len(counts) > 150
    assert found["flow"] == whole["flow"]
    assert found["flames"] == whole["flames"]


def test_where_two_sensors_meet_uncounted_costs_are_not_made_up() -> None:
    sim, _ = two_sensors(40)
    found = describe(sim)["flow"]
    assert all(stream[3:] == [None, None, None] for stream in found["streams"])
    assert sum(stream[2] for stream in found["streams"]) == sim.tally.deliveries
    # One sensor alone: its ports' rows of the tally are all that there is to know.
    alone, _ = tangle(40)
    assert sum(stream[3] for stream in describe(alone)["flow"]["streams"]) == alone.tally.adds > 0


def test_a_log_of_the_last_deliveries_flows_in_deliveries_alone() -> None:
    sim, _ = tangle(record=15)
    found = describe(sim)["flow"]
    assert not found["whole"]
    assert sum(stream[2] for stream in found["streams"]) == len(sim.log)
    assert all(stream[3:] == [None, None, None] for stream in found["streams"])
    assert "before the log" in {stream[0] for stream in found["streams"]}


def test_operations_sum_to_the_tally_column_by_column() -> None:
    sim, counts = two_sensors(12, count=count_operations)
    assert counts.shape == (len(sim.log), len(COLUMNS))
    assert dict(zip(COLUMNS, counts.sum(axis=0).tolist(), strict=True)) == sim.tally.totals()
    assert np.all(counts[:, 0] == 1)
