"""Networks of Vogels and Abbott (2005), as Brette et al. (2007) made benchmarks of simulators of them."""

from eventnet.scenarios.vogels_abbott.network import VogelsAbbottNetwork, vogels_abbott_network
from eventnet.scenarios.vogels_abbott.parameters import BENCHMARKS, VogelsAbbottParameters
from eventnet.scenarios.vogels_abbott.run import Benchmark, VogelsAbbottOutcome, simulate_benchmarks

__all__ = [
    "BENCHMARKS",
    "Benchmark",
    "VogelsAbbottNetwork",
    "VogelsAbbottOutcome",
    "VogelsAbbottParameters",
    "simulate_benchmarks",
    "vogels_abbott_network",
]
