"""eventnet: a discrete-event simulator for asynchronous spiking networks.

    import eventnet as en
    net = en.Network(dtype="float32")

Nothing is compiled at import.
"""

import sys as _sys
from pathlib import Path as _Path
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any

# An editable install finds this folder through a link. In a clone `models` and `scenarios` stand one level up.
_here = _Path(__file__).resolve().parent
__path__[:] = [str(_here)]
if (_here.parent / "pyproject.toml").exists():
    __path__.append(str(_here.parent))

from eventnet.base import starting as _starting  # before all that takes long to import

# isort: split

if not _starting.BARE:
    # With it comes Numba, before the rest: else what Numba makes at its import lies on a border of Python's memory, and
    # 16,000 pages are asked for and given back, a seventh of a second.
    from eventnet.kernels import prediction_heap as _prediction_heap  # noqa: F401

    # isort: split

    from eventnet import analysis, cost, neurons, order
    from eventnet.base import guesses, old_names
    from eventnet.base.listing import import_files
    from eventnet.clock import Clock, Packet
    from eventnet.connectivity import (
        AllToAll,
        Bernoulli,
        ByDistance,
        Edges,
        FixedInDegree,
        FixedOutDegree,
        FixedTotalNumber,
        LogNormal,
        Normal,
        OneToOne,
        Uniform,
    )
    from eventnet.cost import CostLedger, keep_ledger
    from eventnet.declarations import Derived, Indices, Integers, Option, Other, Param, Potential, Size, State, Weights
    from eventnet.engine.named_log import LogTable, log_table
    from eventnet.engine.recorders import Recorded, Recorder, record
    from eventnet.errors import EventnetError
    from eventnet.event import (
        DELIVERY,
        DELIVERY_WITH_AMOUNT,
        EVENT,
        EVENT_WITH_AMOUNT,
        PIXEL_EVENT,
        VALUE_EVENT,
        events,
        from_addresses,
    )  # fmt: skip
    from eventnet.intake import events_from
    from eventnet.kernels.patches import Geometry
    from eventnet.kernels.rows import add_and_fire, add_row, add_row_times, at, count_checks, fire
    from eventnet.module import Block, Module, Outlet, Port, PythonModule
    from eventnet.network import Network
    from eventnet.neurons import (
        Accumulator,
        AdaptiveExponential,
        AlphaCurrent,
        BiasFilter,
        BiasNoise,
        BiasSteps,
        BoltzmannUnits,
        ChangeEncoder,
        CurrentSteps,
        DecayingFilters,
        DecayingPoissonDrive,
        DecayingPool,
        DecayingSynapses,
        Delays,
        DeltaSynapses,
        Encoder,
        ExponentialCurrent,
        FlowSums,
        FrameEncoder,
        Herding,
        HodgkinHuxley,
        HopfieldUnits,
        LastSpikes,
        LeakyAlpha,
        LeakyConductance,
        LeakyDelta,
        LeakyExponential,
        LeakyFilters,
        LeakyIntegrate,
        LeakyReadout,
        NoiseCurrent,
        PDDecoder,
        PDEncoder,
        PDLayer,
        PDReadout,
        Poisson,
        PoissonDrive,
        PredictiveEncoder,
        PredictiveLayer,
        Quantizer,
        Readout,
        ReadoutPool,
        Rectified,
        RefreshedFlowSums,
        Relay,
        Rounding,
        RoundingMaxPool,
        RoundingPool,
        RoundingSum,
        Sampler,
        SigmaDelta,
        SigmaDeltaMaxPool,
        SigmaDeltaPool,
        SigmaDeltaSum,
        Sink,
        SpikeCounter,
        SpikeOnce,
        SpikeResponse,
        SpikeSource,
        SteppedLeaky,
        SteppedReadout,
        Summing,
        SumPool,
        sparse_rows,
    )
    from eventnet.order import ORDERS
    from eventnet.rule import Rule, rule
    from eventnet.simulation import Run, Simulation, simulate
    from eventnet.tally import (
        COLUMNS,
        COMPARES,
        INPUT_ADDS,
        LEARNING_ADDS,
        MULTIPLIES,
        NEURON_ADDS,
        READS,
        SYNAPTIC_ADDS,
        WRITES,
        Tally,
    )

