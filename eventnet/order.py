"""An order is a key: which of the deliveries that wait at one instant is taken first.

Depth-first, breadth-first and first-in-first-out are known by name, since the engines keep them in structures of their
own. Every other order is a function

    key(t, source, wire, index, sign, magnitude, rank, seq, seed) -> (phase, place)

of one zero-delay delivery; the smallest (phase, place, seq) goes first. Phases 0 and 1 belong to inputs and to arrivals
over delayed wires: a key's phase is 2 or more (after them), or negative (before them).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from numba import types

from eventnet.errors import OrderError
from eventnet.kernels.codegen import KEY_TEXT, KEY_WORDS
from eventnet.kernels.compiling import REFUSALS, compile_text, why_not_compiled
from eventnet.kernels.random import hash64
from eventnet.kernels.records import array_at, inner

DEPTH, BREADTH, FIFO, KEYED = range(4)
INPUT_PHASE, ARRIVAL_PHASE, ZERO_PHASE = 0, 1, 2
SETTLED_PHASE, PREDICTED_PHASE = 2**62, -(2**62)

KEY_ARGUMENTS = ("t", "source", "wire", "index", "sign", "magnitude", "rank", "seq", "seed")

Key = Callable[..., tuple[int, int]]


def topological(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """Lowest rank of the condensed graph first: no unit works on half-updated input."""
    return 2 + rank, 0


def magnitude(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """Largest |phi| at emission first, over the whole network; compared in steps of 2^-31, saturated at 2^31."""
    return 2, -int(min(magnitude, 2147483648.0) * 2147483648.0)


def random(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """A seeded permutation: a hash of the seed and of the emission's number, never a generator's draw."""
    return 2, hash64(seed, seq)


_NAMED: dict[str, int] = {"depth": DEPTH, "breadth": BREADTH, "fifo": FIFO}
_KEYS: dict[str, Key] = {"topological": topological, "magnitude": magnitude, "random": random}
ORDERS = (*_NAMED, *_KEYS)
"""Names of the orders that come with eventnet."""


class Order:
    """A routing order: its kind, and for a keyed one the key in plain and in compiled form."""

    def __init__(self, name: str, kind: int, key: Key | None = None) -> None:
        self.name, self.kind, self.key = name, kind, key
        self._compiled: Any = None

    def __repr__(self) -> str:
        return f"<order {self.name}>"

    def address(self) -> int:
        """Address of the compiled key; 0 for depth, breadth and fifo."""
        if self.key is None:
            return 0
        if self._compiled is None:
            try:
                self._compiled = _compile(self.key)
            except REFUSALS as error:
                raise OrderError(f"the key of order {self.name!r} {why_not_compiled(self.key, error)}") from None
        return int(self._compiled.address)


def _compile(key: Key) -> Any:
    scope: dict[str, Any] = {
        "key": inner(key),
        "array_at": array_at,
        "KEY_WORDS": KEY_WORDS,
        "int64": types.int64,
        "float64": types.float64,
        "__name__": __name__,
    }
    return compile_text(KEY_TEXT, "key", key, scope, types.int64(types.int64))


_MADE: dict[Any, Order] = {}


def find_order(order: str | Key | Order) -> Order:
    """The order of a name, or one made of a user's key function.

    Raises OrderError for an unknown name or for a function whose arguments are not those of a key.
    """
    if isinstance(order, Order):
        return order
    if not isinstance(order, str) and not callable(order):
        raise OrderError(f"an order is one of {', '.join(ORDERS)}, or a key function, not {order!r}")
    if order in _MADE:
        return _MADE[order]
    if isinstance(order, str):
        if order in _NAMED:
            made = Order(order, _NAMED[order])
        elif order in _KEYS:
            made = Order(order, KEYED, _KEYS[order])
        else:
            raise OrderError(f"no order is called {order!r}; there are {', '.join(ORDERS)}, or a key function")
    else:
        function = getattr(order, "py_func", order)
        arguments = tuple(inspect.signature(function).parameters)
        if arguments != KEY_ARGUMENTS:
            raise OrderError(f"a key function takes {KEY_ARGUMENTS}, but {function.__name__!r} takes {arguments}")
        made = Order(function.__name__, KEYED, function)
    return _MADE.setdefault(order, made)
