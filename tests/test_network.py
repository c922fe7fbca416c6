"""Networks: what is refused, in which words; graphs and files there and back; damaged files."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import Echo, Forked
from hypothesis import given, settings
from hypothesis import strategies as st

import eventnet as en
from eventnet.errors import DataError, NetworkError, WiringError
from eventnet.learning import Columns, ErrorCounter, Fsgd, FsgdSmooth, Layer, PairStdp, Sgd


# --- what is refused -------------------------------------------------------------------------------------------------
def test_a_wire_that_does_not_fit_names_both_ends() -> None:
    net = en.Network()
    retina = net.add(en.Relay(300, name="retina"))
    layer = net.add(en.Herding(5, net.weights(np.zeros((200, 5))), name="layer"))
    with pytest.raises(WiringError, match=r"'retina' has 300 units at outlet 'out', but port 'spikes' of 'layer' takes indices below 200"):  # fmt: skip
        net.connect(retina.out, layer.spikes)
    assert [w for w in net.wires if not w.settled] == []


@pytest.mark.parametrize("delay", [-1, 0.5, -3.0])
def test_a_delay_is_a_whole_number_of_ticks_and_not_negative(delay: Any) -> None:
    net = en.Network()
    a, b = net.add(en.Relay(2, name="a")), net.add(en.Sink(2, name="b"))
    with pytest.raises(
        WiringError, match=rf"the delay from a.out to b.spikes is {delay}; wanted a whole number of ticks"
    ):
        net.connect(a.out, b.spikes, delay)


@pytest.mark.parametrize("delay", [float("nan"), float("inf"), "soon", None])
def test_a_delay_that_is_no_number_is_refused_by_name(delay: Any) -> None:
    net = en.Network()
    a, b = net.add(en.Relay(2, name="a")), net.add(en.Sink(2, name="b"))
    with pytest.raises(WiringError, match="a.out.*b.spikes"):
        net.connect(a.out, b.spikes, delay)


def test_other_wires_that_cannot_be() -> None:
    net = en.Network()
    a, b = net.add(en.Relay(2, name="a")), net.add(en.Sink(2, name="b"))
    with pytest.raises(WiringError, match="settled wire from a.out to b.spikes has a delay of 2"):
        net.connect(a.out, b.spikes, 2, settled=True)
    with pytest.raises(WiringError, match="from an outlet to a port, not from a.spikes to b.spikes"):
        net.connect(a.spikes, b.spikes)
    with pytest.raises(WiringError, match="module 'far' is not in this network"):
        net.connect(a.out, en.Sink(2, name="far").spikes)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_finite_numbers_are_refused_with_their_place(value: float) -> None:
    w = np.zeros((3, 4))
    w[1, 2] = value
    with pytest.raises(NetworkError, match=rf"weight block 'W' holds {value} at \[1, 2\]; wanted finite numbers"):
        en.Network().weights(w, "W")


@pytest.mark.parametrize("dtype, array, words", [
    ("int32", [[1.5]], "values that are not 32-bit integers"),
    ("int32", [[2**31]], "values that are not 32-bit integers"),
    ("float32", [[1e39]], "values beyond the range of float32"),
    ("float32", [["a"]], "wanted numbers"),
    ("float32", [[1j]], "wanted numbers"),
    ("float32", [1.0, 2.0], r"has shape \(2,\); wanted \[rows, cols\]"),
    ("float32", np.zeros((0, 3)), r"has shape \(0, 3\)"),
])  # fmt: skip
def test_weights_that_a_network_cannot_hold_are_refused(dtype: str, array: Any, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        en.Network(dtype).weights(array, "W")


@pytest.mark.parametrize("dtype, values, words", [
    ("float32", [[1.0, 2.0]], r"weight block 'W' is given values of shape \(1, 2\); wanted \(2, 2\)"),
    ("float32", [1.0, 2.0], r"shape \(2,\); wanted \(2, 2\)"),
    ("float32", 1.0, r"shape \(\); wanted \(2, 2\)"),
    ("float64", [[0.0, np.nan], [0.0, 0.0]], r"'W' holds nan at \[0, 1\]; wanted finite numbers"),
    ("float32", [[0.0, 0.0], [np.inf, 0.0]], r"'W' holds inf at \[1, 0\]"),
    ("float32", [[1e39, 0.0], [0.0, 0.0]], "'W' holds values beyond the range of float32"),
    ("int32", [[0.5, 0.0], [0.0, 0.0]], "'W' holds values that are not 32-bit integers"),
    ("float32", [["a", "b"], ["c", "d"]], "'W' holds <U1; wanted numbers"),
])  # fmt: skip
def test_weights_that_a_network_cannot_hold_are_not_put_into_a_block_later(dtype: str, values: Any, words: str) -> None:
    block = en.Network(dtype).weights([[1.0, 2.0], [3.0, 4.0]], "W")
    with pytest.raises(NetworkError, match=words):
        block.array = values
    assert block.array.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("dtype", ["float64", "float32", "int32"])
def test_weights_put_into_a_block_later_keep_its_type_and_are_copied(dtype: str) -> None:
    net = en.Network(dtype)
    block, given = net.weights([[1.0, 2.0]], "W"), np.asfortranarray([[5.0, 6.0]])
    block.array = given
    given[:] = 9
    assert (block.array.tolist(), block.array.dtype, block.array.flags.c_contiguous) == ([[5, 6]], dtype, True)
    block.array += 1
    assert en.Simulation(net, engine="reference").weights("W").tolist() == [[6, 7]]


class Holding(en.Module):
    """A module of one unit whose tables are filled from outside."""

    units = 1


def holding(table: str, value: Any) -> en.Module:
    """A module with one value in one of its tables."""
    module = Holding(name="m")
    getattr(module, table)["x"] = value
    return module


WRONG_STARTS: list[tuple[str, Any, str]] = [
    ("state", np.zeros((2, 3)), r"state 'x' of module 'm' has shape \(2, 3\); wanted \[n\]"),
    ("state", 1.0, r"state 'x' of module 'm' has shape \(\); wanted \[n\]"),
    ("state", [[1, 2], [3]], "state 'x' of module 'm' is no array"),
    ("state", [2.0**31], "state 'x' of module 'm' holds values that are not 32-bit integers"),
    ("integers", np.zeros((2, 2), np.int64), r"integers 'x' of module 'm' has shape \(2, 2\); wanted \[n\]"),
    ("integers", 3, r"integers 'x' of module 'm' has shape \(\); wanted \[n\]"),
    ("integers", [0.5], "integers 'x' of module 'm' holds float64 that is not whole"),
    ("integers", [2.0**63], "integers 'x' of module 'm' holds float64 beyond 64 bits"),
    ("integers", np.array([2**63], np.uint64), "integers 'x' of module 'm' holds uint64 beyond 64 bits"),
    ("params", [1, 2], r"parameter 'x' of module 'm' has shape \(2,\); wanted a single number"),
    ("params", [], r"parameter 'x' of module 'm' has shape \(0,\); wanted a single number"),
    ("params", [[1, 2], [3]], "parameter 'x' of module 'm' is no array"),
]


@pytest.mark.parametrize("table, value, words", WRONG_STARTS)
def test_what_a_run_cannot_begin_with_is_refused_when_the_module_is_added(table: str, value: Any, words: str) -> None:
    net = en.Network("int32")
    with pytest.raises(NetworkError, match=words):
        net.add(holding(table, value))
    assert net.modules == []


@pytest.mark.parametrize("table, value, words", WRONG_STARTS)
def test_what_a_run_cannot_begin_with_is_refused_when_it_is_changed_later(table: str, value: Any, words: str) -> None:
    net = en.Network("int32")
    module = net.add(holding(table, 1 if table == "params" else [1]))
    getattr(module, table)["x"] = value
    with pytest.raises(NetworkError, match=words):
        en.Simulation(net, engine="reference")


def test_lists_of_unequal_lengths_are_no_weights() -> None:
    with pytest.raises(NetworkError, match="weight block 'W' is no array"):
        en.Network().weights([[1.0, 2.0], [3.0]], "W")


def test_whole_numbers_may_come_as_floats() -> None:
    assert en.Network("int32").weights([[3.0, -2.0]]).array.tolist() == [[3, -2]]


@pytest.mark.parametrize("dtype", ["float16", "int64", "", None, np.float32])
def test_other_number_types_are_refused(dtype: Any) -> None:
    with pytest.raises(NetworkError, match="dtype is one of float64, float32, int32"):
        en.Network(dtype)


def test_coalescing_is_none_or_burst() -> None:
    with pytest.raises(NetworkError, match="'none' or 'burst', not 'sometimes'"):
        en.Network(coalesce="sometimes")
    net = en.Network()
    with pytest.raises(NetworkError, match="'none' or 'burst', not 'sometimes'"):
        en.Herding(1, net.weights([[1]]), coalesce="sometimes")


def test_names_are_looked_up_and_taken_once() -> None:
    net = en.Network()
    a = net.add(en.Relay(2, name="a"))
    w = net.weights([[1.0]], "w")
    with pytest.raises(NetworkError, match="no module is called 'b'; there are a"):
        net["b"]
    with pytest.raises(NetworkError, match="there is a module called 'a' already"):
        net.add(en.Sink(1, name="a"))
    with pytest.raises(NetworkError, match="there is a weight block called 'w' already"):
        net.weights([[1.0]], "w")
    with pytest.raises(NetworkError, match="'a' is in a network already"):
        en.Network().add(a)
    with pytest.raises(NetworkError, match="is not a weight block of this network"):
        en.Network().add(en.Herding(1, w))
    assert net["a"] is a
    sim = en.Simulation(net)
    for wrong in (lambda: sim["b"], lambda: sim.weights("v"), lambda: sim.state(en.Relay(1, name="z"))):
        with pytest.raises(
            NetworkError, match="no module is called 'b'|no weight block is called 'v'|'z' is not in this"
        ):
            wrong()


def test_a_port_has_no_number_before_its_module_is_added() -> None:
    with pytest.raises(NetworkError, match="'lost' is in no network yet"):
        int(en.Relay(2, name="lost").spikes)


def test_layers_and_weights_of_different_widths_are_refused() -> None:
    net = en.Network()
    w = net.weights(np.zeros((2, 3)))
    for make in (
        lambda: en.Herding(2, w),
        lambda: en.Rectified(4, w),
        lambda: Columns(3, w),
        lambda: en.Accumulator(2, w, w),
    ):
        with pytest.raises(NetworkError, match="units"):
            make()


# --- there and back --------------------------------------------------------------------------------------------------
def mixed_network() -> tuple[en.Network, Any]:
    """Shared weights, delays, settled wires, modules that read another's state, arrays of every kind."""
    rng = np.random.default_rng(5)
    net = en.Network("float32", coalesce="burst")
    w = net.weights(rng.normal(0, 0.7, (4, 5)), "w")
    encoder = net.add(
        en.Encoder(4, net.weights(rng.normal(0, 1, (3, 4)), "x"), reset_policy="random", seed=8, name="in")
    )
    layer = net.add(Layer(5, w, name="layer", open_at_zero=False, most=900))
    back = net.add(Columns(4, w, name="back", reset_policy="none", coalesce="none"))
    updates = [
        net.add(Fsgd(w, rate=0.01, lam=0.5, name="u0")),
        net.add(FsgdSmooth(w, rate=0.02, below=encoder, name="u1")),
    ]
    sgd = net.add(Sgd(w, rate=0.25, keep_negative=False, name="u2"))
    counter = net.add(ErrorCounter(5, name="errors"))
    echo, forked = (
        net.add(Echo(5, name="echo")),
        net.add(Forked(5, net.weights(rng.normal(0, 0.3, (5, 5)), "v"), name="fork")),
    )
    poisson = net.add(en.Poisson(4, net.weights(rng.random((2, 4)), "p"), seed=3, name="poisson"))
    for source, target, delay in (
        (encoder.out, layer.spikes, 0), (encoder.out, updates[0].spikes, 2), (encoder.out, sgd.spikes, 0),
        (layer.out, counter.output, 0), (counter.out, layer.error, 0), (layer.gated, back.spikes, 0),
        (layer.gated, updates[0].error, 1), (layer.gated, updates[1].error, 0), (layer.gated, sgd.error, 0),
        (layer.out, echo.spikes, 3), (echo.side, forked.spikes, 0), (forked.side, echo.spikes, 1), (poisson.out, layer.spikes, 0),
    ):  # fmt: skip
        net.connect(source, target, delay)
    net.connect(echo.out, sgd.apply, settled=True)
    n = 40
    ports = [encoder.spikes, counter.end, encoder.reset, poisson.spikes]
    rows = [(int(rng.integers(9)), ports[k % 4], [k % 3, 0, 0, k % 2][k % 4], 1) for k in range(n)]
    return net, rows


