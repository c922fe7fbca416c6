"""`eventnet train`: train a Deep Spiking Network and save it after each epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from numpy.typing import NDArray
from rich.console import Console

import eventnet as en
from eventnet.cli import options as opt
from eventnet.cli.commands import LEARN, command
from eventnet.cli.results import Screen, manifest, resumable
from eventnet.cli.trace_option import check_place, say_traces, trace_option, trace_runs
from eventnet.data import Digits, digits, mnist, scale_pixels
from eventnet.data.mnist import SPLITS
from eventnet.engine.journal import MISSING, Journal, going_on
from eventnet.errors import DataError, ModelError
from eventnet.models import DeepSpikingNetwork
from eventnet.models.dsn_network import portions
from eventnet.models.shared import total

SIZES = "784-300-300-10"
# Two thousand digits an epoch want larger steps than the author's 50,000: see the demo.
EMBEDDED = {"learning_rate": 0.03, "init_scale": 0.03}

Lessons = tuple[NDArray[Any], NDArray[Any]]
Maybe = typer.Option


@command("train", "train a Deep Spiking Network of your own", group=LEARN)
def train(
    data: opt.DataOption = None,
    split: Annotated[
        str | None,
        Maybe("--split", help="author (50,000 + 10,000), official (60,000 + 10,000) or embedded (2,000 + 1,000). "
              "Default: author with --data, else embedded."),
    ] = None,
    sizes: Annotated[str | None, Maybe("--sizes", help=f"Layers, input first. Default: {SIZES}.")] = None,
    epochs: opt.EpochsOption = 5,
    steps: Annotated[int | None, Maybe("--steps", help="Steps T a sample. Default: 10.")] = None,
    rule: Annotated[str | None, Maybe("--rule", help="fsgd (at each error spike) or sgd (once a sample).")] = None,
    order: Annotated[str | None, Maybe("--order", help=f"{', '.join(en.ORDERS)}. Default: breadth.")] = None,
    learning_rate: Annotated[
        float | None, Maybe("--learning-rate", help="Default: 0.01; 0.03 on the embedded digits.")
    ] = None,
    init_scale: Annotated[
        float | None,
        Maybe("--init-scale", help="Standard deviation of the first weights. Default: 0.01; 0.03 when embedded."),
    ] = None,
    hold_error: Annotated[
        bool | None, Maybe("--hold-error/--send-at-once", help="Errors wait for the end of a step (default), or not.")
    ] = None,
    smooth: Annotated[bool | None, Maybe("--smooth", help="Update with sums in place of spike counts.")] = None,
    input_sum: Annotated[
        str | None, Maybe("--input-sum", help="With --smooth: an input is in the sum 'at once' (default) or 'after'.")
    ] = None,
    column: Annotated[str | None, Maybe("--column", help="Errors go down before or after the update.")] = None,
    gate: Annotated[str | None, Maybe("--gate", help="'not negative' (default) or 'positive'.")] = None,
    dtype: Annotated[str | None, Maybe("--dtype", help="float32 (default), float64, or int32: no multiplying.")] = None,
    coalesce: Annotated[str | None, Maybe("--coalesce", help="Thresholds after every row (none) or burst.")] = None,
    engine: Annotated[str | None, Maybe("--engine", help="compiled (default) or reference (slow, plain).")] = None,
    seed: Annotated[int | None, opt.seed_option("Default: 1234.")] = None,
    train_samples: Annotated[int | None, Maybe("--train", min=1, help="Only the first N for training.")] = None,
    test_samples: Annotated[int | None, Maybe("--test", min=1, help="Only the first N for testing.")] = None,
    out: Annotated[
        Path | None, Maybe("--out", help="File to save to. Default: eventnet-model.npz, or the file resumed.")
    ] = None,
    resume: Annotated[
        Path | None, Maybe("--resume", help="Go on from this file, with its options, for --epochs more.")
    ] = None,
    overwrite: opt.OverwriteOption = False,
    trace: Annotated[Path | None, trace_option("learning the first digit again, after the last epoch")] = None,
    fresh: opt.FreshOption = False,
    as_json: opt.JsonOption = False,
) -> None:  # fmt: skip
    """Train a Deep Spiking Network on handwritten digits.

    Prints the test error and saves the network after each epoch. Without --data it learns the embedded digits. A
    training that was stopped goes on from where it was when the same command is run again; --resume is for more epochs.
    """
    screen = Screen(as_json)
    chosen = {
        "steps": steps, "rule": rule, "order": order, "learning_rate": learning_rate, "init_scale": init_scale,
        "hold_error": hold_error, "smooth": smooth, "input_sum": input_sum, "column": column, "gate": gate,
        "dtype": dtype, "coalesce": coalesce, "engine": engine, "seed": seed,
    }  # fmt: skip
    chosen = {name: value for name, value in chosen.items() if value is not None}
    split = known_split(data, split)
    layers = None if sizes is None else opt.read_layers(sizes)
    path = out or resume or Path("eventnet-model.npz")
    given: dict[str, Any] = {
        **chosen,
        "sizes": layers,
        "split": split,
        "epochs": epochs,
        "train": train_samples,
        "test": test_samples,
    }
    given |= {"out": path.resolve(), "resume": None if resume is None else resume.resolve()}
    # A file that is trained further is another one after each epoch.
    files = [data, None if given["resume"] == given["out"] else resume]
    with resumable(screen, "train", given, fresh=fresh, out=path.parent, files=files) as kept:
        _check_place(path, resume, overwrite or kept.begun_before)
        check_place(trace)
        if resume is None:
            dsn = DeepSpikingNetwork(
                layers or opt.read_layers(SIZES), **{**(EMBEDDED if split == "embedded" else {}), **chosen}
            )
        else:
            dsn = _resume(resume, chosen, layers)
        samples = load(data, split)
        cut = slice(train_samples), slice(test_samples)
        x, y = scale_pixels(samples.x_train[cut[0]]), samples.y_train[cut[0]]
        x_test, y_test = scale_pixels(samples.x_test[cut[1]]), samples.y_test[cut[1]]
        dsn = _start(kept, dsn, epochs, len(x))
        before = dsn.samples_seen
        screen.say(
            f"{'-'.join(map(str, dsn.sizes))} on {len(x):,} digits ({samples.split}), tested on {len(x_test):,}"
            + (f"; has seen {before:,} samples" if before else "")
        )
        if dsn.options["engine"] == "compiled":
            opt.warm_up(**dsn.options)
        dsn, rows = _learn(screen, dsn, (x, y), (x_test, y_test), epochs, path)
    screen.say_path("saved after each epoch:", path)
    made: dict[str, Any] = {}
    if trace is not None:
        # What the next sample would do to the network; the saved weights are without it.
        run = dsn.simulation(x[:1], y[:1], record=True)
        made = say_traces(screen, trace_runs({"learning the first digit again": run}, trace))
    source = "" if data is None else f" --data {data} --split {samples.split}"
    screen.say_path(f"go on with: eventnet train{source} --epochs {epochs} --resume", path)
    options = {**dsn.options, "sizes": dsn.sizes, "split": samples.split, "train": len(x), "test": len(x_test)}
    screen.give({"manifest": manifest("train", options), "file": str(path), "epochs": rows, **made})


def _start(kept: Journal, given: DeepSpikingNetwork, epochs: int, samples: int) -> DeepSpikingNetwork:
    """The network that this command began with; given: what it would begin with now, after a stop perhaps another one.

    It is kept before anything is saved in its place. If another command has trained the file since, all begins anew.
    """
    found = kept.find("start")
    if found is not MISSING:
        seen = given.samples_seen - found.samples_seen
        if given.samples_seen == 0 or (seen % samples == 0 and 0 <= seen <= epochs * samples):
            begun: DeepSpikingNetwork = found
            return begun
        kept.clear()
    kept.keep("start", given)
    kept.flush()
    return given


def _learn(
    screen: Screen, dsn: DeepSpikingNetwork, lessons: Lessons, tests: Lessons, epochs: int, path: Path
) -> tuple[DeepSpikingNetwork, list[dict[str, Any]]]:
    """Train, test and save for so many epochs; the network, and a row for each."""
    (x, y), parts, table = lessons, list(portions(len(lessons[0]))), _Rows(screen.out)
    state: dict[str, Any] = {"network": dsn, "training": None, "rows": []}
    for k in going_on(state, epochs * len(parts), "training"):
        for row in state["rows"]:
            table.add(row)
        network, (before, part) = state["network"], divmod(k, len(parts))
        with screen.progress(f"epoch {before + 1} of {epochs}", len(x)) as done:
            done(parts[part].start)
            network.fit(x[parts[part]], y[parts[part]])
        state["training"] = total([state["training"], network.tally])
        if part == len(parts) - 1:
            state["rows"].append(_tested(screen, network, tests, before + 1, state["training"].adds / len(x)))
            state["training"] = None
            network.save(path)
    for row in state["rows"]:
        table.add(row)
    return state["network"], state["rows"]


def _tested(
    screen: Screen, network: DeepSpikingNetwork, tests: Lessons, epoch: int, training_adds: float
) -> dict[str, Any]:
    x, y = tests
    with screen.progress("testing", len(x)) as done:
        found = network.predict(x, progress=lambda n, total: done(n))
    assert network.tally is not None
    return {
        "epoch": epoch, "samples_seen": network.samples_seen, "test_error": float((found != y).mean()),
        "training_adds_per_sample": training_adds, "answering_adds_per_sample": network.tally.adds / len(x),
    }  # fmt: skip


def known_split(folder: Path | None, split: str | None) -> str:
    """The split that is asked for. Raises typer.BadParameter for one that there is not, or not in a folder."""
    split = split or ("embedded" if folder is None else "author")
    if split not in ("embedded", *SPLITS):
        raise typer.BadParameter(f"--split is {split!r}; wanted {', '.join(SPLITS)} or embedded")
    if split == "embedded" and folder is not None:
        raise typer.BadParameter("the embedded digits come with the package: leave out --data or --split embedded")
    return split


def load(folder: Path | None, split: str | None) -> Digits:
    """The digits of a split: embedded, or MNIST from a folder (from the cache, where none is named)."""
    split = known_split(folder, split)
    if split == "embedded":
        return digits()
    return mnist(folder, split, download=folder is None)


def _resume(path: Path, chosen: dict[str, Any], layers: list[int] | None) -> DeepSpikingNetwork:
    dsn = DeepSpikingNetwork.load(path)
    changed = [name for name, value in chosen.items() if dsn.options[name] != value]
    if layers is not None and layers != dsn.sizes:
        changed.append("sizes")
    if changed:
        raise ModelError(f"{path} was trained with another {', '.join(changed)}; a resumed training keeps its options")
    return dsn


def _check_place(path: Path, resume: Path | None, overwrite: bool) -> None:
    """Find out before hours of training whether the result can be saved."""
    if path.suffix != ".npz":
        raise typer.BadParameter(f"--out is {path}; wanted a file that ends in .npz")
    if not path.parent.is_dir():
        raise DataError(f"{path} cannot be written: there is no folder {path.parent}")
    if path.exists() and not overwrite and not (resume is not None and resume.resolve() == path.resolve()):
        raise DataError(
            f"{path} exists: go on from it with --resume {path}, replace it with --overwrite, or name --out"
        )


class _Rows:
    """A table that grows a line an epoch; rich's own tables are printed only once they are whole."""

    def __init__(self, console: Console) -> None:
        self.console, self.shown = console, 0

    def add(self, row: dict[str, Any]) -> None:
        """Show the row of an epoch, unless it is shown already."""
        if row["epoch"] <= self.shown:
            return
        if not self.shown:
            self.console.print(f"{'epoch':>6}{'test error':>13}{'adds a sample, training':>26}{'answering':>12}")
        self.shown = row["epoch"]
        self.console.print(
            f"{row['epoch']:>6}{row['test_error']:>13.2%}{row['training_adds_per_sample']:>26,.0f}"
            f"{row['answering_adds_per_sample']:>12,.0f}"
        )
