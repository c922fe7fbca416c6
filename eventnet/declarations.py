"""Declarations of a class of modules: the arguments of its constructor and the names that its rules see, each once.

    class Resting(Module):
        w = Weights("n_in", "units")
        phi = Potential(w)
        last = Integers(start=-100)
        threshold = Param(1.0)

From this come the constructor `Resting(units, w, *, threshold=1.0, name=None)` and its checks, what a network file
holds, the tables that engines read (`state`, `integers`, `blocks`, `params`, `reads`), the kind of each name in a rule,
the potential and what moves it, and the list of arguments in the class's documentation.

An argument without a function that makes it is one of the constructor. Sizes, weights and other modules are positional,
all else goes by name.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Self, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import NetworkError, did_you_mean
from eventnet.given import Block, as_array, has_size, length, one_a_unit, whole_numbers
from eventnet.kernels.patches import Geometry
from eventnet.rule import BLOCKS, INDICES, INTEGERS, PARAMS, STATE

T = TypeVar("T", covariant=True)
M = TypeVar("M", covariant=True)

REQUIRED: Any = inspect.Parameter.empty
"""The default of an argument that has none."""

Shape = int | str | None
"""A length: a whole number, the name of a size, or sums and products of these ("2 * n_in + 1"); None: as it comes."""


class Declared(Generic[T]):
    """Base of all that is declared; `name` is the attribute, `key` what rules and files call it, `called` the argument.

    default   of the argument; REQUIRED for none, where the constructor must be given it
    check     a function (value, name) that returns what the module keeps, or raises NetworkError
    doc       what documentation says of it
    one       why it is one number for all units: an array is refused with this reason, which documentation gives, too
    """

    positional = False
    writes = False
    table: str | None = None
    argument = True
    called = ""
    one = ""

    def __init__(
        self, default: Any = REQUIRED, *, check: Callable[[Any, str], Any] | None = None, key: str = "", doc: str = ""
    ) -> None:
        self.default, self.check, self.key, self.doc, self.name = default, check, key, doc, ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.key, self.called = self.key or name, self.called or name

    @property
    def by_place(self) -> bool:
        """The constructor takes it without its name; where it has a default, only if the declaration itself says so."""
        return self.positional and (self.default is REQUIRED or "positional" in vars(self))

    @overload
    def __get__(self, module: None, owner: type) -> Self: ...
    @overload
    def __get__(self, module: object, owner: type) -> T: ...
    def __get__(self, module: Any, owner: type) -> Any:
        return self if module is None else self.value(module)

    def __set__(self, module: Any, value: Any) -> None:
        module.keep(self.name, value)

    def value(self, module: Any) -> Any:
        """The value of a module's attribute. Raises AttributeError where the module has none yet."""
        try:
            return vars(module)[self.name]
        except KeyError:
            raise AttributeError(f"{type(module).__name__} has no {self.name!r} yet") from None

    def take(self, module: Any, given: Any) -> None:
        """Keep an argument of the constructor; an array of it cannot be written, since no run would know."""
        if self.one and as_array(given, f"{self.name} of {type(module).__name__}").ndim:
            raise NetworkError(
                f"{self.name} of {type(module).__name__} is {given!r:.60}; wanted one number for all units: {self.one}"
            )
        kept = given if self.check is None else self.check(given, self.name)
        if isinstance(kept, np.ndarray):
            kept.flags.writeable = False
        vars(module)[self.name] = kept

    def fill(self, module: Any) -> None:
        """Put into the module's tables what its rules see of it; sizes are known by now."""

    def seen(self) -> Mapping[str, str]:
        """The names under which rules see it, each with its kind."""
        return {} if self.table is None else {self.key: self.table}

    def says(self) -> str:
        """The kind of value in a word or two, for documentation and messages."""
        return "a value"


class Option(Declared[T]):
    """An argument that no rule sees: a number, a text, a tuple, an array; kept as an attribute."""

    def __init__(
        self, default: T = REQUIRED, *, check: Callable[[Any, str], T] | None = None, positional: bool = False,
        doc: str = "", one: str = "",
    ) -> None:  # fmt: skip
        super().__init__(default, check=check, doc=doc)
        self.positional, self.one = positional, one

    def says(self) -> str:
        """The kind of value in a word or two, by the default."""
        known = {bool: "True or False", int: "a number", float: "a number", str: "a text", tuple: "several values"}
        return "optional" if self.default is None else known.get(type(self.default), "a value")


