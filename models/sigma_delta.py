"""Sigma-Delta networks: trained networks that receive and process only changes.

Source: P. O'Connor, Biologically plausible deep learning (2020), chapter 4 and appendix B; erratum: (4.6) rounds after
Delta without memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en
from eventnet.base.summary import Summarized, Summary
from eventnet.cost import HOROWITZ_INT32, PriceList, dense_energy
from eventnet.errors import ModelError
from eventnet.kernels.patches import channel_last
from eventnet.models.event_layers import EventLayers, check_events
from eventnet.models.layers import (
    Conv2d,
    Dense,
    Floats,
    Identity,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    Shape,
    activate,
    first_shape,
)
from eventnet.models.scales import optimize_scales
from eventnet.models.shared import Progress, one_of
from eventnet.models.stages import (
    Scales,
    Stage,
    Sum,
    checked_scales,
    dense_operations,
    quantity_shapes,
    read_out,
    rounding_forward,
    rounding_operations,
    samples,
    sparse_operations,
    stages,
)
from eventnet.models.summaries import layered, of_layers
from eventnet.simulation import ENGINES

KINDS = ("sigma-delta", "rounding")
CHUNK = 256


class SigmaDeltaNetwork(Summarized):
    """A layered network that runs on changes; build one with `from_layers`.

    Every quantity that is sent (the input, and what each layer but the last gives) has a scale k: one number, or one a
    unit. A unit stands for round(k a) and sends the changes of that number, so the outputs are those of the network
    whose activations are rounded to multiples of 1/k, at every frame, whatever the order of events.
    """

    def __init__(self, layers: Sequence[Layer], input_shape: Shape, options: dict[str, Any]) -> None:
        self.layers, self.input_shape, self.options = list(layers), input_shape, options
        self._events: EventLayers | None = None
        self._before: NDArray[np.int64] | None = None
        self.frames_seen = 0

    @classmethod
    def from_layers(
        cls, layers: Sequence[Layer], *, scales: Scales | float | None = None,
        input_shape: Sequence[int] | None = None, kind: str = "sigma-delta", order: Any = "breadth",
        coalesce: str = "burst", engine: str = "compiled",
    ) -> SigmaDeltaNetwork:  # fmt: skip
        """A network of trained layers (`eventnet.models.layers`), also from `read_onnx` and `read_nir`.

        scales       one number for all quantities, or one entry a quantity: a number, or an array of its shape
        input_shape  (channels, height, width), needed where the first layer is not Dense
        kind         "sigma-delta", or "rounding": the same network that computes every frame anew
        order        the routing order; it changes costs only
        coalesce     "burst": a layer fires once an instant; "none": after every spike (sigma-delta only)
        engine       "compiled" or "reference"

        Raises ModelError for layers that do not fit, and for scales that are not above 0.
        """
        one_of(kind, "kind", KINDS)
        if coalesce not in ("burst", "none") or (coalesce == "none" and kind == "rounding"):
            raise ModelError(f"coalesce is {coalesce!r} in a {kind} network; wanted 'burst', or 'none' in sigma-delta")
        en.order.find_order(order)
        one_of(engine, "engine", ENGINES)
        shape = first_shape(layers, input_shape)
        made = cls(layers, shape, {"kind": kind, "order": order, "coalesce": coalesce, "engine": engine})
        made.set_scales(1.0 if scales is None else scales)
        return made

    # --- scales ---
    @property
    def scales(self) -> list[Floats]:
        """One array a quantity: shape () for one number, or the quantity's shape."""
        return [k.copy() for k in self._scales]

    def set_scales(self, scales: Scales | float) -> None:
        """Use these scales from now on; what the network has heard so far is forgotten."""
        shapes = quantity_shapes(self.layers, self.input_shape)
        one = not isinstance(scales, Sequence) and np.ndim(scales) == 0
        given: Any = [scales] * len(shapes) if one else scales
        arrays = [scale.copy() for scale in checked_scales(given, shapes)]
        check_events(self.layers, arrays, 0)
        self._scales, self._baked, self._bits = arrays, False, 0
        self.reset()

    def optimize_scales(self, x: ArrayLike, *, tradeoff: float, **options: Any) -> SigmaDeltaNetwork:
        """Choose scales on samples x [n, ...] (4.10); options as for `eventnet.models.scales.optimize_scales`.

        A run that fails leaves the scales as they were.
        """
        if self._baked:
            raise ModelError("the scales are baked into the weights already; choose them before baking")
        self.set_scales(optimize_scales(self.layers, x, tradeoff=tradeoff, **options))
        return self

    def bake(self, bits: int = 0) -> SigmaDeltaNetwork:
        """Put the scales into the weights (B.3), so that no layer multiplies: w' = w k2 / k1, b' = k2 b.

        The input's own scale stays with its encoder. bits: for an integer network, whose weights are whole multiples of
        2^-bits. Raises ModelError for activations that are not positively homogeneous, for pooling between different
        scales, and for pooling and other activations than ReLU, HardSigmoid and Identity in an integer network.
        """
        if self._baked:
            raise ModelError("the scales are baked into the weights already")
        if isinstance(bits, bool) or not isinstance(bits, int) or not 0 <= bits <= 20:
            raise ModelError(f"bits is {bits}; wanted a whole number, 0 (real numbers) to 20")
        bake(self.layers, self._scales)
        check_events(self.layers, self._scales, bits)
        self._baked, self._bits = True, bits
        self.reset()
        return self

    def _summary(self) -> Summary:
        kind = {"rounding": "rounding, "}.get(self.options["kind"], "") + ("baked, " if self._baked else "")
        title = f"SigmaDeltaNetwork, {kind}{self.frames_seen:,} frames seen"
        tally = None if self._events is None else self.tally
        return layered(title, of_layers(self.layers, self.input_shape), tally)

    # --- running ---
    def reset(self) -> None:
        """Forget all inputs and counts."""
        self._events, self.frames_seen, self._before = None, 0, None

    @property
    def events(self) -> EventLayers:
        """The network of modules, and the simulation it runs in."""
        if self._events is None:
            self._events = self._made(CHUNK)
        return self._events

    def _made(self, room: int) -> EventLayers:
        layers = bake(self.layers, self._scales) if self._baked else self.layers
        return EventLayers(
            layers, self.input_shape, self._scales, baked=self._baked, bits=self._bits, room=room, **self.options
        )

    def update(self, x: ArrayLike, t: int | None = None) -> Floats:
        """Show a whole frame, of shape input_shape: only what has changed is sent. Returns the outputs now.

        t: when, in microseconds, not before the last input; by default right after it.
        """
        given = self._frames([x])
        self._call()
        return np.asarray(self._run(given, t)[0])

    def run(self, frames: ArrayLike, *, progress: bool | Callable[[int, int], None] = False) -> Floats:
        """Show frames [n, ...] one after another; the outputs after each, [n, n_out]."""
        given = self._frames(frames)
        self._call()
        outputs = [self._answers(np.zeros((0, self.events.readout.units)))]
        with Progress(progress, len(given)) as report:
            for begin in range(0, len(given), CHUNK):
                outputs.append(self._run(given[begin : begin + CHUNK], None))
                report(min(begin + CHUNK, len(given)))
        return np.concatenate(outputs)

    def _frames(self, frames: Any) -> Floats:
        try:
            given = np.asarray(frames, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ModelError(f"frames are not an array of numbers: {error}") from None
        if given.shape[1:] != self.input_shape:
            raise ModelError(f"a frame has shape {given.shape[1:]}; wanted {self.input_shape}")
        given = samples(self.layers, given)
        self.events.check_size(given)
        return given

    def _run(self, frames: Floats, t: int | None) -> Floats:
        sums = self.events.show(channel_last(frames), t)
        self.frames_seen += len(frames)
        return self._answers(sums)

    def frames_network(self, frames: ArrayLike) -> tuple[en.Network, Any]:
        """The network in its first state, with frames [n, ...], and its inputs: frame k at tick 2 k, then a read-out.

        This network itself goes on as it was.
        """
        given = self._frames(frames)
        events = self._made(max(len(given), 1))
        return events.net, events.inputs(channel_last(given))

    def update_events(self, events: NDArray[Any]) -> Floats:
        """A partial update from any inputs at any times; other inputs keep their last value. Returns the outputs now.

        events: a structured array with `index` and either `value` (the input's new value) or `sign` (the input has
        moved by one quantum 1/k up, +1, or down, -1, as an event of a sensor says), and perhaps `t` in microseconds;
        arrays of `en.EVENT` will do. The index of input (channel, y, x) is (y * width + x) * channels + channel.

        Raises ModelError for other events, and hears none of them then.
        """
        self._call()
        return np.asarray(self._answers(self.events.send(events))[0])

    def _call(self) -> None:
        """A call begins: what it counts is told apart from what came before."""
        self._before = self.events.simulation.store.tally.copy()

    def _answers(self, sums: NDArray[Any]) -> Floats:
        stage, shape = stages(self.layers)[-1], self.events.readout.geometry.shape_out
        maps = sums.reshape(len(sums), *shape[1:], shape[0])
        values = np.moveaxis(maps, 3, 1) if self.events.is_map else sums
        return read_out(stage, activate(stage.activation, np.ascontiguousarray(values)))

    def predict(self, frames: ArrayLike) -> NDArray[np.int64]:
        """The largest output after each of the frames, [n]."""
        return np.asarray(self.run(frames).argmax(axis=1), dtype=np.int64)

    def score(self, frames: ArrayLike, labels: ArrayLike) -> float:
        """Fraction of frames whose largest output is the label's."""
        found, wanted = self.predict(frames), np.asarray(labels)
        if wanted.shape != found.shape:
            raise ModelError(f"labels have shape {wanted.shape}; wanted [{len(found)}]")
        return float(np.mean(found == wanted))

    # --- costs ---
    @property
    def tally(self) -> en.Tally | None:
        """The tally of the last call of `update`, `update_events`, `run`, `predict` or `score`; None before it."""
        whole = self.tally_since_reset
        if self._before is None:
            return None
        return whole - en.Tally(whole.ports, self._before[: len(whole.ports)].tolist())

    @property
    def tally_since_reset(self) -> en.Tally:
        """Everything that was counted since the last reset. Such a network does not learn by events."""
        return self.events.simulation.tally

    def cost(self, frames: ArrayLike | None = None, *, prices: PriceList = HOROWITZ_INT32) -> Cost:
        """Operations a frame and energy: dense, sparse, rounding and Sigma-Delta.

        frames [n, ...]: run a fresh copy of the network on them. Without frames: what this network has run since its
        last reset (dense and Sigma-Delta only).
        """
        if frames is None:
            return self._cost_so_far(prices)
        given = samples(self.layers, frames)
        if not len(given):
            raise ModelError("the cost of no frames was asked for; wanted one or more")
        copy = self.copy()
        copy.run(given[:1])
        first = float(sum(synaptic_adds(copy.tally_since_reset).values()))
        copy.run(given[1:])
        sparse = float(sparse_operations(self.layers, given).mean())
        spikes = rounding_forward(self.layers, given, self.scales).spikes
        rounding = float(rounding_operations(self.layers, spikes).mean())
        return copy._cost_so_far(prices, first=first, sparse=sparse, rounding=rounding)

    def _cost_so_far(self, prices: PriceList, **others: float) -> Cost:
        """The mean cost of a frame since the last reset; others: fields of Cost that were measured."""
        tally, n = self.tally_since_reset, max(self.frames_seen, 1)
        by_layer = {name: adds / n for name, adds in synaptic_adds(tally).items()}
        dense, own = float(dense_operations(self.layers, self.input_shape)), sum(by_layer.values())
        energy = {
            "dense": dense_energy(dense / 2, prices) / 1000,
            "published": own * prices.prices["adds"] / 1000,
            "everything": prices.energy(tally) / n / 1000,
            "comparisons too": prices.with_comparisons().energy(tally) / n / 1000,
        }
        return Cost(self.frames_seen, own, by_layer, energy, dense, **others)

    def copy(self, **options: Any) -> SigmaDeltaNetwork:
        """The same network in its first state; options of `from_layers` may differ."""
        made = SigmaDeltaNetwork(self.layers, self.input_shape, {**self.options, **options})
        made._scales, made._baked, made._bits = self._scales, self._baked, self._bits
        return made


@dataclass(frozen=True)
class Cost:
    """Operations a frame, means over `frames`; energies in nanojoules a frame, estimated by prices.

    own          what this network spent: adds of matrix products (with kind="rounding", those of the rounding network)
    first        adds of the first frame alone, where that was measured: everything is new then
    by_layer     adds a frame by the layer that made them
    dense, sparse, rounding  operations of the other ways to compute the same frames; None where no frames were given
    energy       "dense" and "published" price matrix products alone; "everything" prices the whole tally,
                 and "comparisons too" with an addition for each comparison where the list has no price for it
    """

    frames: int
    own: float
    by_layer: Mapping[str, float]
    energy: Mapping[str, float]
    dense: float
    first: float | None = None
    sparse: float | None = None
    rounding: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Every number, for JSON."""
        return asdict(self)


def synaptic_adds(tally: en.Tally) -> dict[str, int]:
    """Adds of matrix products by layer."""
    made: dict[str, int] = {}
    for port, row in tally.by_port().items():
        if row["synaptic_adds"]:
            made[port.split(".")[0]] = made.get(port.split(".")[0], 0) + row["synaptic_adds"]
    return made


def bake(layers: Sequence[Layer], scales: Scales) -> list[Layer]:
    """The same rounding network with all scales 1: `w' = w * k2 / k1, b' = k2 * b` (B.17).

    k1 is the scale of a stage's input, k2 that of its output; the last stage's k2 is 1, so outputs are in real units.
    Nothing comes before the first scale: the baked network takes `scales[0] * x`. Its spikes are the same and its
    outputs equal but for the rounding of floating-point sums; to the bit, where scales are powers of 2.
    Raises ModelError where scales do not fit, and where no weight could take them up: for activations that do not
    scale (HardSigmoid, Clip, Tanh, Sigmoid), for average pooling between different scales, and for scales that differ
    within a channel that a convolution gives or takes.
    """
    steps = stages(layers)
    shapes = [*map(np.shape, scales), *([()] * len(steps))]  # whether they fit is seen stage by stage
    before = checked_scales(scales, shapes[: len(steps)])
    if any(isinstance(stage.linear, MaxPool2d | Sum) for stage in steps):
        raise ModelError(
            "scales do not go through MaxPool2d and Residual; wanted Dense, Conv2d and AveragePool2d alone"
        )
    after = [*before[1:], np.asarray(1.0)]
    made = iter([_baked(f"stage {k}", *taken) for k, taken in enumerate(zip(steps, before, after))])
    return [next(made) if isinstance(layer, Linear) else layer for layer in layers]


def _baked(where: str, stage: Stage, before: Floats, after: Floats) -> Linear:
    linear = stage.linear
    assert isinstance(linear, Linear)  # as `bake` has seen
    if not isinstance(stage.activation, ReLU | LeakyReLU | Identity) and np.any(after != 1):
        name = type(stage.activation).__name__
        wanted = "ReLU, LeakyReLU or Identity, or scale 1"
        raise ModelError(f"the scale behind {where} does not go through {name}; wanted {wanted}")
    if isinstance(linear, Dense):
        n_in, n_out = linear.weights.shape
        k1, k2 = _unitwise(before, n_in, f"before {where}"), _unitwise(after, n_out, f"behind {where}")
        return Dense(linear.weights * (k2 / k1[:, None]), linear.bias * k2)
    if isinstance(linear, Conv2d):
        c_out, groups = len(linear.weights), linear.groups
        k1 = _channelwise(before, linear.channels_in, f"before {where}")
        k2 = _channelwise(after, c_out, f"behind {where}")
        seen = np.repeat(k1.reshape(groups, -1), c_out // groups, axis=0)  # [c_out, channels of a group]
        return linear.like(linear.weights * (k2[:, None] / seen)[:, :, None, None], linear.bias * k2)
    channels = max(len(k) if k.ndim else 1 for k in (before, after))
    k1, k2 = _channelwise(before, channels, f"before {where}"), _channelwise(after, channels, f"behind {where}")
    if not np.array_equal(k1, k2):
        raise ModelError(f"{where} is AveragePool2d between the scales {before} and {after}; wanted equal ones")
    return linear


def _unitwise(scale: Floats, units: int, where: str) -> Floats:
    """The scale of each of a dense layer's inputs or outputs; those of a feature map in the order of Flatten."""
    if scale.ndim and scale.size != units:
        raise ModelError(f"the scales {where} have shape {scale.shape}; wanted one number, or {units} of them")
    return np.broadcast_to(scale.ravel(), units)


def _channelwise(scale: Floats, channels: int, where: str) -> Floats:
    """The scale of each channel of a feature map."""
    if scale.ndim not in (0, 3) or (scale.ndim and len(scale) != channels):
        wanted = f"wanted one number, or shape ({channels}, height, width)"
        raise ModelError(f"the scales {where} have shape {scale.shape}; {wanted}")
    each = np.broadcast_to(scale.reshape(len(scale), -1)[:, 0] if scale.ndim else scale, channels)
    if scale.ndim and np.any(scale != each[:, None, None]):
        raise ModelError(f"the scales {where} differ within a channel, whose weights are shared; wanted one a channel")
    return each
