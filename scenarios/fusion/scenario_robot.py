"""`eventnet run robot`: the sensors of `dvs-gyro`, joints and a camera of frames on the same clock."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.fusion.scenario_dvs_gyro import DvsGyro
from eventnet.scenarios.shared.scenario import Asked


class Robot(DvsGyro):
    """The same ways on more sensors."""

    name = "robot"
    summary = "the same with 20 joints at 100 Hz and a frame camera at 30 Hz on the same clock"
    variants: ClassVar = {}  # recordings have no joints

    def defaults(self, asked: Asked) -> Parameters:
        """Those of `dvs-gyro` with joints and frames."""
        made = super().defaults(asked)
        return replace(made, robot=replace(made.robot, joints=20, frames_hz=30.0))


SCENARIO = Robot()
