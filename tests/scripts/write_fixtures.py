"""Writes small files as the users of an older version have them, and beside each what that version makes of it.

Run by hand, under the sources of the older version and not under today's. tests/fixtures/eee0048 was written under
commit eee0048 (Python 3.11, and the versions that its facts.json names) by

    git worktree add ../eee0048 eee0048
    PYTHONPATH=../eee0048 python -B tests/scripts/write_fixtures.py tests/fixtures/eee0048 eee0048

which gives the same bytes again, but for addresses in checkpoints of the compiled engine. tests/test_saved_before.py
loads the files with today's sources. Everything follows from seeds; nothing is read but the package. The networks are
in fixture_networks.py, the models in fixture_models.py, modules of a user's own in tests/fixture_modules.py. All of it
speaks that version's words: when names move, it stays.
"""

from __future__ import annotations

import importlib
import json
import platform
import sys
from collections.abc import Callable
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from fixture_models import models, rows_of
from fixture_networks import NETWORKS, Subject

import eventnet as en
from eventnet.base.files import write_npz
from eventnet.learning.synapses import Synapses
from eventnet.module import Module
from eventnet.neurons.proportional import PDCode
from eventnet.patch import Geometry

Arrays = dict[str, Any]


def held(sim: en.Simulation) -> Arrays:
    """State of every module and values of every block, as they are now."""
    found = {f"state:{m.name}:{name}": array for m in sim.net.modules for name, array in sim.state(m).items()}
    return found | {f"block:{b.name}": sim.weights(b) for b in sim.net.blocks}


def counted(sim: en.Simulation) -> Arrays:
    """Counts by port and, where they were asked for, by root."""
    found: Arrays = {"counts": rows_of(sim.tally)}
    if sim.roots:
        causes = sim.causes
        names = ("ids", "counts", "depths", "ticks", "after", "came")
        found |= {f"causes:{name}": np.asarray(getattr(causes, name)) for name in names}
        found |= {f"beyond:{port}": np.asarray(counts) for port, counts in causes.beyond.items()}
    return found


def digest(array: Any) -> str:
    """What stands for an array that is not kept: the first 8 bytes of its SHA-256."""
    return sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def digests(arrays: Arrays) -> dict[str, str]:
    """SHA-256 of the log, and of all else in the order of names."""
    names = sorted(set(arrays) - {"log"})
    rest = sha256("".join(f"{name} {digest(arrays[name])}\n" for name in names).encode()).hexdigest()
    return {"held": rest} | ({"log": digest(arrays["log"])} if "log" in arrays else {})


def packed(arrays: Arrays) -> tuple[list[Any], Any]:
    """Arrays in one, as their bytes one behind the other, and what each is: a member of a file takes 200 bytes."""
    index = [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]
    return index, np.frombuffer(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays.values()), np.uint8)


def run_of(net: en.Network, subject: Subject, engine: str, **options: Any) -> en.Simulation:
    """A run of a network on a subject's inputs."""
    sim = en.Simulation(net, engine=engine, record=True, **subject.options | options)
    sim.inject(subject.inputs)
    return sim.run(subject.until)


def same(a: Arrays, b: Arrays) -> bool:
    """All arrays have the same bytes."""
    return list(a) == list(b) and all(a[name].tobytes() == b[name].tobytes() for name in a)


def write_network(folder: Path, name: str, subject: Subject) -> None:
    """A network file, and the facts of a run of what it holds, by both engines; digests of runs in every order."""
    path = folder / f"{name}.npz"
    subject.net.save(path)
    subject.inputs = en.events(subject.inputs) if isinstance(subject.inputs, list) else subject.inputs
    first = held(en.Simulation(en.Network.load(path), engine="reference"))
    ends: list[Arrays] = []
    for engine in ("reference", "compiled"):
        sim = run_of(en.Network.load(path), subject, engine, roots=True)
        ends.append({"log": sim.log, **held(sim), **counted(sim)})
    if not same(*ends):
        raise SystemExit(f"{name}: the engines do not agree")
    orders = {}
    for order in en.ORDERS:
        other = run_of(en.Network.load(path), subject, "reference", order=order)
        orders[order] = digests({"log": other.log, **held(other)})
    still = {key: digest(array) for key, array in first.items() if array.tobytes() == ends[0][key].tobytes()}
    log = ends[0].pop("log")
    index, values = packed({key: array for key, array in ends[0].items() if key not in still})
    text = {"options": subject.options, "until": subject.until, "orders": orders, "ports": list(sim.tally.ports)}
    text |= {"still": still, "index": index}
    write_npz(folder / f"{name}.facts.npz", json.dumps(text), {"inputs": subject.inputs, "log": log, "values": values})
    print(f"{name}: {len(log)} deliveries, {sim.tally.spikes} spikes")


# --- checkpoints and logs --------------------------------------------------------------------------------------------
CHECKPOINTS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("training-fsgd", "compiled", "breadth", {"roots": True}),
    ("training-fsgd", "reference", "fifo", {"roots": True, "root_limit": 3}),
    ("pairs", "reference", "depth", {}),
    ("bursts", "compiled", "topological", {"annihilate": True, "record": False}),
    ("integers", "compiled", "magnitude", {"record": 20, "coalesce": "burst"}),
    ("currents", "compiled", "random", {"seed": 9}),
    ("currents", "reference", "magnitude", {}),
    ("own-modules", "compiled", "breadth", {}),
    ("own-modules", "reference", "random", {"seed": 4}),
]


