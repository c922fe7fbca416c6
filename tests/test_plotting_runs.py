"""Pictures of a run: each delivery is a mark at its time and index, each module a bar of its adds."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

import eventnet as en
import eventnet.plotting
from eventnet.errors import EngineError, InputError
from eventnet.plotting import adds_by_module, raster
from eventnet.plotting.style import BLUE, RED, blank, png


@pytest.fixture
def run() -> en.Run:
    net = en.Network()
    eye = net.add(en.Relay(3, name="eye"))
    layer = net.add(en.Herding(2, net.weights((3, 2), start=0.6), name="layer"))
    net.connect(eye, layer, 5)
    net.add(en.Sink(4, name="silent"))
    inputs = [(t, "eye.spikes", t % 3, 1 if t < 7 else -1) for t in range(10)]
    return en.simulate(net, inputs, engine="reference", record=True)


def marks(axes: object) -> dict[str, list[tuple[float, float]]]:
    """What is drawn in each colour: (time, row)."""
    lines = [line for line in axes.get_lines() if line.get_marker() == "|"]  # type: ignore[attr-defined]
    return {to_hex(line.get_color()).upper(): list(map(tuple, line.get_xydata().tolist())) for line in lines}


def test_each_delivery_is_a_mark(run: en.Run) -> None:
    axes = raster(run, ["eye.spikes"])
    log = run.log[run.log["port"] == 0]
    for colour, sign in ((BLUE, 1), (RED, -1)):
        of = log[log["sign"] == sign]
        assert marks(axes)[colour.upper()] == list(zip(of["t"].tolist(), of["index"].tolist(), strict=True))
    assert axes.get_title(loc="left") == "10 deliveries"


def test_ports_lie_one_below_another_and_silent_ones_are_left_out(run: en.Run) -> None:
    axes = raster(run)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["eye.spikes (3)", "layer.spikes (3)"]
    assert len(marks(axes)[BLUE.upper()]) + len(marks(axes)[RED.upper()]) == len(run.log) == 20
    rows = {row for points in marks(axes).values() for _, row in points}
    assert rows == {0, 1, 2, 4, 5, 6}  # a row is free between the two ports
    low, high = axes.get_ylim()
    assert low > 6 > 0 > high  # index 0 at the top
    other = raster(run.simulation, [run.simulation.net["layer"].spikes, "silent.spikes"])
    assert [label.get_text() for label in other.get_yticklabels()] == ["layer.spikes (3)", "silent.spikes (4)"]


def test_a_stretch_of_time_may_be_chosen(run: en.Run) -> None:
    assert [t for t, _ in marks(raster(run, ["eye.spikes"], begin=2, end=5))[BLUE.upper()]] == [2, 3, 4]
    assert raster(run, begin=1000).get_title(loc="left") == "0 deliveries"


def test_what_cannot_be_drawn_is_refused(run: en.Run) -> None:
    with pytest.raises(
        InputError, match="no port of this run is called 'eye.spike'; there are eye.spikes, layer.spikes"
    ):
        raster(run, ["eye.spike"])
    with pytest.raises(EngineError, match="record=True"):
        raster(en.simulate(run.simulation.net, engine="reference"))


def test_bars_are_the_tallys_numbers(run: en.Run) -> None:
    axes = adds_by_module(run)
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == [name for name, _, _, adds in run.tally.counted() if adds] == ["layer"]
    wide = sum(patch.get_width() for patch in axes.patches)
    assert wide == pytest.approx(run.tally.adds / 1000)
    assert adds_by_module(run.tally).get_title(loc="left") == f"{run.tally.adds:,} adds"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["synaptic adds", "neuron adds"]
    nothing = adds_by_module(en.Simulation(run.simulation.net, engine="reference"))
    assert (len(nothing.get_yticklabels()), nothing.get_legend()) == (3, None)


@pytest.mark.slow
def test_each_draws_into_given_axes_or_a_figure_of_its_own(run: en.Run) -> None:
    for draw in (raster, adds_by_module):
        axes = blank(4, 3).subplots()
        assert draw(run, ax=axes) is axes
        assert png(draw(run).figure).startswith(b"\x89PNG")


def test_the_room_hands_out_names_of_its_own_alone() -> None:
    names = eventnet.plotting.__all__
    assert names == sorted(set(names))
    for name in names:
        assert getattr(eventnet.plotting, name).__module__.startswith("eventnet.plotting.")
    for name in eventnet.plotting.axes.__all__:
        assert getattr(eventnet.plotting.axes, name).__module__ == "eventnet.plotting.axes"
    assert np.__name__ not in names
