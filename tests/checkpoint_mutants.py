"""Checkpoints with one or two things changed, taken up in a forked child with limits and with guarded memory.

In memory no SHA-256 tells of a change; every tenth goes by a file, which is signed anew.
"""

from __future__ import annotations

import copy
import ctypes
import mmap
import os
import resource
import signal
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from cases import Case, make_case, make_change_case, make_opposite_case
from current_cases import make_current_case
from dsn_cases import problem, small
from integrate_cases import make_integrate_case
from pd_cases import make_pd_case
from predictive_cases import make_predictive_case
from response_cases import make_response_case
from stdp_cases import make_stdp_case

import eventnet as en
from eventnet.engine.checkpoint import Checkpoint, read, write
from eventnet.errors import BoundsError, DataError, EngineError
from eventnet.kernels.records import SLOTS

SECONDS, MEMORY = 30, 2 << 30
NUMBERS = [-1, 0, 1, 2, 7, 10**6, 10**9, -(10**6), 2**31, 2**53, 2**62, 2**63 - 1, -(2**63), 2**32 - 1]
CHECKED = 200
"""Deliveries of a run that looks at every index."""
OUTCOMES = ("refused", "ran", "failed", "raw error", "out of bounds", "signal", "hang")
"""failed: taken up, and the run then said with an error of the package that it cannot go on. out of bounds: a rule of
what was taken up has looked beyond its arrays."""


# --- what is changed -------------------------------------------------------------------------------------------------
def make_filter_case(seed: int) -> Case:
    """Events into patches of filters whose messages fade or do not, and pools above them."""
    rng = np.random.default_rng(seed)
    net = en.Network(dtype=str(rng.choice(["float32", "float64"])))
    geometry = en.Geometry.window((1, 6, 6), 4, (3, 3), (int(rng.integers(1, 3)),) * 2)
    weights = net.weights(en.kernels.patches.kernel_rows(rng.normal(size=(4, 1, 3, 3)), geometry.stride), "eye")
    more: Any = {"bias": [0.1, -0.1], "scale": 3.0, "least": int(rng.choice([0, 5])), "every": int(rng.choice([0, 4]))}
    window = en.Geometry.window((2, *geometry.shape_out[1:]), 2, (2, 2), (1, 1))
    if seed % 2:
        layer: Any = net.add(en.DecayingFilters(geometry, weights, [3.0, 9.0], fade=20.0, **more))
        pool: Any = net.add(en.DecayingPool(window, fade=20.0, k=2.0, least=3))
    else:
        layer = net.add(en.LeakyFilters(geometry, weights, [3.0, 9.0], **more))
        pool = net.add(en.SigmaDeltaPool(window, k=2.0))
    net.connect(layer.out, pool.spikes, int(rng.integers(0, 2)))
    net.connect(pool.out, net.add(en.Sink(pool.units)).spikes)
    feed = [(int(t), layer.spikes, int(rng.integers(36)), int(rng.choice([-1, 1]))) for t in rng.integers(0, 12, 40)]
    return Case(net, en.events(feed), {"order": str(rng.choice(["breadth", "depth", "fifo"])), "record": True}, 30)


def make_learning_case(seed: int) -> Case:
    """A Deep Spiking Network that learns from some samples."""
    options = [{}, {"rule": "sgd"}, {"regularization": 0.01}, {"backward_reset": "random"}, {"dtype": "int32"}]
    made = small(**options[seed % len(options)])
    x, y = problem(4, seed=seed)
    net, inputs = made.training_network(made.vectors(x), made._targets(y, len(x)))
    return Case(net, inputs, {"order": "breadth", "record": True}, 10**6)


FAMILIES = (
    make_case, make_opposite_case, make_change_case, make_pd_case, make_predictive_case, make_integrate_case,
    make_current_case, make_stdp_case, make_response_case, make_filter_case, make_learning_case,
)  # fmt: skip
"""Networks of all kinds of modules."""


