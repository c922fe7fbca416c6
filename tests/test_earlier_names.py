"""Files in which outlets and state have earlier names load, and run to the same bytes; files of now have the new names.

tests/scripts/write_earlier_names.py wrote them under commit f8f645c5.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from test_saved_before import contents, digest

import eventnet as en
from eventnet.base.saved_names import OUTLETS, STATE, name_now
from eventnet.errors import DataError
from eventnet.simulation import ENGINES

BEFORE = Path(__file__).parent / "fixtures" / "f8f645c5"
FACTS: dict[str, Any] = json.loads((BEFORE / "facts.json").read_text("utf-8"))
HALF = 6
RECORDED = {
    "levels": [],
    "cells": [("cells", "updated", {})],
    "crossings": [("cells", "updated", {"begin": 2, "every": 3})],
}
UNTIL = 40


@pytest.fixture(autouse=True)
def without_warnings() -> Any:
    """Who loads a file has written no old name."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        yield


def begun(name: str, engine: str, path: Path | None = None) -> en.Simulation:
    net = en.Network.load(BEFORE / f"{name}.npz" if path is None else path)
    recorders = [en.record(module, state, **options) for module, state, options in RECORDED[name]]
    return en.Simulation(net, "fifo", engine=engine, record=True, recorders=recorders)


def ended(sim: en.Simulation) -> dict[str, Any]:
    sim.run(UNTIL)
    state = {m.name: [digest(array) for array in sim.state(m).values()] for m in sim.net.modules}
    recorded = [digest(sim.recorded(one).numbers) for one in sim.recorders.given]
    return {"state": state, "log": digest(sim.log), "adds": sim.tally.adds, "recorded": recorded}


def given(name: str, sim: en.Simulation) -> en.Simulation:
    sim.inject([(t, sim.net.port(port), index, amount) for t, port, index, amount in FACTS[name]["inputs"]])
    return sim


def names_in(path: Path) -> set[str]:
    """Names of outlets and of state that a network file or a checkpoint holds."""
    text, arrays = contents(path)
    wires = text["wires"] if "wires" in text else text["of"]["wires"]
    found = {wire[1] for wire in wires} | {name.rpartition(":")[2] for name in arrays}
    found |= {row[1] for row in text.get("of", {}).get("recorders", [])}
    return found | {
        n for m in text.get("modules", []) if "changed" in m for table in m["changed"].values() for n in table
    }


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", FACTS)
def test_a_network_runs_as_it_did(name: str, engine: str, tmp_path: Path) -> None:
    assert ended(given(name, begun(name, engine))) == FACTS[name][engine]
    en.Network.load(BEFORE / f"{name}.npz").save(tmp_path / "again.npz")
    assert ended(given(name, begun(name, engine, tmp_path / "again.npz"))) == FACTS[name][engine]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", FACTS)
def test_a_checkpoint_goes_on_as_it_did(name: str, engine: str, tmp_path: Path) -> None:
    sim = begun(name, engine).resume(BEFORE / f"{name}-{engine}.npz")
    assert sim.time == HALF
    sim.save(tmp_path / "again.npz")
    assert ended(sim) == FACTS[name][engine]
    assert ended(begun(name, engine).resume(tmp_path / "again.npz")) == FACTS[name][engine]


@pytest.mark.parametrize("name", FACTS)
def test_files_of_then_have_the_old_names_and_those_of_now_none(name: str, tmp_path: Path) -> None:
    old = {*OUTLETS, *STATE}
    assert old == {"told", "foreseen"} == names_in(BEFORE / f"{name}-reference.npz") & old
    assert names_in(BEFORE / f"{name}.npz") & old == ({"told"} if name in ("levels", "cells") else set())
    sim = given(name, begun(name, "reference"))
    sim.net.save(tmp_path / "net.npz")
    sim.run(HALF)
    sim.save(tmp_path / "half.npz")
    assert names_in(tmp_path / "net.npz") & old == names_in(tmp_path / "half.npz") & old == set()


def test_a_recorder_by_the_old_name_takes_up_a_checkpoint_of_either() -> None:
    with pytest.warns(DeprecationWarning, match="state 'told' is 'updated' now"):
        sim = en.Simulation(
            en.Network.load(BEFORE / "cells.npz"), "fifo", engine="reference", record=True,
            recorders=[en.record("cells", "told")],
        )  # fmt: skip
    assert ended(sim.resume(BEFORE / "cells-reference.npz")) == FACTS["cells"]["reference"]


def test_a_wire_from_another_outlet_is_still_refused() -> None:
    net = en.Network.load(BEFORE / "levels.npz")
    net.connect(net["low"].notice, net["high"].wake)  # type: ignore[attr-defined]
    with pytest.raises(DataError, match="another wires"):
        en.Simulation(net, "fifo", engine="reference", record=True).resume(BEFORE / "levels-reference.npz")


def test_names_of_a_users_own_stay() -> None:
    assert name_now("told", {"told", "updated"}, STATE) == "told"
    assert name_now("told", {"updated"}, STATE) == "updated"
    assert name_now("rest", {"updated"}, STATE) == "rest"
