"""The repository keeps its shape: what may import what, and what stands where."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from eventnet.order import KEY_ARGUMENTS

ROOT = Path(__file__).parents[1]
TOP_LEVEL = set(
    "pyproject.toml hatch_build.py README.md CHANGELOG.md LICENSE eventnet models scenarios tests docs .ci".split()
)

# Imports go to the left. Each row is a level: its parts may import those of the rows above it and, of their own row, those
# to their left; parts on either side of a bar never see each other. A part is a file of eventnet/, or a folder with all
# that is in it; "eventnet" is eventnet/__init__.py, which gathers the public names. There are no exceptions: imports in
# functions count, and so do those for type checkers alone.
LEVELS = """
errors given base event intake tally
kernels
rule order orders declarations declared_classes module wiring connectivity configuration network
engine | neurons learning | io data
simulation clock
cost
analysis
plotting | report
view
eventnet
models
scenarios
sweep | sklearn
cli __main__
"""
TRACKS = [[track.split() for track in level.split("|")] for level in LEVELS.strip().splitlines()]
PARTS = {part for level in TRACKS for track in level for part in track}
# The reference engine is read first, and needs nothing of what makes the other one fast.
PLAIN = "engine.reference"
MACHINERY = {"engine.loop", "engine.compiled", "engine.plan"}

MAY_IMPORT = {
    "numba": set("kernels rule order engine neurons learning io data scenarios".split()),
    "simpy": {"clock", "scenarios"},
    "networkx": {"network", "wiring"},
    "sklearn": {"sklearn", "scenarios"},
}
MAY_IMPORT["llvmlite"] = {"kernels", "order", "engine"}
ONLY_INSIDE_FUNCTIONS = {
    "matplotlib", "onnx", "nir", "av", "lz4", "zstandard", "h5py", "rosbags", "pyarrow", "neo",
    "distributed", "foxglove", "mcap", "PIL", "bokeh",
}  # fmt: skip


class Import(NamedTuple):
    """One imported name: `from eventnet.engine import run` is `eventnet.engine` and `run`."""

    path: Path
    line: int
    module: str
    name: str | None
    later: bool

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}"

    @property
    def importer(self) -> str:
        return dotted(self.path)

    @property
    def package(self) -> str:
        return self.module.split(".")[0]

    @property
    def target(self) -> str:
        """The file this import runs: `from package import name` may name a file of the package or a name in it."""
        return full if self.name and (full := f"{self.module}.{self.name}") in files() else self.module

    @property
    def runs(self) -> set[str]:
        """The target, and before it the `__init__.py` of each package (but eventnet) that the importer is not in."""
        names = self.target.split(".")
        packages = {".".join(names[:n]) for n in range(2, len(names))}
        return {self.target} | {name for name in packages if not f"{self.importer}.".startswith(f"{name}.")}


def dotted(path: Path) -> str:
    """`models/mlp.py` is `eventnet.models.mlp`, and `eventnet/engine/__init__.py` is `eventnet.engine`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts if parts[0] == "eventnet" else ("eventnet", *parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def files() -> dict[str, Path]:
    """Every file of the package by its dotted name; files that are not written yet are passed over."""
    return {dotted(path): path for top in ("eventnet", "models", "scenarios") for path in (ROOT / top).rglob("*.py")}


def part(module: str) -> str:
    """The part of the package a module belongs to: a file of eventnet/, or a folder."""
    return module if module == "eventnet" else module.split(".")[1]


@cache
def left_of(part: str) -> set[str]:
    """The parts that a part may import."""
    found: set[str] = set()
    for level in TRACKS:
        for track in level:
            if part in track:
                return found | set(track[: track.index(part)])
        found |= {other for track in level for other in track}
    raise AssertionError(f"{part} has no place yet: say in LEVELS of tests/test_layout.py what may import it")


def is_typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def imports_below(node: ast.AST, path: Path, later: bool = False) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(path, child.lineno, alias.name, None, later)
        elif isinstance(child, ast.ImportFrom):
            module = absolute(child, path)
            for alias in child.names:
                yield Import(path, child.lineno, module, alias.name, later)
        elif not isinstance(child, ast.expr):  # there are no statements in one
            inside = later or is_typing_only(child) or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from imports_below(child, path, inside)


def absolute(node: ast.ImportFrom, path: Path) -> str:
    if not node.level:
        return node.module or ""
    names = dotted(path).split(".")
    package = names if path.name == "__init__.py" else names[:-1]
    package = package[: len(package) - node.level + 1]
    return ".".join([*package, *([node.module] if node.module else [])])


@cache
def imports() -> list[Import]:
    """What the package imports, inside functions and for type checkers alone, too."""
    return [found for path in files().values() for found in imports_below(ast.parse(path.read_text("utf-8")), path)]


def own_imports() -> list[Import]:
    return [found for found in imports() if found.package == "eventnet"]


@cache
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def tracked() -> list[Path]:
    """What git tracks; skips where there is no git or no commit to ask."""
    try:
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no git")
    if listing.returncode or not listing.stdout:
        pytest.skip("git tracks nothing here")
    return [Path(name) for name in listing.stdout.split("\0") if name]


def test_every_file_has_its_place_in_the_order_of_imports():
    unplaced = [str(path.relative_to(ROOT)) for module, path in files().items() if part(module) not in PARTS]
    assert not unplaced, f"{unplaced} has no place yet: say in LEVELS of tests/test_layout.py what may import it"


def test_imports_go_to_the_left():
    wrong = [
        f"{found}: {part(found.importer)} imports {part(found.target)}"
        for found in own_imports()
        if part(found.target) not in {part(found.importer), *left_of(part(found.importer))}
    ]
    assert wrong == []


def test_no_imports_go_in_a_circle():
    """Not even for types; nor does a file wait for the package it is in."""
    graph: dict[str, set[str]] = {}
    for found in own_imports():
        graph.setdefault(found.importer, set()).update(found.runs)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("a circle of imports: " + " <- ".join(error.args[1]))


@pytest.mark.slow
def test_the_engine_imports_no_neuron_and_the_reference_no_machinery():
    assert not left_of("engine") & {"neurons", "learning", "models", "scenarios"}
    assert not left_of("neurons") & {"engine"}
    reached, waiting = set(), {f"eventnet.{PLAIN}"}
    while waiting:
        reached.add(module := waiting.pop())
        waiting |= {found.target for found in own_imports() if found.importer == module} - reached
    assert "eventnet.engine.state" in reached
    assert not reached & {f"eventnet.{name}" for name in MACHINERY}


HEART = "kernels/out rule order module network simulation clock engine/reference engine/state".split()


def test_the_heart_of_the_package_is_read_in_an_evening():
    """What describes a network, runs it and puts sensors on it."""
    lines = {name: len((ROOT / "eventnet" / f"{name}.py").read_text("utf-8").splitlines()) for name in HEART}
    assert sum(lines.values()) < 2_600, lines


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_only_the_named_parts_import(package):
    wrong = [str(i) for i in imports() if i.package == package and part(i.importer) not in MAY_IMPORT[package]]
    assert not wrong, f"{wrong} imports {package}, which only {sorted(MAY_IMPORT[package])} may"


def test_matplotlib_is_imported_only_inside_functions():
    assert [str(found) for found in imports() if found.package in ONLY_INSIDE_FUNCTIONS and not found.later] == []


def test_what_is_imported_is_a_dependency():
    names = {re.split(r"[^\w-]", wanted)[0] for wanted in pyproject()["project"]["dependencies"]}
    # Imported inside functions, or by eventnet.sklearn, which say what to install. PIL comes with matplotlib.
    extras = set(
        "onnx nir av lz4 zstandard h5py rosbags pyarrow neo sklearn distributed foxglove mcap bokeh PIL".split()
    )
    known = names | extras | {"eventnet", "llvmlite", "rich"} | sys.stdlib_module_names
    assert [f"{found}: {found.module}" for found in imports() if found.package not in known] == []


def test_models_and_scenarios_use_public_names_only():
    def private(found: Import) -> bool:
        names = [*found.module.split("."), found.name or ""]
        return any(name.startswith("_") and not name.endswith("__") for name in names)

    outside = [found for found in own_imports() if part(found.importer) in ("models", "scenarios")]
    assert [f"{found}: {found.name or found.module}" for found in outside if private(found)] == []


COMPILED = set("rule where_owed inner compiled fast register_jitable njit".split())
TEACHES_NUMBA = {"overload", "overload_method"}


def untyped_functions(node: ast.AST, inside: bool = False) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Functions below a node that lack a type, but for those that are compiled: a rule, a key, a helper of theirs."""
    for child in ast.iter_child_nodes(node):
        compiled = inside
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            marks = [mark.func if isinstance(mark, ast.Call) else mark for mark in child.decorator_list]
            names = {ast.unparse(mark).split(".")[-1] for mark in marks}
            compiled |= bool(names & TEACHES_NUMBA)
            given = [*child.args.posonlyargs, *child.args.args, *child.args.kwonlyargs]
            named = tuple(argument.arg for argument in given)
            untyped = [a for k, a in enumerate(given) if a.annotation is None and (k or a.arg not in ("self", "cls"))]
            untyped += [a for a in (child.args.vararg, child.args.kwarg) if a and a.annotation is None]
            lacks = untyped or (child.returns is None and child.name != "__init__")
            if lacks and not (compiled or names & COMPILED or named == KEY_ARGUMENTS):
                yield child
        yield from untyped_functions(child, compiled)


@pytest.mark.slow
def test_only_what_is_compiled_is_untyped():
    """The type checker lets rules and helpers of theirs pass, and with them all else in their rooms."""
    found = [
        f"{path.relative_to(ROOT)}:{function.lineno}: {function.name}"
        for path in files().values()
        for function in untyped_functions(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []


def test_no_mark_at_a_function_tells_the_type_checker_that_it_is_untyped():
    """One setting for the rooms of what is compiled says it, in pyproject.toml."""
    assert [str(path) for path in files().values() if "ignore[no-untyped-def]" in path.read_text("utf-8")] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@rule\ndef fire(i, s, t, out, tally, phi): ...", []),
        ("@inner\ndef helper(x): ...\n@numba.njit(cache=True)\ndef other(x): ...", []),
        ("@overload(add, jit_options={})\ndef _add(x):\n    def impl(x): ...\n    return impl", []),
        ("def own(t, source, wire, index, sign, magnitude, rank, seq, seed): ...", []),
        ("def plain(x): ...", ["plain"]),
        ("def half(x: int, y) -> int: ...\ndef more(*rest) -> int: ...", ["half", "more"]),
        (
            "def nothing(): ...\nclass A:\n    def __init__(self): ...\n    def __str__(self): ...",
            ["nothing", "__str__"],
        ),
        ("@functools.cache\ndef kept(x): ...\n@inner\ndef outer(x):\n    def within(x): ...", ["kept", "within"]),
    ],
)
def test_which_functions_lack_types_and_are_not_compiled(text: str, names: list[str]):
    assert [function.name for function in untyped_functions(ast.parse(text))] == names


def test_the_top_of_the_repository_holds_nothing_else():
    names = {path.parts[0] for path in tracked()}
    assert {name for name in names if not name.startswith(".") or name == ".ci"} == TOP_LEVEL


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["models", "scenarios"])
def test_a_clone_as_current_directory_still_finds(folder):
    if not (ROOT / folder / "__init__.py").exists():
        pytest.skip(f"{folder}/ is not written yet")
    command = [sys.executable, "-c", f"import eventnet.{folder} as found; print(found.__file__)"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == str(ROOT / folder / "__init__.py"), done.stderr


def test_no_tracked_file_names_another_workplace():
    places = "|".join(["work", "tmp", "root", "farm", "home"])
    hosts = "|".join(re.escape(name + ".org") for name in ("pypi", "pythonhosted", "anaconda"))
    # An absolute path, a folder of that name further down, a package registry, an issue by its number.
    foreign = re.compile(rf"(?<![\w)}}\]])/(?:{places})\b|/(?:{places})/|{hosts}|\bissue #?\d", re.IGNORECASE)
    found = []
    for path in tracked():
        try:
            text = (ROOT / path).read_text("utf-8")
        except (UnicodeDecodeError, FileNotFoundError):  # not text; deleted but not committed
            continue
        found += [
            f"{path}:{n}: {line.strip()[:80]}" for n, line in enumerate(text.split("\n"), 1) if foreign.search(line)
        ]
    assert found == []


def test_the_oldest_versions_are_those_that_are_declared():
    """.ci/run installs tests/oldest.txt, so that the lower bounds in pyproject.toml are tested ones."""
    project = pyproject()["project"]
    extras = project["optional-dependencies"]
    declared = [
        *project["dependencies"],
        *(
            wanted
            for name in ("test", "dvs", "hdf5", "ros", "onnx", "nir", "sklearn", "video", "view", "live")
            for wanted in extras[name]
        ),
    ]
    declared = [wanted for wanted in declared if not wanted.startswith("eventnet")]
    assert all(">=" in wanted for wanted in declared)
    lines = (ROOT / "tests" / "oldest.txt").read_text("utf-8").splitlines()
    held = {line for line in lines if not line.startswith("#")}
    assert held == {wanted.replace(">=", "==") for wanted in declared}


@pytest.mark.slow
def test_tests_run_on_all_cores_and_benchmarks_that_are_named_in_one_process(tmp_path: Path):
    for name in ("pyproject.toml", "tests/benchmarks/conftest.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    asks = "def test_it(request):\n    print('one process:', request.config.option.dist == 'no' and not hasattr(request.config, 'workerinput'))\n"
    for name, alone in (("tests/test_it.py", False), ("tests/benchmarks/bench_it.py", True)):
        (tmp_path / name).write_text(asks)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rP", name]
        alone_asked = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        done = subprocess.run(command, cwd=tmp_path, env=alone_asked, capture_output=True, text=True)
        assert f"one process: {alone}" in done.stdout, done.stdout + done.stderr
