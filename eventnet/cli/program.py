"""The command line: `eventnet` and its commands."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from eventnet import __version__
from eventnet.cli.convert import convert
from eventnet.cli.demo import demo
from eventnet.cli.diff import diff
from eventnet.cli.ending import Exit, Stopped, asks_for_json, ended
from eventnet.cli.guesses import guesses
from eventnet.cli.info import info
from eventnet.cli.ledger import ledger
from eventnet.cli.orders import orders
from eventnet.cli.prices import prices
from eventnet.cli.race import race
from eventnet.cli.report import report
from eventnet.cli.reproduce import reproduce
from eventnet.cli.run import run
from eventnet.cli.train import train
from eventnet.cli.waste import waste
from eventnet.cli.whatif import whatif

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
    """The group of all commands: whatever one of them raises ends as `eventnet.cli.ending` has it."""

    def main(
        self, args: Sequence[str] | None = None, prog_name: str | None = None, complete_var: str | None = None,
        standalone_mode: bool = True, windows_expand_args: bool = True, **extra: Any,
    ) -> NoReturn:  # fmt: skip
        """Run what the words of a command line ask for, and exit."""
        words = list(sys.argv[1:] if args is None else args)
        run = partial(
            super().main, words, prog_name, complete_var=complete_var, standalone_mode=False,
            windows_expand_args=windows_expand_args, **extra,
        )  # fmt: skip
        sys.exit(ended(run, as_json=asks_for_json(words)))

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the context names."""
        try:
            return super().invoke(ctx)
        except (OSError, EOFError, KeyboardInterrupt) as error:
            raise Stopped(error) from error


app = typer.Typer(
    name="eventnet", cls=Commands, help=HELP, invoke_without_command=True, add_completion=False, rich_markup_mode=None,
    pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"eventnet {__version__}")
        raise typer.Exit


@app.callback()
def main(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """A discrete-event simulator for asynchronous spiking networks."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
        raise typer.Exit(Exit.USAGE)


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
