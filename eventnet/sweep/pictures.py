"""Pictures of a sweep: means over seeds with intervals, and maps of two parameters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from eventnet.errors import ModelError, did_you_mean
from eventnet.plotting.sweep import Line, band_lines, heat_map
from eventnet.scenarios.shared.paired import MeanInterval, mean_interval
from eventnet.sweep.plan import Plot
from eventnet.sweep.table import Found, varied_rows

Point = tuple[Any, ...]


def draw(found: Found, plot: Plot) -> bytes:
    """One picture, as PNG. Raises ModelError for a parameter or a result that there is not."""
    sweep = found.work.sweep
    names = [name for name in (plot.x, plot.lines, plot.y) if name is not None]
    for name in names:
        if name not in sweep.varied:
            raise ModelError(f"a plot is by {name!r}, which does not vary{did_you_mean(name, sweep.varied)}")
    means = averages(found, names, plot.value)
    others = [name for name in sweep.varied if name not in names]
    over = f"mean over {len(sweep.job_seeds)} seeds" + (f" and {', '.join(others)}" if others else "")
    named = f"{plot.value} by {' and '.join(names)}: {over}"
    if plot.y is not None:
        xs, ys = ({point[k]: None for point in means} for k in (0, 1))
        table = [[means[x, y].mean if (x, y) in means else np.nan for x in xs] for y in ys]
        return heat_map(np.array(table, float), list(xs), list(ys), (plot.x, plot.y, plot.value), named)
    lines: dict[str, dict[Any, MeanInterval]] = {}
    for point, mean in means.items():
        lines.setdefault("" if plot.lines is None else str(point[1]), {})[point[0]] = mean
    drawn = {name: _line(line) for name, line in lines.items()}
    return band_lines(drawn, (plot.x, plot.value, plot.lines or ""), named)


def averages(found: Found, names: list[str], value: str) -> dict[Point, MeanInterval]:
    """Mean of a result and its interval over seeds, at each point of some parameters.

    Over other parameters the mean is taken for each seed first: the seeds are what is independent. Raises ModelError
    for a result that no job has, or that is no number.
    """
    sums: dict[Point, dict[int, list[float]]] = defaultdict(dict)
    known: dict[str, None] = {}
    for point, seed, results in varied_rows(found, names):
        known |= dict.fromkeys(results)
        number = results.get(value)
        if isinstance(number, str):
            raise ModelError(f"the result {value!r} is a text; wanted a number to draw")
        if number is not None:
            total = sums[tuple(_shown(each) for each in point)].setdefault(seed, [0.0, 0.0])
            total[0] += number
            total[1] += 1
    if not sums:
        raise ModelError(f"no job has a result {value!r}{did_you_mean(value, known)}")
    return {point: mean_interval([total / n for total, n in by_seed.values()]) for point, by_seed in sums.items()}


def _shown(value: Any) -> Any:
    return str(value) if isinstance(value, list | dict | bool | None) else value


def _line(means: Mapping[Any, MeanInterval]) -> Line:
    """A line of means and their bands; a mean of one seed has none."""
    each = list(means.values())
    low = [mean.mean if mean.low is None else mean.low for mean in each]
    high = [mean.mean if mean.high is None else mean.high for mean in each]
    return list(means), [mean.mean for mean in each], low, high
