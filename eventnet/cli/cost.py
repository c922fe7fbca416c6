"""`eventnet cost`: what each input event of a run cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

import eventnet as en
import eventnet.models
from eventnet.base.files import write_beside
from eventnet.cli import options as opt
from eventnet.cli.commands import STUDY, command
from eventnet.cli.networks import load_network
from eventnet.cli.recordings import IN_PLACE, RecordingOptions, say_left, takes_recording
from eventnet.cli.results import Results, Screen, resumable
from eventnet.cost import BLAMES, CostLedger, PriceList, keep_ledger, price_list
from eventnet.cost.ledger import MEASURES, RecordedPixel, check_measure
from eventnet.cost.pricing import COMPARISONS_TOO, in_units
from eventnet.event import Events
from eventnet.io import RecordedInputs, read_inputs
from eventnet.plotting import cost_over_time, heat_map, sizes_of_cascades
from eventnet.plotting.style import png
from eventnet.scenarios.orders.subjects import MODULES, subject

ENERGIES = {"energy": "energy, an estimate", "energy_comparisons_too": "energy, comparisons too"}
SUMMED = ("cost of an input", "size of a cascade", "depth of a cascade", "ticks to an end", "deliveries to an end")


@command(
    "cost", "what each input event cost: by sensor, by pixel, the costliest ones",
    group=STUDY, usage="NET.npz", formerly="ledger",
)  # fmt: skip
@takes_recording
def cost(
    network: opt.MaybeNetworkArgument = None,
    inputs: opt.InputsOption = None,
    *,
    recorded: RecordingOptions,
    scenario: opt.ScenarioOption = None,
    order: opt.OrderOption = "breadth",
    coalesce: opt.CoalesceOption = None,
    blame: Annotated[
        str, typer.Option("--blame", help=f"{' or '.join(BLAMES)}; the latter takes 0.05 to 0.15 ms a delivery.")
    ] = BLAMES[0],
    by: Annotated[
        str,
        typer.Option("--by", help=f"What cost is counted in: {', '.join(MEASURES[:3])}, another column."),
    ] = MEASURES[0],
    width: Annotated[
        int | None, typer.Option("--width", min=1, help="Of the sensor, with --height: a heat map over its pixels.")
    ] = None,
    height: Annotated[int | None, typer.Option("--height", min=1, help="Index = y * width + x.")] = None,
    output: opt.OutputOption = None,
    top: Annotated[int, typer.Option("--top", min=0, help="How many of the costliest events to list.")] = 10,
    prices: opt.PricesOption = None,
    until: opt.UntilOption = None,
    limit: Annotated[
        int, typer.Option("--limit", min=0, help="Events that are itemized; the rest together, by port.")
    ] = 1_000_000,
    out: opt.OutOption = Path("eventnet-cost"),
    seed: opt.SeedOption = 0,
    fresh: opt.FreshOption = False,
    as_json: opt.JsonOption = False,
) -> None:
    """Run a network and enter what it costs under the input events that caused it.

    By event, by sensor and by pixel; sizes and depths of cascades, how soon an end is reached, the costliest events.
    A recording is read as the network runs; its entries have x, y, p and t_us, its sensor a heat map. Without one,
    --port says of which port the heat map is (default: the one with most inputs).
    --out holds a line for each event (events.csv), the account (numbers.csv, numbers.json) and pictures.
    """
    recorded.check(inputs, network, port_alone=True)
    fed = inputs is not None or recorded.recording is not None
    if (network is None) == (scenario is None) or (network is not None) != fed:
        raise typer.BadParameter(f"wanted a network file and --inputs FILE, or --scenario NAME; {IN_PLACE}")
    if (width is None) != (height is None):
        raise typer.BadParameter("--width and --height go together: give both, or neither")
    check_measure(by)
    if blame not in BLAMES:
        raise typer.BadParameter(f"--blame is {blame!r}; wanted {' or '.join(BLAMES)}")
    listed = None if prices is None else opt.open_prices(prices)
    if scenario is not None:
        opt.check_module(output, MODULES[scenario])
    screen = Screen(as_json)
    options = {
        "network": network, "inputs": inputs, "scenario": scenario, "order": order, "coalesce": coalesce,
        "blame": blame, "by": by, "width": width, "height": height, "port": recorded.port, "prices": prices,
        "until": until, "output": output, "limit": limit, "seed": seed, **recorded.given(),
    }  # fmt: skip
    results, port = Results(out, "cost", options), recorded.port
    net, feed, what, end = _given(network, inputs, recorded, scenario, seed)
    opt.check_module(output, (module.name for module in net.modules))
    if not isinstance(feed, RecordedInputs):
        _check_port(port, net, feed)
    priced = listed or price_list(net.dtype)
    files = [network, inputs, recorded.recording, opt.file_of(prices)]
    kept = resumable(screen, "cost", options, fresh=fresh, out=out, files=files)
    with kept:
        with screen.progress("sharing out the blame", 1000) as bar:
            ledger = keep_ledger(
                net, feed, blame=blame, until=until, progress=lambda done, of: bar(1000 * done // of),
                order=order, coalesce=coalesce, seed=seed, root_limit=limit, output=output or end,
            )  # fmt: skip
        if isinstance(feed, RecordedInputs):
            say_left(feed.recording)
        account = ledger.to_dict(top, by, priced)
        shape = _shape(net, ledger, port) if width is None or height is None else (width, height)
        if shape is not None and len(ledger):
            results.add_picture("heat-map.png", _picture(heat_map(ledger, *shape, by, port=port, prices=priced)))
        results.add_picture("sizes.png", _picture(sizes_of_cascades(ledger)))
        results.add_picture(
            "cost-over-time.png", _picture(cost_over_time(ledger, 100, by, prices=priced))
        )  # fmt: skip
        write_beside(out / "events.csv", ledger.to_csv(priced).encode())
        _keep(results, account)
        results.write()
    _show(screen, ledger, account, priced, by, what)
    screen.say_path("\nA line for each event, all numbers as CSV and JSON, and pictures:", out)
    screen.give({**results.to_dict(), "cost": account})


def _picture(axes: Any) -> bytes:
    return png(axes.figure)


def _given(
    network: Path | None, inputs: Path | None, recorded: RecordingOptions, scenario: str | None, seed: int
) -> tuple[en.Network, Events | RecordedInputs, str, str | None]:
    """The network that was asked for, its inputs, what they are in words, and the module where the answer arrives."""
    if network is None:
        made = subject(str(scenario), seed)
        return made.net, made.feed, f"{scenario}: {made.inputs}, seed {seed}", made.output
    net = load_network(network)
    return net, recorded.inputs(net) if inputs is None else read_inputs(inputs, net), "", None


def _check_port(port: str | None, net: en.Network, feed: Events) -> None:
    """Raises typer.BadParameter for a port that no input enters at."""
    ports = [str(one) for one in net.ports()]
    entered = [ports[number] for number in sorted(set(feed["port"].tolist()))]
    if port is not None and port not in entered:
        raise typer.BadParameter(
            f"--port is {port!r}, where no input enters; ports that have some: {', '.join(entered)}"
        )


def _shape(net: en.Network, ledger: CostLedger, port: str | None) -> tuple[int | None, int | None] | None:
    """Width and height of the sensor, where the module it enters at says so: one with patches of a map.

    Both None for a recording, which says them itself; None where nothing does.
    """
    if not len(ledger):
        return None
    if ledger.pixels is not None:
        return None, None
    name = ledger.port_name(port)
    geometry = getattr(net[name.rpartition(".")[0]], "geometry", None)
    channels, height, width = (0, 0, 0) if geometry is None else geometry.shape_in
    return (width, height) if channels == 1 and height * width > 1 and name.endswith(".spikes") else None


def _show(screen: Screen, ledger: CostLedger, account: dict[str, Any], prices: PriceList, by: str, what: str) -> None:
    if what:
        screen.say(what)
    alone = "" if len(ledger) == ledger.inputs else f", {len(ledger):,} of them itemized"
    screen.say(f"{ledger.inputs:,} input events{alone}; {ledger.blame} blame; {ledger.tally}")
    screen.say(f"{prices.estimate(ledger.tally)}\n")
    table = _table("By sensor: the port at which events entered", "port", "adds", "share", "deliveries", "spikes")
    for name, row in account["by sensor"].items():
        share = f"{row['adds'] / account['adds']:.1%}" if account["adds"] else "-"
        table.add_row(name, f"{row['adds']:,}", share, f"{row['deliveries']:,}", f"{row['spikes']:,}")
    screen.out.print(table)
    table = _table("An input event's cascade", "", "mean", "median", "90%", "most")
    for name in SUMMED:
        row = account[name]
        label = f"{name} ({by})" if "in" in row else name
        table.add_row(label, *(_short(row[k]) for k in ("mean", "median", "90%", "most")))
    screen.out.print(table)
    ratio = account["branching ratio"]
    screen.say(
        f"{account['reached an end']:,} reached an end. Branching ratio (children of a delivery) "
        f"{'-' if ratio is None else f'{ratio:.3f}'}; by module: "
        + ", ".join(f"{m} {r:.2f}" for m, r in account["branching ratio by module"].items() if r is not None)
    )
    origin = () if ledger.pixels is None else RecordedPixel._fields
    table = _table(f"The costliest events, by {by}", "event", "t", "port", "index", "sign", *origin)
    costs = _table(
        "What they cost", "event", "adds", "energy, estimate", "comparisons too", "size", "depth", "ticks to an end"
    )  # fmt: skip
    for entry in account["costliest"]:
        ticks = "-" if entry["ticks"] is None else f"{entry['ticks']:,}"
        table.add_row(
            f"{entry['id']:,}", f"{entry['t']:,}", entry["port"], str(entry["index"]), f"{entry['sign']:+d}",
            *(f"{entry.get(name, '-')}" for name in origin),
        )  # fmt: skip
        costs.add_row(
            f"{entry['id']:,}", f"{entry['adds']:,}", *(in_units(entry[name]["typical"]) for name in ENERGIES),
            f"{entry['size']:,}", f"{entry['depth']:,}", ticks,
        )  # fmt: skip
    screen.out.print(table)
    screen.out.print(costs)
    screen.say(COMPARISONS_TOO)


def _short(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.3g}"


def _table(title: str, *columns: str) -> Table:
    table = Table(*columns, title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "left" if column.header == "port" else "right"
    return table


def _keep(results: Results, account: dict[str, Any]) -> None:
    """The account as numbers, a line each."""
    for quantity in ("inputs", "itemized", "adds", "reached an end", "branching ratio"):
        value = account[quantity]
        results.add(account["blame"], quantity, "" if value is None else value)
    one, compared = account["energy"]["pJ"], account["energy"]["pJ, comparisons as additions"]
    for quantity, energies in zip(ENERGIES.values(), (one, compared or one), strict=True):
        for end, value in energies.items():
            results.add(account["blame"], quantity, value, "pJ", at=end)
    for port, row in account["by sensor"].items():
        for name, value in row.items():
            results.add(port, name, value)
    for module, value in account["branching ratio by module"].items():
        results.add(module, "branching ratio", "" if value is None else value)
    for quantity in SUMMED:
        for at in ("mean", "median", "90%", "most"):
            value = account[quantity][at]
            results.add(account["blame"], quantity, "" if value is None else value, at=at)
    for place, entry in enumerate(account["costliest"], start=1):
        for name in (
            "id",
            "t",
            "port",
            "index",
            "sign",
            "adds",
            "size",
            "depth",
            "ticks",
            "after",
            *RecordedPixel._fields,
        ):
            if name not in entry:
                continue
            results.add(f"costliest {place}", name, "" if entry[name] is None else entry[name])
        for energy, quantity in ENERGIES.items():
            for end, value in entry[energy].items():
                results.add(f"costliest {place}", quantity, value, "pJ", at=end)
