"""Shipped neurons whose potential, its weights and its time constant go by other names, rules and all."""

from __future__ import annotations

import ast
import inspect
import linecache
import textwrap
from dataclasses import replace
from typing import Any

import eventnet as en


class _Names(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self.names.get(node.arg, node.arg)
        return node


def renamed_rule(rule: en.Rule | None, names: dict[str, str]) -> en.Rule | None:
    """The same rule from its own text, with other names: for the reference engine."""
    if rule is None:
        return None
    tree = ast.parse(textwrap.dedent(inspect.getsource(rule.py_func)))
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.decorator_list = []
    text = ast.unparse(_Names(names).visit(tree))
    file = f"<renamed {rule.py_func.__module__}.{rule.name}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope = dict(rule.py_func.__globals__)
    exec(compile(text, file, "exec"), scope)
    kinds = ([names.get(name, name) for name in kind] for kind in (rule.state, rule.integers, rule.blocks, rule.params))
    return en.Rule(scope[rule.name], *kinds)


def renamed(kind: Any) -> Any:
    """A copy of a module class: its potential is called `u`, the weights that move it `matrix`, its leak `fades`."""
    said = kind.membrane
    names = {said.state: "u"} | {name: "matrix" for name in (*said.rows.values(), *said.columns.values())}
    names |= {said.leak: "fades"} if said.leak else {}

    def __init__(self: Any, *args: Any, **options: Any) -> None:
        kind.__init__(self, *args, **options)
        for own in ("state", "blocks", "params"):
            setattr(self, own, {names.get(name, name): value for name, value in getattr(self, own).items()})

    ports = {
        name: en.Port(
            renamed_rule(port.rule, names), emits=port.emits, accepts=port.accepts,
            burst=renamed_rule(port.burst, names), burst_emits=port.burst_emits,
        )
        for name, port in kind.ports.items()
    }  # fmt: skip
    membrane = replace(
        said, state="u", rows=dict.fromkeys(said.rows, "matrix"), columns=dict.fromkeys(said.columns, "matrix"),
        leak=said.leak and "fades",
    )  # fmt: skip
    return type(f"Renamed{kind.__name__}", (kind,), {"__init__": __init__, "membrane": membrane} | ports)
