"""An order is a key: which of the deliveries that wait at one instant is taken first.

Depth-first, breadth-first and first-in-first-out are known by name, since the engines keep them in structures of their
own. Every other order is a function

    key(t, source, wire, index, sign, magnitude, rank, seq, seed) -> (phase, place)

of one zero-delay delivery; the smallest (phase, place, seq) goes first. Phases 0 and 1 belong to inputs and to arrivals
over delayed wires: a key's phase is 2 or more (after them), or negative (before them).
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from functools import partial
from typing import Any

from eventnet.base.listing import Listing, files_of
from eventnet.errors import OrderError

DEPTH, BREADTH, FIFO, KEYED = range(4)
INPUT_PHASE, ARRIVAL_PHASE, ZERO_PHASE = 0, 1, 2
SETTLED_PHASE, PREDICTED_PHASE = 2**62, -(2**62)

KEY_ARGUMENTS = ("t", "source", "wire", "index", "sign", "magnitude", "rank", "seq", "seed")

Key = Callable[..., tuple[int, int]]


def _own() -> dict[str, str]:
    """The orders of the files in eventnet/orders/, each as "module:ORDER" by its name."""
    found = files_of([os.path.join(os.path.dirname(__file__), "orders")], "eventnet.orders")
    return {name: f"{module}:ORDER" for name, module in found.items()}


LISTING = Listing("order", "eventnet.orders", _own, "depth breadth fifo topological magnitude random".split())
"""An order is a file in eventnet/orders/ whose `ORDER` it is, or another package's entry point: an Order, or a key."""
REKEYING = ("largest",)
"""Names of orders that ask their key again about what waits; where no outlet says `pending`, they are their key."""
ORDERS = tuple(name for name in LISTING.own_names() if name not in REKEYING)
"""Names of the other orders that come with eventnet, each of which any network may tell from the others."""


class Order:
    """A routing order: its kind, and for a keyed one the key in plain and in compiled form.

    keeps   each wire delivers its spikes in the order of emission, where no cycle of wires without delay is
    seeded  it is another one for every seed: studies run it with many
    rekeys  the key is asked again, with the new magnitude, where a unit that waits at an outlet that says `pending` is
            sent again; studies of all orders leave it out
    """

    def __init__(
        self, name: str, kind: int, key: Key | None = None, *, keeps: bool = False, seeded: bool = False,
        rekeys: bool = False,
    ) -> None:  # fmt: skip
        if rekeys and key is None:
            raise OrderError(f"order {name!r} re-keys what waits, but has no key")
        self.name, self.kind, self.key, self.keeps, self.seeded = name, kind, key, keeps, seeded
        self.rekeys = rekeys
        self._compiled: Any = None

    def __repr__(self) -> str:
        return f"<order {self.name}>"

    def reference(self) -> str | Key | Order | None:
        """The argument with which `find_order` gives this order in any process: its name, its key, or itself."""
        if _MADE.get(self.name) is self:
            return self.name
        return self if self.rekeys else self.key

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickle holds what the order was made of; its key, by name."""
        made = partial(Order, keeps=self.keeps, seeded=self.seeded, rekeys=self.rekeys)
        return made, (self.name, self.kind, self.key)

    def address(self) -> int:
        """Address of the compiled key; 0 for depth, breadth and fifo."""
        if self.key is None:
            return 0
        if self._compiled is None:
            from eventnet.kernels.keys import compiled_key  # here: names of orders are told without a compiler

            self._compiled = compiled_key(self.name, self.key)
        return int(self._compiled.address)


_MADE: dict[Any, Order] = {}


def every_order() -> list[Order]:
    """All orders that can be had by name, but for those that re-key what waits.

    Raises DataError for another package's that cannot be loaded.
    """
    return [order for name in LISTING.names() if not (order := find_order(name)).rekeys]


def find_order(order: str | Key | Order) -> Order:
    """The order of a name, or one made of a user's key function.

    Raises OrderError for an unknown name or for a function whose arguments are not those of a key, DataError for an
    order of another package that cannot be loaded.
    """
    if isinstance(order, Order):
        return order
    if not isinstance(order, str) and not callable(order):
        raise OrderError(f"an order is one of {', '.join(LISTING.names())}, or a key function, not {order!r}")
    if order in _MADE:
        return _MADE[order]
    if isinstance(order, str):
        if order not in LISTING.own() and order not in LISTING.others():
            raise OrderError(f"no order is called {order!r}; there are {', '.join(LISTING.names())}, or a key function")
        made = _named(order, LISTING.find(order))
    else:
        made = _keyed(None, order)
    return _MADE.setdefault(order, made)


def _named(name: str, found: Any) -> Order:
    """The order that stands under a name: as it is, or made of its key."""
    if callable(found):
        return _keyed(name, found)
    if not isinstance(found, Order):
        raise OrderError(f"the order {name} is {found!r}; wanted an Order or a key function")
    if found.name != name:
        raise OrderError(f"the order {name} calls itself {found.name!r}")
    return found


def _keyed(name: str | None, key: Key) -> Order:
    function = getattr(key, "py_func", key)
    arguments = tuple(inspect.signature(function).parameters)
    if arguments != KEY_ARGUMENTS:
        raise OrderError(f"a key function takes {KEY_ARGUMENTS}, but {function.__name__!r} takes {arguments}")
    return Order(name or function.__name__, KEYED, function)
