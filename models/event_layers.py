"""A layer list as a network of modules: encoder, Sigma-Delta (or rounding) layers, read-out, in one simulation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.errors import ModelError
from eventnet.models.layers import (
    Activation,
    Conv2d,
    Dense,
    Floats,
    HardSigmoid,
    Identity,
    Layer,
    ReLU,
    Shape,
    Tanh,
)
from eventnet.models.stages import Stage, quantity_shapes, stages
from eventnet.neurons import (
    ChangeEncoder,
    FrameEncoder,
    Readout,
    ReadoutPool,
    Rounding,
    RoundingPool,
    SigmaDelta,
    SigmaDeltaPool,
)
from eventnet.patch import Geometry, channel_last, kernel_rows

ACTIVATION_NAMES: dict[type[Activation], str] = {
    Identity: "identity", ReLU: "relu", HardSigmoid: "hard_sigmoid", Tanh: "tanh",
}  # fmt: skip


class EventLayers:
    """The modules of a layered network and the simulation they run in.

    scales: one array a quantity. baked: the scales but the input's are in the weights. bits: above 0, an integer
    network of multiples of 2^-bits. room: frames or updates that are handed over at once.
    """

    def __init__(
        self, layers: Sequence[Layer], input_shape: Shape, scales: Sequence[Floats], *, kind: str, order: Any,
        coalesce: str, engine: str, baked: bool, bits: int, room: int,
    ) -> None:  # fmt: skip
        self.anew, self.room, self.bits = kind == "rounding", room, bits
        self.steps, self.shapes = stages(layers), quantity_shapes(layers, input_shape)
        self.is_map = not isinstance(self.steps[-1].linear, Dense)
        self.net = en.Network("int32" if bits else "float64")
        self._baked, self._scales = baked, list(scales)
        self.frames = self.net.weights(np.zeros((room, int(np.prod(input_shape)))), "frames")
        self.updates = self.net.weights(np.zeros((max(room, self.frames.cols), 2)), "updates")
        made = [self._layer(k, stage, coalesce) for k, stage in enumerate(self.steps)]
        self.hidden: list[Any] = made[:-1]
        self.readout: Readout = made[-1]
        # Inputs of an instant go by the number of their port: layers must forget before a frame is taken.
        encoder = FrameEncoder if self.anew else ChangeEncoder
        scale = 1.0 if bits else self._flat(0)
        self.encoder = self.net.add(encoder(self.frames, self.updates, k=scale, shift=bits, name="input"))
        for source, layer in zip([self.encoder, *self.hidden], made):
            self.net.connect(source.out, layer.spikes)
        self.simulation = en.Simulation(self.net, order, engine=engine)
        self._begun = False

    # --- building ---
    def _flat(self, k: int) -> Any:
        """The scale of quantity k: one number, or an array in the order of the units."""
        scale = self._scales[k]
        return float(scale) if scale.ndim == 0 else channel_last(scale[None])[0]

    def _whole(self, array: Floats) -> Floats:
        """Weights or biases as the network holds them."""
        return np.floor(array * (1 << self.bits) + 0.5) if self.bits else array

    def _layer(self, k: int, stage: Stage, coalesce: str) -> Any:
        geometry, weights, bias = self._linear(k, stage)
        name, last = f"layer{k}", k == len(self.steps) - 1
        own = 1.0 if last or self._baked else self._flat(k + 1)
        below = 1.0 if self._baked else self._flat(k)
        if isinstance(below, np.ndarray):
            weights, below = self._divided(k, geometry, weights, below), 1.0
        if last:
            answers = self.net.weights(np.zeros((self.room, geometry.units_out)), "answers")
            if weights is None:
                return self.net.add(ReadoutPool(geometry, answers, unscale=below, name=name))
            block = self.net.weights(self._whole(weights), f"w{k}")
            return self.net.add(
                Readout(geometry, block, answers, bias=self._whole(bias), unscale=below, baked=self._baked, name=name)
            )
        activation = ACTIVATION_NAMES[type(stage.activation)]
        if weights is None:
            pool = RoundingPool if self.anew else SigmaDeltaPool
            return self.net.add(pool(geometry, k=own, unscale=below, activation=activation, name=name))
        return self.net.add(
            (Rounding if self.anew else SigmaDelta)(
                geometry, self.net.weights(self._whole(weights), f"w{k}"), bias=self._whole(bias), k=own,
                unscale=below, activation=activation, baked=self._baked, shift=self.bits, coalesce=coalesce, name=name,
            )
        )  # fmt: skip

    def _linear(self, k: int, stage: Stage) -> tuple[Geometry, Any, Floats]:
        """How a stage's units reach one another, its weights as rows (None for pooling), its biases."""
        linear, shape = stage.linear, self.shapes[k]
        if isinstance(linear, Dense):
            # The rows of a layer on a flattened map stand channel by channel; the map's units lie place by place.
            rows = (
                channel_last(np.arange(len(linear.weights)).reshape(1, *shape))[0] if len(shape) == 3 else slice(None)
            )
            return Geometry.dense(*linear.weights.shape), linear.weights[rows], linear.bias
        assert len(shape) == 3
        if isinstance(linear, Conv2d):
            c_out, _, height, width = linear.weights.shape
            geometry = Geometry.window(shape, c_out, (height, width), linear.stride, linear.padding)
            return geometry, kernel_rows(linear.weights, linear.stride), linear.bias
        if self.bits:
            raise ModelError("average pooling divides by its windows' size, which an integer network cannot")
        geometry = Geometry.window(shape, shape[0], linear.size, linear.stride, linear.padding)
        return geometry, None, np.zeros(shape[0])

    def _divided(self, k: int, geometry: Geometry, weights: Any, below: Floats) -> Any:
        """Weights over the scales, one a unit, of what they are multiplied with."""
        channels = geometry.shape_in[0]
        each = below.reshape(-1, channels)
        if weights is None or np.any(each != each[0]):
            raise ModelError(f"scale {k} differs within a channel; the kernel that reads it needs one number a channel")
        return weights / each[0][:, None]

    # --- running ---
    def show(self, frames: Floats, t: int | None) -> NDArray[Any]:
        """Frames [n, units] in the order of the units, each at a tick of its own; the sums read out after each."""
        n, e, begin = len(frames), self.encoder, self._time(t)
        held = self.simulation[e].array("frames")
        held[:n] = np.floor(frames * np.asarray(self._flat(0)) * (1 << self.bits) + 0.5) if self.bits else frames
        ticks = begin + 2 * np.arange(n)
        events = [self._events(ticks, e.frame, np.arange(n)), self._events(ticks + 1, self.readout.read, np.arange(n))]
        events += self._looks(ticks)
        self.simulation.inject(np.concatenate(events))
        self.simulation.run()
        return self._sums(n)

    def tell(self, events: NDArray[Any]) -> NDArray[Any]:
        """Single inputs that have changed; the sums at the end, [1, n_out]."""
        named = events.dtype.names or ()
        index = np.asarray(events["index"], dtype=np.int64)
        if len(index) and (index.min() < 0 or index.max() >= self.encoder.units):
            raise ModelError(f"indices go from {index.min()} to {index.max()}; wanted 0 to {self.encoder.units - 1}")
        begin = self._time(None)
        ticks = np.asarray(events["t"], dtype=np.int64) if "t" in named else np.full(len(index), begin)
        if len(ticks) and ticks.min() < begin:
            raise ModelError(f"an event is at {ticks.min()} us, but time is {begin} already")
        order = np.argsort(ticks, kind="stable")
        ticks, index = ticks[order], index[order]
        if "sign" in named:
            self._tell_signs(ticks, index, np.asarray(events["sign"])[order])
        else:
            self._tell_values(ticks, index, np.asarray(events["value"], dtype=np.float64)[order])
        self.simulation.inject(self._events(np.array([self._time(None)]), self.readout.read, np.zeros(1, np.int64)))
        self.simulation.run()
        return self._sums(1)

    def _tell_values(self, ticks: NDArray[np.int64], index: NDArray[np.int64], values: Floats) -> None:
        if not np.all(np.isfinite(values)):
            raise ModelError(f"event {int(np.argmin(np.isfinite(values)))} has no finite value")
        held = self.simulation[self.encoder].array("updates")
        scale = np.broadcast_to(np.asarray(self._flat(0)), self.encoder.units)[index]
        values = np.floor(values * scale * (1 << self.bits) + 0.5) if self.bits else values
        begin = 0
        while begin < len(index):
            end = self._whole_ticks(ticks, begin, len(held))
            held[: end - begin, 0], held[: end - begin, 1] = index[begin:end], values[begin:end]
            rows = self._events(ticks[begin:end], self.encoder.value, np.arange(end - begin))
            self.simulation.inject(np.concatenate([*self._looks(ticks[begin : begin + 1]), rows]))
            self.simulation.run()
            begin = end

    @staticmethod
    def _whole_ticks(ticks: NDArray[np.int64], begin: int, room: int) -> int:
        """Where a part of at most `room` updates ends that cuts no instant in two."""
        if len(ticks) - begin <= room:
            return len(ticks)
        end = int(np.searchsorted(ticks, ticks[begin + room]))
        if end == begin:
            raise ModelError(f"more than {room} updates at {ticks[begin]} us; show a frame in place of so many")
        return end

    def _tell_signs(self, ticks: NDArray[np.int64], index: NDArray[np.int64], signs: NDArray[Any]) -> None:
        events = self._events(ticks, self.encoder.spikes, index)
        events["sign"] = np.where(signs > 0, 1, -1)
        self.simulation.inject(np.concatenate([*self._looks(ticks[:1]), events]))
        self.simulation.run()

    def _looks(self, ticks: NDArray[np.int64]) -> list[NDArray[Any]]:
        """At the first frame every unit is looked at, in a rounding network at every frame."""
        if not self.anew:
            ticks, self._begun = ticks[: 0 if self._begun else 1], self._begun or len(ticks) > 0
        zeros = np.zeros(len(ticks), dtype=np.int64)
        made = [self._events(ticks, layer.look, zeros) for layer in self.hidden]
        return [*made, self._events(ticks, self.readout.clear, zeros)] if self.anew else made

    def _time(self, t: int | None) -> int:
        now = max(self.simulation.time, 0)
        if t is not None and t < now:
            raise ModelError(f"a frame is at {t} us, but time is {now} already")
        return now if t is None else t

    def _sums(self, n: int) -> NDArray[Any]:
        sums = self.simulation[self.readout].array("answers")[:n]
        return sums / (1 << self.bits) if self.bits else sums.copy()

    @staticmethod
    def _events(ticks: NDArray[np.int64], port: Any, index: NDArray[np.int64]) -> NDArray[Any]:
        made = np.zeros(len(ticks), dtype=en.EVENT)
        made["t"], made["port"], made["index"], made["sign"] = ticks, int(port), index, 1
        return made
