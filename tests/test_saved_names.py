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
from eventnet import saved_names
from eventnet.engine import checkpoint
from eventnet.errors import DataError
from eventnet.files import read_npz, write_npz
from eventnet.module import Module, PythonModule
from eventnet.saved_names import name_of


def test_every_public_class_of_the_package_has_a_name() -> None:
    ours = [cls for cls in Module.registry.values() if cls.__module__.startswith("eventnet.")]
    assert len(ours) > 60
    unnamed = [cls for cls in ours if ":" in cls.kind() and not cls.__name__.startswith("_")]
    assert unnamed == [], "give it a row in eventnet/saved_names.py"


def test_a_name_is_that_of_one_class_and_every_row_of_a_class_that_there_is() -> None:
    found = {name_of(f"{cls.__module__}:{cls.__qualname__}"): cls for cls in Module.registry.values()}
    assert {name: found[name].kind() for name in saved_names.NAMES.values()} == {
        n: n for n in saved_names.NAMES.values()
    }
    assert all(Module.registry[name] is found[name] for name in saved_names.NAMES.values())
    assert not any(":" in name or "." in name for name in saved_names.NAMES.values())


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
