"""Breadth first: batch after batch of an outlet, wire by wire. The engines keep it in a structure of their own."""

from __future__ import annotations

from eventnet.order import BREADTH, Order

ORDER = Order("breadth", BREADTH, keeps=True)
