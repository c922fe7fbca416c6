"""Neurons: one family a file, its rules on top and its module classes below."""

from eventnet.neurons.accumulator import Accumulator
from eventnet.neurons.herding import Encoder, Herding, Rectified, Summing
from eventnet.neurons.relay import Relay, Sink

__all__ = ["Accumulator", "Encoder", "Herding", "Rectified", "Relay", "Sink", "Summing"]
