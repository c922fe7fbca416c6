"""Brunel's sparse network of excitatory and inhibitory integrate-and-fire neurons (Brunel 2000), and its regimes."""

from eventnet.scenarios.brunel.network import BrunelNetwork, brunel_network
from eventnet.scenarios.brunel.parameters import BrunelParameters
from eventnet.scenarios.brunel.run import BrunelOutcome, Regime, simulate_regimes

__all__ = ["BrunelNetwork", "BrunelOutcome", "BrunelParameters", "Regime", "brunel_network", "simulate_regimes"]
