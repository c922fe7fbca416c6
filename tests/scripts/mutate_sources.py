"""One change at a time in a copy of the sources: do the tests notice?

    python tests/scripts/mutate_sources.py --mutants 60 --seed 1 --keep mutants.jsonl [--only AREA] [--again] [--list]

A mutant is one place where one of ten operators applies. A seed draws them: a twelfth of them from each of the eight
areas, the rest from all sources, by turns from each operator. Each runs in a copy of the clone and with a cache of
compiled code of its own, against the test file of its source, then those that import it, then the engines' own. The
first test that fails, an error, a crash or a run without end kills it, if the unchanged copy passes that test; if not,
the script says so and passes over that file of tests. What is known is written to `--keep`, from which the script goes on; `--again` runs survivors anew.

A cache begins with a copy of what the unchanged sources left: code lies under a name that hashes all sources it is made
of (eventnet/kernels/compiling.py, tests/test_compiling.py), so that a mutant finds no code there but what it leaves alone.

Ends with 1 if fewer than 95% are killed or a mutant had no test.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

CLONE = Path(__file__).resolve().parents[2]
SOURCES = ("eventnet", "models", "scenarios")
AREAS = {
    "engine": ("eventnet/engine/",),
    "neurons": ("eventnet/neurons/",),
    "learning": ("eventnet/learning/",),
    "cost": ("eventnet/cost/",),
    "analysis": ("eventnet/analysis/",),
    "io": ("eventnet/io/",),
    "clock": ("eventnet/clock.py", "scenarios/sensors/windowed.py"),
    "sensors": ("scenarios/sensors/",),
}  # the first that fits
OPERATORS = (
    "sum", "product", "boundary", "reversal", "constant", "logic", "index", "statement", "swap", "extreme",
)  # fmt: skip
ENGINES = ("test_engines", "test_outside", "test_golden_dsn")
"""Tests that run all of the engine and its neurons, after those that import the changed file."""
RULES = ("test_tally",)
"""Tests that find every rule by itself."""
LEAST = 0.95
MEMORY = 6 << 30
SECONDS, WAIT = 600, 4
"""A file of tests that takes so much processor time, or a minute and WAIT times as long by the clock, hangs."""
BUDGET, FILES = 120.0, 8
"""Files of tests are tried until they have taken so much processor time, or are so many."""

EQUIVALENT: dict[str, str] = {
    "eventnet/learning/dependence.py weaken: boundary in "
    "'w[k, j] = lowest if moved < lowest and word >= lowest else moved' #1": "A weight that comes to lie just at its "
    "bound is set to the bound, which is the same number.",
    "eventnet/cost/proportional_blame.py _Sharing._heard: constant in 'blame = since.shares(0, 1) or blame' #2": "Of a sign, "
    "`Gathered.shares` asks only whether it is above 0: 2 is as good as 1.",
    "scenarios/sensors/dvs.py _Run.until: boundary in "
    "'ready = times < self.t  # an event still to be found leaves at self.t at the soonest' #1": "An event that leaves "
    "just at the end of a step comes with this step or with the next, both times after those before it and, as sorting "
    "is stable, before those found later; windows are cut afterwards, by time.",
}
"""By key: why no test can tell this mutant from the original. It is drawn no more; the next one takes its place."""


class Mutant(NamedTuple):
    """Bytes `begin` to `end` of a file become `text`; `key` names it whatever else the sources hold."""

    file: str
    line: int
    operator: str
    begin: int
    end: int
    old: str
    text: str
    key: str

    @property
    def area(self) -> str:
        return area_of(self.file)


def area_of(file: str) -> str:
    return next((name for name, paths in AREAS.items() if file.startswith(paths)), "other")


# --- places ---
SIGNS: dict[type[ast.AST], tuple[str, bytes]] = {
    ast.Add: ("sum", b"-"), ast.Sub: ("sum", b"+"),
    ast.Mult: ("product", b"/"), ast.Div: ("product", b"*"), ast.FloorDiv: ("product", b"*"),
}  # fmt: skip
SIGN = re.compile(rb"//|[-+*/]")
COMPARISON = re.compile(rb"not\s+in|is\s+not|[<>=!]=|[<>]|\bin\b|\bis\b")
BOUNDARY = {b"<": b"<=", b"<=": b"<", b">": b">=", b">=": b">"}
REVERSAL = {
    b"<": b">", b">": b"<", b"<=": b">=", b">=": b"<=", b"==": b"!=", b"!=": b"==",
    b"in": b"not in", b"not in": b"in", b"is": b"is not", b"is not": b"is",
}  # fmt: skip
PAIRS = (("min", "max"), ("minimum", "maximum"), ("floor", "ceil"), ("any", "all"), ("argmin", "argmax"))
EXTREMES = {a: b for pair in PAIRS for a, b in (pair, pair[::-1])}
# Two arguments of these may change places, or mean nothing the other way round.
UNSWAPPED = {
    "min", "max", "minimum", "maximum", "array_equal", "isinstance", "issubclass", "hasattr", "getattr", "cast",
}  # fmt: skip


class Places(ast.NodeVisitor):
    """All mutants of one source text: (operator, begin, end, replacement, function)."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.found: list[tuple[str, int, int, bytes, str]] = []
        self.inside: list[str] = []
        self.visit(ast.parse(text))

    def begin(self, node: Any) -> int:
        return self.starts[node.lineno - 1] + int(node.col_offset)

    def end(self, node: Any) -> int:
        return self.starts[node.end_lineno - 1] + int(node.end_col_offset)

    def of(self, node: Any) -> bytes:
        return self.text[self.begin(node) : self.end(node)]

    def add(self, operator: str, begin: int, end: int, new: bytes) -> None:
        self.found.append((operator, begin, end, new, ".".join(self.inside)))

    def between(self, a: Any, b: Any, sign: re.Pattern[bytes]) -> tuple[int, int, bytes]:
        """Where between two nodes the sign stands, and the sign; comments there are passed over."""
        begin = self.end(a)
        gap = re.sub(rb"#[^\n]*", lambda found: b" " * len(found[0]), self.text[begin : self.begin(b)])
        found = sign.search(gap)
        assert found is not None, gap
        return begin + found.start(), begin + found.end(), b" ".join(found[0].split())

    # What holds no places.
    def visit_Raise(self, node: ast.Raise) -> None:
        """What an error says is not looked at."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A text."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" not in ast.dump(node.test):
            self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.inside.append(node.name)
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                self.visit(default)
        for statement in node.body:
            self.visit(statement)
        self.inside.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.inside.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self.inside.pop()

    # Operators.
    def visit_BinOp(self, node: ast.BinOp) -> None:
        self._sign(node.op, node.left, node.right)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._sign(node.op, node.target, node.value)
        self._statement(node)
        self.generic_visit(node)

    def _sign(self, op: ast.operator, left: ast.expr, right: ast.expr) -> None:
        texts = any(isinstance(side, ast.JoinedStr) or _constant(side, str | bytes) for side in (left, right))
        if type(op) in SIGNS and not texts:
            operator, new = SIGNS[type(op)]
            begin, end, _ = self.between(left, right, SIGN)
            self.add(operator, begin, end, new)

    def visit_Compare(self, node: ast.Compare) -> None:
        for a, b in zip([node.left, *node.comparators], node.comparators):
            begin, end, sign = self.between(a, b, COMPARISON)
            if sign in BOUNDARY:
                self.add("boundary", begin, end, BOUNDARY[sign])
            self.add("reversal", begin, end, REVERSAL[sign])
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if _constant(node, int | float):
            self.add("constant", self.begin(node), self.end(node), repr(node.value + 1).encode())  # type: ignore[operator]

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        other = b"or" if isinstance(node.op, ast.And) else b"and"
        for a, b in zip(node.values, node.values[1:]):
            begin, end, _ = self.between(a, b, re.compile(rb"\b(?:and|or)\b"))
            self.add("logic", begin, end, other)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self.add("logic", self.begin(node), self.begin(node) + 3, b"")
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        name = _name(node.value)
        kind = name in ("dict", "list", "tuple", "type", "set") or (name[:1].isupper() and name != name.upper())
        if kind:
            return
        self.visit(node.value)
        for index in node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]:
            self._index(index)

    def _index(self, index: ast.expr) -> None:
        if isinstance(index, ast.Slice):
            side = index.lower or index.upper
            if side is not None:
                new = b"(" + self.of(side) + (b") + 1" if index.lower else b") - 1")
                self.add("index", self.begin(side), self.end(side), new)
        elif _constant(index, int):
            self.add("index", self.begin(index), self.end(index), repr(index.value - 1).encode())  # type: ignore[attr-defined]
        elif isinstance(index, ast.Name | ast.BinOp | ast.Call | ast.Attribute):
            self.add("index", self.begin(index), self.end(index), b"(" + self.of(index) + b") - 1")
        if not _constant(index, int):
            self.visit(index)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self._statement(node)
        self.generic_visit(node)

    def _statement(self, node: ast.stmt) -> None:
        self.add("statement", self.begin(node), self.end(node), b"pass" + b"\n" * self.of(node).count(b"\n"))

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._swap(node.body, node.orelse)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = _name(node.func)
        if name in EXTREMES:
            self.add("extreme", self.end(node.func) - len(name), self.end(node.func), EXTREMES[name].encode())
        plain = not any(isinstance(one, ast.Starred) for one in node.args)
        if len(node.args) == 2 and plain and name not in UNSWAPPED:
            self._swap(*node.args)
        self.generic_visit(node)

    def _swap(self, a: ast.expr, b: ast.expr) -> None:
        gap = self.text[self.end(a) : self.begin(b)]
        self.add("swap", self.begin(a), self.end(b), self.of(b) + gap + self.of(a))


def _constant(node: ast.expr, kind: Any) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, kind) and not isinstance(node.value, bool)


def _name(node: ast.expr) -> str:
    """The last name of a dotted one."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def changed(text: bytes, begin: int, end: int, new: bytes) -> bytes:
    return text[:begin] + new + text[end:]


