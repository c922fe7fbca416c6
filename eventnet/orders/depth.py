"""Depth first: what the latest reaction emitted, in the order of emission; kept in a structure of the engines."""

from __future__ import annotations

from eventnet.order import DEPTH, Order

ORDER = Order("depth", DEPTH, keeps=True)
