"""A network as a file: its modules as text and arrays, the arguments they were made of and what was changed since.

A module is tried before it is written: the one that a reader will make must be the one that runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from eventnet.base import files
from eventnet.base.files import read_npz, write_npz
from eventnet.base.listing import Listing
from eventnet.base.saved_names import OUTLETS, STATE, name_now, name_of
from eventnet.connectivity.projection import drawn_again
from eventnet.errors import DataError, NetworkError
from eventnet.module import TABLES, Block, Module, PythonModule, making_again

FORMAT = "eventnet-network-2"
WITHOUT_CHANGES = "eventnet-network-1"
"""The format before, whose files hold named arguments of modules and nothing else of them; they are read, too."""

CLASSES = (Listing("neuron", "eventnet.neurons", dict), Listing("learning rule", "eventnet.learning", dict))
"""Entry points by which other packages name their classes."""

N = TypeVar("N", bound="Members")


class Members(Protocol):
    """The part of a network that is used here, as `eventnet.network.Network` has it."""

    dtype: str
    coalesce: str
    blocks: list[Block]
    modules: list[Module]
    wires: list[Any]
    _block_of: dict[str, Block]

    def __init__(self, dtype: str = ..., *, coalesce: str = ...) -> None: ...

    def __getitem__(self, name: str) -> Module:
        """The module of a name."""

    def weights(self, array: Any, name: str | None = None) -> Block:
        """Make a weight block."""

    def add(self, module: Module) -> Module:
        """Add a module."""

    def connect(self, source: Any, target: Any, delay: int = 0, *, settled: bool = False) -> Any:
        """Wire an outlet to a port."""


_DECLARED = set(vars(PythonModule(name="any")))


def write(net: Members, path: str | Path) -> None:
    """Write a network file, as `Network.save` says."""
    drawn = {b.name: b.drawn for b in net.blocks if _is_as_drawn(b)}
    arrays: dict[str, NDArray[Any]] = {f"block:{b.name}": b.array for b in net.blocks if b.name not in drawn}
    modules = [described(net, number, arrays) for number in range(len(net.modules))]
    wires = [
        [w.source.module.name, w.source.name, w.target.module.name, w.target.name, w.delay, w.settled]
        for w in net.wires
        if w.source.outlet.inner is None
    ]
    text: dict[str, Any] = {
        "format": FORMAT,
        "dtype": net.dtype,
        "coalesce": net.coalesce,
        "modules": modules,
        "wires": wires,
    }
    text["blocks"] = [b.name for b in net.blocks]
    text |= {"drawn": drawn} if drawn else {}
    write_npz(path, json.dumps(text), arrays)


def read(path: str | Path, kind: type[N]) -> N:
    """Read a network file, as `Network.load` says; kind: the class of networks."""
    text, arrays = read_npz(path, (FORMAT, WITHOUT_CHANGES))
    with files.described(path, "a network"):
        net = kind(text["dtype"], coalesce=text["coalesce"])
        drawn = text.get("drawn", {})
        for name in text["blocks"]:
            by = drawn.get(name)
            net.weights(arrays[f"block:{name}"] if by is None else drawn_again(by, net.dtype), name).drawn = by
        for entry in text["modules"]:
            if not _is_known(entry["kind"]):
                raise DataError(f"{path} holds a module of class {entry['kind']!r}: import it before loading")
            net.add(made(entry, arrays, net))
        for block in net.blocks:
            if block.drawn is not None:
                block.let_go(partial(drawn_again, block.drawn, net.dtype))
        for a, outlet, b, port, delay, settled in text["wires"]:
            source = getattr(net[a], name_now(outlet, net[a].outlets, OUTLETS))
            net.connect(source, getattr(net[b], port), delay, settled=settled)
    return net


def _is_as_drawn(block: Block) -> bool:
    """Whether a block's weights are those that it was drawn by."""
    if block.drawn is None or not block.is_kept:
        return block.drawn is not None
    return np.array_equal(drawn_again(block.drawn, block.dtype.name), block.array)


def _is_known(kind: str) -> bool:
    """Whether there is this class of modules. One that another package's entry point names is imported.

    Raises DataError where that cannot be loaded.
    """
    name = name_of(kind)
    if name not in Module.registry:
        for listing in CLASSES:
            for entry, point in listing.others().items():
                if point.attr == name.rpartition(":")[2]:
                    listing.find(entry)
    return name in Module.registry


