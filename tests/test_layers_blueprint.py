"""A blueprint whose layers make no sense, or do not fit together, is refused."""

import pytest
from conventional_cases import IMAGE

from eventnet.errors import ModelError
from eventnet.models.conventional import ConventionalNetwork
from eventnet.models.layers import AveragePool2d, ConvSpec


@pytest.mark.parametrize(
    "blueprint, shape, message",
    [
        ([], (5,), "does not end in a DenseSpec"),
        ([ConvSpec(2, 3)], IMAGE, "does not end in a DenseSpec"),
        ([3], (5, 5), r"input_shape is \(5, 5\); wanted \(units,\) or \(channels, height, width\)"),
        ([3], (0,), "input_shape: found 0"),
        (["three"], (5,), "units: found 'three'"),
        ([4, ConvSpec(2, 3), 3], IMAGE, r"layer 1 is ConvSpec.* gets shape \(4,\)"),
        ([ConvSpec(2, 3), ConvSpec(2, 6), 3], IMAGE, r"layer 1 is ConvSpec.* gets shape \(2, 5, 4\)"),
        ([AveragePool2d(8), 3], IMAGE, r"layer 0 is AveragePool2d.* does not fit"),
    ],
)
def test_layers_that_do_not_fit_together_are_refused(blueprint, shape, message):
    with pytest.raises(ModelError, match=message):
        ConventionalNetwork.of(blueprint, shape)


@pytest.mark.parametrize(
    "values, message",
    [
        ({"channels": 0}, "channels: found 0"),
        ({"size": 0}, "size is 0"),
        ({"stride": 0}, "stride is 0"),
        ({"padding": -1}, "padding is -1"),
    ],
)
def test_a_convolution_that_makes_no_sense_is_refused(values, message):
    with pytest.raises(ModelError, match=message):
        ConvSpec(**({"channels": 2, "size": 3} | values))
