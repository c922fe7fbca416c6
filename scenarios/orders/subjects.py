"""Networks of the models and scenarios that ship, each with inputs, so that they can be run in every routing order.

They are small and made from a seed; those whose weights stay as they are have been trained a little first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.analysis.answers import Answer
from eventnet.data import Digits, digits, one_hot, scale_pixels
from eventnet.errors import ModelError, did_you_mean
from eventnet.event import Events
from eventnet.given import SEEDS, whole_number
from eventnet.models import ConventionalNetwork, DeepSpikingNetwork, PDNetwork, SigmaDeltaNetwork, percentile_scales
from eventnet.models.dsn import answering_inputs
from eventnet.models.pd import ROOM, PDModules
from eventnet.models.stages import quantity_shapes, stages
from eventnet.scenarios.fusion import FusionNetwork, FusionWeights
from eventnet.scenarios.fusion.train.trajectories import PIXELS, camera, gyroscope
from eventnet.scenarios.sensors import DVS
from eventnet.simulation import Run

Arrays = list[NDArray[Any]]

SIZES = (784, 50, 10)
LEARNING: dict[str, Any] = {"learning_rate": 0.05, "init_scale": 0.05}
TESTED = 500
COARSE = 4.0
"""Quanta that a strong activation of the Sigma-Delta network stands for."""


@dataclass(frozen=True)
class Subject:
    """A network with its inputs.

    answer  what counts as its answer, for `eventnet.analysis`
    output  the module at which its answer arrives
    score   a number of a finished run; scored: what that number is
    inputs  what it is shown, in words
    """

    net: en.Network
    feed: Events
    answer: Answer
    output: str
    score: Callable[[Run], float]
    scored: str
    inputs: str


def weights(run: Run) -> Arrays:
    """Weights and biases at the end of a run, without blocks of samples."""
    return [run.weights(b.name) for b in run.simulation.net.blocks if b.name.lower().rstrip("0123456789") in ("w", "b")]


def answers(run: Run) -> NDArray[Any]:
    """The answers read out in a run."""
    return run.weights("answers")


# --- the Deep Spiking Network ---
def learning(
    seed: int, *, samples: int = 300, sizes: tuple[int, ...] = SIZES, data: Digits | None = None, **options: Any
) -> Subject:
    """It learns digits; its answer is its weights. options: those of `DeepSpikingNetwork`."""
    d = data or digits()
    dsn = DeepSpikingNetwork(sizes, seed=seed, **{**LEARNING, **options})
    net, feed = dsn.training_network(*_pairs(d, samples))
    test = scale_pixels(d.x_test[:TESTED]), d.y_test[:TESTED]
    return Subject(
        net, feed, weights, f"layer{len(sizes) - 2}", partial(_right_after_learning, options=dsn.options, test=test),
        f"{len(test[1])} other digits that it then tells right, %", f"{samples} digits to learn from",
    )  # fmt: skip


def answering(
    seed: int, *, samples: int = 100, taught: int = 2000, sizes: tuple[int, ...] = SIZES, data: Digits | None = None,
    **options: Any,
) -> Subject:  # fmt: skip
    """It has learned digits breadth-first, and tells others; its answer is what it reads out."""
    d = data or digits()
    dsn = DeepSpikingNetwork(sizes, seed=seed, **{**LEARNING, **options})
    dsn.fit(scale_pixels(d.x_train[:taught]), d.y_train[:taught])
    x, labels = scale_pixels(d.x_test[:samples]).astype(np.float32), d.y_test[:samples]
    net, ports = dsn.answering_network(x, 1)
    feed = answering_inputs(ports, len(x), dsn.options["steps"], 1)
    return Subject(
        net, feed, answers, f"layer{len(sizes) - 2}", partial(_right, labels=labels), "digits classified correctly, %",
        f"{len(x)} digits",
    )  # fmt: skip


def _pairs(d: Digits, samples: int) -> tuple[NDArray[Any], NDArray[Any]]:
    return scale_pixels(d.x_train[:samples]).astype(np.float32), one_hot(d.y_train[:samples], 10).astype(np.float32)


def _right_after_learning(run: Run, options: Mapping[str, Any], test: Any) -> float:
    return 100 * DeepSpikingNetwork.from_weights(weights(run), **options).score(*test)


def _right(run: Run, labels: NDArray[Any]) -> float:
    return 100 * float(np.mean(answers(run)[: len(labels)].argmax(axis=1) == labels))


# --- Sigma-Delta and PD networks ---
def sigma_delta(seed: int, *, samples: int = 60, taught: int = 2000, sizes: tuple[int, ...] = SIZES) -> Subject:
    """Digits that move: one at a time wanders a pixel a frame, as a ReLU network of changes hears them."""
    d = digits()
    dense = ConventionalNetwork(sizes, learning_rate=0.1, seed=seed)
    dense.fit(d.x_train[:taught].reshape(-1, 784) / 255, d.y_train[:taught], epochs=3)
    frames, labels = wandering(seed, samples)
    layers = dense.layers()
    scales = percentile_scales(layers, d.x_train[:200].reshape(-1, 784) / 255, COARSE)
    events = SigmaDeltaNetwork.from_layers(layers, scales=scales).events
    events.frames.array[: len(frames)] = frames
    ticks = 2 * np.arange(len(frames))
    rows = [(0, hidden.look, 0, 1) for hidden in events.hidden]
    for k, t in enumerate(ticks.tolist()):
        rows += [(t, events.encoder.frame, k, 1), (t + 1, events.readout.read, k, 1)]
    return Subject(
        events.net, en.events(rows), answers, events.readout.name, partial(_right, labels=labels),
        "frames classified correctly, %", f"{len(frames)} frames of digits that move",
    )  # fmt: skip


def wandering(seed: int, frames: int, each: int = 20) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Frames [n, 784] from 0 to 1 in which a digit goes a pixel to and fro, another one after `each`; labels [n]."""
    d, frames, each = digits(), whole_number("frames", frames, 1), whole_number("each", each, 1)
    rng = np.random.default_rng(whole_number("seed", seed, *SEEDS))
    chosen = rng.choice(len(d.x_test), -(-frames // each), replace=False)
    made = []
    for k in range(frames):
        picture = d.x_test[chosen[k // each]].reshape(28, 28)
        made.append(np.roll(picture, (0, 1, 2, 1)[k % 4] - 1, axis=(k // 4) % 2).ravel() / 255)
    return np.array(made), d.y_test[chosen][np.arange(frames) // each].astype(np.int64)


def proportional(seed: int, *, samples: int = 100, sizes: tuple[int, ...] = SIZES) -> Subject:
    """A PD network learns digits; its answer is its weights."""
    if samples > ROOM:
        raise ModelError(f"{samples} samples are more than the {ROOM} that a PD network takes in one run")
    d = digits()
    network = PDNetwork(sizes, seed=seed)
    layers = network.layers()
    modules = PDModules(stages(layers), quantity_shapes(layers, sizes[:1]), network.options, learns=True)
    modules.frames.array[:samples] = d.x_train[:samples].reshape(-1, 784) / 255
    modules.targets.array[:samples, 0] = d.y_train[:samples]
    clocked: list[Any] = [*modules.layers, *modules.errors.values(), *modules.updates]
    ticking = [module.tick for module in clocked]
    rows = []
    for k in range(samples):
        rows += [(k, modules.encoder.frame, k, 1), *((k, port, 0, 1) for port in ticking)]
        rows.append((k, modules.output.target, k, 1))
    test = d.x_test[:TESTED].reshape(-1, 784) / 255, d.y_test[:TESTED]
    return Subject(
        modules.net, en.events(rows), weights, "output", partial(_right_plainly, layers=len(sizes) - 1, test=test),
        f"{TESTED} other digits that its weights tell right, %", f"{samples} digits to learn from",
    )  # fmt: skip


def _right_plainly(run: Run, layers: int, test: Any) -> float:
    x, found = test[0], weights(run)
    for k in range(layers):
        x = (np.maximum(x, 0) if k else x) @ found[k] + found[layers + k][0]
    return 100 * float(np.mean(x.argmax(axis=1) == test[1]))


# --- the robot ---
def fusion(seed: int, *, seconds: float = 0.3, dtype: str = "float32") -> Subject:
    """A camera of events and a gyroscope, simulated; the answer is how fast they turn, each millisecond."""
    end = round(1e6 * seconds)
    times = np.arange(0, end, 1000)
    scene = camera(seed)
    rates = np.array([scene.motion.rates(t) for t in times.tolist()])
    said = gyroscope(seed, rates, bias=5.0, noise=1.0)
    network = FusionNetwork(FusionWeights.shipped(noise=1.0), rows=len(times), updates=said.size, dtype=dtype)
    updates = network.head.updates
    assert updates is not None
    updates.array[:] = np.column_stack([np.tile(np.arange(3), len(times)), said.ravel()])
    pixels = DVS(scene, PIXELS, seed=seed).events(end).events
    parts = [
        network.begins(),
        _events(pixels["t"], network.eye.spikes, pixels["y"].astype(int) * 64 + pixels["x"], 2 * pixels["p"] - 1),
        _events(np.repeat(times, 3), network.head.value, np.arange(said.size)), network.reads(times),
    ]  # fmt: skip
    return Subject(
        network.net, np.concatenate(parts), answers, "head", partial(_off, rates=rates),
        "error of the fused rate in the latter half, deg/s", f"{len(pixels):,} events of a camera in {seconds:g} s, "
        f"a gyroscope at 1 kHz",
    )  # fmt: skip


def _events(t: Any, port: Any, index: Any, sign: Any = 1) -> Events:
    made = np.zeros(len(t), en.EVENT)
    made["t"], made["port"], made["index"], made["sign"] = t, int(port), index, sign
    return made


def _off(run: Run, rates: NDArray[Any]) -> float:
    half = len(rates) // 2
    return float(np.sqrt(np.mean((answers(run)[half:, : rates.shape[1]] - rates[half:]) ** 2)))


SUBJECTS: dict[str, Callable[..., Subject]] = {
    "dsn-learning": learning,
    "dsn-answering": answering,
    "sigma-delta": sigma_delta,
    "pd": proportional,
    "fusion": fusion,
}
"""By the name that `eventnet orders --scenario` knows; each takes a seed."""
MODULES = {
    "dsn-learning": "input layer0 layer1 target back1 update0 update1 errors start finish".split(),
    "dsn-answering": "input layer0 layer1 start".split(),
    "sigma-delta": "input layer0 layer1".split(),
    "pd": "input layer0 output error0 update0 update1 inbox".split(),
    "fusion": "eye pool hidden head".split(),
}
"""The names of their modules, known before they are made and trained, which takes long."""


def check_subject(name: str) -> None:
    """Raises ModelError for a name that is none of SUBJECTS."""
    if name not in SUBJECTS:
        raise ModelError(f"there is no scenario {name!r}{did_you_mean(name, SUBJECTS)}")


def subject(name: str, seed: int = 0) -> Subject:
    """One of SUBJECTS. Raises ModelError for another name."""
    check_subject(name)
    return SUBJECTS[name](seed)
