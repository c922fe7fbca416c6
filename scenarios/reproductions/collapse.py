"""Collapse of training without held errors: output and hidden gates judged at once or late, and two other orders.

Depth-first, an error meets the gate of its unit before the step is over, at the output and at hidden layers. Here each
of the two waits for the end of the step, on its own or with the other, and the orders `magnitude` and `random` stand
beside them: training samples until the test error, after a while to learn in, passes a limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import eventnet as en
from eventnet.data import scale_pixels
from eventnet.engine.journal import going_on
from eventnet.models import DeepSpikingNetwork
from eventnet.plotting.style import heading, legend, plain, title
from eventnet.scenarios.reproductions.common.pictures import look, panels, save
from eventnet.scenarios.reproductions.common.report import (
    SEEDS,
    ReproductionReport,
    Request,
    Row,
    digits_for,
    rows_of_all,
)
from eventnet.scenarios.reproductions.one_way_gate import SettledErrorNetwork, settle
from eventnet.scenarios.shared.paired import mean_interval, paired_difference


class LateHiddenNetwork(DeepSpikingNetwork):
    """Errors reach hidden gates when their step has settled, not at once."""

    def training_network(self, x: Any, y: Any) -> tuple[en.Network, Any]:
        """The same network with the wires to its hidden gates settled."""
        net, feed = super().training_network(x, y)
        settle(net, {(f"back{k}.out", f"layer{k - 1}.error") for k in range(1, len(self.sizes) - 1)})
        return net, feed


@dataclass(frozen=True)
class TrainingKind:
    """A way to train: its order, when the gates of output and hidden layers judge, and what makes them late."""

    order: str
    output_gate: str
    hidden_gates: str
    network: type[DeepSpikingNetwork] = DeepSpikingNetwork


TRAININGS = {
    "both at once": TrainingKind("depth", "at once", "at once"),
    "hidden late": TrainingKind("depth", "at once", "late", LateHiddenNetwork),
    "both late": TrainingKind("depth", "late", "late", SettledErrorNetwork),
    "magnitude": TrainingKind("magnitude", "by magnitude", "by magnitude"),
    "random": TrainingKind("random", "at random", "at random"),
}
"""By name. An error that waits at the output gate comes to hidden gates later still: where it is late, so are they."""
PARTNER = "both at once"
LIMIT = 30.0
LEARNS = 4
"""A training whose test error, in percent, is above the limit at a look after these has collapsed."""
SMALL: dict[str, Any] = {
    "sizes": [784, 100, 10], "options": {"learning_rate": 0.02, "init_scale": 0.05},
    "part": 2_000, "parts": 20, "tested": 1_000,
}  # fmt: skip
LARGE: dict[str, Any] = {"sizes": [784, 200, 200, 10], "options": {}, "part": 2_500, "parts": 40, "tested": 2_000}
QUICK: dict[str, Any] = {**SMALL, "sizes": [784, 10, 10], "part": 50, "parts": 2}


def collapsed(errors: Sequence[float]) -> bool:
    """Whether the last error in percent passes the limit, and it is not one of the first looks."""
    return len(errors) > LEARNS and errors[-1] > LIMIT


def follow(data: str | None, name: str, size: dict[str, Any], seed: int) -> list[Row]:
    """Train until it collapses, or to the end; the test error after each part."""
    d = digits_for(data, "author", embedded=data is None)
    x, x_test, labels = scale_pixels(d.x_train), scale_pixels(d.x_test[: size["tested"]]), d.y_test[: size["tested"]]
    training, part = TRAININGS[name], size["part"]
    dsn = training.network(
        size["sizes"], rule="sgd", hold_error=False, order=training.order, seed=seed, **size["options"]
    )
    state: dict[str, Any] = {"dsn": dsn, "rows": []}
    for k in going_on(state, size["parts"], follow, data, name, size, seed):
        if collapsed([row["error"] for row in state["rows"]]):
            break
        at = k * part % len(x)
        state["dsn"].partial_fit(x[at:][:part], d.y_train[at:][:part])
        error = 100 * (1 - state["dsn"].score(x_test, labels))
        state["rows"].append({"training": name, "seed": seed, "samples": (k + 1) * part, "error": round(error, 2)})
    finished: list[Row] = state["rows"]
    return finished


def collapse(request: Request) -> ReproductionReport:
    """Every training with the same seeds; samples until it collapses, and paired differences."""
    data = None if request.quick else request.folder
    size = QUICK if request.quick else SMALL if data is None else LARGE
    seeds = request.seeds(SEEDS)
    curves = rows_of_all(follow, [(data, name, size, seed) for seed in seeds for name in TRAININGS], request)
    return report(request, curves, size, "embedded digits" if data is None else "the author's split of MNIST")


def report(request: Request, curves: list[Row], size: dict[str, Any], where: str) -> ReproductionReport:
    """Rows, notes and picture of the curves of all trainings."""
    until = {name: samples_until(curves, name) for name in TRAININGS}
    limit = size["part"] * size["parts"]
    notes = [
        f"{where}; {'-'.join(map(str, size['sizes']))}, SGD, errors not held; seeds {sorted(until[PARTNER])}",
        f"collapsed: the error on {size['tested']:,} test digits, looked at every {size['part']:,} samples, passes "
        f"{LIMIT:g}% after the first {LEARNS * size['part']:,}; one not by {limit:,} samples counts as {limit:,}: "
        "its mean is a lower bound",
        f"minus {PARTNER}: paired by seed; intervals: 95%, Student's t",
        "output late, hidden at once: the same as both late, to the last bit of the weights",
    ]
    rows = [_row(name, until[name], until[PARTNER], curves) for name in TRAININGS]
    named = "Output and hidden gates, at once or late: samples until training collapses"
    return ReproductionReport(
        "collapse", named, "thesis, table A.1 and A.6", rows, notes, curves, [_draw(request, curves, limit)]
    )


def samples_until(curves: Sequence[Row], name: str) -> dict[int, int]:
    """By seed, the samples after which a training was looked at last: it had collapsed, or was at its end."""
    last: dict[int, int] = {}
    for row in curves:
        if row["training"] == name:
            last[row["seed"]] = max(last.get(row["seed"], 0), row["samples"])
    return last


def errors_of(curves: Sequence[Row], name: str, seed: int) -> list[float]:
    """Test errors in the order of samples."""
    return [row["error"] for row in curves if (row["training"], row["seed"]) == (name, seed)]


def _row(name: str, mine: dict[int, int], partner: dict[int, int], curves: list[Row]) -> Row:
    training = TRAININGS[name]
    values = list(mine.values())
    mean, apart = mean_interval(values), paired_difference(mine, partner)
    own = name == PARTNER
    return {
        "training": name, "order": training.order,
        "output gate": training.output_gate, "hidden gates": training.hidden_gates,
        "collapsed": f"{sum(collapsed(errors_of(curves, name, seed)) for seed in mine)} of {len(mine)}",
        "samples": round(mean.mean), "samples, 95%": mean.ends(",.0f"),
        "least to most": f"{min(values):,} to {max(values):,}",
        f"minus {PARTNER}": None if own else round(apart.mean),
        f"minus {PARTNER}, 95%": None if own else apart.ends("+,.0f"),
    }  # fmt: skip


def _draw(request: Request, curves: list[Row], limit: int) -> Path:
    """Above, the error of each training and seed; below, when each collapsed."""
    figure, (above, below) = panels(2, 1, 7.4, height_ratios=[1.4, 1], sharex=True)
    for k, name in enumerate(TRAININGS):
        until = samples_until(curves, name)
        for n, seed in enumerate(until):
            mine = [row for row in curves if (row["training"], row["seed"]) == (name, seed)]
            above.plot([row["samples"] for row in mine], [row["error"] for row in mine], color=look(k)["color"],
                       linestyle=look(k)["linestyle"], linewidth=1, alpha=0.8, label=None if n else name)  # fmt: skip
        below.plot(list(until.values()), [k] * len(until), look(k)["marker"], color=look(k)["color"], alpha=0.6)
        below.plot([np.mean(list(until.values()))] * 2, [k - 0.3, k + 0.3], color=look(k)["color"], linewidth=2)
    above.axhline(LIMIT, color="0.6", linewidth=1, zorder=0)
    above.set(yscale="log", ylabel="test error, %")
    above.set_yticks([5, 10, 30, 90], ["5", "10", "30", "90"])
    above.minorticks_off()
    heading(above, "A line for each seed, until it collapses")
    legend(above, "above", ncols=3)
    below.set_yticks(range(len(TRAININGS)), list(TRAININGS))
    below.set(xlabel="training samples", xlim=(0, 1.04 * limit), ylim=(len(TRAININGS) - 0.5, -0.5))
    below.xaxis.set_major_formatter("{x:,.0f}")
    heading(below, f"Samples until the error passes {LIMIT:g}%: seeds and means; at the right end: not by then")
    for ax in (above, below):
        plain(ax)
    title(figure, "When training without held errors collapses")
    return save(figure, request.out / "collapse.png")
