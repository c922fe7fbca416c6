"""Values as JSON and arrays, and back: plain ones, arrays, tuples, the package's own objects; data alone, no pickles.

An object that is twice within a value is one object again; views of one array become arrays of their own.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import pickle
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError
from eventnet.rule import Rule


class Unmovable(Exception):
    """Why something cannot be handed to another process."""


class _Packer(pickle.Pickler):
    """Pickles rules by name, as functions are."""

    def reducer_override(self, thing: Any) -> Any:
        """Pickle a rule by its module and name, all else in the usual way. Raises Unmovable if it is not there."""
        if isinstance(thing, Rule) and thing.of is not thing:
            return thing.__reduce__()
        if isinstance(thing, Rule):
            module, name = thing.py_func.__module__, thing.py_func.__qualname__
            if found(module, name) is not thing:
                raise Unmovable(f"the rule {name!r} is not to be found by its name in {module}")
            return found, (module, name)
        return NotImplemented


def found(module: str, name: str) -> Any:
    """The object of a module by this name, with dots; None where there is none."""
    thing: Any = importlib.import_module(module)
    for part in name.split("."):
        thing = getattr(thing, part, None)
    return thing


def pickled(things: Any) -> bytes:
    """Things as bytes. Raises Unmovable, with the reason."""
    text = io.BytesIO()
    _write(things, text)
    return text.getvalue()


class _Hash:
    """A file that keeps no more than a hash of what is written."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()

    def write(self, part: Any) -> None:
        """Take a part."""
        self.hash.update(part)


def digest(*things: Any) -> str:
    """A name for things: equal names mean equal things. Raises Unmovable for what has no bytes."""
    made = _Hash()
    _write(things, made)
    return made.hash.hexdigest()[:32]


def _write(things: Any, file: Any) -> None:
    try:
        _Packer(file, protocol=pickle.HIGHEST_PROTOCOL).dump(things)
    except Unmovable:
        raise
    except Exception as error:  # whatever a class does to be pickled
        raise Unmovable(f"a worker could not be handed all it needs ({error}); define it in a file, by name") from error


Arrays = dict[str, NDArray[Any]]

PLAIN = (type(None), bool, int, float, str)


class Unkeepable(Exception):
    """Why a value has no form as JSON and arrays."""


def encode(value: Any) -> tuple[Any, Arrays]:
    """A tree that JSON holds, and the arrays it names, copied. Raises Unkeepable, with the reason."""
    writer = _Writer()
    return writer.tree(value), writer.arrays


def decode(tree: Any, arrays: Arrays) -> Any:
    """The value that was encoded so. Raises DataError for what nothing is encoded as."""
    try:
        return _Reader(arrays).value(tree)
    except DataError:
        raise
    except Exception as error:  # whatever a damaged tree leads to
        raise DataError(f"this is no value that was kept: {error!r}") from error


class _Writer:
    """Things that can be met again are numbered as they come."""

    def __init__(self) -> None:
        self.arrays: Arrays = {}
        self.numbers: dict[int, int] = {}
        self.met: list[Any] = []  # holds them, so that no other thing gets the identity of one

    def tree(self, value: Any) -> Any:
        kind = type(value)
        if kind in PLAIN:
            return value
        if kind is tuple:
            return ["tuple", self._each(value)]
        if kind in (set, frozenset):
            return [kind.__name__, self._each(sorted(value, key=repr))]
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return ["row", own_name(kind), self._each(value)]
        if isinstance(value, np.generic):
            return ["number", self._array(np.asarray(value))]
        if kind is bytes:
            return ["bytes", self._array(np.frombuffer(value, np.uint8))]
        if isinstance(value, Path):
            return ["path", str(value)]
        if isinstance(value, np.dtype):
            return ["kind", self._array(np.empty(0, value))]
        if kind is range:
            return ["range", value.start, value.stop, value.step]
        if isinstance(value, FunctionType):
            return ["function", own_name(value)]
        if id(value) in self.numbers:
            return ["same", self.numbers[id(value)]]
        self.numbers[id(value)] = len(self.met)
        self.met.append(value)
        return self._thing(value)

    def _thing(self, value: Any) -> Any:
        kind = type(value)
        if kind is list:
            return ["list", self._each(value)]
        if kind is dict:
            return ["dict", [[self.tree(key), self.tree(each)] for key, each in value.items()]]
        if isinstance(value, np.ndarray):
            return ["array", self._array(value)]
        if isinstance(value, np.random.Generator):
            return ["random", type(value.bit_generator).__name__, self.tree(value.bit_generator.state)]
        if hasattr(kind, "save") and hasattr(kind, "load"):
            return ["file", own_name(kind), self._file(value)]
        return ["object", own_name(kind), [[name, self.tree(each)] for name, each in _state(value)]]

    def _each(self, values: Iterable[Any]) -> list[Any]:
        return [self.tree(value) for value in values]

    def _array(self, value: NDArray[Any]) -> str:
        if value.dtype.hasobject:
            raise Unkeepable(f"an array of {value.dtype} holds objects of Python")
        name = f"a{len(self.arrays)}"
        self.arrays[name] = np.array(value)
        return name

    def _file(self, value: Any) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "value.npz"
            try:
                value.save(path)
            except Exception as error:  # what this one cannot save
                raise Unkeepable(f"{type(value).__name__} cannot be saved: {error}") from error
            return self._array(np.frombuffer(path.read_bytes(), np.uint8))


