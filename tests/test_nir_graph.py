"""Graphs of NIR files as plain nodes and edges: files written by hand, subgraphs taken apart, errors that name the node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nir_cases import write_chain

from eventnet.errors import DataError, ModelError
from eventnet.models.nir_graph import PASS, RESET, NirGraph, NirNode, read_graph

h5py = pytest.importorskip("h5py", reason="the extra nir is not installed")

Nodes = dict[str, Any]
"""By name: a kind with its values, or a subgraph as nodes and edges."""


def write(path: Path, nodes: Nodes, edges: list[tuple[str, str]]) -> Path:
    """A graph, and graphs within it, as NIR lays them out."""

    def put(group: Any, nodes: Nodes, edges: list[tuple[str, str]]) -> None:
        text = h5py.string_dtype()
        group.create_dataset("type", data="NIRGraph", dtype=text)
        group.create_dataset("edges", data=edges, dtype=text, shape=(len(edges), 2))
        for name, (kind, *rest) in nodes.items():
            own = group.create_group(f"nodes/{name}")
            if kind == "NIRGraph":
                put(own, *rest)
                continue
            own.create_dataset("type", data=kind, dtype=text)
            for key, value in (rest[0] if rest else {}).items():
                if key == RESET:
                    own.attrs[RESET] = value
                else:
                    own.create_dataset(key, data=value)

    with h5py.File(path, "w") as file:
        put(file.create_group("node"), nodes, edges)
    return path


INNER: tuple[str, Nodes, list[tuple[str, str]]] = (
    "NIRGraph",
    {"in": ("Input",), "lif": ("LIF", {"tau": [0.1, 0.2]}), "out": ("Output",)},
    [("in", "lif"), ("lif", "out")],
)


# --- files -----------------------------------------------------------------------------------------------------------
def test_nodes_and_edges_are_those_of_the_file(tmp_path: Path) -> None:
    values = {"scale": [1.0, -2.0], "note": "by hand", RESET: "subtract", "metadata": 3}
    nodes = {"a": ("Input", {"shape": [2]}), "b": ("Scale", values), "c": ("Output", {"shape": [2]})}
    graph = read_graph(write(tmp_path / "a.nir", nodes, [("a", "b"), ("b", "c"), ("b", "b")]))
    assert {name: node.kind for name, node in graph.nodes.items()} == {"a": "Input", "b": "Scale", "c": "Output"}
    found = graph.nodes["b"].values
    assert (found["note"], found[RESET], found["scale"].tolist()) == ("by hand", "subtract", [1.0, -2.0])
    assert set(found) == {"scale", "note", RESET}  # what the package nir keeps for itself is left out
    assert (graph.before("b"), graph.after("b")) == (["a", "b"], ["c", "b"])
    assert [node.name for node in graph.of_kind("Output", "Input")] == ["a", "c"]


def test_subgraphs_are_taken_apart_at_any_depth(tmp_path: Path) -> None:
    outer = ("NIRGraph", {"i": ("Input",), "deep": INNER, "o": ("Output",)}, [("i", "deep"), ("deep", "o")])
    nodes = {"x": ("Input",), "sub": outer, "y": ("Output",)}
    graph = read_graph(write(tmp_path / "a.nir", nodes, [("x", "sub"), ("sub", "y"), ("sub", "sub")]))
    assert {name: node.kind for name, node in graph.nodes.items()} == {
        "x": "Input", "y": "Output", "sub.i": PASS, "sub.o": PASS,
        "sub.deep.in": PASS, "sub.deep.lif": "LIF", "sub.deep.out": PASS,
    }  # fmt: skip
    assert sorted(graph.edges) == sorted([
        ("x", "sub.i"), ("sub.i", "sub.deep.in"), ("sub.deep.in", "sub.deep.lif"), ("sub.deep.lif", "sub.deep.out"),
        ("sub.deep.out", "sub.o"), ("sub.o", "y"), ("sub.o", "sub.i"),
    ])  # fmt: skip
    assert graph.nodes["sub.deep.lif"].numbers("tau").tolist() == [0.1, 0.2]


@pytest.mark.parametrize(
    ("nodes", "edges", "words"),
    [
        ({"a": ("Input",)}, [("a", "b")], r"its edge from 'a' to 'b' leads to 'b', which it does not hold; it holds a"),
        (
            {"s": ("NIRGraph", {"i": ("Input",)}, [("i", "z")])}, [],
            r"node 's' \(NIRGraph\): its edge from 'i' to 'z' leads to 'z'",
        ),
        (
            {"s": ("NIRGraph", {"o": ("Output",)}, [])}, [],
            r"node 's' \(NIRGraph\) has 0 nodes of kind Input; wanted one",
        ),
        (
            {"s": ("NIRGraph", {"i": ("Input",), "o": ("Output",), "p": ("Output",)}, [])}, [],
            r"node 's' \(NIRGraph\) has 2 nodes of kind Output; wanted one",
        ),
    ],
)  # fmt: skip
def test_graphs_that_cannot_be_are_refused_by_name(
    nodes: Nodes, edges: list[tuple[str, str]], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=rf"a\.nir: {words}"):
        read_graph(write(tmp_path / "a.nir", nodes, edges))


def test_a_single_node_or_no_graph_at_all_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "one.nir", "w") as file:
        file.create_dataset("node/type", data="LIF", dtype=h5py.string_dtype())
    with pytest.raises(ModelError, match="it holds a single LIF; wanted a graph"):
        read_graph(tmp_path / "one.nir")
    with h5py.File(tmp_path / "none.nir", "w") as file:
        file["x"] = 1
    (tmp_path / "text.nir").write_text("no HDF5")
    for name in ("none.nir", "text.nir"):
        with pytest.raises(DataError, match="is damaged or no NIR file"):
            read_graph(tmp_path / name)
    with pytest.raises(DataError, match=r"there is no file .*absent\.nir"):
        read_graph(tmp_path / "absent.nir")


def test_edges_of_another_shape_are_damage(tmp_path: Path) -> None:
    path = write_chain(tmp_path / "a.nir", {"a": ("Input", {"shape": [1]}), "b": ("Output", {"shape": [1]})})
    with h5py.File(path, "r+") as file:
        del file["node/edges"]
        file.create_dataset("node/edges", data=["a", "b"], dtype=h5py.string_dtype())
    with pytest.raises(DataError, match=r"edges have shape \(2,\); wanted \[n, 2\]"):
        read_graph(path)


# --- what nodes say --------------------------------------------------------------------------------------------------
NODE = NirNode("n", "Conv2d", {"w": np.float32([1, 2]), "k": np.array([2, 3]), "bad": np.array([np.inf]), "s": "same"})


def test_a_parameter_is_float64_and_a_default_stands_for_one_that_is_missing() -> None:
    assert NODE.numbers("w").dtype == np.float64
    assert NODE.numbers("absent", 2).tolist() == 2
    assert NODE.whole("k") == [2, 3]
    assert NODE.whole("absent", 1) == [1]
    assert NirNode("n", "Conv2d", {"k": np.float64(3.0)}).whole("k") == [3]
    assert str(NODE) == "node 'n' (Conv2d)"


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: NODE.numbers("absent"), "'absent' is missing; there are w, k, bad, s"),
        (lambda: NODE.numbers("bad"), "bad holds NaN or infinity; wanted finite numbers"),
        (lambda: NODE.numbers("s"), "s has type <U4; wanted numbers"),
        (lambda: NODE.whole("absent"), "'absent' is missing"),
        (lambda: NODE.whole("s"), "s is 'same'; wanted whole numbers"),
        (lambda: NirNode("n", "Conv2d", {"k": [1.5]}).whole("k"), r"k is \[1\.5\]; wanted whole numbers"),
        (lambda: NirNode("n", "Conv2d", {"k": np.ones((2, 2))}).whole("k"), "wanted whole numbers"),
    ],
)
def test_what_a_parameter_is_not_is_refused_by_the_node_s_name(ask: Any, words: str) -> None:
    with pytest.raises(ModelError, match=rf"(?s)^node 'n' \(Conv2d\): .*{words}"):
        ask()


def test_a_graph_by_hand_knows_its_neighbours() -> None:
    graph = NirGraph({"a": NirNode("a", "Input", {}), "b": NirNode("b", "LIF", {})}, [("a", "b"), ("b", "b")])
    assert (graph.before("a"), graph.after("a"), graph.before("b")) == ([], ["b"], ["a", "b"])
