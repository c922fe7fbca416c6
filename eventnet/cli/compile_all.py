"""`eventnet info --compile`: everything that ships and can be compiled, found where it is registered, and compiled.

Rules are those of the registered classes of modules, of other packages' where entry points name them, in each number
type that the class can be in; keys are those of the named orders, and functions of the package that have a key's
arguments. Other compiled functions (`kernels`) take their types from the values they are called with: small runs call
them, and a test finds those that no run reaches.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

import eventnet as en
from eventnet.analysis.parallel import SMALL, in_processes
from eventnet.connectivity import Projection
from eventnet.data.temporal import temporal_order
from eventnet.declared_classes import sends_of
from eventnet.engine.compiled import LOOP_SIGNATURE
from eventnet.engine.loop import LOOPS
from eventnet.event import PIXEL_EVENT
from eventnet.io.formats import es, evt3
from eventnet.kernels import compiling
from eventnet.kernels.columns_listed import by_column
from eventnet.kernels.poisson import PoissonTrain, put_train
from eventnet.learning import LEARNING
from eventnet.models import DeepSpikingNetwork, EquilibriumNetwork, SpikingEquilibriumNetwork
from eventnet.models.equilibrium_spiking import Osa, SpikingForm, schedule
from eventnet.module import Module
from eventnet.neurons import NEURONS
from eventnet.order import KEY_ARGUMENTS, every_order, find_order
from eventnet.rule import Rule
from eventnet.scenarios.attitude.parameters import AttitudeParameters, AttitudeRunTable
from eventnet.scenarios.attitude.run import compare as compare_attitudes
from eventnet.scenarios.fusion import FusionWeights
from eventnet.scenarios.fusion.named import methods
from eventnet.scenarios.fusion.parameters import Parameters, RunTable
from eventnet.scenarios.fusion.run import run_one, stream_of
from eventnet.scenarios.fusion.stream import Simulated
from eventnet.scenarios.fusion.train.features import Take, traces
from eventnet.scenarios.fusion.train.remade import as_halves
from eventnet.scenarios.gaze.parameters import GazeParameters, GazeRunTable
from eventnet.scenarios.gaze.reflex import REFLEXES, run_reflex
from eventnet.scenarios.pattern.listener import listen
from eventnet.scenarios.pattern.parameters import PatternParameters, PatternRunTable
from eventnet.scenarios.sensors.frame_camera import FrameCamera, FrameCameraParameters
from eventnet.scenarios.sensors.pixels import Bus, empty_pixels, forget_leak, low_pass
from eventnet.scenarios.worlds.turning import Panorama

PACKAGE = "eventnet"
Progress = Callable[[int, int], None]
SHORT = RunTable(trajectories=1, duration_s=0.3, measured_from_s=0.1)


@dataclass(frozen=True)
class Compiled:
    """Numbers of things that were compiled, and of those that were there already."""

    compiled: int
    there: int


OPTIONAL = {f"{PACKAGE}.sklearn"}
"""Modules that want a package which need not be there; they have no rules."""


def modules() -> list[ModuleType]:
    """All modules of the package, imported, but for those of OPTIONAL."""
    tops = [importlib.import_module(name) for name in (PACKAGE, f"{PACKAGE}.models", f"{PACKAGE}.scenarios")]
    # The package's own path has a second entry in a clone: the clone itself.
    places = [(top, list(top.__path__)[:1]) for top in tops]
    names = {found.name for top, path in places for found in pkgutil.walk_packages(path, f"{top.__name__}.")}
    names |= {top.__name__ for top in tops}
    return [
        importlib.import_module(name)
        for name in sorted(names)
        if not name.endswith("__main__") and name not in OPTIONAL
    ]


# --- what there is ---
def rules() -> Iterator[tuple[Rule, str, int]]:
    """Rules of the package's modules, and of those that other packages name in entry points.

    With each the number types that it is in, and what it sends (`sends_of`).
    """
    found: dict[tuple[Rule, str, int], None] = {}
    announced = [listing.find(name) for listing in (NEURONS, LEARNING) for name in listing.others()]
    for module in Module.registry.values():
        if module.__module__.startswith(f"{PACKAGE}.") or module in announced:
            for port in module.ports.values():
                for rule, emits in ((port.rule, port.emits), (port.burst, port.burst_emits), (port.each, port.emits)):
                    sends = sends_of(module, emits)
                    forms = [] if rule is None else [rule, *(rule.parts.typed(rule) if rule.parts else ())]
                    found |= {(form, dtype, sends): None for form in forms for dtype in module.dtypes}
                    if rule is not None and rule.owing is not None:
                        found |= {(rule.owing, dtype, sends): None for dtype in module.dtypes if dtype != "int32"}
    return iter(found)


def keys() -> list[Any]:
    """Names of orders, and the package's other key functions at the top of a module."""
    named = every_order()
    loose = {
        value: None for module in modules() for value in vars(module).values()
        if isinstance(value, FunctionType) and tuple(inspect.signature(value).parameters) == KEY_ARGUMENTS
    }  # fmt: skip
    return [*(order.name for order in named), *(key for key in loose if all(key is not order.key for order in named))]


