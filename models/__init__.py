"""Models: each builds a Network, trains it, and nothing else; only public names of eventnet are used."""

from eventnet.models.deep_spiking_network import DeepSpikingNetwork, Trajectory
from eventnet.models.relu import ReluNetwork

__all__ = ["DeepSpikingNetwork", "ReluNetwork", "Trajectory"]
