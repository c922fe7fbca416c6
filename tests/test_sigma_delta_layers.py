"""Layers that communicate change, one by one: what they send and add, what they refuse, and their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from few import few

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.kernels.patches import kernel_rows

ENGINES = ("reference", "compiled")
SHAPE = (2, 4, 3)
WINDOW = en.Geometry.window(SHAPE, 3, (3, 2), (2, 1), (1, 0, 0, 1))
POOL = en.Geometry.window(SHAPE, 2, (2, 2), (2, 1), (0, 1, 0, 0))


def drawn(rng: np.random.Generator, *shape: int) -> Any:
    """Multiples of 1/4."""
    return rng.integers(-6, 7, shape) / 4


def wired(dtype: str = "float64") -> tuple[en.Network, np.ndarray]:
    """One of each module, in one network: whole numbers where it has to be."""
    rng, net = np.random.default_rng(1), en.Network(dtype)
    whole = dtype == "int32"
    number = lambda *shape: drawn(rng, *shape) * (4 if whole else 1)  # noqa: E731
    options: dict[str, Any] = {"baked": True, "shift": 2} if whole else {}
    hidden = {**options} if whole else {"k": rng.integers(1, 5, WINDOW.units_out) / 2, "unscale": 2.0}
    frames, updates = net.weights(number(6, 24)), net.weights([[3, 1], [0, -2]])
    changes = net.add(
        en.ChangeEncoder(frames, updates, k=1.0 if whole else 2.0, shift=options.get("shift", 0), name="changes")
    )
    rows = net.weights(kernel_rows(number(3, 2, 3, 2), (2, 1)))
    layer = net.add(en.SigmaDelta(WINDOW, rows, bias=number(3), name="layer", **hidden))
    anew = net.add(
        en.Rounding(WINDOW, rows, bias=number(3), activation="identity", coalesce=None, name="anew", **hidden)
    )
    last = en.Geometry.dense(WINDOW.units_out, 2)
    readout = net.add(en.Readout(last, net.weights(number(WINDOW.units_out, 2)), net.weights(np.zeros((4, 2))), bias=[1, 2], name="readout", **options))  # fmt: skip
    for source, target in ((changes, layer), (changes, anew), (layer, readout), (anew, readout)):
        net.connect(source.out, target.spikes)
    ports = [changes.value, changes.spikes, layer.look, anew.look, readout.read, changes.frame]
    if not whole:
        whole_frames = net.add(en.FrameEncoder(frames, k=[2.0] * 24, name="frames"))
        vectors = net.add(en.Quantizer(frames, most=500, name="vectors"))
        pool = net.add(en.SigmaDeltaPool(POOL, k=3.0, unscale=2.0, activation="relu", name="pool"))
        pool_anew = net.add(en.RoundingPool(POOL, k=rng.integers(1, 5, POOL.units_out) / 2, name="pool_anew"))
        window = en.Geometry.window(POOL.shape_out, 2, (2, 3))
        end = net.add(en.ReadoutPool(window, net.weights(np.zeros((4, window.units_out))), unscale=3.0, name="end"))
        for source, target in ((whole_frames, pool), (vectors, pool_anew), (pool, end), (pool_anew, end)):
            net.connect(source.out, target.spikes)
        ports += [whole_frames.frame, vectors.frames, pool.look, pool_anew.look, end.read, end.clear]
    rows_of = [(int(t), port, int(rng.integers(min(port.accepts or 1, 2))), 1) for t in range(8) for port in ports]
    return net, en.events(row for row in rows_of if rng.random() < 0.7)


def ran(net: en.Network, inputs: Any, engine: str) -> dict[str, Any]:
    run = en.simulate(net, inputs, engine=engine, record=True)
    state = {m.name: {k: v.tobytes() for k, v in run.state(m).items()} for m in net.modules}
    weights = {b.name: run.weights(b).tobytes() for b in net.blocks}
    return {"log": run.log.tolist(), "state": state, "weights": weights, "tally": run.tally.to_dict()}


# --- files -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", ["float64", "float32", "int32"])
def test_networks_of_every_module_come_back_from_their_files(dtype: str, tmp_path: Path) -> None:
    net, inputs = wired(dtype)
    wanted = ran(net, inputs, "reference")
    assert len(wanted["log"]) > 100
    net.save(tmp_path / "net.npz")
    once = en.Network.load(tmp_path / "net.npz")
    once.save(tmp_path / "again.npz")
    for loaded in (once, en.Network.load(tmp_path / "again.npz"), en.Network.from_networkx(net.to_networkx())):
        assert [repr(m) for m in loaded.modules] == [repr(m) for m in net.modules]
        for a, b in zip(loaded.modules, net.modules, strict=True):
            assert {k: np.asarray(v).tolist() for k, v in a.params.items()} == b.params
            for mine, theirs in ((a.state, b.state), (a.integers, b.integers)):
                assert {k: v.tolist() for k, v in mine.items()} == {k: v.tolist() for k, v in theirs.items()}
        for engine in ENGINES:
            assert ran(loaded, inputs, engine) == wanted


def test_a_geometry_of_numpy_numbers_can_be_saved(tmp_path: Path) -> None:
    net = en.Network()
    two = np.int64(2)
    net.add(
        en.SigmaDelta(
            en.Geometry((two, two, two), (two, two, two), (1, 1), (1, 1), (0, 0, 0, 0)), net.weights(np.ones((2, 2)))
        )
    )
    net.save(tmp_path / "net.npz")
    assert en.Network.load(tmp_path / "net.npz").modules[0].units == 8


# --- one layer -------------------------------------------------------------------------------------------------------
class One:
    """A layer between a source of spikes and a sink."""

    def __init__(self, make: Any, engine: str = "reference", dtype: str = "float64", order: str = "breadth") -> None:
        net = en.Network(dtype)
        self.layer = make(net)
        net.add(self.layer)
        self.sink = net.add(en.Sink(self.layer.units))
        net.connect(self.layer.out, self.sink.spikes)
        self.simulation, self.t = en.Simulation(net, order, engine=engine, record=True), 0

    def hear(self, *spikes: tuple[int, int], look: bool = False) -> Any:
        """Spikes (index, sign) of one instant; the layer's spikes by unit."""
        before, self.t = len(self.simulation.log), self.t + 1
        rows = [(self.t, self.layer.spikes, i, s) for i, s in spikes]
        self.simulation.inject(rows + [(self.t, self.layer.look, 0, 1)] * look)
        self.simulation.run()
        log = self.simulation.log[before:]
        heard = log[log["port"] == int(self.sink.spikes)]
        return np.bincount(heard["index"], weights=heard["sign"], minlength=self.layer.units).astype(int).tolist()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_layer_fires_once_an_instant_and_sends_differences(engine: str) -> None:
    w = [[1.5, -1.0], [0.25, 2.0]]
    one = One(
        lambda net: en.SigmaDelta(en.Geometry.dense(2, 2), net.weights(w), bias=[0.25, 0.5], k=[2.0, 1.0]), engine
    )
    assert one.hear(look=True) == [1, 1]  # round(2 * 0.25), round(0.5)
    assert one.hear((0, 1)) == [3, -1]  # 2 * 1.75 = 3.5, and -0.5 is cut off
    assert one.hear((0, 1), (0, -1)) == [0, 0]
    assert one.simulation.log["t"].tolist().count(one.t) == 3  # two spikes, one notice, nothing sent
    assert one.hear((1, 1)) == [0, 2]  # 2 * 2.0 = 4, 1.5
    assert one.hear((0, -1), (1, -1)) == [-3, -1]


