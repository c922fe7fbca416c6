"""Checkpoints: everything that a run changes, as arrays, so that a run that resumes equals one that never stopped.

A checkpoint belongs to a network, an engine and its options: it is taken up by a simulation that was built as the one
that it was taken of. It holds no network and no code. A file carries the SHA-256 of all that it holds; whether a run
could have left it behind is checked besides (`soundness`), since a file may be made on purpose.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import read_npz, sha256, write_npz
from eventnet.base.saved_names import ARRAYS, OUTLETS, STATE, name_now, name_of
from eventnet.engine import soundness
from eventnet.engine.reference import Delivery, ReferenceEngine
from eventnet.engine.sampling import Recorders
from eventnet.engine.soundness.integers import of_modules
from eventnet.engine.soundness.tables import COMPILED, WORDS
from eventnet.engine.state import Store
from eventnet.errors import DataError, EngineError
from eventnet.event import Events
from eventnet.given import sizes_in
from eventnet.kernels.ranges import COUNT, within
from eventnet.kernels.records import S_IN_CURSOR, S_IN_END, WAITING
from eventnet.module import Module, Outlet, Port, PythonModule
from eventnet.network import Network
from eventnet.tally import NOTICES, ROOT_WORDS

Arrays = dict[str, NDArray[Any]]

COUNTERS = (
    "now", "taken", "in_instant", "seq", "inputs", "inputs_taken", "batches", "spikes", "before", "annihilated",
)  # fmt: skip
"""Whole numbers of the reference engine that a run changes."""


FORMAT = "eventnet checkpoint 4"
WITHOUT_HASH = "eventnet checkpoint 2"
WITHOUT_NOTICES = ("eventnet checkpoint 3", WITHOUT_HASH)
"""Formats before notices were counted apart from spikes: a run goes on from their counts where nothing sends any."""
ROOM = {
    f"engine:queue:{name}"
    for name in "key_words one_code one_root one_parent out_codes out_roots out_parents out_outlets out_magnitudes "
    "out_delays".split()
}
"""Arrays that files of these formats hold, of what a reaction works with: nothing goes on from them."""


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run at a moment: texts and plain values, and arrays by name. It is never changed afterwards.

    Without an array "log" a run that takes it up begins its log there. form: the format of its file.
    """

    text: dict[str, Any]
    arrays: Arrays
    form: str = FORMAT

    @property
    def time(self) -> int:
        """The time that the run had reached."""
        return int(self.text["time"])

    @property
    def taken(self) -> int:
        """Deliveries taken until then."""
        return int(self.text["taken"])


class Resumable(Protocol):
    """The part of a simulation that checkpoints use."""

    @property
    def net(self) -> Network: ...
    @property
    def store(self) -> Store: ...
    @property
    def engine(self) -> Any: ...
    @property
    def options(self) -> dict[str, Any]: ...
    @property
    def time(self) -> int: ...
    @property
    def deliveries(self) -> int: ...
    @property
    def keeps_log(self) -> bool: ...
    @property
    def recorders(self) -> Recorders: ...

    def kept_log(self) -> Events:
        """The log so far."""

    def went_on(self, time: int, log: Events | None) -> None:
        """Take up time and log of a checkpoint."""


def take(simulation: Resumable, *, log: bool = True) -> Checkpoint:
    """A checkpoint of a simulation, in memory; log: with the log so far. Raises EngineError for what none can hold."""
    arrays = {f"store:{name}": array for name, array in store_arrays(simulation.store).items()}
    log = log and simulation.keeps_log
    arrays |= {"log": simulation.kept_log()} if log else {}
    arrays |= {f"recorder:{name}": array for name, array in simulation.recorders.arrays().items()}
    arrays |= {f"engine:{name}": array for name, array in engine_arrays(simulation.engine).items()}
    plain = {}
    for name, module in simulation.store.python.items():
        plain[name], own = memory_of(module)
        arrays |= {f"module:{name}:{attribute}": array for attribute, array in own.items()}
    text = {"of": description(simulation), "time": simulation.time, "taken": simulation.deliveries}
    text |= {"log": log, "modules": plain}
    # Through JSON and back: lists of a module go on changing, and a file holds nothing else.
    return Checkpoint(json.loads(json.dumps(text)), {name: array.copy() for name, array in arrays.items()})


