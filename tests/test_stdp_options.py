"""Presentations that make no sense are refused when the network is made."""

from __future__ import annotations

from typing import Any

import pytest

from eventnet.errors import EventnetError, ModelError
from eventnet.models import DiehlCook, Neuron, Presentation, SetTo, StdpNetwork, Subtract, Towards, WinnerTakeAll
from eventnet.models.stdp import KINDS


@pytest.mark.parametrize(
    "values",
    [
        {"ticks": 0}, {"ticks": 1.5}, {"rest": -1}, {"least": -1}, {"tries": 0}, {"rate": 0.0}, {"rate": float("nan")},
        {"rate": 2e5}, {"gain": -0.1}, {"gain": float("inf")},
    ],
)  # fmt: skip
def test_presentations_are_checked(values: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="wanted"):
        StdpNetwork(4, 3, presentation=Presentation(**values))


@pytest.mark.parametrize(
    "options",
    [
        {"rule": DiehlCook(tau=0)}, {"rule": DiehlCook(rate=-1)}, {"rule": DiehlCook(target=2)},
        {"rule": DiehlCook(total=0)}, {"rule": Towards(rate=2)}, {"neuron": Neuron(tau=-1)},
        {"neuron": Neuron(threshold=0)}, {"neuron": Neuron(theta_tau=0)}, {"inhibition": WinnerTakeAll(-1)},
        {"inhibition": Subtract(float("nan"))}, {"inhibition": SetTo(99.0)}, {"init_scale": 0.0}, {"init_scale": 2.0},
    ],
)  # fmt: skip
def test_what_a_network_is_made_of_is_checked(options: dict[str, Any]) -> None:
    with pytest.raises(EventnetError):
        StdpNetwork(4, 3, **options)


def test_every_part_has_a_name_for_files() -> None:
    assert all(KINDS[name].__name__ == name for name in KINDS)
    assert len(KINDS) == 7
