"""A spiking network of a NIR file on recorded digits of N-MNIST: how many are named rightly, and what they cost.

For the network of the NIR paper (Pedersen et al., Nature Communications 15, 2024; its `cnn_sinabs.nir`), which does not
ship. The answer is the output with the most spikes; cost is by event, by pixel and by routing order.

Assumed, for no file says it: a step is 1 ms of the recording; events are counted, and not cut to one a pixel; channel 0
is OFF; neurons fire as often as they are past their threshold, and stay above -1 (sinabs).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.analysis import wilson
from eventnet.data import nmnist
from eventnet.data.nmnist import NMNIST_FILE
from eventnet.errors import DataError, ModelError
from eventnet.event import Events
from eventnet.io import PixelMap, open_events
from eventnet.io.formats.nmnist import SIZE
from eventnet.io.recorded import CHANNELS
from eventnet.io.window import PixelWindow
from eventnet.models import NirNetwork, read_nir_network
from eventnet.order import every_order
from eventnet.plotting.style import colour_bar, heading, title
from eventnet.scenarios.reproductions.common.pictures import canvas, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, in_parallel, takes_network

CLASSES = 10
STEP_US = 1000
ONCE = "once a step of 1 ms"
"""The clock on which neurons look; the other ways are orders: neurons look after each spike, at its microsecond."""
PARTS = ("test", "train")
PUBLISHED = "95.4 to 98.5 (all 10,000)"
MOST_TRAINING = 1000
IN_ORDERS, BY_PIXEL, PIECE = 20, 10, 20
"""Test samples that run in every order, and whose cost is told by pixel; samples of a job."""
QUICK_SAMPLES, QUICK_IN_ORDERS, QUICK_BY_PIXEL = 10, 2, 1

Floats = NDArray[np.float64]


class AnsweredSample(NamedTuple):
    """One sample: the digit it is of, its events, the answer (-1: no output spiked), and what it cost."""

    label: int
    events: int
    answer: int
    adds: int
    spikes: int


@takes_network
def nir_nmnist(request: Request) -> ReproductionReport:
    """Answer for all test samples and some of training, for a few in every order, and for a few by pixel."""
    folder = request.needed(f"N-MNIST does not ship: get {NMNIST_FILE}, or N-MNIST's own folders Test and Train,")
    network = request.network
    if network is None:
        raise ModelError("the NIR paper's cnn_sinabs.nir does not ship: get it and name it: --network FILE")
    opened(network, ONCE)
    there = {part: len(samples_of(folder, part)) for part in PARTS}
    asked = {"test": there["test"], "train": min(there["train"], MOST_TRAINING)}
    in_orders, by_pixel = IN_ORDERS, BY_PIXEL
    if request.quick:
        asked, in_orders, by_pixel = {"test": QUICK_SAMPLES, "train": 0}, QUICK_IN_ORDERS, QUICK_BY_PIXEL
    asked = {part: min(n, there[part]) for part, n in asked.items()}
    ways = [(ONCE, part, n) for part, n in asked.items() if n]
    ways += [(order.name, "test", min(in_orders, asked["test"])) for order in every_order()]
    jobs = [
        (network, folder, way, part, first, min(PIECE, n - first))
        for way, part, n in ways
        for first in range(0, n, PIECE)
    ]
    found: dict[tuple[str, str], list[AnsweredSample]] = {(way, part): [] for way, part, _ in ways}
    for (_, _, way, part, _, _), answered in zip(jobs, in_parallel(answers, jobs, request), strict=True):
        found[way, part] += answered
    pixels = min(by_pixel, asked["test"])
    maps = in_parallel(costs_by_pixel, [(network, folder, k) for k in range(pixels)], request)
    adds, events = (np.sum([made[k] for made in maps], axis=0) for k in (0, 1))
    rows = [row_of(way, part, answered) for (way, part), answered in found.items()]
    few = found[ONCE, "test"][: min(in_orders, asked["test"])]
    rows.append(row_of(f"{ONCE}, of the same {len(few)}", "test", few))
    notes = [
        f"network: {network.name}; published: accuracies of the paper's platforms, on all 10,000 test samples",
        f"percentages with Wilson's interval of 95 %; at hand: {there['test']:,} test samples, and {there['train']:,} "
        "of training, which the network has most likely seen",
        "orders: neurons look after each spike, at the microsecond of each event; else once a step of 1 ms",
        *pixel_notes(adds, events, pixels),
        "assumed: events are counted, channel 0 is OFF, neurons fire as often as they are past their threshold and "
        "stay above -1 (sinabs), the answer is the output with the most spikes",
    ]
    curves = [
        {"y": y, "x": x, "events": int(events[y, x]), "adds": int(adds[y, x])} for y in range(SIZE) for x in range(SIZE)
    ]
    return ReproductionReport(
        "nir-nmnist", "N-MNIST by a network of a NIR file", "Pedersen et al. 2024", rows, notes, curves,
        [picture(request, adds, events)],
    )  # fmt: skip


# --- samples ---
@lru_cache(maxsize=2)
def samples_of(folder: Path, part: str) -> Sequence[tuple[Any, int]]:
    """Samples of a part, in the order of their numbers: events or a file of them, and the digit.

    Raises DataError where the folder holds neither the archive nor N-MNIST's own folders.
    """
    own = folder / part.capitalize()
    if (folder / "Test").is_dir():
        files = sorted(own.glob("[0-9]/*.bin"), key=lambda path: path.stem)
        if not files and part == "test":
            raise DataError(f"{own} holds no samples; wanted {own / '0' / '*.bin'} to {own / '9' / '*.bin'}")
        return [(path, int(path.parent.name)) for path in files]
    if not (folder / NMNIST_FILE).is_file():
        raise DataError(f"{folder} holds neither {NMNIST_FILE} nor N-MNIST's folders Test and Train")
    digits = nmnist(folder)
    found = zip(getattr(digits, part), getattr(digits, f"{part}_labels"), strict=True)
    return [(events, int(label)) for events, label in found]


def sample(folder: Path, part: str, k: int) -> tuple[Events, int]:
    """The events of a sample, PIXEL_EVENT [n], and its digit. Raises DataError as `open_events` does."""
    found, label = samples_of(folder, part)[k]
    return (open_events(found, "nmnist").events() if isinstance(found, Path) else found), label


# --- runs ---
@lru_cache(maxsize=2)
def opened(network: Path, way: str) -> NirNetwork:
    """The network, as it looks in a way. Raises ModelError for one that is not of N-MNIST."""
    made = read_nir_network(network, dt=1.0, several=True, clip=True, coalesce="burst" if way == ONCE else "none")
    ends = [(made.shapes[name], len(names)) for names in (made.inputs, made.outputs) for name in names]
    sends = all(isinstance(module, en.Sink) for module in made.outputs.values())
    if ends != [((2, SIZE, SIZE), 1), ((CLASSES,), 1)] or not sends:
        raise ModelError(
            f"{network}: Inputs and Outputs have the shapes {', '.join(str(shape) for shape, _ in ends)}; wanted one "
            f"Input of (2, {SIZE}, {SIZE}) and one Output of {CLASSES} that spikes"
        )
    return made


def inputs_of(net: NirNetwork, events: Events, tick_us: int) -> tuple[Events, Events]:
    """Inputs of a sample: a reset of all layers, and one spike an event."""
    (relay,) = net.inputs.values()
    pixels = PixelMap(int(relay.spikes), PixelWindow(0, 0, SIZE, SIZE), CHANNELS, True, 0, tick_us)
    spikes = pixels.inputs(events)
    begin = int(spikes["t"].min(initial=2**61 - 1)) if len(spikes) else 0
    layers = [module for module in net.net.modules if isinstance(module, en.SteppedLeaky)]
    return en.events([(begin, module.reset, 0, 1) for module in layers]), spikes


def answers(network: Path, folder: Path, way: str, part: str, first: int, n: int) -> list[AnsweredSample]:
    """So many samples of a part, in one way."""
    net, found = opened(network, way), []
    (end,) = net.outputs.values()
    assert isinstance(end, en.Sink)
    for k in range(first, first + n):
        events, label = sample(folder, part, k)
        inputs = np.concatenate(inputs_of(net, events, STEP_US if way == ONCE else 1))
        run = en.simulate(net.net, inputs, order="breadth" if way == ONCE else way, record=True)
        counts = np.bincount(run.log["index"][run.log["port"] == int(end.spikes)], minlength=CLASSES)
        answer = int(counts.argmax()) if counts.any() else -1
        found.append(AnsweredSample(label, len(events), answer, run.tally.adds, run.tally.spikes))
    return found


def costs_by_pixel(network: Path, folder: Path, k: int) -> tuple[Floats, Floats]:
    """Adds that the events of each pixel of a test sample led to, and its events, [34, 34] both.

    An add is laid to the event whose cascade it is in (blame by triggering), in the order breadth-first.
    """
    net = opened(network, "breadth")
    resets, spikes = inputs_of(net, sample(folder, "test", k)[0], 1)
    cost = en.keep_ledger(net.net, np.concatenate([resets, spikes]), order="breadth").cost("adds")
    adds, events = np.zeros(SIZE * SIZE), np.zeros(SIZE * SIZE)
    np.add.at(adds, spikes["index"] // 2, np.asarray(cost)[len(resets) :])
    np.add.at(events, spikes["index"] // 2, 1)
    return adds.reshape(SIZE, SIZE), events.reshape(SIZE, SIZE)


# --- what is told ---
def row_of(way: str, part: str, found: list[AnsweredSample]) -> Row:
    """The row of samples in one way."""
    n, right = len(found), sum(each.label == each.answer for each in found)
    low, high = (100 * float(end) for end in wilson(right / n, n))
    adds, events = sum(each.adds for each in found), sum(each.events for each in found)
    return {
        "neurons look": way if way.startswith(ONCE) else f"after each spike, {way}",
        "samples": part if part == "test" else "training",
        "published, %": PUBLISHED if (way, part) == (ONCE, "test") else None,
        "right": f"{right:,} of {n:,}", "%, 95 % interval": f"{100 * right / n:.1f} ({low:.1f} to {high:.1f})",
        "adds a sample": f"{adds / n:,.0f}", "adds an event": f"{adds / max(events, 1):,.0f}",
        "spikes a sample": f"{sum(each.spikes for each in found) / n:,.0f}",
    }  # fmt: skip


def pixel_notes(adds: Floats, events: Floats, samples: int) -> list[str]:
    """A note on how unequal the costs of pixels are."""
    each = adds[events > 0] / events[events > 0]
    tenth = np.sort(adds.ravel())[::-1][: adds.size // 10].sum() / max(adds.sum(), 1)
    return [
        f"by pixel ({samples} test samples, breadth first, blame by triggering): the costliest tenth of the pixels "
        f"leads to {100 * tenth:.1f} % of the adds; an event costs {each.min():,.0f} to {each.max():,.0f} adds by "
        f"where it is, {adds.sum() / events.sum():,.0f} on average"
    ]


def picture(request: Request, adds: Floats, events: Floats) -> Path:
    """Adds by pixel, and adds an event by pixel."""
    figure = canvas(4.6)
    with np.errstate(invalid="ignore", divide="ignore"):
        shown = {"adds by pixel": adds, "adds an event, by pixel": adds / events}
    for ax, (name, values) in zip(figure.subplots(1, 2), shown.items(), strict=True):
        ax.set_facecolor("#d9d9d9")
        image = ax.imshow(np.ma.masked_where(events == 0, values), cmap="viridis", interpolation="nearest")
        colour_bar(ax, image, name, shrink=0.8)
        ax.set(xlabel="x, pixels", ylabel="y, pixels")
        heading(ax, name)
    title(figure, "What the pixels of N-MNIST cost a network of a NIR file")
    return save(figure, request.out / "nir-nmnist.png")
