"""Sweeps of a function of one's own: of the parameters, by their names, and of `seed`, if it takes one."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eventnet.engine.values import found
from eventnet.errors import EngineError, ModelError, did_you_mean
from eventnet.sweep.kinds import Kind, Numbers, Prepared


@dataclass(frozen=True)
class Function:
    """A function, by where it stands; a hash of its module's source; and whether it takes a seed."""

    place: str
    source: str
    seeded: bool

    def here(self) -> Callable[..., Any]:
        """The function, imported. Raises EngineError where its module has another source than where the sweep began."""
        made = _imported(self.place)
        if _source(self.place.partition(":")[0]) != self.source:
            raise EngineError(f"{self.place} has another source here than where the sweep began: install the same")
        return made


def _prepare(given: Prepared) -> Function:
    place = given.name
    if os.fspath(given.folder) not in ("", ".") and str(given.folder) not in sys.path:
        sys.path.append(str(given.folder))  # modules beside a sweep's file, as beside a script
    function = _imported(place) if given.function is None else given.function
    if given.function is not None and _found(place) is not function:
        raise ModelError(f"{place} is not to be found by its name: define the function at the top of a file")
    taken = inspect.signature(function).parameters
    if all(each.kind is not inspect.Parameter.VAR_KEYWORD for each in taken.values()):
        for name in given.names:
            if name not in taken:
                raise ModelError(f"{place} takes no {name!r}{did_you_mean(name, taken)}")
        for name, each in taken.items():
            if each.default is each.empty and name not in (*given.names, "seed"):
                raise ModelError(f"{place} wants {name!r}, which the sweep does not give")
    seeded = "seed" in taken or any(each.kind is inspect.Parameter.VAR_KEYWORD for each in taken.values())
    return Function(place, _source(place.partition(":")[0]), seeded)


def _imported(place: str) -> Callable[..., Any]:
    """The function that stands there. Raises ModelError for a place where none stands."""
    made = _found(place)
    if not callable(made):
        raise ModelError(f"{place} is {made!r}; wanted a function, as package.module:function")
    function: Callable[..., Any] = made
    return function


def _found(place: str) -> Any:
    module, _, name = place.partition(":")
    try:
        return found(module, name)
    except (ImportError, ValueError) as error:
        raise ModelError(f"{module} cannot be imported: {error}; wanted package.module:function") from error


@cache
def _source(module: str) -> str:
    """A hash of a module's source, as it is at the first job."""
    file = getattr(importlib.import_module(module), "__file__", None)
    if file is None or not Path(file).is_file():
        raise ModelError(f"{module} has no file: define the function in one, so that its results can be told by it")
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def _run(function: Function, parameters: Mapping[str, Any], seed: int) -> Numbers:
    numbers: Numbers = function.here()(**parameters, **({"seed": seed} if function.seeded else {}))
    return numbers


KIND = Kind(prepare=_prepare, run=_run, trace=lambda function: function.source)
