"""eventnet: a discrete-event simulator for asynchronous spiking networks.

    import eventnet as en
    net = en.Network(dtype="float32")

Nothing is compiled at import.
"""

from pathlib import Path as _Path

# An editable install finds this folder through a link. In a clone `models` and `scenarios` stand one level up.
_here = _Path(__file__).resolve().parent
__path__[:] = [str(_here)]
if (_here.parent / "pyproject.toml").exists():
    __path__.append(str(_here.parent))

import eventnet.starting  # noqa: F401 (before all that takes long to import)

# isort: split

from eventnet import analysis, cost, old_names, order
from eventnet.clock import Clock, Packet
from eventnet.cost import CostLedger, keep_ledger
from eventnet.errors import EventnetError
from eventnet.event import DELIVERY, EVENT, PIXEL_EVENT, VALUE_EVENT, events, from_addresses
from eventnet.kernels.patches import Geometry
from eventnet.module import Block, Module, Outlet, Port, PythonModule
from eventnet.network import Network
from eventnet.neurons import (
    Accumulator,
    AlphaCurrent,
    ChangeEncoder,
    DecayingFilters,
    DecayingPool,
    Encoder,
    ExponentialCurrent,
    FrameEncoder,
    Herding,
    LastSpikes,
    LeakyFilters,
    LeakyIntegrate,
    LeakyReadout,
    PDDecoder,
    PDEncoder,
    PDLayer,
    PDReadout,
    Poisson,
    PredictiveEncoder,
    PredictiveLayer,
    Quantizer,
    Readout,
    ReadoutPool,
    Rectified,
    Relay,
    Rounding,
    RoundingPool,
    Sampler,
    SigmaDelta,
    SigmaDeltaPool,
    Sink,
    SpikeCounter,
    SpikeResponse,
    Summing,
    sparse_rows,
)
from eventnet.order import ORDERS
from eventnet.potential import Potential
from eventnet.rule import Rule, rule
from eventnet.simulation import Run, Simulation, simulate
from eventnet.tally import COLUMNS, Tally

__version__ = "0.1.0"

__all__ = [
    "COLUMNS",
    "DELIVERY",
    "EVENT",
    "ORDERS",
    "PIXEL_EVENT",
    "VALUE_EVENT",
    "Accumulator",
    "AlphaCurrent",
    "Block",
    "ChangeEncoder",
    "Clock",
    "CostLedger",
    "DecayingFilters",
    "DecayingPool",
    "Encoder",
    "EventnetError",
    "ExponentialCurrent",
    "FrameEncoder",
    "Geometry",
    "Herding",
    "LastSpikes",
    "LeakyFilters",
    "LeakyIntegrate",
    "LeakyReadout",
    "Module",
    "Network",
    "Outlet",
    "PDDecoder",
    "PDEncoder",
    "PDLayer",
    "PDReadout",
    "Packet",
    "Poisson",
    "Port",
    "Potential",
    "PredictiveEncoder",
    "PredictiveLayer",
    "PythonModule",
    "Quantizer",
    "Readout",
    "ReadoutPool",
    "Rectified",
    "Relay",
    "Rounding",
    "RoundingPool",
    "Rule",
    "Run",
    "Sampler",
    "SigmaDelta",
    "SigmaDeltaPool",
    "Simulation",
    "Sink",
    "SpikeCounter",
    "SpikeResponse",
    "Summing",
    "Tally",
    "analysis",
    "cost",
    "events",
    "from_addresses",
    "keep_ledger",
    "order",
    "rule",
    "simulate",
    "sparse_rows",
]

old_names.install()
