"""Finished pieces of a long command, kept in a folder, so that the command, run again after it was stopped, goes on.

A command opens a journal; what it calls asks for it by `piece`, `going_on` and `parallel.in_processes`, and does
without where none is open. A piece is named by the function and the arguments that it came from, and lies in a file of
its own, written beside and moved. Nothing that is kept changes a result.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import platform
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from importlib.metadata import version
from pathlib import Path
from typing import Any

from eventnet.base.files import read_npz, sha256, write_beside, write_npz
from eventnet.engine.values import Arrays, Unkeepable, Unmovable, decode, digest, encode
from eventnet.errors import DataError

Say = Callable[[str], None]

FORMAT = "eventnet piece 2"
ABOUT = "about.json"
PREFIX, GOING = "unfinished-", "-going"

EVERY_S = 1.0
"""Pieces are written when so much time has passed since some last were."""
SHARE = 0.05
"""Of the time of a command that may go into writing, about."""
READ_WHOLE = 1 << 28
"""Bytes of a folder's files that are read to tell whether it holds what it held: some tenths of a second."""
OLD_S = 30 * 86_400.0
"""A folder of pieces that nobody came back for in so long is removed."""


class Missing:
    """The result where nothing was kept; its truth is False."""

    def __bool__(self) -> bool:
        return False


MISSING = Missing()


class Journal:
    """Pieces in a folder, which is made with the first one.

    say: called with a line for the reader. about: what the folder is of, for whoever finds it.
    """

    def __init__(self, folder: Path, say: Say = lambda line: None, about: Mapping[str, Any] | None = None) -> None:
        self.folder, self.say, self.about = folder, say, dict(about or {})
        self.begun_before = folder.is_dir() or self._going.is_dir()
        """A run before has come so far that it kept something, if perhaps it has ended since but for its last step."""
        self.wrote = time.monotonic()
        self.wait = EVERY_S
        self.pending: dict[str, tuple[Any, Arrays]] = {}
        self.seconds: dict[str, float] = {}
        self.works = True
        self.said: set[str] = set()

    def find(self, name: str) -> Any:
        """The value kept by this name, or MISSING; a damaged piece is as good as none."""
        if name in self.pending:
            kept, arrays = self.pending[name]
            return decode(kept, {each: array.copy() for each, array in arrays.items()})
        path = self._path(name)
        if not path.exists():
            return MISSING
        try:
            text, arrays = read_npz(path, FORMAT)
            if text.pop("sha256", None) != sha256(text, arrays):
                return MISSING
            value = decode(text["value"], arrays)
        except DataError:
            return MISSING
        self._credit(text["seconds"])
        return value

    def _credit(self, spent: float) -> None:
        global _credit_s
        _credit_s += spent

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        return self.works and time.monotonic() - self.wrote >= self.wait

    def keep(self, name: str, value: Any, spent: float = 0.0) -> None:
        """Keep a value by this name, as it is now; it is written together with others as soon as writing is due.

        spent: seconds of processor time that whoever finds it is spared, see `processor_time`.
        """
        if not self.works:
            return
        began = time.monotonic()
        try:
            self.pending[name] = encode(value)
        except Unkeepable as why:
            self._say_once(f"not all that is finished can be kept: {why}")
            return
        self.seconds[name] = spent
        if self.due:
            self.flush(began)

    def flush(self, began: float | None = None) -> None:
        """Write what waits; began: when the work for it has begun, if not now."""
        began = time.monotonic() if began is None else began
        try:
            self._begin()
            while self.pending:
                name = next(iter(self.pending))
                tree, arrays = self.pending[name]
                text = {"format": FORMAT, "value": tree, "seconds": self.seconds[name]}
                write_npz(self._path(name), json.dumps({**text, "sha256": sha256(text, arrays)}), arrays)
                del self.pending[name]
        except (DataError, OSError) as why:
            self.works = False
            self.pending.clear()
            self._say_once(f"what is finished cannot be kept, so a run that is stopped begins anew: {why}")
        self.wrote = time.monotonic()
        self.wait = max(EVERY_S, (self.wrote - began) / SHARE)

    def _begin(self) -> None:
        if not self.folder.is_dir():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_beside(self.folder / ABOUT, (json.dumps(self.about, indent=1) + "\n").encode())

    def _say_once(self, line: str) -> None:
        if line not in self.said:
            self.said.add(line)
            self.say(line)

    def clear(self) -> None:
        """Remove all of it, at once for whoever comes next: half of the pieces would be another beginning."""
        self.pending.clear()
        shutil.rmtree(self._going, ignore_errors=True)
        with suppress(OSError):  # there is none, or it is not ours to move
            self.folder.rename(self._going)
        shutil.rmtree(self._going, ignore_errors=True)

    @property
    def _going(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}{GOING}")

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npz"


_open: ContextVar[Journal | None] = ContextVar("journal", default=None)
_ended: ContextVar[list[Journal] | None] = ContextVar("journals that have ended", default=None)
_credit_s = 0.0


current = _open.get
"""The journal that the running command has opened; None without one."""


def enter(folder: Path | None) -> None:
    """Let this process keep pieces in a folder that another process has opened."""
    _open.set(None if folder is None else Journal(folder))


