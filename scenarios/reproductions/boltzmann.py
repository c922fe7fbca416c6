"""Boltzmann machines, thesis 2.1: their law for any clocks, what delays do to it, and learning beside its gradient."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.models import BoltzmannMachine, RestrictedBoltzmannMachine
from eventnet.plotting.style import GREY, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.pictures import band, look, panels, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, rounded, rows_of_all
from eventnet.scenarios.shared.hotelling import hotelling
from eventnet.scenarios.shared.paired import mean_interval, student_t

Floats = NDArray[np.float64]
CHAINS, ALPHA = 32, 0.001
RATES = {"0.1": (0.1, 0.1), "1": (1.0, 1.0), "0.1 to 20": (0.1, 20.0)}
"""Of the slowest clock and of the fastest."""
RINGS = 4000
"""For which a unit of a chain is watched, at least."""
DELAYS, RACE_RATES, MACHINES = (1, 2, 5, 10), (0.01, 0.1, 1.0), 5

DATA = [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]]
HIDDEN, RATE = 4, 0.02
LESSONS = {
    "events, negative phase of 5 ticks": 5,
    "events, negative phase of 100 ticks": 100,
    "mean over all states": 0,
}


def machine(units: int, number: int, **options: Any) -> BoltzmannMachine:
    """A machine with random weights; of more than four units weak ones, so that every state is visited."""
    rng = np.random.default_rng(number)
    upper = np.triu(rng.normal(0, 1 if units <= 4 else 0.3, (units, units)), 1)
    return BoltzmannMachine(upper + upper.T, rng.normal(0, 0.5, units), **options)


def restricted(number: int, **options: Any) -> BoltzmannMachine:
    """Two visible and two hidden units."""
    rng = np.random.default_rng(number)
    w, b = rng.normal(0, 1, (2, 2)), rng.normal(0, 0.5, 4)
    return RestrictedBoltzmannMachine(w, b, **options)


def make(kind: str, number: int, **options: Any) -> BoltzmannMachine:
    """A machine by its kind: a number of units, or "2 + 2"."""
    return restricted(number, **options) if kind == "2 + 2" else machine(int(kind), number, **options)


def law(kind: str, rates: str, number: int, seed: int) -> list[Row]:
    """Shares of time in all states, of independent chains, beside the law."""
    units = 4 if kind == "2 + 2" else int(kind)
    low, high = RATES[rates]
    own = np.geomspace(low, high, units)
    ticks = round((10 if units > 4 else 1) * RINGS / min(1.0, float(np.min(own))))
    found = [make(kind, number, rates=own, seed=seed + k).occupancy(ticks) for k in range(CHAINS)]
    return [{"units": kind, "rings a tick": rates} | compared(np.array(found), make(kind, number).law())]


def compared(found: Floats, p: Floats) -> Row:
    """Hotelling's test of few states, else the largest t of a state; and the total variation, beside exact draws'."""
    mean, spread = found.mean(axis=0), found.var(axis=0, ddof=1)
    draws = float((p * (1 - p)).sum() / spread.sum()) * len(found)
    exact = float(np.sqrt(2 / math.pi * p * (1 - p) / draws).sum() / 2)
    test: Row = {"T-squared": None, "p": None, "largest |t|": None, "limit": None}
    if len(p) <= len(found) // 2:
        made = hotelling(found[:, :-1], p[:-1])
        test |= {"T-squared": rounded(made.t2, 3), "p": rounded(made.p, 2)}
    else:
        limit = student_t(1 - ALPHA / 2 / len(p), len(found) - 1)
        test |= {
            "largest |t|": rounded(float(np.abs((mean - p) / np.sqrt(spread / len(found))).max()), 3),
            "limit": rounded(limit, 3),
        }
    return test | {
        "total variation": rounded(float(np.abs(mean - p).sum() / 2), 2), "of exact draws": rounded(exact, 2),
        "draws": round(draws),
    }  # fmt: skip


def race(delay: int, rate: float, number: int, seed: int) -> list[Row]:
    """Four units that hear of changes late."""
    ticks = round(RINGS / min(1.0, rate))
    found = [machine(4, number, rates=rate, delay=delay, seed=seed + k).occupancy(ticks) for k in range(CHAINS)]
    row = compared(np.array(found), machine(4, number).law())
    return [{"delay": delay, "rate": rate, "machine": number} | row]


def learned(lesson: str, epochs: int, every: int, seed: int) -> list[Row]:
    """The divergence of data and law (2.4), every so many epochs."""
    rng, ticks = np.random.default_rng(seed), LESSONS[lesson]
    first = rng.normal(0, 0.1, (4, HIDDEN))
    net = RestrictedBoltzmannMachine(first, learning_rate=RATE, seed=seed)
    rows: list[Row] = [{"lesson": lesson, "seed": seed, "epoch": 0, "divergence": divergence(net)}]
    for epoch in range(every, epochs + 1, every):
        if ticks:
            net.fit(DATA, every, positive=5, negative=ticks)
        else:
            for _ in range(every):
                change, moved = net.expected_change(DATA)
                net.weights = net.weights + RATE * len(DATA) * change[:4, 4:]
                net.bias = net.bias + RATE * len(DATA) * moved
        rows.append({"lesson": lesson, "seed": seed, "epoch": epoch, "divergence": divergence(net)})
    return rows


def divergence(net: BoltzmannMachine) -> float:
    """KL(data || law of the visible units), in nats."""
    codes = np.array(DATA) @ (1 << np.arange(4))
    return float(np.mean(-np.log(len(DATA) * net.visible_law()[codes])))


def boltzmann(request: Request) -> ReproductionReport:
    """The law at three sets of rates, delays as races, and ten machines that learn four patterns."""
    kinds = ("3", "2 + 2") if request.quick else ("3", "4", "2 + 2", "8")
    laws = [(kind, rates, 1, request.seed) for kind in kinds for rates in RATES]
    rows = rows_of_all(law, laws, request)
    numbers = range(1 if request.quick else MACHINES)
    races = [(d, r, n, request.seed) for d in DELAYS for r in RACE_RATES for n in numbers]
    late = rows_of_all(race, races, request)
    epochs, every = (200, 50) if request.quick else (2000, 100)
    seeds = request.seeds(10, quick=2)
    curves = rows_of_all(learned, [(name, epochs, every, seed) for name in LESSONS for seed in seeds], request)
    notes = [
        f"{CHAINS} independent chains, seeds from {request.seed}; T-squared over all states but one, p by F; of 8 "
        f"units the largest |t| of a state beside the limit of {ALPHA} over all states (Bonferroni)",
        *race_sentences(late),
        *learning_sentences(curves, epochs, seeds),
    ]
    pictures = [_races(request, late), _lessons(request, curves, epochs)]
    name = "Boltzmann machines whose units have clocks of their own"
    return ReproductionReport(
        "boltzmann", name, "thesis 2.1, (2.1) to (2.6)", rows, notes, alike([*late, *curves]), pictures
    )


def alike(rows: list[Row]) -> list[Row]:
    """Rows that all have the columns of all."""
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in names} for row in rows]


def race_sentences(late: list[Row]) -> list[str]:
    """By delay and rate: the median total variation, and how many machines fail the test."""
    sentences = []
    for rate in RACE_RATES:
        parts = []
        for delay in DELAYS:
            own = [row for row in late if (row["rate"], row["delay"]) == (rate, delay)]
            failed = sum(row["p"] < ALPHA for row in own)
            found = np.median([row["total variation"] for row in own])
            parts.append(f"{delay}: {found:.2g} ({failed} of {len(own)} with p < {ALPHA})")
        sentences.append(f"4 units, {rate:g} rings a tick, total variation by delay, median: {', '.join(parts)}")
    return sentences


def learning_sentences(curves: list[Row], epochs: int, seeds: list[int]) -> list[str]:
    """The divergence at the end, by lesson."""
    sentences = []
    for name in LESSONS:
        ends = [row["divergence"] for row in curves if (row["lesson"], row["epoch"]) == (name, epochs)]
        own = mean_interval(ends)
        sentences.append(
            f"learning, {name}: divergence {own.mean:.3f} nats after {epochs:,} epochs (95%: {own.ends('.3f')}; median "
            f"{np.median(ends):.3f}; {len(seeds)} seeds)"
        )
    return [*sentences, f"learning: 4 visible and {HIDDEN} hidden units, 4 patterns of equal probability, rate {RATE}"]


def _races(request: Request, late: list[Row]) -> Any:
    figure, ax = panels(1, 1, 4.6)
    for k, rate in enumerate(RACE_RATES):
        found = np.array([[r["total variation"] for r in late if (r["rate"], r["delay"]) == (rate, d)] for d in DELAYS])
        ax.plot(DELAYS, np.median(found, axis=1), label=f"rings a tick: {rate:g}", **look(k))
        ax.fill_between(DELAYS, found.min(axis=1), found.max(axis=1), color=look(k)["color"], alpha=0.15, linewidth=0)
    exact = np.median([row["of exact draws"] for row in late])
    ax.axhline(exact, color=GREY, linewidth=1, linestyle=":", label="exact draws, as many")
    ax.set(xscale="log", yscale="log", xlabel="delay of every synapse, ticks", ylabel="total variation from the law")
    heading(ax, "median and range of random machines of 4 units")
    legend(ax, "right")
    plain(ax)
    title(figure, "Who hears late draws from another law")
    return save(figure, request.out / "boltzmann-races.png")


def _lessons(request: Request, curves: list[Row], epochs: int) -> Any:
    figure, ax = panels(1, 1, 4.6)
    for k, name in enumerate(LESSONS):
        own = [row for row in curves if row["lesson"] == name]
        at = sorted({row["epoch"] for row in own})
        found = np.array([[row["divergence"] for row in own if row["epoch"] == epoch] for epoch in at])
        options = {key: value for key, value in look(k).items() if key in ("color", "linestyle")}
        band(ax, at, found, label=name, **options)
    ax.axhline(math.log(16 / len(DATA)), color=GREY, linewidth=1, linestyle=":", label="all states alike")
    ax.set(xlabel="epochs", ylabel="KL(data || machine), nats", xlim=(0, epochs), ylim=(0, None))
    heading(ax, f"4 patterns, 4 visible and {HIDDEN} hidden units; mean and range of seeds")
    legend(ax, "lower left")
    plain(ax)
    title(figure, "A machine that learns by two phases of events")
    return save(figure, request.out / "boltzmann-learning.png")
