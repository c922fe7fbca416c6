"""Checkpoints: everything that a run changes, as arrays, so that a run that resumes equals one that never stopped.

A checkpoint belongs to a network, an engine and its options: it is taken up by a simulation that was built as the one
that it was taken of. It holds no network and no code.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventnet.causes import ROOT_WORDS
from eventnet.engine.reference import Delivery, ReferenceEngine
from eventnet.engine.store import Store
from eventnet.errors import DataError, EngineError
from eventnet.event import EVENT
from eventnet.files import read_npz, write_npz
from eventnet.module import PythonModule

if TYPE_CHECKING:
    from eventnet.engine.run import Simulation

Arrays = dict[str, NDArray[Any]]

COUNTERS = (
    "now", "taken", "in_instant", "seq", "inputs", "inputs_taken", "batches", "spikes", "before", "annihilated",
)  # fmt: skip
"""Whole numbers of the reference engine that a run changes."""


FORMAT = "eventnet checkpoint 2"


@dataclass(frozen=True)
class Checkpoint:
    """What a run had changed at a moment: texts and plain values, and arrays by name. Nothing changes it any more.

    Without an array "log" a run that takes it up begins its log there.
    """

    text: dict[str, Any]
    arrays: Arrays

    @property
    def time(self) -> int:
        """The time that the run had reached."""
        return int(self.text["time"])

    @property
    def taken(self) -> int:
        """Deliveries taken until then."""
        return int(self.text["taken"])


def take(simulation: Simulation, *, log: bool = True) -> Checkpoint:
    """A checkpoint of a simulation, in memory; log: with the log so far. Raises EngineError for what none can hold."""
    arrays = {f"store:{name}": array for name, array in store_arrays(simulation.store).items()}
    log = log and simulation.keeps_log
    arrays |= {"log": simulation.kept_log()} if log else {}
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
    write_npz(path, json.dumps({"format": FORMAT, **checkpoint.text}), checkpoint.arrays)


def read(path: str | Path) -> Checkpoint:
    """The checkpoint of a file. Raises DataError for anything else."""
    return Checkpoint(*read_npz(path, FORMAT))


def take_up(simulation: Simulation, checkpoint: Checkpoint, where: str) -> None:
    """Let a simulation go on from a checkpoint.

    Raises DataError, and changes nothing, when it is damaged or of another simulation. where: what errors call it.
    """
    text, arrays = copy.deepcopy(checkpoint.text), checkpoint.arrays
    wanted = json.loads(json.dumps(description(simulation)))
    found = text.get("of")
    for what, value in wanted.items():
        if not isinstance(found, dict) or found.get(what) != value:
            other = found.get(what) if isinstance(found, dict) else None
            raise DataError(
                f"{where} is of a simulation with another {what}: {_short(other)}; this has {_short(value)}"
            )
    try:
        log = arrays["log"] if text["log"] and simulation.keeps_log else None
        engine = {n.removeprefix("engine:"): a.copy() for n, a in arrays.items() if n.startswith("engine:")}
        modules = [(simulation.store.python[name], dict(plain)) for name, plain in text["modules"].items()]
        time = int(text["time"])
        fill(store_arrays(simulation.store), {n.removeprefix("store:"): a for n, a in arrays.items()}, where)
        resume(simulation.engine, engine)
    except (LookupError, TypeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{where} is damaged: {error}") from error
    for module, plain in modules:
        own = f"module:{module.name}:"
        vars(module).update(plain)
        vars(module).update({n.removeprefix(own): a.copy() for n, a in arrays.items() if n.startswith(own)})
    simulation.went_on(time, log)


def description(simulation: Simulation) -> dict[str, Any]:
    """What a checkpoint fits: the network's modules, units and wires, and the simulation's options."""
    net = simulation.net
    return simulation.options | {
        "number type": net.dtype,
        "coalescing network": net.coalesce,
        "modules": [[m.name, m.kind(), m.units] for m in net.modules],
        "wires": [
            [w.source.module.name, w.source.name, w.target.module.name, w.target.name, w.delay, w.settled]
            for w in net.wires
        ],
    }


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


def fill(own: Arrays, arrays: Arrays, where: str) -> None:
    """Write into the arrays of a run what a checkpoint holds of them, once all of it is known to fit."""
    for name, array in own.items():
        found = arrays.get(name)
        if found is None or (found.shape, found.dtype) != (array.shape, array.dtype):
            what = "nothing" if found is None else f"{found.dtype} {list(found.shape)}"
            raise DataError(f"{where} holds {what} for {name!r}; wanted {array.dtype} {list(array.shape)}")
    for name, array in own.items():
        array[...] = arrays[name]


# --- modules in plain Python ---
def memory_of(module: PythonModule) -> tuple[dict[str, Any], Arrays]:
    """What a module in plain Python keeps in attributes: plain values, and arrays.

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


