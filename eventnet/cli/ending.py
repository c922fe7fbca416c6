"""The end of a command: any error is one line on stderr, one exit code and, with --json, one object on stdout.

Standard output and error may be closed, full, or no longer read.
"""

from __future__ import annotations

import _thread
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, TextIO, cast

import typer

from eventnet.base import starting
from eventnet.errors import (
    DataError,
    EngineError,
    EventnetError,
    InternalError,
    RuleError,
    UnsettledError,
)


class StdoutLost(Exception):
    """stdout takes no more. unread: nobody reads it any more, which is no mistake of the command."""

    def __init__(self, why: str, *, unread: bool = False) -> None:
        super().__init__(f"stdout cannot be written: {why}")
        self.unread = unread


class _Stream:
    """A text stream that replaces letters it cannot spell, and from which no OSError comes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text."""
        try:
            return self._stream.write(text)
        except UnicodeEncodeError:
            spelling = self._stream.encoding
            return self.write(text.encode(spelling, "replace").decode(spelling))
        except OSError as error:
            self._lost(error)
            return len(text)

    def writelines(self, lines: Any) -> None:
        """Write texts."""
        self.write("".join(lines))

    def flush(self) -> None:
        """Send what was written on its way."""
        try:
            self._stream.flush()
        except OSError as error:
            self._lost(error)

    def _lost(self, error: OSError) -> None:
        """Discard the text it still holds: Python would try again at its end, and fail there with exit code 120."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
            self._stream.flush()


class _Stdout(_Stream):
    """Once lost, it is lost for good: what is told at the first failure alone may be passed over by a library."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._why: StdoutLost | None = None

    def write(self, text: str) -> int:
        """Write a text. Raises StdoutLost."""
        self._check()
        return super().write(text)

    def flush(self) -> None:
        """Send what was written on its way. Raises StdoutLost."""
        self._check()
        super().flush()

    def _check(self) -> None:
        if self._why is not None:
            raise self._why

    def _lost(self, error: OSError) -> None:
        super()._lost(error)
        self._why = StdoutLost(error.strerror or str(error), unread=isinstance(error, BrokenPipeError))
        raise self._why from error


@contextmanager
def standing() -> Iterator[None]:
    """While the block runs, a loss of stdout is a StdoutLost and one of stderr is nothing; both can be written to."""
    kept = sys.stdout, sys.stderr
    _fill()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        sys.stdout = cast(TextIO, _Stdout(kept[0] or nowhere))
        sys.stderr = cast(TextIO, _Stream(kept[1] or nowhere))
        try:
            yield
        finally:
            sys.stdout, sys.stderr = kept


def _fill() -> None:
    """Give the numbers 0 to 2 to nothing where they are free: a file that took one would be written by mistake."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)


TRACEBACK = "EVENTNET_TRACEBACK"
"""Set to anything, this variable of the environment has every error shown with its traceback."""
AGAIN_S = 0.01
"""After so long an interruption that was dropped is raised again: what dropped it has ended by then."""


class Exit(IntEnum):
    """Every exit code there is, the same in all commands; docs/reference/command-line.md has this table."""

    DONE = 0
    NO = 1  # the command did what it was asked, and what it asks is answered no: `diff`, `race`, `ablate`
    USAGE = 2  # an option, a name or a value that there is not, or that does not go with the others
    FILE = 3  # a file, or stdout, that cannot be read or written, or holds what it should not
    FAILED = 4  # the run itself could not be finished: it does not settle, a rule fails, memory runs out
    BUG = 5  # an error that eventnet did not expect
    INTERRUPTED = 130  # Ctrl-C
    UNREAD = 141  # the reader of stdout has gone: `eventnet orders | head -1`


# typer brings click along in some versions and depends on it in others.
UsageError: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")

CODES: dict[type[BaseException] | tuple[type[BaseException], ...], Exit] = {
    (DataError, OSError): Exit.FILE,
    (RuleError, UnsettledError, EngineError, MemoryError): Exit.FAILED,
    InternalError: Exit.BUG,
    EventnetError: Exit.USAGE,
}
"""Exit codes of errors; the first class that fits. Other errors of the package say that things do not go together."""


@dataclass(frozen=True)
class Failure:
    """An error as it is reported: the name of its class, a line, and the exit code."""

    kind: str
    message: str
    exit: Exit


class Stopped(Exception):
    """Carries past typer what typer has a meaning of its own for: Ctrl-C, and errors of the system."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


