"""Figures E.1 and E.2: how much step sizes and predictive coding matter, by parameters that are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.data import digits, scale_pixels
from eventnet.models import SpikingEquilibriumNetwork
from eventnet.models.equilibrium_spiking import SpikingForm, schedule
from eventnet.plotting.style import colour_bar, heading, title
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.report import (
    STUCK,
    ReproductionReport,
    Request,
    Row,
    listed,
    rounded,
    rows_of_all,
)
from eventnet.scenarios.reproductions.common.twin import TwinLesson, twin_note
from eventnet.scenarios.reproductions.settling_bits import distances
from eventnet.scenarios.shared.paired import paired_difference

Parameters = dict[str, float]
RANGES: dict[str, tuple[float, float]] = {
    "eps": (0.1, 1.0), "eta": (0.0, 1.0), "nu_bar": (0.005, 0.5), "lam": (0.05, 1.0), "lam's eta": (0.0, 1.0),
}  # fmt: skip
LOGARITHMIC = ("nu_bar", "lam")
PUBLISHED: dict[str, dict[str, Parameters]] = {
    "E.1": {
        "eps and lam anneal": {"eps": 0.775, "eta": 0.313, "lam": 0.67, "lam's eta": 0.578},
        "OSA": {"nu_bar": 0.0503},
        "OSA, lam constant": {"nu_bar": 0.0411, "lam": 0.206},
        "OSA, lam anneals": {"nu_bar": 0.108, "lam": 0.39, "lam's eta": 0.45},
    },
    "E.2": {
        "eps and lam anneal": {"eps": 0.775, "eta": 0.313, "lam": 0.67, "lam's eta": 0.578},
        "OSA, lam constant": {"nu_bar": 0.0346, "lam": 0.275},
    },
}
"""The parameters that the author took: those of figures 8.2 and 8.3; of E.2's schedules none are in the text, and those
of figure 8.2 stand in."""
SIZES, HALF, DRAWS, NETWORKS, JUDGED_BY = [200, 200, 10], 250, 60, 5, 10
QUICK_SIZES, QUICK_HALF, QUICK_DRAWS = [30, 20, 5], 20, 4
MNIST_SIZES, STEPS, MNIST_DRAWS, TRAINED_ON, BATCH = [784, 100, 10], (50, 25), 30, 2000, 20
APART, FLAT = 1000, 1.5
"""Seeds that judge begin so much above those that choose; a draw is good up to so many times the least error."""
NETWORKS_NOTE = "the batched form, not the engine"


def form_of(parameters: Parameters) -> SpikingForm:
    """Schedules where eps is named, else optimal step-size adaptation."""
    lam = schedule(parameters.get("lam", 1.0), parameters.get("lam's eta", 0.0))
    if "eps" in parameters:
        return SpikingForm(lam=lam, eps=schedule(parameters["eps"], parameters["eta"]))
    return SpikingForm(lam=lam, nu_bar=parameters["nu_bar"])


def draw(names: list[str], n: int, seed: int) -> list[Parameters]:
    """So many sets of parameters, uniform in their ranges; nu_bar and lam on logarithmic scales."""
    rng, made = np.random.default_rng(seed), []
    for _ in range(n):
        drawn = {}
        for name in names:
            low, high = RANGES[name]
            at = rng.random()
            drawn[name] = float(low * (high / low) ** at if name in LOGARITHMIC else low + (high - low) * at)
        made.append(drawn)
    return made


def run_of(figure: str, parameters: Parameters, seed: int, quick: bool) -> Row:
    """E.1: the mean distance from the fixed point at the ends of both phases. E.2: the error after a pass, in %, and
    adds a sample if changes are sent."""
    form = form_of(parameters)
    if figure == "E.1":
        sizes, half = (QUICK_SIZES, QUICK_HALF) if quick else (SIZES, HALF)
        found = distances(form, seed, sizes, half)[[half - 1, -1]].mean(axis=0)
        return {"error": float(np.average(found, weights=sizes[1:])), "adds": None}
    d, n = digits(), 200 if quick else TRAINED_ON
    net = SpikingEquilibriumNetwork(MNIST_SIZES, form, steps=STEPS, seed=seed)
    net.partial_fit(scale_pixels(d.x_train[:n]), d.y_train[:n], batch=BATCH)
    adds = net.adds(net.changes) / n
    return {"error": 100 * (1 - net.score(scale_pixels(d.x_test[:n]), d.y_test[:n])), "adds": adds}


def errors(figure: str, name: str, parameters: Parameters, kind: str, seeds: list[int], quick: bool) -> list[Row]:
    """One set of parameters with several seeds."""
    return [
        {
            "figure": figure, "form": name, "kind": kind, "seed": seed, **dict.fromkeys(RANGES), **parameters,
            **run_of(figure, parameters, seed, quick),
        }
        for seed in seeds
    ]  # fmt: skip


def settling_search(request: Request) -> ReproductionReport:
    """Draw, take the best, and judge it and the author's parameters by other seeds."""
    quick = request.quick
    plan = {
        "E.1": QUICK_DRAWS if quick else DRAWS, "E.2": 2 if quick else MNIST_DRAWS,
    }  # fmt: skip
    seeds, judges = request.seeds(NETWORKS), [seed + APART for seed in request.seeds(JUDGED_BY)]
    drawn = rows_of_all(errors, [
        (figure, name, parameters, "drawn", seeds, quick)
        for figure, n in plan.items() for name, published in PUBLISHED[figure].items()
        for parameters in draw(list(published), n, request.seed)
    ], request)  # fmt: skip
    best = {(figure, name): _best(drawn, figure, name) for figure in PUBLISHED for name in PUBLISHED[figure]}
    judged = rows_of_all(errors, [
        (figure, name, parameters, kind, judges, quick)
        for (figure, name), found in best.items()
        for kind, parameters in (("best", found), ("author's", PUBLISHED[figure][name]))
    ], request)  # fmt: skip
    notes = [
        f"E.1: {'-'.join(map(str, QUICK_SIZES if quick else SIZES))}, {QUICK_HALF if quick else HALF} steps a phase; "
        f"mean |s - s*| of all units (of layers in figure 8.2), of a sample a network, at the ends of both phases; "
        f"{plan['E.1']} draws a form; {NETWORKS_NOTE}",
        f"E.2: {'-'.join(map(str, MNIST_SIZES))}, {STEPS[0]} and {STEPS[1]} steps, one pass over the digits that ship "
        f"with eventnet, error in %; {plan['E.2']} draws a form; adds a sample of learning, if changes of bits are "
        f"sent, of the author's parameters; {NETWORKS_NOTE}",
        twin_note(request, TwinLesson(MNIST_SIZES, 200 if quick else TRAINED_ON, BATCH, 0.1), seeds, embedded=True),
        f"each draw with {listed(seeds)} as seeds, the median of which is its error; flat: the share of draws with at "
        f"most {FLAT} times the least; stuck: errors of E.2 above {STUCK:g}%",
        f"best draw and the author's parameters judged by {len(judges)} other seeds, from {judges[0]} on: medians; "
        "95%: of the mean difference, seed by seed",
        "published: pictures, of 500 steps of a Gaussian process a form, which say that large regions are good; the "
        "author's parameters are those of figures 8.2 and 8.3, for larger networks and longer phases",
    ]
    return ReproductionReport(
        "settling-search", "Figures E.1 and E.2, parameters of spiking equilibrium propagation",
        "thesis, figures E.1, E.2", [_row(*key, drawn, judged) for key in best], notes, drawn + judged,
        [_draw(request, figure, drawn) for figure in PUBLISHED],
    )  # fmt: skip


