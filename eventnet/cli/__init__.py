"""The command line."""

from eventnet.cli.commands import app

__all__ = [
    "app",
]
