"""A ledger of a run: its whole cost, entered under the input events that caused it."""

from __future__ import annotations

import csv
import functools
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.base.summary import Summarized, Summary, amount
from eventnet.base.svg import steps
from eventnet.cost.conventions import price_list
from eventnet.cost.pricing import PriceList, Span
from eventnet.errors import InputError, ModelError, did_you_mean
from eventnet.given import whole_number
from eventnet.io import PixelMap
from eventnet.module import BoundPort
from eventnet.network import Network
from eventnet.simulation import Run, Simulation
from eventnet.tally import ADD_KINDS, COLUMNS, DELIVERIES, Causes, Row, Tally, as_row

TRIGGERING, PROPORTIONAL = "triggering", "proportional"
BLAMES = (TRIGGERING, PROPORTIONAL)
"""Rules of blame: by the chain of causes, or shared among all inputs that moved a unit (see `keep_ledger`)."""

ADD_COLUMNS = list(ADD_KINDS.values())
MEASURES = ("adds", "energy", *COLUMNS)
"""Measures of a cost: all adds, picojoules by a price list (an estimate), or one column of the tally."""

COSTLIEST, STRETCHES = 8, 80
"""Inputs that a repr lists, those that cost most; stretches of time in the small picture of a notebook."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class RecordedPixel(NamedTuple):
    """The event of a recording that became an input: column, row, 1 for ON and 0 for OFF, and time in microseconds."""

    x: int
    y: int
    p: int
    t_us: int


@dataclass(frozen=True)
class Entry:
    """One input event and what is entered under it.

    counts  the columns of a tally; adds: all four kinds; energy: picojoules, an estimate
    energy_comparisons_too  the same with comparisons at the price of an addition, where the list has none for them
    size    deliveries of its cascade, itself included; depth: those between it and the deepest one, that included
    ticks   until its cascade first reached a module that sends nothing on, after: the same in deliveries; None: never
    pixel   of an input that came from a recording
    """

    id: int
    t: int
    port: str
    index: int
    sign: int
    counts: Row
    adds: int
    energy: Span
    energy_comparisons_too: Span
    size: int
    depth: int
    ticks: int | None
    after: int | None
    pixel: RecordedPixel | None = None

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON; x, y, p and t_us where the input came from a recording."""
        own = {name: value for name, value in vars(self).items() if name != "pixel"}
        for name in ("energy", "energy_comparisons_too"):
            own[name] = own[name]._asdict()
        return own | ({} if self.pixel is None else self.pixel._asdict())


