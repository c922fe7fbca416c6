"""What has moved is found by its old name for one version more, with a warning; nothing here uses such a name."""

from __future__ import annotations

import importlib
import inspect
import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import eventnet
from eventnet.analysis import Trial, Variant
from eventnet.base.old_names import ATTRIBUTES, MODULES, NAMES, _OldAttribute, renamed_arguments
from eventnet.declarations import Declared

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
            package, moved = vars(sys.modules[parent]), vars(sys.modules[MODULES[name]])
            if isinstance(package.get(child), ModuleType):
                del package[child]
            if child in package.get("__all__", ()) and child in moved:  # a function that is called as its module was
                package[child] = moved[child]


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
    with pytest.warns(DeprecationWarning, match=r"eventnet.pricing is eventnet.cost.pricing now"):
        old = importlib.import_module("eventnet.pricing")
    assert old is importlib.import_module("eventnet.cost.pricing")
    assert old.__name__ == old.__spec__.name == "eventnet.cost.pricing"  # type: ignore[union-attr]


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


@pytest.mark.slow
def test_a_warning_names_the_line_of_the_import(tmp_path: Path) -> None:
    script = tmp_path / "old.py"
    script.write_text("import eventnet\n\nfrom eventnet.ledger import Ledger\nfrom eventnet.ledger import Ledger\n")
    done = subprocess.run([sys.executable, "-W", "always", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stderr.splitlines() if "DeprecationWarning" in line and "eventnet" in line]
    assert len(told) == 1
    assert "old.py:3: DeprecationWarning: eventnet.ledger is eventnet.cost now" in told[0]


@pytest.mark.slow
def test_a_module_that_stayed_is_found_with_its_old_names_whenever_it_is_imported(tmp_path: Path) -> None:
    script = tmp_path / "old.py"
    script.write_text(
        "import sys, eventnet\nassert 'eventnet.scenarios.fusion.pays' not in sys.modules\n"
        "from eventnet.scenarios.fusion.pays import Found, PaysResult\nassert Found is PaysResult\n"
    )
    done = subprocess.run([sys.executable, "-W", "always", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "eventnet.scenarios.fusion.pays.Found is eventnet.scenarios.fusion.pays.PaysResult now" in done.stderr


@pytest.mark.parametrize("old", sorted(ATTRIBUTES))
def test_a_renamed_attribute_is_found_by_its_old_name(old: str) -> None:
    module, kind, name = old.rsplit(".", 2)
    made = getattr(importlib.import_module(module), kind)
    assert isinstance(inspect.getattr_static(made, name), _OldAttribute)
    now = getattr(made, ATTRIBUTES[old], None)
    if not (isinstance(now, (property, Declared)) or callable(now) or issubclass(made, tuple)):
        found = object.__new__(made)
        vars(found)[ATTRIBUTES[old]] = "here"
        with pytest.warns(DeprecationWarning, match=f"{kind}.{name} is {kind}.{ATTRIBUTES[old]} now"):
            assert getattr(found, name) == "here"


def test_outlets_and_state_are_found_by_their_old_names() -> None:
    net = eventnet.Network("float64")
    made = net.add(eventnet.ExponentialCurrent(2, net.weights([[1.0, 2.0]]), tau_m=20.0, tau_s=5.0))
    with pytest.warns(DeprecationWarning, match="CurrentLayer.foreseen is CurrentLayer.predicted now"):
        assert repr(made.foreseen) == repr(made.predicted)
    with pytest.warns(DeprecationWarning, match="CurrentLayer.told is CurrentLayer.updated now"):
        assert made.told is made.updated
    with pytest.warns(DeprecationWarning, match="state 'told' is 'updated' now") as warned:
        sim = eventnet.Simulation(net, recorders=[eventnet.record(made, "told")], engine="reference")
    sim.inject([(3, made.spikes, 0, 1)])
    sim.run()
    with pytest.warns(DeprecationWarning, match="state 'told' is 'updated' now") as looked_up:
        in_copies = sim.state(made)["told"]
    with pytest.warns(DeprecationWarning, match="state 'told' is 'updated' now") as seen:
        in_view = sim[made].told
    assert {warning.filename for warning in (*warned, *looked_up, *seen)} == {__file__}
    assert in_copies.tolist() == in_view.tolist() == sim[made].updated.tolist() == [3, 3]
    assert sim.recorded(made).numbers[-1].tolist() == [3, 3]
    with pytest.raises(KeyError, match="foreseen"):
        sim.state(made)["foreseen"]
    again = pickle.loads(pickle.dumps(sim.state(made)))
    assert type(again) is dict
    assert list(again) == list(sim.state(made))


def test_fields_are_taken_by_their_old_names_from_callers_and_pickles() -> None:
    with pytest.warns(DeprecationWarning, match=r"__init__\(way=\) is variant= now"):
        trial = Trial(way=Variant("fifo"), answer="A", deliveries=1, spikes=2, adds=3)  # type: ignore[call-arg]
    assert trial == Trial(Variant("fifo"), "A", 1, 2, 3)
    assert pickle.loads(pickle.dumps(trial)) == trial
    old = object.__new__(Trial)
    old.__setstate__({"way": trial.variant, "answer": "A", "deliveries": 1, "spikes": 2, "adds": 3})  # type: ignore[attr-defined]
    assert old == trial


def test_an_argument_is_taken_by_its_old_name() -> None:
    @renamed_arguments(told="progress")
    def work(n: int, progress: int = 0) -> tuple[int, int]:
        return n, progress

    with pytest.warns(DeprecationWarning, match=r"work\(told=\) is progress= now"):
        assert work(1, told=2) == (1, 2)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="'told' and 'progress' are one argument"):
        work(1, told=2, progress=3)  # type: ignore[call-arg]
    seen: list[int] = []
    net = eventnet.Network()
    made = net.add(eventnet.Sink(1))
    with pytest.warns(DeprecationWarning, match=r"orders\(told=\)"):
        eventnet.analysis.orders(
            net, [(0, made.spikes, 0, 1)], orders=["fifo", "depth"], processes=1,
            told=lambda done, of: seen.append(done),
        )  # type: ignore[call-arg]  # fmt: skip
    assert seen[-1] == len(seen) == 2


@pytest.mark.slow
def test_a_function_keeps_its_name_where_a_module_had_it() -> None:
    code = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "import eventnet as en, eventnet.record\n"
        "from eventnet.record import LogWriter\n"
        "print(callable(en.record), LogWriter.__module__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True eventnet.engine.log_file\n"
