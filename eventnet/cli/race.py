"""`eventnet race`: does the order of simultaneous events decide what a network answers, and where?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table

import eventnet as en
import eventnet.models
from eventnet import analysis
from eventnet.analysis.answers import ANSWERS, Answer, check_answer
from eventnet.cli import options as opt
from eventnet.cli.commands import STUDY, command
from eventnet.cli.dask_option import takes_dask
from eventnet.cli.ending import Exit
from eventnet.cli.networks import load_network
from eventnet.cli.orders import inputs_given
from eventnet.cli.recordings import RecordingOptions, takes_recording
from eventnet.cli.results import Screen, manifest, resumable
from eventnet.errors import ModelError
from eventnet.event import Events
from eventnet.io import RecordedInputs
from eventnet.scenarios.orders.subjects import MODULES, subject


@command("race", "does the order of simultaneous events decide the answer, and where", group=STUDY, usage="NET.npz")
@takes_recording
@takes_dask
def race(
    network: opt.MaybeNetworkArgument = None,
    inputs: Annotated[
        Path | None, typer.Option("--inputs", help=f"{opt.INPUTS} Default: random ones, by the seed.")
    ] = None,
    *,
    recorded: RecordingOptions,
    scenario: opt.ScenarioOption = None,
    answer: Annotated[
        str | None,
        typer.Option("--answer", help=f"{opt.ANSWER} Default: ends; of a scenario what it reads out or learns."),
    ] = None,
    permute: Annotated[
        bool,
        typer.Option("--permute/--as-given", help="Permute simultaneous inputs too, or leave them in their order."),
    ] = True,
    tolerance: opt.ToleranceOption = 0.0,
    seeds: Annotated[int, typer.Option("--seeds", min=0, help="How many permutations; two runs each.")] = 20,
    orders: Annotated[
        str | None, typer.Option("--orders", help="Orders to try as well, with commas. Default: the extreme ones.")
    ] = None,
    coalesce: opt.CoalesceOption = None,
    until: opt.UntilOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail where the cost alone differs, too.")] = False,
    processes: opt.ProcessesOption = None,
    seed: opt.SeedOption = 0,
    fresh: opt.FreshOption = False,
    as_json: opt.JsonOption = False,
) -> None:
    """Run a network on the same inputs in many orders; name the first two deliveries whose order decides.

    Exit code 0: every run gave the same answer; 1: racy (or, with --strict, not the same cost); more: an error.
    """
    tried = analysis.EXTREMES if orders is None else opt.named_orders(orders)
    recorded.check(inputs, network)
    net, feed, usual, ends = _given(network, inputs, recorded, scenario, answer, seed)
    screen = Screen(as_json)
    options = {"network": network, "inputs": inputs, "scenario": scenario, "answer": answer, "seeds": seeds}
    options |= {"permute": permute, "seed": seed, **recorded.given()}
    follows_from = options | {"tolerance": tolerance, "orders": orders, "coalesce": coalesce, "until": until}
    kept = resumable(screen, "race", follows_from, fresh=fresh, files=[network, inputs, recorded.recording])
    with kept, screen.progress("running every variant", 1000) as bar:
        found = analysis.race(
            net, feed, answer=answer or usual, tolerance=tolerance, permute_inputs=permute,
            seeds=range(seed + 1, seed + 1 + seeds), orders=tried, coalesce=coalesce,
            until=ends if until is None else until,
            processes=processes, progress=lambda done, of: bar(1000 * done // of),
        )  # fmt: skip
    _show(screen, found)
    screen.give({"manifest": manifest("race", options), **found.to_dict()})
    fine = found.verdict == analysis.CONFLUENT or (found.verdict == analysis.COST_ONLY and not strict)
    raise typer.Exit(Exit.DONE if fine else Exit.NO)


def _given(
    network: Path | None,
    inputs: Path | None,
    recorded: RecordingOptions,
    scenario: str | None,
    answer: str | None,
    seed: int,
) -> tuple[en.Network, Events | RecordedInputs, Answer, int | None]:
    """The network that was asked for, its inputs and its answer; the tick at which inputs end, if they do."""
    if network is None or scenario is not None:
        if scenario is None or network is not None or inputs is not None:
            raise ModelError("wanted a network file, perhaps with --inputs FILE, or --scenario NAME alone")
        if answer is not None and answer not in ANSWERS:
            opt.check_module(answer, MODULES[scenario], ANSWERS)
        made = subject(scenario, seed)
        return made.net, made.feed, made.answer, None
    net = load_network(network)
    check_answer(net, answer or "ends")
    if inputs is None and recorded.recording is None:
        return net, random_inputs(net, seed), "ends", None
    feed, until = inputs_given(inputs, recorded, net)
    return net, feed, "ends", until


def random_inputs(net: en.Network, seed: int) -> Events:
    """Ten instants of one to four inputs at the first ports of modules that no wire leads to."""
    rng = np.random.default_rng(seed)
    led_to = {w.target.module.name for w in net.wires if w.source.module is not w.target.module}
    ports = [getattr(m, next(iter(m.ports))) for m in net.modules if m.ports and m.name not in led_to]
    if not ports:
        raise ModelError("wires lead to every module of this network: say where inputs come in (--inputs FILE)")
    rows = []
    for t in range(10):
        for _ in range(int(rng.integers(1, 5))):
            port = ports[int(rng.integers(len(ports)))]
            index = int(rng.integers(port.accepts or 1))
            rows.append((t, port, index, int(rng.choice([-1, 1]))))
    return en.events(rows)


def _show(screen: Screen, found: analysis.Race) -> None:
    table = Table("order", "answer", "deliveries", "spikes", "adds")
    for column in table.columns[2:]:
        column.justify = "right"
    for t in found.trials:
        table.add_row(t.variant.name, t.answer, f"{t.deliveries:,}", f"{t.spikes:,}", f"{t.adds:,}")
    screen.out.print(table)
    screen.say(str(found))
