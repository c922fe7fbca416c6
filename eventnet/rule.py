"""A rule says how one port reacts to one delivery; from that one function come its plain and its compiled form.

    @rule(state=("phi",), blocks=("w",), params=("threshold",))
    def count_up(i, s, t, out, tally, phi, w, threshold): ...

`i` is the index of the delivery, `s` its sign (+1 or -1), `t` the time in ticks; `out` makes spikes, `tally[COLUMN]`
counts work. Every further name is an array or a parameter that the module declares. The reference engine calls the
function as it stands. For the compiled engine the text of a loop over a run of deliveries is generated around it,
compiled once for each number type, and called by its address.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba import types

from eventnet import memory, out
from eventnet.compiling import REFUSALS, compile_text, why_not_compiled
from eventnet.errors import NetworkError, RuleError
from eventnet.memory import ARRAYS, MAX_NAMES
from eventnet.tally import DELIVERIES, NOTICES, SPIKES

FIRST_ARGUMENTS = ("i", "s", "t", "out", "tally")

NUMBER_TYPES = {"float64": np.float64, "float32": np.float32, "int32": np.int32}

_RUN_NAMES = (
    "array_at rows_at local_row settle_row notices_among PORT_WORDS JOB_WORDS N_COLUMNS CODES ROOTS LO HI STOP "
    "NOW FIRST OUT_ROOTS OUT_PARENTS ROOM MOST LIMIT START MADE FAULT ROOT_TALLY CONSUMED AT TIMES FORESAW "
    "DEEPER AT_DEEPEST"
)
RUN_SCOPE: dict[str, Any] = {name: getattr(memory, name) for name in _RUN_NAMES.split()} | {
    "make_out": out.make_out,
    "DELIVERIES": DELIVERIES,
    "SPIKES": SPIKES,
    "NOTICES": NOTICES,
    "int64": types.int64,
    "int32": types.int32,
    "float32": types.float32,
    "float64": types.float64,
}
"""What the generated run of a rule can see."""

_RUN_SIGNATURE = types.int64(types.int64, types.int64)

_RUN_TEXT = """
def {name}(port_address, job_address):
    port = array_at(port_address, PORT_WORDS, int64)
    job = array_at(job_address, JOB_WORDS, int64)
    out = make_out(port_address, job_address)
    tally = array_at(local_row(), N_COLUMNS, int64)
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
    while r < hi:
        if before + most > room:
            break
        code, s = codes[r], 1
        if code < 0:
            code, s = ~code, -1
        if times_at != 0:
            t = times[r]
            job[NOW] = t
        job[LIMIT] = before + most
        job[START] = before
        job[AT] = r
        error = one(int64(code), s, t, out, tally{names})
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
            settle_row(port_address, job_address, tally, roots[r - 1], first + marked)
            marked, spikes_marked = r, made
        before = made
        if ends:
            break
    if marked < r:
        tally[DELIVERIES] += r - marked
        {count_before}
        settle_row(port_address, job_address, tally, roots[r - 1], first + marked)
    job[CONSUMED] = r - lo
    return int64(error)
