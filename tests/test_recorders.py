"""Recorders: what they read, when, that they change nothing, and that a run in pieces reads the same."""

import copy
import math
import pickle

import numpy as np
import pytest
from few import few
from sparse_cases import Unit

import eventnet as en
from eventnet.analysis import SpikeTrains
from eventnet.errors import EngineError, EventnetError, InputError, NetworkError

UNTIL = 300


def network(dtype="float64", decay="tick", delay=3):
    """Driven, recurrent, with a silent end."""
    net = en.Network(dtype=dtype)
    cells = net.add(
        en.LeakyDelta(30, tau=25.0, threshold=1.0, reset=-0.5, rest=-0.25, refractory=4, decay=decay, name="cells")
    )
    net.connect(cells, cells, en.FixedInDegree(6), weight=[0.1] * 20 + [-0.2] * 10, delay=delay, seed=4)
    net.add(en.PoissonDrive(cells, rate=300.0, weight=0.25, seed=5, tick=1e-3, name="drive"))
    return net


def begun(net, **options):
    sim = en.Simulation(net, **options)
    sim.inject([(-3, net["drive"].ticks, 0, 1)])
    return sim


def looks(net):
    return [
        en.record(net["cells"], every=7, units=[3, 0, 21]),
        en.record("cells", "spikes"),
        en.record("cells", "updated", begin=50, until=90, every=10),
        en.record("cells_to_cells", "w", every=100),
    ]


def facts(sim):
    return (
        sim.deliveries,
        sim.time,
        repr(sim.tally),
        [
            (one.times.tobytes(), one.units.tobytes(), one.numbers.tobytes(), one.numbers.dtype)
            for one in sim.all_recorded()
        ],
    )


CASES = [
    (engine, dtype, decay) for engine in ("compiled", "reference") for dtype in ("float64", "float32")
    for decay in ("tick", "event")
]  # fmt: skip


@pytest.mark.parametrize("engine, dtype, decay", few(CASES, 3))
@pytest.mark.parametrize("order", ["breadth", "depth", "random"])
def test_a_recorder_changes_nothing_and_a_run_in_pieces_reads_the_same(engine, dtype, decay, order, tmp_path):
    net = network(dtype, decay)
    options = {"engine": engine, "order": order, "record": True, "roots": True}
    bare = begun(net, **options).run(UNTIL)
    whole = begun(net, **options, recorders=looks(net)).run(UNTIL)
    assert whole.log.tobytes() == bare.log.tobytes()
    assert repr(whole.tally) == repr(bare.tally)
    assert all(np.array_equal(whole.state("cells")[k], v) for k, v in bare.state("cells").items())
    part = begun(net, **options, recorders=looks(net))
    for until in (-1, 0, 1, 50, 57, 58, 89):
        part.run(until)
    while part.time < 140:
        part.run(max_deliveries=3)
    part.run(stop=net["drive"].ticks)
    part.save(tmp_path / "half.npz")
    later = en.Simulation(net, **options, recorders=looks(net)).resume(tmp_path / "half.npz")
    other = "reference" if engine == "compiled" else "compiled"
    others = begun(net, **options | {"engine": other}, recorders=looks(net)).run(UNTIL)
    assert facts(whole) == facts(part.run(UNTIL)) == facts(later.run(UNTIL)) == facts(others)
    assert len(whole.recorded("cells", "spikes").times) > 20


def test_a_recorded_potential_is_that_of_the_tick_asked():
    """Of units that the oracle brings up product by product: between events, held, and freed without an event."""
    inputs = [(3, 0), (4, 0), (9, 1), (10, 0), (10, 0), (40, 1)]
    net = en.Network(dtype="float64")
    source = net.add(en.Relay(2, name="source"))
    cells = net.add(en.LeakyDelta(2, tau=9.0, threshold=1.0, reset=0.25, refractory=5, name="cells"))
    net.connect(source, cells, en.OneToOne(), weight=0.6)
    sim = en.Simulation(net, recorders=[en.record(cells, "phi", every=1)])
    sim.inject([(t, source.spikes, j, 1) for t, j in inputs])
    sim.run(until=60)
    units = [Unit(math.exp(-1 / 9.0), 9.0, 1.0, 0.25, 5, True, 0.0) for _ in range(2)]
    seen = []
    for t in range(60):
        for _, j in [one for one in inputs if one[0] == t]:
            units[j].take(t, 0.6)
        now = copy.deepcopy(units)
        for unit in now:
            unit.bring(t)
        seen.append([unit.reset if unit.until is not None else unit.v for unit in now])
    found = sim.recorded()
    assert found.times.tolist() == list(range(60))
    assert found.numbers == pytest.approx(np.array(seen), rel=1e-13)  # exp(-n / tau), where the oracle makes n products
    assert found["unit"][:4].tolist() == [0, 1, 0, 1]
    assert found["t"][:4].tolist() == [0, 0, 1, 1]
    assert [k for k in range(60) if found.numbers[k, 0] == 0.25] == [*range(4, 16)]


