"""What other libraries read of a real file goes in as it is, and is what this package reads of the file."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.io import read_events, write_events


def expelliarmus(module: ModuleType, path: Path) -> Any:
    return module.Wizard(encoding="evt2").read(str(path))


def aedat(module: ModuleType, path: Path) -> Any:
    return np.concatenate([packet["events"] for packet in module.Decoder(str(path)) if "events" in packet])


def dv_processing(module: ModuleType, path: Path) -> Any:
    recording, store = module.io.MonoCameraRecording(str(path)), module.EventStore()
    while (batch := recording.getNextEventBatch()) is not None:
        store.add(batch)
    return store


def faery(module: ModuleType, path: Path) -> Any:
    return module.events_stream_from_file(str(path)).to_array()


def evlib(module: ModuleType, path: Path) -> Any:
    return module.load_events(str(path))


def tonic(module: ModuleType, path: Path) -> Any:
    own = importlib.import_module("tonic.io")
    return own.read_mnist_file(str(path), dtype=own.events_struct)


LIBRARIES: list[tuple[Callable[[ModuleType, Path], Any], str]] = [
    (expelliarmus, "evt2.raw"),
    (aedat, "sample.aedat4"),
    (dv_processing, "sample.aedat4"),
    (faery, "evt2.raw"),
    (evlib, "evt2.raw"),
    (tonic, "sample_nmnist.bin"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("read", "name"), LIBRARIES, ids=[read.__name__ for read, _ in LIBRARIES])
def test_events_of_a_library_are_taken_without_glue(
    shared: Path, tmp_path: Path, read: Callable[[ModuleType, Path], Any], name: str
) -> None:
    module = pytest.importorskip(read.__name__, reason=f"{read.__name__} is not installed")
    path = shared / "data" / "events" / name
    theirs, ours = read(module, path), read_events(path)
    assert np.array_equal(en.events_from(theirs), ours)
    write_events(tmp_path / "events.npz", theirs)
    assert np.array_equal(read_events(tmp_path / "events.npz"), ours)
    net = en.Network()
    eye = net.add(en.Sink(2_000_000, name="eye"))
    clock = en.Clock(en.Simulation(net, engine="reference"))
    feed = clock.play(theirs, eye.spikes, width=1280)
    assert (
        feed.translate(feed.translate.records(theirs)).tolist()
        == en.from_addresses(*(ours[field] for field in "txyp"), width=1280, port=eye.spikes).tolist()
    )