def write(checkpoint: Checkpoint, path: str | Path) -> None:
    """Write a checkpoint to a file."""
    text = {"format": FORMAT, "sha256": sha256(checkpoint.text, checkpoint.arrays), **checkpoint.text}
    write_npz(path, json.dumps(text), checkpoint.arrays)


def read(path: str | Path) -> Checkpoint:
    """The checkpoint of a file. Raises DataError for anything else, and where anything in it has changed."""
    text, arrays = read_npz(path, (FORMAT, *WITHOUT_NOTICES))
    form, wanted = text.pop("format"), text.pop("sha256", None)
    if form != WITHOUT_HASH and wanted != (found := sha256(text, arrays)):
        raise DataError(f"{path} is damaged: its SHA-256 is {found}; wanted {wanted}")
    return Checkpoint(text, arrays, form)


def take_up(simulation: Resumable, checkpoint: Checkpoint, where: str) -> None:
    """Let a simulation go on from a checkpoint.

    Raises DataError, and changes nothing, when it is damaged or of another simulation. where: what errors call it.
    """
    text, arrays = copy.deepcopy(checkpoint.text), by_names_of_now(simulation.net, checkpoint.arrays)
    is_of(simulation, text.get("of"), where)
    try:
        if checkpoint.form in WITHOUT_NOTICES:
            refuse_notices(simulation.net, checkpoint.form, where)
            arrays = with_notices(simulation.engine, arrays)
        check(simulation, text, arrays)
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise DataError(f"{where} is damaged: {error}") from error
    for name, array in store_arrays(simulation.store).items():
        array[...] = arrays[f"store:{name}"]
    resume(simulation.engine, {name: array.copy() for name, array in below("engine:", arrays).items()})
    for name, module in simulation.store.python.items():
        vars(module).update(text["modules"][name])
        vars(module).update({own: array.copy() for own, array in below(f"module:{name}:", arrays).items()})
    simulation.recorders.go_on(below("recorder:", arrays))
    simulation.went_on(text["time"], arrays["log"] if text["log"] and simulation.keeps_log else None)


def refuse_notices(net: Network, form: str, where: str) -> None:
    """Raise DataError for a checkpoint from before notices were counted apart, of a network that sends some."""
    sending = next((outlet for outlet in net.outlets() if outlet.outlet.notice), None)
    if sending is not None:
        raise DataError(
            f"{where} has format {form!r}, in which spikes of neurons and notices ({sending} sends some) are counted "
            f"as one and cannot be told apart; wanted {FORMAT!r}"
        )


def with_notices(engine: Any, arrays: Arrays) -> Arrays:
    """The arrays of such a checkpoint as they are kept now: a column of no notices beside the spikes."""
    first = 2 if isinstance(engine, ReferenceEngine) else 0
    made = {name: array for name, array in arrays.items() if name not in ROOM}
    made["store:tally"] = np.insert(arrays["store:tally"], NOTICES, 0, axis=1)
    made["engine:roots"] = np.insert(arrays["engine:roots"], first + NOTICES, 0, axis=1)
    return made


def below(prefix: str, arrays: Arrays) -> Arrays:
    """Arrays whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def is_of(simulation: Resumable, found: Any, where: str) -> None:
    """Raise DataError unless a checkpoint's description is that of the simulation."""
    for what, value in json.loads(json.dumps(description(simulation))).items():
        other = _described_now(simulation.net, found.get(what)) if isinstance(found, dict) else None
        if not isinstance(found, dict) or other != _described_now(simulation.net, value):
            raise DataError(
                f"{where} is of a simulation with another {what}: {_short(other)}; this has {_short(value)}"
            )


