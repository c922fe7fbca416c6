"""`eventnet run robot`: the sensors of `dvs-gyro`, joints and a camera of frames on the same clock."""

from __future__ import annotations

from dataclasses import replace

from eventnet.scenarios.fusion import scenario_dvs_gyro
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.shared.scenario import Asked


def defaults(asked: Asked) -> Parameters:
    """Those of `dvs-gyro` with joints and frames."""
    made = scenario_dvs_gyro.defaults(asked)
    return replace(made, robot=replace(made.robot, joints=20, frames_hz=30.0))


SCENARIO = replace(
    scenario_dvs_gyro.SCENARIO, name="robot", defaults=defaults, variants={},  # recordings have no joints
    summary="the same with 20 joints at 100 Hz and a frame camera at 30 Hz on the same clock",
)  # fmt: skip
