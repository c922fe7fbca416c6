"""`eventnet demo`: digits learned in two routing orders, everything counted, in under a minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.table import Table

import eventnet as en
from eventnet import cost
from eventnet.cli import options as opt
from eventnet.cli.commands import BEGIN, command
from eventnet.cli.report_option import report_digit, report_option, say_written
from eventnet.cli.results import Results, Screen
from eventnet.cli.trace_option import check_place, say_traces, trace_option, trace_runs
from eventnet.data import digits, scale_pixels
from eventnet.models import DeepSpikingNetwork, ReluNetwork
from eventnet.plotting import axes, png, style
from eventnet.report import Mark, Panel, Report
from eventnet.tally import ADD_KINDS

# Chosen among seven pairs (rates 0.01 to 0.1, scales 0.01 to 0.1) by the test errors after eight epochs, seed 1234: a
# setting for a demonstration, so its errors are no measure of how well such networks can do. With the author's 0.01
# and 0.01, made for 50,000 digits, breadth-first is still at 19.2 %; at 0.02 and 0.03 it comes to 10.0 %, but the ReLU
# twin stays at 17.3 %; at 0.05 and 0.05 depth-first with errors sent at once ends at 26.2 %.
LEARNING_RATE, INIT_SCALE = 0.03, 0.03
EPOCHS = 8

RELU = "ReLU twin"
FIRST = "breadth"
# Errors that wait for the end of a step (the default) meet a network at rest; errors sent at once meet one that works.
SPIKING: dict[str, dict[str, Any]] = {
    FIRST: {"order": "breadth"},
    "depth": {"order": "depth"},
    "breadth, at once": {"order": "breadth", "hold_error": False},
    "depth, at once": {"order": "depth", "hold_error": False},
}
LINES = {
    FIRST: axes.Line("breadth-first", style.SKY),
    "depth": axes.Line("depth-first", style.BLUE, "--"),
    "breadth, at once": axes.Line("breadth-first, errors sent at once", style.ORANGE, "-", "s"),
    "depth, at once": axes.Line("depth-first, errors sent at once", style.RED, "--", "s"),
    RELU: axes.Line("ReLU twin (dense, multiplies)", style.BLACK, ":", "D"),
}
ENERGIES = ("energy estimate, nJ", "comparisons too, nJ")
OTHER_NAMES = {"input": "input quantizer", "target": "target quantizer", "errors": "error counter"}


@dataclass
class DemoDigits:
    """Digits, scaled: inputs [n, 784] and labels [n] for training and testing; the test images as they come."""

    x: NDArray[np.float32]
    y: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]
    images: NDArray[np.uint8]


@dataclass
class Trained:
    """One network, its test error after each epoch, and what it counted in training and in the last testing."""

    network: Any
    errors: list[float] = field(default_factory=list)
    training: en.Tally | None = None
    answering: en.Tally | None = None


@command("demo", "train on digits, count it all, draw pictures: a minute", group=BEGIN)
def demo(
    out: opt.OutOption = Path("eventnet-demo"),
    epochs: opt.EpochsOption = EPOCHS,
    seed: opt.SeedOption = 1234,
    trace: Annotated[Path | None, trace_option("one digit, breadth- and depth-first")] = None,
    report: Annotated[Path | None, report_option("one digit")] = None,
    as_json: opt.JsonOption = False,
    sizes: Annotated[str, typer.Option("--sizes", hidden=True)] = "784-200-200-10",
    train: Annotated[int, typer.Option("--train", min=1, hidden=True)] = 2000,
    test: Annotated[int, typer.Option("--test", min=1, hidden=True)] = 1000,
) -> None:
    """Train on 2,000 real digits, count every event and add, draw pictures.

    Trains a Deep Spiking Network in breadth-first and in depth-first order, and a ReLU network of the same shape.
    """
    begun = time.perf_counter()
    check_place(trace)
    check_place(report)
    screen, layers = Screen(as_json), opt.read_layers(sizes)
    options = {"sizes": sizes, "epochs": epochs, "train": train, "test": test, "seed": seed, "trace": trace,
               "report": report, "learning_rate": LEARNING_RATE, "init_scale": INIT_SCALE}  # fmt: skip
    results = Results(out, "demo", options)
    data = digits()
    samples = DemoDigits(
        scale_pixels(data.x_train[:train]), data.y_train[:train],
        scale_pixels(data.x_test[:test]), data.y_test[:test], data.x_test[:test],
    )  # fmt: skip
    screen.say(
        f"Networks {sizes} learn {len(samples.x):,} handwritten digits, and are tested on {len(samples.y_test):,}."
    )
    for held in (True, False):
        opt.warm_up(hold_error=held)
    runs = train_all(screen, samples, layers, epochs, seed)
    show_errors(screen, results, runs)
    show_answering(screen, results, runs, samples)
    show_training(screen, results, runs, len(samples.x) * epochs)
    draw(screen, results, runs, samples)
    results.write()
    explain(screen, results, runs, samples, begun)
    given = results.to_dict()
    if trace is not None:
        given |= say_traces(screen, trace_runs(_answering_sample(runs[FIRST].network, samples), trace))
    if report is not None:
        given |= say_written(screen, write_page(runs, samples, report, results.manifest))
    screen.give(given)


def write_page(runs: dict[str, Trained], samples: DemoDigits, path: Path, manifest: dict[str, Any]) -> Report:
    """The page of the digit that the raster shows, with what answering and training cost on average."""
    run = runs[FIRST]
    assert run.answering is not None
    assert run.training is not None
    panels = [
        Panel(f"Answering, mean of {len(samples.x_test):,} digits", run.answering, len(samples.x_test), "a digit"),
        Panel("Training, mean of all epochs", run.training, len(samples.x) * len(run.errors), "a digit"),
    ]
    marks = [
        Mark(f"{RELU}, {name}", macs, runs[RELU].errors[-1])
        for name, macs in zip(("dense", "zeros skipped"), relu_operations(runs, samples), strict=True)
    ]
    chosen = _chosen(run.network, samples)
    return report_digit(run.network, samples.x_test, samples.y_test, chosen, path, manifest, panels=panels, marks=marks)


# --- training ---
def train_all(screen: Screen, samples: DemoDigits, sizes: list[int], epochs: int, seed: int) -> dict[str, Trained]:
    """Train every network on the same digits, from the same weights."""
    shared: dict[str, Any] = {"learning_rate": LEARNING_RATE, "init_scale": INIT_SCALE, "seed": seed}
    runs = {name: Trained(DeepSpikingNetwork(sizes, **shared, **options)) for name, options in SPIKING.items()}
    runs[RELU] = Trained(ReluNetwork(sizes, **shared))
    n = len(samples.x)
    with screen.progress("training", len(runs) * epochs * n) as done:
        for k, run in enumerate(runs.values()):
            for epoch in range(epochs):
                before = (k * epochs + epoch) * n
                _epoch(run, samples, done, before)
    return runs


def _epoch(run: Trained, samples: DemoDigits, done: Callable[[int], None], before: int) -> None:
    if isinstance(run.network, ReluNetwork):
        run.network.partial_fit(samples.x, samples.y)
    else:
        run.network.fit(samples.x, samples.y, progress=lambda m, total: done(before + m))
        run.training = run.network.learning_tally
    run.errors.append(float(np.mean(run.network.predict(samples.x_test) != samples.y_test)))
    run.answering = getattr(run.network, "tally", None)
    done(before + len(samples.x))


def spiking(runs: dict[str, Trained]) -> dict[str, Trained]:
    """The runs of Deep Spiking Networks."""
    return {name: run for name, run in runs.items() if name != RELU}


# --- tables ---
def show_errors(screen: Screen, results: Results, runs: dict[str, Trained]) -> None:
    """Test error after each epoch."""
    table = Table(title="Test error after each epoch, %", title_justify="left")
    table.add_column("epoch", justify="right")
    for name, run in runs.items():
        table.add_column(name, justify="right")
        for epoch, error in enumerate(run.errors, start=1):
            results.add(name, "test error", error, at=f"epoch {epoch}")
    for epoch, row in enumerate(zip(*(run.errors for run in runs.values()), strict=True), start=1):
        table.add_row(str(epoch), *(f"{100 * error:.1f}" for error in row))
    screen.say()
    screen.out.print(table)
    screen.say("(at once: error spikes leave as they arise; otherwise they wait for the end of each step, the default)")


def show_answering(screen: Screen, results: Results, runs: dict[str, Trained], samples: DemoDigits) -> None:
    """Print and record the cost of one answer."""
    n = len(samples.x_test)
    table = Table(title="\nTo answer for one digit", title_justify="left")
    for name in ("", "spikes", "events", "adds", "multiplications", "comparisons", *ENERGIES):
        table.add_column(name, justify="right" if name else "left")

    def row(
        name: str, spikes: float | None, events: float | None, adds: float, multiplies: float, compares: float,
        energies: tuple[float, float],
    ) -> None:  # fmt: skip
        cells = [f"{v:,.0f}" if v is not None else "-" for v in (spikes, events, adds, multiplies, compares)]
        table.add_row(name, *cells, *(f"{energy / 1000:,.0f}" for energy in energies))
        for quantity, value in (
            ("spikes", spikes),
            ("events", events),
            ("adds", adds),
            ("multiplications", multiplies),
            ("comparisons", compares),
        ):
            if value is not None:
                results.add(name, quantity, value, "a sample, answering")
        for quantity, energy in zip(("energy", "energy, comparisons too"), energies, strict=True):
            results.add(name, quantity, energy / 1000, "nJ a sample, answering")

    for name, run in spiking(runs).items():
        tally = run.answering
        assert tally is not None
        prices, compares = cost.price_list("float32"), tally.totals()["compares"]
        energies = prices.energy(tally) / n, prices.with_comparisons().energy(tally) / n
        counts = tally.spikes / n, tally.deliveries / n, tally.adds / n, tally.multiplies / n, compares / n
        row(name, *counts, energies)
    dense, sparse = relu_operations(runs, samples)
    looks = float(sum(runs[RELU].network.sizes[1:]))  # relu at the hidden units, the largest of the output
    for name, macs in ((f"{RELU}, dense", dense), (f"{RELU}, zeros skipped", sparse)):
        energy = cost.dense_energy(macs)
        row(name, None, None, macs, macs, looks, (energy, energy + looks * cost.price_list("float32").prices["adds"]))
    screen.out.print(table)
    screen.say("(an event is one delivery of a spike; energy is estimated by Horowitz 2014, 45 nm: 0.9 pJ an add,")
    screen.say(
        " 3.7 pJ a multiplication; the last column has each comparison at the price of an add, as the source has"
    )
    screen.say(" none; memory and the routing of events are not priced: see eventnet prices)")


def relu_operations(runs: dict[str, Trained], samples: DemoDigits) -> tuple[float, float]:
    """Multiply-adds of one answer of the ReLU twin: dense, and with inputs of zero skipped."""
    dense, sparse = runs[RELU].network.operations(samples.x_test)
    return float(dense), float(np.mean(sparse))


def show_training(screen: Screen, results: Results, runs: dict[str, Trained], n: int) -> None:
    """Print and record the cost of training on one digit, by cause."""
    table = Table(title="\nTo train on one digit: adds by cause", title_justify="left")
    for name in ("", "events", *ADD_KINDS, "all adds", "multiplications"):
        table.add_column(name, justify="right" if name else "left")
    for name, run in spiking(runs).items():
        tally = run.training
        assert tally is not None
        values = {
            "events": tally.deliveries,
            **tally.by_kind(),
            "all adds": tally.adds,
            "multiplications": tally.multiplies,
        }
        table.add_row(name, *(f"{value / n:,.0f}" for value in values.values()))
        for quantity, value in values.items():
            kind = f"{quantity} adds" if quantity in ADD_KINDS else quantity
            results.add(name, kind, value / n, "a sample, training")
    screen.out.print(table)


# --- pictures ---
def draw(screen: Screen, results: Results, runs: dict[str, Trained], samples: DemoDigits) -> None:
    """Every picture, and the numbers that only pictures show."""
    errors = {name: run.errors for name, run in runs.items()}
    title = f"{len(samples.x):,} digits, same first weights, in two routing orders"
    results.add_picture("learning-curve.png", png.learning_curve(errors, LINES, title))
    _draw_sample(results, runs[FIRST].network, samples)
    _draw_layers(results, runs[FIRST], samples)
    _draw_anytime_error(results, runs, samples)


def _draw_sample(results: Results, dsn: DeepSpikingNetwork, samples: DemoDigits) -> None:
    """One digit through the layers: in breadth-first order as a raster, and the first steps of both orders."""
    chosen = _chosen(dsn, samples)
    x = samples.x_test[chosen : chosen + 1]
    sims = _answering_sample(dsn, samples)
    net, logs = sims["breadth"].net, {order: sim.run().log for order, sim in sims.items()}
    hidden = range(len(dsn.sizes) - 2)
    outlets = ["input.out", *(f"layer{k}.out" for k in hidden)]
    numbers = {str(outlet): k for k, outlet in enumerate(net.outlets())}
    names = ["input quantizer", *(f"hidden layer {k + 1}" for k in hidden)]
    layers = [
        _spikes(logs["breadth"], numbers[outlet], name, units)
        for outlet, name, units in zip(outlets, names, dsn.sizes, strict=False)
    ]
    for layer in layers:
        results.add("sample in the raster", "spikes", len(layer.when), at=layer.name)
    outputs = dsn.trajectory(x).outputs[0]
    label = int(samples.y_test[chosen])
    results.add("sample in the raster", "test digit", chosen)
    title = "One digit through the network, breadth-first"
    results.add_picture("raster.png", png.raster(samples.images[chosen], layers, outputs, label, title))
    levels = [*names[1:], "output"]
    found = {
        f"step 2, {order}-first": _levels(log[log["t"] == 2], [numbers[o] for o in outlets])
        for order, log in logs.items()
    }
    results.add_picture("order.png", png.sequences(found, levels))


def _chosen(dsn: DeepSpikingNetwork, samples: DemoDigits) -> int:
    """The first test digit that is answered right, or the first of all."""
    right = np.flatnonzero(dsn.predict(samples.x_test) == samples.y_test)
    return int(right[0]) if len(right) else 0


def _answering_sample(dsn: DeepSpikingNetwork, samples: DemoDigits) -> dict[str, en.Simulation]:
    """The simulations that answer for that digit in both orders."""
    chosen = _chosen(dsn, samples)
    x = samples.x_test[chosen : chosen + 1]
    return {order: dsn.simulation(x, order=order, record=True) for order in ("breadth", "depth")}


def _spikes(log: NDArray[Any], source: int, name: str, units: int) -> axes.Spikes:
    """The spikes of one outlet: at the step whose feeding caused them, spread by their place in its order."""
    when = np.zeros(len(log))
    for t in np.unique(log["t"]):
        at = np.flatnonzero(log["t"] == t)
        when[at] = t - 1 + np.arange(len(at)) / len(at)
    of = log["source"] == source
    return axes.Spikes(name, units, when[of], log["index"][of].astype(np.int64), log["sign"][of].astype(np.int64))


def _levels(log: NDArray[Any], sources: list[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(position, level) of the deliveries that left these outlets."""
    of = np.flatnonzero(np.isin(log["source"], sources))
    level = np.array([sources.index(source) for source in log["source"][of]], dtype=np.int64)
    return of.astype(np.int64), level


