"""Names by which files know the package's own classes of modules, wherever these are defined.

A user's own class goes by `module:Class`, its path, and so did all classes in files of version 0.1.0.
"""

from __future__ import annotations

NAMES = {
    "eventnet.learning.backward:Columns": "learning module Columns",
    "eventnet.learning.backward:ErrorCounter": "learning module ErrorCounter",
    "eventnet.learning.backward:Layer": "learning module Layer",
    "eventnet.learning.backward:ReadLayer": "learning module ReadLayer",
    "eventnet.learning.gradient:Fsgd": "learning rule Fsgd",
    "eventnet.learning.gradient:FsgdInteger": "learning rule FsgdInteger",
    "eventnet.learning.gradient:FsgdSmooth": "learning rule FsgdSmooth",
    "eventnet.learning.gradient:InputSum": "learning module InputSum",
    "eventnet.learning.gradient:Sgd": "learning rule Sgd",
    "eventnet.learning.gradient:SgdSmooth": "learning rule SgdSmooth",
    "eventnet.learning.gradient:Update": "learning rule Update",
    "eventnet.learning.normalize:Normalize": "learning rule Normalize",
    "eventnet.learning.proportional:PDError": "learning module PDError",
    "eventnet.learning.proportional:PDInbox": "learning module PDInbox",
    "eventnet.learning.proportional:PDOutput": "learning module PDOutput",
    "eventnet.learning.restricted:RestrictedStdp": "learning rule RestrictedStdp",
    "eventnet.learning.reward:Reward": "learning rule Reward",
    "eventnet.learning.stdp:DynamicStdp": "learning rule DynamicStdp",
    "eventnet.learning.stdp:PairStdp": "learning rule PairStdp",
    "eventnet.learning.synapses:Future": "learning module Future",
    "eventnet.learning.synapses:Past": "learning module Past",
    "eventnet.learning.synapses:Recon": "learning module Recon",
    "eventnet.learning.synapses:Stdp": "learning rule Stdp",
    "eventnet.learning.synapses:Synapses": "learning module Synapses",
    "eventnet.learning.target:Follower": "learning module Follower",
    "eventnet.learning.target:Instar": "learning rule Instar",
    "eventnet.learning.target:TraceTarget": "learning rule TraceTarget",
    "eventnet.learning.triplet:TripletStdp": "learning rule TripletStdp",
    "eventnet.module:PythonModule": "PythonModule",
    "eventnet.neurons.accumulator:Accumulator": "Accumulator",
    "eventnet.neurons.currents:AlphaCurrent": "AlphaCurrent",
    "eventnet.neurons.currents:CurrentLayer": "CurrentLayer",
    "eventnet.neurons.currents:ExponentialCurrent": "ExponentialCurrent",
    "eventnet.neurons.decaying:DecayingFilters": "DecayingFilters",
    "eventnet.neurons.decaying:DecayingPool": "DecayingPool",
    "eventnet.neurons.filters:FilterBank": "FilterBank",
    "eventnet.neurons.filters:LeakyFilters": "LeakyFilters",
    "eventnet.neurons.frames:ChangeEncoder": "ChangeEncoder",
    "eventnet.neurons.frames:FrameEncoder": "FrameEncoder",
    "eventnet.neurons.frames:Quantizer": "Quantizer",
    "eventnet.neurons.herding:Encoder": "Encoder",
    "eventnet.neurons.herding:Herding": "Herding",
    "eventnet.neurons.herding:Rectified": "Rectified",
    "eventnet.neurons.herding:Summing": "Summing",
    "eventnet.neurons.last_spikes:LastSpikes": "LastSpikes",
    "eventnet.neurons.leaky:LeakyIntegrate": "LeakyIntegrate",
    "eventnet.neurons.leaky_readout:LeakyReadout": "LeakyReadout",
    "eventnet.neurons.predictive:PredictiveCode": "PredictiveCode",
    "eventnet.neurons.predictive:PredictiveEncoder": "PredictiveEncoder",
    "eventnet.neurons.predictive:PredictiveLayer": "PredictiveLayer",
    "eventnet.neurons.proportional:PDCode": "PDCode",
    "eventnet.neurons.proportional:PDDecoder": "PDDecoder",
    "eventnet.neurons.proportional:PDEncoder": "PDEncoder",
    "eventnet.neurons.proportional:PDLayer": "PDLayer",
    "eventnet.neurons.proportional:PDReadout": "PDReadout",
    "eventnet.neurons.relay:Relay": "Relay",
    "eventnet.neurons.relay:Sink": "Sink",
    "eventnet.neurons.sigma_delta:Readout": "Readout",
    "eventnet.neurons.sigma_delta:ReadoutPool": "ReadoutPool",
    "eventnet.neurons.sigma_delta:Rounding": "Rounding",
    "eventnet.neurons.sigma_delta:RoundingPool": "RoundingPool",
    "eventnet.neurons.sigma_delta:SigmaDelta": "SigmaDelta",
    "eventnet.neurons.sigma_delta:SigmaDeltaPool": "SigmaDeltaPool",
    "eventnet.neurons.spike_counter:SpikeCounter": "SpikeCounter",
    "eventnet.neurons.spike_response:SpikeResponse": "SpikeResponse",
    "eventnet.neurons.stochastic:Poisson": "Poisson",
    "eventnet.neurons.stochastic:Sampler": "Sampler",
}
"""Paths of classes, those of today and all that files may hold, and the name of each.

A class that moves or changes its own name gains a row; no row is changed or taken away.
"""


def name_of(path: str) -> str:
    """The name of a class by its path `module:Class`, or by its name: of a user's own class the path itself."""
    return NAMES.get(path, path)
