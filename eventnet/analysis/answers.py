"""Answers of runs: how they are read, and how they are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.cascades import end_ports
from eventnet.errors import ModelError
from eventnet.event import Events, signed
from eventnet.network import Network
from eventnet.simulation import Run

Arrays = tuple[NDArray[Any], ...]
Answer = str | Callable[[Run], Any]
"""A name (see `read_answer`), or a function of a finished run that returns a number, an array, or several of them."""

ANSWERS = ("ends", "state", "weights")
"""Names of answers: what arrived at modules that send nothing on, all state and weights, weights alone."""


def check_answer(net: Network, answer: Answer, tolerance: float = 0.0) -> None:
    """Raises ModelError for an answer that this network cannot give, and for a tolerance below 0."""
    if not 0 <= tolerance < np.inf:
        raise ModelError(f"tolerance is {tolerance!r}; wanted a finite number, 0 or more")
    if callable(answer):
        return
    if answer == "ends" and not end_ports(net):
        raise ModelError("every module of this network sends on, so nothing ends: say what the answer is (answer=)")
    if answer == "weights" and not net.blocks:
        raise ModelError("the answer was to be the weights, but this network has no weight blocks")
    if answer not in ANSWERS and all(answer != module.name for module in net.modules):
        names = ", ".join(module.name for module in net.modules)
        raise ModelError(f"an answer is one of {', '.join(ANSWERS)}, a module ({names}) or a function, not {answer!r}")


def read_answer(run: Run, answer: Answer, net: Network | None = None, log: Events | None = None) -> Arrays:
    """The answer of a finished run, as arrays.

    "ends"     what arrived at the modules that send nothing on: the sum of signs at each port and index
    "state"    all that a run leaves behind: state of modules, and weights
    "weights"  all weight blocks
    a name     what arrived at that module, and its final state
    a function of the run: a number, an array, or a dict, list or tuple of those

    net, log: those to read by, where the run is one of a copy whose ports have other numbers.
    """
    if callable(answer):
        return _arrays(answer(run))
    net = net or run.simulation.net
    log = run.log if log is None else log
    weights = tuple(run.weights(block.name) for block in net.blocks)
    if answer == "ends":
        return (received(log, read_ports(net, answer)),)
    if answer == "weights":
        return weights
    if answer == "state":
        return (*(array for module in net.modules for array in run.state(module.name).values()), *weights)
    return (received(log, read_ports(net, answer)), *run.state(answer).values())


def read_ports(net: Network, answer: Answer) -> list[int]:
    """Numbers of the ports whose deliveries `read_answer` asks for; none where it asks for no log, or is a function."""
    return end_ports(net) if answer == "ends" else [int(port) for port in net.ports() if port.module.name == answer]


def received(log: Events, ports: list[int]) -> NDArray[np.int64]:
    """Rows (port, index, sum of signs) [n, 3] of what arrived at ports of these numbers; sums of 0 are left out."""
    last = log[np.isin(log["port"], ports)]
    places, at = np.unique(np.stack([last["port"], last["index"]], axis=1), axis=0, return_inverse=True)
    sums = np.zeros(len(places), dtype=np.int64)
    np.add.at(sums, at.reshape(-1), signed(last))
    found: NDArray[np.int64] = np.column_stack([places, sums])[sums != 0].astype(np.int64)
    return found


def same(a: Arrays, b: Arrays, tolerance: float = 0.0) -> bool:
    """Two answers are equal, floats to `tolerance` (absolute); 0 means to the last bit, but for the sign of 0."""
    if len(a) != len(b):
        return False
    for x, y in zip(a, b, strict=True):
        if x.shape != y.shape or not (
            np.allclose(x, y, rtol=0, atol=tolerance, equal_nan=True)
            if tolerance and x.dtype.kind == "f"
            else np.array_equal(x, y, equal_nan=x.dtype.kind == "f")
        ):
            return False
    return True


def letters(answers: list[Arrays], tolerance: float = 0.0) -> list[str]:
    """A letter for each answer, the same for the same: A is the first one's."""
    kinds: list[Arrays] = []
    found = []
    for answer in answers:
        at = next((k for k, kind in enumerate(kinds) if same(kind, answer, tolerance)), len(kinds))
        kinds += [answer] if at == len(kinds) else []
        found.append(_letter(at))
    return found


def _letter(n: int) -> str:
    """A to Z, then AA, AB and so on."""
    return (_letter(n // 26 - 1) if n >= 26 else "") + chr(ord("A") + n % 26)


def _arrays(value: Any) -> Arrays:
    if isinstance(value, Mapping):
        value = [value[key] for key in sorted(value)]
    if isinstance(value, list | tuple) and any(np.ndim(item) for item in value):
        made = tuple(np.array(item) for item in value)
    else:
        made = (np.array(value),)
    if any(array.dtype.kind not in "biufSU" for array in made):
        raise ModelError(f"the answer is {value!r}; wanted a number, an array, or several of them")
    return made
