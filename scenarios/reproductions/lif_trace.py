"""Equations 1.9 and 1.10: the potential of a leaky integrate-and-fire unit, with the spikes that come and go.

The engine decays a potential when a spike arrives. Looked at in between, it must be the sum of the equations: one
exponential for each spike that has come, less one for each that has gone out.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.plotting.style import BLACK, BLUE, GREEN, RED, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, rounded

Floats = NDArray[np.float64]
Ticks = NDArray[np.int64]

TAU = 20_000
"""Time constant of the potentials in ticks of a microsecond."""

INPUTS, RATE, INHIBITORY = 20, 40.0, 5
"""Neurons below, spikes a second of each, and how many of them have weights below 0."""

LOOK = 100
"""Ticks from one look at a potential to the next."""


class UnitCase(NamedTuple):
    """A unit: the equation it follows (nothing where the thesis has none), its options, and the size of its weights."""

    name: str
    equation: str | None
    options: dict[str, Any]
    size: float


CASES = (
    UnitCase("a spike subtracts 1", "1.10", {"threshold": 1.0, "subtract": True}, 0.45),
    UnitCase("millivolts", "1.9", {
        "rest": -70.0, "threshold": -55.0, "reset_to": -75.0, "subtract": True
    }, 7.0),
    UnitCase("signed", "1.10, and its mirror image", {"threshold": 1.0, "subtract": True, "signed": True}, 0.45),
    UnitCase("set to reset, refractory", None, {
        "rest": -70.0, "threshold": -55.0, "reset_to": -75.0, "refractory": 5000
    }, 7.0),
    UnitCase("threshold adapts", None, {
        "rest": -70.0, "threshold": -55.0, "reset_to": -75.0, "adapt": (4.0, 100_000)
    }, 7.0),
)  # fmt: skip
SHOWN, PICTURED = (0, 1, 3, 4), 300_000
"""Cases in the picture, and its length in ticks."""


class UnitTrace(NamedTuple):
    """Inputs (ticks, weights), spikes (ticks, signs), and samples [n] of potential and threshold."""

    case: UnitCase
    came: tuple[Ticks, Floats]
    went: tuple[Ticks, Ticks]
    looks: Ticks
    potential: Floats
    threshold: Floats
    products: int


def lif_trace(request: Request) -> ReproductionReport:
    """One unit of each kind on the same spikes."""
    length = 200_000 if request.quick else 2_000_000
    came = spikes(np.random.default_rng(request.seed), length)
    traces = [trace(case, *came, length) for case in CASES]
    return ReproductionReport(
        "lif-trace", "Equations 1.9 and 1.10, a leaky integrate-and-fire unit", "thesis, equations 1.9 and 1.10",
        [row_of(found) for found in traces], notes(request.seed, length, traces), curves(traces),
        [picture(request, [traces[k] for k in SHOWN], min(length, PICTURED))],
    )  # fmt: skip


def spikes(random: np.random.Generator, length: int) -> tuple[Ticks, Ticks, Floats]:
    """Poisson spikes, ticks [n] and inputs [n], and weights [INPUTS] of size 1 on average."""
    n = random.poisson(INPUTS * RATE * length * 1e-6)
    weights = random.uniform(0.4, 1.6, INPUTS)
    weights[:INHIBITORY] *= -1
    return np.sort(random.integers(0, length, n)), random.integers(0, INPUTS, n), weights


def trace(case: UnitCase, ticks: Ticks, inputs: Ticks, weights: Floats, length: int) -> UnitTrace:
    """Run a unit and look at it again and again; looking changes nothing."""
    net = en.Network("float64")
    block = net.weights(weights[:, None] * case.size)
    unit = net.add(en.LeakyIntegrate(1, block, tau=TAU, **case.options))
    heard = net.add(en.Sink(1))
    net.connect(unit.out, heard.spikes)
    simulation = en.Simulation(net, "fifo", record=True)
    feed = np.zeros(len(ticks), en.EVENT)
    feed["t"], feed["index"], feed["port"], feed["sign"] = ticks, inputs, int(unit.spikes), 1
    simulation.inject(feed)
    looks = np.arange(0, length, LOOK)
    seen = []
    for t in looks.tolist():
        state = simulation.run(until=t).state(unit)
        seen.append((unit.potentials(state, t)[0], unit.thresholds(state, t)[0]))
    simulation.run()
    potential, threshold = np.array(seen).T
    log = simulation.log[simulation.log["port"] == int(heard.spikes)]
    went = log["t"].copy(), log["sign"].astype(np.int64)
    came = ticks, weights[inputs] * case.size
    return UnitTrace(case, came, went, looks, potential, threshold, simulation.tally.multiplies)


def equation_1_9(found: UnitTrace) -> Floats:
    """rest + sum of weights - sum of (threshold - reset), each of which decays from its spike on, at every look."""
    options = found.case.options
    rest = options.get("rest", 0.0)
    step = options["threshold"] - options.get("reset_to", rest)
    times = np.concatenate([found.came[0], found.went[0]])
    parts = np.concatenate([found.came[1], -step * found.went[1]])
    made = []
    for t in found.looks:
        before = times < t  # what happens at t has not been delivered when a run stops before t
        made.append(rest + float(np.sum(parts[before] * np.exp(-(t - times[before]) / TAU))))
    return np.array(made)


# --- the table ---
def row_of(found: UnitTrace) -> Row:
    """A row of the table: the largest difference of the potential from the equation's, where the thesis has one."""
    case = found.case
    scale = case.options["threshold"] - case.options.get("rest", 0.0)
    off = None
    if case.equation is not None:
        off = rounded(np.abs(found.potential - equation_1_9(found)).max() / scale, 2)
    return {
        "unit": case.name, "published": case.equation and f"equation {case.equation}",
        "largest difference, of threshold - rest": off, "spikes in": len(found.came[0]),
        "spikes out": len(found.went[0]), "products a spike in": round(found.products / len(found.came[0]), 2),
    }  # fmt: skip


