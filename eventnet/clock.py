"""One time line for sensors and a network: SimPy's environment and an engine, in whole microseconds.

A sensor is a generator that yields *packets*: events of the time since its last packet, and the time up to which it
has now told everything. The engine runs up to the earliest of these times, and is handed what lies before it sensor by
sensor, so that a packet's size changes nothing in the results. A generator may also yield anything SimPy waits for, and
`clock.reached(t)`: the moment at which the network has taken everything before t, when its outputs may be read (a
closed loop; packets must then be no longer than the loop's delay).

    clock = en.Clock(simulation)
    clock.play(camera(), layer.spikes, width=128)      # packets of PIXEL_EVENT, VALUE_EVENT or EVENT
    clock.run(until=1_000_000)
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Generator, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from eventnet.base.guesses import Guessed
from eventnet.engine.access import Translation, UpdateRows, in_time, whole_tick
from eventnet.errors import InputError
from eventnet.event import Events
from eventnet.intake import ColumnNames, is_events
from eventnet.simulation import Simulation

if TYPE_CHECKING:
    import simpy

    from eventnet.module import BoundPort

FOREVER, BEYOND = 2**61, 2**63 - 1
WINDOW = 10_000
"""Microseconds of a table's events that are sent at once: results do not depend on it."""


class Packet(NamedTuple):
    """Events from the last packet's `until` to this one's (which is not in it any more), in order of time.

    They are records of this package, or what `en.events_from` takes.
    """

    until: int
    events: Any


Sensor = Generator[Any, Any, None]
"""A sensor: a generator of `Packet`s and of whatever else a SimPy process may wait for."""


class WindowedSensor(Protocol):
    """Anything that says what it has seen, window by window, from a time on."""

    begin_us: float

    def packets(self, window_us: float, until_us: float | None = None) -> Iterator[Events]:
        """Events in order of time, one array a window of window_us from begin_us on; the last ends at until_us."""
        ...


def on_clock(sensor: WindowedSensor, window_us: float, until_us: float | None = None) -> Iterator[Packet]:
    """Packets for `Clock.play`, one a window; the results do not depend on the window.

    A window should be no longer than the delay of a closed loop that the sensor is part of.
    """
    for k, events in enumerate(sensor.packets(window_us, until_us)):
        stop = min(sensor.begin_us + (k + 1) * window_us, math.inf if until_us is None else until_us)
        yield Packet(math.ceil(stop), events)


class SensorFeed:
    """A sensor's connection to the network: the port of its events, and the time up to which it has sent all."""

    def __init__(self, clock: Clock, name: str, translate: Translation) -> None:
        self.clock, self.name, self.translate = clock, name, translate
        self.complete_until = clock.start
        self.events = 0
        self.pending: deque[Events] = deque()

    def send(self, packet: Packet) -> None:
        """Hand over a packet. Raises InputError for times that are not its own or out of order."""
        until = int(packet.until)
        if until < self.complete_until:
            raise InputError(
                f"{self.name} sent a packet up to {until} us, but its events are complete up to {self.complete_until}"
            )
        events = self.translate.records(packet.events)
        if len(events):
            if not in_time(events["t"], self.complete_until, min(until, BEYOND)):
                self._refuse(events["t"], until)
            self.pending.append(self.translate(events))
            self.events += len(events)
            for hear in self.clock.listeners:
                hear(self.name, events)
        self.complete_until = until
        self.clock._advance()

    def _refuse(self, times: Any, until: int) -> None:
        """Raise InputError for times [n] that are not those of a packet up to `until`, or out of order."""
        first, last, falls = int(times[0]), int(times[-1]), np.flatnonzero(np.diff(times) < 0)
        if first < self.complete_until or last >= until:
            raise InputError(
                f"{self.name} sent events from {first} to {last} us in a packet from {self.complete_until} to {until}"
            )
        if len(falls):
            k = int(falls[0]) + 1
            raise InputError(
                f"event {k} of a packet of {self.name} is at {times[k]} us, the one before at {times[k - 1]}"
            )

    def take(self, until: int) -> Iterator[Events]:
        """Inputs before this time that the engine has not been handed yet."""
        while self.pending:
            events = self.pending.popleft()
            if events["t"][-1] >= until:
                k = int(np.searchsorted(events["t"], until))
                self.pending.appendleft(events[k:])
                events = events[:k]
            if len(events):
                yield events
            if self.pending and self.pending[0]["t"][0] >= until:
                return

    def close(self) -> None:
        """This sensor says no more."""
        self.clock._last = max(self.clock._last, self.complete_until)
        self.complete_until = FOREVER
        self.clock._advance()


