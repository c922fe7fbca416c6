"""Spikes and samples of the recorders of a simulation, taken while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.base.old_names import state_now
from eventnet.engine.recorders import POTENTIAL, SPIKES, Recorded, Recorder
from eventnet.engine.state import Store
from eventnet.errors import EngineError, InputError, NetworkError
from eventnet.kernels.ranges import COUNT, within
from eventnet.module import BoundOutlet, Module
from eventnet.network import Network, Wire
from eventnet.wiring import outlet_of

__all__ = ["HeardSpikes", "Recorder", "Recorders", "StateSamples", "number_of", "spike_outlet", "telling_wire"]

Arrays = dict[str, NDArray[Any]]


class StateView(Mapping[str, NDArray[Any]]):
    """A module's running state by name, as it is and not a copy."""

    def __init__(self, store: Store, module: Module) -> None:
        self.store, self.module = store, module

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.store.find(self.module, name)

    def __iter__(self) -> Iterator[str]:
        return iter((*self.module.state, *self.module.integers))

    def __len__(self) -> int:
        return len(self.module.state) + len(self.module.integers)


class StateSamples:
    """Samples of a module's state, as many as have been taken."""

    def __init__(self, recorder: Recorder, module: Module, store: Store) -> None:
        self.recorder, self.module, self.state = recorder, module, StateView(store, module)
        self.decays = recorder.name == POTENTIAL and hasattr(module, "potentials")
        known = [*module.state, *module.integers, *module.blocks]
        self.name = state_now(recorder.name, known, level=6)
        if not self.decays and self.name not in known:
            raise NetworkError(
                f"{module.name!r} has no {recorder.name!r} to record; it has {', '.join([*known, SPIKES])}"
            )
        first = self.look(recorder.begin, whole=True)
        self.units = _chosen(recorder, module, len(first))
        self.n, self.values = 0, np.empty((1, len(self.units)), first.dtype)

    def look(self, t: int, *, whole: bool = False) -> NDArray[Any]:
        """The numbers at a tick, all of which has happened."""
        if self.decays:
            made: NDArray[Any] = self.module.potentials(self.state, t)  # type: ignore[attr-defined]
        else:
            made = self.state[self.name].ravel()
        return made if whole or self.recorder.units is None else made[self.units]

    def take(self, t: int) -> None:
        """One more sample."""
        if self.n == len(self.values):
            more = np.empty_like(self.values, shape=(max(self.n, 256), len(self.units)))
            self.values = np.concatenate([self.values, more])
        self.values[self.n] = self.look(t)
        self.n += 1

    def recorded(self, since: int = 0) -> Recorded:
        """All of them, but for so many at first."""
        r = self.recorder
        times = r.begin + r.every * np.arange(since, max(since, self.n), dtype=np.int64)
        return Recorded(r, self.module.name, times, self.units, self.values[since : self.n].copy())

    def arrays(self) -> Arrays:
        """Arrays for a checkpoint."""
        return {"values": self.values[: self.n]}

    def check(self, found: Arrays, time: int) -> None:
        """Raise ValueError unless a run up to a time can have left this."""
        shape = (self.recorder.taken_before(time), len(self.units))
        _check(found, {"values": (self.values.dtype, shape)}, self.recorder)

    def go_on(self, found: Arrays) -> None:
        """Take up what a checkpoint holds."""
        self.n, self.values = len(found["values"]), np.concatenate([found["values"], self.values[:1]])


