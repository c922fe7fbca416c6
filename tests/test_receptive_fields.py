"""Pictures of receptive fields: where each image stands, and what its colours say."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.scenarios.shared.receptive_fields import OFF_COLOUR, ON_COLOUR, mosaic, on_off


def test_images_stand_row_by_row_each_scaled_to_its_largest() -> None:
    images = np.arange(1, 4)[:, None, None] * np.array([[1.0, 2.0]])
    made = mosaic(images, across=2)
    assert np.array_equal(made, [[0.5, 1, np.nan, 0.5, 1], [np.nan] * 5, [0.5, 1, *[np.nan] * 3]], equal_nan=True)
    assert mosaic(np.ones((5, 4, 3))).shape == (4 + 1 + 4, 3 * 3 + 2)
    assert mosaic(np.ones((1, 4, 3, 3))).shape == (4, 3, 3)
    assert (mosaic(np.zeros((1, 2, 2))) == 0).all()


def test_a_mosaic_holds_every_image_in_its_place() -> None:
    images = np.arange(1, 8)[:, None, None] * np.ones((7, 28, 28), dtype=np.float32)
    images[:, 3, 5] *= 2
    made = mosaic(images)
    assert made.shape == (86, 86)
    for k in range(7):
        y, x = 29 * (k // 3), 29 * (k % 3)
        assert made[y, x] == 0.5
        assert made[y + 3, x + 5] == 1
    assert np.isnan(made[28, :]).all()
    assert np.isnan(made[58:, 29:]).all()


def test_colours_tell_on_from_off() -> None:
    fields = np.zeros((2, 2, 1, 3))
    fields[0, 0, 0, 0] = fields[0, 1, 0, 1] = 4.0
    fields[0, :, 0, 2] = 4.0
    made = on_off(fields)
    assert made[0, 0, 0].tolist() == list(OFF_COLOUR)
    assert made[0, 0, 1].tolist() == list(ON_COLOUR)
    assert made[0, 0, 2].tolist() == [1, 1, 1]
    assert (made[1] == 0).all()


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(ModelError, match="images"):
        mosaic(np.zeros((0, 2, 2)))
    with pytest.raises(ModelError, match=r"wanted \[n, 2, h, w\]"):
        on_off(np.zeros((3, 1, 2, 2)))
