"""Delay lines: which delays have one, and which line is next, by a tree over the times at which they are due.

Every distinct delay has a ring of deliveries of its own, a *line*, in which time order is free. If there are few,
the loop looks at all of them. If there are more it asks this tree: `line_first[k]` is the line that is due first of
those below node k, whose children are 2k and 2k + 1, and the leaves are the lines. Of lines that are due at one time
the one of the longest delay is first, which has the smallest number: it was filled earliest.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.kernels.prediction_heap import FOREVER
from eventnet.kernels.records import inner

FEW_LINES = 8
"""So many are looked at one by one, which is a tenth faster at 4 to 8 lines; the tree takes as long at 20."""


@inner(forceinline=True, error_model="numpy")
def line_is_due(line_due, line_first, line, t):
    """From now on the first delivery of a line is due at `t`; FOREVER where it has none."""
    line_due[line] = t
    node, best = len(line_due) + line, line
    while node > 1:
        other = line_first[node ^ 1]
        if line_due[other] < t + (node & 1):  # the one on the left is first where both are due at one time
            best, t = other, line_due[other]
        node >>= 1
        line_first[node] = best


def empty_tree(lines: int) -> tuple[Any, Any]:
    """Times [n] and nodes [2 n] for so many lines, all of them empty; n is a power of two."""
    leaves = 1 << max(lines - 1, 0).bit_length()
    return np.full(leaves, FOREVER, dtype=np.int64), np.zeros(2 * leaves, dtype=np.int64)


def find_lines(queue: Any) -> None:
    """Make the tree, and the most deliveries that wait in a line, of what the lines hold."""
    lines, (due, first) = len(queue.line_head), (queue.line_due, queue.line_first)
    leaves = len(due)
    due[:] = FOREVER
    if queue.line_t.size:
        heads = queue.line_t[np.arange(lines), queue.line_head]
        due[:lines] = np.where(queue.line_count > 0, heads, FOREVER)
    first[leaves:] = np.arange(leaves)
    for node in range(leaves - 1, 0, -1):
        left, right = first[2 * node], first[2 * node + 1]
        first[node] = right if due[right] < due[left] else left
    queue.line_most[0] = queue.line_count.max(initial=0)
