"""NIR files between eventnet and other frameworks: the same spikes in, how many neurons and steps differ.

    python tests/scripts/nir_conformance.py ENVIRONMENTS RESULTS.json [--only norse,sinabs]
    python tests/scripts/nir_conformance.py --page RESULTS.json

Makes one environment a framework below the folder ENVIRONMENTS (they want NIR versions that exclude each other) unless
it is there already, writes every case as a NIR file by `write_nir_network`, lets the framework read and run it, lets
the framework write models of its own, and compares what comes out with eventnet. Nothing of it runs in `.ci/run`: it
takes a package index, some gigabytes and many minutes. `docs/results/nir.md` shows its results.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

FRAMEWORKS = {
    "norse": ("torch==2.13.0", "norse==1.1.0", "nir==1.0.8", "nirtorch==2.6"),
    "sinabs": ("torch==2.13.0", "sinabs==3.1.3", "nir==1.0.4"),
    "snntorch": ("torch==2.13.0", "snntorch==1.0.0", "nir==1.0.8", "nirtorch==2.6"),
    "spikingjelly": ("torch==2.13.0", "spikingjelly[nir]==2.0.0", "nir==1.0.8", "scipy"),
    "rockpool": ("torch==2.13.0", "rockpool[nir]==3.1.0", "nir==1.0.4"),
}
DT = {"sinabs": 1.0}
"""Seconds of a step; sinabs takes time constants of a file for numbers of steps. 1e-4 for all others."""

STEPS = 400
WAYS = [
    {"drive": drive, "reset": reset, "several": several, "clip": clip}
    for drive in ("euler", "jump", "held")
    for reset in ("subtract", "value")
    for several in ((False, True) if reset == "subtract" else (False,))
    for clip in (False, True)
]
"""All that a file does not say; the first that agrees is shown, else the closest."""


# --- in a framework's environment ------------------------------------------------------------------------------------
def load(framework: str, graph: Any, dt: float, steps: int) -> Any:
    """A function of inputs [steps, *shape] to outputs, of a graph as the framework reads it.

    Step by step, also where a call takes many steps: nirtorch gives recurrent weights the spikes of the call before.
    """
    if framework == "norse":
        import norse.torch

        return stepped(norse.torch.from_nir(graph, dt=dt), batch=False)
    if framework == "sinabs":
        import sinabs.nir

        return stepped(sinabs.nir.from_nir(graph, batch_size=1))
    if framework == "snntorch":
        from snntorch.import_nir import import_from_nir

        return stepped(import_from_nir(graph), batch=False)
    if framework == "spikingjelly":
        from spikingjelly.activation_based import nir_exchange

        return stepped(nir_exchange.import_from_nir(graph, dt=dt))
    from rockpool.nn.modules.torch.nir import from_nir

    run = stepped(from_nir(graph))
    return lambda x: run(x[:, None])[:, 0]


def first(made: Any) -> Any:
    return made[0] if isinstance(made, tuple) else made


def stepped(net: Any, *, batch: bool = True) -> Any:
    """A module that is called step by step, with the state that it gave the step before.

    batch: frames have a dimension for it. norse leaves NIR's dimensions of Flatten as they are, so that it has none.
    """
    import inspect

    import torch

    has_state = len(inspect.signature(net.forward).parameters) > 1

    def run(x: Any) -> Any:
        state, made = None, []
        for frame in torch.as_tensor(x).float():
            frame = frame[None] if batch else frame
            given = net(frame, state) if has_state else net(frame)
            if isinstance(given, tuple):
                given, state = given[0], given[1]
            made.append(given[0] if batch else given)
        return torch.stack(made)

    return run


def own_models(framework: str) -> dict[str, Any]:
    """Models of the framework's own, by name, each with the shape of an input and how it is exported and run."""
    import torch

    torch.manual_seed(3)
    made: dict[str, Any] = {}
    if framework == "norse":
        import norse.torch as norse

        def export(net: Any, x: Any) -> Any:
            return (
                norse.to_nir(net, x[0], dt=1e-4)
                if "dt" in norse.to_nir.__code__.co_varnames
                else norse.to_nir(net, x[0])
            )

        p = norse.LIFBoxParameters(
            tau_mem_inv=torch.full((4,), 1 / 4e-4), v_th=torch.full((4,), 0.3), v_leak=torch.zeros(4), v_reset=torch.zeros(4)
        )  # fmt: skip
        made["LIF"] = norse.SequentialState(torch.nn.Linear(8, 4), norse.LIFBoxCell(p, dt=1e-4)), (8,), export, stepped
        li = norse.LIBoxParameters(tau_mem_inv=torch.full((4,), 1 / 4e-4), v_leak=torch.zeros(4))
        made["LI"] = norse.SequentialState(torch.nn.Linear(8, 4), norse.LIBoxCell(li, dt=1e-4)), (8,), export, stepped
        made["IF"] = (
            norse.SequentialState(
                torch.nn.Linear(8, 4), norse.IAFCell(norse.IAFParameters(v_th=torch.ones(4)), dt=1e-4)
            ),
            (8,),
            export,
            stepped,
        )
    elif framework == "sinabs":
        import sinabs.layers as sl
        import sinabs.nir

        def export(net: Any, x: Any) -> Any:
            return sinabs.nir.to_nir(net, x)

        def plain(net: Any) -> Any:
            return lambda x: net(torch.as_tensor(x).float())

        lif = sl.LIFSqueeze(
            tau_mem=torch.full((4,), 4.0), spike_threshold=torch.full((4,), 0.5), batch_size=1, norm_input=False
        )
        made["LIF"] = torch.nn.Sequential(torch.nn.Linear(8, 4), lif), (8,), export, plain
        iaf = torch.nn.Sequential(torch.nn.Linear(8, 4), sl.IAFSqueeze(batch_size=1))
        made["IF"] = iaf, (8,), export, plain
        cnn = torch.nn.Sequential(
            torch.nn.Conv2d(1, 2, 3), sl.IAFSqueeze(batch_size=1), sl.SumPool2d(2), torch.nn.Flatten(),
            torch.nn.Linear(18, 4), sl.IAFSqueeze(batch_size=1),
        )  # fmt: skip
        made["CNN"] = cnn, (1, 8, 8), export, plain
    elif framework == "snntorch":
        import snntorch as snn
        from snntorch.export_nir import export_to_nir

        def export(net: Any, x: Any) -> Any:
            return export_to_nir(net, x[0])

        for name, cell in {
            "LIF": snn.Leaky(
                beta=torch.full((4,), 0.75), threshold=torch.full((4,), 0.3), init_hidden=True, reset_delay=False
            ),
            "LIF, zero": snn.Leaky(
                beta=torch.full((4,), 0.75),
                threshold=torch.full((4,), 0.3),
                init_hidden=True,
                reset_delay=False,
                reset_mechanism="zero",
            ),
            "CubaLIF": snn.Synaptic(
                alpha=torch.full((4,), 0.5),
                beta=torch.full((4,), 0.75),
                threshold=torch.full((4,), 0.3),
                init_hidden=True,
                reset_delay=False,
            ),
            "recurrent LIF": snn.RLeaky(
                beta=torch.full((4,), 0.75),
                threshold=torch.full((4,), 0.3),
                init_hidden=True,
                reset_delay=False,
                all_to_all=True,
                linear_features=4,
            ),
        }.items():
            made[name] = torch.nn.Sequential(torch.nn.Linear(8, 4), cell), (8,), export, stepped
    elif framework == "spikingjelly":
        from spikingjelly.activation_based import layer, neuron, nir_exchange

        def export(net: Any, x: Any) -> Any:
            return nir_exchange.export_to_nir(net, x[:1], dt=1e-4)

        for name, cell in {
            "LIF": neuron.LIFNode(tau=4.0, v_threshold=0.3, decay_input=False),
            "LIF, decay_input": neuron.LIFNode(tau=4.0, v_threshold=0.1),
            "IF": neuron.IFNode(v_threshold=0.5),
        }.items():
            made[name] = torch.nn.Sequential(layer.Linear(8, 4), cell), (8,), export, stepped
    else:
        from rockpool.nn.combinators import Sequential
        from rockpool.nn.modules import LIFTorch, LinearTorch
        from rockpool.nn.modules.torch.nir import to_nir

        def export(net: Any, x: Any) -> Any:
            return to_nir(net, x[None, :1])

        def plain(net: Any) -> Any:
            return lambda x: first(net(torch.as_tensor(x).float()[None]))[0]

        from rockpool.nn.modules import ExpSynTorch, LIFNeuronTorch  # noqa: F401

        made["LIF"] = (
            Sequential(LinearTorch((8, 4)), LIFNeuronTorch(4, tau_mem=4e-4, dt=1e-4, threshold=0.5)),
            (8,),
            export,
            plain,
        )
        made["CubaLIF"] = (
            Sequential(LinearTorch((8, 4)), LIFTorch(4, tau_mem=4e-4, tau_syn=2e-4, dt=1e-4)),
            (8,),
            export,
            plain,
        )
    return made


