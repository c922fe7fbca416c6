"""Blocks of a network that owe their rows updates (`eventnet.kernels.owed`), in the compiled engine.

A block owes where one module that `owes` writes it and every rule that uses it has a form for that. All is
paid when a run ends: nobody outside of the loop meets a row that is owed something.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.state import Store
from eventnet.kernels import owed as W
from eventnet.kernels.aligned import aligned, padded, padded_rows
from eventnet.kernels.owed import tend
from eventnet.module import BoundPort, Module
from eventnet.network import Network
from eventnet.rule import Rule

Rules = list[tuple[Rule | None, tuple[str, ...]]]
ERRORS = 4096
"""Room for so many errors of one block; where it is full, all rows are paid."""


class OwingBlock(NamedTuple):
    """One block that owes: its record, and what it is made of. kept: arrays that the record has the addresses of."""

    w: NDArray[Any]
    record: NDArray[np.int64]
    amounts: tuple[NDArray[Any], ...]
    kept: tuple[NDArray[Any], ...]


class Owing:
    """Updates owed by blocks of a run; `rules`: those of its ports, in their forms for it where there are such blocks.

    stale: weights may have been written from outside.
    """

    def __init__(self, net: Network, store: Store, rules: Rules) -> None:
        self.store, self.rules, self.stale, self.lends = store, list(rules), True, 0
        self.blocks: list[OwingBlock] = []
        if net.dtype == "int32" or store.check or store.python or store.bits:
            return
        users = _users(net, rules)
        for name, ports in users.items():
            writers = {port.module.name: port.module for port, _ in ports if port.module.owes}
            if len(writers) == 1 and _may_owe(net, users, ports, *writers.values()):
                self._owe(name, ports, *writers.values())

    def _owe(self, name: str, ports: list[tuple[BoundPort, Rule]], writer: Module) -> None:
        """Make the record of a block, and let its ports follow the forms of their rules."""
        turns = any(rule.owing is not None and rule.owing.turns for _, rule in ports)
        block = _owing_block(self.store, name, writer, turns)
        self.blocks.append(block)
        for port, rule in ports:
            self.store.owed[port.module.name] = block.record
            self.rules[int(port)] = rule.owing, self.rules[int(port)][1]

    def begin(self) -> None:
        """The loop is about to run."""
        if not self.blocks:
            return
        turns = self.stale or self.store.lends != self.lends or bool(self.store.lent)
        self.stale, self.lends = False, self.store.lends
        self._tend(turns)

    def end(self) -> None:
        """The loop has left."""
        if self.blocks:
            self._tend(False)

    def _tend(self, turns: bool) -> None:
        for block in self.blocks:
            tend(block.w, block.record, *block.amounts, turns)


def _users(net: Network, rules: Rules) -> dict[str, list[tuple[BoundPort, Rule]]]:
    """Ports whose rules use a block, by its name; of a module that owes all of its ports."""
    found: dict[str, list[tuple[BoundPort, Rule]]] = {}
    for port, (rule, _) in zip(net.ports(), rules, strict=True):
        if rule is None:
            continue
        module = port.module
        for key in ("w",) if module.owes else rule.blocks:
            other, theirs = module.reads.get(key, (module, key))
            found.setdefault(other.blocks[theirs].name, []).append((port, rule))
    return found


def _may_owe(
    net: Network, users: dict[str, list[tuple[BoundPort, Rule]]], ports: list[tuple[BoundPort, Rule]], writer: Module
) -> bool:
    """Whether all who use a block have forms for what is owed, call it "w", and use no other block that owes.

    Nobody else may write the counts by which the writer moves weights.
    """
    modules = {port.module.name: port.module for port, _ in ports}
    others = [block for block, found in users.items() if any(port.module.owes for port, _ in found)]
    return (
        all(
            rule.owing is not None and "w" not in port.module.reads and "w" in port.module.blocks
            for port, rule in ports
        )
        and all(sum(block.name in others for block in m.blocks.values()) == 1 for m in modules.values())
        and not any(writer is of and key in m.shared_writes for m in net.modules for key, (of, _) in m.reads.items())
    )


def _owing_block(store: Store, name: str, writer: Module, turns: bool) -> OwingBlock:
    """The arrays of a block that owes, nothing yet. turns: somebody reads its columns."""
    w, record = store.blocks[name], aligned(W.OWED_WORDS, np.int64)
    rows, columns = w.shape
    codes = np.zeros(ERRORS, np.uint32)
    by, on = padded(np.zeros(rows, w.dtype)), padded(np.zeros(rows, w.dtype))
    c, active, rate, keep = (store.find(writer, key) for key in ("c", "active", "rate", "keep_negative"))
    record[[W.ROOM, W.ROWS, W.COLUMNS]] = ERRORS, rows, columns
    record[[W.CODES, W.BY, W.ON]] = [a.ctypes.data for a in (codes, by, on)]
    record[W.ACTIVE] = active.ctypes.data
    kept = [codes, by, on]
    if turns:
        other = padded_rows(np.ascontiguousarray(w.T))
        record[[W.TURNED, W.STRIDE]] = other.ctypes.data, other.strides[0] // other.itemsize
        kept.append(other)
    return OwingBlock(w, record, (c, active, rate, keep), tuple(kept))
