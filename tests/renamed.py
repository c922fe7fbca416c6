"""Shipped modules all of whose names are others: state, integers, weights and parameters, in rules and declarations.

A tool that knows a state by its name finds none in such a copy. What a class says in methods of its own, it says in its
own names, and is answered in these: `within`.
"""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import linecache
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

import eventnet as en
from eventnet.declarations import Declared, fields, potential_of
from eventnet.module import TABLES, making_again
from eventnet.rule import INTEGERS, PARAMS, STATE

NOW = "renamed_"
"""What stands before each name."""


def new(name: str) -> str:
    """What a name is in the copies."""
    return NOW + name


# --- a class's own names ---------------------------------------------------------------------------------------------
_DEPTH = [0]


class _Named(dict[str, Any]):
    """A table that answers to old names, too, but only to what a class says itself."""

    def __missing__(self, name: str) -> Any:
        if _DEPTH[0] and new(name) in self:
            return self[new(name)]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return dict.__contains__(self, name) or bool(_DEPTH[0] and dict.__contains__(self, new(str(name))))

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default


def within(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a module's class, asked in its own names."""

    @functools.wraps(function)
    def asked(*args: Any, **options: Any) -> Any:
        given = [_Named(a) if isinstance(a, Mapping) and not isinstance(a, _Named) else a for a in args]
        _DEPTH[0] += 1
        try:
            return function(*given, **options)
        finally:
            _DEPTH[0] -= 1

    return asked


def _methods(kind: Any) -> dict[str, Any]:
    """Methods that families of modules have, and how many spikes there may be."""
    families = [base for base in reversed(kind.__mro__) if base.__module__.startswith(FAMILIES)]
    found = {"most_spikes": kind.most_spikes}
    for base in families:
        for name in vars(base):
            value = inspect.getattr_static(kind, name)
            if inspect.isfunction(value):
                found[name] = value
            elif isinstance(value, property):
                found[name] = property(within(value.fget))  # type: ignore[arg-type]
    return {name: value if isinstance(value, property) else within(value) for name, value in found.items()}


FAMILIES = ("eventnet.neurons.", "eventnet.learning.")


# --- rules -----------------------------------------------------------------------------------------------------------
class _Names(ast.NodeTransformer):
    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = new(node.id) if node.id in self.names else node.id
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = new(node.arg) if node.arg in self.names else node.arg
        return node


@functools.cache
def renamed_rule(rule: en.Rule | None) -> en.Rule | None:
    """The same rule from its own text, with other names: for the reference engine."""
    if rule is None:
        return None
    tree = ast.parse(textwrap.dedent(inspect.getsource(rule.py_func)))
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.decorator_list = []
    text = ast.unparse(_Names(set(rule.names)).visit(tree))
    file = f"<renamed {rule.py_func.__module__}.{rule.name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope = dict(rule.py_func.__globals__) | dict(inspect.getclosurevars(rule.py_func).nonlocals)
    exec(compile(text, file, "exec"), scope)
    made = en.rule(scope[rule.name])
    assert made.names == tuple(map(new, rule.names))
    return made  # type: ignore[no-any-return]


# --- declarations and classes ----------------------------------------------------------------------------------------
def _renamed_field(field: Any, all_of: dict[str, Any]) -> Any:
    """A declaration with another key; what it says of others, it says of theirs in `all_of`."""
    if field.name in all_of:
        return all_of[field.name]
    made = all_of[field.name] = copy.copy(field)
    made.key = new(field.key)
    for part, value in list(vars(made).items()):
        if isinstance(value, Declared) and value.table is not None:
            setattr(made, part, _renamed_field(value, all_of))
        elif part in ("start", "made") and callable(value):
            setattr(made, part, within(value))
    if (
        field.table in (STATE, INTEGERS, PARAMS) and field.read is not None
    ):  # weights are read as attributes of the other
        made.read = made.read[0], new(made.read[1])
    return made


def _of_several(field: Any) -> Any:
    """A declaration of several arrays whose names it has itself, with other ones."""

    class Several(type(field)):  # type: ignore[misc]
        def seen(self) -> dict[str, str]:
            return {new(name): table for name, table in super().seen().items()}

        def fill(self, module: Any) -> None:
            super().fill(module)
            for name, table in super().seen().items():
                held = getattr(module, table)
                held[new(name)] = held.pop(name)

    made = copy.copy(field)
    made.__class__ = Several
    return made


@functools.cache
def renamed(kind: Any) -> Any:
    """A copy of a class of modules in which everything that rules see goes by another name."""
    own = fields(kind)
    all_of: dict[str, Any] = {}
    body = {
        name: _renamed_field(field, all_of) for name, field in own.items()
        if field.table is not None or callable(getattr(field, "made", None))
    }  # fmt: skip
    body |= {name: _of_several(f) for name, f in own.items() if f.table is None and hasattr(f, "seen") and f.seen()}
    body |= _methods(kind)
    for name, port in kind.ports.items():
        body[name] = en.Port(
            renamed_rule(port.rule), emits=port.emits, accepts=port.accepts,
            burst=renamed_rule(port.burst), burst_emits=port.burst_emits, each=renamed_rule(port.each), amounts=port.amounts,
        )  # fmt: skip
    said = potential_of(kind)
    if said is not None and not any(isinstance(field, en.Potential) for field in own.values()):
        body["membrane"] = replace(
            said, state=new(said.state), rows={port: new(name) for port, name in said.rows.items()},
            columns={port: new(name) for port, name in said.columns.items()}, leak=said.leak and new(said.leak),
        )  # fmt: skip
    body["instant_counts"] = {new(name): (new(of), word) for name, (of, word) in kind.instant_counts.items()}

    def check(self: Any) -> None:
        vars(self).update({table: _Named(getattr(self, table)) for table in TABLES})
        within(kind.check)(self)

    return type(f"Renamed{kind.__name__}", (kind,), body | {"check": check})


# --- networks --------------------------------------------------------------------------------------------------------
def renamed_network(net: en.Network) -> en.Network:
    """The same network of such copies; modules in plain Python are their own.

    What was changed in the tables of a module since it was made is changed here too.
    """
    made = en.Network(net.dtype, coalesce=net.coalesce)
    others: dict[int, Any] = {id(block): made.weights(block.array, block.name) for block in net.blocks}

    def there(value: Any) -> Any:
        if type(value) in (list, tuple):
            return type(value)(map(there, value))
        if isinstance(value, dict):
            return {name: there(each) for name, each in value.items()}
        return others.get(id(value), value) if isinstance(value, en.Block | en.Module) else value

    for module in net.modules:
        kind: Any = type(module) if isinstance(module, en.PythonModule) else renamed(type(module))
        with making_again():
            other = kind(**there(module.config()))
        if not isinstance(module, en.PythonModule):
            _take_over(module, other, there)
        others[id(module)] = made.add(other)
    ends = [(getattr(made[end.module.name], end.name) for end in (wire.source, wire.target)) for wire in net.wires]
    made.wires[:] = [type(w)(*both, w.delay, w.settled) for w, both in zip(net.wires, ends, strict=True)]
    return made


def _take_over(module: en.Module, other: en.Module, there: Callable[[Any], Any]) -> None:
    """Arrays and numbers of a module, by their other names; they must be all that the copy has."""
    for table in TABLES:
        held: dict[str, Any] = getattr(module, table)
        assert list(getattr(other, table)) == list(map(new, held)), (module, table)
        for name, value in held.items():
            if table == "reads":
                assert getattr(other, table)[new(name)] == (there(value[0]), new(value[1]))
            elif table == "blocks":
                assert getattr(other, table)[new(name)] is there(value)
            else:
                assert np.shape(value) == np.shape(getattr(other, table)[new(name)])
                getattr(other, table)[new(name)] = copy.copy(value)
