"""Compiled code is kept where it may be, holds as long as what it is made of, and is never another version's."""

from __future__ import annotations

import ast
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kept_code import copied

import eventnet
from eventnet.kernels import code_folder, compiling
from eventnet.kernels.compiling import KeptCode, cache_folder, compiled, fingerprint, imported, sources_of

ROOT = Path(__file__).parents[1]
PACKAGE = Path(eventnet.__file__).parent


# --- what code is made of ---
def _modules() -> dict[str, Path]:
    found = {}
    for top, name in (("eventnet", "eventnet"), ("models", "eventnet.models"), ("scenarios", "eventnet.scenarios")):
        for path in (ROOT / top).rglob("*.py"):
            parts = path.relative_to(ROOT / top).with_suffix("").parts
            found[".".join([name, *parts[: -1 if parts[-1] == "__init__" else None]])] = path
    return found


def _imports(path: Path, modules: dict[str, Path]) -> set[str]:
    """Modules of the package that a file imports when it runs, by Python's own parser."""
    found = set()
    for node in _run(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, path
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name in modules} - {"eventnet"}


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all below it, but for what only type checkers read."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and child in [node.test, *node.body]:
            continue
        yield from _run(child)


def _reached(module: str, modules: dict[str, Path]) -> set[str]:
    found: set[str] = set()
    waiting = {module}
    while waiting:
        found.add(name := waiting.pop())
        waiting |= _imports(modules[name], modules) - found
    return found


@pytest.mark.slow
def test_imports_are_found_as_pythons_parser_finds_them() -> None:
    modules = _modules()
    for name, path in modules.items():
        seen = imported(path.read_text("utf-8"))
        assert _imports(path, modules) == {n for n in seen if n in modules}, name


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "from eventnet.io import reading as r, unroll\n",
            {"eventnet.io", "eventnet.io.reading", "eventnet.io.unroll"},
        ),
        (
            "from eventnet import (\n    order,  # which of (spikes) first\n    rule,\n)\n",
            {"eventnet.order", "eventnet.rule"},
        ),
        ("def f():\n    import eventnet.clock\n", {"eventnet.clock"}),
        (
            "if TYPE_CHECKING:\n    import eventnet.clock\n\n    from eventnet import (\n        order,\n    )\n\nimport eventnet.io\n",
            {"eventnet.io"},
        ),
        (
            "def f():\n    if typing.TYPE_CHECKING:  # types\n        import eventnet.clock\n    else:\n        import eventnet.order\n",
            {"eventnet.order"},
        ),
        ("if TYPE_CHECKING: import eventnet.clock\nimport eventnet.order", {"eventnet.order"}),
        ("if not TYPE_CHECKING:\n    import eventnet.clock\n", {"eventnet.clock"}),
        ("# from eventnet import rule\nimport eventnetwork\nfrom eventnets import x\n", set()),
    ],
)
def test_forms_of_an_import(text: str, wanted: set[str]) -> None:
    assert imported(text) == wanted


PROBE = """
import sys
from importlib import import_module
from pathlib import Path
root = Path(sys.argv[1])
sys.path.insert(0, str(root))
import eventnet
assert Path(eventnet.__file__).is_relative_to(root)
from eventnet.orders import random
from eventnet.engine import access, loop
from eventnet.neurons.relay import pass_on
from eventnet.kernels import code_folder, compiling
from eventnet.kernels.codegen import KEY_TEXT, RUN_TEXT
from eventnet.neurons.herding import herd

for name in sys.argv[2:]:  # those, too, that are imported only when they are asked for
    import_module(name)
marks = lambda: {
    "eventnet.engine.loop": compiling.fingerprint((loop.run_loop,), set()),
    "eventnet.engine.access": compiling.fingerprint((access.first_bad,), set()),
    "eventnet.neurons.relay": compiling.fingerprint((pass_on.py_func,), {"eventnet.rule"}, RUN_TEXT),
    "eventnet.neurons.herding": compiling.fingerprint((herd.py_func,), {"eventnet.rule"}, RUN_TEXT),
    "eventnet.orders.random": compiling.fingerprint((random.random,), {"eventnet.order"}, KEY_TEXT),
}
before = marks()
assert None not in before.values()
compiling._STARTED = float("inf")  # the edits below come after this process began
for name in sys.argv[2:]:
    file = Path(sys.modules[name].__file__)
    text = file.read_text()
    file.write_text(text + "\\n_ANOTHER = 1\\n")
    compiling._source.cache_clear()
    after = marks()
    file.write_text(text)
    print(name, *sorted(k for k in before if before[k] != after[k]))
compiling._source.cache_clear()
assert marks() == before
"""