def _medians(rows: list[Row], figure: str, name: str) -> dict[tuple[float, ...], float]:
    """The median error over seeds of each set of parameters of a form."""
    found: dict[tuple[float, ...], list[float]] = {}
    for row in rows:
        if (row["figure"], row["form"]) == (figure, name):
            found.setdefault(tuple(row[p] for p in PUBLISHED[figure][name]), []).append(row["error"])
    return {key: float(np.median(values)) for key, values in found.items()}


def _best(drawn: list[Row], figure: str, name: str) -> Parameters:
    medians = _medians(drawn, figure, name)
    best: tuple[float, ...] = min(medians, key=medians.__getitem__)
    return dict(zip(PUBLISHED[figure][name], best, strict=True))


def _row(figure: str, name: str, drawn: list[Row], judged: list[Row]) -> Row:
    found = np.array(list(_medians(drawn, figure, name).values()))
    best, author = (
        {
            row["seed"]: row["error"]
            for row in judged if (row["figure"], row["form"], row["kind"]) == (figure, name, kind)
        }
        for kind in ("best", "author's")
    )  # fmt: skip
    apart = paired_difference(best, author)
    adds = [
        row["adds"] for row in judged
        if (row["figure"], row["form"], row["kind"]) == (figure, name, "author's") and row["adds"] is not None
    ]  # fmt: skip
    return {
        "figure": figure, "form": name, "published": _text(PUBLISHED[figure][name]),
        "published, error here": rounded(np.median(list(author.values())), 3),
        "best draw": _text(_best(drawn, figure, name)), "its error": rounded(np.median(list(best.values())), 3),
        "best minus author's, 95%": apart.ends("+.2g"),
        "least and median of draws": f"{found.min():.3g}, {np.median(found):.3g}",
        "flat": f"{100 * np.mean(found <= FLAT * found.min()):.0f} %",
        "stuck": f"{np.sum(found > STUCK)} of {len(found)}" if figure == "E.2" else None,
        "adds": f"{np.median(adds):,.0f}" if adds else None,
    }  # fmt: skip


