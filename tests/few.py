"""What the ordinary suite takes few of, and the slow one more: parameters of tests, draws, rules that are compiled.

There are three suites. The ordinary one is the README's; `--slow` compiles every rule and runs all tests but those marked
`whole`; `--whole` runs these, too, and makes every draw of tests that draw hundreds of networks, plant scores of bugs or
kill commands again and again, which takes hours.

To compile takes longest of all: a rule more than a second, for each number type anew, and there are some three hundred.
The ordinary suite compiles those of a few families in one number type; all run in it in the reference engine.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

SLOW = True
"""Whether every rule is compiled; the ordinary suite sets it to False."""
WHOLE = True
"""Whether every draw is made; without `--whole` it is False."""
COMPILED = "float32"
"""The number type in which the ordinary suite compiles rules: a network's own, where none is named."""
FAMILIES = ("accumulator", "herding", "leaky", "relay", "sigma_delta", "backward", "gradient")
"""The files of the package whose rules the ordinary suite compiles, besides those of tests."""


def is_compiled(module: str, number_type: str) -> bool:
    """Whether the ordinary suite compiles the rules of a Python module in a number type."""
    package, _, family = module.rpartition(".")
    return number_type == COMPILED and (not package.startswith("eventnet.") or family in FAMILIES)


def few(values: Iterable[Any], n: int) -> list[Any]:
    """For `parametrize`: the first n values as they are, the others marked slow. A tuple is of several arguments."""
    made = list(values)
    rest = (value if type(value) is tuple else (value,) for value in made[n:])
    return [*made[:n], *(pytest.param(*value, marks=pytest.mark.slow) for value in rest)]


def part(values: Iterable[Any], of: int) -> list[Any]:
    """For `parametrize`: one of so many values, the first among them; with `--whole` all."""
    return list(values)[:: 1 if WHOLE else of]


def draws(n: int, of: int) -> int:
    """How many of n draws are made, at least one: one of so many; with `--whole` all."""
    return n if WHOLE else max(1, n // of)


def number_type(rng: np.random.Generator, *names: str) -> str:
    """A number type drawn for a random network; in the ordinary suite the one in which rules are compiled."""
    found = str(rng.choice(names))
    return found if SLOW else COMPILED


@contextmanager
def some_rules() -> Iterator[None]:
    """Skip a test as slow where it compiles a rule that the ordinary suite does without."""
    rule = sys.modules["eventnet.rule"].Rule  # type: ignore[attr-defined]
    compile_it = rule._compile

    def only(self: Any, dtype: str, sends: int, amounts: bool = False) -> Any:
        if amounts or not is_compiled(self.py_func.__module__, dtype):
            pytest.skip(f"slow: compiles {self.name} in {dtype}{' with amounts' if amounts else ''}")
        return compile_it(self, dtype, sends, amounts)

    rule._compile = only
    try:
        yield
    finally:
        rule._compile = compile_it


def share_of_loops(worker: str) -> tuple[Any, ...]:
    """The engine's loops, some ten seconds each, that a worker compiles first, so that no two compile the same one.

    worker: its name, gw0 or another; two of them get what takes as long.
    """
    loops: Any = sys.modules["eventnet.engine.loop"]
    shares = {"gw0": (loops.removing_loop,), "gw1": (loops.run_loop, loops.general_loop)}
    return shares.get(worker, ())
