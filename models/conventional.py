"""A plain trainable network: dense layers, convolutions and average pooling, with softmax on top.

It is the conventional twin of an event-driven network: `layers()` describes what it has learned in the terms of
eventnet.models.layers, batch normalisation folded away, and `operations` counts the multiply-adds that events are
compared with. It learns by stochastic gradient descent on the mean negative log-likelihood of the labels.

Its matrices are small: where other work shares the cores, NumPy's threads wait for one another, and learning took up
to 90 times as long as with OPENBLAS_NUM_THREADS=1 (2 cores, load 5). Where the cores are free, one thread is as fast.

Sources: X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural networks (2010),
for the initial weights; S. Ioffe and C. Szegedy, Batch normalization (2015).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from eventnet.data import one_hot
from eventnet.errors import DataError, ModelError
from eventnet.files import read_npz, write_npz
from eventnet.models import layers as described
from eventnet.models.layers import AveragePool2d
from eventnet.models.relu import Operations

FORMAT = "eventnet-conventional-network-1"
INITS = ("glorot", "he")
ACTIVATIONS: dict[str, described.Activation] = {
    "relu": described.ReLU(),
    "hard_sigmoid": described.HardSigmoid(),
    "tanh": described.Tanh(),
    "identity": described.Identity(),
}
CHUNK = 250
"""Samples that are answered at once: it bounds the memory that convolutions take. Learning does not depend on it."""
KEPT = 0.9
"""What a batch leaves of the running mean and variance of batch normalisation, once ten batches have been seen."""
EPSILON = 1e-5
"""Added to variances before their root is divided by."""

Floats = NDArray[np.floating[Any]]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class DenseSpec:
    """A dense layer of `units`; normalize: batch normalisation, unit by unit, before the activation."""

    units: int
    normalize: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", _whole(self.units, "units", 1))


@dataclass(frozen=True)
class ConvSpec:
    """A convolution with `channels` outputs; normalize: batch normalisation, channel by channel, before the activation.

    size, stride: one number or (height, width). padding: one number, (height, width), or (top, left, bottom, right).
    """

    channels: int
    size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    normalize: bool

    def __init__(
        self, channels: int, size: int | Sequence[int], *, stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] = 0, normalize: bool = False,
    ) -> None:  # fmt: skip
        window = AveragePool2d(size, stride=stride, padding=padding)  # which checks the same three
        object.__setattr__(self, "channels", _whole(channels, "channels", 1))
        object.__setattr__(self, "size", window.size)
        object.__setattr__(self, "stride", window.stride)
        object.__setattr__(self, "padding", window.padding)
        object.__setattr__(self, "normalize", normalize)


Spec = DenseSpec | ConvSpec | AveragePool2d
KINDS: dict[str, Callable[..., Spec]] = {"DenseSpec": DenseSpec, "ConvSpec": ConvSpec, "AveragePool2d": AveragePool2d}


class ConventionalNetwork:
    """Layers that learn by stochastic gradient descent; softmax turns the last one's outputs into probabilities.

    sizes           what an input has, then each layer's units, as [784, 200, 10]; see `of` for convolutions
    learning_rate   a step is this times the gradient of the batch's mean loss
    momentum        what a step keeps of the one before, 0 or more and below 1
    batch           samples a step; 1 is online learning. The last batch of a pass may be smaller
    init            initial weights are normal: "glorot" has the variance 2 / (n_in + n_out), "he" 2 / n_in, where a
                    convolution has n_in = c_in * height * width of its kernel, and n_out likewise. Biases start at 0
    activation      of every layer with weights but the last: "relu", "hard_sigmoid", "tanh" or "identity"
    dtype           "float32" or "float64"
    seed            of the initial weights, drawn layer after layer, and of the order in which `fit` shuffles

    losses          the mean loss of each epoch of the last `fit`, as it was while learning

    The derivative of a rectified unit at 0 is 1, as is a hard sigmoid's at 0 and 1. Raises ModelError when an option
    makes no sense or the layers do not fit together.
    """

    def __init__(
        self, sizes: Sequence[int], *, learning_rate: float = 0.01, momentum: float = 0.0, batch: int = 20,
        init: str = "glorot", activation: str = "relu", dtype: str = "float32", seed: int = 1234,
    ) -> None:  # fmt: skip
        if len(sizes) < 2:
            raise ModelError(f"sizes are {list(sizes)}; wanted two or more numbers of units")
        self._describe([DenseSpec(units) for units in sizes[1:]], (_whole(sizes[0], "inputs", 1),))
        self._set_options(learning_rate, momentum, batch, init, activation, dtype, seed)
        self._start_afresh()

    @classmethod
    def of(cls, blueprint: Sequence[Spec | int], input_shape: Sequence[int], **options: Any) -> Self:
        """A network of ConvSpec, AveragePool2d (of eventnet.models.layers) and DenseSpec; a number is a DenseSpec.

        input_shape: (channels, height, width), or (units,). Feature maps are flattened before the first dense layer.
        The last layer must be dense. `options` are the constructor's. Raises ModelError as it does.
        """
        made = cls([1, 1], **options)
        made._describe([spec if isinstance(spec, Spec) else DenseSpec(spec) for spec in blueprint], input_shape)
        made._check_batch()
        made._start_afresh()
        return made

    # --- options ---
    def _describe(self, blueprint: list[Spec], input_shape: Sequence[int]) -> None:
        self.blueprint, self.input_shape = blueprint, tuple(_whole(n, "input_shape", 1) for n in input_shape)
        if len(self.input_shape) not in (1, 3):
            raise ModelError(f"input_shape is {self.input_shape}; wanted (units,) or (channels, height, width)")
        if not blueprint or not isinstance(blueprint[-1], DenseSpec):
            raise ModelError("the blueprint does not end in a DenseSpec, whose outputs are the classes")
        self.classes = blueprint[-1].units
        self._shapes = _shapes(blueprint, self.input_shape)

    def _set_options(
        self, learning_rate: float, momentum: float, batch: int, init: str, activation: str, dtype: str, seed: int
    ) -> None:
        # float(): a NumPy scalar of double precision would turn every float32 step into float64.
        self.learning_rate, self.momentum = float(learning_rate), float(momentum)
        self.batch, self.seed = _whole(batch, "batch", 1), _whole(seed, "seed", 0)
        self.init, self.activation = init, activation
        if not (self.learning_rate > 0 and np.isfinite(self.learning_rate)):
            raise ModelError(f"learning_rate is {learning_rate}; wanted a number above 0")
        if not 0 <= self.momentum < 1:
            raise ModelError(f"momentum is {momentum}; wanted 0 or more and below 1")
        if self.seed >= 2**32:
            raise ModelError(f"seed is {seed}; wanted less than 2^32")
        choices = {"init": INITS, "activation": tuple(ACTIVATIONS), "dtype": ("float32", "float64")}
        for name, found in (("init", init), ("activation", activation), ("dtype", dtype)):
            if found not in choices[name]:
                raise ModelError(f"{name} is {found!r}; it can be {' or '.join(map(repr, choices[name]))}")
        self.dtype = np.dtype(dtype)

    @property
    def _normalizes(self) -> bool:
        return any(not isinstance(spec, AveragePool2d) and spec.normalize for spec in self.blueprint)

    def _check_batch(self) -> None:
        if self._normalizes and self.batch < 2:
            raise ModelError(f"batch is {self.batch}; batch normalisation wants 2 samples or more")

    def _start_afresh(self) -> None:
        """Initial weights, and the generator that drew them."""
        self._random = np.random.RandomState(self.seed)
        self._parts = self._build()
        self.losses: list[float] = []

    def _build(self) -> list[_Part]:
        parts: list[_Part] = []
        for k, (spec, shape) in enumerate(zip(self.blueprint, self._shapes)):
            if isinstance(spec, AveragePool2d):
                parts.append(_Pool(spec, shape))
                continue
            if isinstance(spec, DenseSpec):
                if len(shape) == 3:
                    parts.append(_Flatten(shape))
                parts.append(_Dense(self._draw((int(np.prod(shape)), spec.units), 0), not spec.normalize))
            else:
                kernels = self._draw((spec.channels, shape[0], *spec.size), 1)
                parts.append(_Conv(spec, shape, kernels))
            parts[-1].name = f"layer{k}"
            if spec.normalize:
                units = spec.units if isinstance(spec, DenseSpec) else spec.channels
                parts.append(_Norm(units, self.dtype, f"layer{k}"))
            if k < len(self.blueprint) - 1:
                parts.append(GATES[self.activation]())
        return parts

    def _draw(self, shape: Shape, input_axis: int) -> Floats:
        """Initial weights: dense [n_in, n_out], or kernels [c_out, c_in, height, width]."""
        area = int(np.prod(shape[2:]))
        n_in, n_out = area * shape[input_axis], area * shape[1 - input_axis]
        variance = 2 / (n_in + n_out) if self.init == "glorot" else 2 / n_in
        drawn: Floats = (np.sqrt(variance) * self._random.randn(*shape)).astype(self.dtype)
        return drawn

    # --- learning ---
    def fit(
        self, x: ArrayLike, labels: ArrayLike, epochs: int = 1, progress: bool = False, shuffle: bool = True
    ) -> Self:
        """Learn from the initial weights on: every sample once an epoch, in a new order each unless `shuffle` is off.

        x: [n, units] or [n, channels, height, width]. labels: integers [n]. progress: write the mean loss to stderr
        after each epoch.
        Raises DataError when x or the labels have a wrong shape or values, ModelError when the loss or the weights are
        no longer finite; the network then has the weights of the end of the last good epoch.
        """
        inputs, targets = self._samples(x, labels)
        epochs = _whole(epochs, "epochs", 0)
        self._start_afresh()
        for epoch in range(1, epochs + 1):
            order = self._random.permutation(len(inputs)) if shuffle else None
            self.losses.append(self._pass(inputs, targets, order, f"in epoch {epoch} of {epochs}"))
            if progress:
                print(f"epoch {epoch} of {epochs}: loss {self.losses[-1]:.4f}", file=sys.stderr)
        return self

    def partial_fit(self, x: ArrayLike, labels: ArrayLike) -> Self:
        """Learn from the present weights on, every sample once in order; arguments and errors are those of `fit`."""
        inputs, targets = self._samples(x, labels)
        self._pass(inputs, targets, None, "in a pass over the samples")
        return self

    def gradient(self, x: ArrayLike, labels: ArrayLike) -> tuple[float, dict[str, Floats]]:
        """The mean loss of these samples as one batch, and its gradient, under the names of `parameters`.

        Batch normalisation takes the batch's own mean and variance here, as it does when learning.
        """
        inputs, targets = self._samples(x, labels)
        loss = self._descend_to(inputs, targets, 1.0)
        for part in self._parts:
            part.measure()
        return loss, {
            f"{part.name}.{name}": array.copy() for part in self._parts for name, array in part.gradients.items()
        }

    def parameters(self) -> dict[str, Floats]:
        """What is learned: the arrays themselves, not copies.

        layer{k}.weights: dense [n_in, n_out], or convolution [height * width * c_in, c_out], channels fastest.
        layer{k}.bias, and layer{k}.gain under batch normalisation: [n_out].
        """
        return {f"{part.name}.{name}": array for part in self._parts for name, array in part.learned.items()}

    def _pass(self, inputs: Floats, targets: Floats, order: NDArray[np.intp] | None, where: str) -> float:
        """The mean loss of one pass. One that goes astray changes nothing in the end."""
        kept = {name: array.copy() for name, array in self._state().items()}
        total = 0.0
        with np.errstate(all="ignore"):
            for chosen in self._batches(len(inputs)):
                taken: Any = chosen if order is None else order[chosen]
                total += (chosen.stop - chosen.start) * self._step(inputs[taken], targets[taken])
                if not np.isfinite(total):
                    break
        if not (np.isfinite(total) and all(np.isfinite(array).all() for array in self._state().values())):
            for name, array in self._state().items():
                array[...] = kept[name]
            raise ModelError(
                f"the loss or the weights grew without bound {where}; lower the learning rate of {self.learning_rate}. "
                "The network has the weights from before that pass"
            )
        return total / len(inputs)

    def _batches(self, n: int) -> Iterator[slice]:
        """Slices of `batch` samples; a single sample left over joins the batch before it under batch normalisation."""
        ends = [*range(self.batch, n, self.batch), n]
        if self._normalizes and len(ends) > 1 and ends[-1] - ends[-2] == 1:
            del ends[-2]
        return (slice(begin, end) for begin, end in zip([0, *ends], ends))

    def _step(self, x: Floats, targets: Floats) -> float:
        loss = self._descend_to(x, targets, self.learning_rate)
        for part in self._parts:
            part.learn(self.momentum)
        return loss

    def _descend_to(self, x: Floats, targets: Floats, rate: float) -> float:
        """The batch's mean loss; each part can then measure `rate` times its gradient."""
        for part in self._parts:
            x = part.forward(x, True)
        loss, error = _softmax_loss(x, targets)
        # Scaled once here, on [n, classes], and not once more for every weight: gradients are linear in it.
        error *= rate
        for k in range(len(self._parts) - 1, -1, -1):
            error = self._parts[k].backward(error, k > 0)
        return loss

    # --- answers ---
    def predict(self, x: ArrayLike) -> NDArray[np.int64]:
        """The most probable label, int64 [n]; the lowest wins a tie. Raises DataError as `fit` does."""
        return np.asarray(self._outputs(self._inputs(x)).argmax(1), np.int64)

    def predict_proba(self, x: ArrayLike) -> Floats:
        """The probability of each label, [n, classes]. Raises DataError as `fit` does."""
        return _softmax(self._outputs(self._inputs(x)))

    def score(self, x: ArrayLike, labels: ArrayLike) -> float:
        """The share of samples whose prediction is their label. Raises DataError as `fit` does."""
        inputs, targets = self._samples(x, labels, 1)
        return float(np.mean(self._outputs(inputs).argmax(1) == targets.argmax(1)))

    def _outputs(self, inputs: Floats) -> Floats:
        """What goes into softmax, [n, classes]."""
        found = [np.empty((0, self.classes), self.dtype)]
        for begin in range(0, len(inputs), CHUNK):
            x = inputs[begin : begin + CHUNK]
            for part in self._parts:
                x = part.forward(x, False)
            found.append(x)
        return np.concatenate(found)

    def layers(self) -> list[described.Layer]:
        """The network as descriptions, batch normalisation folded into weights and biases; the last is Softmax."""
        made: list[described.Layer] = []
        for k, part in enumerate(self._parts):
            after = self._parts[k + 1] if k + 1 < len(self._parts) else None
            if isinstance(part, (_Dense, _Conv)):
                made.append(part.folded(after if isinstance(after, _Norm) else None))
            elif isinstance(part, _Pool):
                made.append(part.spec)
            elif isinstance(part, _Flatten):
                made.append(described.Flatten())
            elif not isinstance(part, _Norm):
                made.append(ACTIVATIONS[self.activation])
        return [*made, described.Softmax()]

    def operations(self, x: ArrayLike) -> Operations:
        """The multiply-adds of a forward pass, dense and sparse, for each sample of x.

        Padding is not counted: at a border an input meets as many weights as there are windows that cover it. A window
        of average pooling counts as a multiply-add a pixel. Batch normalisation is folded away, and biases and
        activations are left out. Raises DataError as `fit` does.
        """
        inputs = self._inputs(x)
        fans = [part.fan_out() for part in self._parts]
        dense = sum(int(fan.sum()) for fan in fans if fan is not None)
        sparse = [np.zeros(0, np.int64)]
        for begin in range(0, len(inputs), CHUNK):
            x_part = inputs[begin : begin + CHUNK]
            counted = np.zeros(len(x_part))
            for part, fan in zip(self._parts, fans):
                if fan is not None:
                    # Products of doubles are exact for whole numbers below 2^53, and faster than those of integers.
                    counted += (x_part != 0).reshape(len(x_part), -1).astype(np.float64) @ fan.ravel()
                x_part = part.forward(x_part, False)
            sparse.append(counted.astype(np.int64))
        return Operations(dense, np.concatenate(sparse))

    # --- samples ---
    def _inputs(self, x: ArrayLike) -> Floats:
        """x in the network's number type; feature maps with their channels last, as the parts want them."""
        wanted = f"[n, {', '.join(map(str, self.input_shape))}]"
        try:
            found = np.asarray(x)
        except ValueError as error:
            raise DataError(f"x has rows of different lengths; wanted the shape {wanted}") from error
        if found.ndim == 0 or found.shape[1:] != self.input_shape:
            raise DataError(f"x has the shape {list(found.shape)}; wanted {wanted}")
        if found.dtype.kind not in "biuf":
            raise DataError(f"x is {found.dtype}; wanted real numbers")
        with np.errstate(over="ignore"):  # what is too large for the number type is found below
            array: Floats = found.astype(self.dtype, order="C", copy=False)
        finite = np.isfinite(array)
        if not finite.all():
            place = tuple(int(n) for n in np.argwhere(~finite)[0])
            raise DataError(f"x{list(place)} is {found[place]}; wanted finite {self.dtype} numbers")
        return np.ascontiguousarray(array.transpose(0, 2, 3, 1)) if array.ndim == 4 else array

    def _samples(self, x: ArrayLike, labels: ArrayLike, least: int | None = None) -> tuple[Floats, Floats]:
        """x as `_inputs` makes it, and the labels as targets [n, classes]; learning wants 2 samples to normalise."""
        inputs, targets = self._inputs(x), one_hot(labels, self.classes)
        least = 1 + self._normalizes if least is None else least
        if len(inputs) != len(targets):
            raise DataError(f"{len(inputs):,} samples, but {len(targets):,} labels; wanted one a sample")
        if len(inputs) < least:
            raise DataError(f"x has {len(inputs)} samples; wanted {least} or more")
        return inputs, targets

    # --- files ---
    def _state(self) -> dict[str, Floats]:
        """Every array that learning changes: weights, running means and variances, and what momentum keeps."""
        named = self.parameters()
        for part in self._parts:
            named |= {f"{part.name}.{name}": array for name, array in part.statistics.items()}
            if self.momentum:
                named |= {f"{part.name}.{name}.velocity": array for name, array in part.velocities().items()}
        return named

    def save(self, path: str | Path) -> None:
        """Write layers, options, weights and the state of learning to one file; a failed write leaves the old one.

        `partial_fit` of the network that `load` reads goes on as if it had never stopped.
        """
        names = ("learning_rate", "momentum", "batch", "init", "activation", "seed")
        text = {
            "format": FORMAT,
            "input_shape": self.input_shape,
            "blueprint": [{"kind": type(spec).__name__, **asdict(spec)} for spec in self.blueprint],
            "options": {name: getattr(self, name) for name in names} | {"dtype": str(self.dtype)},
            "losses": self.losses,
        }
        write_npz(path, json.dumps(text), dict(self._state()))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. Raises DataError for a file that is absent, damaged or something else."""
        text, arrays = read_npz(path, FORMAT)
        try:
            specs = [KINDS[spec.pop("kind")](**spec) for spec in text["blueprint"]]
            made = cls.of(specs, text["input_shape"], **text["options"])
            made.losses = [float(loss) for loss in text["losses"]]
            for name, array in made._state().items():
                found = arrays[name]
                if found.shape != array.shape or found.dtype != array.dtype or not np.isfinite(found).all():
                    wanted = f"{array.dtype} {list(array.shape)}, finite"
                    raise DataError(f"{path}: {name} is {found.dtype} {list(found.shape)}; wanted {wanted}")
                if name.endswith(".variance") and found.min() < 0:
                    raise DataError(f"{path}: {name} holds {found.min()}; wanted variances, 0 or more")
                array[...] = found
        except DataError:
            raise
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, MemoryError) as error:
            raise DataError(f"{path} does not describe a conventional network: {error}") from error
        return made


class _Part:
    """One stage of the network. Feature maps have their channels last here, [n, height, width, channels].

    learned, gradients: arrays under the same names, made once and then written in place. statistics: what learning
    changes besides.
    """

    name = ""

    def __init__(self, **learned: Floats) -> None:
        self.learned = learned
        self.gradients = {name: np.zeros_like(array) for name, array in learned.items()}
        self.statistics: dict[str, Floats] = {}
        self._velocities: dict[str, Floats] = {}

    def forward(self, x: Floats, learning: bool) -> Floats:
        """What this part makes of a batch."""
        raise NotImplementedError

    def backward(self, error: Floats, below: bool) -> Floats:
        """The error of the last learning `forward`'s inputs, if the part `below` wants it."""
        raise NotImplementedError

    def measure(self) -> None:
        """Set the gradients from what `forward` and `backward` have kept."""

    def fan_out(self) -> NDArray[np.int64] | None:
        """Multiply-adds that each input takes part in, for those parts that have any."""
        return None

    def velocities(self) -> dict[str, Floats]:
        """What momentum keeps of the steps, made when first asked for."""
        if self.learned and not self._velocities:
            self._velocities = {name: np.zeros_like(array) for name, array in self.learned.items()}
        return self._velocities

    def learn(self, momentum: float) -> None:
        """Take a step down the gradients, which the learning rate has scaled."""
        self.measure()
        for name, array in self.learned.items():
            step = self.gradients[name]
            if momentum:
                velocity = self.velocities()[name]
                velocity *= momentum
                velocity += step
                step = velocity
            array -= step