def jobs() -> list[tuple[str, Any]]:
    """All that is compiled, one by one: its kind ("rule", "key", "loop" or "use"), and the thing."""
    modules()
    return [
        *(("rule", job) for job in rules()), *(("key", key) for key in keys()),
        *(("loop", number) for number in range(len(LOOPS))), *(("use", name) for name in USES),
    ]  # fmt: skip


# --- compiling ---
def compile_all(processes: int | None = None, progress: Progress | None = None) -> Compiled:
    """Compile what is not there; progress: called with (things done, things in all).

    processes: None for one where the first thing is there already, else one a core.
    """
    made = in_processes(
        _compiles, None, jobs(), processes=processes, size=lambda new: SMALL if new else 0, progress=progress
    )
    return Compiled(sum(made), len(made) - sum(made))


def _compiles(shared: None, job: tuple[str, Any]) -> bool:
    """Whether a thing had to be compiled."""
    kind, thing = job
    before = compiling.missed()
    if kind == "rule":
        rule, dtype, sends = thing
        rule.compiled(dtype, sends)
    elif kind == "key":
        find_order(thing).address()
    elif kind == "loop":
        LOOPS[thing].compile(LOOP_SIGNATURE)
    else:
        USES[thing]()
    return compiling.missed() > before


# --- what runs the rest ---
def _network() -> None:
    net = en.Network()
    relay = net.add(en.Relay(1))
    net.connect(relay.out, net.add(en.Sink(1)).spikes)
    sim = en.Simulation(net)
    sim.inject([(0, relay.spikes, 0, 1)])
    sim.run()


def _trains() -> None:
    t, index = PoissonTrain(2).spikes([100.0, 100.0], 10_000, 1)
    put_train(np.zeros(len(t), en.EVENT), 0, t, index, 0, 0)


def _temporal() -> None:
    for dtype in (np.uint8, np.float32, np.float64):
        temporal_order(np.zeros((4, 2), dtype), buffer=2)


def _evt3() -> None:
    words = np.zeros(2, np.uint16)
    evt3.count(words)
    evt3.decode(words, np.zeros(evt3.STATE, np.int64), np.empty(2, PIXEL_EVENT), np.empty(2, np.int32))


def _event_stream() -> None:
    es.decode(np.frombuffer(bytes(1), np.uint8), False, 0, np.empty(2, PIXEL_EVENT), np.empty(2, np.int64))


def _fusion() -> None:
    made, weights = replace(Parameters(), run=SHORT), FusionWeights.shipped()
    for way in methods(made):
        run_one(made, weights, 0, way)
    stream_of.cache_clear()


def _robot() -> None:
    made = replace(Parameters(), run=SHORT)
    stream = Simulated(replace(made, robot=replace(made.robot, joints=2, frames_hz=30.0)), 0, (16, 12))
    for other in stream.others().values():
        list(other.packets())
    noisy = FrameCameraParameters(white_electrons=1000.0, read_noise=1.0)
    list(FrameCamera(stream.scene, noisy, seed=0).packets(1e5, 1e5))


def _traces() -> None:
    whole, real = np.zeros(1, np.int64), np.zeros(1)
    take = Take(real, whole, whole, real, real, np.zeros((1, 3)))
    traces(take, np.ones(1), (1000.0,), width=8, height=8)


def _halves() -> None:
    as_halves(np.zeros(1, np.uint32), np.zeros(1, np.uint16))


