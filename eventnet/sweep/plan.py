"""Plans of sweeps, over parameters and seeds: jobs by number, made when they are asked for."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from eventnet.errors import ModelError
from eventnet.given import whole_number
from eventnet.sweep.kinds import FUNCTION, KINDS, Prepared

if TYPE_CHECKING:
    from numpy.random import Generator

MOST_SEED = 2**32 - 1
"""Every seed of the package may be so large."""
RANDOM = 1 << 20
"""First number of the keys of random parameters, which no seed of a job has."""


class SweepJob(NamedTuple):
    """One job: its number, its parameters and its seed."""

    number: int
    parameters: dict[str, Any]
    seed: int


@dataclass(frozen=True)
class Plot:
    """A picture of a sweep: a result by one parameter, a line for each value of another; or a map of two.

    x, value: a parameter and a result. lines: another parameter. y: the second parameter of a map.
    """

    x: str
    value: str
    lines: str | None = None
    y: str | None = None

    @property
    def file(self) -> str:
        """Its name in the result folder."""
        by = "-".join(part for part in (self.x, self.y and f"and-{self.y}", self.lines) if part)
        return "".join(c if c.isalnum() or c in "-_" else "-" for c in f"{self.value}-by-{by}") + ".png"


@dataclass(frozen=True)
class Sweep:
    """A plan to run one thing over parameters and seeds.

    of       "scenario", "model", "network", another kind's name, "package.module:function", or a function
    name     which one: of a scenario or a model, or a network file
    seed     gives the seeds of the repeats, by `SeedSequence(seed).spawn`, and random parameters; every point of the
             grid has the same seeds, so that points are paired by them
    repeats  jobs of each point, each with a seed of its own. seeds: these, in their place
    fixed    parameters of every job
    grid     lists of values, all with all
    random   distributions: {"uniform": [low, high]}, {"log_uniform": [low, high]}, {"integers": [first, last]},
             {"choice": [...]}; samples: how many points are drawn
    points   points that are given, as mappings; all with all of the grid and the samples
    data     a folder with data, where a kind takes one. folder: where relative paths begin
    plots    pictures of what is found

    Parameters are numbers, texts, True and False, None, and lists of these. Raises ModelError for others, for a
    parameter that is given twice, and for no job at all.
    """

    of: str | Callable[..., Any]
    name: str = ""
    seed: int = 0
    repeats: int = 1
    seeds: Sequence[int] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    random: Mapping[str, Mapping[str, Sequence[Any]]] = field(default_factory=dict)
    samples: int = 0
    points: Sequence[Mapping[str, Any]] = ()
    data: str | Path | None = None
    folder: str | Path = Path()
    plots: Sequence[Plot] = ()

    def __post_init__(self) -> None:
        whole_number("seed", self.seed, 0)
        whole_number("repeats", self.repeats, 1, RANDOM)
        whole_number("samples", self.samples, 0)
        for seed in self.seeds:
            whole_number("a seed", seed, 0, MOST_SEED)
        if bool(self.random) != bool(self.samples):
            raise ModelError(f"samples is {self.samples}, with random {list(self.random)}; wanted both, or neither")
        self._check_names()
        for name, values in self.grid.items():
            if isinstance(values, str) or not isinstance(values, Sequence) or not values:
                raise ModelError(f"{name} in the grid is {values!r}; wanted a list of one value or more")
        for name, drawn in self.random.items():
            _check_distribution(name, drawn)
        for value in [self.fixed, *self.grid.values(), *self.points]:
            _check_plain(value)
        if self.kind not in KINDS.names():
            wanted = f'{", ".join(KINDS.names())}, or "package.module:function"'
            raise ModelError(f"of is {self.of!r}; wanted {wanted}")

    def _check_names(self) -> None:
        listed = {name for point in self.points for name in point}
        for point in self.points:
            if set(point) != listed:
                raise ModelError(f"a point has {', '.join(point)}; wanted, as others have, {', '.join(sorted(listed))}")
        names = [*self.fixed, *self.grid, *self.random, *sorted(listed)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ModelError(f"{twice[0]} is given twice; wanted it in one of fixed, grid, random and the list")
        if "seed" in names:
            raise ModelError("seed is no parameter: seed and repeats, or seeds, say which seeds there are")

    # --- what it is of ---
    @property
    def kind(self) -> str:
        """The name of its kind."""
        return FUNCTION if not isinstance(self.of, str) or ":" in self.of else self.of

    @property
    def subject(self) -> str:
        """The name of the thing that is run."""
        if isinstance(self.of, str):
            return self.of if ":" in self.of else self.name
        return f"{self.of.__module__}:{getattr(self.of, '__qualname__', self.of)}"

    @property
    def given(self) -> Prepared:
        """The argument of its kind's `prepare`."""
        function = None if isinstance(self.of, str) else self.of
        data = None if self.data is None else Path(self.folder) / self.data
        return Prepared(self.subject, dict(self.fixed), (*self.fixed, *self.varied), data, Path(self.folder), function)

    # --- its jobs ---
    @cached_property
    def varied(self) -> tuple[str, ...]:
        """Names of the parameters that are not fixed."""
        return (*(self.points[0] if self.points else ()), *self.random, *self.grid)

    @cached_property
    def job_seeds(self) -> tuple[int, ...]:
        """The seeds of each point, in their order: the same whatever is swept."""
        if self.seeds:
            return tuple(map(int, self.seeds))
        children = np.random.SeedSequence(self.seed).spawn(self.repeats)
        return tuple(int(child.generate_state(1)[0]) for child in children)

    @cached_property
    def _sizes(self) -> tuple[int, ...]:
        """Numbers of points that are listed and drawn, and of values of each parameter of the grid."""
        return (max(1, len(self.points)), max(1, self.samples), *map(len, self.grid.values()))

    def __len__(self) -> int:
        """Number of jobs."""
        return math.prod(self._sizes) * len(self.job_seeds)

    def job(self, number: int) -> SweepJob:
        """The job of a number, counted from 0: repeats of a point lie together, the last of the grid varies fastest."""
        point, repeat = divmod(whole_number("the number of a job", number, 0, len(self) - 1), len(self.job_seeds))
        listed, drawn, *places = map(int, np.unravel_index(point, self._sizes))
        made = dict(self.fixed) | (dict(self.points[listed]) if self.points else {})
        made |= {name: self._draw(name, drawn) for name in self.random}
        made |= {name: values[place] for (name, values), place in zip(self.grid.items(), places, strict=True)}
        return SweepJob(number, made, self.job_seeds[repeat])

    def _draw(self, name: str, sample: int) -> Any:
        """A random parameter of a sample: it depends on the seed, its name and the sample's number alone."""
        key = RANDOM, zlib.crc32(name.encode()), sample
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))
        ((distribution, values),) = self.random[name].items()
        return DISTRIBUTIONS[distribution](rng, *([values] if distribution == "choice" else values))


