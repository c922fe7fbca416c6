"""Spiking equilibrium propagation: units of real states that send a bit a step.

Source: P. O'Connor, Biologically plausible deep learning (2020), chapter 8 and appendix E, as his programs have it. All
layers take a step from the bits of the step before: u = sums of weights of bits, v = dec(u), total = rho'(s) (v + b),
nudged at the outputs by 2 beta (y - s), s = clip((1 - eps) s + eps total, 0, 1), bits = enc(rho(s)). It is a network on
a clock: bits are few, but every unit takes every step. Its steps are compiled: `eventnet.learning.bit_units`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.base.linear_algebra import in_one_thread
from eventnet.base.summary import Summarized, Summary
from eventnet.data import one_hot
from eventnet.errors import ModelError
from eventnet.learning.bit_units import adapt, encode_bits, follow_bits, step_units, step_units_adapting
from eventnet.models.equilibrium_files import KeptInFile
from eventnet.models.equilibrium_states import Energy, glorot, rho
from eventnet.models.shared import Floats, finite, one_of, whole
from eventnet.models.summaries import layered, of_sizes

ENCODERS = ("sigma-delta", "stochastic", "threshold")
TRACED, TRAINED = 1e-15, 1e-7
"""The `tiny` of the published step sizes, and that of the author's training."""

Schedule = Callable[[int], float]
"""A value at each step, the first being 1."""


@dataclass(frozen=True)
class PowerSchedule:
    """first / t^power, at most 1 (8.7)."""

    first: float
    power: float = 0.0

    def __call__(self, t: int) -> float:
        """The value at step t."""
        return min(self.first / float(t**self.power), 1.0)


def schedule(first: float, power: float = 0.0) -> Schedule:
    """first / t^power, at most 1 (8.7); networks with such schedules can be saved."""
    return PowerSchedule(first, power)


class Osa:
    """Optimal step-size adaptation (George and Powell 2006; E.1), an element at a time: `average` follows what it sees.

    nu_bar is the rate at which drift and noise are followed. tiny keeps 0 / 0 away. shape, dtype: of what it sees.
    """

    def __init__(self, nu_bar: float, tiny: float = TRAINED, shape: Any = (), dtype: Any = "float64") -> None:
        if not 0 < nu_bar < 1 or not tiny > 0:
            raise ModelError(f"nu_bar and tiny are {nu_bar} and {tiny}; wanted 0 to 1, and above 0")
        self.nu_bar, self.tiny = float(nu_bar), float(tiny)
        self.n, self.nu = 0, 1.0
        self._see(np.zeros(shape, dtype))

    def _see(self, x: Floats) -> None:
        self.average, self.bias, self.square, self.spread = (np.zeros_like(x) for _ in range(4))

    def begin(self) -> tuple[Any, ...]:
        """A step begins: what `eventnet.learning.bit_units` takes of it."""
        self.n += 1
        self.nu = self.nu / (1 + self.nu - self.nu_bar)
        return self.n == 1, self.nu, self.tiny, self.average, self.bias, self.square, self.spread

    def step(self, x: Floats) -> Floats:
        """The step size for what is seen now; the average has taken it."""
        if self.n == 0:
            self._see(x)
        made = np.empty_like(self.average)
        first, nu, tiny, *kept = self.begin()
        adapt(np.ravel(x), np.ravel(made), first, nu, tiny, *(part.reshape(-1) for part in kept))
        return made


@dataclass
class SpikingForm:
    """Options of units that send bits and average those that they receive.

    encoder  "sigma-delta", "stochastic" (a bit with the probability of the value) or "threshold"
    lam      of predictive coding, by step: 1 for none (8.12)
    eps      step sizes by step; None for OSA with `nu_bar`
    matched  decode with the lam that a bit was encoded with; False: with that of the next step, as the thesis has it
    """

    encoder: str = "sigma-delta"
    lam: Schedule = field(default_factory=lambda: schedule(1.0))
    eps: Schedule | None = None
    nu_bar: float = 0.0346
    tiny: float = TRAINED
    matched: bool = False

    def __post_init__(self) -> None:
        one_of(self.encoder, "encoder", ENCODERS)


