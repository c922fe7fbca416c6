"""Common options of the commands."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

import eventnet as en
from eventnet import cost
from eventnet.cost import PriceList
from eventnet.errors import DataError, ModelError, did_you_mean
from eventnet.models import DeepSpikingNetwork
from eventnet.order import find_order
from eventnet.scenarios.orders.subjects import SUBJECTS, check_subject

PIXELS, CLASSES = 784, 10


# --- what options may be: looked at before a command begins ---
def _order(name: str | None) -> str | None:
    if name is not None:
        find_order(name)
    return name


def _coalesce(grain: str | None) -> str | None:
    if grain not in (None, "none", "burst"):
        raise typer.BadParameter(f"{grain!r} is no granularity; wanted none or burst")
    return grain


def _scenario(name: str | None) -> str | None:
    if name is not None:
        check_subject(name)
    return name


def seed_option(help: str) -> Any:
    """The option --seed of a command in which it means `help`."""
    return typer.Option("--seed", min=0, max=2**32 - 1, help=help)


# --- options that several commands have: what stands after the name in a signature is the default alone ---
NETWORK = "A network file (.npz of Network.save)."
INPUTS = "Inputs: .npy of EVENT records, or CSV with t,port,index,sign."
ANSWER = "ends: what arrives where nothing goes on; state; weights; or a module's name."
"""Beginnings of the help where a command has a default of its own."""

# What is run.
NetworkArgument = Annotated[Path, typer.Argument(help=NETWORK)]
MaybeNetworkArgument = Annotated[Path | None, typer.Argument(help=NETWORK)]
InputsOption = Annotated[Path | None, typer.Option("--inputs", help=INPUTS)]
ScenarioOption = Annotated[
    str | None,
    typer.Option(
        "--scenario", callback=_scenario, help=f"In place of a file: {', '.join(SUBJECTS)}, made by the seed."
    ),
]
DataOption = Annotated[Path | None, typer.Option("--data", help="Folder with MNIST's four files.")]

# How it is run.
OrderOption = Annotated[str, typer.Option("--order", callback=_order, help=f"Routing order: {', '.join(en.ORDERS)}.")]
CoalesceOption = Annotated[
    str | None,
    typer.Option(
        "--coalesce", callback=_coalesce, help="Threshold checks: none (each row) or burst; default: as saved."
    ),
]
UntilOption = Annotated[int | None, typer.Option("--until", help="Run up to, not including, this time in ticks.")]
EpochsOption = Annotated[int, typer.Option("--epochs", min=1, help="How often to go through the data.")]
SeedOption = Annotated[int, seed_option("Seed of everything random.")]
ProcessesOption = Annotated[
    int | None,
    typer.Option("--processes", min=1, help="Runs at a time. Default: one for small work, else as many as cores."),
]
SomeProcessesOption = Annotated[int, typer.Option("--processes", min=1, help="Runs at a time.")]
FreshOption = Annotated[
    bool, typer.Option("--fresh", help="Begin anew: forget what the same command had finished when it was stopped.")
]

# What is made of it.
OutputOption = Annotated[
    str | None, typer.Option("--output", help="The module where latency ends. Default: those that send nothing on.")
]
ToleranceOption = Annotated[
    float, typer.Option("--tolerance", min=0.0, help="How far floats of two answers may be apart.")
]
PricesOption = Annotated[
    str | None,
    typer.Option("--prices", help="Prices of the estimate of energy: a name of `eventnet prices`, or a TOML file."),
]
OutOption = Annotated[Path, typer.Option("--out", help="Folder for pictures, CSV and JSON.")]
TargetArgument = Annotated[Path, typer.Argument(help="The file to write; its suffix says the format.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace a file that exists.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, and nothing else there.")]


def takes(
    name: str, kind: type[Any], *, without: Sequence[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the fields of a dataclass as options in place of its parameter `name`, which is made of them.

    kind: the dataclass; the annotation of each field is that of its option. without: fields that are no options here.
    """
    given = [f for f in fields(kind) if f.name not in without]

    def give(run: Callable[..., None]) -> Callable[..., None]:
        hints, own = get_type_hints(run, include_extras=True), get_type_hints(kind, include_extras=True)
        parameters: list[inspect.Parameter] = []
        for parameter in inspect.signature(run).parameters.values():
            if parameter.name != name:
                parameters.append(parameter.replace(annotation=hints[parameter.name]))
                continue
            parameters += [
                inspect.Parameter(f.name, parameter.kind, default=f.default, annotation=own[f.name]) for f in given
            ]

        @functools.wraps(run)
        def with_options(**options: Any) -> None:
            made = kind(**{f.name: options.pop(f.name) for f in given})
            run(**{name: made}, **options)

        with_options.__annotations__ = {each.name: each.annotation for each in parameters}
        # Typer reads the options from a function's signature, which has no type of its own to set.
        with_options.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return with_options

    return give


def warm_up(**options: Any) -> None:
    """Compile what training and answering with these options need, before a bar shows: the engine says that it does."""
    tiny = DeepSpikingNetwork([2, 2, 2, 2], **options)
    tiny.fit([[0.5, 0.5]], [1])
    tiny.predict([[0.5, 0.5]])


def open_prices(name: str) -> PriceList:
    """A price list that ships, or one from a TOML file."""
    return cost.read_prices(name) if name.endswith(".toml") or Path(name).is_file() else cost.prices(name)


def file_of(name: str | None) -> Path | None:
    """The file that an option names, if it names one."""
    return Path(name) if name is not None and Path(name).is_file() else None


def named_orders(text: str) -> tuple[str, ...]:
    """The names of a list with commas. Raises OrderError for one that is no order's."""
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        find_order(name)
    return names


def check_module(name: str | None, modules: Iterable[str], others: Iterable[str] = ()) -> None:
    """Raises ModelError for a name that is given, and is none of these modules, or of what else it may be."""
    known = [*others, *modules]
    if name is not None and name not in known:
        raise ModelError(f"there is no module {name!r}{did_you_mean(name, known)}")


def check_folder(folder: Path | None) -> None:
    """Raises DataError for a folder that is named, and is none."""
    if folder is not None and not folder.is_dir():
        raise DataError(f"there is no folder {folder}")


def read_layers(text: str) -> list[int]:
    """Layer sizes of a network that tells digits. Raises typer.BadParameter for others."""
    sizes = read_sizes(text)
    if (sizes[0], sizes[-1]) != (PIXELS, CLASSES):
        raise typer.BadParameter(f"--sizes is {text}; digits want {PIXELS} inputs and {CLASSES} classes")
    return sizes


def read_sizes(text: str) -> list[int]:
    """Layer sizes of a text like 784-300-300-10. Raises typer.BadParameter for anything else."""
    parts = text.split("-")
    if len(parts) < 2 or not all(part.isdecimal() and int(part) for part in parts):
        raise typer.BadParameter(f"{text!r} are no layer sizes; wanted whole numbers like 784-300-300-10")
    return [int(part) for part in parts]