class Common(Option[T]):
    """An option that every module may have, and takes where `used(cls)` says that it is of use."""

    def __init__(self, default: T, *, used: Callable[[Any], bool], doc: str = "") -> None:
        super().__init__(default, doc=doc)
        self.used = used


class Size(Declared[int]):
    """An argument that is a number of units, inputs or the like: whole, 1 or more."""

    positional = by_place = True

    def take(self, module: Any, given: Any) -> None:
        """Keep it. Raises NetworkError for what is no such number."""
        if isinstance(given, bool) or not isinstance(given, int | np.integer) or given < 1:
            raise NetworkError(f"{self.name} is {given!r}; wanted a whole number, 1 or more")
        super().take(module, int(given))

    def value(self, module: Any) -> int:
        """The number; 1 before it is known."""
        return int(vars(module).get(self.name, 1))

    def says(self) -> str:
        """A size."""
        return "a whole number"


class Other(Declared[M]):
    """An argument that is another module, which has been added before this one.

    called   the argument's name, where all modules have an attribute of that name
    """

    positional = True

    def __init__(self, kind: type[M], default: Any = REQUIRED, *, called: str = "", doc: str = "") -> None:
        super().__init__(default, doc=doc)
        self.kind, self.called = kind, called

    def take(self, module: Any, given: Any) -> None:
        """Keep it. Raises NetworkError for what is no such module."""
        if not isinstance(given, self.kind) and not (given is None and self.default is None):
            raise NetworkError(f"{self.called} is {given!r}; wanted a module of class {self.kind.__name__}")
        super().take(module, given)

    def says(self) -> str:
        """A module."""
        return f"a module ({self.kind.__name__})"


class Patches(Declared[Geometry]):
    """An argument that says how units reach one another: a `Geometry`, or its parts, which a network file holds.

    Rules see the integers `frame`, `rows` and `columns`, by which the helpers of `eventnet.kernels.patches` find what a
    spike of a unit reaches.

    spread: whether the rules reach what a kernel with groups or dilation does; one that has them is refused otherwise.
    """

    positional = True

    def __init__(
        self, *, spread: bool = False, check: Callable[[Any, str], Any] | None = None, doc: str = ""
    ) -> None:  # fmt: skip
        super().__init__(check=check, doc=doc)
        self.spread = spread

    def take(self, module: Any, given: Any) -> None:
        """Keep it. Raises NetworkError for parts that do not belong together, and for what the rules do not know."""
        taken = Geometry.of(given)
        if not self.spread:
            refuse_spread(taken, type(module).__name__)
        super().take(module, taken)

    def fill(self, module: Any) -> None:
        """Give its three arrays to the rules."""
        module.integers.update(self.value(module).integers())

    def seen(self) -> Mapping[str, str]:
        """The three arrays."""
        return dict.fromkeys(("frame", "rows", "columns"), INTEGERS)

    def says(self) -> str:
        """The kind of value in a word or two."""
        return "a Geometry"


def refuse_spread(geometry: Geometry, what: str) -> None:
    """Raises NetworkError for a kernel with groups or dilation."""
    if geometry.is_spread:
        *dilation, groups = geometry.spread
        raise NetworkError(f"the window of {what} has dilation {dilation} and {groups} groups; wanted 1 of each")


class Derived(Declared[T]):
    """No argument, but a value that is the same for all modules of a class, or follows from other attributes."""

    argument = False

    @overload
    def __init__(self, made: Callable[[Any], T]) -> None: ...
    @overload
    def __init__(self, made: T) -> None: ...
    def __init__(self, made: Any) -> None:
        super().__init__()
        self.made = made

    def value(self, module: Any) -> Any:
        """The value that all modules of the class share, or the one made from other attributes, which is made once."""
        if not callable(self.made):
            return self.made
        own = vars(module)
        if self.name not in own:
            own[self.name] = self.made(module)
        return own[self.name]

    def fill(self, module: Any) -> None:
        """Work it out at last."""
        self.value(module)


