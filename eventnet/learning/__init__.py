"""Learning: rules that write weights, and the modules that bring errors to them."""

from eventnet.learning.backward import Columns, ErrorCounter, Layer, ReadLayer
from eventnet.learning.gradient import Fsgd, FsgdInteger, FsgdSmooth, Sgd, SgdSmooth, Update

__all__ = [
    "Columns",
    "ErrorCounter",
    "Fsgd",
    "FsgdInteger",
    "FsgdSmooth",
    "Layer",
    "ReadLayer",
    "Sgd",
    "SgdSmooth",
    "Update",
]
