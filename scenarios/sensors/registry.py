"""The sensors that there are by name, each in a small world of its own.

A file `sensor_NAME.py` in this folder is the sensor NAME, with `-` for `_`: its function `sensor(seed)` makes one in a
world that the seed draws. Another package names such a function in the entry point group `eventnet.sensors`, as
`my-sensor = "package.module:function"`.
"""

from __future__ import annotations

import os

from eventnet.base.listing import Listing, files_of
from eventnet.clock import WindowedSensor

PREFIX = "sensor_"


def _own() -> dict[str, str]:
    found = files_of([os.path.dirname(__file__)], __name__.rpartition(".")[0], PREFIX)
    return {name: f"{module}:sensor" for name, module in found.items()}


SENSORS = Listing("sensor", "eventnet.sensors", _own)


def make(name: str, seed: int = 0) -> WindowedSensor:
    """A sensor by its name. Raises ModelError for one that there is not, DataError where it cannot be loaded."""
    made: WindowedSensor = SENSORS.find(name)(seed)
    return made