def _text(parameters: Parameters) -> str:
    return listed(f"{name} {value:.3g}" for name, value in parameters.items())


# --- the picture ---
def _draw(request: Request, figure: str, drawn: list[Row]) -> Any:
    """Parallel coordinates: a line a draw through its parameters to its error, which gives its colour."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm

    names = list(PUBLISHED[figure])
    made, axes = panels(len(names) // 2, 2, 3.4 * (len(names) // 2), squeeze=False)
    for ax, name in zip(axes.flat, names, strict=True):
        medians, published = _medians(drawn, figure, name), PUBLISHED[figure][name]
        least, most = min(medians.values()), max(max(medians.values()), 1.001 * min(medians.values()))
        norm = LogNorm(least, most)
        for values, error in sorted(medians.items(), key=lambda item: -item[1]):
            heights = [*map(_height, published, values), float(norm(error))]
            ax.plot(range(len(heights)), heights, color=colormaps["viridis"](norm(error)), linewidth=1, alpha=0.8)
        if not request.quick:
            heights = list(map(_height, published, published.values()))
            ax.plot(range(len(published)), heights, "o:", color="black", markersize=4)
        ax.set_xticks(range(len(published) + 1), [*(f"{p}\n{_ends(p)}" for p in published), "error"])
        ax.set_yticks([])
        for k in range(len(published) + 1):
            ax.axvline(k, color="black", linewidth=0.8)
        ax.spines[:].set_visible(False)
        heading(ax, name)
        bar = colour_bar(ax, ScalarMappable(norm, "viridis"), "error" if figure == "E.1" else "error, %")
        if most < 10 * least:  # less than two of the usual ticks
            ticks = np.geomspace(least, most, 3).tolist()
            bar.set_ticks(ticks, labels=[f"{rounded(v, 3):g}" for v in ticks])
            bar.minorticks_off()
    title(made, f"Figure {figure}: parameters that were drawn, and their errors")
    return save(made, request.out / f"settling-search-{figure.lower().replace('.', '-')}.png")


def _height(name: str, value: float) -> float:
    low, high = RANGES[name]
    return float(np.log(value / low) / np.log(high / low)) if name in LOGARITHMIC else (value - low) / (high - low)


def _ends(name: str) -> str:
    low, high = RANGES[name]
    return f"{low:g} to {high:g}"
