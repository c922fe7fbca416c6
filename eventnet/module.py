"""A module describes a population: its ports, its outlets, and the values its state begins with.

    class Resting(Module):
        w = Weights("n_in", "units")
        phi = Potential(w)
        threshold = Param(1.0)
        spikes = Port(add_and_rest, emits="out", accepts="n_in")
        out = Outlet()

A run never changes a module: the engine owns the running state. Nor can anyone set an attribute once the constructor
has returned: a network file holds the arguments it was given, and must describe the module that runs.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from eventnet import declarations, declared_classes
from eventnet.base.saved_names import name_of
from eventnet.declarations import Common, Declared, Membrane, Option, Potential, Size
from eventnet.errors import NetworkError
from eventnet.given import NUMBER_TYPES, length
from eventnet.given import Block as Block
from eventnet.rule import STATE, Rule

TABLES = ("state", "integers", "params", "blocks", "reads")
"""Tables of a module that engines read."""

_AGAIN: ContextVar[bool] = ContextVar("modules are made again", default=False)


def made_again() -> bool:
    """A module is being made as it has been before: its weights may be what a run has left, and not first ones."""
    return _AGAIN.get()


@contextmanager
def making_again() -> Iterator[None]:
    """Modules made in the block are made again, of what a network or its file holds."""
    before = _AGAIN.set(True)
    try:
        yield
    finally:
        _AGAIN.reset(before)


class BoundPort:
    """A port of one module; `int(port)` is its number in the network, once the module has been added to one."""

    def __init__(self, module: Module, name: str, port: Port) -> None:
        self.module, self.name, self.port = module, name, port

    def __int__(self) -> int:
        return self.module.port_number(self.name)

    __index__ = __int__

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self.module, self.name)

    @property
    def accepts(self) -> int | None:
        """Number of indices the port takes; None where any index will do."""
        return None if self.port.accepts is None else length(self.port.accepts, self.module)

    @property
    def amounts(self) -> int:
        """The largest whole number that a spike may bring; 1: signs alone."""
        return length(self.port.amounts, self.module)

    def __repr__(self) -> str:
        return f"{self.module.name}.{self.name}"


class BoundOutlet:
    """An outlet of one module."""

    def __init__(self, module: Module, name: str, outlet: Outlet) -> None:
        self.module, self.name, self.outlet = module, name, outlet

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self.module, self.name)

    @property
    def width(self) -> int:
        """Number of indices the outlet can send."""
        return length(self.outlet.width, self.module)

    @property
    def amounts(self) -> int:
        """The largest whole number that a spike may carry; 1: signs alone."""
        return length(self.outlet.amounts, self.module)

    def __repr__(self) -> str:
        return f"{self.module.name}.{self.name}"


class Port:
    """Entry of deliveries: the rule that reacts, the outlets it may use, and the attribute that says how wide it is.

    `emits` names outlets of the module, or "other.out" of one that the class declares and writes. `burst` is the rule
    that stands in for `rule` where the module checks its thresholds once per burst. A port without a rule belongs to a
    `PythonModule` and calls its method `on_<name>`. `each` is for modules with numbers one a unit whose `rule` cannot
    read both; their `rule_of` chooses. `amounts` is the largest whole number that a spike may bring there, or names the
    attribute that says it: the rule's `s` is that number with its sign.
    """

    def __init__(
        self,
        rule: Rule | None = None,
        *,
        emits: str | Sequence[str] = (),
        accepts: int | str | None = None,
        burst: Rule | None = None,
        burst_emits: str | Sequence[str] = (),
        each: Rule | None = None,
        amounts: int | str = 1,
    ) -> None:
        self.rule, self.burst, self.each, self.accepts, self.amounts = rule, burst, each, accepts, amounts
        self.emits = (emits,) if isinstance(emits, str) else tuple(emits)
        self.burst_emits = (burst_emits,) if isinstance(burst_emits, str) else tuple(burst_emits)
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, module: Module | None, owner: type) -> Any:
        return self if module is None else BoundPort(module, self.name, module.ports.get(self.name, self))

    def of(self, cls: type[Module]) -> Port:
        """This port in a class, whose declarations say of what kind the names of its rules are."""
        own = [self.rule, self.burst, self.each]
        rules = [None if rule is None else declared_classes.check_rule(cls, self.name, rule) for rule in own]
        if rules == own:
            return self
        made = copy.copy(self)
        made.rule, made.burst, made.each = rules
        return made


class Outlet:
    """Exit of spikes. `width` names the module's attribute that holds the number of indices.

    `settles` names a port of the same module: such an outlet is wired to it for good, and its spikes are delivered when
    nothing else is left at their instant.

    `predicts` names a port of the same module: what rules foresee with `out.predict(index, t)` is delivered to it, from
    this outlet, when its time has come. A module has one such outlet at most, and no rule emits at it.

    `pending` names a port of the same module, at which one of its units is looked at: such an outlet is wired to it for
    good, without delay, and at most one delivery a unit waits there. To send again while it waits does nothing, or in
    an order that re-keys asks the order's key again, with the new magnitude.

    `repeats` names a port of the same module: such an outlet is wired to it for good, with a delay of `every` ticks.

    `passes_on` says that spikes of others leave here, and none of the module's own: they are counted as notices.

    `amounts` is the largest whole number that a spike may carry, or names the module's attribute that says it: the sign
    of `out.spike` is then that number with its sign. Such an outlet leads to ports that take as much.
    """

    def __init__(
        self, *, width: int | str = "units", settles: str | None = None, predicts: str | None = None,
        passes_on: bool = False, amounts: int | str = 1, pending: str | None = None, repeats: str | None = None,
        every: int | str = 1,
    ) -> None:  # fmt: skip
        self.width, self.settles, self.predicts, self.pending, self.name = width, settles, predicts, pending, ""
        self.passes_on, self.amounts, self.repeats, self.every = passes_on, amounts, repeats, every

    @property
    def notice(self) -> bool:
        """Whether its spikes are counted as notices and not as spikes of neurons."""
        return self.passes_on or self.inner is not None

    @property
    def inner(self) -> str | None:
        """The port of its own module that it is wired to for good, if it is."""
        return self.settles or self.pending or self.repeats

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, module: Module | None, owner: type) -> Any:
        return self if module is None else BoundOutlet(module, self.name, self)


def _as_given(value: Any) -> Any:
    """A copy of arrays and of what holds them, so that nobody changes an argument after it was given."""
    if type(value) is dict:
        return {name: _as_given(each) for name, each in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_as_given(each) for each in value)
    return value.copy() if isinstance(value, np.ndarray) else value


class Module:
    """Base of every population: a subclass declares arguments, state, weights, ports and outlets as class attributes.

    `check` may look at what they come to. Rules see the values in these tables, which are made of the declarations:

    state      arrays [n] in the network's number type, by name
    integers   arrays [n] of int64, by name
    blocks     weight blocks of the network, by name
    params     single numbers, converted to the network's number type
    indices    arrays [n] of uint32 that no rule writes: runs share them, files do not hold them
    reads      state of another module: name -> (module, its name there); read-only but for names in `shared_writes`

    Once the constructor has returned, attributes cannot be set any more (NetworkError), but for `name` until the module
    is in a network. Arrays and numbers in the dictionaries may be changed; a network file holds what differs.

    `membrane` is what a class says of its units' potential; None says that they have none. Of a class that does not say
    and may have one, proportional blame warns. `dtypes` are the number types of networks that it can be in.

    `kind_of_synapses` is the class of what leads a connectivity to such a layer; `kinds_of_drive` those that stand for
    `PoissonDrive`, `CurrentSteps` and `NoiseCurrent` there, by their names.

    `instant_counts` names state that counts the spikes of one instant, where rules loop so many times: each with the
    name and the word of the integers that say which instant. A checkpoint in which they are more than the deliveries
    of that instant is refused.
    """

    ports: ClassVar[dict[str, Port]] = {}
    outlets: ClassVar[dict[str, Outlet]] = {}
    errors: ClassVar[Mapping[int, str]] = {}
    registry: ClassVar[dict[str, type[Module]]] = {}
    dtypes: ClassVar[tuple[str, ...]] = tuple(NUMBER_TYPES)
    instant_counts: ClassVar[Mapping[str, tuple[str, int]]] = {}
    shared_writes: ClassVar[frozenset[str]] = frozenset()
    watches_decay: ClassVar[bool] = False  # whether runs look at its `decay`: `eventnet.neurons.decay_products`
    owes: ClassVar[bool] = False  # whether its updates of `w` may be written down first: `eventnet.kernels.owed`
    kind_of_synapses: ClassVar[type[Any] | None] = None
    kinds_of_drive: ClassVar[dict[str, type[Any]]] = {}
    membrane: ClassVar[Membrane | None]
    __signature__: ClassVar[inspect.Signature]
    units: Declared[int] = Size()
    coalesce: Declared[str | None] = Common[str | None](
        None, used=lambda cls: any(port.burst for port in cls.ports.values()), doc="check thresholds 'none' or 'burst'"
    )
    most: Declared[int | None] = Common[int | None](
        None, used=lambda cls: _sends(cls), doc="spikes that one reaction may make at most"
    )
    state: dict[str, NDArray[Any]]
    integers: dict[str, NDArray[np.int64]]
    blocks: dict[str, Block]
    params: dict[str, float]
    indices: dict[str, NDArray[np.uint32]]
    reads: dict[str, tuple[Module, str]]
    name: str
    _first_port: int | None
    _made: bool = False
    _given: dict[str, Any]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _check_constructor(cls)
        members = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
        cls.ports = {name: value.of(cls) for name, value in members.items() if isinstance(value, Port)}
        cls.outlets = {name: value for name, value in members.items() if isinstance(value, Outlet)}
        declared_classes.check_names(cls, Module)
        for name, outlet in cls.outlets.items():
            if outlet.pending is not None and (outlet.pending not in cls.ports or outlet.settles or outlet.predicts):
                raise NetworkError(
                    f"{cls.__name__}.{name} says pending={outlet.pending!r}; wanted a port, and that alone"
                )
        predicting = [name for name, outlet in cls.outlets.items() if outlet.predicts is not None]
        if len(predicting) > 1:
            raise NetworkError(f"{cls.__name__} has several predicting outlets {predicting}; it may have one")
        for name in predicting:
            if cls.outlets[name].predicts not in cls.ports:
                raise NetworkError(
                    f"{cls.__name__}.{name} predicts {cls.outlets[name].predicts!r}, which is not a port"
                )
        for name, port in cls.ports.items():
            if set(port.emits + port.burst_emits) & set(predicting):
                raise NetworkError(
                    f"port {cls.__name__}.{name} emits at {predicting[0]!r}, which only predictions leave by"
                )
            unknown = {
                name for name in port.emits + port.burst_emits if declared_classes.outlet_named(cls, name) is None
            }
            if unknown:
                raise NetworkError(f"port {cls.__name__}.{name} emits at {sorted(unknown)}, which are not outlets")
        cls._say()
        Module.registry[cls.kind()] = cls

    @classmethod
    def _say(cls) -> None:
        """Set the class attributes made from the declarations. Raises NetworkError for more than one potential."""
        own = declarations.fields(cls)
        cls.__signature__ = declared_classes.signature(cls)
        cls.shared_writes = frozenset(field.key for field in own.values() if field.writes)
        potentials = [field for field in own.values() if isinstance(field, Potential)]
        if len(potentials) > 1:
            raise NetworkError(f"{cls.__name__} has the potentials {[p.name for p in potentials]}; it may have one")
        if potentials and "membrane" not in vars(cls):
            cls.membrane = potentials[0].membrane(cls)
        cls.__doc__ = declared_classes.documentation(cls)

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """A module of this class. Raises NetworkError where the class was given a constructor after its body."""
        _check_constructor(cls)
        return super().__new__(cls)

    def __init__(self, *args: Any, **options: Any) -> None:
        """Keep the arguments, and make of them what rules see; then the module is closed."""
        self.name = ""  # refused where it has been made already
        own, given = declarations.fields(type(self)), _as_given(declarations.bound(type(self), args, options))
        vars(self).update({table: {} for table in (*TABLES, "indices")}, _first_port=None, _given=_as_given(given))
        self.name = given.pop("name") or ""
        for field in own.values():
            if field.argument:
                field.take(self, given.get(field.called, field.default))
        if self.coalesce not in (None, "none", "burst"):
            raise NetworkError(f"coalesce is 'none' or 'burst', not {self.coalesce!r}")
        for field in own.values():
            if isinstance(field, declarations.Weights):
                field.bind(self)
        self.check()
        for field in own.values():
            field.fill(self)
        vars(self)["_made"] = True

    def check(self) -> None:
        """Raise NetworkError for arguments that do not go together: each has passed its own check, sizes are known."""

    def rule_of(self, rule: Rule) -> Rule:
        """A rule of one of the ports, for this module: a parameter that it was given one a unit is an array there."""
        each = {name: STATE for name in rule.params if self._has_each(name)}
        return rule.typed(dict(zip(rule.names, rule.kinds or (), strict=True)) | each) if each else rule

    def _has_each(self, name: str) -> bool:
        """A parameter is one a unit: here, or in the module that it is read of."""
        other, theirs = self.reads.get(name, (self, name))
        return theirs in other.state

    def keep(self, name: str, value: Any) -> None:
        """Set an attribute that is declared, as `__setattr__` does."""
        vars(self)[name] = value

    @classmethod
    def kind(cls) -> str:
        """The name under which files know this class; of a user's own its path, `module:Class`."""
        return name_of(f"{cls.__module__}:{cls.__qualname__}")

    def port_number(self, name: str) -> int:
        """Number of a port in the network. Raises NetworkError before the module has been added."""
        if self._first_port is None:
            raise NetworkError(f"{type(self).__name__} {self.name!r} is in no network yet: add it first")
        return self._first_port + list(self.ports).index(name)

    def most_spikes(self) -> int:
        """Spikes that one reaction may make at most; an engine keeps room for so many.

        By default sixteen a unit and what the largest weight of a row can add; `most=` overrides it.
        """
        if self.most is not None:
            return self.most
        if not _sends(type(self)):
            return 1  # none, but an engine wants room for one
        largest = max((max(float(b.array.max()), -float(b.array.min())) for b in self.blocks.values()), default=0.0)
        step = float(self.params.get("step", 1.0))
        return self.units * (16 + int(np.ceil(largest / step))) + 64

    def check_integers(self, found: Mapping[str, NDArray[np.int64]], time: int) -> None:
        """Raise ValueError where no run up to a time can have left these integers behind.

        found: those arrays of `integers` that rules write, as a checkpoint holds them; their shapes are right, and all
        other integers are what they were. Compiled, nothing looks at an index: a module whose rules use such numbers as
        indices says here what they may be (`eventnet.kernels.ranges`). Unless a class says so, they may be anything.
        """

    def starts_at(self) -> str | None:
        """The port at which a spike has to come at the first tick for the module to begin; None: it begins by itself.

        Units that may fire of themselves, under a constant drive say, predict their spikes when they are looked at: a
        module that has such units names the port where a spike makes it look at all of them.
        """
        return None

    # --- what it was made of ---
    def config(self) -> dict[str, Any]:
        """The arguments that make this module again, by name: those that were given, and defaults."""
        return self._given | {"name": self.name}

    def join(self, first_port: int) -> None:
        """The module is in a network from now on, its ports numbered from this one on."""
        vars(self).update(_first_port=first_port, _made=True)

    def leave(self) -> None:
        """A copy of a module that is in a network may be added to another."""
        vars(self)["_first_port"] = None

    def __setattr__(self, name: str, value: Any) -> None:
        if self._made and (name != "name" or self._first_port is not None):
            self._refuse(name, f"cannot be set to {_short(value)}")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if self._made:
            self._refuse(name, "cannot be deleted")
        object.__delattr__(self, name)

    def _refuse(self, name: str, what: str) -> None:
        cure = f"change what {name} holds" if name in TABLES else "give it to the constructor of a new one"
        raise NetworkError(
            f"{name!r} of {type(self).__name__} {self.name!r} {what}: what has been made stays as it is; {cure}"
        )

    def __repr__(self) -> str:
        other = "".join(
            f", {name}={_short(self._given[name])}" for name, field in declarations.arguments(type(self)).items()
            if isinstance(field, Option | declarations.Param) and not field.by_place
            and name in self._given and not _is_default(self._given[name], field.default)
        )  # fmt: skip
        return f"<{type(self).__name__} {self.name!r}, {self.units} units{other}>"


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and not np.ndim(value) and bool(value == default))


