"""A picture of recorded potentials, and rasters of recorded spikes, in one line each."""

from __future__ import annotations

import pytest

import eventnet as en
from eventnet.analysis import SpikeTrains
from eventnet.errors import InputError
from eventnet.plotting import potential, raster


def run_recorded(units: int, *recorders: en.Recorder) -> en.Run:
    """Leaky units that get an event at ticks of their own, and fire at last."""
    net = en.Network(dtype="float64")
    source = net.add(en.Relay(units, name="source"))
    cells = net.add(en.LeakyDelta(units, tau=20.0, threshold=1.0, name="cells"))
    net.connect(source, cells, en.OneToOne(), weight=0.4)
    net.connect(cells, net.add(en.Sink(units, name="sink")))
    inputs = [(5 * k + 2 * j, source.spikes, j, 1) for k in range(12) for j in range(units)]
    return en.simulate(net, inputs, engine="reference", until=90, recorders=recorders)


def recorded(units: int) -> en.Recorded:
    return run_recorded(units, en.record("cells")).recorded()


def test_each_unit_is_a_line() -> None:
    run = run_recorded(3, en.record("cells", units=[2, 0]), en.record("cells", "spikes"))
    axes = potential(run, tick_s=1e-4)
    found = run.recorded("cells", "phi")
    assert [line.get_label() for line in axes.get_lines()] == ["unit 2", "unit 0"]
    for k, line in enumerate(axes.get_lines()):
        assert line.get_ydata().tolist() == found.numbers[:, k].tolist()  # type: ignore[union-attr]
        assert line.get_xdata().tolist() == (found.times * 0.1).tolist()  # type: ignore[union-attr]
    assert axes.get_xlabel() == "time, ms"
    assert potential(recorded(9)).get_title(loc="left") == "phi of cells, 7 of 9 units"


def test_what_is_no_recorder_of_samples_is_refused() -> None:
    with pytest.raises(InputError, match="has 0 recorders of samples"):
        potential(run_recorded(2, en.record("cells", "spikes")))
    with pytest.raises(InputError, match=r"drawn by plotting\.raster"):
        potential(run_recorded(2, en.record("cells", "spikes")).recorded())


def test_spikes_of_populations_are_a_raster() -> None:
    run = run_recorded(3, en.record("cells", "spikes"), en.record("source", "spikes"))
    cells, source = (SpikeTrains.of(run, name) for name in ("cells", "source"))
    axes = raster({"source": source, "cells": cells})
    (line,) = [line for line in axes.get_lines() if line.get_marker() == "|"]
    marks = line.get_xydata().tolist()  # type: ignore[union-attr]
    wanted = [(t, j) for t, j in zip(source.t.tolist(), source.unit.tolist(), strict=True)]
    wanted += [(t, j + 4) for t, j in zip(cells.t.tolist(), cells.unit.tolist(), strict=True)]
    assert sorted(map(tuple, marks)) == sorted(wanted)
    assert len(cells.t) > 3
    assert axes.get_title(loc="left") == f"{len(source.t) + len(cells.t)} spikes"
    assert raster(cells, begin=1000).get_title(loc="left") == "0 spikes"
    with pytest.raises(InputError, match="no population is called 'b'; there are a"):
        raster({"a": cells}, ["b"])
