"""`out`: where a rule puts the spikes of one reaction, in plain Python and compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int32, int64, types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.extending import intrinsic, overload_method, register_model

from eventnet import predictions
from eventnet.memory import (
    AT,
    AT_DEEPEST,
    DEEPER,
    FAULT,
    FIRST,
    FIRST_NEURON,
    FORESAW,
    JOB_WORDS,
    LATER,
    LIMIT,
    LO,
    MADE,
    N_NEURONS,
    NEURONS,
    NOW,
    OUT_CODES,
    OUT_DELAYS,
    OUT_MAGNITUDES,
    OUT_OUTLETS,
    OUTLETS,
    PORT_WORDS,
    REACH,
    ROOTS,
    SLOTS,
    START,
    WAITING,
    WIDTHS,
    array_at,
    inner,
    rows_at,
)
from eventnet.predictions import BEYOND, FOREVER, due_at, due_tick

NEVER = float("inf")

TOO_MANY_SPIKES, BAD_SPIKE, BAD_PREDICTION, BEYOND_TIME = -1, -2, -3, -4
"""Faults that `out` finds by itself: more spikes in one reaction than the module's `most`; an index or outlet that the
port cannot emit; a prediction of a unit that makes none, or for a time that is not a number; a spike or a prediction
that would be delivered at tick 2^62 or later."""


class Out:
    """Where a rule puts the spikes of one reaction; this class is the plain form, for the reference engine."""

    __slots__ = ("fault", "most", "neurons", "now", "predictions", "reach", "spikes", "widths")

    def __init__(
        self, widths: tuple[int, ...], most: int, neurons: int = 0, now: int = 0, reach: tuple[int, ...] = ()
    ) -> None:
        self.widths, self.most, self.neurons, self.now = widths, most, neurons, now
        self.reach = reach or (-1,) * len(widths)
        self.spikes: list[tuple[int, int, int, float, int]] = []
        self.predictions: dict[int, int] = {}
        self.fault = 0

    def spike(self, index: int, sign: int, outlet: int = 0, magnitude: float = 1.0) -> None:
        """Make a spike of unit `index` with `sign` at the port's `outlet`-th outlet."""
        self.later(index, sign, outlet, 0, magnitude)

    def later(self, index: int, sign: int, outlet: int, ticks: int, magnitude: float = 1.0) -> None:
        """Make a spike that sets out `ticks` later: each wire adds its own delay to that.

        Where that comes to tick 2^62 or later the run ends with an error.
        """
        if len(self.spikes) >= self.most:
            self.fault = TOO_MANY_SPIKES
        elif not 0 <= outlet < len(self.widths) or not 0 <= index < self.widths[outlet] or not ticks >= 0:
            self.fault = BAD_SPIKE
        elif ticks > 0 and (ticks >= FOREVER or (self.reach[outlet] >= 0 and not self._comes(outlet, int(ticks)))):
            self.fault = BEYOND_TIME
        else:
            self.spikes.append((int(index), 1 if sign > 0 else -1, int(outlet), float(magnitude), int(ticks)))

    def _comes(self, outlet: int, ticks: int) -> bool:
        """All wires deliver before the end of time."""
        return self.now + ticks + self.reach[outlet] < FOREVER

    def predict(self, index: int, t: float) -> None:
        """Unit `index` will cross its threshold at time `t` (ticks) unless it predicts anew or cancels.

        The crossing is delivered, with sign +1, at the port that the module's predicting outlet names: at the first
        tick not before `t`, never in the present one. A whole number of ticks is exact; a float64 names every tick up
        to 2^53 only. A time of infinity cancels; where another comes to tick 2^62 or later the run ends with an error.
        """
        if not 0 <= index < self.neurons or t != t:
            self.fault = BAD_PREDICTION
            return
        whole = isinstance(t, (int, np.integer))
        due = due_at(int(t), self.now) if whole else due_tick(float(t), self.now)
        if due == BEYOND:
            self.fault = BEYOND_TIME
        else:
            self.predictions[int(index)] = due

    def cancel(self, index: int) -> None:
        """Unit `index` foresees nothing any more."""
        self.predict(index, NEVER)

    def made(self) -> int:
        """Spikes made so far in this reaction."""
        return len(self.spikes)

    def index(self, k: int) -> int:
        """Unit of the k-th spike of this reaction."""
        return self._spike(k)[0]

    def sign(self, k: int) -> int:
        """Sign of the k-th spike of this reaction."""
        return self._spike(k)[1]

    def _spike(self, k: int) -> tuple[int, int, int, float, int]:
        if not 0 <= k < len(self.spikes):
            raise IndexError(f"this reaction has made {len(self.spikes)} spikes so far; there is none with number {k}")
        return self.spikes[k]


class OutType(types.Type):
    """Numba's type of `out`: the addresses of the port's row and of the job."""

    def __init__(self) -> None:
        super().__init__(name="eventnet.Out")


@register_model(OutType)
class OutModel(models.StructModel):
    """Two words."""

    def __init__(self, manager: Any, fe_type: Any) -> None:
        super().__init__(manager, fe_type, [("port", types.int64), ("job", types.int64)])


out_type = OutType()


