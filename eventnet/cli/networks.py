"""Networks of other tools at the command line: a NIR file as a network file, back, and what one holds."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import typer

import eventnet as en
from eventnet.base.files import opened
from eventnet.cli.results import Screen
from eventnet.errors import DataError, ModelError
from eventnet.io.formats.hdf5 import MAGIC, hdf5_file
from eventnet.models import NirNetwork, read_nir_network, write_nir_network
from eventnet.models.nir_graph import NirGraph, read_graph
from eventnet.models.nir_network import RESETS
from eventnet.neurons.stepped import DRIVES

NIR, NETWORK = ".nir", ".npz"


@dataclass(frozen=True)
class NirOptions:
    """Options of `convert` for facts that a NIR file does not hold, a field each."""

    dt: Annotated[
        float | None,
        typer.Option("--dt", help="Of a NIR file: seconds of a step, which is a tick, like 1e-4; 1 where it has none."),
    ] = None
    drive: Annotated[
        str | None, typer.Option("--drive", help=f"What an input of a NIR file is: {', '.join(DRIVES)}. Default: jump.")
    ] = None
    reset: Annotated[
        str | None,
        typer.Option("--reset", help=f"Of a NIR file's neurons: {', '.join(RESETS)}. Default: file, as it says."),
    ] = None
    several: Annotated[
        bool, typer.Option("--several", help="A NIR file's neurons fire as often as they are past their threshold.")
    ] = False
    clip: Annotated[
        bool, typer.Option("--clip", help="Potentials of a NIR file's IF stay above -threshold, as in sinabs.")
    ] = False

    def given(self) -> dict[str, Any]:
        """The options that were given, by name."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in own.items() if value is not None and value is not False}

    def seconds(self, path: Path) -> float:
        """--dt. Raises typer.BadParameter where it was not given, or is no step."""
        if self.dt is None:
            raise typer.BadParameter(
                f"{path} does not say how long a step is: wanted --dt SECONDS, like 1e-4, or --dt 1 for a file of a "
                "framework that knows no seconds"
            )
        if not 0 < self.dt < math.inf:
            raise typer.BadParameter(f"--dt is {self.dt}; wanted the seconds of a step, above 0")
        return self.dt


def is_nir(path: Path) -> bool:
    """Whether a file is a NIR file: by its suffix, or for another HDF5 file by what it holds."""
    if path.suffix.lower() == NIR or not path.is_file():
        return path.suffix.lower() == NIR
    with opened(path) as file:
        if file.read(len(MAGIC)) != MAGIC:
            return False
    with hdf5_file(path) as file:
        return "node" in file and "type" in file["node"]


def load_network(path: Path) -> en.Network:
    """The network of a network file. Raises DataError for another file; of a NIR file it says how one is made."""
    if is_nir(path):
        made = path.with_suffix(NETWORK)
        raise DataError(f"{path} is a NIR file; wanted a network file: eventnet convert {path} {made} --dt SECONDS")
    return en.Network.load(path)


# --- from NIR ---
def read_nir_file(screen: Screen, source: Path, target: Path, given: NirOptions) -> None:
    """Make a network file of a NIR file, and say what to call its ports."""
    if target.suffix.lower() != NETWORK:
        raise typer.BadParameter(f"{source} is a NIR file, of which a network is made: wanted B with the suffix .npz")
    dt = given.seconds(source)
    for flag, value, known in (("--drive", given.drive, DRIVES), ("--reset", given.reset, RESETS)):
        if value not in (None, *known):
            raise typer.BadParameter(f"{flag} is {value!r}; wanted {', '.join(known)}")
    graph = read_graph(source)
    made = read_nir_network(
        source, dt=dt, drive=given.drive or DRIVES[0], reset=given.reset or RESETS[0], several=given.several,
        clip=given.clip,
    )  # fmt: skip
    made.net.save(target)
    neurons = sum(m.units for m in made.net.modules if isinstance(m, en.SteppedLeaky | en.SteppedReadout))
    screen.say(
        f"{len(graph.nodes)} nodes of NIR are a network of {len(made.net.modules)} modules, {neurons:,} neurons; "
        f"a tick is a step of {dt:g} s"
    )
    ports = {name: str(relay.spikes) for name, relay in made.inputs.items()}
    for name, port in ports.items():
        screen.say(f"input {name!r}: port {port}, {_shape(made.shapes[name])}")
    for name, module in made.outputs.items():
        what = "spikes arrive" if isinstance(module, en.Sink) else "potentials"
        screen.say(f"output {name!r}: module {module.name!r}, {what}, {_shape(made.shapes[name])}")
    starting = [module.name for module in made.net.modules if module.starts_at() is not None]
    if starting:
        screen.say(f"neurons of {', '.join(starting)} may fire of themselves: a run ends with its recording")
    screen.say_path("written:", target)
    port, shape = next((port, made.shapes[name]) for name, port in ports.items())
    screen.say_path("what each pixel of a recording costs it:", _what_next(target, port, shape, dt))
    screen.give({
        "source": {"file": str(source), "format": "nir"}, "file": str(target), "format": "network", **given.given(),
        "modules": len(made.net.modules), "neurons": neurons, "ports": ports,
        "shapes": {name: list(shape) for name, shape in made.shapes.items()}, "may fire of themselves": starting,
    })  # fmt: skip


