"""Generated text: the loop over a run of deliveries around a rule, and the call of an order's key.

Both are compiled once for each rule and each key, and called by their addresses.
"""

from __future__ import annotations

import dis
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from eventnet.errors import NetworkError
from eventnet.kernels import out_compiled, owed, records
from eventnet.tally import DELIVERIES, N_WITH_PRODUCTS, NOTICES, SPIKES

AHEAD_BY = 4
"""So many deliveries lie between one whose row is fetched and the one that is worked at: what a fetch takes, at rows of
50 synapses."""

_RUN_NAMES = (
    "array_at rows_at local_row settle_row local_long_row settle_long_row notices_among "
    "PORT_WORDS JOB_WORDS N_COLUMNS CODES ROOTS LO HI STOP "
    "NOW FIRST OUT_ROOTS OUT_PARENTS ROOM MOST LIMIT START MADE FAULT ROOT_TALLY CONSUMED AT TIMES FORESAW "
    "DEEPER AT_DEEPEST BITS"
)
RUN_SCOPE: dict[str, Any] = {name: getattr(records, name) for name in _RUN_NAMES.split()} | {
    "AHEAD_BY": AHEAD_BY,
    "pay": owed.pay,
    "make_out": out_compiled.make_out,
    "make_out_with_amounts": out_compiled.make_out_with_amounts,
    "N_WITH_PRODUCTS": N_WITH_PRODUCTS,
    "DELIVERIES": DELIVERIES,
    "SPIKES": SPIKES,
    "NOTICES": NOTICES,
    "int64": types.int64,
    "int32": types.int32,
    "uint32": types.uint32,
    "float32": types.float32,
    "float64": types.float64,
}
"""Global names of the generated run of a rule."""

RUN_SIGNATURE = types.int64(types.int64, types.int64)

RUN_TEXT = """
def {name}(port_address, job_address):
    port = array_at(port_address, PORT_WORDS, int64)
    job = array_at(job_address, JOB_WORDS, int64)
    out = {make_out}(port_address, job_address)
    tally = array_at({row}, int64)
{views}
    lo, hi = job[LO], job[HI]
    codes = array_at(job[CODES], hi, int32)
    roots = array_at(job[ROOTS], hi, int64)
    t, stop, room, most = job[NOW], job[STOP], job[ROOM], port[MOST]
    times_at = job[TIMES]
    times = array_at(times_at, hi, int64)
    first = job[FIRST] - lo
    error = 0
    before = 0
    marked, r = lo, lo
    spikes_marked = 0
{pay}    while r < hi:
        if before + most > room:
            break
        code, s = codes[r], 1
        if code < 0:
            code, s = ~code, -1
{decode}{ahead}        if times_at != 0:
            t = times[r]
            job[NOW] = t
        job[LIMIT] = before + most
        job[START] = before
        job[AT] = r
        {call}
        made = job[MADE]
        if made > before:
            root, parent = roots[r], first + r
            root += job[DEEPER] if root < AT_DEEPEST else 0
            new_roots = array_at(job[OUT_ROOTS] + 8 * before, made - before, int64)
            for k in range(made - before):
                new_roots[k] = root
            new_parents = array_at(job[OUT_PARENTS] + 8 * before, made - before, int64)
            for k in range(made - before):
                new_parents[k] = parent
        r += 1
        if job[FAULT] != 0:
            error = job[FAULT]
        ends = error != 0 or r == hi or (stop != 0 and made > before) or (times_at != 0 and job[FORESAW] != 0)
        if ends or (job[ROOT_TALLY] != 0 and roots[r] != roots[r - 1]):
            tally[DELIVERIES] += r - marked
            {count_made}
            {settle}(port_address, job_address, tally, roots[r - 1], first + marked)
            marked, spikes_marked = r, made
        before = made
        if ends:
            break
    if marked < r:
        tally[DELIVERIES] += r - marked
        {count_before}
        {settle}(port_address, job_address, tally, roots[r - 1], first + marked)
    job[CONSUMED] = r - lo
    return int64(error)
"""

