"""What inputs and times a simulation can take."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import InputError
from eventnet.event import Events
from eventnet.kernels.prediction_heap import FOREVER, LATEST, SOONEST


def refuse(array: Events, accepts: NDArray[np.int64], time: int, ports: list[str]) -> None:
    """Raise InputError for the first event that cannot be taken, of those of the first fault that there is.

    accepts [ports]: how many indices each takes; ports: their names. time: what has been reached.
    """
    t, port, index, signs = array["t"], array["port"], array["index"], array["sign"]
    _refuse(array, t < time, f"time is {time} already")
    _refuse(array, (t <= SOONEST) | (t >= LATEST), "times lie within 2^61 ticks of 0")
    _refuse(array, (signs != 1) & (signs != -1), "signs are +1 or -1")
    _refuse(array, (port < 0) | (port >= len(accepts)), f"ports are 0 to {len(accepts) - 1}")
    bad = (index < 0) | (index >= accepts[port])
    first = int(port[np.argmax(bad)])
    _refuse(array, bad, f"port {ports[first]} takes indices 0 to {accepts[first] - 1}")


def _refuse(array: Events, bad: NDArray[np.bool_], wanted: str) -> None:
    if bad.any():
        at = int(np.argmax(bad))
        t, port, index, sign = array[at].tolist()
        raise InputError(f"input {at} is (t={t}, port={port}, index={index}, sign={sign}); {wanted}")


def whole_tick(value: Any, what: str) -> int | None:
    """A whole number within 2^62 of 0, or None. Raises InputError for anything else: engines compare it with times."""
    if value is None:
        return None
    if isinstance(value, (int, np.integer)) or (isinstance(value, float) and value.is_integer()):
        number = int(value)
        if -FOREVER <= number <= FOREVER:
            return number
    raise InputError(f"{what} is {value!r}; wanted a whole number within 2^62 of 0")
