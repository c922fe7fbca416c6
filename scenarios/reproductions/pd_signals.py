"""Figures 5.1 and 5.2: a signal under proportional-derivative codes, and why kp = 0 fails when a weight changes."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np

from eventnet.plotting.style import BLACK, BLUE, GREEN, NOTE, RED, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.changing_weight import Estimates, Floats, estimate, slow_signal
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row

ROWS, COLUMNS = (1.0, 0.3, 0.1, 0.0), (1.0, 2.0, 4.0, 8.0)
"""kp and kd of figure 5.1. With kd a power of 2 the codes of the last row are exact in floating point."""

DRIFTING, KD = (0.0, 0.1, 0.5), 4.0
"""kp, and the kd, of figure 5.2."""

EXAMPLE_WIDTH, X_WIDTH, W_WIDTH = 6, 12, 40
"""Steps over which the signal of 5.1, and signal and weight of 5.2, are smoothed: weights change more slowly."""

TRUE, ESTIMATED, SPIKES = BLUE, RED, BLACK


class Encoded(NamedTuple):
    """A signal [T] and what each pair of figure 5.1 makes of it, pairs in rows of kd."""

    x: Floats
    pairs: list[tuple[float, float]]
    estimates: Estimates

    @property
    def errors(self) -> Floats:
        """Root-mean-square error of each pair's decoded signal."""
        return rms(self.estimates.signal - self.x[:, None])


class Drift(NamedTuple):
    """Figure 5.2 for one seed. error: |estimate - x w| by quarter of the run and kp, over the size of x w, rms."""

    x: Floats
    w: Floats
    estimates: Estimates
    error: Floats


def rms(values: Floats) -> Floats:
    """Root mean square over steps."""
    found: Floats = np.sqrt(np.mean(values**2, axis=0))
    return found


