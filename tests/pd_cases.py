"""Rules and random networks of proportional-derivative codes: arguments for one reaction, networks from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import Case, windows_over
from few import number_type

import eventnet as en
from eventnet.learning import PDError, PDInbox, PDOutput
from eventnet.learning.synapses import RULES
from eventnet.neurons.pd_code import (
    ACTIVATION,
    LAST,
    NEVER,
    NEXT,
    NOTICED,
    ROW,
    ROW_SET,
    STAMP,
    clock_state,
    code_state,
)
from eventnet.order import ORDERS

NOW = 5
"""The tick of a reaction that is tried out."""

GEOMETRIES = (en.Geometry.dense(4, 5), en.Geometry.window((2, 4, 3), 2, (3, 2), (2, 1), (1, 0, 0, 1)))


def some_clock(rng: np.random.Generator, more: int = 0) -> Any:
    """The clock of a module: a step ago, long ago, never; spikes of this instant or of an earlier one."""
    clock = clock_state(int(rng.integers(1, 4)), int(rng.integers(4)), more)
    clock[NOTICED], clock[ROW], clock[ROW_SET] = rng.integers(2), rng.integers(3), rng.integers(2)
    clock[NEXT] = rng.integers(3) * (rng.random() < 0.2)  # it has more to send, from the first unit or the second
    clock[LAST] = rng.choice([NEVER, NOW - clock[3], 1, NOW])
    clock[STAMP] = rng.choice([NOW, NOW, NOW, 2])
    if more:
        clock[-more:] = rng.integers(0, 2, more)
    return clock


def some_code(rng: np.random.Generator) -> Any:
    """The code of a module, with and without an adaptive scale."""
    kp = float(rng.choice([0.25, 1.0, 2.0]))
    return code_state(kp, float(rng.choice([0.0, 1.0, 3.0])), eta=float(rng.choice([0.0, 0.25])), rate=0.5)


def some_counts(rng: np.random.Generator, units: int) -> Any:
    """Spikes counted: of some units none, of some as many up as down."""
    return rng.integers(-3, 4, units).astype(float) * rng.integers(0, 2, units)


def pd_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Arrays for a rule of proportional-derivative codes by name, and how many indices there are."""
    geometry = GEOMETRIES[int(rng.integers(2))]
    n_in, n_out = geometry.units_in, geometry.units_out
    units = {"take_frame": 6, "step_decoder": 6, "step_error": n_in}.get(rule.name, n_out)
    heard = {"step_decoder": 6, "step_error": n_out, "count_error_spike": n_out}.get(rule.name, n_in)
    draw = lambda *shape: rng.integers(-8, 9, shape) / 4 * rng.integers(0, 2, shape)  # noqa: E731
    runs, gates = geometry.runs(), int(rng.integers(2))
    made = {
        **{name: draw(units) for name in ("prev", "phi", "number", "y", "z")},
        **{name: draw(n_in) for name in ("xhat", "x_old")}, **{name: draw(n_out) for name in ("ehat", "e_old")},
        "x": draw(n_in) * 4 * gates, "e": draw(n_out) * 4, "u": draw(runs[4::5].sum()), "rate": 0.25,
        "count": some_counts(rng, heard), "heard": np.zeros(heard, np.int64), "runs": runs,
        **{name: some_code(rng) for name in ("code", "code_in", "code_x", "code_e")},
        "clock": some_clock(rng, 1 + n_in), "clock_x": some_clock(rng), "clock_e": some_clock(rng),
        "w": draw(geometry.shape_in[0], geometry.row_words), "b": draw(1, geometry.shape_out[0]),
        "frames": draw(3, units), "answers": draw(3, units), "targets": rng.integers(0, n_out, (3, 1)).astype(float),
    }  # fmt: skip
    if rule.name == "step_error":
        made["b"] = draw(1, geometry.shape_in[0])
    if rule.name == "take_frame":
        made["clock"][[ACTIVATION, NEXT]] = 4, 0
    rows = rule.name in ("take_frame", "set_row")
    return made | geometry.integers(), 3 if rows else heard