class SpikingStates:
    """States, encoders and decoders of a layered network for samples [n, n_in]; `run` takes steps.

    weights [n_in, n_out] and biases [n_out] of each layer. seed: of stochastic bits. `x` may be set between steps,
    weights may not be changed: sums follow changes of bits.
    `bits` are those of the last step, of all layers, and `v` what decoders have made of those before. `ones` and
    `changes` count bits that are 1, and bits that are not those of the step before, by layer, the input first: with the
    fan-out, what sending the one or the other costs in adds.
    """

    def __init__(
        self, x: Floats, weights: Sequence[Floats], biases: Sequence[Floats], form: SpikingForm, seed: int = 0
    ) -> None:
        self.weights, self.biases, self.form, self.t = list(weights), list(biases), form, 0
        self.x = rho(x)
        self._down = [np.ascontiguousarray(w.T) for w in self.weights[1:]]
        shapes = [(len(x), w.shape[1]) for w in weights]
        self.states: list[Floats] = [np.zeros(shape, x.dtype) for shape in shapes]
        all_shapes = [x.shape, *shapes]
        self._last, self._phi, self.bits, self._was = (
            [np.zeros(shape, x.dtype) for shape in all_shapes] for _ in range(4)
        )
        self.v, self._below = ([np.zeros(shape, x.dtype) for shape in shapes] for _ in range(2))
        self._above = [np.zeros(shape, x.dtype) for shape in shapes[:-1]] + [np.zeros((0, 0), x.dtype)]
        self._osa = [Osa(form.nu_bar, form.tiny, shape, x.dtype) for shape in shapes] if form.eps is None else []
        self._rng, self._none = np.random.default_rng(seed), np.zeros((0, 0), x.dtype)
        self._counts = np.zeros((len(all_shapes), 2), np.int64)

    @property
    def ones(self) -> NDArray[np.int64]:
        """Bits that were 1, by layer."""
        return self._counts[:, 0]

    @property
    def changes(self) -> NDArray[np.int64]:
        """Bits that were not those of the step before, by layer."""
        return self._counts[:, 1]

    def run(self, steps: int, *, target: Floats | None = None, beta: float = 0.0) -> list[Floats]:
        """So many steps; what schedules and averages have come to goes on. Returns the states."""
        for _ in range(steps):
            self._step(target, beta)
        return [s.copy() for s in self.states]

    def _step(self, target: Floats | None, beta: float) -> None:
        encoded, self.t = self.form.lam(max(self.t, 1)), self.t + 1
        lam = encoded if self.form.matched else self.form.lam(self.t)
        for k, s in enumerate(self.states):
            wanted = self._none if target is None or k + 1 < len(self.states) else target
            given = s, self._below[k], self._above[k], self.v[k], self.biases[k], lam, wanted, 2 * beta
            if self.form.eps is not None:
                step_units(*given, self.form.eps(self.t))
            else:
                step_units_adapting(*given, *self._osa[k].begin())
        for k, value in enumerate([self.x, *self.states]):
            self._encode(k, value)

    def _encode(self, k: int, value: Floats) -> None:
        """Bits of layer k; the layers above and below hear of those that change."""
        form, bits, was = self.form, self.bits[k], self._was[k]
        draws = self._rng.random(bits.shape) if form.encoder == "stochastic" else np.zeros((0, 0))
        encode_bits(
            ENCODERS.index(form.encoder), value, form.lam(self.t), draws, self._last[k], self._phi[k], bits, was,
            self._counts[k],
        )  # fmt: skip
        if k < len(self.states):
            follow_bits(bits, was, self.weights[k], self._below[k])
        if k > 1:
            follow_bits(bits, was, self._down[k - 2], self._above[k - 2])


