"""Models as they are shown samples."""

from __future__ import annotations

import numpy as np
import pytest
from anytime_cases import changing, spiking
from dsn_cases import problem, small

import eventnet as en
from eventnet.models import sample_streams
from eventnet.models.sample_streams import sample_stream


@pytest.mark.parametrize("at_once", [False, True])
def test_a_deep_spiking_network_answers_as_it_does(at_once: bool) -> None:
    x, _ = problem(7)
    dsn = small(engine="reference", order="depth")
    (part,) = sample_stream(dsn, x, at_once=at_once)
    run = en.simulate(part.net, part.inputs, order="depth", engine="reference")
    # Depth-first goes before inputs, so that all steps at once are one step after another.
    assert (run.weights("answers") / dsn.options["steps"]).astype(np.float32).tobytes() == dsn.decision_function(
        x
    ).astype(np.float32).tobytes()
    ticks = np.unique(part.inputs["t"])
    assert len(ticks) == (3 if at_once else dsn.options["steps"] + 2) * len(x)
    assert np.isin(part.starts, ticks).all()


def test_a_set_comes_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_streams, "PART", 3)
    x, _ = problem(7)
    assert [len(part.starts) for part in sample_stream(small(), x)] == [3, 3, 1]


def test_a_sigma_delta_network_answers_as_it_does() -> None:
    part, _, answers = changing(9)
    sums = en.simulate(part.net, part.inputs, order="breadth", engine="reference").weights("answers")
    assert sums.argmax(axis=1).tolist() == answers.tolist()
    assert len(spiking()[0].starts) == 6
