"""One name is one thing: no two public classes share a name, and what several rooms export under a name is the same."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = [path for folder in ("eventnet", "models", "scenarios") for path in sorted((ROOT / folder).rglob("*.py"))]


def module_of(path: Path) -> str:
    """`eventnet.models.pd` of models/pd.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts if parts[0] == "eventnet" else ("eventnet", *parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PUBLIC = {
    module_of(path): ast.parse(path.read_text("utf-8"))
    for path in FILES
    if not any(part.startswith("_") for part in module_of(path).split("."))
}
ROOMS = {module_of(path) for path in FILES if path.name == "__init__.py"}


def own_lines(tree: ast.Module) -> list[ast.stmt]:
    """A module's own lines, those under an `if` among them."""
    return [line for node in tree.body for line in (node.body if isinstance(node, ast.If) else [node])]


@cache
def imported(module: str) -> dict[str, tuple[str, str]]:
    """Names that a module's own lines import, and of what module and name."""
    return {
        alias.asname or alias.name: (node.module or "", alias.name)
        for node in own_lines(PUBLIC[module])
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def origin(module: str, name: str) -> tuple[str, str]:
    """The module that defines what is known by a name in a module, and its name there."""
    while module in PUBLIC and imported(module).get(name, (module, name)) != (module, name):
        module, name = imported(module)[name]
    return module, name


def classes(module: str) -> list[str]:
    return [n.name for n in PUBLIC[module].body if isinstance(n, ast.ClassDef) and not n.name.startswith("_")]


def exported(room: str) -> list[str]:
    """Names of a room: those in its `__all__`; without one, what it imports from itself."""
    for node in PUBLIC[room].body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return list(ast.literal_eval(node.value))
    return [name for name, (module, _) in imported(room).items() if module.startswith(f"{room}.")]


def test_no_two_public_classes_have_one_name() -> None:
    places = defaultdict(list)
    for module in PUBLIC:
        for name in classes(module):
            places[name].append(module)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_what_two_rooms_export_by_one_name_is_one_thing() -> None:
    things = defaultdict(set)
    for room in sorted(ROOMS & set(PUBLIC)):
        for name in exported(room):
            things[name].add(origin(room, name))
    assert {name: found for name, found in things.items() if len(found) > 1} == {}


def test_the_walk_sees_what_there_is() -> None:
    assert "CostLedger" in classes("eventnet.cost.ledger")
    assert (
        origin("eventnet", "CostLedger")
        == origin("eventnet.cost", "CostLedger")
        == ("eventnet.cost.ledger", "CostLedger")
    )
    assert {"eventnet", "eventnet.analysis", "eventnet.models", "eventnet.scenarios.sensors"} <= ROOMS
    assert len(exported("eventnet.analysis")) > 30
