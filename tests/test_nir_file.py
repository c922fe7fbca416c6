"""NIR files: there and back, what nir itself makes of them, refusals by name, damaged files."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventnet.errors import DataError, ModelError
from eventnet.models.layers import (
    AveragePool2d,
    Conv2d,
    Dense,
    Flatten,
    HardSigmoid,
    Identity,
    Layer,
    MaxPool2d,
    ReLU,
    Residual,
    Sigmoid,
    Softmax,
    Tanh,
    check,
    forward,
)
from eventnet.models.nir_bytes import SEAL
from eventnet.models.nir_file import read_nir, write_nir

nir = pytest.importorskip("nir")
h5py = pytest.importorskip("h5py")
RNG = np.random.default_rng(12)
SEALED = len(SEAL) + 64


def draw(*shape: int) -> Any:
    return RNG.normal(0, 0.5, shape)


def layered(rng: np.random.Generator) -> tuple[list[Layer], tuple[int, ...]]:
    """A network of two convolutions, a pool and two Dense layers with strides and paddings as they come."""
    channels, height, width = (int(n) for n in (rng.integers(1, 4), rng.integers(7, 11), rng.integers(7, 11)))
    layers: list[Layer] = []
    for c_in, c_out in ((channels, 3), (3, 2)):
        weights = rng.normal(0, 0.5, (c_out, c_in, int(rng.integers(1, 4)), int(rng.integers(1, 4))))
        padding, stride = rng.integers(0, 3, 4).tolist(), rng.integers(1, 3, 2).tolist()
        layers += [Conv2d(weights, rng.normal(0, 0.5, c_out), stride=stride, padding=padding), ReLU()]
    padding = rng.integers(0, 2, 2).tolist()
    layers += [AveragePool2d(2, stride=rng.integers(1, 3, 2).tolist(), padding=padding), Identity(), Flatten()]
    n = check(layers, (channels, height, width))[-1][0]
    layers += [Dense(rng.normal(0, 0.5, (n, 6)), rng.normal(0, 0.5, 6)), ReLU(), Dense(rng.normal(0, 0.5, (6, 3)))]
    return [*layers, Softmax()], (channels, height, width)


# --- there and back --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(12))
def test_a_written_network_reads_as_the_same_function(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    layers, shape = layered(rng)
    write_nir(layers, shape, tmp_path / "net.nir")
    read, read_shape = read_nir(tmp_path / "net.nir")
    x = rng.normal(size=(5, *shape))
    assert read_shape == shape
    assert [type(a) for a in read] == [type(a) for a in layers if not isinstance(a, Identity)]
    # 1e-6: weights went through float32, whose steps are 6e-8 of a value; the softmax's outputs are below 1.
    assert np.allclose(forward(read, x), forward(layers, x), rtol=0, atol=1e-6)


def test_a_padding_that_both_sides_share_comes_back_as_it_was(tmp_path: Path) -> None:
    kernel = draw(2, 1, 3, 2).astype(np.float32)
    write_nir([Conv2d(kernel, stride=(2, 1), padding=(1, 2))], (1, 5, 5), tmp_path / "net.nir")
    (layer,), _ = read_nir(tmp_path / "net.nir")
    assert isinstance(layer, Conv2d)
    assert (layer.stride, layer.padding) == ((2, 1), (1, 2, 1, 2))
    assert layer.weights.tolist() == kernel.tolist()


def test_nir_itself_finds_nodes_shapes_and_weights_in_its_own_layout(tmp_path: Path) -> None:
    weights = draw(18, 4).astype(np.float32)
    layers = [Conv2d(draw(2, 1, 3, 3), padding=1), ReLU(), AveragePool2d(2), Flatten(), Dense(weights), Softmax()]
    write_nir(layers, (1, 6, 6), tmp_path / "net.nir")
    graph = nir.read(tmp_path / "net.nir")  # it checks that the types of neighbours agree
    kinds = [type(graph.nodes[name]).__name__ for name in ("input", *(f"layer{k}" for k in range(5)), "output")]
    assert kinds == ["Input", "Conv2d", "IF", "AvgPool2d", "Flatten", "Affine", "Output"]
    assert graph.nodes["layer4"].weight.tolist() == weights.T.tolist()
    assert graph.nodes["output"].output_type["output"].tolist() == [4]
    assert [p.name for p in tmp_path.iterdir()] == ["net.nir"]


@pytest.mark.slow
def test_an_integrate_and_fire_neuron_fires_at_the_rate_of_a_relu() -> None:
    """The mapping's reason: v' = r x, one spike and v_reset where v passes v_threshold, over 200 units of time."""
    x, steps, dt = np.array([-0.5, 0.0, 0.25, 1.0, 1.5]), 200_000, 1e-3
    v, spikes = np.zeros(5), np.zeros(5)
    for _ in range(steps):
        v += dt * x
        fired = v > 1
        spikes, v = spikes + fired, np.where(fired, 0, v)
    # A spike comes up to a step late: in 200 units of time 1.5 of 1000 steps are lost per spike and unit at most.
    assert np.allclose(spikes / (steps * dt), np.maximum(x, 0), rtol=0.003, atol=1 / 200)


@pytest.mark.parametrize("layers, words", [
    ([HardSigmoid()], "layer 0: HardSigmoid cannot be expressed in NIR"),
    ([ReLU(), Tanh()], "layer 1: Tanh cannot be expressed in NIR"),
    ([Sigmoid()], "layer 0: Sigmoid cannot be expressed in NIR"),
    ([MaxPool2d(1)], "layer 0: MaxPool2d cannot be expressed in NIR; wanted Dense"),
    ([Residual([ReLU()])], "layer 0: Residual cannot be expressed in NIR; wanted Dense"),
    ([AveragePool2d(2, padding=(1, 0, 0, 0))], r"layer 0: AveragePool2d has padding \(1, 0, 0, 0\)"),
    ([Flatten(), Dense([[1.0]])], r"layer 1: Dense takes 1 inputs, but gets shape \(32,\)"),
    ([Conv2d(np.full((1, 2, 1, 1), 1e39))], "layer 0: weights hold values beyond the range of float32"),
])  # fmt: skip
def test_what_cannot_be_written_is_said_and_leaves_the_old_file(layers: Any, words: str, tmp_path: Path) -> None:
    (tmp_path / "net.nir").write_bytes(b"before")
    with pytest.raises(ModelError, match=words):
        write_nir(layers, (2, 4, 4), tmp_path / "net.nir")
    assert (tmp_path / "net.nir").read_bytes() == b"before"


def test_a_file_that_cannot_be_written_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written"):
        write_nir([ReLU()], (1,), tmp_path / "absent" / "net.nir")


# --- files of other tools --------------------------------------------------------------------------------------------
def chain(*nodes: Any, shape: tuple[int, ...] = (2, 5, 6), out: tuple[int, ...] = (3,)) -> Any:
    """A graph from an Input to an Output over nodes that are called n0, n1, ..."""
    named = {"in": nir.Input({"input": np.array(shape)}), **{f"n{k}": node for k, node in enumerate(nodes)}}
    named["out"] = nir.Output({"output": np.array(out)})
    return nir.NIRGraph(named, list(zip(list(named), list(named)[1:])), type_check=False)


def read(graph: Any, tmp_path: Path) -> tuple[list[Layer], tuple[int, ...]]:
    nir.write(tmp_path / "made.nir", graph)
    return read_nir(tmp_path / "made.nir")


def conv(**changed: Any) -> Any:
    given = {"input_shape": (5, 6), "weight": K, "stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": K_B}
    return nir.Conv2d(**{**given, **changed})


def pool(size: Any, stride: Any, padding: Any) -> Any:
    return nir.AvgPool2d(np.array(size), np.array(stride), np.array(padding))


def fire(shape: tuple[int, ...], r: float = 1.0, threshold: float = 1.0, reset: float = 0.0) -> Any:
    return nir.IF(r=np.full(shape, r), v_threshold=np.full(shape, threshold), v_reset=np.full(shape, reset))


def flatten(start: int = 0, end: int = -1) -> Any:
    return nir.Flatten({"input": np.array([2, 5, 6])}, start, end)


K, K_B, W, B = draw(3, 2, 3, 2), draw(3), draw(3, 4), draw(3)
GOOD: dict[str, tuple[Callable[[], Any], list[Layer]]] = {
    "Affine": (lambda: chain(nir.Affine(W, B), shape=(4,)), [Dense(W.T, B)]),
    "Linear": (lambda: chain(nir.Linear(W), shape=(4,)), [Dense(W.T)]),
    "Conv2d": (lambda: chain(conv(), out=(3, 3, 5)), [Conv2d(K, K_B)]),
    "Conv2d valid": (lambda: chain(conv(padding="valid", stride=(2, 1)), out=(3, 2, 5)), [Conv2d(K, K_B, stride=(2, 1))]),
    "Conv2d same": (lambda: chain(conv(padding="same"), out=(3, 5, 6)), [Conv2d(K, K_B, padding=(1, 0, 1, 1))]),
    "Conv2d padding": (lambda: chain(conv(padding=(2, 1)), out=(3, 7, 7)), [Conv2d(K, K_B, padding=(2, 1))]),
    "AvgPool2d": (lambda: chain(pool([2, 3], [2, 3], [0, 0]), out=(2, 2, 2)), [AveragePool2d((2, 3))]),
    "AvgPool2d of one number": (lambda: chain(pool([3], [1], [1]), out=(2, 5, 6)), [AveragePool2d(3, stride=1, padding=1)]),
    "Flatten": (lambda: chain(flatten(), out=(60,)), [Flatten()]),
    "Flatten to 2": (lambda: chain(flatten(0, 2), out=(60,)), [Flatten()]),
    "IF": (lambda: chain(fire((2, 5, 6)), out=(2, 5, 6)), [ReLU()]),
    "IF of another threshold": (lambda: chain(fire((3,), r=2.5, threshold=2.0, reset=-0.5), shape=(3,)), [ReLU()]),
    "nothing": (lambda: chain(shape=(3,)), []),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_node_reads_as_its_layer(name: str, tmp_path: Path) -> None:
    make, wanted = GOOD[name]
    graph = make()
    layers, shape = read(graph, tmp_path)
    x = RNG.normal(size=(4, *graph.nodes["in"].input_type["input"]))
    assert shape == x.shape[1:]
    assert [type(a) for a in layers] == [type(a) for a in wanted]
    assert forward(layers, x).tolist() == forward(wanted, x).tolist()


def test_nodes_are_read_along_the_edges_and_not_in_the_order_of_their_names(tmp_path: Path) -> None:
    nodes = {
        "z": nir.Input({"input": np.array([4])}), "a": nir.Output({"output": np.array([3])}),
        "y": nir.Affine(W, B), "b": fire((3,)),
    }  # fmt: skip
    graph = nir.NIRGraph(nodes, [("b", "a"), ("z", "y"), ("y", "b")])
    assert [type(a) for a in read(graph, tmp_path)[0]] == [Dense, ReLU]


def joined(*edges: tuple[str, str], **more: Any) -> Any:
    graph = chain(fire((3,)), fire((3,)), shape=(3,))
    graph.nodes.update(more)
    return nir.NIRGraph(graph.nodes, list(edges), type_check=False)


ONES = np.ones(3)
BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "LIF": (lambda: chain(nir.LIF(ONES, ONES, ONES, ONES), shape=(3,)), "node 'n0' is LIF; wanted one of Input"),
    "CubaLIF": (lambda: chain(nir.CubaLIF(ONES, ONES, ONES, ONES, ONES), shape=(3,)), "node 'n0' is CubaLIF"),
    "LI": (lambda: chain(nir.LI(ONES, ONES, ONES), shape=(3,)), "node 'n0' is LI"),
    "I": (lambda: chain(nir.I(ONES), shape=(3,)), "node 'n0' is I;"),
    "Threshold": (lambda: chain(nir.Threshold(ONES), shape=(3,)), "node 'n0' is Threshold"),
    "Scale": (lambda: chain(fire((3,)), nir.Scale(ONES), shape=(3,)), "node 'n1' is Scale"),
    "Delay": (lambda: chain(nir.Delay(ONES), shape=(3,)), "node 'n0' is Delay"),
    "SumPool2d": (lambda: chain(nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))), "node 'n0' is SumPool2d"),
    "Conv1d": (lambda: chain(nir.Conv1d(9, draw(3, 2, 3), 1, 0, 1, 1, B), shape=(2, 9)), "node 'n0' is Conv1d"),
    "NIRGraph": (lambda: chain(chain(fire((3,)), shape=(3,)), shape=(3,)), "node 'n0' is NIRGraph"),
    "gain": (lambda: chain(fire((3,), r=2.0), shape=(3,)), r"node 'n0' \(IF\): gains .* are not all 1"),
    "threshold below": (lambda: chain(fire((3,), r=-1.0, threshold=-1.0), shape=(3,)), r"node 'n0' \(IF\): gains"),
    "neurons": (lambda: chain(fire((4,)), shape=(3,)), r"node 'n0' \(IF\): has neurons of shape \(4,\), but gets shape \(3,\)"),
    "Affine": (lambda: chain(nir.Affine(W, B), shape=(5,)), r"node 'n0' \(Affine\): Dense takes 4 inputs, but gets shape \(5,\)"),
    "Affine of three dimensions": (lambda: chain(nir.Linear(draw(2, 3, 4)), shape=(4,)), r"node 'n0' \(Linear\): weight has shape \(2, 3, 4\)"),
    "Affine bias": (lambda: chain(nir.Affine(W, draw(4)), shape=(4,)), r"node 'n0' \(Affine\): biases of a Dense layer have shape \(4,\)"),
    "Affine not finite": (lambda: chain(nir.Affine(W * np.nan, B), shape=(4,)), r"node 'n0' \(Affine\): weights .* NaN or infinity"),
    "groups": (lambda: chain(conv(groups=2)), r"node 'n0' \(Conv2d\): groups is 2"),
    "dilation": (lambda: chain(conv(dilation=(1, 2))), r"node 'n0' \(Conv2d\): groups is 1 and dilation \[1 2\]"),
    "same with a stride": (lambda: chain(conv(padding="same", stride=2)), r"node 'n0' \(Conv2d\): padding is 'same' with stride \[2, 2\]"),
    "four paddings": (lambda: chain(conv(input_shape=(5, 6), padding=(1, 0, 1, 0))), r"node 'n0' \(Conv2d\): padding is \[1 0 1 0\]"),
    "input_shape": (lambda: chain(conv(input_shape=(9, 9))), r"node 'n0' \(Conv2d\): input_shape is \[9 9\], but it gets shape \(2, 5, 6\)"),
    "channels": (lambda: chain(conv(), shape=(3, 5, 6)), r"node 'n0' \(Conv2d\): Conv2d takes 2 channels"),
    "stride 0": (lambda: chain(pool([2, 2], [0, 1], [0, 0])), r"node 'n0' \(AvgPool2d\): stride is"),
    "Flatten of rows": (lambda: chain(flatten(1)), r"node 'n0' \(Flatten\): goes from dimension 1 to -1 of \(2, 5, 6\)"),
    "Output": (lambda: chain(fire((3,)), shape=(3,), out=(4,)), r"node 'out' \(Output\) has shape \[4\], but gets shape \(3,\)"),
    "branch": (lambda: joined(("in", "n0"), ("in", "n1"), ("n1", "out")), "no chain: the edge from 'in' to 'n1' is a second one"),
    "merge": (lambda: joined(("in", "n1"), ("n0", "n1"), ("n1", "out")), "no chain: the edge from 'n0' to 'n1' is a second one"),
    "loop": (lambda: joined(("in", "out"), ("n0", "n1"), ("n1", "n0")), r"no chain: from the Input edges lead to \['out'\]"),
    "gap": (lambda: joined(("in", "n0"), ("n1", "out")), r"no chain: from the Input edges lead to \['n0'\]"),
    "edge to nowhere": (lambda: joined(("in", "n0"), ("n0", "n7")), "edge from 'n0' to 'n7' joins nodes that are not both there"),
    "two Inputs": (lambda: joined(("in", "n0"), ("n0", "n1"), ("n1", "out"), more=nir.Input({"input": np.array([3])})), r"Inputs \['in', 'more'\]"),
    "no graph": (lambda: fire((3,)), "it holds a single IF; wanted a graph"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_layers_cannot_express_is_refused_by_name(name: str, tmp_path: Path) -> None:
    make, words = BAD[name]
    with pytest.raises(ModelError, match=f"made.nir: .*{words}"):
        read(make(), tmp_path)


def test_the_error_for_an_absent_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nir", None)
    for call in (lambda: read_nir(tmp_path / "a.nir"), lambda: write_nir([ReLU()], (1,), tmp_path / "a.nir")):
        with pytest.raises(ModelError, match=r'pip install "eventnet\[nir\]"'):
            call()


# --- damaged files ---------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("nir") / "net.nir"
    write_nir([Dense(draw(4, 3), B), ReLU(), Dense(draw(3, 2)), Softmax()], (4,), path)
    return path.read_bytes()


def test_a_file_cut_before_its_checksum_is_a_data_error_at_every_length(written: bytes, tmp_path: Path) -> None:
    whole = len(written) - SEALED
    for size in [*range(0, whole, max(1, whole // 300)), whole - 1]:
        (tmp_path / "cut.nir").write_bytes(written[:size])
        with pytest.raises(DataError, match="cut.nir"):
            read_nir(tmp_path / "cut.nir")
    for size in (whole, whole + 1, len(written) - 1, len(written)):
        (tmp_path / "cut.nir").write_bytes(written[:size])
        assert len(read_nir(tmp_path / "cut.nir")[0]) == 4  # the content is whole


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_file_with_flipped_bytes_is_a_data_error(written: bytes, tmp_path_factory: Any, data: Any) -> None:
    damaged = bytearray(written)
    flips = st.dictionaries(st.integers(0, len(written) - SEALED - 1), st.integers(1, 255), min_size=1, max_size=4)
    for at, change in data.draw(flips).items():
        damaged[at] ^= change
    path = tmp_path_factory.getbasetemp() / "flipped.nir"
    path.write_bytes(bytes(damaged))
    with pytest.raises(DataError, match="flipped.nir is damaged .* its checksum"):
        read_nir(path)


def test_a_flipped_byte_in_the_checksum_does_no_harm(written: bytes, tmp_path: Path) -> None:
    for back in range(1, SEALED + 1):
        damaged = bytearray(written)
        damaged[-back] ^= 1
        (tmp_path / "seal.nir").write_bytes(damaged)
        if back <= 64:
            with pytest.raises(DataError, match="seal.nir is damaged .* its checksum"):
                read_nir(tmp_path / "seal.nir")
        else:
            assert len(read_nir(tmp_path / "seal.nir")[0]) == 4  # read as another tool's file


def changed(written: bytes, change: Callable[[Any], None]) -> bytes:
    """The file's content without a checksum, as another tool may have written it, with a change in HDF5."""
    out = io.BytesIO(written[:-SEALED])
    with h5py.File(out, "r+") as file:
        change(file)
    return out.getvalue()