def _draw_layers(results: Results, run: Trained, samples: DemoDigits) -> None:
    """Adds by module and cause, answering and training."""
    assert run.answering is not None
    assert run.training is not None
    n = len(samples.x_test)
    trained = len(samples.x) * len(run.errors)
    panels = {
        "answering": _by_module(run.answering, n, results, "answering"),
        "training": _by_module(run.training, trained, results, "training"),
    }
    results.add_picture("adds-by-layer.png", png.adds_by_layer(panels))


def _by_module(tally: en.Tally, samples: int, results: Results, what: str) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    last = max(int(port[5]) for port in tally.ports if port.startswith("layer"))
    for port, row in tally.by_port().items():
        causes = found.setdefault(_module_name(port.split(".")[0], last), dict.fromkeys(ADD_KINDS, 0.0))
        for kind in ADD_KINDS:
            causes[kind] += row[f"{kind}_adds"] / samples
    found = {name: causes for name, causes in found.items() if any(causes.values())}
    for name, causes in found.items():
        for kind, value in causes.items():
            results.add(FIRST, f"{kind} adds", value, f"a sample, {what}", at=name)
    return found


def _module_name(module: str, last: int) -> str:
    """The model's names for its modules count layers from 0; readers count hidden layers from 1."""
    number = int(module[-1]) if module[-1].isdecimal() else 0
    kind = module.removesuffix(str(number))
    layers = [*(f"hidden layer {k + 1}" for k in range(last)), "output layer"]
    if kind == "layer":
        return layers[number]
    if kind == "back":
        return f"errors to {layers[number - 1]}"
    return f"weights of {layers[number]}" if kind == "update" else OTHER_NAMES.get(module, module)