class Clock(Guessed):
    """Sensors and a simulation on one time line.

    simulation  the network's; its inputs come from this clock, and from its own modules in plain Python
    pace        None: as fast as it goes. A number: real time times `pace` (1 for real time, 2 for twice as fast), by
                SimPy's RealtimeEnvironment; a run that cannot keep up goes on late, unless `strict`
    start       the time at which all sensors begin, in microseconds
    env         a SimPy environment of yours, whose time is `start`, in place of a new one; it brings its own pace

    `env` is the SimPy environment: its time is in microseconds, and any process of yours may live in it.
    """

    def __init__(
        self, simulation: Simulation, *, pace: float | None = None, strict: bool = False, start: int = 0,
        env: simpy.Environment | None = None,
    ) -> None:  # fmt: skip
        if pace is not None and not (np.isfinite(pace) and pace > 0):
            raise InputError(f"pace is {pace}; wanted a number above 0, or None")
        import simpy.rt  # here, as `import eventnet` has no use for it

        if env is None:
            env = (
                simpy.Environment(initial_time=start)
                if pace is None
                else simpy.rt.RealtimeEnvironment(initial_time=start, factor=1e-6 / pace, strict=strict)
            )
        elif not isinstance(env, simpy.Environment):
            raise InputError(f"env is {env!r}; wanted a simpy.Environment")
        elif pace is not None:
            raise InputError("env brings its own pace: for real time, make it a simpy.rt.RealtimeEnvironment")
        elif env.now != start:
            raise InputError(f"env is at {env.now} us, but sensors start at {start}: say start={env.now}")
        self.simulation, self.start, self.env = simulation, start, env
        self.sources: list[SensorFeed] = []
        self.listeners: list[Callable[[str, Events], object]] = []
        """Each hears a sensor's name and the records of every packet that it sends, and must not change them."""
        self.drive: Callable[[Simulation, int | None], object] = Simulation.run
        """Lets the network run up to a time (None: to its end); what stands in its place may wait, or go in steps."""
        self._rows: dict[int, UpdateRows] = {}
        self._waiting: list[tuple[int, int, simpy.Event]] = []
        self._asked, self._limit, self._last, self._held = 0, FOREVER, start, False
        self._done: simpy.Event | None = None

    # --- sensors ---
    def play(
        self, sensor: Any, port: BoundPort | None = None, *, width: int | None = None,
        into: Any = None, name: str | None = None, columns: ColumnNames | None = None, unit: str | None = None,
    ) -> SensorFeed:  # fmt: skip
        """Let a sensor send its packets into the network.

        EVENT packets go as they are. PIXEL_EVENT packets go to `port`, index y * `width` + x, ON as +1. VALUE_EVENT
        packets go `into` a module with a block `updates` and a port `value`, such as a `ChangeEncoder`: new values of
        its inputs. Any other input of `en.events_from`, with `columns` and `unit`, may stand in a packet, or for the
        whole sensor: a table of all its events. Raises InputError for anything else.
        """
        label = name or f"sensor {len(self.sources)}"
        rows = None if into is None else self._rows_of(into)
        translation = Translation(self.simulation, port, width, rows, label, columns, unit)
        source = SensorFeed(self, label, translation)
        if not isinstance(sensor, Iterator) and is_events(sensor):
            sensor = _packets(translation.records(sensor))
        self.sources.append(source)
        self.env.process(self._drive(source, sensor))
        return source

    def _rows_of(self, module: Any) -> UpdateRows:
        rows = UpdateRows(self.simulation, module)
        return self._rows.setdefault(rows.port, rows)

    def _drive(self, source: SensorFeed, sensor: Any) -> Generator[Any, Any, None]:
        import simpy

        items, value = iter(sensor), None
        while True:
            try:
                item = items.send(value) if hasattr(items, "send") else next(items)
            except StopIteration:
                break
            value = None
            if isinstance(item, simpy.Event):
                value = yield item
                continue
            if not isinstance(item, Packet):
                raise InputError(f"{source.name} yielded {item!r}; wanted a Packet, or something SimPy waits for")
            if item.until > self.env.now:
                yield self.env.timeout(item.until - self.env.now)
            source.send(item)
        source.close()

    # --- time ---
    @property
    def time(self) -> int:
        """Everything before this time, in microseconds, is told by all sensors, or beyond what a run asked for."""
        return min([self._limit, *(source.complete_until for source in self.sources)])

    def reached(self, t: int) -> simpy.Event:
        """An event to wait for: the network has taken everything before t, and nothing since. Its value is t.

        Raises InputError when the network is beyond t already: see `sample` for looking back.
        """
        if t < self.simulation.time:
            raise InputError(f"the network is at {self.simulation.time} us already and cannot be seen at {t}")
        event = self.env.event()
        heapq.heappush(self._waiting, (int(t), self._asked, event))
        self._asked += 1
        self._advance()
        return event

    def sample(self, look: Callable[[], Any], period: int, *, keep: int = 1000) -> Samples:
        """Call `look` with the network at every multiple of `period` microseconds from the start on.

        The last `keep` results can be waited for: `value = yield samples.at(t)`. This is how a loop is closed: a sensor
        that needs for its time t what the network said a delay before asks for samples.at(t - delay), and sends packets
        no longer than that delay.
        """
        if period < 1 or keep < 1:
            raise InputError(f"period is {period} us and keep {keep}; wanted 1 or more")
        samples = Samples(self, look, period, keep)
        self.env.process(samples.run())
        return samples

    def run(self, until: int | None = None) -> Clock:
        """Let sensors and network live up to but not including `until`, or until every sensor has ended and all is
        quiet. A second run goes on where the first stopped.

        Raises InputError where a sensor waits for what never comes, and what the simulation raises.
        """
        until = whole_tick(until, "until")
        if until is not None and until < self.simulation.time:
            raise InputError(f"cannot run until {until} us: time is {self.simulation.time} already")
        self._limit = FOREVER if until is None else until
        done = self._done = self.env.event()
        self._advance()
        while not done.processed:
            if self.env.peek() == np.inf:
                late = [source.name for source in self.sources if source.complete_until < self._limit]
                raise InputError(f"{', '.join(late)} sent nothing after {self.time} us and waits for ever")
            self.env.step()
        return self

    def _advance(self) -> None:
        """Let the engine catch up, up to the first time at which somebody looks at it; go on when they have looked."""
        if self._held:
            return
        time = self.time
        t = self._waiting[0][0] if self._waiting else FOREVER
        if t > time or self._over(t):
            self._run(time)
            if time >= self._limit and self._done is not None:
                self._done.succeed()
                self._done = None
            return
        self._run(t)
        while self._waiting and self._waiting[0][0] <= t:
            heapq.heappop(self._waiting)[2].succeed(t)
        self._held = True
        looked = self.env.event()
        looked.callbacks = [self._go_on]
        looked.succeed()

    def _over(self, t: int) -> bool:
        """All sensors have ended before t, and nothing is left for the network to do."""
        pending = any(source.pending for source in self.sources)
        return self.time >= FOREVER and t > self._last and not pending and self.simulation.idle

    def _go_on(self, looked: simpy.Event) -> None:
        self._held = False
        self._advance()

    def _run(self, until: int) -> None:
        events = [part for source in self.sources for part in source.take(until)]
        if events:
            self.simulation.inject(np.concatenate(events) if len(events) > 1 else events[0])
        if until >= FOREVER:
            self.drive(self.simulation, None)
        elif until > self.simulation.time:
            self.drive(self.simulation, until)


