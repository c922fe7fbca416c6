"""Models: each builds a Network, trains it, and nothing else; only public names of eventnet are used."""

from eventnet.models.conventional import ConventionalNetwork, ConvSpec, DenseSpec
from eventnet.models.deep_spiking_network import DeepSpikingNetwork, Trajectory
from eventnet.models.relu import ReluNetwork

__all__ = ["ConvSpec", "ConventionalNetwork", "DeepSpikingNetwork", "DenseSpec", "ReluNetwork", "Trajectory"]
