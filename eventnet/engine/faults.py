"""Messages of both engines for a run that cannot go on."""

from __future__ import annotations

import numpy as np

from eventnet.engine.state import Store
from eventnet.engine.wire_rings import ring_behind
from eventnet.kernels.records import BAD_PREDICTION, BAD_SPIKE, BEYOND_TIME, TOO_MANY_SPIKES
from eventnet.module import BoundPort
from eventnet.network import Network
from eventnet.order import Order
from eventnet.tally import DELIVERIES


def fault(port: BoundPort, code: int, t: int, index: int) -> str:
    """The message for a rule's error code."""
    where = f"port {port} at t={t}, index {index}"
    if code == TOO_MANY_SPIKES:
        return f"{where}: more than {port.module.most_spikes():,} spikes in one reaction; raise the module's most="
    if code == BAD_SPIKE:
        return f"{where}: the rule made a spike whose index, outlet, amount or delay it cannot have"
    if code == BAD_PREDICTION:
        return f"{where}: the rule predicted for a unit that cannot, or for a time that is not a number"
    if code == BEYOND_TIME:
        return f"{where}: the rule made or predicts a spike for tick 2^62 or later; infinity means never"
    return f"{where}: {port.module.errors.get(code, f'error code {code}')}"


def beyond_time(port: BoundPort, t: int) -> str:
    """A wire leads out of the range of time."""
    return f"port {port} at t={t}: a delay leads from there to tick 2^62 or later"


def with_place(error: BaseException, port: BoundPort, t: int, index: int) -> BaseException:
    """An exception that came out of a reaction, with a note that says of which."""
    error.add_note(f"in the reaction of port {port} at t={t}, index {index}")
    return error


def unsettled(net: Network, store: Store, coalesce: str | None, budget: int, t: int) -> str:
    """The message for an instant without rest: the busiest module, and the ring of wires that it is on or behind.

    Deliveries are those of the whole run: the ring is that of the instant unless another one was busier before.
    """
    ports = list(net.ports())
    busiest = int(np.argmax(store.tally[: len(ports), DELIVERIES]))
    ring = " -> ".join(map(repr, ring_behind(net, coalesce, busiest)))
    around = f"; spikes can go round without delay: {ring}" if ring else ""
    return (
        f"{budget:,} deliveries at t={t} without coming to rest; the busiest module is "
        f"{ports[busiest].module.name!r}{around}"
    )


def bad_phase(order: Order, phase: int) -> str:
    """A key returned a phase that is not its to give."""
    return f"order {order.name!r} returned phase {phase}; a key's phase is negative, or 2 and more"
