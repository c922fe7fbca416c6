"""Sensors that send events: the Dynamic Vision Sensor and the scenes it looks at."""

from eventnet.scenarios.sensors.dvs import DVS, Timed
from eventnet.scenarios.sensors.frames import Frames, lin_log, video
from eventnet.scenarios.sensors.parameters import PRESETS, DvsParameters, Preset
from eventnet.scenarios.sensors.scene import Grating, Image, Scene, Still

__all__ = [
    "DVS",
    "PRESETS",
    "DvsParameters",
    "Frames",
    "Grating",
    "Image",
    "Preset",
    "Scene",
    "Still",
    "Timed",
    "lin_log",
    "video",
]