@pytest.mark.parametrize("engine", ENGINES)
def test_without_coalescing_a_layer_fires_after_every_spike(engine: str) -> None:
    def make(net: en.Network) -> Any:
        return en.SigmaDelta(en.Geometry.dense(1, 1), net.weights([[1.0]]), activation="identity", coalesce="none")

    one = One(make, engine)
    assert one.hear((0, 1), (0, -1), (0, 1)) == [1]
    assert one.simulation.tally.by_port()["sigmadelta0.spikes"]["spikes"] == 3


@pytest.mark.parametrize("engine", ENGINES)
def test_a_layer_that_runs_out_of_room_between_two_spikes_misses_no_change(engine: str) -> None:
    def make(net: en.Network) -> Any:
        weights = net.weights([[1, 3, 0], [-1, -1, 1]])
        layer = en.SigmaDelta(en.Geometry.dense(2, 3), weights, activation="identity", coalesce="none")
        layer.integers["kind"][3] = 2
        return layer

    assert One(make, engine).hear((0, 1), (1, 1)) == [0, 2, 1]


@pytest.mark.parametrize("order", en.ORDERS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_rounding_layer_forgets_and_sends_its_numbers_whole(engine: str, order: str) -> None:
    one = One(
        lambda net: en.Rounding(en.Geometry.dense(2, 2), net.weights([[1, -1], [2, 3]]), bias=[0.5, 0]),
        engine,
        order=order,
    )
    assert one.hear(look=True) == [1, 0]
    assert one.hear((1, 1)) == [2, 3]  # without a look, changes: 2.5 and 3
    net = en.Network("float64")
    layer = net.add(en.Rounding(en.Geometry.dense(2, 2), net.weights([[1, -1], [2, 3]]), bias=[0.5, 0]))
    encoder = net.add(en.FrameEncoder(net.weights([[1, 1], [0, 1]])))
    sink = net.add(en.Sink(2))
    net.connect(encoder.out, layer.spikes)
    net.connect(layer.out, sink.spikes)
    inputs = [row for t in range(2) for row in ((t, layer.look, 0, 1), (t, encoder.frame, t, 1))]
    log = en.simulate(net, inputs, engine=engine, order=order, record=True).log
    heard = log[log["port"] == int(sink.spikes)]
    sums = [np.bincount(heard["index"][heard["t"] == t], heard["sign"][heard["t"] == t], 2).tolist() for t in range(2)]
    assert sums == [[4, 2], [3, 3]]  # 1 + 2 + 0.5, -1 + 3; 2 + 0.5, 3


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("engine", few(["reference", "compiled"], 1))
def test_a_pool_averages_its_windows_and_multiplies_by_no_weight(engine: str, dtype: str) -> None:
    rng = np.random.default_rng(4)
    one = One(lambda net: en.SigmaDeltaPool(POOL, k=3.0, unscale=2.0), engine, dtype)
    total, before = np.zeros((4, 3, 2)), np.zeros((2, 3, 2), dtype=np.int64)
    for _ in range(6):
        spikes = [(int(rng.integers(24)), int(rng.choice([-1, 1]))) for _ in range(9)]
        for i, s in spikes:
            total[np.unravel_index(i, (4, 3, 2))] += s
        around = np.pad(total, ((0, 0), (1, 0), (0, 0)))
        means = np.array(
            [[around[2 * y : 2 * y + 2, x : x + 2].sum(axis=(0, 1)) / 4 for x in range(3)] for y in range(2)]
        )
        number = np.floor(3 * means / 2 + 0.5).astype(int)  # multiples of 1/8
        changed = one.hear(*spikes)
        assert changed == (number - before.reshape(number.shape)).ravel().tolist()
        before = number
    row = one.simulation.tally.by_port()["sigmadeltapool0.spikes"]
    assert row["synaptic_adds"] > 54
    assert row["reads"] == row["multiplies"] == 0


def test_a_whole_layer_multiplies_nothing() -> None:
    def make(net: en.Network) -> Any:
        return en.SigmaDelta(en.Geometry.dense(1, 2), net.weights([[6, -3]]), bias=[1, 4], baked=True, shift=2)

    for engine in ENGINES:
        one = One(make, engine, "int32")
        assert one.hear((0, 1)) == [2, 0]  # 7 / 4, 1 / 4
        assert one.hear((0, -1)) == [-2, 1]  # 1 / 4, 4 / 4
        assert one.simulation.tally.multiplies == 0


# --- what is refused -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("options, words", [
    ({"k": 0.0}, "scales of a layer go from 0.0 to 0.0"),
    ({"k": np.nan}, "scales of a layer go from nan"),
    ({"k": [1.0, 2.0, 3.0]}, r"scales of a layer have shape \(3,\); wanted one number, or 2 of them"),
    ({"unscale": 0.0}, "scales of what comes in go from 0.0"),
    ({"unscale": np.inf}, "scales of what comes in go from inf"),
    ({"unscale": [2.0, 2.0]}, r"scales of what comes in have shape \(2,\); wanted one number"),
    ({"baked": True, "k": 2.0}, "scales of a layer are 2.0 and 1.0, but baked into its weights; wanted 1"),
    ({"baked": True, "unscale": 2.0}, "but baked into its weights"),
    ({"bias": [1.0]}, r"biases have shape \(1,\); wanted \[2\], one a channel"),
    ({"bias": [1.0, np.nan]}, "biases hold NaN or infinity"),
    ({"activation": "input"}, "activation 'input' is that of encoders"),
    ({"activation": "softplus"}, "an activation is one of"),
    ({"activation": "clip"}, "the parameters of clip are"),
    ({"shift": 1}, "the shift of a layer in float32 is 1; wanted a whole number, 0 to 0"),
    ({"coalesce": "often"}, "coalesce is 'none' or 'burst', not 'often'"),
    ({"geometry": en.Geometry.dense(2, 2)}, "weights are .*; the layer's shapes want 2 x 2"),
    ({"geometry": en.Geometry.dense(3, 2)._replace(shape_out=(2, 2, 1))}, "a geometry says"),
])  # fmt: skip
def test_layers_that_cannot_be_are_refused(options: dict[str, Any], words: str) -> None:
    net = en.Network()
    for kind in (en.SigmaDelta, en.Rounding):
        given = {"geometry": en.Geometry.dense(3, 2), "weights": net.weights(np.ones((3, 2))), **options}
        with pytest.raises(NetworkError, match=words):
            kind(**given)


