"""The cost of a run as a flow from the ports at which inputs entered to the modules at which it arose."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.cost import PriceList
from eventnet.cost.ledger import by_column
from eventnet.event import Events
from eventnet.network import Network
from eventnet.report.causes import causes, source_of
from eventnet.report.delivery_counts import DeliveryCounts
from eventnet.tally import ADD_KINDS, DELIVERIES, N_COLUMNS, Tally

ADD_COLUMNS = list(ADD_KINDS.values())

Ints = NDArray[np.int64]


def flow(log: Events, net: Network, tally: Tally, counted: DeliveryCounts, prices: PriceList) -> dict[str, Any]:
    """Streams from sources to modules, for JSON: [source, module, deliveries, adds, pJ, pJ with comparisons].

    Deliveries are those of the log. Adds and energies (typical prices, twelve digits) are of the whole run, None where
    it is not known at what each source's deliveries caused them. If all deliveries at a port go back to one source,
    its row of the tally is that source's; where several met there, the operations of each delivery tell.
    """
    ports, modules = [str(port) for port in net.ports()], [port.module.name for port in net.ports()]
    source, port, deliveries = _pairs(log, len(ports))
    counts = _counts(log, tally, counted, source, port, deliveries)
    adds = _sums(counts, np.isin(np.arange(N_COLUMNS), ADD_COLUMNS).astype(np.int64))
    if adds is None and counted.adds is not None:
        adds = _summed(log, counted.adds, source, port, len(ports))
    compared = by_column(prices.with_comparisons())[:, 1]
    measured = {"deliveries": deliveries, "adds": adds, "energy": _sums(counts, by_column(prices)[:, 1])}
    measured["comparisons too"] = _sums(counts, compared)
    streams: dict[tuple[int, str], dict[str, Any]] = {}
    for k, pair in enumerate(zip(source.tolist(), port.tolist(), strict=True)):
        own = streams.setdefault((pair[0], modules[pair[1]]), dict.fromkeys(measured, 0))
        for name, values in measured.items():
            own[name] = None if values is None else own[name] + values[k].item()
    for own in streams.values():
        for name in ("energy", "comparisons too"):
            own[name] = None if own[name] is None else float(f"{own[name]:.12g}")
    return {
        "whole": counted.whole,
        "streams": [[source_of(at, ports), module, *own.values()] for (at, module), own in streams.items()],
    }


def _pairs(log: Events, ports: int) -> tuple[Ints, Ints, Ints]:
    """Sources and ports [n] of which there are deliveries, and how many."""
    found: dict[int, int] = {}
    for _, lines, cause in causes(log):
        keys, counts = np.unique((cause // 2) * ports + lines["port"], return_counts=True)
        for key, n in zip(keys.tolist(), counts.tolist(), strict=True):
            found[key] = found.get(key, 0) + n
    keys = np.array(sorted(found), np.int64)
    source, port = np.divmod(keys, max(1, ports))
    return source, port, np.array([found[key] for key in keys.tolist()], np.int64)


def _counts(
    log: Events, tally: Tally, counted: DeliveryCounts, source: Ints, port: Ints, deliveries: Ints
) -> Ints:  # fmt: skip
    """A row of the tally for each pair [n, 11]; -1 where it is not known."""
    found = np.full((len(port), N_COLUMNS), -1, np.int64)
    if not counted.whole:
        return found
    rows = np.array([list(row.values()) for row in tally.by_port().values()], np.int64).reshape(-1, N_COLUMNS)
    alone = np.bincount(port, minlength=len(rows))[port] == 1
    found[alone] = rows[port[alone]]
    found[:, DELIVERIES] = deliveries
    for column in range(N_COLUMNS):
        mixed = ~alone & (found[:, column] < 0)
        found[mixed & (rows[port, column] == 0), column] = 0
        if (mixed & (rows[port, column] != 0)).any() and (each := counted.column(column)) is not None:
            found[:, column] = _summed(log, each, source, port, len(rows))
    return found


def _sums(counts: Ints, of: NDArray[Any]) -> NDArray[Any] | None:
    """Each row [n] as so much of each column [11]; None where one that matters is not known."""
    return None if (counts[:, of != 0] < 0).any() else counts @ of


def _summed(log: Events, each: Ints, source: Ints, port: Ints, ports: int) -> Ints:
    """Sums of a number of each delivery [deliveries] over pairs [n], which ascend."""
    pairs, found = source * ports + port, np.zeros(len(source), np.int64)
    for begin, lines, cause in causes(log):
        at = np.searchsorted(pairs, (cause // 2) * ports + lines["port"])
        np.add.at(found, at, each[begin : begin + len(lines)])
    return found
