"""Options of a conventional network that make no sense are refused by name."""

import numpy as np
import pytest
from conventional_cases import network

from eventnet.errors import ModelError
from eventnet.models.conventional import ConventionalNetwork


@pytest.mark.parametrize(
    "options, message",
    [
        ({"sizes": [5]}, "two or more numbers of units"),
        ({"sizes": [5, 0]}, "units: found 0; wanted a whole number, 1 or more"),
        ({"sizes": [2.5, 3]}, "inputs: found 2.5"),
        ({"learning_rate": 0}, "learning_rate is 0; wanted a number above 0"),
        ({"learning_rate": np.nan}, "learning_rate is nan"),
        ({"momentum": 1.0}, "momentum is 1.0; wanted 0 or more and below 1"),
        ({"momentum": -0.1}, "momentum is -0.1"),
        ({"batch": 0}, "batch: found 0"),
        ({"seed": -1}, "seed: found -1"),
        ({"seed": 2**32}, "seed: found 4294967296; wanted a whole number, 0 to 4,294,967,295"),
        ({"init": "zero"}, "init is 'zero'; it can be 'glorot' or 'he'"),
        ({"activation": "step"}, "activation is 'step'; it can be 'relu'"),
        ({"dtype": "int32"}, "dtype is 'int32'; it can be 'float32' or 'float64'"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ModelError, match=message):
        ConventionalNetwork(**({"sizes": [5, 4, 3]} | options))


def test_normalisation_wants_batches():
    with pytest.raises(ModelError, match="batch is 1; batch normalisation wants 2 samples or more"):
        network("normalized", batch=1)
