"""The command line."""

from eventnet.cli.program import app

__all__ = [
    "app",
]
