"""Scenarios that need trained weights: which ones, and where they are named."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, ClassVar

from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.fusion.weights import NOISES, FusionWeights
from eventnet.scenarios.shared.scenario import F, P, Scenario


class WithWeights(Scenario[P, F]):
    """A scenario with weights, which it does not train; a file of others is `weights` of its table `run`."""

    reasons: ClassVar = {"train": "uses trained weights, which `eventnet run dvs-gyro --train` makes"}

    def weights(self, parameters: P) -> FusionWeights:
        """The weights for these parameters."""
        raise NotImplementedError

    def manifest(self, parameters: P, found: F) -> dict[str, Any]:
        """The parameters, and where the weights come from."""
        return super().manifest(parameters, found) | {"weights": self.weights(parameters).manifest}

    def reads(self, parameters: P) -> list[Path]:
        """The file of weights, if one is named."""
        tables: Any = parameters
        return [Path(tables.run.weights)] if tables.run.weights else []


def weights_for(parameters: Parameters) -> FusionWeights:
    """The weights that the parameters name, or those that ship for the gyroscope that is most like theirs."""
    if parameters.run.weights:
        return FusionWeights.load(parameters.run.weights)
    noise = parameters.gyroscope.white_noise
    return FusionWeights.shipped(min(NOISES, key=lambda known: abs(math.log((known + 1e-9) / (noise + 1e-9)))))
