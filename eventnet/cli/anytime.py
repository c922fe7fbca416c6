"""`eventnet anytime`: the error of a network's answer at every moment of its work, in every routing order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table

import eventnet as en
from eventnet import analysis, plotting
from eventnet.analysis import AnytimeAnswers
from eventnet.cli import options as opt
from eventnet.cli.commands import STUDY, command
from eventnet.cli.results import Results, Screen, resumable
from eventnet.cli.train import EMBEDDED, load
from eventnet.data import Digits
from eventnet.errors import DataError
from eventnet.models import DeepSpikingNetwork
from eventnet.plotting import style
from eventnet.scenarios.orders.anytime import KINDS, Contest, Row, Sizes, by_name, contest, table, train
from eventnet.scenarios.shared.paired import MeanInterval

ERRORS = "0.5,0.2,0.1"
POINTS = 60
"""Of each curve in the numbers."""
SAME = ("fifo", "topological")
"""Orders that are breadth-first in a chain of layers: not drawn where they are."""

Maybe = typer.Option


@command("anytime", "how good an answer is before the work is done, in every order", group=STUDY, formerly="guesses")
def anytime(
    models: Annotated[
        list[Path] | None, typer.Argument(help="Files of `eventnet train`, of one shape. Default: trains networks.")
    ] = None,
    kind: Annotated[str, Maybe("--kind", help=f"What to train: {', '.join(KINDS)}.")] = "spiking",
    data: opt.DataOption = None,
    networks: Annotated[int, Maybe("--networks", min=1, help="Networks to train, of seeds from --seed on.")] = 3,
    sizes: Annotated[str, Maybe("--sizes", help="Layers of trained networks, input first.")] = "784-200-200-10",
    epochs: opt.EpochsOption = 8,
    orders: Annotated[str | None, Maybe("--orders", help="Named orders, with commas. Default: all.")] = None,
    at_once: Annotated[
        bool, Maybe("--at-once", help="All steps of a sample in one instant, where an order may choose among them.")
    ] = False,
    test: Annotated[int | None, Maybe("--test", min=1, help="Test samples. Default: 1000; sigma-delta 200.")] = None,
    errors: Annotated[str, Maybe("--errors", help="Errors to give the cost of, with commas.")] = ERRORS,
    out: opt.OutOption = Path("eventnet-anytime"),
    learn: Annotated[int | None, Maybe("--learn", min=1, max=1000, hidden=True)] = None,
    choose: Annotated[int | None, Maybe("--choose", min=1, hidden=True)] = None,
    seed: opt.SeedOption = 1,
    fresh: opt.FreshOption = False,
    as_json: opt.JsonOption = False,
) -> None:  # fmt: skip
    """Ask a classifier of digits for its answer after each delivery, in every routing order: error against adds.

    Beside the named orders: deepest first with inputs in random order, and two learned from training digits. Without
    --data it trains on the embedded digits.
    """
    screen = Screen(as_json)
    named = [order.name for order in en.order.every_order()] if orders is None else opt.named_orders(orders)
    targets = _fractions(errors)
    if kind not in KINDS:
        raise typer.BadParameter(f"--kind is {kind!r}; wanted {', '.join(KINDS)}")
    if at_once and kind == "sigma-delta":
        raise typer.BadParameter("a Sigma-Delta network is shown each frame in one instant anyway: leave out --at-once")
    layers = opt.read_layers(sizes)
    saved = [_model(path) for path in models or []]
    if other := next((model for model in saved if model.sizes != saved[0].sizes), None):
        raise typer.BadParameter(f"models have layers {saved[0].sizes} and {other.sizes}; wanted one shape")
    digits = load(data, None)
    much = _much(kind, learn=learn, choose=choose, test=test)
    options = {
        "models": [str(path) for path in models or []], "kind": "saved" if models else kind, "data": data,
        "networks": len(models) if models else networks, "sizes": sizes, "epochs": epochs, "orders": list(named),
        "at_once": at_once, "test": much.test, "learn": much.learn, "choose": much.choose, "seed": seed,
    }  # fmt: skip
    results = Results(out, "anytime", options)
    opt.warm_up()
    contests: list[Contest] = []
    many = len(models) if models else networks
    follows_from = options | {"errors": errors}
    kept = resumable(screen, "anytime", follows_from, fresh=fresh, out=out, files=[*(models or []), data])
    with kept:
        with screen.progress("asking after each delivery", 1000 * many) as bar:
            for k in range(many):
                model: Any = saved[k] if saved else _trained(kind, layers, digits, epochs, seed + k, data)
                progress = _progress(bar, k)
                contests.append(
                    contest(
                        model,
                        digits,
                        much,
                        orders=named,
                        at_once=at_once,
                        burst=not at_once,
                        seed=seed + k,
                        progress=progress,
                    )
                )
            rows = table(contests, targets)
        _keep(results, rows)
        _keep_curves(results, contests)
        _draw(results, contests, kind)
        results.write()
    what = "saved networks" if models else KINDS[kind]
    screen.say(f"{what}; {many} of them, {much.test:,} digits each ({digits.split}), seeds from {seed} on")
    spreads = ", ".join(f"{c.spread:g}" for c in contests)
    screen.say(f"spread of 'cheapest, mixed', chosen on {much.choose} training digits: {spreads}\n")
    _show(screen, rows, targets, many)
    screen.say_path("\nCurves, the map of what inputs are worth, and all numbers as CSV and JSON:", out)
    screen.give({**results.to_dict(), "spreads": [c.spread for c in contests], "rows": [_as_dict(row) for row in rows]})


def _fractions(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(0 <= error < 1 for error in found):
        raise typer.BadParameter(f"--errors is {text!r}; wanted fractions from 0 to 1 with commas, as 0.5,0.2")
    return found


def _much(kind: str, **given: int | None) -> Sizes:
    """A Sigma-Delta network makes ten times the events: fewer samples."""
    much = Sizes(learn=200, choose=100, test=200) if kind == "sigma-delta" else Sizes()
    return replace(much, **{name: number for name, number in given.items() if number is not None})


def _model(path: Path) -> DeepSpikingNetwork:
    """A saved network that classifies digits. Raises DataError for anything else."""
    made = DeepSpikingNetwork.load(path)
    if (made.sizes[0], made.sizes[-1]) != (opt.PIXELS, opt.CLASSES):
        raise DataError(
            f"{path} takes {made.sizes[0]} numbers and has {made.sizes[-1]} answers; digits want 784 and 10"
        )
    return made


def _trained(kind: str, layers: list[int], digits: Digits, epochs: int, seed: int, data: Path | None) -> Any:
    rate = EMBEDDED if data is None else {"learning_rate": 0.01, "init_scale": 0.01}
    return train(kind, layers, digits, epochs=epochs, seed=seed, rate=rate["learning_rate"], scale=rate["init_scale"])


def _progress(bar: Callable[[int], None], network: int) -> Callable[[int, int], None]:
    return lambda done, of: bar(1000 * network + 1000 * done // of)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _as_dict(row: Row) -> dict[str, Any]:
    return {
        "order": row.name, "error": row.error, "adds": row.adds, "first_spike": row.first_spike, "area": row.area,
        "area_band": row.area_band, "ahead": row.ahead, "ahead_band": row.ahead_band,
        "reach": {f"{error:g}": costs for error, costs in row.reach.items()},
        "beside_first": {f"{error:g}": _ends(ratio) for error, ratio in row.beside.items()},
        "right": _finite(row.right), "changes": row.changes,
    }  # fmt: skip


def _ends(ratio: MeanInterval | None) -> tuple[float, float | None, float | None] | None:
    return None if ratio is None else (ratio.mean, ratio.low, ratio.high)


def _keep(results: Results, rows: Sequence[Row]) -> None:
    for row in rows:
        results.add(row.name, "error", row.error, at="the end")
        results.add(row.name, "adds", row.adds, "a sample")
        results.add(row.name, "adds to the first spike at the read-out", row.first_spike, "a sample")
        for what, value, band in (
            ("area", row.area, row.area_band),
            ("area less than the first order's", row.ahead, row.ahead_band),
        ):
            results.add(row.name, what, value)
            results.add(row.name, what, band[0], at="2.5%")
            results.add(row.name, what, band[1], at="97.5%")
        for error, costs in row.reach.items():
            at_each: tuple[float | str, ...] = costs or ("", "", "")
            for at, cost in zip(("mean", "least", "largest"), at_each, strict=True):
                results.add(row.name, f"adds to an error of {error:g}", cost, "a sample", at=at)
            ratio = _ends(row.beside[error]) or ("", "", "")
            for at, end in zip(("mean", "2.5%", "97.5%"), ratio, strict=True):
                results.add(
                    row.name, f"adds to an error of {error:g} over the first order's", "" if end is None else end, at=at
                )
        right = _finite(row.right)
        results.add(row.name, "adds until right for good", "" if right is None else right, "median sample")
        results.add(row.name, "changes of the answer", row.changes, "a sample")


def _keep_curves(results: Results, contests: list[Contest]) -> None:
    """Points of each curve and its band: enough to draw it again."""
    for name, those in by_name(contests).items():
        for axis in analysis.AXES:
            end = max(int(one.total[axis].max()) for one in those)
            costs = np.unique(np.geomspace(1, max(end, 1), POINTS).astype(np.int64))
            for cost, *line in zip(costs.tolist(), *analysis.mean_curve(those, costs, axis), strict=True):
                for which, value in zip(("", ", low", ", high"), line, strict=True):
                    results.add(name, f"error if asked now{which}", float(value), at=f"{cost} {axis}")


def _alike(one: Sequence[AnytimeAnswers], other: Sequence[AnytimeAnswers] | None) -> bool:
    """The same answers at the same costs."""
    return other is not None and all(
        np.array_equal(a.answer, b.answer) and np.array_equal(a.cost["adds"], b.cost["adds"])
        for a, b in zip(one, other, strict=True)
    )


def _draw(results: Results, contests: list[Contest], kind: str) -> None:
    curves = by_name(contests)
    kept = [name for name in curves if name not in SAME or not _alike(curves[name], curves.get("breadth"))]
    figure = style.blank(height=5.2)
    left, right = figure.subplots(1, 2, sharey=True)
    for axis, ax in (("adds", left), ("deliveries", right)):
        soonest = min(float(one.first_spike[axis].mean()) for those in curves.values() for one in those)
        plotting.draw_anytime({name: curves[name] for name in kept}, axis, ax, start=max(soonest / 2, 1.0))
    for ax in (left, right):
        ax.get_legend().remove()
    right.set_ylabel("")
    handles = left.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=4, frameon=False, fontsize=style.NOTE, handlelength=3)
    style.title(figure, "Error if asked now, against the cost so far")
    results.add_picture("anytime.png", style.png(figure))
    worth = next((w for w in contests[0].worths if w.source == "input.out"), None)
    if worth is not None and len(worth.count) == opt.PIXELS:
        figure = style.blank(4.6, 4)
        axes = plotting.draw_worth(worth, (28, 28), figure.subplots())
        style.heading(axes, "What a spike of each pixel tells")
        results.add_picture("worth.png", style.png(figure))


def _adds(value: float) -> str:
    """Room for every column: millions are rounded."""
    return f"{value:,.0f}" if value < 1_000_000 else f"{value / 1_000_000:.2f}M" if np.isfinite(value) else "-"


def _show(screen: Screen, rows: Sequence[Row], targets: Sequence[float], many: int) -> None:
    made = Table("order")
    for name in (
        "error",
        "adds",
        "first spike",
        "area",
        "ahead",
        *(f"to {100 * e:g}%" for e in targets),
        "right",
    ):
        made.add_column(name, justify="right")
    for row in rows:
        reach = [_adds(costs[0]) if (costs := row.reach[e]) else "-" for e in targets]
        made.add_row(
            row.name, f"{row.error:.1%}", _adds(row.adds), _adds(row.first_spike), f"{row.area:.3f}",
            f"{row.ahead:+.3f} ± {(row.ahead_band[1] - row.ahead_band[0]) / 2:.3f}", *reach,
            f"{row.right:,.0f}" if np.isfinite(row.right) else "-",
        )  # fmt: skip
    screen.out.print(made)
    screen.say("Adds a sample. First spike: when it reached the read-out. Area: mean error of moments from 0 to")
    over = "networks" if many > 1 else "samples"
    screen.say(f"the whole cost; ahead: by how much less than the first order's (95% over {over}). Right: when half")
    screen.say("of the samples had the right answer for good.")
    if many == 1:
        screen.say("An interval over samples is of this one network: it says nothing of others.")
