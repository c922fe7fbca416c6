"""Pictures of a run of one's own: what arrived where and when, and what each module cost.

Each function draws into the axes `ax`, or into a figure of its own, and returns the axes. In a notebook,
`raster(run, ax=plt.gca())` is shown; `raster(run).figure.savefig("raster.png")` writes a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from eventnet.analysis.spike_trains import SpikeTrains
from eventnet.errors import InputError
from eventnet.module import BoundPort
from eventnet.plotting.axes import adds_by_layer
from eventnet.plotting.style import BLUE, RED, blank, heading, legend, plain
from eventnet.simulation import Run, Simulation
from eventnet.tally import ADD_KINDS, Tally

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def raster(
    run: Run | Simulation | SpikeTrains | Mapping[str, SpikeTrains], ports: Sequence[BoundPort | str] | None = None, *,
    begin: int | None = None, end: int | None = None, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Deliveries at each port of a run with `record=True`, a mark a delivery: index against time.

    Ports lie one below another in the order that is given, or that of their numbers, those at which something arrived;
    index 0 of each is at its top. begin, end: deliveries from this tick on, and before that one. In place of a run,
    spike trains of one population, or of several by their names (`SpikeTrains.of`): a mark a spike.

    Raises EngineError for a run that kept no log, and InputError for a port that there is not.
    """
    if isinstance(run, SpikeTrains | Mapping):
        return _rasters(*_of_trains(run, ports, begin, end), "spikes", ax)
    sim = run.simulation if isinstance(run, Run) else run
    log, numbers = sim.log, {str(port): k for k, port in enumerate(sim.net.ports())}
    accepts = [port.accepts or 1 for port in sim.net.ports()]
    if begin is not None:
        log = log[log["t"] >= begin]
    if end is not None:
        log = log[log["t"] < end]
    for port in ports or ():
        if str(port) not in numbers:
            raise InputError(f"no port of this run is called {str(port)!r}; there are {', '.join(numbers)}")
    arrived = np.bincount(log["port"], minlength=len(numbers))
    names = [name for name, k in numbers.items() if arrived[k]] if ports is None else [str(port) for port in ports]
    parts = [log[log["port"] == numbers[name]] for name in names]
    units = [max(accepts[numbers[n]], int(p["index"].max(initial=0)) + 1) for n, p in zip(names, parts, strict=True)]
    return _rasters(names, parts, units, "deliveries", ax)


def _of_trains(
    given: SpikeTrains | Mapping[str, SpikeTrains], names: Sequence[BoundPort | str] | None, begin: int | None,
    end: int | None,
) -> tuple[list[str], list[Any], list[int]]:  # fmt: skip
    """Names, spikes and units of populations; all spikes are drawn as +1."""
    found = {"spikes": given} if isinstance(given, SpikeTrains) else dict(given)
    chosen = [*found] if names is None else [str(name) for name in names]
    if unknown := set(chosen) - set(found):
        raise InputError(f"no population is called {sorted(unknown)[0]!r}; there are {', '.join(found)}")
    parts = []
    for one in (found[name] for name in chosen):
        inside = (one.t >= (one.begin if begin is None else begin)) & (one.t < (one.end if end is None else end))
        made = np.ones(int(inside.sum()), dtype=[("t", np.int64), ("index", np.int64), ("sign", np.int8)])
        made["t"], made["index"] = one.t[inside], one.unit[inside]
        parts.append(made)
    return chosen, parts, [found[name].units for name in chosen]


def _rasters(names: list[str], parts: list[Any], units: list[int], what: str, ax: Axes | None) -> Axes:
    """Marks of records with t, index and sign, one population below another."""
    axes = blank(height=1.0 + min(max(0.5 * len(names) + sum(units) / 60, 1.5), 9)).subplots() if ax is None else ax
    # As many units of the axis between two ports for any size: a tenth of all.
    gap = max(1, sum(units) // (10 * max(len(units), 1)))
    tops = np.cumsum([0, *(n + gap for n in units)])
    for sign, colour, name in ((1, BLUE, "+1"), (-1, RED, "−1")):
        chosen = [part[part["sign"] == sign] for part in parts]
        t = np.concatenate([part["t"] for part in chosen]) if chosen else np.empty(0)
        if len(t):
            row = np.concatenate([part["index"] + top for part, top in zip(chosen, tops.tolist())])
            axes.plot(t, row, "|", color=colour, markersize=4, markeredgewidth=0.8, label=name)
    for top in tops[1:-1].tolist():
        axes.axhline(top - (gap + 1) / 2, color="#bbbbbb", linewidth=0.7)
    middles = [top + (n - 1) / 2 for top, n in zip(tops.tolist(), units)]
    axes.set_yticks(middles, [f"{name} ({n:,})" for name, n in zip(names, units, strict=True)])
    axes.set(xlabel="time, ticks", ylim=(max(tops[-1] - gap, 0), -1))
    axes.tick_params(axis="y", length=0)
    heading(axes, f"{sum(map(len, parts)):,} {what}")
    if any((part["sign"] < 0).any() for part in parts):
        legend(axes, "above")
    plain(axes, grid="x")
    return axes


def population_rate(trains: SpikeTrains, bin_ticks: int, *, ax: Axes | None = None) -> Axes:
    """Spikes a second and unit of a population over time, in bins of so many ticks; time is in ms.

    Raises InputError for a bin that is no whole number of ticks, 1 or more, or longer than the trains.
    """
    found, ms = trains.population_rate(bin_ticks), 1000 * trains.tick_s
    axes = blank(height=2.6).subplots() if ax is None else ax
    edges = ms * (trains.begin + bin_ticks * np.arange(len(found) + 1))
    axes.stairs(found, edges, color=BLUE, linewidth=0.9)
    axes.set(xlabel="time, ms", ylabel="rate, Hz", xlim=(edges[0], edges[-1]), ylim=(0, None))
    plain(axes)
    return axes


def adds_by_module(what: Run | Simulation | Tally, *, ax: Axes | None = None) -> Axes:
    """Adds of each module, by cause, as bars in thousands; modules that added nothing are left out."""
    tally = what if isinstance(what, Tally) else what.tally
    found = {
        module: {kind: float(row[f"{kind}_adds"]) for kind in ADD_KINDS} for module, row in tally.by_module().items()
    }
    found = {name: adds for name, adds in found.items() if any(adds.values())} or found
    axes = adds_by_layer(found, ax=ax)
    axes.set_xlabel("adds, thousands")
    heading(axes, f"{tally.adds:,} adds")
    causes = [f"{kind} adds" for kind, adds in tally.by_kind().items() if adds]
    bars = {str(bar.get_label()): bar for bar in axes.containers}
    if causes:
        handles = [bars[cause] for cause in causes]
        legend(axes, "above", handles=handles, labels=causes, ncols=4)
    return axes
