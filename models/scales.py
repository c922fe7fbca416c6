"""Scales of a rounding network that trade its error against its additions, found by gradient descent.

Source: P. O'Connor, Biologically plausible deep learning (2020), 4.5 and 4.6, with his program's additions (summed
over units and batch) and errors (a mean over the batch).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from eventnet.base.linear_algebra import one_thread
from eventnet.engine.journal import going_on
from eventnet.errors import ModelError
from eventnet.models.layers import (
    Activation,
    AveragePool2d,
    Conv2d,
    Dense,
    Floats,
    HardSigmoid,
    Identity,
    Layer,
    MaxPool2d,
    ReLU,
    Shape,
    Softmax,
    Tanh,
    activate,
)
from eventnet.models.shared import one_of, whole
from eventnet.models.stages import (
    Scales,
    Stage,
    Sum,
    Summing,
    checked_scales,
    fan_out,
    quantity_shapes,
    rounded,
    samples,
    stages,
)

LOSSES = ("kl", "l1", "l2")
LEAST, MOST = -4.0, 8.0
"""Bounds of kappa. A scale that falls to 0 sends nothing, and no gradient brings it back."""
Noise = Callable[[Floats], Floats]
"""Makes the noise n [n, ...] for a scaled quantity k * a."""
Watch = Callable[[int, list[Floats]], None]
"""Is given the number of epochs done and the scales after them."""


@one_thread()
def optimize_scales(
    layers: Sequence[Layer], x: ArrayLike, *, tradeoff: float, loss: str = "kl", per: str = "layer",
    learning_rate: float = 0.001, epochs: int = 30, batch: int = 10, noise: str = "auto", seed: int = 1234,
    progress: bool = False, watch: Watch | None = None,
) -> list[Floats]:  # fmt: skip
    """Scales that the rounding network of these layers has after stochastic gradient descent from 1 (4.10).

    The loss is `error + tradeoff * additions`, a function of kappa = log k (4.9). Rounding has no useful derivative, so
    its noise n = round(k * a) - k * a counts as a constant: what a stage is given, a + n / k, then changes by -n / k
    with kappa and by 1 with a (4.10). The additions of a quantity act on its own kappa alone.

    Small tradeoffs do not settle within the published 30 epochs at 0.001: their scales go on growing with
    learning_rate * epochs, so what is found is a matter of the schedule as well.

    x               [n, ...], taken in the order given, every epoch alike
    tradeoff        lambda: what an addition costs in units of the error. It goes with `batch`, over which additions
                    are summed and errors are not
    loss            of outputs against those without rounding: "kl", the divergence of the rounding network's softmax
                    from the true one, whether or not a Softmax layer stands at the end; "l1" or "l2", summed over
                    outputs. All are means over the batch
    per             "layer": one k a quantity; "unit": one k a unit
    learning_rate   a step is this times the gradient, for all kappas at once; they are kept within -4 ... 8
    noise           "rounding": that of rounding; "uniform": drawn from -1/2 ... 1/2, which keeps deep convolutional
                    networks from falling silent (4.6.3); "auto": uniform where there is a Conv2d
    seed            of the uniform noise
    progress        write loss, additions and scales to stderr after each epoch
    watch           called with (epochs done, scales) after each epoch

    Returns one float64 array a quantity, of no dimension or of the quantity's shape.
    Raises ModelError for options that make no sense or an x that does not fit, and ScalesError, which holds the last
    good scales, where loss or gradient are not finite.
    """
    values, steps = samples(layers, x), stages(layers)
    _check_stages(steps)
    _check_options(values, tradeoff, loss, per, learning_rate, epochs, batch, noise)
    drawn = _noise(noise, steps, seed)
    net = _Network.of(layers, values, loss, drawn)
    state = {"kappas": [np.zeros(fan.shape if per == "unit" else ()) for fan in net.fans]}
    truth = true_outputs(layers, values, batch)
    # Noise that is drawn has a state of its own: as it has no name either, nothing is kept then.
    for k in going_on(state, epochs, "scales", layers, values, tradeoff, loss, per, learning_rate, batch, drawn):
        kappas, epoch = state["kappas"], k + 1
        error = cost = 0.0
        for begin in range(0, len(values), batch):
            part, scales = slice(begin, begin + batch), _scales(kappas)
            found = net.gradient(values[part], truth[part], scales)
            _check_finite(found, scales, f"in epoch {epoch} of {epochs}, from sample {begin} on")
            _descend(kappas, found, tradeoff, learning_rate)
            error, cost = error + len(values[part]) * found.error, cost + found.cost
        if progress:
            _report(epoch, epochs, error / len(values), cost / len(values), _scales(kappas))
        if watch is not None:
            watch(epoch, _scales(kappas))
    return _scales(state["kappas"])


def _check_stages(steps: list[Stage]) -> None:
    """Raises ModelError for layers whose derivatives are not known here."""
    for k, stage in enumerate(steps):
        name = type(stage.activation).__name__
        if not isinstance(stage.activation, ReLU | HardSigmoid | Tanh | Identity):
            raise ModelError(f"stage {k} has {name}; scales are optimised through ReLU, HardSigmoid, Tanh and Identity")
        if isinstance(stage.linear, MaxPool2d | Sum):
            name = "a Residual" if isinstance(stage.linear, Sum) else "MaxPool2d"
            raise ModelError(f"stage {k} is that of {name}; scales are optimised through Dense, Conv2d, AveragePool2d")
        if isinstance(stage.linear, Conv2d) and (stage.linear.groups, stage.linear.dilation) != (1, (1, 1)):
            raise ModelError(f"stage {k} is Conv2d with groups or dilation; scales are optimised without them")


class ScalesError(ModelError):
    """The scales are no longer finite; `scales` are the last good ones."""

    def __init__(self, message: str, scales: list[Floats]) -> None:
        super().__init__(message)
        self.scales = scales


class ScaleGradient(NamedTuple):
    """error, cost: the mean error loss and the additions (with noise, summed over the batch).

    by_error, by_cost: what each changes by with each quantity's kappa, in the shapes of the scales.
    """

    error: float
    cost: float
    by_error: list[Floats]
    by_cost: list[Floats]


@one_thread()
def scale_gradient(
    layers: Sequence[Layer], x: ArrayLike, scales: Scales, *, loss: str = "kl", noise: Noise | None = None
) -> ScaleGradient:
    """Loss, additions and their gradients for one batch x [n, ...], as `optimize_scales` goes by them.

    noise: makes n from k * a, for one quantity after the other; that of rounding by default. Raises ModelError where
    layers, x, scales and loss do not fit together.
    """
    values = samples(layers, x)
    _check_stages(stages(layers))
    if loss not in LOSSES or not len(values):
        raise ModelError(f"loss is {loss!r} of {len(values)} samples; wanted one of {LOSSES}, of 1 or more")
    shapes = quantity_shapes(layers, values.shape[1:])
    net = _Network.of(layers, values, loss, noise or _of_rounding)
    return net.gradient(values, true_outputs(layers, values, len(values)), checked_scales(scales, shapes))


def true_outputs(layers: Sequence[Layer], x: Floats, batch: int) -> Floats:
    """The output of the last stage without rounding, before any read-out, [n, units]; computed in batches."""
    steps, found = stages(layers), []
    for begin in range(0, len(x), batch):
        value = x[begin : begin + batch]
        for stage in steps:
            value = stage(value)
        found.append(value.reshape(len(value), -1))
    return np.concatenate(found)


def _scales(kappas: list[Floats]) -> list[Floats]:
    return [np.asarray(np.exp(kappa)) for kappa in kappas]


def _descend(kappas: list[Floats], found: ScaleGradient, tradeoff: float, learning_rate: float) -> None:
    """One step of all kappas at once."""
    for k, (by_error, by_cost) in enumerate(zip(found.by_error, found.by_cost)):
        step = learning_rate * (by_error + tradeoff * by_cost)
        kappas[k] = np.asarray(np.clip(kappas[k] - step, LEAST, MOST))


def _check_options(
    x: Floats, tradeoff: float, loss: str, per: str, learning_rate: float, epochs: int, batch: int, noise: str
) -> None:
    one_of(loss, "loss", LOSSES)
    one_of(per, "per", ("layer", "unit"))
    one_of(noise, "noise", ("auto", "rounding", "uniform"))
    if not (np.isfinite(tradeoff) and tradeoff >= 0):
        raise ModelError(f"tradeoff is {tradeoff}; wanted a finite number, 0 or more")
    if not (np.isfinite(learning_rate) and learning_rate > 0):
        raise ModelError(f"learning_rate is {learning_rate}; wanted a finite number above 0")
    whole(epochs, "epochs", 0)
    whole(batch, "batch", 1)
    if not len(x):
        raise ModelError("the number of samples is 0; wanted 1 or more")


def _check_finite(found: ScaleGradient, scales: list[Floats], where: str) -> None:
    slopes = [*found.by_error, *found.by_cost]
    if np.isfinite(found.error) and np.isfinite(found.cost) and all(np.isfinite(slope).all() for slope in slopes):
        return
    last = ", ".join(f"{scale.mean():.3g}" for scale in scales)
    raise ScalesError(f"loss or gradient are not finite {where}; the last good scales are {last} on average", scales)


def _report(epoch: int, epochs: int, error: float, adds: float, scales: list[Floats]) -> None:
    words = ", ".join(f"{scale.mean():.3g}" for scale in scales)
    print(
        f"epoch {epoch} of {epochs}: error {error:.4g}, {adds:,.0f} additions a sample, scales {words}",
        file=sys.stderr,
    )


def _of_rounding(scaled: Floats) -> Floats:
    return rounded(scaled) - scaled


def _noise(name: str, steps: list[Stage], seed: int) -> Noise:
    if name == "rounding" or (name == "auto" and not any(isinstance(stage.linear, Conv2d) for stage in steps)):
        return _of_rounding
    rng = np.random.default_rng(whole(seed, "seed", 0))
    return lambda scaled: rng.uniform(-0.5, 0.5, scaled.shape)


# --- one step ---
class _Network(NamedTuple):
    """Stages, loss and noise, which are the same at every step; fans: the fan-out of each unit of each quantity."""

    steps: list[Stage]
    fans: list[Floats]
    loss: str
    noise: Noise

    @classmethod
    def of(cls, layers: Sequence[Layer], x: Floats, loss: str, noise: Noise) -> _Network:
        """The network of these layers, for samples like x [n, ...]."""
        steps, shapes = stages(layers), quantity_shapes(layers, x.shape[1:])
        fans = [fan_out(stage, shape).astype(np.float64) for stage, shape in zip(steps, shapes)]
        return cls(steps, fans, loss, noise)

    def gradient(self, x: Floats, truth: Floats, scales: list[Floats]) -> ScaleGradient:
        """Errors, additions and their gradients by kappa for one batch; truth: as `true_outputs` gives it."""
        with np.errstate(all="ignore"):  # what is not finite is found by the caller
            taken, value = [], x
            for stage, scale in zip(self.steps, scales):
                scaled = scale * value
                change = self.noise(scaled) / scale
                taken.append(_Taken(scaled, change, stage.sums(value + change)))
                value = activate(stage.activation, taken[-1].sums)
            softmax = Softmax() in self.steps[-1].read_out
            error, slope = error_loss(value.reshape(len(value), -1), truth, self.loss, softmax)
            costs = [fan * np.abs(step.scaled) for fan, step in zip(self.fans, taken)]
            # The noise is a part of the additions, |k * a + n|, but a constant one.
            noises = [fan * np.sign(t.scaled) * t.change * scale for fan, t, scale in zip(self.fans, taken, scales)]
            cost = float(sum(c.sum() + n.sum() for c, n in zip(costs, noises)))
            by_error = self._back(taken, scales, slope.reshape(value.shape))
            return ScaleGradient(error, cost, by_error, [_like(scale, c) for scale, c in zip(scales, costs)])

    def _back(self, taken: list[_Taken], scales: list[Floats], slope: Floats) -> list[Floats]:
        """Derivatives of the error by each kappa; slope: its derivative by the last stage's output, [n, ...]."""
        found = []
        for stage, step, scale in zip(reversed(self.steps), reversed(taken), reversed(scales)):
            slope = before_activation(stage.activation, step.sums, slope)
            slope = before_linear(stage.linear, slope, stage.enter(step.scaled).shape).reshape(step.scaled.shape)
            found.append(_like(scale, -slope * step.change))
        return found[::-1]


