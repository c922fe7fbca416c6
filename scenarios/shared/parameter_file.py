"""Parameters of a scenario as a TOML file: tables are dataclasses, and what is wrong is named with what may be meant.

Units are in the names of keys, so that a wrong unit is an unknown key.
"""

from __future__ import annotations

import math
import types
import typing
from dataclasses import field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from eventnet.base.files import parse_toml, read_toml
from eventnet.errors import DataError, ModelError, did_you_mean

T = TypeVar("T")


def entry(default: Any, help: str, low: float = -math.inf, high: float = math.inf) -> Any:
    """A field of a table: its default, what it is, and the least and greatest number it may be."""
    given = {"default_factory": lambda: default} if isinstance(default, list) else {"default": default}
    return field(**given, metadata={"help": help, "low": low, "high": high})


class Checked:
    """A table whose numbers lie in their ranges. Raises ModelError that names the key."""

    def __post_init__(self) -> None:
        for part in fields(self):  # type: ignore[arg-type]
            low, high = part.metadata.get("low", -math.inf), part.metadata.get("high", math.inf)
            found = getattr(self, part.name)
            for value in found if isinstance(found, tuple) else [found]:
                if isinstance(value, int | float) and not low <= value <= high:
                    raise ModelError(f"{part.name} is {value}; wanted from {low:g} to {high:g}")


def load(path: str | Path, base: T) -> T:
    """Parameters of a TOML file; what it does not name is as in `base`, a dataclass of tables.

    Raises DataError for a file that cannot be read, an unknown key (with the nearest one that there is) or a value of
    the wrong kind. A field may have a key of earlier versions (metadata "formerly").
    """
    return laid_over(base, read_toml(path), str(path))


def loads(text: str, base: T, where: str = "the text") -> T:
    """Parameters of a TOML text, as `load`."""
    return laid_over(base, parse_toml(text, where), where)


def laid_over(base: T, given: dict[str, Any], where: str) -> T:
    """Parameters of tables of values, as `load`."""
    try:
        return _table(base, given, where)
    except ModelError as error:
        raise DataError(f"{where}: {error}") from error


def _table(base: T, given: dict[str, Any], where: str) -> T:
    known = {part.name: part for part in fields(base)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(type(base))
    values = {name: getattr(base, name) for name in known}
    formerly = {part.metadata["formerly"]: name for name, part in known.items() if "formerly" in part.metadata}
    for name, value in given.items():
        name = formerly.get(name, name)
        if name not in known:
            raise DataError(f"{where} has an unknown key {name!r}{did_you_mean(name, known)}")
        old = values[name]
        if is_dataclass(old):
            if not isinstance(value, dict):
                raise DataError(f"{name!r} of {where} is {value!r}; wanted a table [{name}]")
            values[name] = _table(old, value, f"[{name}] of {where}")
        else:
            values[name] = _value(value, hints[name], f"{name} in {where}")
    return type(base)(**values)


def _value(given: Any, wanted: Any, where: str) -> Any:
    """A value of the kind that a field wants."""
    options = typing.get_args(wanted) if typing.get_origin(wanted) in (types.UnionType, typing.Union) else (wanted,)
    for kind in options:
        if isinstance(given, list) and typing.get_origin(kind) is tuple:
            return tuple(_value(part, typing.get_args(kind)[0], where) for part in given)
        if kind is float and isinstance(given, int | float) and not isinstance(given, bool):
            return float(given)
        if isinstance(given, kind if isinstance(kind, type) else ()) and isinstance(given, bool) == (kind is bool):
            return given
    names = {float: "a number", int: "a whole number", str: "a text"}
    wish = " or ".join(names.get(kind, "a list") for kind in options)
    unit = " (its unit is in the key's name)" if isinstance(given, str) and wish != "a text" else ""
    raise DataError(f"{where} is {given!r}; wanted {wish}{unit}")


def as_toml(parameters: Any) -> str:
    """All parameters as a commented TOML text, to begin one's own with."""
    lines = ["# Parameters of `eventnet run`. What is left out is as it stands here. Units are in the names.", ""]
    for part in fields(parameters):
        table = getattr(parameters, part.name)
        first = (type(table).__doc__ or "").strip().splitlines()[0]
        lines.append(f"[{part.name}]  # {first[0].lower()}{first[1:].rstrip('.')}")
        for key in fields(table):
            help = key.metadata.get("help", "")
            text = f"{key.name} = {_text(getattr(table, key.name))}"
            lines.append(f"{text}  # {help}" if help else text)
        lines.append("")
    return "\n".join(lines)


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)
