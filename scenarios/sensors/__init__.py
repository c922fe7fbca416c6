"""Sensors that send events: Dynamic Vision Sensor, inertial unit, joint encoders, frame camera, recordings; scenes."""

from eventnet.clock import WindowedSensor as Sensor
from eventnet.clock import on_clock
from eventnet.scenarios.sensors.dvs import DVS, PRESETS, DvsParameters, Preset, Timed
from eventnet.scenarios.sensors.frame_camera import FrameCamera, FrameCameraParameters
from eventnet.scenarios.sensors.frames import Frames, video
from eventnet.scenarios.sensors.inertial import (
    INERTIAL_PRESETS,
    Accelerometer,
    Gyroscope,
    InertialParameters,
    InertialPreset,
    InertialUnit,
)
from eventnet.scenarios.sensors.joints import JointEncoders, JointParameters
from eventnet.scenarios.sensors.replay import EventReplay, InertialReplay, Playback
from eventnet.scenarios.sensors.windowed import Windowed
from eventnet.scenarios.worlds.scene import Grating, Image, Scene, Still, lin_log

__all__ = [
    "DVS",
    "INERTIAL_PRESETS",
    "PRESETS",
    "Accelerometer",
    "DvsParameters",
    "EventReplay",
    "FrameCamera",
    "FrameCameraParameters",
    "Frames",
    "Grating",
    "Gyroscope",
    "Image",
    "InertialParameters",
    "InertialPreset",
    "InertialReplay",
    "InertialUnit",
    "JointEncoders",
    "JointParameters",
    "Playback",
    "Preset",
    "Scene",
    "Sensor",
    "Still",
    "Timed",
    "Windowed",
    "lin_log",
    "on_clock",
    "video",
]
