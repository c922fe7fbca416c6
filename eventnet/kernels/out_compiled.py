"""The compiled form of `out`: two addresses, and methods that write a reaction's spikes into the job."""

from __future__ import annotations

from typing import Any

from numba import int32, int64, types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.extending import intrinsic, overload_method, register_model

from eventnet.kernels import prediction_heap
from eventnet.kernels import records as R
from eventnet.kernels.prediction_heap import BEYOND, FOREVER, due_at, due_tick
from eventnet.kernels.records import array_at, inner, rows_at


class OutType(types.Type):
    """Numba's type of `out`: the addresses of the port's row and of the job. amounts: codes hold amounts."""

    def __init__(self, amounts: bool = False) -> None:
        self.amounts = amounts
        super().__init__(name="eventnet.Out(amounts)" if amounts else "eventnet.Out")


@register_model(OutType)
class OutModel(models.StructModel):
    """Two words."""

    def __init__(self, manager: Any, fe_type: Any) -> None:
        super().__init__(manager, fe_type, [("port", types.int64), ("job", types.int64)])


def _maker(out_type: OutType) -> Any:
    """An intrinsic (port's address, job's address): `out` for one run."""

    @intrinsic
    def make(typingctx: Any, port: Any, job: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            struct = cgutils.create_struct_proxy(out_type)(context, builder)
            struct.port, struct.job = args
            return struct._getvalue()

        return out_type(types.int64, types.int64), codegen

    return make


out_type = OutType()
make_out, make_out_with_amounts = _maker(out_type), _maker(OutType(amounts=True))


def _member(name: str) -> Any:
    @intrinsic
    def member(typingctx: Any, out: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            struct = cgutils.create_struct_proxy(out)(context, builder, value=args[0])
            return getattr(struct, name)

        return types.int64(out), codegen

    return member


port_of, job_of = _member("port"), _member("job")


@inner(forceinline=True)
def write_spike(job, n, code, outlet, magnitude, ticks):
    """Write the job's spike n; `job[MADE]` is the caller's to move. `CompiledEngine._write_spikes` is the plain twin.

    Magnitudes are written where an order reads them, delays from the first spike on that sets out later. `spike_often`
    and `fire_masked` write the same for many spikes at once; tests/test_out.py holds all of them together.
    """
    array_at(job[R.OUT_CODES], n + 1, int32)[n] = code
    array_at(job[R.OUT_OUTLETS], n + 1, int64)[n] = outlet
    if job[R.OUT_MAGNITUDES] != 0:
        array_at(job[R.OUT_MAGNITUDES], n + 1, types.float64)[n] = magnitude
    if ticks > 0:
        if job[R.LATER] == 0:
            job[R.LATER] = 1
            delays = array_at(job[R.OUT_DELAYS], n + 1, int64)
            for k in range(n):
                delays[k] = 0
    if job[R.LATER] != 0:
        array_at(job[R.OUT_DELAYS], n + 1, int64)[n] = ticks


@inner(forceinline=True)
def _put(out, index, sign, outlet, magnitude, ticks):
    job = array_at(job_of(out), R.JOB_WORDS, int64)
    port = array_at(port_of(out), R.PORT_WORDS, int64)
    n = job[R.MADE]
    if n >= job[R.LIMIT]:
        job[R.FAULT] = R.TOO_MANY_SPIKES
        return
    if outlet < 0 or outlet >= port[R.OUTLETS] or index < 0 or index >= port[R.WIDTHS + outlet] or ticks < 0:
        job[R.FAULT] = R.BAD_SPIKE
        return
    if ticks > 0 and port[R.REACH + outlet] == R.NONE_LATER:
        job[R.FAULT] = R.BAD_SPIKE
        return
    if ticks > 0 and (
        ticks >= FOREVER or (port[R.REACH + outlet] >= 0 and ticks + port[R.REACH + outlet] >= FOREVER - job[R.NOW])
    ):
        job[R.FAULT] = R.BEYOND_TIME
        return
    code = int32(index)
    write_spike(job, n, code if sign > 0 else ~code, outlet, magnitude, ticks)
    job[R.MADE] = n + 1


@inner(forceinline=True)
def _put_amount(out, index, sign, outlet, magnitude, ticks):
    """As `_put`, where codes hold amounts; at an outlet without amounts a sign is 1 or -1, as there."""
    job = array_at(job_of(out), R.JOB_WORDS, int64)
    port = array_at(port_of(out), R.PORT_WORDS, int64)
    s = int64(1 if sign > 0 else -1)
    if 0 <= outlet < port[R.OUTLETS] and port[R.AMOUNTS + outlet] > 1:
        most = port[R.AMOUNTS + outlet]
        s = int64(0)
        if 1 <= sign <= most or -most <= sign <= -1:
            s = int64(sign)
        if s == 0 or s != sign:
            if job[R.MADE] < job[R.LIMIT]:
                job[R.FAULT] = R.BAD_SPIKE
            else:
                job[R.FAULT] = R.TOO_MANY_SPIKES
            return
    n = job[R.MADE]
    _put(out, index, s, outlet, magnitude, ticks)
    if job[R.MADE] > n:
        code = int32((index << job[R.BITS]) | (abs(s) - 1))
        array_at(job[R.OUT_CODES], n + 1, int32)[n] = code if s > 0 else ~code


@inner
def shift_codes(out, n):
    """The last n spikes of a run, written as units with their signs, become codes with amounts of 1."""
    job = array_at(job_of(out), R.JOB_WORDS, int64)
    codes, bits = array_at(job[R.OUT_CODES], job[R.MADE], int32), job[R.BITS]
    for k in range(job[R.MADE] - n, job[R.MADE]):
        code = int64(codes[k])
        codes[k] = int32(code << bits) if code >= 0 else ~int32(~code << bits)


@overload_method(OutType, "spike", jit_options={"forceinline": True})
def _spike(out, index, sign, outlet=0, magnitude=1.0):
    if out.amounts:

        def with_amounts(out, index, sign, outlet=0, magnitude=1.0):
            _put_amount(out, int64(index), sign, int64(outlet), types.float64(magnitude), 0)

        return with_amounts

    def impl(out, index, sign, outlet=0, magnitude=1.0):
        _put(out, int64(index), sign, int64(outlet), types.float64(magnitude), 0)

    return impl


@overload_method(OutType, "later", jit_options={"forceinline": True})
def _later(out, index, sign, outlet, ticks, magnitude=1.0):
    if out.amounts:

        def with_amounts(out, index, sign, outlet, ticks, magnitude=1.0):
            whole = int64(-1)
            if ticks >= 0:
                whole = int64(ticks) if ticks < FOREVER else int64(FOREVER)
            _put_amount(out, int64(index), sign, int64(outlet), types.float64(magnitude), whole)

        return with_amounts

    def impl(out, index, sign, outlet, ticks, magnitude=1.0):
        whole = int64(-1)
        if ticks >= 0:
            whole = int64(ticks) if ticks < FOREVER else int64(FOREVER)
        _put(out, int64(index), sign, int64(outlet), types.float64(magnitude), whole)

    return impl


@overload_method(OutType, "made", jit_options={"forceinline": True})
def _made(out):
    def impl(out):
        job = array_at(job_of(out), R.JOB_WORDS, int64)
        return job[R.MADE] - job[R.START]

    return impl


@overload_method(OutType, "index", jit_options={"forceinline": True})
def _index(out, k):
    if out.amounts:

        def with_amounts(out, k):
            job = array_at(job_of(out), R.JOB_WORDS, int64)
            code = array_at(job[R.OUT_CODES], job[R.MADE], int32)[job[R.START] + k]
            return int64(code if code >= 0 else ~code) >> job[R.BITS]

        return with_amounts

    def impl(out, k):
        job = array_at(job_of(out), R.JOB_WORDS, int64)
        code = array_at(job[R.OUT_CODES], job[R.MADE], int32)[job[R.START] + k]
        return int64(code if code >= 0 else ~code)

    return impl


@overload_method(OutType, "sign", jit_options={"forceinline": True})
def _sign(out, k):
    if out.amounts:

        def with_amounts(out, k):
            job = array_at(job_of(out), R.JOB_WORDS, int64)
            code, mask = array_at(job[R.OUT_CODES], job[R.MADE], int32)[job[R.START] + k], (1 << job[R.BITS]) - 1
            return (code & mask) + 1 if code >= 0 else -((~code & mask) + 1)

        return with_amounts

    def impl(out, k):
        job = array_at(job_of(out), R.JOB_WORDS, int64)
        return 1 if array_at(job[R.OUT_CODES], job[R.MADE], int32)[job[R.START] + k] >= 0 else -1

    return impl


@inner
def _set_prediction(out, index, due):
    job = array_at(job_of(out), R.JOB_WORDS, int64)
    port = array_at(port_of(out), R.PORT_WORDS, int64)
    if index < 0 or index >= port[R.N_NEURONS]:
        job[R.FAULT] = R.BAD_PREDICTION
        return
    if due == BEYOND:
        job[R.FAULT] = R.BEYOND_TIME
        return
    slots = rows_at(job[R.SLOTS], job[R.NEURONS], 8, 8, int64)
    root = array_at(job[R.ROOTS], job[R.AT] + 1, int64)[job[R.AT]]
    root += job[R.DEEPER] if root < R.AT_DEEPEST else 0
    parent = job[R.FIRST] + job[R.AT] - job[R.LO]
    if due < FOREVER:
        job[R.FORESAW] = 1
    job[R.WAITING] = prediction_heap.predict(slots, job[R.WAITING], port[R.FIRST_NEURON] + index, due, parent, root)


@overload_method(OutType, "predict", jit_options={"forceinline": True})
def _predict(out, index, t):
    if isinstance(t, types.Integer):

        def impl(out, index, t):
            _set_prediction(out, int64(index), due_at(int64(t), array_at(job_of(out), R.JOB_WORDS, int64)[R.NOW]))

    else:

        def impl(out, index, t):
            if t == t:
                now = array_at(job_of(out), R.JOB_WORDS, int64)[R.NOW]
                _set_prediction(out, int64(index), int64(due_tick(types.float64(t), now)))
            else:
                array_at(job_of(out), R.JOB_WORDS, int64)[R.FAULT] = R.BAD_PREDICTION

    return impl


@overload_method(OutType, "cancel", jit_options={"forceinline": True})
def _cancel(out, index):
    def impl(out, index):
        _set_prediction(out, int64(index), int64(FOREVER))

    return impl
