"""Sigma-Delta networks: a trained network that is told, and works on, only what has changed.

Source: P. O'Connor, Biologically plausible deep learning (2020), chapter 4 and appendix B; erratum: (4.6) rounds after
Delta without memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en
from eventnet.engine.run import ENGINES
from eventnet.errors import ModelError
from eventnet.models.baking import bake
from eventnet.models.change_cost import Cost, measure
from eventnet.models.event_layers import EventLayers, check_events
from eventnet.models.layers import Floats, Layer, Shape, activate, first_shape
from eventnet.models.progress import Progress
from eventnet.models.rounding import Scales, checked_scales
from eventnet.models.scales import optimize_scales
from eventnet.models.stages import quantity_shapes, read_out, samples, stages
from eventnet.patch import channel_last

KINDS = ("sigma-delta", "rounding")
CHUNK = 256


class SigmaDeltaNetwork:
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
        if kind not in KINDS:
            raise ModelError(f"kind is {kind!r}; it can be {' or '.join(map(repr, KINDS))}")
        if coalesce not in ("burst", "none") or (coalesce == "none" and kind == "rounding"):
            raise ModelError(f"coalesce is {coalesce!r} in a {kind} network; wanted 'burst', or 'none' in sigma-delta")
        en.order.find_order(order)
        if engine not in ENGINES:
            raise ModelError(f"engine is {engine!r}; it can be {' or '.join(map(repr, ENGINES))}")
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
        scales, and for pooling and Tanh in an integer network.
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
        return np.asarray(self._answers(self.events.tell(events))[0])

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
        """What the last `update`, `update_events`, `run`, `predict` or `score` has counted as a whole."""
        whole = self.tally_since_reset
        if self._before is None:
            return None
        return whole - en.Tally(whole.ports, self._before[: len(whole.ports)].tolist())

    @property
    def tally_since_reset(self) -> en.Tally:
        """Everything that was counted since the last reset. Such a network does not learn by events."""
        return self.events.simulation.tally

    def cost(self, frames: ArrayLike | None = None, **prices: Any) -> Cost:
        """Operations a frame and energy: dense, sparse, rounding and Sigma-Delta.

        frames [n, ...]: run a fresh copy of the network on them. Without frames: what this network has run since its
        last reset (dense and Sigma-Delta only).
        """
        return measure(self, frames, **prices)

    def copy(self, **options: Any) -> SigmaDeltaNetwork:
        """The same network in its first state; options of `from_layers` may differ."""
        made = SigmaDeltaNetwork(self.layers, self.input_shape, {**self.options, **options})
        made._scales, made._baked, made._bits = self._scales, self._baked, self._bits
        return made
