"""Training of the network in NumPy: Adam with one cycle of learning rates, on samples that are mirrored at random."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.journal import going_on
from eventnet.errors import ModelError
from eventnet.given import SEEDS, whole_number
from eventnet.models.shared import Progress
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.train.layers import Layers
from eventnet.scenarios.fusion.train.remade import TraceSamples
from eventnet.scenarios.fusion.train.symmetry import Symmetry

Floats = NDArray[Any]

SOME = 4096
"""Samples from which standard deviations are taken, of those that are learned from."""
CHUNK = 256
"""So many of them are in memory at a time."""
DENSE_BATCH, DENSE_PEAK = 256, 1e-2


@dataclass(frozen=True)
class TrainingPlan:
    """Options of making and training a network.

    tau_us             time constants in microseconds
    filters, hidden    how many
    size, stride, pool, pool_stride  as in `FusionWeights`
    epochs, batch, peak  passes over the samples, samples a step, the largest learning rate
    rate_unit          degrees a second that count as 1
    relative           None: the loss is the mean of |error|^2. A number of degrees a second: it is the mean of
                       |error|^2 / (relative^2 + |rates|^2), so that slow turns count as well as fast ones
    quanta             quanta a standard deviation of h that the network is to bear: noise of one quantum; 0: none
    dense_epochs       0, or passes in which the layers above the filters are learned anew, on whitened means over
                       regions: what all of them have in common, contrast and speed, hides their differences
    first              deviation of the first weights, as a part of He's: with less, a few samples teach more
    gain               samples are multiplied by something between exp(-gain) and exp(gain): contrast tells no rate
    across, down       signs of the rates in a picture mirrored left-right, and up-down; None: no mirrors
    tied               weights come in mirrored sets, so that a mirrored picture has exactly the mirrored rates: see
                       `Symmetry`. Not together with dense_epochs
    """

    tau_us: tuple[float, ...] = (8e3, 30e3, 120e3)
    filters: int = 16
    hidden: int = 64
    size: int = 8
    stride: int = 4
    pool: tuple[int, int] = (5, 6)
    pool_stride: tuple[int, int] = (3, 3)
    epochs: int = 30
    batch: int = 64
    peak: float = 1.5e-2
    rate_unit: float = 50.0
    relative: float | None = None
    quanta: float = 1.0
    dense_epochs: int = 0
    first: float = 1.0
    gain: float = 0.0
    across: tuple[int, ...] | None = (1, -1, -1)
    down: tuple[int, ...] | None = (-1, 1, -1)
    tied: bool = False


def fit(
    blocks: TraceSamples, rates: NDArray[Any], plan: TrainingPlan, *, width: int, height: int, seed: int = 0,
    progress: bool | Callable[..., None] = False,
) -> FusionWeights:  # fmt: skip
    """Train a network, without a head, on samples: blocks as `features.traces` or `RemadeTraces` make them, rates
    [n, n_out].

    progress: True for a bar, or a function of (epochs done, epochs). Raises ModelError where shapes do not fit.
    """
    if len(blocks) != len(rates) or len(blocks) < plan.batch:
        raise ModelError(
            f"there are {len(blocks)} samples with {len(rates)} rates; wanted as many, {plan.batch} or more"
        )
    rng = np.random.default_rng(whole_number("seed", seed, *SEEDS))
    std = deviations(lambda: _parts(blocks)) + 1e-6
    begin = _beginning(plan, rates.shape[1], width, height, rng)
    layers = Layers(begin)
    layers.noise = rng
    if blocks.shape[1:3] != tuple(n + layers.steps - 1 for n in layers.patches):
        raise ModelError(f"blocks have shape {blocks.shape[1:]}; wanted those of {width} x {height} pixels")
    gain = np.repeat(1 / std, plan.stride**2)[:, None].astype(np.float32)
    mirrors = [
        (a, d) for a in ((False, True) if plan.across else (False,)) for d in ((False, True) if plan.down else (False,))
    ]
    symmetry = _symmetry(begin, plan, mirrors) if plan.tied else None
    if symmetry is not None:  # means of so many have a smaller deviation
        layers.learned = {
            name: math.sqrt(len(mirrors)) * array for name, array in symmetry(layers.learned).items()
        }  # fmt: skip
    adam, steps = _Adam(layers.learned), len(blocks) // plan.batch
    made: dict[str, Any] = {"layers": layers, "adam": adam, "rng": rng}
    with Progress(progress, plan.epochs) as report:
        for epoch in going_on(made, plan.epochs, fit, blocks, rates, plan, width, height, seed):
            layers, adam, rng = made["layers"], made["adam"], made["rng"]
            order = rng.permutation(len(blocks))
            for step in range(steps):
                chosen = order[step * plan.batch : (step + 1) * plan.batch]
                # Weights in mirrored sets learn from every mirror of what they see once.
                x, wanted = _mirrored(blocks, rates, chosen, mirrors[:1] if plan.tied else mirrors, plan, rng)
                # Filters are learned for traces of deviation 1.
                bare, layers.learned["filters"] = layers.learned["filters"], layers.learned["filters"] * gain
                quantum = (
                    layers.after[0].std(axis=(0, 1)) / plan.quanta if plan.quanta and layers.after[0].size else None
                )
                error = layers(x, quantum) - wanted / plan.rate_unit
                if plan.relative is not None:
                    error /= (plan.relative / plan.rate_unit) ** 2 + ((wanted / plan.rate_unit) ** 2).sum(
                        1, keepdims=True
                    )
                found = layers.gradients(x, (error / len(x)).astype(np.float32))
                found["filters"] *= gain
                layers.learned["filters"] = bare
                if symmetry is not None:
                    found = symmetry(found)
                adam.step(found, plan.peak * one_cycle((epoch * steps + step) / (plan.epochs * steps)))
            report(epoch + 1)
    layers, rng = made["layers"], made["rng"]
    layers.learned["filters"] *= gain
    if plan.dense_epochs:
        _learn_anew(layers, blocks, rates, plan, mirrors, rng)
    return _finished(layers, blocks, plan, width, height)


def _parts(blocks: TraceSamples) -> Iterator[Floats]:
    """The first samples, some at a time: [n, M, pixels of a block]."""
    for begin in range(0, min(SOME, len(blocks)), CHUNK):
        part = blocks[begin : min(begin + CHUNK, SOME)].astype(np.float32)
        yield part.reshape(-1, part.shape[3], part.shape[4] * part.shape[5])


def deviations(parts: Callable[[], Iterator[Floats]]) -> Floats:
    """Standard deviations [K] of arrays [n, K, m] that come one after the other, twice: of all but the K.

    Of K > 1 they are added up in the order of NumPy's `std` of all of them together, to the last bit.
    """
    total, count = _sum(parts())
    mean = (total / count)[:, None]
    total, count = _sum(np.square(part - mean) for part in parts())
    found: Floats = np.sqrt(total / count)
    return found


def _sum(parts: Iterator[Floats]) -> tuple[Floats, int]:
    """The sum over all but the second axis, and of how many each is."""
    total, count = None, 0
    for part in parts:
        rows = np.add.reduce(part, axis=2)
        total = np.add.reduce(rows if total is None else np.concatenate([total[None], rows]), axis=0)
        count += part.shape[0] * part.shape[2]
    return np.asarray(total), count


def one_cycle(part: float) -> float:
    """The learning rate, 1 at most, when a part from 0 to 1 of training is done: up for 0.3 of it, then down to 0."""
    if part < 0.3:
        return 0.04 + 0.96 * 0.5 * (1 - math.cos(math.pi * part / 0.3))
    return 0.5 * (1 + math.cos(math.pi * (part - 0.3) / 0.7))


def _symmetry(begin: FusionWeights, plan: TrainingPlan, mirrors: list[tuple[bool, bool]]) -> Symmetry:
    if plan.dense_epochs:
        raise ModelError(f"dense_epochs is {plan.dense_epochs}; wanted 0 with weights that are tied")
    none = np.ones(begin.n_out)
    signs = [np.array(plan.across if a else none) * np.array(plan.down if d else none) for a, d in mirrors]
    return Symmetry(begin, mirrors, signs)


class _Adam:
    """Kingma and Ba 2015, with their constants."""

    def __init__(self, learned: dict[str, Any]) -> None:
        self.learned, self.steps = learned, 0
        self.mean = {name: np.zeros_like(array) for name, array in learned.items()}
        self.square = {name: np.zeros_like(array) for name, array in learned.items()}

    def step(self, gradients: dict[str, Any], rate: float) -> None:
        self.steps += 1
        size = rate * math.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        for name, gradient in gradients.items():
            mean, square = self.mean[name], self.square[name]
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            self.learned[name] -= np.float32(size) * mean / (np.sqrt(square) + np.float32(1e-8))


def _beginning(plan: TrainingPlan, n_out: int, width: int, height: int, rng: np.random.Generator) -> FusionWeights:
    taus, k, h = len(plan.tau_us), plan.filters, plan.hidden
    draw: Any = lambda fan_in, *shape: rng.normal(0, plan.first * math.sqrt(2 / fan_in), shape)  # noqa: E731
    patches = [(length - plan.size) // plan.stride + 1 for length in (height, width)]
    regions = math.prod((n - p) // s + 1 for n, p, s in zip(patches, plan.pool, plan.pool_stride))
    filters = draw(taus * plan.size**2, taus, k, plan.size, plan.size)
    return FusionWeights(
        width, height, plan.tau_us, filters, np.zeros(k), draw(regions * k, regions * k, h), np.zeros(h),
        draw(h, h, n_out), np.zeros(n_out), np.ones(k), np.ones(k), np.ones(h), stride=plan.stride, pool=plan.pool,
        pool_stride=plan.pool_stride,
    )  # fmt: skip


def _mirrored(
    blocks: Any, rates: Any, chosen: Any, mirrors: list[tuple[bool, bool]], plan: TrainingPlan, rng: np.random.Generator
) -> tuple[Any, Any]:
    """Some samples: a part of them mirrored each way, half of them with the signs of all events changed, by `gain`."""
    x = blocks[chosen].astype(np.float32)
    wanted = rates[chosen].astype(np.float32)
    for k, (across, down) in enumerate(mirrors):
        own = slice(k, None, len(mirrors))
        if across:
            x[own] = x[own, :, ::-1, :, :, ::-1].copy()
            wanted[own] *= np.array(plan.across, np.float32)
        if down:
            x[own] = x[own, ::-1, :, :, ::-1].copy()
            wanted[own] *= np.array(plan.down, np.float32)
    signs = rng.choice(np.array([-1, 1], np.float32), len(x))
    if plan.gain:
        signs *= np.exp(rng.uniform(-plan.gain, plan.gain, len(x))).astype(np.float32)
    x *= signs[:, None, None, None, None, None]
    return x, wanted


def _learn_anew(
    layers: Layers,
    blocks: Any,
    rates: Any,
    plan: TrainingPlan,
    mirrors: list[tuple[bool, bool]],
    rng: np.random.Generator,
) -> None:
    """Learn hidden and outer weights from nothing on whitened means over regions, of each sample in each mirror."""
    seen, wanted = [], []
    for mirror in mirrors:
        for k in range(0, len(blocks), 256):
            x, own = _mirrored(blocks, rates, np.arange(k, min(k + 256, len(blocks))), [mirror], plan, rng)
            layers(x)
            seen.append(layers.after[1])
            wanted.append(own / plan.rate_unit)
    means, turns = np.concatenate(seen), np.concatenate(wanted)
    middle = means.mean(axis=0)
    sizes, axes = np.linalg.eigh(np.cov((means - middle).T))
    white = (axes / np.sqrt(sizes + 1e-4 * sizes.max())).astype(np.float32)
    inner, h = len(middle), plan.hidden
    learned = {
        "hidden": rng.normal(0, math.sqrt(2 / inner), (inner, h)).astype(np.float32),
        "hidden_bias": np.zeros(h, np.float32),
        "out": rng.normal(0, math.sqrt(1 / h), (h, rates.shape[1])).astype(np.float32),
        "out_bias": np.zeros(rates.shape[1], np.float32),
    }
    quantum = means.reshape(-1, plan.filters).std(axis=0) / plan.quanta if plan.quanta else np.zeros(plan.filters)
    quanta = np.tile(quantum, inner // plan.filters).astype(np.float32)
    adam, steps = _Adam(learned), len(means) // DENSE_BATCH
    made: dict[str, Any] = {"learned": learned, "adam": adam, "rng": rng}
    for epoch in going_on(made, plan.dense_epochs, _learn_anew, means, turns, learned):
        learned, adam, rng = made["learned"], made["adam"], made["rng"]
        order = rng.permutation(len(means))
        for step in range(steps):
            chosen = order[step * DENSE_BATCH : (step + 1) * DENSE_BATCH]
            noise = (rng.random((DENSE_BATCH, inner), np.float32) - np.float32(0.5)) * quanta
            x = (means[chosen] - middle + noise) @ white
            z = np.maximum(x @ learned["hidden"] + learned["hidden_bias"], 0)
            error = (z @ learned["out"] + learned["out_bias"] - turns[chosen]) / np.float32(DENSE_BATCH)
            below = (error @ learned["out"].T) * (z > 0)
            found = {"hidden": x.T @ below, "hidden_bias": below.sum(0), "out": z.T @ error, "out_bias": error.sum(0)}
            adam.step(found, DENSE_PEAK * one_cycle((epoch * steps + step) / (plan.dense_epochs * steps)))
    learned = made["learned"]
    learned["hidden_bias"] -= (middle @ white) @ learned["hidden"]
    learned["hidden"] = white @ learned["hidden"]
    layers.learned |= learned


def _finished(layers: Layers, blocks: Any, plan: TrainingPlan, width: int, height: int) -> FusionWeights:
    """Its weights in degrees a second, and the deviations of its activations."""
    w = layers.learned
    made = FusionWeights(
        width, height, plan.tau_us, layers.filters(), w["bias"], w["hidden"], w["hidden_bias"],
        w["out"] * plan.rate_unit, w["out_bias"] * plan.rate_unit, np.ones(plan.filters), np.ones(plan.filters),
        np.ones(plan.hidden), stride=plan.stride, pool=plan.pool, pool_stride=plan.pool_stride,
    )  # fmt: skip
    some = np.linspace(0, len(blocks) - 1, min(SOME, len(blocks))).astype(np.int64)
    exact = Layers(made)

    means: list[Floats] = []
    hidden: list[Floats] = []

    def filtered() -> Iterator[Floats]:
        means.clear()
        hidden.clear()
        for k in range(0, len(some), CHUNK):
            exact(blocks[some[k : k + CHUNK]].astype(np.float32))
            h, pooled, z = exact.after
            means.append(pooled.reshape(-1, plan.filters, 1))
            hidden.append(z[:, :, None])
            yield h.reshape(-1, plan.filters, 1)

    stds = [deviations(filtered), deviations(lambda: iter(means)), deviations(lambda: iter(hidden))]
    # A unit that hardly ever was active speaks no finer than a hundredth of the others.
    least = [np.maximum(std, 0.01 * std.max() + 1e-6) for std in stds]
    return replace(made, filter_std=least[0], pool_std=least[1], hidden_std=least[2])