def _log_uniform(rng: Generator, low: float, high: float) -> float:
    return float(math.exp(rng.uniform(math.log(low), math.log(high))))


DISTRIBUTIONS: dict[str, Callable[..., Any]] = {
    "uniform": lambda rng, low, high: float(rng.uniform(low, high)),
    "log_uniform": _log_uniform,
    "integers": lambda rng, first, last: int(rng.integers(first, last, endpoint=True)),
    "choice": lambda rng, values: values[int(rng.integers(len(values)))],
}


def _check_distribution(name: str, drawn: Any) -> None:
    """Raises ModelError for what draws nothing."""
    wanted = "wanted one of uniform, log_uniform and integers with [low, high], or choice with a list"
    if not isinstance(drawn, Mapping) or len(drawn) != 1 or next(iter(drawn)) not in DISTRIBUTIONS:
        raise ModelError(f"{name} is drawn from {drawn!r}; {wanted}")
    ((distribution, values),) = drawn.items()
    if isinstance(values, str) or not isinstance(values, Sequence) or not values:
        raise ModelError(f"{name} is drawn from {drawn!r}; {wanted}")
    if distribution == "choice":
        _check_plain(values)
        return
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    whole = distribution != "integers" or all(isinstance(value, int) for value in values)
    sound = len(values) == 2 and numbers and whole and values[0] <= values[1]
    if not sound or (distribution == "log_uniform" and values[0] <= 0):
        raise ModelError(f"{name} is drawn from {drawn!r}; {wanted}, low not above high, and above 0 for log_uniform")


def _check_plain(value: Any) -> None:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ModelError(f"parameters hold {value!r} ({error}); wanted numbers, texts, and lists of these") from None
