"""TOML files, read without trust: small, not deep, and with numbers that a computer has."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from eventnet.errors import DataError
from eventnet.files import read_text

MOST_BYTES = 1 << 20
MOST_NESTED = 32
# tomllib takes time and memory by the square of a dotted key's length.
MOST_PARTS = 16

_ASIDE = re.compile(
    r'"""(?:[^"\\]++|\\.?|"{1,2}(?!"))*+(?:"{3,5}|\Z)'
    r"|'''(?:[^']++|'{1,2}(?!'))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]++|\\[^\n]?)*+"?'
    r"|'[^'\n]*+'?"
    r"|\#[^\n]*+",
    re.DOTALL,
)
"""Texts and comments, as TOML has them; those that are not closed go to the end, where tomllib stops as well."""
_LONG_KEY = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*\.[ \t]*){{{MOST_PARTS},}}")


def read_toml(path: str | Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises DataError for a file that cannot be read, and as `parse_toml` does."""
    return parse_toml(read_text(path, MOST_BYTES), str(path))


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """The tables of a TOML text. where: what errors call it.

    Raises DataError for what is no TOML or larger than 1 MB, for brackets more than 32 deep and keys of more than 16
    parts, and for whole numbers beyond 64 bits.
    """
    if len(text) > MOST_BYTES:
        raise DataError(f"{where} has {len(text):,} characters; at most {MOST_BYTES:,} are read")
    _check_form(text, where)
    try:
        given = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError, too
        raise DataError(f"{where} is no TOML: {error}") from error
    _check_numbers(given, where)
    return given


def _check_form(text: str, where: str) -> None:
    bare = _ASIDE.sub("_", text)
    if found := _LONG_KEY.search(bare):
        line = bare.count("\n", 0, found.start()) + 1
        raise DataError(f"{where} has a key of more than {MOST_PARTS} parts near line {line}")
    depth = 0
    for found in re.finditer(r"[\[\]{}]", bare):
        depth += 1 if found[0] in "[{" else -1
        if depth > MOST_NESTED:
            line = bare.count("\n", 0, found.start()) + 1
            raise DataError(f"{where} has more than {MOST_NESTED} brackets open near line {line}")


def _check_numbers(given: dict[str, Any], where: str) -> None:
    waiting: list[tuple[str, Any]] = list(given.items())
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{name}.{key}", inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(name, inner) for inner in value]
        elif isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
            raise DataError(f"{name[:80]} in {where} is a whole number beyond 64 bits")
