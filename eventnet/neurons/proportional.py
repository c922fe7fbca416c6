"""Proportional-derivative layers: quantized changes, decoded with a decay (thesis chapter 5, appendix C).

A step of a layer comes when nothing else is left at an instant at which a spike arrived or its port `tick` was told to:
it decodes what arrived, applies its activation, encodes and sends. Unlike a Sigma-Delta layer, one with kp > 0 goes on
sending while its input stays the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from eventnet.errors import NetworkError
from eventnet.kernels.patches import Geometry, add_patches
from eventnet.kernels.ranges import Integers
from eventnet.kernels.rows import lowest, marked
from eventnet.kernels.simd import LANES
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.pd_code import (
    ACTIVATION,
    ALPHA,
    BUSY,
    COUNTS,
    ERRORS,
    LAST,
    MOST,
    NEXT,
    NOTICED,
    ROW,
    STAMP,
    TOLD,
    USED,
    blocks_of,
    check_clock,
    clock_state,
    code_state,
    count_spike,
    decay,
    decode,
    encode_and_send,
    send_numbers,
)
from eventnet.neurons.rounding import ACTIVATIONS, INPUT, TANH, squash
from eventnet.potential import Potential
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES, NEURON_ADDS, READS, WRITES

if TYPE_CHECKING:
    from eventnet.module import Block

PATCH = ("frame", "rows", "columns")


@register_jitable(forceinline=True)
def notice_step(clock: Any, out: Any) -> None:
    """Ask for a step at the end of the instant; once is enough."""
    if clock[NOTICED] == 0:
        clock[NOTICED] = 1
        out.spike(0, 1)


@register_jitable
def gather(t: int, count: Any, acc: Any, frame: Any, rows: Any, columns: Any, clock: Any, w: Any, tally: Any) -> None:
    """The sums of the patches of all spikes of this instant."""
    for j in range(len(acc)):
        acc[j] = 0
    if clock[STAMP] != t:
        return
    for block in range(blocks_of(count)):
        bits = marked(count, block)
        while bits != 0:
            i = LANES * block + lowest(bits)
            bits &= bits - 1
            add_patches(acc, w, i, int(count[i]), frame, rows, columns, tally)


@register_jitable
def decode_layer(number: Any, y: Any, z: Any, beta: Any, factor: Any, b: Any, tally: Any) -> None:
    """Decode the sums in `number`, and add the bias of each unit's channel."""
    decode(number, y, beta, factor)
    channels, c = b.shape[1], 0
    for j in range(len(y)):
        z[j] = y[j] + b[0, c]
        c += 1
        if c == channels:
            c = 0
    tally[NEURON_ADDS] += 2 * len(y)
    tally[MULTIPLIES] += 2 * len(y)
    tally[READS] += len(y)


@register_jitable
def hear(
    t: int, count: Any, y: Any, z: Any, number: Any, code: Any, code_in: Any, frame: Any, rows: Any, columns: Any,
    clock: Any, w: Any, b: Any, tally: Any,
) -> Any:  # fmt: skip
    """A layer's step begins: add the patches of what has come, decode into z; what is left of its own past."""
    gather(t, count, number, frame, rows, columns, clock, w, tally)
    heard, own = decay(code_in[ALPHA], clock, t, tally), decay(code[ALPHA], clock, t, tally)
    clock[NOTICED], clock[LAST] = 0, t
    decode_layer(number, y, z, code_in[USED], y.dtype.type(heard), b, tally)
    return own


@register_jitable
def activate(number: Any, z: Any, clock: Any, tally: Any) -> None:
    """The layer's activation of z."""
    for j in range(len(z)):
        number[j] = squash(np.float64(z[j]), clock[ACTIVATION])
    if clock[ACTIVATION] == TANH:
        tally[NEURON_ADDS] += 2 * len(z)
        tally[MULTIPLIES] += 2 * len(z)


@rule(state=("prev", "phi", "number", "code"), integers=("clock",), blocks=("frames",))
def take_frame(i, s, t, out, tally, prev, phi, number, code, clock, frames):
    """Encode row i of the frames."""
    if clock[NEXT] != 0:
        return BUSY
    for j in range(len(number)):
        number[j] = frames[i, j]
    tally[READS] += len(number)
    factor = decay(code[ALPHA], clock, t, tally)
    clock[LAST] = t
    return encode_and_send(number, prev, phi, code, factor, clock, out, tally)