class _Dense(_Part):
    def __init__(self, weights: Floats, with_bias: bool) -> None:
        bias = {"bias": np.zeros(weights.shape[1], weights.dtype)} if with_bias else {}
        super().__init__(weights=weights, **bias)

    def forward(self, x: Floats, learning: bool) -> Floats:
        self._x = x
        made: Floats = x @ self.learned["weights"]
        if "bias" in self.learned:
            made += self.learned["bias"]
        return made

    def backward(self, error: Floats, below: bool) -> Floats:
        self._error = error
        return error @ self.learned["weights"].T if below else error

    def measure(self) -> None:
        np.matmul(self._x.T, self._error, out=self.gradients["weights"])
        if "bias" in self.learned:
            self._error.sum(axis=0, out=self.gradients["bias"])

    def learn(self, momentum: float) -> None:
        if momentum or len(self._x) > 1:
            super().learn(momentum)
            return
        # One sample changes the rows of its inputs that are not zero: 10,000 digits a second or more in 784-200-10,
        # where whole matrices manage 4,300.
        sample, change = self._x[0], self._error[0]
        active = sample.nonzero()[0]
        self.learned["weights"][active] -= sample[active, None] * change
        if "bias" in self.learned:
            self.learned["bias"] -= change

    def fan_out(self) -> NDArray[np.int64]:
        n_in, n_out = self.learned["weights"].shape
        return np.full(n_in, n_out, np.int64)

    def folded(self, norm: _Norm | None) -> described.Dense:
        gain, bias = _affine(self, norm)
        return described.Dense(self.learned["weights"].astype(np.float64) * gain, bias)


