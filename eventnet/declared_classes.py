"""Constructor, documentation and names of rules of a class of modules, made from its declarations."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from eventnet.declarations import REQUIRED, Declared, Other, arguments, fields
from eventnet.errors import NetworkError, did_you_mean
from eventnet.kernels.codegen import ALL_NOTICES, ALL_SPIKES, SPIKES_AND_NOTICES
from eventnet.rule import INTEGERS, STATE


def check_names(cls: Any, base: type) -> None:
    """Raise NetworkError where a class declares something under a name that all modules have for something else."""
    for name in (*fields(cls), *cls.ports, *cls.outlets):
        own = getattr(base, name, None)
        taken = not isinstance(own, Declared) and (own is not None or name in base.__annotations__)
        if taken or any(inspect.isfunction(vars(kind).get(name)) for kind in cls.__mro__):
            raise NetworkError(
                f"{cls.__name__} declares {name!r}, which every module has already; wanted another name: what rules "
                f"and files call it can stay, key={name!r}"
            )


def kinds(cls: type) -> dict[str, str]:
    """The kind (KINDS of `eventnet.rule`) of each name that rules of a class may use.

    Raises NetworkError for a name that stands for two things.
    """
    found: dict[str, str] = {}
    for field in fields(cls).values():
        for key, table in field.seen().items():
            if found.setdefault(key, table) != table:
                raise NetworkError(f"{cls.__name__} declares two things that its rules call {key!r}")
    return found


def check_rule(cls: Any, port: str, rule: Any) -> Any:
    """A rule at a port of a class, its names of the kinds that the class says. Raises NetworkError for other names."""
    own = kinds(cls)
    for name in rule.names:
        if name not in own:
            raise NetworkError(
                f"rule {rule.name!r} at port {cls.__name__}.{port} takes {name!r}, which the class does not declare"
                f"{did_you_mean(name, own) if own else ''}"
            )
    return rule.typed(own)


def outlet_named(cls: Any, name: str) -> Any:
    """The outlet that a port of a class emits at, its own or "other.out"; None for no such."""
    head, dot, tail = name.rpartition(".")
    if not dot:
        return cls.outlets.get(name)
    field = fields(cls).get(head)
    return field.kind.outlets.get(tail) if isinstance(field, Other) else None


def sends_of(module: Any, emits: Iterable[str]) -> int:
    """The kind of spikes of these outlets of a module or class: ALL_SPIKES, ALL_NOTICES or SPIKES_AND_NOTICES."""
    cls = module if isinstance(module, type) else type(module)
    noticed = {outlet_named(cls, name).notice for name in emits}
    return SPIKES_AND_NOTICES if len(noticed) == 2 else ALL_NOTICES if noticed == {True} else ALL_SPIKES


def signature(cls: Any) -> inspect.Signature:
    """The constructor of a class."""
    places = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    made = [
        inspect.Parameter(name, places[not field.by_place], default=field.default)
        for name, field in arguments(cls).items()
    ]
    made.append(inspect.Parameter("name", places[1], default=None))
    return inspect.Signature(sorted(made, key=lambda p: (p.kind, p.kind == places[0] and p.default is not REQUIRED)))


# --- documentation ---------------------------------------------------------------------------------------------------
def documentation(cls: Any) -> str:
    """The text of a class, with its arguments, what its rules see, and its ports and outlets below."""
    own = vars(cls).get("__doc__") or ""
    taken = arguments(cls)
    parts = [inspect.cleandoc(own)]
    given = [(name, taken[name]) for name in cls.__signature__.parameters if name in taken]
    parts.append(_listed("Arguments", [(name, _about(field, field.default)) for name, field in given]))
    seen = [(f.key, _about(f, REQUIRED)) for f in fields(cls).values() if f.table in (STATE, INTEGERS)]
    parts.append(_listed("State", seen))
    parts.append(_listed("Ports", [(name, _of_port(port)) for name, port in cls.ports.items()]))
    parts.append(_listed("Outlets", [(name, f"[{outlet.width}]") for name, outlet in cls.outlets.items()]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _listed(title: str, rows: list[tuple[str, str]]) -> str:
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join([f"{title}:", *(f"    {name:{width}}  {text}" for name, text in rows)]) if rows else ""


def _about(field: Any, default: Any) -> str:
    by_default = "" if default is REQUIRED else f", {default!r} by default"
    why = field.one and f" (one for all units: {field.one})"
    return f"{field.says()}{by_default}{field.doc and f': {field.doc}'}{why}"


def _of_port(port: Any) -> str:
    first = (inspect.getdoc(port.rule.py_func) or "").partition("\n")[0] if port.rule else "in plain Python"
    return f"{'' if port.accepts is None else f'[{port.accepts}] '}{first}"
