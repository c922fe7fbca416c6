"""A network of neurons on a clock as a NIR file that every version of NIR from 1.0.4 on reads.

What those versions say in different ways is left out where it can be. `v_reset` came with 1.0.5, and 1.0.4 refuses
files that have it: it is written only where a spike leaves a potential at another value than 0. Whether a spike resets
or subtracts is no part of NIR, so an HDF5 attribute says it, over which the package nir passes. Before 1.0.5 NIR's
neurons subtract; later ones are reset to v_reset, 0 where a file has none.
"""

from __future__ import annotations

import importlib
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.base.files import write_beside
from eventnet.errors import ModelError
from eventnet.kernels.patches import kernel_weights
from eventnet.models.layers import in_float32
from eventnet.models.nir_bytes import sealed
from eventnet.models.nir_graph import RESET
from eventnet.models.nir_network import NirNetwork
from eventnet.models.nir_paths import Shape, unit_numbers
from eventnet.module import Module

VERSION = "1.0.4"
TAKEN = "Relay", "SteppedLeaky", "SteppedReadout", "SumPool", "Delays", "Sink"


def write_nir_network(net: en.Network | NirNetwork, path: str | Path, *, dt: float) -> None:
    """Write a network as a NIR file, numbers in float32; a failed write leaves the old file.

    dt        seconds of a tick, with which time constants and delays are multiplied

    A Relay to which no wire leads becomes an Input, a Sink an Output; weights become a node of their own before their
    neurons. What neurons of a module take for an input (`drive`) is no part of NIR and is not written.
    Raises ModelError, which names the module, for what NIR cannot express or float32 cannot hold; DataError when `path`
    cannot be written.
    """
    made = _Writing(net.net, dt, net.shapes) if isinstance(net, NirNetwork) else _Writing(net, dt, {})
    nodes, edges = made.written()
    write_beside(Path(path), sealed(_packed(nodes, edges)))


def _packed(nodes: dict[str, dict[str, Any]], edges: list[tuple[str, str]]) -> bytes:
    try:
        h5py = importlib.import_module("h5py")
    except ImportError:
        raise ModelError('NIR files need the packages nir and h5py: pip install "eventnet[nir]"') from None
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["version"] = VERSION
        file.create_dataset("node/type", data="NIRGraph", dtype=h5py.string_dtype())
        for name, values in nodes.items():
            group = file.create_group(f"node/nodes/{name}")
            for key, value in values.items():
                if key == RESET:
                    group.attrs[RESET] = value
                elif isinstance(value, str):
                    group.create_dataset(key, data=value, dtype=h5py.string_dtype())
                else:
                    group.create_dataset(key, data=value)
        file.create_dataset("node/edges", data=edges, dtype=h5py.string_dtype(), shape=(len(edges), 2))
    return content.getvalue()


