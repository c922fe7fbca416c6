"""Neurons: one family a file, its rules on top and its module classes below."""

from eventnet.neurons.herding import Encoder, Herding, Rectified
from eventnet.neurons.relay import Relay, Sink

__all__ = ["Encoder", "Herding", "Rectified", "Relay", "Sink"]
