"""Descriptions of connectivity: frozen, small, and enough to draw the same synapses again.

    FixedInDegree(1000)      each target draws 1,000 sources
    FixedOutDegree(1000)     each source draws 1,000 targets
    FixedTotalNumber(10**6)  a million pairs are drawn
    Bernoulli(0.1)           each pair is a synapse with probability 0.1
    OneToOne(), AllToAll()
    ByDistance(positions, targets, probability)
    Edges(sources, targets)  a list

A row is what one source reaches. Its targets stand in rising order, those of Edges in the order in which they are
given: the order in which a spike reaches them.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.connectivity.values import CHUNK, ROWS, draw_key
from eventnet.errors import NetworkError
from eventnet.given import whole_number
from eventnet.kernels import rows_drawn

Rows = tuple[NDArray[np.int64], NDArray[np.uint32]]
"""start [sources + 1] and targets [synapses]: those of source i are start[i] to start[i + 1] - 1."""

SYNAPSE_BYTES = 4
LARGEST = 2**31 - 1
LOOKED, FEWEST_ROWS = 2**25, 64
"""Of a connectivity by distance: so many pairs tell how many synapses there will be, and rows of so many sources."""


@dataclass(frozen=True)
class Connectivity:
    """Base of all descriptions."""

    registry: ClassVar[dict[str, type[Connectivity]]] = {}
    random: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Connectivity.registry[cls.__name__] = cls

    def synapses(self, sources: int, targets: int, same: bool) -> int:
        """Expected number of synapses. same: sources and targets are one population.

        Raises NetworkError where the description does not fit the populations.
        """
        raise NotImplementedError

    def rows(self, sources: int, targets: int, same: bool, seed: int) -> Rows:
        """Draw them. Raises NetworkError, before anything is allocated, for what does not fit in memory."""
        check_memory(self, self.synapses(sources, targets, same), SYNAPSE_BYTES)
        return self._rows(sources, targets, same, draw_key(seed, ROWS))

    def _rows(self, sources: int, targets: int, same: bool, key: int) -> Rows:
        raise NotImplementedError

    def described(self) -> dict[str, Any]:
        """The description as a file holds it; `described_again` makes it anew."""
        return {"kind": type(self).__name__} | {field.name: getattr(self, field.name) for field in fields(self)}


def described_again(given: Connectivity | Mapping[str, Any]) -> Connectivity:
    """A connectivity, or the parts of one that a file holds. Raises NetworkError for anything else."""
    if isinstance(given, Connectivity):
        return given
    parts = dict(given) if isinstance(given, Mapping) else {}
    kind = parts.pop("kind", None)
    if kind not in Connectivity.registry:
        raise NetworkError(f"{given!r:.60} is no connectivity; wanted {', '.join(Connectivity.registry)}")
    return Connectivity.registry[kind](**parts)


# --- memory ---
def memory_left() -> int | None:
    """Bytes that the machine can still give; None where it does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def check_memory(what: Any, synapses: int, each: int) -> None:
    """Raise NetworkError where so many synapses of so many bytes are more than the machine has left."""
    left = memory_left()
    if left is not None and synapses * each > left:
        raise NetworkError(
            f"{what} makes {synapses:,} synapses, which take {synapses * each / 1e9:,.1f} GB at {each} bytes; "
            f"{left / 1e9:,.1f} GB are left on this machine"
        )


# --- drawn ---
def _no_repeats(what: Connectivity, n: int, there: int, same: bool, own: bool, multiple: bool, whom: str) -> None:
    there -= same and not own
    if n > 0 and there < 1:
        raise NetworkError(f"{what} draws from no {whom}: the unit itself is left out")
    if not multiple and n > there:
        raise NetworkError(f"{what} wants {n:,} different {whom}, but there are {there:,}; or say multiple=True")


@dataclass(frozen=True)
class FixedInDegree(Connectivity):
    """Each target draws n sources.

    self_connections: a unit of a population that reaches itself may be drawn. multiple: two synapses between the same
    two units may be drawn.
    """

    n: int
    self_connections: bool = True
    multiple: bool = True

    def __post_init__(self) -> None:
        whole_number("the in-degree", self.n, 0, LARGEST, NetworkError)

    def synapses(self, sources: int, targets: int, same: bool) -> int:
        """n a target."""
        _no_repeats(self, self.n, sources, same, self.self_connections, self.multiple, "sources")
        return int(self.n * targets)

    def _rows(self, sources: int, targets: int, same: bool, key: int) -> Rows:
        own, at = self.self_connections or not same, np.zeros(sources, np.int64)
        given = sources, targets, int(self.n), np.uint64(key), own, self.multiple
        rows_drawn.draw_sources(*given, at, np.zeros(0, np.uint32), False)
        start = np.concatenate([[0], np.cumsum(at)])
        made = np.empty(start[-1], np.uint32)
        rows_drawn.draw_sources(*given, start[:-1].copy(), made, True)
        return start, made


