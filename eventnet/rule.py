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

from eventnet.errors import NetworkError, RuleError
from eventnet.kernels import records
from eventnet.kernels.codegen import ALL_SPIKES, RUN_SCOPE, RUN_SIGNATURE, RUN_TEXT, count_line
from eventnet.kernels.compiling import REFUSALS, compile_text, why_not_compiled
from eventnet.kernels.records import ARRAYS, MAX_NAMES

FIRST_ARGUMENTS = ("i", "s", "t", "out", "tally")

NUMBER_TYPES = {"float64": np.float64, "float32": np.float32, "int32": np.int32}


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
        counts = {f"count_{made}": count_line(sends, made) for made in ("made", "before")}
        text = RUN_TEXT.format(name="{name}", views=self._views(dtype), names=names, **counts)
        one = records.inner(error_model="numpy", forceinline=True)(self.py_func)
        scope = RUN_SCOPE | {"one": one, "__name__": __name__}
        return compile_text(text, dtype, self.py_func, scope, RUN_SIGNATURE)


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