def _what_next(target: Path, port: str, shape: tuple[int, ...], dt: float) -> str:
    """The command that runs a network on a recording."""
    polarity = " --polarity channels" if shape[0] == 2 and len(shape) == 3 else ""
    us = round(1e6 * dt)
    tick = f"{us}us" if dt != 1 and us > 0 and math.isclose(us, 1e6 * dt) else "TIME"
    return f"eventnet cost {target} --recording FILE --port {port}{polarity} --tick {tick}"


def _shape(shape: tuple[int, ...]) -> str:
    """A shape in words."""
    names = {1: "units", 2: "channels x length", 3: "channels x height x width"}
    return f"{' x '.join(map(str, shape))} ({names[len(shape)]})"


# --- to NIR ---
def write_nir_file(screen: Screen, source: Path, target: Path, given: NirOptions) -> None:
    """Write a network file as a NIR file."""
    for name in given.given():
        if name != "dt":
            raise typer.BadParameter(f"--{name} is for a NIR file that is read; the network {source} has its own")
    net, dt = load_network(source), given.seconds(target)
    write_nir_network(net, target, dt=dt)
    graph = read_graph(target)
    screen.say(f"{len(net.modules)} modules are {len(graph.nodes)} nodes of NIR; a tick is a step of {dt:g} s")
    if drives := sorted({str(drive) for m in net.modules if (drive := getattr(m, "drive", None)) is not None}):
        screen.say(f"what an input is to neurons is no part of NIR; here it was {', '.join(drives)}")
    screen.say_path("written:", target)
    screen.give({
        "source": {"file": str(source), "format": "network"}, "file": str(target), "format": "nir", **given.given(),
        "nodes": len(graph.nodes),
    })  # fmt: skip


# --- info ---
def about_nir(path: Path) -> dict[str, Any]:
    """Description of a NIR file, and whether it can be a network here."""
    graph = read_graph(path)
    return {
        "file": str(path),
        "kind": "NIR",
        "nodes": [
            {"name": node.name, "kind": node.kind, "parameters": _parameters(node.values)}
            for node in graph.nodes.values()
        ],
        "edges": [f"{a} -> {b}" for a, b in graph.edges],
        "as a network": _taken(path, graph),
    }


def _parameters(values: dict[str, Any]) -> str:
    """Names of a node's parameters with their shapes, or what they are."""
    made = []
    for name, value in values.items():
        shape = getattr(value, "shape", ())
        few = getattr(value, "size", 1) <= 3
        made.append(f"{name} {value.tolist() if few and shape else value}" if few else f"{name} {list(shape)}")
    return ", ".join(made)


def _taken(path: Path, graph: NirGraph) -> str:
    """The command that makes a network of it, or the sentence that refuses it."""
    delays = [float(d) for node in graph.of_kind("Delay") for d in node.numbers("delay").ravel().tolist() if d > 0]
    try:
        found: NirNetwork = read_nir_network(path, dt=min(delays, default=1.0))
    except ModelError as error:
        return f"refused: {str(error).removeprefix(f'{path}: ')}"
    ports = ", ".join(str(relay.spikes) for relay in found.inputs.values())
    return f"eventnet convert {path} {path.with_suffix(NETWORK)} --dt SECONDS; inputs at {ports}"
