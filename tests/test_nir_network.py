"""Spiking networks of NIR files: published traces, every node against plain arithmetic, errors that name the node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import DataError, ModelError
from eventnet.models import NirNetwork, read_nir_network, write_nir_network

h5py = pytest.importorskip("h5py")

NIR = Path(__file__).parent / "fixtures" / "nir"
RNG = np.random.default_rng(5)
STEPS = 12


def draw(*shape: int) -> Any:
    return RNG.normal(0.2, 0.6, shape).astype(np.float32)


def write(path: Path, nodes: dict[str, Any], edges: list[tuple[str, str]]) -> Path:
    """A NIR file of nodes (kind, values), or for a subgraph (nodes, edges), by hand."""

    def put(group: Any, nodes: dict[str, Any], edges: list[tuple[str, str]]) -> None:
        group.create_dataset("type", data="NIRGraph", dtype=h5py.string_dtype())
        group.create_dataset("edges", data=edges, dtype=h5py.string_dtype(), shape=(len(edges), 2))
        for name, (kind, values) in nodes.items():
            own = group.create_group(f"nodes/{name}")
            if isinstance(kind, dict):
                put(own, kind, values)
                continue
            own.create_dataset("type", data=kind, dtype=h5py.string_dtype())
            for key, value in values.items():
                own.create_dataset(key, data=value)

    with h5py.File(path, "w") as file:
        file["version"] = "1.0.4"
        put(file.create_group("node"), nodes, edges)
    return path


def chain(path: Path, shape: Any, *nodes: Any, out: Any = (1,)) -> Path:
    """A file of nodes n0, n1, ... between an Input and an Output."""
    named = {"in": ("Input", {"shape": shape}), **{f"n{k}": node for k, node in enumerate(nodes)}}
    named["out"] = ("Output", {"shape": out})
    return write(path, named, list(zip(list(named), list(named)[1:])))


def run(net: NirNetwork, counts: Any, engine: str = "reference", **how: Any) -> Any:
    """Spikes at the Output in each step; where there are none, potentials."""
    sim = en.Simulation(net.net, engine=engine, record=True)
    sim.inject(net.events(counts, **how))
    sim.run(until=len(counts))
    end = next(iter(net.outputs.values()))
    if isinstance(end, en.SteppedReadout):
        return net.potentials(sim.weights(f"{end.name}.answers"))
    return net.spikes(sim.log, len(counts))


# --- published files -------------------------------------------------------------------------------------------------
def traced(name: str) -> Any:
    return np.loadtxt(NIR / f"lif_{name}.csv", delimiter=",")


@pytest.mark.parametrize(("platform", "drive", "most"), [
    ("rockpool", "jump", 5e-8), ("sinabs", "jump", 5e-8), ("exact", "held", 5e-9), ("norse", "euler", 5e-8),
])  # fmt: skip
def test_the_published_lif_gives_the_published_traces(platform: str, drive: str, most: float) -> None:
    # Columns: input, potential, output spike. sinabs scales its input by 0.04, which only its first column shows.
    # Traces were made in float32, except the exact one: 5e-8 is a few of its last digits at 0.1.
    wanted = traced(platform)
    net = read_nir_network(NIR / "lif_norse.nir", dt=1e-4, drive=drive)
    lif: Any = net.net["1"]
    sim = en.Simulation(net.net, engine="reference", record=True)
    sim.inject(net.events((wanted[:, :1] > 0).astype(int)))
    potentials = []
    for t in range(len(wanted)):
        sim.run(until=t + 1)
        potentials.append(lif.potentials(sim.state(lif), t)[0])
    spikes = net.spikes(sim.log, len(wanted))[:, 0]
    assert np.flatnonzero(spikes).tolist() == np.flatnonzero(wanted[:, 2]).tolist()
    assert np.flatnonzero(spikes).tolist() == ([450, 500, 710, 760] if drive == "jump" else [460, 510, 710, 760])
    first = int(np.argmax(spikes))  # platforms show a step's potential before or after its spike
    assert np.abs(np.array(potentials[:first]) - wanted[:first, 1]).max() < most


PUBLISHED = {
    "lif_norse": (1, 1), "lif_rockpool": (1, 1), "two_lif_neurons": (1, 1), "braille_noDelay_bias_zero": (12, 7),
    "braille_noDelay_noBias_subtract": (12, 7), "cnn_sinabs": ((2, 34, 34), 10),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_well_formed_published_files_load_and_run(name: str, tmp_path: Path) -> None:
    dt = 1.0 if name == "cnn_sinabs" else 1e-4
    net = read_nir_network(NIR / f"{name}.nir", dt=dt, drive="euler")
    shape, units = PUBLISHED[name]
    shape = (shape,) if isinstance(shape, int) else shape
    assert list(net.shapes.values()) == [shape, (units,)]
    steps = 2 if name == "cnn_sinabs" else 200
    counts = (np.random.default_rng(1).random((steps, *shape)) < (0.005 if steps == 2 else 0.3)).astype(int)
    spikes = run(net, counts)
    assert spikes.shape == (steps, units)
    net.net.save(tmp_path / "net.npz")
    loaded = en.Network.load(tmp_path / "net.npz")
    sim = en.Simulation(loaded, engine="reference", record=True)
    sim.inject(net.events(counts))
    sim.run(until=steps)
    assert net.spikes(sim.log, steps).tolist() == spikes.tolist()


@pytest.mark.parametrize("name", ["braille_noDelay_bias_zero", "braille_noDelay_noBias_subtract"])
def test_the_recurrent_published_files_step_as_their_frameworks_do(name: str) -> None:
    """Forward Euler by hand in float64: i <- i (1 - dt / tau_syn) + x, v <- v (1 - dt / tau_mem) + i, one step of lag."""
    with h5py.File(NIR / f"{name}.nir") as file:
        at = file["node/nodes"]
        node = {n: {k: np.asarray(v[()], dtype=float) for k, v in at[n].items() if k != "type"} for n in at}
    reset = "value" if "zero" in name else "subtract"
    counts = (np.random.default_rng(2).random((150, 12)) < 0.3).astype(int)
    v, i, z = [np.zeros(1)] * 2, [np.zeros(1)] * 2, [np.zeros(len(node["lif1.lif"]["r"])), np.zeros(7)]
    wanted = []
    for x in counts:
        linear = [
            node["fc1"]["weight"] @ x + node["lif1.w_rec"]["weight"] @ z[0]
            + node["fc1"].get("bias", 0) + node["lif1.w_rec"].get("bias", 0),
        ]  # fmt: skip
        for k, name_k in enumerate(("lif1.lif", "lif2")):
            p = node[name_k]
            if k == 1:
                linear.append(node["fc2"]["weight"] @ z[0] + node["fc2"].get("bias", 0))
            i[k] = i[k] + 1e-4 / p["tau_syn"] * (p["w_in"] * linear[k] - i[k])
            v[k] = v[k] + 1e-4 / p["tau_mem"] * (p["v_leak"] - v[k] + p["r"] * i[k])
            z[k] = (v[k] > p["v_threshold"]).astype(float)
            v[k] = v[k] * (1 - z[k]) if reset == "value" else v[k] - z[k] * p["v_threshold"]
        wanted.append(z[1])
    spikes = run(read_nir_network(NIR / f"{name}.nir", dt=1e-4, drive="euler", reset=reset), counts)
    assert spikes.tolist() == np.array(wanted).astype(int).tolist()
    assert spikes.sum() > 10


def test_constant_drive_alone_makes_a_published_neuron_fire() -> None:
    # v(t) = 1.2 (1 - exp(-t / 10 ms)) passes 1 after 10 ms ln 6 = 17.92 ms; step k ends at (k + 1) dt.
    net = read_nir_network(NIR / "two_lif_neurons.nir", dt=1e-4)
    sim = en.Simulation(net.net, engine="reference", record=True)
    sim.inject(net.events(np.zeros((1000, 1), int)))
    sim.run(until=1000)
    port = int(net.net["lif2"].spikes)  # type: ignore[attr-defined]
    times = sim.log["t"][sim.log["port"] == port].tolist()
    assert times[:2] == [179, 359]
    assert len(times) == 5


@pytest.mark.parametrize("name", ["braille_noDelay_bias_zero_subgraph", "braille_noDelay_noBias_subtract_subgraph"])
def test_the_two_published_files_with_an_edge_to_nowhere_are_refused(name: str) -> None:
    words = r"node 'lif1' \(NIRGraph\): its edge from 'input' to 'lif' leads to 'lif', which it does not hold; it holds"
    with pytest.raises(ModelError, match=f"{name}.nir: {words} input, lif1, lin, output"):
        read_nir_network(NIR / f"{name}.nir", dt=1e-4)


# --- every node ------------------------------------------------------------------------------------------------------
def lif(n: Any, **more: Any) -> Any:
    ones = np.ones(n, np.float32)
    return "LIF", {"tau": 4 * ones, "r": 4 * ones, "v_leak": 0 * ones, "v_threshold": ones, **more}


def forgetful(n: Any) -> Any:
    """Neurons that hold one step's sum: their Output shows what the nodes before them make of it."""
    return "LI", {"tau": np.ones(n), "r": np.ones(n), "v_leak": np.zeros(n)}


