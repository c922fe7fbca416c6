"""Effects of the routing order, and of delays, on a network that settles by levels: answer, rest, cost and gradient."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.data import scale_pixels
from eventnet.errors import UnsettledError
from eventnet.models import EquilibriumNetwork
from eventnet.models.equilibrium_engine import ENGINE_ORDERS
from eventnet.plotting.style import BLUE, ORANGE, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.report import (
    SEEDS,
    ReproductionReport,
    Request,
    Row,
    digits_for,
    listed,
    rows_of_all,
)
from eventnet.scenarios.reproductions.common.twin import TwinLesson, twin_note
from eventnet.scenarios.shared.paired import mean_interval

SIZES, QUICK_SIZES, K = [784, 500, 10], [784, 30, 10], 64
SAMPLES = 50_000
"""All that there are to learn from; of the digits that ship 2,000."""
DIGITS, QUICK_DIGITS, MOST = 60, 6, 20_000
FORMS: dict[str, tuple[str, Any]] = {
    "fifo": ("fifo", 0),
    **{order: (order, 0) for order in ENGINE_ORDERS if order != "fifo"},
    "fifo, 1 tick": ("fifo", 1),
    "fifo, 1 to 10 ticks": ("fifo", (1, 10)),
}
"""Order and delay; the first is what the others are compared with."""
Whole = NDArray[np.int64]


class Rests(NamedTuple):
    """One digit: levels at both rests [units], and the messages, adds and products of both phases."""

    negative: Whole
    positive: Whole
    messages: int
    adds: int
    products: int
    later_messages: int
    later_adds: int
    later_products: int


def settle(net: EquilibriumNetwork, form: str, x: Any, label: int, seed: int) -> Rests | None:
    """Both phases of a digit, without learning; None where it does not rest."""
    order, delay = FORMS[form]
    delays = (delay, delay) if isinstance(delay, int) else delay
    made = net.on_engine(1, order=order, delay=delays, seed=seed, rates=0 * net.rates(1), most=MOST)
    whole = np.rint(np.asarray(x)[None] * (net.grid or 256)).astype(np.int64)
    try:
        sim = made.run(made.simulation(made.feed(whole, np.array([label])), record=True))
    except UnsettledError:
        return None
    t, moves = made.moves(sim.log)
    reach = np.where(moves[:, 0] < net.sizes[1], net.sizes[2], net.sizes[1])
    later, units = t >= made.half, len(net.bias)
    first = np.bincount(moves[~later, 0], moves[~later, 1], units).astype(np.int64)
    last = np.bincount(moves[:, 0], moves[:, 1], units).astype(np.int64)
    multiplied = np.where(np.abs(moves[:, 1]) > 1, reach, 0)
    costs = (int(each.sum()) for part in (~later, later) for each in (part, reach[part], multiplied[part]))
    return Rests(first, last, *costs)


def compare(data: str | None, seed: int, quick: bool) -> list[Row]:
    """Train a network by the batched form, then settle digits that it has not seen in every form."""
    d = digits_for(data, "author", embedded=quick)
    net = EquilibriumNetwork(QUICK_SIZES if quick else SIZES, k=K, grid=256, engine="compiled", seed=seed)
    trained = EquilibriumNetwork(net.sizes, k=K, grid=256, seed=seed)
    trained.fit(scale_pixels(d.x_train), d.y_train)
    net.w[:], net.bias[:] = trained.w, trained.bias
    n = QUICK_DIGITS if quick else DIGITS
    x, labels = scale_pixels(d.x_test[:n]), d.y_test[:n]
    found = {form: [settle(net, form, x[k], int(labels[k]), seed) for k in range(n)] for form in FORMS}
    return [row(net, form, found[form], found["fifo"], labels) | {"seed": seed} for form in FORMS]


def row(
    net: EquilibriumNetwork, form: str, found: list[Rests | None], base: list[Rests | None], labels: NDArray[Any]
) -> Row:
    """Results of one form, beside fifo: means over the digits that rest in both."""
    both = [(a, b, int(c)) for a, b, c in zip(found, base, labels, strict=True) if a is not None and b is not None]
    hidden = net.sizes[1]
    outputs = [a.negative[:hidden] / net.k @ net.weights[1].astype(np.float64) + net.biases[1] for a, _, _ in both]
    apart = [np.abs(a.negative - b.negative).mean() / net.k for a, b, _ in both]
    shifts = [(a.positive - a.negative, b.positive - b.negative) for a, b, _ in both]
    size = float(np.sqrt(sum((b**2).sum() for _, b in shifts)))
    off = float(np.sqrt(sum(((a - b) ** 2).sum() for a, b in shifts)))
    return {
        "form": form, "digits": len(labels), "unsettled": sum(a is None for a in found),
        "error": 100 * float(np.mean([v.argmax() != c for v, (_, _, c) in zip(outputs, both, strict=True)])),
        "messages": float(np.mean([a.messages for a, _, _ in both])),
        "adds": float(np.mean([a.adds for a, _, _ in both])),
        "products": float(np.mean([a.products for a, _, _ in both])),
        "positive adds": float(np.mean([a.later_adds for a, _, _ in both])),
        "positive products": float(np.mean([a.later_products for a, _, _ in both])),
        "elsewhere": sum(bool((a.negative != b.negative).any()) for a, b, _ in both), "apart": float(np.mean(apart)),
        "shift differs": 100 * off / size if size else 0.0,
    }  # fmt: skip


def equilibrium_orders(request: Request) -> ReproductionReport:
    """Ten trained networks, each settling the same digits in every order and with delays."""
    seeds = request.seeds(SEEDS)
    curves = rows_of_all(compare, [(request.folder, seed, request.quick) for seed in seeds], request)
    rows: list[Row] = []
    for form in FORMS:
        mine = [each for each in curves if each["form"] == form]

        def mean(key: str, style: str, mine: list[Row] = mine) -> str:
            own = mean_interval([each[key] for each in mine])
            return f"{own.mean:{style}}" + (f" ({own.ends(style)})" if own.low is not None else "")

        rows.append({
            "order, delay": form, "unsettled": sum(each["unsettled"] for each in mine), "error %": mean("error", ".2f"),
            "messages": mean("messages", ",.0f"), "adds": mean("adds", ",.0f"),
            "products": mean("products", ",.0f"), "positive adds": mean("positive adds", ",.0f"),
            "positive products": mean("positive products", ",.0f"), "rest elsewhere": mean("elsewhere", ".1f"),
            "by": mean("apart", ".1e"), "gradient differs %": mean("shift differs", ".1f"),
        })  # fmt: skip
    sizes, n = (QUICK_SIZES, QUICK_DIGITS) if request.quick else (SIZES, DIGITS)
    split = "the digits that ship" if request.quick else "MNIST's first 50,000 training images"
    notes = [
        f"{'-'.join(map(str, sizes))}, k = {K}, trained once on {split} by the batched form, batch 20; {n} digits that "
        f"it has not seen, settled on the engine; seeds {listed(seeds)}; means, in brackets intervals of 95% by "
        "Student's t",
        f"unsettled: of {n * len(seeds)} digits, those with more than {MOST:,} messages of a layer in a phase; all "
        "else is of digits that rest, and rest in fifo",
        "adds: of messages of the first phase, a row each, without the input's; products: of rows of messages of more "
        "than one level; positive: of the second phase",
        twin_note(request, TwinLesson(sizes, SAMPLES, 20, 0.1, n), seeds),
        f"rest elsewhere: of {n} digits, those whose rest is not that of fifo; by: mean |difference| of states then "
        "and otherwise; gradient differs: |shift - fifo's shift| / |fifo's shift|, of what the target moves",
    ]
    return ReproductionReport(
        "equilibrium-orders", "Routing orders of a network that settles", "thesis, 8.6 and A.6", rows, notes, curves,
        [_draw(request, curves)],
    )  # fmt: skip


def _draw(request: Request, curves: list[Row]) -> Any:
    figure, (cost, other) = panels(1, 2, 4.8, sharey=True)
    places = np.arange(len(FORMS))[::-1]

    def of(key: str) -> list[Any]:
        return [mean_interval([each[key] for each in curves if each["form"] == form]) for form in FORMS]

    for ax, key, colour, label in (
        (cost, "adds", BLUE, "first phase"), (cost, "positive adds", ORANGE, "second phase"),
        (other, "shift differs", BLUE, "differs"),
    ):  # fmt: skip
        for place, own in zip(places, of(key), strict=True):
            if own.low is not None:
                ax.plot([max(own.low, 1e-9), own.high], [place, place], color=colour, linewidth=1.4)
        ax.plot([own.mean for own in of(key)], places, "o", color=colour, markersize=5, label=label)
    cost.set(xscale="log", xlabel="adds a digit", yticks=places, yticklabels=list(FORMS))
    other.set(xlabel="what the target moves, difference from fifo, %")
    heading(cost, "cost")
    heading(other, "gradient")
    legend(cost, "above", ncols=2)
    for ax in (cost, other):
        plain(ax, grid="x")
    title(figure, "Who looks next: what it costs and what it changes")
    return save(figure, request.out / "equilibrium-orders.png")
