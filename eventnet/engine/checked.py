"""Plain calls of rules, and the guarded views that a checked run hands to them.

A rule of a checked run (`Simulation(..., check=True)`) is called as its plain function, whatever the engine, on views
that refuse every index below 0 and past the end. Compiled, nothing looks at an index: it would be read or written all
the same, in memory of something else.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import BoundsError, EventnetError, RuleError
from eventnet.module import BoundPort, sends_of
from eventnet.out import Out
from eventnet.rule import Rule
from eventnet.tally import N_COLUMNS

if TYPE_CHECKING:
    from eventnet.engine.store import Store

Reaction = Callable[[int, int, int, Out, NDArray[np.int64]], int | None]


class Beyond(Exception):
    """A guarded view was asked for what it does not hold; `call_rule` says where."""


class Guarded(np.ndarray):
    """A view of an array that refuses negative indices, indices past the end, and writes to what may only be read."""

    label: str

    def __array_finalize__(self, made_of: Any) -> None:
        self.label = getattr(made_of, "label", "an array")

    def __getitem__(self, index: Any) -> Any:
        self._look("reads", index)
        return super().__getitem__(index)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._look("writes", index)
        if not self.flags.writeable:
            raise Beyond(f"writes {self.label}[{_shown(index)}], but {self.label} is another module's: read only")
        super().__setitem__(index, value)

    def _look(self, does: str, index: Any) -> None:
        axis = 0
        keys = index if isinstance(index, tuple) else (index,)
        for key in keys:
            if key is Ellipsis:
                axis = self.ndim - sum(_axes(later) for later in keys[_place(keys) + 1 :])
            elif key is not None and axis < self.ndim:
                if not _within(key, self.shape[axis : axis + _axes(key)]):
                    shape = ", ".join(map(str, self.shape))
                    raise Beyond(f"{does} {self.label}[{_shown(index)}], but {self.label} has shape [{shape}]")
                axis += _axes(key)


def _place(keys: tuple[Any, ...]) -> int:
    """Where the dots stand."""
    return next(k for k, key in enumerate(keys) if key is Ellipsis)


def _axes(key: Any) -> int:
    """Dimensions that a part of an index takes up."""
    if key is None or key is Ellipsis:
        return 0
    if isinstance(key, slice):
        return 1
    kind = np.asarray(key)
    return kind.ndim if kind.dtype.kind == "b" else 1


def _within(key: Any, sizes: tuple[int, ...]) -> bool:
    """Whether a part of an index stays within the dimensions it is for; NumPy itself refuses what is no index."""
    if isinstance(key, slice):
        return all(end is None or 0 <= end <= sizes[0] for end in (key.start, key.stop))
    numbers = np.asarray(key)
    if numbers.dtype.kind == "b":
        return numbers.shape == sizes
    if numbers.dtype.kind not in "iu":
        return True
    return bool(((numbers >= 0) & (numbers < sizes[0])).all())


def _shown(index: Any) -> str:
    if isinstance(index, tuple):
        return ", ".join(map(_shown, index))
    if isinstance(index, slice):
        ends = ["" if end is None else str(end) for end in (index.start, index.stop)]
        return ":".join(ends if index.step is None else [*ends, str(index.step)])
    if index is Ellipsis:
        return "..."
    return str(np.asarray(index).tolist()) if isinstance(index, np.ndarray | np.generic | list) else str(index)


def guarded(array: NDArray[Any], label: str) -> Guarded:
    """A guarded view of an array; errors call it by its label."""
    view = array.view(Guarded)
    view.label = label
    return view


def reaction(store: Store, port: BoundPort, rule: Rule | None) -> Reaction:
    """What reacts to a delivery at a port `(index, sign, t, out, tally)`: its rule, or a module in plain Python."""
    if rule is None:
        method: Reaction = getattr(store.python[port.module.name], f"on_{port.name}")
        return method
    return partial(call_rule, store, port, rule)


def call_rule(
    store: Store, port: BoundPort, rule: Rule, index: int, sign: int, t: int, out: Out, tally: NDArray[np.int64]
) -> int:
    """Call a rule as it stands. Raises RuleError, which names port, time, index and line, for what goes wrong in it."""
    counts = guarded(tally, "tally") if store.check else tally
    try:
        return rule.py_func(index, sign, t, out, counts, *store.views(port, rule))
    except Beyond as error:
        raise BoundsError(f"port {port} at t={t}, index {index}: {place_of(rule, error)} {error}") from None
    except EventnetError:
        raise
    except Exception as error:  # a user's rule may raise anything
        text = f"{place_of(rule, error)} stopped with {type(error).__name__}: {error}"
        raise RuleError(f"port {port} at t={t}, index {index}: {text}") from error


def place_of(rule: Rule, error: BaseException) -> str:
    """The rule, and the line of it that an error came through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == rule.py_func.__code__.co_filename]
    line = frames[-1].lineno if frames else rule.py_func.__code__.co_firstlineno
    return f"rule {rule.name!r} ({rule.py_func.__code__.co_filename}, line {line})"


def address(store: Store, port: BoundPort, rule: Rule, emits: tuple[str, ...]) -> int:
    """The address of a rule's compiled run, where its port emits at those outlets.

    Where it does not compile: RuleError with what the plain call says to an input at index 0, as far as that fails;
    with the compiler's own reason where it does not.
    """
    sends = sends_of(port.module, emits)
    try:
        return rule.address(store.net.dtype, sends)
    except RuleError:
        said = _said_plainly(store, port, rule)
        if said is None:
            raise
        raise RuleError(f"port {port}: {said}") from None


def _said_plainly(store: Store, port: BoundPort, rule: Rule) -> str | None:
    """What a rule stops with on copies of the module's arrays, apart from wrong values; None where it does not."""
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