class _Conv(_Part):
    """Windows laid out as the rows of a matrix, times a matrix of kernels."""

    def __init__(self, spec: ConvSpec, shape: Shape, kernels: Floats) -> None:
        bias = {} if spec.normalize else {"bias": np.zeros(spec.channels, kernels.dtype)}
        matrix = np.ascontiguousarray(kernels.transpose(2, 3, 1, 0).reshape(-1, spec.channels))
        super().__init__(weights=matrix, **bias)
        self.spec, self.shape = spec, shape

    def forward(self, x: Floats, learning: bool) -> Floats:
        seen = _windows(_padded(x, self.spec.padding), self.spec.size, self.spec.stride)
        n, height, width = seen.shape[:3]
        self._rows = seen.reshape(n * height * width, -1)
        made: Floats = self._rows @ self.learned["weights"]
        if "bias" in self.learned:
            made += self.learned["bias"]
        return made.reshape(n, height, width, -1)

    def backward(self, error: Floats, below: bool) -> Floats:
        self._error = error.reshape(-1, error.shape[3])
        if not below:
            return error
        channels, *map_size = self.shape
        spread = (self._error @ self.learned["weights"].T).reshape(*error.shape[:3], *self.spec.size, channels)
        return _gathered(spread, self.spec, (map_size[0], map_size[1]))

    def measure(self) -> None:
        np.matmul(self._rows.T, self._error, out=self.gradients["weights"])
        if "bias" in self.learned:
            self.gradients["bias"][:] = _column_sums(self._error)

    def fan_out(self) -> NDArray[np.int64]:
        return self.spec.channels * _covers(self.spec, self.shape)

    def folded(self, norm: _Norm | None) -> described.Conv2d:
        gain, bias = _affine(self, norm)
        matrix = self.learned["weights"].astype(np.float64) * gain
        kernels = matrix.reshape(*self.spec.size, self.shape[0], -1).transpose(3, 2, 0, 1)
        return described.Conv2d(kernels, bias, stride=self.spec.stride, padding=self.spec.padding)