@intrinsic
def make_out(typingctx: Any, port: Any, job: Any) -> Any:
    """`out` for one run."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        struct = cgutils.create_struct_proxy(out_type)(context, builder)
        struct.port, struct.job = args
        return struct._getvalue()

    return out_type(types.int64, types.int64), codegen


def _member(name: str) -> Any:
    @intrinsic
    def member(typingctx: Any, out: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            struct = cgutils.create_struct_proxy(out_type)(context, builder, value=args[0])
            return getattr(struct, name)

        return types.int64(out_type), codegen

    return member


port_of, job_of = _member("port"), _member("job")


@inner(forceinline=True)
def _put(out, index, sign, outlet, magnitude, ticks):  # type: ignore[no-untyped-def]
    job = array_at(job_of(out), JOB_WORDS, int64)
    port = array_at(port_of(out), PORT_WORDS, int64)
    n = job[MADE]
    if n >= job[LIMIT]:
        job[FAULT] = TOO_MANY_SPIKES
        return
    if outlet < 0 or outlet >= port[OUTLETS] or index < 0 or index >= port[WIDTHS + outlet] or ticks < 0:
        job[FAULT] = BAD_SPIKE
        return
    if ticks > 0 and (
        ticks >= FOREVER or (port[REACH + outlet] >= 0 and ticks + port[REACH + outlet] >= FOREVER - job[NOW])
    ):
        job[FAULT] = BEYOND_TIME
        return
    code = int32(index)
    array_at(job[OUT_CODES], n + 1, int32)[n] = code if sign > 0 else ~code
    array_at(job[OUT_OUTLETS], n + 1, int64)[n] = outlet
    if job[OUT_MAGNITUDES] != 0:
        array_at(job[OUT_MAGNITUDES], n + 1, types.float64)[n] = magnitude
    if ticks > 0:
        if job[LATER] == 0:
            job[LATER] = 1
            delays = array_at(job[OUT_DELAYS], n + 1, int64)
            for k in range(n):
                delays[k] = 0
    if job[LATER] != 0:
        array_at(job[OUT_DELAYS], n + 1, int64)[n] = ticks
    job[MADE] = n + 1


@overload_method(OutType, "spike", jit_options={"forceinline": True})
def _spike(out, index, sign, outlet=0, magnitude=1.0):  # type: ignore[no-untyped-def]
    def impl(out, index, sign, outlet=0, magnitude=1.0):  # type: ignore[no-untyped-def]
        _put(out, int64(index), sign, int64(outlet), types.float64(magnitude), 0)

    return impl


@overload_method(OutType, "later", jit_options={"forceinline": True})
def _later(out, index, sign, outlet, ticks, magnitude=1.0):  # type: ignore[no-untyped-def]
    def impl(out, index, sign, outlet, ticks, magnitude=1.0):  # type: ignore[no-untyped-def]
        whole = int64(-1)
        if ticks >= 0:
            whole = int64(ticks) if ticks < FOREVER else int64(FOREVER)
        _put(out, int64(index), sign, int64(outlet), types.float64(magnitude), whole)

    return impl


@overload_method(OutType, "made", jit_options={"forceinline": True})
def _made(out):  # type: ignore[no-untyped-def]
    def impl(out):  # type: ignore[no-untyped-def]
        job = array_at(job_of(out), JOB_WORDS, int64)
        return job[MADE] - job[START]

    return impl


@overload_method(OutType, "index", jit_options={"forceinline": True})
def _index(out, k):  # type: ignore[no-untyped-def]
    def impl(out, k):  # type: ignore[no-untyped-def]
        job = array_at(job_of(out), JOB_WORDS, int64)
        code = array_at(job[OUT_CODES], job[MADE], int32)[job[START] + k]
        return int64(code if code >= 0 else ~code)

    return impl


@overload_method(OutType, "sign", jit_options={"forceinline": True})
def _sign(out, k):  # type: ignore[no-untyped-def]
    def impl(out, k):  # type: ignore[no-untyped-def]
        job = array_at(job_of(out), JOB_WORDS, int64)
        return 1 if array_at(job[OUT_CODES], job[MADE], int32)[job[START] + k] >= 0 else -1

    return impl


@inner
def _foresee(out, index, due):  # type: ignore[no-untyped-def]
    job = array_at(job_of(out), JOB_WORDS, int64)
    port = array_at(port_of(out), PORT_WORDS, int64)
    if index < 0 or index >= port[N_NEURONS]:
        job[FAULT] = BAD_PREDICTION
        return
    if due == BEYOND:
        job[FAULT] = BEYOND_TIME
        return
    slots = rows_at(job[SLOTS], job[NEURONS], 8, 8, int64)
    root = array_at(job[ROOTS], job[AT] + 1, int64)[job[AT]]
    root += job[DEEPER] if root < AT_DEEPEST else 0
    parent = job[FIRST] + job[AT] - job[LO]
    if due < FOREVER:
        job[FORESAW] = 1
    job[WAITING] = predictions.predict(slots, job[WAITING], port[FIRST_NEURON] + index, due, parent, root)


@overload_method(OutType, "predict", jit_options={"forceinline": True})
def _predict(out, index, t):  # type: ignore[no-untyped-def]
    if isinstance(t, types.Integer):

        def impl(out, index, t):  # type: ignore[no-untyped-def]
            _foresee(out, int64(index), due_at(int64(t), array_at(job_of(out), JOB_WORDS, int64)[NOW]))

    else:

        def impl(out, index, t):  # type: ignore[no-untyped-def]
            if t == t:
                now = array_at(job_of(out), JOB_WORDS, int64)[NOW]
                _foresee(out, int64(index), int64(due_tick(types.float64(t), now)))
            else:
                array_at(job_of(out), JOB_WORDS, int64)[FAULT] = BAD_PREDICTION

    return impl


@overload_method(OutType, "cancel", jit_options={"forceinline": True})
def _cancel(out, index):  # type: ignore[no-untyped-def]
    def impl(out, index):  # type: ignore[no-untyped-def]
        _foresee(out, int64(index), int64(FOREVER))

    return impl
