"""How the events of a sensor become inputs of a network."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Never

import numpy as np

from eventnet.errors import InputError
from eventnet.event import EVENT, PIXEL_EVENT, VALUE_EVENT, Events, from_addresses
from eventnet.intake import ColumnNames, is_events, records_from, trains_of
from eventnet.simulation import Simulation

if TYPE_CHECKING:
    from eventnet.module import BoundPort

OURS = (EVENT, PIXEL_EVENT, VALUE_EVENT)


class Translation:
    """From what a sensor sends to inputs: at a port, index y * width + x, or into a module that takes values.

    rows: of the module that values go into. name: of the sensor, for errors. columns, unit: for what is no record of
    this package, as in `en.events_from`.
    """

    def __init__(
        self, simulation: Simulation, port: BoundPort | None, width: int | None, rows: UpdateRows | None, name: str,
        columns: ColumnNames | None = None, unit: str | None = None,
    ) -> None:  # fmt: skip
        self.port, self.width, self.name = port, width, name
        self.find, self.columns, self.unit = simulation.net.port, columns, unit
        self.rows = rows

    def records(self, events: Any) -> Events:
        """Events as records of this package, whose times can be looked at: most are already, and stay as they are."""
        if isinstance(events, np.ndarray) and events.dtype in OURS:
            return events
        if not is_events(events) and self.columns is None:
            self._refuse(events)
        port = None if trains_of(events) is None else self.port
        try:
            return records_from(events, self.find, columns=self.columns, unit=self.unit, port=port)
        except InputError as error:
            raise InputError(f"{self.name}: {error}") from error

    def __call__(self, events: Events) -> Events:
        """Records of this package as EVENT records."""
        if events.dtype == EVENT:
            return events
        if events.dtype == PIXEL_EVENT and self.port is not None and self.width is not None:
            return from_addresses(events["t"], events["x"], events["y"], events["p"], width=self.width, port=self.port)
        if events.dtype == VALUE_EVENT and self.rows is not None:
            return self.rows.take(events)
        self._refuse(events)

    def _refuse(self, events: Any) -> Never:
        sent = events.dtype if isinstance(events, np.ndarray) else type(events).__name__
        raise InputError(
            f"{self.name} sent {sent}; wanted EVENT, or PIXEL_EVENT with a port and a width, or VALUE_EVENT with "
            "a module to go into, or what en.events_from takes"
        )


class UpdateRows:
    """Rows of a module's block of updates, used in turn: a row is free again when its instant is over.

    All sensors that go into a module share them.
    """

    def __init__(self, simulation: Simulation, module: Any) -> None:
        self.simulation, self.port = simulation, int(module.value)
        self.module, self.held = module, simulation.store.find(module, "updates")
        self.next, self.used = 0, 0
        self.taken: deque[tuple[int, int]] = deque()

    def take(self, events: Events) -> Events:
        """Write new values into free rows; the inputs that name these rows."""
        while self.taken and self.taken[0][0] < self.simulation.time:
            self.used -= self.taken.popleft()[1]
        n, room = len(events), len(self.held)
        wrong = np.flatnonzero(~np.isfinite(events["value"]))
        if len(wrong):
            t, index, value = events[wrong[0]].tolist()
            raise InputError(f"{self.module!r} was told {value} for input {index} at {t} us; wanted finite numbers")
        if self.used + n > room:
            raise InputError(
                f"{self.module!r} has room for {room} updates at a time, but {self.used + n} wait: make the block "
                "larger or the packets shorter"
            )
        rows = (self.next + np.arange(n)) % room
        self.held[rows, 0], self.held[rows, 1] = events["index"], events["value"]
        self.next, self.used = (self.next + n) % room, self.used + n
        self.taken.append((int(events["t"][-1]), n))
        made = np.zeros(n, dtype=EVENT)
        made["t"], made["port"], made["index"], made["sign"] = events["t"], self.port, rows, 1
        return made
