"""Amounts: spikes that carry a whole number, and inputs that do.

In a network with amounts a code of 32 bits holds the index above some bits of the amount less 1; as many bits as the
largest amount that a port or an outlet declares. Without amounts nothing is shifted, and nothing of this is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from eventnet.errors import InputError, NetworkError, WiringError
from eventnet.event import EVENT, EVENT_WITH_AMOUNT, Events, events
from eventnet.intake import ColumnNames, inputs_from, is_events
from eventnet.module import BoundOutlet, BoundPort

CODE_BITS = 31
"""Bits of a code beside its sign."""


def check_amounts(ends: Iterable[BoundPort | BoundOutlet]) -> None:
    """Raise NetworkError for ports and outlets whose amount is no whole number from 1 to 2^30."""
    for end in ends:
        if not 1 <= end.amounts <= 1 << CODE_BITS - 1:
            raise NetworkError(f"{end} has amounts up to {end.amounts:,}; wanted a whole number from 1 to 2^30")


def check_fit(source: BoundOutlet, target: BoundPort) -> None:
    """Raise WiringError where an outlet sends amounts that a port does not take."""
    if source.amounts > target.amounts:
        takes = f"takes amounts up to {target.amounts:,}" if target.amounts > 1 else "takes no amounts, only +1 and -1"
        raise WiringError(f"{source} sends amounts up to {source.amounts:,}, but port {target} {takes}")


def amount_bits(ports: Iterable[BoundPort], outlets: Iterable[BoundOutlet]) -> int:
    """Bits of a code that a network's amounts need; 0 where there are none.

    Raises NetworkError where they leave too few for the indices of a port or of an outlet.
    """
    sizes: dict[BoundPort | BoundOutlet, int] = {end: end.accepts or 0 for end in ports}
    sizes |= {end: end.width for end in outlets}
    most = max(sizes, key=lambda end: end.amounts, default=None)
    if most is None or most.amounts == 1:
        return 0
    bits = (most.amounts - 1).bit_length()
    widest = max(sizes, key=lambda end: sizes[end])
    if sizes[widest] > largest_index(bits):
        raise NetworkError(
            f"{most} has amounts up to {most.amounts:,}, which take {bits} of {CODE_BITS} bits: indices below "
            f"{largest_index(bits):,} are left, but {widest} has {sizes[widest]:,}"
        )
    return bits


def largest_index(bits: int) -> int:
    """How many indices a port has that takes any, beside so many bits of amounts."""
    return (1 << CODE_BITS - bits) - 1


def taken_in(
    inputs: Any, port: BoundPort | None, find: Any, amounts: bool, *, columns: ColumnNames | None, unit: str | None,
    width: int | None,
) -> tuple[Events, Any]:  # fmt: skip
    """What `Simulation.inject` was given as EVENT [n], and their amounts [n]; None in a network without amounts.

    Raises InputError for what is no such thing, and for amounts where the network has none.
    """
    array = inputs
    known = isinstance(inputs, np.ndarray) and inputs.dtype in (EVENT, EVENT_WITH_AMOUNT)
    if not known or port is not None:
        rows = not isinstance(inputs, np.ndarray) and not is_events(inputs)
        if amounts and rows and port is None and columns is None:
            array = events(inputs, find, amounts=True)
        else:
            array = inputs_from(inputs, find, columns=columns, unit=unit, width=width, port=port)
    if array.ndim != 1:
        raise InputError(f"inputs are a 1-d array of EVENT records, not {array.ndim}-d of {array.dtype}")
    if array.dtype == EVENT:
        return np.ascontiguousarray(array), np.ones(len(array), np.int32) if amounts else None
    bare = np.empty(len(array), dtype=EVENT)
    for name in EVENT.names or ():
        bare[name] = array[name]
    if not amounts and len(array) and np.any(wrong := array["amount"] != 1):
        k = int(np.argmax(wrong))
        raise InputError(f"input {k} has the amount {array['amount'][k]}, but no port of this network takes amounts")
    return bare, np.array(array["amount"]) if amounts else None


def with_amounts(bare: Events, amounts: Any) -> Events:
    """EVENT [n] as an engine takes them: with their amounts [n], where the network has such."""
    if amounts is None:
        return bare
    made = np.empty(len(bare), dtype=EVENT_WITH_AMOUNT)
    for name in EVENT.names or ():
        made[name] = bare[name]
    made["amount"] = amounts
    return made


def check_sizes(bare: Events, amounts: Any, ports: list[BoundPort]) -> None:
    """Raise InputError for the first input whose amount its port does not take. ports: by their numbers."""
    most = np.array([port.amounts for port in ports], dtype=np.int64)[bare["port"]]
    wrong = (amounts < 1) | (amounts > most)
    if wrong.any():
        k = int(np.argmax(wrong))
        port = ports[bare["port"][k]]
        takes = f"takes amounts of 1 to {port.amounts:,}" if port.amounts > 1 else "takes no amounts, only +1 and -1"
        raise InputError(f"input {k} has the amount {amounts[k]:,}; port {port} {takes}")