def differs(text: bytes, begin: int, end: int, new: bytes) -> bool:
    """Whether a mutant is a program, and another one than the original."""
    try:
        return ast.dump(ast.parse(changed(text, begin, end, new))) != ast.dump(ast.parse(text))
    except SyntaxError:
        return False


def mutants_of(file: str, text: bytes) -> list[Mutant]:
    """All mutants of a file. Some differ in nothing: see `differs`."""
    made, seen = [], Counter[str]()
    lines = text.decode().splitlines()
    for operator, begin, end, new, function in Places(text).found:
        line = text.count(b"\n", 0, begin) + 1
        key = f"{file} {function}: {operator} in {lines[line - 1].strip()!r}"
        seen[key] += 1
        key += f" #{seen[key]}"
        made.append(Mutant(file, line, operator, begin, end, text[begin:end].decode(), new.decode(), key))
    return made


def all_mutants(root: Path) -> list[Mutant]:
    files = (path for folder in SOURCES for path in sorted((root / folder).rglob("*.py")))
    return [mutant for path in files for mutant in mutants_of(str(path.relative_to(root)), path.read_bytes())]


# --- drawing ---
def rank(*what: object) -> bytes:
    """A number drawn for a thing. Sorting by it draws in an order that other sources have no part in."""
    return hashlib.sha256("\n".join(map(str, what)).encode()).digest()


