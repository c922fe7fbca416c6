"""A simulation: a network, an engine that runs it, and views into its state."""

from __future__ import annotations

import copy
import platform
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.base.guesses import Guessed
from eventnet.base.old_names import OldKeys
from eventnet.base.summary import Summarized, Summary, amount, log_raster
from eventnet.engine import checkpoint
from eventnet.engine.access import (
    Alone,
    Guard,
    ModuleView,
    NeuronView,
    check_inputs,
    taken_in,
    whole_tick,
    with_amounts,
)
from eventnet.engine.checkpoint import Checkpoint
from eventnet.engine.choice import make_engine
from eventnet.engine.log_file import LogWriter
from eventnet.engine.named_log import Tabled
from eventnet.engine.sampling import Recorder, Recorders
from eventnet.engine.state import Store
from eventnet.errors import EngineError, InputError, NetworkError, in_a_line
from eventnet.event import DELIVERY, Events, Packeted, delivery_type
from eventnet.given import ENGINES, check_seed, largest_index, whole_number
from eventnet.intake import ColumnNames
from eventnet.kernels.prediction_heap import FOREVER
from eventnet.module import Block, BoundPort, Module
from eventnet.network import Network
from eventnet.neurons.decay_products import DecayWatch
from eventnet.order import Key, Order, find_order
from eventnet.tally import COUNTED, Causes, Tally, make_causes

BUDGET = 10_000_000


