"""The structure of a checkout in numbers: files, lines, rooms, floors, arrows and circles; and a picture of it.

    python tests/scripts/draw_structure.py [CHECKOUT ...] [--arrows] [--picture PNG ...]

A room is a file or a folder of eventnet/, models/, or a file or a folder of scenarios/. An arrow leads from one room to
another that it imports, in functions and for type checkers, too. A room's floor is the longest way down from it by
arrows, circles counted as one room; a circle is a set of rooms, or of files, that import each other. With `--arrows`
each room is printed with its floor, its files, its lines and what it imports. With `--picture` each checkout is drawn
into a file of its own: one row a floor, dark the arrows that no way over other rooms stands for, pale the others, red
those within a circle. The numbers need the standard library only, so that they can be had of any checkout, an old one
among them; the pictures need an environment with eventnet.
"""

from __future__ import annotations

import argparse
import ast
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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


class Structure(NamedTuple):
    """A checkout: its imports by file and by room, the lines of each file, the floor of each room."""

    root: Path
    files: Graph
    rooms: Graph
    lines: dict[str, int]
    floor: dict[str, int]


def structure(root: Path) -> Structure:
    """Read a checkout."""
    files = sources(root)
    graph = {name: imports(name, path, files) for name, path in files.items()}
    rooms: Graph = {room(name): set() for name in files}
    for name, others in graph.items():
        rooms[room(name)] |= {room(other) for other in others} - {room(name)}
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in files.items()}
    return Structure(root, graph, rooms, lines, floors(rooms))


