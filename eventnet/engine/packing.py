"""Pickled objects: a rule is pickled by its name, as a function is."""

from __future__ import annotations

import hashlib
import importlib
import io
import pickle
from typing import Any

from eventnet.rule import Rule


class Unmovable(Exception):
    """Why something cannot be handed to another process."""


class _Packer(pickle.Pickler):
    """Pickles rules by name, as functions are."""

    def reducer_override(self, thing: Any) -> Any:
        """How to pickle a rule; all else goes its usual way."""
        if isinstance(thing, Rule) and thing.of is not thing:
            return thing.__reduce__()
        if isinstance(thing, Rule):
            module, name = thing.py_func.__module__, thing.py_func.__qualname__
            if found(module, name) is not thing:
                raise Unmovable(f"the rule {name!r} is not to be found by its name in {module}")
            return found, (module, name)
        return NotImplemented


def found(module: str, name: str) -> Any:
    """What a module knows by this name, with dots; None where there is none."""
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