class Samples:
    """Samples of the network at every multiple of a period; see `Clock.sample`."""

    def __init__(self, clock: Clock, look: Callable[[], Any], period: int, keep: int) -> None:
        self.clock, self.look, self.period, self.keep = clock, look, period, keep
        self._events: dict[int, simpy.Event] = {}
        self._next = 0

    def run(self) -> Generator[Any, Any, None]:
        """The process that looks."""
        while True:
            yield self.clock.reached(self.clock.start + self._next * self.period)
            self._event(self._next).succeed(self.look())
            self._events.pop(self._next - self.keep, None)
            self._next += 1

    def at(self, t: int) -> simpy.Event:
        """An event with the value at the last sampled time not after t; None before the start.

        Raises InputError for a time whose sample is no longer kept.
        """
        k = (int(t) - self.clock.start) // self.period
        if k < 0:
            return self.clock.env.event().succeed(None)
        if k <= self._next - 1 - self.keep:
            raise InputError(f"the sample of {t} us is no longer kept; the last {self.keep} are")
        return self._event(k)

    def _event(self, k: int) -> simpy.Event:
        return self._events.setdefault(k, self.clock.env.event())


def _packets(events: Events) -> Iterator[Packet]:
    """A table of events in packets, as a sensor sends them."""
    window = events["t"] // WINDOW
    ends = [*(np.flatnonzero(np.diff(window)) + 1).tolist(), len(events)]
    for first, end in pairwise([0, *ends] if len(events) else []):
        yield Packet((int(window[first]) + 1) * WINDOW, events[first:end])