class _Writing:
    """Makes nodes of modules and edges of wires."""

    def __init__(self, net: en.Network, dt: float, known: dict[str, Shape]) -> None:
        self.net, self.dt, self.known = net, dt, known
        self.wires = [wire for wire in net.wires if wire.source.outlet.inner is None]
        self.nodes: dict[str, dict[str, Any]] = {}
        self.edges: list[tuple[str, str]] = []
        for module in net.modules:
            if type(module).__name__ not in TAKEN:
                raise self._refused(module, f"wanted one of {', '.join(TAKEN)}")
            if "/" in module.name:
                raise self._refused(module, "wanted a name without '/'")
        # A name with a dot is lost by nirtorch before 2.6, which sinabs uses.
        self.names = {module.name: module.name.replace(".", "_") for module in net.modules}
        if len(set(self.names.values())) < len(self.names):
            raise ModelError(
                f"names are {', '.join(self.names)}; wanted names that differ when dots become underscores"
            )
        self.shapes = {module.name: self._shape(module) for module in net.modules}

    def written(self) -> tuple[dict[str, dict[str, Any]], list[tuple[str, str]]]:
        """Nodes by name, and edges."""
        for module in self.net.modules:
            self._add(module)
        for wire in self.wires:
            self._join(wire)
        for module in self.net.modules:
            sends, own = any(wire.source.module is module for wire in self.wires), self.names[module.name]
            if not sends and not isinstance(module, en.Sink) and self.nodes[own]["type"] != "Output":
                self.nodes[f"{own}_output"] = _end("Output", self.shapes[module.name])
                self.edges.append((own, f"{own}_output"))
        return self.nodes, self.edges

    def _refused(self, module: Module, why: str) -> ModelError:
        return ModelError(f"module {module.name!r} ({type(module).__name__}): {why}")

    # --- shapes ---
    def _shape(self, module: Module) -> Shape:
        """The shape of what a module sends (a Sink: gets), as NIR has it."""
        if isinstance(module, en.SteppedLeaky | en.SteppedReadout | en.SumPool):
            if self._side_by_side(module):
                return self._sources_shape(module)
            c, h, w = module.geometry.shape_out
            return (c,) if _is_dense(module) else (c, h, w)
        if isinstance(module, en.Relay) and not self._into(module):
            for wire in self.wires:
                target: Any = wire.target.module
                if wire.source.module is module and hasattr(target, "geometry") and not _is_dense(target):
                    if wire.target.name == "spikes" and not self._side_by_side(target):
                        return tuple(target.geometry.shape_in)
            shape = self.known.get(module.name, module.shape or (module.units,))
            return shape if len(shape) == 3 else (module.units,)
        return self._sources_shape(module)

    def _sources_shape(self, module: Module) -> Shape:
        found = [wire for wire in self._into(module) if wire.source.module is not module]
        return self._shape(found[0].source.module) if found else (module.units,)

    def _into(self, module: Module) -> list[Any]:
        return [wire for wire in self.wires if wire.target.module is module]

    def _side_by_side(self, module: Any) -> bool:
        """Whether each input reaches the unit of its own number alone."""
        geometry = getattr(module, "geometry", None)
        return geometry is not None and geometry.shape_in == geometry.shape_out == (1, 1, module.units) and (
            geometry.kernel == (1, 1) and module.units > 1
        )  # fmt: skip

    # --- nodes ---
    def _add(self, module: Any) -> None:
        shape, name = self.shapes[module.name], self.names[module.name]
        if isinstance(module, en.Relay):
            if self._into(module):
                raise self._refused(module, "wires lead to it; wanted an Input, or Delays")
            self.nodes[name] = _end("Input", shape)
        elif isinstance(module, en.Sink):
            self.nodes[name] = _end("Output", shape)
        elif isinstance(module, en.Delays):
            self.nodes[name] = {
                "type": "Delay",
                "delay": self._each(module.ticks * self.dt, shape, module),
            }
        elif isinstance(module, en.SumPool):
            g = module.geometry
            if g.padding[:2] != g.padding[2:]:
                raise self._refused(module, f"padding is {g.padding}; in NIR both sides are padded alike")
            pairs = {"kernel_size": g.kernel, "stride": g.stride, "padding": g.padding[:2]}
            self.nodes[name] = {"type": "SumPool2d"} | {key: np.array(pair) for key, pair in pairs.items()}
        else:
            self.nodes[name] = self._neurons(module, shape)

    def _neurons(self, module: Any, shape: Shape) -> dict[str, Any]:
        """The node of neurons."""
        fires = isinstance(module, en.SteppedLeaky)

        def each(value: Any) -> NDArray[np.float32]:
            return self._each(value, shape, module)

        if _forgets(module):
            return {"type": "Threshold", "threshold": each(module.threshold)} if fires else _end("Output", shape)
        if fires and module.subtract and np.any(np.asarray(module.reset_to) != 0):
            raise self._refused(module, f"a spike takes threshold - {module.reset_to} off; wanted reset_to=0")
        if fires and module.lowest is not None:
            raise self._refused(module, f"lowest is {module.lowest}, which NIR cannot say; wanted None")
        if module.tau is None:
            made = {"type": "IF" if fires else "I", "r": each(np.asarray(module.r) / self.dt)}
        else:
            tau = {"tau": each(np.asarray(module.tau) * self.dt)}
            made = {"type": "LIF" if fires else "LI", **tau}
            if module.tau_syn is not None:
                made = {"type": "CubaLIF" if fires else "CubaLI", "tau_mem": tau["tau"]}
                made |= {"tau_syn": each(np.asarray(module.tau_syn) * self.dt), "w_in": each(module.w_in)}
            made |= {"r": each(module.r), "v_leak": each(module.rest)}
        if fires:
            made |= {"v_threshold": each(module.threshold), RESET: "subtract" if module.subtract else "value"}
            if np.any(np.asarray(module.reset_to) != 0):
                made["v_reset"] = each(module.reset_to)
        return made

    def _each(self, value: Any, shape: Shape, module: Module) -> NDArray[np.float32]:
        """One number a unit in NIR's order, of a shape."""
        flat = np.broadcast_to(np.asarray(value, dtype=np.float64), math.prod(shape))
        return in_float32(flat[unit_numbers(shape)], f"module {module.name!r} holds", "NIR")

    # --- edges ---
    def _join(self, wire: Any) -> None:
        sender, shape = wire.source.module, self.shapes[wire.source.module.name]
        source, target = self.names[sender.name], self.names[wire.target.module.name]
        if source == target and not wire.delay:
            raise self._refused(sender, "feeds back to itself in the same tick; wanted a delay of 1 or more")
        # Neurons that feed back to themselves do so one step later, without a word of the file.
        if wire.delay > (source == target):
            name = f"{source}_delay{wire.delay}"
            self.nodes[name] = {"type": "Delay", "delay": self._each(wire.delay * self.dt, shape, sender)}
            self._edge(source, name)
            source = name
        for name in self._weights(wire):
            self._edge(source, name)
            source = name
        self._edge(source, target)

    def _edge(self, a: str, b: str) -> None:
        if (a, b) not in self.edges:
            self.edges.append((a, b))

    def _weights(self, wire: Any) -> list[str]:
        """Names of the nodes of a port's weights, which are made on the way."""
        target, shape = wire.target.module, self.shapes[wire.source.module.name]
        if not isinstance(target, en.SteppedLeaky | en.SteppedReadout):
            return []
        bias = self._bias(target) if wire.target.name == "spikes" else None
        name = f"{self.names[target.name]}_{'w' if wire.target.name == 'spikes' else 'lateral'}"
        if wire.target.name == "spikes" and not _is_dense(target):
            return self._slid(target, shape, name, bias)
        block = target.weights if wire.target.name == "spikes" else target.lateral
        return self._dense(block.array.astype(np.float64), shape, target, name, bias)

    def _bias(self, target: Any) -> NDArray[np.float64] | None:
        """The input from biases at every step, [units]; None where all are 0."""
        bias = np.asarray(target.bias, dtype=np.float64)
        if not np.any(bias):
            return None
        return np.tile(bias, target.places) if bias.shape == (target.channels,) else np.full(target.units, bias)

    def _dense(
        self, rows: NDArray[np.float64], shape: Shape, target: Any, name: str, bias: NDArray[np.float64] | None
    ) -> list[str]:  # fmt: skip
        own = self.shapes[target.name]
        if len(own) > 1:
            raise self._refused(target, f"rows of weights lead to a map {own}; in NIR they lead to a list of neurons")
        made = []
        if len(shape) > 1:
            # NIR flattens channel by channel, and has no other order.
            made.append(f"{name}_flatten")
            self.nodes[made[0]] = {"type": "Flatten", "start_dim": 0, "end_dim": -1, "input_type": np.array(shape)}
        words = in_float32(rows[unit_numbers(shape).ravel()].T, f"weights of {target.name!r} hold", "NIR")
        # An Affine of bias 0 and no Linear: sinabs passes over those without a word.
        zeros = np.zeros(target.units) if bias is None else bias
        self.nodes[name] = {"type": "Affine", "weight": words, "bias": self._each(zeros, own, target)}
        return [*made, name]

    def _slid(self, target: Any, shape: Shape, name: str, bias: NDArray[np.float64] | None) -> list[str]:
        g, words = target.geometry, target.weights.array.astype(np.float64)
        if self._side_by_side(target):
            if bias is not None:
                return self._dense(words[0, 0] * np.eye(target.units), shape, target, name, bias)
            if words[0, 0] == 1:
                return []
            self.nodes[name] = {"type": "Scale", "scale": self._each(words[0, 0], shape, target)}
            return [name]
        if len(shape) != 3:
            raise self._refused(target, f"a kernel slides over {shape}; wanted a map")
        kernel, padding = kernel_weights(words, g), g.padding
        rows, columns = max(padding[0], padding[2]), max(padding[1], padding[3])
        zeros = ((rows - padding[0], rows - padding[2]), (columns - padding[1], columns - padding[3]))
        kernel = np.pad(kernel, ((0, 0), (0, 0), *zeros))
        channels = np.zeros(g.shape_out[0]) if bias is None else bias.reshape(-1, g.shape_out[0])[0]
        if bias is not None and np.any(bias.reshape(-1, g.shape_out[0]) != channels):
            raise self._refused(target, "its bias differs from place to place; in NIR a Conv2d has one a channel")
        self.nodes[name] = {
            "type": "Conv2d", "input_shape": np.array(shape[1:]), "stride": np.array(g.stride),
            "padding": np.array([rows, columns]), "dilation": np.array([1, 1]), "groups": 1,
            "weight": in_float32(kernel, f"weights of {target.name!r} hold", "NIR"),
            "bias": in_float32(channels, f"biases of {target.name!r} hold", "NIR"),
        }  # fmt: skip
        return [name]


def _end(kind: str, shape: Shape) -> dict[str, Any]:
    return {"type": kind, "shape": np.array(shape)}


def _is_dense(module: Any) -> bool:
    geometry = module.geometry
    return bool(geometry.shape_in[1:] == geometry.shape_out[1:] == geometry.kernel == (1, 1))


def _forgets(module: Any) -> bool:
    """Whether units hold what comes in a step and nothing else: a Threshold, or an Output of sums."""
    euler = module.drive == "euler" and module.tau is not None and np.all(np.asarray(module.tau) == 1)
    return bool(euler and module.tau_syn is None and np.all(np.asarray(module.r) == 1) and not np.any(module.rest))
