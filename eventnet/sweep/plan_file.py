"""A sweep as a TOML file.

[sweep]
of = "model"
name = "DeepSpikingNetwork"
repeats = 5

[fixed]
sizes = [784, 100, 10]

[grid]
order = ["depth", "breadth"]

[random]
samples = 20
learning_rate = { log_uniform = [1e-3, 1e-1] }

[[list]]             # points that are given; and
[[plot]]             # pictures of what is found
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from eventnet.base.files import read_toml
from eventnet.errors import DataError, ModelError, did_you_mean
from eventnet.sweep.plan import Plot, Sweep

TABLES = {"sweep": dict, "fixed": dict, "grid": dict, "random": dict, "list": list, "plot": list}
HEAD = "of name seed repeats seeds data".split()


def read_sweep(path: str | Path) -> Sweep:
    """The sweep of a TOML file; paths in it are relative to its folder.

    Raises DataError for a file that cannot be read, unknown keys (with the nearest that there is), and what a sweep
    refuses.
    """
    given, where = read_toml(path), str(path)
    _known(given, TABLES, where)
    for name, kind in TABLES.items():
        if not isinstance(given.get(name, kind()), kind):
            raise DataError(f"{name!r} of {where} is {given[name]!r}; wanted {'a table' if kind is dict else 'tables'}")
    head, drawn = given.get("sweep", {}), dict(given.get("random", {}))
    _known(head, HEAD, f"[sweep] of {where}")
    if not isinstance(head.get("of"), str):
        raise DataError(f"[sweep] of {where} has no `of`; wanted scenario, model, network, or package.module:function")
    try:
        return Sweep(
            **head, fixed=given.get("fixed", {}), grid=given.get("grid", {}), samples=drawn.pop("samples", 0),
            random=drawn, points=given.get("list", []), folder=Path(path).resolve().parent,
            plots=[_plot(each, where) for each in given.get("plot", [])],
        )  # fmt: skip
    except ModelError as error:
        raise DataError(f"{where}: {error}") from error


def _plot(given: Any, where: str) -> Plot:
    known = [part.name for part in fields(Plot)]
    _known(given, known, f"[[plot]] of {where}")
    if not {"x", "value"} <= set(given) or {"lines", "y"} <= set(given):
        raise DataError(f"[[plot]] of {where} is {given}; wanted x and value, and perhaps lines or y")
    return Plot(**given)


def _known(given: dict[str, Any], known: Any, where: str) -> None:
    for name in given:
        if name not in known:
            raise DataError(f"{where} has an unknown key {name!r}{did_you_mean(name, known)}")