@cache
def halfway(number: int) -> tuple[Case, str, Checkpoint]:
    """A case of each family in turn, its engine, and a checkpoint in the middle of its run."""
    make = FAMILIES[number % len(FAMILIES)]
    for seed in range(number, number + 10_000, 100):
        case = make(seed)
        if number % 4 == 1:
            case.options |= {"roots": False}
        elif number % 4 == 2:
            case.options |= {"record": False, "root_limit": 3}
        engine = "reference" if number % 5 == 4 else "compiled"
        sim = en.Simulation(case.net, engine=engine, **case.options)
        try:
            sim.inject(case.inputs)
            sim.run(until=case.until, max_deliveries=10 + seed % 23 * (1 + seed % 3))
            if not sim.idle:
                return case, engine, sim.checkpoint()
        except en.EventnetError:
            continue
    raise AssertionError(f"no case {number} was caught in the middle of its run")


def mutant(number: int, rng: np.random.Generator) -> tuple[Case, str, Checkpoint]:
    """A case, its engine, and its checkpoint with one or two things changed: in the engine's arrays, or a module's."""
    case, engine, whole = halfway(number)
    text, arrays = copy.deepcopy(whole.text), {name: array.copy() for name, array in whole.arrays.items()}
    queue = [n for n in sorted(arrays) if n.startswith("engine:") or n in ("store:slots", "store:tally", "log")]
    integers = [n for n in sorted(arrays) if n.startswith("store:state:") and arrays[n].dtype == np.int64]
    if rng.random() < 0.05:
        key = str(rng.choice(["time", "taken", "log", "modules"]))
        text[key] = [None, -1, 2**70, "x", [], 0.5, True, {}][int(rng.integers(8))]
    else:
        kinds = [names for names in (queue, integers, sorted(arrays)) if names]
        names = kinds[int(rng.choice(len(kinds), p=[0.45, 0.45, 0.1] if len(kinds) == 3 else [0.9, 0.1]))]
        for _ in range(1 + (rng.random() < 0.3)):
            changed(str(rng.choice([n for n in names if n in arrays])), arrays, rng)
    return case, engine, Checkpoint(text, arrays)


def changed(name: str, arrays: dict[str, Any], rng: np.random.Generator) -> None:
    """Change one number, the length, the type or the rows of an array, or leave it out."""
    array, way = arrays[name], rng.random()
    if way < 0.75 and array.size:
        field = array
        if array.dtype.names:
            field = array[str(rng.choice(array.dtype.names))]
        edit(field, rng)
    elif way < 0.83:
        arrays[name] = array[: int(rng.integers(0, max(len(array), 1)))]
    elif way < 0.88:
        arrays[name] = (
            array.astype(str(rng.choice(["float64", "int32", "int64", "U3"]))) if not array.dtype.names else array["t"]
        )
    elif way < 0.95 and len(array) > 1:
        a, b = rng.choice(len(array), 2, replace=False)
        array[[a, b]] = array[[b, a]]
    elif way < 0.97:
        arrays[name] = array.reshape(1, *array.shape)
    else:
        del arrays[name]


def edit(field: Any, rng: np.random.Generator) -> None:
    """Another number at one place: a near one, or one of NUMBERS; mostly where something stands."""
    standing = np.argwhere(field != 0)
    at = tuple(standing[int(rng.integers(len(standing)))]) if len(standing) and rng.random() < 0.7 else None
    at = tuple(int(rng.integers(n)) for n in field.shape) if at is None else at
    wanted = int(field[at]) + int(rng.integers(-3, 4)) if rng.random() < 0.4 else int(rng.choice(np.array(NUMBERS)))
    with np.errstate(all="ignore"):
        field[at] = np.array(min(max(wanted, -(2**63)), 2**63 - 1)).astype(field.dtype)


# --- memory that ends where an array ends ----------------------------------------------------------------------------
_KEPT: list[Any] = []
_LIBC = ctypes.CDLL(None, use_errno=True)


