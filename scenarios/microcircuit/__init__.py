"""The cortical microcircuit of Potjans and Diesmann (2014): four layers, of excitatory and inhibitory neurons each."""

from eventnet.scenarios.microcircuit.network import Microcircuit, microcircuit_network
from eventnet.scenarios.microcircuit.parameters import POPULATIONS, MicrocircuitParameters
from eventnet.scenarios.microcircuit.run import MicrocircuitOutcome, simulate_microcircuit

__all__ = [
    "POPULATIONS",
    "Microcircuit",
    "MicrocircuitOutcome",
    "MicrocircuitParameters",
    "microcircuit_network",
    "simulate_microcircuit",
]
