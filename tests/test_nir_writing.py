"""What is written into a NIR file: nodes, edges, units and time constants, looked at by h5py alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import DataError, ModelError
from eventnet.kernels.patches import kernel_rows
from eventnet.models.nir_graph import RESET
from eventnet.models.nir_writing import write_nir_network

h5py = pytest.importorskip("h5py", reason="the extra nir is not installed")
DT = 1e-3


def written(net: en.Network, path: Path) -> tuple[dict[str, dict[str, Any]], set[tuple[str, str]]]:
    """Nodes by name, each with all that the file says of it, and edges."""
    write_nir_network(net, path, dt=DT)
    with h5py.File(path) as file:
        assert file["version"][()] == b"1.0.4"
        assert file["node/type"][()] == b"NIRGraph"
        nodes = {}
        for name, group in file["node/nodes"].items():
            values = {key: item[()] for key, item in group.items()}
            nodes[name] = {key: v.decode() if isinstance(v, bytes) else v for key, v in values.items()}
            nodes[name] |= dict(group.attrs)
        return nodes, {(a.decode(), b.decode()) for a, b in file["node/edges"][()]}


def network(layer: Callable[[en.Network], Any], inputs: int = 3) -> en.Network:
    net = en.Network("float64")
    eye = net.add(en.Relay(inputs, name="eye"))
    made = net.add(layer(net))
    net.connect(eye.out, made.spikes)
    net.connect(made.out, net.add(en.Sink(made.units, name="end")).spikes)
    return net


def dense(**options: Any) -> Callable[[en.Network], Any]:
    weights = np.arange(6.0).reshape(3, 2)
    return lambda net: en.SteppedLeaky(en.Geometry.dense(3, 2), net.weights(weights), name="lif", **options)


def test_rows_of_weights_are_an_affine_before_their_neurons(tmp_path: Path) -> None:
    nodes, edges = written(network(dense(tau=5.0, bias=[0.5, 0.0])), tmp_path / "a.nir")
    assert edges == {("eye", "lif_w"), ("lif_w", "lif"), ("lif", "end")}
    assert nodes["eye"]["type"] == "Input"
    assert nodes["eye"]["shape"].tolist() == [3]
    assert nodes["end"]["type"] == "Output"
    assert nodes["lif_w"]["type"] == "Affine"
    assert nodes["lif_w"]["weight"].tolist() == [[0, 2, 4], [1, 3, 5]]  # a row an output
    assert nodes["lif_w"]["bias"].tolist() == [0.5, 0.0]
    assert nodes["lif_w"]["weight"].dtype == np.float32


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"tau": [5.0, 20.0]}, {"type": "LIF", "tau": [0.005, 0.02], "v_leak": [0, 0], "v_threshold": [1, 1]}),
        ({"tau": 5.0, "threshold": 2.0, "rest": -1.0}, {"v_leak": [-1, -1], "v_threshold": [2, 2]}),
        ({}, {"type": "IF", "r": [1000, 1000], "v_threshold": [1, 1]}),
        (
            {"tau": 5.0, "tau_syn": 2.0},
            {"type": "CubaLIF", "tau_mem": [0.005, 0.005], "tau_syn": [0.002, 0.002], "w_in": [1, 1]},
        ),
    ],
)
def test_time_constants_are_seconds_one_a_neuron(options: dict[str, Any], wanted: Any, tmp_path: Path) -> None:
    found = written(network(dense(**options)), tmp_path / "a.nir")[0]["lif"]
    for key, value in wanted.items():
        if key == "type":
            assert found[key] == value
        else:
            assert found[key].tolist() == np.float32(value).tolist(), key


def test_a_reset_is_said_by_an_attribute_and_v_reset_only_where_it_is_not_0(tmp_path: Path) -> None:
    for options, word, v_reset in (
        ({"subtract": True}, "subtract", None), ({"subtract": False}, "value", None),
        ({"subtract": False, "reset_to": -0.5}, "value", [-0.5, -0.5]),
    ):  # fmt: skip
        found = written(network(dense(tau=5.0, **options)), tmp_path / "a.nir")[0]["lif"]
        assert found[RESET] == word
        assert found["v_reset"].tolist() == v_reset if v_reset else "v_reset" not in found


def test_a_kernel_is_a_conv2d_channel_first(tmp_path: Path) -> None:
    geometry = en.Geometry.window((2, 4, 5), 3, (2, 2), (1, 2))
    kernel = np.random.default_rng(0).normal(size=(3, 2, 2, 2)).astype(np.float32)
    net = network(
        lambda net: en.SteppedLeaky(geometry, net.weights(kernel_rows(kernel, (1, 2))), name="map", tau=5.0), 40
    )
    nodes, edges = written(net, tmp_path / "a.nir")
    assert ("map_w", "map") in edges
    conv = nodes["map_w"]
    assert conv["type"] == "Conv2d"
    assert conv["weight"].tolist() == kernel.tolist()
    assert (conv["stride"].tolist(), conv["padding"].tolist()) == ([1, 2], [0, 0])
    assert conv["input_shape"].tolist() == [4, 5]
    assert nodes["eye"]["shape"].tolist() == [2, 4, 5]
    assert nodes["map"]["tau"].shape == (3, 3, 2)


def test_a_delay_of_a_wire_is_a_node_of_its_own(tmp_path: Path) -> None:
    net = en.Network("float64")
    eye = net.add(en.Relay(2, name="eye"))
    lif = net.add(en.SteppedLeaky(en.Geometry.dense(2, 2), net.weights(np.ones((2, 2))), name="lif", tau=5.0))
    net.connect(eye.out, lif.spikes, delay=3)
    nodes, edges = written(net, tmp_path / "a.nir")
    assert nodes["eye_delay3"]["type"] == "Delay"
    assert nodes["eye_delay3"]["delay"].tolist() == np.float32([0.003, 0.003]).tolist()
    assert {("eye", "eye_delay3"), ("eye_delay3", "lif_w")} <= edges
    assert ("lif", "lif_output") in edges  # what sends nothing on becomes an Output


def test_dots_of_names_become_underscores(tmp_path: Path) -> None:
    def layer(net: en.Network, name: str) -> Any:
        return en.SteppedLeaky(en.Geometry.dense(3, 2), net.weights(np.ones((3, 2))), name=name, tau=5.0)

    nodes, _ = written(network(lambda net: layer(net, "a.b")), tmp_path / "a.nir")
    assert {"a_b", "a_b_w"} <= set(nodes)
    net = network(lambda net: layer(net, "a.b"))
    net.add(en.Relay(1, name="a_b"))
    with pytest.raises(ModelError, match="wanted names that differ when dots become underscores"):
        write_nir_network(net, tmp_path / "b.nir", dt=DT)


@pytest.mark.parametrize(
    ("net", "words"),
    [
        (lambda: network(dense(tau=5.0, lowest=-1.0)), r"module 'lif' \(SteppedLeaky\): lowest is -1.0, which NIR"),
        (lambda: network(dense(subtract=True, reset_to=0.5)), "wanted reset_to=0"),
        (
            lambda: network(lambda net: en.Herding(2, net.weights(np.ones((3, 2))), name="herd")),
            r"module 'herd' \(Herding\): wanted one of Relay, SteppedLeaky",
        ),
        (lambda: network(dense(threshold=1e39)), "float32"),
    ],
)
def test_what_nir_cannot_say_names_the_module_and_leaves_the_old_file(net: Any, words: str, tmp_path: Path) -> None:
    (tmp_path / "a.nir").write_text("old")
    with pytest.raises(ModelError, match=words):
        write_nir_network(net(), tmp_path / "a.nir", dt=DT)
    assert (tmp_path / "a.nir").read_text() == "old"


def test_a_place_that_cannot_be_written_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written"):
        write_nir_network(network(dense()), tmp_path / "no" / "a.nir", dt=DT)