class Weights(Declared[Block]):
    """A weight block, [rows, cols]: sizes by name, or numbers. A size that nothing else says is the block's own.

    instead     the weights that rules see where this argument is None
    positional  it may be given without its name, None or not
    """

    positional, table = True, BLOCKS

    def __init__(
        self, rows: Shape, cols: Shape, *, instead: Weights | None = None, positional: bool = False,
        check: Callable[[Any, str], Any] | None = None, key: str = "", doc: str = "",
    ) -> None:  # fmt: skip
        super().__init__(REQUIRED if instead is None else None, check=check, key=key, doc=doc)
        self.shape, self.instead = (rows, cols), instead
        self.positional = positional or instead is None
        self.read: tuple[Declared[Any], str] | None = None

    @classmethod
    def of(cls, other: Declared[Any], theirs: str, *, key: str = "", doc: str = "") -> Self:
        """The weights that are another module's attribute of this name, of whatever shape."""
        made = cls(None, None, key=key, doc=doc)
        made.read, made.argument = (other, theirs), False
        return made

    def value(self, module: Any) -> Any:
        """The block; of another module's, that one's."""
        return super().value(module) if self.read is None else getattr(whose(self.read, module), self.read[1])

    def take(self, module: Any, given: Any) -> None:
        """Keep it. Raises NetworkError for what is no weight block."""
        if not isinstance(given, Block) and not (given is None and self.instead is not None):
            raise NetworkError(
                f"{self.name} of {type(module).__name__} is {given!r:.60}; wanted weights of the network, "
                f"{self.says()}: net.weights([[...], ...])"
            )
        super().take(module, given)

    def bind(self, module: Any) -> None:
        """Sizes that are not known yet are the block's. Raises NetworkError where others differ from it."""
        block = self.value(module)
        found = (0, 0) if block is None else (block.rows, block.cols)
        for size, n, what in zip(self.shape, found, ("rows", "columns"), strict=True):
            name = size if isinstance(size, str) and size.isidentifier() else None
            if name is not None and not has_size(module, name):
                vars(module)[name] = n
            elif block is not None and size is not None and (wanted := length(size, module)) != n:
                cls, about = type(module).__name__, f"{self.says()}{self.doc and f': {self.doc}'}"
                raise NetworkError(
                    f"{self.name} of {cls} are {block!r}; wanted {wanted} {what}, {about}" if name is None else
                    f"{cls} has {wanted} {name}, but its {self.name} are for {n}: "
                    f"{self.name} are {block!r}, wanted {about}"
                )  # fmt: skip

    def fill(self, module: Any) -> None:
        """Give it to the rules."""
        block = self.value(module)
        module.blocks[self.key] = vars(module)[self.instead.name] if block is None and self.instead else block

    def says(self) -> str:
        """Its shape."""
        if self.read is not None:
            return _theirs(self.read)
        return "weights" if self.shape == (None, None) else "[{}, {}]".format(*(size or "any" for size in self.shape))


class Param(Declared[Any]):
    """A number that rules see, in the network's number type: an argument, or made of other attributes.

    start   a function of the module that makes it: then it is no argument
    each    the argument may be an array [units]: rules get an array then, and read either with `at(name, j)`
    """

    table = PARAMS

    def __init__(
        self, default: Any = REQUIRED, *, start: Callable[[Any], float] | None = None, each: bool = False,
        check: Callable[[Any, str], Any] | None = None, key: str = "", doc: str = "", one: str = "",
    ) -> None:  # fmt: skip
        super().__init__(default, check=check, key=key, doc=doc)
        self.start, self.each, self.argument, self.one = start, each, start is None, one
        self.read: tuple[Declared[Any], str] | None = None

    @classmethod
    def of(cls, other: Declared[Any], theirs: str, *, key: str = "", doc: str = "") -> Self:
        """The parameter `theirs` of another module: a number, or one a unit [units]."""
        made = cls(start=_none, key=key, doc=doc)
        made.read = other, theirs
        return made

    def take(self, module: Any, given: Any) -> None:
        """Keep it. Raises NetworkError for an array where the class takes one number."""
        if as_array(given, f"{self.name} of {type(module).__name__}").ndim and not (self.each or self.one):
            raise NetworkError(
                f"{self.name} of {type(module).__name__} is {given!r:.60}; wanted one number: "
                "a class that takes one a unit declares it so, each=True"
            )
        super().take(module, given)

    def value(self, module: Any) -> Any:
        """The value that rules get: a number, or an array [units]."""
        if self.read is not None:
            other, theirs = whose(self.read, module), self.read[1]
            return other.state[theirs] if theirs in other.state else other.params[theirs]
        for table in (module.params, module.state):
            if self.key in table:
                return table[self.key]
        if self.start is None:
            return super().value(module)
        return self._kept(self.start(module), module)

    def fill(self, module: Any) -> None:
        """Give it to the rules."""
        if self.read is not None:
            module.reads[self.key] = whose(self.read, module), self.read[1]
        else:
            self._kept(self.value(module), module)

    def _kept(self, value: Any, module: Any) -> Any:
        if not np.ndim(value):
            module.params[self.key] = value
            return value
        return module.state.setdefault(self.key, one_a_unit(value, module.units, self.name))

    def says(self) -> str:
        """One number, or one a unit."""
        if self.read is not None:
            return _theirs(self.read)
        return "a number, or one a unit [units]" if self.each else "a number"