class Simulation(Guessed, Summarized, Tabled):
    """A network on a clock: hand it inputs, let it run, look inside, go on.

    It is idle, running or failed (`status`). While it runs it belongs to the thread that called `run`: there, modules
    in plain Python may inject, and look at state, weights and `time`. Log, counts, checkpoints and further runs have to
    wait for the end, and all that another thread asks is refused, each by an EngineError.

    order       a name (see `ORDERS`) or a key function
    engine      "compiled" or "reference"; both give the same bytes
    coalesce    overrides the layers' own setting: "none" checks thresholds after every row, "burst" once per burst
    record      True keeps the event log in memory, a number keeps that many of its last lines, a path streams it to
                that file (.npy, records of DELIVERY), False (the default) keeps none
    roots       count costs by root too: what did each input event cost, how deep did it go, how soon was it heard of?
    root_limit  roots beyond this number are summed by the port they entered at, so that memory stays bounded
    output      the module at which an input counts as heard of, with `roots`; without: those that send nothing on
    budget      deliveries one instant may take before the network counts as one that does not settle; 1 to 2^62
    seed        for the order "random" and for key functions; a whole number of 64 bits, with a sign
    annihilate  a spike that finds the opposite one of its outlet and unit waiting, sent in the same instant and with
                none of its deliveries taken, takes it out of the queue and is not queued itself
    recorders   what `record` makes: of potentials, of other state, or of the spikes of a population
    check       call rules plainly, in both engines, on views that refuse an index below 0 or past the end;
                same bytes, but slow. Unchecked, a compiled rule reads and writes wherever an index points
    threads     so many of them work at sparse layers of `LeakyDelta`: the same bytes, sooner. EngineError for a network
                that cannot be split
    """

    def __init__(
        self, net: Network, order: str | Key | Order = "breadth", *, engine: str = "compiled",
        coalesce: str | None = None, record: bool | int | str | Path = False, roots: bool = False,
        root_limit: int = 1_000_000, output: str | None = None, budget: int = BUDGET, seed: int = 0,
        annihilate: bool = False, check: bool = False, recorders: Sequence[Recorder] = (), threads: int = 1,
    ) -> None:  # fmt: skip
        if coalesce not in (None, "none", "burst"):
            raise EngineError(f"coalesce is 'none' or 'burst', not {coalesce!r}")
        budget = whole_number("budget", budget, 1, FOREVER, EngineError)
        root_limit = whole_number("root_limit", root_limit, 0, 2**31 - 1, EngineError)
        if not isinstance(record, (str, Path, bool)):
            record = whole_number("record", record, 0, FOREVER, EngineError)
        seed = check_seed(seed, EngineError)
        self.net, self.order, self.engine_name, self.seed, self._time = net, find_order(order), engine, seed, -(2**62)
        self.store, self.check, self.roots, self.threads = Store(net, check=check), check, roots, threads
        options: dict[str, Any] = {
            "coalesce": coalesce, "seed": seed, "budget": budget, "record": record is not False, "roots": roots,
            "root_limit": root_limit, "output": output, "annihilate": annihilate,
        }  # fmt: skip
        self._guard, self._decay = Guard(), DecayWatch(net) if any(m.watches_decay for m in net.modules) else None
        self.recorders = Recorders(recorders, net, self.store, self._guard.refuse_running)
        self.engine = make_engine(engine, threads, net, self.store, self.order, heard=self.recorders.heard, **options)
        self.options = {"order": self.order.name, "engine": engine, **options, **self.recorders.options()}
        self._ports, most = [str(port) for port in self.engine.ports], largest_index(self.store.bits)
        self._accepts = np.array([most if (n := port.accepts) is None else n for port in self.engine.ports], np.int64)
        self._log = np.empty(0, dtype=delivery_type(self.store.bits > 0))
        self._record = record is not False
        self._writer = None
        if isinstance(record, (str, Path)):
            self._writer = LogWriter(record, self._log.dtype)
            self.engine.sink = self._writer.write
        elif record is not True and record is not False:
            self.engine.keep = record

    # --- running ---
    @property
    def status(self) -> str:
        """ "idle", "running" or "failed"."""
        return "running" if self._guard.runner is not None else "idle" if self._guard.failure is None else "failed"

    @property
    def time(self) -> int:
        """The time reached, in ticks: no input may be older. While a delivery is taken, the time of that."""
        return max(self._time, self.engine.now) if self._guard.runner is not None else self._time

    def inject(
        self, inputs: Any, port: BoundPort | None = None, *, width: int | None = None,
        columns: ColumnNames | None = None, unit: str | None = None,
    ) -> None:  # fmt: skip
        """Hand over inputs: an array of EVENT, or rows (t, port, index, sign), the port as `eye.spikes`, its name or
        its number; or what `en.events_from` takes: a table of such rows, a camera's events with `port` and `width`,
        spike trains with `port`. In a network with amounts rows are (t, port, index, amount with its sign), arrays of
        EVENT_WITH_AMOUNT and tables have a field `amount`, and without one amounts are 1.

        Times are whole ticks between -2^61 and 2^61, neither of which they reach; they may lie before 0.

        A module in plain Python may call this from within its reaction: such inputs join those that wait when the
        reaction is over and its spikes are on their way. One of the present instant is taken in that instant, where its
        order takes inputs: before whatever waits there, but after what depth-first, or a key below 0, has put first.

        Raises InputError for an event that is malformed, out of range, or older than the time already reached, and
        EngineError for a simulation that has failed or runs in another thread.
        """
        bits, find = self.store.bits, self.net.port
        array, sizes = taken_in(inputs, port, find, bits > 0, columns=columns, unit=unit, width=width)
        if self.engine.reacting and self._guard.runner == threading.get_ident():
            check_inputs(array, sizes, self._accepts, self.time, self.net)
            self.engine.handed.append(with_amounts(array, sizes).copy())
            return
        with Alone(self._guard, "inject()"):
            self._guard.refuse_failed()
            check_inputs(array, sizes, self._accepts, self.time, self.net)
            try:
                self.engine.inject(with_amounts(array, sizes))
            except (MemoryError, KeyboardInterrupt, SystemExit) as error:  # half of them may be in
                self._guard.failure = in_a_line(error)
                raise

    def run(
        self, until: int | None = None, *, max_deliveries: int | None = None, stop: BoundPort | None = None
    ) -> Simulation:
        """Run to the end, or up to but not including the time `until`, or for a number of deliveries.

        With `stop`, a port, the run ends after the next delivery at it: the first spike of an output neuron, say.
        Other deliveries of that instant stay in the queue, and the next run goes on with them.

        Warns (RuntimeWarning), once a layer of `LeakyDelta`, where the other `decay` would have made far fewer
        products: `eventnet.cost.cheaper_decay`.

        Raises RuleError, also where a delivery would come at tick 2^62 or later, UnsettledError, and whatever a module
        in plain Python raises: after any exception of a run the simulation has failed; it cannot go on, but can be
        looked at. Raises, and runs nothing: EngineError for one that has failed or that runs already, be it this very
        run or another thread's; NetworkError where NaN or infinity was written into state or weights.
        """
        with Alone(self._guard, "run()"):
            self._guard.refuse_failed()
            until, limit = whole_tick(until, "until"), whole_tick(max_deliveries, "max_deliveries")
            if until is not None and until < self._time:
                raise InputError(f"cannot run until {until}: time is {self._time} already")
            if limit is not None and limit < 0:
                raise InputError(f"max_deliveries is {max_deliveries}; wanted 0 or more")
            last = self._stop(stop)
            self.store.check_lent()
            self._guard.runner = threading.get_ident()
        try:
            self._run(until, limit, last)
        except BaseException as error:
            self._guard.failure = in_a_line(error)
            raise
        finally:
            self._guard.runner = None
        if self._decay is not None:
            self._decay.look(self, stacklevel=2)
        return self

    def _run(self, until: int | None, limit: int | None, stop: int | None) -> None:
        try:
            if self.recorders.samples:
                complete = self.recorders.run(self.engine, until, limit, stop)
            else:
                complete = self.engine.run(until, limit, stop)
        finally:
            if self._writer is not None:
                self._writer.write(self.engine.take_log())
        if not complete:
            self._time = max(self._time, self.engine.now)
        elif until is not None:
            self._time = until
        elif self.engine.taken:
            self._time = max(self._time, self.engine.now + 1)

    def _stop(self, port: BoundPort | None) -> int | None:
        if port is None:
            return None
        if not isinstance(port, BoundPort) or not any(port.module is m for m in self.net.modules):
            raise InputError(f"a run stops at a port of this network, not at {port!r}")
        return int(port)

    # --- copies ---
    def __reduce__(self) -> tuple[Any, ...]:
        """A pickle, or a copy, holds the network and a checkpoint: what it is read into goes on to the same bytes.

        Raises EngineError where there is no checkpoint (see `checkpoint`), and for a log that goes to a file.
        """
        if self._writer is not None:
            raise EngineError("the log of this simulation goes to a file: it cannot be copied or pickled; use save()")
        order = self.order.reference()
        record = self.engine.keep if self._record and self.engine.keep is not None else self._record
        options = {name: value for name, value in self.options.items() if name != "order"}
        options |= {"record": record, "check": self.check, "recorders": self.recorders.given, "threads": self.threads}
        return _taken_up, (self.net, order, options, self.checkpoint())

    def __copy__(self) -> Simulation:
        """A copy shares nothing with what it is of: it is a deep one."""
        return copy.deepcopy(self)

    # --- checkpoints ---
    def checkpoint(self, *, log: bool = True) -> Checkpoint:
        """A checkpoint in memory: queue, state, weights, counts, and (log=True) a log that is kept in memory.

        Raises EngineError after a failed run, and for a module in plain Python with attributes that are neither plain
        values nor arrays.
        """
        with Alone(self._guard, "checkpoint()"):
            if self._guard.failure is not None:
                raise EngineError(f"this simulation failed and has no good state to keep: {self._guard.failure}")
            return checkpoint.take(self, log=log)

    def save(self, path: str | Path) -> None:
        """Write a checkpoint to a file; errors as for `checkpoint`. A log that goes to a file stays there."""
        checkpoint.write(self.checkpoint(), path)

    def resume(self, saved: str | Path | Checkpoint) -> Simulation:
        """Go on where a checkpoint was taken: what follows is what would have followed there, to the last byte.

        Build the simulation as that one was built. Any number of simulations may take up the same checkpoint. Raises
        DataError for a checkpoint that is damaged or of another simulation, EngineError if this one has inputs already.
        """
        where = f"the checkpoint of t={saved.text.get('time')}" if isinstance(saved, Checkpoint) else str(saved)
        found = saved if isinstance(saved, Checkpoint) else checkpoint.read(saved)
        with Alone(self._guard, "resume()"):
            self._guard.refuse_failed()
            if self.engine.taken or not self.engine.idle():
                raise EngineError("this simulation has begun; resume a new one")
            checkpoint.take_up(self, found, where)
        return self

    @property
    def keeps_log(self) -> bool:
        """A log is kept in memory."""
        return self._record and self._writer is None

    def went_on(self, time: int, log: Events | None) -> None:
        """A checkpoint has been taken up: its time, and the log up to there."""
        self._time = time
        if log is not None:
            self._log = log

    def kept_log(self) -> Events:
        """The log kept in memory, gathered. For those who have the simulation alone."""
        new = self.engine.take_log()
        log = np.concatenate([self._log, new]) if len(new) else self._log
        self._log = log if self.engine.keep is None else log[max(0, len(log) - self.engine.keep) :]
        return self._log

    # --- looking ---
    def __getitem__(self, module: Module | str) -> ModuleView:
        return ModuleView(self.store, self._own(module), self._guard.refuse_elsewhere)

    def _own(self, module: Module | str) -> Module:
        module = self.net[module] if isinstance(module, str) else module
        if not any(module is m for m in self.net.modules):
            raise NetworkError(f"module {module.name!r} is not in this network")
        return module

    def state(self, module: Module | str) -> dict[str, NDArray[Any]]:
        """Copies of a module's running state, by name."""
        view = self[module]
        return OldKeys({name: view.array(name).copy() for name in (*view.module.state, *view.module.integers)})

    def weights(self, block: Block | str) -> NDArray[Any]:
        """A copy of a weight block as it is now, [rows, cols]."""
        self._guard.refuse_elsewhere("weights()")
        name = block if isinstance(block, str) else block.name
        if name not in self.store.blocks:
            raise NetworkError(f"no weight block is called {name!r}; there are {', '.join(self.store.blocks)}")
        return np.array(self.store.blocks[name], order="C")

    @property
    def deliveries(self) -> int:
        """Deliveries taken so far."""
        self._guard.refuse_running("deliveries")
        return int(self.engine.taken)

    @property
    def predictions(self) -> int:
        """The number of predicted spikes; never more than there are neurons."""
        self._guard.refuse_running("predictions")
        return int(self.engine.waiting())

    @property
    def annihilated(self) -> int:
        """Spikes that did not come to be delivered, as they met their opposite in the queue: two a pair."""
        self._guard.refuse_running("annihilated")
        return int(self.engine.annihilated)

    @property
    def idle(self) -> bool:
        """Nothing waits in the queue."""
        self._guard.refuse_running("idle")
        return bool(self.engine.idle())

    @property
    def queued(self) -> int:
        """Number of entries in the queue: deliveries, inputs and predicted spikes."""
        self._guard.refuse_running("queued")
        return int(self.engine.queued())

    @property
    def tally(self) -> Tally:
        """The counts of the run so far."""
        with Alone(self._guard, "tally"):
            counts = self.store.tally[: len(self._ports)].tolist()
            if not self.roots:
                return Tally(self._ports, counts)
            causes = self._causes()
        beyond = {port: row.tolist() for port, row in causes.beyond.items()}
        return Tally(self._ports, counts, (causes.ids, causes.counts), beyond)

    @property
    def causes(self) -> Causes:
        """The inputs so far, what their cascades cost, how deep they went and how soon an end heard of them.

        Raises EngineError unless costs are counted by root.
        """
        if not self.roots:
            raise EngineError("costs by root were not counted: run with roots=True")
        with Alone(self._guard, "causes"):
            return self._causes()

    def _causes(self) -> Causes:
        ids, rows, beyond = self.engine.roots_counted()
        return make_causes(ids, self.engine.inputs_counted(), rows, beyond, self.engine.came())

    @property
    def log(self) -> Events:
        """The event log so far, an array of DELIVERY. Raises EngineError if none was asked for."""
        if not self._record:
            raise EngineError("no event log was kept: ask for one with record=True")
        with Alone(self._guard, "log"):
            if self._writer is None:
                return self.kept_log()
            written: Events = self._writer.read()
            return written

    def _summary(self) -> Summary:
        what = f"{amount(len(self.net.modules), 'module')}, {self.order.name} order, {self.engine_name} engine"
        if self.status == "running":
            return Summary(f"Simulation, running: {what}")
        with Alone(self._guard, "a look"):
            tally = Tally(self._ports, self.store.tally[: len(self._ports)].tolist())
            log = self.kept_log() if self.keeps_log else self._log
        when = f"t={self._time:,}" if self._time > -(2**62) else "not run yet"
        title = f"Simulation, {self.status}, {when}: {what}, {amount(tally.deliveries, 'delivery', 'deliveries')}"
        return Summary(title, COUNTED, tally.counted(), lambda: log_raster(self.net.ports(), log))

    def manifest(self) -> dict[str, Any]:
        """The facts that a result must name: order, engine, seed, number type and versions."""
        return {
            "order": self.order.name, "engine": self.engine_name, "seed": self.seed, "dtype": self.net.dtype,
            **{name: version(name) for name in ("eventnet", "numpy", "numba")},
            "python": platform.python_version(),
        }  # fmt: skip


