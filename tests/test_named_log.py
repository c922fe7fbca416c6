"""A log as a table: its own numbers, and the names of modules, ports and outlets."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import eventnet as en
import eventnet.engine.columns
from eventnet.errors import DataError, EngineError


def network() -> tuple[en.Network, list[tuple[int, object, int, int]]]:
    net = en.Network("float64")
    eye = net.add(en.Relay(4, name="eye"))
    layer = net.add(en.Herding(3, net.weights(np.full((4, 3), 0.4)), name="layer"))
    net.connect(eye, layer.spikes)
    net.connect(layer, net.add(en.Sink(3, name="end")).spikes)
    return net, [(t // 2 - 5, eye.spikes, t % 4, 1 if t % 3 else -1) for t in range(40)]


def test_numbers_are_the_logs_and_names_the_networks() -> None:
    net, inputs = network()
    run = en.simulate(net, inputs, record=True, engine="reference")
    table = run.table()
    for name in en.DELIVERY.names or ():
        assert table[name].tolist() == run.log[name].tolist()
        assert table[name].dtype == en.DELIVERY[name]
    assert set(table["port_name"].tolist()) == {"eye.spikes", "layer.spikes", "end.spikes"}
    for line in zip(*(table[name].tolist() for name in ("parent", "module", "kind", "port_name", "outlet"))):
        parent, module, kind, port, outlet = line
        assert (kind, port) == ({"eye": "Relay", "layer": "Herding", "end": "Sink"}[module], f"{module}.spikes")
        before = {"eye": "", "layer": "eye", "end": "layer"}[module]
        assert outlet.partition(".")[0] == before
        assert (parent == -1) == (outlet == "")


def test_a_file_that_a_run_wrote_gives_the_same_table(tmp_path: Path) -> None:
    net, inputs = network()
    run = en.simulate(net, inputs, record=tmp_path / "log.npy", engine="reference")
    table, written = run.table(), en.log_table(tmp_path / "log.npy", net)
    assert {name: column.tolist() for name, column in table.items()} == {
        name: column.tolist() for name, column in written.items()
    }
    assert repr(written) == f"<LogTable, {len(run.log)} deliveries: {', '.join(table)}>"


def test_an_empty_log_is_an_empty_table() -> None:
    net, _ = network()
    table = en.simulate(net, record=True, engine="reference").table()
    assert {len(column) for column in table.values()} == {0}
    assert len(en.events_from(table)) == 0


def test_without_a_log_there_is_no_table() -> None:
    net, inputs = network()
    with pytest.raises(EngineError, match="no event log was kept"):
        en.simulate(net, inputs, engine="reference").table()


def test_a_log_of_another_network_is_refused(tmp_path: Path) -> None:
    net, inputs = network()
    log = en.simulate(net, inputs, record=True, engine="reference").log
    other = en.Network()
    other.add(en.Relay(4, name="eye"))
    with pytest.raises(DataError, match="the log names port 4; the network has ports up to 0: another one's"):
        en.log_table(log, other)
    wrong = log.copy()
    wrong["source"][3] = -2
    with pytest.raises(DataError, match="the log names source -2"):
        en.log_table(wrong, net)


def test_inputs_of_a_table_run_again_to_the_same_log() -> None:
    net, inputs = network()
    run = en.simulate(net, inputs, record=True, engine="reference")
    table = run.table()
    first = table["parent"] == -1
    own = {name: table[name][first] for name in ("t", "index", "sign")} | {"port": table["port_name"][first]}
    assert np.array_equal(en.simulate(net, own, record=True, engine="reference").log, run.log)


@pytest.mark.parametrize(("package", "method"), [("pyarrow", "to_parquet"), ("neo", "to_neo")])
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: str, method: str) -> None:
    net, inputs = network()
    run = en.simulate(net, inputs, record=True, engine="reference")
    monkeypatch.setitem(sys.modules, package, None)
    extra = {"pyarrow": "table", "neo": "neo"}[package]
    with pytest.raises(DataError, match=rf'pip install "eventnet\[{extra}\]"'):
        getattr(run, method)(*([tmp_path / "log.parquet"] if package == "pyarrow" else []))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rows", [7, 1 << 20])
def test_a_parquet_file_holds_the_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rows: int) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    monkeypatch.setattr(eventnet.engine.columns, "ROWS", rows)
    net, inputs = network()
    for given in (inputs, []):
        run = en.simulate(net, given, record=True, engine="reference")
        found = parquet.read_table(run.to_parquet(tmp_path / "log.parquet"))
        assert found.num_rows == len(run.log)
        for name, column in run.table().items():
            assert found.column(name).to_pylist() == column.tolist()
        for name in en.DELIVERY.names or ():
            assert found.column(name).to_numpy().dtype == en.DELIVERY[name]


def test_times_that_floats_do_not_hold_are_no_spike_trains() -> None:
    pytest.importorskip("neo", reason="neo is not installed")
    net, _ = network()
    run = en.simulate(net, [(2**53, "eye.spikes", 0, 1)], record=True, engine="reference")
    with pytest.raises(DataError, match=r"times up to 9,007,199,254,740,992 us; spike trains hold those below 2\^53"):
        run.to_neo()
    assert len(en.simulate(net, record=True, engine="reference").to_neo().segments[0].spiketrains) == 0
