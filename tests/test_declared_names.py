"""What a module's state is called matters to the module alone: no tool, from the ledger to the live page, knows it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import eventnet as en
import eventnet.learning
from eventnet import declarations, declared_classes
from eventnet.module import Module

PACKAGE = Path(en.__file__).parent
ROOMS = ("cost", "analysis", "plotting", "report", "cli", "view")
FILES = sorted(path for room in ROOMS for path in (PACKAGE / room).rglob("*.py"))
TABLES = {"state", "integers", "params", "blocks", "reads"}
"""Attributes of modules, and methods of runs, that hold what a module declares, by name."""

WORDS = set(
    """
    a above ahead amount answers area b before begins below changes columns delays drive e early first flow frames
    heard k keeps kind later mean n number numbers plus rate rates reached rows runs start state step sums synaptic
    target ticks trace until v w weight weights words x y
    """.split()
)
"""Names of shipped modules that are words of these rooms, too: axes, keys of results, options of commands.

Looking one up in a table of a module is refused as for all others (`docs/explanation/decisions/modules.md`).
"""


def declared() -> set[str]:
    """Names of state, integers, weights and parameters of all that ships, and of the attributes that hold them."""
    names = set()
    for kind in Module.registry.values():
        if kind.__module__.startswith(("eventnet.neurons.", "eventnet.learning.")):
            names |= set(declared_classes.kinds(kind))
            names |= {field.name for field in declarations.fields(kind).values() if field.table}
    return names


def constants(text: str) -> set[str]:
    """String constants of a source, its docstrings left out."""
    tree = ast.parse(text)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    docs = {id(body[0].value) for body in bodies if body and isinstance(body[0], ast.Expr)}
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docs)
    return {node.value for node in found if isinstance(node.value, str)}


def look_ups(text: str) -> list[str]:
    """Places where a table of a module is asked for one name that is written there."""
    return [ast.unparse(node) for node in ast.walk(ast.parse(text)) if _looks_up(node)]


def _looks_up(node: ast.AST) -> bool:
    if isinstance(node, ast.Subscript):
        return _is_table(node.value) and _is_text(node.slice)
    if isinstance(node, ast.Compare):
        return _is_text(node.left) and any(map(_is_table, node.comparators))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop"):
        return _is_table(node.func.value) and bool(node.args) and _is_text(node.args[0])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "hasattr"):
        return (
            len(node.args) > 1 and isinstance(node.args[1], ast.Constant) and node.args[1].value in declared() - WORDS
        )
    return False


def _is_table(node: ast.AST) -> bool:
    node = node.func if isinstance(node, ast.Call) else node
    return isinstance(node, ast.Attribute) and node.attr in TABLES


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_tool_knows_a_state_by_its_name(path: Path) -> None:
    text = path.read_text("utf-8")
    assert constants(text) & declared() <= WORDS
    assert look_ups(text) == []


@pytest.mark.slow
def test_words_of_the_rooms_are_all_met() -> None:
    met = set().union(*(constants(path.read_text("utf-8")) for path in FILES)) & declared()
    assert met == WORDS
    assert len(declared()) > 100


@pytest.mark.parametrize("text", [
    "module.state['phi']", "sim.state(layer)['weights']", "module.params.get('tau', 1)", "'w' in module.blocks",
    "getattr(module, 'threshold')", "run.state('layer')['x'] + 1",
])  # fmt: skip
def test_a_look_up_by_name_is_seen(text: str) -> None:
    assert len(look_ups(text)) == 1