def convolved(x: Any, w: Any, stride: Any, padding: Any) -> Any:
    """A convolution as sums over a window, [steps, c, h, w]."""
    x = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2)).astype(float)
    h, width = (x.shape[2] - w.shape[2]) // stride[0] + 1, (x.shape[3] - w.shape[3]) // stride[1] + 1
    made = np.zeros((len(x), len(w), h, width))
    for y in range(h):
        for z in range(width):
            part = x[:, :, stride[0] * y : stride[0] * y + w.shape[2], stride[1] * z : stride[1] * z + w.shape[3]]
            made[:, :, y, z] = np.tensordot(part, w, ((1, 2, 3), (1, 2, 3)))
    return made


def pooled(x: Any, size: Any, stride: Any, padding: Any) -> Any:
    eye = np.einsum("oi,yx->oiyx", np.eye(x.shape[1]), np.ones(size))
    return convolved(x, eye, stride, padding)


def pair(*numbers: int) -> Any:
    return np.array(numbers)


W, B, K, KB, S = draw(3, 8), draw(3), draw(3, 2, 3, 2), draw(3), draw(2, 4, 1)
K1 = draw(3, 2, 3)
CONV = ("Conv2d", {"weight": K, "bias": KB, "stride": pair(2, 1), "padding": pair(1, 0), "dilation": 1, "groups": 1})
POOL = {"kernel_size": pair(2, 2), "stride": pair(2, 1), "padding": pair(0, 1)}
FLAT = "Flatten", {"start_dim": 0, "end_dim": -1}
MAP = 2, 5, 4
W_FLAT = draw(3, 40)
BEHIND = {"kernel_size": pair(2, 1), "stride": pair(1, 2), "padding": pair(0, 0)}
NODES: dict[str, tuple[Any, Any, Any]] = {
    # shape of the input, nodes before neurons without memory, what arrives there [steps, *shape]
    "Affine": ((8,), [("Affine", {"weight": W, "bias": B})], lambda x: x @ W.T.astype(float) + B),
    "Linear": ((8,), [("Linear", {"weight": W})], lambda x: x @ W.T.astype(float)),
    "two Affine": (
        (8,), [("Affine", {"weight": W, "bias": B}), ("Affine", {"weight": W[:, :3], "bias": B})],
        lambda x: (x @ W.T.astype(float) + B) @ W[:, :3].T.astype(float) + B,
    ),
    "Conv2d": (MAP, [CONV], lambda x: convolved(x, K, (2, 1), (1, 0)) + KB[:, None, None]),
    "Conv2d same": (
        MAP, [("Conv2d", {**CONV[1], "padding": "same", "stride": 1})],
        lambda x: convolved(np.pad(x, ((0, 0), (0, 0), (0, 0), (0, 1))), K, (1, 1), (1, 0)) + KB[:, None, None],
    ),
    "Conv1d": (
        (2, 9), [("Conv1d", {"weight": K1, "bias": KB, "stride": 2, "padding": 1, "dilation": 1, "groups": 1})],
        lambda x: convolved(x[:, :, None], K1[:, :, None], (1, 2), (0, 1))[:, :, 0] + KB[:, None],
    ),
    "Flatten": (MAP, [FLAT, ("Linear", {"weight": W_FLAT})], lambda x: x.reshape(len(x), -1) @ W_FLAT.T.astype(float)),
    "Flatten alone": (MAP, [FLAT], lambda x: x.reshape(len(x), -1)),
    "SumPool2d": (MAP, [("SumPool2d", POOL)], lambda x: pooled(x, (2, 2), (2, 1), (0, 1))),
    "AvgPool2d": (MAP, [("AvgPool2d", POOL)], lambda x: pooled(x, (2, 2), (2, 1), (0, 1)) / 4),
    "AvgPool2d, Flatten, Linear": (
        (2, 4, 4), [("AvgPool2d", POOL), FLAT, ("Linear", {"weight": W_FLAT[:, :20]})],
        lambda x: pooled(x, (2, 2), (2, 1), (0, 1)).reshape(len(x), -1) / 4 @ W_FLAT[:, :20].T.astype(float),
    ),
    "Conv2d, AvgPool2d": (
        MAP, [CONV, ("AvgPool2d", BEHIND)],
        lambda x: pooled(convolved(x, K, (2, 1), (1, 0)) + KB[:, None, None], (2, 1), (1, 2), (0, 0)) / 2,
    ),
    "Conv2d, SumPool2d, Flatten, Linear": (
        MAP, [CONV, ("SumPool2d", BEHIND), FLAT, ("Linear", {"weight": W[:, :8]})], None,
    ),
    "Scale": ((8,), [("Scale", {"scale": W[0]}), ("Linear", {"weight": W})], lambda x: (x * W[0]) @ W.T.astype(float)),
    "Linear, Scale": ((8,), [("Linear", {"weight": W}), ("Scale", {"scale": B})], lambda x: x @ W.T.astype(float) * B),
    "Scale alone": ((8,), [("Scale", {"scale": W[0]})], lambda x: x * W[0]),
    "Conv2d, Scale": (
        MAP, [CONV, ("Scale", {"scale": B[:, None, None]})],
        lambda x: (convolved(x, K, (2, 1), (1, 0)) + KB[:, None, None]) * B[:, None, None],
    ),
    "Delay": ((8,), [("Delay", {"delay": np.full(8, 2.0)})], lambda x: np.concatenate([x[:2] * 0, x[:-2]])),
    "Delay of each": (
        (2,), [("Delay", {"delay": np.array([1.0, 3.0])})],
        lambda x: np.stack([np.r_[0, x[:-1, 0]], np.r_[0, 0, 0, x[:-3, 1]]], axis=1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NODES)
def test_a_node_makes_of_spikes_what_it_should(name: str, tmp_path: Path) -> None:
    shape, nodes, meaning = NODES[name]
    x = np.random.default_rng(3).integers(-1, 3, (STEPS, *shape))
    if meaning is None:
        maps = pooled(convolved(x, K, (2, 1), (1, 0)) + KB[:, None, None], (2, 1), (1, 2), (0, 0))
        wide = draw(3, maps[0].size)
        nodes = [*nodes[:-1], ("Linear", {"weight": wide})]
        wanted = maps.reshape(STEPS, -1) @ wide.T.astype(float)
    else:
        wanted = meaning(x)
    out = wanted.shape[1:]
    path = chain(tmp_path / "net.nir", shape, *nodes, forgetful(out), out=out)
    net = read_nir_network(path, dt=1.0, drive="euler", rows=STEPS)
    found = run(net, x)
    assert found == pytest.approx(wanted, abs=1e-6)  # sums in another order
    write_nir_network(net, tmp_path / "again.nir", dt=1.0)
    again = read_nir_network(tmp_path / "again.nir", dt=1.0, drive="euler", rows=STEPS)
    assert run(again, x.reshape(STEPS, *next(iter(again.shapes.values())))).reshape(found.shape) == pytest.approx(
        found, abs=2e-6
    )  # products in float32


def one(**values: float) -> dict[str, Any]:
    return {key: np.array([value, value / 2]) for key, value in values.items()}


ENDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "LIF": (("LIF", one(tau=4, r=6, v_leak=0.25, v_threshold=1)), {"tau": (4, 2), "rest": (0.25, 0.125), "subtract": True}),
    "LIF, v_reset": (("LIF", one(tau=4, r=6, v_leak=0, v_threshold=1, v_reset=-1)), {"reset_to": (-1, -0.5), "subtract": False}),
    "IF": (("IF", one(r=3, v_threshold=2)), {"r": (6, 3), "threshold": (2, 1), "tau": None}),
    "CubaLIF": (
        ("CubaLIF", one(tau_mem=4, tau_syn=6, r=3, v_leak=0, v_threshold=1, w_in=2)),
        {"tau": (4, 2), "tau_syn": (6, 3), "w_in": (2, 1), "r": (3, 1.5)},
    ),
    "Threshold": (("Threshold", one(threshold=0.75)), {"threshold": (0.75, 0.375), "tau": 1.0, "drive": "euler"}),
    "LI": (("LI", one(tau=4, r=6, v_leak=0.25)), {"tau": (4, 2), "rest": (0.25, 0.125)}),
    "I": (("I", one(r=3)), {"r": (6, 3), "tau": None}),
    "CubaLI": (("CubaLI", one(tau_mem=4, tau_syn=6, r=3, v_leak=0)), {"tau_syn": (6, 3), "w_in": 1.0}),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_neurons_have_the_files_values_one_a_neuron(name: str, tmp_path: Path) -> None:
    (kind, values), wanted = ENDS[name]
    values = {k: v * 2 if k.startswith("tau") else v for k, v in values.items()}  # a step is two seconds
    path = chain(tmp_path / "net.nir", (2,), (kind, values), out=(2,))
    net = read_nir_network(path, dt=2.0, rows=STEPS)
    write_nir_network(net, tmp_path / "again.nir", dt=2.0)
    for made in (net, read_nir_network(tmp_path / "again.nir", dt=2.0, rows=STEPS)):
        layer: Any = made.net["n0"]
        for key, value in wanted.items():
            found = getattr(layer, key)
            assert np.array_equal(found, value) if value is not None else found is None, key
    x = np.random.default_rng(4).integers(0, 3, (STEPS, 2))
    assert run(net, x).tolist() == run(made, x).tolist()
    assert np.abs(run(net, x)).sum() > 0


def test_a_reset_is_what_the_file_says_or_what_is_asked_for(tmp_path: Path) -> None:
    old, new = (
        chain(tmp_path / f"{k}.nir", (2,), lif(2, **more), out=(2,))
        for k, more in enumerate([{}, {"v_reset": np.zeros(2)}])
    )
    kept = {"file": (True, False), "subtract": (True, True), "value": (False, False)}
    for reset, wanted in kept.items():
        found = tuple(read_nir_network(p, dt=1.0, reset=reset).net["n0"].subtract for p in (old, new))  # type: ignore
        assert found == wanted
    write_nir_network(read_nir_network(new, dt=1.0), tmp_path / "again.nir", dt=1.0)
    assert not read_nir_network(tmp_path / "again.nir", dt=1.0).net["n0"].subtract  # type: ignore[attr-defined]
    with h5py.File(tmp_path / "again.nir") as file:
        assert "v_reset" not in file["node/nodes/n0"]  # nir 1.0.4 would refuse it


def recurrent(path: Path, delay: float = 0.0) -> Path:
    """Two neurons that hand a spike on to one another, as a subgraph with the circle in it."""
    inner = {
        "input": ("Input", {"shape": (2,)}), "lif": lif(2), "output": ("Output", {"shape": (2,)}),
        "rec": ("Linear", {"weight": np.array([[0.0, 2.0], [2.0, 0.0]])}), "late": ("Delay", {"delay": np.full(2, delay)}),
    }  # fmt: skip
    edges = [("input", "lif"), ("lif", "rec"), ("rec", "late"), ("late", "lif"), ("lif", "output")]
    nodes = {
        "in": ("Input", {"shape": (2,)}), "w": ("Linear", {"weight": 2 * np.eye(2)}), "rnn": (inner, edges),
        "out": ("Output", {"shape": (2,)}),
    }  # fmt: skip
    return write(path, nodes, [("in", "w"), ("w", "rnn"), ("rnn", "out")])


@pytest.mark.parametrize(("delay", "lag"), [(0.0, 1), (1.0, 1), (3.0, 3)])
def test_neurons_feed_back_a_step_later_or_after_their_delay(delay: float, lag: int, tmp_path: Path) -> None:
    net = read_nir_network(recurrent(tmp_path / "net.nir", delay), dt=1.0, reset="value")
    write_nir_network(net, tmp_path / "again.nir", dt=1.0)
    x = np.zeros((9, 2), int)
    x[1, 0] = 1
    for made in (net, read_nir_network(tmp_path / "again.nir", dt=1.0)):
        spikes = run(made, x)
        step = np.arange(9)
        on = (step >= 1) & ((step - 1) % lag == 0)
        turn = (step - 1) // lag % 2
        assert spikes.tolist() == np.stack([on & (turn == 0), on & (turn == 1)], axis=1).astype(int).tolist()


def test_two_inputs_and_a_skip_join_in_the_same_step(tmp_path: Path) -> None:
    nodes = {
        "a": ("Input", {"shape": (1,)}), "b": ("Input", {"shape": (1,)}), "wa": ("Linear", {"weight": [[2.0]]}),
        "mid": lif(1), "wb": ("Linear", {"weight": [[-1.5]]}), "wm": ("Linear", {"weight": [[2.0]]}), "end": lif(1),
        "out": ("Output", {"shape": (1,)}),
    }  # fmt: skip
    edges = [("a", "wa"), ("wa", "mid"), ("mid", "wm"), ("wm", "end"), ("b", "wb"), ("wb", "end"), ("end", "out")]
    net = read_nir_network(write(tmp_path / "net.nir", nodes, edges), dt=1.0, reset="value")
    a, b = np.array([[1], [0], [1]]), np.array([[0], [0], [1]])
    sim = en.simulate(net.net, net.events({"a": a, "b": b}), record=True, engine="reference")
    assert net.spikes(sim.log, 3).ravel().tolist() == [1, 0, 0]  # the skip holds the second one back
    with pytest.raises(ModelError, match="by name"):
        net.events(a)


def test_the_package_nir_reads_what_is_written(tmp_path: Path) -> None:
    nir = pytest.importorskip("nir")
    for name in PUBLISHED:
        net = read_nir_network(NIR / f"{name}.nir", dt=1e-4)
        write_nir_network(net, tmp_path / "again.nir", dt=1e-4)
        graph = nir.read(tmp_path / "again.nir", type_check=False)
        kinds = sorted(type(node).__name__ for node in graph.nodes.values())
        with h5py.File(NIR / f"{name}.nir") as file:
            own = [node["type"].asstr()[()] for node in file["node/nodes"].values()]
        assert kinds == sorted("Affine" if kind == "Linear" else kind for kind in own)


@pytest.mark.parametrize(("given", "words"), [
    ({"lowest": -1.0}, "lowest is -1.0, which NIR cannot say; wanted None"),
    ({"subtract": True, "reset_to": 0.5}, r"a spike takes threshold - 0.5 off; wanted reset_to=0"),
])  # fmt: skip
def test_what_nir_cannot_say_is_refused_and_leaves_the_old_file(given: Any, words: str, tmp_path: Path) -> None:
    net = en.Network("float64")
    layer = net.add(en.SteppedLeaky(en.Geometry.dense(1, 1), net.weights([[1.0]]), name="layer", tau=4.0, **given))
    net.connect(net.add(en.Relay(1, name="input")).out, layer.spikes)
    (tmp_path / "net.nir").write_bytes(b"before")
    with pytest.raises(ModelError, match=rf"module 'layer' \(SteppedLeaky\): {words}"):
        write_nir_network(net, tmp_path / "net.nir", dt=1e-4)
    other = en.Network("float64")
    other.add(en.Herding(1, other.weights([[1.0]]), name="herd"))
    with pytest.raises(ModelError, match=r"module 'herd' \(Herding\): wanted one of Relay, SteppedLeaky"):
        write_nir_network(other, tmp_path / "net.nir", dt=1e-4)
    assert (tmp_path / "net.nir").read_bytes() == b"before"


# --- errors ----------------------------------------------------------------------------------------------------------
def conv(**changed: Any) -> Any:
    return "Conv2d", {**CONV[1], **changed}


BAD: dict[str, tuple[Any, str]] = {
    "kind": (((8,), ("ALIF", {"r": np.ones(8)})), "node 'n0' is ALIF; wanted one of Input, Output, LIF"),
    "shapes": (((7,), ("Linear", {"weight": W}), lif(3)), r"node 'n0' \(Linear\): weight has shape \(3, 8\), but it gets"),
    "neurons": (((8,), ("Linear", {"weight": W}), lif(4)), r"node 'n1' \(LIF\): has neurons of shape \(4,\), but gets shape \(3,\)"),
    "missing": (((8,), ("LIF", {"r": np.ones(8)})), r"node 'n0' \(LIF\): 'tau' is missing; there are r"),
    "NaN": (((8,), lif(8, tau=np.full(8, np.nan))), r"node 'n0' \(LIF\): tau holds NaN or infinity"),
    "tau": (((8,), lif(8, tau=np.zeros(8))), "tau is 0.0 ticks; wanted numbers above 0"),
    "groups": ((MAP, conv(groups=2), lif((3, 4, 3))), r"node 'n0' \(Conv2d\): groups is .2. and dilation .1.; wanted 1"),
    "same": ((MAP, conv(padding="same"), lif((3, 4, 3))), r"node 'n0' \(Conv2d\): padding is 'same' with stride \(2, 1\)"),
    "channels": (((1, 5, 4), CONV, lif((3, 4, 3))), r"node 'n0' \(Conv2d\): weight has shape .* for 1 channels"),
    "input_shape": ((MAP, conv(input_shape=pair(9, 9)), lif(1)), r"input_shape is \[9, 9\], but it gets shape \(2, 5, 4\)"),
    "two convolutions": (
        (MAP, CONV, conv(weight=draw(3, 3, 1, 1)), lif((3, 3, 3))), r"node 'n1' \(Conv2d\): it comes after weights",
    ),
    "potentials": (((8,), forgetful(8), lif(8)), r"node 'n0' \(LI\): sends potentials to node 'n1' \(LIF\); wanted only"),
    "delay": (((8,), ("Delay", {"delay": np.full(8, 0.4)}), lif(8)), r"node 'n0' \(Delay\): delay goes to 0.4 steps"),
    "scale": (((8,), ("Scale", {"scale": np.ones(3)}), lif(8)), r"node 'n0' \(Scale\): scale has shape \(3,\)"),
    "pool": (((8,), ("SumPool2d", POOL), lif(8)), r"node 'n0' \(SumPool2d\): gets shape \(8,\); wanted a map"),
    "flatten": ((MAP, ("Flatten", {"start_dim": 1, "end_dim": 5}), lif(8)), r"node 'n0' \(Flatten\): goes from dimension 1 to 5"),
    "input": (((), lif(1)), r"node 'in' \(Input\): shape is \(\)"),
    "output": (((8,), lif(8)), r"node 'out' \(Output\): has shape \(9,\), but gets shape \(8,\)"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_taken_is_one_sentence_that_names_the_node(name: str, tmp_path: Path) -> None:
    (shape, *nodes), words = BAD[name]
    out = (9,) if name == "output" else nodes[-1][1].get("r", np.ones(1)).shape
    path = chain(tmp_path / "bad.nir", shape, *nodes, out=out)
    with pytest.raises(ModelError, match=f"bad.nir: .*{words}") as caught:
        read_nir_network(path, dt=1.0)
    assert "\n" not in str(caught.value)


def test_graphs_that_cannot_be_are_refused(tmp_path: Path) -> None:
    ends = {"in": ("Input", {"shape": (1,)}), "out": ("Output", {"shape": (1,)})}
    linear = "Linear", {"weight": [[1.0]]}
    for nodes, edges, words in [
        ({**ends, "w": linear, "n": lif(1)}, [("in", "n"), ("n", "out"), ("w", "w")], r"node 'w' \(Linear\): no edge leads"),
        ({**ends, "w": linear, "n": lif(1)}, [("in", "w"), ("w", "w"), ("w", "n"), ("n", "out")], "feeds back to itself with no"),
        ({**ends, "n": lif(1)}, [("in", "n"), ("n", "x")], "its edge from 'n' to 'x' leads to 'x'"),
        ({"in": ends["in"], "n": lif(1)}, [("in", "n")], "the graph has no Output"),
    ]:  # fmt: skip
        with pytest.raises(ModelError, match=words):
            read_nir_network(write(tmp_path / "bad.nir", nodes, edges), dt=1.0)
    with pytest.raises(ModelError, match="dt is 0; wanted the seconds of a step"):
        read_nir_network(NIR / "lif_norse.nir", dt=0)
    with pytest.raises(ModelError, match="reset is 'soft'; wanted one of file, subtract, value"):
        read_nir_network(NIR / "lif_norse.nir", dt=1.0, reset="soft")


def test_files_that_are_none_are_data_errors(tmp_path: Path) -> None:
    (tmp_path / "text.nir").write_text("a text")
    whole = (NIR / "lif_norse.nir").read_bytes()
    (tmp_path / "cut.nir").write_bytes(whole[: len(whole) // 2])
    for name in ("text.nir", "cut.nir", "absent.nir"):
        with pytest.raises(DataError, match=name):
            read_nir_network(tmp_path / name, dt=1.0)


def test_inputs_of_another_shape_or_too_many_steps_are_refused(tmp_path: Path) -> None:
    net = read_nir_network(chain(tmp_path / "net.nir", (2,), forgetful(2), out=(2,)), dt=1.0, rows=3)
    with pytest.raises(ModelError, match=r"inputs of 'in' have shape \(4, 3\)"):
        net.events(np.zeros((4, 3)))
    with pytest.raises(ModelError, match="shape .* whole numbers"):
        net.events(np.full((3, 2), 0.5))
    with pytest.raises(ModelError, match="4 steps, but 'n0' has 3 rows; wanted rows=4"):
        net.events(np.zeros((4, 2)))
    with pytest.raises(ModelError, match="has potentials and no spikes"):
        net.spikes(np.zeros(0, en.DELIVERY), 3)