@rule(state=("number",), integers=("clock",))
def go_on(i, s, t, out, tally, number, clock):
    """A frame had more spikes than one reaction makes: send the rest."""
    clock[NOTICED] = 0
    send_numbers(number, clock, out)
    return 0


@rule(state=("count",), integers=("clock",))
def receive(i, s, t, out, tally, count, clock):
    """A spike waits for the end of the instant."""
    count_spike(i, s, t, count, clock)
    tally[NEURON_ADDS] += 1
    notice_step(clock, out)
    return 0


@rule(integers=("clock",))
def ask_step(i, s, t, out, tally, clock):
    """A step comes at the end of this instant, whether spikes arrive or not."""
    notice_step(clock, out)
    return 0


@rule(integers=("clock",))
def tell_row(i, s, t, out, tally, clock):
    """A step comes at the end of this instant, and what it gives goes to row i."""
    clock[ROW], clock[TOLD] = i, 1
    notice_step(clock, out)
    return 0


@rule(
    state=("count", "y", "z", "prev", "phi", "number", "code", "code_in"),
    integers=(*PATCH, "clock"),
    blocks=("w", "b"),
)
def step_layer(i, s, t, out, tally, count, y, z, prev, phi, number, code, code_in, frame, rows, columns, clock, w, b):
    """Add the patches, decode, add the bias, apply the activation, encode and send; or go on sending."""
    if clock[NEXT] != 0:
        clock[NOTICED] = 0
        send_numbers(number, clock, out)
        return 0
    own = hear(t, count, y, z, number, code, code_in, frame, rows, columns, clock, w, b, tally)
    activate(number, z, clock, tally)
    return encode_and_send(number, prev, phi, code, own, clock, out, tally)


@rule(
    state=("count", "y", "z", "number", "code_in"), integers=(*PATCH, "clock"), blocks=("w", "b", "answers")
)  # fmt: skip
def step_readout(i, s, t, out, tally, count, y, z, number, code_in, frame, rows, columns, clock, w, b, answers):
    """Add the patches, decode, add the bias; write the result to a row of the answers where one was named."""
    gather(t, count, number, frame, rows, columns, clock, w, tally)
    heard = decay(code_in[ALPHA], clock, t, tally)
    clock[NOTICED], clock[LAST] = 0, t
    decode_layer(number, y, z, code_in[USED], y.dtype.type(heard), b, tally)
    if clock[TOLD] != 0:
        clock[TOLD] = 0
        for j in range(len(z)):
            answers[clock[ROW], j] = z[j]
        tally[WRITES] += len(z)
    return 0


@rule(state=("count", "y", "number", "code_in"), integers=("clock",), blocks=("answers",))
def step_decoder(i, s, t, out, tally, count, y, number, code_in, clock, answers):
    """Decode the spikes themselves; write the result to a row of the answers where one was named."""
    for j in range(len(number)):
        number[j] = count[j] if clock[STAMP] == t else 0
    heard = decay(code_in[ALPHA], clock, t, tally)
    clock[NOTICED], clock[LAST] = 0, t
    decode(number, y, code_in[USED], y.dtype.type(heard))
    tally[NEURON_ADDS] += len(y)
    tally[MULTIPLIES] += 2 * len(y)
    if clock[TOLD] != 0:
        clock[TOLD] = 0
        for j in range(len(y)):
            answers[clock[ROW], j] = y[j]
        tally[WRITES] += len(y)
    return 0