def worker(framework: str, folder: Path) -> None:
    """Run all cases of a folder and write what comes out beside them; then the framework's own models."""
    import nir
    import torch

    torch.manual_seed(0)
    dt = DT.get(framework, 1e-4)
    said: dict[str, Any] = {}
    for path in sorted(folder.glob("*.nir")):
        x = np.load(path.with_suffix(".in.npy"))
        try:
            try:
                graph = nir.read(path, type_check=False) if nir.version != "1.0.4" else nir.read(path)
            except TypeError:
                graph = nir.read(path)
            with torch.no_grad():
                made = load(framework, graph, dt, len(x))(x)
            np.save(path.with_suffix(".out.npy"), np.asarray(made.detach() if hasattr(made, "detach") else made))
            said[path.stem] = "ran"
        except Exception as error:
            said[path.stem] = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
    try:
        models = own_models(framework)
    except Exception as error:
        models, said["own models"] = {}, f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
    for name, (net, shape, export, run) in models.items():
        x = (np.random.default_rng(1).random((STEPS, *shape)) < 0.3).astype(np.float32)
        try:
            import copy

            untouched = copy.deepcopy(net)
            graph = export(net, torch.as_tensor(x))
            nir.write(str(folder / f"own {name}.nir_"), graph)
            with torch.no_grad():
                made = run(untouched)(x)
            np.save(folder / f"own {name}.in.npy", x)
            np.save(folder / f"own {name}.out.npy", made.detach().numpy())
            said[f"own {name}"] = "ran"
        except Exception as error:
            said[f"own {name}"] = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
    (folder / "said.json").write_text(json.dumps(said))


