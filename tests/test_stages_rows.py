"""Weights of layers as rows: the sums they make are those of the layers, and they come back as they were."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eventnet.kernels.patches import add_patches, channel_last
from eventnet.models.layers import AveragePool2d, Conv2d, Dense, Flatten, forward
from eventnet.models.stages import geometry_of, layer_of, rows_of
from eventnet.tally import N_COLUMNS

LAYERS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "dense": (Dense(np.arange(12.0).reshape(4, 3), [1, 2, 3]), (4,)),
    "dense on a map": (Dense(np.arange(48.0).reshape(24, 2), [1, 2]), (2, 3, 4)),
    "convolution": (Conv2d(np.arange(24.0).reshape(2, 2, 2, 3), [1, 2]), (2, 3, 4)),
    "strided and padded": (
        Conv2d(np.arange(36.0).reshape(3, 2, 3, 2), stride=(2, 1), padding=(1, 0, 2, 1)),
        (2, 4, 3),
    ),
    "groups and dilation": (
        Conv2d(np.arange(48.0).reshape(4, 2, 3, 2), stride=(2, 1), padding=2, dilation=(1, 2), groups=2),
        (4, 4, 5),
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_rows_add_up_to_what_the_layer_makes(name: str) -> None:
    """Whole numbers, so that the order of sums makes no difference."""
    layer, shape = LAYERS[name]
    geometry, rows = geometry_of(layer, shape), rows_of(layer, shape)
    assert rows.shape == (geometry.shape_in[0], geometry.row_words)
    x = np.random.default_rng(1).integers(-3, 4, shape)
    acc = np.zeros(geometry.units_out)
    for i, n in enumerate(channel_last(x[None])[0].tolist()):
        if n:
            add_patches(acc, rows, i, n, **geometry.integers(), tally=np.zeros(N_COLUMNS, np.int64))
    before = [Flatten()] if isinstance(layer, Dense) else []
    made = forward([*before, layer], x[None]) - layer.bias.reshape(-1, *[1] * (0 if isinstance(layer, Dense) else 2))
    assert acc.tolist() == channel_last(made)[0].tolist()


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_comes_back_from_its_rows(name: str) -> None:
    layer, shape = LAYERS[name]
    rows, bias = rows_of(layer, shape), layer.bias + 1
    again = layer_of(2 * rows, bias, layer, shape)
    assert type(again) is type(layer)
    assert again.weights.tolist() == (2 * layer.weights).tolist()
    assert again.bias.tolist() == bias.tolist()
    if isinstance(layer, Conv2d):
        assert (again.stride, again.padding) == (layer.stride, layer.padding)
        assert (again.dilation, again.groups) == (layer.dilation, layer.groups)
    assert rows_of(again, shape).tolist() == (2 * rows).tolist()


def test_a_pool_reaches_what_its_windows_see() -> None:
    pool = AveragePool2d((3, 2), stride=(2, 1), padding=(1, 0, 0, 2))
    geometry = geometry_of(pool, (2, 5, 4))
    assert geometry.shape_out == forward([pool], np.zeros((1, 2, 5, 4))).shape[1:]
    assert (geometry.kernel, geometry.stride, geometry.padding) == ((3, 2), (2, 1), (1, 0, 0, 2))
