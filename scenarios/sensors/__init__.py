"""Sensors that send events: the Dynamic Vision Sensor, the scenes it looks at, and the inertial unit."""

from eventnet.scenarios.sensors.dvs import DVS, Timed
from eventnet.scenarios.sensors.frames import Frames, lin_log, video
from eventnet.scenarios.sensors.inertial import InertialUnit
from eventnet.scenarios.sensors.inertial_parameters import (
    INERTIAL_PRESETS,
    Accelerometer,
    Gyroscope,
    InertialParameters,
    InertialPreset,
)
from eventnet.scenarios.sensors.on_clock import WindowedSensor, on_clock
from eventnet.scenarios.sensors.parameters import PRESETS, DvsParameters, Preset
from eventnet.scenarios.sensors.scene import Grating, Image, Scene, Still

__all__ = [
    "DVS",
    "INERTIAL_PRESETS",
    "PRESETS",
    "Accelerometer",
    "DvsParameters",
    "Frames",
    "Grating",
    "Gyroscope",
    "Image",
    "InertialParameters",
    "InertialPreset",
    "InertialUnit",
    "Preset",
    "Scene",
    "Still",
    "Timed",
    "WindowedSensor",
    "lin_log",
    "on_clock",
    "video",
]
