"""Equilibrium propagation: a network that settles, learns from how a target moves it, and sends nothing else.

Source: P. O'Connor, Biologically plausible deep learning (2020), 2.7 and 8.5.2, after Scellier and Bengio (2017). Two
forms share sizes, weights and the energy (2.9): "levels", in which a unit sends the change of a whole number and the
network comes to rest after finitely many messages (`eventnet.neurons.levels`, not in the thesis); and "euler", with
real states in steps of time, as the thesis's continuous network.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.base.files import described, read_npz, write_npz
from eventnet.base.linear_algebra import in_one_thread
from eventnet.base.summary import Summarized, Summary
from eventnet.data import one_hot
from eventnet.errors import DataError, ModelError, NetworkError, UnsettledError
from eventnet.learning.level_units import check_delay
from eventnet.learning.settling import COUNTS, ORDERS, answer_levels, event_path, learn_levels, show
from eventnet.models.equilibrium_counts import Events, SettlingCost
from eventnet.models.equilibrium_engine import LevelOptions, OnEngine, engine_order
from eventnet.models.equilibrium_states import Energy, descend, glorot, one_beta, two_betas
from eventnet.models.shared import Floats, Progress, finite, one_of, total, whole
from eventnet.models.summaries import layered, of_sizes
from eventnet.neurons.levels import pressure
from eventnet.tally import Tally

FORMAT = "eventnet-equilibrium-network-1"
FORMS, LEARN = ("levels", "euler"), ("phase", "event")
ROOM = 1000
"""Samples that are handed over at once. Results do not depend on it."""


@in_one_thread
class EquilibriumNetwork(Summarized):
    """A layered network of symmetric weights that settles, and learns by the contrast of two phases.

    sizes          units of each layer, the input first
    form           "levels" or "euler"
    k              levels of a unit above 0, of "levels": a state is n / k. Several, such as (8, 64), each a power of 2
                   times the one before: a negative phase comes to rest with the first, goes on from there with the
                   next, and all else is of the last
    beta           how strongly a target nudges the outputs in the second phase. "levels" rests, and wants 1 + 2 beta
                   above 0; "euler" draws the sign anew for every batch, as published. Two numbers, of "levels": in the
                   first phase and in the second; with one, the first is 0, and its phase free
    learning_rate  one a layer, for the mean over a batch
    learn          when weights change, of "levels": "phase", by the positive phase's sum, at its end, or "event", at
                   each event of the positive phase (one sample a batch)
    steps, epsilon of "euler": steps of the negative and the positive phase, and their size
    scales         what first weights are multiplied by, one a block; None for 1. Deep networks want 0.5 between hidden
                   layers
    most           messages of a phase, after which a network counts as one that does not rest; on an engine, of a layer
    dither         v of each unit is moved by up to half a level, anew for each sample, of "levels"
    grid           inputs are rounded to whole multiples of 1 / grid, a power of 2; 1: to 0 and 1. None: they are real,
                   and on an engine 256
    engine         None: many samples in a call, whole layers that look in turn. "compiled" or "reference": modules on
                   that engine (`eventnet.learning.level_units`), a sample a batch, of "levels"; fifo without delays
                   gives the weights of the other to the byte, for inputs on a grid
    order          of an engine: who looks next; a name of eventnet, "lowest" or "highest" for layers, or a key
    delay          of an engine: ticks that a message takes, or the least and the greatest number, drawn for each
    seed           of first weights (Glorot, uniform) and signs; dtype: "float32" or "float64"

    weights        a list of [n_in, n_out], and biases of [n_out]: views, which may be written
    cost           what the last call of "levels" has counted; None before, for "euler", and on an engine
    tally          what the last call on an engine has counted; None before
    samples_seen   how many samples learning has shown

    Raises ModelError for options that make no sense.
    """

    def __init__(
        self, sizes: Sequence[int], *, form: str = "levels", k: int | Sequence[int] = 256,
        beta: float | tuple[float, float] = 0.5, learning_rate: Sequence[float] | None = None, learn: str = "phase",
        steps: tuple[int, int] = (20, 4),
        epsilon: float = 0.5, scales: Sequence[float] | None = None, most: int = 100_000, seed: int = 1234,
        dtype: str = "float32", dither: bool = False, grid: int | None = None, engine: str | None = None,
        order: Any = "fifo", delay: int | tuple[int, int] = 0,
    ) -> None:  # fmt: skip
        self.options = {name: value for name, value in locals().items() if name not in ("self", "sizes")}
        self.sizes = tuple(whole(size, "sizes", 1) for size in sizes)
        one_of(form, "form", FORMS)
        one_of(learn, "learn", LEARN)
        one_of(dtype, "dtype", ("float32", "float64"))
        layers = len(self.sizes) - 1
        rates = (0.1, *(0.05,) * (layers - 1)) if learning_rate is None else tuple(map(float, learning_rate))
        if layers < 1 or len(rates) != layers or (scales is not None and len(scales) != layers):
            raise ModelError(f"sizes {self.sizes} have {layers} blocks; wanted one learning rate, and scale, a block")
        self.form, self.learning, self.learning_rate = form, learn, rates
        self.first_beta, self.beta = two_betas(beta) if form == "levels" else (0.0, float(one_beta(beta)))
        self.ks = np.array([whole(n, "k", 1, 2**20) for n in (k if isinstance(k, Sequence) else (k,))])
        if not len(self.ks) or any(n % m or (n // m) & (n // m - 1) or n == m for m, n in pairwise(self.ks.tolist())):
            raise ModelError(f"k is {k}; wanted a number, or several that grow, each a power of 2 times the one before")
        self.k, self.most, self.epsilon = int(self.ks[-1]), whole(most, "most", 1), float(epsilon)
        self.steps = tuple(whole(n, "steps", 1) for n in steps)
        self.dtype, self._rng = np.dtype(dtype), np.random.default_rng(whole(seed, "seed", 0))
        self.dither, self.engine, self.order, self.delay, self.seed = bool(dither), engine, order, delay, seed
        self.grid = (256 if engine else None) if grid is None else whole(grid, "grid", 1, 2**20)
        self._check_engine()
        self.first = np.cumsum([0, *self.sizes[1:]])
        self.at = np.cumsum([0, *(a * b for a, b in zip(self.sizes, self.sizes[1:], strict=False))])
        self.w = np.concatenate([w.ravel() for w in glorot(self.sizes, self._rng, dtype, scales or ())])
        self.bias = np.zeros(self.first[-1], dtype)
        self.cost: SettlingCost | None = None
        self.tally: Tally | None = None
        self.samples_seen = 0

    def _check_engine(self) -> None:
        if self.grid is not None and self.grid & (self.grid - 1):
            raise ModelError(f"grid is {self.grid}; wanted a power of 2, of which sums are the same to the byte")
        if self.form != "levels" and (self.engine or self.dither or self.grid):
            raise ModelError(f"form is {self.form!r}; engine, dither and grid are of 'levels'")
        if self.engine:
            if len(self.ks) > 1 or self.first_beta:
                raise ModelError(
                    f"k and beta are {self.ks.tolist()} and {self.first_beta, self.beta}; an engine takes one number "
                    "of each"
                )
            one_of(self.engine, "engine", ("compiled", "reference"))
            engine_order(self.order)
            try:
                check_delay(self.delay, "delay")
            except NetworkError as error:
                raise ModelError(str(error)) from error
        elif self.order != "fifo" or self.delay != 0:
            raise ModelError(f"order is {self.order!r}, delay {self.delay}; they are of an engine: engine='compiled'")

    @property
    def weights(self) -> list[Floats]:
        """The blocks [n_in, n_out]."""
        shapes = zip(self.sizes, self.sizes[1:], strict=False)
        return [self.w[self.at[l] : self.at[l + 1]].reshape(shape) for l, shape in enumerate(shapes)]  # noqa: E741

    @property
    def biases(self) -> list[Floats]:
        """The biases [n_out] of each layer."""
        return [self.bias[a:b] for a, b in zip(self.first[:-1], self.first[1:], strict=True)]

    def _summary(self) -> Summary:
        levels = f", {self.k} levels" if self.form == "levels" else ""
        where = f", {self.engine} engine" if self.engine else ""
        return layered(
            f"EquilibriumNetwork, {self.form}{levels}, {self.dtype}{where}", of_sizes(self.sizes), self.tally
        )

    # --- learning ---
    def fit(
        self, x: ArrayLike, y: ArrayLike, epochs: int = 1, *, batch: int | None = None,
        progress: bool | Callable[..., None] = False,
    ) -> Self:  # fmt: skip
        """Learn every sample `epochs` times, in the order given, from the present weights on.

        x [n, n_in]; rho clips it to 0 to 1 in "euler", and "levels" wants it there. y: labels [n]. batch: 20, on an
        engine 1. Raises DataError for other shapes, UnsettledError where a sample of "levels" does not come to rest.
        """
        inputs, targets = self._inputs(x), self._targets(y)
        if len(inputs) != len(targets):
            raise DataError(f"{len(inputs):,} samples, but {len(targets):,} labels; wanted one a sample")
        batch = whole((1 if self.engine else 20) if batch is None else batch, "batch", 1)
        epochs = whole(epochs, "epochs", 0)
        if (self.learning == "event" or self.engine) and (batch != 1 or self.form != "levels"):
            raise ModelError(f"batch is {batch}, form {self.form!r}; learning at each event goes with 1 and 'levels'")
        counts, size, self.tally = np.zeros(len(COUNTS), np.int64), batch * max(1, ROOM // batch), None
        with Progress(progress, epochs * len(inputs)) as report:
            for epoch in range(epochs):
                for begin in range(0, len(inputs), size):
                    part = slice(begin, min(begin + size, len(inputs)))
                    if self.engine:
                        self._learn_on_engine(inputs[part], targets[part], begin)
                    else:
                        self._learn(inputs[part], targets[part], batch, counts, begin)
                    self.samples_seen += part.stop - part.start
                    report(epoch * len(inputs) + part.stop)
        self._counted(epochs * len(inputs), counts)
        return self

    def _learn_on_engine(self, x: Floats, y: Floats, begin: int) -> None:
        made = self.on_engine(1)
        sim = made.run(made.simulation(made.feed(self._whole(x), y.argmax(axis=1))), begin)
        for k, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            w[:], b[:] = sim.weights(f"W{k}"), sim.state(f"layer{k}")["bias"]
        self.tally = total([self.tally, sim.tally])

    def on_engine(self, n: int, **options: Any) -> OnEngine:
        """The network of modules as it stands, which can be read n times; options in place of this network's own."""
        given = LevelOptions(
            self.k, self.grid or 256, self.beta, self.learning, self.rates(1), check_delay(self.delay, "delay"),
            self.dither, self.most, self.seed, self.order, self.engine or "compiled",
        )  # fmt: skip
        return OnEngine(self.weights, self.biases, given._replace(**options), n, self.samples_seen if n == 1 else 0)

    def _whole(self, x: Floats) -> NDArray[np.int64]:
        """Inputs as whole numbers; they lie on the grid."""
        return np.rint(x.astype(np.float64) * (self.grid or 256)).astype(np.int64)

    def _learn(self, x: Floats, y: Floats, batch: int, counts: NDArray[np.int64], begin: int) -> None:
        whole_batches = len(x) - len(x) % batch
        for part, n in ((slice(0, whole_batches), batch), (slice(whole_batches, len(x)), len(x) - whole_batches)):
            if self.form == "euler":
                for at in range(part.start, part.stop, n or 1):
                    self._learn_euler(x[at : at + n], y[at : at + n])
            elif n:
                stuck = learn_levels(
                    x[part], y[part], self.first, self.at, self.w, self.bias, self.ks,
                    np.array([self.first_beta, self.beta]), self.rates(n), n,
                    self.learning == "event", self.most, self._dither_seed, self.samples_seen + part.start, counts,
                )  # fmt: skip
                self._rests(stuck, begin + part.start)

    def rates(self, batch: int) -> Floats:
        """Rates for `eventnet.neurons.levels.weight_change`, [2, layers]: of inputs and biases, and of blocks."""
        rate = np.array(self.learning_rate) / ((self.beta - self.first_beta) * batch * self.k)
        return np.array([rate, rate / self.k])

    def _learn_euler(self, x: Floats, y: Floats) -> None:
        beta = self.beta if self._rng.random() < 0.5 else -self.beta
        energy = Energy(self.weights, self.biases)
        drive = energy.drive(x)
        minus = self._settled(energy, x, drive)
        plus = energy.settle(x, minus, self.steps[1], self.epsilon, target=y, beta=beta, drive=drive)
        rates = [rate / beta for rate in self.learning_rate]
        descend(self.weights, self.biases, energy.contrast(x, minus, plus), rates)

    def _settled(self, energy: Energy, x: Floats, drive: Floats | None = None) -> list[Floats]:
        """States at the end of a negative phase that begins at 0."""
        zero = [np.zeros((len(x), n), self.dtype) for n in self.sizes[1:]]
        return energy.settle(x, zero, self.steps[0], self.epsilon, drive=drive)

    # --- answers ---
    def outputs(self, x: ArrayLike) -> Floats:
        """Input sums v of the outputs at rest, [n, n_out]: levels tie where k is small, v does not. "euler": states."""
        inputs = self._inputs(x)
        if self.form == "euler":
            energy, parts = Energy(self.weights, self.biases), range(0, len(inputs), ROOM)
            found = [self._settled(energy, inputs[at : at + ROOM])[-1] for at in parts]
            return np.concatenate([np.zeros((0, self.sizes[-1]), self.dtype), *found])
        return self._answers(inputs)[0]

    def states(self, x: ArrayLike) -> NDArray[np.int64]:
        """Levels at rest [n, units], hidden layers first. Raises ModelError for "euler"."""
        self._is_levels()
        return self._answers(self._inputs(x))[1]

    @property
    def _dither_seed(self) -> int:
        return self.seed if self.dither else -1

    def _answers(self, x: Floats) -> tuple[Floats, NDArray[np.int64]]:
        if self.engine:
            return self._answers_on_engine(x)
        counts = np.zeros(len(COUNTS), np.int64)
        found, states = np.zeros((len(x), self.sizes[-1])), np.zeros((len(x), len(self.bias)), np.int64)
        stuck = answer_levels(
            x, self.first, self.at, self.w, self.bias, self.ks, self.most, self._dither_seed, counts, found, states
        )
        self._rests(stuck, 0)
        self._counted(len(x), counts)
        return found, states

    def _answers_on_engine(self, x: Floats) -> tuple[Floats, NDArray[np.int64]]:
        outputs: list[Any] = [np.zeros((0, self.sizes[-1]))]
        levels: list[Any] = [np.zeros((0, len(self.bias)), np.int64)]
        self.tally = None
        for begin in range(0, len(x), ROOM):
            part = self._whole(x[begin : begin + ROOM])
            made = self.on_engine(len(part))
            made.set_samples(begin)
            sim = made.run(made.simulation(made.feed(part)), begin)
            rests, self.tally = made.rests(sim), total([self.tally, sim.tally])
            down = 1.0 / (self.grid or 256) if len(self.sizes) == 2 else 1.0 / self.k
            outputs.append(pressure(rests[-1][:, 0], rests[-1][:, 1], self.biases[-1], down, 1.0 / self.k))
            levels.append(np.concatenate([rest[:, 2] for rest in rests], axis=1).astype(np.int64))
        return np.concatenate(outputs), np.concatenate(levels)

    def predict(self, x: ArrayLike) -> NDArray[np.int64]:
        """The index of the largest output."""
        return np.asarray(self.outputs(x).argmax(axis=1), dtype=np.int64)

    def score(self, x: ArrayLike, labels: ArrayLike) -> float:
        """The share of samples whose prediction is their label."""
        return float(np.mean(self.predict(x) == np.asarray(labels)))

    # --- a look inside ---
    def energy(self, x: ArrayLike, states: ArrayLike) -> Floats:
        """E of each sample, states in levels [n, units]: exact for multiples of 2^-8 or so of weights, biases and x."""
        self._is_levels()
        n = np.asarray(states) / self.k
        parts = [n[:, a:b] for a, b in zip(self.first[:-1], self.first[1:], strict=True)]
        weights = [w.astype(np.float64) for w in self.weights]
        return Energy(weights, [b.astype(np.float64) for b in self.biases]).of(
            self._inputs(x).astype(np.float64), parts
        )

    def events(self, x: ArrayLike, label: int, order: str = "fifo", seed: int = 0) -> Events:
        """Both phases of one sample x [n_in], in an order of single units; nothing is learned.

        order: one of `eventnet.learning.settling.ORDERS` but "layers"; on an engine, one of that. Of several k, the
        last is that of both phases. Raises UnsettledError after `most` messages.
        """
        self._is_levels()
        if self.engine:
            made = self.on_engine(1, order=order, seed=seed, rates=0 * self.rates(1))
            whole_x, labels = self._whole(self._inputs(np.asarray(x)[None])), np.array([whole(label, "label", 0)])
            self._targets(labels)
            sim = made.run(made.simulation(made.feed(whole_x, labels), record=True))
            t, moves = made.moves(sim.log)
            return Events(moves[t < made.half], moves[t >= made.half])
        one_of(order, "order", ORDERS[1:])
        inputs, units = self._inputs(np.asarray(x)[None])[0], len(self.bias)
        y = self._targets(np.array([label]))[0]
        n, below, above = np.zeros(units, np.int64), np.zeros(units, self.dtype), np.zeros(units, self.dtype)
        show(inputs, self.first, self.w, n, below, above, np.zeros(len(COUNTS), np.int64))
        paths = []
        for start, beta in ((0, self.first_beta), (len(self.sizes) - 2, self.beta)):
            path = event_path(order, seed, start, self, n, below, above, y, beta, self.most)
            if path is None:
                raise UnsettledError(f"the sample did not come to rest within {self.most:,} messages in {order!r}")
            paths.append(path.copy())
        return Events(*paths)

    # --- files ---
    def save(self, path: str | Path) -> None:
        """Write sizes, options, weights and the state of training to a file; a failed write keeps the old one.

        Raises ModelError for an order that is a key function.
        """
        if not isinstance(self.order, str):
            raise ModelError("a network whose order is a key function cannot be saved: give it an order with a name")
        text = {
            "format": FORMAT, "sizes": self.sizes, "options": self.options, "samples_seen": self.samples_seen,
            "random": self._rng.bit_generator.state,
        }  # fmt: skip
        write_npz(path, json.dumps(text), {"w": self.w, "bias": self.bias})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. Raises DataError for a damaged file."""
        text, arrays = read_npz(path, FORMAT)
        with described(path, "an EquilibriumNetwork"):
            sizes = text["sizes"]
            if len(arrays["w"]) != sum(a * b for a, b in zip(sizes, sizes[1:], strict=False)):
                raise DataError(f"{path} holds {len(arrays['w'])} weights; wanted those of {str(sizes)[:80]} units")
            made = cls(sizes, **{name: _again(value) for name, value in text["options"].items()})
            for name in ("w", "bias"):
                old, new = getattr(made, name), arrays[name]
                if (new.shape, new.dtype) != (old.shape, old.dtype) or not np.isfinite(new).all():
                    raise DataError(
                        f"{path}: {name} is {new.dtype} {new.shape}; wanted {old.dtype} {old.shape}, finite"
                    )
                old[:] = new
            made.samples_seen = whole(text["samples_seen"], "samples_seen", 0, 2**62)
            made._rng.bit_generator.state = text["random"]
        return made

    # --- helpers ---
    def _is_levels(self) -> None:
        if self.form != "levels":
            raise ModelError(f"form is {self.form!r}; only 'levels' has levels and events")

    def _rests(self, stuck: int, begin: int) -> None:
        if stuck >= 0:
            raise UnsettledError(
                f"sample {begin + stuck:,} did not come to rest within {self.most:,} messages of a phase: E falls, "
                "but by little; make first weights of hidden blocks smaller (scales), or k"
            )

    def _counted(self, samples: int, counts: NDArray[np.int64]) -> None:
        known = self.form == "levels" and not self.engine
        self.cost = SettlingCost(samples, *counts.tolist()) if known else None

    def _inputs(self, x: ArrayLike) -> Floats:
        found = finite(x, self.sizes[:1], self.dtype, "x")
        if self.form == "levels" and found.size and (found.min() < 0 or found.max() > 1):
            raise DataError(f"x reaches from {found.min()} to {found.max()}; wanted 0 to 1")
        if self.grid is not None:
            found = (np.floor(found.astype(np.float64) * self.grid + 0.5) / self.grid).astype(self.dtype)
        return found

    def _targets(self, y: ArrayLike) -> Floats:
        return one_hot(y, self.sizes[-1]).astype(np.float64 if self.form == "levels" else self.dtype)


def _again(value: Any) -> Any:
    """An option as it was given: JSON has no tuples."""
    return tuple(value) if isinstance(value, list) else value