class _Taken(NamedTuple):
    """Input and sums of one stage: k * a, the noise over k, and the sums before the activation."""

    scaled: Floats
    change: Floats
    sums: Floats


def _like(scale: Floats, parts: Floats) -> Floats:
    """The sum over the batch, and over units where they share a scale."""
    return np.asarray(parts.sum(axis=0) if scale.ndim else parts.sum())


# --- derivatives ---
def error_loss(guess: Floats, truth: Floats, loss: str, softmax: bool) -> tuple[float, Floats]:
    """The mean loss of a batch and its slope by `guess`; guess, truth: outputs before any softmax, [n, units].

    softmax: whether "l1" and "l2" compare what softmax makes of the outputs; "kl" always does.
    """
    n = len(guess)
    if loss != "kl" and not softmax:
        each, slope = _distance(guess - truth, loss)
        return each / n, slope / n
    log_guess, log_truth = _log_softmax(guess), _log_softmax(truth)
    p = np.exp(log_guess)
    if loss == "kl":  # in logarithms: a probability may well be 0
        apart = log_guess - log_truth
        divergence = (p * apart).sum(axis=1, keepdims=True)
        return float(divergence.sum()) / n, p * (apart - divergence) / n
    each, slope = _distance(p - np.exp(log_truth), loss)
    return each / n, p * (slope - (slope * p).sum(axis=1, keepdims=True)) / n


