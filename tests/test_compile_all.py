"""What `eventnet info --compile` compiles is all there is, found where it is registered; afterwards nothing is left."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from eventnet.cli import compile_all
from eventnet.cli.commands import app
from eventnet.cli.compile_all import OPTIONAL, Compiled, jobs, keys, modules, rules
from eventnet.declarations import State
from eventnet.errors import OrderError, RuleError
from eventnet.kernels.codegen import ALL_SPIKES
from eventnet.kernels.compiling import KeptCode, cache_folder
from eventnet.module import Module, Port
from eventnet.order import KEYED, ORDERS, Order, find_order
from eventnet.rule import Rule, rule

ROOT = Path(__file__).parents[1]


@rule
def newly_made(i, s, t, out, tally, phi):
    """Does nothing."""


@pytest.fixture
def new_class() -> Iterator[type[Module]]:
    """A module class as a new file of the package would have it."""
    body = {"spikes": Port(newly_made, burst=newly_made), "phi": State(), "dtypes": ("int32",)}
    made = type("New", (Module,), body | {"__module__": "eventnet.neurons.new"})
    yield made
    del Module.registry[made.kind()]


def test_rules_of_a_new_class_of_modules_are_found(new_class: type[Module]) -> None:
    assert ("rule", (newly_made, "int32", ALL_SPIKES)) in jobs()
    assert (newly_made, "float32", ALL_SPIKES) not in set(rules())


def test_classes_of_a_user_are_left_to_the_user() -> None:
    class Own(Module):
        spikes = Port(newly_made)
        phi = State()

    try:
        assert all(found is not newly_made for found, *_ in rules())
    finally:
        del Module.registry[Own.kind()]


def test_every_rule_of_the_package_belongs_to_a_class_and_every_order_has_a_name() -> None:
    everywhere = {value for module in modules() for value in vars(module).values() if isinstance(value, Rule)}
    assert everywhere == {found for found, *_ in rules()}
    assert len(everywhere) > 90
    assert keys()[: len(ORDERS)] == list(ORDERS)
    assert {"shuffled", "latest", "deepest_random"} <= {key.__name__ for key in keys()[len(ORDERS) :]}


def test_every_module_of_the_package_is_imported() -> None:
    names = {module.__name__ for module in modules()}
    for top, package in (("eventnet", "eventnet"), ("models", "eventnet.models"), ("scenarios", "eventnet.scenarios")):
        for path in (ROOT / top).rglob("*.py"):
            parts = path.relative_to(ROOT / top).with_suffix("").parts
            name = ".".join([package, *parts[: -1 if parts[-1] == "__init__" else None]])
            assert name in names | OPTIONAL or name.endswith("__main__"), name


def test_info_says_how_many_were_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventnet.cli.info.compile_all", lambda processes, told: Compiled(3, 5))
    found = json.loads(CliRunner().invoke(app, ["info", "--compile", "--json"]).stdout)
    assert found["compile"] == {"compiled": 3, "there": 5}
    assert {"folder", "functions", "MB"} == set(found["compiled code"])
    assert "3 compiled, 5 were there already" in CliRunner().invoke(app, ["info", "--compile"]).stdout
    assert CliRunner().invoke(app, ["info", "some.npz", "--compile"]).exit_code == 2


def test_what_is_there_is_told_from_what_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    missed = iter([0, 2, 2, 2])
    monkeypatch.setattr(compile_all, "jobs", lambda: [("use", "one"), ("use", "other")])
    monkeypatch.setattr(compile_all, "USES", {"one": lambda: None, "other": lambda: None})
    monkeypatch.setattr("eventnet.kernels.compiling.missed", lambda: next(missed))
    told: list[tuple[int, int]] = []
    assert compile_all.compile_all(1, lambda *given: told.append(given)) == Compiled(1, 1)
    assert told == [(1, 2), (2, 2)]


NAMES = """
import sys
from eventnet.kernels import compiling
names, load = set(), compiling.KeptCode.load_overload
def look(self, signature, context):
    names.add(self._files._impl.filename_base)
    return load(self, signature, context)
compiling.KeptCode.load_overload = look
try:
    exec(open({script!r}).read(), {{"__name__": "__main__"}})
except SystemExit:
    pass
