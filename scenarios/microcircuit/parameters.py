"""Every number of the microcircuit, a table for each part (see `parameter_file`). A key's name ends in its unit.

The constants are those of T. C. Potjans and M. Diesmann, Cerebral Cortex 24 (2014), as NEST's program has them
(pynest/examples/Potjans_2014/network_params.py), with its first potentials by population ("optimized").
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from eventnet.errors import ModelError
from eventnet.scenarios.shared.parameter_file import Checked, entry

POPULATIONS = ("L2/3E", "L2/3I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
SIZES = np.array([20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
EXTERNAL = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
"""External inputs of a neuron."""
RATES_HZ = np.array([0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829])
"""Mean rates of the full network, of one run of NEST: what inputs that a smaller one lacks are made up by."""
FIRST_MV = np.array([-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43])
FIRST_SPREAD_MV = np.array([5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48])
CONNECTED = np.array([
    [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0000, 0.0076, 0.0000],
    [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0000, 0.0042, 0.0000],
    [0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0000],
    [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0000, 0.1057, 0.0000],
    [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0000],
    [0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0000],
    [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
    [0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443],
])  # fmt: skip
"""The probability that two neurons are joined by one synapse or more, [target, source]."""
DOUBLED = (0, 2)
"""The projection whose weights are twice the others: from L4E to L2/3E."""


@dataclass(frozen=True)
class MicrocircuitRunTable(Checked):
    """How long, and from when on it is looked at."""

    seed: int = entry(1, "of synapses, first potentials and drives", 0, 2**32 - 1)
    duration_ms: float = entry(1500.0, "simulated time", 10.0, 1e7)
    measured_from_ms: float = entry(500.0, "rates and CV are of what comes after", 0.0, 1e7)
    scale: float = entry(0.1, "of neurons, and of the inputs of each; lost inputs are made up by a current", 0.01, 1.0)

    dtype: str = entry("float64", "numbers of the network; float32 takes 4 bytes less a synapse; default with --full")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dtype not in ("float32", "float64"):
            raise ModelError(f"dtype is {self.dtype!r}; wanted float32 or float64")
        if self.measured_from_ms >= self.duration_ms:
            raise ModelError(f"measured_from_ms is {self.measured_from_ms}, of {self.duration_ms} ms")


@dataclass(frozen=True)
class MicrocircuitNeuronTable(Checked):
    """All neurons alike."""

    tau_ms: float = entry(10.0, "time constant of the membrane", 1e-3, 1e6)
    current_ms: float = entry(0.5, "time constant of synaptic currents", 1e-3, 1e6)
    rest_mv: float = entry(-65.0, "where the potential is left alone", -1e6, 1e6)
    threshold_mv: float = entry(-50.0, "potential at which a neuron fires", -1e6, 1e6)
    reset_mv: float = entry(-65.0, "where a spike leaves it", -1e6, 1e6)
    refractory_ms: float = entry(2.0, "after a spike", 0.0, 1e6)


@dataclass(frozen=True)
class MicrocircuitSynapseTable(Checked):
    """Weights and delays are normally distributed, cut off at 0 and at a tick."""

    psp_mv: float = entry(0.15, "the peak of what one excitatory spike moves a potential by", 1e-9, 1e6)
    g: float = entry(4.0, "an inhibitory spike takes off g times as much", 0.0, 1e6)
    weight_spread: float = entry(0.1, "standard deviation of weights, of their mean", 0.0, 1.0)
    excitatory_delay_ms: float = entry(1.5, "mean", 1e-3, 1e6)
    inhibitory_delay_ms: float = entry(0.75, "mean", 1e-3, 1e6)
    delay_spread: float = entry(0.5, "standard deviation of delays, of their mean", 0.0, 1.0)
    external_hz: float = entry(8.0, "rate of each external input", 0.0, 1e6)


@dataclass(frozen=True)
class MicrocircuitParameters:
    """All tables."""

    run: MicrocircuitRunTable = field(default_factory=MicrocircuitRunTable)
    neuron: MicrocircuitNeuronTable = field(default_factory=MicrocircuitNeuronTable)
    synapse: MicrocircuitSynapseTable = field(default_factory=MicrocircuitSynapseTable)

    def __post_init__(self) -> None:
        if self.neuron.tau_ms == self.neuron.current_ms:
            raise ModelError("[neuron] has tau_ms and current_ms alike; wanted two numbers")

    @staticmethod
    def ticks(ms: float) -> int:
        """Whole ticks of 0.1 ms."""
        return round(10 * ms)