def described(net: Members, number: int, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Module `number` of `net` as values for JSON, as a network file holds it; its arrays are added to `arrays`.

    Raises NetworkError for an argument that no file can hold, and for a module that is not made again by what it was
    given: one whose constructor draws numbers without a seed, say.
    """
    module = net.modules[number]
    packer = _Packer(net, number, arrays)
    text: dict[str, Any] = {"kind": module.kind()}
    text["config"] = {name: packer.pack(value, name) for name, value in module.config().items()}
    try:
        anew = _made(type(module), text, arrays, net)
    except Exception as error:  # a user's constructor may raise anything
        raise NetworkError(
            f"module {module.name!r} cannot be saved: its arguments do not make it again "
            f"({type(error).__name__}: {error})"
        ) from error
    changed = {table: packer.pack_table(table) for table in TABLES if _table(module, table) != _table(anew, table)}
    if changed:
        text["changed"] = changed
        _change(anew, changed, arrays, net)
    _check_alike(module, anew)
    return text


def made(text: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], net: Members) -> Module:
    """The module of a description; blocks and modules that it names are those of `net`."""
    module = _made(Module.registry[name_of(text["kind"])], text, arrays, net)
    _change(module, text.get("changed", {}), arrays, net)
    return module


def _made(kind: type[Module], text: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], net: Members) -> Module:
    args = [_unpacked(value, arrays, net) for value in text.get("args", [])]
    options = {name: _unpacked(value, arrays, net) for name, value in text["config"].items()}
    with making_again():
        module = kind(*args, **options)
    if "name" in text:
        module.name = text["name"]
    return module


def _change(module: Module, changed: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], net: Members) -> None:
    for table, values in changed.items():
        held: dict[str, Any] = getattr(module, table)
        made = {name_now(name, held, STATE): _unpacked(value, arrays, net) for name, value in values.items()}
        held.clear()
        held |= {name: _read_of(*value) for name, value in made.items()} if table == "reads" else made


def _read_of(other: Module, theirs: str) -> tuple[Module, str]:
    """State that is read of another module, whose names are those of now."""
    return other, name_now(theirs, {*other.state, *other.integers, *other.params}, STATE)


# --- values ----------------------------------------------------------------------------------------------------------
class _Packer:
    """Packs what belongs to one module: blocks and modules by name, arrays apart, and what JSON holds as it is."""

    def __init__(self, net: Members, number: int, arrays: dict[str, NDArray[Any]]) -> None:
        self.net, self.number, self.module, self.arrays = net, number, net.modules[number], arrays

    def pack(self, value: Any, what: str) -> Any:
        """A value for JSON; what: its place in the module, for its array's name and for messages."""
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, np.generic):
            return self.pack(value.item(), what) if value.dtype.kind in "biufU" else self._refuse(value, what)
        if isinstance(value, (int, float)):
            return int(value) if isinstance(value, int) else float(value)
        if isinstance(value, np.ndarray) and not value.dtype.hasobject:
            name = f"module{self.number}:{what}"
            self.arrays[name] = value
            return {"array": name}
        if isinstance(value, (list, tuple)):
            return [self.pack(each, f"{what}:{k}") for k, each in enumerate(value)]
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return {"dict": {key: self.pack(each, f"{what}:{key}") for key, each in value.items()}}
        return self._pack_member(value, what)

    def _pack_member(self, value: Any, what: str) -> dict[str, str]:
        if isinstance(value, Block) and self.net._block_of.get(value.name) is value:
            return {"block": value.name}
        if isinstance(value, Module) and any(before is value for before in self.net.modules[: self.number]):
            return {"module": value.name}
        self._refuse(value, what)

    def _refuse(self, value: Any, what: str) -> NoReturn:
        raise NetworkError(
            f"module {self.module.name!r} cannot be saved: {what!r} holds a {type(value).__name__}; wanted numbers, "
            "texts, arrays, weight blocks of its network, modules added before it, and lists or dicts of these"
        )

    def pack_table(self, table: str) -> dict[str, Any]:
        """One of the module's dictionaries."""
        as_arrays = table in ("state", "integers")
        return {
            name: self.pack(np.asarray(value) if as_arrays else value, f"{table}:{name}")
            for name, value in getattr(self.module, table).items()
        }


def _unpacked(value: Any, arrays: Mapping[str, NDArray[Any]], net: Members) -> Any:
    if isinstance(value, list):
        return [_unpacked(each, arrays, net) for each in value]
    if not isinstance(value, dict):
        return value
    if "dict" in value:
        return {name: _unpacked(each, arrays, net) for name, each in value["dict"].items()}
    if "block" in value:
        return net._block_of[value["block"]]
    if "module" in value:
        return net[value["module"]]
    return arrays[value["array"]].copy()


# --- what runs alike -------------------------------------------------------------------------------------------------
def _table(module: Module, table: str) -> dict[str, Any]:
    """One of a module's dictionaries in a form that compares: arrays and numbers by their bytes, the rest by itself."""
    held = getattr(module, table)
    if table == "blocks":
        return {name: id(block) for name, block in held.items()}
    if table == "reads":
        return {name: (id(other), theirs) for name, (other, theirs) in held.items()}
    arrays = {name: np.asarray(value) for name, value in held.items()}
    return {name: (array.dtype, array.shape, array.tobytes()) for name, array in arrays.items()}


def _check_alike(module: Module, anew: Module) -> None:
    """Raise NetworkError where a module made anew has other sizes, or, in plain Python, begins with other values."""
    for what, found, wanted in _compared(module, anew):
        if not _same(found, wanted):
            raise NetworkError(
                f"module {module.name!r} cannot be saved: its {what} is {found!r:.80}, but {wanted!r:.80} when it is "
                "made anew from the same arguments"
            )


def _compared(module: Module, anew: Module) -> list[tuple[str, Any, Any]]:
    pairs = [(what, getattr(module, what), getattr(anew, what)) for what in ("units", "coalesce", "most")]
    for name in module.ports:
        pairs.append((f"port {name!r}", getattr(module, name).accepts, getattr(anew, name).accepts))
    for name in module.outlets:
        pairs.append((f"outlet {name!r}", getattr(module, name).width, getattr(anew, name).width))
    pairs.append(("number of spikes at most", module.most_spikes(), anew.most_spikes()))
    if isinstance(module, PythonModule):
        kept = dict.fromkeys([*vars(module), *vars(anew)])
        pairs += [
            (f"attribute {name!r}", vars(module).get(name), vars(anew).get(name))
            for name in kept
            if name not in _DECLARED
        ]
    return pairs


def _same(a: Any, b: Any) -> bool:
    """Values are equal; a list stands for a tuple, and what is neither plain nor an array for any of its kind."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    if isinstance(a, (int, float, str, np.generic, type(None))) or isinstance(b, (int, float, str, type(None))):
        return bool(a == b or (a != a and b != b))
    return type(a) is type(b)
