"""Listings by place: files of a folder, and entry points of other packages.

To list them imports none; one that is asked for is imported then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
        """Where those of other packages stand; a name of this package stays this package's."""
        return {point.name: point for point in _points().select(group=self.group) if point.name not in self.own()}

    def names(self) -> list[str]:
        """All names."""
        known = {*self.own(), *self.others()}
        return [name for name in self.first if name in known] + sorted(known - set(self.first))

    def find(self, name: str) -> Any:
        """What has this name, imported: an attribute, or a module where a place names none.

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


def files_of(path: Iterable[str], package: str, prefix: str = "") -> dict[str, str]:
    """Modules in folders, by what follows a prefix in their names, with `-` for `_`; packages are passed over."""
    return {
        found.name.removeprefix(prefix).replace("_", "-"): f"{package}.{found.name}"
        for found in iter_modules(path)
        if found.name.startswith(prefix) and not found.ispkg
    }


@lru_cache(maxsize=1)
def _points() -> Any:
    """All entry points; to read them takes some milliseconds."""
    return entry_points()
