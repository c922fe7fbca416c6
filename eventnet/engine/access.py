"""Access to a simulation: who may ask what and when, which times and inputs it takes, and views into its state.

Inputs come as rows, tables or records, with amounts or without, and from sensors; all end as EVENT records that are
checked before an engine sees them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Never, Protocol

import numpy as np
from numba import int64
from numpy.typing import NDArray

from eventnet.base.old_names import state_now
from eventnet.engine.state import Store
from eventnet.errors import EngineError, InputError, NetworkError
from eventnet.event import EVENT, EVENT_WITH_AMOUNT, PIXEL_EVENT, VALUE_EVENT, Events, events, from_addresses
from eventnet.given import convert, whole_numbers
from eventnet.intake import ColumnNames, inputs_from, is_events, records_from, trains_of
from eventnet.kernels.compiling import compiled
from eventnet.kernels.prediction_heap import FOREVER, LATEST, SOONEST
from eventnet.module import BoundPort, Module
from eventnet.network import Network


# --- who may ask ---
class Guard:
    """Guard of the calls of a simulation: it belongs to one thread while it runs, to one call at a time else.

    Engines write their arrays without a look at who else does. runner: the thread that runs it, if one does. failure:
    the error that it failed with, if it did: it can be looked at then, and nothing else.
    """

    def __init__(self) -> None:
        self.failure: str | None = None
        self.runner: int | None = None
        self.inside, self.lock = False, threading.RLock()

    def refuse_running(self, what: str) -> None:
        """Raise EngineError while the simulation runs, in this thread or in another."""
        self.refuse_elsewhere(what)
        if self.runner is not None:
            raise EngineError(f"{what} was called from within a run of the same simulation; wanted after it")

    def refuse_elsewhere(self, what: str) -> None:
        """Raise EngineError while another thread runs the simulation."""
        runner = self.runner
        if runner is not None and runner != threading.get_ident():
            raise EngineError(f"{what} was called while another thread runs this simulation; wanted after its run")

    def refuse_failed(self) -> None:
        """Raise EngineError for a simulation that has failed."""
        if self.failure is not None:
            raise EngineError(f"this simulation failed before and cannot go on: {self.failure}")


class Alone:
    """A context in which no other call changes the simulation; it waits for one of another thread to end.

    Raises EngineError while the simulation runs, and inside another such call of the same thread. what: the call.
    """

    __slots__ = ("guard", "what")

    def __init__(self, guard: Guard, what: str) -> None:
        self.guard, self.what = guard, what

    def __enter__(self) -> None:
        guard = self.guard
        guard.lock.acquire()
        try:
            guard.refuse_running(self.what)
            if guard.inside:  # a signal's handler, say
                raise EngineError(f"{self.what} was called from within another call of the same simulation")
        except EngineError:
            guard.lock.release()
            raise
        guard.inside = True

    def __exit__(self, *error: object) -> None:
        self.guard.inside = False
        self.guard.lock.release()


# --- inputs and times ---
@compiled
def first_bad(events: Any, accepts: Any, time: int) -> int:
    """The place of the first event of EVENT records that cannot be taken; -1 where all are right.

    accepts: int64 [ports], how many indices each port takes. time: what has been reached.
    """
    for k in range(len(events)):
        event = events[k]
        t, port, index, sign = event["t"], event["port"], event["index"], event["sign"]
        if t < time or not SOONEST < t < LATEST or (sign != 1 and sign != -1):
            return k
        if port < 0 or port >= len(accepts) or index < 0 or index >= accepts[port]:
            return k
    return -1


def check_inputs(array: Events, amounts: Any, accepts: NDArray[np.int64], time: int, net: Network) -> None:
    """Raise InputError for the first event that a network cannot take at this time, as `refuse` and `check_sizes` do.

    amounts [n]: of the events, None in a network without. accepts [ports]: how many indices each port takes.
    """
    if first_bad(array, accepts, time) >= 0:
        refuse(array, accepts, time, [str(port) for port in net.ports()])
    if amounts is not None:
        check_sizes(array, amounts, list(net.ports()))


def refuse(array: Events, accepts: NDArray[np.int64], time: int, ports: list[str]) -> None:
    """Raise InputError for the first event that cannot be taken, of those of the first fault that there is.

    accepts [ports]: how many indices each takes; ports: their names. time: what has been reached.
    """
    t, port, index, signs = array["t"], array["port"], array["index"], array["sign"]
    _refuse(array, t < time, f"time is {time} already")
    _refuse(array, (t <= SOONEST) | (t >= LATEST), "times lie within 2^61 ticks of 0")
    _refuse(array, (signs != 1) & (signs != -1), "signs are +1 or -1")
    _refuse(array, (port < 0) | (port >= len(accepts)), f"ports are 0 to {len(accepts) - 1}")
    bad = (index < 0) | (index >= accepts[port])
    first = int(port[np.argmax(bad)])
    _refuse(array, bad, f"port {ports[first]} takes indices 0 to {accepts[first] - 1}")


def _refuse(array: Events, bad: NDArray[np.bool_], wanted: str) -> None:
    if bad.any():
        at = int(np.argmax(bad))
        t, port, index, sign = array[at].tolist()
        raise InputError(f"input {at} is (t={t}, port={port}, index={index}, sign={sign}); {wanted}")


def whole_tick(value: Any, what: str) -> int | None:
    """A whole number within 2^62 of 0, or None. Raises InputError for anything else: engines compare it with times."""
    if value is None:
        return None
    if isinstance(value, (int, np.integer)) or (isinstance(value, float) and value.is_integer()):
        number = int(value)
        if -FOREVER <= number <= FOREVER:
            return number
    raise InputError(f"{what} is {value!r}; wanted a whole number within 2^62 of 0")


def taken_in(
    inputs: Any, port: BoundPort | None, find: Any, amounts: bool, *, columns: ColumnNames | None, unit: str | None,
    width: int | None,
) -> tuple[Events, Any]:  # fmt: skip
    """Inputs of `Simulation.inject` as EVENT [n], and their amounts [n]; None in a network without amounts.

    Raises InputError for values that are no inputs, and for amounts where the network has none.
    """
    array = inputs
    known = isinstance(inputs, np.ndarray) and inputs.dtype in (EVENT, EVENT_WITH_AMOUNT)
    if not known or port is not None:
        rows = not isinstance(inputs, np.ndarray) and not is_events(inputs)
        if amounts and rows and port is None and columns is None:
            array = events(inputs, find, amounts=True)
        else:
            array = inputs_from(inputs, find, columns=columns, unit=unit, width=width, port=port)
    if array.ndim != 1:
        raise InputError(f"inputs are a 1-d array of EVENT records, not {array.ndim}-d of {array.dtype}")
    if array.dtype == EVENT:
        return np.ascontiguousarray(array), np.ones(len(array), np.int32) if amounts else None
    bare = np.empty(len(array), dtype=EVENT)
    for name in EVENT.names or ():
        bare[name] = array[name]
    if not amounts and len(array) and np.any(wrong := array["amount"] != 1):
        k = int(np.argmax(wrong))
        raise InputError(f"input {k} has the amount {array['amount'][k]}, but no port of this network takes amounts")
    return bare, np.array(array["amount"]) if amounts else None


def with_amounts(bare: Events, amounts: Any) -> Events:
    """EVENT [n] as an engine takes them: with their amounts [n], where the network has such."""
    if amounts is None:
        return bare
    made = np.empty(len(bare), dtype=EVENT_WITH_AMOUNT)
    for name in EVENT.names or ():
        made[name] = bare[name]
    made["amount"] = amounts
    return made


def check_sizes(bare: Events, amounts: Any, ports: list[BoundPort]) -> None:
    """Raise InputError for the first input whose amount its port does not take. ports: by their numbers."""
    most = np.array([port.amounts for port in ports], dtype=np.int64)[bare["port"]]
    wrong = (amounts < 1) | (amounts > most)
    if wrong.any():
        k = int(np.argmax(wrong))
        port = ports[bare["port"][k]]
        takes = f"takes amounts of 1 to {port.amounts:,}" if port.amounts > 1 else "takes no amounts, only +1 and -1"
        raise InputError(f"input {k} has the amount {amounts[k]:,}; port {port} {takes}")


# --- from sensors ---
@compiled
def in_time(times: Any, first: int, until: int) -> bool:
    """Whether times [n] never fall, from `first` on and before `until`."""
    last = first
    for k in range(len(times)):
        if times[k] < last or times[k] >= until:
            return False
        last = times[k]
    return True


@compiled
def from_pixels(events: Any, width: int, port: int, made: Any) -> bool:
    """PIXEL_EVENT [n] as `from_addresses` has them, into EVENT [n]; False where that would refuse them."""
    rows = (1 << 31) // width
    for k in range(len(events)):
        event, x, y = events[k], int64(events[k]["x"]), int64(events[k]["y"])
        if x >= width or y >= rows:
            return False
        made[k]["t"], made[k]["port"] = event["t"], port
        made[k]["index"], made[k]["sign"] = y * width + x, 1 if event["p"] else -1
    return True


OURS = (EVENT, PIXEL_EVENT, VALUE_EVENT)


class Fed(Protocol):
    """The part of a simulation that is used here, as `eventnet.simulation.Simulation` has it."""

    net: Network
    store: Store

    @property
    def time(self) -> int:
        """The time reached, in ticks."""


class Translation:
    """From what a sensor sends to inputs: at a port, index y * width + x, or into a module that takes values.

    rows: of the module that values go into. name: of the sensor, for errors. columns, unit: for what is no record of
    this package, as in `en.events_from`.
    """

    def __init__(
        self, simulation: Fed, port: BoundPort | None, width: int | None, rows: UpdateRows | None, name: str,
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
            made = np.empty(len(events), dtype=EVENT)
            if events.flags.carray and self.width > 0 and from_pixels(events, int(self.width), int(self.port), made):
                return made
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

    def __init__(self, simulation: Fed, module: Any) -> None:
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


# --- views ---
class NeuronView:
    """One unit of a module in a running simulation: its state by name (`sim[layer][3].phi`), to read and to poke."""

    def __init__(self, view: ModuleView, index: int) -> None:
        object.__setattr__(self, "_view", view)
        object.__setattr__(self, "index", index)

    def __getattr__(self, name: str) -> Any:
        array = self._view.array(name)
        if array.ndim == 2:
            return array[:, self.index]
        # What the units of a module share (a parameter, say) has one word.
        return array[self.index if len(array) > 1 else 0].item()

    def __setattr__(self, name: str, value: Any) -> None:
        array = self._view.array(name)
        what = f"{name!r} of unit {self.index} of {self._view.module.name!r}"
        given = whole_numbers(value, what) if array.dtype == np.int64 else convert(value, array.dtype.name, what)
        if array.ndim == 2:
            array[:, self.index] = given
        else:
            array[self.index] = given

    def __repr__(self) -> str:
        module = self._view.module
        own = [n for n in (*module.state, *module.integers) if len(self._view.array(n)) == module.units]
        state = ", ".join(f"{n}={getattr(self, n)}" for n in own)
        return f"<neuron {self.index} of {module.name!r}: {state}>"


class ModuleView:
    """A module in a running simulation. `view[3]` is a neuron; `view.phi` is the whole array.

    refuse: called with what is asked for, before each look; it raises EngineError where nobody may look.
    """

    def __init__(self, store: Store, module: Module, refuse: Callable[[str], None]) -> None:
        self._store, self.module, self._refuse = store, module, refuse

    def array(self, name: str) -> NDArray[Any]:
        """The running array of a name: state [n], or a weight block [rows, cols]."""
        self._refuse(f"a look at {name!r} of {self.module.name!r}")
        try:
            return self._store.lend(self.module, name)
        except NetworkError:
            names = [*self.module.state, *self.module.integers, *self.module.blocks]
            if (now := state_now(name, names, level=5)) != name:
                return self._store.lend(self.module, now)
            raise AttributeError(f"{self.module.name!r} has no state {name!r}; it has {names}") from None

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name.startswith("_"):  # asked for before there is a store: by copy and pickle
            raise AttributeError(name)
        return self.array(name)

    def __getitem__(self, index: int) -> NeuronView:
        if not -self.module.units <= index < self.module.units:
            raise IndexError(f"{self.module.name!r} has {self.module.units} units; there is no unit {index}")
        return NeuronView(self, index % self.module.units)

    def __len__(self) -> int:
        return self.module.units