@in_one_thread
class SpikingEquilibriumNetwork(KeptInFile, Summarized):
    """Equilibrium propagation with units that send a bit a step (8.5.2).

    sizes          units of each layer, the input first
    form           how units send and average
    steps          of the negative and the positive phase; the published ones are 100 and 50
    learning_rate  one a layer; beta: its sign is drawn anew for every batch, as published
    seed           of weights (Glorot, uniform), signs and stochastic bits; dtype: "float32" or "float64"

    ones, changes  bits that the last call sent, by layer: those that were 1, and those that were not as before

    Raises ModelError for options that make no sense.
    """

    FORMAT = "eventnet-spiking-equilibrium-network-1"

    def __init__(
        self, sizes: Sequence[int], form: SpikingForm | None = None, *, steps: tuple[int, int] = (100, 50),
        learning_rate: Sequence[float] = (0.1, 0.05), beta: float = 0.5, seed: int = 1234, dtype: str = "float32",
    ) -> None:  # fmt: skip
        self.options = {name: value for name, value in locals().items() if name not in ("self", "sizes", "form")}
        self.sizes = tuple(whole(size, "sizes", 1) for size in sizes)
        one_of(dtype, "dtype", ("float32", "float64"))
        if len(self.sizes) < 2 or len(learning_rate) != len(self.sizes) - 1 or not beta > 0:
            raise ModelError(f"sizes are {self.sizes}, beta {beta}; wanted a learning rate a layer, and beta above 0")
        self.form = SpikingForm(lam=schedule(0.275)) if form is None else form
        self.steps, self.beta = tuple(whole(n, "steps", 1) for n in steps), float(beta)
        self.learning_rate, self.dtype = tuple(map(float, learning_rate)), np.dtype(dtype)
        self._rng = np.random.default_rng(whole(seed, "seed", 0))
        self.weights = glorot(self.sizes, self._rng, dtype)
        self.biases: list[Floats] = [np.zeros(n, dtype) for n in self.sizes[1:]]
        self.ones, self.changes = np.zeros(len(self.sizes), np.int64), np.zeros(len(self.sizes), np.int64)

    def _summary(self) -> Summary:
        return layered(f"SpikingEquilibriumNetwork, {self.form.encoder}, {self.dtype}", of_sizes(self.sizes))

    def partial_fit(self, x: ArrayLike, y: ArrayLike, batch: int = 20) -> Self:
        """Every sample once, in batches in the order given; x [n, n_in], y: labels [n]."""
        inputs, targets = self._inputs(x), one_hot(y, self.sizes[-1]).astype(self.dtype)
        self._count_anew()
        for begin in range(0, len(inputs), whole(batch, "batch", 1)):
            part = slice(begin, begin + batch)
            beta = self.beta if self._rng.random() < 0.5 else -self.beta
            made = self._states(inputs[part])
            minus = made.run(self.steps[0])
            plus = made.run(self.steps[1], target=targets[part], beta=beta)
            self._count(made)
            contrast = Energy(self.weights, self.biases).contrast(inputs[part], minus, plus)
            for k, (d_w, d_b) in enumerate(contrast):
                self.weights[k] -= (self.learning_rate[k] / beta * d_w).astype(self.dtype)
                self.biases[k] -= (self.learning_rate[k] / beta * d_b).astype(self.dtype)
        return self

    def outputs(self, x: ArrayLike) -> Floats:
        """States of the outputs [n, n_out] after a negative phase."""
        inputs = self._inputs(x)
        self._count_anew()
        found = [np.zeros((0, self.sizes[-1]), self.dtype)]
        for begin in range(0, len(inputs), 500):
            made = self._states(inputs[begin : begin + 500])
            found.append(made.run(self.steps[0])[-1])
            self._count(made)
        return np.concatenate(found)

    def predict(self, x: ArrayLike) -> NDArray[np.int64]:
        """The index of the largest output."""
        return np.asarray(self.outputs(x).argmax(axis=1), dtype=np.int64)

    def score(self, x: ArrayLike, labels: ArrayLike) -> float:
        """The share of samples whose prediction is their label."""
        return float(np.mean(self.predict(x) == np.asarray(labels)))

    def adds(self, sent: NDArray[np.int64]) -> int:
        """Adds that bits by layer (`ones` or `changes`) cost: each goes to all units of the layers above and below."""
        above = [*self.sizes[1:], 0]
        below = [0, 0, *self.sizes[1:-1]]
        return sum(int(n) * (up + down) for n, up, down in zip(sent, above, below, strict=True))

    # --- files ---
    def kept_options(self) -> dict[str, Any]:
        """The options and the form, if its schedules are no functions of your own."""
        for name, given in (("lam", self.form.lam), ("eps", self.form.eps)):
            if given is not None and not isinstance(given, PowerSchedule):
                raise ModelError(f"{name} is a function of your own and cannot be saved; wanted schedule(first, power)")
        return self.options | {"form": asdict(self.form)}

    @classmethod
    def from_options(cls, sizes: Sequence[int], options: dict[str, Any]) -> Self:
        """A network of the options that `options` holds, and of its form as a dict."""
        form = dict(options["form"])
        for name in ("lam", "eps"):
            if form[name] is not None:
                form[name] = schedule(**form[name])
        return cls(sizes, SpikingForm(**form), **{name: options[name] for name in options if name != "form"})

    def arrays(self) -> dict[str, Floats]:
        """Weights and biases by name, a layer each: what learning moves."""
        kinds = {"w": self.weights, "b": self.biases}
        return {f"{kind}{k}": array for kind, arrays in kinds.items() for k, array in enumerate(arrays)}

    def _states(self, x: Floats) -> SpikingStates:
        return SpikingStates(x, self.weights, self.biases, self.form, int(self._rng.integers(2**31)))

    def _count_anew(self) -> None:
        self.ones, self.changes = np.zeros_like(self.ones), np.zeros_like(self.changes)

    def _count(self, made: SpikingStates) -> None:
        self.ones += made.ones
        self.changes += made.changes

    def _inputs(self, x: ArrayLike) -> Floats:
        return finite(x, self.sizes[:1], self.dtype, "x")
