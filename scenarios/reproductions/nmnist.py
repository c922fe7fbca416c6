"""N-MNIST without labels: a network that learns by STDP from the events of a camera, beside nearest neighbours.

Diehl and Cook's trace-target rule on recorded events as they are; labels only name the neurons afterwards. The camera
moved over printed digits (Orchard et al. 2015). 1,100 samples, cross-validated: each is tested once, by networks that
learned from the 1,000 outside its fold.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.data import nmnist as load
from eventnet.data import one_hot
from eventnet.data.nmnist import EventDigits
from eventnet.event import Events
from eventnet.io.formats.nmnist import SIZE
from eventnet.models import DiehlCook, Neuron, Presentation, StdpNetwork
from eventnet.plotting.style import BLACK, BLUE, ORANGE, blank, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.pictures import save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, compared, in_parallel
from eventnet.scenarios.shared.linear_readout import LinearReadout
from eventnet.scenarios.shared.paired import mean_interval
from eventnet.scenarios.shared.receptive_fields import mosaic, on_off

INPUTS, NEURONS, CLASSES, EPOCHS, SEEDS = 2 * SIZE * SIZE, 100, 10, 5, 2
QUICK_SAMPLES, QUICK_EPOCHS, QUICK_SEEDS, QUICK_FOLDS = 200, 2, 2, 2
RULE = DiehlCook(tau=100_000.0, target=0.1, rate=0.02, mu=1.0, total=150.0)
NEURON = Neuron(tau=200_000.0, threshold=13.0, theta_plus=0.2)
SHOWN = Presentation(rest=150_000, least=0)
"""A recording cannot be made brighter, so none is shown again."""
STILL = 1e-30
"""A learning rate that moves no weight of float32: the untrained network's, whose thresholds adapt all the same."""
PUBLISHED = "83.89, 91.78 (60,000 samples)"
READOUTS = ("assignment", "proportion", "linear")
PARTNER = "events counted: linear read-out"
"""The way that all others are compared with, fold by fold."""

Floats = NDArray[np.floating[Any]]
Train = tuple[NDArray[np.int64], NDArray[np.int64]]
ByFold = dict[int, float]


class LearnedNetwork(NamedTuple):
    """One network: the fraction of right answers by read-out, what it cost, and its weights [neurons, 2, 34, 34]."""

    right: dict[str, float]
    spikes: float
    adds: dict[str, float]
    learning_s: float
    silent: int
    fields: Floats
    classes: NDArray[np.int64]


