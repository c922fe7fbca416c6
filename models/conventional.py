"""The conventional twin of an event-driven network: layers with softmax on top that learn by backpropagation."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.base.files import described, read_npz, write_npz
from eventnet.base.guesses import Guessed
from eventnet.base.linear_algebra import in_one_thread
from eventnet.base.summary import Summarized, Summary, amount
from eventnet.data import one_hot
from eventnet.engine.journal import going_on
from eventnet.errors import DataError, ModelError
from eventnet.models.layers import (
    DenseSpec,
    Flatten,
    Layer,
    Softmax,
    Spec,
    blueprint_text,
    normalizes,
    read_blueprint,
    shapes,
    softmax,
)
from eventnet.models.relu import Operations
from eventnet.models.shared import Floats, finite, one_of, whole
from eventnet.models.summaries import layered, of_specs
from eventnet.models.trainable import (
    ACTIVATIONS,
    ConvPart,
    DensePart,
    FirstWeights,
    FlattenPart,
    NormPart,
    PoolPart,
    assemble,
    softmax_loss,
)

FORMAT = "eventnet-conventional-network-1"
CHUNK = 250
"""Samples that are answered at once: it bounds the memory that convolutions take. Learning does not depend on it."""
INITS = ("glorot", "he")
CHOICES = {"init": INITS, "activation": tuple(ACTIVATIONS), "dtype": ("float32", "float64")}


@in_one_thread
class ConventionalNetwork(Guessed, Summarized):
    """Layers that learn by stochastic gradient descent; softmax turns the last one's outputs into probabilities.

    The loss is the mean negative log-likelihood of the labels. `layers()` describes what was learned in the terms of
    eventnet.models.layers, batch normalisation folded away; `operations` counts the multiply-adds that events are
    compared with.

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

    NumPy's OpenBLAS computes in one thread, so that weights are the same on any number of cores. Small matrices take no
    longer so, and where other work shares the cores up to 90 times less (2 cores, load 5).
    """

    def __init__(
        self, sizes: Sequence[int], *, learning_rate: float = 0.01, momentum: float = 0.0, batch: int = 20,
        init: str = "glorot", activation: str = "relu", dtype: str = "float32", seed: int = 1234,
    ) -> None:  # fmt: skip
        if len(sizes) < 2:
            raise ModelError(f"sizes are {list(sizes)}; wanted two or more numbers of units")
        self._describe([DenseSpec(units) for units in sizes[1:]], (whole(sizes[0], "inputs", 1),))
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
        self.blueprint, self.input_shape = blueprint, tuple(whole(n, "input_shape", 1) for n in input_shape)
        if len(self.input_shape) not in (1, 3):
            raise ModelError(f"input_shape is {self.input_shape}; wanted (units,) or (channels, height, width)")
        if not blueprint or not isinstance(blueprint[-1], DenseSpec):
            raise ModelError("the blueprint does not end in a DenseSpec, whose outputs are the classes")
        self.classes = blueprint[-1].units
        self._shapes = shapes(blueprint, self.input_shape)

    def _set_options(
        self, learning_rate: float, momentum: float, batch: int, init: str, activation: str, dtype: str, seed: int
    ) -> None:
        # float(): a NumPy scalar of double precision would turn every float32 step into float64.
        self.learning_rate, self.momentum = float(learning_rate), float(momentum)
        self.batch, self.seed = whole(batch, "batch", 1), whole(seed, "seed", 0, 2**32 - 1)
        self.init, self.activation = init, activation
        if not (self.learning_rate > 0 and np.isfinite(self.learning_rate)):
            raise ModelError(f"learning_rate is {learning_rate}; wanted a number above 0")
        if not 0 <= self.momentum < 1:
            raise ModelError(f"momentum is {momentum}; wanted 0 or more and below 1")
        for name, found in (("init", init), ("activation", activation), ("dtype", dtype)):
            one_of(found, name, CHOICES[name])
        self.dtype = np.dtype(dtype)

    @property
    def _normalizes(self) -> bool:
        return any(normalizes(spec) for spec in self.blueprint)

    def _check_batch(self) -> None:
        if self._normalizes and self.batch < 2:
            raise ModelError(f"batch is {self.batch}; batch normalisation wants 2 samples or more")

    def _start_afresh(self) -> None:
        """Initial weights, and the generator that drew them."""
        self._random = np.random.RandomState(self.seed)
        first = FirstWeights(self.init, self.dtype, self._random)
        self._parts = assemble(self.blueprint, self._shapes, self.activation, first)
        self.losses: list[float] = []

    def _summary(self) -> Summary:
        learned = f": {amount(len(self.losses), 'epoch')} learned, loss {self.losses[-1]:.4g}" if self.losses else ""
        title = f"ConventionalNetwork, {self.dtype}, {self.activation}{learned}"
        return layered(title, of_specs(self.blueprint, self.input_shape))

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
        epochs = whole(epochs, "epochs", 0)
        self._start_afresh()
        state: dict[str, Any] = {}
        how = self.blueprint, self.input_shape, self.learning_rate, self.momentum, self.batch, self.seed
        known = type(self), repr((how, self.init, self.activation, self.dtype, shuffle)), inputs, targets
        for k in going_on(state, epochs, "conventional network learns", *known, fill=self._progress):
            self._take_up(state)
            epoch = k + 1
            order = self._random.permutation(len(inputs)) if shuffle else None
            self.losses.append(self._pass(inputs, targets, order, f"in epoch {epoch} of {epochs}"))
            if progress:
                print(f"epoch {epoch} of {epochs}: loss {self.losses[-1]:.4f}", file=sys.stderr)
        self._take_up(state)
        return self

    def _progress(self) -> dict[str, Any]:
        """All that learning has changed."""
        return {"arrays": self._state(), "random": self._random.get_state(legacy=True), "losses": self.losses}

    def _take_up(self, progress: dict[str, Any]) -> None:
        """Go on from where learning was stopped, if it was."""
        if progress:
            self._restore(progress.pop("arrays"), "what was kept")
            self._random.set_state(progress.pop("random"))
            self.losses = progress.pop("losses")

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
        """The learned arrays by name: the arrays themselves, not copies.

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
        loss, error = softmax_loss(x, targets)
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
        return softmax(self._outputs(self._inputs(x)))

    def score(self, x: ArrayLike, labels: ArrayLike) -> float:
        """The share of samples whose prediction is their label. Raises DataError as `fit` does."""
        inputs, targets = self._samples(x, labels, 1)
        return float(np.mean(self._outputs(inputs).argmax(1) == targets.argmax(1)))

    def _outputs(self, inputs: Floats) -> Floats:
        """The outputs before softmax, [n, classes]."""
        found = [np.empty((0, self.classes), self.dtype)]
        for begin in range(0, len(inputs), CHUNK):
            x = inputs[begin : begin + CHUNK]
            for part in self._parts:
                x = part.forward(x, False)
            found.append(x)
        return np.concatenate(found)

    def layers(self) -> list[Layer]:
        """The network as descriptions, batch normalisation folded into weights and biases; the last is Softmax."""
        made: list[Layer] = []
        for part, after in zip(self._parts, [*self._parts[1:], None]):
            if isinstance(part, (DensePart, ConvPart)):
                made.append(part.folded(after if isinstance(after, NormPart) else None))
            elif isinstance(part, PoolPart):
                made.append(part.spec)
            elif isinstance(part, FlattenPart):
                made.append(Flatten())
            elif not isinstance(part, NormPart):
                made.append(ACTIVATIONS[self.activation])
        return [*made, Softmax()]

    def operations(self, x: ArrayLike) -> Operations:
        """The multiply-adds of a forward pass, dense and sparse, for each sample of x.

        Padding is not counted: at a border an input meets as many weights as there are windows that cover it. A window
        of average pooling counts as a multiply-add a pixel. Batch normalisation is folded away, and biases and
        activations are left out. Raises DataError as `fit` does.
        """
        inputs, fans = self._inputs(x), [part.fan_out() for part in self._parts]
        dense = sum(int(fan.sum()) for fan in fans if fan is not None)
        chunks = (inputs[begin : begin + CHUNK] for begin in range(0, len(inputs), CHUNK))
        sparse = [np.zeros(0, np.int64), *(self._sparse_operations(chunk, fans) for chunk in chunks)]
        return Operations(dense, np.concatenate(sparse))

    def _sparse_operations(self, x: Floats, fans: Sequence[NDArray[np.int64] | None]) -> NDArray[np.int64]:
        """Multiply-adds of inputs that are not zero, [n]; fans: in how many each input of a part takes part."""
        counted = np.zeros(len(x))
        for part, fan in zip(self._parts, fans):
            if fan is not None:
                # Products of doubles are exact for whole numbers below 2^53, and faster than those of integers.
                counted += (x != 0).reshape(len(x), -1).astype(np.float64) @ fan.ravel()
            x = part.forward(x, False)
        return counted.astype(np.int64)

    # --- samples ---
    def _inputs(self, x: ArrayLike) -> Floats:
        """x as the parts want it: in the number type, feature maps with their channels last."""
        array: Floats = finite(x, self.input_shape, self.dtype, "x")
        return np.ascontiguousarray(array.transpose(0, 2, 3, 1)) if array.ndim == 4 else array

    def _samples(self, x: ArrayLike, labels: ArrayLike, least: int | None = None) -> tuple[Floats, Floats]:
        """x as `_inputs` makes it, and the labels as targets [n, classes]; learning wants 2 samples to normalise."""
        inputs, targets = self._inputs(x), one_hot(labels, self.classes)
        check_pairs(inputs, targets, 1 + self._normalizes if least is None else least)
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

    def _restore(self, arrays: Mapping[str, NDArray[Any]], path: str | Path) -> None:
        """Overwrite the state with a file's arrays. Raises DataError where one does not fit or makes no sense."""
        for name, array in self._state().items():
            found = arrays[name]
            if found.shape != array.shape or found.dtype != array.dtype or not np.isfinite(found).all():
                wanted = f"{array.dtype} {list(array.shape)}, finite"
                raise DataError(f"{path}: {name} is {found.dtype} {list(found.shape)}; wanted {wanted}")
            if name.endswith(".variance") and found.min() < 0:
                raise DataError(f"{path}: {name} holds {found.min()}; wanted variances, 0 or more")
            array[...] = found

    def save(self, path: str | Path) -> None:
        """Write layers, options, weights and the state of learning to one file; a failed write leaves the old one.

        `partial_fit` of the network that `load` reads goes on as if it had never stopped.
        """
        names = ("learning_rate", "momentum", "batch", "init", "activation", "seed")
        text = {
            "format": FORMAT,
            "input_shape": self.input_shape,
            "blueprint": blueprint_text(self.blueprint),
            "options": {name: getattr(self, name) for name in names} | {"dtype": str(self.dtype)},
            "losses": self.losses,
        }
        write_npz(path, json.dumps(text), dict(self._state()))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. Raises DataError for a file that is absent, damaged or something else."""
        text, arrays = read_npz(path, FORMAT)
        with described(path, "a conventional network"):
            made = cls.of(read_blueprint(text, arrays), text["input_shape"], **text["options"])
            made.losses = [float(loss) for loss in text["losses"]]
            made._restore(arrays, path)
        return made


def check_pairs(inputs: Floats, targets: Floats, least: int) -> None:
    """Raises DataError unless there is a target for each sample, and `least` samples or more."""
    if len(inputs) != len(targets):
        raise DataError(f"{len(inputs):,} samples, but {len(targets):,} labels; wanted one a sample")
    if len(inputs) < least:
        raise DataError(f"x has {len(inputs)} samples; wanted {least} or more")