def _gaze() -> None:
    made = replace(GazeParameters(), run=GazeRunTable(heads=1, duration_s=0.05, measured_from_s=0.01))
    run_reflex(made, FusionWeights.shipped(), list(REFLEXES)[-1], 0)


def _attitude() -> None:
    made = AttitudeParameters(run=AttitudeRunTable(robots=1, duration_s=0.02))
    compare_attitudes(made, progress=lambda done, of: None)


def _pattern() -> None:
    listen(replace(PatternParameters(), run=PatternRunTable(runs=1, duration_s=1.0)), 0)


def _pixels() -> None:
    values = np.zeros((4, 1), np.float32)
    low_pass(*values, 1.0, 1.0, 0.1)
    forget_leak(empty_pixels(1, 1), 1.0)


def _picture() -> None:
    Panorama.from_picture(np.ones((4, 8)), size=8)


def _bus() -> None:
    Bus(1e6, 10.0).send(np.zeros(1))


def _connectivities() -> None:
    drawn = en.FixedInDegree(1), en.FixedOutDegree(1), en.Bernoulli(0.5), en.Edges([0, 1], [1, 0])
    for connectivity in drawn:
        for delays in (None, en.Uniform(1, 3)):
            _ = Projection(connectivity, 2, 2, seed=1, delays=delays).drawn
    for longer in (en.Uniform(1, 300), [1, 2], [1, 300], [1, 70_000]):  # kinds of delays in one byte, two, and four
        _ = Projection(drawn[-1], 2, 2, seed=1, delays=longer).places
    by_column(np.zeros(1, np.uint32), 1)


def _threads() -> None:
    net = en.Network(dtype="float64")
    cells = net.add(en.LeakyDelta(4, tau=10.0, threshold=1.0, name="cells"))
    net.connect(cells, cells, en.FixedInDegree(2), weight=0.5, delay=2, seed=1)
    drive = net.add(en.PoissonDrive(cells, rate=5_000.0, weight=1.0, seed=2, tick=1e-4, name="drive"))
    sim = en.Simulation(net, record=True, threads=2)
    sim.inject([(0, drive.ticks, 0, +1)])
    sim.run(until=20)


def _updates_written_down() -> None:
    for dtype in ("float32", "float64"):
        DeepSpikingNetwork([2, 2, 2], rule="fsgd", dtype=dtype).fit(np.ones((1, 2)), [0], epochs=1)


def _levels() -> None:
    for dtype in ("float32", "float64"):
        net = EquilibriumNetwork([2, 2, 2], dtype=dtype)
        net.fit(np.ones((1, 2)), [0], batch=1)
        net.predict(np.ones((1, 2)))
        net.events(np.ones(2), 0)


def _bits() -> None:
    for dtype in ("float32", "float64"):
        for form in (SpikingForm(eps=schedule(0.5)), SpikingForm()):
            net = SpikingEquilibriumNetwork([2, 2, 2], form, steps=(1, 1), dtype=dtype)
            net.partial_fit(np.ones((1, 2)), [0])
        Osa(0.05, 1e-3, (2,), np.dtype(dtype)).step(np.ones(2, dtype))


USES: dict[str, Callable[[], None]] = {
    "inputs": _network, "spike trains": _trains, "temporal order": _temporal, "EVT 3.0": _evt3,
    "Event Stream": _event_stream, "camera and gyroscope": _fusion, "robot": _robot, "traces of events": _traces,
    "samples of half size": _halves, "settling by levels": _levels, "settling by bits": _bits,
    "connectivities": _connectivities, "updates that are written down": _updates_written_down,
    "several threads": _threads, "gaze": _gaze, "attitude": _attitude, "pattern": _pattern,
    "pixels with a low pass": _pixels, "panorama of a picture": _picture, "bus": _bus,
}  # fmt: skip
"""Small runs, by what they show to be compiled; each must be ready to be run in any process."""


def kernels() -> list[Any]:
    """Functions of the package whose compiled code is kept, loops among them."""
    found = {id(value): value for module in modules() for value in vars(module).values() if compiling.is_kept(value)}
    return list(found.values())


__all__ = ["Compiled", "compile_all", "jobs", "kernels", "keys", "modules", "rules"]