def result(net: en.Network, rows: Any) -> Any:
    named = [(t, getattr(net[p.module.name], p.name), i, s) for t, p, i, s in rows]
    run = en.simulate(net, named, record=True, until=30)
    state = {m.name: {k: v.tobytes() for k, v in run.state(m).items()} for m in net.modules}
    return run.log.tobytes(), run.tally.to_dict(), state, {b.name: run.weights(b).tobytes() for b in net.blocks}


@pytest.mark.slow
def test_a_saved_network_runs_to_the_same_bytes(tmp_path: Path) -> None:
    net, rows = mixed_network()
    net.save(tmp_path / "net.npz")
    wanted = result(net, rows)
    assert len(wanted[0]) > 200 * en.DELIVERY.itemsize
    loaded = en.Network.load(tmp_path / "net.npz")
    assert result(loaded, rows) == wanted
    assert [repr(w) for w in loaded.wires] == [repr(w) for w in net.wires]
    loaded.save(tmp_path / "again.npz")
    assert result(en.Network.load(tmp_path / "again.npz"), rows) == wanted


@pytest.mark.slow
def test_a_network_goes_through_networkx_and_back() -> None:
    net, rows = mixed_network()
    graph = net.to_networkx()
    assert sorted(graph.nodes) == sorted(m.name for m in net.modules)
    assert graph.number_of_edges() == len(net.wires)
    a, b, data = next(e for e in graph.edges(data=True) if e[2]["delay"] == 3)
    assert (a, b, data["outlet"], data["port"], data["settled"]) == ("layer", "echo", "out", "spikes", False)
    wanted = result(net, rows)
    again = en.Network.from_networkx(graph)
    assert (again.dtype, again.coalesce) == (net.dtype, net.coalesce)
    assert [(repr(w.source), repr(w.target), w.delay, w.settled) for w in again.wires if w.source.name == "gated"] == [
        (repr(w.source), repr(w.target), w.delay, w.settled) for w in net.wires if w.source.name == "gated"
    ]
    assert result(again, rows) == wanted