def test_pools_and_read_outs_that_cannot_be_are_refused() -> None:
    net = en.Network()
    answers = net.weights(np.zeros((1, 5)))
    for make in (
        lambda: en.SigmaDeltaPool(WINDOW),
        lambda: en.RoundingPool(WINDOW),
        lambda: en.ReadoutPool(WINDOW, answers),
    ):
        with pytest.raises(NetworkError, match=r"pooling keeps its channels; the shapes are \(2, 4, 3\), \(3, 2, 3\)"):
            make()
    with pytest.raises(NetworkError, match="a read-out of 2 units got answers .* 1 x 5"):
        en.Readout(en.Geometry.dense(3, 2), net.weights(np.ones((3, 2))), answers)


@pytest.mark.parametrize("options", [{}, {"baked": True, "activation": "tanh"}])
def test_an_integer_layer_has_baked_scales_and_no_tanh(options: dict[str, Any]) -> None:
    net = en.Network("int32")
    with pytest.raises(
        NetworkError, match="an integer layer has .*wanted scales baked into the weights, and another activation"
    ):
        en.SigmaDelta(en.Geometry.dense(3, 2), net.weights(np.ones((3, 2))), **options)


def test_an_integer_network_takes_no_pool() -> None:
    net = en.Network("int32")
    for pool in (
        en.SigmaDeltaPool(POOL, name="pool"),
        en.ReadoutPool(POOL, net.weights(np.zeros((1, POOL.units_out))), name="pool"),
    ):
        with pytest.raises(
            NetworkError, match="module 'pool' works in float64 or float32, but the network's dtype is int32"
        ):
            net.add(pool)


def test_maxima_whose_padding_hides_a_window_and_spread_pools_are_refused() -> None:
    hidden = en.Geometry.window((1, 4, 4), 1, (2, 2), (1, 1), (2, 0, 0, 0))
    spread = en.Geometry.window((2, 4, 4), 2, (2, 2), spread=(1, 1, 2))
    with pytest.raises(NetworkError, match=r"padding \(2, 0, 0, 0\) hides a window of \(2, 2\); wanted less"):
        en.SigmaDeltaMaxPool(hidden)
    with pytest.raises(
        NetworkError, match=r"the window of SigmaDeltaPool has dilation \[1, 1\] and 2 groups; wanted 1"
    ):
        en.SigmaDeltaPool(spread)
    with pytest.raises(NetworkError, match="unscale_also|wanted finite numbers above 0"):
        en.SigmaDeltaSum(3, unscale_also=0.0)