# --- in eventnet's environment ---------------------------------------------------------------------------------------
def cases(folder: Path, dt: float) -> dict[str, Path]:
    """Files of every kind of node, written by hand as NIR 1.0.4 writes them."""
    import h5py

    rng = np.random.default_rng(7)

    def draw(*shape: int) -> Any:
        return rng.normal(0.15, 0.5, shape).astype(np.float32)

    def put(name: str, shape: Any, nodes: list[Any], out: Any, back: Any = None) -> None:
        named = {"input": ("Input", {"shape": shape}), **{f"n{k}": node for k, node in enumerate(nodes)}}
        named["output"] = ("Output", {"shape": out})
        edges = list(zip(list(named), list(named)[1:]))
        if back is not None:
            named["rec"] = back
            edges += [(f"n{len(nodes) - 1}", "rec"), ("rec", f"n{len(nodes) - 1}")]
        with h5py.File(folder / f"{name}.hand", "w") as file:
            file["version"] = "1.0.4"
            file.create_dataset("node/type", data="NIRGraph", dtype=h5py.string_dtype())
            file.create_dataset("node/edges", data=edges, dtype=h5py.string_dtype(), shape=(len(edges), 2))
            for key, (kind, values) in named.items():
                group = file.create_group(f"node/nodes/{key}")
                group.create_dataset("type", data=kind, dtype=h5py.string_dtype())
                for what, value in values.items():
                    group.create_dataset(what, data=value)

    def each(n: Any, **values: float) -> dict[str, Any]:
        return {key: np.full(n, value, np.float32) for key, value in values.items()}

    base = 4.0 if dt == 1.0 else 1.0  # norse leaves r out, sinabs r dt / tau: so that an input counts alike

    def lif(n: Any, r: float = base, leak: float = 0.0) -> Any:
        return "LIF", each(n, tau=4 * dt, r=r, v_leak=leak, v_threshold=1.0)

    def unleaky(n: Any, r: float = 1.0) -> Any:
        return "IF", each(n, r=r, v_threshold=1.0)

    cuba = "CubaLIF", each((6,), tau_mem=4 * dt, tau_syn=2 * dt, r=4, v_leak=0, v_threshold=1, w_in=2)
    w, b, square = draw(6, 8), draw(6), draw(6, 6)
    more = 4 / base
    linear, affine = ("Linear", {"weight": w}), ("Affine", {"weight": more * w, "bias": b})
    driven = "Linear", {"weight": more * w}
    fires = unleaky if dt == 1.0 else lif  # sinabs reads no LIF of a map
    conv = "Conv2d", {
        "input_shape": np.array([7, 6]), "weight": more * draw(3, 2, 3, 2), "bias": 0.1 * draw(3), "stride": np.array([2, 1]),
        "padding": np.array([1, 0]), "dilation": np.array([1, 1]), "groups": 1,
    }  # fmt: skip
    conv1 = "Conv1d", {
        "input_shape": 9, "weight": more * draw(3, 2, 3), "bias": 0.1 * draw(3), "stride": 1, "padding": 1, "dilation": 1,
        "groups": 1,
    }  # fmt: skip
    pool = {"kernel_size": np.array([2, 2]), "stride": np.array([2, 2]), "padding": np.array([0, 0])}
    flat, behind = ("Flatten", {"start_dim": 0, "end_dim": -1, "input_type": np.array([3, 2, 2])}), more * draw(4, 12)
    put("LIF, r = 1", (8,), [("Linear", {"weight": 4 * w}), lif(6, 1.0)], (6,))
    put("LIF, r = tau by dt", (8,), [linear, lif(6, 4.0)], (6,))
    put("LIF, constant drive", (8,), [("Linear", {"weight": 4 * w}), lif(6, 1.0, 1.5)], (6,))
    put("Affine, LIF", (8,), [affine, lif(6)], (6,))
    put("IF, r = 1", (8,), [("Linear", {"weight": w}), unleaky(6)], (6,))
    put("IF, r = 1 by dt", (8,), [linear, unleaky(6, 1 / dt)], (6,))
    put("CubaLIF", (8,), [linear, cuba], (6,))
    put("recurrent LIF", (8,), [driven, lif(6)], (6,), ("Affine", {"weight": more * square, "bias": 0.1 * b}))
    put("recurrent CubaLIF", (8,), [linear, cuba], (6,), ("Linear", {"weight": square}))
    put("LI", (8,), [linear, ("LI", each(6, tau=4 * dt, r=1, v_leak=0))], (6,))
    put("I", (8,), [linear, ("I", each(6, r=1 / dt))], (6,))
    put("Threshold", (8,), [linear, ("Threshold", each(6, threshold=0.5))], (6,))
    put("Scale", (8,), [("Scale", {"scale": np.full(8, 1.5, np.float32)}), driven, lif(6)], (6,))
    put("Delay", (8,), [("Delay", {"delay": np.full(8, 3 * dt)}), driven, lif(6)], (6,))
    put("Conv1d", (2, 9), [conv1, fires((3, 9))], (3, 9))
    put("Conv2d", (2, 7, 6), [conv, fires((3, 4, 5))], (3, 4, 5))
    put(
        "SumPool2d, Flatten",
        (2, 7, 6),
        [conv, fires((3, 4, 5)), ("SumPool2d", pool), flat, ("Linear", {"weight": behind}), fires(4)],
        (4,),
    )
    put(
        "AvgPool2d, Flatten",
        (2, 7, 6),
        [conv, fires((3, 4, 5)), ("AvgPool2d", pool), flat, ("Linear", {"weight": 4 * behind}), fires(4)],
        (4,),
    )
    return {path.stem: path for path in sorted(folder.glob("*.hand"))}