class _Reader:
    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.met: list[Any] = []

    def value(self, tree: Any) -> Any:
        if type(tree) in PLAIN:
            return tree
        kind, *given = tree
        make: Callable[..., Any] = getattr(self, f"_{kind}")
        return make(*given)

    def _each(self, trees: Any) -> list[Any]:
        return [self.value(tree) for tree in trees]

    def _tuple(self, trees: Any) -> Any:
        return tuple(self._each(trees))

    def _set(self, trees: Any) -> Any:
        return set(self._each(trees))

    def _frozenset(self, trees: Any) -> Any:
        return frozenset(self._each(trees))

    def _row(self, name: str, trees: Any) -> Any:
        return _class(name)(*self._each(trees))

    def _number(self, name: str) -> Any:
        return self.arrays[name][()]

    def _kind(self, name: str) -> Any:
        return self.arrays[name].dtype

    def _bytes(self, name: str) -> Any:
        return self.arrays[name].tobytes()

    def _path(self, text: str) -> Any:
        return Path(text)

    def _range(self, start: int, stop: int, step: int) -> Any:
        return range(start, stop, step)

    def _function(self, name: str) -> Any:
        found = named(name)
        if not isinstance(found, FunctionType):
            raise DataError(f"{name} is no function")
        return found

    # --- what may be met again is kept before what is in it is read ---
    def _same(self, number: int) -> Any:
        return self.met[number]

    def _list(self, trees: Any) -> Any:
        made: list[Any] = []
        self.met.append(made)
        made += self._each(trees)
        return made

    def _dict(self, pairs: Any) -> Any:
        made: dict[Any, Any] = {}
        self.met.append(made)
        for key, value in pairs:
            name = self.value(key)
            made[name] = self.value(value)
        return made

    def _array(self, name: str) -> Any:
        self.met.append(self.arrays[name])
        return self.met[-1]

    def _random(self, kind: str, state: Any) -> Any:
        if kind not in ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"):
            raise DataError(f"{kind!r} is no generator of random numbers")
        made = np.random.Generator(getattr(np.random, kind)())
        self.met.append(made)
        made.bit_generator.state = self.value(state)
        return made

    def _file(self, name: str, array: str) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "value.npz"
            path.write_bytes(self.arrays[array].tobytes())
            self.met.append(_class(name).load(path))
        return self.met[-1]

    def _object(self, name: str, state: Any) -> Any:
        made = object.__new__(_class(name))
        self.met.append(made)
        for attribute, value in state:
            object.__setattr__(made, attribute, self.value(value))
        return made


def _state(value: Any) -> list[tuple[str, Any]]:
    """The attributes of an object that is no more than these."""
    if is_dataclass(value) and not hasattr(value, "__dict__"):
        return [(field.name, getattr(value, field.name)) for field in fields(value)]
    own = any(
        getattr(type(value), how) is not getattr(object, how) for how in ("__reduce_ex__", "__reduce__", "__getstate__")
    )
    if own or not hasattr(value, "__dict__"):
        raise Unkeepable(f"{type(value).__name__} is more than its attributes")
    return list(vars(value).items())


def own_name(thing: Any) -> str:
    """`module:name` of a class or function of the package. Raises Unkeepable for any other."""
    name = f"{thing.__module__}:{thing.__qualname__}"
    try:
        if named(name) is thing:
            return name
    except DataError:
        pass
    raise Unkeepable(f"{name} is not to be found by its name in the package")


def named(name: str) -> Any:
    """The object of the package by this name, "module:name". Raises DataError where it has none."""
    module, _, path = name.partition(":")
    if not module.startswith("eventnet."):
        raise DataError(f"{name} is not of the package")
    try:
        thing: Any = importlib.import_module(module)
        for part in path.split("."):
            thing = getattr(thing, part)
    except (ImportError, AttributeError) as error:
        raise DataError(f"there is no {name}") from error
    if not str(getattr(thing, "__module__", "")).startswith("eventnet."):
        raise DataError(f"{name} is not of the package")
    return thing


def _class(name: str) -> Any:
    found = named(name)
    if not isinstance(found, type):
        raise DataError(f"{name} is no class of the package")
    return found
