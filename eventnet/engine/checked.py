"""Rules that are called with care: in checked runs, where one went wrong, and where one does not compile.

A rule of a checked run (`Simulation(..., check=True)`) is called as its plain function, whatever the engine, on guarded
views.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.guarded import Beyond, guarded
from eventnet.errors import BoundsError, EventnetError, RuleError
from eventnet.kernels.out import Out
from eventnet.module import BoundPort
from eventnet.rule import Rule
from eventnet.tally import N_COLUMNS

if TYPE_CHECKING:
    from eventnet.engine.state import Store

Reaction = Callable[[int, int, int, Out, NDArray[np.int64]], int | None]


def reaction(store: Store, port: BoundPort, rule: Rule | None) -> Reaction:
    """The reaction to a delivery at a port `(index, sign, t, out, tally)`: its rule, or a method in plain Python."""
    if rule is None:
        method: Reaction = getattr(store.python[port.module.name], f"on_{port.name}")
        return method
    return partial(call_rule, store, port, rule)


def call_rule(
    store: Store, port: BoundPort, rule: Rule, index: int, sign: int, t: int, out: Out, tally: NDArray[np.int64]
) -> int:
    """Call a rule of a checked run on guarded views. Raises BoundsError or RuleError for what goes wrong in it."""
    try:
        return rule(index, sign, t, out, guarded(tally, "tally"), *store.views(port, rule))
    except Exception as error:  # a user's rule may raise anything
        raise explained(error, port, rule, t, index)  # noqa: B904


def explained(error: BaseException, port: BoundPort, rule: Rule | None, t: int, index: int) -> BaseException:
    """The exception to raise for an error of a reaction: a rule's names port, time, index and line."""
    if rule is None or isinstance(error, EventnetError) or not isinstance(error, Exception):
        return error
    made: Exception
    where = f"port {port} at t={t}, index {index}: {place_of(rule, error)}"
    if isinstance(error, Beyond):
        made = BoundsError(f"{where} {error}")
        made.__cause__ = None
    else:  # a user's rule may raise anything
        made = RuleError(f"{where} stopped with {type(error).__name__}: {error}")
        made.__cause__ = error
    return made


def place_of(rule: Rule, error: BaseException) -> str:
    """The rule, and the line of it that an error came through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == rule.py_func.__code__.co_filename]
    line = frames[-1].lineno if frames else rule.py_func.__code__.co_firstlineno
    return f"rule {rule.name!r} ({rule.py_func.__code__.co_filename}, line {line})"


def not_compiled(store: Store, port: BoundPort, rule: Rule, error: RuleError) -> RuleError:
    """The exception to raise for a rule that does not compile: the failure of a plain call with an input at index 0.

    error: with the compiler's own reason; it is raised where the plain call does not fail.
    """
    said = _said_plainly(store, port, rule)
    return error if said is None else RuleError(f"port {port}: {said}")


def _said_plainly(store: Store, port: BoundPort, rule: Rule) -> str | None:
    """The error of a rule called on copies of the module's arrays, in words; None without one, or for wrong values."""
    views = [view.copy() if isinstance(view, np.ndarray) else view for view in store.views(port, rule)]
    out, tally = Out((port.module.units,), port.module.most_spikes(), port.module.units), np.zeros(N_COLUMNS, np.int64)
    try:
        rule.py_func(0, 1, 0, out, tally, *views)
    except (TypeError, NameError, AttributeError) as error:
        return (
            f"{place_of(rule, error)} does not compile. Called plainly, it stops with {type(error).__name__}: {error}"
        )
    except Exception:  # wrong values of the trial call: they say nothing of why it does not compile
        return None
    return None
