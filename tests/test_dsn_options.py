"""Options of a Deep Spiking Network that make no sense are refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from dsn_cases import small

from eventnet.errors import ModelError


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"rule": "adam"}, "rule"),
        ({"steps": 0}, "steps"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"dtype": "int32", "rule": "sgd"}, "multiplication"),
        ({"dtype": "int32", "smooth": True}, "multiplication"),
        ({"dtype": "int32", "regularization": 0.1}, "multiplication"),
        ({"momentum": 0.9}, "momentum"),
        ({"gate": "open"}, "gate"),
        ({"early": 0.5}, "early"),
        ({"early": 2.0, "rule": "sgd"}, "only 'fsgd'"),
        ({"early": 2.0, "smooth": True}, "goes with neither"),
        ({"early": 2.0, "regularization": 0.1}, "goes with neither"),
        ({"early": 2.0, "dtype": "int32"}, "goes with neither"),
        ({"input_sum": "later", "smooth": True}, "input_sum"),
        ({"input_sum": "after"}, "there is no sum of inputs"),
    ],
)
def test_options_that_make_no_sense_are_refused_by_name(options: dict[str, Any], word: str) -> None:
    with pytest.raises(ModelError, match=word):
        small(**options)