def put(path: str, value: Any = None, **how: Any) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        del file[path]
        file.create_dataset(path, data=value, **how)

    return change


def vast(file: Any) -> None:
    del file["node/nodes/layer0/weight"]
    file.create_dataset("node/nodes/layer0/weight", shape=(10**7, 10**4), chunks=(100, 100), dtype="f4")


def without(path: str) -> Callable[[Any], None]:
    return lambda file: file.__delitem__(path)


@pytest.mark.parametrize("change, words", [
    (vast, "its arrays have 400,000,0.* bytes, more than"),
    (put("node/type", shape=(), dtype=h5py.vlen_dtype(np.int32)), "dataset 'node/type' has type object"),
    (put("node/nodes/layer0/type", "Transformer"), "node 'layer0' is Transformer; wanted one of Input"),
    (put("node/nodes/layer0/bias", np.array([b"a", b"b", b"c"])), r"'layer0' \(Affine\): bias has type"),
    (put("node/nodes/input/shape", np.array([-4])), r"the Input has shape \(-4,\)"),
    (put("node/nodes/input/shape", np.array([4.5])), "shape of the Input is .* wanted whole numbers"),
    (put("node/nodes/layer1/r", 1.0), "is damaged or no NIR file"),
    (put("node/edges", np.array([b"input", b"output"])), "is damaged or no NIR file"),
    (without("node"), "is damaged or no NIR file"),
    (without("node/edges"), "is damaged or no NIR file"),
    (without("node/nodes/layer0/bias"), "is damaged or no NIR file"),
    (without("node/nodes/layer0/type"), "is damaged or no NIR file"),
])  # fmt: skip
def test_another_tools_file_with_something_wrong_in_one_place_is_refused(
    written: bytes, change: Callable[[Any], None], words: str, tmp_path: Path
) -> None:
    (tmp_path / "wrong.nir").write_bytes(changed(written, change))
    with pytest.raises((DataError, ModelError), match=f"wrong.nir.*{words}"):
        read_nir(tmp_path / "wrong.nir")


def test_a_text_whose_length_is_damaged_is_a_data_error_at_once(written: bytes, tmp_path: Path) -> None:
    body = bytearray(written[:-SEALED])
    with h5py.File(io.BytesIO(body), "r") as file:
        place = file["node/type"].id.get_offset()
    body[place + 3] = 0xF0  # nearly 4 GiB
    (tmp_path / "long.nir").write_bytes(body)
    with pytest.raises(DataError, match="its arrays have 4,0.* bytes, more than"):
        read_nir(tmp_path / "long.nir")


def test_a_file_of_another_kind_is_a_data_error(tmp_path: Path) -> None:
    (tmp_path / "text.nir").write_text("a text")
    (tmp_path / "empty.nir").write_bytes(b"")
    with h5py.File(tmp_path / "other.nir", "w") as file:
        file["a"] = 1
    for name in ("text.nir", "empty.nir", "other.nir", "absent.nir"):
        with pytest.raises(DataError, match=name):
            read_nir(tmp_path / name)
    with pytest.raises(DataError, match="cannot be read"):
        read_nir(tmp_path)
