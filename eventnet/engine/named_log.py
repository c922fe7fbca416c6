"""The event log and what recorders found as tables with names, for data frames, Parquet files and spike trains."""

from __future__ import annotations

from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.columns import ColumnTable, named, neo_block
from eventnet.engine.log_file import read_log
from eventnet.engine.recorders import Recorded, Recorder
from eventnet.engine.sampling import Recorders
from eventnet.errors import DataError, InputError
from eventnet.event import Events
from eventnet.given import whole_number
from eventnet.module import Module
from eventnet.network import Network

if TYPE_CHECKING:
    import neo


class LogTable(ColumnTable):
    """Columns [n] by name, a line for each delivery; `pandas.DataFrame(table)` and `polars.DataFrame(table)` take it.

    id, parent, root, t, source, port, index, sign   the log's own numbers, as in `DELIVERY`
    module, kind, port_name                          where it was delivered: module, its class, "module.port"
    outlet                                           the outlet it left, "module.outlet"; "" for an input
    """

    def __repr__(self) -> str:
        rows = len(self["id"])
        return f"<LogTable, {rows:,} deliveries: {', '.join(self)}>"

    def to_neo(self) -> neo.Block:
        """A block of neo: a spike train for each unit of a port that was delivered to, a tick as a microsecond.

        A train has the annotations `port` (its number), `port_name`, `module`, `kind` and `index`, and for each spike
        the array annotations `sign`, `id`, `parent`, `root` and `source`. Raises DataError where neo is absent, and
        for times of 2^53 us or more, which a train's floats do not hold.
        """
        block = neo_block("event log")
        import neo

        t = self["t"]
        if len(t) and int(np.abs(t).max()) >= 1 << 53:
            raise DataError(f"the log has times up to {int(np.abs(t).max()):,} us; spike trains hold those below 2^53")
        span = {"t_start": float(t.min()), "t_stop": float(t.max()) + 1} if len(t) else {}
        order = np.lexsort((self["index"], self["port"]))
        port, index = self["port"][order], self["index"][order]
        cuts = np.flatnonzero((np.diff(port) != 0) | (np.diff(index) != 0)) + 1
        for first, end in pairwise([0, *cuts.tolist(), len(order)] if len(order) else []):
            block.segments[0].spiketrains.append(self._train(neo, order[first:end], span))
        return block

    def _train(self, neo: Any, rows: NDArray[np.intp], span: dict[str, float]) -> Any:
        port, index = int(self["port"][rows[0]]), int(self["index"][rows[0]])
        said = {name: self[name][rows[0]] for name in ("port_name", "module", "kind")}
        return neo.SpikeTrain(
            self["t"][rows].astype(np.float64), units="us", **span, name=f"{said['port_name']}[{index}]",
            array_annotations={name: self[name][rows] for name in ("sign", "id", "parent", "root", "source")},
            port=port, index=index, **said,
        )  # fmt: skip


def log_table(log: Events | str | Path, net: Network) -> LogTable:
    """A log with names, such as `Simulation.table` gives: of an array of DELIVERY, or of a file that a run wrote.

    net: the network that the log is of. Raises DataError for a file that is absent or damaged, and for a log that
    names ports or outlets which the network does not have.
    """
    found = read_log(log)
    ports, outlets = list(net.ports()), list(net.outlets())
    for name, known, least in (("port", ports, 0), ("source", outlets, -1)):
        if len(found) and not (least <= found[name].min() and found[name].max() < len(known)):
            wrong = found[name].min() if found[name].min() < least else found[name].max()
            raise DataError(
                f"the log names {name} {wrong}; the network has {name}s up to {len(known) - 1}: another one's?"
            )
    names = {
        "module": [port.module.name for port in ports],
        "kind": [type(port.module).__name__ for port in ports],
        "port_name": [str(port) for port in ports],
    }
    columns = {name: found[name] for name in found.dtype.names or ()}
    columns |= {name: named(of_ports, found["port"]) for name, of_ports in names.items()}
    return LogTable(columns | {"outlet": named([*map(str, outlets), ""], found["source"])})


class Tabled:
    """Base of what has run: its event log, and what recorders found, as tables with names."""

    net: Network

    def _recorders(self, what: str) -> Recorders:
        whole: Any = getattr(self, "simulation", self)
        found: Recorders = whole.recorders
        found.refuse(what)
        return found

    @property
    def log(self) -> Events:
        """The event log, an array of DELIVERY."""
        raise NotImplementedError

    @overload
    def table(self) -> LogTable: ...
    @overload
    def table(self, which: Recorder | Module | str, name: str | None = None) -> Recorded: ...
    @overload
    def table(self, which: None = None, *, name: str) -> Recorded: ...
    def table(self, which: Recorder | Module | str | None = None, name: str | None = None) -> LogTable | Recorded:
        """The event log as columns [deliveries] by name, with the names of modules, ports and outlets: a LogTable.

        With a recorder, or a module and what is recorded of it ("cells", "phi"), what that recorder found: `recorded`.
        Raises as `log` does, or as `recorded`.
        """
        if which is None and name is None:
            return log_table(self.log, self.net)
        return self.recorded(which, name)

    def to_parquet(
        self, path: str | PathLike[str], which: Recorder | Module | str | None = None, name: str | None = None
    ) -> Path:
        """Write `table()`, or the table of a recorder, `table(which, name)`, to a Parquet file, and give its path.

        Raises as `table` does, and DataError where pyarrow is absent or the file cannot be written.
        """
        found = self.table() if which is None and name is None else self.recorded(which, name)
        return found.to_parquet(path)

    def recorded(
        self, which: Recorder | Module | str | None = None, name: str | None = None, *, since: int = 0
    ) -> Recorded:
        """Spikes or samples of a recorder so far: the recorder itself, or its module and what it records; without, the
        only one. since: number of the first spikes or samples to leave out, for a caller that has them. Raises
        EngineError where that names none, or several, and while the simulation runs, InputError for a `since` below 0.
        """
        whole_number("since", since, 0, error=InputError)
        return self._recorders("recorded()").recorded(which, name, since)

    def all_recorded(self) -> list[Recorded]:
        """Spikes or samples of each recorder so far, in the order in which they were given."""
        return [one.recorded() for one in self._recorders("all_recorded()").parts]

    def to_neo(self) -> neo.Block:
        """Spike trains of neo of `table()`, see `LogTable.to_neo`, and with them what recorders have found."""
        block = self.table().to_neo()
        for one in self.all_recorded():
            one.into(block.segments[0])
        return block
