"""The graph in a NIR file as plain nodes and edges, whichever version of NIR wrote it, without the package nir.

A file holds a graph of nodes and edges between their names; a node that is a graph itself (`NIRGraph`) is taken apart
here: its nodes are called "outer.inner", and its own Inputs and Outputs only pass on. What a version of the format
leaves out (`v_reset` before 1.0.5) is left out here, too: the package nir would fill it in.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import read_file
from eventnet.errors import DataError, ModelError
from eventnet.models.nir_bytes import opened

RESET = "eventnet_reset"
"""An attribute of neurons in files of `write_nir_network`, "subtract" or "value": NIR itself has no word for it."""

PASS = "pass"
"""The kind of a subgraph's Input or Output."""


class NirNode(NamedTuple):
    """A node by its name in the whole graph: its kind, and what the file says of it (arrays, numbers, texts)."""

    name: str
    kind: str
    values: dict[str, Any]

    def __str__(self) -> str:
        return f"node {self.name!r} ({self.kind})"

    def refused(self, why: str) -> ModelError:
        """The error of a node that is not taken."""
        return ModelError(f"{self}: {why}")

    def numbers(self, key: str, default: Any = None) -> NDArray[np.float64]:
        """A parameter as float64. Raises ModelError where it is missing, no number or not finite."""
        if key not in self.values and default is None:
            raise self.refused(f"{key!r} is missing; there are {', '.join(self.values) or 'none'}")
        made = np.asarray(self.values.get(key, default))
        if made.dtype.kind not in "fiu":
            raise self.refused(f"{key} has type {made.dtype}; wanted numbers")
        if not np.all(np.isfinite(made)):
            raise self.refused(f"{key} holds NaN or infinity; wanted finite numbers")
        return made.astype(np.float64)

    def whole(self, key: str, default: Any = None) -> list[int]:
        """A parameter of one or more whole numbers, as a list. Raises ModelError for others."""
        if key not in self.values and default is None:
            raise self.refused(f"{key!r} is missing; there are {', '.join(self.values) or 'none'}")
        made = np.atleast_1d(np.asarray(self.values.get(key, default)))
        if made.ndim != 1 or made.dtype.kind not in "iuf" or np.any(made != np.floor(made)):
            raise self.refused(f"{key} is {self.values.get(key)!r}; wanted whole numbers")
        return [int(n) for n in made]


class NirGraph(NamedTuple):
    """Nodes by name, and edges (from, to) between their names."""

    nodes: dict[str, NirNode]
    edges: list[tuple[str, str]]

    def before(self, name: str) -> list[str]:
        """Names of the nodes from which edges lead to a node."""
        return [a for a, b in self.edges if b == name]

    def after(self, name: str) -> list[str]:
        """Names of the nodes to which edges lead from a node."""
        return [b for a, b in self.edges if a == name]

    def of_kind(self, *kinds: str) -> list[NirNode]:
        """Nodes of some kinds, in the file's order."""
        return [node for node in self.nodes.values() if node.kind in kinds]


def read_graph(path: str | Path) -> NirGraph:
    """The graph of a NIR file, subgraphs taken apart.

    Raises DataError when the file is absent, damaged or of another kind; ModelError, which names the node, when an edge
    leads to a node that is not there or a graph has no Input or Output.
    """
    content = read_file(path)
    try:
        with opened(content) as file:
            return _flat("", _raw(file["node"], ""))
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None
    except Exception as error:  # h5py raises errors of many classes, some of them without words
        raise DataError(f"{path} is damaged or no NIR file: {str(error) or type(error).__name__}") from error


class _Raw(NamedTuple):
    """A node as it lies in the file: a graph has nodes and edges, any other has values."""

    kind: str
    values: dict[str, Any]
    nodes: dict[str, _Raw]
    edges: list[tuple[str, str]]


def _raw(group: Any, name: str) -> _Raw:
    kind = _text(group["type"][()])
    if kind != "NIRGraph":
        if not name:
            raise ModelError(f"it holds a single {kind}; wanted a graph")
        return _Raw(kind, dict(_values(group)), {}, [])
    nodes = {key: _raw(child, f"{name}.{key}") for key, child in group["nodes"].items()}
    edges = group["edges"][()]
    if edges.ndim != 2 or edges.shape[1] != 2:
        raise DataError(f"edges have shape {edges.shape}; wanted [n, 2]")
    return _Raw(kind, {}, nodes, [(_text(a), _text(b)) for a, b in edges])


def _values(group: Any) -> Iterator[tuple[str, Any]]:
    if RESET in group.attrs:
        yield RESET, _text(group.attrs[RESET])
    for key, item in group.items():
        if key in ("type", "metadata"):
            continue
        value = item[()] if hasattr(item, "dtype") else None
        yield key, _text(value) if isinstance(value, bytes | str) else value


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _flat(name: str, graph: _Raw) -> NirGraph:
    """A graph whose subgraphs are taken apart; `name` is its own name in the whole one, "" for that itself."""
    where = f"node {name!r} (NIRGraph): " if name else ""
    for a, b in graph.edges:
        for end in (a, b):
            if end not in graph.nodes:
                raise ModelError(
                    f"{where}its edge from {a!r} to {b!r} leads to {end!r}, which it does not hold; "
                    f"it holds {', '.join(graph.nodes)}"
                )
    nodes: dict[str, NirNode] = {}
    edges: list[tuple[str, str]] = []
    inputs, outputs = {}, {}
    for key, raw in graph.nodes.items():
        full = f"{name}.{key}" if name else key
        if raw.kind != "NIRGraph":
            kind = PASS if name and raw.kind in ("Input", "Output") else raw.kind
            nodes[full] = NirNode(full, kind, raw.values)
            inputs[key] = outputs[key] = full
            continue
        inner = _flat(full, raw)
        nodes.update(inner.nodes)
        edges += inner.edges
        inputs[key], outputs[key] = (f"{full}.{_only(raw, kind, full)}" for kind in ("Input", "Output"))
    return NirGraph(nodes, edges + [(outputs[a], inputs[b]) for a, b in graph.edges])


def _only(graph: _Raw, kind: str, name: str) -> str:
    found = [key for key, raw in graph.nodes.items() if raw.kind == kind]
    if len(found) != 1:
        raise ModelError(f"node {name!r} (NIRGraph) has {len(found)} nodes of kind {kind}; wanted one")
    return found[0]