def _none(module: Any) -> float:
    """A start that is never used: that of a parameter which is read from another module."""
    return 0.0


def whose(read: tuple[Declared[Any], str], module: Any) -> Any:
    """The other module that something is read of; None where there is none."""
    return getattr(module, read[0].name)


def _theirs(read: tuple[Declared[Any], str]) -> str:
    return f"{read[1]!r} of {read[0].name}"


class _Array(Declared[T]):
    """Base of arrays of state and of integers; `shape` is a length.

    start   values at the start of a run: a number, an array, or a function of the module
    given   the default of an argument that says it instead: one number or one a unit, or what `start` makes an array
            of, as a function of the module and the argument
    """

    argument = False

    def __init__(
        self, shape: Shape = "units", *, start: Any = 0, given: Any = REQUIRED, key: str = "", doc: str = ""
    ) -> None:
        super().__init__(given, key=key, doc=doc)
        self.shape, self.start, self.argument = shape, start, given is not REQUIRED
        self.read: tuple[Declared[Any], str] | None = None

    @classmethod
    def of(cls, other: Declared[Any], theirs: str, *, key: str = "", doc: str = "", writes: bool = False) -> Self:
        """The array `theirs` of another module: rules see it, and may not write it unless the class `writes` it."""
        made = cls(None, key=key, doc=doc)
        made.read, made.writes = (other, theirs), writes
        return made

    def value(self, module: Any) -> Any:
        """The array that a run begins with; of another module's, that one's."""
        if self.read is not None:
            other, theirs = whose(self.read, module), self.read[1]
            return other.state[theirs] if theirs in other.state else other.integers[theirs]
        table = getattr(module, str(self.table))
        if self.key not in table:
            given = (vars(module)[self.name],) if self.argument else ()
            start = self.start(module, *given) if callable(self.start) else (*given, self.start)[0]
            table[self.key] = self.made(start, module)
        return table[self.key]

    def made(self, start: Any, module: Any) -> NDArray[Any]:
        """An array of what it begins with."""
        made = self.array(start, f"{self.name} of {type(module).__name__}")
        n = None if self.shape is None else length(self.shape, module)
        if made.ndim == 0:
            return np.full(1 if n is None else n, made)
        if n is not None and made.shape != (n,):
            raise NetworkError(
                f"{self.name} of {type(module).__name__} has shape {made.shape}; wanted a number, or [{n}], "
                f"one for each of {self.shape}"
            )
        return made

    def array(self, start: Any, what: str) -> NDArray[Any]:
        """A new array, of real numbers unless one says otherwise. Raises NetworkError for what is none."""
        given = as_array(start, what)
        return np.array(given, dtype=None if given.ndim else np.float64)

    def fill(self, module: Any) -> None:
        """Give it to the rules."""
        if self.read is None:
            self.value(module)
        elif (other := whose(self.read, module)) is not None:
            module.reads[self.key] = other, self.read[1]

    def says(self) -> str:
        """Its shape."""
        if self.read is not None:
            return _theirs(self.read)
        return "[...]" if self.shape is None else f"[{self.shape}]"


