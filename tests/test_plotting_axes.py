"""Every plot draws into the axes that it is given, or makes a figure of its own, and draws what it is told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.plotting import axes as plots
from eventnet.plotting.style import blank, png

ERRORS = {"one": [0.5, 0.25], "other": [0.4, 0.1]}
OUTPUTS = np.array([[0.0, 1.0, 0.2], [0.5, 2.0, 0.1]])
LAYER = plots.Spikes("a layer", 4, np.array([0.5, 1.5, 1.6]), np.array([0, 3, 1]), np.array([1, -1, 1]))
DOT = plots.Dot("twin", 300.0, 2.0, 0.2, "s")


def net() -> en.Network:
    made = en.Network()
    a = made.add(en.Relay(2, name="a"))
    made.connect(a.out, made.add(en.Sink(2, name="b")).spikes, delay=3)
    return made


PLOTS: dict[str, Callable[..., Any]] = {
    "learning_curve": lambda ax=None: plots.learning_curve(ERRORS, ax=ax),
    "spikes": lambda ax=None: plots.spikes(LAYER, 2, ax=ax),
    "forming_answer": lambda ax=None: plots.forming_answer(OUTPUTS, 1, ax=ax),
    "sequence": lambda ax=None: plots.sequence(np.array([0, 2, 3]), np.array([0, 1, 0]), ["x", "y"], ax=ax),
    "adds_by_layer": lambda ax=None: plots.adds_by_layer({"a": {"input": 1000, "learning": 500}, "b": {}}, ax=ax),
    "anytime_error": lambda ax=None: plots.anytime_error(
        np.array([10.0, 90.0]), np.array([0.5, 0.25]), [(DOT, 300.0)], ax=ax
    ),
    "network_graph": lambda ax=None: plots.network_graph(net(), ax=ax),
}


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_draws_into_the_axes_it_is_given_and_returns_them(name: str) -> None:
    figure = blank(6, 4)
    left, right = figure.subplots(1, 2)
    assert PLOTS[name](ax=right) is right
    assert not left.has_data()
    assert right.has_data() or right.texts
    own = PLOTS[name]()
    assert own.figure is not figure
    assert png(own.figure).startswith(b"\x89PNG")


def test_every_public_plot_is_tested_here() -> None:
    public = [
        n
        for n, f in vars(plots).items()
        if getattr(f, "__module__", "") == plots.__name__ and callable(f) and n[0].islower()
    ]
    assert sorted(public) == sorted(PLOTS)


def test_errors_are_drawn_in_percent_by_epoch_with_a_name_each() -> None:
    axes = PLOTS["learning_curve"]()
    assert [list(line.get_ydata()) for line in axes.lines] == [[50, 25], [40, 10]]
    assert [list(line.get_xdata()) for line in axes.lines] == [[1, 2], [1, 2]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one", "other"]
    assert len({line.get_linestyle() for line in axes.lines}) == 2


def test_spikes_stand_where_and_when_they_were_by_sign() -> None:
    plus, minus = PLOTS["spikes"]().lines
    assert list(zip(plus.get_xdata(), plus.get_ydata(), strict=True)) == [(0.5, 0), (1.6, 1)]
    assert list(zip(minus.get_xdata(), minus.get_ydata(), strict=True)) == [(1.5, 3)]


def test_bars_are_adds_in_thousands_stacked_by_cause() -> None:
    axes = PLOTS["adds_by_layer"]()
    assert [round(bar.get_width(), 6) for bar in axes.patches] == [1.0, 0, 0, 0, 0, 0, 0.5, 0]
    assert [text.get_text() for text in axes.texts] == ["1.5", "0.0"]


def test_a_guess_is_error_in_percent_by_what_was_spent_and_other_answers_are_points() -> None:
    curve, dot = PLOTS["anytime_error"]().lines
    assert list(zip(curve.get_xdata(), curve.get_ydata(), strict=True)) == [(10, 50), (90, 25)]
    assert (list(dot.get_xdata()), list(dot.get_ydata())) == ([300], [20])


@pytest.mark.slow
def test_importing_plots_does_not_import_matplotlib() -> None:
    code = "import sys, eventnet.plotting.axes; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
