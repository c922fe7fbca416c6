"""Files packed by gzip or zstd: unpacked, up to a limit, into a file that is removed when nobody has it any more."""

from __future__ import annotations

import gzip
import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from eventnet.base import files
from eventnet.base.files import opened
from eventnet.errors import DataError

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_PIECE, _SMALL = 1 << 20, 1 << 11


class UnpackedPath(type(Path())):  # type: ignore[misc]  # the class of paths differs by system
    """The path of a packed file, which opens what was unpacked: messages name the one, and `open` takes the other."""

    unpacked: str = ""

    def __fspath__(self) -> str:
        return self.unpacked

    @property
    def suffix(self) -> str:
        """Of what is packed: `.csv` of `a.csv.gz`."""
        return Path(self.unpacked).suffix


def unpacked(path: Path, partial: bool = False) -> Path:
    """A temporary file with the unpacked bytes of a packed file; the path itself where it is not packed.

    partial: take a file that is cut off as far as it goes. Raises DataError for a file that is damaged or unpacks to
    more than `eventnet.base.files.MOST_BYTES`, and where the package zstandard is not there.
    """
    with opened(path) as file:
        mark = file.read(4)
        file.seek(0)
        if mark[:2] != GZIP and mark != ZSTD:
            return path
        pieces = _from_gzip(file) if mark[:2] == GZIP else _from_zstd(path, file)
        inner = Path(path.stem).suffix if path.suffix.lower() in (".gz", ".zst", ".zstd") else path.suffix
        found = UnpackedPath(path)
        handle, found.unpacked = tempfile.mkstemp(prefix="eventnet-", suffix=inner)
        weakref.finalize(found, _remove, found.unpacked)
        with os.fdopen(handle, "wb") as out:
            _unpack(path, pieces, out, partial)
    return found


def _remove(name: str) -> None:
    with suppress(OSError):
        os.unlink(name)


def _unpack(path: Path, pieces: Iterator[bytes], out: IO[bytes], partial: bool) -> None:
    size = 0
    try:
        for piece in pieces:
            size += len(piece)
            if size > files.MOST_BYTES:
                raise DataError(
                    f"{path} unpacks to more than {files.MOST_BYTES:,} bytes; at most that are read (more where "
                    "eventnet.base.files.MOST_BYTES is set to more)"
                )
            out.write(piece)
    except EOFError as error:
        if not partial:
            raise DataError(f"{path} is cut off: what is packed in it does not end") from error
    except DataError:
        raise
    except Exception as error:  # each library has errors of its own on damaged files
        raise DataError(f"{path} cannot be unpacked: {error}") from error


def _from_gzip(file: IO[bytes]) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file) as reader:
        while piece := reader.read1(_PIECE):
            yield piece


def _from_zstd(path: Path, file: IO[bytes]) -> Iterator[bytes]:
    """The content of all frames. Raises EOFError where the last one does not end."""
    try:
        import zstandard
    except ImportError as error:
        raise DataError(f'{path} is packed by zstd ({error}): pip install "eventnet[dvs]"') from error
    frame = zstandard.ZstdDecompressor().decompressobj()
    # Four bytes may unpack to 128 KiB, and all that is given is unpacked at once.
    while data := file.read(_SMALL):
        while data:
            yield frame.decompress(data)
            data = frame.unused_data if frame.eof else b""
            if data:
                frame = zstandard.ZstdDecompressor().decompressobj()
    if not frame.eof:
        raise EOFError
