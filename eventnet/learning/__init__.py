"""Learning: rules that write weights, and the modules that bring errors to them."""

from eventnet.learning.backward import Columns, ErrorCounter, Layer, ReadLayer
from eventnet.learning.gradient import Fsgd, FsgdInteger, FsgdSmooth, Sgd, SgdSmooth, Update
from eventnet.learning.proportional import PDError, PDInbox, PDOutput
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
from eventnet.learning.synapses import Future, Past, Recon, Stdp, Synapses

__all__ = [
    "Columns",
    "ErrorCounter",
    "Fsgd",
    "FsgdInteger",
    "FsgdSmooth",
    "Future",
    "Layer",
    "PDError",
    "PDInbox",
    "PDOutput",
    "Past",
    "ReadLayer",
    "Recon",
    "Sgd",
    "SgdSmooth",
    "Side",
    "Stdp",
    "Synapses",
    "Update",
    "difference_kernel",
    "dynamic_kernel",
    "predictive_kernel",
    "stdp_kernel",
    "sum_online",
    "sum_over_pairs",
    "symmetric_kernel",
]
