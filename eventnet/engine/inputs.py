"""Checks of inputs: their values and their order. Each is looked at once, since many small packets may be sent."""

from __future__ import annotations

from typing import Any

from eventnet.kernels.compiling import compiled

SOONEST, LATEST = -(2**61), 2**61
DISORDER, UNREADY = 1, 2


@compiled
def first_bad(events: Any, accepts: Any, time: int) -> int:
    """The place of the first event of EVENT records that cannot be taken; -1 where all are right.

    accepts: int64 [ports], how many indices each port takes. time: what has been reached.
    """
    for k in range(len(events)):
        event = events[k]
        t, port, index, sign = event["t"], event["port"], event["index"], event["sign"]
        if t < time or not SOONEST < t < LATEST or (sign != 1 and sign != -1):
            return k
        if port < 0 or port >= len(accepts) or index < 0 or index >= accepts[port]:
            return k
    return -1


@compiled
def lay_out(events: Any, at: int, t: Any, port: Any, code: Any, root: Any, number: int, address: Any) -> int:
    """Write events into the arrays from place `at` on; DISORDER and UNREADY, added up, where they are so.

    number: of the first of them among all inputs. DISORDER: not in order of time, then of port. UNREADY: some are for a
    port whose address is below 0.
    """
    found, last_t, last_port = 0, SOONEST, 0
    for k in range(len(events)):
        event = events[k]
        now, to, index = event["t"], event["port"], event["index"]
        t[at + k], port[at + k], root[at + k] = now, to, number + k
        code[at + k] = index if event["sign"] > 0 else ~index
        if now < last_t or (now == last_t and to < last_port):
            found |= DISORDER
        if address[to] < 0:
            found |= UNREADY
        last_t, last_port = now, to
    return found
