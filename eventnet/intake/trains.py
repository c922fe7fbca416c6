"""Spike trains of neo: a train for each unit, with its own unit of time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import InputError
from eventnet.event import EVENT, Events
from eventnet.intake.numbers import UNITS, microseconds, signs
from eventnet.intake.tables import library


def trains_of(thing: Any) -> list[Any] | None:
    """Spike trains in a train, a list of them, a segment or a block of neo; None for what is none of these."""
    names = set(library(thing))
    if ("neo", "SpikeTrain") in names:
        return [thing]
    if ("neo", "Block") in names:
        return list(chain.from_iterable(segment.spiketrains for segment in thing.segments))
    if ("neo", "Segment") in names:
        return list(thing.spiketrains)
    if (isinstance(thing, list | tuple) or ("neo", "SpikeTrainList") in names) and len(thing):
        trains = list(thing)
        return trains if all(("neo", "SpikeTrain") in set(library(train)) for train in trains) else None
    return None


def inputs_of(
    trains: Iterable[Any], port: SupportsIndex | None, find: Callable[[str], SupportsIndex] | None, nearest: bool
) -> Events:
    """EVENT records of all trains, in order of time; of one time in the order of the trains, or by `id` where known.

    Train k is unit k of `port`; without a port, trains say theirs in the annotations `port` and `index`, as those of
    `LogTable.to_neo` do. The array annotation `sign` gives signs; without it each spike is +1.
    """
    parts, ids = [np.empty(0, EVENT)], [np.empty(0, np.int64)]
    for k, train in enumerate(trains):
        made = np.empty(len(train), EVENT)
        made["t"] = _times(train, k, nearest)
        made["port"], made["index"] = _place(train, k, port, find)
        own = {name: np.asarray(values) for name, values in train.array_annotations.items()}
        on = signs(own["sign"], f"sign of train {k}", off=(-1,)) if "sign" in own else np.ones(len(train), bool)
        made["sign"] = np.where(on, 1, -1)
        parts.append(made)
        ids.append(own["id"] if "id" in own else np.zeros(len(train), np.int64))
    events = np.concatenate(parts)
    return events[np.lexsort((np.concatenate(ids), events["t"]))]


def _times(train: Any, k: int, nearest: bool) -> NDArray[np.int64]:
    unit = train.units.dimensionality.string
    known = unit if unit in UNITS else "us"
    magnitude = np.asarray((train if unit == known else train.rescale("us")).magnitude)
    return microseconds(magnitude, known, f"t of train {k}", nearest)


def _place(
    train: Any, k: int, port: SupportsIndex | None, find: Callable[[str], SupportsIndex] | None
) -> tuple[int, int]:
    if port is not None:
        return port.__index__(), k
    said = train.annotations
    if not {"port", "index"} <= set(said):
        raise InputError(
            f"spike train {k} does not say at which port it goes in; wanted port=, or the annotations port and index"
        )
    return port_number(said["port"], find), _small(said["index"], f"index of train {k}")


def port_number(port: Any, find: Callable[[str], SupportsIndex] | None) -> int:
    """The number of a port that is given by its number, its name or as `layer.spikes`."""
    if isinstance(port, str):
        if find is None:
            raise InputError(f"port {port!r} is a name, which a network alone knows; wanted sim.inject(events)")
        port = find(port)
    return _small(port, "a port")


def _small(value: Any, what: str) -> int:
    number = value.__index__() if hasattr(value, "__index__") else -1
    if not 0 <= number < 2**31:
        raise InputError(f"{what} is {value!r}; wanted a whole number from 0 to {2**31 - 1:,}")
    return int(number)