class State(_Array[NDArray[Any]]):
    """Numbers [n] that rules change, in the network's number type."""

    table = STATE


class Integers(_Array[NDArray[np.int64]]):
    """Whole numbers [n] of 64 bits that rules change: ticks, counts, indices."""

    table = INTEGERS

    def array(self, start: Any, what: str) -> NDArray[np.int64]:
        """Whole numbers: what is none is refused, and not cut off."""
        return whole_numbers(start, what)


class FixedIntegers(Integers):
    """Whole numbers [n] that no rule changes; `start`, a function of the module, makes an array that is not copied."""

    def made(self, start: Any, module: Any) -> NDArray[np.int64]:
        """The array itself. Raises NetworkError unless it is one, [n] of int64."""
        if not isinstance(start, np.ndarray) or start.dtype != np.int64 or start.ndim != 1:
            raise NetworkError(f"{self.name} of {type(module).__name__} is {start!r:.60}; wanted an array [n] of int64")
        start.flags.writeable = False
        return start


class Indices(_Array[NDArray[np.uint32]]):
    """Whole numbers [n] of 32 bits, from 0 on, that no rule writes: targets of synapses. Runs share the module's own.

    start   a function of the module: what it makes is not copied
    """

    table = INDICES

    def made(self, start: Any, module: Any) -> NDArray[Any]:
        """The array itself. Raises NetworkError unless it is one, [n] of uint32."""
        if not isinstance(start, np.ndarray) or start.dtype != np.uint32 or start.ndim != 1:
            raise NetworkError(
                f"{self.name} of {type(module).__name__} is {start!r:.60}; wanted an array [n] of uint32"
            )
        start.flags.writeable = False
        return start


class Potential(State):
    """The state that is the potential of the units, and what moves it; at most one of a class.

    by       the weights that a delivery adds: row i of [..., units], or column i of [units, ...], at ports whose rule
             takes both
    words, sums, leak, resets, winner   as in `Membrane`; sums: by default it is where nothing says by words
    """

    def __init__(
        self, by: Weights | None = None, *, words: Mapping[str, str] | None = None, sums: bool | None = None,
        leak: Param | None = None, resets: str | Iterable[str] = (), winner: Declared[Any] | None = None,
        shape: Shape = "units", start: Any = 0, key: str = "", doc: str = "",
    ) -> None:  # fmt: skip
        super().__init__(shape, start=start, key=key, doc=doc)
        self.by, self.words, self.leak, self.resets, self.winner = by, dict(words or {}), leak, resets, winner
        self.sums = (not self.words) if sums is None else sums

    def membrane(self, cls: Any) -> Membrane:
        """The `Membrane` of a class that declares this potential."""
        rows: dict[str, str] = {}
        columns: dict[str, str] = {}
        if self.by is not None:
            own = fields(cls)[self.by.name]
            for name, port in cls.ports.items():
                if port.rule is not None and {self.key, own.key} <= set(port.rule.names):
                    (rows if own.shape[1] == "units" else columns)[name] = own.key
        leak = None if self.leak is None else fields(cls)[self.leak.name].key
        return Membrane(
            self.key, rows=rows, columns=columns, words=self.words, sums=self.sums, resets=self.resets, leak=leak,
            winner=None if self.winner is None else self.winner.name,
        )  # fmt: skip