AHEAD = """\
        if r + AHEAD_BY < hi:
            soon, later = codes[r + AHEAD_BY], codes[min(r + 2 * AHEAD_BY, hi - 1)]
            soon, later = ~soon if soon < 0 else soon, ~later if later < 0 else later
            ahead(int64(soon), int64(later){names})
"""
"""Lines of the run for a rule that looks ahead."""

WITHOUT_AMOUNTS = {
    "make_out": "make_out", "row": "local_row(), N_COLUMNS", "settle": "settle_row", "decode": "",
}  # fmt: skip
"""Parts of the run of a rule where codes are indices, with their signs."""
WITH_AMOUNTS = {
    "make_out": "make_out_with_amounts", "row": "local_long_row(), N_WITH_PRODUCTS", "settle": "settle_long_row",
    "decode": """\
        s *= (code & ((1 << job[BITS]) - 1)) + 1
        code >>= job[BITS]
""",
}  # fmt: skip
"""The same parts where codes hold amounts below indices."""

ALL_SPIKES, ALL_NOTICES, SPIKES_AND_NOTICES = range(3)
"""Kinds of spikes of a port's outlets: a run of the last kind looks at each spike that it has made."""


def count_line(sends: int, made: str) -> str:
    """The line that counts what a stretch of deliveries has made."""
    if sends == SPIKES_AND_NOTICES:
        return (
            f"noticed = notices_among(port, job, spikes_marked, {made}); tally[NOTICES] += noticed; "
            f"tally[SPIKES] += {made} - spikes_marked - noticed"
        )
    return f"tally[{'NOTICES' if sends == ALL_NOTICES else 'SPIKES'}] += {made} - spikes_marked"


CACHE, EXTENDED_ARG, LOAD_CONST, RETURN_VALUE, RETURN_CONST = (
    dis.opmap.get(name, -1) for name in ("CACHE", "EXTENDED_ARG", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST")
)
"""Operations of Python's byte code; -1 where this Python has none of that name."""


def gives_code(function: Callable[..., Any]) -> bool:
    """Whether a rule returns error codes (0 for none); one that returns nothing never ends in an error.

    Raises NetworkError where it returns a code in one place and nothing in another: compiled, it would have no type.
    """
    code, nothing = function.__code__, set()
    before, argument, constant = CACHE, 0, None
    for op, low in zip(code.co_code[::2], code.co_code[1::2]):  # `dis` makes an object of each: too slow for all rules
        argument = argument << 8 | low if before == EXTENDED_ARG else low
        if op == RETURN_CONST:
            nothing.add(code.co_consts[argument] is None)
        elif op == RETURN_VALUE:
            nothing.add(before == LOAD_CONST and constant is None)
        elif op == LOAD_CONST:
            constant = code.co_consts[argument]
        if op != CACHE:
            before = op
    if len(nothing) == 2:
        raise NetworkError(
            f"rule {function.__name__!r} returns a code in one place and nothing in another; "
            "wanted `return 0` where all is well"
        )
    return nothing != {True}


KEY_WORDS = 16
KEY_MAGNITUDE, KEY_PHASE, KEY_PLACE, KEY_BITS, KEY_REKEYS = 5, 9, 10, 11, 12
"""KEY_BITS: bits of a code that hold amounts, which the loop takes off the index; KEY_REKEYS: whether the order asks
again about what waits. Both are the same in all calls."""

KEY_TEXT = """
def {name}(address):
    words = array_at(address, KEY_WORDS, int64)
    reals = array_at(address, KEY_WORDS, float64)
    phase, place = key(words[0], words[1], words[2], words[3], words[4], reals[5], words[6], words[7], words[8])
    words[9], words[10] = phase, place
    return int64(0)
"""


@intrinsic
def call_key(typingctx: Any, address: Any, words: Any) -> Any:
    """Call a compiled key by its address; it reads and writes the words at the other address."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(64)
        return builder.call(builder.inttoptr(args[0], ir.FunctionType(word, [word]).as_pointer()), [args[1]])

    return types.int64(types.int64, types.int64), codegen