__version__ = "0.1.0"

__all__ = [
    "COLUMNS",
    "COMPARES",
    "DELIVERY",
    "DELIVERY_WITH_AMOUNT",
    "EVENT",
    "EVENT_WITH_AMOUNT",
    "INPUT_ADDS",
    "LEARNING_ADDS",
    "MULTIPLIES",
    "NEURON_ADDS",
    "ORDERS",
    "PIXEL_EVENT",
    "READS",
    "SYNAPTIC_ADDS",
    "VALUE_EVENT",
    "WRITES",
    "Accumulator",
    "AdaptiveExponential",
    "AllToAll",
    "AlphaCurrent",
    "Bernoulli",
    "BiasFilter",
    "BiasNoise",
    "BiasSteps",
    "Block",
    "BoltzmannUnits",
    "ByDistance",
    "ChangeEncoder",
    "Clock",
    "CostLedger",
    "CurrentSteps",
    "DecayingFilters",
    "DecayingPoissonDrive",
    "DecayingPool",
    "DecayingSynapses",
    "Delays",
    "DeltaSynapses",
    "Derived",
    "Edges",
    "Encoder",
    "EventnetError",
    "ExponentialCurrent",
    "FixedInDegree",
    "FixedOutDegree",
    "FixedTotalNumber",
    "FlowSums",
    "FrameEncoder",
    "Geometry",
    "Herding",
    "HodgkinHuxley",
    "HopfieldUnits",
    "Indices",
    "Integers",
    "LastSpikes",
    "LeakyAlpha",
    "LeakyConductance",
    "LeakyDelta",
    "LeakyExponential",
    "LeakyFilters",
    "LeakyIntegrate",
    "LeakyReadout",
    "LogNormal",
    "LogTable",
    "Module",
    "Network",
    "NoiseCurrent",
    "Normal",
    "OneToOne",
    "Option",
    "Other",
    "Outlet",
    "PDDecoder",
    "PDEncoder",
    "PDLayer",
    "PDReadout",
    "Packet",
    "Param",
    "Poisson",
    "PoissonDrive",
    "Port",
    "Potential",
    "PredictiveEncoder",
    "PredictiveLayer",
    "PythonModule",
    "Quantizer",
    "Readout",
    "ReadoutPool",
    "Recorded",
    "Recorder",
    "Rectified",
    "RefreshedFlowSums",
    "Relay",
    "Rounding",
    "RoundingMaxPool",
    "RoundingPool",
    "RoundingSum",
    "Rule",
    "Run",
    "Sampler",
    "SigmaDelta",
    "SigmaDeltaMaxPool",
    "SigmaDeltaPool",
    "SigmaDeltaSum",
    "Simulation",
    "Sink",
    "Size",
    "SpikeCounter",
    "SpikeOnce",
    "SpikeResponse",
    "SpikeSource",
    "State",
    "SteppedLeaky",
    "SteppedReadout",
    "SumPool",
    "Summing",
    "Tally",
    "Uniform",
    "Weights",
    "add_and_fire",
    "add_row",
    "add_row_times",
    "analysis",
    "at",
    "cost",
    "count_checks",
    "events",
    "events_from",
    "fire",
    "from_addresses",
    "keep_ledger",
    "log_table",
    "order",
    "record",
    "rule",
    "simulate",
    "sparse_rows",
]


if not _TYPE_CHECKING:  # to a type checker the package has the names that are written above

    def __getattr__(name: str) -> Any:
        """Another package's class. Raises NoSuchName, which says what the name that was guessed is called here."""
        try:
            return neurons.NEURONS.attribute(name, __name__)
        except AttributeError:
            raise guesses.no_such_name(_sys.modules[__name__], "module 'eventnet'", name) from None


if not _starting.BARE:
    old_names.install()
    import_files(neurons.__path__, neurons.__name__)  # last, since a file may use any name above
