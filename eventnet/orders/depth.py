"""Depth first: what the latest reaction emitted, in the order of emission. The engines keep it in a structure of their own."""

from __future__ import annotations

from eventnet.order import DEPTH, Order

ORDER = Order("depth", DEPTH, keeps=True)
