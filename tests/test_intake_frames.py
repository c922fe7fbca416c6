"""Frames of the real libraries go in, by name and with the unit of their types, and logs come back from them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from io_cases import random_events

import eventnet as en
from eventnet.errors import InputError

TRUTH = random_events(300, seed=8)
COLUMNS = {name: TRUTH[name] for name in "txyp"}
TIMED = COLUMNS | {"t": TRUTH["t"].astype("m8[us]")}


def library(name: str) -> ModuleType:
    return pytest.importorskip(name, reason=f"{name} is not installed")


FRAMES: dict[str, Callable[[ModuleType, dict[str, Any]], Any]] = {
    "pandas": lambda pandas, columns: pandas.DataFrame(columns),
    "polars": lambda polars, columns: polars.DataFrame(columns),
    "xarray": lambda xarray, columns: xarray.Dataset({name: ("event", values) for name, values in columns.items()}),
    "pyarrow": lambda pyarrow, columns: pyarrow.table(columns),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_go_in_by_name(name: str) -> None:
    module = library(name)
    assert np.array_equal(en.events_from(FRAMES[name](module, TIMED)), TRUTH)
    plain = FRAMES[name](module, COLUMNS)
    assert np.array_equal(en.events_from(plain, unit="us"), TRUTH)
    with pytest.raises(InputError, match="nothing says in which unit t is"):
        en.events_from(plain)


@pytest.mark.parametrize("name", ["pandas", "polars", "pyarrow"])
def test_a_missing_value_of_a_frame_is_refused_with_its_place(name: str) -> None:
    module = library(name)
    values = [1, 2, None]
    column = (
        module.array(values, dtype="Int64")
        if name == "pandas"
        else module.Series(values)
        if name == "polars"
        else values
    )
    frame = FRAMES[name](module, {"t": [1, 2, 3], "x": column, "y": [0, 0, 0], "p": [True, True, True]})
    with pytest.raises(InputError, match="'x' of event 2 is missing"):
        en.events_from(frame, unit="us")


def test_pandas_types_and_its_index() -> None:
    pandas = library("pandas")
    frame = pandas.DataFrame(TIMED)
    assert np.array_equal(en.events_from(frame.set_index("t")), TRUTH)
    frame["t"] = frame["t"].astype("timedelta64[ns]")
    frame["x"], frame["p"] = frame["x"].astype("Int64"), frame["p"].astype("boolean")
    assert np.array_equal(en.events_from(frame), TRUTH)
    frame["t"] = pandas.to_datetime(TRUTH["t"], unit="us", utc=True)
    assert np.array_equal(en.events_from(frame), TRUTH)
    assert np.array_equal(en.events_from({name: frame[name] for name in frame}), TRUTH)
    with pytest.raises(InputError, match="a pandas frame with 2 columns 't'"):
        en.events_from(pandas.concat([frame, frame], axis=1))


def test_a_lazy_frame_of_polars_goes_in() -> None:
    polars = library("polars")
    frame = polars.DataFrame(TIMED).rename({"p": "polarity"})
    assert np.array_equal(en.events_from(frame.lazy()), TRUTH)
    assert np.array_equal(en.events_from({name: frame[name] for name in frame.columns}), TRUTH)


def run() -> en.Run:
    net = en.Network("float64")
    eye = net.add(en.Relay(4, name="eye"))
    layer = net.add(en.Herding(3, net.weights(np.full((4, 3), 0.4)), name="layer"))
    net.connect(eye, layer.spikes)
    net.connect(layer, net.add(en.Sink(3, name="end")).spikes)
    inputs = [(t // 2 - 5, eye.spikes, t % 4, 1 if t % 3 else -1) for t in range(60)]
    return en.simulate(net, inputs, record=True, engine="reference")


@pytest.mark.parametrize("name", FRAMES)
def test_a_table_of_a_log_goes_through_a_frame_and_back(name: str) -> None:
    module, done = library(name), run()
    table = done.table()
    frame = FRAMES[name](module, dict(table))
    for column, values in table.items():
        assert np.asarray(frame[column]).tolist() == values.tolist()
    wanted = np.empty(len(done.log), en.EVENT)
    for field in wanted.dtype.names or ():
        wanted[field] = done.log[field]
    assert np.array_equal(en.events_from(frame), wanted)


def trains() -> list[Any]:
    neo = library("neo")
    return [neo.SpikeTrain([0.1, 0.25], units="s", t_stop=1), neo.SpikeTrain([100, 300.5], units="ms", t_stop=1000)]


def test_spike_trains_go_in_at_a_port() -> None:
    found, neo = trains(), import_module("neo")
    segment, block = neo.Segment(), neo.Block()
    segment.spiketrains.extend(found)
    block.segments.append(segment)
    wanted = [(100_000, 7, 0, 1), (100_000, 7, 1, 1), (250_000, 7, 0, 1), (300_500, 7, 1, 1)]
    for form in (found, tuple(found), segment, block, segment.spiketrains):
        assert en.events_from(form, port=7).tolist() == wanted
    net = en.Network()
    eye = net.add(en.Relay(2, name="eye"))
    sim = en.Simulation(net, record=True, engine="reference")
    sim.inject(found, eye.spikes)
    sim.run()
    assert sim.log["t"].tolist() == [row[0] for row in wanted]
    clock = en.Clock(en.Simulation(net, record=True, engine="reference"))
    clock.play(found, eye.spikes)
    clock.run()
    assert np.array_equal(clock.simulation.log, sim.log)


def test_spike_trains_that_do_not_fit_are_refused() -> None:
    found, neo = trains(), import_module("neo")
    with pytest.raises(InputError, match="spike train 0 does not say at which port it goes in; wanted port="):
        en.events_from(found)
    with pytest.raises(InputError, match="spike trains bring their unit"):
        en.events_from(found, port=0, unit="s")
    odd = neo.SpikeTrain([1.0, 2.0004], units="ms", t_stop=3)
    with pytest.raises(InputError, match="t of train 0 of event 1 is 2.0004; wanted whole microseconds .*nearest=True"):
        en.events_from(odd, port=0)
    assert en.events_from(odd, port=0, nearest=True)["t"].tolist() == [1000, 2000]
    signed = neo.SpikeTrain([1, 2], units="us", t_stop=3, array_annotations={"sign": [1, 0]})
    with pytest.raises(InputError, match="sign of train 0 of event 1 is 0; wanted 1, -1"):
        en.events_from(signed, port=0)


def test_a_log_goes_through_spike_trains_and_back() -> None:
    library("neo")
    done = run()
    block = done.to_neo()
    log = done.log
    found = block.segments[0].spiketrains
    assert sum(map(len, found)) == len(log)
    for train in found:
        said = train.annotations
        own = log[(log["port"] == said["port"]) & (log["index"] == said["index"])]
        assert train.magnitude.tolist() == own["t"].tolist()
        assert str(train.units.dimensionality) == "us"
        for name in ("sign", "id", "parent", "root", "source"):
            assert train.array_annotations[name].tolist() == own[name].tolist()
        assert said["port_name"] == str(list(done.net.ports())[said["port"]])
    back = en.events_from(block)
    assert back.tolist() == log[["t", "port", "index", "sign"]].tolist()
