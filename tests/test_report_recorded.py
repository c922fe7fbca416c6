"""What recorders found, in a report: thinned, rounded, and on the page."""

from __future__ import annotations

import eventnet as en
from eventnet.report import describe, render
from eventnet.report.recorded import POINTS, UNITS, recorded


def run_of(ticks: int, units: int) -> en.Simulation:
    net = en.Network(dtype="float64")
    source = net.add(en.Relay(units, name="source"))
    cells = net.add(en.LeakyDelta(units, tau=20.0, threshold=1.0, name="cells"))
    net.connect(source, cells, en.OneToOne(), weight=0.4)
    sim = en.Simulation(net, engine="reference", record=True, recorders=[en.record(cells), en.record(source, "spikes")])
    sim.inject([(5 * k, source.spikes, 0, 1) for k in range(4)])
    return sim.run(until=ticks)


def test_a_picture_holds_what_a_screen_shows() -> None:
    sim = run_of(2 * POINTS + 1, UNITS + 2)
    (one,) = recorded(sim)
    v = sim.recorded("cells", "phi")
    assert (one["module"], one["name"], one["step"], one["left out"]) == ("cells", "phi", 3, 2)
    assert one["t"] == v.times[::3].tolist()
    assert [len(line) for line in one["lines"]] == [len(one["t"])] * UNITS
    assert one["lines"][0] == [float(f"{x:.6g}") for x in v.numbers[::3, 0].tolist()]


def test_a_page_has_them_and_a_run_without_recorders_has_none() -> None:
    described = describe(run_of(50, 2))
    assert described["recorded"][0]["samples"] == 50
    assert b'"recorded":[{"module":"cells","name":"phi"' in render(described)
    bare = en.simulate(run_of(1, 2).net, engine="reference", record=True)
    assert describe(bare)["recorded"] == []