class PDCode(Module):
    """Base of what encodes values: gains kp and kd, ticks a step, and an adaptive scale.

    kp, kd   gains, 0 or more and not both 0: a step sends kp x + kd (x - x_last), rounded with memory
    eta      rate of the adaptive scale (C.8); 0 keeps it at 1 / (kp + kd)
    step     ticks of one step, over which a code decays by alpha = kd / (kp + kd)
    """

    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    errors = ERRORS
    out = Outlet()
    membrane = Potential("phi", sums=True)

    def __init__(
        self, units: int, *, kp: float, kd: float, eta: float, step: int, rate: float = 0.0, name: str | None
    ) -> None:
        super().__init__(name)
        self.units, self.kp, self.kd, self.eta, self.step = units, kp, kd, eta, step
        self.state = {
            "prev": np.zeros(units), "phi": np.zeros(units), "number": np.zeros(units),
            "code": code_state(kp, kd, eta=eta, rate=rate),
        }  # fmt: skip

    def check_integers(self, found: Integers, time: int) -> None:
        """The clock names units and rows that there are."""
        check_clock(found, self.integers, time, units=self.units, rows=getattr(self, "n_targets", 0))

    def most_spikes(self) -> int:
        """Spikes of one reaction, and a notice: a step with more goes on at the next."""
        return MOST + 1


class PDEncoder(PDCode):
    """Encodes frames: rows of a block [any number, units].

    Ports: frame (row of the frames), settle (its own notices). Outlets: out, notice. Options as for `PDCode`.
    Source: thesis 5.3; erratum C.5 (halves round up). With kp = 0 this is a temporal difference, rounded with memory.
    """

    frame = Port(take_frame, emits=("out", "notice"), accepts="n_frames")
    settle = Port(go_on, emits=("out", "notice"))
    notice = Outlet(width="one", settles="settle")
    one = 1

    def __init__(
        self, frames: Block, *, kp: float, kd: float, eta: float = 0.0, step: int = 1, name: str | None = None
    ) -> None:
        super().__init__(frames.cols, kp=kp, kd=kd, eta=eta, step=step, name=name)
        if frames.array.dtype.kind != "f":
            raise NetworkError(f"an encoder rounds real numbers; its frames are {frames!r}")
        self.frames, self.n_frames, self.blocks = frames, frames.rows, {"frames": frames}
        self.integers = {"clock": clock_state(step, INPUT)}


def check_weights(module: Module, geometry: Geometry, weights: Block, bias: Block | None = None) -> None:
    """Raises NetworkError for blocks that do not fit a geometry, and for networks of whole numbers."""
    wanted = (geometry.shape_in[0], geometry.row_words)
    if weights.array.shape != wanted:
        raise NetworkError(f"weights are {weights!r}; the layer's shapes want {wanted[0]} x {wanted[1]}")
    if bias is not None and bias.array.shape != (1, geometry.shape_out[0]):
        raise NetworkError(f"biases are {bias!r}; wanted 1 x {geometry.shape_out[0]}, one a channel")
    if weights.array.dtype.kind != "f":
        raise NetworkError(f"{type(module).__name__} decays, so it needs real numbers; its weights are {weights!r}")


def find_activation(name: str) -> int:
    """The number of an activation. Raises NetworkError for an unknown one."""
    if name not in ACTIVATIONS[:INPUT]:
        raise NetworkError(f"an activation is one of {', '.join(ACTIVATIONS[:INPUT])}, not {name!r}")
    return ACTIVATIONS.index(name)


def hearing(geometry: Geometry, below: PDCode) -> dict[str, NDArray[np.float64]]:
    """The state with which a layer hears: spikes counted, decoded sums, sums with their biases."""
    if below.units != geometry.units_in:
        raise NetworkError(f"a layer that hears {geometry.units_in} units cannot decode {below!r}")
    return {
        "count": np.zeros(geometry.units_in), "y": np.zeros(geometry.units_out), "z": np.zeros(geometry.units_out),
    }  # fmt: skip


