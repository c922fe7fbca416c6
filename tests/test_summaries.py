"""What models say of themselves: the layers they have, and what they counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eventnet.models import (
    AveragePool2d,
    ConventionalNetwork,
    ConvSpec,
    DeepSpikingNetwork,
    PDNetwork,
    ReluNetwork,
    SigmaDeltaNetwork,
    StdpNetwork,
)


def conventional() -> ConventionalNetwork:
    return ConventionalNetwork.of([ConvSpec(2, 3), AveragePool2d(2), 4, 3], (1, 8, 8))


def made() -> dict[str, Any]:
    return {
        "DeepSpikingNetwork 8-5-3": DeepSpikingNetwork([8, 5, 3], steps=2, engine="reference"),
        "PDNetwork": PDNetwork([8, 5, 3], engine="reference"),
        "ConventionalNetwork": conventional(),
        "ReluNetwork 8-3": ReluNetwork([8, 3]),
        "StdpNetwork": StdpNetwork(8, 4, engine="reference"),
        "SigmaDeltaNetwork": SigmaDeltaNetwork.from_layers(
            conventional().layers(), scales=8.0, input_shape=(1, 8, 8), engine="reference"
        ),
    }


@pytest.mark.parametrize("name", made())
def test_a_model_says_its_kind_and_its_layers(name: str) -> None:
    model = made()[name]
    lines = repr(model).splitlines()
    assert lines[0].startswith(f"<{name}, ")
    assert lines[1].split() == ["layer", "gives", "units", "weights"]
    assert lines[2].split()[0] == "input"
    assert 4 <= len(lines) <= 14
    assert "<svg" in model._repr_html_()
    assert "last call" not in model._repr_html_()


def test_weights_are_those_of_the_layers() -> None:
    kernels = sum(layer.weights.size for layer in conventional().layers() if hasattr(layer, "weights"))
    for model in (conventional(), made()["SigmaDeltaNetwork"]):
        assert f"{kernels} weights" in repr(model).splitlines()[0]
    assert repr(conventional()).splitlines()[3].split() == ["Conv2d", "2", "x", "6", "x", "6", "72", "18"]
    assert "55 weights" in repr(made()["DeepSpikingNetwork 8-5-3"])


def test_what_was_counted_is_told_after_a_call() -> None:
    rng = np.random.default_rng(2)
    model = made()["DeepSpikingNetwork 8-5-3"]
    model.fit(rng.random((2, 8)), np.array([0, 2]))
    assert "2 samples learned" in repr(model)
    assert f"last call: {model.tally.spikes:,} spikes, {model.tally.adds:,} adds" in repr(model)
    assert "adds of the last call by module" in model._repr_html_()
    sigma = made()["SigmaDeltaNetwork"]
    sigma.run(rng.random((2, 1, 8, 8)))
    assert "2 frames seen" in repr(sigma)
    assert f"{sigma.tally.adds:,} adds" in repr(sigma)


def test_a_look_builds_nothing() -> None:
    sigma = made()["SigmaDeltaNetwork"]
    assert repr(sigma)
    assert sigma._events is None
