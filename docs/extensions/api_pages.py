"""Pages of the API: one a public room with a table of its names, one a name; written into docs/generated/api.

The names are those of each room's `__all__`. A name that two rooms have is described where it stands first here.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from plain_docstrings import as_rst, inline

from eventnet.base.guesses import Guess
from eventnet.declarations import Declared
from eventnet.module import Module, Outlet, Port

ROOMS = {
    "eventnet": "Networks, neurons, runs",
    "eventnet.connectivity": "Who reaches whom in sparse networks",
    "eventnet.learning": "Learning rules",
    "eventnet.models": "Whole networks that learn and answer",
    "eventnet.sklearn": "Networks as estimators of scikit-learn",
    "eventnet.analysis": "Orders, races, ablation, cancellation, traces",
    "eventnet.sweep": "Sweeps over parameters, seeds and machines",
    "eventnet.cost": "Prices and the ledger of costs",
    "eventnet.plotting": "Plots",
    "eventnet.report": "A run as one page",
    "eventnet.view": "Files to watch a run in",
    "eventnet.io": "Files of events",
    "eventnet.data": "Sets of data",
    "eventnet.scenarios.sensors": "Simulated sensors",
    "eventnet.scenarios.worlds": "Worlds that sensors see",
    "eventnet.order": "Orders of deliveries",
    "eventnet.errors": "Errors",
    "eventnet.kernels.rows": "Helpers of rules: rows of weights",
    "eventnet.kernels.patches": "Helpers of rules: maps and patches",
    "eventnet.kernels.ranges": "Checks of integers in state",
}

if find_spec("sklearn") is None:  # the extra `docs` brings it; the tests do without
    del ROOMS["eventnet.sklearn"]

GROUPS = (
    ("Networks and their wires", ("eventnet.network", "eventnet.given", "eventnet.kernels.patches")),
    ("Runs", ("eventnet.simulation", "eventnet.clock", "eventnet.event", "eventnet.order", "eventnet.errors")),
    ("Costs", ("eventnet.tally", "eventnet.cost", "eventnet.analysis")),
    ("Neurons", ("eventnet.neurons",)),
    ("A neuron of your own", ("eventnet.module", "eventnet.declarations", "eventnet.rule", "eventnet.kernels")),
)
"""How the many names of `eventnet` are grouped: by the files that they come from."""


class Public(NamedTuple):
    """One public name: the room that shows it, what it is, the file that it comes from, and its documentation."""

    room: str
    name: str
    thing: Any
    home: str
    doc: str

    @property
    def path(self) -> str:
        """What a user writes."""
        return f"{self.room}.{self.name}"

    @property
    def kind(self) -> str:
        """class, function, module or data."""
        if inspect.isclass(self.thing):
            return "class"
        if isinstance(self.thing, ModuleType):
            return "module"
        return "function" if inspect.isroutine(self.thing) or callable(self.thing) else "data"

    @property
    def page(self) -> str:
        """The name of its page; two that differ in the case of letters alone have two files everywhere."""
        twins = sum(name.lower() == self.name.lower() for name in names_of(self.room)) > 1
        return f"{self.path}_{self.kind}" if twins else self.path

    @property
    def first(self) -> str:
        """The first sentence of its documentation."""
        paragraph = " ".join(self.doc.strip().partition("\n\n")[0].split())
        return re.split(r"(?<=[.;])\s", paragraph)[0].rstrip(".;")


@cache
def names_of(room: str) -> Sequence[str]:
    """The public names of a room: `__all__`, or what is defined there for others to use."""
    module = import_module(room)
    own = getattr(module, "__all__", None)
    if own is not None:
        return tuple(own)
    return tuple(name for name, thing in vars(module).items() if name[0] != "_" and _home(thing, name) == room)


def _home(thing: Any, name: str) -> str | None:
    """The file that a class or a function is defined in under this name."""
    return getattr(thing, "__module__", None) if getattr(thing, "__name__", None) == name else None


@cache
def _lines(module: str) -> list[ast.stmt]:
    """A module's own lines, those under an `if` among them."""
    tree = ast.parse(Path(str(import_module(module).__file__)).read_text("utf-8"))
    return [line for node in tree.body for line in (node.body if isinstance(node, ast.If) else [node])]


def _origin(module: str, name: str) -> str:
    """The file in which a name is assigned, followed through imports."""
    for node in _lines(module):
        if isinstance(node, ast.ImportFrom) and node.module and name in {a.asname or a.name for a in node.names}:
            return _origin(node.module, next(a.name for a in node.names if (a.asname or a.name) == name))
    return module


