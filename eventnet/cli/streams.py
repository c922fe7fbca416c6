"""Standard output and error that may be closed, full, or no longer read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast


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
        """What it still holds goes nowhere: Python would try again at its end, and fail there with exit code 120."""
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