def _described_now(net: Network, found: Any) -> Any:
    """A part of a description by the names of now: classes of modules, outlets of wires, recorded state.

    Files may hold paths of classes, and earlier names (`saved_names`).
    """
    if not isinstance(found, list) or not all(isinstance(row, list) and row for row in found):
        return found
    modules = {module.name: module for module in net.modules}
    return [_row_now(modules.get(row[0]) if isinstance(row[0], str) else None, row) for row in found]


def _row_now(module: Module | None, row: list[Any]) -> list[Any]:
    kinds = [*map(type, row)]
    if kinds == [str, str, int]:
        return [row[0], name_of(row[1]), row[2]]
    if module is not None and kinds == [str, str, str, str, int, bool]:
        return [row[0], name_now(row[1], module.outlets, OUTLETS), *row[2:]]
    if module is not None and len(row) == 6 and kinds[:3] == [str, str, int]:
        return [row[0], name_now(row[1], {*module.state, *module.integers}, STATE), *row[2:]]
    return row


def by_names_of_now(net: Network, arrays: Arrays) -> Arrays:
    """Arrays of a checkpoint, whose file may hold earlier names."""
    now = dict(ARRAYS)
    for module in net.modules:
        known = {*module.state, *module.integers}
        now |= {
            f"store:state:{module.name}:{old}": f"store:state:{module.name}:{new}" for old, new in STATE.items()
            if new in known and old not in known
        }  # fmt: skip
    return {now.get(name, name): array for name, array in arrays.items()}


def check(simulation: Resumable, text: dict[str, Any], arrays: Arrays) -> None:
    """Raise ValueError unless a checkpoint is one that a run of this simulation could have left behind."""
    for name, kind in (("time", int), ("taken", int), ("log", bool), ("modules", dict)):
        if type(text.get(name)) is not kind:
            raise ValueError(f"{name!r} is {_short(text.get(name))}; wanted {kind.__name__}")
    others = [name for name in arrays if not name.startswith(("store:", "engine:", "module:", "recorder:"))]
    if others != ["log"][: text["log"]]:
        raise ValueError(f"it holds {others}; wanted {['log'][: text['log']]}")
    check_store(simulation.store, below("store:", arrays))
    check_memories(simulation.store.python, text["modules"], below("module:", arrays))
    simulation.recorders.check(below("recorder:", arrays), text["time"])
    log = arrays["log"] if text["log"] else None
    slots, engine = arrays["store:slots"], below("engine:", arrays)
    latest = soundness.check(simulation.engine, engine, slots, text["time"], text["taken"], log)
    of_modules(simulation.store, below("store:", arrays), text["time"], latest)


def description(simulation: Resumable) -> dict[str, Any]:
    """Properties of a simulation that its checkpoints fit: the network's modules, units and wires, and the options."""
    net = simulation.net
    amounts = {"bits of amounts": simulation.store.bits} if simulation.store.bits else {}
    return (
        simulation.options
        | amounts
        | {
            "number type": net.dtype,
            "coalescing network": net.coalesce,
            "modules": [[m.name, m.kind(), m.units] for m in net.modules],
            "wires": [
                [w.source.module.name, w.source.name, w.target.module.name, w.target.name, w.delay, w.settled]
                for w in net.wires
            ],
        }
    )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}..."


# --- state and weights ---
def store_arrays(store: Store) -> Arrays:
    """The arrays that rules write, by name; they are those of the run and not copies."""
    found = {f"state:{module}:{name}": array for (module, name), array in store.arrays.items()}
    found |= {f"param:{module}:{name}": array for (module, name), array in store.params.items()}
    found |= {f"block:{name}": array for name, array in store.blocks.items()}
    return found | {"tally": store.tally, "slots": store.slots}