class PDLayer(PDCode):
    """A layer: decodes what it hears through its weights, applies its activation, encodes and sends.

    geometry    how units reach one another: `Geometry.dense(n_in, n_out)` or `Geometry.window(...)`
    weights     a block [n_in, n_out], or `kernel_rows` of a kernel [c_out, c_in, height, width]
    bias        a block [1, c_out], one a channel (a unit of a dense layer); an error module may learn it
    below       the module whose code it decodes: the encoder, or the layer below
    activation  "identity", "relu", "hard_sigmoid" or "tanh"

    Ports: spikes, tick (a step comes, spikes or not), settle (its own notices). Outlets: out, notice. Further options
    as for `PDCode`. Source: thesis 5.3, C.3.
    """

    instant_counts = COUNTS
    spikes = Port(receive, emits="notice", accepts="n_in")
    tick = Port(ask_step, emits="notice")
    settle = Port(step_layer, emits=("out", "notice"))
    notice = Outlet(width="one", settles="settle")
    one = 1

    def __init__(
        self, geometry: Geometry, weights: Block, bias: Block, below: PDCode, *, kp: float, kd: float,
        eta: float = 0.0, step: int = 1, activation: str = "relu", name: str | None = None,
    ) -> None:  # fmt: skip
        geometry = Geometry.of(geometry)
        super().__init__(geometry.units_out, kp=kp, kd=kd, eta=eta, step=step, name=name)
        check_weights(self, geometry, weights, bias)
        self.geometry, self.weights, self.bias, self.below = geometry, weights, bias, below
        self.activation, self.n_in = activation, geometry.units_in
        self.blocks, self.reads = {"w": weights, "b": bias}, {"code_in": (below, "code")}
        self.state |= hearing(geometry, below)
        self.integers = geometry.integers() | {
            "clock": clock_state(step, find_activation(activation)),
        }  # fmt: skip


class PDReadout(Module):
    """The last layer: decodes what it hears through its weights, and never fires.

    Ports: spikes, tick, read (as tick, and the sums of that step go to this row of the answers), settle (its own
    notices). Outlets: notice. answers is a block [any number, units]; further arguments as for `PDLayer`.
    """

    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    instant_counts = COUNTS
    spikes = Port(receive, emits="notice", accepts="n_in")
    tick = Port(ask_step, emits="notice")
    read = Port(tell_row, emits="notice", accepts="n_answers")
    settle = Port(step_readout)
    notice = Outlet(width="one", settles="settle")
    one = 1

    def __init__(
        self, geometry: Geometry, weights: Block, bias: Block, answers: Block, below: PDCode, *, step: int = 1,
        name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name)
        geometry = Geometry.of(geometry)
        check_weights(self, geometry, weights, bias)
        self.geometry, self.weights, self.bias, self.answers = geometry, weights, bias, answers
        self.below, self.step, self.units, self.n_in = below, step, geometry.units_out, geometry.units_in
        if answers.cols != self.units:
            raise NetworkError(f"a read-out of {self.units} units got answers {answers!r}")
        self.n_answers = answers.rows
        self.blocks, self.reads = {"w": weights, "b": bias, "answers": answers}, {"code_in": (below, "code")}
        self.state = hearing(geometry, below) | {"number": np.zeros(self.units)}
        self.integers = geometry.integers() | {"clock": clock_state(step)}

    def check_integers(self, found: Integers, time: int) -> None:
        """The clock names a row that there is."""
        check_clock(found, self.integers, time, rows=self.n_answers)

    def most_spikes(self) -> int:
        """A notice."""
        return 1


class PDDecoder(Module):
    """Decodes the spikes of `below` itself, unit by unit; with kp = 0 this is temporal integration.

    Ports: spikes, tick, read (as tick, and the values of that step go to this row of the answers), settle (its own
    notices). Outlets: notice. Its code decays between steps by what has really passed.
    """

    instant_counts = COUNTS
    spikes = Port(receive, emits="notice", accepts="units")
    tick = Port(ask_step, emits="notice")
    read = Port(tell_row, emits="notice", accepts="n_answers")
    settle = Port(step_decoder)
    notice = Outlet(width="one", settles="settle")
    one = 1

    def __init__(self, answers: Block, below: PDCode, *, step: int = 1, name: str | None = None) -> None:
        super().__init__(name)
        if answers.cols != below.units or answers.array.dtype.kind != "f":
            raise NetworkError(f"a decoder of {below.units} units got answers {answers!r}; wanted real numbers")
        self.answers, self.below, self.step, self.units = answers, below, step, below.units
        self.n_answers, self.blocks, self.reads = answers.rows, {"answers": answers}, {"code_in": (below, "code")}
        self.state = {name: np.zeros(self.units) for name in ("count", "y", "number")}
        self.integers = {"clock": clock_state(step)}

    def check_integers(self, found: Integers, time: int) -> None:
        """The clock names a row that there is."""
        check_clock(found, self.integers, time, rows=self.n_answers)

    def most_spikes(self) -> int:
        """A notice."""
        return 1
