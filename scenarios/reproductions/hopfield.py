"""Hopfield (1982), thesis 1.1.2: how many random patterns a network holds, and how its energy falls in every order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.models import HopfieldNetwork
from eventnet.order import ORDERS
from eventnet.plotting.style import BLUE, GREY, ORANGE, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.pictures import look, panels, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, rows_of_all
from eventnet.scenarios.shared.paired import mean_interval

OVERLAP, FLIPPED = 0.95, 0.1
STARTS = {"the pattern": 0.0, "10% of it flipped": FLIPPED}
"""From where patterns are recalled, and the share of units that is flipped there."""


def recall_share(units: int, load: float, seed: int) -> list[Row]:
    """Store random patterns; of each start the share that rests with an overlap over 0.95 with its pattern."""
    rng = np.random.default_rng(seed)
    patterns = rng.choice([-1, 1], (round(load * units), units))
    noise = np.where(rng.random(patterns.shape) < FLIPPED, -1, 1)
    net, rows = HopfieldNetwork.of_patterns(patterns), []
    for start, flipped in STARTS.items():
        found = net.recall(patterns * noise if flipped else patterns)
        right = (found.states * patterns).mean(axis=1) > OVERLAP
        flips = float(found.flips.mean())
        rows.append({"start": start, "load": load, "seed": seed, "share": float(right.mean()), "flips": flips})
    return rows


def half(loads: Any, shares: Any) -> float | None:
    """The load at which shares that begin above a half first fall through it, by a straight line between two loads."""
    for k in range(1, len(loads)):
        if shares[k - 1] >= 0.5 > shares[k]:
            part = (shares[k - 1] - 0.5) / (shares[k - 1] - shares[k])
            return float(loads[k - 1] + part * (loads[k] - loads[k - 1]))
    return None


def hopfield(request: Request) -> ReproductionReport:
    """Recall at every load from ten sets of patterns, the energy of one recall in every order, and cycles of two."""
    units, sets = (150, 2) if request.quick else (1000, 10)
    loads = [round(0.06 + 0.005 * k, 3) for k in range(27)]
    jobs = [(units, load, seed) for load in loads for seed in request.seeds(sets, quick=sets)]
    curves = rows_of_all(recall_share, jobs, request)
    rows: list[Row] = []
    for start in STARTS:
        by_seed = {
            seed: [row["share"] for row in curves if (row["start"], row["seed"]) == (start, seed)]
            for seed in request.seeds(sets, quick=sets)
        }
        at = [found for shares in by_seed.values() if (found := half(loads, shares)) is not None]
        own = mean_interval(at) if at else None
        mean = half(loads, np.mean(list(by_seed.values()), axis=0))
        rows.append({
            "from": start, "published": "about 0.15 N; 0.138 N as N grows",
            "mean share falls through half at": None if mean is None else round(mean, 4),
            "mean over sets": None if own is None else round(own.mean, 4),
            "95%": None if own is None else own.ends(".4f"), "sets that do": f"{len(at)} of {sets}",
        })  # fmt: skip
    energies, notes = falls(request.seed)
    notes = [
        f"N = {units:,}; {sets} sets of random patterns, seeds from {request.seed}; w = sum of s s^T, diagonal 0; "
        f"fifo; recalled: overlap over {OVERLAP} at rest",
        *notes,
    ]
    pictures = [_capacity(request, curves, loads, units), _energy(request, energies)]
    return ReproductionReport(
        "hopfield",
        "Capacity of a Hopfield network",
        "Hopfield (1982), Amit et al. (1985)",
        rows,
        notes,
        curves,
        pictures,
    )


def falls(seed: int) -> tuple[dict[str, NDArray[np.float64]], list[str]]:
    """The energy after each flip of one recall, by order; what the picture's network is, and what it did, in words."""
    rng = np.random.default_rng(seed)
    patterns = rng.choice([-1, 1], (30, 200))
    start = patterns[0] * np.where(rng.random(200) < 0.3, -1, 1)
    made = {order: HopfieldNetwork.of_patterns(patterns, order=order, seed=seed) for order in ORDERS}
    energies = {order: net.energy(net.trace(start)) for order, net in made.items()}
    rises = sum(int((np.diff(e) >= 0).sum()) for e in energies.values())
    flips = sum(len(e) - 1 for e in energies.values())
    net = made["fifo"]
    cycles = [net.all_at_once(rng.choice([-1, 1], 200), 400).cycle for _ in range(100)]
    ends = ", ".join(f"{order} {e[-1]:,.0f} after {len(e) - 1} flips" for order, e in energies.items())
    return energies, [
        f"energy: N = 200, 30 patterns, one of them with 30% flipped; {flips} flips in {len(energies)} orders, of "
        f"which {rises} did not lower the energy; ends: {ends}",
        f"all at once, the same network, 100 random states: {cycles.count(1)} rest, {cycles.count(2)} go to and fro "
        f"between two states, {cycles.count(0)} neither within 400 steps",
    ]


def _capacity(request: Request, curves: list[Row], loads: list[float], units: int) -> Any:
    figure, ax = panels(1, 1, 4.6)
    for colour, start in zip((BLUE, ORANGE), STARTS, strict=True):
        shares = [[row["share"] for row in curves if (row["start"], row["load"]) == (start, load)] for load in loads]
        means = [mean_interval(each) for each in shares]
        ax.plot(loads, [each.mean for each in means], "o-", color=colour, markersize=4, label=f"from {start}")
        ends = [(e.mean if e.low is None else e.low, e.mean if e.high is None else e.high) for e in means]
        ax.fill_between(loads, *zip(*ends, strict=True), color=colour, alpha=0.2, linewidth=0)
    ax.axvspan(0.13, 0.15, color=GREY, alpha=0.15, linewidth=0, label="0.13 to 0.15 N")
    ax.set(xlabel="patterns stored / units", ylabel=f"share that rests with overlap > {OVERLAP}", ylim=(-0.03, 1.03))
    legend(ax, "lower left")
    plain(ax)
    title(figure, f"Patterns that a Hopfield network of {units:,} units recalls")
    return save(figure, request.out / "hopfield.png")


def _energy(request: Request, energies: dict[str, NDArray[np.float64]]) -> Any:
    figure, ax = panels(1, 1, 4.6)
    for k, (order, energy) in enumerate(energies.items()):
        options = look(k) | {"marker": "", "drawstyle": "steps-post"}
        ax.plot(np.arange(len(energy)), energy / 1000, label=order, linewidth=1.6, **options)
    ax.set(xlabel="flips", ylabel="energy, thousands")
    heading(ax, "one recall of a pattern of which 30% were flipped, 200 units, 30 patterns")
    legend(ax, "upper right")
    plain(ax)
    title(figure, "The energy falls at every flip, in every order")
    return save(figure, request.out / "hopfield-energy.png")
