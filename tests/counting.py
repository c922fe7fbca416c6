"""Numbers that count what is done to them, and arrays of them that count the words read and written.

Adds and subtractions count as adds, products as multiplies. Comparisons, signs and conversions count as nothing: which
comparisons are threshold checks is for the tally to say, and tests hold those to closed forms. A word of an array that
is read twice in one reaction counts once in `read`, and twice in `reads`.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np


@dataclass
class Meter:
    """What has been done so far."""

    adds: int = 0
    multiplies: int = 0
    reads: int = 0
    writes: int = 0
    read: set[Any] = field(default_factory=set)
    written: set[Any] = field(default_factory=set)


def plain(x: Any) -> Any:
    """The value behind a counted number, or the number itself."""
    return x.value if isinstance(x, Number) else x


class Number:
    """A number of a given type that tells its meter of every addition and multiplication."""

    __slots__ = ("meter", "value")

    def __init__(self, value: Any, meter: Meter) -> None:
        self.value, self.meter = plain(value), meter

    def _add(self, value: Any) -> Number:
        self.meter.adds += 1
        return Number(value, self.meter)

    def _multiply(self, value: Any) -> Number:
        self.meter.multiplies += 1
        return Number(value, self.meter)

    def __add__(self, other: Any) -> Number:
        return self._add(self.value + plain(other))

    def __radd__(self, other: Any) -> Number:
        return self._add(plain(other) + self.value)

    def __sub__(self, other: Any) -> Number:
        return self._add(self.value - plain(other))

    def __rsub__(self, other: Any) -> Number:
        return self._add(plain(other) - self.value)

    def __mul__(self, other: Any) -> Number:
        return self._multiply(self.value * plain(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Number:
        return self._multiply(self.value / plain(other))

    def __rtruediv__(self, other: Any) -> Number:
        return self._multiply(plain(other) / self.value)

    def __rshift__(self, other: Any) -> Number:
        return Number(self.value >> plain(other), self.meter)

    def __pow__(self, other: Any) -> Number:
        raise TypeError("a power is no operation that the tally has a column for")

    def __neg__(self) -> Number:
        return Number(-self.value, self.meter)

    def __abs__(self) -> Number:
        return Number(abs(self.value), self.meter)

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < plain(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.value <= plain(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > plain(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.value >= plain(other))

    def __eq__(self, other: Any) -> bool:
        return bool(self.value == plain(other))

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __repr__(self) -> str:
        return f"Number({self.value!r})"


class Words(np.ndarray):
    """An object array of counted numbers: whatever is put in becomes one; single words read and written are told.

    To a rule its dtype is that of the numbers behind it.
    """

    meter: Meter
    label: str = ""
    behind: Any = np.dtype(np.float64)

    def __array_finalize__(self, other: Any) -> None:
        self.meter, self.label = getattr(other, "meter", Meter()), getattr(other, "label", "")
        self.behind = getattr(other, "behind", Words.behind)

    @property
    def dtype(self) -> Any:
        """The kind, and a conversion that keeps a number counted."""
        return SimpleNamespace(kind=self.behind.kind, type=lambda x: Number(self.behind.type(plain(x)), self.meter))

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        if isinstance(found, Number):
            self.meter.read.add((self.label, key))
            self.meter.reads += 1
        return found

    def __setitem__(self, key: Any, value: Any) -> None:
        self.meter.written.add((self.label, key))
        self.meter.writes += 1
        super().__setitem__(key, Number(value, self.meter))


def words(array: Any, meter: Meter, label: str = "") -> Any:
    """A copy of an array, counted."""
    given = np.asarray(array)
    made = np.empty(given.shape, dtype=object)
    for place in np.ndindex(given.shape):
        made[place] = Number(given[place], meter)
    view = made.view(Words)
    view.meter, view.label, view.behind = meter, label, given.dtype
    return view


def on_counting_numbers(function: Callable[..., Any], meter: Meter) -> Callable[..., Any]:
    """A plain function and the helpers of the package that it calls, for counted numbers.

    Conversions keep a number counted, random numbers and constants that helpers hand on come counted.
    """

    def counted(named: Callable[[Any], float]) -> Callable[[Any], Number]:
        return lambda x: Number(named(plain(x)), meter)

    scope = dict(function.__globals__)
    for name in function.__code__.co_names:
        given = scope.get(name)
        if name in ("uniform", "exponential"):
            scope[name] = lambda *args, draw=given: Number(getattr(draw, "py_func", draw)(*args), meter)
        elif isinstance(given, types.FunctionType) and given.__module__.startswith("eventnet."):
            scope[name] = _taking_constants(on_counting_numbers(given, meter), meter)
    scope["np"] = SimpleNamespace(
        float64=lambda x: x,
        int64=lambda x: Number(x, meter),
        ndim=lambda x: np.ndim(plain(x)),
    )
    scope["math"] = SimpleNamespace(
        floor=lambda x: math.floor(plain(x)),
        ldexp=math.ldexp,
        **{name: counted(getattr(math, name)) for name in ("exp", "log", "expm1", "log1p", "sqrt")},
        ceil=lambda x: math.ceil(plain(x)),
        e=math.e,
    )
    return types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__)


def _taking_constants(function: Callable[..., Any], meter: Meter) -> Callable[..., Any]:
    return lambda *args: function(*(Number(x, meter) if isinstance(x, float) else x for x in args))


def values(array: Any, dtype: Any) -> Any:
    """The plain array behind a counted one."""
    return np.array([plain(x) for x in np.asarray(array).ravel()], dtype=dtype).reshape(array.shape)
