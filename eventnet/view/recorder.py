"""Looks at a run at equal times: what sensors sent since the last look, what was delivered and added, what waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from eventnet.clock import Clock
from eventnet.errors import InputError
from eventnet.event import Events
from eventnet.given import whole_number
from eventnet.simulation import Simulation
from eventnet.tally import ADD_KINDS, Row, Tally
from eventnet.view.look import EVERY_US, LookWriter, RunLook, Shown

Drive = Callable[[Simulation, int | None], object]
"""Lets a simulation run up to a time, as its `run(until)` does."""


class RunRecorder:
    """Looks at a simulation each `every_us` microseconds, and hands what it sees to sinks.

        with RunRecorder(FoxgloveFile("run.mcap")) as recorder:
            recorder.on_clock(clock, Shown({"camera": SensorStream("events", 64, 48)}))
            clock.run()

    On a clock it looks by itself. Without one, `begin` it, run the simulation in parts, and `look` after each. The
    simulation must not go elsewhere meanwhile. drive: lets it run, in place of `Simulation.run`; it may wait, and go in
    steps. Raises InputError for a period below a microsecond.
    """

    def __init__(self, *sinks: LookWriter, every_us: int = EVERY_US, drive: Drive = Simulation.run) -> None:
        self.sinks: Sequence[LookWriter] = sinks
        self.every_us = whole_number("every_us", every_us, 1, error=InputError)
        self.looks, self._drive = 0, drive
        self._simulation: Simulation | None = None
        self._heard: dict[str, list[Events]] = {}

    def __enter__(self) -> RunRecorder:
        return self

    def __exit__(self, kind: object, *of: object) -> None:
        if kind is None:
            self.finish()
        for sink in self.sinks:
            sink.close(whole=kind is None)

    def begin(self, simulation: Simulation, shown: Shown | None = None, *, tick_us: float = 1.0) -> None:
        """Look at this simulation from now on; tick_us: microseconds of a tick."""
        if self._simulation is not None:
            raise InputError("a recorder watches one run; make another for another run")
        self._simulation, self._shown, self._tick_us = simulation, shown or Shown(), tick_us
        self._last_us, self._tally = round(simulation.time * tick_us), simulation.tally
        self._heard = {name: [] for name in self._shown.streams}
        self._by_input = simulation.options["roots"] and simulation.options["root_limit"] == 0

    def on_clock(self, clock: Clock, shown: Shown | None = None) -> None:
        """Hear what the sensors of a clock send, and look at each multiple of the period from its start on."""
        self.begin(clock.simulation, shown)
        self._last_us = clock.start
        clock.drive = self._drive
        clock.listeners.append(self.hear)
        clock.sample(self.look, self.every_us, keep=1)

    def run(self, until: int) -> None:
        """Let the simulation that was begun run up to a tick."""
        assert self._simulation is not None
        self._drive(self._simulation, until)

    def hear(self, name: str, records: Events) -> None:
        """Records that a sensor has sent; those of sensors that are not shown are passed over.

        Raises InputError for records that are not what its stream says.
        """
        if name in self._heard and len(records):
            self._shown.streams[name].check(name, records)
            self._heard[name].append(records)

    def look(self, t_us: int | None = None) -> None:
        """Write what is seen now; nothing where no time has passed since the last look.

        t_us: the time to write, of a run in which everything happens at one time.
        """
        sim = self._simulation
        assert sim is not None
        t_us = round(sim.time * self._tick_us) if t_us is None else t_us
        if t_us <= self._last_us:
            return
        shown, tally = self._shown, sim.tally
        more, seconds = tally - self._tally, 1e-6 * (t_us - self._last_us)
        rates = {port: row["deliveries"] / seconds for port, row in more.by_port().items()}
        adds = _a_second(more.by_module(), seconds)
        by_input = self._by_cause(tally, seconds) if self._by_input else {}
        self._write(RunLook(
            self._last_us, t_us, shown.streams, {name: self._taken(name, t_us) for name in self._heard}, rates, adds,
            sim.queued, shown.answers(t_us) if shown.answers else {}, shown.pose(t_us) if shown.pose else None,
            shown.pictures(t_us) if shown.pictures else {}, by_input,
        ))  # fmt: skip
        self._last_us, self._tally = t_us, tally

    def take(self, looks: Iterable[RunLook]) -> None:
        """Write looks that were made elsewhere, such as those at a recording."""
        for look in looks:
            self._write(look)

    def finish(self) -> None:
        """Look once more where the run ended between two looks."""
        if self._simulation is not None and self._simulation.status == "idle":
            self.look()

    def _by_cause(self, tally: Tally, seconds: float) -> dict[str, float]:
        """Additions a second since the last look by the port at which their cause came in."""
        now, before = (_a_second(one.beyond_roots(), seconds) for one in (tally, self._tally))
        return {port: adds - before.get(port, 0.0) for port, adds in now.items()}

    def _write(self, look: RunLook) -> None:
        self.looks += 1
        for sink in self.sinks:
            sink.write(look)

    def _taken(self, name: str, t_us: int) -> Events:
        """Take the records that a sensor has sent before t_us, and that were not taken yet."""
        parts = self._heard[name]
        if not parts:
            return np.empty(0, [("t", np.int64)])
        whole = np.concatenate(parts) if len(parts) > 1 else parts[0]
        k = int(np.searchsorted(whole["t"], t_us))
        self._heard[name] = [whole[k:]] if k < len(whole) else []
        return whole[:k]


def _a_second(rows: Mapping[str, Row], seconds: float) -> dict[str, float]:
    """Additions of each row."""
    return {name: sum(row[f"{kind}_adds"] for kind in ADD_KINDS) / seconds for name, row in rows.items()}
