"""The picture of a frame and its events is a PNG, whatever there is to draw."""

from __future__ import annotations

import io

import numpy as np
from matplotlib.image import imread

from eventnet.event import PIXEL_EVENT
from eventnet.scenarios.sensors.picture import picture


def test_a_picture_shows_both_polarities() -> None:
    events = np.zeros(400, PIXEL_EVENT)
    events["t"], events["x"], events["y"], events["p"] = np.arange(400) * 50, 3, 4, np.arange(400) % 2
    drawn = imread(io.BytesIO(picture(np.zeros((6, 8)), events)))
    redder = drawn[..., 0] - drawn[..., 2]
    assert redder.min() < -0.3  # ON is blue
    assert redder.max() > 0.3  # OFF is orange


def test_a_picture_without_events_is_a_picture() -> None:
    assert picture(np.zeros((6, 8)), np.zeros(0, PIXEL_EVENT), title="nothing").startswith(b"\x89PNG")