def _distance(difference: Floats, loss: str) -> tuple[float, Floats]:
    if loss == "l1":
        return float(np.abs(difference).sum()), np.sign(difference)
    return float((difference**2).sum()), 2 * difference


def _log_softmax(x: Floats) -> Floats:
    below = x - x.max(axis=1, keepdims=True)
    return np.asarray(below - np.log(np.exp(below).sum(axis=1, keepdims=True)))


def before_activation(activation: Activation, sums: Floats, slope: Floats) -> Floats:
    """slope: by the activation's outputs; returns that by `sums`, its inputs. All have one shape.

    The derivative of a rectified unit at 0 is 1, as is a hard sigmoid's at 0 and 1.
    """
    if isinstance(activation, ReLU):
        return slope * (sums >= 0)
    if isinstance(activation, HardSigmoid):
        return slope * ((sums >= 0) & (sums <= 1))
    if isinstance(activation, Tanh):
        return np.asarray(slope * (1 - np.tanh(sums) ** 2))
    return slope


def before_linear(linear: Summing, slope: Floats, shape: Shape) -> Floats:
    """slope: by the outputs [n, ...]; returns that by the inputs, which have `shape`, n included."""
    if isinstance(linear, Dense):
        return np.asarray(slope @ linear.weights.T)
    if isinstance(linear, Conv2d):
        # [n, height, width, c_in, kernel height, kernel width] to [n, c_in, height, width, ...]
        spread = np.moveaxis(np.tensordot(slope, linear.weights, axes=([1], [0])), 3, 1)
    else:
        assert isinstance(linear, AveragePool2d)
        height, width = linear.size
        spread = np.broadcast_to((slope / (height * width))[..., None, None], (*slope.shape, height, width))
    return _gathered(spread, linear.stride, linear.padding, shape)


def _gathered(spread: Floats, stride: tuple[int, int], padding: tuple[int, int, int, int], shape: Shape) -> Floats:
    """Slopes of windows, laid out as by eventnet.models.layers.windows, summed where the windows lie."""
    top, left, bottom, right = padding
    n, channels, height, width = shape
    rows, columns, across, down = *spread.shape[2:4], stride[1], stride[0]
    room = np.zeros((n, channels, height + top + bottom, width + left + right))
    for i in range(spread.shape[4]):
        for j in range(spread.shape[5]):
            room[:, :, i : i + down * rows : down, j : j + across * columns : across] += spread[..., i, j]
    return room[:, :, top : top + height, left : left + width]
