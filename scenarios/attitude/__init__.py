"""Attitude of a head and end point of its arm: an estimate that five sensors update, each at its own times."""

from eventnet.scenarios.attitude.cases import CASES, Case
from eventnet.scenarios.attitude.parameters import AttitudeParameters

__all__ = ["CASES", "AttitudeParameters", "Case"]