@contextmanager
def keeping(
    folder: Path, *, fresh: bool = False, say: Say = lambda line: None, about: Mapping[str, Any] | None = None
) -> Iterator[Journal]:
    """Keep finished pieces in a folder while the block runs, and find those of a run before; it goes when all is well.

    It goes at the end of the block, or of `until_reported`. fresh: begin anew. Folders
    beside it, of runs that were stopped long ago, are removed.
    """
    made = Journal(folder, say, about)
    sweep(folder.parent)
    if fresh:
        made.clear()
    before = _open.set(made)
    try:
        yield made
    finally:
        _open.reset(before)
    if (ended := _ended.get()) is None:
        made.clear()
    else:
        ended.append(made)


@contextmanager
def until_reported() -> Iterator[None]:
    """Keep pieces until the block ends well, too: a command has not ended before all it has to say is out."""
    ended: list[Journal] = []
    before = _ended.set(ended)
    try:
        yield
    finally:
        _ended.reset(before)
    for journal in ended:
        journal.clear()


def fingerprint() -> str:
    """A hash of the package's sources and of the data in it, and of what computes with them."""
    found = hashlib.sha256()
    roots = [Path(root) for root in importlib.import_module("eventnet").__path__]
    folders = [roots[0], *(root / name for root in roots[1:] for name in ("models", "scenarios"))]
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".npz", ".toml"):
                found.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    versions = [version("numpy"), version("numba"), platform.python_version(), platform.machine()]
    found.update(repr(versions).encode())
    return found.hexdigest()


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def trace_of(path: Path) -> str:
    """A hash of a file's content; of a folder, of the files in it and in its folders: names and contents.

    Of a folder of more than READ_WHOLE bytes times stand for contents: a copy of it is another one.
    """
    if path.is_file():
        return _content(path)
    inside = sorted(each for pattern in ("*", "*/*") for each in path.glob(pattern) if each.is_file())
    sizes = [each.stat().st_size for each in inside]
    short = sum(sizes) <= READ_WHOLE
    held = [_content(each) if short else f"{each.stat().st_mtime_ns}" for each in inside]
    lines = [f"{each.relative_to(path)} {size} {what}" for each, size, what in zip(inside, sizes, held, strict=True)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def folder_of(above: Path, command: str, options: Mapping[str, Any], files: Iterable[Path] = ()) -> Path:
    """The folder for the pieces of a command: it changes with the command, its options, what it reads, and the code."""
    given = [command, {name: repr(value) for name, value in options.items()}, fingerprint()]
    given.append([trace_of(path) for path in files])
    return above / f"{PREFIX}{hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:16]}"


def sweep(above: Path) -> None:
    """Remove folders of pieces in a folder that are old, or that were on their way out when the command was stopped."""
    for folder in above.glob(f"{PREFIX}*"):
        try:
            age = time.time() - max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
            if folder.name.endswith(GOING) or (age > OLD_S and (folder / ABOUT).exists()):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # another process removes it, or it is not ours to read
            continue


def processor_time() -> float:
    """Seconds of processor time of this process, and of those pieces that it found: what all of it took."""
    return time.process_time() + _credit_s


def name_of(*things: Any) -> str | None:
    """The name of a piece that follows from these things; None where they have none, and the piece is not kept."""
    try:
        return digest(*things)
    except Unmovable:
        return None


def piece(function: Callable[..., Any], *arguments: Any) -> Any:
    """function(*arguments), or what it gave before the command was stopped."""
    journal = current()
    name = name_of("piece", function, arguments) if journal else None
    if journal is None or name is None:
        return function(*arguments)
    began = processor_time()
    if (found := journal.find(name)) is MISSING:
        found = function(*arguments)
        journal.keep(name, found, processor_time() - began)
    return found


def going_on(
    state: dict[str, Any], n: int, *names: Any, fill: Callable[[], Mapping[str, Any]] | None = None
) -> Iterator[int]:
    """0 to n - 1, for a loop whose whole state is in a dict: where the command was stopped, the state is what it was
    then, and the loop goes on from there.

    names: what the state follows from, at its beginning; two loops of one command differ in them. fill: gives what the
    state is, where it lies elsewhere while the loop runs; called when it is to be kept. The loop takes it from the dict
    again, where it finds it there before its first turn, or after it, if none is left: see `taken_up`.

        made = {"network": network, "rows": []}
        for epoch in going_on(made, 50, "learning", seed):
            made["network"].partial_fit(x, y)
    """
    journal = current()
    name = name_of("going on", n, names) if journal else None
    if journal is None or name is None:
        yield from range(n)
        return
    first, began = 0, processor_time()
    if found := journal.find(name):
        first, kept = found
        state.clear()
        state.update(kept)
        journal.say(f"{first} of {n} parts finished before; going on")
    for k in range(first, n):
        yield k
        if journal.due:
            kept = state if fill is None else dict(fill())
            journal.keep(name, (k + 1, kept), processor_time() - began)


__all__ = [
    "MISSING", "Journal", "current", "enter", "folder_of", "going_on", "keeping", "name_of", "piece", "processor_time",
]  # fmt: skip