def _taken_up(net: Network, order: Any, options: dict[str, Any], saved: Checkpoint) -> Simulation:
    """The simulation of a pickle."""
    return Simulation(net, order, **options).resume(saved)


@dataclass(frozen=True, repr=False)
class Run(Guessed, Summarized, Tabled):
    """The result of `simulate`."""

    simulation: Simulation

    @property
    def net(self) -> Network:  # type: ignore[override]
        """The network that has run."""
        return self.simulation.net

    @property
    def log(self) -> Events:
        """The event log, an array of DELIVERY."""
        return self.simulation.log

    @property
    def tally(self) -> Tally:
        """The counts of the run."""
        return self.simulation.tally

    def state(self, module: Module | str) -> dict[str, NDArray[Any]]:
        """Copies of a module's final state, by name."""
        return self.simulation.state(module)

    def weights(self, block: Block | str) -> NDArray[Any]:
        """A copy of a weight block at the end, [rows, cols]."""
        return self.simulation.weights(block)

    def _summary(self) -> Summary:
        found = self.simulation._summary()
        return replace(found, title=f"Run{found.title.removeprefix('Simulation').removeprefix(', idle')}")

    def manifest(self) -> dict[str, Any]:
        """Order, engine, seed and versions."""
        return self.simulation.manifest()


