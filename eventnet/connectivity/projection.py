"""A projection: synapses drawn from a description, as the rows that synapses hold, with weights and delays."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.connectivity.descriptions import SYNAPSE_BYTES, Connectivity, Edges, check_memory, described_again
from eventnet.connectivity.values import CHUNK, DELAYS, WEIGHTS, Distribution, draw_key
from eventnet.errors import NetworkError
from eventnet.given import whole_number
from eventnet.kernels.rows_drawn import split_by_delay

LONGEST = 2**61


class DrawnRows(NamedTuple):
    """Rows [R] of targets [synapses]: one for each source, or where delays differ one for each delay of a source."""

    begins: NDArray[np.int64]  # [R + 1]
    targets: NDArray[np.uint32]  # [synapses]
    parts: NDArray[np.int64]  # [sources + 1] rows of each source; [0] where a source is a row
    waits: NDArray[np.int64]  # [R] ticks; [0] where a wire says the delay


class Projection:
    """Synapses from one population to another.

    connectivity: who reaches whom; sources, targets: sizes; same: both are one population. seed: what is drawn is drawn
    by it, None where nothing is. delays: None for one that a wire has, a `Distribution`, or ticks [synapses].
    Raises NetworkError for what does not go together.
    """

    def __init__(
        self, connectivity: Connectivity, sources: int, targets: int, *, same: bool = False, seed: int | None = None,
        delays: Distribution | ArrayLike | None = None,
    ) -> None:  # fmt: skip
        if not isinstance(connectivity, Connectivity):
            raise NetworkError(f"{connectivity!r:.60} is no connectivity; wanted {', '.join(Connectivity.registry)}")
        self.connectivity, self.sources, self.targets, self.same = connectivity, sources, targets, same
        self.seed = self._seed(seed, connectivity.random or isinstance(delays, Distribution))
        self.delays = delays if delays is None or isinstance(delays, Distribution) else _ticks(delays)

    @classmethod
    def of(cls, given: Any, what: str = "projection") -> Projection:
        """A projection, or what a file holds of one. Raises NetworkError for anything else."""
        if isinstance(given, Projection):
            return given
        if not isinstance(given, Mapping):
            raise NetworkError(f"{what} is {given!r:.60}; wanted a Projection: Network.connect makes one")
        parts = dict(given)
        delays = parts.pop("delays")
        if isinstance(delays, Mapping):
            law = dict(delays)
            delays = Distribution.registry[law.pop("kind")](**law)
        return cls(described_again(parts.pop("connectivity")), **parts, delays=delays)

    def described(self) -> dict[str, Any]:
        """Content of a file: descriptions and the seed where rows are drawn, and else the rows as they were given."""
        made = {name: getattr(self, name) for name in ("sources", "targets", "same", "seed")}
        delays: Any = self.delays
        if isinstance(delays, Distribution):
            delays = {"kind": type(delays).__name__} | vars(delays)
        elif delays is not None:
            delays = delays.astype(np.int64)
        return made | {"connectivity": self.connectivity.described(), "delays": delays}

    def _seed(self, seed: int | None, wanted: bool) -> int | None:
        if seed is None and wanted:
            raise NetworkError(f"{self.connectivity} is drawn; wanted seed=, a whole number")
        if seed is not None:
            draw_key(seed, 0)  # which checks it
        return seed

    def __repr__(self) -> str:
        return f"Projection({self.connectivity!r:.80}, {self.sources} to {self.targets})"

    # --- rows ---
    @cached_property
    def drawn(self) -> DrawnRows:
        """The rows. Raises NetworkError, before anything is allocated, where they do not fit in memory."""
        delayed = self.delays is not None
        n = self.connectivity.synapses(self.sources, self.targets, self.same)
        check_memory(self.connectivity, n, SYNAPSE_BYTES * (2 if delayed else 1))
        start, targets = self.connectivity.rows(self.sources, self.targets, self.same, self.seed or 0)
        if not delayed:
            none = np.zeros(0, np.int64)
            return DrawnRows(start, targets, none, none)
        ticks, kinds = self._kinds(len(targets))
        if isinstance(self.connectivity, Edges) and targets is self.connectivity.targets:
            targets = targets.copy()  # which are sorted in place
        parts = np.zeros(self.sources + 1, np.int64)
        found = np.zeros((min(len(targets), self.sources * len(ticks)), 2), np.int64)
        rows = split_by_delay(start, targets, np.zeros(0, np.int64), kinds, len(ticks), parts, found)
        begins = np.concatenate([found[:rows, 1], [len(targets)]])
        return DrawnRows(begins, targets, parts, ticks[found[:rows, 0]])

    @property
    def places(self) -> NDArray[np.int64] | None:
        """Index in the description of the synapse at each place [synapses]; None where the places are those described.

        Only what is given synapse by synapse needs them: they take more memory than the targets.
        """
        described = self._listed
        if self.delays is None:
            return described
        drawn = self.drawn
        n, start = len(drawn.targets), drawn.begins[drawn.parts]
        ticks, kinds = self._kinds(n)
        places = np.arange(n) if described is None else described.copy()
        parts, none = np.zeros(self.sources + 1, np.int64), np.zeros((0, 2), np.int64)
        split_by_delay(start, drawn.targets[:0], places, kinds, len(ticks), parts, none)
        return places

    @property
    def _listed(self) -> NDArray[np.int64] | None:
        """Index of the edge at each place [synapses], before rows are split by delays; None without `Edges`."""
        if not isinstance(self.connectivity, Edges):
            return None
        return self.connectivity.in_rows(self.sources, np.arange(len(np.asarray(self.connectivity.targets))))

    def _kinds(self, n: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Delays that there are, rising, and the place of each synapse's among them, in the order of the rows."""
        if isinstance(self.delays, Distribution):
            assert self.seed is not None
            return kinds_of(self.delays, n, draw_key(self.seed, DELAYS))
        listed = np.zeros(0, np.int64) if self.delays is None else self.delays
        if listed.shape != (n,):
            raise NetworkError(f"delays have shape {list(listed.shape)}; wanted [{n}], one a synapse")
        if isinstance(self.connectivity, Edges):
            listed = self.connectivity.in_rows(self.sources, listed)
        return kinds_among(listed.copy() if listed is self.delays else listed)

    # --- weights ---
    def weights(self, given: Any, dtype: str, seed: int | None) -> NDArray[Any]:
        """A block [1, 1], [1, sources] or [1, synapses] of a number, numbers or a distribution.

        Raises NetworkError for other shapes, and for a distribution without a seed.
        """
        if not len(self.drawn.targets):
            return np.zeros((1, 1))
        if isinstance(given, Distribution):
            if seed is None:
                raise NetworkError(f"weights {given} are drawn; wanted seed=, a whole number")
            number = np.float32 if dtype == "float32" else np.float64
            check_memory(given, len(self.drawn.targets), 2 * np.dtype(number).itemsize)
            return given.draw(len(self.drawn.targets), draw_key(seed, WEIGHTS), number)[None, :]
        array = np.asarray(given)
        if array.ndim == 0 or array.size == 1:
            return array.reshape(1, 1)
        n = len(self.drawn.targets)
        if array.shape == (n,) and (not self.connectivity.random or n != self.sources):
            if self.delays is None and isinstance(self.connectivity, Edges):
                return self.connectivity.in_rows(self.sources, array)[None, :]
            places = self.places
            return (array if places is None else array[places])[None, :]
        if array.shape == (self.sources,) == (n,):  # a block of so many is read synapse by synapse
            return np.repeat(array, self._of_each_source())[None, :]
        if array.shape == (self.sources,):
            return array[None, :]
        raise NetworkError(
            f"weights have shape {list(array.shape)}; wanted a number, [{self.sources}] for the sources, "
            f"[{n}] for the synapses, or a distribution"
        )

    def _of_each_source(self) -> NDArray[np.int64]:
        """Number of synapses of each source [sources]."""
        drawn = self.drawn
        return np.diff(drawn.begins if not len(drawn.parts) else drawn.begins[drawn.parts])

    def columns(self, n: int) -> NDArray[np.int64]:
        """For each row the column of its weight in a block [1, n]; -1 where each synapse has its own."""
        rows = len(self.drawn.begins) - 1
        if n == 1:
            return np.broadcast_to(np.int64(0), rows)  # which take no memory
        if n == len(self.drawn.targets):
            return np.broadcast_to(np.int64(-1), rows)
        if n != self.sources:
            raise NetworkError(
                f"weights are for {n}; wanted 1, {self.sources} (sources) or {len(self.drawn.targets)} (synapses)"
            )
        return np.arange(rows) if not len(self.drawn.parts) else np.repeat(np.arange(n), np.diff(self.drawn.parts))


