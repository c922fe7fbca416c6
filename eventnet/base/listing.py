"""Listings by place: files of a folder, and entry points of other packages.

To list them imports none; one that is asked for is imported then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pkgutil import iter_modules
from typing import Any

from eventnet.errors import DataError, ModelError


@dataclass(frozen=True)
class Listing:
    """All things of a kind, by name.

    group  of entry points, by which other packages bring theirs: `my-name = "package.module:attribute"`
    own    gives those of this package: where each stands, as in an entry point
    first  what lists begin with; all others follow by name
    """

    kind: str
    group: str
    own: Callable[[], Mapping[str, str]]
    first: Sequence[str] = ()

    def others(self) -> dict[str, EntryPoint]:
        """Entry points of other packages, by name; a name of this package stays this package's."""
        return {point.name: point for point in _points().select(group=self.group) if point.name not in self.own()}

    def names(self) -> list[str]:
        """All names."""
        return self._in_order({*self.own(), *self.others()})

    def own_names(self) -> list[str]:
        """Names of this package's: to list them reads no entry points."""
        return self._in_order(set(self.own()))

    def _in_order(self, known: set[str]) -> list[str]:
        return [name for name in self.first if name in known] + sorted(known - set(self.first))

    def places(self) -> dict[str, str]:
        """Place of each, "module:attribute" or "module", by name."""
        there = {name: point.value for name, point in self.others().items()} | dict(self.own())
        return {name: there[name] for name in self.names()}

    def find(self, name: str) -> Any:
        """Import the object of this name: an attribute, or a module where a place names none.

        Raises ModelError for a name that there is not, DataError for another package's that cannot be loaded.
        """
        own = self.own().get(name)
        if own is not None:
            return EntryPoint(name, own, self.group).load()
        point = self.others().get(name)
        if point is None:
            raise ModelError(f"unknown {self.kind} {name!r}; there are: {', '.join(self.names())}")
        try:
            return point.load()
        except Exception as error:  # whatever another package's code may raise
            raise DataError(f"the {self.kind} {name!r} of {point.value} cannot be loaded: {error}") from error

    def attribute(self, name: str, module: str) -> Any:
        """The class of this name, as an attribute of a module that does not have it. Raises AttributeError.

        A name without a capital is no class: to ask for it reads no entry points.
        """
        if name[:1].isupper() and (name in self.own() or name in self.others()):
            return self.find(name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")


def classes_in(package: str, classes: Iterable[type]) -> dict[str, str]:
    """Places "module:class", by name, of those of the classes that a package's modules define at top level, public."""
    return {
        each.__name__: f"{each.__module__}:{each.__name__}"
        for each in classes
        if each.__module__.startswith(f"{package}.") and not re.search(r"^_|\.", each.__qualname__)
    }


def files_of(path: Iterable[str], package: str, prefix: str = "") -> dict[str, str]:
    """Modules in folders, by what follows a prefix in their names, with `-` for `_`; packages are passed over."""
    return {
        found.name.removeprefix(prefix).replace("_", "-"): f"{package}.{found.name}"
        for found in iter_modules(path)
        if found.name.startswith(prefix) and not found.ispkg
    }


def import_files(path: Iterable[str], package: str) -> None:
    """Import all modules in folders: what they define registers itself."""
    for name in files_of(path, package).values():
        import_module(name)


@lru_cache(maxsize=1)
def _points() -> Any:
    """All entry points; to read them takes some milliseconds."""
    return entry_points()