_GIVEN = set(vars(PythonModule("any")))


def _survives(value: Any) -> bool:
    """A value comes back from JSON as it was."""
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError):
        return False


# --- engines ---
def engine_arrays(engine: Any) -> Arrays:
    """What an engine holds, but for its log: its queue and its counters."""
    if isinstance(engine, ReferenceEngine):
        return _of_reference(engine)
    return _of_compiled(engine)


def resume(engine: Any, arrays: Arrays) -> None:
    """Let an engine that has not begun go on where the arrays were taken. Raises LookupError for what is missing."""
    if isinstance(engine, ReferenceEngine):
        _resume_reference(engine, arrays)
    else:
        _resume_compiled(engine, arrays)


def _of_reference(engine: ReferenceEngine) -> Arrays:
    rows = [
        (*key, d.port, d.index, d.sign, d.source, d.parent, d.root, d.row[0] == "beyond", d.row[1], *_rest(d))
        for *key, d in [*engine.queue, *engine.foreseen.values()]
    ]
    counts = [(kind == "beyond", number, *row.tolist()) for (kind, number), row in engine.root_rows.items()]
    return {
        "queue": np.array(rows, dtype=np.int64).reshape(-1, 15),
        "foreseen": np.array(list(engine.foreseen), dtype=np.int64),
        "counters": np.array([getattr(engine, name) for name in COUNTERS], dtype=np.int64),
        "open": np.array(list(engine.open.items()), dtype=np.int64).reshape(-1, 2),
        "roots": np.array(counts, dtype=np.int64).reshape(-1, 2 + ROOT_WORDS),
        "causes": np.array(engine.causes, dtype=EVENT),
        "sent": np.array(engine.sent, dtype=np.int64),
    }


def _rest(delivery: Delivery) -> tuple[int, int, int]:
    return delivery.depth, delivery.batch, delivery.spike


def _resume_reference(engine: ReferenceEngine, arrays: Arrays) -> None:
    entries = []
    for *key, port, index, sign, source, parent, root, beyond, number, depth, batch, spike in arrays["queue"].tolist():
        row = ("beyond" if beyond else "root", number)
        entries.append((*key, Delivery(port, index, sign, source, parent, root, row, depth, batch, spike)))
    waiting = len(entries) - len(arrays["foreseen"])
    engine.queue = entries[:waiting]
    engine.foreseen = dict(zip(arrays["foreseen"].tolist(), entries[waiting:]))
    for name, value in zip(COUNTERS, arrays["counters"].tolist()):
        setattr(engine, name, value)
    engine.open = dict(arrays["open"].tolist())
    kinds = "root", "beyond"
    engine.root_rows = {(kinds[kind], number): np.array(row) for kind, number, *row in arrays["roots"].tolist()}
    engine.causes, engine.sent = arrays["causes"].tolist(), arrays["sent"].tolist()


def _of_compiled(engine: Any) -> Arrays:
    from eventnet.memory import WAITING

    queue = {f"queue:{name}": array for name, array in engine.queue._asdict().items() if name != "log"}
    own = {"words": engine.st, "waiting": engine.job[WAITING : WAITING + 1], "roots": engine.root_counts}
    return queue | own | {"causes": engine.inputs_counted()}


def _resume_compiled(engine: Any, arrays: Arrays) -> None:
    from eventnet.engine.words import S_KEY, S_LOG
    from eventnet.memory import WAITING

    address = engine.st[S_KEY]
    engine.st[:] = arrays["words"]
    engine.st[S_KEY], engine.st[S_LOG] = address, 0  # lines not yet drained there are not here
    engine.job[WAITING] = arrays["waiting"][0]
    engine.root_counts, engine.causes, engine.known = arrays["roots"], arrays["causes"], len(arrays["causes"])
    held = {name: arrays[f"queue:{name}"] for name in engine.queue._fields if name != "log"}
    engine.use(engine.queue._replace(**held))
    engine.make_ready(held["in_port"])
