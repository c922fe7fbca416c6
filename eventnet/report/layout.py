"""The layout of modules in a drawing: in columns, so that wires lead to the right but for those that close a cycle.

Wires that close a cycle (found by going through the modules in their order) are left out first; a module's column is
then the longest path to it. Within a column, modules are moved towards the mean of their neighbours (Sugiyama, Tagawa
and Toda 1981), and a wire that passes a column holds a place there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Link = tuple[int, int]
Point = tuple[float, float]
SWEEPS = 8
PASSING = 0.4
"""Height of a place that a wire passes by, where a module's is 1."""


@dataclass(frozen=True)
class GraphLayout:
    """Column and height of each of n modules, and the points that each link passes by, in columns and heights.

    back: links that lead to the same column or to the left; they pass by no points.
    """

    places: tuple[Point, ...]
    through: dict[Link, tuple[Point, ...]]
    back: frozenset[Link]


def layout(n: int, links: Sequence[Link]) -> GraphLayout:
    """Place n modules and their links (from, to); a link of a module to itself is no matter."""
    links = list(dict.fromkeys(link for link in links if link[0] != link[1]))
    back = closing(n, links)
    forward = [link for link in links if link not in back]
    column = columns(n, forward)
    # What passes a column stands there as a node of its own; numbers from n on.
    owner: list[tuple[Link, int]] = []
    level = list(column)
    pieces: list[Link] = []
    for a, b in forward:
        last = a
        for at in range(column[a] + 1, column[b]):
            owner.append(((a, b), at))
            level.append(at)
            pieces.append((last, len(level) - 1))
            last = len(level) - 1
        pieces.append((last, b))
    height = _heights(level, pieces, n)
    through: dict[Link, list[Point]] = {link: [] for link in forward}
    for number, (link, at) in enumerate(owner, start=n):
        through[link].append((float(at), height[number]))
    places = tuple((float(column[k]), height[k]) for k in range(n))
    return GraphLayout(places, {link: tuple(points) for link, points in through.items()}, frozenset(back))


def closing(n: int, links: Sequence[Link]) -> set[Link]:
    """Links that close a cycle, going depth-first through nodes in their order; those that nothing leads to first."""
    after: list[list[int]] = [[] for _ in range(n)]
    for a, b in links:
        after[a].append(b)
    led_to = {b for _, b in links}
    state = [0] * n
    found: set[Link] = set()
    for begin in sorted(range(n), key=lambda k: k in led_to):
        stack = [(begin, iter(after[begin]))] if not state[begin] else []
        state[begin] = state[begin] or 1
        while stack:
            node, rest = stack[-1]
            for b in rest:
                if state[b] == 1:
                    found.add((node, b))
                elif not state[b]:
                    state[b] = 1
                    stack.append((b, iter(after[b])))
                    break
            else:
                state[node] = 2
                stack.pop()
    return found


def columns(n: int, links: Sequence[Link]) -> list[int]:
    """The longest path to each node of a graph without cycles; a node that nothing leads to stands before its next."""
    before: list[list[int]] = [[] for _ in range(n)]
    after: list[list[int]] = [[] for _ in range(n)]
    for a, b in links:
        before[b].append(a)
        after[a].append(b)
    level, waiting = [0] * n, [len(b) for b in before]
    ready = [k for k in range(n) if not waiting[k]]
    while ready:
        node = ready.pop()
        for b in after[node]:
            level[b] = max(level[b], level[node] + 1)
            waiting[b] -= 1
            if not waiting[b]:
                ready.append(b)
    for k in range(n):
        if not before[k] and after[k]:
            level[k] = min(level[b] for b in after[k]) - 1
    return level


def _heights(level: list[int], pieces: list[Link], n: int) -> list[float]:
    """The height of each node in its column, from the middle down."""
    stacks: list[list[int]] = [[] for _ in range(max(level, default=-1) + 1)]
    for node, at in enumerate(level):
        stacks[at].append(node)
    near: list[list[int]] = [[] for _ in level]
    for a, b in pieces:
        near[a].append(b)
        near[b].append(a)
    height = [0.0] * len(level)
    for stack in stacks:
        _spread(stack, height, n)
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 0
        for at in range(len(stacks)) if forth else range(len(stacks) - 1, -1, -1):
            side = at - 1 if forth else at + 1

            def wish(node: int, side: int = side) -> float:
                beside = [height[k] for k in near[node] if level[k] == side]
                return sum(beside) / len(beside) if beside else height[node]

            stacks[at].sort(key=wish)
            _spread(stacks[at], height, n)
    return height


def _spread(stack: list[int], height: list[float], n: int) -> None:
    """Nodes of one column one below the other, around 0."""
    sizes = [1.0 if node < n else PASSING for node in stack]
    at = -sum(sizes) / 2
    for node, size in zip(stack, sizes, strict=True):
        height[node] = round(at + size / 2, 3)
        at += size
