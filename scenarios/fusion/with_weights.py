"""Scenarios that need trained weights: which ones, and where they are named."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.fusion.weights import NOISES, FusionWeights
from eventnet.scenarios.shared.parameter_file import as_toml
from eventnet.scenarios.shared.scenario import P

NOT_TRAINED = {"train": "uses trained weights, which `eventnet run dvs-gyro --train` makes"}


def named_weights(parameters: Any) -> list[Path]:
    """The file that `weights` of the table `run` names, if it does."""
    return [Path(parameters.run.weights)] if parameters.run.weights else []


def with_weights(weights_of: Callable[[P], FusionWeights]) -> Callable[[P, Any], dict[str, Any]]:
    """For a manifest: the parameters, and where their weights come from."""
    return lambda parameters, found: {
        "parameters": as_toml(parameters), "weights": weights_of(parameters).manifest,
    }  # fmt: skip


def weights_for(parameters: Parameters) -> FusionWeights:
    """The weights that the parameters name, or those that ship for the gyroscope that is most like theirs."""
    if parameters.run.weights:
        return FusionWeights.load(parameters.run.weights)
    noise = parameters.gyroscope.white_noise
    return FusionWeights.shipped(min(NOISES, key=lambda known: abs(math.log((known + 1e-9) / (noise + 1e-9)))))
