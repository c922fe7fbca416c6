"""Learning: rules that write weights, and the modules that bring errors to them.

A file of this folder is imported with it. Classes of other packages are imported when they are asked for: they stand in
the entry point group `eventnet.learning`, each under its name (`Own = "package.module:Own"`). All are found as
`eventnet.learning.Class`; the names below are those that type checkers know.
"""

from typing import Any

from eventnet.base.listing import Listing, classes_in, import_files
from eventnet.learning.continuous_units import ContinuousUnits, HeldInputs, InnerContinuousUnits
from eventnet.learning.gradient import (
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
    Update,
)
from eventnet.learning.level_units import InnerLevelUnits, LevelUnits
from eventnet.learning.normalize import Normalize
from eventnet.learning.on_synapses import Plastic
from eventnet.learning.proportional import PDError, PDInbox, PDOutput
from eventnet.learning.restricted import RestrictedStdp
from eventnet.learning.reward import Reward, tags_now
from eventnet.learning.sparse_normalize import SparseNormalize
from eventnet.learning.sparse_stdp import SparseDynamicStdp, SparsePairStdp
from eventnet.learning.sparse_target import SparseInstar, SparseTraceTarget
from eventnet.learning.sparse_triplet import SparseTripletStdp
from eventnet.learning.spike_kernels import (
    Side,
    difference_kernel,
    dynamic_kernel,
    predictive_kernel,
    stdp_kernel,
    sum_online,
    sum_over_pairs,
    symmetric_kernel,
)
from eventnet.learning.spikeprop import HiddenErrors, TargetErrors, TimeErrors
from eventnet.learning.stdp import DynamicStdp, PairStdp
from eventnet.learning.synapses import Future, Past, Recon, Stdp, Synapses
from eventnet.learning.target import Instar, TraceTarget
from eventnet.learning.temporal import FsgdTemporal
from eventnet.learning.triplet import TripletStdp
from eventnet.learning.tsodyks_markram import TsodyksMarkram
from eventnet.module import Module

import_files(__path__, __name__)

LEARNING = Listing("learning rule", "eventnet.learning", lambda: classes_in(__name__, Module.registry.values()))
"""All learning rules by name, those that other packages bring included."""

__all__ = [
    "LEARNING",
    "Columns",
    "ContinuousUnits",
    "DynamicStdp",
    "ErrorCounter",
    "Fsgd",
    "FsgdInteger",
    "FsgdSmooth",
    "FsgdTemporal",
    "Future",
    "HeldInputs",
    "HiddenErrors",
    "InnerContinuousUnits",
    "InnerLevelUnits",
    "InputSum",
    "Instar",
    "Layer",
    "LevelUnits",
    "Normalize",
    "PDError",
    "PDInbox",
    "PDOutput",
    "PairStdp",
    "Past",
    "Plastic",
    "ReadLayer",
    "Recon",
    "RestrictedStdp",
    "Reward",
    "Sgd",
    "SgdSmooth",
    "Side",
    "SparseDynamicStdp",
    "SparseInstar",
    "SparseNormalize",
    "SparsePairStdp",
    "SparseTraceTarget",
    "SparseTripletStdp",
    "Stdp",
    "Synapses",
    "TargetErrors",
    "TimeErrors",
    "TraceTarget",
    "TripletStdp",
    "TsodyksMarkram",
    "Update",
    "difference_kernel",
    "dynamic_kernel",
    "predictive_kernel",
    "stdp_kernel",
    "sum_online",
    "sum_over_pairs",
    "symmetric_kernel",
    "tags_now",
]


def __getattr__(name: str) -> Any:
    return LEARNING.attribute(name, __name__)
