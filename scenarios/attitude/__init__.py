"""How a head is turned and where its arm ends: an estimate that five sensors move, each at its own times."""

from eventnet.scenarios.attitude.cases import CASES, Case
from eventnet.scenarios.attitude.parameters import AttitudeParameters

__all__ = ["CASES", "AttitudeParameters", "Case"]
