"""Read members of a .tar.xz archive in memory; nothing is extracted, and nothing larger than it may be is unpacked."""

from __future__ import annotations

import io
import lzma
import re
import tarfile
from pathlib import Path

from eventnet.base.files import read_file
from eventnet.errors import DataError

_MAX_DECODER_BYTES = 256 << 20


def read_members(path: Path, wanted: re.Pattern[str], most: int, most_each: int) -> dict[str, bytes]:
    """The files whose whole name matches `wanted`, by name: at most `most` bytes unpacked, `most_each` in one of them.

    Raises DataError when the archive is absent, damaged or larger.
    """
    members = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(_unpack(path, most)), mode="r:") as archive:
            for member in archive:
                if wanted.fullmatch(member.name) and member.isreg():
                    members[member.name] = _read(archive, member, path, most_each)
    # A header that passes its checksum may still hold a number no file can have: OverflowError, ValueError.
    except (tarfile.TarError, OverflowError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} holds a damaged tar archive ({error}): fetch it again") from error
    return members


def _unpack(path: Path, most: int) -> bytes:
    """The archive without its compression, in memory and never more than `most` bytes."""
    decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MAX_DECODER_BYTES)
    try:
        data = decoder.decompress(read_file(path, most), most + 1)
    except lzma.LZMAError as error:
        raise DataError(f"{path} is not a sound .xz file ({error}): fetch it again") from error
    if len(data) > most:
        raise DataError(f"{path} unpacks to more than {most:,} bytes, which the true archive does not")
    if not decoder.eof:
        raise DataError(f"{path} is a truncated .xz file; wanted all of it: fetch it again")
    return data


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path, most: int) -> bytes:
    if member.size > most:
        raise DataError(f"{path}: {member.name} declares {member.size:,} bytes; it may have at most {most:,}")
    file = archive.extractfile(member)
    data = file.read() if file else b""
    if len(data) != member.size:
        raise DataError(f"{path}: {member.name} declares {member.size:,} bytes, but holds {len(data):,}")
    return data
