"""Breadth first: batch after batch of an outlet, wire by wire. Kept in a structure of the engines."""

from __future__ import annotations

from eventnet.order import BREADTH, Order

ORDER = Order("breadth", BREADTH, keeps=True)
