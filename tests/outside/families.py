"""All families by name."""

from __future__ import annotations

from outside.codes_learn import Future, Past, PDError, PDInbox, PDOutput, Recon, Stdp
from outside.currents import AlphaCurrent, ExponentialCurrent
from outside.family import Family
from outside.filters import DecayingFilters, DecayingPool, LeakyFilters
from outside.gradients import (
    Columns,
    ErrorCounter,
    Fsgd,
    FsgdInteger,
    FsgdSmooth,
    InputSum,
    Layer,
    ReadLayer,
    Sgd,
    SgdSmooth,
)
from outside.herding import Accumulator, Encoder, Herding, Rectified, Summing
from outside.leaky import LeakyIntegrate, LeakyReadout, SpikeResponse
from outside.plasticity import (
    DynamicStdp,
    Instar,
    Normalize,
    PairStdp,
    RestrictedStdp,
    Reward,
    TraceTarget,
    TripletStdp,
)
from outside.proportional import (
    PDDecoder,
    PDEncoder,
    PDLayer,
    PDReadout,
    PredictiveEncoder,
    PredictiveLayer,
)
from outside.relays import LastSpikes, Relay, Sink, SpikeCounter
from outside.rounding import (
    ChangeEncoder,
    FrameEncoder,
    Quantizer,
    Readout,
    ReadoutPool,
    Rounding,
    RoundingPool,
    SigmaDelta,
    SigmaDeltaPool,
)
from outside.sparse import DeltaSynapses, LeakyDelta
from outside.stochastic import Poisson, Sampler

FAMILIES: dict[str, type[Family]] = {
    kind.__name__: kind
    for kind in (
        Relay,
        Sink,
        SpikeCounter,
        LastSpikes,
        Herding,
        Summing,
        Encoder,
        Rectified,
        Accumulator,
        ChangeEncoder,
        FrameEncoder,
        Quantizer,
        SigmaDelta,
        SigmaDeltaPool,
        Rounding,
        RoundingPool,
        Readout,
        ReadoutPool,
        LeakyIntegrate,
        SpikeResponse,
        LeakyReadout,
        LeakyDelta,
        DeltaSynapses,
        Poisson,
        Sampler,
        PDEncoder,
        PDDecoder,
        PDLayer,
        PDReadout,
        PredictiveEncoder,
        PredictiveLayer,
        LeakyFilters,
        DecayingFilters,
        DecayingPool,
        ExponentialCurrent,
        AlphaCurrent,
        Layer,
        ReadLayer,
        Columns,
        ErrorCounter,
        InputSum,
        Fsgd,
        FsgdInteger,
        FsgdSmooth,
        Sgd,
        SgdSmooth,
        PairStdp,
        DynamicStdp,
        RestrictedStdp,
        TripletStdp,
        TraceTarget,
        Instar,
        Reward,
        Normalize,
        PDOutput,
        PDError,
        PDInbox,
        Recon,
        Past,
        Future,
        Stdp,
    )
}
