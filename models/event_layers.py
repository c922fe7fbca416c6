"""A layer list as a network of modules: encoder, Sigma-Delta (or rounding) layers, read-out, in one simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.errors import ModelError
from eventnet.kernels.patches import Geometry, channel_last
from eventnet.models.layers import (
    Activation,
    AveragePool2d,
    Clip,
    Conv2d,
    Dense,
    Floats,
    HardSigmoid,
    Identity,
    Layer,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Shape,
    Sigmoid,
    Tanh,
)
from eventnet.models.shared import events_at
from eventnet.models.stages import Stage, Sum, geometry_of, quantity_shapes, rounded, rows_of, stages
from eventnet.neurons import (
    ChangeEncoder,
    FrameEncoder,
    Readout,
    ReadoutPool,
    Rounding,
    RoundingMaxPool,
    RoundingPool,
    RoundingSum,
    SigmaDelta,
    SigmaDeltaMaxPool,
    SigmaDeltaPool,
    SigmaDeltaSum,
)

ACTIVATION_NAMES: dict[type[Activation], str] = {
    Identity: "identity", ReLU: "relu", HardSigmoid: "hard_sigmoid", Tanh: "tanh", Sigmoid: "sigmoid",
    LeakyReLU: "leaky_relu", Clip: "clip",
}  # fmt: skip
NOT_WHOLE: dict[type[Activation], str] = {
    Tanh: "takes exponentials", Sigmoid: "takes exponentials", LeakyReLU: "multiplies", Clip: "has ends of its own",
}  # fmt: skip
"""Activations that an integer network has not, and why."""
POOLS = {AveragePool2d: (SigmaDeltaPool, RoundingPool), MaxPool2d: (SigmaDeltaMaxPool, RoundingMaxPool)}
MOST = 2**31
"""An input's number of quanta lies below this."""
LATEST = 2**60
"""No event is later, in microseconds."""


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
        sources = [self.encoder, *self.hidden]
        for stage, layer in zip(self.steps, made):
            ports = [layer.spikes, layer.also] if isinstance(stage.linear, Sum) else [layer.spikes]
            for source, port in zip(stage.of(sources), ports):
                self.net.connect(source.out, port)
        self.simulation = en.Simulation(self.net, order, engine=engine)
        self._begun = False

    # --- building ---
    def _flat(self, k: int) -> Any:
        """The scale of quantity k: one number, or an array in the order of the units."""
        scale = self._scales[k]
        return float(scale) if scale.ndim == 0 else channel_last(scale[None])[0]

    def _whole(self, array: Floats) -> Floats:
        """Weights or biases as the network holds them."""
        return rounded(array * (1 << self.bits)) if self.bits else array

    def _layer(self, k: int, stage: Stage, coalesce: str) -> Any:
        name, last = f"layer{k}", k == len(self.steps) - 1
        own = 1.0 if last or self._baked else self._flat(k + 1)
        activation = {
            "activation": ACTIVATION_NAMES[type(stage.activation)], "parameters": astuple(stage.activation) or None,
        }  # fmt: skip
        if isinstance(stage.linear, Sum):
            one, other = (float(np.ravel(self._flat(r))[0]) for r in stage.reads)  # one number each, by `check_events`
            add = RoundingSum if self.anew else SigmaDeltaSum
            n = int(np.prod(self.shapes[stage.reads[0]]))
            return self.net.add(add(n, k=own, unscale=one, unscale_also=other, **activation, name=name))
        geometry, weights, bias = self._linear(stage)
        below = 1.0 if self._baked else self._flat(stage.reads[0])
        if isinstance(below, np.ndarray):
            if weights is None:
                below = float(below[0])  # pooling reads one number, by `check_events`
            else:  # a kernel one a channel
                weights, below = weights / below[: geometry.shape_in[0], None], 1.0
        if last:
            answers = self.net.weights(np.zeros((self.room, geometry.units_out)), "answers")
            if weights is None:
                return self.net.add(ReadoutPool(geometry, answers, unscale=below, name=name))
            block = self.net.weights(self._whole(weights), f"w{k}")
            return self.net.add(
                Readout(geometry, block, answers, bias=self._whole(bias), unscale=below, baked=self._baked, name=name)
            )
        if weights is None:
            pool = POOLS[type(stage.linear)][self.anew]
            return self.net.add(pool(geometry, k=own, unscale=below, **activation, name=name))
        return self.net.add(
            (Rounding if self.anew else SigmaDelta)(
                geometry, self.net.weights(self._whole(weights), f"w{k}"), bias=self._whole(bias), k=own,
                unscale=below, **activation, baked=self._baked, shift=self.bits, coalesce=coalesce, name=name,
            )
        )  # fmt: skip

    def _linear(self, stage: Stage) -> tuple[Geometry, Any, Floats]:
        """The geometry of a stage's connections, its weights as rows (None for pooling), and its biases."""
        linear, shape = stage.linear, stage.of(self.shapes)[0]
        assert not isinstance(linear, Sum)
        geometry = geometry_of(linear, shape)
        if isinstance(linear, Dense | Conv2d):
            return geometry, rows_of(linear, shape), linear.bias
        return geometry, None, np.zeros(shape[0])

    # --- running ---
    def show(self, frames: Floats, t: int | None) -> NDArray[Any]:
        """Frames [n, units] in the order of the units, each at a tick of its own; the sums read out after each."""
        n, e, begin = len(frames), self.encoder, self._time(t)
        self.simulation[e].array("frames")[:n] = self._held(frames, self._flat(0))
        ticks = begin + 2 * np.arange(n)
        self._send_and_run(
            ticks if self.anew else self._first(ticks),
            events_at(ticks, e.frame, np.arange(n)),
            events_at(ticks + 1, self.readout.read, np.arange(n)),
        )
        return self._sums(n)

    def inputs(self, frames: Floats) -> NDArray[Any]:
        """The same as inputs for a simulation of one's own: frame k at tick 2 k and a read-out after it, from 0 on.

        frames [room, units] at most, in the order of the units; the network holds them from here on.
        """
        n, e = len(frames), self.encoder
        self.frames.array[:n] = self._held(frames, self._flat(0))
        ticks, every = 2 * np.arange(n), np.arange(n)
        frame, read = events_at(ticks, e.frame, every), events_at(ticks + 1, self.readout.read, every)
        return self._with_looks(ticks if self.anew else self._first(ticks), frame, read)

    def send(self, events: NDArray[Any]) -> NDArray[Any]:
        """Single inputs that have changed; the sums at the end, [1, n_out]."""
        named = _fields(events)
        index = _whole_field(events, "index")
        if len(index) and (index.min() < 0 or index.max() >= self.encoder.units):
            raise ModelError(f"indices go from {index.min()} to {index.max()}; wanted 0 to {self.encoder.units - 1}")
        begin = self._time(None)
        ticks = _whole_field(events, "t") if "t" in named else np.full(len(index), begin)
        if len(ticks) and not begin <= ticks.min() <= ticks.max() < LATEST:
            raise ModelError(f"events are at {ticks.min()} to {ticks.max()} us; wanted {begin} (now) to 2^60")
        order = np.argsort(ticks, kind="stable")
        ticks, index = ticks[order], index[order]
        if "sign" in named:
            self._send_signs(ticks, index, events["sign"][order])
        else:
            self._send_values(ticks, index, events["value"][order])
        if not self._begun:  # there were no events
            self._send_and_run(np.array([begin]))
        self._send_and_run(ticks[:0], events_at(np.array([self._time(None)]), self.readout.read, np.zeros(1, np.int64)))
        return self._sums(1)

    def _send_values(self, ticks: NDArray[np.int64], index: NDArray[np.int64], given: NDArray[Any]) -> None:
        if given.dtype.kind not in "fiu":
            raise ModelError(f"values of events are {given.dtype}; wanted numbers")
        wrong = np.flatnonzero(~np.isfinite(given))
        if len(wrong):
            raise ModelError(
                f"an event of input {index[wrong[0]]} has the value {given[wrong[0]]}; wanted finite numbers"
            )
        held = self.simulation[self.encoder].array("updates")
        scale = np.broadcast_to(np.asarray(self._flat(0)), self.encoder.units)[index]
        self._check_size(given.astype(np.float64), scale)
        values = self._held(given.astype(np.float64), scale)
        for begin, end in self._parts(ticks, len(held)):
            held[: end - begin, 0], held[: end - begin, 1] = index[begin:end], values[begin:end]
            rows = events_at(ticks[begin:end], self.encoder.value, np.arange(end - begin))
            self._send_and_run(self._first(ticks[begin:end]), rows)

    @staticmethod
    def _parts(ticks: NDArray[np.int64], room: int) -> list[tuple[int, int]]:
        """Parts of at most `room` updates that cut no instant in two."""
        parts, begin = [], 0
        while begin < len(ticks):
            end = len(ticks)
            if end - begin > room:
                end = int(np.searchsorted(ticks, ticks[begin + room]))
            if end == begin:
                raise ModelError(f"more than {room} updates at {ticks[begin]} us; show a frame in place of so many")
            parts.append((begin, end))
            begin = end
        return parts

    def _send_signs(self, ticks: NDArray[np.int64], index: NDArray[np.int64], signs: NDArray[Any]) -> None:
        if signs.dtype.kind not in "fi" or np.any(np.abs(signs) != 1):
            raise ModelError(f"signs of events are {sorted(set(signs.tolist()))[:4]}; wanted +1 and -1")
        events = events_at(ticks, self.encoder.spikes, index)
        events["sign"] = signs
        self._send_and_run(self._first(ticks), events)

    def check_size(self, frames: Floats) -> None:
        """Refuse frames [n, ...] of the network's inputs whose numbers are too large to be sent in ones."""
        self._check_size(frames, self._scales[0])

    def _check_size(self, values: Floats, scale: Any) -> None:
        with np.errstate(over="ignore"):
            largest = float(np.max(np.abs(values) * scale, initial=0)) * (1 << self.bits)
        if largest >= MOST - 1:
            raise ModelError(f"inputs reach {largest:.3g} quanta of 1 / k; wanted less than 2^31")

    def _held(self, values: Floats, scale: Any) -> Floats:
        """Inputs as the network holds them."""
        return rounded(values * scale * (1 << self.bits)) if self.bits else values

    def _send_and_run(self, looks: NDArray[np.int64], *events: NDArray[Any]) -> None:
        """Run these events; all units are looked at (and forget, in a rounding network) at the ticks `looks`."""
        self.simulation.inject(self._with_looks(looks, *events))
        self._begun = self._begun or len(looks) > 0
        self.simulation.run()

    def _with_looks(self, looks: NDArray[np.int64], *events: NDArray[Any]) -> NDArray[Any]:
        """Events, and with them what lets all units be looked at at the ticks `looks`."""
        zeros = np.zeros(len(looks), dtype=np.int64)
        made = [events_at(looks, layer.look, zeros) for layer in self.hidden]
        if self.anew:
            made.append(events_at(looks, self.readout.clear, zeros))
        return np.concatenate([np.zeros(0, dtype=en.EVENT), *made, *events])

    def _first(self, ticks: NDArray[np.int64]) -> NDArray[np.int64]:
        """The tick at which all units are first looked at, [1], or none, [0], if they have been: biases count too."""
        return ticks[: 0 if self._begun else 1]

    def _time(self, t: int | None) -> int:
        now = max(self.simulation.time, 0)
        if t is None:
            return now
        if not isinstance(t, int | np.integer) or not now <= t < LATEST:
            raise ModelError(f"a frame is at {t} us; wanted a whole number, {now} (now) to 2^60")
        return int(t)

    def _sums(self, n: int) -> NDArray[Any]:
        sums = self.simulation[self.readout].array("answers")[:n]
        return sums / (1 << self.bits) if self.bits else sums.copy()