def write_checkpoint(folder: Path, networks: Path, name: str, engine: str, order: str, options: dict[str, Any]) -> None:
    """A checkpoint of half a run of a network that was written, and digests of what the whole run came to."""
    path, stem = networks / f"{name}.npz", f"{name}-{engine}-{order}"
    facts = np.load(networks / f"{name}.facts.npz")
    text = json.loads(facts["json"].tobytes())
    options = {"record": True} | text["options"] | options
    about = {"network": name, "engine": engine, "order": order, "options": options, "until": text["until"]}
    about["deliveries"] = len(facts["log"]) // 2
    sims = [en.Simulation(en.Network.load(path), order, engine=engine, **options) for _ in range(2)]
    sims[0].inject(facts["inputs"])
    sims[0].run(text["until"], max_deliveries=about["deliveries"]).save(folder / f"{stem}.npz")
    sims[1].resume(folder / f"{stem}.npz")
    ends: list[Arrays] = []
    for sim in sims:
        sim.run(text["until"])
        ends.append({**({"log": sim.log} if options["record"] is not False else {}), **held(sim), **counted(sim)})
    if not same(*ends):
        raise SystemExit(f"{stem}: a run that went on is another")
    about["digests"] = {key: digest(array) for key, array in ends[0].items()}
    (folder / f"{stem}.facts.json").write_text(json.dumps(about) + "\n", "utf-8")


def write_log(folder: Path, networks: Path, name: str, engine: str) -> None:
    """The log that a run of a network that was written streams to a file."""
    net, facts = en.Network.load(networks / f"{name}.npz"), np.load(networks / f"{name}.facts.npz")
    text = json.loads(facts["json"].tobytes())
    sim = en.Simulation(net, engine=engine, record=folder / f"{name}-{engine}.npy", **text["options"])
    sim.inject(facts["inputs"])
    sim.run(text["until"])
    if sim.log.tobytes() != facts["log"].tobytes():
        raise SystemExit(f"{name}: the file of the log is another")


def write_inputs(folder: Path, networks: Path, name: str) -> None:
    """Inputs of a network as the commands take them: .npy and CSV."""
    inputs = np.load(networks / f"{name}.facts.npz")["inputs"]
    np.save(folder / f"{name}.npy", inputs, allow_pickle=False)
    names = [str(port) for port in en.Network.load(networks / f"{name}.npz").ports()]
    rows = [
        f"{t},{names[port] if k % 2 else port},{index},{sign}"
        for k, (t, port, index, sign) in enumerate(inputs.tolist())
    ]
    (folder / f"{name}.csv").write_text("\n".join(["t,port,index,sign", *rows]) + "\n", "utf-8")


# --- models ----------------------------------------------------------------------------------------------------------
def write_model(folder: Path, name: str, made: Any, facts: Callable[[Any], Arrays]) -> str:
    """A model's file, and what the model that is loaded from it does."""
    path = folder / f"{name}.npz"
    made.save(path)
    arrays = facts(type(made).load(path))
    write_npz(folder / f"{name}.facts.npz", json.dumps({"class": type(made).__name__}), arrays)
    print(f"{name}: {', '.join(arrays)}")
    return type(made).__name__


# --- what there is to save -------------------------------------------------------------------------------------------
def kinds() -> list[str]:
    """Every class of the version's own whose objects a network file can name."""
    root = Path(en.__file__).parents[1]
    for top, package in (("eventnet", "eventnet"), ("models", "eventnet.models"), ("scenarios", "eventnet.scenarios")):
        for path in sorted((root / top).rglob("*.py")):
            parts = [part for part in path.relative_to(root / top).with_suffix("").parts if part != "__init__"]
            if parts and parts[-1] not in ("__main__", "make_digits"):
                importlib.import_module(".".join([package, *parts]))
    return sorted(kind for kind in Module.registry if kind.startswith("eventnet."))


def unsaveable() -> dict[str, str]:
    """Classes of which no network file can exist, and what stops whoever tries."""
    found = {}
    for kind in (Synapses, PDCode):
        net, dense = en.Network(), Geometry.dense(2, 2)
        w, b = net.weights(np.zeros((2, 2))), net.weights(np.zeros((1, 2)))
        code = net.add(en.PDEncoder(w, kp=0.5, kd=1.0))
        layer = net.add(en.PDLayer(dense, w, b, code, kp=0.5, kd=1.0))
        try:
            if kind is Synapses:
                net.add(Synapses(dense, w, layer, code, layer, code, rate=0.1))
            else:
                net.add(PDCode(2, kp=0.5, kd=1.0, eta=0.0, step=1, name=None)).config()
        except AttributeError as error:
            found[kind.kind()] = str(error)
            continue
        raise SystemExit(f"{kind.kind()} can be saved")
    return found


def main(folder: Path, commit: str) -> None:
    """Write all of it."""
    for name in ("networks", "checkpoints", "logs", "inputs", "models"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    networks = folder / "networks"
    for name, make in NETWORKS.items():
        write_network(networks, name, make())
    for name, engine, order, options in CHECKPOINTS:
        write_checkpoint(folder / "checkpoints", networks, name, engine, order, options)
    for name, engine in (("leaky", "compiled"), ("own-modules", "reference"), ("currents", "compiled")):
        write_log(folder / "logs", networks, name, engine)
    write_inputs(folder / "inputs", networks, "leaky")
    classes = {write_model(folder / "models", *each) for each in models()}
    text = {"commit": commit, "columns": list(en.COLUMNS), "kinds": kinds(), "unsaveable": unsaveable()}
    text["versions"] = {name: version(name) for name in ("numpy", "numba")} | {"python": platform.python_version()}
    text["models"] = sorted(classes)
    (folder / "facts.json").write_text(json.dumps(text, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2])
