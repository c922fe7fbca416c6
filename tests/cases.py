"""Random networks from a seed: feedback, self-wires, shared blocks, shared targets, delays, simultaneous inputs, modules
with several outlets, spikes that set out later, predicted spikes, plain Python modules. Everything about a case follows from its number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from few import number_type

import eventnet as en
from eventnet.kernels.rows import add_and_fire
from eventnet.order import ORDERS


@en.rule
def forked(i, s, t, out, tally, phi, w, threshold, step):
    """Fire at the first outlet; answer every second spike at the second one, some of them later."""
    made = add_and_fire(phi, w, i, s, threshold, step, True, out, tally)
    for k in range(made):
        j = out.index(k)
        if j % 2 == 0:
            out.spike(j, -s, 1, 0.25 * k)
        if j % 3 == 0:
            out.later(j, s, 1, 1 + j % 2)
    tally[3] += len(phi)


@en.rule
def echo(i, s, t, out, tally, seen):
    """Send the spike on, and every third one back at the second outlet with its sign turned."""
    seen[0] += 1
    out.spike(i, s, 0, 1.0 * (i % 3))
    if seen[0] % 3 == 0:
        out.spike(i, -s, 1)
        out.spike(i, s, 0)


@en.rule
def expect(i, s, t, out, tally, phi, w):
    """Add a row; a unit above 0 expects to cross the sooner the higher it stands, one well below expects nothing."""
    for j in range(len(phi)):
        if s > 0:
            phi[j] += w[i, j]
        else:
            phi[j] -= w[i, j]
        height = np.float64(phi[j])
        if height > 0:
            out.predict(j, t + 1.0 / height)
        elif height < -1:
            out.cancel(j)
    tally[3] += len(phi)


@en.rule
def cross(i, s, t, out, tally, phi):
    """The crossing has come: fire, fall back, and let the next unit expect one."""
    phi[i] -= phi[i]
    out.spike(i, 1 if i % 2 else -1)
    j = (i + 1) % len(phi)
    if phi[j] < 0:
        out.predict(j, t + 0.5)


class Expecting(en.Module):
    """Units that predict their own spikes, move them and take them back."""

    weights = en.Weights("n_in", "units", key="w")
    phi = en.Potential(weights)
    spikes = en.Port(expect, accepts="n_in")
    crossing = en.Port(cross, emits="out", accepts="units")
    out = en.Outlet()
    predicted = en.Outlet(predicts="crossing")


class Forked(en.Module):
    """Two outlets, of which one may be wired with and without delay."""

    weights = en.Weights("n_in", "units", key="w")
    scale = en.Option[float](1)
    threshold = en.Param(start=lambda module: module.scale // 2 if module.scale > 1 else 0.5)
    step = en.Param(start=lambda module: module.scale)
    phi = en.Potential(weights)
    spikes = en.Port(forked, emits=("out", "side"), accepts="n_in")
    out = en.Outlet()
    side = en.Outlet()

    def most_spikes(self) -> int:
        return 3 * super().most_spikes()


class Echo(en.Module):
    """Emits at two outlets in turn."""

    spikes = en.Port(echo, emits=("out", "side"), accepts="units")
    out = en.Outlet()
    side = en.Outlet()
    seen = en.Integers(1)
    most = en.Derived(3)
    membrane = None


class Plain(en.PythonModule):
    """A module in plain Python with a memory of its own."""

    spikes = en.Port(emits="out", accepts="units")
    crossing = en.Port(emits="out", accepts="units")
    out = en.Outlet()
    predicted = en.Outlet(predicts="crossing")
    membrane = None

    def begin(self) -> None:
        self.total = 0

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        """Pass two of three spikes on, every fourth a tick later."""
        self.total += 1
        tally[4] += 1
        if self.total % 3:
            if self.total % 4:
                out.spike((i + 1) % self.units, s, 0, 0.5)
            else:
                out.later(i, -s, 0, 1)
        if self.total % 5 == 0:
            out.predict(i, t + 1.5 * (self.total % 4))
        elif self.total % 7 == 0:
            out.cancel(i)

    def on_crossing(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        """A crossing foreseen goes on as a negative spike."""
        out.spike(i, -s)


@dataclass
class Case:
    """A network, its inputs and how to run it."""

    net: en.Network
    inputs: Any
    options: dict[str, Any]
    until: int = 14  # feedback over delayed wires may go on for ever


def make_case(seed: int, order: Any = None, **fixed: Any) -> Case:
    """The case of a seed; the order cycles through all of them unless it is given."""
    rng = np.random.default_rng(seed)
    dtype = number_type(rng, "float32", "float64", "int32")
    net = en.Network(dtype=dtype, coalesce=str(rng.choice(["none", "none", "burst"])))
    scale = 64 if dtype == "int32" else 1
    blocks: list[en.Block] = []

    def block(rows: int, cols: int) -> en.Block:
        old = [b for b in blocks if b.array.shape == (rows, cols)]
        if old and rng.random() < 0.4:
            return old[int(rng.integers(len(old)))]
        w = rng.normal(0, rng.choice([0.1, 0.3, 0.5]), (rows, cols))
        w = np.round(w * scale * 4) / 4 if rng.random() < 0.4 else w * scale  # ties
        blocks.append(net.weights(np.round(w) if dtype == "int32" else w))
        return blocks[-1]

    modules: list[Any] = []
    for k in range(int(rng.integers(1, 7))):
        units = int(rng.choice([1, 3, 5, 5, 70, 130])) if rng.random() < 0.3 else 5
        kind, n_in = int(rng.integers(9)), int(rng.choice([units, 5]))
        if kind < 3:
            modules.append(net.add(en.Herding(units, block(n_in, units), scale=scale, name=f"m{k}", most=120)))
        elif kind < 5:
            modules.append(net.add(en.Rectified(units, block(n_in, units), scale=scale, name=f"m{k}", most=120)))
        elif kind == 5:
            modules.append(net.add(Forked(units, block(n_in, units), scale=scale, name=f"m{k}")))
        elif kind == 6:
            modules.append(net.add(Expecting(units, block(n_in, units), name=f"m{k}")))
        elif kind == 7:
            modules.append(net.add(Echo(units, name=f"m{k}")))
        else:
            modules.append(net.add(Plain(units, name=f"m{k}")))
    outlets = [getattr(m, name) for m in modules for name in type(m).outlets if name not in ("notice", "predicted")]
    for _ in range(int(rng.integers(1, 2 * len(modules) + 3))):
        source = outlets[int(rng.integers(len(outlets)))]
        target = modules[int(rng.integers(len(modules)))].spikes
        if source.width <= target.accepts:
            net.connect(source, target, int(rng.choice([0, 0, 0, 1, 2])))
    n = int(rng.integers(1, 40))
    ports = [modules[int(rng.integers(len(modules)))].spikes for _ in range(n)]
    rows = [
        (int(rng.integers(0, 8)), port, int(rng.integers(port.accepts)), int(rng.choice([-1, 1]))) for port in ports
    ]
    inputs = en.events(rows)
    options = {"order": order or ORDERS[seed % len(ORDERS)], "seed": seed, "budget": 150, "roots": True}
    return Case(net, inputs, {**options, "record": True} | fixed)


def make_sparse_case(seed: int) -> Case:
    """As `make_case`, but inputs come to one or two ports, mostly at times of their own; little fits into an instant."""
    case = make_case(seed, budget=int(np.random.default_rng(seed).choice([1, 2, 5, 150])))
    rng = np.random.default_rng([seed, 1])
    modules = [case.net.modules[int(k)] for k in rng.integers(len(case.net.modules), size=2)]
    rows = []
    for t in np.sort(rng.choice(case.until, int(rng.integers(2, case.until)), replace=False)).tolist():
        port = modules[int(rng.random() < 0.2)].spikes
        for _ in range(int(rng.choice([1, 1, 1, 2]))):
            rows.append((t, port, int(rng.integers(port.accepts)), int(rng.choice([-1, 1]))))
    return Case(case.net, en.events(rows), case.options)


def windows_over(rng: np.random.Generator, shape: Any, pools: bool, spread: bool = False) -> en.Geometry:
    """A random window over a map, or a dense layer on all its units."""
    c_in, height, width = shape
    if not pools and rng.random() < 0.4:
        return en.Geometry.dense(c_in * height * width, int(rng.integers(1, 6)))
    kernel = (int(rng.integers(1, height + 2)), int(rng.integers(1, width + 2)))
    stride, padding = (int(rng.integers(1, 3)), int(rng.integers(1, 3))), tuple(int(n) for n in rng.integers(1, 3, 4))
    channels = c_in if pools else int(rng.integers(1, 6))
    groups = c_in if spread and channels % c_in == 0 else 1
    dilation = tuple(2 if spread and 2 * k - 1 <= n + 2 else 1 for k, n in zip(kernel, shape[1:]))
    return en.Geometry.window(shape, channels, kernel, stride, padding, (*dilation, groups))


PARAMETERS = {"leaky_relu": (0.3,), "clip": (-0.4, 1.7)}
ANY_ACTIVATION = ("tanh", "sigmoid", *PARAMETERS)


def make_change_case(seed: int) -> Case:
    """A random network of encoders, Sigma-Delta and rounding layers, pools and read-outs, some of it in a circle."""
    rng = np.random.default_rng(seed)
    dtype = number_type(rng, "float32", "float64", "int32")
    whole, shift = dtype == "int32", 2 if dtype == "int32" else 0
    net = en.Network(dtype=dtype)

    def drawn(*shape: int, size: float = 1.0) -> Any:
        x = rng.normal(0, size, shape)
        return np.round(x * 4) if whole else np.round(x * 8) / 8 if seed % 2 else x

    def scale(units: int) -> Any:
        return 1.0 if whole else float(rng.uniform(0.5, 3)) if rng.random() < 0.6 else rng.uniform(0.5, 3, units)

    shape = tuple(int(n) for n in rng.integers(1, 5, 3))
    units = int(np.prod(shape))
    frames = net.weights(drawn(5, units))
    updates = net.weights(np.column_stack([rng.integers(0, units + (rng.random() < 0.1), 7), drawn(7)]))
    encoder = en.ChangeEncoder if rng.random() < 0.7 else en.FrameEncoder
    modules: list[Any] = [net.add(encoder(frames, updates, k=scale(units), shift=shift))]
    sources = [(modules[0].out, shape)]
    if not whole:
        modules.append(net.add(en.Quantizer(net.weights(drawn(4, units)))))
        sources.append((modules[1].out, shape))
    for _ in range(int(rng.integers(1, 5))):
        source, shape = sources[int(rng.integers(len(sources)))]
        pools, anew, last = not whole and rng.random() < 0.3, rng.random() < 0.3, rng.random() < 0.3
        geometry = windows_over(rng, shape, pools, spread=not pools)
        weights = None if pools else net.weights(drawn(geometry.shape_in[0], geometry.row_words, size=0.5))
        bias = drawn(geometry.shape_out[0], size=0.5)
        unscale = 1.0 if whole else float(rng.choice([1.0, 1.7, 2.0]))
        baked = whole or (unscale == 1 and rng.random() < 0.3)
        layer: Any
        if last:
            answers = net.weights(np.zeros((3, geometry.units_out)))
            layer = (
                en.ReadoutPool(geometry, answers, unscale=unscale)
                if weights is None
                else en.Readout(geometry, weights, answers, bias=bias, unscale=unscale, baked=baked)
            )
        elif weights is None and rng.random() < 0.3:
            n = int(np.prod(shape))
            geometry = en.Geometry.window(shape, shape[0], (1, 1))
            layer = (en.RoundingSum if anew else en.SigmaDeltaSum)(n, k=scale(n), unscale=unscale, unscale_also=0.7)
        elif weights is None and min(k - p for k, p in zip(geometry.kernel * 2, geometry.padding)) > 0:
            layer = (en.RoundingMaxPool if anew else en.SigmaDeltaMaxPool)(
                geometry, k=scale(geometry.units_out), unscale=unscale, activation="relu"
            )
        elif weights is None:
            k, activation = scale(geometry.units_out), str(rng.choice(["identity", "relu"]))
            layer = (en.RoundingPool if anew else en.SigmaDeltaPool)(
                geometry, k=k, unscale=unscale, activation=activation
            )
        else:
            name = str(rng.choice(["identity", "relu", "hard_sigmoid", *(() if whole else ANY_ACTIVATION)]))
            layer = (en.Rounding if anew else en.SigmaDelta)(
                geometry, weights, bias=bias, k=1.0 if baked else scale(geometry.units_out), unscale=unscale,
                activation=name, parameters=PARAMETERS.get(name),
                baked=baked, shift=shift, coalesce=rng.choice(["none", "burst", None]),
            )  # fmt: skip
        modules.append(net.add(layer))
        for port in [layer.spikes, layer.also] if "also" in layer.ports else [layer.spikes]:
            net.connect(source, port, int(rng.choice([0, 0, 0, 1])))
        if not last:
            sources.append((layer.out, geometry.shape_out))
    for module in modules:
        if "kind" in module.integers:
            module.integers["kind"][3] = rng.choice([1, 2, 7, 4096])  # spikes of one reaction
    if rng.random() < 0.3:
        source, target = sources[-1][0], modules[int(rng.integers(len(modules)))]
        if "spikes" in target.ports and source.width <= target.spikes.accepts:
            net.connect(source, target.spikes, int(rng.integers(0, 3)))
    ports = [getattr(m, name) for m in modules for name in m.ports if name != "settle"]
    rows = []
    for _ in range(int(rng.integers(2, 25))):
        port = ports[int(rng.integers(len(ports)))] if rng.random() < 0.6 else modules[0].frame
        rows.append((int(rng.integers(0, 6)), port, int(rng.integers(port.accepts or 1)), int(rng.choice([-1, 1]))))
    options = {"order": ORDERS[seed % len(ORDERS)], "seed": seed, "budget": 1000, "roots": True, "record": True}
    return Case(net, en.events(rows), options)


def run_case(case: Case, engine: str, way: str = "at once", **options: Any) -> dict[str, Any]:
    """Run a case and return everything that can be compared: log, tallies, state and weights as bytes, the error."""
    sim = en.Simulation(case.net, engine=engine, **{**case.options, **options})
    error = None
    try:
        feed(sim, case.inputs, way, case.until)
    except en.EventnetError as problem:
        error = f"{type(problem).__name__}: {problem}"
    return {"error": error, **seen(sim, case.net)}


def seen(sim: en.Simulation, net: en.Network) -> dict[str, Any]:
    """Everything of a simulation that can be compared: log, tallies, state and weights as bytes."""
    return {
        "log": sim.log.tolist(),
        "by_port": sim.tally.by_port(),
        "by_root": sim.tally.by_root() if sim.roots else None,
        "beyond": sim.tally.beyond_roots(),
        "causes": told(sim.causes) if sim.roots else None,
        "state": {m.name: {k: v.tobytes() for k, v in sim.state(m).items()} for m in net.modules},
        "weights": {b.name: sim.weights(b).tobytes() for b in net.blocks},
        "time": sim.time,
        "annihilated": sim.annihilated,
    }


def told(causes: Any) -> dict[str, Any]:
    """Everything that a run knows of its roots, for comparison."""
    found = {name: getattr(causes, name).tolist() for name in ("ids", "inputs", "counts", "depths", "ticks", "after")}
    beyond = {port: row.tolist() for port, row in causes.beyond.items()}
    return found | {"beyond": beyond, "deepest": dict(causes.depths_beyond), "came": causes.came.tolist()}


def feed(sim: en.Simulation, inputs: Any, way: str, until: int) -> None:
    """Hand the inputs over in one of four ways; none may make a difference."""
    if way == "at once":
        sim.inject(inputs)
        sim.run(until=until)
    elif way == "one by one":
        for k in range(len(inputs)):
            sim.inject(inputs[k : k + 1])
        sim.run(until=until)
    elif way == "by instants":
        for t in sorted(set(inputs["t"].tolist())):
            sim.run(until=t)
            sim.inject(inputs[inputs["t"] == t])
        sim.run(until=until)
    elif way == "in pieces":
        sim.inject(inputs)
        before = -1
        while before < sim.deliveries:
            before = sim.deliveries
            sim.run(until=until, max_deliveries=7)


def make_opposite_case(seed: int) -> Case:
    """As `make_case`, with annihilation, and wires again: beside one that is there, of any delay, or settled.

    Weights are many and of both signs, so that units fire to and fro.
    """
    case, rng = make_case(seed, annihilate=True), np.random.default_rng([seed, 6])
    net = case.net
    for wire in [w for w in net.wires if w.source.outlet.settles is None]:
        if rng.random() < 0.4:
            settled = bool(rng.random() < 0.4)
            net.connect(wire.source, wire.target, 0 if settled else int(rng.choice([0, 0, 1, 2])), settled=settled)
    rows = [line for line in case.inputs.tolist() for _ in range(int(rng.integers(1, 4)))]
    flipped = [(t, port, index, sign if rng.random() < 0.5 else -sign) for t, port, index, sign in rows]
    return Case(net, en.events(flipped), case.options)


def make_delays_case(seed: int) -> Case:
    """As `make_case`, every second with annihilation, and with up to twelve delays at each outlet."""
    case, rng = make_case(seed, annihilate=bool(seed % 2)), np.random.default_rng([seed, 7])
    for wire in [w for w in case.net.wires if w.source.outlet.inner is None]:
        for delay in rng.choice(np.arange(1, 13), int(rng.integers(13)), replace=bool(rng.random() < 0.3)).tolist():
            case.net.connect(wire.source, wire.target, delay)
    return case


class Injecting(en.PythonModule):
    """Passes spikes on, and hands inputs to the simulation that runs it (`Injecting.sim`): 1 to 3,000 at once, at the
    present instant or later, at any port. What it does follows from its seed and from how often it has been called."""

    spikes = en.Port(emits="out", accepts="units")
    crossing = en.Port(emits="out", accepts="units")
    out = en.Outlet()
    predicted = en.Outlet(predicts="crossing")
    sim: Any = None
    units = 5
    most = en.Derived(4)
    seed = en.Option[int](positional=True)
    places = en.Option[list[tuple[int, int]]](positional=True)

    def begin(self) -> None:
        """It has not been called yet."""
        self.calls = self.packets = 0

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        """Half of all calls inject, before or after they spike or foresee."""
        self.calls += 1
        rng = np.random.default_rng([self.seed, self.calls])
        if rng.random() < 0.6:
            out.spike((i + 1) % self.units, s)
        if rng.random() < 0.2:
            out.predict(i, t + 1.5)
        tally[4] += 1
        if self.packets < 12 and rng.random() < 0.5:
            for _ in range(int(rng.choice([1, 1, 2]))):  # inject twice in one reaction
                self.hand_over(rng, t)
        if rng.random() < 0.3:
            out.later(i, -s, 0, 1)

    def on_crossing(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        """As for a spike."""
        self.on_spikes(i, s, t, out, tally)

    def hand_over(self, rng: Any, t: int) -> None:
        """A packet of inputs; a long one goes to a port of its own, so that instants stay short."""
        self.packets += 1
        n = int(rng.choice([1, 2, 7, 3000], p=[0.45, 0.3, 0.2, 0.05]))
        rows = []
        for _ in range(n):
            port, accepts = self.places[-1] if n == 3000 else self.places[int(rng.integers(len(self.places)))]
            due = t + 1 + int(rng.integers(3)) if n == 3000 else t + int(rng.choice([0, 0, 1, 3]))
            rows.append((due, port, int(rng.integers(accepts)), int(rng.choice([-1, 1]))))
        self.sim.inject(rows)


def make_injecting_case(seed: int, order: Any = None, **fixed: Any) -> Case:
    """As `make_case`, with a module in plain Python that injects, and a sink for its long packets."""
    case, rng = make_case(seed, order, **{"budget": 1500} | fixed), np.random.default_rng([seed, 7])
    net = case.net
    others: list[Any] = list(net.modules)
    sink = net.add(en.Sink(5, name="last"))
    ports = [(int(m.spikes), m.spikes.accepts) for m in (*others, sink)]
    module = net.add(Injecting(seed, ports, name="injecting"))
    module.places[:] = [*ports[:-1], (int(module.spikes), 5), ports[-1]]
    for other in others:
        for outlet in (getattr(other, name) for name in type(other).outlets if name not in ("notice", "predicted")):
            if outlet.width <= 5 and rng.random() < 0.5:
                net.connect(outlet, module.spikes, int(rng.choice([0, 0, 1])))
        if other.spikes.accepts >= 5 and rng.random() < 0.4:
            net.connect(module.out, other.spikes, int(rng.choice([0, 0, 2])))
    net.connect(module.out, sink.spikes)
    first = en.events([(0, module.spikes, k, 1 if k % 2 else -1) for k in range(4)])
    return Case(net, np.concatenate([case.inputs, first]), case.options)
