"""`eventnet report`: the page of a run, one HTML file that needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

import eventnet as en
from eventnet import analysis
from eventnet.analysis.answers import Answer
from eventnet.analysis.cascades import end_ports
from eventnet.analysis.packeted import Feed, count
from eventnet.base.column import Folder
from eventnet.cli import options as opt
from eventnet.cli.commands import STUDY, command
from eventnet.cli.dask_option import takes_dask
from eventnet.cli.networks import load_network
from eventnet.cli.orders import inputs_given, table_a2
from eventnet.cli.recordings import RecordingOptions, takes_recording
from eventnet.cli.report_option import report_digit, run_and_report, say_written
from eventnet.cli.results import Screen, manifest
from eventnet.cli.trace_option import check_place
from eventnet.data import digits, scale_pixels
from eventnet.errors import DataError
from eventnet.event import Packeted
from eventnet.models import DeepSpikingNetwork
from eventnet.report import Report
from eventnet.report.cascades import DELIVERIES
from eventnet.scenarios.orders.subjects import subject
from eventnet.simulation import run_on

ITEMIZED = 1_000_000
"""Input events of a recording whose costs are told apart, as in `eventnet cost`."""


@command("report", "a page of a run: what happened, what it cost, and why", group=STUDY)
@takes_recording
@takes_dask
def report(
    network: Annotated[
        Path | None,
        typer.Argument(
            help="A network file (.npz of Network.save) with --inputs, or a network of `eventnet train`. "
            "Default: the example of table A.2."
        ),
    ] = None,
    inputs: opt.InputsOption = None,
    *,
    recorded: RecordingOptions,
    scenario: opt.ScenarioOption = None,
    out: Annotated[Path, typer.Option("--out", help="Where the page goes.")] = Path("eventnet-report.html"),
    order: opt.OrderOption = "breadth",
    coalesce: opt.CoalesceOption = None,
    digit: Annotated[
        int | None, typer.Option("--digit", min=0, help="Of a network of `eventnet train`: which test digit (0).")
    ] = None,
    prices: opt.PricesOption = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="Deliveries of cascades that the page holds one by one.")
    ] = DELIVERIES,
    compare: Annotated[bool, typer.Option("--compare/--no-compare", help="Also run the inputs in every order.")] = True,
    processes: opt.ProcessesOption = None,
    seed: opt.SeedOption = 0,
    as_json: opt.JsonOption = False,
) -> None:
    """Run a network and write a page of it: what happened, what it cost, and why.

    Network, cost by module and cause, energy, cascades of input events, raster, orders, anytime answers.
    """
    check_place(out)
    if scenario is not None and network is not None:
        raise typer.BadParameter("a network file and --scenario do not go together: give one of them")
    if inputs is not None and (network is None or scenario is not None):
        raise typer.BadParameter("--inputs are those of a network file: give both, or neither")
    recorded.check(inputs, network)
    if recorded.recording is not None and scenario is not None:
        raise typer.BadParameter("--recording and --scenario do not go together: give one of them")
    fed = inputs is not None or recorded.recording is not None
    screen = Screen(as_json)
    options = {"network": network, "inputs": inputs, "scenario": scenario, "order": order, "coalesce": coalesce,
               "digit": digit, "prices": prices, "limit": limit, "compare": compare, "seed": seed,
               **recorded.given()}  # fmt: skip
    given: dict[str, Any] = {"manifest": manifest("report", options), "limit": limit}
    if prices is not None:
        given["prices"] = opt.open_prices(prices)
    model = None if network is None or fed else _model(network)
    if model is not None:
        made = _report_model(model, digit, order, out, given)
    else:
        if digit is not None:
            raise typer.BadParameter("--digit is for a network of `eventnet train`")
        asked = _asked(network, inputs, recorded, scenario, seed)
        if compare:
            grains = ("none", "burst") if coalesce is None else (coalesce,)
            with screen.progress("running every order", 1000) as bar:
                given["orders"] = analysis.orders(
                    asked.net, asked.feed, answer=asked.answer, output=asked.output, coalesce=grains, seed=seed,
                    until=asked.until, prices=given.get("prices"), processes=processes,
                    progress=lambda done, of: bar(1000 * done // of),
                )  # fmt: skip
        made = _report_asked(asked, order, coalesce, seed, out, given)
    screen.give(say_written(screen, made))


@dataclass(frozen=True)
class _Asked:
    """A network and its inputs, what counts as its answer and where that arrives, and words about it."""

    net: en.Network
    feed: Feed
    title: str
    about: list[str] = field(default_factory=list)
    answer: Answer = "ends"
    output: str | None = None
    until: int | None = None


def _asked(
    network: Path | None, inputs: Path | None, recorded: RecordingOptions, scenario: str | None, seed: int
) -> _Asked:  # fmt: skip
    if scenario is not None:
        made = subject(scenario, seed)
        return _Asked(made.net, made.feed, scenario, [f"It is shown {made.inputs}."], made.answer, made.output)
    if network is None:
        words = "A sends a1 and a2 to B and C; B turns a1 into b1 and b2, and a2 into b3, for D."
        return _Asked(*table_a2(), "Table A.2 of the thesis", [words])
    net = load_network(network)
    feed, until = inputs_given(inputs, recorded, net)
    return _Asked(net, feed, network.name, answer="ends" if end_ports(net) else "state", until=until)


def _report_asked(
    asked: _Asked, order: str, coalesce: str | None, seed: int, out: Path, given: dict[str, Any]
) -> Report:  # fmt: skip
    """Run and report. The log of inputs in packets lies in a file, and of very many the first ones are itemized."""
    folder = Folder() if isinstance(asked.feed, Packeted) else None
    record: bool | Path = True if folder is None else folder.path / "log.npy"
    options: dict[str, Any] = {"seed": seed, "coalesce": coalesce}
    many = folder is not None and count(asked.feed) > ITEMIZED
    if many:
        counting = en.Simulation(asked.net, order, roots=True, root_limit=ITEMIZED, **options)
        run_on(counting, asked.feed, asked.until)
        given = {**given, "counted": counting.tally}
    sim = en.Simulation(asked.net, order, record=record, roots=not many, **options)
    return run_and_report(sim, out, asked.feed, until=asked.until, title=asked.title, about=asked.about, **given)


def _model(path: Path) -> DeepSpikingNetwork:
    """A saved Deep Spiking Network. Raises DataError for another file, typer.BadParameter for a network."""
    try:
        return DeepSpikingNetwork.load(path)
    except DataError as error:
        if "eventnet-network" in str(error):
            raise typer.BadParameter(f"{path} is a network: say what it is fed (--inputs FILE)") from error
        raise


def _report_model(dsn: DeepSpikingNetwork, digit: int | None, order: str, out: Path, given: dict[str, Any]) -> Any:
    if dsn.sizes[0] != 784 or dsn.sizes[-1] != 10:
        raise DataError(
            f"the network takes {dsn.sizes[0]} numbers and has {dsn.sizes[-1]} answers; digits need 784, 10"
        )
    data, chosen = digits(), digit or 0
    if chosen >= len(data.y_test):
        raise typer.BadParameter(f"there is no test digit {chosen}: there are {len(data.y_test):,}, from 0")
    dsn.options["order"] = order
    return report_digit(dsn, scale_pixels(data.x_test), data.y_test, chosen, out, **given)
