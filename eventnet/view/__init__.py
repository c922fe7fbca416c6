"""Watch a run: looks at a simulation at equal times, written as they come into a file that a viewer opens.

A `RunRecorder` looks and changes nothing: the run has the same bytes with it and without. `FoxgloveFile` writes MCAP
for Foxglove, Rerun and Lichtblick, `Ros2Bag` a bag of ROS 2; anything with `write` and `close` may stand beside them.
"""

from eventnet.view.foxglove_file import FoxgloveFile
from eventnet.view.look import EVERY_US, LookWriter, RunLook, SensorStream, Shown
from eventnet.view.recorded import looks_at
from eventnet.view.recorder import RunRecorder
from eventnet.view.ros2_bag import Ros2Bag

__all__ = [
    "EVERY_US",
    "FoxgloveFile",
    "LookWriter",
    "Ros2Bag",
    "RunLook",
    "RunRecorder",
    "SensorStream",
    "Shown",
    "looks_at",
]
