"""First in, first out: in the order of emission. The engines keep it in a structure of their own."""

from __future__ import annotations

from eventnet.order import FIFO, Order

ORDER = Order("fifo", FIFO, keeps=True)
