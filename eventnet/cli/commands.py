"""The command line: `eventnet` and its commands; a new one is a file in this folder, or another package's entry point.

A file `NAME.py` (with _ for -) declares the command NAME with the decorator `command`, at its top level and in plain
texts. Files are listed by their names and imported when their command is asked for, so that no command waits for what
others import; `--help` reads what they declare and imports none.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar, cast

import typer
from typer.core import TyperGroup

from eventnet import __version__
from eventnet.base import starting
from eventnet.base.listing import Listing, files_of
from eventnet.cli.ending import Exit, Stopped, asks_for_json, ended
from eventnet.errors import DataError, InternalError

PACKAGE = __name__.rpartition(".")[0]

BEGIN, STUDY, LEARN, FILES = "Begin here", "Study a network", "Train and run", "Files and prices"
GROUPS = (BEGIN, STUDY, LEARN, FILES)
"""Sections of `eventnet --help`, in this order; those of other names follow."""
FILES_AND_POINTS = Listing("command", "eventnet.commands", lambda: files_of(sys.modules[PACKAGE].__path__, PACKAGE))
"""Places of commands: files of this folder, and entry points, which have the name of their command each."""

Function = TypeVar("Function", bound=Callable[..., None])


@dataclass(frozen=True)
class Command:
    """A command: its name, what it does in a line, its section of the help, usual arguments, and its function.

    formerly: the name that it had in the version before, which still calls it, with a notice.
    """

    name: str
    summary: str
    group: str
    usage: str
    formerly: str | None
    run: Callable[..., None]


COMMANDS: dict[str, Command] = {}
"""Commands that have been imported, by name."""


def command(
    name: str, summary: str, *, group: str, usage: str = "", formerly: str | None = None
) -> Callable[[Function], Function]:
    """Make a function the command of this name; its annotations are its options, its docstring is its help.

    Raises DataError where another function has that name.
    """

    def declare(run: Function) -> Function:
        there = COMMANDS.get(name)
        if there is not None and _place(there.run) != _place(run):
            raise DataError(f"the command {name!r} is declared twice: in {_place(there.run)} and in {_place(run)}")
        COMMANDS[name] = Command(name, summary, group, usage, formerly, run)
        return run

    return declare


def find(name: str) -> Command | None:
    """The command of a name, imported; None if there is none. Raises DataError if another package's does not load."""
    if name in FILES_AND_POINTS.own() or (name not in COMMANDS and name in FILES_AND_POINTS.others()):
        _load(name)
    return COMMANDS.get(name)


def find_formerly(name: str) -> Command | None:
    """The command that had this name in the version before."""
    return next((each for each in every() if each.formerly == name), None)


def every(complain: Callable[[str], None] = lambda line: None) -> list[Command]:
    """All commands, imported, by section and name; complain: called with a line about each that cannot be loaded."""
    for name in FILES_AND_POINTS.names():
        try:
            _load(name)
        except DataError as error:
            complain(str(error))
    return _in_order(list(COMMANDS.values()))


def _in_order(commands: list[Command]) -> list[Command]:
    sections = list(dict.fromkeys((*GROUPS, *sorted(each.group for each in commands))))
    return sorted(commands, key=lambda each: (sections.index(each.group), each.name))


def _listed() -> list[Command]:
    """All commands as `every` has them, but what files of this folder declare is read, and no file is imported."""
    own = {name: _read(place) for name, place in FILES_AND_POINTS.own().items()}
    others = [] if starting.ONLY_HELP else [each for each in every(_say) if each.name not in own]
    return _in_order([*(each for each in own.values() if each is not None), *others])


def _read(place: str) -> Command | None:
    """The command that a file declares by `@command(...)`, of texts and names of sections; None for a file without."""
    spec = find_spec(place)
    text = Path(spec.origin).read_text(encoding="utf-8") if spec is not None and spec.origin else ""
    found = re.search(r"^@(command\(.*?\))[^\n)]*\n(?:@|def )", text, re.DOTALL | re.MULTILINE)
    if found is None:
        return None
    call = cast(ast.Call, ast.parse(found[1], mode="eval").body)
    given = {str(one.arg): one.value for one in call.keywords}
    values: dict[str, Any] = {
        name: globals()[value.id] if isinstance(value, ast.Name) else ast.literal_eval(value)
        for name, value in (*zip(("name", "summary"), call.args, strict=False), *given.items())
    }
    return Command(**{"usage": "", "formerly": None} | values, run=_not_imported)


def _not_imported(*args: Any) -> NoReturn:
    raise InternalError("a command that was read and not imported cannot be run")


def _load(name: str) -> None:
    """Import what declares a command. Raises DataError where another package's does not load, or declares none."""
    FILES_AND_POINTS.find(name)
    point = FILES_AND_POINTS.others().get(name)
    if point is not None and name not in COMMANDS:
        raise DataError(f"{point.value} was to declare the command {name!r} and has not")


def _place(run: Any) -> str:
    return f"{run.__module__}.{run.__qualname__}"


HELP = """
A discrete-event simulator for asynchronous spiking networks.

Neurons send signed spikes; each spike is one event, delivered in an order you choose; every addition is counted.
"""


class Commands(TyperGroup):
    """The group of all commands, each found when it is asked for; whatever one raises ends as `ending` has it."""

    def main(
        self, args: Sequence[str] | None = None, prog_name: str | None = None, complete_var: str | None = None,
        standalone_mode: bool = True, windows_expand_args: bool = True, **extra: Any,
    ) -> NoReturn:  # fmt: skip
        """Run what the words of a command line ask for, and exit."""
        words = list(sys.argv[1:] if args is None else args)
        run: Callable[[], Any] = _told_of_installation if starting.ONLY_INSTALLATION else partial(
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

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that the first word names, now or in the version before, and the other words."""
        found = find(args[0])
        if found is None and (found := find_formerly(args[0])) is not None:
            _say(f"`{args[0]}` is called `{found.name}` now; the old name goes with the next version")
        if found is None:
            self.commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
            return super().resolve_command(ctx, args)
        made = _click_command(found)
        _begins()
        return found.name, made, args[1:]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by its name of today; None if there is none."""
        found = find(cmd_name)
        return None if found is None else _click_command(found)

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of all commands."""
        return [each.name for each in every(_say)]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write what each command does, section by section."""
        for group, commands in groupby(_listed(), attrgetter("group")):
            with formatter.section(group):
                formatter.write_dl([(f"eventnet {each.name} {each.usage}".rstrip(), each.summary) for each in commands])


def _begins() -> None:
    if starting.TAKEN:
        starting.has_begun()


def _told_of_installation() -> None:
    """`eventnet info` and nothing more: typer takes longer to read its words than it does to answer."""
    from eventnet.cli.installation import info

    _begins()
    info(asks_for_json(sys.argv))


def _say(line: str) -> None:
    typer.echo(f"eventnet: {line}", err=True)


def _click_command(found: Command) -> Any:
    alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    alone.command(found.name)(found.run)
    return typer.main.get_command(alone)


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
