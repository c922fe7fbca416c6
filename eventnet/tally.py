"""Counts of operations: a row for each port, a column for each kind of operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.base.guesses import Guessed
from eventnet.base.summary import Summarized, Summary
from eventnet.base.svg import bars
from eventnet.errors import EngineError
from eventnet.event import Events

DELIVERIES, SPIKES, NOTICES, INPUT_ADDS, SYNAPTIC_ADDS, NEURON_ADDS, LEARNING_ADDS = range(7)
"""The column of a count, by which a rule adds to its row: `tally[READS] += n`."""

COMPARES, MULTIPLIES, READS, WRITES = range(7, 11)
"""The column of a count, by which a rule adds to its row: `tally[READS] += n`."""

COLUMNS = (
    "deliveries",
    "spikes",
    "notices",
    "input_adds",
    "synaptic_adds",
    "neuron_adds",
    "learning_adds",
    "compares",
    "multiplies",
    "reads",
    "writes",
)
"""Spikes are those of neurons; notices are what modules send themselves and what relays, gates and the like pass on
(`Outlet.notice`). Reads and writes are of weight words; compares are threshold checks; adds are on data, and not on
indices."""

N_COLUMNS = len(COLUMNS)
PRODUCTS, PRODUCT_UNITS, PRODUCT_BITS = range(N_COLUMNS, N_COLUMNS + 3)
"""Columns of a port's row in a network with amounts, for elements that are added a whole number m > 1 of times: the
elements, their m summed up, and the bits set in m summed up. Their products stand in the columns before, as one
multiplication and one addition each; see `eventnet.cost.conventions`."""
PRODUCT_COLUMNS = ("products", "product_units", "product_bits")
N_WITH_PRODUCTS = N_COLUMNS + len(PRODUCT_COLUMNS)

ADD_KINDS = {"input": INPUT_ADDS, "synaptic": SYNAPTIC_ADDS, "neuron": NEURON_ADDS, "learning": LEARNING_ADDS}

COUNTED = ("module", "deliveries", "spikes", "adds")
BARS = 24
"""Modules whose adds a notebook draws."""

Row = dict[str, int]
Ints = NDArray[np.int64]


def as_row(values: Sequence[int]) -> Row:
    """One row by column name; values are plain integers."""
    return dict(zip(COLUMNS, values, strict=True))


class Tally(Guessed, Summarized):
    """Sums of operations, by port and (where they were asked for) by root.

    `counts` has shape [ports, 11], or [ports, 14] of a network with amounts; `roots` holds delivery numbers [n] and
    counts [n, 11]. All results are plain Python integers, which no run overflows.
    """

    def __init__(
        self,
        ports: Sequence[str],
        counts: NDArray[np.int64] | Sequence[Sequence[int]],
        roots: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
        beyond: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        self.ports = tuple(ports)
        self._counts = [[int(v) for v in row[:N_COLUMNS]] for row in counts]
        self._products = [[int(v) for v in row[N_COLUMNS:]] or [0] * len(PRODUCT_COLUMNS) for row in counts]
        self._roots = roots
        self._beyond = beyond or {}

    def _total(self, column: int) -> int:
        return sum(row[column] for row in self._counts)

    @property
    def adds(self) -> int:
        """Additions and subtractions on data, of every kind."""
        return sum(self.by_kind().values())

    @property
    def multiplies(self) -> int:
        """Multiplications on data."""
        return self._total(MULTIPLIES)

    @property
    def compares(self) -> int:
        """Threshold checks: one a unit a check, and one more for each spike made."""
        return self._total(COMPARES)

    @property
    def spikes(self) -> int:
        """Spikes that neurons have sent (inputs are not spikes of a neuron, nor are notices)."""
        return self._total(SPIKES)

    @property
    def notices(self) -> int:
        """Number of sent spikes that are none of a neuron: notices of modules to themselves, and spikes passed on."""
        return self._total(NOTICES)

    @property
    def deliveries(self) -> int:
        """Events taken from the queue and handed to a port."""
        return self._total(DELIVERIES)

    @property
    def reads(self) -> int:
        """Weight words read."""
        return self._total(READS)

    @property
    def writes(self) -> int:
        """Weight words written."""
        return self._total(WRITES)

    def by_kind(self) -> dict[str, int]:
        """Adds by cause: feeding input vectors, synaptic rows and columns, work inside neurons, learning."""
        return {kind: self._total(column) for kind, column in ADD_KINDS.items()}

    def products(self) -> Row:
        """Elements that were added more than once at a time, of spikes with amounts: see PRODUCT_COLUMNS."""
        return dict(zip(PRODUCT_COLUMNS, (sum(column) for column in zip(*self._products, strict=True)), strict=False))

    def products_by_port(self) -> dict[str, Row]:
        """The same for each port."""
        rows = zip(self.ports, self._products, strict=True)
        return {name: dict(zip(PRODUCT_COLUMNS, row, strict=True)) for name, row in rows}

    def by_port(self) -> dict[str, Row]:
        """A row of counts for each port, by the name `module.port`."""
        return {name: as_row(row) for name, row in zip(self.ports, self._counts, strict=True)}

    def by_module(self) -> dict[str, Row]:
        """A row of counts for each module: the sum over its ports, in the order of the first of them."""
        found: dict[str, list[list[int]]] = {}
        for name, row in zip(self.ports, self._counts, strict=True):
            found.setdefault(name.rpartition(".")[0] or name, []).append(row)
        return {module: as_row([sum(column) for column in zip(*rows, strict=True)]) for module, rows in found.items()}

    def counted(self) -> list[tuple[str, int, int, int]]:
        """A line for each module at which something was counted: its name, and what `COUNTED` names."""
        rows = self.by_module().items()
        made = [(n, r["deliveries"], r["spikes"], sum(r[f"{kind}_adds"] for kind in ADD_KINDS)) for n, r in rows]
        return [row for row in made if any(row[1:])]

    def _summary(self) -> Summary:
        rows = self.counted()

        def picture() -> str:
            return bars([(name, adds) for name, _, _, adds in rows][:BARS], "adds by module") if self.adds else ""

        return Summary(repr(self), COUNTED, rows, picture)

    def by_root(self) -> dict[int, Row]:
        """A row of counts for each input event, by the number of its delivery; needs a run with `roots=True`.

        Roots beyond the run's limit are summed by the port they entered at: see `beyond_roots`.
        """
        ids, counts = self.root_arrays()
        return {root: as_row(row) for root, row in zip(ids.tolist(), counts.tolist(), strict=True)}

    def root_arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The same as arrays, for many roots: delivery numbers [n] and counts [n, 11] (columns as in COLUMNS)."""
        if self._roots is None:
            raise EngineError("costs by root were not counted: run with roots=True")
        return self._roots

    def beyond_roots(self) -> dict[str, Row]:
        """Counts of the roots beyond the limit, by the port at which they entered."""
        return {name: as_row([int(v) for v in row]) for name, row in self._beyond.items()}

    def totals(self) -> Row:
        """The sum over all ports."""
        return as_row([self._total(column) for column in range(N_COLUMNS)])

    def to_dict(self) -> dict[str, Any]:
        """Everything but the roots, ready for JSON."""
        return {"totals": self.totals(), "adds": self.adds, "by_kind": self.by_kind(), "by_port": self.by_port()}

    def __add__(self, other: Tally) -> Tally:
        """The counts of two runs of the same network, without their roots."""
        return self._with(other, 1)

    def __sub__(self, other: Tally) -> Tally:
        """Counts of a run since `other`, its tally of an earlier moment; without roots."""
        return self._with(other, -1)

    def _with(self, other: Tally, sign: int) -> Tally:
        if self.ports != other.ports:
            raise ValueError("only tallies of the same ports can be added and subtracted")
        mine, theirs = self._rows(), other._rows()
        pairs = zip(mine, theirs, strict=True)
        return Tally(self.ports, [[a + sign * b for a, b in zip(*rows, strict=True)] for rows in pairs])

    def _rows(self) -> list[list[int]]:
        return [[*row, *products] for row, products in zip(self._counts, self._products, strict=True)]

    def __repr__(self) -> str:
        return f"Tally(deliveries={self.deliveries:,}, spikes={self.spikes:,}, adds={self.adds:,})"