print("names", *sorted(names))
"""
DEMO = "from eventnet.cli.commands import app\napp('demo --sizes 784-10-10 --train 20 --test 20 --epochs 1 --out demo'.split())\n"


def examples() -> list[str]:
    """Those of the README, on few digits."""
    found = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)
    return [re.sub(r"(d\.[xy]_t\w+)", r"\1[:20]", code).replace("epochs=5", "epochs=1") for code in found]


@pytest.mark.slow
def test_what_the_demo_and_the_examples_compile_is_among_what_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the names under which code is kept, which hash all that it is made of."""
    known = {str(kernel._cache._files._impl.filename_base) for kernel in compile_all.kernels()}

    def look(self: KeptCode, signature: Any, context: Any) -> Any:
        known.add(str(self._files._impl.filename_base))
        raise NotImplementedError  # as for what cannot be compiled

    monkeypatch.setattr(KeptCode, "load_overload", look)
    for found, dtype, sends in rules():
        with suppress(RuleError):
            made = Rule(found.py_func, found.pays)
            made.turns = found.turns
            made.typed(dict(zip(found.names, found.kinds or (), strict=True))).compiled(dtype, sends)
    for key in keys():
        if (order := find_order(key)).key is not None:
            with suppress(OrderError):
                Order(order.name, KEYED, order.key).address()
    for k, code in enumerate(["\n".join(examples()), DEMO]):
        script = tmp_path / f"{k}.py"
        script.write_text(code)
        run = subprocess.run(
            [sys.executable, "-c", NAMES.format(script=str(script))], cwd=tmp_path, capture_output=True, text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        names = run.stdout.splitlines()[-1].split()[1:]
        assert len(names) > 10
        assert set(names) <= known


LATER = """
import eventnet
from eventnet.engine import compiled, loop
from eventnet.kernels import compiling

def sources():
    reader = compiling._Reader()
    for function in (*loop.LOOPS, compiled.lay_out):
        reader.read(function)
    return set(compiling.sources_of(reader.modules | {"eventnet.rule", "eventnet.order"}))

before = sources()
from eventnet.cli import compile_all
compile_all.jobs()
print(*sorted(sources() ^ before))
"""


@pytest.mark.slow
def test_what_is_imported_later_gives_the_loops_no_other_name(tmp_path: Path) -> None:
    """An import within a function counts among what code is made of once it has happened."""
    script = tmp_path / "later.py"
    script.write_text(LATER)
    run = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
    )  # fmt: skip
    assert run.stdout.strip() == ""


ALL = """
import sys
from pathlib import Path
from eventnet.kernels import compiling
from eventnet.cli.compile_all import compile_all, kernels

shared, load, save = Path(sys.argv[1]), compiling.KeptCode.load_overload, compiling.KeptCode.save_overload

def files(self):
    return self._files._cache_file, compiling._CheckedFile(
        str(shared), self._files._impl.filename_base, self._files._impl.locator.get_source_stamp()
    )

def as_if_compiled(self, signature, context):
    (mine, theirs), key = files(self), self._files._index_key(signature, context.codegen())
    if mine.load(key) is None and (found := theirs.load(key)) is not None:
        mine.save(key, found)
        compiling._count_miss()
    return load(self, signature, context)

def for_others_too(self, signature, data):
    save(self, signature, data)
    (mine, theirs), key = files(self), self._files._index_key(signature, data.codegen)
    if (found := mine.load(key)) is not None:
        shared.mkdir(mode=0o700, parents=True, exist_ok=True)
        theirs.save(key, found)

compiling.KeptCode.load_overload, compiling.KeptCode.save_overload = as_if_compiled, for_others_too
made = compile_all(1)
reached, waiting = set(), [kernel for kernel in kernels() if kernel.overloads]
while waiting:  # with a function those that it calls are compiled, also where it is taken from others
    function = waiting.pop().py_func
    if function not in reached:
        reached.add(function)
        named = [function.__globals__.get(name) for name in function.__code__.co_names]
        waiting += [other for other in named if hasattr(other, "py_func")]
print(made.compiled, made.there, [k.py_func.__qualname__ for k in kernels() if k.py_func not in reached])
"""
EXAMPLE = """
from eventnet.kernels import compiling
exec(open({script!r}).read(), {{"__name__": "__main__"}})
print("missed", compiling.missed())
"""


@pytest.mark.slow
def test_with_all_compiled_nothing_more_is_compiled_by_the_demo_and_the_examples(tmp_path: Path) -> None:
    """From an empty cache; what other tests have compiled is taken from theirs as if compiled there and then."""
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": paths}

    def python(*words: str) -> str:
        options = {"env": environment, "cwd": tmp_path, "text": True, "check": True, "stdout": subprocess.PIPE}
        return str(subprocess.run([sys.executable, *words], **options).stdout)  # type: ignore[call-overload]

    compiled, there, unreached = python("-c", ALL, str(cache_folder())).strip().split(" ", 2)
    assert unreached == "[]"
    assert int(there) < len(compile_all.USES)  # runs of which all was compiled by those before them
    again = json.loads(python("-m", "eventnet", "info", "--compile", "--json"))["compile"]
    assert again == {"compiled": 0, "there": int(compiled) + int(there)}

    kept = sorted(path.name for path in (tmp_path / "cache").rglob("*"))
    for k, code in enumerate(examples()):
        script = tmp_path / f"example{k}.py"
        script.write_text(code)
        assert python("-c", EXAMPLE.format(script=str(script))).endswith("missed 0\n")
    words = "demo --sizes 784-20-20-10 --train 200 --test 100 --epochs 1".split()
    demo = f"import sys; from eventnet.kernels import compiling; from eventnet.cli.commands import app\ntry: app({words})\nexcept SystemExit as end: code = end.code\nprint('missed', compiling.missed(), code)"
    assert python("-c", demo).endswith("missed 0 0\n")
    assert sorted(path.name for path in (tmp_path / "cache").rglob("*")) == kept