def test_a_run_without_an_end_is_sampled_up_to_its_last_delivery():
    net = en.Network(dtype="float32")
    a = net.add(en.Herding(2, net.weights([[0.3, 0.2]]), name="a"))
    net.connect(a, net.add(en.Sink(2, name="sink")), delay=5)
    for engine in ("compiled", "reference"):
        sim = en.Simulation(net, engine=engine, recorders=[en.record(a, every=4), en.record(a, "spikes")])
        sim.inject([(t, a.spikes, 0, 1) for t in (0, 3, 8)])
        sim.run()
        assert sim.recorded(a, "phi").times.tolist() == [0, 4, 8, 12][: sim.time // 4 + 1]
        assert sim.recorded(a, "phi").numbers.dtype == np.float32
        assert sim.recorded(a, "phi").numbers[:3, 0] == pytest.approx([0.3, -0.4, -0.1])
        assert [sim.recorded(a, "spikes")[k].tolist() for k in ("t", "unit", "value")] == [[3, 8], [0, 1], [1, 1]]


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_recorded_spikes_are_those_of_the_log_without_keeping_one(engine):
    net = network()
    heard = begun(net, engine=engine, recorders=[en.record("cells", "spikes")], roots=True, root_limit=0).run(UNTIL)
    log = begun(net, engine=engine, record=True).run(UNTIL)
    ours, theirs = SpikeTrains.of(heard, "cells", begin=20), SpikeTrains.of(log, "cells", begin=20)
    assert (ours.t.tobytes(), ours.unit.tobytes(), ours.end) == (theirs.t.tobytes(), theirs.unit.tobytes(), theirs.end)
    with pytest.raises(EngineError, match="no event log was kept"):
        _ = heard.log
    bare = begun(net, engine=engine, roots=True, root_limit=0).run(UNTIL)
    assert repr(heard.tally) == repr(bare.tally)
    chosen = begun(net, engine=engine, recorders=[en.record("cells", "spikes", units=[2, 5], begin=40, until=200)])
    chosen.run(UNTIL)
    inside = np.isin(theirs.unit, [2, 5]) & (theirs.t >= 40) & (theirs.t < 200)
    assert chosen.recorded().times.tolist() == theirs.t[inside].tolist()
    with pytest.raises(EngineError, match="no event log"):
        SpikeTrains.of(chosen, "cells")


@pytest.mark.slow
def test_long_logs_are_heard_once(monkeypatch, tmp_path):
    """More deliveries than a chunk of the log, kept as a whole, in part, in a file or not at all."""
    monkeypatch.setattr("eventnet.engine.reference.LOG_CHUNK", 1 << 10)
    net = en.Network(dtype="float32")
    a = net.add(en.Relay(4, name="a"))
    net.connect(a, net.add(en.Sink(4, name="sink")), delay=2)
    n = 40_000
    for engine, many in (("compiled", n), ("reference", 3_000)):
        for record in (False, True, 10, tmp_path / f"{engine}.npy"):
            sim = en.Simulation(net, engine=engine, record=record, recorders=[en.record(a, "spikes")])
            sim.inject([(t // 2, a.spikes, t % 4, 1 - 2 * (t % 2)) for t in range(many)])
            sim.run(many // 3)
            sim.run()
            found = sim.recorded()
            assert found.times.tolist() == [t // 2 for t in range(many)]
            assert found.numbers.tolist() == [1 - 2 * (t % 2) for t in range(many)]
            assert record is False or len(sim.log) == (10 if record == 10 else 2 * many)


def test_what_is_known_already_is_left_out():
    """Pieces of a run that begin where the one before ended are all that was recorded."""
    net = network()
    sim, seen = begun(net, recorders=looks(net)), {"spikes": ([], []), "updated": ([], [])}
    for until in (90, 100, 250, UNTIL):
        sim.run(until)
        for name, (times, numbers) in seen.items():
            one = sim.recorded("cells", name, since=len(times))
            times += one.times.tolist()
            numbers += one.numbers.tolist()
    for name, (times, numbers) in seen.items():
        whole = sim.recorded("cells", name)
        assert (times, numbers) == (whole.times.tolist(), whole.numbers.tolist())
        assert times
        assert len(sim.recorded("cells", name, since=10**6).times) == 0
    with pytest.raises(InputError, match="since"):
        sim.recorded("cells", "spikes", since=-1)


def test_copies_and_pickles_go_on():
    net = network()
    sim = begun(net, recorders=looks(net)).run(100)
    made = pickle.loads(pickle.dumps(sim)), copy.deepcopy(sim)
    sim.run(200)
    for one in made:
        assert facts(one.run(200)) == facts(sim)


def test_recorded_numbers_as_a_table_a_parquet_file_and_signals(tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    pytest.importorskip("neo")
    net = network()
    run = en.Run(begun(net, record=True, recorders=looks(net)).run(50))
    v = run.recorded("cells", "phi")
    assert list(v) == ["t", "module", "name", "unit", "value"]
    assert {len(column) for column in v.values()} == {8 * 3}
    back = pq.read_table(v.to_parquet(tmp_path / "v.parquet")).to_pydict()
    assert back["value"] == v.numbers.ravel().tolist()
    assert set(back["module"]) == {"cells"}
    (signal,) = v.to_neo().segments[0].analogsignals
    assert signal.shape == (8, 3)
    assert signal.array_annotations["unit"].tolist() == [3, 0, 21]
    assert signal.times.rescale("us").magnitude.tolist() == v.times.tolist()
    spikes = run.recorded("cells", "spikes")
    trains = spikes.to_neo().segments[0].spiketrains
    assert sum(map(len, trains)) == len(spikes.times)
    segment = run.to_neo().segments[0]
    assert len(segment.analogsignals) == 3
    assert len(segment.spiketrains) > len(trains)
    assert repr(v) == "<Recorded, 'phi' of 'cells': 8 samples of 3 units>"
    assert "spikes>" in repr(spikes)


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_the_table_of_a_run_has_what_was_recorded_by_name_beside_the_log(engine, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    net = network()
    run = en.Run(begun(net, engine=engine, record=True, recorders=looks(net)).run(60))
    bare = begun(net, engine=engine, record=True).run(60).table()
    assert {name: column.tolist() for name, column in run.table().items()} == {
        name: column.tolist() for name, column in bare.items()
    }
    assert parquet.read_table(run.to_parquet(tmp_path / "log.parquet")).column_names == list(bare)
    for recorder in run.simulation.recorders.given:
        own = run.recorded(recorder)
        assert len(own["t"]) > 0
        asked = [(recorder,), (own.module, recorder.name), (net[own.module], recorder.name)]
        for one in asked:
            found = run.table(*one)
            back = parquet.read_table(run.to_parquet(tmp_path / "one.parquet", *one)).to_pydict()
            for name, column in own.items():
                assert found[name].tolist() == column.tolist() == back[name]
    assert run.table("cells_to_cells")["name"].tolist() == run.table(name="w")["name"].tolist()
    for call in (run.table, lambda *which: run.to_parquet(tmp_path / "none.parquet", *which)):
        with pytest.raises(EngineError, match=r"3 recorders are meant; .* 'phi' of 'cells', 'spikes' of 'cells'"):
            call("cells")
        with pytest.raises(EngineError, match="0 recorders are meant"):
            call("cells", "voltage")
    assert not (tmp_path / "none.parquet").exists()


def test_a_table_of_what_was_recorded_wants_no_log(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    net = network()
    sim = begun(net, recorders=[en.record("cells", "spikes")]).run(60)
    with pytest.raises(EngineError, match="no event log was kept"):
        sim.table()
    file = sim.to_parquet(tmp_path / "spikes.parquet", "cells", "spikes")
    assert parquet.read_table(file).column("unit").to_pylist() == sim.table("cells", "spikes")["unit"].tolist()


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_data_frames_take_the_table_of_what_was_recorded(package):
    frames = pytest.importorskip(package, reason=f"{package} is not installed")
    net = network()
    sim = begun(net, recorders=looks(net)).run(60)
    found = sim.table("cells", "phi")
    frame = frames.DataFrame(found)
    assert list(frame.columns) == ["t", "module", "name", "unit", "value"]
    for name, column in found.items():
        assert list(frame[name]) == column.tolist()


BAD = [
    (lambda net: en.record("nobody"), "nobody"),
    (lambda net: en.record("cells", "voltage"), "has no 'voltage' to record; it has phi"),
    (lambda net: en.record("cells", units=30), "unit 30 of 'cells' is recorded; 'phi' has places 0 to 29"),
    (lambda net: en.record("cells", units=[]), "units of a recorder are"),
    (lambda net: en.record("cells", units=[1, 1]), "each once"),
    (lambda net: en.record("cells", every=0), "every is 0"),
    (lambda net: en.record("cells", "spikes", every=2), "recorder of spikes, which takes each"),
    (lambda net: en.record("cells", begin=5, until=5), "until is 5"),
    (lambda net: en.record("drive", "spikes"), "'drive' .* no outlet"),
    (lambda net: en.record(en.Relay(2, name="cells")), "not in this network"),
    (lambda net: "phi", "no recorder; wanted en.record"),
]


@pytest.mark.parametrize("made, why", BAD, ids=[why for _, why in BAD])
def test_what_cannot_be_is_refused(made, why):
    net = network()
    with pytest.raises(EventnetError, match=why):
        en.Simulation(net, recorders=[made(net)])


def test_recorders_that_are_not_clear_or_not_those_of_a_checkpoint_are_refused(tmp_path):
    net = network()
    sim = begun(net, recorders=looks(net)).run(60)
    with pytest.raises(EngineError, match=r"3 recorders are meant; wanted one: .* 'phi' of 'cells'"):
        sim.recorded("cells")
    with pytest.raises(EngineError, match="0 recorders are meant"):
        begun(net).recorded()
    one = en.record("cells")
    assert len(begun(net, recorders=[one, en.record("cells")]).run(5).recorded(one).times) == 5
    sim.save(tmp_path / "cp.npz")
    for recorders in ([], looks(net)[:2]):
        with pytest.raises(EventnetError, match="recorders"):
            en.Simulation(net, recorders=recorders).resume(tmp_path / "cp.npz")
    for name, array in sim.checkpoint().arrays.items():
        if name.startswith("recorder:"):
            bad = sim.checkpoint()
            bad.arrays[name] = array[:-1] if name.endswith("values") else array.astype(np.int32)
            with pytest.raises(EventnetError, match="recorder"):
                en.Simulation(net, recorders=looks(net)).resume(bad)
    with pytest.raises(NetworkError, match="a unit is 1.5"):
        en.record("cells", units=[1.5])


def test_other_layers_tell_their_potential_too():
    """Exact currents, whose method has another name for views, and leaky units: as their own methods say."""
    net = en.Network(dtype="float64")
    exact = net.add(en.ExponentialCurrent(2, net.weights([[4.0, 2.0]]), tau_m=10_000.0, tau_s=500.0, name="exact"))
    leaky = net.add(en.LeakyIntegrate(2, net.weights([[0.4, 0.2]]), tau=50.0, name="leaky"))
    inputs = [(10, exact.spikes, 0, 1), (12, leaky.spikes, 0, 1)]
    recorders = [en.record(exact, every=30), en.record(leaky, every=30)]
    sim = en.Simulation(net, engine="reference", recorders=recorders)
    sim.inject(inputs)
    sim.run(until=100)
    for layer in (exact, leaky):
        found = sim.recorded(layer)
        for t, row in zip(found.times.tolist(), found.numbers, strict=True):
            other = en.Simulation(net, engine="reference")
            other.inject(inputs)
            other.run(until=t + 1)
            own = exact.potential(other[exact], t) if layer is exact else leaky.potentials(other.state(leaky), t)
            assert row.tobytes() == own.tobytes()
        assert found.numbers[1:].any()