def check_store(store: Store, arrays: Arrays) -> None:
    """Raise ValueError unless arrays are those of a run: its shapes and parameters, no count below 0."""
    own = store_arrays(store)
    if unknown := sorted(set(arrays) - set(own)):
        raise ValueError(f"it holds {unknown}, which this simulation has not")
    for name, array in own.items():
        found = arrays.get(name)
        if found is None or (found.shape, found.dtype) != (array.shape, array.dtype):
            what = "nothing" if found is None else f"{found.dtype} {list(found.shape)}"
            raise ValueError(f"it holds {what} for {name!r}; wanted {array.dtype} {list(array.shape)}")
        if name.startswith("param:") and found.tobytes() != array.tobytes():
            raise ValueError(f"{name!r} is {found[0]}; wanted {array[0]}, which no run changes")
    within("'tally'", arrays["tally"], 0, COUNT)


# --- modules in plain Python ---
def memory_of(module: PythonModule) -> tuple[dict[str, Any], Arrays]:
    """Attributes of a module in plain Python: plain values, and arrays.

    Raises EngineError for an attribute that is neither.
    """
    plain: dict[str, Any] = {}
    arrays: Arrays = {}
    for name, value in vars(module).items():
        if name in _GIVEN:
            continue
        if isinstance(value, np.ndarray) and not value.dtype.hasobject:
            arrays[name] = value
        elif _survives(value):
            plain[name] = value
        else:
            raise EngineError(
                f"module {module.name!r} keeps a {type(value).__name__} in its attribute {name!r}; a checkpoint holds "
                "numbers, texts, lists and dicts of them, and arrays"
            )
    return plain, arrays


_GIVEN = set(vars(PythonModule(name="any"))) - {"units"}  # of which a checkpoint tells, as those of before do


def _survives(value: Any) -> bool:
    """A value comes back from JSON as it was."""
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError):
        return False


def check_memories(modules: dict[str, PythonModule], plain: dict[str, Any], arrays: Arrays) -> None:
    """Raise ValueError unless what a checkpoint holds of modules in plain Python are values of their attributes."""
    if set(plain) != set(modules) or not all(isinstance(values, dict) for values in plain.values()):
        raise ValueError(f"it holds what {_short(sorted(plain))} keep; wanted {_short(sorted(modules))}")
    known = set()
    for name, module in modules.items():
        own = below(f"{name}:", arrays)
        known |= {f"{name}:{attribute}" for attribute in own}
        for attribute, value in (*plain[name].items(), *own.items()):
            _check_attribute(module, attribute, value)
    if set(arrays) - known:
        raise ValueError(f"it holds {sorted(set(arrays) - known)}, which belong to no module")


def _check_attribute(module: PythonModule, name: str, value: Any) -> None:
    """A value may stand in for what the module keeps there now; numbers of all kinds may for one another."""
    what = f"attribute {name!r} of module {module.name!r}"
    declared = getattr(type(module), name, None)
    if (
        not name.isidentifier()
        or name in _GIVEN
        or callable(declared)
        or isinstance(declared, (Port, Outlet, property))
    ):
        raise ValueError(f"it holds {what}, which a module does not keep")
    before = vars(module).get(name)
    if name in sizes_of(module) and value != before:
        raise ValueError(f"{what} is {_short(value)}; wanted {_short(before)}, which no run changes")
    if isinstance(before, np.ndarray) and isinstance(value, np.ndarray):
        if (before.dtype, before.ndim) != (value.dtype, value.ndim):
            raise ValueError(f"{what} is {value.dtype} {list(value.shape)}; wanted {before.dtype} {list(before.shape)}")
    elif before is not None and value is not None and _kind(before) is not _kind(value):
        raise ValueError(f"{what} is a {type(value).__name__}; wanted a {type(before).__name__}")


def sizes_of(module: PythonModule) -> set[str]:
    """Attributes that say how many units a module has, its ports take and its outlets send."""
    widths = [port.accepts for port in module.ports.values() if port.accepts is not None]
    widths += [outlet.width for outlet in module.outlets.values()]
    return {"units"}.union(*map(sizes_in, widths))