class _Pool(_Part):
    def __init__(self, spec: AveragePool2d, shape: Shape) -> None:
        super().__init__()
        self.spec, self.shape, self.area = spec, shape, spec.size[0] * spec.size[1]

    def forward(self, x: Floats, learning: bool) -> Floats:
        seen = _windows(_padded(x, self.spec.padding), self.spec.size, self.spec.stride)
        made: Floats = seen.sum(axis=(3, 4))
        made /= self.area
        return made

    def backward(self, error: Floats, below: bool) -> Floats:
        if not below:
            return error
        n, height, width, channels = error.shape
        spread = np.broadcast_to(
            (error / self.area)[:, :, :, None, None], (n, height, width, *self.spec.size, channels)
        )
        return _gathered(spread, self.spec, (self.shape[1], self.shape[2]))

    def fan_out(self) -> NDArray[np.int64]:
        return _covers(self.spec, self.shape)


class _Flatten(_Part):
    """Feature maps as vectors: channel by channel, row by row."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Floats, learning: bool) -> Floats:
        return x.transpose(0, 3, 1, 2).reshape(len(x), -1)

    def backward(self, error: Floats, below: bool) -> Floats:
        return np.ascontiguousarray(error.reshape(-1, *self.shape).transpose(0, 2, 3, 1))


class _Norm(_Part):
    """Batch normalisation over everything but the last axis.

    Its running mean and variance are plain means over the first ten batches and forget older ones from there on.
    """

    def __init__(self, units: int, dtype: np.dtype[Any], name: str) -> None:
        super().__init__(gain=np.ones(units, dtype), bias=np.zeros(units, dtype))
        self.statistics = {
            "mean": np.zeros(units, dtype), "variance": np.ones(units, dtype), "batches": np.zeros(1, dtype)
        }  # fmt: skip
        self.name = name

    def affine(self) -> tuple[Floats, Floats]:
        """Factor and addend, float64 [units], that answer in its place."""
        mean, variance = (self.statistics[name].astype(np.float64) for name in ("mean", "variance"))
        factor = self.learned["gain"] / np.sqrt(variance + EPSILON)
        return factor, self.learned["bias"] - mean * factor

    def forward(self, x: Floats, learning: bool) -> Floats:
        flat = x.reshape(-1, x.shape[-1])
        if learning:
            self._mean = _column_sums(flat) / len(flat)
            normal = flat - self._mean
            self._variance = _column_sums(normal * normal) / len(flat)
            self._inverse = 1 / np.sqrt(self._variance + EPSILON)
            normal *= self._inverse
            self._normal = normal
        else:
            normal = (flat - self.statistics["mean"]) / np.sqrt(self.statistics["variance"] + EPSILON)
        return (normal * self.learned["gain"] + self.learned["bias"]).reshape(x.shape)

    def backward(self, error: Floats, below: bool) -> Floats:
        flat, n = error.reshape(-1, error.shape[-1]), len(self._normal)
        self.gradients["bias"][:] = _column_sums(flat)
        self.gradients["gain"][:] = _column_sums(flat * self._normal)
        passed = flat - self._normal * (self.gradients["gain"] / n)
        passed -= self.gradients["bias"] / n
        passed *= self.learned["gain"] * self._inverse
        return passed.reshape(error.shape)

    def learn(self, momentum: float) -> None:
        super().learn(momentum)
        batches = self.statistics["batches"]
        batches += 1
        share = max(1 - KEPT, 1 / float(batches[0]))
        for name, found in (("mean", self._mean), ("variance", self._variance)):
            self.statistics[name] += share * (found - self.statistics[name])


class _ReLU(_Part):
    def forward(self, x: Floats, learning: bool) -> Floats:
        self._open = x >= 0
        return np.maximum(x, 0, out=x)

    def backward(self, error: Floats, below: bool) -> Floats:
        error *= self._open
        return error


class _HardSigmoid(_Part):
    def forward(self, x: Floats, learning: bool) -> Floats:
        self._open = (x >= 0) & (x <= 1)
        return np.clip(x, 0, 1, out=x)

    def backward(self, error: Floats, below: bool) -> Floats:
        error *= self._open
        return error


class _Tanh(_Part):
    def forward(self, x: Floats, learning: bool) -> Floats:
        self._made: Floats = np.tanh(x)
        return self._made

    def backward(self, error: Floats, below: bool) -> Floats:
        return error * (1 - self._made**2)


class _Identity(_Part):
    def forward(self, x: Floats, learning: bool) -> Floats:
        return x

    def backward(self, error: Floats, below: bool) -> Floats:
        return error


GATES: dict[str, Callable[[], _Part]] = {
    "relu": _ReLU, "hard_sigmoid": _HardSigmoid, "tanh": _Tanh, "identity": _Identity
}  # fmt: skip


def _whole(value: Any, what: str, least: int) -> int:
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        found = least - 1
    if found != value or found < least:
        raise ModelError(f"{what}: found {value!r}; wanted a whole number, {least} or more")
    return found


def _shapes(blueprint: list[Spec], input_shape: Shape) -> list[Shape]:
    """Shapes (channels, height, width) or (units,) before each layer. Raises ModelError where one does not fit."""
    shapes = [input_shape]
    for k, spec in enumerate(blueprint):
        shape = shapes[-1]
        if isinstance(spec, DenseSpec):
            shapes.append((spec.units,))
            continue
        window = AveragePool2d(spec.size, stride=spec.stride, padding=spec.padding)
        try:
            channels, height, width = described.output_shape(window, shape)
        except ModelError as error:
            raise ModelError(f"layer {k} is {spec}, but gets shape {shape}: {error}") from None
        shapes.append((spec.channels if isinstance(spec, ConvSpec) else channels, height, width))
    return shapes[:-1]


def _affine(part: _Part, norm: _Norm | None) -> tuple[Floats | float, Floats]:
    """What a part's weights are multiplied by, and its biases, where a normalisation is folded into it."""
    return (1.0, part.learned["bias"]) if norm is None else norm.affine()


