"""The declaration of a module's potential: which state it is, and what moves it.

    class Resting(Module):
        membrane = Potential("phi", rows={"spikes": "w"}, sums=True)

Proportional blame (`eventnet.cost`) and waste (`eventnet.analysis`) go by this and by no names of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import NetworkError


@dataclass(frozen=True)
class Potential:
    """The potential of a module's units; where the class attribute `membrane` holds one, it is the module's.

    state    array of the state that is the potential: [units], or several numbers a unit where it does not sum
    rows     port -> weight block: a delivery (i, s) there moves unit j by s times w[i, j]
    columns  port -> weight block: by s times w[j, i]
    words    port -> method of the module: by s times what it returns, float64 [units], for (i, the module's blocks by
             their names, as they are at that moment)
    sums     the state is the sum of what came, less what spikes took off: by how much it changes is by how much it was
             moved. It tells of deliveries at ports that are named in none of the above, of units that are held, and of
             ports that set it to 0
    leak     parameter with the time constant of the potential, in ticks; it holds at ports whose rule takes it
    resets   ports at which all units begin anew
    winner   attribute of the module: where it is not None, all units begin anew at a spike of one

    `Network.add` raises NetworkError for what the module does not have, and for arrays whose shapes do not fit.
    """

    state: str
    rows: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    sums: bool = False
    leak: str | None = None
    resets: str | Iterable[str] = ()
    winner: str | None = None

    def __post_init__(self) -> None:
        resets = (self.resets,) if isinstance(self.resets, str) else tuple(self.resets)
        object.__setattr__(self, "resets", resets)

    def adds(self, port: str, blocks: Mapping[str, NDArray[Any]]) -> NDArray[Any] | None:
        """The words that deliveries at a port add, by index, [indices, units], of a module's blocks by their names.

        None where neither rows nor columns of a block say it.
        """
        if port in self.rows:
            return blocks[self.rows[port]]
        return blocks[self.columns[port]].T if port in self.columns else None

    def check(self, module: Any) -> None:
        """Raise NetworkError where a module has not what is said of it here."""
        where = f"the membrane of module {module.name!r}"
        _known(where, "state", self.state, module.state)
        self._check_length(where, module)
        moving = [*self.rows, *self.columns, *self.words]
        for port in (*moving, *self.resets):
            _known(where, "port", port, module.ports)
        for port, own in module.ports.items():
            if own.rule is None:
                raise NetworkError(
                    f"{where} is {self.state!r}, but its port {port!r} is in plain Python, whose state is not seen: "
                    "wanted membrane = None"
                )
        if len(set(moving)) < len(moving):
            raise NetworkError(f"{where} says twice what a delivery at one port adds: {moving}")
        if not moving and not self.sums:
            raise NetworkError(f"{where} says nothing of what moves it; wanted rows, columns, words or sums=True")
        for port, name in self.rows.items():
            self._check_block(where, module, port, name, (getattr(module, port).accepts, module.units))
        for port, name in self.columns.items():
            self._check_block(where, module, port, name, (module.units, getattr(module, port).accepts))
        for name in self.words.values():
            if not callable(getattr(module, name, None)):
                raise NetworkError(f"{where} names the method {name!r}, which {type(module).__name__} does not have")
        if self.leak is not None:
            _known(where, "parameter", self.leak, module.params)
            if not module.params[self.leak] > 0:
                raise NetworkError(
                    f"{where} leaks with {self.leak!r}, which is {module.params[self.leak]}; wanted a time constant "
                    "above 0"
                )
        if self.winner is not None and not hasattr(module, self.winner):
            raise NetworkError(f"{where} names the attribute {self.winner!r}, which the module does not have")

    def _check_length(self, where: str, module: Any) -> None:
        shape, units = np.shape(module.state[self.state]), module.units
        if shape[0] != units if self.sums else units < 1 or shape[0] % units:
            wanted = f"[{units}]" if self.sums else f"[{units}], or several numbers for each of {units} units"
            raise NetworkError(f"{where} is state {self.state!r} of shape {list(shape)}; wanted {wanted}")

    def _check_block(
        self, where: str, module: Any, port: str, name: str, wanted: tuple[int | None, int | None]
    ) -> None:
        _known(where, "weight block", name, module.blocks)
        shape = module.blocks[name].array.shape
        if any(n is not None and n != found for n, found in zip(wanted, shape, strict=True)):
            sizes = ", ".join("any" if n is None else str(n) for n in wanted)
            raise NetworkError(
                f"{where} is moved at port {port!r} by block {name!r} of shape {list(shape)}; wanted [{sizes}]"
            )
        own = module.ports[port]
        for rule in (own.rule, own.burst):
            if rule is not None and not (name in rule.blocks and self.state in rule.state):
                raise NetworkError(
                    f"{where} is moved at port {port!r} by block {name!r}, but the rule {rule.name!r} there takes "
                    f"state {list(rule.state)} and blocks {list(rule.blocks)}; "
                    f"wanted {self.state!r} and {name!r} among them"
                )


def _known(where: str, what: str, name: str, names: Iterable[str]) -> None:
    if name not in (known := list(names)):
        has = ", ".join(map(repr, known)) or "none"
        raise NetworkError(f"{where} names the {what} {name!r}, which it does not have; it has {has}")


def check_membrane(module: Any) -> None:
    """Raise NetworkError for a module whose `membrane` is neither None nor a potential that it has."""
    said = getattr(module, "membrane", None)
    if isinstance(said, Potential):
        said.check(module)
    elif said is not None:
        raise NetworkError(f"the membrane of module {module.name!r} is {said!r}; wanted a Potential, or None")


def potential_of(module: Any) -> Potential | None:
    """What a module says of its potential; None where it has none, or does not say."""
    said: Potential | None = getattr(module, "membrane", None)
    return said


def undeclared(module: Any) -> bool:
    """Whether a module may have a potential that it does not speak of.

    It has no `membrane`, and emits spikes (no notices) by a rule with state, integers or weights, or
    by plain Python. `membrane = None` says that there is none.
    """
    if hasattr(module, "membrane"):
        return False
    spikes = {name for name, outlet in module.outlets.items() if outlet.settles is None}
    for port in module.ports.values():
        rules = [rule for rule in (port.rule, port.burst) if rule is not None]
        keeps = port.rule is None or any(rule.state or rule.integers or rule.blocks for rule in rules)
        if keeps and spikes & {*port.emits, *port.burst_emits}:
            return True
    return False
