"""Linear nodes of NIR files between two modules, made one set of weights: against loops over maps in NIR's own order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.models.nir_graph import PASS, NirNode
from eventnet.models.nir_paths import Path, as_map, checked, pool_geometry, unit_numbers, unit_order

Floats = NDArray[np.float64]


def node(kind: str, **values: Any) -> NirNode:
    return NirNode("n", kind, {key: v if isinstance(v, str) else np.asarray(v) for key, v in values.items()})


# --- the oracle: NIR's operations, place by place --------------------------------------------------------------------
def slid(x: Floats, w: Floats, bias: Floats, stride: Any, padding: tuple[int, int, int, int]) -> Floats:
    """A convolution [c_out, c_in, kh, kw] of a map [c_in, h, w]."""
    top, left, bottom, right = padding
    x = np.pad(x, ((0, 0), (top, bottom), (left, right)))
    kh, kw = w.shape[2:]
    height, width = ((n - k) // s + 1 for n, k, s in zip(x.shape[1:], (kh, kw), stride, strict=True))
    made = np.zeros((w.shape[0], height, width))
    for o in range(w.shape[0]):
        for i in range(height):
            for j in range(width):
                at = x[:, i * stride[0] : i * stride[0] + kh, j * stride[1] : j * stride[1] + kw]
                made[o, i, j] = (at * w[o]).sum() + bias[o]
    return made


def pooled(x: Floats, size: Any, stride: Any, mean: bool) -> Floats:
    each = np.eye(x.shape[0])[:, :, None, None] * np.ones((1, 1, *size)) / (math.prod(size) if mean else 1)
    return slid(x, each, np.zeros(x.shape[0]), stride, (0, 0, 0, 0))


def meant(nodes: list[NirNode], x: Floats) -> Floats:
    """What nodes make of a value of NIR's shape."""
    for n in nodes:
        v = n.values
        if n.kind == "Conv2d":
            padding: Any = v["padding"]
            if isinstance(padding, str):
                rest = [k - 1 if padding == "same" else 0 for k in v["weight"].shape[2:]]
                around = (rest[0] // 2, rest[1] // 2, rest[0] - rest[0] // 2, rest[1] - rest[1] // 2)
            else:
                around = (*padding.tolist(), *padding.tolist())
            x = slid(x, v["weight"], v["bias"], v["stride"], around)
        elif n.kind in ("SumPool2d", "AvgPool2d"):
            x = pooled(x, v["kernel_size"], v["stride"], n.kind == "AvgPool2d")
        elif n.kind == "Scale":
            x = x * v["scale"]
        elif n.kind == "Flatten":
            x = x.reshape(-1)
        elif n.kind in ("Affine", "Linear"):
            x = v["weight"] @ x + v.get("bias", 0)
    return x


def in_units(x: Floats) -> Floats:
    """A value of NIR's shape, channel-first, as eventnet numbers units: channel-last."""
    return np.moveaxis(x.reshape(as_map(x.shape)), 0, -1).reshape(-1)


def check(nodes: list[NirNode], shape: tuple[int, ...], rng: np.random.Generator) -> Path:
    path = Path("source", shape)
    for n in nodes:
        path.add(n)
    words, bias = path.rows(), path.inputs()
    for _ in range(3):
        x = rng.normal(size=shape)
        wanted = meant(nodes, x)
        assert path.shape == wanted.shape
        # float64 sums in another sequence: steps of 2e-16 of values below some hundred.
        assert np.allclose(in_units(x) @ words + bias, in_units(wanted), rtol=0, atol=1e-11)
    return path


# --- chains ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(24))
def test_a_chain_at_random_is_what_its_nodes_make_of_a_map(seed: int) -> None:
    rng = np.random.default_rng(seed)
    c, h, w = (int(n) for n in (rng.integers(1, 4), rng.integers(6, 10), rng.integers(6, 10)))
    nodes: list[NirNode] = []
    if rng.random() < 0.5:  # a number a channel before a convolution
        nodes.append(node("Scale", scale=rng.normal(size=(c, 1, 1))))
    out, kernel = int(rng.integers(1, 4)), rng.integers(1, 4, 2)
    kind = int(rng.integers(3))
    padding: Any = [rng.integers(0, 3, 2), "same", "valid"][kind]
    stride = np.ones(2, int) if kind == 1 else rng.integers(1, 3, 2)
    weights = rng.normal(size=(out, c, *kernel))
    nodes.append(node("Conv2d", weight=weights, bias=rng.normal(size=out), stride=stride, padding=padding))
    if rng.random() < 0.5:
        nodes.append(node("Scale", scale=rng.normal(size=(out, 1, 1))))
    if rng.random() < 0.5:
        pool = "AvgPool2d" if rng.random() < 0.5 else "SumPool2d"
        nodes.append(node(pool, kernel_size=rng.integers(1, 3, 2), stride=rng.integers(1, 3, 2), padding=[0, 0]))
    if rng.random() < 0.6:
        n = meant(nodes, np.zeros((c, h, w))).size
        nodes += [node("Flatten", start_dim=0, end_dim=-1)]
        nodes += [node("Affine", weight=rng.normal(size=(4, n)), bias=rng.normal(size=4))]
        nodes += [node("Linear", weight=rng.normal(size=(3, 4)))] if rng.random() < 0.5 else []
    check(nodes, (c, h, w), rng)


def test_lists_of_units_and_maps_flattened_before_any_weights() -> None:
    rng = np.random.default_rng(0)
    check([node("Scale", scale=rng.normal(size=5)), node("Linear", weight=rng.normal(size=(3, 5)))], (5,), rng)
    nodes = [node("Flatten", start_dim=0), node("Affine", weight=rng.normal(size=(2, 24)), bias=[1.0, -1.0])]
    check(nodes, (2, 3, 4), rng)
    check([node(PASS), node("Scale", scale=2.0)], (2, 3, 4), rng)


def test_a_convolution_of_a_line_is_one_of_a_map_of_one_row() -> None:
    rng = np.random.default_rng(1)
    w, bias = rng.normal(size=(3, 2, 3)), rng.normal(size=3)
    path = Path("source", (2, 8))
    path.add(node("Conv1d", weight=w, bias=bias, stride=2, padding=1))
    x = rng.normal(size=(2, 8))
    wanted = slid(x[:, None, :], w[:, :, None, :], bias, (1, 2), (0, 1, 0, 1))
    assert path.shape == (3, wanted.shape[2])
    assert np.allclose(in_units(x) @ path.rows() + path.inputs(), in_units(wanted), rtol=0, atol=1e-11)


def test_a_kernel_stays_a_kernel_until_something_needs_rows() -> None:
    rng = np.random.default_rng(2)
    path = Path("source", (2, 5, 6))
    path.add(node("Conv2d", weight=rng.normal(size=(3, 2, 2, 2)), bias=np.zeros(3), stride=1, padding=0))
    geometry, words = path.weights()
    assert (geometry.shape_in, geometry.shape_out) == ((2, 5, 6), (3, 4, 5))
    assert words.size == 3 * 2 * 2 * 2
    dense, rows = Path("source", (4,)).weights()
    assert (dense.units_out, rows.tolist()) == (4, [[1.0]])


def test_only_spikes_as_they_are_are_plain() -> None:
    path = Path("source", (2, 3, 3))
    assert path.plain()
    path.add(node("Flatten", start_dim=0))
    assert not path.plain()
    assert path.plain(flat=True)
    path.add(node("Affine", weight=np.ones((1, 18)), bias=[0.0]))
    assert not path.plain(flat=True)


# --- numbers of units ------------------------------------------------------------------------------------------------
def test_units_are_numbered_channel_last() -> None:
    numbers = unit_numbers((2, 3, 4))
    for c in range(2):
        for y in range(3):
            for x in range(4):
                assert numbers[c, y, x] == (y * 4 + x) * 2 + c
    assert unit_numbers((2, 4)).tolist() == [[0, 2, 4, 6], [1, 3, 5, 7]]
    assert unit_numbers((3,)).tolist() == [0, 1, 2]


def test_parameters_of_neurons_come_in_the_order_of_units() -> None:
    values = np.arange(8.0).reshape(2, 2, 2)
    assert unit_order(values, (2, 2, 2), node("LIF"), "tau").tolist() == in_units(values).tolist()
    assert unit_order(np.full(8, 3.0), (2, 2, 2), node("LIF"), "tau") == 3.0
    for wrong in (np.arange(3.0), np.ones(3)):
        with pytest.raises(ModelError, match=r"node 'n' \(LIF\): tau has shape \(3,\); wanted one number, or \[8\]"):
            unit_order(wrong, (8,), node("LIF"), "tau")


# --- refused ---------------------------------------------------------------------------------------------------------
CONV: dict[str, Any] = {"weight": np.ones((1, 2, 2, 2)), "bias": [0.0], "stride": 1, "padding": 0}


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([node("Affine", weight=np.ones((1, 3)), bias=[0.0])], r"weight has shape \(1, 3\), but it gets shape"),
        ([node("Conv2d", **CONV | {"weight": np.ones((1, 3, 2, 2))})], "for 2 channels"),
        ([node("Conv2d", **CONV, groups=2)], r"groups is \[2\]"),
        ([node("Conv2d", **CONV, dilation=[2, 1])], "dilation"),
        ([node("Conv2d", **CONV, input_shape=[4, 4])], r"input_shape is \[4, 4\]"),
        ([node("Conv2d", **CONV | {"bias": [0.0, 1.0]})], r"bias has shape \(2,\); wanted \[1\]"),
        ([node("Conv2d", **CONV | {"padding": "same", "stride": 2})], "padding is 'same' with stride"),
        ([node("Conv2d", **CONV | {"stride": 0})], "wanted 2 whole numbers"),
        ([node("Conv2d", **CONV | {"weight": np.ones((1, 2, 9, 9))})], r"node 'n' \(Conv2d\)"),
        ([node("Conv2d", **CONV), node("Conv2d", **CONV | {"weight": np.ones((1, 1, 2, 2))})], "wanted neurons there"),
        ([node("Scale", scale=np.arange(60.0).reshape(2, 5, 6)), node("Conv2d", **CONV)], "from place to place"),
        ([node("Conv2d", **CONV), node("Scale", scale=np.arange(20.0).reshape(1, 4, 5))], "from place to place"),
        ([node("Scale", scale=np.ones(7))], r"scale has shape \(7,\)"),
        ([node("SumPool2d", kernel_size=2, stride=2, padding=0)], "it wants a Conv2d before it"),
        ([node("Flatten", start_dim=1, end_dim=5)], "NIR counts no batch"),
    ],
)
def test_what_cannot_be_is_refused_by_the_node_s_name(nodes: list[NirNode], words: str) -> None:
    path = Path("source", (2, 5, 6))
    for n in nodes[:-1]:
        path.add(n)
    with pytest.raises(ModelError, match=words) as error:
        path.add(nodes[-1])
    assert str(error.value).startswith(f"node 'n' ({nodes[-1].kind}): ")


def test_a_path_brings_what_is_taken_and_a_pool_fits_its_map() -> None:
    path = Path("source", (2, 3))
    assert checked(path, node("LIF"), (6,)) is path
    with pytest.raises(ModelError, match=r"has shape \(5,\), but gets shape \(2, 3\) from 'source'"):
        checked(path, node("LIF"), (5,))
    pool = node("SumPool2d", kernel_size=[2, 3], stride=[2, 1], padding=[0, 1])
    assert pool_geometry(pool, (3, 6, 5)).shape_out == (3, 3, 5)
    with pytest.raises(ModelError, match="wanted a map"):
        pool_geometry(pool, (6, 5))
