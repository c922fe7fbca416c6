"""How table 9.1 asks each model of the package for its costs, its update and the gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import ceil, log2
from typing import Any, NamedTuple

import numpy as np

import eventnet as en
from eventnet.data import digits, scale_pixels
from eventnet.models import (
    ContinuousEquilibriumNetwork,
    ConventionalNetwork,
    DeepSpikingNetwork,
    Dense,
    EquilibriumNetwork,
    InitializedEquilibriumNetwork,
    PDNetwork,
    ReluNetwork,
    SigmaDeltaNetwork,
    SpikingEquilibriumNetwork,
    StdpNetwork,
)
from eventnet.models.dsn import inputs_by_spike
from eventnet.models.shared import Floats
from eventnet.scenarios.reproductions.common.settled_gradient import flat, rectified_gradient, settled_gradient
from eventnet.scenarios.shared.pixel_by_pixel import along

SIZES, REAL, PIXEL = [784, 100, 10], 32, 8
"""Units, and bits of a real number and of a pixel."""
SYNAPSES = ("input", "synaptic")
HIDDEN, OUTPUTS, SCALE, SHOWN = SIZES[1], SIZES[2], 16, 10
STEPS, SPIKING_STEPS = (20, 4), (50, 25)
GROUPS = (range(5), range(5, 10))
RATES: dict[str, Any] = {"learning_rate": 0.05, "init_scale": 0.05}
LEVELS: dict[str, Any] = {"k": 64, "grid": 256, "learning_rate": (0.005, 0.0025)}


class Task(NamedTuple):
    """A task: samples to learn from, their labels, and which of two groups each is of; those to test, likewise."""

    x: Any
    y: Any
    group: Any
    x_test: Any
    y_test: Any
    group_test: Any


class Answers(NamedTuple):
    """The mean cost of a sample, answered from scratch: messages, bits that they carry, adds of rows, and products of
    the same rows: none where a message is a spike or a bit."""

    messages: float
    bits: float
    adds: float
    products: float = 0.0


class PixelCost(NamedTuple):
    """Adds of rows, and products of the same rows, after one pixel of a sample has changed."""

    adds: float
    products: float = 0.0


@dataclass(frozen=True)
class Model:
    """A row of the table.

    published  the marks of the thesis's row, and its footnotes; "" for a model that it does not have
    task       of a seed, with so many samples at most
    learn      samples and labels, so many times
    held       numbers of the first pass that an update still reads when errors or the second phase have come, as
               counted by overwriting them on smaller networks (tests/test_checklist_captured.py)
    pixel      the cost after one pixel of a sample has changed; None where the model begins anew
    gradient   the true gradient of the model's own loss; None for a model without one
    batch      samples of which an update is compared with the gradient
    through    credit through time
    """

    published: str
    make: Callable[[int], Any]
    answers: Callable[[Any, Floats], Answers]
    held: int
    pixel: Callable[[Any, Floats, Floats], PixelCost] | None = None
    gradient: Callable[[Any, Floats, Any], Floats] | None = None
    weights: Callable[[Any], Floats] = lambda net: flat(net.weights)
    learn: Callable[[Any, Any, Any, int], None] = lambda net, x, y, passes: _in_passes(net.partial_fit, x, y, passes)
    error: Callable[[Any, Floats, Any], float] = lambda net, x, y: 100 * (1 - net.score(x, y))
    task: Callable[[int, int], Task] = lambda seed, n: digits_task(n)
    passes: int = 3
    samples: int = 2000
    batch: int = 20
    through: str = "no: samples have no time"


def digits_task(n: int) -> Task:
    """The digits that ship, from 0 to 1: the first n to learn, 500 to test; groups of 0 to 4 and 5 to 9."""
    d = digits()
    y, y_test = d.y_train[:n], d.y_test[:500]
    groups = (np.isin(labels, GROUPS[1]).astype(int) for labels in (y, y_test))
    return Task(scale_pixels(d.x_train[:n]), y, next(groups), scale_pixels(d.x_test[:500]), y_test, next(groups))


def _in_passes(once: Callable[[Any, Any], Any], x: Any, y: Any, passes: int) -> None:
    for _ in range(passes):
        once(x, y)


def counted(tally: en.Tally, *kinds: str) -> int:
    """Adds of these kinds: "input", "synaptic", "neuron", "learning"."""
    rows = tally.totals()
    return sum(rows[f"{kind}_adds"] for kind in kinds)


# --- networks of layers that answer in one pass ---
def dense_answers(net: Any, x: Floats, hidden: Floats) -> Answers:
    """Every value that is not 0 is sent once, as a real number."""
    pixels, active = np.count_nonzero(x) / len(x), np.count_nonzero(hidden) / len(x)
    each = pixels * HIDDEN + active * OUTPUTS
    return Answers(pixels + active, PIXEL * pixels + REAL * active, each, each)


def backpropagation_answers(net: ConventionalNetwork, x: Floats) -> Answers:
    p = net.parameters()
    w, b = (next(p[name] for name in p if name.endswith(end)) for end in ("weights", "bias"))
    return dense_answers(net, x, np.maximum(x @ w + b, 0))


def backpropagation_gradient(net: ConventionalNetwork, x: Floats, y: Any) -> Floats:
    return flat(list(net.gradient(x, y)[1].values()))


def trained(net: ConventionalNetwork) -> Floats:
    """Weights and biases."""
    return flat(list(net.parameters().values()))


def relu_answers(net: ReluNetwork, x: Floats) -> Answers:
    return dense_answers(net, x, np.maximum(x @ net.weights[0], 0))


# --- networks of spikes ---
def spiking_answers(net: Any, x: Floats) -> Answers:
    """A signed spike is a bit."""
    net.score(x, np.zeros(len(x), np.int64))
    spikes = net.tally.spikes / len(x)
    return Answers(spikes, spikes, counted(net.tally, "input", "synaptic") / len(x))


def deep_pixel(net: DeepSpikingNetwork, x: Floats, changed: Floats) -> PixelCost:
    """The spikes by which the quantized inputs differ are given to the network as it stands."""
    before, after = (net._input_spikes(net.vectors(v[None])) for v in (x, changed))
    balance = np.zeros(SIZES[0], np.int64)
    np.add.at(balance, after["index"], after["sign"])
    np.subtract.at(balance, before["index"], before["sign"])
    units = np.flatnonzero(balance)
    more = np.repeat(before[:1], np.abs(balance).sum())
    more["index"], more["sign"] = (
        np.repeat(units, np.abs(balance[units])),
        np.repeat(np.sign(balance[units]), np.abs(balance[units])),
    )
    return PixelCost(_adds_by_spike(net, x, np.concatenate([before, more])) - _adds_by_spike(net, x, before))


def _adds_by_spike(net: DeepSpikingNetwork, x: Floats, spikes: Any) -> int:
    relayed, ports = net.answering_network(net.vectors(x[None]), max(len(spikes), 1), spikes=True)
    return counted(net._simulation(relayed, inputs_by_spike(relayed["spikes"], ports, spikes)).run().tally, "synaptic")


def sigma_delta(net: ConventionalNetwork) -> SigmaDeltaNetwork:
    """The trained network, on changes."""
    return SigmaDeltaNetwork.from_layers(net.layers(), scales=SCALE)


def sigma_delta_answers(net: ConventionalNetwork, x: Floats) -> Answers:
    """Of a network that is reset before each sample; a change of n is sent as n signed spikes."""
    made, spikes, adds = sigma_delta(net), 0, 0
    for sample in x:
        made.reset()
        made.update(sample)
        spikes += made.tally_since_reset.spikes
        adds += counted(made.tally_since_reset, "input", "synaptic")
    return Answers(spikes / len(x), spikes / len(x), adds / len(x))


def sigma_delta_pixel(net: ConventionalNetwork, x: Floats, changed: Floats) -> PixelCost:
    made = sigma_delta(net)
    made.update(x)
    before = counted(made.tally_since_reset, "input", "synaptic")
    made.update(changed)
    return PixelCost(counted(made.tally_since_reset, "input", "synaptic") - before)


def pd_answers(net: PDNetwork, x: Floats) -> Answers:
    """Of a sample that is shown so many times, codes from rest, as its error is asked for."""
    net.outputs_from_rest(x, SHOWN)
    tally: Any = net.tally
    return Answers(tally.spikes / len(x), tally.spikes / len(x), counted(tally, "input", "synaptic") / len(x))


def pd_error(net: PDNetwork, x: Floats, y: Any) -> float:
    return 100 * float(np.mean(net.outputs_from_rest(x, SHOWN).argmax(axis=1) != y))


def pd_pixel(net: PDNetwork, x: Floats, changed: Floats) -> PixelCost:
    adds = []
    for stream in (
        np.repeat(x[None], SHOWN, axis=0),
        np.concatenate([np.repeat(x[None], SHOWN, axis=0), changed[None]]),
    ):
        net.outputs(stream)
        tally: Any = net.tally
        adds.append(counted(tally, "input", "synaptic"))
    return PixelCost(adds[1] - adds[0])


def pd_gradient(net: PDNetwork, x: Floats, y: Any) -> Floats:
    """Of the conventional network with the same weights."""
    twin = net.twin()
    p = twin.parameters()
    for k, layer in enumerate(layer for layer in net.layers() if isinstance(layer, Dense)):
        p[f"layer{k}.weights"][:], p[f"layer{k}.bias"][:] = layer.weights, layer.bias
    return flat([array for name, array in twin.gradient(x, y)[1].items() if name.endswith("weights")])


def pd_weights(net: PDNetwork) -> Floats:
    return flat([layer.weights for layer in net.layers() if isinstance(layer, Dense)])


# --- networks that settle ---
def levels_answers(net: EquilibriumNetwork, x: Floats) -> Answers:
    """A message carries the change of a level, from -k to k; a pixel is one, too."""
    net.predict(x)
    cost: Any = net.cost
    pixels, sent = np.count_nonzero(x) / len(x), cost.negative_messages / len(x)
    adds = (cost.input_adds + cost.negative_adds) / len(x)
    products = (cost.input_products + cost.negative_products) / len(x)
    return Answers(pixels + sent, PIXEL * pixels + ceil(log2(2 * net.k + 1)) * sent, adds, products)


def levels_pixel(net: EquilibriumNetwork, x: Floats, changed: Floats) -> PixelCost:
    first, last = (np.rint(v * 256).astype(np.int64) for v in (x, changed))
    _, _, adds, products = along(net, first, last, np.flatnonzero(first != last))
    return PixelCost(adds[1:].sum(), products[1:].sum())


def euler_answers(net: Any, x: Floats) -> Answers:
    """Every unit sends its state at every step; pixels are multiplied once."""
    pixels, sent = np.count_nonzero(x) / len(x), STEPS[0] * (HIDDEN + OUTPUTS)
    each = pixels * HIDDEN + 2 * STEPS[0] * HIDDEN * OUTPUTS
    return Answers(pixels + sent, PIXEL * pixels + REAL * sent, each, each)


def initialized_answers(net: InitializedEquilibriumNetwork, x: Floats) -> Answers:
    """Of the forward network alone."""
    return dense_answers(net, x, net.forward(x)[0])


def initialized_gradient(net: InitializedEquilibriumNetwork, x: Floats, y: Any) -> Floats:
    return settled_gradient(net.weights, net.biases, x, y, net.lam, net.forward(x))


def resting_gradient(net: Any, x: Floats, y: Any) -> Floats:
    return settled_gradient(net.weights, net.biases, x, y)


def bits_answers(net: SpikingEquilibriumNetwork, x: Floats) -> Answers:
    """Every unit sends a bit a step; a message is a 1."""
    net.predict(x)
    return Answers(net.ones.sum() / len(x), SPIKING_STEPS[0] * sum(SIZES), net.adds(net.ones) / len(x))


def continuous_answers(net: ContinuousEquilibriumNetwork, x: Floats) -> Answers:
    """Pixels are held, a whole number each; all else is spikes."""
    net.predict(x)
    tally: Any = net.tally
    pixels, of_layers = np.count_nonzero(x) / len(x), [row for n, row in tally.by_module().items() if "layer" in n]
    spikes = sum(row["spikes"] for row in of_layers) / len(x)
    adds, products = counted(tally, *SYNAPSES) / len(x), tally.products()["products"] / len(x)
    return Answers(pixels + spikes, PIXEL * pixels + spikes, adds, products)


def continuous_pixel(net: ContinuousEquilibriumNetwork, x: Floats, changed: Floats) -> PixelCost:
    """Adds of as long a time again: means are taken anew, and spikes do not cease."""
    first, last = (np.rint(v * net.grid).astype(np.int64) for v in (x, changed))
    sim, end = net.simulation(budget=2**62), net.span()
    sim.inject(net.sample(sim.net, 0, first))
    before = sim.run(until=end).tally
    held: Any = sim.net["inputs"]
    sim.inject([(end, held.change, int(i), int(last[i] - first[i])) for i in np.flatnonzero(first != last)])
    more = sim.run(until=2 * end).tally - before
    return PixelCost(counted(more, *SYNAPSES), more.products()["products"])


# --- learning without labels ---
def stdp_error(net: StdpNetwork, x: Floats, y: Any) -> float:
    """Neurons are named by the first 500 training images of all classes."""
    named = digits_task(500)
    return 100 * (1 - deepcopy(net).assign(named.x, named.y).score(x, y))


def stdp_answers(net: StdpNetwork, x: Floats) -> Answers:
    net.transform(x)
    adds = counted(net.tally, "synaptic") / len(x)  # type: ignore[arg-type]
    spikes = adds / HIDDEN + net.spikes_a_sample
    return Answers(spikes, spikes, adds)


def below_outputs(sizes: Sequence[int]) -> int:
    """Inputs and hidden units: what a gradient multiplies errors by."""
    return sum(sizes[:-1])


def settled_units(sizes: Sequence[int]) -> int:
    """Hidden and output units: states of a phase; inputs are there in both."""
    return sum(sizes[1:])


DIGITS: dict[str, Model] = {
    "ConventionalNetwork, backpropagation": Model(
        "ECA EI", lambda seed: ConventionalNetwork(SIZES, learning_rate=0.1, seed=seed), backpropagation_answers,
        below_outputs(SIZES), gradient=backpropagation_gradient, weights=trained,
    ),
    "ReluNetwork, backpropagation": Model(
        "ECA EI", lambda seed: ReluNetwork(SIZES, rectified_output=False, seed=seed, **RATES), relu_answers,
        below_outputs(SIZES), gradient=lambda net, x, y: rectified_gradient(net.weights, x, y),
    ),
    "DeepSpikingNetwork": Model(
        "ECA1 NLN4 ADP QC", lambda seed: DeepSpikingNetwork(SIZES, seed=seed, **RATES), spiking_answers,
        below_outputs(SIZES), deep_pixel, lambda net, x, y: rectified_gradient(net.weights, x, y),
    ),
    "SigmaDeltaNetwork": Model(
        "ECA1 EI ADP QC", lambda seed: ConventionalNetwork(SIZES, learning_rate=0.1, seed=seed), sigma_delta_answers,
        below_outputs(SIZES), sigma_delta_pixel, backpropagation_gradient, trained,
        error=lambda net, x, y: 100 * (1 - sigma_delta(net).score(x, y)),
    ),
    "PDNetwork": Model(
        "ECA1 EI ADP QC", lambda seed: PDNetwork(SIZES, seed=seed), pd_answers, below_outputs(SIZES), pd_pixel,
        pd_gradient, pd_weights, error=pd_error, through="no: learns on a stream, each moment's loss alone",
    ),
    "EquilibriumNetwork, levels": Model(
        "", lambda seed: EquilibriumNetwork(SIZES, learn="event", seed=seed, **LEVELS),
        levels_answers, 0, levels_pixel, resting_gradient,
        learn=lambda net, x, y, passes: net.fit(x, y, passes, batch=1),
    ),
    "EquilibriumNetwork, euler": Model(
        "ECA1 NLN4", lambda seed: EquilibriumNetwork(SIZES, form="euler", steps=STEPS, seed=seed), euler_answers,
        settled_units(SIZES), gradient=resting_gradient,
        learn=lambda net, x, y, passes: net.fit(x, y, passes),
    ),
    "InitializedEquilibriumNetwork": Model(
        "ECA1 NLN4 EI", lambda seed: InitializedEquilibriumNetwork(SIZES, steps=STEPS, seed=seed), initialized_answers,
        2 * settled_units(SIZES), gradient=initialized_gradient,
        error=lambda net, x, y: 100 * (1 - net.score(x, y, by="forward")),
    ),
    "SpikingEquilibriumNetwork": Model(
        "ECA1 NLN4 QC", lambda seed: SpikingEquilibriumNetwork(SIZES, steps=SPIKING_STEPS, seed=seed), bits_answers,
        settled_units(SIZES), gradient=resting_gradient,
    ),
    "ContinuousEquilibriumNetwork": Model(
        "", lambda seed: ContinuousEquilibriumNetwork(SIZES, learning_rate=(0.005, 0.0025), seed=seed),
        continuous_answers, settled_units(SIZES), continuous_pixel, resting_gradient,
        learn=lambda net, x, y, passes: net.fit(x, y, passes),
    ),
    "StdpNetwork": Model(
        "", lambda seed: StdpNetwork(SIZES[0], HIDDEN, seed=seed), stdp_answers, 0, error=stdp_error,
        learn=lambda net, x, y, passes: net.partial_fit(x), passes=1, through="no loss; traces of 20 ms",
    ),
}  # fmt: skip