@dataclass(frozen=True)
class FixedOutDegree(Connectivity):
    """Each source draws n targets; self_connections and multiple as in `FixedInDegree`."""

    n: int
    self_connections: bool = True
    multiple: bool = True

    def __post_init__(self) -> None:
        whole_number("the out-degree", self.n, 0, LARGEST, NetworkError)

    def synapses(self, sources: int, targets: int, same: bool) -> int:
        """n a source."""
        _no_repeats(self, self.n, targets, same, self.self_connections, self.multiple, "targets")
        return int(self.n * sources)

    def _rows(self, sources: int, targets: int, same: bool, key: int) -> Rows:
        own, made = self.self_connections or not same, np.empty((sources, self.n), np.uint32)
        rows_drawn.draw_targets(sources, targets, int(self.n), np.uint64(key), own, self.multiple, made)
        made.sort(axis=1)
        return np.arange(sources + 1, dtype=np.int64) * self.n, made.ravel()


@dataclass(frozen=True)
class FixedTotalNumber(Connectivity):
    """n synapses, each between a source and a target drawn anew: the same two may be drawn again, and a unit itself."""

    n: int

    def __post_init__(self) -> None:
        whole_number("the number of synapses", self.n, 0, LARGEST, NetworkError)

    def synapses(self, sources: int, targets: int, same: bool) -> int:
        """n."""
        return int(self.n)

    def _rows(self, sources: int, targets: int, same: bool, key: int) -> Rows:
        at, n = np.zeros(sources, np.int64), int(self.n)
        rows_drawn.draw_sources(sources, 1, n, np.uint64(key), True, True, at, np.zeros(0, np.uint32), False)
        start = np.concatenate([[0], np.cumsum(at)])
        made = np.empty((1, n), np.uint32)
        rows_drawn.draw_targets(1, targets, n, np.uint64(rows_drawn.word_of(key, 1)), True, True, made)
        for lo, hi in pairwise(start.tolist()):
            made[0, lo:hi].sort()
        return start, made[0]


@dataclass(frozen=True)
class Bernoulli(Connectivity):
    """Each pair of source and target is a synapse with probability p; self_connections as in `FixedInDegree`."""

    p: float
    self_connections: bool = True

    def __post_init__(self) -> None:
        _probability(self.p)

    def synapses(self, sources: int, targets: int, same: bool) -> int:
        """Expected number of synapses."""
        return round(self.p * targets * sources)

    def _rows(self, sources: int, targets: int, same: bool, key: int) -> Rows:
        if self.p == 1:
            return AllToAll(self.self_connections)._rows(sources, targets, same, key)
        start, most = np.zeros(sources + 1, np.int64), self.synapses(sources, targets, same)
        if self.p == 0:
            return start, np.zeros(0, np.uint32)
        room, own = most + 6 * int(most**0.5) + 64, self.self_connections or not same
        while True:
            made = np.empty(room, np.uint32)
            n = rows_drawn.draw_pairs(sources, targets, float(self.p), np.uint64(key), own, start, made)
            if n >= 0:
                return start, made[:n]
            room *= 2


def _probability(p: Any) -> None:
    if isinstance(p, bool) or not isinstance(p, int | float | np.number) or not 0 <= p <= 1:
        raise NetworkError(f"the probability of a synapse is {p!r}; wanted a number from 0 to 1")


