"""A ledger's sums equal the tally, and what it says of an input is what the event log says of its cascade."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest
from cases import feed, make_case

import eventnet as en
from eventnet import cost
from eventnet.cost.ledger import MEASURES, CostLedger
from eventnet.errors import EngineError, InputError, ModelError
from eventnet.order import ORDERS

RNG = np.random.default_rng(0)
W = RNG.normal(0, 0.4, (12, 6)), RNG.normal(0, 0.4, (6, 4))


def two_sensors(order: str = "depth", **options: Any) -> tuple[en.Network, en.Simulation]:
    """A camera of 4 x 3 pixels and a knob into one layer, and what they made of 200 events."""
    net = en.Network("float64")
    eye, knob = net.add(en.Relay(12, name="eye")), net.add(en.Relay(6, name="knob"))
    layer, top = (
        net.add(en.Herding(6, net.weights(W[0]), name="layer")),
        net.add(en.Herding(4, net.weights(W[1]), name="top")),
    )
    net.connect(eye.out, layer.spikes)
    net.connect(layer.out, top.spikes, 2)
    net.connect(knob.out, top.spikes)
    net.connect(top.out, net.add(en.Sink(4, name="end")).spikes)
    rng = np.random.default_rng(1)
    rows = [(t, eye.spikes, int(rng.integers(12)), 1) if t % 4 else (t, knob.spikes, 0, -1) for t in range(200)]
    sim = en.Simulation(net, order, roots=True, **{"record": True, "engine": "reference", **options})
    sim.inject(rows)
    return net, sim.run()


def summed(rows: Any) -> Counter[str]:
    total: Counter[str] = Counter(dict.fromkeys(en.COLUMNS, 0))
    for row in rows:
        total.update(row)
    return total


@pytest.mark.parametrize("limit", [0, 2, 1_000_000])
@pytest.mark.parametrize("seed", range(12))
def test_sums_over_roots_equal_the_tally(seed: int, limit: int) -> None:
    case = make_case(seed, ORDERS[seed % len(ORDERS)])
    books = []
    for engine in ("compiled", "reference"):
        options = {**case.options, "record": False, "root_limit": limit, "budget": 300, "engine": engine}
        sim = en.Simulation(case.net, **options)
        try:
            feed(sim, case.inputs, "at once", case.until)
        except en.EventnetError:
            pass  # what was counted until then still agrees
        books.append(CostLedger.of(sim))
    for book in books:
        assert summed(book.by_sensor().values()) == book.tally.totals()
        entered = [book.entry(k).counts for k in range(len(book))]
        assert summed(
            [*entered, *(dict(zip(en.COLUMNS, row, strict=True)) for row in book.causes.beyond.values())]
        ) == (book.tally.totals())
        assert len(book) == min(limit, book.inputs)
        lines = list(csv.DictReader(io.StringIO(book.to_csv())))
        assert {name: sum(int(line[name]) for line in lines) for name in en.COLUMNS} == book.tally.totals()
    assert books[0].to_csv() == books[1].to_csv()
    assert json.dumps(books[0].to_dict()) == json.dumps(books[1].to_dict())


@pytest.mark.parametrize("order", ["depth", "breadth", "random"])
def test_an_entry_is_what_the_log_says_of_its_cascade(order: str) -> None:
    net, sim = two_sensors(order)
    book, log = CostLedger.of(sim), sim.log.tolist()
    cascades, at = defaultdict(list), {}
    for line in log:
        cascades[line[2]].append(line)
        at[line[0]] = 0 if line[1] < 0 else at[line[1]] + 1
    end = int(net["end"].spikes)
    for k, (root, lines) in enumerate(cascades.items()):
        entry = book.entry(k)
        assert (entry.id, entry.t, entry.size) == (root, lines[0][3], len(lines))
        assert entry.depth == max(at[line[0]] for line in lines)
        first = next((line for line in lines if line[5] == end), None)
        assert entry.ticks == (None if first is None else first[3] - entry.t)
        assert entry.after == (None if first is None else first[0] - root)
    children = Counter(line[1] for line in log if line[1] >= 0)
    assert book.branching_ratio() == pytest.approx(sum(children.values()) / len(log), abs=1e-15)
    mine = [line[0] for line in log if line[5] == int(net["layer"].spikes)]
    assert book.branching_ratio("layer") == sum(children[number] for number in mine) / len(mine)


def test_pixels_and_sensors_hold_what_their_inputs_cost() -> None:
    net, sim = two_sensors()
    book = CostLedger.of(sim)
    adds, sensors, pixels = Counter(), Counter(), Counter()
    for root, row in sim.tally.by_root().items():
        line = sim.log[root]
        n = sum(row[f"{kind}_adds"] for kind in ("input", "synaptic", "neuron", "learning"))
        adds[root] = n
        sensors[int(line["port"])] += n
        if line["port"] == int(net["eye"].spikes):
            pixels[int(line["index"])] += n
    heat = book.heat(4, 3)
    assert heat.shape == (3, 4)
    assert {y * 4 + x: heat[y, x] for y in range(3) for x in range(4)} == {k: pixels[k] for k in range(12)}
    by_sensor = book.to_dict()["by sensor"]
    assert {name: row["adds"] for name, row in by_sensor.items()} == {
        "eye.spikes": sensors[int(net["eye"].spikes)], "knob.spikes": sensors[int(net["knob"].spikes)],
    }  # fmt: skip
    assert [entry.id for entry in book.costliest(5)] == [
        root for root, _ in sorted(adds.items(), key=lambda i: (-i[1], i[0]))[:5]
    ]
    assert book.heat(6, 1, port=net["knob"].spikes).sum() == sensors[int(net["knob"].spikes)]
    edges, sums = book.over_time(7)
    assert (edges[0], edges[-1], sums.sum()) == (0, 200, sum(adds.values()))
    assert sums[0] == sum(n for root, n in adds.items() if sim.log["t"][root] < edges[1])


def test_energy_is_an_estimate_with_its_range_and_sums_to_that_of_the_run() -> None:
    _, sim = two_sensors()
    book, prices = CostLedger.of(sim), cost.prices("loihi")
    whole = prices.estimate(sim.tally)
    # Sums of some hundred doubles in another sequence.
    assert np.allclose(book.energies(prices=prices).sum(axis=0), whole.total, rtol=1e-12)
    assert book.to_dict(prices=prices)["energy"] == whole.to_dict()
    assert "estimate" in json.dumps(book.to_dict())
    entry = book.costliest(1, "energy", prices)[0]
    assert entry.energy.low <= entry.energy.typical <= entry.energy.high
    assert entry.energy.typical == book.cost("energy", prices).max()
    assert entry.energy_comparisons_too == entry.energy  # Loihi's price of an event has them in it
    default = cost.price_list("float64").energy(sim.tally)
    assert book.cost("energy").sum() == pytest.approx(default, rel=1e-12)


@pytest.mark.parametrize("given", [None, cost.HOROWITZ_INT32])
def test_energy_with_comparisons_sums_to_that_of_the_run(given: cost.PriceList | None) -> None:
    _, sim = two_sensors()
    book, prices = CostLedger.of(sim), given or cost.price_list("float64")
    whole = prices.with_comparisons().estimate(sim.tally).total
    assert np.allclose(book.energies(prices=given, comparisons=True).sum(axis=0), whole, rtol=1e-12)
    rows = list(csv.DictReader(io.StringIO(book.to_csv(given))))
    assert sum(float(row["typical_pJ_comparisons_too"]) for row in rows) == pytest.approx(whole.typical, rel=1e-12)
    entry = book.costliest(1, prices=given)[0]
    extra = prices.prices["adds"] * entry.counts["compares"]
    assert entry.energy_comparisons_too.typical == pytest.approx(entry.energy.typical + extra)
    assert extra > 0
    assert entry.to_dict()["energy_comparisons_too"] == entry.energy_comparisons_too._asdict()


def test_what_lies_beyond_the_limit_is_told_by_port() -> None:
    whole, cut = (CostLedger.of(two_sensors(root_limit=n, record=False)[1]) for n in (1000, 50))
    assert len(cut) == 50
    assert cut.inputs == whole.inputs == 200
    assert cut.by_sensor() == whole.by_sensor()
    beyond = cut.beyond()
    assert set(beyond) == {"eye.spikes", "knob.spikes"}
    assert sum(beyond.values()) + cut.cost().sum() == whole.cost().sum() == whole.tally.adds
    assert cut.to_dict()["beyond the limit"]["eye.spikes"]["deliveries"] > 0
    lines = [line for line in csv.DictReader(io.StringIO(cut.to_csv())) if line["id"] == ""]
    assert [line["port"] for line in lines] == list(cut.causes.beyond)
    for line in lines:
        assert line["size"] == line["deliveries"]
        assert int(line["adds"]) == beyond[line["port"]]
        assert int(line["depth"]) == cut.to_dict()["deepest beyond the limit"][line["port"]]
        assert line["ticks_to_end"] == line["deliveries_to_end"] == ""
    nothing = CostLedger.of(two_sensors(root_limit=0, record=False)[1])
    assert nothing.by_sensor() == whole.by_sensor()
    assert nothing.to_dict()["costliest"] == []
    assert nothing.to_dict()["cost of an input"]["mean"] is None
    with pytest.raises(InputError, match="itemized"):
        nothing.heat(4, 3)


def test_an_input_that_enters_at_an_end_has_not_come_to_it() -> None:
    net = en.Network()
    relay, end = net.add(en.Relay(2)), net.add(en.Sink(2, name="end"))
    net.connect(relay.out, end.spikes, delay=3)
    sim = en.Simulation(net, roots=True, record=True)
    sim.inject([(0, end.spikes, 0, 1), (1, relay.spikes, 1, 1), (2, end.spikes, 1, 1)])
    told = CostLedger.of(sim.run()).to_dict()
    assert told["reached an end"] == 1
    assert told["ticks to an end"] == {"mean": 3, "median": 3, "90%": 3, "most": 3}
    assert told["deliveries to an end"]["mean"] == 2  # another input comes between


@pytest.mark.parametrize("blame", ["triggering", "proportional"])
def test_the_input_that_begins_a_drive_bears_all_that_follows_from_its_ticks(blame: str) -> None:
    net = en.Network(dtype="float64")
    cells = net.add(en.LeakyDelta(20, tau=200.0, threshold=20.0, reset=10.0, refractory=20, name="cells"))
    made = net.connect(cells, cells, en.FixedInDegree(5), weight=4.0, delay=15, seed=1)
    drive = net.add(en.PoissonDrive(cells, rate=1_500.0, weight=4.0, seed=2, tick=1e-4, name="drive"))
    inputs = [(0, drive.ticks, 0, 1), (300, made.rows, 7, 1)]  # type: ignore[attr-defined]
    ledger = en.keep_ledger(net, inputs, until=600, blame=blame, engine="reference")
    adds, rows = ledger.cost("synaptic_adds"), ledger.tally.by_module()
    assert adds.sum() == rows["drive"]["synaptic_adds"] + rows["cells_to_cells"]["synaptic_adds"]
    own = int((made.edges()[0] == 7).sum())  # type: ignore[attr-defined]
    assert own <= adds[1] < 0.1 * adds[0]
    assert adds[0] > rows["drive"]["synaptic_adds"] > 0
    if blame == "triggering":
        spikes = ledger.cost("spikes")
        assert spikes[0] + spikes[1] == ledger.tally.spikes > 10


def test_what_cannot_be_told_is_refused() -> None:
    net, sim = two_sensors()
    book = CostLedger.of(sim)
    for what in MEASURES:
        assert len(book.cost(what)) == len(book)
    with pytest.raises(ModelError, match="adds"):
        book.cost("addds")
    with pytest.raises(InputError, match="index 11, but there are 6 pixels"):
        book.heat(3, 2)
    with pytest.raises(InputError, match="ports that had some: eye.spikes, knob.spikes"):
        book.by_pixel(port=net["layer"].spikes)
    with pytest.raises(InputError, match="layer"):
        book.branching_ratio("layr")
    with pytest.raises(EngineError, match="roots=True"):
        CostLedger.of(en.Simulation(net))
    assert np.isnan(CostLedger.of(en.Simulation(net, roots=True)).branching_ratio())
