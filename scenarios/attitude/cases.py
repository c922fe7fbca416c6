"""The cases that are compared: the sensors there are, the use of frames, and their rate."""

from __future__ import annotations

from typing import NamedTuple

from eventnet.scenarios.attitude.stream import SENSORS

USUAL_HZ, SLOW_HZ = 30.0, 5.0


class Case(NamedTuple):
    """without: sensors that are not there. every_axis: a frame corrects the attitude about all axes, not its yaw alone.
    frame_hz: frames a second."""

    without: tuple[str, ...] = ()
    every_axis: bool = False
    frame_hz: float = USUAL_HZ

    @property
    def sensors(self) -> tuple[str, ...]:
        """Those that are there."""
        return tuple(name for name in SENSORS if name not in self.without)

    @property
    def name(self) -> str:
        """In words; the whole robot is "all sensors"."""
        left_out = " and ".join(self.without)
        return f"no {left_out}" if left_out else "all sensors"

    @property
    def frames(self) -> str:
        """The use of the frames and their rate, as text."""
        return f"{'attitude' if self.every_axis else 'yaw'} at {self.frame_hz:g} Hz"

    @property
    def tuned(self) -> Case:
        """The case whose gains it has: joints, and frames that are not there, have none."""
        without = tuple(name for name in self.without if name != "joints")
        return Case(without) if "frames" in without else self._replace(without=without)


BLIND = ("gyroscope", "events")
SINGLE = tuple((name,) for name in SENSORS)
CASES = (
    Case(), *(Case(without) for without in SINGLE),
    Case(every_axis=True), *(Case(without, True) for without in SINGLE), Case(BLIND, True),
    *(Case(without, False, SLOW_HZ) for without in ((), ("events",))),
    *(Case(without, True, SLOW_HZ) for without in ((), ("events",), ("gyroscope",), BLIND)),
)  # fmt: skip
"""All that are run."""
