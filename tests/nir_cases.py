"""NIR files that tests write, without the library `nir`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest


def write_chain(path: Path, nodes: Mapping[str, tuple[str, Mapping[str, Any]]]) -> Path:
    """Nodes, each a kind and its values, one behind the other, as nir 1.0.4 writes them."""
    h5py = pytest.importorskip("h5py", reason="the extra nir is not installed")
    text = h5py.string_dtype()
    with h5py.File(path, "w") as file:
        file["version"] = "1.0.4"
        file.create_dataset("node/type", data="NIRGraph", dtype=text)
        edges = list(zip(list(nodes), list(nodes)[1:]))
        file.create_dataset("node/edges", data=edges, dtype=text, shape=(len(edges), 2))
        for name, (kind, values) in nodes.items():
            file.create_dataset(f"node/nodes/{name}/type", data=kind, dtype=text)
            for key, value in values.items():
                file.create_dataset(f"node/nodes/{name}/{key}", data=value)
    return path