def kinds_of(law: Distribution, n: int, key: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Delays drawn from a law, as `Projection._kinds` has them: in as few bytes a synapse as the longest needs."""
    drawn: NDArray[Any] = np.zeros(n, np.uint8)
    for lo, numbers in law.chunks(n, key):
        ticks = _ticks(np.rint(numbers).astype(np.int64))
        needed = np.min_scalar_type(int(ticks.max()))
        if needed.itemsize > drawn.itemsize:
            drawn = drawn.astype(needed)
        drawn[lo : lo + len(ticks)] = ticks
    return kinds_among(drawn)


def kinds_among(drawn: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Delays that there are, rising, and the place of each among them: in its place, where it has 2 bytes at most."""
    n = len(drawn)
    if drawn.itemsize > 2:
        ticks, kinds = np.unique(drawn, return_inverse=True)
        return ticks.astype(np.int64), kinds.astype(np.int32)
    there = np.zeros(1 << 8 * drawn.itemsize, bool)
    for lo in range(0, n, CHUNK):
        there[drawn[lo : lo + CHUNK]] = True
    ticks = np.flatnonzero(there)
    place_of = (np.cumsum(there) - 1).astype(drawn.dtype)
    for lo in range(0, n, CHUNK):
        drawn[lo : lo + CHUNK] = place_of[drawn[lo : lo + CHUNK]]
    return ticks, drawn


def _ticks(given: Any) -> NDArray[np.int64]:
    array = np.asarray(given)
    if (array.size and array.dtype.kind not in "iu") or np.any(array < 0) or np.any(array >= LONGEST):
        raise NetworkError(f"delays are {given!r:.60}; wanted whole ticks, from 0 to below 2^61")
    return array.astype(np.min_scalar_type(int(array.max(initial=0))))


# --- weights that a file holds by what drew them ---
def drawn_by(law: Any, n: int, seed: int | None) -> dict[str, Any] | None:
    """Distribution, number and seed of drawn weights, as plain values; None for weights that are not drawn."""
    return {"kind": type(law).__name__, "n": n, "seed": seed} | vars(law) if isinstance(law, Distribution) else None


def drawn_again(described: Mapping[str, Any], dtype: str) -> NDArray[Any]:
    """The weights [1, n] that were drawn by this. Raises NetworkError where they do not fit in memory."""
    law, number = dict(described), np.float32 if dtype == "float32" else np.float64
    kind, n, seed = law.pop("kind"), whole_number("n", law.pop("n"), 1, error=NetworkError), law.pop("seed")
    made = Distribution.registry[kind](**law)
    check_memory(made, n, 2 * np.dtype(number).itemsize)
    return made.draw(n, draw_key(seed, WEIGHTS), number)[None, :]
