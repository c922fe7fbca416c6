"""Proportional blame at layers that other modules write: shares worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

import eventnet as en
from eventnet.tally import SYNAPTIC_ADDS

TAU = 20.0


def network(decay: str = "tick", **options: Any) -> en.Network:
    """Two sources of unequal weights on one unit, whose spikes cost a row of ten adds."""
    net = en.Network(dtype="float64")
    source = net.add(en.Relay(2, name="source"))
    cells = net.add(en.LeakyDelta(1, tau=TAU, threshold=1.0, decay=decay, name="cells", **options))
    net.connect(source, cells, en.Edges([0, 1], [0, 0]), weight=[0.4, 0.7], name="in")
    after = net.add(en.LeakyDelta(10, tau=TAU, threshold=100.0, name="after"))
    net.connect(cells, after, en.AllToAll(), weight=1.0, name="on")
    return net


def synaptic(net: en.Network, rows: list[Any], until: int | None = None) -> list[int]:
    """Synaptic adds that each input is blamed for."""
    ledger = en.keep_ledger(net, rows, blame="proportional", until=until, engine="reference")
    return [int(n) for n in ledger.causes.counts[:, SYNAPTIC_ADDS]]


@pytest.mark.parametrize("decay", ["tick", "event"])
def test_a_spike_is_shared_by_what_is_left_of_each_event(decay: str) -> None:
    net = network(decay)
    source = net["source"]
    rows = [(0, source.spikes, 0, 1), (5, source.spikes, 0, 1), (6, source.spikes, 1, 1)]
    left = [0.4 * math.exp(-6 / TAU), 0.4 * math.exp(-1 / TAU), 0.7]
    wanted = [1 + 10 * part / sum(left) for part in left]
    found = synaptic(net, rows)
    assert sum(found) == 3 + 10
    assert all(abs(a - b) < 1 for a, b in zip(found, wanted, strict=True))


def test_what_worked_against_a_spike_or_came_while_a_unit_was_held_has_no_part() -> None:
    net = network(refractory=10)
    source = net["source"]
    rows = [
        (0, source.spikes, 1, 1), (1, source.spikes, 0, -1), (2, source.spikes, 1, 1), (2, source.spikes, 1, 1),  # fires
        (5, source.spikes, 1, 1),  # held
        (20, source.spikes, 1, 1), (20, source.spikes, 1, 1),  # fires
    ]  # fmt: skip
    found = synaptic(net, rows)
    assert sum(found) == len(rows) + 20
    assert found[1] == found[4] == 1
    assert found[5] == found[6] == 6


def test_a_drive_that_sets_a_unit_off_pays_its_part() -> None:
    """A current brings a unit to 0.9 of its threshold, an event over it: the drive's input and the event share."""
    net = network()
    source, cells = net["source"], net["cells"]
    net.add(en.CurrentSteps(cells, times=[0], levels=[0.9], until=200, name="current"))
    rows = [(0, net["current"].ticks, 0, 1), (199, source.spikes, 0, 1)]
    found = synaptic(net, rows)
    assert sum(found) == 1 + 10
    assert found[1] - 1 == pytest.approx(10 * 0.4 / (0.9 + 0.4), abs=1)
    alone = network()
    alone.add(en.CurrentSteps(alone["cells"], times=[0], levels=[1.5], until=60, name="current"))
    found = synaptic(alone, [(0, alone["current"].ticks, 0, 1), (50, alone["source"].spikes, 0, -1)])
    assert found[1] == 1
    assert found[0] > 0
