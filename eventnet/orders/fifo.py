"""First in, first out: in the order of emission. Kept in a structure of the engines."""

from __future__ import annotations

from eventnet.order import FIFO, Order

ORDER = Order("fifo", FIFO, keeps=True)