def _padded(x: Floats, padding: tuple[int, int, int, int]) -> Floats:
    top, left, bottom, right = padding
    return np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0))) if any(padding) else x


def _windows(x: Floats, kernel: tuple[int, int], stride: tuple[int, int]) -> Floats:
    """Views [n, height, width, kernel height, kernel width, channels] of every window of maps with channels last."""
    view = sliding_window_view(x, kernel, axis=(1, 2))[:, :: stride[0], :: stride[1]]
    seen: Floats = view.transpose(0, 1, 2, 4, 5, 3)
    return seen


def _gathered(spread: Floats, spec: ConvSpec | AveragePool2d, map_size: tuple[int, int]) -> Floats:
    """Errors of windows, as `_windows` lays them out, summed where the windows lie; those of the padding are lost."""
    (top, left, bottom, right), (down, across) = spec.padding, spec.stride
    n, rows, columns, *_, channels = spread.shape
    height, width = map_size
    room = np.zeros((n, height + top + bottom, width + left + right, channels), spread.dtype)
    for i in range(spec.size[0]):
        for j in range(spec.size[1]):
            room[:, i : i + down * rows : down, j : j + across * columns : across] += spread[:, :, :, i, j]
    return np.ascontiguousarray(room[:, top : top + height, left : left + width])


