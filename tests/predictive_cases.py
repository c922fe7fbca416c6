"""Rules and random networks of predictive codes: arguments for one reaction, networks from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import Case, windows_over
from few import number_type
from pd_cases import drawn_join, pd_arguments

import eventnet as en
from eventnet.neurons.predictive import QUANTIZERS
from eventnet.order import ORDERS

PREDICTIVE = [f"neurons.predictive.{name}" for name in ("take_signal", "step_predictive")]


def predictive_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Arrays by name, and how many indices there are: those of proportional-derivative codes, and a reconstruction."""
    made, indices = pd_arguments(rule, rng)
    if rule.name == "take_signal":
        made["frames"] = rng.integers(-8, 9, (3, len(made["number"]))) / 4
        made["clock"][-1], indices = 0, 3
        made["clock"][7] = 0  # nothing is left to be sent
    made["code"][[0, 2]], made["code"][3] = rng.choice([0.5, 1.0]), rng.choice([0.0, 0.5, 0.9])
    made["r"] = rng.integers(0, 9, len(made["number"])) / 4
    made["draws"] = np.array([7, rng.integers(100), rng.integers(len(QUANTIZERS))])
    return made, indices


def make_predictive_case(seed: int) -> Case:
    """A random network: an encoder, layers of predictive or proportional-derivative codes, a decoder or read-out."""
    rng = np.random.default_rng(seed)
    net = en.Network(number_type(rng, "float32", "float64"))
    step = int(rng.integers(1, 4))

    def code() -> dict[str, Any]:
        return {
            "alpha": float(rng.choice([0.0, 0.5, 0.9])), "quantum": float(rng.choice([1.0, 0.3])), "step": step,
            "quantizer": str(rng.choice(QUANTIZERS)), "seed": int(rng.integers(1000)),
        }  # fmt: skip

    shape = tuple(int(n) for n in rng.integers(1, 5, 3))
    frames = net.weights(rng.normal(1, 1, (6, int(np.prod(shape)))))
    below: Any = net.add(en.PredictiveEncoder(frames, **code(), name="input"))
    encoder, ticks = below, []
    for k in range(int(rng.integers(0, 3))):
        join = drawn_join(rng, net, windows_over(rng, shape, False))
        shape = join[0].shape_out
        activation = str(rng.choice(["identity", "relu", "hard_sigmoid", "tanh"]))
        layer: Any
        if rng.random() < 0.7:
            layer = net.add(en.PredictiveLayer(*join, below, **code(), activation=activation, name=f"layer{k}"))
        else:
            layer = net.add(
                en.PDLayer(*join, below, kp=0.2, kd=1.0, step=step, activation=activation, name=f"layer{k}")
            )
        net.connect(below.out, layer.spikes, int(rng.choice([0, 0, 0, 1])))
        ticks.append(layer.tick)
        below = layer
    top: Any
    if rng.random() < 0.5:
        top = net.add(en.PDDecoder(net.weights(np.zeros((4, below.units))), below, step=step, name="top"))
    else:
        join = drawn_join(rng, net, windows_over(rng, shape, False))
        answers = net.weights(np.zeros((4, join[0].units_out)))
        top = net.add(en.PDReadout(*join, answers, below, step=step, name="top"))
    net.connect(below.out, top.spikes)
    rows = []
    for t in np.unique(rng.integers(0, 14, int(rng.integers(3, 12)))).tolist():
        ports = [encoder.frame] * (rng.random() < 0.9) + [top.read] * (rng.random() < 0.8)
        ports += [port for port in [*ticks, top.tick] if rng.random() < 0.8]
        rows += [(t, port, int(rng.integers(port.accepts or 1)), 1) for port in ports]
    options = {"order": ORDERS[seed % len(ORDERS)], "seed": seed, "budget": 100_000, "roots": True, "record": True}
    return Case(net, en.events(rows), options)