def published(dt: float) -> dict[str, Path]:
    """The files of NIR's own repository."""
    at = Path(__file__).parents[1] / "fixtures" / "nir"
    names = [
        "lif_norse",
        "lif_rockpool",
        "two_lif_neurons",
        "braille_noDelay_bias_zero",
        "braille_noDelay_noBias_subtract",
        "cnn_sinabs",
    ]
    return {name: at / f"{name}.nir" for name in names}


def inputs(shape: tuple[int, ...]) -> Any:
    """Spikes [steps, *shape]; a large map gets few, and for ten steps."""
    large = np.prod(shape) > 1000
    made = np.random.default_rng(5).random((20 if large else STEPS, *shape)) < (0.05 if large else 0.3)
    return made.astype(np.float32)


def run(path: Path, x: Any, dt: float, way: dict[str, Any]) -> Any:
    """What eventnet makes of a file: spikes or potentials [steps, *shape]."""
    import eventnet as en
    from eventnet.models import read_nir_network

    net = read_nir_network(path, dt=dt, rows=len(x), **way)
    x = x.reshape(len(x), *next(iter(net.shapes.values())))
    sim = en.Simulation(net.net, engine="compiled", record=True)
    sim.inject(net.events(x))
    sim.run(until=len(x))
    end: Any = next(iter(net.outputs.values()))
    if isinstance(end, en.SteppedReadout):
        return net.potentials(sim.weights(f"{end.name}.answers"))
    return net.spikes(sim.log, len(x))