def in_turns(mutants: Iterable[Mutant], seed: int, stream: str) -> Iterator[Mutant]:
    """All mutants in the order of the draw: one of each operator in every round."""
    waiting: dict[str, list[Mutant]] = {operator: [] for operator in OPERATORS}
    for mutant in sorted(mutants, key=lambda one: rank(seed, one.key), reverse=True):
        waiting[mutant.operator].append(mutant)
    for turn in range(max(map(len, waiting.values()))):
        for operator in sorted(OPERATORS, key=lambda name: rank(seed, stream, turn, name)):
            if waiting[operator]:
                yield waiting[operator].pop()


def draw(root: Path, n: int, seed: int) -> list[Mutant]:
    """n mutants, n // 12 of each area first; none that is argued to be equivalent, and none twice."""
    mutants = all_mutants(root)
    wanted = [(area, [one for one in mutants if one.area == area], n // 12) for area in AREAS]
    wanted.append(("all", mutants, n - sum(count for *_, count in wanted)))
    drawn: dict[str, Mutant] = {}
    for stream, pool, count in wanted:
        left = count
        for mutant in in_turns(pool, seed, stream) if count else ():
            if left == 0:
                break
            if mutant.key in EQUIVALENT or mutant.key in drawn:
                continue
            if differs((root / mutant.file).read_bytes(), mutant.begin, mutant.end, mutant.text.encode()):
                drawn[mutant.key] = mutant
                left -= 1
    return list(drawn.values())


# --- tests of a source ---
class Imports:
    """Which sources a file of tests imports, directly or through others, and over how many of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.modules: dict[str, Path] = {}
        for folder in SOURCES:
            for path in sorted((root / folder).rglob("*.py")):
                parts = path.relative_to(root).with_suffix("").parts
                parts = parts if folder == "eventnet" else ("eventnet", *parts)
                self.modules[".".join(parts).removesuffix(".__init__")] = path
        for path in sorted((root / "tests").rglob("*.py")):
            name = ".".join(path.relative_to(root / "tests").with_suffix("").parts).removesuffix(".__init__")
            self.modules.setdefault(name, path)
        self.known: dict[str, Counter[str]] = {}

    @cached_property
    def exported(self) -> dict[str, dict[str, str]]:
        """For each package, where the names come from that its __init__ imports."""
        return {
            module: {
                alias.asname or alias.name: node.module
                for node in ast.walk(ast.parse(path.read_bytes()))
                if isinstance(node, ast.ImportFrom) and node.module
                for alias in node.names
            }
            for module, path in self.modules.items()
            if path.name == "__init__.py"
        }

    @cached_property
    def collections(self) -> set[str]:
        """Packages whose __init__ defines nothing and only collects names."""
        defines = (ast.FunctionDef, ast.ClassDef)
        return {
            module
            for module in self.exported
            if not any(isinstance(node, defines) for node in ast.parse(self.modules[module].read_bytes()).body)
        }

    def origin(self, module: str, name: str) -> str:
        """The module that `from module import name` is of."""
        if f"{module}.{name}" in self.modules:
            return f"{module}.{name}"
        source = self.exported.get(module, {}).get(name)
        return module if source is None or source == module else self.origin(source, name)

    def direct(self, module: str) -> Counter[str]:
        """How often a module names others of the clone."""
        if module not in self.known:
            self.known[module] = Counter(
                found
                for found in self._named(ast.parse(self.modules[module].read_bytes()))
                if found in self.modules and found != module
            )
        return self.known[module]

    def _named(self, tree: ast.AST) -> Iterator[str]:
        packages: dict[str, str] = {}
        origins: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    packages[alias.asname or alias.name] = alias.name
                    yield alias.name
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    origin = self.origin(node.module, alias.name)
                    (packages if origin in self.exported else origins)[alias.asname or alias.name] = origin
                    yield origin
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in packages:
                yield self.origin(packages[node.value.id], node.attr)
            elif isinstance(node, ast.Name) and node.id in origins:
                yield origins[node.id]

    def distances(self, test: str) -> dict[str, int]:
        """How many steps from a file of tests to each source; packages that only collect names are no way."""
        found, front = {test: 0}, [test]
        for module in front:
            for other in self.direct(module):
                if other not in found and other not in self.collections:
                    found[other] = found[module] + (0 if self._helper(other) else 1)
                    front.append(other)
        return found

    def _helper(self, module: str) -> bool:
        return self.modules[module].is_relative_to(self.root / "tests")

    @cached_property
    def tests(self) -> dict[str, dict[str, int]]:
        return {path.stem: self.distances(path.stem) for path in sorted((self.root / "tests").glob("test_*.py"))}

    def tests_of(self, file: str) -> list[str]:
        """Files of tests for a source, the likeliest first: its own, those that name it most, the engines'."""
        path = Path(file)
        parts = path.with_suffix("").parts
        module = ".".join(parts if parts[0] == "eventnet" else ("eventnet", *parts)).removesuffix(".__init__")
        folder = parts[-2].removesuffix("s") if len(parts) > 1 else ""
        stems = {f"test_{path.stem}", f"test_{parts[-2]}_{path.stem}", f"test_{folder}_{path.stem}"}
        reached = {test: found[module] for test, found in self.tests.items() if module in found}
        own = sorted(stems & reached.keys(), key=lambda test: (reached[test], test))
        # A file that is found by where it stands is imported by no name: eventnet/io/formats/dat.py has test_io_dat.
        own += sorted({f"test_{above}_{path.stem}" for above in parts[1:-2]} & self.tests.keys() - reached.keys())
        others = sorted(reached, key=lambda test: (reached[test], -self._times(test, module), test))
        near = [test for test in others if reached[test] == 1]
        far = [test for test in others if reached[test] > 1]
        rules = [test for test in RULES if area_of(file) in ("neurons", "learning")]
        engines = [test for test in ENGINES if test in reached]
        return list(dict.fromkeys([*own, *rules, *near[:4], *engines, *near[4:], *far]))

    def _times(self, test: str, module: str) -> int:
        return self.direct(test)[module]


# --- running ---
class Outcome(NamedTuple):
    """How a mutant ended: killed, survived or untested; by which tests and how."""

    outcome: str
    by: str
    seconds: float
    tests: list[str]


class Workshop:
    """A folder with an unchanged copy, a mutant's copy, their caches, and what is known by now.

    clone: a copy of the repository is made of it. keep: a JSON lines file. cache: a folder of compiled code to begin
    with. seconds: how much processor time a file of tests may take.
    """

    def __init__(
        self, clone: Path, folder: Path, keep: Path | None, cache: Path | None = None, seconds: int = SECONDS
    ) -> None:
        self.keep, self.seconds = keep, seconds
        self.base, self.mutant = folder / "base", folder / "mutant"
        self.base_cache, self.cache = folder / "base_cache", folder / "cache"
        shutil.rmtree(self.base, ignore_errors=True)
        left = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", ".venv", "build", "dist", "*.egg-info")
        shutil.copytree(clone, self.base, ignore=left, symlinks=True)
        shared = clone.parent / "shared"
        if shared.is_dir() and not (folder / "shared").exists():
            (folder / "shared").symlink_to(shared.resolve())
        if not self.base_cache.exists():
            self.base_cache.mkdir(mode=0o700, parents=True)
            if cache is not None and cache.is_dir():
                shutil.copytree(cache, self.base_cache, dirs_exist_ok=True)
        self.imports = Imports(self.base)
        self.known: dict[str, dict[str, Any]] = {}
        if keep is not None and keep.exists():
            for line in keep.read_text().splitlines():
                self.learn(json.loads(line))

    def learn(self, record: dict[str, Any]) -> None:
        self.known[record["key"]] = record

    def tell(self, record: dict[str, Any]) -> None:
        self.learn(record)
        if self.keep is not None:
            with self.keep.open("a") as file:
                file.write(json.dumps(record) + "\n")

    def passes(self, tests: str) -> bool:
        """Whether the unchanged copy passes a file of tests, or one test of it; asked once, as long as they stay."""
        key, mark = f"unchanged {tests}", sha(self.base / tests.split("::")[0])
        known = self.known.get(key)
        if known is None or known["of"] != mark:
            ended, _, seconds = self.run(self.base, self.base_cache, tests)
            known = {"key": key, "of": mark, "ended": ended, "seconds": round(seconds, 1)}
            self.tell(known)
        if known["ended"] != "passed":
            print(f"{tests} {known['ended']} on the unchanged copy: not used", flush=True)
        return bool(known["ended"] == "passed")

    def run(self, root: Path, cache: Path, tests: str) -> tuple[str, str, float]:
        """Run tests in a copy: passed, failed, broke, crashed or hung; by which tests; how much processor time."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NUMBA"))}
        environment |= {"NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(root), "MPLBACKEND": "Agg"}
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        options = ["-x", "-q", "--every-rule", "-p", "no:cacheprovider", "-o", "addopts=-rfE"]
        command = [sys.executable, "-m", "pytest", *options, tests]
        before = used()
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(
                command, cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                start_new_session=True, preexec_fn=partial(bound, self.seconds),
            )  # fmt: skip
            try:
                code: int | None = process.wait(60 + WAIT * self.seconds)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                end_group(process)
            output.seek(0)
            text = output.read()
        failed = re.search(r"^(?:FAILED|ERROR) (.*?)(?: - .*)?$", text, re.MULTILINE)
        return told(code), failed[1] if failed else tests, used() - before

    def outcome(self, mutant: Mutant) -> Outcome:
        began, took = time.monotonic(), 0.0
        self._write(mutant)
        ran: list[str] = []
        for test in self.imports.tests_of(mutant.file):
            ended, tests, seconds = self.run(self.mutant, self.cache, f"tests/{test}.py")
            if ended == "no tests":
                continue
            if ended != "passed" and self.passes(tests):
                by = f"{ended}: {tests.removeprefix('tests/')}"
                return Outcome("killed", by, time.monotonic() - began, [*ran, test])
            ran += [test] if ended == "passed" else []
            took += seconds
            if len(ran) == FILES or took > BUDGET:
                break
        return Outcome("survived" if ran else "untested", "", time.monotonic() - began, ran)

    def _write(self, mutant: Mutant) -> None:
        for old in (self.mutant, self.cache):
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(self.base, self.mutant, copy_function=os.link, symlinks=True)
        path = self.mutant / mutant.file
        text = path.read_bytes()
        path.unlink()  # a link to the unchanged file
        path.write_bytes(changed(text, mutant.begin, mutant.end, mutant.text.encode()))
        shutil.copytree(self.base_cache, self.cache)

    def judge(self, mutant: Mutant, again: bool) -> dict[str, Any]:
        """The mutant's record: the kept one, or a new one where there is none or the file has changed since."""
        mark = sha(self.base / mutant.file)
        known = self.known.get(mutant.key)
        if known is None or known["of"] != mark or (again and known["outcome"] != "killed"):
            found = self.outcome(mutant)
            first = found.outcome if known is None else known["first"]
            known = {"key": mutant.key, "of": mark, "first": first, **found._asdict()}
            known["seconds"] = round(found.seconds, 1)
            self.tell(known)
        return known


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def used() -> float:
    """Processor seconds of all processes that have ended."""
    all_of_them = resource.getrusage(resource.RUSAGE_CHILDREN)
    return all_of_them.ru_utime + all_of_them.ru_stime


def bound(seconds: int) -> None:
    """Bound the memory and the processor time of this process; those that it starts have bounds of their own."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))


def end_group(process: subprocess.Popen[Any]) -> None:
    """End a process and all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def told(code: int | None) -> str:
    """A word for how pytest ended: 1 is a test that failed, 5 is that there were none; 2 to 4 are an error before.

    Ends the script for a code that pytest does not have: what ran was something else, and says nothing of a mutant.
    """
    if code in (None, -signal.SIGXCPU):
        return "hung"
    if code is not None and code < 0:
        return f"crashed ({signal.Signals(-code).name})"
    if code is not None and code > 5:
        raise SystemExit(f"{sys.executable} -m pytest ended with {code}; wanted 0 to 5, which are pytest's")
    return {0: "passed", 1: "failed", 5: "no tests"}.get(code or 0, "broke")


# --- telling ---
def row(number: int, mutant: Mutant, record: dict[str, Any] | None) -> str:
    old, new = (" ".join(text.split())[:40] for text in (mutant.old, mutant.text))
    where = f"{mutant.file}:{mutant.line}"
    ended = "" if record is None else f"{record['outcome']:9}{record['seconds']:6.0f} s  {record['by']}"
    return f"{number:3} {mutant.area:9}{mutant.operator:10}{where:45} {old!r} -> {new!r}  {ended}".rstrip()


def summary(records: list[dict[str, Any]]) -> str:
    now, first = (Counter(record[when] for record in records) for when in ("outcome", "first"))
    share = now["killed"] / max(1, len(records))
    return (
        f"{now['killed']} of {len(records)} killed ({share:.1%}), {now['survived']} survived, {now['untested']} "
        f"untested; at first {first['killed']}. {len(EQUIVALENT)} argued to be equivalent and drawn anew."
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=[*AREAS, "other"], help="only those of the drawn ones that are of this area")
    parser.add_argument("--numbers", type=int, nargs="+", help="only these of the drawn ones, counted from 1")
    parser.add_argument("--keep", type=Path, help="JSON lines: goes on from here, and writes here")
    parser.add_argument("--again", action="store_true", help="run those anew that survived")
    parser.add_argument("--list", action="store_true", help="print what is drawn, run nothing")
    parser.add_argument("--folder", type=Path, help="for copies and caches; stays if it is named")
    parser.add_argument("--cache", type=Path, help="compiled code to begin with, as $NUMBA_CACHE_DIR")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="of processor time for a file of tests")
    parser.add_argument("--root", type=Path, default=CLONE)
    given = parser.parse_args(arguments)
    drawn = draw(given.root, given.mutants, given.seed)
    chosen = [
        (number, mutant) for number, mutant in enumerate(drawn, 1)
        if given.only in (None, mutant.area) and number in (given.numbers or [number])
    ]  # fmt: skip
    if given.list:
        print(*(row(number, mutant, None) for number, mutant in chosen), sep="\n")
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        workshop = Workshop(given.root, given.folder or Path(temporary), given.keep, given.cache, given.seconds)
        records = []
        for number, mutant in chosen:
            records.append(workshop.judge(mutant, given.again))
            print(row(number, mutant, records[-1]), flush=True)
    print(summary(records))
    for (_, mutant), record in zip(chosen, records):
        if record["outcome"] != "killed":
            print(f"{record['outcome']}: {mutant.key}, against {' '.join(record['tests']) or 'nothing'}")
    killed = sum(record["outcome"] == "killed" for record in records)
    return 0 if killed >= LEAST * len(records) else 1


if __name__ == "__main__":
    sys.exit(main())