def _said_below(module: str, name: str) -> str:
    """The text below an assignment."""
    body = _lines(module)
    for node, after in zip(body, body[1:]):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        named = {leaf.id for t in targets for leaf in ast.walk(t) if isinstance(leaf, ast.Name)}
        if name in named and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            return inspect.cleandoc(str(after.value.value))
    return ""


@cache
def public(room: str) -> tuple[Public, ...]:
    """All public names of a room, in the order of its `__all__`."""
    module = import_module(room)
    made = []
    for name in names_of(room):
        thing = getattr(module, name)
        home = getattr(thing, "__module__", None) if callable(thing) else getattr(thing, "__name__", None)
        documented = callable(thing) or isinstance(thing, ModuleType)
        home = home if documented else _origin(room, name)
        doc = inspect.getdoc(thing) if documented else _said_below(str(home), name)
        made.append(Public(room, name, thing, str(home), doc or ""))
    return tuple(made)


def key_of(one: Public) -> int | str:
    """What makes two names one: the thing itself; constants count by room."""
    return f"{one.home}.{one.name}" if one.kind == "data" else id(one.thing)


def described() -> dict[int | str, Public]:
    """Every public thing under the first of its names; rooms have pages of their own."""
    found: dict[int | str, Public] = {}
    for room in ROOMS:
        for one in public(room):
            if one.kind != "module":
                found.setdefault(key_of(one), one)
    return found


# --- pages ---
def title(text: str, mark: str = "=") -> str:
    """A heading."""
    return f"{text}\n{mark * len(text)}\n"


def page_of(one: Public) -> str:
    """The page of a name. It is in no sidebar: 500 names in that of every page are hard to read, and take minutes."""
    parts = [
        ":orphan:",
        title(one.name),
        f"*{one.kind} of* :doc:`{one.room} <{one.room}>`",
        f".. py:currentmodule:: {one.room}",
    ]
    if one.kind == "data":
        value = repr(one.thing)
        shown = [f"   :value: {value}"] if len(value) < 200 and "<" not in value and "\n" not in value else []
        body = [f"   {line}" for line in as_rst(one.doc).split("\n")]
        parts.append("\n".join([f".. py:data:: {one.name}", *shown, "", *body]))
    else:
        parts.append(f".. auto{one.kind}:: {one.path}" + ("\n   :members:" if one.kind == "class" else ""))
        parts.append(f".. minigallery:: {one.path}\n   :add-heading: Examples\n   :heading-level: -")
    return "\n\n".join(parts) + "\n"


def table_of(names: Sequence[Public], where: dict[int | str, Public]) -> str:
    """A table of names with the first lines of their documentation."""
    lines = [".. list-table::", "   :widths: 30 70", ""]
    for one in names:
        target = where.get(key_of(one))
        to = target.page if target else one.home
        lines += [f"   * - :doc:`{one.name} <{to}>`", f"     - {inline(one.first) or '..'}"]
    return "\n".join(lines) + "\n"


def grouped(room: str) -> Iterator[tuple[str, list[Public]]]:
    """The names of a room in groups; most rooms are one."""
    names = list(public(room))
    if room != "eventnet":
        yield "", names
        return
    for head, homes in GROUPS:
        mine = [one for one in names if any(one.home == home or one.home.startswith(f"{home}.") for home in homes)]
        names = [one for one in names if one not in mine]
        yield head, sorted(mine, key=lambda one: [one.home.startswith(home) for home in homes].index(True))
    if names:
        yield "More", names


def room_page(room: str, where: dict[int | str, Public]) -> str:
    """The page of a room."""
    module = import_module(room)
    parts = [title(room), f".. py:module:: {room}", as_rst(inspect.getdoc(module) or "")]
    for head, names in grouped(room):
        parts += [title(head, "-")] if head else []
        parts.append(table_of(names, where))
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """All pages by the names of their files."""
    where = described()
    made = {f"{room}.rst": room_page(room, where) for room in ROOMS}
    return made | {f"{one.page}.rst": page_of(one) for one in where.values()}


def write(app: Any) -> None:
    """Write those that have changed, and take away those that are no more."""
    folder = Path(app.srcdir, "generated", "api")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for old in folder.iterdir():
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def skip(app: Any, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what a class's own text lists already, what every module has, and names that raise an error."""
    declared = isinstance(thing, Declared | Port | Outlet | Guess)
    of = getattr(thing, "__qualname__", "").partition(".")[0]
    again = of != "Module" and name in vars(Module) and inspect.isfunction(thing)
    return True if declared or again or (inspect.getdoc(thing) or "").startswith("Alias for field number") else None


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("builder-inited", write, priority=100)
    app.connect("autodoc-skip-member", skip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