def notes(seed: int, length: int, traces: list[UnitTrace]) -> list[str]:
    """Settings."""
    n = len(traces[0].came[0])
    least = np.diff(traces[3].went[0]).min() / 1000
    return [
        "published: equations, no numbers; the thesis prints kappa where e is meant, and no minus in the exponent",
        f"{INPUTS} inputs at {RATE:g} spikes a second, {INHIBITORY} of them inhibitory, for {length / 1e6:g} s; "
        f"tau {TAU / 1000:g} ms; float64; seed {seed}",
        f"{len(traces[0].looks):,} looks {LOOK} us apart at a potential that was worked out {n:,} times",
        f"refractory for 5 ms: the shortest time between two spikes is {least:.1f} ms",
    ]


def curves(traces: list[UnitTrace]) -> list[Row]:
    """One line a look, of the time in the picture."""
    return [
        {"unit": found.case.name, "t in ms": t / 1000, "potential": float(v), "threshold": float(limit)}
        for found in traces
        for t, v, limit in zip(found.looks.tolist(), found.potential, found.threshold)
        if t < PICTURED
    ]


# --- the picture ---
def picture(request: Request, traces: list[UnitTrace], length: int) -> Any:
    """A picture: incoming spikes on top, then a unit a row, its potential, its threshold, and a tick where it fires."""
    figure, axs = panels(1 + len(traces), 1, 8.6, sharex=True, height_ratios=[0.45, *[1] * len(traces)])
    ticks, weights = traces[0].came
    for sign, color, label in ((1, BLUE, "excitatory"), (-1, RED, "inhibitory")):
        chosen = (ticks < length) & (np.sign(weights) == sign)
        axs[0].vlines(ticks[chosen] / 1000, 0, np.abs(weights[chosen]), color=color, lw=0.8, label=label)
    heading(axs[0], "spikes that come, as high as their weights")
    axs[0].set_yticks([])
    for ax, found in zip(axs[1:], traces):
        draw(ax, found, length)
    for ax in axs:
        plain(ax)
    legend(axs[0], "above")
    legend(axs[1], "above")
    axs[-1].set_xlabel("time, ms")
    title(figure, "A leaky integrate-and-fire unit decays only when a spike arrives")
    return save(figure, request.out / "lif-trace.png")


def draw(ax: Any, found: UnitTrace, length: int) -> None:
    """One unit."""
    shown = found.looks < length
    t, v, limit = found.looks[shown] / 1000, found.potential[shown], found.threshold[shown]
    low, high = v.min(), max(v.max(), limit.max())
    ax.plot(t, v, color=BLUE, lw=1.1, label="potential")
    ax.plot(t, limit, color=GREEN, lw=1, ls="--", label="threshold")
    top = high + 0.12 * (high - low)
    inside = found.went[0][found.went[0] < length]
    ax.vlines(inside / 1000, high, top, color=BLACK, lw=1.3, label="spike")
    case = found.case
    equation = f" (equation {case.equation})" if case.equation else ""
    heading(ax, f"{case.name}{equation}: {len(inside)} spikes")
    ax.set_ylabel("potential, mV" if "rest" in case.options else "potential, 1")