def pd_signals(request: Request) -> ReproductionReport:
    """Encode one signal with a grid of gains; multiply many by weights that change."""
    encoded = encode(request.seed, 60 if request.quick else 120)
    seeds = request.seeds(20, quick=3)
    drifts = [drift(seed, 200 if request.quick else 600) for seed in seeds]
    shown = sorted(drifts, key=lambda d: float(d.error[-1, 0]))[len(drifts) // 2]
    return ReproductionReport(
        "pd-signals", "Figures 5.1 and 5.2, proportional-derivative codes", "thesis, figures 5.1 and 5.2",
        [*encoded_rows(encoded), *drift_rows(drifts)], notes(encoded, drifts, seeds), curves(encoded, shown),
        [picture_of_codes(request, encoded), picture_of_drift(request, shown)],
    )  # fmt: skip


def encode(seed: int, steps: int) -> Encoded:
    """Figure 5.1: the weight is 1."""
    x, pairs = slow_signal(np.random.default_rng(seed), steps, EXAMPLE_WIDTH), list(product(ROWS, COLUMNS))
    return Encoded(x, pairs, estimate(x, np.ones(steps), pairs))


def drift(seed: int, steps: int) -> Drift:
    """Figure 5.2: both random."""
    random = np.random.default_rng(seed)
    x, w = slow_signal(random, steps, X_WIDTH), slow_signal(random, steps, W_WIDTH)
    found = estimate(x, w, [(kp, KD) for kp in DRIFTING])
    wrong = found.product - (x * w)[:, None]
    return Drift(x, w, found, np.array([rms(part) for part in np.array_split(wrong, 4)]) / rms(x * w))


# --- the table ---
def floored(encoded: Encoded, kd: float) -> Floats:
    """The decoded signal of a code with kp = 0, by the author's proof (halves round up)."""
    made: Floats = np.floor(kd * encoded.x + 0.5) / kd
    return made


def encoded_rows(encoded: Encoded) -> list[Row]:
    """A line a pair of gains; with kp = 0 also the largest difference from round(kd x) / kd."""
    made = []
    for k, (kp, kd) in enumerate(encoded.pairs):
        off = float(np.abs(encoded.estimates.signal[:, k] - floored(encoded, kd)).max()) if kp == 0 else None
        published = "x̂ is closer to x as kp and kd grow" if kp else "x̂ = round(kd x) / kd, exactly"
        measured = {
            "spikes": int(np.abs(encoded.estimates.spikes[:, k]).sum()), "rms error": round(encoded.errors[k], 4),
        }  # fmt: skip
        made.append(_row("5.1", kp, kd, published, **measured, off=off))
    return made


def drift_rows(drifts: list[Drift]) -> list[Row]:
    """A line a kp: the error of the first and of the last quarter, means over seeds."""
    made = []
    errors = np.array([d.error for d in drifts])
    whole = np.sqrt(np.mean(errors**2, axis=1)).mean(axis=0)
    spikes = np.array([np.abs(d.estimates.spikes).sum(axis=0) for d in drifts]).mean(axis=0)
    for k, kp in enumerate(DRIFTING):
        first, *_, last = errors.mean(axis=0)[:, k]
        published = "back in line with x w" if kp else "diverges from x w as w changes"
        measured = {"spikes": round(spikes[k]), "rms error": round(whole[k], 4)}
        made.append(_row("5.2", kp, KD, published, **measured, first=round(first, 3), last=round(last, 3)))
    return made


def _row(figure: str, kp: float, kd: float, published: str, **measured: Any) -> Row:
    columns = {
        "first": "first quarter", "last": "last quarter", "off": "largest |x̂ - round(kd x) / kd|"
    }  # fmt: skip
    found = {name: measured[name] for name in ("spikes", "rms error")}
    found |= {title: measured.get(name) for name, title in columns.items()}
    return {"figure": figure, "kp": kp, "kd": kd, "published": published} | found


def notes(encoded: Encoded, drifts: list[Drift], seeds: list[int]) -> list[str]:
    """Settings, and the claims as counts."""
    errors = encoded.errors.reshape(len(ROWS), len(COLUMNS))
    with_kp, with_kd = errors[:-1] < errors[1:], errors[:, 1:] < errors[:, :-1]
    grown = sum(bool(d.error[-1, 0] > d.error[0, 0]) for d in drifts)
    back = sum(bool(np.all(d.error[-1, 1:] < d.error[-1, 0])) for d in drifts)
    return [
        "published: pictures and sentences, no numbers",
        f"5.1: {len(encoded.x)} steps of noise smoothed over {EXAMPLE_WIDTH}, mean square 1; seed {seeds[0]}; the next "
        f"greater kd lowers the error {with_kd.sum()} times of {with_kd.size}, the next greater kp {with_kp.sum()} of "
        f"{with_kp.size}",
        f"5.2: x smoothed over {X_WIDTH}, w over {W_WIDTH}, {len(drifts[0].x)} steps, means over {len(seeds)} seeds "
        f"from {seeds[0]}; errors over the rms of x w; the picture shows the median run by the last error of kp = 0",
        f"kp = 0: the error of the last quarter is above that of the first in {grown} of {len(seeds)} runs; "
        f"kp > 0: it is below that of kp = 0 in {back}",
    ]


def curves(encoded: Encoded, shown: Drift) -> list[Row]:
    """One line a step and pair of gains, of both pictures."""
    made = []
    for figure, pairs, x, w, found in (
        ("5.1", encoded.pairs, encoded.x, np.ones(len(encoded.x)), encoded.estimates),
        ("5.2", [(kp, KD) for kp in DRIFTING], shown.x, shown.w, shown.estimates),
    ):
        for k, (kp, kd) in enumerate(pairs):
            columns = zip(x, w, found.spikes[:, k], found.signal[:, k], found.product[:, k])
            made += [
                {
                    "figure": figure, "kp": kp, "kd": kd, "t": t, "x": float(a), "w": float(b), "spikes": int(s),
                    "decoded x": float(y), "decoded x w": float(z),
                }
                for t, (a, b, s, y, z) in enumerate(columns)
            ]  # fmt: skip
    return made


# --- the pictures ---
def picture_of_codes(request: Request, encoded: Encoded) -> Any:
    """Figure 5.1: kp over rows, kd over columns."""
    figure, axs = panels(len(ROWS), len(COLUMNS), 7.2, sharex=True, sharey=True)
    highest = max(np.abs(encoded.estimates.spikes).max(), np.abs(encoded.estimates.signal).max()) + 0.3
    for k, (ax, (kp, kd)) in enumerate(zip(axs.flat, encoded.pairs)):
        spikes, decoded = encoded.estimates.spikes[:, k], encoded.estimates.signal[:, k]
        draw_spikes(ax, spikes)
        ax.plot(encoded.x, color=TRUE, lw=1.6, label="signal x")
        ax.step(range(len(decoded)), decoded, where="mid", color=ESTIMATED, lw=1.3, label="decoded x̂")
        off = f"{np.abs(spikes).sum()} spikes, off by {encoded.errors[k]:.2f}"
        ax.set_title(f"kp {kp:g}, kd {kd:g}\n{off}", loc="left", fontsize=NOTE)
        ax.set_ylim(-highest, highest)
        plain(ax)
    for ax in axs[-1]:
        ax.set_xlabel("step")
    for ax in axs[:, 0]:
        ax.set_ylabel("value; spikes")
    handles, labels = axs[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=NOTE)
    title(figure, "Figure 5.1: a signal, its spikes, what they decode to, and its root mean square error")
    return save(figure, request.out / "pd-signals.png")


def draw_spikes(ax: Any, spikes: Any) -> None:
    """A bar a step, as high as it has spikes."""
    at = np.flatnonzero(spikes)
    ax.vlines(at, 0, spikes[at], color=SPIKES, lw=1, alpha=0.75, label="spikes s")


def picture_of_drift(request: Request, shown: Drift) -> Any:
    """Figure 5.2: the signals on top, then an estimate a row."""
    figure, axs = panels(1 + len(DRIFTING), 1, 7.6, sharex=True, sharey=True)
    axs[0].plot(shown.x, color=TRUE, lw=1.4, label="signal x")
    axs[0].plot(shown.w, color=GREEN, lw=1.8, ls="--", label="weight w")
    heading(axs[0], "A random signal and a random weight")
    axs[0].set_ylabel("value")
    for k, (ax, kp) in enumerate(zip(axs[1:], DRIFTING)):
        ax.plot(shown.x * shown.w, color=TRUE, lw=1.4, label="x w")
        ax.plot(shown.estimates.product[:, k], color=ESTIMATED, lw=1.2, label="estimate ẑ")
        first, *_, last = shown.error[:, k]
        n = np.abs(shown.estimates.spikes[:, k]).sum()
        heading(ax, f"kp {kp:g}, kd {KD:g}: {n} spikes; error {first:.2f} in the first quarter, {last:.2f} in the last")
        ax.set_ylabel("product")
    for ax in axs:
        plain(ax)
        ax.margins(x=0.01)
    for ax in axs[:2]:
        legend(ax, "above")
    axs[-1].set_xlabel("step")
    title(figure, "Figure 5.2: a product with a weight that changes")
    return save(figure, request.out / "pd-drift.png")
