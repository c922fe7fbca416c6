"""The cascades of a run, merged into one tree: what deliveries went back to, module by module, and what they cost.

A frame of the tree is a path of modules from a kind of input event (its port and its sign) on. A delivery stands in the
frame of its cause, one module further; of a module to itself, in the same frame. So each delivery is in one frame.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.log_pieces import LineColumn
from eventnet.event import Events
from eventnet.network import Network
from eventnet.report.causes import causes, name_of

FRAMES = 2000
"""Frames of a tree at most; paths are cut to fewer modules until there are no more."""
DEEPEST = 40
"""Modules of a path at most."""
DEEPER = -1
"""In place of a module: all that is deeper."""
FEW = 64
"""Lines of a piece are taken together while this part of what is left of them can be."""

Ints = NDArray[np.int64]


def merged(log: Events, net: Network, adds: Ints | None) -> dict[str, Any]:
    """The tree in columns, each frame after the one that it stands on; for JSON. adds: of each delivery [n], or None.

    names       of causes and modules; a frame's label is one of them by number, or -1: what lies deeper
    parent      of each frame, by number; -1: a cause
    deliveries, adds   of the frame itself, without those of frames that stand on it
    deepest     modules of a path at most; left out of it is nothing
    """
    tree, column = _Tree([port.module.name for port in net.ports()]), LineColumn(log, np.int64)
    first = int(log["id"][0]) if len(log) else 0
    for begin, lines, cause in causes(log):
        parent = np.where(lines["parent"] < 0, -1, np.maximum(lines["parent"].astype(np.int64) - first, -1))
        frames = tree.frames(begin, parent, cause, lines["port"].astype(np.int64), column.array)
        end = begin + len(lines)
        tree.count(frames, None if adds is None else adds[begin:end])
        column.array[begin:end] = frames
        while tree.full:
            column.array[:end] = tree.cut()[column.array[:end]]
        column.let_go()
    return tree.to_dict([str(port) for port in net.ports()], adds is not None)


class _Tree:
    """Frames as they are found. If they are too many, paths are cut to one module less.

    To how many is given by the whole log, as more lines never make fewer frames: so it does not matter in which pieces
    lines come.
    """

    def __init__(self, port_modules: list[str]) -> None:
        self._modules = list(dict.fromkeys(port_modules))
        number = {name: k for k, name in enumerate(self._modules)}
        self._module = np.array([number[name] for name in port_modules], np.int64)
        self._deepest = DEEPEST
        self._empty()

    def _empty(self) -> None:
        self._of: dict[tuple[int, int], int] = {}
        self._depth: list[int] = []
        self._label: list[int] = []
        self._counts = np.zeros((0, 2), np.int64)

    def frames(self, begin: int, parent: Ints, cause: Ints, port: Ints, before: Ints) -> Ints:
        """The frame of each line of a piece [n]; `before` holds those of all lines that come before it."""
        module, found = self._module[port], np.full(len(port), -1, np.int64)
        roots, at = np.unique(cause, return_inverse=True)
        below = np.array([self._frame((-1, k), 0) for k in roots.tolist()], np.int64)[at.reshape(-1)]
        earlier = (parent >= 0) & (parent < begin)
        below[earlier] = before[parent[earlier]]
        ready, left = np.flatnonzero(parent < begin), np.flatnonzero(parent >= begin)
        below[left] = -1
        while len(ready) * FEW > len(left):
            found[ready] = self._all_further(below[ready], module[ready])
            below[left] = found[parent[left] - begin]
            done = below[left] >= 0
            ready, left = left[done], left[~done]
        for k in np.sort(np.concatenate([ready, left])).tolist():
            on = below[k] if below[k] >= 0 else found[parent[k] - begin]
            found[k] = self._further(int(on), int(module[k]))
        return found

    def count(self, frames: Ints, adds: Ints | None) -> None:
        """Count deliveries to these frames, and their adds."""
        new = np.zeros((len(self._of) - len(self._counts), 2), np.int64)
        self._counts = np.concatenate([self._counts, new])
        np.add.at(self._counts[:, 0], frames, 1)
        if adds is not None:
            np.add.at(self._counts[:, 1], frames, adds)

    @property
    def full(self) -> bool:
        """Whether there are too many frames, and paths that can be cut."""
        return len(self._of) > FRAMES and self._deepest > 0

    def cut(self) -> Ints:
        """Cut paths to one module less; returns what has become of each frame."""
        frames, counts = list(self._of), self._counts
        self._deepest -= 1
        self._empty()
        to: list[int] = []
        for below, label in frames:
            to.append(self._frame((-1, label), 0) if below < 0 else self._further(to[below], label))
        self._counts = np.zeros((len(self._of), 2), np.int64)
        np.add.at(self._counts, to, counts)
        return np.array(to, np.int64)

    def _frame(self, key: tuple[int, int], depth: int) -> int:
        found = self._of.get(key)
        if found is None:
            found = self._of[key] = len(self._of)
            self._depth.append(depth)
            self._label.append(key[1])
        return found

    def _further(self, frame: int, module: int) -> int:
        depth = self._depth[frame]
        if depth > self._deepest or (depth and self._label[frame] == module):
            return frame
        return self._frame((frame, module if depth < self._deepest else DEEPER), depth + 1)

    def _all_further(self, frames: Ints, modules: Ints) -> Ints:
        keys, at = np.unique(frames * len(self._modules) + modules, return_inverse=True)
        pairs = zip(*(part.tolist() for part in np.divmod(keys, len(self._modules))), strict=True)
        found: Ints = np.array([self._further(*pair) for pair in pairs], np.int64)[at.reshape(-1)]
        return found

    def to_dict(self, ports: list[str], counted: bool) -> dict[str, Any]:
        """Frames as modules come in the network, whatever was found first."""
        on: dict[int, list[tuple[int, int]]] = {}
        for number, (below, label) in enumerate(self._of):
            on.setdefault(below, []).append((label, number))
        rows: list[tuple[int, str, int]] = []
        stack = [(-1, *frame) for frame in sorted(on.get(-1, []), reverse=True)]
        while stack:
            below, label, number = stack.pop()
            name = name_of(label, ports) if below < 0 else "" if label == DEEPER else self._modules[label]
            rows.append((below, name, number))
            above = sorted(on.get(number, []), key=lambda frame: (frame[0] == DEEPER, frame), reverse=True)
            stack += [(len(rows) - 1, *frame) for frame in above]
        names = list(dict.fromkeys(name for _, name, _ in rows if name))
        at = {"": DEEPER} | {name: k for k, name in enumerate(names)}
        counts = self._counts[[number for _, _, number in rows]].reshape(-1, 2)
        return {
            "names": names, "parent": [below for below, _, _ in rows], "label": [at[name] for _, name, _ in rows],
            "deliveries": counts[:, 0].tolist(), "adds": counts[:, 1].tolist() if counted else None,
            "deepest": self._deepest,
        }  # fmt: skip
