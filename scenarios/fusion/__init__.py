"""A camera of events and a gyroscope put together: the network, its weights and how they are trained."""

from eventnet.scenarios.fusion.network import FusionNetwork, FusionWeights, Head

__all__ = ["FusionNetwork", "FusionWeights", "Head"]