# --- what is said of a potential -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Membrane:
    """The potential of a module's units; where the class attribute `membrane` holds one, it is the module's.

    state    array of the state that is the potential: [units], or several numbers a unit where it does not sum
    rows     port -> weight block: a delivery (i, s) there moves unit j by s times w[i, j]
    columns  port -> weight block: by s times w[j, i]
    words    port -> method of the module: by s times what it returns, float64 [units], for (i, the module's blocks by
             their names, as they are at that moment)
    sums     the state is the sum of what came, less what spikes took off: by how much it changes is by how much it was
             moved. It tells of deliveries at ports that are named in none of the above, of units that are held, and of
             ports that set it to 0
    leak     parameter with the time constant of the potential, in ticks; it holds at ports whose rule takes it
    resets   ports at which all units begin anew
    winner   attribute of the module: where it is not None, all units begin anew at a spike of one

    `Network.add` raises NetworkError for what the module does not have, and for arrays whose shapes do not fit.
    """

    state: str
    rows: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    sums: bool = False
    leak: str | None = None
    resets: str | Iterable[str] = ()
    winner: str | None = None

    def __post_init__(self) -> None:
        resets = (self.resets,) if isinstance(self.resets, str) else tuple(self.resets)
        object.__setattr__(self, "resets", resets)

    def adds(self, port: str, blocks: Mapping[str, NDArray[Any]]) -> NDArray[Any] | None:
        """The words that deliveries at a port add, by index, [indices, units], of a module's blocks by their names.

        None where neither rows nor columns of a block say it.
        """
        if port in self.rows:
            return blocks[self.rows[port]]
        return blocks[self.columns[port]].T if port in self.columns else None

    def time_constant(self, module: Any) -> Any:
        """Of the leak, in ticks: a number, or one a unit [units]."""
        return module.params[self.leak] if self.leak in module.params else module.state[self.leak]

    def check(self, module: Any) -> None:
        """Raise NetworkError where a module has not what is said of it here."""
        where = f"the membrane of module {module.name!r}"
        _known(where, "state", self.state, module.state)
        self._check_length(where, module)
        moving = [*self.rows, *self.columns, *self.words]
        for port in (*moving, *self.resets):
            _known(where, "port", port, module.ports)
        for port, own in module.ports.items():
            if own.rule is None:
                raise NetworkError(
                    f"{where} is {self.state!r}, but its port {port!r} is in plain Python, whose state is not seen: "
                    "wanted membrane = None"
                )
        if len(set(moving)) < len(moving):
            raise NetworkError(f"{where} says twice what a delivery at one port adds: {moving}")
        if not moving and not self.sums:
            raise NetworkError(f"{where} says nothing of what moves it; wanted rows, columns, words or sums=True")
        for port, name in self.rows.items():
            self._check_block(where, module, port, name, (getattr(module, port).accepts, module.units))
        for port, name in self.columns.items():
            self._check_block(where, module, port, name, (module.units, getattr(module, port).accepts))
        for name in self.words.values():
            if not callable(getattr(module, name, None)):
                raise NetworkError(f"{where} names the method {name!r}, which {type(module).__name__} does not have")
        if self.leak is not None:
            _known(where, "parameter", self.leak, [*module.params, *module.state])
            if not np.all(self.time_constant(module) > 0):
                raise NetworkError(
                    f"{where} leaks with {self.leak!r}, which is {self.time_constant(module)}; wanted a time constant "
                    "above 0"
                )
        if self.winner is not None and not hasattr(module, self.winner):
            raise NetworkError(f"{where} names the attribute {self.winner!r}, which the module does not have")

    def _check_length(self, where: str, module: Any) -> None:
        shape, units = np.shape(module.state[self.state]), module.units
        if shape[0] != units if self.sums else units < 1 or shape[0] % units:
            wanted = f"[{units}]" if self.sums else f"[{units}], or several numbers for each of {units} units"
            raise NetworkError(f"{where} is state {self.state!r} of shape {list(shape)}; wanted {wanted}")

    def _check_block(
        self, where: str, module: Any, port: str, name: str, wanted: tuple[int | None, int | None]
    ) -> None:
        _known(where, "weight block", name, module.blocks)
        shape = module.blocks[name].array.shape
        if any(n is not None and n != found for n, found in zip(wanted, shape, strict=True)):
            sizes = ", ".join("any" if n is None else str(n) for n in wanted)
            raise NetworkError(
                f"{where} is moved at port {port!r} by block {name!r} of shape {list(shape)}; wanted [{sizes}]"
            )
        own = module.ports[port]
        for rule in (own.rule, own.burst):
            if rule is not None and not (name in rule.blocks and self.state in rule.state):
                raise NetworkError(
                    f"{where} is moved at port {port!r} by block {name!r}, but the rule {rule.name!r} there takes "
                    f"state {list(rule.state)} and blocks {list(rule.blocks)}; "
                    f"wanted {self.state!r} and {name!r} among them"
                )


def _known(where: str, what: str, name: str, names: Iterable[str]) -> None:
    if name not in (known := list(names)):
        has = ", ".join(map(repr, known)) or "none"
        raise NetworkError(f"{where} names the {what} {name!r}, which it does not have; it has {has}")


