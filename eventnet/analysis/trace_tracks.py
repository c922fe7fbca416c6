"""The tracks of a trace: one for each module, with a slice for each delivery and an arrow from cause to effect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from eventnet.analysis.trace_times import Integers, Scale, us
from eventnet.event import Events, lines_of
from eventnet.network import Network


class Tracks:
    """Lines of JSON with the tracks of one process, for one piece of its log after the other.

    process is its number among `processes`; times [n] has room for when each delivery of the log is.
    """

    def __init__(
        self, name: str, log: Events, net: Network, scale: Scale, process: int, processes: int, times: Integers
    ) -> None:
        self.name, self.log, self.scale, self.times = name, log, scale, times
        self.process, self.processes, self.pid = process, processes, process + 1
        self.arrows, self.first = 0, int(log["id"][0]) if len(log) else 0
        # Viewers take a track's number for its own in the whole trace, and one that is its process's for the main
        # thread's: no two tracks share a number, and none has a process's.
        begin = processes + 1 + process * len(net.modules)
        self.tracks = {module.name: begin + k for k, module in enumerate(net.modules)}
        ports = list(net.ports())
        self.modules = [port.module.name for port in ports]
        self.tids = [self.tracks[module] for module in self.modules]
        dur = us(scale.slot * 8 // 10)
        self.heads = [
            f'{{"ph":"X","pid":{self.pid},"tid":{tid},"dur":{dur},"name":{json.dumps(port.name)[:-1]}'
            for port, tid in zip(ports, self.tids, strict=True)
        ]
        # The last is that of inputs, whose source is -1.
        self.sources = [*(json.dumps(str(outlet)) for outlet in net.outlets()), '"input"']

    def names(self) -> Iterator[str]:
        """Lines with the names of the process and its tracks, and with the order in which they stand."""
        yield self._metadata("process_name", None, name=self.name)
        for place, (module, tid) in enumerate(self.tracks.items()):
            yield self._metadata("thread_name", tid, name=module)
            yield self._metadata("thread_sort_index", tid, sort_index=place)

    def _metadata(self, name: str, tid: int | None, /, **args: Any) -> str:
        track = {} if tid is None else {"tid": tid}
        return json.dumps({"ph": "M", "pid": self.pid, **track, "name": name, "args": args}, separators=(",", ":"))

    def slices(self, begin: int, part: Events, at: Integers) -> list[str]:
        """A slice for each delivery, 8 tenths of its slot, on the track of its module."""
        self.times[begin : begin + len(part)] = at
        return [
            f'{self.heads[port]}[{index}] {s:+d}","ts":{ns // 1000}.{ns % 1000:03d},"args":{{"delivery":{number},'
            f'"parent":{parent},"root":{root},"t":{t},"from":{self.sources[source]}}}}}'
            for ns, (number, parent, root, t, source, port, index, s) in zip(at.tolist(), lines_of(part), strict=True)
        ]

    def arrows_to(self, part: Events, at: Integers) -> list[str]:
        """An arrow to each delivery whose cause is in the trace, from the middle of one slice to that of the other.

        Its beginning is written beside its end: what a delivery will cause is not known when it is written.
        """
        effects = np.flatnonzero(part["parent"] >= self.first)
        causes = part["parent"][effects] - self.first
        middle = self.scale.slot * 4 // 10
        columns = (
            part["id"][effects], self.log["port"][causes], part["port"][effects],
            self.times[causes] + middle, at[effects] + middle,
        )  # fmt: skip
        self.arrows += len(effects)
        lines = []
        for number, cause, effect, begin, end in zip(*(column.tolist() for column in columns), strict=True):
            # A number for each arrow of the whole trace.
            same = f'"pid":{self.pid},"id":{number * self.processes + self.process},"cat":"cause","name":"cause"'
            lines.append(f'{{"ph":"s",{same},"tid":{self.tids[cause]},"ts":{us(begin)}}}')
            lines.append(f'{{"ph":"f","bp":"e",{same},"tid":{self.tids[effect]},"ts":{us(end)}}}')
        return lines
