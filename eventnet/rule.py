"""A rule says how one port reacts to one delivery; from that one function come its plain and its compiled form.

    @rule
    def count_up(i, s, t, out, tally, phi, w, threshold): ...

`i` is the index of the delivery, `s` its sign (+1 or -1, or its amount with a sign), `t` the time in ticks; `out` makes
spikes, `tally[COLUMN]` counts work. Every further name is an array or a parameter that the class of the module
declares, which says what kind it is. The reference engine calls the function as it stands. For the compiled engine the
text of a loop over a run of deliveries is generated around it, compiled once for each number type, and called by its
address.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eventnet.errors import NetworkError, RuleError
from eventnet.kernels import codegen as C
from eventnet.kernels import records
from eventnet.kernels.compiling import REFUSALS, compile_text, why_not_compiled
from eventnet.kernels.part_notes import SplitRule
from eventnet.kernels.records import ARRAYS, MAX_NAMES

FIRST_ARGUMENTS = ("i", "s", "t", "out", "tally")

OWED = "owed"  # the record of what the rows of a block are owed

STATE, INTEGERS, BLOCKS, PARAMS, INDICES = KINDS = ("state", "integers", "blocks", "params", "indices")
"""Kinds of a rule's names: arrays [n] in the network's number type, or of int64; weights; a number; indices [n] of
uint32 that no rule writes."""


class Rule:
    """One reaction: its plain Python function, the names it uses, and (on demand) its compiled address.

    A rule that is not told of what kind its names are takes them from the first class that has it at a port. For
    another class, or a module with values of its own, of other kinds, `typed` makes another rule of the same function.
    """

    state: tuple[str, ...] = ()
    integers: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    indices: tuple[str, ...] = ()

    def __init__(self, py_func: Callable[..., int | None], pays: str | None = None) -> None:
        self.py_func, self.pays = py_func, pays
        self.name: str = py_func.__name__
        self.arguments = tuple(inspect.signature(py_func).parameters)[len(FIRST_ARGUMENTS) :]
        self.names = self.arguments if pays is None else (*self.arguments, OWED)
        self.gives_code = C.gives_code(py_func)
        self.kinds, self.of, self.ahead, self.owing = None, self, None, None
        self._compiled: dict[tuple[str, int, bool], Any] = {}
        self._others: dict[tuple[str, ...], Rule] = {}
        self._check()
        functools.update_wrapper(self, py_func)

    kinds: tuple[str, ...] | None
    ahead: Callable[..., None] | None
    turns: bool = False
    form_of: Rule | None = None
    owing: Rule | None
    parts: SplitRule | None = None

    def where_owed(self, function: Any = None, *, pays: str | None = None, turns: bool = False) -> Any:
        """Decorate the form of the rule where rows of its block are owed updates (`eventnet.kernels.owed`).

        It may use every name of its class, and `owed`. turns: it finds columns as rows. pays, without a function: the
        rule only reads rows of this block, which are paid before each run.
        """
        if function is None and pays is None:
            return functools.partial(self.where_owed, turns=turns)
        self.owing = form = Rule(function or self.py_func, pays)
        form.form_of, form.turns = self, turns
        return form

    def looks_ahead(self, function: Callable[..., None]) -> Callable[..., None]:
        """Decorate a function (i, later, <names>), which the compiled loop calls before the rule reacts.

        i is the index of a delivery of the same run that comes soon, later one that comes after it. The function may
        ask the memory for what the rule will read then (`eventnet.kernels.fetch`), and change nothing. It is
        not called where spikes carry amounts.
        """
        self.ahead = function
        return function

    def _settle(self, by_name: Mapping[str, str]) -> None:
        self.kinds = tuple(by_name[name] for name in self.names)
        for kind in KINDS:
            setattr(self, kind, tuple(name for name in self.names if by_name[name] == kind))

    def typed(self, by_name: Mapping[str, str]) -> Rule:
        """This rule where its names are of these kinds (KINDS): itself, if they are its own or it has none yet."""
        kinds = tuple(by_name[name] for name in self.names)
        if self.kinds is None:
            self._settle(by_name)
            if self.owing is not None:
                self.owing.typed({**by_name, OWED: INTEGERS})
        if kinds == self.kinds:
            return self
        if kinds not in self._others:
            other = Rule(self.py_func, self.pays)
            other.ahead, other.turns = self.ahead, self.turns
            if self.owing is not None:
                other.owing = self.owing.typed({**dict(zip(self.owing.names, self.owing.kinds or ())), **by_name})
            other.typed(by_name)
            other.of = self
            self._others[kinds] = other
        return self._others[kinds]

    def _check(self) -> None:
        arguments = tuple(inspect.signature(self.py_func).parameters)
        if arguments[: len(FIRST_ARGUMENTS)] != FIRST_ARGUMENTS:
            raise NetworkError(
                f"rule {self.name!r} takes {arguments}, but a rule's arguments begin with {FIRST_ARGUMENTS}"
            )
        if len(self.names) > MAX_NAMES:
            raise NetworkError(f"rule {self.name!r} uses {len(self.names)} names; at most {MAX_NAMES} are possible")

    def __call__(self, *args: Any) -> int:
        """The plain function, for tests and for the reference engine; 0, or its error code."""
        return self.py_func(*args) or 0

    def __reduce__(self) -> str | tuple[Any, ...]:
        """A pickle holds a rule by module and name. Raises NetworkError where it is not found there."""
        if self.of is not self:
            return _typed, (self.of, self.names, self.kinds)
        if self.form_of is not None:
            return getattr, (self.form_of, "owing")
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

    def compiled(self, dtype: str, sends: int = C.ALL_SPIKES, amounts: bool = False) -> Any:
        """The C function of this rule for a number type; compiled at the first call and cached on disk.

        sends: what leaves by the outlets of the port, ALL_SPIKES, ALL_NOTICES or SPIKES_AND_NOTICES. amounts: codes
        hold amounts.
        """
        if (dtype, sends, amounts) not in self._compiled:
            try:
                self._compiled[dtype, sends, amounts] = self._compile(dtype, sends, amounts)
            except REFUSALS as error:
                why = f"rule {self.name!r} {why_not_compiled(self.py_func, error)}"
                raise RuleError(f"{why}. With check=True, or engine='reference', it runs as plain Python") from None
        return self._compiled[dtype, sends, amounts]

    def address(self, dtype: str, sends: int = C.ALL_SPIKES, amounts: bool = False) -> int:
        """The address of the compiled run, which the loop calls."""
        return int(self.compiled(dtype, sends, amounts).address)

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
                kind = "int64" if name in self.integers else "uint32" if name in self.indices else dtype
                lines.append(f"    own_{name} = array_at(port[{at}], port[{at + 1}], {kind})")
        return "\n".join(lines)

    def _compile(self, dtype: str, sends: int, amounts: bool = False) -> Any:
        names = "".join(f", own_{n}" for n in self.arguments)
        counts = {f"count_{made}": C.count_line(sends, made) for made in ("made", "before")}
        call = f"{'error = ' if self.gives_code else ''}one(int64(code), s, t, out, tally{names})"
        words = C.WITH_AMOUNTS if amounts else C.WITHOUT_AMOUNTS
        ahead = ""
        if self.ahead is not None and not amounts:
            wanted = list(inspect.signature(self.ahead).parameters)[2:]
            ahead = C.AHEAD.format(names="".join(f", own_{name}" for name in wanted))
        counts["pay"] = "" if self.pays is None else f"    pay(own_{self.pays}, own_{OWED})\n"
        text = C.RUN_TEXT.format(name="{name}", views=self._views(dtype), call=call, ahead=ahead, **counts, **words)
        one = records.inner(error_model="numpy", forceinline=True)(self.py_func)
        scope = C.RUN_SCOPE | {"one": one, "__name__": __name__}
        if self.ahead is not None:
            scope["ahead"] = records.inner(error_model="numpy", forceinline=True)(self.ahead)
        return compile_text(text, dtype, self.py_func, scope, C.RUN_SIGNATURE)


def _typed(rule: Rule, names: Sequence[str], kinds: Sequence[str]) -> Rule:
    """The other rule of a pickle."""
    return rule.typed(dict(zip(names, kinds, strict=True)))


def rule(function: Callable[..., int | None] | None = None, **kinds: Any) -> Rule:
    """Make a rule of a function `(i, s, t, out, tally, <names>)`; the names are what the module's class declares.

    The function returns nothing, or 0 and else an error code that its module names in `errors`. Raises NetworkError
    where kinds of names are said: the class declares them.
    """
    if function is None or kinds:
        raise NetworkError(
            "a rule does not say of what kind its names are: write @rule alone, and let the module's class declare "
            "them (State, Integers, Weights, Param)"
        )
    return Rule(function)
