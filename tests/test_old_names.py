"""What has moved is found by its old name for one version more, with a warning; nothing here uses such a name."""

from __future__ import annotations

import importlib
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import eventnet
from eventnet.old_names import MODULES, NAMES

TABLE = Path(__file__).with_name("old_names.txt")


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Old module and name, new module and name, of all public names of the version before that have moved."""
    for line in TABLE.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            old, new, *names = line.split()
            for name in names:
                before, _, after = name.partition(":")
                yield old, before, new, after or before


@pytest.fixture(autouse=True)
def old_ones_forgotten() -> Iterator[None]:
    """Old names are imported anew, and are gone again."""
    yield
    for name in [name for name in sys.modules if name in MODULES]:
        del sys.modules[name]
        parent, _, child = name.rpartition(".")
        if parent in sys.modules:
            vars(sys.modules[parent]).pop(child, None)


@pytest.mark.parametrize("old", sorted({old for old, *_ in rows()}))
def test_an_old_module_gives_the_same_objects(old: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        module = importlib.import_module(old)
        for was, before, new, after in rows():
            if was == old:
                found = getattr(module, before)
                assert found is getattr(importlib.import_module(new), after), before
                scope: dict[str, Any] = {}
                exec(f"from {old} import {before}", scope)
                assert scope[before] is found


def test_every_row_of_both_tables_leads_somewhere() -> None:
    for new in MODULES.values():
        assert importlib.import_module(new).__name__ == new
    for new in NAMES.values():
        module, _, name = new.rpartition(".")
        assert hasattr(importlib.import_module(module), name), new


def test_a_module_that_moved_whole_is_the_new_one_itself() -> None:
    with pytest.warns(DeprecationWarning, match=r"eventnet.engine.run is eventnet.simulation now"):
        old = importlib.import_module("eventnet.engine.run")
    assert old is importlib.import_module("eventnet.simulation")
    assert old.__name__ == old.__spec__.name == "eventnet.simulation"  # type: ignore[union-attr]


def test_an_old_package_leaves_the_new_one_as_it_is() -> None:
    """`race` is a function that `eventnet.analysis` gives, and a module of it."""
    before = eventnet.analysis.race
    with pytest.warns(DeprecationWarning, match=r"eventnet.study\S* is eventnet.analysis\S* now"):
        module = importlib.import_module("eventnet.study.race")
    assert module.race is before is eventnet.analysis.race is sys.modules["eventnet.study"].race


def test_an_old_name_of_the_package_is_found_as_an_attribute() -> None:
    with pytest.warns(DeprecationWarning, match=r"eventnet.study is eventnet.analysis now"):
        assert eventnet.study.race is eventnet.analysis.race  # type: ignore[attr-defined]
    with pytest.warns(DeprecationWarning, match=r"eventnet.kernels.add_row is eventnet.kernels.rows.add_row now"):
        from eventnet.kernels import add_row  # type: ignore[attr-defined]
    from eventnet.kernels.rows import add_row as new

    assert add_row is new


def test_what_never_was_is_not_found() -> None:
    with pytest.raises(AttributeError, match="module 'eventnet' has no attribute 'no_such_name'"):
        _ = eventnet.no_such_name  # type: ignore[attr-defined]
    with pytest.warns(DeprecationWarning, match="eventnet.study"), pytest.raises(ImportError):
        exec("from eventnet.study import no_such_name")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("eventnet.no_such_module")


def test_a_warning_names_the_line_of_the_import(tmp_path: Path) -> None:
    script = tmp_path / "old.py"
    script.write_text("import eventnet\n\nfrom eventnet.ledger import Ledger\nfrom eventnet.ledger import Ledger\n")
    done = subprocess.run([sys.executable, "-W", "always", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stderr.splitlines() if "DeprecationWarning" in line and "eventnet" in line]
    assert len(told) == 1
    assert "old.py:3: DeprecationWarning: eventnet.ledger is eventnet.cost now" in told[0]