@dataclass(frozen=True, eq=False)
class ByDistance(Connectivity):
    """Each pair is a synapse with a probability that falls with the distance between the two.

    positions of the sources [sources, dimensions] and of the targets [targets, dimensions]. The probability is
    peak exp(-d^2 / (2 width^2)) (shape="gaussian"), peak exp(-d / width) ("exponential"), or peak where d <= width
    ("disc"). The time goes with pairs. For another law give `Edges`. The number of synapses, which decides whether
    they fit in memory, is estimated from the rows of a part of the sources where there are more than 2^25 pairs.
    """

    sources_at: ArrayLike
    targets_at: ArrayLike
    width: float
    peak: float = 1.0
    shape: Literal["gaussian", "exponential", "disc"] = "gaussian"
    self_connections: bool = True

    def __post_init__(self) -> None:
        _probability(self.peak)
        a, b = (np.array(at, dtype=np.float64) for at in (self.sources_at, self.targets_at))
        if (
            a.ndim != 2
            or b.ndim != 2
            or a.shape[1] != b.shape[1]
            or not (np.isfinite(a).all() and np.isfinite(b).all())
        ):
            raise NetworkError(f"positions are {list(a.shape)} and {list(b.shape)}; wanted [units, dimensions], finite")
        if not self.width > 0:
            raise NetworkError(f"the width is {self.width!r}; wanted a number above 0")
        if self.shape not in ("gaussian", "exponential", "disc"):
            raise NetworkError(f"the shape is {self.shape!r}; wanted gaussian, exponential or disc")
        object.__setattr__(self, "sources_at", a)
        object.__setattr__(self, "targets_at", b)

    def synapses(self, sources: int, targets: int, same: bool) -> int:
        """Expected number of synapses, and six standard deviations more."""
        found = len(np.asarray(self.sources_at)), len(np.asarray(self.targets_at))
        if found != (sources, targets):
            raise NetworkError(f"positions of {found} units for {sources} sources and {targets} targets")
        return self._expected

    @cached_property
    def _expected(self) -> int:
        """Synapses: of all rows, or of as many as have LOOKED pairs, drawn by a seed of their own."""
        a, b = np.asarray(self.sources_at), np.asarray(self.targets_at)
        looked = min(len(a), max(FEWEST_ROWS, LOOKED // max(1, len(b))))
        chosen = np.arange(len(a)) if looked == len(a) else np.random.default_rng(0).choice(len(a), looked, False)
        rows = np.array([self._reach(a[i], b).sum() for i in chosen])
        if not len(rows):
            return 0
        expected = len(a) * rows.mean()
        unsure = 0.0 if looked == len(a) else len(a) ** 2 * rows.var() / looked
        return min(len(a) * len(b), math.ceil(float(expected + 6 * math.sqrt(expected + unsure))))

    def probability(self, d: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of a synapse at distances d."""
        x = d / self.width
        laws = {"gaussian": np.exp(-x * x / 2), "exponential": np.exp(-x), "disc": (x <= 1).astype(np.float64)}
        return np.asarray(self.peak * laws[self.shape], dtype=np.float64)

    def _reach(self, at: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of the synapses of a source that stands there, [targets]."""
        return self.probability(np.sqrt(((targets - at) ** 2).sum(axis=1)))

    def _rows(self, sources: int, targets: int, same: bool, key: int) -> Rows:
        a, b, start = np.asarray(self.sources_at), np.asarray(self.targets_at), np.zeros(sources + 1, np.int64)
        made = np.empty(self._expected, np.uint32)
        for i in range(sources):
            rng = np.random.Generator(np.random.PCG64([key, i]))
            reached = rng.random(targets) < self._reach(a[i], b)
            if same and not self.self_connections:
                reached[i] = False
            row = np.flatnonzero(reached)
            start[i + 1] = start[i] + len(row)
            if start[i + 1] > len(made):  # more than six standard deviations above what was expected
                made.resize(int(start[i + 1] + len(made) // 2), refcheck=False)
            made[start[i] : start[i + 1]] = row
        made.resize(int(start[-1]), refcheck=False)  # in place
        return start, made


# --- given ---
@dataclass(frozen=True)
class OneToOne(Connectivity):
    """Unit k reaches unit k; both populations have as many units."""

    random: ClassVar[bool] = False

    def synapses(self, sources: int, targets: int, same: bool) -> int:
        """One a unit."""
        if sources != targets:
            raise NetworkError(f"OneToOne joins {sources:,} sources to {targets:,} targets; wanted as many")
        return sources

    def _rows(self, sources: int, targets: int, same: bool, key: int) -> Rows:
        return np.arange(sources + 1, dtype=np.int64), np.arange(targets, dtype=np.uint32)


@dataclass(frozen=True)
class AllToAll(Connectivity):
    """Every source reaches every target; self_connections as in `FixedInDegree`."""

    self_connections: bool = True
    random: ClassVar[bool] = False

    def synapses(self, sources: int, targets: int, same: bool) -> int:
        """All pairs."""
        return sources * targets - (sources if same and not self.self_connections else 0)

    def _rows(self, sources: int, targets: int, same: bool, key: int) -> Rows:
        without = same and not self.self_connections
        made = np.tile(np.arange(targets - without, dtype=np.uint32), (sources, 1))
        if without:
            for i in range(sources):
                made[i, i:] += 1
        return np.arange(sources + 1, dtype=np.int64) * made.shape[1], made.ravel()


@dataclass(frozen=True, eq=False)
class Edges(Connectivity):
    """A list: synapse k goes from sources[k] to targets[k], both [synapses]; weights and delays may be [synapses]."""

    sources: ArrayLike
    targets: ArrayLike
    random: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for name in ("sources", "targets"):
            given = np.asarray(getattr(self, name))
            if given.ndim != 1 or (given.dtype.kind not in "iu" and given.size):
                raise NetworkError(
                    f"{name} of Edges are {given.ndim}-d of {given.dtype}; wanted a list of whole numbers"
                )
            if given.size and (given.min() < 0 or given.max() > LARGEST):
                raise NetworkError(f"{name} of Edges are {given.min()} to {given.max()}; wanted 0 to {LARGEST:,}")
            object.__setattr__(self, name, given.astype(np.uint32))
        found = len(np.asarray(self.sources)), len(np.asarray(self.targets))
        if found[0] != found[1]:
            raise NetworkError(f"{found[0]} sources and {found[1]} targets; wanted as many")

    def synapses(self, sources: int, targets: int, same: bool) -> int:
        """As many as are given."""
        given, each = np.asarray(self.targets), LISTED.each(self)
        last = int(np.max(self.sources, initial=0)) if each is None else len(each) - 1
        for name, units, most in (("sources", sources, last), ("targets", targets, int(given.max(initial=0)))):
            if given.size and most >= units:
                raise NetworkError(f"{name} of Edges reach to unit {most}; wanted 0 to {units - 1}")
        return len(given)

    def in_rows(self, sources: int, given: NDArray[Any]) -> NDArray[Any]:
        """Values given of each edge [synapses] in the sequence of the rows; the array itself where the list has it."""
        if LISTED.each(self) is not None:
            return given
        if given.itemsize > 8:
            return np.asarray(given[self.in_rows(sources, np.arange(len(given)))])
        made, words = np.empty(given.shape, given.dtype), f"u{given.itemsize}"
        # As bits, so that the kernel is compiled for each width and not for each type.
        bits = np.ascontiguousarray(given).view(words), made.view(words)
        rows_drawn.sort_edges(self.sources, self._begins(sources)[:-1], *bits)
        return made

    def _begins(self, sources: int) -> NDArray[np.int64]:
        """Number of the first synapse of each row, [sources + 1]."""
        made, each = np.zeros(sources + 1, np.int64), LISTED.each(self)
        if each is None:
            rows_drawn.count_edges(self.sources, made[1:])
        else:
            made[1 : len(each) + 1] = each
        return np.cumsum(made, out=made)

    def _rows(self, sources: int, targets: int, same: bool, key: int) -> Rows:
        return self._begins(sources), self.in_rows(sources, np.asarray(self.targets))


class ListedSources:
    """The sources of `Edges`, a uint32 array [synapses]. Where they rise only how many each has is kept.

    A list that rises, as that of a matrix by rows does, is in the sequence of the rows. Counts take 8 bytes a source,
    so they are kept where sources have two edges or more.
    """

    def __get__(self, edges: Any, kind: type | None = None) -> Any:
        if edges is None:
            raise AttributeError("sources are those of one list")
        each = self.each(edges)
        return vars(edges)["_sources"] if each is None else np.repeat(np.arange(len(each), dtype=np.uint32), each)

    def __set__(self, edges: Any, given: Any) -> None:
        each = _counted(given) if isinstance(given, np.ndarray) and given.dtype == np.uint32 else None
        vars(edges).update(_sources=given if each is None else None, _each=each)

    def each(self, edges: Edges) -> NDArray[np.int64] | None:
        """How many edges each source has, up to the last that has any; None where sources do not rise."""
        kept: NDArray[np.int64] | None = vars(edges)["_each"]
        return kept


def _counted(sources: NDArray[np.uint32]) -> NDArray[np.int64] | None:
    if sources.ndim != 1 or not sources.size or 2 * (int(sources[-1]) + 1) > sources.size:
        return None
    parts = (sources[lo : lo + CHUNK + 1] for lo in range(0, len(sources), CHUNK))
    if not all((part[1:] >= part[:-1]).all() for part in parts):
        return None
    ends = np.searchsorted(sources, np.arange(int(sources[-1]) + 1, dtype=np.uint32), side="right")
    return np.diff(ends, prepend=0)


LISTED = ListedSources()
Edges.sources = LISTED  # type: ignore[assignment]  # the field; a dataclass would take it for a default


def of_matrix(matrix: Any) -> tuple[Edges, NDArray[Any]]:
    """Edges and their weights of a sparse matrix [sources, targets] that has scipy's `tocoo`."""
    coo = matrix.tocoo()
    return Edges(coo.row, coo.col), np.asarray(coo.data)


CONNECTIVITIES = Connectivity.registry
"""Connectivities by the names of their classes."""