@dataclass(frozen=True, repr=False)
class CostLedger(Summarized):
    """The cost of a run by the input events (roots) that caused it; sums over roots and `beyond` equal the tally.

    blame      "triggering": the cost of a delivery belongs to the input that its chain of causes began with;
               "proportional": a spike's cost is shared among all that moved its unit (`keep_ledger`)
    tally      of the whole run
    causes     the inputs that are itemized, and what is entered under each ([n, 11] in `causes.counts`)
    sizes      deliveries of each one's cascade [n], whatever the blame
    ports      names of the network's ports by number; dtype: its number type, by which energy is priced
    branching  for each module: deliveries to it, and deliveries that those caused (children), as far as they were taken
    pixels     of a recording (`en.io.recorded_inputs`): where each pixel lies among the units of its port

    Depths and latencies are those of chains of causes, whatever the blame.
    """

    blame: str
    tally: Tally
    causes: Causes
    sizes: Ints
    ports: tuple[str, ...]
    dtype: str
    branching: Mapping[str, tuple[int, int]]
    pixels: PixelMap | None = None

    @classmethod
    def of(cls, run: Run | Simulation) -> CostLedger:
        """The ledger of a run with `roots=True`: triggering blame. Raises EngineError for a run without."""
        sim = run.simulation if isinstance(run, Run) else run
        causes, tally = sim.causes, sim.tally
        ports, sizes = tuple(tally.ports), causes.counts[:, DELIVERIES].copy()
        return cls(TRIGGERING, tally, causes, sizes, ports, sim.net.dtype, _branching(sim.net, tally, causes))

    def __len__(self) -> int:
        return len(self.causes.ids)

    # --- what it cost ---
    @property
    def inputs(self) -> int:
        """Inputs of the run, those beyond the limit included."""
        return int(self.causes.came[-1])

    def cost(self, what: str = "adds", prices: PriceList | None = None) -> NDArray[Any]:
        """The cost of each input [n], in a measure of MEASURES; energy at typical prices, an estimate."""
        return self.measure(self.causes.counts, what, prices)

    def beyond(self, what: str = "adds", prices: PriceList | None = None) -> dict[str, Any]:
        """The cost of inputs beyond the run's limit, by the port at which they entered."""
        return {port: self.measure(row[None], what, prices)[0].item() for port, row in self.causes.beyond.items()}

    def measure(self, counts: Ints, what: str, prices: PriceList | None = None) -> NDArray[Any]:
        """Counts [n, 11] in a measure [n]. Raises ModelError for one that there is not."""
        if what == "adds":
            return np.asarray(counts[:, ADD_COLUMNS].sum(axis=1))
        if what == "energy":
            return self.energies(counts, prices)[:, 1]
        check_measure(what)
        return np.asarray(counts[:, COLUMNS.index(what)])

    def energies(
        self, counts: Ints | None = None, prices: PriceList | None = None, *, comparisons: bool = False
    ) -> Floats:
        """Picojoules, low, typical and high, [n, 3], of counts [n, 11] (those of the inputs without): an estimate.

        Without `prices`: Horowitz's for the network's number type. comparisons: with comparisons at the price of an
        addition, where the list has none for them.
        """
        priced = _usual(self.dtype, comparisons) if prices is None else _by_column(prices, comparisons)
        return np.asarray((self.causes.counts if counts is None else counts) @ priced)

    def _prices(self, prices: PriceList | None) -> PriceList:
        return price_list(self.dtype) if prices is None else prices

    # --- by cause ---
    def by_sensor(self) -> dict[str, Row]:
        """The columns of the tally by the port at which inputs entered, those beyond the limit included."""
        found = {self.ports[k]: self._at(k).sum(axis=0) for k in np.unique(self.causes.inputs["port"]).tolist()}
        for port, row in self.causes.beyond.items():
            found[port] = found.get(port, 0) + row
        return {port: as_row(found[port].tolist()) for port in self.ports if port in found}

    def _at(self, port: int) -> Ints:
        own: Ints = self.causes.counts[self.causes.inputs["port"] == port]
        return own

    def by_pixel(self, pixels: int | None = None, port: BoundPort | str | None = None) -> Ints:
        """The columns of the tally by the index of the input event, [pixels, 10], for inputs at one port.

        Without `pixels`: up to the highest index that came; without `port`: the one with most inputs. Inputs beyond the
        limit are not in it. Raises InputError for an index beyond `pixels`, or a port that had no inputs.
        """
        if pixels is not None:
            whole_number("pixels", pixels, 0, error=InputError)
        at = self.causes.inputs["port"] == self._number(port)
        index = self.causes.inputs["index"][at]
        n = int(index.max(initial=-1)) + 1
        if pixels is not None and n > pixels:
            raise InputError(f"an input at {self.port_name(port)} has index {n - 1}, but there are {pixels} pixels")
        found = np.zeros((n if pixels is None else pixels, len(COLUMNS)), dtype=np.int64)
        np.add.at(found, index, self.causes.counts[at])
        return found

    def heat(
        self, width: int | None = None, height: int | None = None, what: str = "adds", *,
        port: BoundPort | str | None = None, prices: PriceList | None = None,
    ) -> NDArray[Any]:  # fmt: skip
        """The cost of each pixel of a sensor, [height, width]: index = y * width + x. See `by_pixel` and `cost`.

        Without width and height: of the recording that the inputs came from, in its bins, both polarities together.
        Raises InputError where they came from none.
        """
        if width is None and height is None:
            if self.pixels is None or self._number(port) != self.pixels.port:
                raise InputError(f"nothing says how wide the sensor at {self.port_name(port)} is; wanted width, height")
            counts = self.by_pixel(math.prod(self.pixels.shape), port)
            return self.pixels.picture(self.measure(counts, what, prices))
        for name, size in (("width", width), ("height", height)):
            whole_number(name, size, 1, error=InputError)
        assert width is not None
        assert height is not None
        counts = self.by_pixel(width * height, port)
        return self.measure(counts, what, prices).reshape(height, width)

    def recorded(self, k: NDArray[Any] | slice = slice(None)) -> list[RecordedPixel | None]:
        """The event of the recording that became each input, [n]; None for those that did not come from one."""
        inputs = self.causes.inputs[k]
        if self.pixels is None:
            return [None] * len(inputs)
        events, own = self.pixels.pixels(inputs), inputs["port"] == self.pixels.port
        return [
            RecordedPixel(x, y, int(p), t) if mine else None
            for (t, x, y, p), mine in zip(events.tolist(), own.tolist(), strict=True)
        ]

    def port_name(self, port: BoundPort | str | None = None) -> str:
        """The name of a port; without one, of that with the most inputs."""
        return self.ports[self._number(port)]

    def _number(self, port: BoundPort | str | None) -> int:
        came = np.bincount(self.causes.inputs["port"], minlength=len(self.ports))
        if port is None:
            if not came.any():
                raise InputError("no input of this run is itemized: there is nothing to show by pixel")
            return int(came.argmax())
        name = str(port)
        if name not in self.ports or not came[self.ports.index(name)]:
            had = ", ".join(self.ports[k] for k in np.flatnonzero(came)) or "none"
            raise InputError(f"no itemized input came to {name!r}; ports that had some: {had}")
        return self.ports.index(name)

    def over_time(
        self, bins: int = 100, what: str = "adds", prices: PriceList | None = None
    ) -> tuple[Floats, NDArray[Any]]:
        """The cost of the inputs of each stretch of time: edges in ticks [bins + 1], sums [bins], one or more."""
        whole_number("bins", bins, 1, error=InputError)
        t = self.causes.inputs["t"]
        edges = np.linspace(t.min(initial=0) if len(t) else 0, t.max() + 1 if len(t) else 1, bins + 1)
        at = np.clip(np.searchsorted(edges, t, side="right") - 1, 0, bins - 1)
        counts = np.zeros((bins, len(COLUMNS)), dtype=np.int64)
        np.add.at(counts, at, self.causes.counts)
        return edges, self.measure(counts, what, prices)

    def costliest(self, n: int = 10, what: str = "adds", prices: PriceList | None = None) -> list[Entry]:
        """The n inputs that cost most, the costliest first; of equal ones, the earlier first."""
        places = np.argsort(-self.cost(what, prices), kind="stable")[: whole_number("n", n, 0, error=InputError)]
        return [self.entry(int(k), prices) for k in places]

    def entry(self, k: int, prices: PriceList | None = None) -> Entry:
        """The k-th input, from 0, in the sequence in which they were taken. Raises InputError for one that is not."""
        if not len(self):
            raise InputError("no input of this run is itemized")
        if type(k) is not int or not 0 <= k < len(self):
            k = whole_number("k", k, 0, len(self) - 1, InputError)
        c = self.causes
        t, port, index, sign = c.inputs[k].tolist()
        row = c.counts[k]
        energy, too = (Span(*self.energies(row[None], prices, comparisons=on)[0].tolist()) for on in (False, True))
        ticks, after = (None if at[k] < 0 else int(at[k]) for at in (c.ticks, c.after))
        return Entry(
            int(c.ids[k]), t, self.ports[port], index, sign, as_row(row.tolist()), int(row[ADD_COLUMNS].sum()), energy,
            too, int(self.sizes[k]), int(c.depths[k]), ticks, after, self.recorded(slice(k, k + 1))[0],
        )  # fmt: skip

    # --- how cascades run ---
    def branching_ratio(self, module: str | None = None) -> float:
        """Children of a delivery, on average over all, or over those to one module; nan where there were none.

        1 / (1 - ratio) is the mean size of a cascade, where the run came to its end.
        """
        if module is not None and module not in self.branching:
            raise InputError(f"no module is called {module!r}{did_you_mean(module, self.branching)}")
        pairs = self.branching.values() if module is None else [self.branching[module]]
        deliveries, children = (sum(pair[k] for pair in pairs) for k in range(2))
        return children / deliveries if deliveries else float("nan")

    # --- telling ---
    def _summary(self) -> Summary:
        count = f"{amount(len(self), 'input')}" + (f" of {self.inputs:,}" if len(self) < self.inputs else "")
        title = f"CostLedger, {self.blame} blame: {count}, {self.tally.adds:,} adds, {self.tally.spikes:,} spikes"
        costliest = [(e.id, e.t, e.port, e.index, e.sign, e.adds, e.size, e.depth) for e in self.costliest(COSTLIEST)]
        return Summary(
            title, ("input", "t", "port", "index", "sign", "adds", "deliveries", "depth"), costliest, self._drawn
        )

    def _drawn(self) -> str:
        edges, sums = self.over_time(STRETCHES)
        ends = f"{edges[0]:,.0f}", f"{edges[-1] - 1:,.0f} ticks"
        return steps(sums.tolist(), *ends, "adds by time of the input") if len(self) else ""

    def to_dict(self, top: int = 10, what: str = "adds", prices: PriceList | None = None) -> dict[str, Any]:
        """The whole account, ready for JSON, with the `top` costliest inputs; energy in picojoules, an estimate."""
        # What enters at an end needs no time to get there.
        priced, heard = self._prices(prices), self.causes.after > 0
        sensors = {port: {**row, "adds": _adds(row)} for port, row in self.by_sensor().items()}
        return {
            "blame": self.blame,
            "inputs": self.inputs,
            "itemized": len(self),
            "totals": self.tally.totals(),
            "adds": self.tally.adds,
            "energy": priced.estimate(self.tally).to_dict(),
            "by sensor": sensors,
            "beyond the limit": {port: as_row(row.tolist()) for port, row in self.causes.beyond.items()},
            "cost of an input": {"in": what, **_summary(self.cost(what, prices))},
            "size of a cascade": _summary(self.sizes),
            "depth of a cascade": _summary(self.causes.depths),
            "deepest beyond the limit": dict(self.causes.depths_beyond),
            "branching ratio": _finite(self.branching_ratio()),
            "branching ratio by module": {m: _finite(self.branching_ratio(m)) for m in self.branching},
            "reached an end": int(heard.sum()),
            "ticks to an end": _summary(self.causes.ticks[heard]),
            "deliveries to an end": _summary(self.causes.after[heard]),
            "costliest": [entry.to_dict() for entry in self.costliest(top, what, prices)],
        }

    def to_csv(self, prices: PriceList | None = None) -> str:
        """A line for each input, then one for each port with inputs beyond the limit (without id); picojoules.

        Inputs from a recording have its x, y, p and t_us (microseconds) in the last columns.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        names = ("adds", "low_pJ", "typical_pJ", "high_pJ", "typical_pJ_comparisons_too")
        cascade = ("size", "depth", "ticks_to_end", "deliveries_to_end")
        origin = () if self.pixels is None else RecordedPixel._fields
        writer.writerow(["id", "t", "port", "index", "sign", *COLUMNS, *names, *cascade, *origin])
        c, adds, energies = self.causes, self.cost("adds"), self._four_energies(self.causes.counts, prices)
        blank, found = [""] * len(origin), self.recorded()
        for k, (t, port, index, sign) in enumerate(c.inputs.tolist()):
            ends = ["" if at[k] < 0 else int(at[k]) for at in (c.ticks, c.after)]
            own = [*c.counts[k].tolist(), int(adds[k]), *energies[k].tolist(), int(self.sizes[k]), int(c.depths[k])]
            writer.writerow([int(c.ids[k]), t, self.ports[port], index, sign, *own, *ends, *(found[k] or blank)])
        for name, row in c.beyond.items():
            energy = self._four_energies(row[None], prices)[0].tolist()
            own = [*row.tolist(), int(row[ADD_COLUMNS].sum()), *energy, int(row[DELIVERIES]), c.depths_beyond[name]]
            writer.writerow(["", "", name, "", "", *own, "", "", *blank])
        return text.getvalue()

    def _four_energies(self, counts: Ints, prices: PriceList | None) -> Floats:
        """Low, typical, high, and typical with comparisons priced, [n, 4]."""
        found: Floats = np.c_[self.energies(counts, prices), self.energies(counts, prices, comparisons=True)[:, 1]]
        return found


def check_measure(what: str) -> None:
    """Raises ModelError for a name that is not in MEASURES."""
    if what not in MEASURES:
        raise ModelError(f"no cost is counted in {what!r}{did_you_mean(what, MEASURES)}")


@functools.cache
def _usual(dtype: str, comparisons: bool) -> Floats:
    """Picojoules of each column at the usual prices of a number type."""
    return _by_column(price_list(dtype), comparisons)


def _by_column(prices: PriceList, comparisons: bool) -> Floats:
    return by_column(prices.with_comparisons() if comparisons else prices)


def by_column(prices: PriceList) -> Floats:
    """Picojoules of one operation of each column of a tally, low, typical and high, [10, 3]."""
    found = np.array([prices.span(name) for name in COLUMNS])
    found[ADD_COLUMNS] += np.array(prices.span("adds"))
    return found


def _branching(net: Network, tally: Tally, causes: Causes) -> dict[str, tuple[int, int]]:
    """Deliveries to each module, and those that came from it."""
    found = {module.name: [0, 0] for module in net.modules}
    for port, row in tally.by_port().items():
        found[port.rpartition(".")[0]][0] += row["deliveries"]
    senders = [module.name for module in net.modules for _ in module.outlets]
    for sender, came in zip(senders, causes.came.tolist()):
        found[sender][1] += came
    return {name: (deliveries, children) for name, (deliveries, children) in found.items()}


def _adds(row: Row) -> int:
    return sum(row[f"{kind}_adds"] for kind in ADD_KINDS)


def _summary(values: NDArray[Any]) -> dict[str, Any]:
    """Mean, median, 90% and most of some numbers; None where there are none."""
    if not len(values):
        return dict.fromkeys(("mean", "median", "90%", "most"))
    median, high = np.percentile(values, [50, 90])
    return {"mean": float(values.mean()), "median": float(median), "90%": float(high), "most": values.max().item()}


def _finite(value: float) -> float | None:
    return value if value == value else None