# --- random networks -------------------------------------------------------------------------------------------------
def make_pd_case(seed: int) -> Case:
    """A random network: an encoder, layers, and on top a decoder, a read-out, or an output that learns with all below."""
    rng = np.random.default_rng(seed)
    net = en.Network(number_type(rng, "float32", "float64"))
    step, kind = int(rng.integers(1, 4)), int(rng.integers(5))

    def gains() -> dict[str, Any]:
        pairs = [[0.1, 1.0], [0.5, 0.5], [1.0, 0.0], [0.03, 2.0], [0.0, 1.5]]
        kp, kd = (float(x) for x in pairs[int(rng.integers(5 if kind < 2 else 4))])
        return {"kp": kp, "kd": kd, "eta": float(rng.choice([0.0, 0.1])), "step": step}

    shape = tuple(int(n) for n in rng.integers(1, 5, 3))
    frames = net.weights(rng.normal(0, 1, (6, int(np.prod(shape)))) * rng.integers(0, 2, (6, int(np.prod(shape)))))
    below: Any = net.add(en.PDEncoder(frames, **gains(), name="input"))
    frame_ports, tick_ports, told = [below.frame], [], []
    joins: list[tuple[Any, Any, Any, Any]] = []
    layers: list[Any] = []
    for k in range(int(rng.integers(0, 3))):
        joins.append((*drawn_join(rng, net, windows_over(rng, shape, False)), below))
        shape = joins[-1][0].shape_out
        activation = str(rng.choice(["identity", "relu", "hard_sigmoid", "tanh"]))
        below = net.add(en.PDLayer(*joins[-1], **gains(), activation=activation, name=f"layer{k}"))
        layers.append(below)
        net.connect(joins[-1][-1].out, below.spikes, int(rng.choice([0, 0, 0, 1])))
        tick_ports.append(below.tick)
    joins.append((*drawn_join(rng, net, windows_over(rng, shape, False)), below))
    answers = net.weights(np.zeros((4, below.units if kind == 0 else joins[-1][0].units_out)))
    top: Any
    if kind == 0:
        top = net.add(en.PDDecoder(answers, below, step=step, name="top"))
        told = [top.read]
    elif kind == 1:
        top = net.add(en.PDReadout(*joins[-1][:3], answers, below, step=step, name="top"))
        told = [top.read]
    else:
        units = joins[-1][0].units_out
        targets = net.weights(rng.integers(0, units + (rng.random() < 0.1), (4, 1)))
        top = net.add(PDOutput(*joins[-1][:3], targets, below, **gains(), rate=0.1, name="top"))
        told = [top.target]
    net.connect(below.out, top.spikes)
    tick_ports.append(top.tick)
    if kind > 1:
        tick_ports += add_learning(rng, net, joins, layers, top, gains, step)
    rows = []
    for t in np.unique(rng.integers(0, 14, int(rng.integers(3, 12)))).tolist():
        ports = [frame_ports[0]] * (rng.random() < 0.9)
        ports += [told[0]] * (rng.random() < 0.8) + [port for port in tick_ports if rng.random() < 0.8]
        rows += [(t, port, int(rng.integers(port.accepts or 1)), 1) for port in ports]
    options = {"order": ORDERS[seed % len(ORDERS)], "seed": seed, "budget": 100_000, "roots": True, "record": True}
    return Case(net, en.events(rows), options)


def drawn_join(rng: np.random.Generator, net: en.Network, geometry: en.Geometry) -> tuple[Any, Any, Any]:
    """A geometry with weights and biases for it."""
    weights = net.weights(rng.normal(0, 0.5, (geometry.shape_in[0], geometry.row_words)))
    return geometry, weights, net.weights(rng.normal(0, 0.2, (1, geometry.shape_out[0])))


def add_learning(
    rng: np.random.Generator, net: en.Network, joins: Any, layers: Any, top: Any, gains: Any, step: int
) -> Any:  # fmt: skip
    """Errors from the top down and an update for each layer's weights; their ports for ticks."""
    above, ports = top, []
    hearing = [*layers, top]
    for k in range(len(joins) - 1, -1, -1):
        geometry, weights, _, below = joins[k]
        counter: Any
        if k:
            layer = layers[k - 1]
            counter = PDError(geometry, weights, layer.bias, layer, above, **gains(), rate=0.1, name=f"error{k - 1}")
            ports.append(net.add(counter).tick)
        else:
            counter = net.add(PDInbox(geometry.units_out, name="inbox"))
        net.connect(above.out, counter.spikes)
        if rng.random() < 0.9:
            rule = RULES[str(rng.choice(list(RULES)))]
            options = {"traces": str(rng.choice(["raw", "scaled"]))} if issubclass(rule, RULES["future"]) else {}
            update = rule(
                geometry, weights, hearing[k], below, counter, above, rate=0.1, step=step, name=f"update{k}", **options
            )
            ports.append(net.add(update).tick)
        above = counter
    return ports