def _check_constructor(cls: type[Module]) -> None:
    if cls.__init__ is not Module.__init__:
        raise NetworkError(
            f"{cls.__name__} has an __init__ of its own; a module's arguments are declared (Size, Weights, Param, "
            "Option, ...), what goes together is looked at in check(), and what a module in plain Python changes in a "
            "run is set in begin()"
        )


def _sends(cls: type[Module]) -> bool:
    """Whether a port of a class makes spikes."""
    return any(port.emits or port.burst_emits for port in cls.ports.values())


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


class PythonModule(Module):
    """A module in plain Python: a port `p` without a rule calls `on_p(i, s, t, out, tally)` for each delivery.

        class Thinning(PythonModule):
            every = Option(3)
            spikes = Port(emits="out", accepts="units")
            out = Outlet()

            def begin(self):
                self.seen = 0

            def on_spikes(self, i, s, t, out, tally):
                self.seen += 1
                if self.seen % self.every:
                    out.spike(i, s)

    `out.spike(index, sign, outlet)` makes spikes (outlets counted as in the port's `emits`), and `tally[column] += n`
    counts work. A crossing from the compiled loop and back takes a few microseconds.
    """

    units = Size(1)

    def begin(self) -> None:
        """Set the attributes that change in a run: each run calls this on a copy of its own, before anything else."""

    def copy_for_a_run(self) -> Self:
        """A deep copy whose attributes may be set. The constructor's arguments are left out: not all can be copied."""
        made = copy.deepcopy(self, {id(self._given): {}})
        vars(made)["_made"] = False
        made.begin()
        return made
