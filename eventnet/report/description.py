"""The content of a report as plain data: everything that the page shows, and nothing that it does not."""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.log_pieces import pieces
from eventnet.analysis.order_sensitivity import KEEPING, order_sensitivity
from eventnet.analysis.orders import OrderOutcome
from eventnet.cost import PriceList, price_list, price_lists, prices
from eventnet.cost.decay import cheaper_decay
from eventnet.cost.pricing import Estimate
from eventnet.errors import DataError
from eventnet.event import Events, inputs_of
from eventnet.network import Network
from eventnet.report.cascades import DELIVERIES, cascades
from eventnet.report.curves import Curve, Mark
from eventnet.report.delivery_counts import DeliveryCounts
from eventnet.report.flow import flow
from eventnet.report.layout import layout
from eventnet.report.paths import merged
from eventnet.report.raster import raster
from eventnet.report.recorded import recorded
from eventnet.simulation import Run, Simulation
from eventnet.tally import ADD_KINDS, COLUMNS, Tally

FORMAT = "eventnet-report-1"
MODULES = 120
"""Modules that are drawn; the busiest ones, where there are more."""
ANALYSED = 200
"""The most modules of a network whose graph is analysed: `order_sensitivity` goes down chains by recursion."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Panel:
    """Another tally to show beside the run's: of a whole test, say. Counts are divided by `n`, and `unit` says so."""

    title: str
    tally: Tally
    n: int = 1
    unit: str = ""


