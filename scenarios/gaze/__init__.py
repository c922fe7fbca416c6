"""A closed loop: a camera on a moving head is held still by a gyroscope and by what the camera itself sees slip."""

from eventnet.scenarios.gaze.parameters import GazeParameters
from eventnet.scenarios.gaze.reflex import REFLEXES, ReflexOutcome, run_reflex

__all__ = ["REFLEXES", "GazeParameters", "ReflexOutcome", "run_reflex"]
