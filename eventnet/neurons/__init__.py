"""Neurons: one family a file, its rules on top and its module classes below.

A file of this folder is imported with it. Classes of other packages are imported when they are asked for: they stand in
the entry point group `eventnet.neurons`, each under its name (`Own = "package.module:Own"`). All are found as
`en.Class`; the names below are those that type checkers know.
"""

from typing import Any

from eventnet.base.listing import Listing, classes_in
from eventnet.module import Module
from eventnet.neurons.accumulator import Accumulator
from eventnet.neurons.adaptive_exponential import AdaptiveExponential
from eventnet.neurons.bias_drive import BiasNoise, BiasSteps
from eventnet.neurons.bias_filter import BiasFilter
from eventnet.neurons.boltzmann import BoltzmannUnits
from eventnet.neurons.current_drive import CurrentSteps, NoiseCurrent
from eventnet.neurons.currents import AlphaCurrent, ExponentialCurrent
from eventnet.neurons.decaying import DecayingFilters, DecayingPool
from eventnet.neurons.decaying_drive import DecayingPoissonDrive
from eventnet.neurons.decaying_synapses import DecayingSynapses
from eventnet.neurons.delta_synapses import DeltaSynapses
from eventnet.neurons.filters import LeakyFilters
from eventnet.neurons.flow_sums import FlowSums, RefreshedFlowSums
from eventnet.neurons.frames import ChangeEncoder, FrameEncoder, Quantizer
from eventnet.neurons.herding import Encoder, Herding, Rectified, Summing
from eventnet.neurons.hodgkin_huxley import HodgkinHuxley
from eventnet.neurons.hopfield import HopfieldUnits
from eventnet.neurons.last_spikes import LastSpikes
from eventnet.neurons.leaky import LeakyIntegrate
from eventnet.neurons.leaky_conductance import LeakyConductance
from eventnet.neurons.leaky_currents import LeakyAlpha, LeakyExponential
from eventnet.neurons.leaky_delta import LeakyDelta
from eventnet.neurons.leaky_readout import LeakyReadout
from eventnet.neurons.poisson_drive import PoissonDrive
from eventnet.neurons.predictive import PredictiveEncoder, PredictiveLayer
from eventnet.neurons.proportional import PDDecoder, PDEncoder, PDLayer, PDReadout
from eventnet.neurons.relay import Delays, Relay, Sink, SpikeCounter
from eventnet.neurons.sigma_delta import (
    Readout,
    ReadoutPool,
    Rounding,
    RoundingMaxPool,
    RoundingPool,
    RoundingSum,
    SigmaDelta,
    SigmaDeltaMaxPool,
    SigmaDeltaPool,
    SigmaDeltaSum,
)
from eventnet.neurons.sparse import sparse_rows
from eventnet.neurons.spike_once import SpikeOnce
from eventnet.neurons.spike_response import SpikeResponse
from eventnet.neurons.spike_source import SpikeSource
from eventnet.neurons.stepped import SteppedLeaky, SteppedReadout
from eventnet.neurons.stochastic import Poisson, Sampler
from eventnet.neurons.sum_pool import SumPool

NEURONS = Listing("neuron", "eventnet.neurons", lambda: classes_in(__name__, Module.registry.values()))

__all__ = [
    "NEURONS",
    "Accumulator",
    "AdaptiveExponential",
    "AlphaCurrent",
    "BiasFilter",
    "BiasNoise",
    "BiasSteps",
    "BoltzmannUnits",
    "ChangeEncoder",
    "CurrentSteps",
    "DecayingFilters",
    "DecayingPoissonDrive",
    "DecayingPool",
    "DecayingSynapses",
    "Delays",
    "DeltaSynapses",
    "Encoder",
    "ExponentialCurrent",
    "FlowSums",
    "FrameEncoder",
    "Herding",
    "HodgkinHuxley",
    "HopfieldUnits",
    "LastSpikes",
    "LeakyAlpha",
    "LeakyConductance",
    "LeakyDelta",
    "LeakyExponential",
    "LeakyFilters",
    "LeakyIntegrate",
    "LeakyReadout",
    "NoiseCurrent",
    "PDDecoder",
    "PDEncoder",
    "PDLayer",
    "PDReadout",
    "Poisson",
    "PoissonDrive",
    "PredictiveEncoder",
    "PredictiveLayer",
    "Quantizer",
    "Readout",
    "ReadoutPool",
    "Rectified",
    "RefreshedFlowSums",
    "Relay",
    "Rounding",
    "RoundingMaxPool",
    "RoundingPool",
    "RoundingSum",
    "Sampler",
    "SigmaDelta",
    "SigmaDeltaMaxPool",
    "SigmaDeltaPool",
    "SigmaDeltaSum",
    "Sink",
    "SpikeCounter",
    "SpikeOnce",
    "SpikeResponse",
    "SpikeSource",
    "SteppedLeaky",
    "SteppedReadout",
    "SumPool",
    "Summing",
    "sparse_rows",
]


def __getattr__(name: str) -> Any:
    return NEURONS.attribute(name, __name__)