def nmnist(request: Request) -> ReproductionReport:
    """Learn with several seeds in each fold, trained and untrained; name neurons; compare with nearest neighbours."""
    folder = request.needed("N-MNIST does not ship: get nmnist_small_1100.tar.xz (1,000 + 100 samples, CC BY-SA 4.0)")
    seeds, epochs = (QUICK_SEEDS, QUICK_EPOCHS) if request.quick else (SEEDS, EPOCHS)
    samples = QUICK_SAMPLES if request.quick else None
    digits = load(folder)
    folds = list(range(QUICK_FOLDS if request.quick else folds_of(digits)))
    keys = [(rate, k, fold) for rate in (RULE.rate, STILL) for k in range(seeds) for fold in folds]
    jobs = [(str(folder), request.seed + k, rate, epochs, samples, fold) for rate, k, fold in keys]
    made: list[LearnedNetwork] = in_parallel(learn, jobs, request)
    found = dict(zip(keys, made))
    trained, untrained = made[: len(made) // 2], made[len(made) // 2 :]
    ways = {fold: baselines(fold_of(digits, fold, samples)) for fold in folds}
    rows = table(ways, by_fold(trained, folds), by_fold(untrained, folds))
    spent, parts = trained[0], fold_of(digits, 0, samples)
    n, events = len(parts.train), np.mean([len(sample) for sample in parts.train])
    notes = [
        "published: rate- and time-dependent STDP of Iyer, Chua and Li (2021; the second number is their preprint's), "
        "trained on all 60,000 samples; nothing is published for 1,000",
        f"percent right of {len(folds) * len(parts.test):,} samples, each tested once: {len(folds)} folds of "
        f"{len(parts.test)} in the order of the lists (the first is the list of test samples), {n:,} others to learn "
        f"from in that order, {epochs} times; {seeds} seeds from {request.seed} in each fold",
        "95%: by Student's t over the folds, each the mean of its seeds; minus partner: fold by fold. Folds share "
        "samples to learn from, so that intervals are close, not exact",
        f"{NEURONS} neurons, tau 200 ms, trace 100 ms, target 0.1, rate 0.02, columns scaled to 150, theta + 0.2; a "
        "recording is shown once",
        "linear: ridge regression on spike counts (or on counts of events), its penalty chosen on the training samples",
        "untrained: the same network at a learning rate of 0; its thresholds adapt, its columns are scaled",
        f"a sample: {events:,.0f} events, {spent.spikes:.1f} spikes; in learning "
        + ", ".join(f"{value:,.0f} {name} adds" for name, value in spent.adds.items())
        + f"; {n * epochs / max(spent.learning_s, 1e-9):,.0f} samples a second of processor time",
    ]
    curves = [
        {"fold": fold, "seed": request.seed + k, "network": "trained" if rate == RULE.rate else "untrained",
         **{r: round(100 * x.right[r], 2) for r in READOUTS}, "silent neurons": x.silent,
         "spikes a sample": round(x.spikes, 3)}
        for (rate, k, fold), x in found.items()
    ]  # fmt: skip
    return ReproductionReport(
        "nmnist", "N-MNIST without labels, percent right", "Orchard et al. 2015; Diehl and Cook 2015",
                    rows, notes, curves,
        [picture(request, trained, untrained, folds)],
    )  # fmt: skip


# --- folds ---
def folds_of(digits: EventDigits) -> int:
    """Number of folds: the list of test samples is one, as many training samples each of the others."""
    return 1 + len(digits.train) // len(digits.test)


def fold_of(digits: EventDigits, fold: int, samples: int | None = None) -> EventDigits:
    """The samples of one fold as test samples, all others as training samples in the order of the lists.

    Fold 0 is the split of the lists, fold k has the k-th part of the training list. samples: the first so many
    training samples; all, if None.
    """
    events, labels = digits.train + digits.test, np.concatenate([digits.train_labels, digits.test_labels])
    n, size = len(events), len(digits.test)
    begin = n - size if fold == 0 else size * (fold - 1)
    tested = np.arange(begin, begin + size)
    known = np.setdiff1d(np.arange(n), tested)[:samples]
    return EventDigits(tuple(events[k] for k in known), labels[known], tuple(events[k] for k in tested), labels[tested])


def by_fold(networks: list[LearnedNetwork], folds: list[int]) -> dict[str, ByFold]:
    """Percent right by read-out and fold, means over seeds; networks are listed by seed, then by fold."""
    right = {r: np.array([x.right[r] for x in networks]).reshape(-1, len(folds)).mean(axis=0) for r in READOUTS}
    return {readout: {fold: 100 * float(right[readout][k]) for k, fold in enumerate(folds)} for readout in READOUTS}


def train_of(events: Events) -> Train:
    """A sample as a recording: ticks from its first event on, and inputs (polarity, row, column)."""
    t = events["t"].astype(np.int64)
    index = (events["p"].astype(np.int64) * SIZE + events["y"]) * SIZE + events["x"]
    return (t - t[0] if len(t) else t), index


def counts_of(samples: tuple[Events, ...]) -> Floats:
    """Events of each sample at each input, [n, 2312]."""
    return np.array([np.bincount(train_of(sample)[1], minlength=INPUTS) for sample in samples], dtype=np.float64)


def learn(folder: str, seed: int, rate: float, epochs: int, samples: int | None, fold: int) -> LearnedNetwork:
    """Train one network outside a fold and read it out in three ways inside."""
    digits = fold_of(load(folder), fold, samples)
    train, test = [train_of(x) for x in digits.train], [train_of(x) for x in digits.test]
    network = _made(seed, rate)
    _made(seed, rate).fit(train[:1])  # compiles, out of what is timed
    began = time.process_time()
    network.fit(train, epochs=epochs)
    seconds, tally, shown = time.process_time() - began, network.tally, epochs * len(train)
    assert tally is not None
    network.assign(train, digits.train_labels)
    spikes = network.spikes_a_sample
    known, asked = network.transform(train), network.transform(test)
    linear = LinearReadout(known, one_hot(digits.train_labels, CLASSES))
    answers = {
        "assignment": network.read_out(asked), "proportion": network.read_out(asked, "proportion"),
        "linear": linear(asked).argmax(axis=1),
    }  # fmt: skip
    return LearnedNetwork(
        {name: float(np.mean(found == digits.test_labels)) for name, found in answers.items()}, spikes,
        {kind: tally.by_kind()[kind] / shown for kind in ("synaptic", "neuron", "learning")}, seconds,
        int((network.assignments < 0).sum()), network.receptive_fields((2, SIZE, SIZE)), network.assignments,
    )  # fmt: skip


def _made(seed: int, rate: float) -> StdpNetwork:
    rule = replace(RULE, rate=rate)
    return StdpNetwork(INPUTS, NEURONS, rule=rule, neuron=NEURON, presentation=SHOWN, seed=seed)


def baselines(digits: EventDigits) -> dict[str, float]:
    """Percent right of nearest neighbours and a linear read-out of the events, counted by pixel and polarity."""
    known, asked, labels = counts_of(digits.train), counts_of(digits.test), digits.train_labels
    distances = (known**2).sum(axis=1) - 2 * asked @ known.T
    cosines = asked @ known.T / np.maximum(np.linalg.norm(known, axis=1), 1e-30)
    found = {
        "events counted: nearest neighbour, Euclidean": labels[distances.argmin(axis=1)],
        "events counted: nearest neighbour, cosine": labels[cosines.argmax(axis=1)],
        PARTNER: LinearReadout(known, one_hot(labels, CLASSES))(asked).argmax(axis=1),
    }
    return {name: 100 * float(np.mean(answers == digits.test_labels)) for name, answers in found.items()}


def table(ways: dict[int, dict[str, float]], trained: dict[str, ByFold], untrained: dict[str, ByFold]) -> list[Row]:
    """A row for each way: its mean over folds, its difference from the partner, and the untrained network's mean."""
    right = {name: {fold: found[name] for fold, found in ways.items()} for name in ways[0]}
    partner, rows = right[PARTNER], []
    for name, found in (right | {f"network: {readout}": found for readout, found in trained.items()}).items():
        still = untrained.get(name.removeprefix("network: "))
        mean = None if still is None else mean_interval(list(still.values()))
        apart = compared("measured", found, "linear, of events", partner, ".1f")
        rows.append({
            "read-out": name, "published": PUBLISHED if name == "network: assignment" else None,
            **(apart if name != PARTNER else apart | dict.fromkeys(("partner", "minus partner", "minus partner, 95%"))),
            "untrained": None if mean is None else round(mean.mean, 1),
            "untrained, 95%": None if mean is None else mean.ends(".1f"),
        })  # fmt: skip
    return rows


def picture(request: Request, trained: list[LearnedNetwork], untrained: list[LearnedNetwork], folds: list[int]) -> Path:
    """Receptive fields of the first network, by class; and what each read-out makes of every fold."""
    first = trained[0]
    order = np.argsort(first.classes, kind="stable")
    figure = blank(height=4.9)
    left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
    left.imshow(mosaic(on_off(first.fields[order])), interpolation="nearest")
    left.set_axis_off()
    heading(left, "Weights by class: ON orange, OFF blue, both white")
    for k, readout in enumerate(READOUTS):
        for name, found, colour, shift in (("trained", trained, BLUE, -0.15), ("untrained", untrained, ORANGE, 0.15)):
            values = list(by_fold(found, folds)[readout].values())
            label = name if k == 0 else None
            marker = "o" if found is trained else "s"
            right.plot([k + shift] * len(values), values, marker, color=colour, alpha=0.5, markersize=5, label=label)
            right.plot([k + shift - 0.12, k + shift + 0.12], [np.mean(values)] * 2, color=colour, linewidth=2.5)
    right.axhline(100 / CLASSES, color=BLACK, linewidth=1, linestyle=":", label="chance")
    right.set_xticks(range(len(READOUTS)), READOUTS)
    right.set(ylabel="digits named rightly, %", ylim=(0, 100), xlim=(-0.5, len(READOUTS) - 0.5))
    heading(right, "Each mark a fold, bars are means")
    legend(right, "lower right")
    plain(right, grid="y")
    title(figure, "N-MNIST: what 100 neurons learn from events, without labels")
    return save(figure, request.out / "nmnist.png")