DEEP, END_T, END_ID = range(N_COLUMNS, N_COLUMNS + 3)
"""Words of a root's row behind its counts: the depth of its deepest delivery; the first delivery at a module that sends
nothing on: its time, and its number plus 1 (0: there was none)."""

ROOT_WORDS = N_COLUMNS + 3
DEEPEST = 2**31 - 1


def count_for_root(row: Ints, counts: Ints, depth: int, t: int, number: int, ends: bool) -> None:
    """Add a delivery to its root's row [14]; `kernels.records.settle_row` is the compiled twin, for a stretch of them.

    counts [11] is what it cost, `depth` how deep in the cascade it lies, `t` its time and `number` its own; `ends`: its
    port is one that sends nothing on.
    """
    cost = row[:N_COLUMNS]
    np.add(cost, counts[:N_COLUMNS], cost)  # once a crossing into plain Python: `+=` would look the columns up twice
    if depth > row[DEEP]:
        row[DEEP] = depth
    if ends and row[END_ID] == 0:
        row[END_T], row[END_ID] = t, number + 1


@dataclass(frozen=True)
class Causes:
    """The inputs of a run with `roots=True` that are itemized, [n], in the sequence in which they were taken.

    ids       numbers of their deliveries
    inputs    what they were: EVENT records
    counts    [n, 11] what their cascades cost, the columns of a tally
    depths    how many deliveries lie between the input and the deepest one of its cascade, that included: 0 for a
              cascade of the input alone; no depth is told beyond 2^31 - 1
    ticks     from the input until the first delivery of its cascade at a module that sends nothing on; -1: never
    after     the same in deliveries, those of other cascades among them; -1: never
    beyond    inputs beyond the run's limit, together by the port they entered at: counts [11]
    depths_beyond  depth of the deepest of those, by port
    came      deliveries of the whole run by the outlet they came from, [outlets + 1]; the last word is of inputs
    """

    ids: Ints
    inputs: Events
    counts: Ints
    depths: Ints
    ticks: Ints
    after: Ints
    beyond: Mapping[str, Ints]
    depths_beyond: Mapping[str, int]
    came: Ints


def make_causes(ids: Ints, inputs: Events, rows: Ints, beyond: Mapping[str, Any], came: Ints) -> Causes:
    """Take apart what an engine has counted: rows [n, 14] of the roots, and those of the ports beyond the limit."""
    heard = rows[:, END_ID] > 0
    return Causes(
        ids, inputs, rows[:, :N_COLUMNS], rows[:, DEEP],
        np.where(heard, rows[:, END_T] - inputs["t"], -1), np.where(heard, rows[:, END_ID] - 1 - ids, -1),
        {port: row[:N_COLUMNS] for port, row in beyond.items()},
        {port: int(row[DEEP]) for port, row in beyond.items()}, came,
    )  # fmt: skip
