"""The script that changes sources: what each operator makes, what is drawn, and that a change nobody tests survives."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).with_name("scripts")
sys.path.insert(0, str(SCRIPTS))
script: Any = importlib.import_module("mutate_sources")

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the script bounds memory as Linux does")


def changes(text: str, operator: str) -> list[str]:
    """What becomes of a text, one mutant after another."""
    source = text.encode()
    return [
        script.changed(source, one.begin, one.end, one.text.encode()).decode()
        for one in script.mutants_of("a.py", source)
        if one.operator == operator and script.differs(source, one.begin, one.end, one.text.encode())
    ]


@pytest.mark.parametrize("operator, text, wanted", [
    ("sum", "y = a + b - c", ["y = a + b + c", "y = a - b - c"]),
    ("sum", "y += a", ["y -= a"]),
    ("sum", "y = (a  # a + here\n    + b)", ["y = (a  # a + here\n    - b)"]),
    ("sum", "y = 'a' + b", []),
    ("product", "y = a * b / c // d", ["y = a * b / c * d", "y = a * b * c // d", "y = a / b / c // d"]),
    ("boundary", "y = a < b <= c == d", ["y = a <= b <= c == d", "y = a < b < c == d"]),
    ("reversal", "y = a < b", ["y = a > b"]),
    ("reversal", "y = a not in b", ["y = a in b"]),
    ("reversal", "y = a is None", ["y = a is not None"]),
    ("constant", "y = f(1, 2.5, True, 'x')", ["y = f(2, 2.5, True, 'x')", "y = f(1, 3.5, True, 'x')"]),
    ("logic", "y = a and b or not c", ["y = a and b and not c", "y = a or b or not c", "y = a and b or  c"]),
    ("index", "y = a[1] + a[i, 2:]", ["y = a[0] + a[i, 2:]", "y = a[1] + a[(i) - 1, 2:]", "y = a[1] + a[i, (2) + 1:]"]),
    ("index", "y = a[:n]", ["y = a[:(n) - 1]"]),
    ("index", "y: dict[int, A] = List[int]", []),
    ("statement", "a += 1\nf(\n    b\n)\n", ["pass\nf(\n    b\n)\n", "a += 1\npass\n\n\n"]),
    ("swap", "y = f(a, b)", ["y = f(b, a)"]),
    ("swap", "y = a if b else c", ["y = c if b else a"]),
    ("swap", "y = max(a, b) + f(a, a) + isinstance(a, b)", []),
    ("extreme", "y = np.max(a) + min(b)", ["y = np.min(a) + min(b)", "y = np.max(a) + max(b)"]),
])  # fmt: skip
def test_an_operator_makes_these(operator: str, text: str, wanted: list[str]) -> None:
    found = changes(text, operator)
    assert sorted(found) == sorted(wanted)
    assert all(one.count("\n") == text.count("\n") for one in found)


def test_texts_types_errors_and_decorators_are_no_places() -> None:
    text = '''"""1 + 1"""
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    a = 1 + 1
@rule(state=1)
def f(x: Literal[1] = y) -> A[1]:
    """2 < 3"""
    z: Literal[4]
    if x:
        raise ValueError(f"{x + 1}", 1 + 2)
    return f"{x + 1}"
'''
    assert script.mutants_of("a.py", text.encode()) == []


@pytest.fixture(scope="module")
def drawn() -> list[Any]:
    return script.draw(script.CLONE, 60, 1)


@pytest.mark.whole
def test_sixty_are_of_every_area_and_every_operator(drawn: list[Any]) -> None:
    assert len({one.key for one in drawn}) == 60
    areas = Counter(one.area for one in drawn)
    assert all(areas[area] >= 5 for area in script.AREAS)
    assert set(Counter(one.operator for one in drawn)) == set(script.OPERATORS)
    assert max(Counter(one.operator for one in drawn).values()) <= 12


@pytest.mark.whole
def test_a_seed_draws_the_same_again_and_another_one_others(drawn: list[Any]) -> None:
    assert script.draw(script.CLONE, 60, 1) == drawn
    assert len({one.key for one in script.draw(script.CLONE, 60, 2)} & {one.key for one in drawn}) < 10


@pytest.mark.slow
def test_one_that_is_argued_to_be_equivalent_gives_its_place_to_the_next(
    drawn: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = drawn[2]
    monkeypatch.setitem(script.EQUIVALENT, gone.key, "a sentence")
    others = script.draw(script.CLONE, 60, 1)
    assert gone not in others
    assert len(others) == 60
    assert len(set(drawn) - set(others)) == 1


@pytest.mark.slow
def test_what_is_argued_to_be_equivalent_is_there() -> None:
    keys = {one.key for one in script.all_mutants(script.CLONE)}
    assert set(script.EQUIVALENT) <= keys
    assert all(len(why) > 40 for why in script.EQUIVALENT.values())


@pytest.mark.whole
def test_tests_of_a_source_are_its_own_then_those_that_import_it() -> None:
    imports = script.Imports(script.CLONE)
    assert imports.tests_of("eventnet/io/formats/evt2.py")[0] == "test_io_evt2"
    assert imports.tests_of("scenarios/sensors/frames.py")[0] == "test_sensor_frames"
    assert imports.tests_of("eventnet/engine/loop.py")[:3] == list(script.ENGINES)
    # through a package that is more than the names it collects
    assert "test_checkpoint" in imports.tests_of("eventnet/engine/soundness/records.py")[: script.FILES]
    assert imports.tests_of("eventnet/learning/gradient.py")[:2] == ["test_gradient", "test_tally"]
    assert "test_golden_dsn" in imports.tests_of("models/dsn.py")[:2]  # through a package that collects names


PLANTED = {
    "eventnet/__init__.py": "",
    "eventnet/engine/__init__.py": "",
    "eventnet/engine/clamp.py": "def clamp(x):\n    return x if x < 4 else 4\n\n\ndef tail(a):\n    while len(a) > 2:\n        a.pop()\n    return a\n",
    "models/__init__.py": "",
    "scenarios/__init__.py": "",
    "tests/conftest.py": "def pytest_addoption(parser):\n    parser.addoption('--every-rule', action='store_true')\n",
    "tests/test_clamp.py": "from eventnet.engine.clamp import clamp, tail\n\n\ndef test_low():\n    assert clamp(1) == 1\n\n\ndef test_tail():\n    assert tail([1, 2, 3]) == [1, 2]\n",
}


def planted(folder: Path, **more: str) -> Path:
    for name, text in {**PLANTED, **more}.items():
        path = folder / "clone" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "clone"


def run(clone: Path, *options: str, code: int = 1) -> str:
    command = [sys.executable, SCRIPTS / "mutate_sources.py", "--root", clone, "--keep", clone.parent / "keep.jsonl"]
    done = subprocess.run([*map(str, command), *options], capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_a_code_that_is_not_pytests_ends_the_script() -> None:
    assert [script.told(code) for code in (0, 1, 2, 5, None, -11)] == [
        "passed", "failed", "broke", "no tests", "hung", "crashed (SIGSEGV)",
    ]  # fmt: skip
    with pytest.raises(SystemExit, match="ended with 99; wanted 0 to 5"):
        script.told(99)


def rows(told: str, outcome: str) -> list[str]:
    return [line for line in told.splitlines() if "clamp.py:" in line and f" {outcome} " in line]


@pytest.mark.slow
def test_a_change_that_no_test_sees_survives_and_a_hang_is_killed(tmp_path: Path) -> None:
    clone = planted(tmp_path)
    told = run(clone, "--mutants", "30", "--seconds", "3")
    killed, survived = rows(told, "killed"), rows(told, "survived")
    assert any("boundary  eventnet/engine/clamp.py:2 " in line for line in survived)  # 4 < 4 or not: 4 both ways
    assert any("statement eventnet/engine/clamp.py:7 " in line and "hung: " in line for line in killed)
    assert any("reversal  eventnet/engine/clamp.py:2 " in line and "test_clamp.py::test_low" in line for line in killed)
    assert "survived: eventnet/engine/clamp.py clamp: boundary in 'return x if x < 4 else 4' #1" in told

    known = (tmp_path / "keep.jsonl").read_text()
    assert run(clone, "--mutants", "30", "--seconds", "3") == told  # nothing is run again
    assert (tmp_path / "keep.jsonl").read_text() == known

    tests = (
        PLANTED["tests/test_clamp.py"]
        + "\n\ndef test_high():\n    assert clamp(5) == 4\n\n\ndef test_short():\n    assert tail([1]) == [1]\n"
    )
    planted(tmp_path, **{"tests/test_clamp.py": tests})
    again = run(clone, "--mutants", "30", "--seconds", "3", "--again")
    assert len(rows(again, "killed")) > len(killed)
    assert f"at first {len(killed)}." in again


@pytest.mark.slow
def test_a_test_that_fails_unchanged_kills_nothing_and_is_named(tmp_path: Path) -> None:
    clone = planted(
        tmp_path,
        **{
            "tests/test_clamp.py": "from eventnet.engine.clamp import clamp\n\n\ndef test_it():\n    assert clamp(9) == 5\n"
        },
    )
    told = run(clone, "--mutants", "2")
    assert "tests/test_clamp.py::test_it failed on the unchanged copy: not used" in told
    assert "0 of 2 killed (0.0%), 0 survived, 2 untested" in told
    records = [json.loads(line) for line in (tmp_path / "keep.jsonl").read_text().splitlines()]
    assert {record["outcome"] for record in records if "outcome" in record} == {"untested"}