def ended(run: Callable[[], Any], *, as_json: bool) -> int:
    """Run a command whose exit code is what `run` returns, or None; an error is reported, and becomes the exit code."""
    lost = sys.stdout is None
    with standing(), no_interruption_lost():
        try:
            if lost:
                raise StdoutLost("it is closed")
            with _until_reported():
                code = run()
                sys.stdout.flush()
            return int(code or Exit.DONE)
        except Stopped as stopped:
            return _report(stopped.error, as_json)
        except (Exception, KeyboardInterrupt) as error:
            return _report(error, as_json and not isinstance(error, StdoutLost))


def _until_reported() -> AbstractContextManager[None]:
    """Keep journals until a command has said all; a list of commands has none, and does not import them."""
    if starting.BARE:
        return nullcontext()
    from eventnet.engine.journal import until_reported

    return until_reported()


@contextmanager
def no_interruption_lost() -> Iterator[None]:
    """Python drops a Ctrl-C that comes while a destructor runs: while the block runs it is raised again soon after."""
    before, again = sys.unraisablehook, list[threading.Timer]()

    def hook(found: Any) -> None:
        if isinstance(found.exc_value, KeyboardInterrupt):
            again.append(threading.Timer(AGAIN_S, _thread.interrupt_main))
            again[-1].daemon = True
            again[-1].start()
        else:
            before(found)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
        for timer in again:
            timer.cancel()


def asks_for_json(words: Sequence[str]) -> bool:
    """Whether --json is among the words of a command line: one that is wrong is answered in JSON, too."""
    options = words[: words.index("--")] if "--" in words else words
    return "--json" in options


def _report(error: BaseException, as_json: bool) -> int:
    failure = failure_of(error)
    if os.environ.get(TRACEBACK):
        traceback.print_exception(error)
    with suppress(StdoutLost):
        if as_json:
            found = {"error": {**asdict(failure), "exit": int(failure.exit)}}
            sys.stdout.write(json.dumps(found, indent=1) + "\n")
            sys.stdout.flush()
    if failure.message:
        line = " ".join(part.strip() for part in failure.message.splitlines())
        typer.secho(f"eventnet: {line}", fg=typer.colors.RED, err=True)
    return int(failure.exit)


def failure_of(error: BaseException) -> Failure:
    """The table of errors and exit codes."""
    kind = type(error).__name__
    if isinstance(error, StdoutLost):
        return Failure(kind, "" if error.unread else str(error), Exit.UNREAD if error.unread else Exit.FILE)
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return Failure("Interrupted", "interrupted", Exit.INTERRUPTED)
    if isinstance(error, UsageError):
        return Failure("UsageError", _usage(error), Exit.USAGE)
    code = next((code for kinds, code in CODES.items() if isinstance(error, kinds)), Exit.BUG)
    if code is Exit.BUG:
        return Failure("InternalError", _bug(error), code)
    if isinstance(error, EventnetError):
        return Failure(kind, str(error), code)
    return Failure(kind, _of_the_system(error), code)


def _usage(error: Any) -> str:
    """The message of an error of usage, and the command whose --help says what would be right."""
    command = "eventnet" if error.ctx is None else error.ctx.command_path
    return f"{error.format_message().rstrip('.')}; see {command} --help"


def _of_the_system(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return f"memory has run out{f': {error}' if str(error) else ''}"
    where = getattr(error, "filename", None)
    text = getattr(error, "strerror", None) or str(error)
    return text if where is None else f"{where}: {text}"


def _bug(error: BaseException) -> str:
    """An error that nobody expected, and where it arose."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"a bug in eventnet: {text}{where}; please report it, with what {TRACEBACK}=1 shows"