def check_events(layers: Sequence[Layer], scales: Sequence[Floats], bits: int) -> None:
    """Refuse with ModelError what layers of events cannot do: some scales, and some layers in an integer network."""
    steps = stages(layers)
    if isinstance(steps[-1].linear, MaxPool2d | Sum):
        wanted = "Dense, Conv2d or AveragePool2d, by which events are read out"
        raise ModelError(f"the last stage is that of a MaxPool2d or a Residual; wanted {wanted}")
    for k, stage in enumerate(steps):
        if isinstance(stage.linear, AveragePool2d) and bits:
            raise ModelError("average pooling divides by its windows' size, which an integer network cannot")
        why = NOT_WHOLE.get(type(stage.activation), "")
        if why and bits and k < len(steps) - 1:
            raise ModelError(f"{type(stage.activation).__name__} {why}, which an integer network cannot")
        for quantity in stage.reads:
            _check_scale(stage, quantity, scales[quantity])


def _check_scale(stage: Stage, quantity: int, scale: Floats) -> None:
    """Refuse scales that differ where a stage needs them to be one number."""
    if not isinstance(stage.linear, Dense | Conv2d) and np.any(scale != scale.flat[0]):
        what = "sum" if isinstance(stage.linear, Sum) else "pooling"
        raise ModelError(f"scale {quantity} differs from unit to unit; the {what} that reads it needs one number")
    if isinstance(stage.linear, Conv2d) and scale.ndim and np.any(scale != scale[:, :1, :1]):
        raise ModelError(
            f"scale {quantity} differs within a channel; the kernel that reads it needs one number a channel"
        )


def _fields(events: Any) -> tuple[str, ...]:
    """The names of the events' fields."""
    named = (events.dtype.names or ()) if isinstance(events, np.ndarray) else ()
    if not named or events.ndim != 1 or "index" not in named or ("value" in named) == ("sign" in named):
        found = f"the fields {named}" if named else f"type {type(events).__name__}"
        raise ModelError(f"events have {found}; wanted a row of records with index and value, or index and sign")
    return tuple(named)


def _whole_field(events: NDArray[Any], name: str) -> NDArray[np.int64]:
    """A field of whole numbers."""
    if events[name].dtype.kind not in "iu":
        raise ModelError(f"the field {name!r} of events is {events[name].dtype}; wanted whole numbers")
    return events[name].astype(np.int64)