def _draw_anytime_error(results: Results, runs: dict[str, Trained], samples: DemoDigits) -> None:
    """Error against what has been spent, step by step."""
    path = runs[FIRST].network.trajectory(samples.x_test)
    errors, adds = path.errors(samples.y_test), path.adds.mean(axis=0)
    energy = adds * cost.HOROWITZ_FLOAT32.prices["adds"] / 1000
    for k in range(len(errors)):
        results.add(FIRST, "test error", float(errors[k]), at=f"step {k + 1}")
        results.add(FIRST, "adds so far", float(adds[k]), "a sample, answering", at=f"step {k + 1}")
    relu_error = runs[RELU].errors[-1]
    dots = [
        axes.Dot(f"ReLU twin, {name}", macs, cost.dense_energy(macs) / 1000, relu_error, marker)
        for name, macs, marker in zip(("dense", "zeros skipped"), relu_operations(runs, samples), "sD", strict=True)
    ]
    results.add_picture("anytime-error.png", png.anytime_error(adds, energy, errors, dots))


# --- words ---
def explain(screen: Screen, results: Results, runs: dict[str, Trained], samples: DemoDigits, begun: float) -> None:
    """Print the meaning of the numbers, and what to do next."""
    value = {(n.run, n.quantity, n.unit): float(n.value) for n in results.numbers if not n.at}
    names = (FIRST, f"{RELU}, dense", f"{RELU}, zeros skipped")
    first, dense, sparse = (value[name, "energy", "nJ a sample, answering"] for name in names)
    adds, macs = (value[name, "adds", "a sample, answering"] for name in names[:2])
    events, passes = (1e6 * _seconds(runs[name].network, samples) for name in (FIRST, RELU))
    screen.say(
        f"\nWhat this means: the spiking network answers with {adds / macs:.1f} adds for each multiply-add of a dense "
        f"pass; by this estimate that is {_times(first, dense)} energy than the dense pass and "
        f"{_times(first, sparse)} than one that skips zeros. It has an answer after every step (anytime-error.png). "
        f"On this computer the dense pass takes {passes:,.0f} µs a digit, the events {events:,.0f} µs: what you gain "
        "here is not speed, but to see events, their order, and what they cost."
    )
    screen.say(_about_order(runs))
    names_of_pictures = ", ".join(path.stem for path in results.pictures)
    seconds = time.perf_counter() - begun
    screen.say_path(f"\n{seconds:.0f} s. Pictures ({names_of_pictures}) and numbers are in", results.folder)
    screen.say(
        "Next: eventnet orders (six orders, delivery by delivery); eventnet demo --report page.html (one digit as a "
        "page: costs, cascades, orders); eventnet train --help"
    )


def _seconds(network: Any, samples: DemoDigits) -> float:
    """Time that one answer takes on this computer, all test digits at once."""
    taken = []
    for _ in range(3):
        begun = time.perf_counter()
        network.predict(samples.x_test)
        taken.append(time.perf_counter() - begun)
    return min(taken) / len(samples.x_test)


def _times(a: float, b: float) -> str:
    """The ratio of a to b in words: "2.0 times less", "2.0 times more"."""
    return f"{b / a:.1f} times less" if a < b else f"{a / b:.1f} times more"


def _about_order(runs: dict[str, Trained]) -> str:
    def same(a: str, b: str) -> bool:
        return all(np.array_equal(u, v) for u, v in zip(runs[a].network.weights, runs[b].network.weights, strict=True))

    a, b = (100 * runs[name].errors[-1] for name in ("breadth, at once", "depth, at once"))
    text = "Order: where error spikes wait for the end of a step, depth-first order ends with "
    text += "the same weights, to the last bit. " if same(FIRST, "depth") else "other weights. "
    if same("breadth, at once", "depth, at once"):
        return text + "Where they are sent at once, the weights are the same, too."
    return text + f"Sent at once, they end with different ones: {a:.1f} % and {b:.1f} % error (one seed is no trend)."
