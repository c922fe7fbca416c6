"""The command line while the package is imported, which takes a second or more: Ctrl-C is one line and exit code 130.

`eventnet` imports this before all else. Nothing happens unless the program that starts is the command line, and only
until its command begins: then `eventnet.cli.ending` tells of an interruption as of any other end.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import Any, NoReturn

NAMES = ("eventnet", "eventnet.exe", "eventnet-script.py")
"""File names that installers give the program."""
WORD, CODE = "interrupted", 130


def is_command_line(argv: list[str], given: list[str]) -> bool:
    """Whether the program that starts is `eventnet` or `python -m eventnet`, and no worker process of it.

    argv: as `sys.argv`; given: as `sys.orig_argv`.
    """
    if not argv or "--multiprocessing-fork" in given:
        return False
    if argv[0] == "-m":
        return given[len(given) - len(argv)].removeprefix("-m") == "eventnet"
    return os.path.basename(argv[0]) in NAMES


def _interrupted(number: int, frame: Any) -> NoReturn:
    """End here: nothing has been begun, and an exception may be passed over by what is being imported."""
    if "--json" in sys.argv:
        import json

        error = {"kind": "Interrupted", "message": WORD, "exit": CODE}
        _write(1, json.dumps({"error": error}, indent=1) + "\n")
    _write(2, f"eventnet: {WORD}\n")
    os._exit(CODE)


def _write(number: int, text: str) -> None:
    with suppress(OSError):  # closed or full: there is nowhere to say so
        os.write(number, text.encode())


def begins() -> bool:
    """Take Ctrl-C, where this is the command line and Python's own answer to it is in force; whether it was taken."""
    if is_command_line(sys.argv, sys.orig_argv) and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        with suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGINT, _interrupted)
            return True
    return False


def has_begun() -> None:
    """Give Ctrl-C back."""
    if signal.getsignal(signal.SIGINT) is _interrupted:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def asks_for_installation(argv: list[str], given: list[str]) -> bool:
    """Whether the program is the command line, and is to say what is installed and nothing else: `eventnet info`.

    False if numba has a file of settings in the current folder: then only numba knows where compiled code lies.
    """
    alone = is_command_line(argv, given) and argv[1:] in (["info"], ["info", "--json"])
    return alone and not os.path.exists(".numba_config.yaml")


def asks_for_help(argv: list[str], given: list[str]) -> bool:
    """Whether the program is the command line, and is to list its commands or to say its version and nothing else.

    No command of another package is to be listed: these import what they like.
    """
    if not is_command_line(argv, given) or argv[1:] not in ([], ["-h"], ["--help"], ["--version"]):
        return False
    from importlib.metadata import entry_points

    return not entry_points(group="eventnet.commands")


TAKEN = begins()
"""Whether `has_begun` has something to give back."""
ONLY_HELP = asks_for_help(sys.argv, sys.orig_argv)
"""The program ends after its list of commands."""
ONLY_INSTALLATION = asks_for_installation(sys.argv, sys.orig_argv)
"""The program ends after what it says of the installation."""
BARE = ONLY_HELP or ONLY_INSTALLATION
"""`eventnet` and `eventnet.data` have no names, which take a second to import, and none is needed."""