"""

ALL_SPIKES, ALL_NOTICES, SPIKES_AND_NOTICES = range(3)
"""What leaves by the outlets of a port: a run of the last kind looks at each spike that it has made."""


def _count(sends: int, made: str) -> str:
    """The line that counts what a stretch of deliveries has made."""
    if sends == SPIKES_AND_NOTICES:
        return (
            f"noticed = notices_among(port, job, spikes_marked, {made}); tally[NOTICES] += noticed; "
            f"tally[SPIKES] += {made} - spikes_marked - noticed"
        )
    return f"tally[{'NOTICES' if sends == ALL_NOTICES else 'SPIKES'}] += {made} - spikes_marked"


class Rule:
    """One reaction: its plain Python function, the names it uses, and (on demand) its compiled address."""

    def __init__(
        self,
        py_func: Callable[..., int],
        state: Sequence[str],
        integers: Sequence[str],
        blocks: Sequence[str],
        params: Sequence[str],
    ) -> None:
        self.py_func = py_func
        self.state, self.integers = tuple(state), tuple(integers)
        self.blocks, self.params = tuple(blocks), tuple(params)
        self.name: str = py_func.__name__
        self.names = tuple(inspect.signature(py_func).parameters)[len(FIRST_ARGUMENTS) :]
        self._compiled: dict[tuple[str, int], Any] = {}
        self._check()
        functools.update_wrapper(self, py_func)

    def _check(self) -> None:
        arguments = tuple(inspect.signature(self.py_func).parameters)
        if arguments[: len(FIRST_ARGUMENTS)] != FIRST_ARGUMENTS:
            raise NetworkError(
                f"rule {self.name!r} takes {arguments}, but a rule's arguments begin with {FIRST_ARGUMENTS}"
            )
        declared = self.state + self.integers + self.blocks + self.params
        if sorted(declared) != sorted(self.names):
            raise NetworkError(
                f"rule {self.name!r} uses the names {sorted(self.names)}, but declares {sorted(declared)}"
            )
        if len(self.names) > MAX_NAMES:
            raise NetworkError(f"rule {self.name!r} uses {len(self.names)} names; at most {MAX_NAMES} are possible")

    def __call__(self, *args: Any) -> int:
        """The plain function, for tests and for the reference engine."""
        return self.py_func(*args)

    def __reduce__(self) -> str:
        """A pickle holds a rule by module and name. Raises NetworkError where it is not found there."""
        qualname: str = self.py_func.__qualname__
        found: Any = sys.modules.get(self.py_func.__module__)
        for part in qualname.split("."):
            found = getattr(found, part, None)
        if found is not self:
            raise NetworkError(
                f"rule {qualname!r} cannot be pickled: a pickle holds a rule by module and name, and "
                f"{self.py_func.__module__!r} has no such rule at its top level"
            )
        return qualname

    def __copy__(self) -> Rule:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Rule:
        return self

    def __repr__(self) -> str:
        return f"<rule {self.name}({', '.join(self.names)})>"

    def compiled(self, dtype: str, sends: int = ALL_SPIKES) -> Any:
        """The C function of this rule for a number type; compiled at the first call and cached on disk.

        sends: what leaves by the outlets of the port, ALL_SPIKES, ALL_NOTICES or SPIKES_AND_NOTICES.
        """
        if (dtype, sends) not in self._compiled:
            try:
                self._compiled[dtype, sends] = self._compile(dtype, sends)
            except REFUSALS as error:
                why = f"rule {self.name!r} {why_not_compiled(self.py_func, error)}"
                raise RuleError(f"{why}. With check=True, or engine='reference', it runs as plain Python") from None
        return self._compiled[dtype, sends]

    def address(self, dtype: str, sends: int = ALL_SPIKES) -> int:
        """The address of the compiled run, which the loop calls."""
        return int(self.compiled(dtype, sends).address)

    def _views(self, dtype: str) -> str:
        lines = []
        for k, name in enumerate(self.names):
            at = ARRAYS + 4 * k
            if name in self.params:
                lines.append(f"    own_{name} = array_at(port[{at}], 1, {dtype})[0]")
            elif name in self.blocks:
                rows, columns, stride = (f"port[{at + word}]" for word in (1, 2, 3))
                lines.append(f"    own_{name} = rows_at(port[{at}], {rows}, {columns}, {stride}, {dtype})")
            else:
                kind = "int64" if name in self.integers else dtype
                lines.append(f"    own_{name} = array_at(port[{at}], port[{at + 1}], {kind})")
        return "\n".join(lines)

    def _compile(self, dtype: str, sends: int) -> Any:
        names = "".join(f", own_{n}" for n in self.names)
        counts = {f"count_{made}": _count(sends, made) for made in ("made", "before")}
        text = _RUN_TEXT.format(name="{name}", views=self._views(dtype), names=names, **counts)
        one = memory.inner(error_model="numpy", forceinline=True)(self.py_func)
        scope = RUN_SCOPE | {"one": one, "__name__": __name__}
        return compile_text(text, dtype, self.py_func, scope, _RUN_SIGNATURE)


def rule(
    *,
    state: Sequence[str] = (),
    integers: Sequence[str] = (),
    blocks: Sequence[str] = (),
    params: Sequence[str] = (),
) -> Callable[[Callable[..., int]], Rule]:
    """Make a rule of a function `(i, s, t, out, tally, <names>)`.

    `state` names arrays of shape [n] in the network's number type, `integers` arrays of int64, `blocks` weight blocks
    of shape [rows, cols], `params` single numbers in the network's number type. The function returns 0, or an error
    code that its module names in `errors`. Raises NetworkError when names and arguments do not agree.
    """

    def decorate(function: Callable[..., int]) -> Rule:
        return Rule(function, state, integers, blocks, params)

    return decorate