def test_a_graph_without_numbers_is_wired_in_its_own_order() -> None:
    import networkx as nx

    graph = nx.MultiDiGraph(dtype="float64")
    for name, module in (("a", en.Relay(2, name="a")), ("b", en.Sink(2, name="b")), ("c", en.Sink(2, name="c"))):
        graph.add_node(name, module=module)
    for target, delay in (("c", 0), ("b", 4), ("b", 0)):
        graph.add_edge("a", target, outlet="out", port="spikes", delay=delay)
    net = en.Network.from_networkx(graph)
    assert [(str(w.target), w.delay) for w in net.wires] == [("c.spikes", 0), ("b.spikes", 4), ("b.spikes", 0)]


def test_ranks_are_longest_paths_where_cycles_count_as_one() -> None:
    net = en.Network()
    a, b, c, d, e = (net.add(en.Relay(1, name=n)) for n in "abcde")
    for source, target in ((a, b), (b, c), (c, b), (c, d), (a, d)):
        net.connect(source.out, target.spikes)
    net.connect(d.out, a.spikes, 1)  # a delay closes no cycle
    assert net.ranks() == {"a": 0, "b": 1, "c": 1, "d": 2, "e": 0}
    assert e.name == "e"


# --- files -----------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("net") / "net.npz"
    mixed_network()[0].save(path)
    return path.read_bytes()