def check_membrane(module: Any) -> None:
    """Raise NetworkError for a module whose `membrane` is neither None nor a potential that it has."""
    said = getattr(module, "membrane", None)
    if isinstance(said, Membrane):
        said.check(module)
    elif said is not None:
        raise NetworkError(
            f"the membrane of module {module.name!r} is {said!r}; wanted one of a declared Potential, or None"
        )


def potential_of(module: Any) -> Membrane | None:
    """The `membrane` of a module; None where it has no potential, or declares none."""
    said: Membrane | None = getattr(module, "membrane", None)
    return said


def undeclared(module: Any) -> bool:
    """Whether a module may have a potential that it does not speak of.

    It has no `membrane`, and emits spikes (no notices) by a rule with state, integers or weights, or
    by plain Python. `membrane = None` says that there is none.
    """
    if hasattr(module, "membrane"):
        return False
    spikes = {name for name, outlet in module.outlets.items() if outlet.inner is None}
    for port in module.ports.values():
        rules = [rule for rule in (port.rule, port.burst) if rule is not None]
        keeps = port.rule is None or any(rule.state or rule.integers or rule.blocks for rule in rules)
        if keeps and spikes & {*port.emits, *port.burst_emits}:
            return True
    return False


# --- what a class has ------------------------------------------------------------------------------------------------
def _once(found: Callable[[Any], M]) -> Callable[[Any], M]:
    """Keep what a function finds of a class; mypy takes no class of modules for hashable."""
    return functools.cache(found)


@_once
def fields(cls: Any) -> Mapping[str, Any]:
    """The declarations of a class and its bases, by attribute: bases first, and in the order of the text."""
    found = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
    return {name: value for name, value in found.items() if isinstance(value, Declared)}


@_once
def arguments(cls: Any) -> Mapping[str, Any]:
    """The declarations of a class that are arguments of its constructor, by the arguments' names."""
    return {
        field.called: field for field in fields(cls).values()
        if field.argument and not (isinstance(field, Common) and not field.used(cls))
    }  # fmt: skip


def bound(cls: Any, args: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name, with defaults. Raises NetworkError for those that the constructor does not take.

    A common option that is of no use to the class may be given as its default, as files of earlier versions do.
    """
    wanted, own = cls.__signature__, fields(cls)
    unused = [
        n for n, v in options.items() if isinstance(own.get(n), Common) and n not in wanted.parameters and v is None
    ]
    options = {name: value for name, value in options.items() if name not in unused}
    places, defaults = _form(cls)
    by_place = dict(zip(places, args, strict=False))
    found = defaults | by_place | options
    if (
        len(args) > len(places) or len(found) > len(defaults) or not by_place.keys().isdisjoint(options)
        or any(value is REQUIRED for value in found.values())
    ):  # fmt: skip
        try:
            wanted.bind(*args, **options)
        except TypeError as error:
            raise NetworkError(f"{cls.__name__}{wanted}: {_why(cls, wanted, args, options) or error}") from None
    return found


@_once
def _form(cls: Any) -> tuple[list[str], dict[str, Any]]:
    """The positional arguments of a class's constructor, and the defaults of all its arguments by name, in order.

    `Signature.bind` looks at one parameter after the other each time: a sixth of what a module took to make.
    """
    parameters = cls.__signature__.parameters
    places = [name for name, p in parameters.items() if p.kind == p.POSITIONAL_OR_KEYWORD]
    return places, {name: p.default for name, p in parameters.items()}


def _why(cls: Any, wanted: inspect.Signature, args: tuple[Any, ...], options: dict[str, Any]) -> str:
    """The fault in arguments, in words; "" where Python's own message is the better one."""
    if unknown := [name for name in options if name not in wanted.parameters]:
        return f"there is no argument {unknown[0]!r}{did_you_mean(unknown[0], wanted.parameters)}"
    given = {*_form(cls)[0][: len(args)], *options}
    missing = [name for name, p in wanted.parameters.items() if p.default is REQUIRED and name not in given]
    if not missing:
        return ""
    field = arguments(cls)[missing[0]]
    cure = ": net.weights([[...], ...])" if isinstance(field, Weights) else ""
    return f"{missing[0]!r} is missing, {field.says()}{cure}"
