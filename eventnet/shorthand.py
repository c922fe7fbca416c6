"""What short forms in the description of a network stand for, and what to write where it is not clear."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.errors import WiringError
from eventnet.module import BoundOutlet, BoundPort, Module


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