class HeardSpikes:
    """The spikes of an outlet, told by the wire of least delay when they arrive and dated when they left."""

    def __init__(self, recorder: Recorder, module: Module, net: Network) -> None:
        outlet = spike_outlet(net, module)
        wire = telling_wire(net, outlet)
        self.recorder, self.module, self.delay, self.port = recorder, module, wire.delay, int(wire.target)
        self.source = number_of(net, outlet)
        self.units = None if recorder.units is None else _chosen(recorder, module, outlet.width)
        self.n, self.found = 0, np.empty((1024, 3), np.int64)  # spikes, and room for more

    def hear(self, t: Any, source: Any, port: Any, index: Any, sign: Any) -> None:
        """Deliveries [n] in their order, or one."""
        own = (source == self.source) & (port == self.port)
        if self.units is not None:
            own &= np.isin(index, self.units)
        made = np.column_stack([t[own] - self.delay, index[own], sign[own]]).astype(np.int64)
        made = made[(made[:, 0] >= self.recorder.begin) & (made[:, 0] < self.recorder.end)]
        before, self.n = self.n, self.n + len(made)
        if self.n > len(self.found):
            room = np.empty((max(self.n, 2 * len(self.found)), 3), np.int64)
            room[:before] = self.found[:before]
            self.found = room
        self.found[before : self.n] = made

    def rows(self) -> NDArray[np.int64]:
        """Tick, unit and sign [spikes, 3]."""
        return self.found[: self.n].copy()

    def recorded(self, since: int = 0) -> Recorded:
        """All of them, but for so many at first."""
        t, unit, sign = self.found[since : self.n].T.copy()
        return Recorded(self.recorder, self.module.name, t, unit, sign)

    def arrays(self) -> Arrays:
        """Arrays for a checkpoint."""
        return {"rows": self.rows()}

    def check(self, found: Arrays, time: int) -> None:
        """Raise ValueError unless a run up to a time can have left this."""
        _check(found, {"rows": (np.dtype(np.int64), (-1, 3))}, self.recorder)
        within("ticks of recorded spikes", found["rows"][:, 0], -COUNT, max(time, -COUNT) + 1)
        within("units of recorded spikes", found["rows"][:, 1], 0, COUNT)

    def go_on(self, found: Arrays) -> None:
        """Take up what a checkpoint holds."""
        self.n, self.found = len(found["rows"]), np.concatenate([found["rows"], self.found[:1]])


class Recorders:
    """The recorders of a simulation, in the order in which they were given."""

    def __init__(
        self, given: Sequence[Recorder], net: Network, store: Store, refuse: Callable[[str], None]
    ) -> None:  # fmt: skip
        self.refuse, self.given = refuse, tuple(given)
        self.samples: list[StateSamples] = []
        self.spikes: list[HeardSpikes] = []
        self.parts: list[StateSamples | HeardSpikes] = []
        for one in self.given:
            if not isinstance(one, Recorder):
                raise NetworkError(f"{one!r:.60} is no recorder; wanted en.record(module, name)")
            module = net[one.module] if isinstance(one.module, str) else one.module
            if not any(module is m for m in net.modules):
                raise NetworkError(f"module {module.name!r}, which is recorded, is not in this network")
            if one.name == SPIKES:
                self.spikes.append(HeardSpikes(one, module, net))
                self.parts.append(self.spikes[-1])
            else:
                self.samples.append(StateSamples(one, module, store))
                self.parts.append(self.samples[-1])

    def options(self) -> dict[str, Any]:
        """Entry of the recorders in the options of a simulation; empty without any."""
        return {"recorders": [one.described() for one in self.given]} if self.given else {}

    @property
    def heard(self) -> Callable[..., None] | None:
        """The function to call with deliveries; None without recorders of spikes."""
        return self.hear if self.spikes else None

    def hear(self, t: Any, source: Any, port: Any, index: Any, sign: Any) -> None:
        """Deliveries [n] in their order, or one."""
        for one in self.spikes:
            one.hear(*np.atleast_1d(t, source, port, index, sign))

    def run(self, engine: Any, until: int | None, limit: int | None, stop: int | None) -> bool:
        """As the engine's own `run`, with a stop at the end of each tick of which a sample is due; there are some."""
        last = None if limit is None else engine.taken + limit
        while True:
            due = min((t for one in self.samples if (t := one.recorder.due(one.n)) is not None), default=None)
            if due is None or (until is not None and due >= until):
                break
            if not engine.run(due + 1, None if last is None else last - engine.taken, stop):
                return False
            if until is None and engine.idle() and engine.now < due:
                return True
            for one in self.samples:
                if one.recorder.due(one.n) == due:
                    one.take(due)
        return bool(engine.run(until, None if last is None else last - engine.taken, stop))

    def find(
        self, which: Recorder | Module | str | None = None, name: str | None = None
    ) -> list[StateSamples | HeardSpikes]:
        """One recorder, or those of a module and a name; None stands for any."""
        if isinstance(which, Recorder):
            return [one for one in self.parts if one.recorder is which]
        wanted = which.name if isinstance(which, Module) else which
        return [
            one for one in self.parts if wanted in (None, one.module.name) and name in (None, one.recorder.name)
        ]  # fmt: skip

    def recorded(self, which: Recorder | Module | str | None, name: str | None, since: int) -> Recorded:
        """Spikes or samples of the recorder meant, but the first `since`. Raises EngineError for none or several."""
        found = self.find(which, name)
        if len(found) != 1:
            there = ", ".join(f"{one.recorder.name!r} of {one.module.name!r}" for one in self.parts) or "none"
            raise EngineError(
                f"{len(found)} recorders are meant; wanted one: recorded(recorder), or recorded(module, name). This "
                f"simulation has {there}"
            )
        return found[0].recorded(since)

    # --- checkpoints ---
    def arrays(self) -> Arrays:
        """Arrays of all recorders for a checkpoint, by "number:name"."""
        return {f"{k}:{name}": array for k, one in enumerate(self.parts) for name, array in one.arrays().items()}

    def check(self, found: Arrays, time: int) -> None:
        """Raise ValueError unless these are arrays that a run up to a time can have left."""
        if unknown := {name.partition(":")[0] for name in found} - {str(k) for k in range(len(self.parts))}:
            raise ValueError(f"it holds what the recorders {sorted(unknown)} found, which this simulation has not")
        for k, one in enumerate(self.parts):
            one.check(_below(f"{k}:", found), time)

    def go_on(self, found: Arrays) -> None:
        """Take up what a checkpoint holds; it has been checked."""
        for k, one in enumerate(self.parts):
            one.go_on({name: array.copy() for name, array in _below(f"{k}:", found).items()})


