"""The command line: `eventnet` and its commands."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from eventnet import EventnetError, __version__
from eventnet.commands.convert import convert
from eventnet.commands.demo import demo
from eventnet.commands.diff import diff
from eventnet.commands.guesses import guesses
from eventnet.commands.info import info
from eventnet.commands.ledger import ledger
from eventnet.commands.orders import orders
from eventnet.commands.prices import prices
from eventnet.commands.race import race
from eventnet.commands.report import report
from eventnet.commands.reproduce import reproduce
from eventnet.commands.run import run
from eventnet.commands.train import train
from eventnet.commands.waste import waste
from eventnet.commands.whatif import whatif

HELP = """
A discrete-event simulator for asynchronous spiking networks.

Neurons send signed spikes; each spike is one event, delivered in an order you choose; every addition is counted.

\b
First commands:
  eventnet demo          train on digits, count it all, draw pictures: a minute
  eventnet orders        the same spikes in six orders, delivery by delivery
  eventnet race NET.npz  does the order of simultaneous events decide the answer, and where
  eventnet report        a page of a run: what happened, what it cost, and why
  eventnet ledger NET.npz  what each input event cost: by sensor, by pixel, the dearest ones
  eventnet guesses       how good an answer is before the work is done, in every order
  eventnet train --help  train a Deep Spiking Network of your own
  eventnet run dvs-gyro  a camera of events and a gyroscope: a network updated by events, or recomputed
  eventnet info          versions, data at hand, what a file holds
  eventnet convert A B   camera events from one file format to another
  eventnet prices        what operations cost on which machine, and when events pay
  eventnet diff A B      the first event at which two runs differ
  eventnet whatif NET.npz  the same run without some inputs: what changes, and which input mattered
  eventnet waste NET.npz   spikes that undo each other, and what would save them
"""


class Commands(TyperGroup):
    """Runs a command; an error of the package becomes one line on stderr and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the context names."""
        try:
            return super().invoke(ctx)
        except EventnetError as error:
            typer.secho(f"eventnet: {error}", fg=typer.colors.RED, err=True)
            raise typer.Exit(1) from None


app = typer.Typer(
    name="eventnet", cls=Commands, help=HELP, no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"eventnet {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """A discrete-event simulator for asynchronous spiking networks."""


for command in (
    demo,
    train,
    orders,
    race,
    guesses,
    ledger,
    report,
    run,
    info,
    convert,
    diff,
    whatif,
    waste,
    prices,
    reproduce,
):
    app.command()(command)
