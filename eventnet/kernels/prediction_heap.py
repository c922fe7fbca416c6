"""Predicted spikes: an indexed heap with one slot a neuron, so that no entry is ever out of date.

A neuron that predicts anew moves its slot, one that cancels leaves the heap; the heap never holds more entries than
there are neurons. Its order is (due, neuron): the smallest phase of an instant, in which the place is the neuron's
number. The functions are plain Python and compile inside others.
"""

from __future__ import annotations

import math
from typing import Any

from numba.extending import register_jitable

FOREVER = 2**62
"""Deliveries come before this tick. Later is never: what would be due then is an error, and infinity means no time."""
BEYOND = FOREVER + 1
"""Result of `due_tick` and `due_at` for a finite time at FOREVER or later."""

SOONEST, LATEST = -(2**61), 2**61
"""Inputs come after the one tick and before the other."""

# Columns of the slots [N, 8]: row n belongs to neuron n, but row k's HEAP is the neuron at place k of the heap.
DUE, POSITION, PARENT, ROOT, HEAP, TO_PORT, FROM_OUTLET, UNIT = range(8)


@register_jitable
def due_tick(t: float, now: int) -> int:
    """The first tick not before the time `t`, and never the present one; FOREVER for infinity."""
    if t == math.inf:
        return FOREVER
    if t >= 2.0**62:
        return BEYOND
    due: int = due_at(now if t <= float(now) else math.ceil(t), now)
    return due


@register_jitable
def due_at(t: int, now: int) -> int:
    """As `due_tick`, for a time in whole ticks."""
    due = max(t, now + 1)
    return due if due < FOREVER else BEYOND


@register_jitable
def look_after(place: int, t: int, wait: float, out: Any) -> None:
    """Let a unit predict a look at itself after so many ticks, rounded up; none where time ends before."""
    if wait < 2.0**61 and t + math.ceil(wait) < FOREVER:
        out.predict(place, t + math.ceil(wait))
    else:
        out.cancel(place)


@register_jitable
def _before(slots: Any, a: int, b: int) -> bool:
    if slots[a, DUE] != slots[b, DUE]:
        return bool(slots[a, DUE] < slots[b, DUE])
    return a < b


@register_jitable
def _put(slots: Any, place: int, neuron: int) -> None:
    slots[place, HEAP] = neuron
    slots[neuron, POSITION] = place


@register_jitable
def _settle(slots: Any, waiting: int, place: int, neuron: int) -> None:
    """Let a neuron rise or sink from a place until the heap is in order."""
    while place > 0:
        above = slots[(place - 1) // 2, HEAP]
        if not _before(slots, neuron, above):
            break
        _put(slots, place, above)
        place = (place - 1) // 2
    while 2 * place + 1 < waiting:
        child = 2 * place + 1
        if child + 1 < waiting and _before(slots, slots[child + 1, HEAP], slots[child, HEAP]):
            child += 1
        if not _before(slots, slots[child, HEAP], neuron):
            break
        _put(slots, place, slots[child, HEAP])
        place = child
    _put(slots, place, neuron)


@register_jitable
def cancel(slots: Any, waiting: int, neuron: int) -> int:
    """Take a neuron's prediction back, if it has one; how many wait now."""
    place = slots[neuron, POSITION]
    if place < 0:
        return waiting
    slots[neuron, POSITION] = -1
    if place < waiting - 1:
        _settle(slots, waiting - 1, place, slots[waiting - 1, HEAP])
    return waiting - 1


@register_jitable
def predict(slots: Any, waiting: int, neuron: int, due: int, parent: int, root: int) -> int:
    """Set or move a neuron's prediction; how many wait now. FOREVER cancels it."""
    if due >= FOREVER:
        left: int = cancel(slots, waiting, neuron)
        return left
    slots[neuron, DUE], slots[neuron, PARENT], slots[neuron, ROOT] = due, parent, root
    place = slots[neuron, POSITION]
    if place < 0:
        place, waiting = waiting, waiting + 1
    _settle(slots, waiting, place, neuron)
    return waiting
