"""Files know classes by names that stay when classes move."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventnet as en
import eventnet.learning
import eventnet.models
import eventnet.neurons
from eventnet.base import saved_names
from eventnet.base.files import read_npz, write_npz
from eventnet.base.saved_names import name_of
from eventnet.engine import checkpoint
from eventnet.errors import DataError
from eventnet.module import Module, PythonModule


def ours() -> list[type[Module]]:
    return [cls for cls in Module.registry.values() if cls.__module__.startswith("eventnet.")]


def test_every_class_of_the_package_has_a_name_of_its_own() -> None:
    found, waiting = set(), [Module]
    while waiting:
        for cls in waiting.pop().__subclasses__():
            if cls.__module__.startswith(("eventnet.neurons.", "eventnet.learning.")):
                found.add(cls)
            waiting.append(cls)
    assert len(found) > 60
    assert len({cls.kind() for cls in found}) == len(found)
    assert [cls for cls in (*found, *ours()) if ":" in cls.kind()] == []
    assert all(Module.registry[cls.kind()] is cls for cls in ours())


def test_a_name_does_not_say_in_which_file_of_a_room_a_class_stands() -> None:
    assert name_of("eventnet.neurons.herding:Herding") == name_of("eventnet.neurons.elsewhere:Herding") == "Herding"
    assert name_of("Herding") == "Herding"
    assert name_of("eventnet.module:PythonModule") == "PythonModule"
    assert name_of("eventnet.learning.gradient:Fsgd") == name_of("learning.Fsgd") == "learning.Fsgd"
    assert name_of("eventnet.scenarios.attitude.modules:Attitude") == "scenarios.Attitude"
    for path in ("mine.neurons.herding:Herding", "eventnet_more.neurons.a:B", "__main__:Own"):
        assert name_of(path) == path


def test_a_class_with_another_name_is_found_by_its_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(saved_names.CHANGED, "Pushing", "Herding")
    assert name_of("eventnet.neurons.pushing:Pushing") == name_of("Pushing") == "Herding"


class Own(PythonModule):
    spikes = en.Port()

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        """Nothing."""


def network() -> en.Network:
    net = en.Network("float64")
    layer = net.add(en.Herding(2, net.weights(np.ones((3, 2))), name="layer"))
    net.connect(layer.out, net.add(Own(name="own")).spikes)
    return net


FORMAT = "eventnet-network-2"


def test_a_network_file_holds_names_and_of_a_users_class_its_path(tmp_path: Path) -> None:
    network().save(tmp_path / "net.npz")
    text, _ = read_npz(tmp_path / "net.npz", FORMAT)
    assert [entry["kind"] for entry in text["modules"]] == ["Herding", f"{__name__}:Own"]


def test_a_network_file_with_paths_is_read(tmp_path: Path) -> None:
    network().save(tmp_path / "net.npz")
    text, arrays = read_npz(tmp_path / "net.npz", FORMAT)
    text["modules"][0]["kind"] = "eventnet.neurons.herding:Herding"
    write_npz(tmp_path / "old.npz", json.dumps(text), arrays)
    found = en.Network.load(tmp_path / "old.npz")
    assert [type(module) for module in found.modules] == [en.Herding, Own]
    found.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "net.npz").read_bytes()


def test_a_checkpoint_with_paths_is_taken_up(tmp_path: Path) -> None:
    def simulation() -> en.Simulation:
        return en.Simulation(network(), engine="reference")

    sim = simulation()
    sim.inject([(t, 0, t % 3, 1) for t in range(9)])
    sim.run(until=5)
    kept = sim.checkpoint()
    assert [kind for _, kind, _ in kept.text["of"]["modules"]] == ["Herding", f"{__name__}:Own"]
    kept.text["of"]["modules"][0][1] = "eventnet.neurons.herding:Herding"
    checkpoint.write(kept, tmp_path / "kept.npz")
    other = simulation().resume(tmp_path / "kept.npz")
    assert other.run().tally.totals() == sim.run().tally.totals()
    kept.text["of"]["modules"][0][1] = "eventnet.neurons.herding:Encoder"
    with pytest.raises(DataError, match="another modules"):
        simulation().resume(kept)
