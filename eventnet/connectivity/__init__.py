"""Sparse connectivity with weights and delays: small descriptions of synapses, which are seeded and saved so."""

from eventnet.connectivity.descriptions import (
    CONNECTIVITIES,
    AllToAll,
    Bernoulli,
    ByDistance,
    Connectivity,
    Edges,
    FixedInDegree,
    FixedOutDegree,
    FixedTotalNumber,
    OneToOne,
    described_again,
    of_matrix,
)
from eventnet.connectivity.projection import Projection
from eventnet.connectivity.values import DISTRIBUTIONS, Distribution, LogNormal, Normal, Uniform, draw_key

__all__ = [
    "CONNECTIVITIES",
    "DISTRIBUTIONS",
    "AllToAll",
    "Bernoulli",
    "ByDistance",
    "Connectivity",
    "Distribution",
    "Edges",
    "FixedInDegree",
    "FixedOutDegree",
    "FixedTotalNumber",
    "LogNormal",
    "Normal",
    "OneToOne",
    "Projection",
    "Uniform",
    "described_again",
    "draw_key",
    "of_matrix",
]