def _covers(spec: ConvSpec | AveragePool2d, shape: Shape) -> NDArray[np.int64]:
    """How many windows see each pixel, int64 [height, width, channels]."""
    ways = [
        _covers_along(shape[axis + 1], spec.size[axis], spec.stride[axis], spec.padding[axis], spec.padding[axis + 2])
        for axis in (0, 1)
    ]
    return np.repeat(ways[0][:, None, None] * ways[1][None, :, None], shape[0], axis=2)


def _covers_along(length: int, kernel: int, stride: int, before: int, after: int) -> NDArray[np.int64]:
    count = np.zeros(before + length + after, np.int64)
    for begin in range(0, len(count) - kernel + 1, stride):
        count[begin : begin + kernel] += 1
    return count[before : before + length]


def _column_sums(x: Floats) -> Floats:
    """Sums over the rows of a matrix: `einsum` takes a quarter to two thirds of the time of `sum` for few columns."""
    summed: Floats = np.einsum("ij->j", x)
    return summed


def _softmax(x: Floats) -> Floats:
    raised = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _softmax_loss(x: Floats, targets: Floats) -> tuple[float, Floats]:
    """Mean negative log-likelihood of the targets, [n, classes] of 0 and 1, and its gradient by x."""
    below = x - x.max(axis=1, keepdims=True)
    raised = np.exp(below)
    sums = raised.sum(axis=1, keepdims=True)
    loss = float(((np.log(sums) - below) * targets).sum()) / len(x)
    raised /= sums
    raised -= targets
    raised /= len(x)
    return loss, raised