def simulate(net: Network, inputs: Any = (), *, until: int | None = None, **options: Any) -> Run:
    """Run a network on inputs from its initial state to the end (or to `until`); options as for `Simulation`.

    inputs: as `Simulation.inject` takes them; or a thing with `packets()`, which yields them in packets in order of
    time (`en.io.recorded_inputs`): the network runs from packet to packet, in little memory, and ends in the same
    bytes; packets after `until` are not read. Such a thing may have an `until` of its own, which holds where none is
    given. Without: those of modules in plain Python alone, so that nothing happens where there are none.
    """
    simulation = Simulation(net, **options)
    run_on(simulation, inputs, until)
    return Run(simulation)


def run_on(simulation: Simulation, inputs: Any, until: int | None = None, most: int | None = None) -> None:
    """Run a simulation on inputs, at once or in packets, as `simulate` does; most: up to so many deliveries in all."""
    until = getattr(inputs, "until", None) if until is None and isinstance(inputs, Packeted) else until
    for packet in inputs.packets() if isinstance(inputs, Packeted) else ():
        simulation.inject(packet)
        last = int(packet["t"][-1])
        if until is not None and last >= until:
            break
        simulation.run(max(last, simulation.time), max_deliveries=most and most - simulation.deliveries)
        if most is not None and simulation.deliveries >= most:
            return
    if not isinstance(inputs, Packeted):
        simulation.inject(inputs)
    simulation.run(until, max_deliveries=most and most - simulation.deliveries)


__all__ = ["BUDGET", "DELIVERY", "ENGINES", "Checkpoint", "ModuleView", "NeuronView", "Run", "Simulation", "simulate"]
