"""The structure of a checkout in numbers: files, lines, rooms, floors, arrows and circles.

    python tests/scripts/draw_structure.py [CHECKOUT ...] [--arrows]

A room is a file or a folder of eventnet/, models/, or a file or a folder of scenarios/. An arrow leads from one room to
another that it imports, in functions and for type checkers, too. A room's floor is the longest way down from it by
arrows, circles counted as one room; a circle is a set of rooms, or of files, that import each other. With `--arrows`
each room is printed with its floor, its files, its lines and what it imports. Standard library only, so that it runs in
any checkout, an old one among them.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Mapping
from pathlib import Path

TOPS = ("eventnet", "models", "scenarios")
Graph = dict[str, set[str]]


def dotted(path: Path, root: Path) -> str:
    """`models/mlp.py` is `eventnet.models.mlp`, and `eventnet/engine/__init__.py` is `eventnet.engine`."""
    parts = path.relative_to(root).with_suffix("").parts
    parts = parts if parts[0] == "eventnet" else ("eventnet", *parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(root: Path) -> dict[str, Path]:
    """Every file of the package by its dotted name."""
    return {dotted(path, root): path for top in TOPS for path in sorted((root / top).rglob("*.py"))}


def imports(name: str, path: Path, files: Mapping[str, Path]) -> set[str]:
    """Files of the package that a file imports, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
            above = above[: len(above) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                full = f"{module}.{alias.name}"
                found.add(full if full in files else module)
    return {other for other in found if other in files and other != name}


def room(name: str) -> str:
    """The room of a file."""
    parts = name.split(".")[1:]
    if not parts:
        return "eventnet"
    return ".".join(parts[:2]) if parts[0] == "scenarios" else parts[0]


def circles(graph: Graph) -> list[list[str]]:
    """Sets of nodes that lead to one another (Tarjan's algorithm)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        path.append(node)
        for other in sorted(graph[node]):
            if other not in order:
                visit(other)
            if other in path:
                low[node] = min(low[node], low[other])
        if low[node] == order[node]:
            at = path.index(node)
            found.append(sorted(path[at:]))
            del path[at:]

    for node in sorted(graph):
        if node not in order:
            visit(node)
    return found


def floors(graph: Graph) -> dict[str, int]:
    """The longest way down from each node, from 1 for one that leads nowhere; a circle counts as one node."""
    found: dict[str, int] = {}
    for circle in circles(graph):  # those below come first
        below = {other for node in circle for other in graph[node]} - set(circle)
        found |= dict.fromkeys(circle, 1 + max((found[other] for other in below), default=0))
    return found


def describe(root: Path, arrows: bool) -> str:
    """The numbers of one checkout as text."""
    files = sources(root)
    graph = {name: imports(name, path, files) for name, path in files.items()}
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in files.items()}
    rooms: Graph = {room(name): set() for name in files}
    for name, others in graph.items():
        rooms[room(name)] |= {room(other) for other in others} - {room(name)}
    flat = sorted(path.name for path in (root / "eventnet").glob("*.py"))
    folders = {path.relative_to(root / "eventnet").parts[0] for path in (root / "eventnet").glob("*/**/*.py")}
    floor = floors(rooms)
    told = [
        f"files               {len(files)}, {sum(lines.values()):,} lines",
        f"top of eventnet     {len(flat)} files, {len(folders)} folders",
        f"rooms               {len(rooms)} (of eventnet {len([r for r in rooms if '.' not in r and r not in ('models', 'scenarios')])})",
        f"floors              {max(floor.values())}",
        f"imports of files    {sum(map(len, graph.values()))}",
        f"arrows of rooms     {sum(map(len, rooms.values()))}",
        f"circles of rooms    {[circle for circle in circles(rooms) if len(circle) > 1] or 'none'}",
        f"circles of files    {[circle for circle in circles(graph) if len(circle) > 1] or 'none'}",
    ]
    if arrows:
        for name in sorted(rooms, key=lambda name: (floor[name], name)):
            own = [lines[file] for file in files if room(file) == name]
            told.append(
                f"{floor[name]:3d} {name} ({len(own)} files, {sum(own):,} lines) <- {' '.join(sorted(rooms[name]))}"
            )
    return "\n".join(told)


def main() -> None:
    parser = argparse.ArgumentParser(description="The structure of a checkout in numbers.")
    parser.add_argument("checkouts", nargs="*", type=Path, default=[Path(__file__).resolve().parents[2]])
    parser.add_argument("--arrows", action="store_true", help="also each room with what it imports")
    given = parser.parse_args()
    for root in given.checkouts:
        print(f"{root}\n{describe(root, given.arrows)}\n")


if __name__ == "__main__":
    main()