def describe(
    run: Run | Simulation, *, title: str = "A run of eventnet", about: Sequence[str] = (),
    manifest: Mapping[str, Any] | None = None, adds: Ints | None = None, orders: Sequence[OrderOutcome] = (),
    panels: Sequence[Panel] = (), curves: Sequence[Curve] = (), marks: Sequence[Mark] = (), about_curves: str = "",
    prices: PriceList | None = None, limit: int = DELIVERIES, counted: Tally | None = None, counts: Ints | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Everything that the page of a run shows, ready for JSON.

    run       a finished run that kept its log (`record`); with `roots=True` the costs of its input events are told too
    about     paragraphs of plain text for the head of the page
    manifest  what `eventnet.cli.results.manifest` gives; of the running script without
    adds      adds of each delivery (`eventnet.analysis.count_adds`), for the cascades; may end before the log does
    orders    what `eventnet.analysis.orders` found on the same inputs
    curves    errors against costs (`curves_of` makes them of guesses), with `marks` beside them and words about them
    panels    further tallies to be shown as the run's is; of any network
    prices    of the estimate of energy; Horowitz's for the network's number type without
    limit     deliveries of cascades to hold; what is left out is said
    counts    operations of each delivery (`eventnet.analysis.count_operations`) in place of `adds`: with them energy
              flows from sensors to modules, too
    counted   tally by roots of the same run, where the one that kept its log counted none: a log keeps all roots in
              memory, a run without one up to its `root_limit`

    Raises EngineError for a run without a log and DataError for a limit below 1.
    """
    if limit < 1:
        raise DataError(f"a report holds 1 delivery or more, not {limit}")
    sim = run.simulation if isinstance(run, Run) else run
    net, tally = sim.net, sim.tally if counted is None else counted
    log = sim.log
    listed = prices or price_list(net.dtype)
    known = DeliveryCounts(log, net, tally, counts, adds)
    each = known.first_adds if known.adds is None else known.adds
    shown = cascades(log, net, tally, each, limit)
    first = shown["first"]
    described = {
        "format": FORMAT,
        "title": title,
        "about": list(about),
        "manifest": _manifest(sim, manifest),
        "run": {
            "order": sim.order.name, "inputs": shown["inputs"], "before the log": first, "logged": len(log),
            "first": int(log["t"][0]) if len(log) else None, "last": int(log["t"][-1]) if len(log) else None,
            "idle": sim.idle, **tally.totals(), "adds": tally.adds,
        },
        "columns": list(COLUMNS),
        "ports": [
            {"name": name, "module": str(port.module.name), **row}
            for port, (name, row) in zip(net.ports(), tally.by_port().items(), strict=True)
        ],
        "outlets": [{"name": str(outlet), "module": outlet.module.name} for outlet in net.outlets()],
        "graph": graph(net, log, tally),
        "costs": [_panel(Panel("This run", tally), listed), *(_panel(panel, listed) for panel in panels)],
        "prices": {"name": listed.name, "source": listed.source},
        "energy": [_estimate(listed.estimate(tally)), *_estimates(tally, listed)],
        "raster": raster(log, net),
        "recorded": recorded(sim),
        "cascades": shown,
        "flow": flow(log, net, tally, known, listed),
        "flames": merged(log, net, known.adds),
        "orders": [{k: _finite(v) for k, v in outcome.to_dict().items()} for outcome in orders],
        "order_sensitivity": None if len(net.modules) > ANALYSED else _order_sensitivity(sim, log),
        "curves": {
            "curves": [curve.to_dict() for curve in curves], "marks": [mark.to_dict() for mark in marks],
            "about": about_curves,
        },
    }  # fmt: skip
    described["notes"] = [*notes(described), *cheaper_decay(sim), *_beyond(shown["inputs"], counted)]
    return described


def notes(described: Mapping[str, Any]) -> list[str]:
    """Sentences on the parts of the run that the page leaves out; none where it leaves nothing out."""
    run, shown = described["run"], described["cascades"]
    found = []
    if not run["idle"]:
        found.append("The run had not come to its end: events still waited in its queue.")
    if run["before the log"]:
        found.append(
            f"The log begins at delivery {run['before the log']:,}: raster, traffic and cascades are of the last "
            f"{run['logged']:,} deliveries; counts and costs are of the whole run."
        )
    if shown["inputs"] > len(shown["events"]):
        found.append(
            f"Of {shown['inputs']:,} input events {len(shown['events']):,} are listed: the "
            f"{len(shown['costliest'])} costliest, and the first ones."
        )
    cut = sum(event["held"] < event["deliveries"] for event in shown["events"])
    if cut:
        found.append(
            f"Of {run['logged']:,} deliveries the page holds {shown['held']:,} one by one; the cascades of {cut:,} "
            "listed input events are cut short or left out."
        )
    left = described["raster"]["ports left out"]
    if left:
        found.append(f"The raster leaves out the {left:,} ports at which least arrived.")
    if described["order_sensitivity"] is None:
        found.append(f"What order can change by the graph alone is given for networks of up to {ANALYSED} modules.")
    more = described["graph"]["modules left out"]
    if more:
        found.append(f"The drawing of the network leaves out the {more:,} modules with the fewest deliveries.")
    return found


def _beyond(inputs: int, counted: Tally | None) -> list[str]:
    """That not every input has a cost, in words."""
    itemized = inputs if counted is None else len(counted.root_arrays()[0])
    if itemized >= inputs:
        return []
    return [f"Adds by input event were counted of the first {itemized:,}: the costliest are the costliest of these."]


def graph(net: Network, log: Events, tally: Tally) -> dict[str, Any]:
    """Modules with their places and counts, wires with their traffic, and links that join modules, for a drawing."""
    ports, outlets = list(net.ports()), list(net.outlets())
    number = {module.name: k for k, module in enumerate(net.modules)}
    rows = {module.name: dict.fromkeys([*COLUMNS, "adds"], 0) for module in net.modules} | _by_module(tally)
    traffic = np.zeros((len(outlets) + 1, len(ports)), np.int64)
    for _, lines in pieces(log):
        np.add.at(traffic, (lines["source"] + 1, lines["port"]), 1)
    busy = sorted(number, key=lambda name: -rows[name]["deliveries"])[:MODULES]
    drawn = [module for module in net.modules if module.name in set(busy)]
    wires = _wires(net, traffic)
    at = {module.name: k for k, module in enumerate(drawn)}
    links: dict[tuple[int, int], int] = {}
    for wire in wires:
        if wire["from"] in at and wire["to"] in at:
            pair = at[wire["from"]], at[wire["to"]]
            links[pair] = links.get(pair, 0) + wire["traffic"]
    placed = layout(len(drawn), list(links))
    fed = traffic[0]
    return {
        "modules": [
            {
                "name": module.name, "kind": type(module).__name__, "units": module.units,
                "x": placed.places[k][0], "y": placed.places[k][1], **rows[module.name],
                "inputs": int(sum(fed[int(port)] for port in ports if port.module is module)),
            }
            for k, module in enumerate(drawn)
        ],
        "links": [
            {"from": a, "to": b, "traffic": n, "back": (a, b) in placed.back, "through": placed.through.get((a, b), ())}
            for (a, b), n in links.items()
        ],
        "wires": wires,
        "modules left out": len(net.modules) - len(drawn),
    }  # fmt: skip


def _wires(net: Network, traffic: Ints) -> list[dict[str, Any]]:
    """Wires by their ends, and predictions. A log does not tell parallel wires apart: they are one, with all delays."""
    found: dict[tuple[int, int], dict[str, Any]] = {}
    numbers = {str(outlet): k for k, outlet in enumerate(net.outlets())}
    ends = [(w.source, w.target, w.delay, w.settled) for w in net.wires]
    for outlet, port, delay, settled in [*ends, *((o, p, 0, False) for o, p in net.predictions())]:
        pair = numbers[str(outlet)], int(port)
        wire = found.setdefault(
            pair,
            {
                "from": outlet.module.name, "outlet": outlet.name, "to": port.module.name, "port": port.name,
                "delays": [], "settled": settled, "traffic": int(traffic[pair[0] + 1, pair[1]]),
            },
        )  # fmt: skip
        if delay not in wire["delays"]:
            wire["delays"].append(delay)
    return list(found.values())


@dataclass(frozen=True)
class _Inputs:
    """The inputs that a log holds, in packets."""

    log: Events

    def packets(self) -> Iterator[Events]:
        """EVENT [n]."""
        for _, lines in pieces(self.log):
            found = inputs_of(lines[lines["parent"] < 0])
            if len(found):
                yield found


def _finite(value: Any) -> Any:
    """A number that JSON knows, or None; a score may be no number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _order_sensitivity(sim: Simulation, log: Events) -> dict[str, Any]:
    return {**order_sensitivity(sim.net, _Inputs(log), coalesce=sim.options["coalesce"]).to_dict(), "keeps": KEEPING}


def _manifest(sim: Simulation, given: Mapping[str, Any] | None) -> dict[str, Any]:
    own = sim.manifest()
    versions = {name: own.pop(name) for name in ("eventnet", "numpy", "numba", "python")}
    command = shlex.join([Path(sys.argv[0] or "python").name, *sys.argv[1:]])
    found = dict(given or {"command_line": command, "options": {}, "versions": versions})
    return {**found, "simulation": {**own, **{k: v for k, v in sim.options.items() if k not in own}}}


# --- costs ---
def _by_module(tally: Tally) -> dict[str, dict[str, int]]:
    """Counts of each module, and its adds; a module's name may have a point in it, a port's has none."""
    found: dict[str, dict[str, int]] = {}
    for name, row in tally.by_port().items():
        sums = found.setdefault(name.rpartition(".")[0], dict.fromkeys([*COLUMNS, "adds"], 0))
        for column, value in row.items():
            sums[column] += value
        sums["adds"] += sum(row[f"{kind}_adds"] for kind in ADD_KINDS)
    return found


def _panel(panel: Panel, listed: PriceList) -> dict[str, Any]:
    """A tally by module and cause, each count divided by the panel's n."""
    modules = []
    for name, row in _by_module(panel.tally).items():
        alone = Tally([name], [[row[column] for column in COLUMNS]])
        shares = {k: _share(v, panel.n) for k, v in row.items()}
        modules.append({"name": name, **shares, **_energies(alone, panel, listed)})
    totals = {**panel.tally.totals(), "adds": panel.tally.adds}
    return {
        "title": panel.title, "unit": panel.unit, "n": panel.n, "modules": modules,
        "totals": {k: _share(v, panel.n) for k, v in totals.items()},
        **_energies(panel.tally, panel, listed),
    }  # fmt: skip


def _energies(tally: Tally, panel: Panel, listed: PriceList) -> dict[str, Any]:
    """Picojoules of a tally, low, typical and high, and typical with comparisons too, divided by the panel's n."""
    found = listed.estimate(tally)
    return {
        "energy": [value / panel.n for value in found.total], "comparisons too": found.comparisons_too.typical / panel.n
    }  # fmt: skip


def _share(value: int, n: int) -> float:
    return value if n == 1 else value / n


def _estimates(tally: Tally, but: PriceList) -> list[dict[str, Any]]:
    """Estimates by every price list that ships with eventnet, except the one that comes first."""
    lists = [prices(name) for name in price_lists()]
    return [_estimate(one.estimate(tally)) for one in lists if one.name != but.name]


def _estimate(found: Estimate) -> dict[str, Any]:
    low, typical, high = found.total
    return {
        "prices": found.prices, "low": low, "typical": typical, "high": high,
        "comparisons too": found.comparisons_too.typical,
        "unpriced": dict(found.unpriced), "unsure": list(found.unsure),
    }  # fmt: skip
