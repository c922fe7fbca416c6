"""Neurons: one family a file, its rules on top and its module classes below."""

from eventnet.neurons.accumulator import Accumulator
from eventnet.neurons.herding import Encoder, Herding, Rectified, Summing
from eventnet.neurons.relay import Relay, Sink
from eventnet.neurons.stochastic import Poisson, Sampler

__all__ = ["Accumulator", "Encoder", "Herding", "Poisson", "Rectified", "Relay", "Sampler", "Sink", "Summing"]