def refuse(path: Path, data: bytes) -> None:
    """Loading gives a network (the damage missed what matters) or a DataError that names the file; nothing else."""
    path.write_bytes(data)
    try:
        en.Network.load(path)
    except DataError as error:
        assert path.name in str(error)  # noqa: PT017 - no error is fine, too


def test_nothing_is_pickled(saved: bytes) -> None:
    with np.load(io.BytesIO(saved), allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)
        text = json.loads(file["json"].tobytes())
    assert text["dtype"] == "float32"
    assert sorted(m["config"]["name"] for m in text["modules"])[:3] == ["back", "echo", "errors"]


def test_a_truncated_file_is_a_data_error(saved: bytes, tmp_path: Path) -> None:
    for size in [*range(0, len(saved), max(1, len(saved) // 150)), len(saved) - 1]:
        (tmp_path / "cut.npz").write_bytes(saved[:size])
        with pytest.raises(DataError, match="cut.npz"):
            en.Network.load(tmp_path / "cut.npz")


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_file_with_flipped_bytes_loads_or_is_a_data_error(saved: bytes, tmp_path_factory: Any, data: Any) -> None:
    damaged = bytearray(saved)
    for at in data.draw(st.lists(st.integers(0, len(saved) - 1), min_size=1, max_size=4)):
        damaged[at] ^= data.draw(st.integers(1, 255))
    refuse(tmp_path_factory.getbasetemp() / "flipped.npz", bytes(damaged))


def with_text(saved: bytes, change: Any) -> bytes:
    """The file with its JSON changed, every checksum right."""
    with np.load(io.BytesIO(saved)) as file:
        arrays = {name: file[name] for name in file.files}
    text = change(json.loads(arrays.pop("json").tobytes()))
    out = io.BytesIO()
    np.savez(out, json=np.frombuffer(json.dumps(text).encode(), np.uint8), **arrays)
    return out.getvalue()


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every value in a JSON text."""
    found = [path] if path else []
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        found += places(value, (*path, key))
    return found


def put(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    for key in path[:-1]:
        node = node[key]
    if value is Ellipsis:
        del node[path[-1]]
    else:
        node[path[-1]] = value


WRONG = [None, -1, 0, 1.5, "elsewhere", [], {}, {"block": "none"}, {"module": "none"}, {"array": "none"}, True, 10**30, float("inf"), ...]  # fmt: skip


@pytest.mark.slow
def test_a_file_whose_text_is_wrong_in_one_place_loads_or_is_a_data_error(saved: bytes, tmp_path: Path) -> None:
    with np.load(io.BytesIO(saved)) as file:
        arrays = {name: file[name] for name in file.files}
    original = arrays.pop("json").tobytes()
    rng, escaped = np.random.default_rng(0), set()
    for path in places(json.loads(original)):
        for k in rng.permutation(len(WRONG))[:4]:
            text = json.loads(original)
            put(text, path, WRONG[k])
            with open(tmp_path / "wrong.npz", "wb") as out:
                np.savez(out, json=np.frombuffer(json.dumps(text).encode(), np.uint8), **arrays)
            try:
                en.Network.load(tmp_path / "wrong.npz")
            except DataError:
                pass
            except Exception as error:
                where = ".".join("*" if isinstance(p, int) else str(p) for p in path)
                escaped.add(f"{where} = {WRONG[k]!r}: {type(error).__name__}: {error}"[:160])
    assert not escaped, "\n".join(sorted(escaped))


def test_weights_in_a_file_are_checked_like_any_others(saved: bytes, tmp_path: Path) -> None:
    with np.load(io.BytesIO(saved)) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["block:w"][1, 2] = np.nan
    np.savez(tmp_path / "nan.npz", **arrays)
    with pytest.raises(DataError, match=r"nan.npz.*'w' holds nan at \[1, 2\]"):
        en.Network.load(tmp_path / "nan.npz")


def test_a_file_of_another_kind_is_a_data_error(saved: bytes, tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    np.save(tmp_path / "plain.npy", np.zeros(3))
    (tmp_path / "text.npz").write_text("no zip")
    with zipfile.ZipFile(tmp_path / "zip.npz", "w") as file:
        file.writestr("json.npy", b"no array")
    (tmp_path / "format.npz").write_bytes(with_text(saved, lambda text: {**text, "format": "eventnet-network-9"}))
    np.savez(tmp_path / "pickle.npz", json=np.array([{}], dtype=object))
    for name in ("other.npz", "plain.npy", "text.npz", "zip.npz", "format.npz", "pickle.npz", "absent.npz"):
        with pytest.raises(DataError, match=name):
            en.Network.load(tmp_path / name)
    with pytest.raises(DataError):
        en.Network.load(tmp_path)


def test_a_module_class_that_is_not_imported_is_named(saved: bytes, tmp_path: Path) -> None:
    def rename(text: Any) -> Any:
        text["modules"][0]["kind"] = "elsewhere:Layer"
        return text

    (tmp_path / "far.npz").write_bytes(with_text(saved, rename))
    with pytest.raises(DataError, match="'elsewhere:Layer': import it before loading"):
        en.Network.load(tmp_path / "far.npz")


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.npz"
    mixed_network()[0].save(path)
    before = path.read_bytes()

    def fail(*args: Any) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(DataError, match="no space left"):
        mixed_network()[0].save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["net.npz"]
    with pytest.raises(DataError, match="No such file"):
        mixed_network()[0].save(tmp_path / "absent" / "net.npz")


def of_modules() -> tuple[en.Network, dict[str, Any]]:
    net = en.Network()
    made = {
        "eye": en.Relay(3), "herd": en.Herding(2, net.weights(np.ones((3, 2)))), "sink": en.Sink(3),
        "leaky": en.LeakyIntegrate(2, net.weights(np.ones((2, 2))), tau=5.0),
        "current": en.ExponentialCurrent(2, net.weights(np.ones((2, 2)))),
        "plastic": PairStdp(net.weights(np.ones((3, 2))), a_plus=0.1, a_minus=0.1, tau_plus=5, tau_minus=5),
        "layer": Layer(2, net.weights(np.ones((2, 2)))),
    }  # fmt: skip
    for name, module in made.items():
        module.name = name
        net.add(module)
    return net, made


@pytest.mark.parametrize(
    ("source", "target", "wire"),
    [
        ("eye", "sink", "eye.out sink.spikes"),
        ("eye", "herd", "eye.out herd.spikes"),  # not its `settle`, nor its `reset`
        ("herd", "leaky", "herd.out leaky.spikes"),  # not `inhibit`
        ("leaky", "current", "leaky.out current.spikes"),  # not `crossing`, which predicted spikes take
        ("leaky.out", "sink", "leaky.out sink.spikes"),
        ("eye", "sink.spikes", "eye.out sink.spikes"),
    ],
)
def test_a_module_stands_for_the_outlet_or_the_port_that_is_meant(source: str, target: str, wire: str) -> None:
    def found(net: en.Network, path: str) -> Any:
        name, _, end = path.partition(".")
        return getattr(net[name], end) if end else net[name]

    short, _ = of_modules()
    made = short.connect(found(short, source), found(short, target), 3)
    assert f"{made.source} {made.target}" == wire
    full, _ = of_modules()
    outlet, port = wire.split()
    assert repr(full.connect(found(full, outlet), found(full, port), 3)) == repr(made)


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("eye", "plastic", "'plastic' (PairStdp) has the ports plastic.pre, plastic.post: say which"),
        ("current", "sink", "'current' (ExponentialCurrent) has the outlets current.out, current.axon: say which"),
        ("layer", "sink", "'layer' (Layer) has the outlets layer.out, layer.gated: say which"),
        ("sink", "herd", "'sink' (Sink) has no outlet to which a wire can be bound"),
    ],
)
def test_where_it_is_not_clear_what_is_meant_all_are_listed(source: str, target: str, said: str) -> None:
    net, made = of_modules()
    before = list(net.wires)
    with pytest.raises(WiringError, match=re.escape(said)):
        net.connect(made[source], made[target])
    assert net.wires == before


@pytest.mark.parametrize(
    ("delay", "said"),
    [
        (1.5, "1.5 ms are 1500 in ticks of 1 us"),
        (np.float32(0.5), "0.5 ms are 500 in ticks of 1 us"),
        (True, "a delay of one tick is 1"),
        ([1, 2, 3], "a wire has one delay. Delays one a unit: ExponentialCurrent(..., delays=[...])"),
        (np.array([1, 2]), "a wire has one delay"),
    ],
)
def test_a_delay_that_cannot_be_is_answered_by_what_can(delay: Any, said: str) -> None:
    net, made = of_modules()
    with pytest.raises(WiringError, match="the delay from eye.out to sink.spikes is .*whole number of ticks.*") as told:
        net.connect(made["eye"], made["sink"], delay)
    assert said in str(told.value)


# --- weights ---------------------------------------------------------------------------------------------------------
def test_weights_of_a_shape_are_a_number_or_what_a_function_makes() -> None:
    net = en.Network("float64")
    assert net.weights((3, 4), start=0.5).array.tolist() == np.full((3, 4), 0.5).tolist()
    rng, twin = np.random.default_rng(7), np.random.default_rng(7)
    drawn = net.weights((3, 4), "drawn", start=lambda shape: rng.normal(0, 0.1, shape))
    assert drawn.name == "drawn"
    assert drawn.array.tolist() == twin.normal(0, 0.1, (3, 4)).tolist()
    assert net.weights((np.int64(2), 1), start=np.zeros).array.tolist() == [[0.0], [0.0]]
    assert net.weights([[3, 4]]).array.tolist() == [[3.0, 4.0]]


@pytest.mark.parametrize(
    ("array", "start", "said"),
    [
        ((3, 4), None, "given as (3, 4). As a shape it wants first values: start=0.1, or start=lambda shape: rng"),
        ([3, 4], None, "[[3, 4]] is one row, [[3], [4]] one column"),
        ((0, 4), 1.0, "has shape (0, 4); wanted 1 or more rows and columns"),
        ((2, 2), lambda shape: np.zeros(3), "start gave weight block 'w0' the shape (3,); wanted (2, 2)"),
        ((2, 2), np.nan, "holds nan"),
        ([[1.0, 2.0]], 0.5, "start of weight block 'w0' goes with a shape"),
        ((True, False), None, "has shape (2,); wanted [rows, cols]"),
        ((1.0, 2.0), None, "has shape (2,); wanted [rows, cols]"),
        ((2, 2), "many", "start of weight block 'w0' is 'many'; wanted a number, or a function of the shape"),
        ((2, 2), [1.0, 2.0], "start of weight block 'w0' is [1.0, 2.0]; wanted a number, or a function of the shape"),
    ],
)
def test_weights_that_cannot_be_are_refused_and_leave_no_block(array: Any, start: Any, said: str) -> None:
    net = en.Network()
    with pytest.raises(NetworkError, match=re.escape(said)):
        net.weights(array, start=start)
    assert net.blocks == []


def test_an_int32_network_takes_whole_first_weights_alone() -> None:
    net = en.Network("int32")
    assert net.weights((1, 2), start=3).array.tolist() == [[3, 3]]
    with pytest.raises(NetworkError, match="32-bit integers"):
        net.weights((1, 2), start=0.5)


def _chain(n: int) -> en.Network:
    """A relay and n layers, one after the other."""
    net = en.Network()
    last: Any = net.add(en.Relay(2, name="in"))
    for k in range(n):
        layer = net.add(en.Herding(2, net.weights(np.eye(2)), name=f"layer {k}"))
        net.connect(last.out, layer.spikes)
        last = layer
    return net


def _lines(work: Callable[[], Any]) -> int:
    """Lines of Python that are run, those of a comprehension once for each element."""
    counted = 0

    def count(frame: Any, what: str, argument: Any) -> Any:
        nonlocal counted
        counted += what == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work()
    finally:
        sys.settrace(before)
    return counted


def _pass_on(net: en.Network, folder: Path) -> dict[str, Callable[[], Any]]:
    """What is done with whole networks."""
    sim, file, state = (
        en.Simulation(net, roots=True),
        folder / f"{len(net.modules)}.npz",
        folder / f"state {len(net.modules)}.npz",
    )
    net.save(file)
    sim.inject([(0, "in.spikes", 1, +1)])
    sim.run().save(state)
    return {
        "simulate": lambda: en.Simulation(net),
        "simulate in the reference engine": lambda: en.Simulation(net, engine="reference"),
        "inject": lambda: sim.inject([(1, "layer 1.spikes", 1, +1)]),
        "run": lambda: sim.run(),
        "say": lambda: (repr(net), repr(sim), net.ranks()),
        "count": lambda: (sim.tally.by_module(), sim.tally.by_port(), repr(sim.tally)),
        "save": lambda: net.save(file),
        "load": lambda: en.Network.load(file),
        "save a checkpoint": lambda: sim.save(state),
        "take up a checkpoint": lambda: en.Simulation(net, roots=True).resume(state),
        "make a graph": lambda: en.Network.from_networkx(net.to_networkx()),
    }


@pytest.mark.slow
def test_twice_as_many_modules_take_twice_as_much_work(tmp_path: Path) -> None:
    few, many = 200, 400
    nets = {n: _chain(n) for n in (2, few, many)}
    works = {n: _pass_on(net, tmp_path) | {"build": lambda n=n: _chain(n)} for n, net in nets.items()}
    for what, first in works[2].items():
        first()
        assert _lines(works[many][what]) < 2.2 * _lines(works[few][what]) + 1000, what
