"""What short forms in the description of a network stand for, and what to write where it is not clear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from eventnet.errors import NetworkError, WiringError
from eventnet.module import BoundOutlet, BoundPort, Module

Start = float | Callable[[tuple[int, int]], ArrayLike]
"""First weights of a block of which a shape is given: a number for all, or a function of the shape (rows, cols)."""


def outlet_of(module: Module) -> BoundOutlet:
    """The outlet that is meant by a module: its only one that does not lead back to itself."""
    names = [n for n, outlet in type(module).outlets.items() if outlet.settles is None and outlet.predicts is None]
    if len(names) == 1:
        return getattr(module, names[0])  # type: ignore[no-any-return]
    raise _unclear(module, names, "outlet")


def port_of(module: Module) -> BoundPort:
    """The port that is meant by a module: its only one that does not take its own spikes alone, or `spikes`."""
    inner = {name for outlet in type(module).outlets.values() for name in (outlet.settles, outlet.predicts)}
    names = [name for name in type(module).ports if name not in inner]
    if len(names) == 1 or "spikes" in names:
        return getattr(module, names[0] if len(names) == 1 else "spikes")  # type: ignore[no-any-return]
    raise _unclear(module, names, "port")


def _unclear(module: Module, names: list[str], what: str) -> WiringError:
    kind = f"{module.name!r} ({type(module).__name__})"
    if not names:
        return WiringError(f"{kind} has no {what} to which a wire can be bound")
    dotted = [f"{module.name}.{name}" for name in names]
    return WiringError(f"{kind} has the {what}s {', '.join(dotted)}: say which of them")


def about_delay(delay: Any) -> str:
    """What is to be done about a delay that is no whole number of ticks."""
    if isinstance(delay, bool):
        return "; a delay of one tick is 1"
    if isinstance(delay, float | np.floating) and np.isfinite(delay) and delay > 0:
        return f": how long a tick is is for you to say, so {delay:g} ms are {1000 * delay:g} in ticks of 1 us"
    if isinstance(delay, list | tuple | range | np.ndarray):
        return (
            "; a wire has one delay. Delays one a unit: ExponentialCurrent(..., delays=[...]) sends each unit's spikes "
            "so much later by its outlet `axon`; else a module and a wire for each delay"
        )
    return ""


def first_values(array: ArrayLike, start: Start | None, name: str) -> tuple[ArrayLike, tuple[int, int] | None]:
    """What a weight block holds at first, and the shape that was asked for, if one was."""
    shape = tuple(array) if isinstance(array, tuple | list) else ()
    is_shape = len(shape) == 2 and all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in shape)
    if not is_shape:
        if start is not None:
            raise NetworkError(
                f"start of weight block {name!r} goes with a shape, net.weights((rows, cols), start=...)"
            )
        return array, None
    rows, cols = int(shape[0]), int(shape[1])
    if start is None:
        raise NetworkError(
            f"weight block {name!r} is given as ({rows}, {cols}). As a shape it wants first values: start=0.1, or "
            "start=lambda shape: rng.normal(0, 0.1, shape); as weights, [rows, cols]: "
            f"[[{rows}, {cols}]] is one row, [[{rows}], [{cols}]] one column"
        )
    if rows < 1 or cols < 1:
        raise NetworkError(f"weight block {name!r} has shape ({rows}, {cols}); wanted 1 or more rows and columns")
    if not callable(start) and (np.ndim(start) or not isinstance(start, int | float | np.number)):
        raise NetworkError(f"start of weight block {name!r} is {start!r}; wanted a number, or a function of the shape")
    return (start((rows, cols)) if callable(start) else np.full((rows, cols), start)), (rows, cols)