def _kind(value: Any) -> type:
    return float if isinstance(value, (bool, int, float)) else type(value)


# --- engines ---
def engine_arrays(engine: Any) -> Arrays:
    """Arrays of an engine without its log: its queue and its counters."""
    if isinstance(engine, ReferenceEngine):
        return _of_reference(engine)
    return _of_compiled(engine)


def resume(engine: Any, arrays: Arrays) -> None:
    """Let an engine that has not begun go on where the arrays were taken; they have been checked."""
    if isinstance(engine, ReferenceEngine):
        _resume_reference(engine, arrays)
    else:
        _resume_compiled(engine, arrays)


def _of_reference(engine: ReferenceEngine) -> Arrays:
    rows = [
        (*key, d.port, d.index, d.s, d.source, d.parent, d.root, d.row[0] == "beyond", d.row[1], *_rest(d))
        for *key, d in [*engine.queue, *engine.predicted.values()]
    ]
    counts = [(kind == "beyond", number, *row.tolist()) for (kind, number), row in engine.root_rows.items()]
    return {
        "queue": np.array(rows, dtype=np.int64).reshape(-1, 15),
        "predicted": np.array(list(engine.predicted), dtype=np.int64),
        "counters": np.array([getattr(engine, name) for name in COUNTERS], dtype=np.int64),
        "open": np.array(list(engine.open.items()), dtype=np.int64).reshape(-1, 2),
        "roots": np.array(counts, dtype=np.int64).reshape(-1, 2 + ROOT_WORDS),
        "causes": engine.inputs_counted(),
        "sent": np.array(engine.sent, dtype=np.int64),
    }


def _rest(delivery: Delivery) -> tuple[int, int, int]:
    return delivery.depth, delivery.batch, delivery.spike


def _resume_reference(engine: ReferenceEngine, arrays: Arrays) -> None:
    entries = []
    for *key, port, index, s, source, parent, root, beyond, number, depth, batch, spike in arrays["queue"].tolist():
        row = ("beyond" if beyond else "root", number)
        entries.append((*key, Delivery(port, index, s, source, parent, root, row, depth, batch, spike)))
    waiting = len(entries) - len(arrays["predicted"])
    engine.queue = entries[:waiting]
    engine.predicted = dict(zip(arrays["predicted"].tolist(), entries[waiting:]))
    for name, value in zip(COUNTERS, arrays["counters"].tolist()):
        setattr(engine, name, value)
    engine.open = dict(arrays["open"].tolist())
    kinds = "root", "beyond"
    engine.root_rows = {(kinds[kind], number): np.array(row) for kind, number, *row in arrays["roots"].tolist()}
    engine.causes, engine.sent = arrays["causes"].tolist(), arrays["sent"].tolist()


def _of_compiled(engine: Any) -> Arrays:
    engine.empty_ring()
    own = {"words": engine.st, "waiting": engine.job[WAITING : WAITING + 1], "roots": engine.root_counts}
    own |= {"causes": engine.inputs_counted()}
    queue = engine.queue._asdict()
    return own | {name: queue[field] for name in COMPILED if (field := name.removeprefix("queue:")) != name}


def _resume_compiled(engine: Any, arrays: Arrays) -> None:
    words = [word for word, *_ in WORDS.values()]  # not the key's address, nor lines not drained then
    engine.st[words] = arrays["words"][words]
    engine.job[WAITING] = arrays["waiting"][0]
    engine.root_counts, engine.causes, engine.known = arrays["roots"], arrays["causes"], len(arrays["causes"])
    held = below("queue:", {name: arrays[name] for name in COMPILED})
    engine.use(engine.queue._replace(**held))
    engine.find_waiting()
    engine.make_ready(engine.queue.in_port[engine.st[S_IN_CURSOR] : engine.st[S_IN_END]])
