"""Numbers that count what is done to them: an addition or subtraction by its cause, a product or quotient, a weight
that is read or written. Signs, comparisons and conversions count as nothing.

float32 is a float that is rounded to 32 bits after each operation. That is the same as arithmetic of 32 bits, since 53
bits hold more than twice 24.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

COLUMNS = ("deliveries", "spikes", "notices", "input_adds", "synaptic_adds", "neuron_adds", "learning_adds",
           "compares", "multiplies", "reads", "writes")  # fmt: skip
DELIVERIES, SPIKES, NOTICES, INPUT, SYNAPTIC, NEURON, LEARNING, COMPARES, MULTIPLIES, READS, WRITES = range(11)


class Meter:
    """The counts of the reaction that is under way, and what its additions are for."""

    def __init__(self) -> None:
        self.counts, self.cause = [0] * len(COLUMNS), NEURON

    def count(self, column: int, n: int = 1) -> None:
        """Something that is counted and no operation of a number: a threshold check, say."""
        self.counts[column] += n

    def begin(self) -> None:
        """A reaction begins."""
        self.counts, self.cause = [0] * len(COLUMNS), NEURON


METER = Meter()


def add_of(kind: type, base: type, name: str, column: int | None) -> Callable[..., Any]:
    operation = getattr(base, name)

    def counted(self: Any, other: Any) -> Any:
        METER.counts[METER.cause if column is None else column] += 1
        return kind(operation(self, other))

    return counted


def sign_of(kind: type, operation: Callable[..., Any]) -> Callable[..., Any]:
    """An operation that costs nothing."""
    return lambda self: kind(operation(self))


def counts_itself(kind: type) -> type:
    """Arithmetic of a class of numbers: results are of the class, and every operation is counted."""
    base = int if issubclass(kind, int) else float
    for name in ("__add__", "__radd__", "__sub__", "__rsub__"):
        setattr(kind, name, add_of(kind, base, name, None))
    for name in ("__mul__", "__rmul__", *(("__truediv__", "__rtruediv__") if base is float else ())):
        setattr(kind, name, add_of(kind, base, name, MULTIPLIES))
    for name in ("__neg__", "__abs__"):
        setattr(kind, name, sign_of(kind, getattr(base, name)))
    return kind


@counts_itself
class Float64(float):
    """A number of 64 bits."""

    __slots__ = ()


@counts_itself
class Float32(float):
    """A number of 32 bits."""

    __slots__ = ()

    def __new__(cls, value: float) -> Float32:
        return float.__new__(cls, ctypes.c_float(value).value)


@counts_itself
class Int32(int):
    """A whole number that stays within 32 bits."""

    __slots__ = ()

    def __new__(cls, value: float) -> Int32:
        assert int(value) == value, f"{value} is no whole number"
        assert abs(value) < 2**31, f"{value} does not fit into 32 bits"
        return int.__new__(cls, int(value))


NUMBERS: dict[str, type] = {"float64": Float64, "float32": Float32, "int32": Int32}


class Block:
    """Weights [rows][columns]: a word that is read or written is counted."""

    def __init__(self, rows: Sequence[Sequence[float]], number: type) -> None:
        self.words = [[number(word) for word in row] for row in rows]
        self.number = number

    def read(self, i: int, j: int) -> Any:
        """One word."""
        METER.counts[READS] += 1
        return self.words[i][j]

    def write(self, i: int, j: int, value: Any) -> None:
        """One word."""
        METER.counts[WRITES] += 1
        self.words[i][j] = self.number(value)

    @property
    def rows(self) -> int:
        """How many rows."""
        return len(self.words)

    @property
    def columns(self) -> int:
        """How many columns."""
        return len(self.words[0])