def guarded(array: Any, *, before: bool) -> Any:
    """A copy of an array beside a page that nobody may touch: right before it, or right behind it."""
    page = mmap.PAGESIZE
    room = max(1, -(-array.nbytes // page)) * page
    memory = mmap.mmap(-1, room + 2 * page)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    whole = np.frombuffer(memory, dtype=np.uint8)
    first = page if before else page + room - array.nbytes
    made = whole[first : first + array.nbytes].view(array.dtype).reshape(array.shape)
    made[...] = array
    for at in (start, start + page + room):
        if _LIBC.mprotect(ctypes.c_void_p(at), ctypes.c_size_t(page), 0):
            raise OSError(ctypes.get_errno(), "mprotect")
    _KEPT.append((memory, whole))
    return made


def guard(sim: en.Simulation, *, before: bool) -> None:
    """Let a compiled engine work on guarded copies of what it took up."""
    if sim.engine_name != "compiled":
        return
    engine = sim.engine
    fields = {k: guarded(v, before=before) for k, v in engine.queue._asdict().items() if k != "log" and v.size}
    engine.use(engine.queue._replace(**fields))
    engine.root_counts = guarded(engine.root_counts, before=before)
    if len(sim.store.slots):
        sim.store.slots = guarded(sim.store.slots, before=before)
        engine.job[SLOTS] = sim.store.slots.ctypes.data


# --- in a child of its own -------------------------------------------------------------------------------------------
def tried(number: int, seed: int) -> str:
    """What came of a mutant, of OUTCOMES: in a forked child, with limits of time and memory."""
    halfway(number)  # compiled and kept here, for all children
    child = os.fork()
    if child == 0:
        os._exit(_in_child(number, seed))
    begun = time.monotonic()
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() - begun > 10 * SECONDS:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return "hang"
        time.sleep(0.002)
    if os.WIFSIGNALED(status):
        return "hang" if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else "signal"
    return OUTCOMES[os.WEXITSTATUS(status)] if os.WEXITSTATUS(status) < len(OUTCOMES) else "raw error"


def _in_child(number: int, seed: int) -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    used = int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    try:
        case, engine, checkpoint = mutant(number, np.random.default_rng([number, seed]))
        sim = en.Simulation(case.net, engine=engine, **case.options)
        try:
            sim.resume(signed(checkpoint) if seed % 10 == 0 else checkpoint)
        except (DataError, EngineError):
            return OUTCOMES.index("refused")
        if looks_beyond(case, engine, checkpoint):
            return OUTCOMES.index("out of bounds")
        guard(sim, before=seed % 2 == 0)
        try:
            sim.run(max(case.until, sim.time), max_deliveries=20_000)
        except en.EventnetError:
            return OUTCOMES.index("failed")
        return OUTCOMES.index("ran")
    except BaseException:
        import traceback

        traceback.print_exc()
        return OUTCOMES.index("raw error")


def signed(checkpoint: Checkpoint) -> Checkpoint:
    """A checkpoint that came by a file, which has the SHA-256 of what it holds."""
    with tempfile.TemporaryDirectory() as folder:
        write(checkpoint, Path(folder) / "c.npz")
        return read(Path(folder) / "c.npz")


def looks_beyond(case: Case, engine: str, checkpoint: Checkpoint) -> bool:
    """Whether a rule looks beyond its arrays in the first deliveries after a checkpoint."""
    sim = en.Simulation(case.net, engine=engine, check=True, **case.options)
    try:
        sim.resume(checkpoint).run(max(case.until, sim.time), max_deliveries=CHECKED)
    except BoundsError:
        return True
    except en.EventnetError:
        pass
    return False


def mutants(seed: int, cases: int) -> Iterator[tuple[int, int]]:
    """Numbers of cases and seeds of mutants, without end."""
    k = 0
    while True:
        yield k % cases, seed + k
        k += 1