def _copy(folder: Path) -> Path:
    for name in ("eventnet", "models", "scenarios"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pyproject.toml").write_text("")
    return folder


def _python(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "PYTHONPATH")} | environment
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=env, timeout=600
    )


@pytest.mark.slow
def test_every_file_that_compiled_code_is_made_of_is_in_its_fingerprint(tmp_path: Path) -> None:
    modules = _modules()
    made_of = {
        "eventnet.engine.loop": _reached("eventnet.engine.loop", modules),
        "eventnet.engine.access": _reached("eventnet.engine.access", modules),
        "eventnet.neurons.relay": _reached("eventnet.neurons.relay", modules) | _reached("eventnet.rule", modules),
        "eventnet.neurons.herding": _reached("eventnet.neurons.herding", modules) | _reached("eventnet.rule", modules),
        "eventnet.orders.random": _reached("eventnet.orders.random", modules) | _reached("eventnet.order", modules),
    }
    names = sorted(set.union(*made_of.values()))
    reached = "tally engine.plan kernels.records kernels.rows kernels.simd kernels.out_compiled"
    assert {f"eventnet.{name}" for name in reached.split()} <= set(names)
    done = _python(PROBE, str(_copy(tmp_path)), *names)
    assert done.returncode == 0, done.stderr
    changed = {name: set(made) for name, *made in map(str.split, done.stdout.splitlines())}
    assert changed == {name: {made for made in made_of if name in made_of[made]} for name in names}


ENGINES_AGREE = """
import sys
sys.path.insert(0, sys.argv[1])
import eventnet as en
from eventnet.engine import loop

def run(engine):
    net = en.Network()
    relay, sink = net.add(en.Relay(4)), net.add(en.Sink(4))
    net.connect(relay.out, sink.spikes)
    done = en.simulate(net, [(0, relay.spikes, k % 4, 1) for k in range(40)], order="topological", engine=engine, record=True)
    return done.log.tolist(), str(done.tally.by_port if hasattr(done.tally, "by_port") else done.tally.totals())
print(run("reference") == run("compiled"), loop.run_loop._cache.misses)
"""


@pytest.mark.slow
def test_an_edit_of_what_the_loop_is_made_of_is_seen_with_a_warm_cache_and_gone_when_taken_back(tmp_path: Path) -> None:
    copy, cache = _copy(tmp_path / "copy"), str(copied(tmp_path / "cache"))

    def agree() -> list[str]:
        done = _python(ENGINES_AGREE, str(copy), NUMBA_CACHE_DIR=cache)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    assert agree()[0] == "True"  # compiled, unless another test had done so
    assert agree() == ["True", "0"]
    queue = copy / "eventnet/engine/plan.py"
    right = queue.read_text()
    wrong = right.replace("heap[a, KEY2] < heap[b, KEY2]", "heap[a, KEY2] > heap[b, KEY2]")
    assert wrong != right
    queue.write_text(wrong)
    assert agree() == ["False", "1"]
    queue.write_text(right)
    assert agree() == ["True", "0"]


COUNTS = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
import eventnet as en
net = en.Network()
layer = net.add(en.LeakyIntegrate(3, net.weights(np.full((2, 3), 0.4)), tau=10.0))
def run(engine):
    return en.simulate(net, [(t, layer.spikes, t % 2, 1) for t in range(20)], engine=engine).tally.totals()
