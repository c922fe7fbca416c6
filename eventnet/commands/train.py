"""`eventnet train`: train a Deep Spiking Network and save it after each epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

import eventnet as en
from eventnet.commands.common import JsonOption, Screen, read_layers, warm_up
from eventnet.commands.tracing import check_place, tell, trace_option, trace_runs
from eventnet.data import Digits, digits, mnist, scale_pixels
from eventnet.data.mnist import SPLITS
from eventnet.errors import DataError, ModelError
from eventnet.models import DeepSpikingNetwork
from eventnet.results import manifest

SIZES = "784-300-300-10"
# Two thousand digits an epoch want larger steps than the author's 50,000: see the demo.
EMBEDDED = {"learning_rate": 0.03, "init_scale": 0.03}

Maybe = typer.Option


def train(
    data: Annotated[Path | None, Maybe("--data", help="Folder with MNIST's four files.")] = None,
    split: Annotated[
        str | None,
        Maybe("--split", help="author (50,000 + 10,000), official (60,000 + 10,000) or embedded (2,000 + 1,000). "
              "Default: author with --data, else embedded."),
    ] = None,
    sizes: Annotated[str | None, Maybe("--sizes", help=f"Layers, input first. Default: {SIZES}.")] = None,
    epochs: Annotated[int, Maybe("--epochs", min=1, help="How often to go through the data (from where it is).")] = 5,
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
    seed: Annotated[int | None, Maybe("--seed", min=0, max=2**32 - 1, help="Default: 1234.")] = None,
    train_samples: Annotated[int | None, Maybe("--train", min=1, help="Only the first N for training.")] = None,
    test_samples: Annotated[int | None, Maybe("--test", min=1, help="Only the first N for testing.")] = None,
    out: Annotated[
        Path | None, Maybe("--out", help="File to save to. Default: eventnet-model.npz, or the file resumed.")
    ] = None,
    resume: Annotated[Path | None, Maybe("--resume", help="Go on from this file, with its options.")] = None,
    overwrite: Annotated[bool, Maybe("--overwrite", help="Replace a file that exists.")] = False,
    trace: Annotated[Path | None, trace_option("learning the first digit again, after the last epoch")] = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Train a Deep Spiking Network on handwritten digits.

    Prints the test error and saves the network after each epoch. Without --data it learns the embedded digits.
    """
    screen = Screen(as_json)
    chosen = {
        "steps": steps, "rule": rule, "order": order, "learning_rate": learning_rate, "init_scale": init_scale,
        "hold_error": hold_error, "smooth": smooth, "input_sum": input_sum, "column": column, "gate": gate,
        "dtype": dtype, "coalesce": coalesce, "engine": engine, "seed": seed,
    }  # fmt: skip
    chosen = {name: value for name, value in chosen.items() if value is not None}
    split = known_split(data, split)
    layers = None if sizes is None else read_layers(sizes)
    path = out or resume or Path("eventnet-model.npz")
    _check_place(path, resume, overwrite)
    check_place(trace)
    if resume is None:
        dsn = DeepSpikingNetwork(
            layers or read_layers(SIZES), **{**(EMBEDDED if split == "embedded" else {}), **chosen}
        )
    else:
        dsn = _resume(resume, chosen, layers)
    samples = load(data, split)
    cut = slice(train_samples), slice(test_samples)
    x, y = scale_pixels(samples.x_train[cut[0]]), samples.y_train[cut[0]]
    x_test, y_test = scale_pixels(samples.x_test[cut[1]]), samples.y_test[cut[1]]
    before = dsn.samples_seen
    screen.say(
        f"{'-'.join(map(str, dsn.sizes))} on {len(x):,} digits ({samples.split}), tested on {len(x_test):,}"
        + (f"; has seen {before:,} samples" if before else "")
    )
    if dsn.options["engine"] == "compiled":
        warm_up(**dsn.options)
    rows = []
    table = _Rows(screen.out)
    for epoch in range(1, epochs + 1):
        with screen.progress(f"epoch {epoch} of {epochs}", len(x)) as done:
            dsn.fit(x, y, progress=lambda n, total, done=done: done(n))
        training = dsn.tally
        with screen.progress("testing", len(x_test)) as done:
            found = dsn.predict(x_test, progress=lambda n, total, done=done: done(n))
        assert training is not None
        assert dsn.tally is not None
        dsn.save(path)
        rows.append({
            "epoch": epoch, "samples_seen": dsn.samples_seen, "test_error": float((found != y_test).mean()),
            "training_adds_per_sample": training.adds / len(x),
            "answering_adds_per_sample": dsn.tally.adds / len(x_test),
        })  # fmt: skip
        table.add(rows[-1])
    screen.say_path("saved after each epoch:", path)
    made: dict[str, Any] = {}
    if trace is not None:
        # What the next sample would do to the network; the saved weights are without it.
        run = dsn.simulation(x[:1], y[:1], record=True)
        made = tell(screen, trace_runs({"learning the first digit again": run}, trace))
    source = "" if data is None else f" --data {data} --split {samples.split}"
    screen.say_path(f"go on with: eventnet train{source} --epochs {epochs} --resume", path)
    options = {**dsn.options, "sizes": dsn.sizes, "split": samples.split, "train": len(x), "test": len(x_test)}
    screen.give({"manifest": manifest("train", options), "file": str(path), "epochs": rows, **made})


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
        self.console, self.begun = console, False

    def add(self, row: dict[str, Any]) -> None:
        if not self.begun:
            self.console.print(f"{'epoch':>6}{'test error':>13}{'adds a sample, training':>26}{'answering':>12}")
            self.begun = True
        self.console.print(
            f"{row['epoch']:>6}{row['test_error']:>13.2%}{row['training_adds_per_sample']:>26,.0f}"
            f"{row['answering_adds_per_sample']:>12,.0f}"
        )
