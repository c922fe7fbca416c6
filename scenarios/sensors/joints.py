"""Joint encoders: the angles of a robot's joints go in, packets of changed counts come out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eventnet.errors import ModelError
from eventnet.event import VALUE_EVENT, Events
from eventnet.scenarios.sensors.windowed import Windowed

if TYPE_CHECKING:
    from eventnet.scenarios.worlds.joints import JointMotion


@dataclass(frozen=True)
class JointParameters:
    """Encoders that are read in turn or together.

    rate_hz: readings a second of each joint. counts: steps in a turn; a reading is the nearest one.
    stagger: the joints are read one after the other, evenly over a reading's period; else all at once.
    every: send all readings; else those whose count has changed, and each joint's first.

    Raises ModelError that names the parameter and its value.
    """

    rate_hz: float = 100.0
    counts: float = 4096.0
    stagger: bool = False
    every: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.rate_hz <= 1e5:
            raise ModelError(f"rate_hz is {self.rate_hz}; wanted above 0 to 100,000")
        if not 1 <= self.counts < 2**53:
            raise ModelError(f"counts is {self.counts}; wanted from 1 to 2^53")


class JointEncoders(Windowed):
    """The encoders of joints that move; the first reading is at begin_us.

    It sends VALUE_EVENT records: index: the joint, value: its angle in degrees, whole counts. The motion is asked for
    the times of a window's readings only.
    """

    def __init__(
        self, motion: JointMotion, parameters: JointParameters | None = None, *, begin_us: float = 0.0
    ) -> None:
        super().__init__(begin_us)
        self.motion, self.parameters = motion, parameters or JointParameters()

    def _run(self) -> Callable[[float], Events]:
        p, motion = self.parameters, self.motion
        joints = np.arange(motion.joints)
        groups = [joints[k : k + 1] for k in joints] if p.stagger else [joints]  # read at once
        period = 1e6 / p.rate_hz / len(groups)
        sent = np.full(motion.joints, math.nan)
        reading = 0

        def before(stop: float) -> Events:
            nonlocal reading
            made = [np.empty(0, VALUE_EVENT)]
            while (t := round(at := self.begin_us + reading * period)) < stop:
                group = groups[reading % len(groups)]
                found = np.rint(motion.angles(at)[group] * (p.counts / 360))
                reading += 1
                changed = np.ones(len(group), bool) if p.every else found != sent[group]
                n = np.count_nonzero(changed)
                if not n:
                    continue
                sent[group] = found
                events = np.empty(n, VALUE_EVENT)
                events["t"], events["index"], events["value"] = t, group[changed], found[changed] * (360 / p.counts)
                made.append(events)
            return np.concatenate(made)

        return before