print(run("reference") == run("compiled"))
"""


@pytest.mark.slow
def test_an_exchange_of_two_columns_of_the_tally_reaches_the_rules(tmp_path: Path) -> None:
    copy, cache = _copy(tmp_path / "copy"), str(copied(tmp_path / "cache"))
    assert _python(COUNTS, str(copy), NUMBA_CACHE_DIR=cache).stdout == "True\n"
    tally = copy / "eventnet/tally.py"
    text = tally.read_text()
    swapped = text.replace("COMPARES, MULTIPLIES, READS", "MULTIPLIES, COMPARES, READS")
    assert swapped != text
    tally.write_text(swapped)
    assert _python(COUNTS, str(copy), NUMBA_CACHE_DIR=cache).stdout == "True\n"


# --- functions of a user's own ---
def _load(path: Path, name: str) -> Any:
    import importlib

    importlib.invalidate_caches()
    sys.modules.pop(name, None)
    sys.path.insert(0, str(path))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(path))


def _old(path: Path, text: str) -> None:
    path.write_text(text)
    os.utime(path, (1e9, 1e9))


def test_a_value_that_a_users_function_takes_from_another_file_is_part_of_its_fingerprint(tmp_path: Path) -> None:
    _old(
        tmp_path / "my_rule_file.py",
        "import my_values\nfrom my_values import GAIN\ndef f(x):\n    return x * GAIN + my_values.SHIFT\n",
    )
    marks = []
    for gain, shift in ((1, 0), (2, 0), (1, 5), (1, 0)):
        _old(tmp_path / "my_values.py", f"GAIN, SHIFT, OTHER = {gain}, {shift}, {len(marks)}\n")
        sys.modules.pop("my_values", None)
        shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
        marks.append(fingerprint((_load(tmp_path, "my_rule_file").f,), set()))
    assert None not in marks
    assert marks[0] == marks[3]
    assert len(set(marks)) == 3


def test_closures_and_defaults_are_told_apart() -> None:
    def make(k: Any, d: int = 1) -> Any:
        def f(x: int, y: int = d) -> Any:
            return x + y + k

        return f

    mark = fingerprint((make(1),), set())
    assert mark == fingerprint((make(1),), set())
    assert len({mark, fingerprint((make(2),), set()), fingerprint((make(1, 2),), set())}) == 3
    arrays = [fingerprint((make(np.arange(n)),), set()) for n in (3, 4)]
    assert arrays[0] != arrays[1]
    assert None not in arrays


def test_what_uses_an_object_that_no_hash_can_tell_is_not_kept() -> None:
    held = object()
    assert fingerprint((lambda: held,), set()) is None


def test_a_source_that_is_newer_than_the_process_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fingerprint((), {"eventnet.rule"}) is not None
    compiling._source.cache_clear()
    monkeypatch.setattr(compiling, "_STARTED", 1e9)
    assert fingerprint((), {"eventnet.rule"}) is None
    compiling._source.cache_clear()


def test_only_modules_that_were_imported_are_read() -> None:
    assert "eventnet.tally" in sources_of({"eventnet.rule"})
    assert sources_of({"eventnet.no_such_module"}) == {}


# --- where it lies ---
USER = """
import os, sys
sys.path.insert(0, sys.argv[1])
import eventnet as en
from eventnet.engine import access
from user_code import double
import numpy as np
print(double(2), access.first_bad(np.zeros(1, en.EVENT), np.ones(1, np.int64), 0))
"""


@pytest.mark.slow
def test_code_lies_in_the_users_cache_folder_and_a_users_own_code_where_numba_puts_it(tmp_path: Path) -> None:
    (tmp_path / "user_code.py").write_text("import numba\n@numba.njit(cache=True)\ndef double(x):\n    return 2 * x\n")
    home = tmp_path / "home"
    home.mkdir()
    before = {path for path in PACKAGE.rglob("*.nb[ci]")}
    done = _python(USER, str(tmp_path), HOME=str(home), XDG_CACHE_HOME=str(home / "cache"), PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    assert [path.parent.name for path in tmp_path.glob("**/user_code*.nbi")] == ["__pycache__"]
    kept = list((home / "cache").rglob("*.nbi"))
    assert kept
    assert {path.parents[1].name for path in kept} == {"eventnet"}
    assert stat.S_IMODE(kept[0].parent.stat().st_mode) == 0o700
    assert {path for path in PACKAGE.rglob("*.nb[ci]")} == before


SMALL = """
import sys
from eventnet.kernels.compiling import compiled
from eventnet.engine import access
import numpy as np, eventnet as en
assert access.first_bad(np.zeros(1, en.EVENT), np.ones(1, np.int64), 0) == 0
cache = access.first_bad._cache
print(cache.hits, cache.misses, cache.cache_path)
"""


def _small(**environment: str) -> tuple[list[str], str]:
    done = _python(SMALL, PYTHONPATH=str(ROOT), **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.split(), done.stderr


@pytest.mark.slow
def test_numbas_variable_wins(tmp_path: Path) -> None:
    hits, misses, path = _small(NUMBA_CACHE_DIR=str(tmp_path))[0]
    assert (hits, misses) == ("0", "1")
    assert Path(path).is_relative_to(tmp_path)
    assert _small(NUMBA_CACHE_DIR=str(tmp_path))[0][:2] == ["1", "0"]


@pytest.mark.slow
def test_a_folder_that_others_may_write_is_not_used_and_one_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "eventnet").mkdir()
    os.chmod(tmp_path / "eventnet", 0o777)
    told, error = _small(NUMBA_CACHE_DIR=str(tmp_path))
    assert told == ["0", "1", "None"]
    assert error.count("\n") == 1
    assert "others may write it" in error
    assert "NUMBA_CACHE_DIR" in error


@pytest.mark.slow
def test_where_the_folder_may_be_exchanged_one_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "Above").mkdir()
    os.chmod(tmp_path / "Above", 0o777)
    told, error = _small(NUMBA_CACHE_DIR=str(tmp_path / "Above" / "own"))
    assert told == ["0", "1", "None"]
    assert error.count("\n") == 1
    assert f"others may write {tmp_path}/Above, in which it lies" in error


@pytest.mark.slow
def test_without_any_folder_code_is_compiled_and_one_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told, error = _small(HOME=str(tmp_path / "file"), XDG_CACHE_HOME=str(tmp_path / "file" / "cache"))
    assert told == ["0", "1", "None"]
    assert error.count("\n") == 1
    assert "cannot be kept" in error


def test_a_disk_that_is_full_costs_time_and_no_run(monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    if cache_folder() is None:
        pytest.skip("no cache folder here")

    @compiled
    def add_one(x):
        return x + 1

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(code_folder, "_said", set())
    monkeypatch.setattr(add_one._cache._files, "save_overload", full)
    assert add_one(1) == 2
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert "no space left on device" in said


@pytest.mark.slow
def test_damaged_code_is_compiled_anew(tmp_path: Path) -> None:
    path = Path(_small(NUMBA_CACHE_DIR=str(tmp_path))[0][2])
    damages = [lambda b: b"", lambda b: b"\x80garbage", lambda b: b[:-40], lambda b: b[:-9000] + b"\0" + b[-8999:]]
    for pattern, damage in [("*first_bad*.nb?", damages[0]), *(("*first_bad*.nbc", damage) for damage in damages)]:
        for file in path.glob(pattern):
            file.write_bytes(damage(file.read_bytes()))
        assert _small(NUMBA_CACHE_DIR=str(tmp_path))[0][:2] == ["0", "1"]
        assert _small(NUMBA_CACHE_DIR=str(tmp_path))[0][:2] == ["1", "0"]


@pytest.mark.slow
def test_old_code_is_swept(tmp_path: Path) -> None:
    path = Path(_small(NUMBA_CACHE_DIR=str(tmp_path))[0][2])
    (path / "old.nbi").write_text("")
    os.utime(path / "old.nbi", (1e9, 1e9))
    for file in path.glob("*first_bad*"):
        file.unlink()
    _small(NUMBA_CACHE_DIR=str(tmp_path))
    assert not (path / "old.nbi").exists()
    assert list(path.glob("*first_bad*"))


# --- telling ---
@pytest.mark.slow
def test_compiling_is_told_once_after_a_second_and_only_where_something_is_compiled(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(code_folder, "_said", set())
    with compiling.word_while_compiling():
        time.sleep(1.2)  # slow, but nothing is compiled: a warm start on a busy machine
    with compiling.word_while_compiling():
        compiling._compiles()  # compiled in no time
    assert capfd.readouterr().err == ""
    for _ in range(2):
        with compiling.word_while_compiling():
            compiling._compiles()
            time.sleep(1.2)
    assert capfd.readouterr().err.count("kept for later runs") == 1


def test_a_miss_is_what_is_told() -> None:
    def nothing() -> None: ...

    cache = KeptCode(nothing, lambda: "0" * 20)
    cache._files = None
    assert cache.load_overload(None, None) is None
    assert (cache.hits, cache.misses) == (0, 1)