def _below(prefix: str, arrays: Arrays) -> Arrays:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _check(found: Arrays, wanted: dict[str, tuple[Any, tuple[int, ...]]], recorder: Recorder) -> None:
    what = f"recorder of {recorder.name!r}"
    if set(found) != set(wanted):
        raise ValueError(f"the {what} has {sorted(found)}; wanted {sorted(wanted)}")
    for name, (dtype, shape) in wanted.items():
        array = found[name]
        fits = array.ndim == len(shape) and all(n in (-1, m) for n, m in zip(shape, array.shape, strict=True))
        if array.dtype != dtype or not fits:
            raise ValueError(f"the {what} has {array.dtype} {list(array.shape)}; wanted {dtype} {list(shape)}")


def _chosen(recorder: Recorder, module: Module, n: int) -> NDArray[np.int64]:
    """The places that are recorded. Raises NetworkError for one that there is not."""
    if recorder.units is None:
        return np.arange(n)
    if max(recorder.units) >= n:
        raise NetworkError(
            f"unit {max(recorder.units)} of {module.name!r} is recorded; {recorder.name!r} has places 0 to {n - 1}"
        )
    return np.array(recorder.units, dtype=np.int64)


# --- how spikes are told ---
def spike_outlet(net: Network, source: BoundOutlet | Module | str) -> BoundOutlet:
    """The outlet that is meant: a module, or its name, stands for its only one. Raises InputError for what is none."""
    given: Any = net[source] if isinstance(source, str) else source
    outlet = outlet_of(given) if isinstance(given, Module) else given
    if not isinstance(outlet, BoundOutlet):
        raise InputError(f"spikes leave a module or one of its outlets, not {source!r}")
    if net[outlet.module.name] is not outlet.module:
        raise InputError(f"module {outlet.module.name!r} is not the one of this run")
    return outlet


def telling_wire(net: Network, outlet: BoundOutlet) -> Wire:
    """The wire of least delay, of those that are alone between the outlet and a port."""
    wires = net.wires_of(outlet)
    targets = [int(wire.target) for wire in wires]
    alone = [wire for wire in wires if targets.count(int(wire.target)) == 1]
    if not alone:
        why = "leads nowhere" if not wires else "has several wires to each of its ports"
        raise InputError(f"{outlet} {why}, so nothing tells its spikes; wanted a wire: net.connect to a Sink")
    return min(alone, key=lambda wire: wire.delay)


def number_of(net: Network, outlet: BoundOutlet) -> int:
    """The number of an outlet in a network."""
    own = outlet.module, outlet.name
    return next(k for k, o in enumerate(net.outlets()) if (o.module, o.name) == own)