def compared(path: Path, x: Any, other: Any, *steps: float) -> dict[str, Any]:
    """The way of stepping that comes closest: how many (step, neuron) differ, of how many, and both sums.

    steps: seconds of a step that are tried. Exporters differ in what they take for one.
    """
    best: dict[str, Any] = {}
    for dt in steps:
        for way in WAYS:
            try:
                own = run(path, x, dt, way)
            except Exception as error:
                best = best or {"error": " ".join(str(error).split())[:200]}
                continue
            if own.size != np.asarray(other).size:
                return {"error": f"shape {np.shape(other)} for {own.shape}"}
            apart = np.abs(own.ravel() - np.asarray(other, dtype=float).ravel())
            found = {
                "differ": int((apart > 1e-4).sum()), "of": own.size, "largest": float(apart.max()),
                "own": float(own.sum()), "other": float(np.sum(other)), "way": {k: v for k, v in way.items() if v} | {"dt": dt},
            }  # fmt: skip
            if "differ" not in best or found["differ"] < best["differ"]:
                best = found
            if not found["differ"]:
                return best
    return best


def environment(folder: Path, framework: str) -> Path:
    """The Python of a framework's environment, which is made if it is not there."""
    python = folder / framework / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / framework], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *FRAMEWORKS[framework]], check=True)
    return python


def cell(found: dict[str, Any] | None) -> str:
    """What the page shows of one comparison."""
    if found is None:
        return ""
    if "differ" not in found:
        return "refused" if "framework" in found else "not compared"
    return f"{found['differ']:,} of {found['of']:,}" if found["differ"] else f"**0** of {found['of']:,}"


def page(table: dict[str, Any]) -> str:
    """Two tables in Markdown: a row a case, a column a framework; and a row a model of a framework's own."""
    names = list(table)
    rows = list(dict.fromkeys(case for found in table.values() for case in found if not case.startswith("own ")))
    lines = ["| case | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    lines += [f"| {case} | " + " | ".join(cell(table[name].get(case)) for name in names) + " |" for case in rows]
    lines += ["", "| written by | model | differ | spikes, sums | as |", "|---|---|---|---|---|"]
    for name in names:
        for case, found in table[name].items():
            if case.startswith("own "):
                sums = f"{found['own']:.6g} and {found['other']:.6g}" if "differ" in found else ""
                way = ", ".join(f"{k}={v!r}" if k != "dt" else f"dt={v:g}" for k, v in found.get("way", {}).items())
                lines.append(f"| {name} | {case[4:]} | {cell(found)} | {sums} | {way} |")
    return "\n".join(lines)


def main() -> None:
    """Both directions for every framework; results as JSON."""
    from eventnet.models import read_nir_network, write_nir_network

    environments, results = Path(sys.argv[1]).absolute(), Path(sys.argv[2])
    only = sys.argv[sys.argv.index("--only") + 1].split(",") if "--only" in sys.argv else list(FRAMEWORKS)
    table = json.loads(results.read_text()) if results.exists() else {}
    for framework in only:
        dt, rows = DT.get(framework, 1e-4), {}
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            files = cases(folder, dt) | published(dt)
            for case, path in files.items():
                step = 1.0 if case == "cnn_sinabs" else dt
                made = read_nir_network(path, dt=step)
                x = inputs(next(iter(made.shapes.values())))
                try:
                    write_nir_network(made, folder / f"{case}.nir", dt=step)
                except Exception as error:
                    rows[case] = {"writer": str(error)}
                    continue
                again = read_nir_network(folder / f"{case}.nir", dt=step)
                np.save(folder / f"{case}.in.npy", x.reshape(len(x), *next(iter(again.shapes.values()))))
            python = environment(environments, framework)
            done = subprocess.run([python, __file__, "--worker", framework, folder], capture_output=True, text=True)
            if not (folder / "said.json").exists():
                table[framework] = {"error": done.stderr[-400:]}
                continue
            for case, said in json.loads((folder / "said.json").read_text()).items():
                own = case.startswith("own ")
                if said != "ran":
                    rows[case] = {"framework": said}
                    continue
                x, other = (np.load(folder / f"{case}.{end}.npy") for end in ("in", "out"))
                path = folder / f"{case}.nir_" if own else files[case]
                steps = (dt, 1.0, dt * dt) if own else (1.0 if case == "cnn_sinabs" else dt,)
                rows[case] = compared(path, x, other, *steps)
            table[framework] = rows
        results.write_text(json.dumps(table, indent=1))
        print(framework, json.dumps(rows, indent=1), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--page":
        print(page(json.loads(Path(sys.argv[2]).read_text())))
    elif sys.argv[1] == "--worker":
        worker(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