def described(of: Structure, arrows: bool) -> str:
    """The numbers of a checkout as text."""
    root, graph, rooms, lines, floor = of
    flat = sorted(path.name for path in (root / "eventnet").glob("*.py"))
    folders = {path.relative_to(root / "eventnet").parts[0] for path in (root / "eventnet").glob("*/**/*.py")}
    told = [
        f"files               {len(graph)}, {sum(lines.values()):,} lines",
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
            own = [lines[file] for file in graph if room(file) == name]
            told.append(
                f"{floor[name]:3d} {name} ({len(own)} files, {sum(own):,} lines) <- {' '.join(sorted(rooms[name]))}"
            )
    return "\n".join(told)


# --- the picture ---
POINTS = 7.8
"""Points of a room's name: 9.5 pixels where the picture is 700 pixels wide."""
ROW = 0.42
"""Inches from floor to floor."""
HEAD = 0.4
"""Inches for the title and the legend."""
BEND = 18.0
"""Points that an arrow needs to pass between two rooms."""


def below(node: str, rooms: Graph) -> set[str]:
    """All that a room leads to, over others, too."""
    found: set[str] = set()
    waiting = set(rooms[node])
    while waiting:
        found.add(other := waiting.pop())
        waiting |= rooms[other] - found
    return found


def needed(rooms: Graph) -> set[tuple[str, str]]:
    """Arrows that no way over other rooms stands for; those within a circle are left out."""
    circle_of = {node: k for k, circle in enumerate(circles(rooms)) for node in circle}
    reached = {node: below(node, rooms) for node in rooms}
    return {
        (node, other)
        for node, others in rooms.items()
        for other in others
        if circle_of[node] != circle_of[other]
        and not any(
            other in reached[by] for by in others - {other} if circle_of[by] not in (circle_of[node], circle_of[other])
        )
    }


def placed(wanted: Sequence[float], wide: Sequence[float], width: float) -> list[float]:
    """Middles of things in a row, in this order, as near to where each is wanted as they can be without touching."""
    start = [sum(wide[:k]) + wide[k] / 2 for k in range(len(wide))]
    groups: list[tuple[float, int]] = []
    for k, at in enumerate(wanted):
        groups.append((at - start[k], 1))
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            (low, m), (high, n) = groups[-2:]
            groups[-2:] = [((m * low + n * high) / (m + n), m + n)]
    free = [min(max(at, 0.0), max(width - sum(wide), 0.0)) for at, n in groups for _ in range(n)]
    return [at + start[k] for k, at in enumerate(free)]


LOOKS = {
    "folder": ("a folder", "#d9ebf7", "#0072B2"),
    "file": ("a file", "white", "#6b6b6b"),
    "scenario": ("in scenarios/", "#fdf0d5", "#E69F00"),
}
"""What the legend says of a kind of rooms, and its colours, inside and around."""


def kind_of(name: str, of: Structure) -> str:
    """Which of LOOKS a room has."""
    if name.startswith("scenarios"):
        return "scenario"
    top = of.root / "eventnet" / f"{name}.py"
    return "file" if top.exists() or name == "eventnet" else "folder"


class Layout(NamedTuple):
    """Where rooms and bends of arrows stand: the middle of each in points, and the ways of arrows through them."""

    x: dict[str, float]
    rows: dict[int, list[str]]
    ways: dict[tuple[str, str], list[str]]


def laid_out(of: Structure, wide: Mapping[str, float], width: float, rounds: int = 40) -> Layout:
    """Rooms by floor, each near the rooms that it is joined to; a long arrow has a bend on each floor that it passes."""
    rows: dict[int, list[str]] = {floor: [] for floor in range(1, max(of.floor.values()) + 1)}
    for name in sorted(of.rooms):
        rows[of.floor[name]].append(name)
    ways = {}
    for high, low in sorted(needed(of.rooms)):
        bends = [f"{high}>{low}>{floor}" for floor in range(of.floor[high] - 1, of.floor[low], -1)]
        for bend in bends:
            rows[int(bend.rpartition(">")[2])].append(bend)
        ways[high, low] = [high, *bends, low]
    higher: Graph = {name: set() for row in rows.values() for name in row}
    lower: Graph = {name: set() for name in higher}
    for way in ways.values():
        for one, other in zip(way, way[1:]):
            lower[one].add(other)
            higher[other].add(one)
    x = {name: width / 2 for name in higher}
    for turn in range(rounds):
        neighbours = higher if turn % 2 else lower
        for floor in sorted(rows, reverse=bool(turn % 2)):
            row = rows[floor]
            near = neighbours if turn < rounds - 4 else {name: higher[name] | lower[name] for name in row}
            at = {
                name: sum(x[other] for other in near[name]) / len(near[name]) if near[name] else x[name] for name in row
            }
            if turn < rounds - 4:
                row.sort(key=lambda name: (at[name], name))
            x |= dict(zip(row, placed([at[n] for n in row], [wide.get(n, BEND) for n in row], width), strict=True))
    left = min(x[name] - wide.get(name, BEND) / 2 for name in x)
    middle = (left + max(x[name] + wide.get(name, BEND) / 2 for name in x)) / 2
    aside = [(width - wide.get(name, BEND)) / 2 / abs(at - middle) for name, at in x.items() if at != middle]
    return Layout({name: width / 2 + (at - middle) * min(aside, default=1.0) for name, at in x.items()}, rows, ways)


def drawn(of: Structure, name: str) -> Figure:
    """The rooms of a checkout by their floors, with their arrows."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path as Curve
    from matplotlib.textpath import TextPath

    from eventnet.plotting import style

    labels = {room: room.removeprefix("scenarios.") for room in of.rooms}
    wide = {room: TextPath((0, 0), label, size=POINTS).get_extents().width + 20 for room, label in labels.items()}
    width, height = 72 * style.WIDTH - 34, 72 * ROW * max(of.floor.values())
    figure = style.blank(style.WIDTH, height / 72 + HEAD)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, height / (height + HEAD * 72)))
    axes.set(xlim=(-28, width + 6), ylim=(0, height))
    axes.axis("off")
    layout = laid_out(of, wide, width)
    y = {name: 72 * ROW * (floor - 0.5) for floor, row in layout.rows.items() for name in row}
    inside = [set(circle) for circle in circles(of.rooms) if len(circle) > 1]

    def arrow(points: list[tuple[float, float]], colour: str, line: float, head: float, above: float) -> None:
        middle = [((a + c) / 2, (b + d) / 2) for (a, b), (c, d) in zip(points[1:], points[2:-1])]
        nodes = [points[0]] + [p for bend, m in zip(points[1:-1], [*middle, points[-1]]) for p in (bend, m)]
        codes = [Curve.MOVETO] + [Curve.CURVE3] * (len(nodes) - 1)
        path = Curve(nodes, codes) if len(points) > 2 else Curve(points)
        looks = f"-|>,head_length={head},head_width={head / 2}" if head else "-"
        axes.add_patch(
            FancyArrowPatch(
                path=path, arrowstyle=looks, color=colour, linewidth=line, zorder=above, shrinkA=0, shrinkB=0
            )
        )

    for one, others in of.rooms.items():
        for other in others:
            circle = any({one, other} <= nodes for nodes in inside)
            if circle:
                axes.annotate(
                    "", (layout.x[other], y[other]), (layout.x[one], y[one]), zorder=3,
                    arrowprops={"arrowstyle": "-|>", "color": style.RED, "lw": 1.6, "shrinkA": 16, "shrinkB": 16,
                                "connectionstyle": "arc3,rad=0.4"},
                )  # fmt: skip
            elif (one, other) not in layout.ways:
                arrow([(layout.x[one], y[one]), (layout.x[other], y[other])], "#dcdcdc", 0.5, 0, 1)
    for way in layout.ways.values():
        points = [(layout.x[name], y[name]) for name in way]
        points[0], points[-1] = (points[0][0], points[0][1] - 8), (points[-1][0], points[-1][1] + 8)
        arrow(points, "#555555", 0.8, 2.6, 2)
    for floor, row in layout.rows.items():
        axes.text(-24, 72 * ROW * (floor - 0.5), str(floor), fontsize=POINTS, color=style.GREY, va="center")
        for one in row:
            if one in of.rooms:
                _, fill, edge = LOOKS[kind_of(one, of)]
                axes.text(
                    layout.x[one], y[one], labels[one], fontsize=POINTS, ha="center", va="center", zorder=4,
                    bbox={"boxstyle": "round,pad=0.3", "facecolor": fill, "edgecolor": edge, "linewidth": 0.9},
                )  # fmt: skip
    line = 1 - HEAD / 2 / (height / 72 + HEAD)
    figure.text(0.01, line, name, fontsize=style.TITLE, va="center")
    for at, (text, fill, edge) in enumerate(LOOKS.values()):
        figure.text(
            0.62 + 0.12 * at, line, text, fontsize=POINTS, va="center",
            bbox={"boxstyle": "round,pad=0.3", "facecolor": fill, "edgecolor": edge, "linewidth": 0.9},
        )  # fmt: skip
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description="The structure of a checkout in numbers.")
    parser.add_argument("checkouts", nargs="*", type=Path, default=[Path(__file__).resolve().parents[2]])
    parser.add_argument("--arrows", action="store_true", help="also each room with what it imports")
    parser.add_argument("--picture", nargs="+", type=Path, default=[], help="a PNG for each checkout")
    given = parser.parse_args()
    if given.picture and len(given.picture) != len(given.checkouts):
        parser.error(f"{len(given.checkouts)} checkouts and {len(given.picture)} pictures: wanted one for each")
    found = [structure(root) for root in given.checkouts]
    for of in found:
        print(f"{of.root}\n{described(of, given.arrows)}\n")
    if given.picture:
        from PIL import Image

        from eventnet.plotting import style

        style.check_readable = True
        for of, path in zip(found, given.picture, strict=True):
            name = f"{len(of.rooms)} rooms on {max(of.floor.values())} floors"
            drawn_as = Image.open(io.BytesIO(style.png(drawn(of, name))))
            drawn_as.convert("RGB").quantize(128, Image.Quantize.FASTOCTREE).save(path, optimize=True)


if __name__ == "__main__":
    main()
